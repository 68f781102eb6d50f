//! What the handles of a latest value ask of it.
#![allow(unsafe_code)]

use core::future::{Ready, ready};
use core::mem::{ManuallyDrop, MaybeUninit};

use aimdb_core::buffer::{
    BufferMetrics, FlushError, ReaderMetrics, RecvError, SendError, SubscribeError, TryProduceError,
};
use aimdb_core::pure::Start;
use aimdb_core::waiting::Deadline;
use bytemuck::NoUninit;

use super::copies::Copies;
use super::parts::Parts;
use super::state::State;
use super::{Closed, StaticLatest};
use crate::lean::{LeanRecv, Lined, SendAtOnce, is_worth_room};
use crate::lock::PreemptionSafe;
use crate::port::Port;
use crate::record::{ForHandles, Found, Ops, Record, WholeOps, WholeRecord};

/// Names a cursor of a [`StaticLatest`]. Not reused while any handle of it lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LatestCursor(pub(crate) u8);

impl<T: NoUninit + Send, M: PreemptionSafe, const READERS: usize, const PLACES: usize> Record
    for StaticLatest<T, M, READERS, PLACES>
{
}

impl<T: NoUninit + Send, M: PreemptionSafe, const READERS: usize, const PLACES: usize> WholeRecord
    for StaticLatest<T, M, READERS, PLACES>
{
}

impl<T: NoUninit + Send, M: PreemptionSafe, const READERS: usize, const PLACES: usize>
    StaticLatest<T, M, READERS, PLACES>
{
    #[inline(always)]
    fn offer<const WANTED: bool>(&self, value: T) -> Result<Option<T>, TryProduceError<T>> {
        self.store::<WANTED>(&value).map_err(|Closed| {
            self.count_refused();
            TryProduceError::Closed(value)
        })
    }
}

impl<T: NoUninit + Send, M: PreemptionSafe, const READERS: usize, const PLACES: usize> Ops
    for StaticLatest<T, M, READERS, PLACES>
{
    type Value = T;
    type Cursor = LatestCursor;
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
        self.offer::<false>(value).map(drop)
    }

    /// # Safety
    ///
    /// As [`Ops::push_at_once`]: plain data may be used again as well.
    #[inline(always)]
    unsafe fn push_at_once(&self, value: &ManuallyDrop<T>) -> bool {
        self.store::<false>(value).is_ok()
    }

    fn push_refused(&self, value: T) -> Result<(), SendError<T>> {
        self.count_refused();
        Err(SendError::Closed(value))
    }

    #[inline(always)]
    fn take_to(&self, LatestCursor(cursor): LatestCursor, there: &mut MaybeUninit<T>) -> Found {
        // SAFETY: there is room.
        unsafe { Copies::take_to(self, cursor, there.as_mut_ptr()) }.found()
    }

    #[inline(always)]
    fn take_to_waiting<Q: Port>(&self, cursor: LatestCursor, deadline: Deadline, there: &mut MaybeUninit<T>) -> Found {
        // SAFETY: there is room.
        let take = || unsafe { Copies::take_to(self, cursor.0, there.as_mut_ptr()) };
        self.stand::<Q, _>(cursor, deadline, take).found()
    }

    #[inline(always)]
    fn take_waiting<Q: Port>(&self, cursor: LatestCursor, deadline: Deadline) -> Option<Result<T, RecvError>> {
        self.stand::<Q, _>(cursor, deadline, || self.take(cursor.0)).read()
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

    /// Wherever it begins, what it may find is the current value.
    fn subscribe(&self, _start: Start, _: ForHandles) -> Result<LatestCursor, SubscribeError> {
        self.section(State::subscribe).map(LatestCursor).ok_or(SubscribeError::NoPlace)
    }

    fn share(&self, LatestCursor(cursor): LatestCursor) {
        self.section(|state| state.share(cursor));
    }

    fn unsubscribe(&self, LatestCursor(cursor): LatestCursor) {
        self.section(|state| state.unsubscribe(cursor));
    }

    fn recv_async(&self, cursor: LatestCursor) -> Self::Receiving<'_> {
        LeanRecv::new(self, cursor)
    }

    fn reader_metrics(&self, LatestCursor(cursor): LatestCursor) -> ReaderMetrics {
        let mut metrics = ReaderMetrics::default();
        metrics.id = u64::from(cursor);
        metrics.counters.readable = u64::from(self.section(|state| state.is_new(cursor)));
        metrics
    }
}

impl<T: NoUninit + Send, M: PreemptionSafe, const READERS: usize, const PLACES: usize> WholeOps
    for StaticLatest<T, M, READERS, PLACES>
{
    type Flushing<'a>
        = Ready<Result<(), FlushError>>
    where
        Self: 'a;

    fn force_push(&self, value: T) -> Result<Option<T>, TryProduceError<T>> {
        self.offer::<true>(value)
    }

    /// Its cursors do not gate.
    fn flush_async(&self) -> Self::Flushing<'_> {
        ready(Ok(()))
    }

    /// There is no other than the newest.
    fn skip_to_newest(&self, _cursor: LatestCursor) {}

    fn peek_value(&self) -> Option<T> {
        self.current()
    }
}

impl<T: NoUninit + Send, M: PreemptionSafe, const READERS: usize, const PLACES: usize> Default
    for StaticLatest<T, M, READERS, PLACES>
{
    fn default() -> Self {
        Self::new()
    }
}

impl<T: NoUninit + Send, M: PreemptionSafe, const READERS: usize, const PLACES: usize> core::fmt::Debug
    for StaticLatest<T, M, READERS, PLACES>
{
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("StaticLatest").field("stats", &self.stats()).finish()
    }
}
