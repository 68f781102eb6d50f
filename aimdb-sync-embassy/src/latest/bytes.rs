//! A latest value of bytes, so many of them: what a program in C describes, and the library learns when it runs.
#![allow(unsafe_code)]

use core::marker::PhantomData;
use core::pin::Pin;
use core::ptr;

use aimdb_core::buffer::BufferMetrics;

use super::copies::{Copies, Fate};
use super::parts::Parts;
use super::state::{self, Cursor, MOST_READERS, State};
use crate::lean::words::in_a_register;
use crate::lean::{Form, Line, Lined, NOBODY, NOTHING, Node, Stands};
use crate::lock::PreemptionSafe;
use crate::port::Port;

/// The bytes of the state of a [`ByteLatest`], and of each of its cursors, which lie behind it.
pub const LATEST_BYTES: [usize; 2] = [size_of::<State<[Cursor; 0]>>(), size_of::<Cursor>()];

/// A [`crate::StaticLatest`] whose values and cursors are known when it runs: a constant of C, which leads to its memory. All cursors
/// are in use from the start. `F` is how values are copied.
#[repr(C)]
pub struct ByteLatest<M, F> {
    /// For whoever describes the record, to say so.
    tag: u32,
    value_size: u32,
    /// All zero it is that of a record without a value.
    state: *const Cursor,
    /// Places of whole words: one for values of one, else two.
    places: *mut u32,
    readers: u32,
    mutex: M,
    form: PhantomData<fn() -> F>,
}

// SAFETY: it is a constant. The state is touched inside the mutex only; places are written by one at a time, as the state says,
// and where others may read meanwhile, by atomics. Values are plain bytes.
unsafe impl<M: PreemptionSafe, F> Sync for ByteLatest<M, F> {}

/// Each function that is unsafe is given a value of the record, or room for one, and a cursor that it has, in a record that is sound.
impl<M: PreemptionSafe, F: Form> ByteLatest<M, F> {
    /// Who described it.
    #[inline(always)]
    pub const fn tag(&self) -> u32 {
        self.tag
    }

    /// How many cursors it has. The description has a meaning if that is 1 to 32, if values have this form, and no pointer is null. If
    /// so, and if there is as much memory as it says, for this record alone and for ever, and it was zero at the start,
    /// all that follows may be called.
    #[inline(always)]
    pub const fn cursors(&self) -> u32 {
        self.readers
    }

    /// Whether there can be so many cursors.
    #[inline(always)]
    pub const fn has_readers(&self) -> bool {
        (self.readers.wrapping_sub(1) as usize) < MOST_READERS
    }

    /// Stores a value, unless the record is closed.
    ///
    /// # Safety
    ///
    /// The record is sound, and the value is there.
    #[inline(always)]
    pub unsafe fn stores(&self, value: *const u8) -> bool {
        // SAFETY: by this function's contract; what is displaced is not wanted.
        let (fate, awaited) = unsafe { self.put::<false>(value.cast(), ptr::null_mut()) };
        if fate == Fate::Closed {
            self.count_refused();
            return false;
        }
        if awaited != NOBODY {
            self.wake(awaited);
        }
        true
    }

    /// Takes the current value, if it is new to the cursor. If not, the room may hold some of one that was.
    ///
    /// # Safety
    ///
    /// The record is sound and has the cursor, and there is room for a value.
    #[inline(never)]
    pub unsafe fn takes(&self, cursor: u8, there: *mut u8) -> bool {
        // SAFETY: by this function's contract.
        unsafe { self.take_to(cursor, there.cast()) }.is_there()
    }

    /// Copies the current value, if there is one, likewise.
    ///
    /// # Safety
    ///
    /// The record is sound, and there is room for a value.
    pub unsafe fn copies(&self, there: *mut u8) -> bool {
        // SAFETY: by this function's contract.
        unsafe { self.copy_to(there.cast()) }
    }

    /// Whether there will be no value for a cursor any more.
    ///
    /// # Safety
    ///
    /// The record is sound and has the cursor.
    pub unsafe fn is_over(&self, cursor: u8) -> bool {
        self.has_ended_for(cursor)
    }

