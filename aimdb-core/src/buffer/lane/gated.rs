//! The lane of a queue that several cursors read: each sees every value, and a place is filled again
//! when all of them have read it.
//!
//! The sending end keeps up to where it may go on by what it last saw of the cursors, and looks at them
//! only when that says full; each reader keeps how many values it saw, likewise. Values stay where they
//! are while they are read, so this is for plain data: a copy is the value, and what is written over
//! need not be dropped. A copy never meets the filling of its place, so it needs no stamp.
#![allow(unsafe_code)]

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use core::sync::atomic::AtomicBool;
#[cfg(not(any(loom, shuttle)))]
use core::sync::atomic::{AtomicU64, Ordering};
#[cfg(loom)]
use loom::sync::atomic::{AtomicU64, Ordering};
#[cfg(all(shuttle, not(loom)))]
use shuttle::sync::atomic::{AtomicU64, Ordering};

use super::ends::{CURSORS, CursorEnd, CursorEnds, End, Gates};
use super::plan::MOST_PLACES;
use super::{AT_ONCE, InLane, LaneEnd, LaneLock, Machine, Taken};
use crate::buffer::{SlotCell, Slots};
use crate::pure::{Claim, Pinned};
use crate::waiting::{Counted, Door, Inside, Key, Late, Lock, Progress, Token, World, boxed, shut};

#[derive(Debug)]
pub(super) struct GatedLane {
    sending: Door<End>,
    stored: Stored,
    capacity: usize,
    /// The cursors that must have read a value before its place is filled again.
    gates: Gates,
}

/// The number behind the newest value, on a cache line of its own.
#[derive(Debug)]
#[repr(align(128))]
struct Stored(AtomicU64);

impl GatedLane {
    fn new(capacity: usize) -> Self {
        let stored = Stored(AtomicU64::new(0));
        Self { sending: Door::new(End::new()), stored, capacity, gates: Gates::new() }
    }

    /// Stores a value, if `inside` came in and `cell` finds the slot. A refusal is counted if the sender
    /// would take it for one.
    #[inline(always)]
    fn store<'a, T: 'a>(
        &self,
        inside: Option<Inside<'_, End>>,
        cell: impl FnOnce(u32) -> Option<&'a SlotCell<T>>,
        value: T,
        counts: bool,
    ) -> InLane<T> {
        let Some(mut inside) = inside else { return InLane::NotHere(value) };
        #[allow(unused_mut, reason = "a model's end is more than a reference")]
        let mut end = inside.end();
        let (at, number) = (end.at, self.stored.0.load(Ordering::Relaxed));
        if number == end.until {
            end.until = self.room_until(number);
            if number == end.until {
                end.refused += u64::from(counts);
                return InLane::Full(value);
            }
        }
        let slot = end.slot(at);
        let Some(cell) = cell(slot) else { return InLane::NotHere(value) };
        let there = end.ahead(at, number, self.capacity, const { SlotCell::<T>::AHEAD as u64 });
        if there > 1 {
            core::hint::cold_path();
            cell.fetch::<true>(there);
        }
        cell.fill(&Claim(slot), value);
        end.go_on(at, self.capacity);
        // Release: the readers see what is in the slot.
        self.stored.0.store(number.wrapping_add(1), Ordering::Release);
        InLane::Done
    }

    /// The number up to which values may be stored: all cursors have read what lay there before.
    #[inline(never)]
    fn room_until(&self, number: u64) -> u64 {
        let unread = |gate: &CursorEnd| number.wrapping_sub(gate.passed());
        let most = self.gates.iter().map(unread).max().unwrap_or(0);
        number.wrapping_sub(most).wrapping_add(self.capacity as u64)
    }

    /// As [`super::queue::QueueLane::send_many`].
    fn send_many<T>(&self, slots: &impl Slots<T>, token: &Token, values: &mut VecDeque<T>) -> usize {
        let Some(mut inside) = self.sending.enter(token) else { return 0 };
        #[allow(unused_mut, reason = "a model's end is more than a reference")]
        let mut end = inside.end();
        let mut number = self.stored.0.load(Ordering::Relaxed);
        let most = values.len().min(AT_ONCE);
        if (end.until.wrapping_sub(number) as usize) < most {
            end.until = self.room_until(number);
        }
        let sent = (end.until.wrapping_sub(number) as usize).min(most);
        for value in values.drain(..sent) {
            let at = end.at;
            let slot = end.slot(at);
            slots.cell(slot).fill(&Claim(slot), value);
            end.go_on(at, self.capacity);
            number = number.wrapping_add(1);
        }
        // Release: the readers see what is in the slots.
        self.stored.0.store(number, Ordering::Release);
        sent
    }

