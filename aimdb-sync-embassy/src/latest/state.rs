//! The state of a latest value: where it lies, who has seen it, and who waits. Each function is a critical section, or a
//! part of one, and takes a few instructions whatever a value is.
//!
//! A small value is copied inside the section. A large one has two places. One holds the current value; the other is
//! for the one writer outside, and becomes the current one when it is written. A reader copies the current value outside,
//! and keeps the copy if the value is still the current one then: nobody writes to a place as long as it is the current one, but for a
//! second writer, which stores inside the section and makes a new value of it.
#![allow(unsafe_code)]

use crate::lean::{NOBODY, Waiters};

/// Places of a record whose values are copied outside.
pub(super) const OUTSIDE: usize = 2;

/// As many cursors as one word has bits.
pub(super) const MOST_READERS: usize = u32::BITS as usize;

/// Values to come are refused.
const CLOSED: u8 = 1;
/// The current value was discarded.
const ABORTED: u8 = 2;

/// The cursors of a record: how many there are is known in the type of an array, or when a slice of C is there.
pub(crate) trait Cursors {
    /// There is one.
    const ONE: bool;
    /// All are in use from the start, for ever.
    const ALL_USED: bool;
    /// The place of the current value, where there is none: the writer's is the other one of this, too.
    const NO_PLACE: u8;
    /// What is beside the number of a place, so that no place may be 0.
    const HELD: u8;

    fn all(&mut self) -> &mut [Cursor];

    /// One of them, which is there.
    fn one(&mut self, at: u8) -> &mut Cursor;
}

impl<const READERS: usize> Cursors for [Cursor; READERS] {
    const ONE: bool = READERS == 1;
    const ALL_USED: bool = false;
    const NO_PLACE: u8 = 2;
    const HELD: u8 = 0;

    #[inline(always)]
    fn all(&mut self) -> &mut [Cursor] {
        self
    }

    #[inline(always)]
    fn one(&mut self, at: u8) -> &mut Cursor {
        &mut self[if Self::ONE { 0 } else { usize::from(at) }]
    }
}

impl Cursors for [Cursor] {
    const ONE: bool = false;
    const ALL_USED: bool = true;
    const NO_PLACE: u8 = 0;
    const HELD: u8 = 2;

    #[inline(always)]
    fn all(&mut self) -> &mut [Cursor] {
        self
    }

    #[inline(always)]
    fn one(&mut self, at: u8) -> &mut Cursor {
        debug_assert!(usize::from(at) < self.len());
        // SAFETY: whoever calls for C has looked whether the record has such a cursor, see `ByteLatest`.
        unsafe { self.get_unchecked_mut(usize::from(at)) }
    }
}

/// With cursors that are all used from the start, all zero is a record without a value, so that C can have one in memory that nobody
/// has set up.
#[repr(C)]
pub(crate) struct State<C: ?Sized> {
    /// How many values there were, which is the number of the current one. An abort counts as one.
    number: u32,
    delivered: u32,
    pub(super) refused: u32,
    /// The numbers that cursors have left off at, less those that they began behind: what was delivered or missed.
    passed: u32,
    /// A bit for each cursor somebody may wait at; of one that nobody waits at it goes at the next value. Not kept of one cursor.
    awaited: u32,
    current: u8,
    /// Whether a writer is outside.
    writing: bool,
    ended: u8,
    cursors: C,
}

#[repr(C)]
pub(crate) struct Cursor {
    /// The number of the last value that was read; any that is another one's is new.
    seen: u32,
    readers: Waiters,
    /// Consumers that share it; 0 if it is free.
    shares: u16,
}

impl Cursor {
    pub(super) const NEW: Self = Self { seen: 0, readers: Waiters::new(), shares: 0 };
}

/// Whether what a reader has seen is that there will be no value any more.
#[inline(always)]
pub(super) const fn is_end(seen: u32) -> bool {
    seen > 1
}

/// What a record has counted.
pub(crate) struct Counts {
    pub(super) accepted: u32,
    pub(super) overwritten: u32,
    pub(super) delivered: u32,
    pub(super) lagged: u32,
    pub(super) aborted: u32,
    pub(super) stored: usize,
    pub(super) cursors: usize,
    pub(super) waiting: usize,
}

