//! How readers of a ring wait.
#![allow(unsafe_code)]

use core::pin::Pin;
use core::task::{Context, Poll};

use aimdb_core::buffer::{RecvError, TryRecvError};
use bytemuck::NoUninit;

use super::{RingCursor, StaticRing};
use crate::lean::{ALL, Attempt, Line, Lined, Node, ReadersWait};
use crate::lock::PreemptionSafe;

impl<T, M, const N: usize, const READERS: usize, const WRITERS: usize> Lined for StaticRing<T, M, N, READERS, WRITERS>
where
    T: NoUninit + Send + Sync,
    M: PreemptionSafe,
{
    type Section = M;
    /// Each cursor has a line.
    type End = usize;

    #[inline(always)]
    fn line(&self, cursor: usize) -> Line<'_, M> {
        let state = self.state.get();
        // SAFETY: the ring has both, and touches them inside its section only. There is such a cursor.
        unsafe {
            let cursors = (&raw mut (*state).cursors).cast::<super::cursor::Cursor>();
            Line::new(&self.mutex, &raw mut (*cursors.add(cursor)).readers)
        }
    }

    fn is_closed(&self) -> bool {
        Self::is_closed(self)
    }

    fn finds(&self, cursor: usize) -> u16 {
        self.section(|state| state.news(cursor)).min(u32::from(ALL)) as u16
    }
}

impl<T, M, const N: usize, const READERS: usize, const WRITERS: usize> ReadersWait
    for StaticRing<T, M, N, READERS, WRITERS>
where
    T: NoUninit + Send + Sync,
    M: PreemptionSafe,
{
    type Value = T;
    type Cursor = RingCursor;

    /// Takes a value, or has its reader wait.
    fn poll_recv(
        &self,
        cursor: RingCursor,
        node: Pin<&Node>,
        waited: &mut bool,
        context: &mut Context<'_>,
    ) -> Poll<Result<T, RecvError>> {
        let cursor = cursor.index::<READERS>();
        let mut found = Err(TryRecvError::Empty);
        let ended = self.poll(
            cursor,
            node,
            waited,
            context.waker(),
            Attempt::new(&mut || {
                if READERS > 1 {
                    // Before it looks, and once more when it stands in line, for a publisher that has found nobody takes the mark away.
                    self.section(|state| state.announce(cursor));
                }
                found = self.take(cursor);
                !matches!(found, Err(TryRecvError::Empty))
            }),
        );
        if !ended {
            return Poll::Pending;
        }
        Poll::Ready(found.map_err(|why| match why {
            TryRecvError::Lagged(missed) => RecvError::Lagged(missed),
            TryRecvError::Closed | TryRecvError::Empty | TryRecvError::Misuse(_) => RecvError::Closed,
        }))
    }

    /// A reader ends its wait. A value that it was woken for is the next one's who shares its cursor.
    fn leave_readers(&self, cursor: RingCursor, node: Pin<&Node>) {
        self.leave(cursor.index::<READERS>(), node);
    }
}