    /// Reads a cursor's next value, if `inside` came in and `cell` finds the slot.
    #[inline(always)]
    fn next<'a, T: 'a>(
        &self,
        inside: Option<Inside<'_, End>>,
        cursor: &CursorEnd,
        cell: impl FnOnce(u32) -> Option<&'a SlotCell<T>>,
    ) -> Taken<T> {
        let Some(mut inside) = inside else { return Taken::NotHere };
        #[allow(unused_mut, reason = "a model's end is more than a reference")]
        let mut end = inside.end();
        let (at, number) = (end.at, cursor.next.load(Ordering::Relaxed));
        if number == end.until {
            // Acquire: the places that were filled are full.
            end.until = self.stored.0.load(Ordering::Acquire);
            if number == end.until {
                return Taken::Empty;
            }
        }
        let slot = end.slot(at);
        let Some(cell) = cell(slot) else { return Taken::NotHere };
        let there = end.ahead(at, number, self.capacity, const { SlotCell::<T>::AHEAD as u64 });
        if there > 1 {
            core::hint::cold_path();
            cell.fetch::<false>(there);
        }
        // SAFETY: the lane was made for plain data.
        let value = unsafe { cell.copy(&Pinned(slot)) };
        end.go_on(at, self.capacity);
        cursor.pass(number.wrapping_add(1));
        Taken::Value(value)
    }

    /// Reads a cursor's next value with the key of its end. A call, so that it stands in nobody's way who reads alone.
    ///
    /// # Safety
    ///
    /// As for [`Door::enter_with_key`].
    #[inline(never)]
    pub(super) unsafe fn take_with_key<T>(
        &self,
        cells: &[SlotCell<T>],
        cursor: &CursorEnd,
        (world, key): (World, Key),
    ) -> Taken<T> {
        // SAFETY: by this function's contract.
        let inside = unsafe { cursor.door.enter_with_key(world, key) };
        self.next(inside, cursor, |slot| cells.get(slot as usize))
    }

    /// Appends a cursor's next values, up to `max`, without letting `values` grow, and says how many.
    fn take_many<T>(
        &self,
        slots: &impl Slots<T>,
        token: &Token,
        cursor: &CursorEnd,
        values: &mut Vec<T>,
        max: usize,
    ) -> usize {
        let Some(mut inside) = cursor.door.enter(token) else { return 0 };
        #[allow(unused_mut, reason = "a model's end is more than a reference")]
        let mut end = inside.end();
        let max = max.min(values.capacity() - values.len()).min(AT_ONCE);
        let number = cursor.next.load(Ordering::Relaxed);
        if (end.until.wrapping_sub(number) as usize) < max {
            end.until = self.stored.0.load(Ordering::Acquire);
        }
        let taken = (end.until.wrapping_sub(number) as usize).min(max);
        values.extend((0..taken).map(|_| {
            let at = end.at;
            let slot = end.slot(at);
            end.go_on(at, self.capacity);
            // SAFETY: the lane was made for plain data.
            unsafe { slots.cell(slot).copy(&Pinned(slot)) }
        }));
        cursor.pass(number.wrapping_add(taken as u64));
        taken
    }

    fn door<'a>(&'a self, end: LaneEnd<'a>) -> Option<&'a Door<End>> {
        match end {
            LaneEnd::Sending => Some(&self.sending),
            LaneEnd::Taking(cursor) => cursor.map(|cursor| &cursor.door),
            LaneEnd::Peeking => None,
        }
    }

    fn doors<'a>(&'a self, cursors: &'a CursorEnds) -> impl Iterator<Item = &'a Door<End>> + Clone {
        [&self.sending].into_iter().chain(cursors.here().map(|(_, cursor)| &cursor.door))
    }

