//! What the handles of a queue ask of it.
#![allow(unsafe_code)]

use core::mem::{ManuallyDrop, MaybeUninit};

use aimdb_core::buffer::{BufferMetrics, ReaderMetrics, RecvError, SendError, SubscribeError, TryProduceError};
use aimdb_core::pure::{Start, Verdict};
use aimdb_core::waiting::Deadline;

use super::moves::Moves;
use super::parts::Parts;
use super::{QueuePolicy, StaticQueue};
use crate::lean::{End, LeanRecv, LeanSend, Lined, is_worth_room, not_sent};
use crate::lock::PreemptionSafe;
use crate::port::Port;
use crate::record::{ForHandles, Found, Ops, Record};

impl<T: Send, M: PreemptionSafe, const N: usize, P: QueuePolicy> Record for StaticQueue<T, M, N, P> {}

impl<T: Send, M: PreemptionSafe, const N: usize, P: QueuePolicy> Ops for StaticQueue<T, M, N, P> {
    type Value = T;
    type Cursor = ();
    type Pushing<'a>
        = LeanSend<'a, Self>
    where
        Self: 'a;
    type Receiving<'a>
        = LeanRecv<'a, Self>
    where
        Self: 'a;

    const SENDS_AT_ONCE: bool = matches!(P::POLICY.verdict(), Verdict::DropIncoming);

    const TAKES_TO: bool = is_worth_room::<T>();

    #[inline]
    fn try_push(&self, value: T) -> Result<(), TryProduceError<T>> {
        let value = ManuallyDrop::new(value);
        // SAFETY: the value is there, and forgotten if it was stored.
        if unsafe { self.store(&raw const *value) }.is_there() {
            return Ok(());
        }
        self.refuse(ManuallyDrop::into_inner(value))
    }

    /// # Safety
    ///
    /// As [`Ops::push_at_once`]: the bits of the value are taken, and it is not used again.
    #[inline(always)]
    unsafe fn push_at_once(&self, value: &ManuallyDrop<T>) -> bool {
        // SAFETY: by this function's contract.
        unsafe { self.store(&raw const **value) }.is_there()
    }

    fn push_refused(&self, value: T) -> Result<(), SendError<T>> {
        self.refuse(value).map_err(not_sent)
    }

    #[inline(always)]
    fn push_waiting<Q: Port>(&self, value: T, deadline: Deadline) -> Result<(), SendError<T>> {
        self.stand_to_send::<Q>(value, deadline)
    }

    #[inline(always)]
    fn take_to(&self, (): (), there: &mut MaybeUninit<T>) -> Found {
        // SAFETY: there is room.
        unsafe { Moves::take_to(self, there.as_mut_ptr()) }.found()
    }

    #[inline(always)]
    fn take_to_waiting<Q: Port>(&self, (): (), deadline: Deadline, there: &mut MaybeUninit<T>) -> Found {
        // SAFETY: there is room.
        self.stand::<Q, _>(End::Readers, deadline, || unsafe { Moves::take_to(self, there.as_mut_ptr()) }).found()
    }

    #[inline(always)]
    fn take_waiting<Q: Port>(&self, (): (), deadline: Deadline) -> Option<Result<T, RecvError>> {
        self.stand::<Q, _>(End::Readers, deadline, || self.take()).read()
    }

    fn push(&self, value: T) {
        // There is no hook for what is refused.
        let _refused = self.try_push(value);
    }

    fn push_async(&self, value: T) -> Self::Pushing<'_> {
        LeanSend::new(self, value)
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
        let counts = self.section(|state| Self::counts(state));
        metrics.counters.accepted = u64::from(counts.accepted.wrapping_sub(counts.aborted));
        metrics.counters.delivered = u64::from(counts.delivered);
        metrics.counters.readable = counts.stored as u64;
        metrics
    }
}

impl<T: Send, M: PreemptionSafe, const N: usize, P: QueuePolicy> Default for StaticQueue<T, M, N, P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Send, M: PreemptionSafe, const N: usize, P: QueuePolicy> core::fmt::Debug for StaticQueue<T, M, N, P> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("StaticQueue").field("stats", &self.stats()).finish()
    }
}
