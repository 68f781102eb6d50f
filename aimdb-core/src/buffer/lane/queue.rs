//! The lane of a queue: a ring of places with one end that fills and one that empties them.
//!
//! Each end publishes how far it is, and keeps the last that it saw of the other's, at which it looks
//! only when that says full or empty (Lamport's queue, with the cached counters of FastForward and
//! rtrb). How far is one word, lap and place, so that a value costs as few stores as can be: processors
//! write out about one in a cycle. The ends stand behind [`Door`]s: no value is on its way through the
//! lane while somebody holds the record's lock.
#![allow(unsafe_code)]

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::ptr;

#[cfg(not(any(loom, shuttle)))]
use core::sync::atomic::{AtomicU64, Ordering};
#[cfg(loom)]
use loom::sync::atomic::{AtomicU64, Ordering};
#[cfg(all(shuttle, not(loom)))]
use shuttle::sync::atomic::{AtomicU64, Ordering};

use super::{AT_ONCE, InLane, LaneEnd, Machine, Taken};
use crate::buffer::{SlotCell, Slots};
use crate::pure::{Claim, Entry, Owned};
use crate::waiting::{Door, Inside, Token, shut};

/// A word that one end writes and the other reads now and then, on a cache line of its own.
#[derive(Debug)]
#[repr(align(128))]
struct Count(AtomicU64);

#[derive(Debug)]
pub(super) struct QueueLane {
    sending: Door<End>,
    taking: Door<End>,
    /// How far the ends are, as [`Laps`] has it.
    stored: Count,
    taken: Count,
}

/// What an end works with.
#[derive(Debug)]
struct End {
    places: *const Entry,
    laps: Laps,
    /// The last that it saw of how far the other end is.
    seen: u64,
    /// Sends that were refused.
    refused: u64,
}

// SAFETY: the places belong to the record, whose lane this is an end of; they are read only from
// inside, while the doors are open and nobody changes them.
unsafe impl Send for End {}

/// How far an end is: the place that it comes to next in as many low bits as places need, above them
/// how often it has been round.
#[derive(Debug, Clone, Copy)]
struct Laps {
    capacity: u64,
    /// The bits of the place.
    mask: u64,
}

impl Laps {
    const fn of(capacity: usize) -> Self {
        Self { capacity: capacity as u64, mask: capacity.next_power_of_two() as u64 - 1 }
    }

    #[inline(always)]
    const fn place(self, at: u64) -> u64 {
        at & self.mask
    }

    #[inline(always)]
    const fn next(self, at: u64) -> u64 {
        let next = at + 1;
        if self.place(at) + 1 == self.capacity { (at | self.mask) + 1 } else { next }
    }

    /// Where the sending end is when nothing fits in before the taking end, which is at `taken`.
    #[inline(always)]
    const fn full(self, taken: u64) -> u64 {
        taken + self.mask + 1
    }

    /// How many values lie before `at`, counted from the first place of the first lap.
    const fn count(self, at: u64) -> u64 {
        (at >> self.mask.count_ones()) * self.capacity + self.place(at)
    }

    /// How many values lie from `at` on before `behind`.
    const fn between(self, at: u64, behind: u64) -> usize {
        (self.count(behind) - self.count(at)) as usize
    }
}

impl End {
    const fn new() -> Self {
        Self { places: ptr::null(), laps: Laps::of(1), seen: 0, refused: 0 }
    }

    #[inline(always)]
    fn slot(&self, at: u64) -> u32 {
        // SAFETY: the place of `at` is below the capacity, as many places were laid out when the doors
        // were opened, and nobody changes them while they are open.
        unsafe { (*self.places.add(self.laps.place(at) as usize)).slot() }
    }
}

impl QueueLane {
    pub(super) fn new() -> Self {
        Self {
            sending: Door::new(End::new()),
            taking: Door::new(End::new()),
            stored: Count(AtomicU64::new(0)),
            taken: Count(AtomicU64::new(0)),
        }
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
        let at = self.stored.0.load(Ordering::Relaxed);
        if at == end.laps.full(end.seen) {
            // Acquire: the places that were emptied are empty.
            end.seen = self.taken.0.load(Ordering::Acquire);
            if at == end.laps.full(end.seen) {
                end.refused += u64::from(counts);
                return InLane::Full(value);
            }
        }
        let slot = end.slot(at);
        let Some(cell) = cell(slot) else { return InLane::NotHere(value) };
        cell.fill(&Claim(slot), value);
        // Release: the taker sees what is in the slot.
        self.stored.0.store(end.laps.next(at), Ordering::Release);
        InLane::Done
    }

    /// Stores a value as the owner of the sending end.
    #[inline(always)]
    pub(super) fn send_as_owner<T>(&self, slots: &impl Slots<T>, token: &Token, value: T, counts: bool) -> InLane<T> {
        self.store(self.sending.enter_as_owner(token), |slot| slots.cell_at_once(slot), value, counts)
    }

    /// Stores a value.
    pub(super) fn send<T>(&self, slots: &impl Slots<T>, token: &Token, value: T, counts: bool) -> InLane<T> {
        self.store(self.sending.enter(token), |slot| Some(slots.cell(slot)), value, counts)
    }

    /// Stores values from the front, as many as there is room for but no more than a door should be kept
    /// for, publishes them together and says how many.
    pub(super) fn send_many<T>(&self, slots: &impl Slots<T>, token: &Token, values: &mut VecDeque<T>) -> usize {
        let Some(mut inside) = self.sending.enter(token) else { return 0 };
        #[allow(unused_mut, reason = "a model's end is more than a reference")]
        let mut end = inside.end();
        let mut at = self.stored.0.load(Ordering::Relaxed);
        let most = values.len().min(AT_ONCE);
        if end.laps.between(at, end.laps.full(end.seen)) < most {
            end.seen = self.taken.0.load(Ordering::Acquire);
        }
        let sent = end.laps.between(at, end.laps.full(end.seen)).min(most);
        for value in values.drain(..sent) {
            let slot = end.slot(at);
            slots.cell(slot).fill(&Claim(slot), value);
            at = end.laps.next(at);
        }
        // Release: the taker sees what is in the slots.
        self.stored.0.store(at, Ordering::Release);
        sent
    }

