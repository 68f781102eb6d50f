//! What the handles of a mailbox ask of it.
#![allow(unsafe_code)]

use core::future::{Ready, ready};
use core::mem::{ManuallyDrop, MaybeUninit};

use aimdb_core::buffer::{
    BufferMetrics, FlushError, ReaderMetrics, RecvError, SendError, SubscribeError, TryProduceError,
};
use aimdb_core::pure::Start;
use aimdb_core::waiting::Deadline;

use super::moves::Moves;
use super::parts::Parts;
use super::{Closed, StaticMailbox};
use crate::lean::{LeanRecv, Lined, SendAtOnce, is_worth_room};
use crate::lock::PreemptionSafe;
use crate::port::Port;
use crate::record::{ForHandles, Found, Ops, Record, WholeOps, WholeRecord};

impl<T: Send, M: PreemptionSafe, const PLACES: usize> Record for StaticMailbox<T, M, PLACES> {}

impl<T: Send, M: PreemptionSafe, const PLACES: usize> WholeRecord for StaticMailbox<T, M, PLACES> {}

impl<T: Send, M: PreemptionSafe, const PLACES: usize> StaticMailbox<T, M, PLACES> {
    #[inline(always)]
    fn offer<const WANTED: bool>(&self, value: T) -> Result<Option<T>, TryProduceError<T>> {
        let value = ManuallyDrop::new(value);
        match self.store::<WANTED>(&value) {
            Ok(displaced) => Ok(displaced),
            Err(Closed) => {
                self.count_refused();
                Err(TryProduceError::Closed(ManuallyDrop::into_inner(value)))
            }
        }
    }
}

impl<T: Send, M: PreemptionSafe, const PLACES: usize> Ops for StaticMailbox<T, M, PLACES> {
    type Value = T;
    type Cursor = ();
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
    /// As [`Ops::push_at_once`]: the bits of the value are taken, and it is not used again.
    #[inline(always)]
    unsafe fn push_at_once(&self, value: &ManuallyDrop<T>) -> bool {
        self.store::<false>(value).is_ok()
    }

    fn push_refused(&self, value: T) -> Result<(), SendError<T>> {
        self.count_refused();
        Err(SendError::Closed(value))
    }

    #[inline(always)]
    fn take_to(&self, (): (), there: &mut MaybeUninit<T>) -> Found {
        // SAFETY: there is room.
        unsafe { Moves::take_to(self, there.as_mut_ptr()) }.found()
    }

    #[inline(always)]
    fn take_to_waiting<Q: Port>(&self, (): (), deadline: Deadline, there: &mut MaybeUninit<T>) -> Found {
        // SAFETY: there is room.
        self.stand::<Q, _>((), deadline, || unsafe { Moves::take_to(self, there.as_mut_ptr()) }).found()
    }

    #[inline(always)]
    fn take_waiting<Q: Port>(&self, (): (), deadline: Deadline) -> Option<Result<T, RecvError>> {
        self.stand::<Q, _>((), deadline, || self.take()).read()
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

    fn subscribe(&self, _start: Start, _: ForHandles) -> Result<(), SubscribeError> {
        Ok(())
    }

    fn share(&self, (): ()) {}

    fn unsubscribe(&self, (): ()) {}

    fn recv_async(&self, (): ()) -> Self::Receiving<'_> {
        LeanRecv::new(self, ())
    }

    fn reader_metrics(&self, (): ()) -> ReaderMetrics {
        let mut metrics = ReaderMetrics::default();
        let counts = self.section(|state| state.counts());
        metrics.counters.accepted = u64::from(counts.accepted);
        metrics.counters.delivered = u64::from(counts.delivered);
        metrics.counters.lagged = u64::from(counts.overwritten.wrapping_add(counts.aborted));
        metrics.counters.readable = u64::from(counts.stored);
        metrics
    }
}

impl<T: Send, M: PreemptionSafe, const PLACES: usize> WholeOps for StaticMailbox<T, M, PLACES> {
    type Flushing<'a>
        = Ready<Result<(), FlushError>>
    where
        Self: 'a;

    fn force_push(&self, value: T) -> Result<Option<T>, TryProduceError<T>> {
        self.offer::<true>(value)
    }

    /// Its cursor does not gate.
    fn flush_async(&self) -> Self::Flushing<'_> {
        ready(Ok(()))
    }

    /// What is pending is the newest.
    fn skip_to_newest(&self, (): ()) {}

    fn peek_value(&self) -> Option<T> {
        const { panic!("a `StaticMailbox` has no `peek`: its values are moved, and not cloned") }
    }
}

impl<T: Send, M: PreemptionSafe, const PLACES: usize> Default for StaticMailbox<T, M, PLACES> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Send, M: PreemptionSafe, const PLACES: usize> core::fmt::Debug for StaticMailbox<T, M, PLACES> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("StaticMailbox").field("stats", &self.stats()).finish()
    }
}