    fn open(&self, log: &Machine, cursors: &CursorEnds) {
        let next = log.next_number();
        // SAFETY: the caller holds the lock and the doors are shut: they were never opened, or `close`
        // came after. The ends of the cursors stay with the record.
        unsafe {
            cursors.begin(log);
            self.gates.put(cursors.here().map(|(at, cursor)| (cursor, log.cursors()[at].next_number())));
            self.sending.with_end(|end| *end = End::at(log, next));
        }
        // Published by the doors.
        self.stored.0.store(next, Ordering::Relaxed);
        self.doors(cursors).for_each(Door::open);
    }

    fn close(&self, log: &mut Machine, cursors: &CursorEnds) -> u64 {
        shut(self.doors(cursors));
        // SAFETY: the doors were shut here, and found empty after.
        let refused = unsafe { self.sending.with_end(|end| end.refused) };
        let sent = self.stored.0.load(Ordering::Relaxed).wrapping_sub(log.next_number());
        log.catch_up_sender(sent, refused);
        // SAFETY: as above.
        let read = unsafe { cursors.catch_up(log) };
        log.retire_read();
        sent + read
    }
}

/// The lane of a queue while several cursors read it. It is made when they do; most queues have one.
pub(super) struct Several {
    lane: Late<GatedLane>,
    /// Whether the values are plain data.
    plain: bool,
    /// Whether there are several cursors and no lane for them; a hint.
    wanted: AtomicBool,
}

/// Each says that the lane is not here where there is none.
impl Several {
    pub(super) fn new(plain: bool) -> Self {
        Self { lane: Late::new(true), plain, wanted: AtomicBool::new(false) }
    }

    /// Whether the record would have a lane if this one were made.
    pub(super) fn is_wanted(&self) -> bool {
        self.wanted.load(Ordering::Relaxed)
    }

    pub(super) fn is_made(&self) -> bool {
        self.lane.get().is_some()
    }

    /// Makes the lane, if there is memory for it. Called outside the lock.
    pub(super) fn make(&self, capacity: usize) {
        self.wanted.store(false, Ordering::Relaxed);
        if let Some(lane) = boxed(GatedLane::new(capacity)) {
            self.lane.bring(lane);
        }
    }

    /// Stores a value as the owner of the sending end.
    #[inline(never)]
    pub(super) fn send_as_owner<T>(&self, slots: &impl Slots<T>, token: &Token, value: T, counts: bool) -> InLane<T> {
        let Some(lane) = self.lane.get() else { return InLane::NotHere(value) };
        lane.store(lane.sending.enter_as_owner(token), |slot| slots.cell_at_once(slot), value, counts)
    }

    /// Stores a value.
    pub(super) fn send<T>(&self, slots: &impl Slots<T>, token: &Token, value: T, counts: bool) -> InLane<T> {
        let Some(lane) = self.lane.get() else { return InLane::NotHere(value) };
        lane.store(lane.sending.enter(token), |slot| Some(slots.cell(slot)), value, counts)
    }

    /// Stores values from the front, and says how many.
    pub(super) fn send_many<T>(&self, slots: &impl Slots<T>, token: &Token, values: &mut VecDeque<T>) -> usize {
        self.lane.get().map_or(0, |lane| lane.send_many(slots, token, values))
    }

    /// Reads the next value as the owner of a cursor's end.
    #[inline(never)]
    pub(super) fn take_as_owner<T>(
        &self,
        slots: &impl Slots<T>,
        token: &Token,
        cursor: Option<&Counted<CursorEnd>>,
    ) -> Taken<T> {
        let (Some(lane), Some(cursor)) = (self.lane.get(), cursor) else { return Taken::NotHere };
        lane.next(cursor.door.enter_as_owner(token), cursor, |slot| slots.cell_at_once(slot))
    }

    /// Reads a cursor's next value.
    pub(super) fn take<T>(&self, slots: &impl Slots<T>, token: &Token, cursor: Option<&CursorEnd>) -> Taken<T> {
        let (Some(lane), Some(cursor)) = (self.lane.get(), cursor) else { return Taken::NotHere };
        lane.next(cursor.door.enter(token), cursor, |slot| Some(slots.cell(slot)))
    }

    /// Appends a cursor's next values, and says how many.
    pub(super) fn take_many<T>(
        &self,
        slots: &impl Slots<T>,
        token: &Token,
        cursor: Option<&CursorEnd>,
        values: &mut Vec<T>,
        max: usize,
    ) -> usize {
        let (Some(lane), Some(cursor)) = (self.lane.get(), cursor) else { return 0 };
        lane.take_many(slots, token, cursor, values, max)
    }

