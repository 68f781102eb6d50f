//! A mailbox whose values are bytes, so many each: what a program in C describes, and the library learns when it runs.
#![allow(unsafe_code)]

use core::cell::UnsafeCell;
use core::marker::PhantomData;
use core::pin::Pin;
use core::ptr;

use aimdb_core::buffer::BufferMetrics;

use super::moves::{Fate, Moves};
use super::parts::Parts;
use super::state::{self, State};
use crate::lean::{Form, Line, Lined, Node, Stands};
use crate::lock::PreemptionSafe;
use crate::port::Port;

/// The state of a [`ByteMailbox`]. All zero it is that of an empty mailbox.
#[repr(transparent)]
pub struct MailboxState(UnsafeCell<State>);

/// A [`crate::StaticMailbox`] whose values are known when it runs: a constant of C, which leads to its memory. `F` is how they are
/// moved.
#[repr(C)]
pub struct ByteMailbox<M, F> {
    /// For whoever describes the mailbox, to say so.
    tag: u32,
    value_size: u32,
    state: *const MailboxState,
    /// One for words, else three.
    places: *mut u8,
    mutex: M,
    form: PhantomData<fn() -> F>,
}

// SAFETY: it is a constant. The state is touched inside the mutex only, a place inside it or by whoever the state says
// it is given to, and values are plain bytes.
unsafe impl<M: PreemptionSafe, F> Sync for ByteMailbox<M, F> {}

/// Each function that is unsafe is given a value of the mailbox, or room for one, in a mailbox that is sound.
impl<M: PreemptionSafe, F: Form> ByteMailbox<M, F> {
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

    /// Whether the description has a meaning, for values of this form. If so, and if there is as much memory as it says, for this
    /// mailbox alone and for ever, and it was zero at the start, all that follows may be called.
    #[inline(always)]
    pub fn is_sound(&self) -> bool {
        F::has(self.value_size) && !self.state.is_null() && !self.places.is_null()
    }

    /// Stores a value, unless the mailbox is closed.
    ///
    /// # Safety
    ///
    /// The mailbox is sound, and the value is there.
    #[inline(always)]
    pub unsafe fn stores(&self, value: *const u8) -> bool {
        // SAFETY: by this function's contract; bytes that are displaced are not kept.
        let (fate, awaited) = unsafe { self.put::<false>(value.cast(), ptr::null_mut()) };
        if fate == Fate::Closed {
            self.count_refused();
            return false;
        }
        self.wake(awaited);
        true
    }

    /// Takes the value that is pending, if there is one.
    ///
    /// # Safety
    ///
    /// The mailbox is sound, and there is room for a value.
    #[inline(never)]
    pub unsafe fn takes(&self, there: *mut u8) -> bool {
        // SAFETY: by this function's contract.
        unsafe { self.take_to(there.cast()) }.is_there()
    }

    /// Whether there will be no value any more.
    ///
    /// # Safety
    ///
    /// The mailbox is sound.
    pub unsafe fn is_over(&self) -> bool {
        self.section(|state| state.is_over())
    }

    /// Blocks until a value was taken, which is said, for so many ticks at most: at none it was not, and there is no end to `FOR_EVER`.
    ///
    /// # Safety
    ///
    /// As [`ByteMailbox::takes`].
    #[cold]
    #[inline(never)]
    pub unsafe fn waits<P: Port>(&self, there: *mut u8, ticks: u64) -> bool {
        // SAFETY: by this function's contract.
        self.stands::<P>((), ticks, || unsafe { self.takes(there) })
    }

    /// Refuses all values to come and wakes everyone who waits.
    ///
    /// # Safety
    ///
    /// The mailbox is sound.
    pub unsafe fn close(&self) {
        self.ends();
    }

    /// Closes, discards what is pending and says whether there was something.
    ///
    /// # Safety
    ///
    /// The mailbox is sound.
    pub unsafe fn abort(&self) -> bool {
        // Bytes are not dropped, so they need not be moved out first.
        let discards = self.section(|state| {
            let discards = state.abort();
            state.take();
            discards
        });
        self.has_ended();
        discards
    }

    /// Whether it was closed.
    ///
    /// # Safety
    ///
    /// The mailbox is sound.
    pub unsafe fn is_closed(&self) -> bool {
        self.refuses_all()
    }

    /// State and counts.
    ///
    /// # Safety
    ///
    /// The mailbox is sound.
    pub unsafe fn stats(&self) -> BufferMetrics {
        self.snapshot()
    }

    /// The place that is this bit: 1, 2 or 4.
    #[inline(always)]
    fn place(&self, bit: u8) -> *mut F::Start {
        let at = if F::IS_WORD { 0 } else { usize::from(bit >> 1) };
        self.places.wrapping_add(at * self.value_size as usize).cast()
    }
}

impl<M: PreemptionSafe, F: Form> Parts for ByteMailbox<M, F> {
    type Value = F::Start;
    type Section = M;

    const INSIDE: bool = F::IS_WORD;
    const DROPS: bool = false;

    #[inline(always)]
    fn mutex(&self) -> &M {
        &self.mutex
    }

    #[inline(always)]
    fn state(&self) -> *mut State {
        self.state.cast_mut().cast()
    }

    #[inline(always)]
    unsafe fn fill(&self, bit: u8, value: *const F::Start) {
        // SAFETY: by this function's contract.
        unsafe { F::copy(value, self.place(bit), self.value_size) };
    }

    #[inline(always)]
    unsafe fn empty(&self, bit: u8, there: *mut F::Start) {
        // SAFETY: by this function's contract.
        unsafe { F::copy(self.place(bit), there, self.value_size) };
    }
}

impl<M: PreemptionSafe, F: Form> Lined for ByteMailbox<M, F> {
    type Section = M;
    type End = ();

    #[inline(always)]
    fn line(&self, (): ()) -> Line<'_, M> {
        self.readers()
    }

    #[inline(always)]
    unsafe fn look(&self, (): (), _: u32) -> u32 {
        // SAFETY: inside the section.
        unsafe { (*self.state()).look() }
    }

    /// A function of its own, where nothing else is in registers.
    #[inline(never)]
    fn enters(&self, (): (), line: Line<'_, M>, _: u32, node: Pin<&Node>) -> u32 {
        // SAFETY: inside the section.
        unsafe { line.enter(node, || self.look((), 0), || ()) }
    }

    #[inline(always)]
    fn is_end(&self, (): (), seen: u32) -> bool {
        state::is_end(seen)
    }
}
