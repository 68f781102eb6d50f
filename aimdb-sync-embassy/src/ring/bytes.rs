//! A ring whose values are bytes, so many each: what a program in C describes, and the library learns when it runs.
#![allow(unsafe_code)]

use core::marker::PhantomData;
use core::pin::Pin;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use aimdb_core::buffer::BufferMetrics;

use super::cursor::Cursor;
use super::moves::{Moves, NotStored};
use super::order::Order;
use super::parts::Parts;
use super::places::Values;
use super::state::{MOST_READERS, State};
use super::waking::Wakes;
use crate::lean::told::{CLOSED, LAGGED, NOTHING, WELL};
use crate::lean::words::in_a_register;
use crate::lean::{Form, Line, Lined, Node, Stands};
use crate::lock::PreemptionSafe;
use crate::port::Port;
use crate::record::Found;

/// What lies in front of the cursors. All zero, with those, it is an empty ring that is not set up.
#[repr(C)]
struct Memory {
    state: State,
    cursors: [ByteCursor; 0],
}

struct ByteCursor {
    cursor: Cursor,
    /// How many values the last lag was about that one of its readers was told.
    lag: AtomicU32,
}

/// The bytes of the state of a [`ByteRing`], and of each of its cursors, which lie behind it.
pub const RING_BYTES: [usize; 2] = [size_of::<Memory>(), size_of::<ByteCursor>()];

/// A [`crate::StaticRing`] whose values, places and cursors are known when it runs: a constant of C, which leads to its memory. All
/// cursors are in use from the start, and begin with the first value. `F` is how values are moved.
#[repr(C)]
pub struct ByteRing<M, F> {
    /// For whoever describes the ring, to say so.
    tag: u32,
    value_size: u32,
    memory: *const u8,
    /// Places of whole words; of values that are moved outside there are so many more as may be on their way, and behind them, all zero at the
    /// start, a byte for each place and two.
    places: *mut u32,
    capacity: u8,
    /// With those of values on their way: as many as a byte can name.
    all: u8,
    readers: u8,
    mutex: M,
    form: PhantomData<fn() -> F>,
}

/// The order of such a ring: what is in the description, which a section finds in registers then.
#[derive(Clone, Copy)]
pub(crate) struct Given {
    first: *mut u8,
    places: u32,
    writers: u32,
}

impl Order for Given {
    #[inline(always)]
    fn first(self) -> *mut u8 {
        self.first
    }

    #[inline(always)]
    fn places(self) -> u32 {
        self.places
    }

    #[inline(always)]
    fn writers(self) -> u32 {
        self.writers
    }
}

// SAFETY: it is a constant. The state, the cursors and the order are touched inside the mutex only, but for atomics. A place is written by
// whoever has claimed it, and where others may read meanwhile, by atomics. Values are plain bytes.
unsafe impl<M: PreemptionSafe, F> Sync for ByteRing<M, F> {}

/// Each function that is unsafe is given a value of the ring, or room for one, and a cursor that it has, in a ring that is sound.
impl<M: PreemptionSafe, F: Form> ByteRing<M, F> {
    /// Who described it.
    #[inline(always)]
    pub const fn tag(&self) -> u32 {
        self.tag
    }

    /// How many cursors it has.
    #[inline(always)]
    pub const fn cursors(&self) -> u32 {
        self.readers as u32
    }

    /// Whether there can be so many places and cursors. If so, and values have this form, no pointer is null, and there is as much
    /// memory as the description says, for this ring alone and for ever, which was zero at the start, all that follows may be
    /// called.
    #[inline(always)]
    pub const fn has_places(&self) -> bool {
        self.capacity > 0 && self.all > self.capacity && (self.readers.wrapping_sub(1) as usize) < MOST_READERS
    }

    /// Publishes a value.
    ///
    /// # Errors
    ///
    /// [`NotStored`], and it was counted.
    ///
    /// # Safety
    ///
    /// The ring is sound, and the value is there.
    #[inline(always)]
    pub unsafe fn stores(&self, value: *const u8) -> Result<(), NotStored> {
        // SAFETY: by this function's contract.
        let stored = unsafe { self.store(value.cast()) };
        if stored.is_err() {
            self.count_refused();
        }
        stored
    }

    /// Takes the next value of a cursor, or says why there is none: 0 is a value, 2 nothing yet, 5 a lag, and 4 the end.
    ///
    /// # Safety
    ///
    /// The ring is sound and has the cursor, and there is room for a value.
    #[inline(never)]
    pub unsafe fn takes(&self, cursor: u32, there: *mut u8) -> u8 {
        // SAFETY: by this function's contract.
        match unsafe { self.reads(cursor as usize, there.cast()) } {
            Found::Value => WELL,
            Found::Nothing => NOTHING,
            Found::Missed(missed) => {
                self.lag_of(cursor as usize).store(missed, Relaxed);
                LAGGED
            }
            Found::Ended => CLOSED,
        }
    }

    /// Blocks until there is something to tell, which is said likewise, for so many ticks at most: at none there is nothing, and there
    /// is no end to `FOR_EVER`.
    ///
    /// # Safety
    ///
    /// As [`ByteRing::takes`].
    #[cold]
    #[inline(never)]
    pub unsafe fn waits<P: Port>(&self, there: *mut u8, ticks: u64, cursor: u32) -> u8 {
        let mut found = NOTHING;
        self.stands::<P>(cursor as usize, ticks, || {
            // SAFETY: by this function's contract.
            found = unsafe { self.takes(cursor, there) };
            found != NOTHING
        });
        found
    }

    /// How many values the last lag was about that a reader of the cursor was told.
    ///
    /// # Safety
    ///
    /// The ring is sound and has the cursor.
    pub unsafe fn lag(&self, cursor: u32) -> u32 {
        self.lag_of(cursor as usize).load(Relaxed)
    }

