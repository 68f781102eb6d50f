//! The lane of plain data that is overwritten: a ring, or its smallest case, the latest value.
//!
//! One end writes, over the oldest value, and never looks who reads. Each cursor has a door of its own
//! and copies what it reads from under the writer's hands; see `stamp`. A cursor whose next value is
//! gone counts what it lost and goes on with the oldest that is there, as the machine would have it.
#![allow(unsafe_code)]

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::mem::MaybeUninit;
use core::ptr;
use core::sync::atomic::{AtomicU64, Ordering};

use super::stamp::{Stamps, words};
use super::{AT_ONCE, InLane, LaneEnd, Taken};
use crate::buffer::table::HeapStorage;
use crate::buffer::{SlotCell, Slots};
use crate::pure::{CursorId, Entry, Kind, Log, TableFull};
use crate::waiting::{Door, Inside, Token, WaitQueue, shut};

type Machine = Log<WaitQueue, HeapStorage>;

/// How often a reader tries to copy a value before it has the writer stand still.
const TRIES: u32 = 16;

#[derive(Debug)]
pub(in crate::buffer) struct RingLane {
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
    /// The place that the end comes to next; the number that belongs to it lies where others can look
    /// at it, and nowhere twice: processors write out about one store in a cycle.
    at: usize,
    /// The place of the oldest value when the lane was opened, and its number.
    first: usize,
    oldest: u64,
    /// Where a cursor began when the lane was opened, and what it has lost since.
    began: u64,
    lagged: u64,
}

// SAFETY: the places belong to the record, whose lane this is an end of; they are read only from
// inside, while the doors are open and nobody changes them.
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
        self.grow(at + 1);
        self.0.get(at).map(Arc::clone)
    }

    /// Makes ends until there are so many.
    pub(super) fn grow(&mut self, cursors: usize) {
        // A cursor for which the table cannot grow has none; then the lane stays closed.
        while self.0.len() < cursors && self.0.try_reserve(1).is_ok() {
            self.0.push(Arc::new(CursorEnd::new()));
        }
    }

    fn of<'a>(&'a self, log: &'a Machine) -> impl Iterator<Item = (usize, &'a CursorEnd)> + Clone {
        let all = self.0.iter().zip(log.cursors()).enumerate();
        all.filter(|(_, (_, cursor))| cursor.is_live()).map(|(at, (end, _))| (at, &**end))
    }

    fn are_for_all(&self, log: &Machine) -> bool {
        log.cursor_count() <= CURSORS && log.cursors().len() <= self.0.len()
    }
}

impl End {
    const fn new() -> Self {
        Self { places: ptr::null(), at: 0, first: 0, oldest: 0, began: 0, lagged: 0 }
    }

    #[inline(always)]
    fn slot(&self, at: usize) -> u32 {
        // SAFETY: `at` is below the capacity, as many places were laid out when the doors were opened,
        // and nobody changes them while it is open.
        unsafe { (*self.places.add(at)).slot() }
    }

    /// Goes on to the place behind `at`.
    #[inline(always)]
    const fn go_on(&mut self, at: usize, capacity: usize) {
        let behind = at + 1;
        self.at = if behind == capacity { 0 } else { behind };
    }

    /// Goes to the place of a number from which the lane, or what it found, reaches on.
    const fn jump(&mut self, number: u64, capacity: usize) {
        // Of the latest value there is one place.
        let offset = if capacity == 1 { 0 } else { number.wrapping_sub(self.oldest) % capacity as u64 };
        let at = self.first + offset as usize;
        self.at = if at >= capacity { at - capacity } else { at };
    }
}

impl RingLane {
    pub(super) fn new(kind: Kind, capacity: usize) -> Result<Self, TableFull> {
        Ok(Self {
            writing: Door::new(End::new()),
            peeking: Door::new(End::new()),
            newest: Newest(AtomicU64::new(0)),
            stamps: Stamps::new(capacity)?,
            capacity,
            tells_lag: kind.tells_lag(),
            peeks: kind.peeks(),
        })
    }

    /// Publishes a value, over the oldest one if the window is full, if `inside` came in and `cell` finds
    /// the slot.
    #[inline(always)]
    fn write<'a, T: 'a>(
        &self,
        inside: Option<Inside<'_, End>>,
        cell: impl FnOnce(u32) -> Option<&'a SlotCell<T>>,
        value: T,
    ) -> InLane<T> {
        let Some(mut inside) = inside else { return InLane::NotHere(value) };
        #[allow(unused_mut, reason = "a model's end is more than a reference")]
        let mut end = inside.end();
        let (at, number) = (end.at, self.newest.0.load(Ordering::Relaxed));
        let Some(cell) = cell(end.slot(at)) else { return InLane::NotHere(value) };
        let cell = cell.place();
        // SAFETY: the slot is the place's, which only this end writes; readers load. `T` is plain data:
        // the lane was made for it.
        self.stamps.write(at, number, || unsafe { words::store(cell, &value) });
        end.go_on(at, self.capacity);
        self.newest.0.store(number.wrapping_add(1), Ordering::Release);
        InLane::Done
    }

