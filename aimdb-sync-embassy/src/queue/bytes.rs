//! A queue whose values are bytes, so many each: what a program in C describes, and the library learns when it runs.
#![allow(unsafe_code)]

use core::cell::UnsafeCell;
use core::marker::PhantomData;

use aimdb_core::buffer::{BufferMetrics, SendError, TrySendError};
use aimdb_core::pure::Verdict;
use aimdb_core::waiting::Deadline;

use super::moves::Moves;
use super::parts::Parts;
use super::shape::Given;
use super::state::State;
use super::wait::Outcomes;
use super::waking::Wakes;
use crate::lean::{End, Form, Lined, Stood};
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
    /// What happens when it is full: 0 is that senders wait, 3 that their values are dropped; else they are refused.
    policy: u8,
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

    /// What a value that was not stored is told which does not wait.
    ///
    /// # Safety
    ///
    /// The queue is sound.
    pub unsafe fn refuse(&self) -> Result<(), TrySendError<()>> {
        self.view().refuse(()).map_err(TrySendError::from)
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

    /// Blocks until the value is stored.
    ///
    /// # Safety
    ///
    /// As [`ByteQueue::stores`].
    pub unsafe fn stand_to_send<P: Port>(&self, value: *const u8, deadline: Deadline) -> Result<(), SendError<()>> {
        let queue = self.view();
        // SAFETY: by this function's contract.
        let goes = || if unsafe { self.stores(value) } { Stood::Has(()) } else { queue.nothing_now(End::Senders) };
        queue.told(queue.stand::<P, _>(End::Senders, queue.patience(deadline), goes), || ())
    }

    /// Blocks until there is a value, or will be none: says which. `None` when the time is up.
    ///
    /// # Safety
    ///
    /// As [`ByteQueue::takes`].
    pub unsafe fn stand_to_receive<P: Port>(&self, there: *mut u8, deadline: Deadline) -> Option<bool> {
        let queue = self.view();
        // SAFETY: by this function's contract.
        let comes = || if unsafe { self.takes(there) } { Stood::Has(()) } else { queue.nothing_now(End::Readers) };
        match queue.stand::<P, _>(End::Readers, deadline, comes) {
            Stood::Has(()) => Some(true),
            Stood::Ended => Some(false),
            Stood::Not => None,
        }
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
    fn when_full(&self) -> Verdict {
        match self.queue.policy {
            0 => Verdict::Wait,
            3 => Verdict::DropIncoming,
            _ => Verdict::Refuse,
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
