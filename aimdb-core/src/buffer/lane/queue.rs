//! The lane of a queue: a ring of places with one end that fills and one that empties them.
//!
//! Each end keeps its own count and the last that it saw of the other's, and looks at the other's
//! only when that says full or empty (Lamport's queue, with the cached counters of FastForward and
//! rtrb). The ends stand behind the doors of a [`Gate`]: no value is on its way through the lane
//! while somebody holds the record's lock.
#![allow(unsafe_code)]

use core::ptr;

#[cfg(not(any(loom, shuttle)))]
use core::sync::atomic::{AtomicU64, Ordering};
#[cfg(loom)]
use loom::sync::atomic::{AtomicU64, Ordering};
#[cfg(all(shuttle, not(loom)))]
use shuttle::sync::atomic::{AtomicU64, Ordering};

use super::Machine;
use crate::pure::{Claim, Entry, Owned};
use crate::waiting::{Door, Gate, Inside};

/// A word that one end writes and the other reads now and then, on a cache line of its own.
#[derive(Debug)]
#[repr(align(128))]
struct Count(AtomicU64);

#[derive(Debug)]
pub(super) struct QueueLane {
    gate: Gate,
    sending: Door<End>,
    taking: Door<End>,
    /// Values that were stored and taken since the lane was opened; those that lay there then count
    /// as stored.
    stored: Count,
    taken: Count,
    capacity: usize,
}

/// What an end works with.
#[derive(Debug)]
struct End {
    places: *const Entry,
    /// The place that it comes to next.
    at: usize,
    /// What it has done, and the last that it saw of what the other end has done.
    done: u64,
    seen: u64,
    /// Sends that were refused.
    refused: u64,
}

// SAFETY: the places belong to the record, whose lane this is an end of; they are read only from
// inside, while the gate is open and nobody changes them.
unsafe impl Send for End {}

/// What a sender finds.
pub(super) enum Vacancy<'a> {
    /// A place: fill it, then say so.
    Place(Place<'a>),
    /// No room.
    Full,
    /// The lane is closed, or this thread may not use it.
    NotHere,
}

/// What a taker finds.
pub(super) enum Next<'a> {
    /// A value: move it out, then say so.
    Value(Place<'a>),
    /// None.
    Empty,
    /// The lane is closed, or this thread may not use it.
    NotHere,
}

/// The right to fill or empty one place.
pub(super) struct Place<'a> {
    inside: Inside<'a, End>,
    done: &'a AtomicU64,
    capacity: usize,
    slot: u32,
}

impl Place<'_> {
    /// The right to fill the place's slot.
    pub(super) const fn claim(&self) -> Claim {
        Claim(self.slot)
    }

    /// The right to empty the place's slot, which stays at the place.
    pub(super) const fn owned(&self) -> Owned {
        Owned(self.slot)
    }

    pub(super) const fn slot(&self) -> u32 {
        self.slot
    }

    /// The place was filled, or emptied: it is the other end's now.
    pub(super) fn hand_over(mut self) {
        let (done, capacity) = (self.done, self.capacity);
        self.inside.with(|end| {
            end.at += 1;
            if end.at == capacity {
                end.at = 0;
            }
            end.done += 1;
            // Release: the other end sees what was done to the slot.
            done.store(end.done, Ordering::Release);
        });
    }
}

impl End {
    const fn new() -> Self {
        Self { places: ptr::null(), at: 0, done: 0, seen: 0, refused: 0 }
    }

    fn slot(&self) -> u32 {
        // SAFETY: `at` is below the capacity, as many places were laid out when the gate was opened,
        // and nobody changes them while it is open.
        unsafe { (*self.places.add(self.at)).slot() }
    }
}

impl QueueLane {
    pub(super) fn new(log: &Machine) -> Self {
        Self {
            gate: Gate::new(),
            sending: Door::new(End::new()),
            taking: Door::new(End::new()),
            stored: Count(AtomicU64::new(0)),
            taken: Count(AtomicU64::new(0)),
            capacity: log.capacity(),
        }
    }

