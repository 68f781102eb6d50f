//! How readers of a ring wait.

use core::mem::MaybeUninit;
use core::pin::Pin;
use core::task::{Context, Poll};

use aimdb_core::buffer::RecvError;
use bytemuck::NoUninit;

use super::moves::Moves;
use super::parts::Parts;
use super::{RingCursor, StaticRing};
use crate::lean::{Line, Lined, Node, ReadersWait, Stood};
use crate::lock::PreemptionSafe;
use crate::record::Found;

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
        self.line_of(cursor)
    }

    #[inline(always)]
    fn waits_at(&self, cursor: usize) -> u32 {
        self.mark_of(cursor)
    }

    #[inline(always)]
    unsafe fn look(&self, cursor: usize, _: u32) -> u32 {
        // SAFETY: inside the section.
        unsafe { self.look_at(cursor) }
    }

    /// Whoever looks is told the end.
    #[inline(always)]
    fn is_end(&self, _cursor: usize, _seen: u32) -> bool {
        false
    }

    const COUNTS: bool = true;

    #[inline(always)]
    fn finds(&self, cursor: usize) -> u32 {
        self.finds_at(cursor)
    }

    #[inline(always)]
    fn wakes_all(&self, _cursor: usize) -> bool {
        self.refuses_all()
    }

    #[inline(always)]
    unsafe fn first_comes(&self, mark: u32) {
        // SAFETY: inside the section.
        unsafe { self.marks(mark) };
    }

    /// At a ring that was closed everyone who waits is woken, so that one is woken twice does no harm.
    #[inline(always)]
    fn notes(&self, _cursor: usize) -> bool {
        self.refuses_all()
    }
}

impl<T, M, const N: usize, const READERS: usize, const WRITERS: usize> StaticRing<T, M, N, READERS, WRITERS>
where
    T: NoUninit + Send + Sync,
    M: PreemptionSafe,
{
    /// Looks for a reader of the cursor: if it has something, that is a value, unless it has `missed` some.
    #[inline(always)]
    pub(super) fn looks(&self, cursor: usize, there: &mut MaybeUninit<T>, missed: &mut u32) -> Stood<()> {
        // SAFETY: there is room.
        match unsafe { self.reads(cursor, there.as_mut_ptr()) } {
            Found::Value => Stood::Has(()),
            Found::Missed(so_many) => {
                *missed = so_many;
                Stood::Has(())
            }
            Found::Nothing => Stood::Not,
            Found::Ended => Stood::Ended,
        }
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
        let (mut there, mut missed) = (MaybeUninit::uninit(), 0);
        let cursor = cursor.index::<READERS>();
        match self.poll(cursor, node, waited, context.waker(), || self.looks(cursor, &mut there, &mut missed)) {
            // SAFETY: it says that the value is there.
            Stood::Has(()) if missed == 0 => Poll::Ready(Ok(unsafe { there.assume_init() })),
            Stood::Has(()) => Poll::Ready(Err(RecvError::Lagged(u64::from(missed)))),
            Stood::Ended => Poll::Ready(Err(RecvError::Closed)),
            Stood::Not => Poll::Pending,
        }
    }

    /// A reader ends its wait. A value that it was woken for is the next one's who shares its cursor.
    fn leave_readers(&self, cursor: RingCursor, node: Pin<&Node>) {
        self.leave(cursor.index::<READERS>(), node);
    }
}