    /// Publishes a value as the owner of the writing end.
    #[inline(always)]
    pub(super) fn publish_as_owner<T>(&self, slots: &impl Slots<T>, token: &Token, value: T) -> InLane<T> {
        self.write(self.writing.enter_as_owner(token), |slot| slots.cell_at_once(slot), value)
    }

    /// Publishes a value.
    pub(super) fn publish<T>(&self, slots: &impl Slots<T>, token: &Token, value: T) -> InLane<T> {
        self.write(self.writing.enter(token), |slot| Some(slots.cell(slot)), value)
    }

    /// Publishes values from the front, as many as a door should be kept for, and says how many.
    pub(super) fn publish_many<T>(&self, slots: &impl Slots<T>, token: &Token, values: &mut VecDeque<T>) -> usize {
        let Some(mut inside) = self.writing.enter(token) else { return 0 };
        #[allow(unused_mut, reason = "a model's end is more than a reference")]
        let mut end = inside.end();
        let mut sent = 0;
        while sent < AT_ONCE
            && let Some(value) = values.pop_front()
        {
            let (at, number) = (end.at, self.newest.0.load(Ordering::Relaxed));
            let cell = slots.cell(end.slot(at)).place();
            // SAFETY: as in `write`.
            self.stamps.write(at, number, || unsafe { words::store(cell, &value) });
            end.go_on(at, self.capacity);
            self.newest.0.store(number.wrapping_add(1), Ordering::Release);
            sent += 1;
        }
        sent
    }

    /// Appends the cursor's next values, up to `max`, without letting `values` grow, and says how many.
    /// What comes instead of a value, [`RingLane::read`] says.
    pub(super) fn read_many<T>(
        &self,
        slots: &impl Slots<T>,
        cursor: &CursorEnd,
        token: &Token,
        values: &mut Vec<T>,
        max: usize,
    ) -> usize {
        let Some(mut inside) = cursor.door.enter(token) else { return 0 };
        #[allow(unused_mut, reason = "a model's end is more than a reference")]
        let mut end = inside.end();
        let max = max.min(values.capacity() - values.len()).min(AT_ONCE);
        let (mut number, mut taken) = (cursor.next.load(Ordering::Relaxed), 0);
        while taken < max
            && let Some(value) = self.copy(slots.cell(end.slot(end.at)), end.at, number)
        {
            // SAFETY: the copy is whole.
            values.push(unsafe { value.assume_init() });
            let at = end.at;
            end.go_on(at, self.capacity);
            number = number.wrapping_add(1);
            taken += 1;
        }
        cursor.next.store(number, Ordering::Relaxed);
        taken
    }

    /// The cursor's next value, if it is there and `inside` came in as the owner of the cursor's end.
    /// Anything else, [`RingLane::read`] says.
    #[inline(always)]
    pub(super) fn read_as_owner<T>(&self, slots: &impl Slots<T>, cursor: &CursorEnd, token: &Token) -> Option<T> {
        let mut inside = cursor.door.enter_as_owner(token)?;
        #[allow(unused_mut, reason = "a model's end is more than a reference")]
        let mut end = inside.end();
        let (at, number) = (end.at, cursor.next.load(Ordering::Relaxed));
        let value = self.copy(slots.cell_at_once(end.slot(at))?, at, number)?;
        end.go_on(at, self.capacity);
        cursor.next.store(number.wrapping_add(1), Ordering::Relaxed);
        // SAFETY: the copy is whole.
        Some(unsafe { value.assume_init() })
    }

    /// The cursor's next value.
    pub(super) fn read<T>(&self, slots: &impl Slots<T>, cursor: &CursorEnd, token: &Token) -> Taken<T> {
        let Some(mut inside) = cursor.door.enter(token) else { return Taken::NotHere };
        #[allow(unused_mut, reason = "a model's end is more than a reference")]
        let mut end = inside.end();
        self.read_at(slots, &mut *end, &cursor.next)
    }

