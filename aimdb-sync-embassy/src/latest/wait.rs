//! How readers of a latest value wait: in a line for each cursor.
use core::pin::Pin;
use core::task::{Context, Poll};

use aimdb_core::buffer::RecvError;
use bytemuck::NoUninit;

use super::parts::Parts;
use super::state;
use super::{LatestCursor, StaticLatest};
use crate::lean::{Line, Lined, Node, ReadersWait};
use crate::lock::PreemptionSafe;

impl<T: NoUninit + Send, M: PreemptionSafe, const READERS: usize, const PLACES: usize> Lined
    for StaticLatest<T, M, READERS, PLACES>
{
    type Section = M;
    type End = LatestCursor;

    #[inline(always)]
    fn line(&self, LatestCursor(cursor): LatestCursor) -> Line<'_, M> {
        self.line_of(cursor)
    }

    #[inline(always)]
    unsafe fn look(&self, LatestCursor(cursor): LatestCursor, _: u32) -> u32 {
        // SAFETY: inside the section.
        unsafe { (*self.state()).look(cursor) }
    }

    #[inline(always)]
    fn is_end(&self, _: LatestCursor, seen: u32) -> bool {
        state::is_end(seen)
    }

    #[inline(always)]
    fn notes(&self, LatestCursor(cursor): LatestCursor) -> bool {
        self.notes_at(cursor)
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
        self.poll(cursor, node, waited, context.waker(), || self.take(cursor.0))
            .read()
            .map_or(Poll::Pending, Poll::Ready)
    }

    /// A reader ends its wait. A value that it was woken for is the next one's.
    fn leave_readers(&self, cursor: LatestCursor, node: Pin<&Node>) {
        self.leave(cursor, node);
    }
}
