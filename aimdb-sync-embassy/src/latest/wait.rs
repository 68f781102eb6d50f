//! How readers of a latest value wait: in a line for each cursor.
use core::pin::Pin;
use core::task::{Context, Poll};

use aimdb_core::buffer::RecvError;
use aimdb_core::waiting::Deadline;
use bytemuck::NoUninit;

use super::parts::Parts;
use super::{LatestCursor, StaticLatest};
use crate::lean::{Line, Lined, Node, ReadersWait};
use crate::lock::PreemptionSafe;
use crate::port::Port;

impl<T: NoUninit + Send, M: PreemptionSafe, const READERS: usize, const PLACES: usize> Lined
    for StaticLatest<T, M, READERS, PLACES>
{
    type Section = M;
    type End = LatestCursor;

    #[inline(always)]
    fn line(&self, LatestCursor(cursor): LatestCursor) -> Line<'_, M> {
        self.line_of(cursor)
    }

    fn finds(&self, LatestCursor(cursor): LatestCursor, node: Pin<&Node>) -> (u32, u32) {
        self.finds_at(cursor, node)
    }
}

impl<T: NoUninit + Send, M: PreemptionSafe, const READERS: usize, const PLACES: usize>
    StaticLatest<T, M, READERS, PLACES>
{
    /// The current value, if it is new to the cursor, or that there will be none.
    #[inline(always)]
    fn comes(&self, cursor: u8) -> Option<Result<T, RecvError>> {
        match self.take(cursor) {
            Some(value) => Some(Ok(value)),
            None if self.has_ended_for(cursor) => Some(Err(RecvError::Closed)),
            None => None,
        }
    }

    /// Blocks until there is a value.
    #[inline(always)]
    pub(super) fn stand_to_receive<Q: Port>(
        &self,
        cursor: LatestCursor,
        deadline: Deadline,
    ) -> Option<Result<T, RecvError>> {
        self.stand::<Q, _>(cursor, deadline, || self.comes(cursor.0))
    }
}

impl<T: NoUninit + Send, M: PreemptionSafe, const READERS: usize, const PLACES: usize> ReadersWait
    for StaticLatest<T, M, READERS, PLACES>
{
    type Value = T;
    type Cursor = LatestCursor;

    fn poll_recv(
        &self,
        cursor: LatestCursor,
        node: Pin<&Node>,
        waited: &mut bool,
        context: &mut Context<'_>,
    ) -> Poll<Result<T, RecvError>> {
        self.poll(cursor, node, waited, context.waker(), || self.comes(cursor.0)).map_or(Poll::Pending, Poll::Ready)
    }

    /// A reader ends its wait. A value that it was woken for is the next one's.
    fn leave_readers(&self, cursor: LatestCursor, node: Pin<&Node>) {
        self.leave(cursor, node);
    }
}