    /// Appends the next values, up to `max`, without letting `values` grow, and says how many.
    pub(super) fn take_many<T>(&self, slots: &impl Slots<T>, token: &Token, values: &mut Vec<T>, max: usize) -> usize {
        let Some(mut inside) = self.taking.enter(token) else { return 0 };
        #[allow(unused_mut, reason = "a model's end is more than a reference")]
        let mut end = inside.end();
        let max = max.min(values.capacity() - values.len()).min(AT_ONCE);
        let mut at = self.taken.0.load(Ordering::Relaxed);
        if end.laps.between(at, end.seen) < max {
            end.seen = self.stored.0.load(Ordering::Acquire);
        }
        let taken = end.laps.between(at, end.seen).min(max);
        values.extend((0..taken).map(|_| {
            let slot = end.slot(at);
            at = end.laps.next(at);
            slots.cell(slot).empty(&Owned(slot))
        }));
        // Release: the slots were emptied before the sender fills them.
        self.taken.0.store(at, Ordering::Release);
        taken
    }

    /// Takes the next value, if `inside` came in and `cell` finds the slot.
    #[inline(always)]
    fn next<'a, T: 'a>(
        &self,
        inside: Option<Inside<'_, End>>,
        cell: impl FnOnce(u32) -> Option<&'a SlotCell<T>>,
    ) -> Taken<T> {
        let Some(mut inside) = inside else { return Taken::NotHere };
        #[allow(unused_mut, reason = "a model's end is more than a reference")]
        let mut end = inside.end();
        let at = self.taken.0.load(Ordering::Relaxed);
        if at == end.seen {
            // Acquire: the places that were filled are full.
            end.seen = self.stored.0.load(Ordering::Acquire);
            if at == end.seen {
                return Taken::Empty;
            }
        }
        let slot = end.slot(at);
        let Some(cell) = cell(slot) else { return Taken::NotHere };
        let value = cell.empty(&Owned(slot));
        // Release: the slot was emptied before the sender fills it.
        self.taken.0.store(end.laps.next(at), Ordering::Release);
        Taken::Value(value)
    }

    /// Takes the next value as the owner of the taking end.
    #[inline(always)]
    pub(super) fn take_as_owner<T>(&self, slots: &impl Slots<T>, token: &Token) -> Taken<T> {
        self.next(self.taking.enter_as_owner(token), |slot| slots.cell_at_once(slot))
    }

    /// Takes the next value.
    pub(super) fn take<T>(&self, slots: &impl Slots<T>, token: &Token) -> Taken<T> {
        self.next(self.taking.enter(token), |slot| Some(slots.cell(slot)))
    }

    /// Whether there is room, as far as can be told without going in: `None` when the lane is closed.
    pub(super) fn has_room(&self, capacity: usize) -> Option<bool> {
        let full = || Laps::of(capacity).full(self.taken.0.load(Ordering::Relaxed));
        self.sending.is_open().then(|| self.stored.0.load(Ordering::Relaxed) != full())
    }

    /// Whether a sender may find the lane open; a hint.
    pub(super) fn is_open(&self) -> bool {
        self.sending.is_open()
    }

    /// Whether there is a value, likewise.
    pub(super) fn has_value(&self) -> Option<bool> {
        let there = || self.stored.0.load(Ordering::Relaxed) != self.taken.0.load(Ordering::Relaxed);
        self.taking.is_open().then(there)
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

    const fn door(&self, end: LaneEnd<'_>) -> Option<&Door<End>> {
        match end {
            LaneEnd::Sending => Some(&self.sending),
            LaneEnd::Taking(_) => Some(&self.taking),
            LaneEnd::Peeking => None,
        }
    }

    /// Lets the ends in. Called under the record's lock, with the window laid out.
    pub(super) fn open(&self, log: &mut Machine) {
        let (places, laps) = (log.places().as_ptr(), Laps::of(log.capacity()));
        let (first, behind) = (log.first_place() as u64, (log.first_place() + log.len()) as u64);
        let next = if behind >= laps.capacity { laps.full(behind - laps.capacity) } else { behind };
        // SAFETY: the caller holds the lock and the doors are shut: they were never opened, or `close`
        // came after.
        unsafe {
            self.sending.with_end(|end| *end = End { places, laps, seen: first, refused: 0 });
            self.taking.with_end(|end| *end = End { places, laps, seen: next, refused: 0 });
        }
        // Published by the doors.
        self.stored.0.store(next, Ordering::Relaxed);
        self.taken.0.store(first, Ordering::Relaxed);
        self.sending.open();
        self.taking.open();
    }

    /// Keeps the ends out and counts what they have done; says how many values they moved. Called
    /// under the record's lock.
    pub(super) fn close(&self, log: &mut Machine) -> u64 {
        shut([&self.sending, &self.taking].into_iter());
        // SAFETY: the doors were shut here, and found empty after.
        let refused = unsafe { self.sending.with_end(|end| end.refused) };
        let count = |count: &Count| Laps::of(log.capacity()).count(count.0.load(Ordering::Relaxed));
        let (first, len) = (log.first_place() as u64, log.len() as u64);
        let (sent, taken) = (count(&self.stored) - (first + len), count(&self.taken) - first);
        log.catch_up_queue(sent, taken, refused);
        sent + taken
    }
}
