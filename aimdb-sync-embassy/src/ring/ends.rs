//! What the handles of a ring ask of it.
#![allow(unsafe_code)]

use core::future::{Ready, ready};
use core::mem::{ManuallyDrop, MaybeUninit};

use aimdb_core::buffer::{BufferMetrics, FlushError, ReaderMetrics, RecvError, SubscribeError, TryProduceError};
use aimdb_core::pure::Start;
use aimdb_core::waiting::Deadline;
use bytemuck::NoUninit;

use super::StaticRing;
use super::moves::{Moves, NotStored};
use super::parts::Parts;
use crate::lean::{LeanRecv, Lined, SendAtOnce, Stood, is_worth_room};
use crate::lock::PreemptionSafe;
use crate::port::Port;
use crate::record::{ForHandles, Found, Ops, Record, WholeOps, WholeRecord};

/// Names a cursor of a [`StaticRing`].
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct RingCursor(u8);

impl RingCursor {
    /// Its number, outside of a section: there it is known to be one.
    #[inline(always)]
    pub(super) fn index<const READERS: usize>(self) -> usize {
        usize::from(self.0).min(READERS - 1)
    }
}

fn refused<T>(why: NotStored, value: T) -> TryProduceError<T> {
    match why {
        NotStored::Full => TryProduceError::Full(value),
        NotStored::Closed => TryProduceError::Closed(value),
    }
}

/// The bounds of a ring, which all that follows has.
macro_rules! of_rings {
    ($trait:ident $body:tt) => {
        impl<T, M, const N: usize, const READERS: usize, const WRITERS: usize> $trait
            for StaticRing<T, M, N, READERS, WRITERS>
        where
            T: NoUninit + Send + Sync,
            M: PreemptionSafe,
        $body
    };
}

of_rings!(Record {});
of_rings!(WholeRecord {});