    /// Refuses all values to come and wakes everyone who waits.
    ///
    /// # Safety
    ///
    /// The ring is sound.
    pub unsafe fn close(&self) {
        self.ends();
    }

    /// Closes, discards what is retained and says how many values that were.
    ///
    /// # Safety
    ///
    /// The ring is sound.
    pub unsafe fn abort(&self) -> u32 {
        self.ends_at_once()
    }

    /// Whether it was closed.
    ///
    /// # Safety
    ///
    /// The ring is sound.
    pub unsafe fn is_closed(&self) -> bool {
        self.refuses_all()
    }

    /// State and counts.
    ///
    /// # Safety
    ///
    /// The ring is sound.
    pub unsafe fn stats(&self) -> BufferMetrics {
        self.snapshot()
    }

    /// The bytes from one place to the next.
    #[inline(always)]
    const fn stride(&self) -> usize {
        if F::IS_WORD { size_of::<F::Start>() } else { (self.value_size as usize).div_ceil(4) * 4 }
    }

    #[inline(always)]
    const fn place(&self, place: usize) -> *mut F::Start {
        self.places.wrapping_byte_add(place * self.stride()).cast()
    }

    #[inline(always)]
    const fn cursor_at(&self, cursor: usize) -> *mut ByteCursor {
        self.memory.wrapping_add(RING_BYTES[0] + cursor * RING_BYTES[1]).cast_mut().cast()
    }

    const fn lag_of(&self, cursor: usize) -> &AtomicU32 {
        // SAFETY: the cursor is there, by the contract of each function that gets here; this part of it is an atomic.
        unsafe { &(*self.cursor_at(cursor)).lag }
    }
}

impl<M: PreemptionSafe, F: Form> Parts for ByteRing<M, F> {
    type Value = F::Start;
    type Section = M;
    type Order = Given;

    const INSIDE: bool = F::IS_WORD;
    const ONE: bool = false;
    const ALL_USED: bool = true;
    const FROM_ZERO: bool = true;

    #[inline(always)]
    fn mutex(&self) -> &M {
        &self.mutex
    }

    #[inline(always)]
    fn state(&self) -> *mut State {
        self.memory.cast_mut().cast()
    }

    #[inline(always)]
    fn cursor(&self, cursor: usize) -> *mut Cursor {
        // SAFETY: the cursor is there, by the contract of each function that gets here.
        unsafe { &raw mut (*self.cursor_at(cursor)).cursor }
    }

    #[inline(always)]
    fn readers(&self) -> usize {
        usize::from(self.readers)
    }

    #[inline(always)]
    fn places(&self) -> u32 {
        u32::from(self.capacity)
    }

    #[inline(always)]
    fn order(&self) -> Given {
        let (places, all) = (self.places(), u32::from(self.all));
        Given { first: self.place(all as usize).cast(), places, writers: all - places }
    }

    /// Calls that do not look at values are the same for all.
    #[inline(always)]
    fn has_order(&self) -> bool {
        self.value_size as usize != size_of::<u32>()
    }

    #[inline(always)]
    fn values(&self) -> Values<'_, F::Start> {
        // SAFETY: they are the ring's.
        unsafe { Values::new(self.places.cast()) }
    }

    #[inline(always)]
    unsafe fn write(&self, place: u32, value: *const F::Start) {
        // SAFETY: by this function's contract; places begin with a word.
        unsafe { F::write(self.place(place as usize), value, self.value_size) };
    }

    #[inline(always)]
    unsafe fn read(&self, place: u32, there: *mut F::Start) {
        // SAFETY: by this function's contract; places begin with a word.
        unsafe { F::read(self.place(place as usize), there, self.value_size) };
    }
}

impl<M: PreemptionSafe, F: Form> Lined for ByteRing<M, F> {
    type Section = M;
    type End = usize;

    #[inline(always)]
    fn line(&self, cursor: usize) -> Line<'_, M> {
        self.line_of(cursor)
    }

    #[inline(always)]
    fn waits_at(&self, cursor: usize) -> u32 {
        self.mark_of(cursor)
    }

    #[inline(always)]
    unsafe fn look(&self, cursor: usize, _: u32) -> u32 {
        // SAFETY: inside the section.
        unsafe { self.look_at(cursor) }
    }

    /// Whoever looks is told the end.
    #[inline(always)]
    fn is_end(&self, _cursor: usize, _seen: u32) -> bool {
        false
    }

    const COUNTS: bool = true;

    #[inline(always)]
    fn finds(&self, cursor: usize) -> u32 {
        self.finds_at(cursor)
    }

    #[inline(always)]
    fn wakes_all(&self, _cursor: usize) -> bool {
        self.refuses_all()
    }

    /// A function of its own, where nothing else is in registers.
    #[inline(never)]
    fn enters(&self, cursor: usize, line: Line<'_, M>, _: u32, node: Pin<&Node>) -> u32 {
        // Not as it is given: what is passed in memory would be read inside.
        let mark = in_a_register(self.mark_of(cursor) as usize) as u32;
        // SAFETY: inside the section.
        let seen = unsafe { line.enter(node, || self.look_at(cursor), || self.marks(mark)) };
        in_a_register(seen as usize) as u32
    }

    #[inline(always)]
    unsafe fn first_comes(&self, mark: u32) {
        // SAFETY: inside the section.
        unsafe { self.marks(mark) };
    }

    /// At a ring that was closed everyone who waits is woken, so that one is woken twice does no harm.
    #[inline(always)]
    fn notes(&self, _cursor: usize) -> bool {
        self.refuses_all()
    }
}
