//! What the handles of a queue ask of it.
#![allow(unsafe_code)]

use core::mem::{ManuallyDrop, MaybeUninit};

use aimdb_core::buffer::{
    BufferMetrics, ReaderMetrics, RecvError, SendError, SubscribeError, TryProduceError, TryRecvError,
};
use aimdb_core::pure::{Start, Verdict};
use aimdb_core::waiting::Deadline;

use super::moves::Moves;
use super::parts::Parts;
use super::shape::{Fixed, Shape};
use super::waking::Wakes;
use super::{QueuePolicy, StaticQueue};
use crate::lean::{End, LeanRecv, LeanSend, not_sent};
use crate::lock::PreemptionSafe;
use crate::port::Port;
use crate::record::{ForHandles, Ops, Record};

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

    #[inline]
    fn try_push(&self, value: T) -> Result<(), TryProduceError<T>> {
        let value = ManuallyDrop::new(value);
        // SAFETY: the value is there, and forgotten if it was stored.
        if unsafe { self.store(&raw const *value) } {
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
        unsafe { self.store(&raw const **value) }
    }

    fn push_refused(&self, value: T) -> Result<(), SendError<T>> {
        self.refuse(value).map_err(not_sent)
    }

    #[inline(always)]
    fn take_at_once(&self, (): (), there: &mut MaybeUninit<T>) -> Result<bool, u64> {
        // SAFETY: there is room.
        Ok(unsafe { self.take_to(there.as_mut_ptr()) })
    }

    #[inline(always)]
    fn find_at_once(&self, (): (), there: &mut MaybeUninit<T>) -> Result<Option<*const T>, u64> {
        if Self::INSIDE {
            return Ok(if self.take_at_once((), there)? { Some(there.as_ptr()) } else { None });
        }
        let Some(at) = self.section(|state| state.take(Fixed::<T, N>::SHAPE)) else { return Ok(None) };
        // SAFETY: the place was taken.
        Ok(Some(unsafe { self.place(u32::from(at)).with(|place| place.cast_const()) }))
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

    fn push_waiting<Q: Port>(&self, value: T, deadline: Deadline) -> Result<(), SendError<T>> {
        self.stand_to_send::<Q>(value, deadline)
    }

    fn take_waiting<Q: Port>(&self, (): (), deadline: Deadline) -> Option<Result<T, RecvError>> {
        self.stand_to_receive::<Q>(deadline)
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
        if unsafe { self.take_to(there.as_mut_ptr()) } {
            // SAFETY: as above.
            return Ok(unsafe { there.assume_init() });
        }
        Err(if self.section(|state| state.is_over()) { TryRecvError::Closed } else { TryRecvError::Empty })
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