of_rings!(Ops {
    type Value = T;
    type Cursor = RingCursor;
    type Pushing<'a>
        = SendAtOnce<'a, Self>
    where
        Self: 'a;
    type Receiving<'a>
        = LeanRecv<'a, Self>
    where
        Self: 'a;

    const SENDS_AT_ONCE: bool = true;

    const TAKES_TO: bool = is_worth_room::<T>();

    #[inline]
    fn try_push(&self, value: T) -> Result<(), TryProduceError<T>> {
        let value = ManuallyDrop::new(value);
        let Err(why) = self.publish(&value) else { return Ok(()) };
        self.count_refused();
        Err(refused(why, ManuallyDrop::into_inner(value)))
    }

    /// # Safety
    ///
    /// As [`Ops::push_at_once`]: plain data may be used again as well.
    #[inline(always)]
    unsafe fn push_at_once(&self, value: &ManuallyDrop<T>) -> bool {
        self.publish(value).is_ok()
    }

    #[inline(always)]
    fn take_to(&self, cursor: RingCursor, there: &mut MaybeUninit<T>) -> Found {
        // SAFETY: there is room.
        unsafe { self.reads(cursor.index::<READERS>(), there.as_mut_ptr()) }
    }

    #[inline(always)]
    fn take_to_waiting<Q: Port>(&self, cursor: RingCursor, deadline: Deadline, there: &mut MaybeUninit<T>) -> Found {
        let cursor = cursor.index::<READERS>();
        let mut missed = 0;
        match self.stand::<Q, _>(cursor, deadline, || self.looks(cursor, there, &mut missed)) {
            Stood::Has(()) if missed == 0 => Found::Value,
            Stood::Has(()) => Found::Missed(missed),
            Stood::Ended => Found::Ended,
            Stood::Not => Found::Nothing,
        }
    }

    #[inline(always)]
    fn take_waiting<Q: Port>(&self, cursor: RingCursor, deadline: Deadline) -> Option<Result<T, RecvError>> {
        let (mut there, mut missed) = (MaybeUninit::uninit(), 0);
        let cursor = cursor.index::<READERS>();
        match self.stand::<Q, _>(cursor, deadline, || self.looks(cursor, &mut there, &mut missed)) {
            // SAFETY: it says that the value is there.
            Stood::Has(()) if missed == 0 => Some(Ok(unsafe { there.assume_init() })),
            Stood::Has(()) => Some(Err(RecvError::Lagged(u64::from(missed)))),
            Stood::Ended => Some(Err(RecvError::Closed)),
            Stood::Not => None,
        }
    }

    fn push(&self, value: T) {
        // There is no hook for what is refused.
        let _refused = self.try_push(value);
    }

    fn push_async(&self, value: T) -> Self::Pushing<'_> {
        SendAtOnce::new(self, value)
    }

    fn close(&self) {
        Self::close(self);
    }

    fn abort(&self) -> usize {
        Self::abort(self)
    }

    fn is_closed(&self) -> bool {
        Self::is_closed(self)
    }

    fn metrics(&self) -> BufferMetrics {
        self.snapshot()
    }

    fn subscribe(&self, start: Start, _: ForHandles) -> Result<RingCursor, SubscribeError> {
        // Each in a section of its own. Bounded by the cursors.
        (0..READERS)
            .find(|&cursor| {
                self.section_of(cursor, |state, cursor| state.begin(cursor, matches!(start, Start::Oldest)))
            })
            .map(|cursor| RingCursor(cursor as u8))
            .ok_or(SubscribeError::NoPlace)
    }

    fn share(&self, cursor: RingCursor) {
        let cursor = cursor.index::<READERS>();
        self.section_of(cursor, |_, cursor| cursor.share());
    }

    fn unsubscribe(&self, cursor: RingCursor) {
        let cursor = cursor.index::<READERS>();
        if self.section_of(cursor, |_, cursor| cursor.leave()) {
            self.section_of(cursor, |state, cursor| state.catch_up(cursor));
            self.section_of(cursor, |state, cursor| state.hand_over(cursor));
            self.section_of(cursor, |state, cursor| state.free(cursor));
        }
    }

    fn recv_async(&self, cursor: RingCursor) -> Self::Receiving<'_> {
        LeanRecv::new(self, cursor)
    }

    fn reader_metrics(&self, cursor: RingCursor) -> ReaderMetrics {
        let at = cursor.index::<READERS>();
        // Taken as it is, and looked at outside.
        let (counted, behind, reach) =
            self.section_of(at, |state, cursor| (cursor.counted(), state.unread(cursor), state.reach()));
        let missed = behind.saturating_sub(reach);
        let mut metrics = ReaderMetrics::default();
        metrics.id = at as u64;
        metrics.counters.accepted = u64::from(counted.accepted(behind));
        metrics.counters.delivered = u64::from(counted.delivered());
        metrics.counters.lagged = u64::from(counted.lagged.wrapping_add(missed));
        metrics.counters.skipped = u64::from(counted.skipped);
        metrics.counters.readable = u64::from(behind - missed);
        metrics
    }
});

of_rings!(WholeOps {
    type Flushing<'a>
        = Ready<Result<(), FlushError>>
    where
        Self: 'a;

    fn force_push(&self, value: T) -> Result<Option<T>, TryProduceError<T>> {
        self.displace(&value).map_err(|why| {
            self.count_refused();
            refused(why, value)
        })
    }

    /// No cursor of a ring gates.
    fn flush_async(&self) -> Self::Flushing<'_> {
        ready(Ok(()))
    }

    fn skip_to_newest(&self, cursor: RingCursor) {
        let cursor = cursor.index::<READERS>();
        self.section_of(cursor, |state, cursor| state.catch_up(cursor));
        self.section_of(cursor, |state, cursor| state.skip_to_newest(cursor));
    }

    /// A ring has no current value.
    fn peek_value(&self) -> Option<T> {
        None
    }
});

impl<T, M, const N: usize, const READERS: usize, const WRITERS: usize> Default for StaticRing<T, M, N, READERS, WRITERS>
where
    T: NoUninit + Send + Sync,
    M: PreemptionSafe,
{
    fn default() -> Self {
        Self::new()
    }
}

impl<T, M, const N: usize, const READERS: usize, const WRITERS: usize> core::fmt::Debug
    for StaticRing<T, M, N, READERS, WRITERS>
where
    T: NoUninit + Send + Sync,
    M: PreemptionSafe,
{
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("StaticRing").field("stats", &self.stats()).finish()
    }
}
