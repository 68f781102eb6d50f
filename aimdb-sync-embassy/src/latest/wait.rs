//! How readers of a latest value wait: in a line for each cursor.
#![allow(unsafe_code)]

use core::pin::Pin;
use core::task::{Context, Poll};

use aimdb_core::buffer::RecvError;
use bytemuck::NoUninit;

use super::state::State;
use super::{LatestCursor, StaticLatest};
use crate::lean::{Attempt, Line, Lined, Node, ReadersWait};
use crate::lock::PreemptionSafe;

impl<T: NoUninit + Send, M: PreemptionSafe, const READERS: usize, const PLACES: usize> Lined
    for StaticLatest<T, M, READERS, PLACES>
{
    type Section = M;
    type End = LatestCursor;

    #[inline(always)]
    fn line(&self, LatestCursor(cursor): LatestCursor) -> Line<'_, M> {
        let state = self.state.get();
        // SAFETY: the record has both, and touches them inside its section only. The cursor is one of its own.
        unsafe { Line::new(&self.mutex, State::readers_of(state, cursor)) }
    }

    fn is_closed(&self) -> bool {
        Self::is_closed(self)
    }

    fn finds(&self, LatestCursor(cursor): LatestCursor) -> u16 {
        u16::from(self.section(|state| state.is_new(cursor)))
    }
}

impl<T: NoUninit + Send, M: PreemptionSafe, const READERS: usize, const PLACES: usize> ReadersWait
    for StaticLatest<T, M, READERS, PLACES>
{
    type Value = T;
    type Cursor = LatestCursor;

    fn poll_recv(
        &self,
        LatestCursor(cursor): LatestCursor,
        node: Pin<&Node>,
        waited: &mut bool,
        context: &mut Context<'_>,
    ) -> Poll<Result<T, RecvError>> {
        let mut found = None;
        self.poll(
            LatestCursor(cursor),
            node,
            waited,
            context.waker(),
            Attempt::new(&mut || {
                // Said before each look, also by one that stands in the line and then has a value: others may stand behind
                // it who do not look, because it does. It goes on to be said as long as one of them is there.
                self.section(|state| state.awaits(cursor));
                found = match self.take(cursor) {
                    Some(value) => Some(Ok(value)),
                    None if self.section(|state| state.is_over(cursor)) => Some(Err(RecvError::Closed)),
                    None => None,
                };
                found.is_some()
            }),
        );
        found.map_or(Poll::Pending, Poll::Ready)
    }

    /// A reader ends its wait. A value that it was woken for is the next one's.
    fn leave_readers(&self, cursor: LatestCursor, node: Pin<&Node>) {
        self.leave(cursor, node);
    }
}