    /// How many places are free, as far as can be told without going in: `None` when the lane is closed, as a reader's own door says.
    pub(super) fn free(&self, reader: Option<&CursorEnd>) -> Option<usize> {
        let lane =
            self.lane.get().filter(|lane| reader.map_or_else(|| lane.sending.is_open(), |end| end.door.is_open()))?;
        let stored = lane.stored.0.load(Ordering::Relaxed);
        let unread = |gate: &CursorEnd| stored.wrapping_sub(gate.passed()) as i64;
        let used = lane.gates.iter().map(unread).max().unwrap_or(0).max(0);
        Some(lane.capacity.saturating_sub(used as usize))
    }

    /// How far the readers are, in sum: `None` when the lane is closed.
    pub(super) fn progress(&self) -> Option<Progress> {
        let lane = self.lane.get().filter(|lane| lane.sending.is_open())?;
        let at = lane.gates.iter().fold(0_u64, |sum, gate| sum.wrapping_add(gate.passed()));
        Some(Progress { at, workers: lane.gates.iter().count(), pace: (lane.capacity / 16).clamp(1, 64) as u32 })
    }

    /// Whether a sender may find the lane open; a hint.
    pub(super) fn is_open(&self) -> bool {
        self.lane.get().is_some_and(|lane| lane.sending.is_open())
    }

    /// How many values there are for a cursor, as far as can be told without going in.
    pub(super) fn unread(&self, cursor: Option<&CursorEnd>) -> Option<u64> {
        let (lane, cursor) = (self.lane.get()?, cursor?);
        let there = || lane.stored.0.load(Ordering::Relaxed).wrapping_sub(cursor.next.load(Ordering::Relaxed));
        cursor.door.is_open().then(there)
    }

    /// Whether a holder was sent away only because another has this end.
    pub(super) fn is_foreign(&self, end: LaneEnd<'_>, token: &Token) -> bool {
        self.lane.get().and_then(|lane| lane.door(end)).is_some_and(|door| door.is_foreign(token))
    }

    /// The key of the holder that owns a cursor's end, and to which lane.
    pub(super) fn key(&self, cursor: &CursorEnd, token: &Token) -> Option<(&GatedLane, Key)> {
        Some((self.lane.get()?, cursor.door.key(token)?))
    }

    /// Gives an end to this holder. Called under the record's lock, while the lane is open: the other ends go on
    /// meanwhile.
    pub(super) fn adopt(&self, end: LaneEnd<'_>, token: &Token) {
        let Some(door) = self.lane.get().and_then(|lane| lane.door(end)) else { return };
        shut([door].into_iter());
        // SAFETY: the door was shut here, and found empty after.
        unsafe { door.adopt(token) }
        door.open();
    }

    /// Whether the ends could go on alone. To close a lane takes a step for each value that each cursor
    /// has read or still has to, so both together are limited.
    pub(super) fn may_open(&self, log: &Machine, cursors: &CursorEnds) -> bool {
        let count = log.cursor_count();
        if !self.plain || count > CURSORS || log.capacity() * count > MOST_PLACES || !log.is_gated_queue() {
            return false;
        }
        let is_made = self.is_made();
        if !is_made {
            self.wanted.store(true, Ordering::Relaxed);
        }
        is_made && cursors.are_for_all(log)
    }

    /// Lets the ends in. Called under the record's lock, with the window laid out.
    pub(super) fn open(&self, log: &Machine, cursors: &CursorEnds) -> bool {
        let lane = self.lane.get();
        lane.inspect(|lane| lane.open(log, cursors)).is_some()
    }

    /// Keeps the ends out and counts what they have done; says how many values they moved. Called
    /// under the record's lock.
    pub(super) fn close(&self, log: &mut Machine, cursors: &CursorEnds) -> u64 {
        self.lane.get().map_or(0, |lane| lane.close(log, cursors))
    }
}

impl LaneLock {
    /// Makes what a queue needs whose cursors have become several.
    pub(super) fn add_gates(&self, several: &Several) {
        several.make(self.lock.with(|state| state.log().capacity()));
        self.inside(|state, course| {
            if let Some(course) = course {
                course.cursors.grow(state.log().cursors().len());
            }
        });
    }
}