    fn read_at<T>(&self, slots: &impl Slots<T>, end: &mut End, next: &AtomicU64) -> Taken<T> {
        for _ in 0..TRIES {
            let (at, number) = (end.at, next.load(Ordering::Relaxed));
            if let Some(value) = self.copy(slots.cell(end.slot(at)), at, number) {
                end.go_on(at, self.capacity);
                next.store(number.wrapping_add(1), Ordering::Relaxed);
                // SAFETY: the copy is whole.
                return Taken::Value(unsafe { value.assume_init() });
            }
            let newest = self.newest.0.load(Ordering::Acquire);
            if newest.wrapping_sub(number) as i64 <= 0 {
                return Taken::Empty;
            }
            let behind = |oldest: u64| oldest.wrapping_sub(number) as i64;
            let lost = behind(newest.wrapping_sub(self.capacity as u64)).max(behind(end.oldest));
            if lost > 0 {
                end.lagged += lost as u64;
                let oldest = number.wrapping_add(lost as u64);
                end.jump(oldest, self.capacity);
                next.store(oldest, Ordering::Relaxed);
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

    /// What lies in the cell of the end's place, if it is the value that the end comes to.
    #[inline(always)]
    fn copy<T>(&self, cell: &SlotCell<T>, at: usize, number: u64) -> Option<MaybeUninit<T>> {
        let cell = cell.place();
        // SAFETY: the slot is the place's; if the stamp says that a value is there, all of it was
        // stored once. While the doors are open it is accessed by `words` only.
        self.stamps.read(at, number, || unsafe { words::load(cell) })
    }

    /// The newest value: `Empty` if there is none.
    #[inline]
    pub(super) fn peek<T>(&self, slots: &impl Slots<T>, token: &Token) -> Taken<T> {
        if !self.peeks {
            return Taken::Empty;
        }
        let Some(mut inside) = self.peeking.enter(token) else { return Taken::NotHere };
        #[allow(unused_mut, reason = "a model's end is more than a reference")]
        let mut end = inside.end();
        for _ in 0..TRIES {
            let newest = self.newest.0.load(Ordering::Acquire);
            // The first value that comes may be there, and read, before its number is told.
            let none_yet = newest == end.oldest;
            let number = if none_yet { newest } else { newest.wrapping_sub(1) };
            end.jump(number, self.capacity);
            if let Some(value) = self.copy(slots.cell(end.slot(end.at)), end.at, number) {
                // SAFETY: the copy is whole.
                return Taken::Value(unsafe { value.assume_init() });
            }
            if none_yet {
                return Taken::Empty;
            }
            core::hint::spin_loop();
        }
        Taken::NotHere
    }

    /// Whether there is something to read, as far as can be told without going in.
    pub(super) fn has_value(&self, cursor: &CursorEnd) -> Option<bool> {
        let there = || self.newest.0.load(Ordering::Relaxed) != cursor.next.load(Ordering::Relaxed);
        cursor.door.is_open().then(there)
    }

    /// Whether a holder was sent away only because another has this end.
    pub(super) fn is_foreign(&self, end: LaneEnd<'_>, token: &Token) -> bool {
        self.door(end).is_some_and(|door| door.is_foreign(token))
    }

    /// Gives an end to this holder. Called under the record's lock, after `close`.
    pub(super) fn adopt(&self, end: LaneEnd<'_>, token: &Token) {
        let Some(door) = self.door(end) else { return };
        // SAFETY: the doors are shut and nobody is inside.
        unsafe { door.adopt(token) }
    }

    fn door<'a>(&'a self, end: LaneEnd<'a>) -> Option<&'a Door<End>> {
        match end {
            LaneEnd::Sending => Some(&self.writing),
            LaneEnd::Taking(cursor) => cursor.map(|cursor| &cursor.door),
            LaneEnd::Peeking => Some(&self.peeking),
        }
    }

    fn doors<'a>(&'a self, log: &'a Machine, cursors: &'a CursorEnds) -> impl Iterator<Item = &'a Door<End>> + Clone {
        [&self.writing, &self.peeking].into_iter().chain(cursors.of(log).map(|(_, cursor)| &cursor.door))
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
            end.began = number;
            end
        };
        // SAFETY: the caller holds the lock and the doors are shut: they were never opened, or `close`
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
        // Published by the doors.
        self.newest.0.store(next, Ordering::Relaxed);
        self.doors(log, cursors).for_each(Door::open);
    }

    /// Keeps the ends out and counts what they have done; says how many values they moved. Called
    /// under the record's lock.
    pub(super) fn close(&self, log: &mut Machine, cursors: &CursorEnds) -> u64 {
        shut(self.doors(log, cursors));
        let published = self.newest.0.load(Ordering::Relaxed).wrapping_sub(log.next_number());
        log.catch_up_ring(published);
        let mut moved = published;
        for (at, cursor) in cursors.0.iter().enumerate().take(log.cursors().len()) {
            if log.cursors()[at].is_live() {
                // SAFETY: the doors were shut here, and found empty after.
                let (began, lagged) = unsafe { cursor.door.with_end(|end| (end.began, end.lagged)) };
                let read = cursor.next.load(Ordering::Relaxed).wrapping_sub(began).wrapping_sub(lagged);
                log.catch_up_cursor(at, read, lagged);
                moved += read;
            }
        }
        moved
    }
}