    /// A place to fill. A refusal is counted if the sender would take it for one.
    #[inline]
    pub(super) fn vacancy(&self, counts: bool) -> Vacancy<'_> {
        let Some(mut inside) = self.sending.enter(&self.gate) else { return Vacancy::NotHere };
        let capacity = self.capacity as u64;
        let slot = inside.with(|end| {
            if end.done - end.seen >= capacity {
                // Acquire: the places that were emptied are empty.
                end.seen = self.taken.0.load(Ordering::Acquire);
                if end.done - end.seen >= capacity {
                    end.refused += u64::from(counts);
                    return None;
                }
            }
            Some(end.slot())
        });
        match slot {
            Some(slot) => Vacancy::Place(Place { inside, done: &self.stored.0, capacity: self.capacity, slot }),
            None => Vacancy::Full,
        }
    }

    /// The next value.
    #[inline]
    pub(super) fn next(&self) -> Next<'_> {
        let Some(mut inside) = self.taking.enter(&self.gate) else { return Next::NotHere };
        let slot = inside.with(|end| {
            if end.done == end.seen {
                // Acquire: the places that were filled are full.
                end.seen = self.stored.0.load(Ordering::Acquire);
                if end.done == end.seen {
                    return None;
                }
            }
            Some(end.slot())
        });
        match slot {
            Some(slot) => Next::Value(Place { inside, done: &self.taken.0, capacity: self.capacity, slot }),
            None => Next::Empty,
        }
    }

    /// Whether there is room, as far as can be told without going in: `None` when the lane is closed.
    pub(super) fn has_room(&self) -> Option<bool> {
        let free = || self.stored.0.load(Ordering::Relaxed).wrapping_sub(self.taken.0.load(Ordering::Relaxed));
        self.gate.is_open().then(|| free() < self.capacity as u64)
    }

    /// Whether there is a value, likewise.
    pub(super) fn has_value(&self) -> Option<bool> {
        let there = || self.stored.0.load(Ordering::Relaxed) != self.taken.0.load(Ordering::Relaxed);
        self.gate.is_open().then(there)
    }

    /// Whether a sender was sent away only because another thread has this end.
    pub(super) fn sending_is_foreign(&self) -> bool {
        self.gate.is_open() && self.sending.is_foreign()
    }

    /// Whether a taker was sent away only because another thread has this end.
    pub(super) fn taking_is_foreign(&self) -> bool {
        self.gate.is_open() && self.taking.is_foreign()
    }

    /// Lets the ends in. Called under the record's lock, with the window laid out.
    pub(super) fn open(&self, log: &mut Machine) {
        let places = log.places().as_ptr();
        let (first, len) = (log.first_place(), log.len());
        let behind = first + len;
        let next = if behind >= self.capacity { behind - self.capacity } else { behind };
        let stored = len as u64;
        // SAFETY: the caller holds the lock and the gate is shut: it was never opened, or `close`
        // came after.
        unsafe {
            self.sending.with_end(|end| *end = End { places, at: next, done: stored, seen: 0, refused: 0 });
            self.taking.with_end(|end| *end = End { places, at: first, done: 0, seen: stored, refused: 0 });
        }
        // Published by the gate.
        self.stored.0.store(stored, Ordering::Relaxed);
        self.taken.0.store(0, Ordering::Relaxed);
        self.gate.open();
    }

    /// Keeps the ends out and counts what they have done; says how many values they moved. Called
    /// under the record's lock.
    pub(super) fn close(&self, log: &mut Machine) -> u64 {
        self.gate.shut(self.sending.is_owned() || self.taking.is_owned());
        self.sending.await_empty();
        self.taking.await_empty();
        // SAFETY: the gate was shut here, and the doors were found empty after.
        let (stored, refused, taken) = unsafe {
            let (stored, refused) = self.sending.with_end(|end| (end.done, end.refused));
            (stored, refused, self.taking.with_end(|end| end.done))
        };
        let sent = stored - log.len() as u64;
        log.catch_up_queue(sent, taken, refused);
        sent + taken
    }

    /// Gives the sending end to the calling thread. Called under the record's lock, after `close`.
    pub(super) fn adopt_sending(&self) {
        // SAFETY: the gate is shut and nobody is inside.
        unsafe { self.sending.adopt() }
    }

    /// Gives the taking end to the calling thread. Called under the record's lock, after `close`.
    pub(super) fn adopt_taking(&self) {
        // SAFETY: the gate is shut and nobody is inside.
        unsafe { self.taking.adopt() }
    }
}
