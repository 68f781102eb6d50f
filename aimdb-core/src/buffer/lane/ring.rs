//! The lane of plain data that is overwritten: a ring, or its smallest case, the latest value.
//!
//! One end writes, over the oldest value, and never looks who reads. Each cursor has a door of its own
//! and copies what it reads from under the writer's hands; see `stamp`. A cursor whose next value is
//! gone counts what it lost and goes on with the oldest that is there, as the machine would have it.
#![allow(unsafe_code)]

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::mem::MaybeUninit;
use core::ptr;
use core::sync::atomic::{AtomicU64, Ordering};

use super::Taken;
use super::stamp::{Stamps, words};
use crate::buffer::Slots;
use crate::pure::{CursorId, Entry, HeapStorage, Log, TableFull};
use crate::waiting::{Door, Gate, WaitQueue};

type Machine = Log<WaitQueue, HeapStorage>;

/// How often a reader tries to copy a value before it has the writer stand still.
const TRIES: u32 = 16;

#[derive(Debug)]
pub(in crate::buffer) struct RingLane {
    gate: Gate,
    writing: Door<End>,
    peeking: Door<End>,
    newest: Newest,
    stamps: Stamps,
    capacity: usize,
    tells_lag: bool,
    peeks: bool,
}

/// The number behind the newest value, on a cache line of its own.
#[derive(Debug)]
#[repr(align(128))]
struct Newest(AtomicU64);

/// What an end works with.
#[derive(Debug)]
struct End {
    places: *const Entry,
    /// The place of the oldest value when the lane was opened, and its number.
    first: usize,
    oldest: u64,
    /// The place, and the number, that the end comes to next.
    at: usize,
    next: u64,
    /// What a cursor has read and lost since the lane was opened.
    read: u64,
    lagged: u64,
}

// SAFETY: the places belong to the record, whose lane this is an end of; they are read only from
// inside, while the gate is open and nobody changes them.
unsafe impl Send for End {}

/// A cursor's end of the lane, shared by the readers that share the cursor.
#[derive(Debug)]
pub(in crate::buffer) struct CursorEnd {
    door: Door<End>,
    /// What it comes to next, for a glance from outside.
    next: AtomicU64,
}

impl CursorEnd {
    pub(in crate::buffer) fn new() -> Self {
        Self { door: Door::new(End::new()), next: AtomicU64::new(0) }
    }
}

/// The ends of the cursors, by the cursors' numbers. Lies under the record's lock.
#[derive(Debug, Default)]
pub(super) struct CursorEnds(Vec<Arc<CursorEnd>>);

/// A lane with more cursors than this would be slow to close.
const CURSORS: usize = 64;

impl CursorEnds {
    /// The end of a cursor.
    pub(super) fn join(&mut self, cursor: CursorId) -> Option<Arc<CursorEnd>> {
        let at = cursor.0 as usize;
        // A cursor for which the table cannot grow has none; then the lane stays closed.
        while self.0.len() <= at && self.0.try_reserve(1).is_ok() {
            self.0.push(Arc::new(CursorEnd::new()));
        }
        self.0.get(at).map(Arc::clone)
    }

    fn of<'a>(&'a self, log: &'a Machine) -> impl Iterator<Item = (usize, &'a CursorEnd)> {
        let all = self.0.iter().zip(log.cursors()).enumerate();
        all.filter(|(_, (_, cursor))| cursor.is_live()).map(|(at, (end, _))| (at, &**end))
    }

    fn are_for_all(&self, log: &Machine) -> bool {
        log.cursor_count() <= CURSORS && log.cursors().len() <= self.0.len()
    }
}

impl End {
    const fn new() -> Self {
        Self { places: ptr::null(), first: 0, oldest: 0, at: 0, next: 0, read: 0, lagged: 0 }
    }

    fn slot(&self, at: usize) -> u32 {
        // SAFETY: `at` is below the capacity, as many places were laid out when the gate was opened,
        // and nobody changes them while it is open.
        unsafe { (*self.places.add(at)).slot() }
    }

    const fn advance(&mut self, capacity: usize) {
        self.at += 1;
        if self.at == capacity {
            self.at = 0;
        }
        self.next = self.next.wrapping_add(1);
    }

