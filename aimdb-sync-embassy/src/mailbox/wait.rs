//! How readers of a mailbox wait.
#![allow(unsafe_code)]

use core::pin::Pin;
use core::task::{Context, Poll};

use aimdb_core::buffer::RecvError;

use super::StaticMailbox;
use crate::lean::{Attempt, Line, Lined, Node, ReadersWait};
use crate::lock::PreemptionSafe;

impl<T: Send, M: PreemptionSafe, const PLACES: usize> Lined for StaticMailbox<T, M, PLACES> {
    type Section = M;
    type End = ();

    #[inline(always)]
    fn line(&self, (): ()) -> Line<'_, M> {
        // SAFETY: the mailbox has both, and touches them inside its section only.
        unsafe { Line::new(&self.mutex, &raw mut (*self.state.get()).readers) }
    }

    fn is_closed(&self) -> bool {
        Self::is_closed(self)
    }

    fn finds(&self, (): ()) -> u16 {
        u16::from(self.section(|state| state.has_value()))
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
        // Should a waker panic that is woken as this one goes, the value is dropped here.
        let mut found = None;
        self.poll(
            (),
            node,
            waited,
            context.waker(),
            Attempt::new(&mut || {
                found = match self.take() {
                    Some(value) => Some(Ok(value)),
                    None if self.section(|state| state.is_over()) => Some(Err(RecvError::Closed)),
                    None => None,
                };
                found.is_some()
            }),
        );
        found.map_or(Poll::Pending, Poll::Ready)
    }

    /// A reader ends its wait. A value that it was woken for is the next one's.
    fn leave_readers(&self, (): (), node: Pin<&Node>) {
        self.leave((), node);
    }
}