    /// Blocks until a value was taken, which is said, for so many ticks at most: at none it was not, and there is no end to `FOR_EVER`.
    ///
    /// # Safety
    ///
    /// As [`ByteLatest::takes`].
    #[cold]
    #[inline(never)]
    pub unsafe fn waits<P: Port>(&self, there: *mut u8, ticks: u64, cursor: u8) -> bool {
        // SAFETY: by this function's contract.
        self.stands::<P>(cursor, ticks, || unsafe { self.takes(cursor, there) })
    }

    /// Refuses all values to come and wakes everyone who waits.
    ///
    /// # Safety
    ///
    /// The record is sound.
    pub unsafe fn close(&self) {
        self.ends();
    }

    /// Closes, discards the current value and says whether there was one.
    ///
    /// # Safety
    ///
    /// The record is sound.
    pub unsafe fn abort(&self) -> bool {
        self.ends_at_once()
    }

    /// Whether it was closed.
    ///
    /// # Safety
    ///
    /// The record is sound.
    pub unsafe fn is_closed(&self) -> bool {
        self.refuses_all()
    }

    /// State and counts, and how many values the cursor that is furthest behind has not seen: one at most.
    ///
    /// # Safety
    ///
    /// The record is sound.
    pub unsafe fn stats(&self) -> (BufferMetrics, bool) {
        (self.snapshot(), self.section(State::is_unseen))
    }

    #[inline(always)]
    fn place(&self, place: u32) -> *mut F::Start {
        let at = if F::IS_WORD { 0 } else { State::<[Cursor]>::index(place) * (self.value_size as usize).div_ceil(4) };
        self.places.wrapping_add(at).cast()
    }
}

impl<M: PreemptionSafe, F: Form> Parts for ByteLatest<M, F> {
    type Value = F::Start;
    type Section = M;
    type Cursors = [Cursor];

    const INSIDE: bool = F::IS_WORD;

    #[inline(always)]
    fn mutex(&self) -> &M {
        &self.mutex
    }

    #[inline(always)]
    fn state(&self) -> *mut State<[Cursor]> {
        ptr::slice_from_raw_parts(self.state, self.readers as usize).cast_mut() as *mut State<[Cursor]>
    }

    #[inline(always)]
    fn readers(&self) -> usize {
        self.readers as usize
    }

    #[inline(always)]
    unsafe fn write(&self, place: u32, value: *const F::Start) {
        // SAFETY: by this function's contract; places begin with a word.
        unsafe { F::write(self.place(place), value, self.value_size) };
    }

    #[inline(always)]
    unsafe fn read(&self, place: u32, there: *mut F::Start) {
        // SAFETY: by this function's contract; places begin with a word.
        unsafe { F::read(self.place(place), there, self.value_size) };
    }
}

impl<M: PreemptionSafe, F: Form> Lined for ByteLatest<M, F> {
    type Section = M;
    type End = u8;

    #[inline(always)]
    fn line(&self, cursor: u8) -> Line<'_, M> {
        self.line_of(cursor)
    }

    #[inline(always)]
    unsafe fn look(&self, cursor: u8, _: u32) -> u32 {
        // SAFETY: inside the section.
        unsafe { (*self.state()).look(cursor) }
    }

    #[inline(always)]
    fn waits_at(&self, cursor: u8) -> u32 {
        1 << cursor
    }

    /// A function of its own, where nothing else is in registers. In the section in which the node comes in it looks for a value only, and
    /// leaves the mark if nobody is there: so whoever stores one after that wakes one, and nobody else does. For the end it looks
    /// before that, and in [`Lined::notes`].
    #[inline(never)]
    fn enters(&self, cursor: u8, line: Line<'_, M>, _: u32, node: Pin<&Node>) -> u32 {
        let seen = self.sees(cursor);
        if seen != NOTHING {
            return seen;
        }
        let state = self.state();
        // Not as it is given: what is passed in memory would be read inside.
        let mark = in_a_register(self.waits_at(cursor) as usize) as u32;
        // SAFETY: inside the section.
        unsafe { line.enter(node, || u32::from((*state).is_new(cursor)), || (*state).announce(mark)) }
    }

    #[inline(always)]
    fn is_end(&self, _: u8, seen: u32) -> bool {
        state::is_end(seen)
    }

    /// At a record that was closed everyone who waits is woken, so that one is woken twice does no harm.
    #[inline(always)]
    fn notes(&self, _cursor: u8) -> bool {
        self.refuses_all()
    }
}