    /// Goes to a number from which the lane, or what it found, reaches on.
    const fn jump(&mut self, number: u64, capacity: usize) {
        // Of the latest value there is one place.
        let offset = if capacity == 1 { 0 } else { number.wrapping_sub(self.oldest) % capacity as u64 };
        let at = self.first + offset as usize;
        self.at = if at >= capacity { at - capacity } else { at };
        self.next = number;
    }
}

impl RingLane {
    pub(super) fn new(log: &Machine) -> Result<Self, TableFull> {
        Ok(Self {
            gate: Gate::new(),
            writing: Door::new(End::new()),
            peeking: Door::new(End::new()),
            newest: Newest(AtomicU64::new(0)),
            stamps: Stamps::new(log.capacity())?,
            capacity: log.capacity(),
            tells_lag: log.kind().tells_lag(),
            peeks: log.kind().peeks(),
        })
    }

    /// Publishes a value, over the oldest one if the window is full. False where the lane is closed, or
    /// this thread may not write.
    #[inline]
    pub(super) fn publish<T>(&self, slots: &impl Slots<T>, value: &T) -> bool {
        let Some(mut inside) = self.writing.enter(&self.gate) else { return false };
        inside.with(|end| {
            let cell = slots.cell(end.slot(end.at)).place();
            // SAFETY: the slot is the place's, which only this end writes; readers load. `T` is plain
            // data: the lane was made for it.
            self.stamps.write(end.at, end.next, || unsafe { words::store(cell, value) });
            end.advance(self.capacity);
            self.newest.0.store(end.next, Ordering::Release);
        });
        true
    }

    /// The cursor's next value.
    #[inline]
    pub(super) fn read<T>(&self, slots: &impl Slots<T>, cursor: &CursorEnd) -> Taken<T> {
        let Some(mut inside) = cursor.door.enter(&self.gate) else { return Taken::NotHere };
        let taken = inside.with(|end| self.read_at(slots, end));
        if let Taken::Value(_) | Taken::Lagged(_) = taken {
            inside.with(|end| cursor.next.store(end.next, Ordering::Relaxed));
        }
        taken
    }

    fn read_at<T>(&self, slots: &impl Slots<T>, end: &mut End) -> Taken<T> {
        for _ in 0..TRIES {
            if let Some(value) = self.copy(slots, end) {
                end.advance(self.capacity);
                end.read += 1;
                // SAFETY: the copy is whole.
                return Taken::Value(unsafe { value.assume_init() });
            }
            let newest = self.newest.0.load(Ordering::Acquire);
            if newest.wrapping_sub(end.next) as i64 <= 0 {
                return Taken::Empty;
            }
            let behind = |number: u64| number.wrapping_sub(end.next) as i64;
            let lost = behind(newest.wrapping_sub(self.capacity as u64)).max(behind(end.oldest));
            if lost > 0 {
                end.lagged += lost as u64;
                end.jump(end.next.wrapping_add(lost as u64), self.capacity);
                if self.tells_lag {
                    return Taken::Lagged(lost as u64);
                }
            } else {
                // It is being overwritten at this moment.
                core::hint::spin_loop();
            }
        }
        Taken::NotHere
    }

    fn copy<T>(&self, slots: &impl Slots<T>, end: &End) -> Option<MaybeUninit<T>> {
        let cell = slots.cell(end.slot(end.at)).place();
        // SAFETY: the slot is the place's; if the stamp says that a value is there, all of it was
        // stored once. While the gate is open it is accessed by `words` only.
        self.stamps.read(end.at, end.next, || unsafe { words::load(cell) })
    }

    /// The newest value: `Empty` if there is none.
    #[inline]
    pub(super) fn peek<T>(&self, slots: &impl Slots<T>) -> Taken<T> {
        if !self.peeks {
            return Taken::Empty;
        }
        let Some(mut inside) = self.peeking.enter(&self.gate) else { return Taken::NotHere };
        inside.with(|end| {
            for _ in 0..TRIES {
                let newest = self.newest.0.load(Ordering::Acquire);
                // The first value that comes may be there, and read, before its number is told.
                let none_yet = newest == end.oldest;
                end.jump(if none_yet { newest } else { newest.wrapping_sub(1) }, self.capacity);
                if let Some(value) = self.copy(slots, end) {
                    // SAFETY: the copy is whole.
                    return Taken::Value(unsafe { value.assume_init() });
                }
                if none_yet {
                    return Taken::Empty;
                }
                core::hint::spin_loop();
            }
            Taken::NotHere
        })
    }

