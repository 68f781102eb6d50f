//! What the handles of a queue ask of it.
#![allow(unsafe_code)]

use core::mem::{ManuallyDrop, MaybeUninit};

use aimdb_core::buffer::{BufferMetrics, ReaderMetrics, SendError, SubscribeError, TryProduceError, TryRecvError};
use aimdb_core::pure::{Start, Verdict};
use aimdb_core::waiting::Deadline;

use super::moves::Moves;
use super::parts::Parts;
use super::shape::Shape;
use super::waking::Wakes;
use super::{QueuePolicy, StaticQueue};
use crate::lean::{End, LeanRecv, LeanSend, Lined, Stood, not_sent};
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

    const FINDS: bool = true;

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

    /// # Safety
    ///
    /// As [`Ops::has_copied`]: a place that was found is given back once.
    #[inline(always)]
    unsafe fn has_copied(&self) {
        if Self::INSIDE {
            return;
        }
        let freed = self.give_back();
        if freed > 0 {
            self.wake(u32::from(freed), End::Senders);
        }
        if self.shape().is_wide() {
            self.has_emptied();
        }
    }

    #[inline(always)]
    fn push_waiting<Q: Port>(&self, value: T, deadline: Deadline) -> Result<(), SendError<T>> {
        self.stand_to_send::<Q>(value, deadline)
    }

    #[inline(always)]
    fn find_waiting<Q: Port>(&self, (): (), deadline: Deadline, there: &mut MaybeUninit<T>) -> Found<T> {
        self.stand::<Q, _>(End::Readers, deadline, || self.find(there)).found()
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

    #[inline]
    fn try_take(&self, (): ()) -> Result<T, TryRecvError> {
        let mut there = MaybeUninit::uninit();
        // SAFETY: there is room, and when it says so, a value.
        match unsafe { self.take_to(there.as_mut_ptr()) } {
            // SAFETY: as above.
            Stood::Has(()) => Ok(unsafe { there.assume_init() }),
            Stood::Ended => Err(TryRecvError::Closed),
            Stood::Not => Err(TryRecvError::Empty),
        }
    }

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
