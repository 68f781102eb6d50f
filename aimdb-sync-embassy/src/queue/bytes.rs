//! A queue whose values are bytes, so many each: what a program in C describes, and the library learns when it runs.
#![allow(unsafe_code)]

use core::cell::UnsafeCell;
use core::marker::PhantomData;

use aimdb_core::buffer::BufferMetrics;
use aimdb_core::pure::Verdict;

use super::moves::Moves;
use super::parts::Parts;
use super::shape::Given;
use super::state::State;
use super::waking::Wakes;
use crate::lean::told::{CLOSED, FULL, WELL};
use crate::lean::words::in_a_register;
use crate::lean::{End, Form, Lined, Stands};
use crate::lock::PreemptionSafe;
use crate::port::Port;

/// The state of a [`ByteQueue`]. All zero it is that of an empty queue.
#[repr(transparent)]
pub struct ByteState(UnsafeCell<State>);

/// A [`crate::StaticQueue`] whose values and places are known when it runs: a constant of C, which leads to its memory. `F` is how
/// values are moved.
#[repr(C)]
pub struct ByteQueue<M, F> {
    /// For whoever describes the queue, to say so.
    tag: u32,
    value_size: u32,
    state: *const ByteState,
    places: *mut u8,
    /// The number of its last place: no more are there than can be inside at the same time.
    last: u8,
    /// What a sender is told when it is full, at the end: that its time is up, so it waits; that it is full; or that all is well, and its
    /// value is dropped.
    when_full: u8,
    mutex: M,
    form: PhantomData<fn() -> F>,
}

// SAFETY: it is a constant. The state is touched inside the mutex only, a place by whoever has claimed or taken it, and
// values are plain bytes.
unsafe impl<M: PreemptionSafe, F> Sync for ByteQueue<M, F> {}

/// Each function that is unsafe is given a value of the queue, or room for one, in a queue that is sound: values have this form, no pointer is
/// null, and there is as much memory as the description says, for this queue alone and for ever, which was zero at the start.
impl<M: PreemptionSafe, F: Form> ByteQueue<M, F> {
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

    /// Stores a value if there is room.
    ///
    /// # Safety
    ///
    /// The queue is sound, and the value is there.
    #[inline(never)]
    pub unsafe fn stores(&self, value: *const u8) -> bool {
        // SAFETY: by this function's contract.
        unsafe { self.view().store(value.cast()) }.is_there()
    }

    /// Takes the oldest value, if there is one.
    ///
    /// # Safety
    ///
    /// The queue is sound, and there is room for a value.
    #[inline(never)]
    pub unsafe fn takes(&self, there: *mut u8) -> bool {
        // SAFETY: by this function's contract.
        unsafe { self.view().take_to(there.cast()) }.is_there()
    }

    /// What the sender of a value is told that was not stored, and is counted: 3 is that its time is up, if this is not `at_most` what it is
    /// told; 1 that the queue is full; 0 that all is well, since the value was dropped; and 4 that the queue is closed.
    ///
    /// # Safety
    ///
    /// The queue is sound.
    #[cold]
    #[inline(never)]
    pub unsafe fn refuses(&self, at_most: u8) -> u8 {
        let told = self.when_full.min(at_most);
        if self.view().section(move |state| state.refuse_or_drop(told != FULL)) { CLOSED } else { told }
    }

    /// Whether there will be no value any more.
    ///
    /// # Safety
    ///
    /// The queue is sound.
    pub unsafe fn is_over(&self) -> bool {
        let queue = self.view();
        queue.is_end(End::Readers, queue.sees(End::Readers))
    }

    /// Blocks until the value is stored, or there is one, for so many ticks at most; says whether it was stored, or taken. At none it was
    /// not, nor is it at a queue that does not let its senders wait; and there is no end to `FOR_EVER`.
    ///
    /// # Safety
    ///
    /// As [`ByteQueue::stores`] or [`ByteQueue::takes`].
    #[cold]
    #[inline(never)]
    pub unsafe fn waits<P: Port>(&self, value: *mut u8, ticks: u64, end: End) -> bool {
        if end == End::Senders && self.when_full <= FULL {
            return false;
        }
        // SAFETY: by this function's contract.
        self.view().stands::<P>(end, ticks, || unsafe {
            match end {
                End::Senders => self.stores(value),
                End::Readers => self.takes(value),
            }
        })
    }

    /// Refuses all values to come and wakes everyone who waits.
    ///
    /// # Safety
    ///
    /// The queue is sound.
    pub unsafe fn close(&self) {
        self.view().ends();
    }

    /// Closes, discards what is there and says how many values that were.
    ///
    /// # Safety
    ///
    /// The queue is sound.
    pub unsafe fn abort(&self) -> usize {
        self.view().ends_at_once()
    }

    /// Whether it was closed.
    ///
    /// # Safety
    ///
    /// The queue is sound.
    pub unsafe fn is_closed(&self) -> bool {
        self.view().refuses_all()
    }

    /// State and counts.
    ///
    /// # Safety
    ///
    /// The queue is sound.
    pub unsafe fn stats(&self) -> BufferMetrics {
        self.view().snapshot()
    }

    /// What is in the description, which a section finds in registers then.
    #[inline(always)]
    const fn view(&self) -> View<'_, M, F> {
        View { queue: self, state: self.state, places: self.places, shape: Given::new(self.last) }
    }
}

/// A queue whose description was read.
struct View<'a, M, F> {
    queue: &'a ByteQueue<M, F>,
    state: *const ByteState,
    places: *mut u8,
    shape: Given<F>,
}

impl<M: PreemptionSafe, F: Form> View<'_, M, F> {
    #[inline(always)]
    const fn place(&self, at: u32) -> *mut F::Start {
        let size = if F::IS_WORD { size_of::<F::Start>() } else { self.queue.value_size as usize };
        self.places.wrapping_add(at as usize * size).cast()
    }
}

impl<M: PreemptionSafe, F: Form> Parts for View<'_, M, F> {
    type Value = F::Start;
    type Section = M;
    type Shape = Given<F>;

    const ASKS_THE_WORD: bool = true;

    #[inline(always)]
    fn mutex(&self) -> &M {
        &self.queue.mutex
    }

    #[inline(always)]
    fn state(&self) -> *mut State {
        self.state.cast_mut().cast()
    }

    #[inline(always)]
    fn shape(&self) -> Given<F> {
        self.shape
    }

    #[inline(always)]
    fn nothing(&self) -> usize {
        (&raw const *self.queue).addr()
    }

    #[inline(always)]
    fn nothing_in_hand(&self) -> usize {
        in_a_register(self.nothing())
    }

    #[inline(always)]
    fn when_full(&self) -> Verdict {
        match self.queue.when_full {
            WELL => Verdict::DropIncoming,
            FULL => Verdict::Refuse,
            _ => Verdict::Wait,
        }
    }

    #[inline(always)]
    unsafe fn fill(&self, at: u32, value: *const F::Start) {
        // SAFETY: by this function's contract.
        unsafe { F::copy(value, self.place(at), self.queue.value_size) };
    }

    #[inline(always)]
    unsafe fn empty(&self, at: u32, there: *mut F::Start) {
        // SAFETY: by this function's contract.
        unsafe { F::copy(self.place(at), there, self.queue.value_size) };
    }

    /// Bytes are not dropped.
    unsafe fn drop_at(&self, _at: u32) {}
}