/// A value, by its number and its place.
#[derive(Clone, Copy)]
pub(crate) struct Found {
    pub(super) number: u32,
    pub(super) place: u32,
}

impl<const READERS: usize> State<[Cursor; READERS]> {
    pub(super) const fn new() -> Self {
        Self {
            number: 0,
            delivered: 0,
            refused: 0,
            passed: 0,
            awaited: 0,
            current: <[Cursor; READERS]>::NO_PLACE,
            writing: false,
            ended: 0,
            cursors: [Cursor::NEW; READERS],
        }
    }
}

impl<C: Cursors + ?Sized> State<C> {
    /// The number of a place that a state has said: 0 or 1.
    #[inline(always)]
    pub(super) const fn index(place: u32) -> usize {
        (place - C::HELD as u32) as usize
    }

    #[inline(always)]
    fn cursor(&mut self, at: u8) -> &mut Cursor {
        self.cursors.one(at)
    }

    #[inline(always)]
    pub(super) const fn is_closed(&self) -> bool {
        self.ended != 0
    }

    /// Whether there is a current value.
    #[inline(always)]
    pub(super) const fn has_value(&self) -> bool {
        self.current != C::NO_PLACE && self.ended & ABORTED == 0
    }

    /// Whether there is one that this cursor has not seen.
    #[inline(always)]
    pub(super) fn is_new(&mut self, at: u8) -> bool {
        self.number != self.cursor(at).seen
    }

    /// Whether there will be none for this cursor any more.
    pub(super) fn is_over(&mut self, at: u8) -> bool {
        self.is_closed() && !self.is_new(at)
    }

    pub(super) const fn close(&mut self) {
        self.ended |= CLOSED;
    }

    /// Closes, and discards the current value, if there is one; says whether. Visits each cursor, so that those who read
    /// need not ask whether this has happened.
    pub(super) fn abort(&mut self) -> bool {
        let discards = self.has_value();
        self.ended |= CLOSED;
        if discards {
            self.ended |= ABORTED;
            // Whoever is copying it keeps no copy.
            self.number = self.number.wrapping_add(1);
            let number = self.number;
            for cursor in self.cursors.all() {
                cursor.seen = number;
                // It has not passed a value more than there were.
                self.passed = self.passed.wrapping_sub(u32::from(C::ALL_USED || cursor.shares > 0));
            }
        }
        discards
    }

    /// Whether there is a value that one of the cursors has not seen. Visits all of them.
    pub(super) fn is_unseen(&mut self) -> bool {
        let number = self.number;
        self.cursors.all().iter().any(|cursor| cursor.seen != number)
    }

    /// The current value, as it is, if there is one.
    #[inline(always)]
    pub(super) const fn found(&self) -> Found {
        Found { number: self.number, place: self.current as u32 }
    }

    /// Whether this is the current value yet.
    #[inline(always)]
    pub(super) const fn is(&self, number: u32) -> bool {
        self.number == number
    }

    /// A cursor has read the current value.
    #[inline(always)]
    pub(super) fn has_seen(&mut self, at: u8) {
        let number = self.number;
        self.cursor(at).seen = number;
        self.delivered = self.delivered.wrapping_add(1);
    }

    /// A place for a writer to fill outside. `None` when the record is closed or another writer is outside.
    #[inline(always)]
    pub(super) const fn claim(&mut self) -> Option<u32> {
        if self.ended | self.writing as u8 != 0 {
            return None;
        }
        self.writing = true;
        Some(((self.current ^ 1) & 1 | C::HELD) as u32)
    }

    /// A place to store a value in here and now, though a writer may be outside: not its place.
    #[inline(always)]
    pub(super) const fn place_inside(&self) -> u32 {
        (self.current & 1 | C::HELD) as u32
    }

    /// The writer outside has filled this place: it holds the current value now. Not if the record was closed meanwhile.
    #[inline(always)]
    pub(super) const fn commit(&mut self, place: u32) -> bool {
        self.writing = false;
        if self.ended != 0 {
            return false;
        }
        self.store(place);
        true
    }

