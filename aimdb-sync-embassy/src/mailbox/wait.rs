//! How readers of a mailbox wait.
use core::pin::Pin;
use core::task::{Context, Poll};

use aimdb_core::buffer::RecvError;
use aimdb_core::waiting::Deadline;

use super::StaticMailbox;
use super::parts::Parts;
use crate::lean::{Line, Lined, Node, ReadersWait};
use crate::lock::PreemptionSafe;
use crate::port::Port;

impl<T: Send, M: PreemptionSafe, const PLACES: usize> Lined for StaticMailbox<T, M, PLACES> {
    type Section = M;
    type End = ();

    #[inline(always)]
    fn line(&self, (): ()) -> Line<'_, M> {
        self.readers()
    }

    fn finds(&self, (): (), node: Pin<&Node>) -> (u32, u32) {
        self.finds_for(node)
    }
}

impl<T: Send, M: PreemptionSafe, const PLACES: usize> StaticMailbox<T, M, PLACES> {
    /// The next value, or that there will be none.
    #[inline(always)]
    fn comes(&self) -> Option<Result<T, RecvError>> {
        match self.take() {
            Some(value) => Some(Ok(value)),
            None if self.section(|state| state.is_over()) => Some(Err(RecvError::Closed)),
            None => None,
        }
    }

    /// Blocks until there is a value.
    #[inline(always)]
    pub(super) fn stand_to_receive<Q: Port>(&self, deadline: Deadline) -> Option<Result<T, RecvError>> {
        self.stand::<Q, _>((), deadline, || self.comes())
    }
}

impl<T: Send, M: PreemptionSafe, const PLACES: usize> ReadersWait for StaticMailbox<T, M, PLACES> {
    type Value = T;
    type Cursor = ();

    fn poll_recv(
        &self,
        (): (),
        node: Pin<&Node>,
        waited: &mut bool,
        context: &mut Context<'_>,
    ) -> Poll<Result<T, RecvError>> {
        self.poll((), node, waited, context.waker(), || self.comes()).map_or(Poll::Pending, Poll::Ready)
    }

    /// A reader ends its wait. A value that it was woken for is the next one's.
    fn leave_readers(&self, (): (), node: Pin<&Node>) {
        self.leave((), node);
    }
}
