//! How readers of a mailbox wait.
use core::pin::Pin;
use core::task::{Context, Poll};

use aimdb_core::buffer::RecvError;

use super::StaticMailbox;
use super::parts::Parts;
use super::state;
use crate::lean::{Line, Lined, Node, ReadersWait};
use crate::lock::PreemptionSafe;

impl<T: Send, M: PreemptionSafe, const PLACES: usize> Lined for StaticMailbox<T, M, PLACES> {
    type Section = M;
    type End = ();

    #[inline(always)]
    fn line(&self, (): ()) -> Line<'_, M> {
        self.readers()
    }

    #[inline(always)]
    unsafe fn look(&self, (): (), _: u32) -> u32 {
        // SAFETY: inside the section.
        unsafe { (*self.state()).look() }
    }

    #[inline(always)]
    fn is_end(&self, (): (), seen: u32) -> bool {
        state::is_end(seen)
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
        self.poll((), node, waited, context.waker(), || self.take()).read().map_or(Poll::Pending, Poll::Ready)
    }

    /// A reader ends its wait. A value that it was woken for is the next one's.
    fn leave_readers(&self, (): (), node: Pin<&Node>) {
        self.leave((), node);
    }
}