    /// There is a new value at this place.
    #[inline(always)]
    pub(super) const fn store(&mut self, place: u32) {
        self.current = place as u8;
        self.number = self.number.wrapping_add(1);
    }

    /// The cursors somebody may wait at, as bits; of one cursor that somebody waits, if it is not [`NOBODY`].
    #[inline(always)]
    pub(super) fn awaited(&mut self) -> usize {
        if C::ONE { self.readers(0).word() } else { self.awaited as usize }
    }

    /// What a reader of a cursor sees: 0 if it has seen the current value and the record is open; see [`is_end`].
    #[inline(always)]
    pub(super) fn look(&mut self, at: u8) -> u32 {
        if self.is_new(at) { 1 } else { u32::from(self.ended) << 1 }
    }

    /// Where those who wait at a cursor are.
    ///
    /// # Safety
    ///
    /// The state is there, and the cursor is one of its own.
    #[inline(always)]
    pub(super) const unsafe fn readers_of(this: *mut Self, at: u8) -> *mut Waiters {
        // SAFETY: by this function's contract.
        let cursors = unsafe { &raw mut (*this).cursors }.cast::<Cursor>();
        // SAFETY: by this function's contract.
        unsafe { &raw mut (*cursors.add(if C::ONE { 0 } else { at as usize })).readers }
    }

    /// Those who wait at a cursor.
    #[inline(always)]
    pub(super) fn readers(&mut self, at: u8) -> &mut Waiters {
        &mut self.cursor(at).readers
    }

    /// Somebody waits at a cursor. Says whether that was said before.
    #[inline(always)]
    pub(super) const fn awaits(&mut self, at: u8) -> bool {
        let before = self.awaited;
        self.awaited |= 1 << at;
        before == self.awaited
    }

    /// Somebody comes to wait at the cursor with this mark.
    #[inline(always)]
    pub(super) const fn announce(&mut self, mark: u32) {
        self.awaited |= mark;
    }

    /// Nobody waits at a cursor, if that is still so.
    pub(super) fn forget(&mut self, at: u8) {
        if self.readers(at).word() == NOBODY {
            self.awaited &= !(1 << at);
        }
    }

    /// A cursor to which the current value is new. `None` when all are in use.
    pub(super) fn subscribe(&mut self) -> Option<u8> {
        let at = self.cursors.all().iter().position(|cursor| cursor.shares == 0)?;
        let seen = self.number.wrapping_sub(u32::from(self.has_value()));
        let cursor = &mut self.cursors.all()[at];
        (cursor.seen, cursor.shares) = (seen, 1);
        self.passed = self.passed.wrapping_sub(seen);
        Some(at as u8)
    }

    pub(super) fn share(&mut self, at: u8) {
        let cursor = self.cursor(at);
        // So many that are there at a time were forgotten: then it is never free again.
        cursor.shares = cursor.shares.saturating_add(1);
    }

    pub(super) fn unsubscribe(&mut self, at: u8) {
        let cursor = self.cursor(at);
        // One that nobody has stays so, and so does one whose consumers were forgotten so often.
        if cursor.shares == 0 || cursor.shares == u16::MAX {
            return;
        }
        cursor.shares -= 1;
        if cursor.shares == 0 {
            self.passed = self.passed.wrapping_add(self.cursor(at).seen);
        }
    }

    /// Visits all cursors and whoever waits.
    pub(super) fn counts(&mut self) -> Counts {
        let aborted = u32::from(self.ended & ABORTED != 0);
        let accepted = self.number.wrapping_sub(aborted);
        let (mut passed, mut cursors, mut waiting) = (self.passed, 0, 0);
        for cursor in self.cursors.all().iter_mut().filter(|cursor| C::ALL_USED || cursor.shares > 0) {
            passed = passed.wrapping_add(cursor.seen);
            cursors += 1;
            waiting += cursor.readers.len();
        }
        Counts {
            accepted,
            overwritten: if self.current == C::NO_PLACE { 0 } else { accepted.wrapping_sub(1) },
            delivered: self.delivered,
            lagged: passed.wrapping_sub(self.delivered),
            aborted,
            stored: usize::from(self.has_value()),
            cursors,
            waiting,
        }
    }
}