    /// Whether there is something to read, as far as can be told without going in.
    pub(super) fn has_value(&self, cursor: &CursorEnd) -> Option<bool> {
        let there = || self.newest.0.load(Ordering::Relaxed) != cursor.next.load(Ordering::Relaxed);
        self.gate.is_open().then(there)
    }

    /// Whether the calling thread is kept out of an end only because another thread has it.
    pub(super) fn is_foreign(&self, end: RingEnd<'_>) -> bool {
        self.gate.is_open() && self.door(end).is_foreign()
    }

    /// Gives an end to the calling thread. Called under the record's lock, after `close`.
    pub(super) fn adopt(&self, end: RingEnd<'_>) {
        // SAFETY: the gate is shut and nobody is inside.
        unsafe { self.door(end).adopt() }
    }

    const fn door<'a>(&'a self, end: RingEnd<'a>) -> &'a Door<End> {
        match end {
            RingEnd::Writing => &self.writing,
            RingEnd::Peeking => &self.peeking,
            RingEnd::Cursor(cursor) => &cursor.door,
        }
    }

    /// Whether the ends could go on alone.
    pub(super) fn may_open(&self, log: &Machine, cursors: &CursorEnds) -> bool {
        !log.is_closed() && cursors.are_for_all(log)
    }

    /// Says of each value of the window that it is there, from `stamped` on.
    pub(super) fn stamp(&self, log: &Machine, stamped: u64) {
        let first = log.next_number().wrapping_sub(log.len() as u64);
        let behind = stamped.wrapping_sub(first) as i64;
        for offset in behind.max(0) as usize..log.len() {
            let at = log.first_place() + offset;
            let at = if at >= self.capacity { at - self.capacity } else { at };
            self.stamps.set(at, first.wrapping_add(offset as u64));
        }
    }

    /// Lets the ends in. Called under the record's lock, with the window laid out and stamped.
    pub(super) fn open(&self, log: &Machine, cursors: &CursorEnds) {
        let (first, next) = (log.first_place(), log.next_number());
        let oldest = next.wrapping_sub(log.len() as u64);
        let at_number = |number: u64| {
            let mut end = End { places: log.places().as_ptr(), first, oldest, ..End::new() };
            // A cursor that lost values stands before the oldest; where, is told by its number.
            end.jump(if number.wrapping_sub(oldest) as i64 >= 0 { number } else { oldest }, self.capacity);
            end.next = number;
            end
        };
        // SAFETY: the caller holds the lock and the gate is shut: it was never opened, or `close`
        // came after.
        unsafe {
            self.writing.with_end(|end| *end = at_number(next));
            self.peeking.with_end(|end| *end = at_number(next));
            for (at, cursor) in cursors.of(log) {
                let number = log.cursors()[at].next_number();
                cursor.door.with_end(|end| *end = at_number(number));
                cursor.next.store(number, Ordering::Relaxed);
            }
        }
        // Published by the gate.
        self.newest.0.store(next, Ordering::Relaxed);
        self.gate.open();
    }

    /// Keeps the ends out and counts what they have done; says how many values they moved. Called
    /// under the record's lock.
    pub(super) fn close(&self, log: &mut Machine, cursors: &CursorEnds) -> u64 {
        let mut ends = cursors.of(log);
        let owned = self.writing.is_owned() || self.peeking.is_owned() || ends.any(|(_, end)| end.door.is_owned());
        drop(ends);
        self.gate.shut(owned);
        self.writing.await_empty();
        self.peeking.await_empty();
        for (_, cursor) in cursors.of(log) {
            cursor.door.await_empty();
        }
        // SAFETY: the gate was shut here, and the doors were found empty after.
        let next = unsafe { self.writing.with_end(|end| end.next) };
        let published = next.wrapping_sub(log.next_number());
        log.catch_up_ring(published);
        let mut moved = published;
        for (at, cursor) in cursors.0.iter().enumerate().take(log.cursors().len()) {
            if log.cursors()[at].is_live() {
                // SAFETY: as above.
                let (read, lagged) = unsafe { cursor.door.with_end(|end| (end.read, end.lagged)) };
                log.catch_up_cursor(at, read, lagged);
                moved += read;
            }
        }
        moved
    }
}

/// Names an end.
#[derive(Clone, Copy)]
pub(super) enum RingEnd<'a> {
    Writing,
    Peeking,
    Cursor(&'a CursorEnd),
}
