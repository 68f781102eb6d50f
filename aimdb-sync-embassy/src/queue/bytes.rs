//! A queue whose values are bytes, so many each: what a program in C describes, and the library learns when it runs.
#![allow(unsafe_code)]

use core::cell::UnsafeCell;
use core::ptr;

use aimdb_core::buffer::{BufferMetrics, SendError, TrySendError};
use aimdb_core::waiting::Deadline;

use super::moves::Moves;
use super::parts::Parts;
use super::state::{self, Given, State};
use super::wait::{Outcomes, Sent};
use super::waking::Wakes;
use crate::lean::{End, Lined};
use crate::lock::PreemptionSafe;
use crate::port::Port;

/// The state of a [`ByteQueue`]. All zero it is that of an empty queue.
#[repr(transparent)]
pub struct ByteState(UnsafeCell<State>);

/// A [`crate::StaticQueue`] whose values and places are known when it runs: a constant of C, which leads to its memory. All values are
/// moved outside the section.
#[repr(C)]
pub struct ByteQueue<M> {
    /// For whoever describes the queue, to say so.
    tag: u32,
    /// As many as can be inside at the same time, at most.
    capacity: u16,
    /// 0 if senders wait, 1 if they are refused.
    policy: u16,
    value_size: u32,
    state: *const ByteState,
    places: *mut u8,
    mutex: M,
}

// SAFETY: it is a constant. The state is touched inside the mutex only, a place by whoever has claimed or taken it, and
// values are plain bytes.
unsafe impl<M: PreemptionSafe> Sync for ByteQueue<M> {}

/// Each function that is unsafe is given a value of the queue, or room for one, in a queue that is sound.
impl<M: PreemptionSafe> ByteQueue<M> {
    /// Who described it.
    #[inline(always)]
    pub const fn tag(&self) -> u32 {
        self.tag
    }

    /// How many bytes a value has.
    #[inline(always)]
    pub const fn value_size(&self) -> u32 {
        self.value_size
    }

    /// Whether the description has a meaning. If so, and if there is as much memory as it says, for this queue alone and for ever,
    /// and it was zero at the start, all that follows may be called.
    #[inline(always)]
    pub fn is_sound(&self) -> bool {
        usize::from(self.capacity.wrapping_sub(1)) < state::MOST_INSIDE
            && self.policy <= 1
            && self.value_size > 0
            && !self.state.is_null()
            && !self.places.is_null()
    }

    /// Stores a value if there is room.
    ///
    /// # Safety
    ///
    /// The queue is sound, and the value is there.
    #[inline(never)]
    pub unsafe fn stores(&self, value: *const u8) -> bool {
        // SAFETY: by this function's contract.
        unsafe { self.store(value) }
    }

    /// Takes the oldest value, if there is one.
    ///
    /// # Safety
    ///
    /// The queue is sound, and there is room for a value.
    #[inline(never)]
    pub unsafe fn takes(&self, there: *mut u8) -> bool {
        // SAFETY: by this function's contract.
        unsafe { self.take_to(there) }
    }

    /// What a value that was not stored is told which does not wait.
    ///
    /// # Safety
    ///
    /// The queue is sound.
    pub unsafe fn refusal(&self) -> TrySendError<()> {
        self.count_refused();
        if self.refuses_all() { TrySendError::Closed(()) } else { TrySendError::Full(()) }
    }

    /// Whether there will be no value any more.
    ///
    /// # Safety
    ///
    /// The queue is sound.
    pub unsafe fn is_over(&self) -> bool {
        self.has_ended_for_readers()
    }

    /// Blocks until the value is stored.
    ///
    /// # Safety
    ///
    /// As [`ByteQueue::stores`].
    pub unsafe fn stand_to_send<P: Port>(&self, value: *const u8, deadline: Deadline) -> Result<(), SendError<()>> {
        // SAFETY: by this function's contract.
        let goes = || self.sends(|| unsafe { self.stores(value) });
        match self.stand::<P, _>(End::Senders, self.patience(deadline), goes) {
            Some(Sent::Stored) => Ok(()),
            Some(Sent::Full) => Err(SendError::Full(())),
            Some(Sent::Closed) => Err(SendError::Closed(())),
            None => {
                self.count_timed_out();
                Err(SendError::Timeout(()))
            }
        }
    }

    /// Blocks until there is a value, or will be none: says which. `None` when the time is up.
    ///
    /// # Safety
    ///
    /// As [`ByteQueue::takes`].
    pub unsafe fn stand_to_receive<P: Port>(&self, there: *mut u8, deadline: Deadline) -> Option<bool> {
        self.stand::<P, _>(End::Readers, deadline, || {
            // SAFETY: by this function's contract.
            if unsafe { self.takes(there) } {
                Some(true)
            } else if self.has_ended_for_readers() {
                Some(false)
            } else {
                None
            }
        })
    }

    /// Refuses all values to come and wakes everyone who waits.
    ///
    /// # Safety
    ///
    /// The queue is sound.
    pub unsafe fn close(&self) {
        self.ends();
    }

    /// Closes, discards what is there and says how many values that were.
    ///
    /// # Safety
    ///
    /// The queue is sound.
    pub unsafe fn abort(&self) -> usize {
        self.ends_at_once()
    }

    /// Whether it was closed.
    ///
    /// # Safety
    ///
    /// The queue is sound.
    pub unsafe fn is_closed(&self) -> bool {
        self.refuses_all()
    }

    /// State and counts.
    ///
    /// # Safety
    ///
    /// The queue is sound.
    pub unsafe fn stats(&self) -> BufferMetrics {
        self.snapshot()
    }

    #[inline(always)]
    const fn place(&self, at: u32) -> *mut u8 {
        self.places.wrapping_add(at as usize * self.value_size as usize)
    }

    /// Copies a value: most are a word, which needs no call.
    ///
    /// # Safety
    ///
    /// There is a value, and room for one elsewhere.
    #[inline(always)]
    unsafe fn copy(&self, from: *const u8, to: *mut u8) {
        // SAFETY: by this function's contract.
        unsafe {
            if self.value_size == 4 {
                to.cast::<u32>().write_unaligned(from.cast::<u32>().read_unaligned());
            } else {
                ptr::copy_nonoverlapping(from, to, self.value_size as usize);
            }
        }
    }
}

impl<M: PreemptionSafe> Parts for ByteQueue<M> {
    type Value = u8;
    type Section = M;
    type Shape = Given;

    #[inline(always)]
    fn mutex(&self) -> &M {
        &self.mutex
    }

    #[inline(always)]
    fn state(&self) -> *mut State {
        self.state.cast_mut().cast()
    }

    #[inline(always)]
    fn shape(&self) -> Given {
        Given(self.capacity)
    }

    #[inline(always)]
    fn pauses(&self) -> bool {
        self.policy == 0
    }

    #[inline(always)]
    unsafe fn fill(&self, at: u32, value: *const u8) {
        // SAFETY: by this function's contract.
        unsafe { self.copy(value, self.place(at)) };
    }

    #[inline(always)]
    unsafe fn empty(&self, at: u32, there: *mut u8) {
        // SAFETY: by this function's contract.
        unsafe { self.copy(self.place(at), there) };
    }

    /// Bytes are not dropped.
    unsafe fn drop_at(&self, _at: u32) {}
}
