//! The lane of a mailbox: three slots, of which one lies between the ends (the triple buffer).
//!
//! The putting end fills a slot of its own and exchanges it for the one in between; the taking end
//! exchanges an empty one of its own for a full one in between. Whoever gets a slot by an exchange is
//! alone with it.
#![allow(unsafe_code)]

#[cfg(not(any(loom, shuttle)))]
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};
#[cfg(loom)]
use loom::sync::atomic::{AtomicU32, AtomicU64, Ordering};
#[cfg(all(shuttle, not(loom)))]
use shuttle::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::{InLane, LaneEnd, Machine, Taken};
use crate::buffer::Slots;
use crate::pure::{Claim, Ends, Owned};
use crate::waiting::{Door, Token, shut};

#[derive(Debug)]
pub(super) struct MailboxLane {
    putting: Door<End>,
    taking: Door<End>,
    between: Between,
}

/// What lies between the ends, on a cache line of its own.
#[derive(Debug)]
#[repr(align(128))]
struct Between {
    /// Which of the three, and whether a value lies in it.
    which: AtomicU32,
    /// The numbers of the values in each of the three. Written by whoever has it.
    numbers: [AtomicU64; 3],
}

const FULL: u32 = 1 << 31;

/// What an end works with.
#[derive(Debug, Default)]
struct End {
    /// The slots of the three.
    slots: [u32; 3],
    /// Which of the three is its own, and empty.
    own: u32,
    /// Values that it has put or taken, and displaced, since the lane was opened.
    moved: u64,
    displaced: u64,
    /// The number of the value that it has put or taken last; one that was pending when the lane was
    /// opened has the number 1.
    last: u64,
}

impl End {
    const fn slot(&self) -> u32 {
        self.slots[self.own as usize]
    }
}

impl MailboxLane {
    pub(super) fn new() -> Self {
        Self {
            putting: Door::new(End::default()),
            taking: Door::new(End::default()),
            between: Between {
                which: AtomicU32::new(0),
                numbers: [AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0)],
            },
        }
    }

    /// Puts a value; `dispose` is given the one that it displaced.
    #[inline(never)]
    pub(super) fn put<T>(&self, slots: &impl Slots<T>, token: &Token, value: T, dispose: impl FnOnce(T)) -> InLane<T> {
        let Some(mut inside) = self.putting.enter(token) else { return InLane::NotHere(value) };
        #[allow(unused_mut, reason = "a model's end is more than a reference")]
        let mut end = inside.end();
        // The slot is this end's: it came by an exchange, or with the opening of the lane.
        let slot = end.slot();
        slots.cell(slot).fill(&Claim(slot), value);
        end.last += 1;
        self.between.numbers[end.own as usize].store(end.last, Ordering::Relaxed);
        // Release: the taker sees the value and its number. Acquire: the slot that comes back is
        // empty, or holds the value that the last exchange put there.
        let before = self.between.which.swap(end.own | FULL, Ordering::AcqRel);
        end.own = before & !FULL;
        end.moved += 1;
        if before & FULL == 0 {
            return InLane::Done;
        }
        end.displaced += 1;
        let slot = end.slot();
        let displaced = slots.cell(slot).empty(&Owned(slot));
        // Out first: what is done with a value may be any code.
        #[cfg(loom)]
        drop(end);
        drop(inside);
        dispose(displaced);
        InLane::Done
    }

    /// Takes the pending value.
    #[inline(never)]
    pub(super) fn take<T>(&self, slots: &impl Slots<T>, token: &Token) -> Taken<T> {
        let Some(mut inside) = self.taking.enter(token) else { return Taken::NotHere };
        #[allow(unused_mut, reason = "a model's end is more than a reference")]
        let mut end = inside.end();
        if self.between.which.load(Ordering::Relaxed) & FULL == 0 {
            return Taken::Empty;
        }
        // Only this end empties the slot in between, so it is still full. Acquire: the value is
        // seen. Release: the slot that goes there was emptied before.
        end.own = self.between.which.swap(end.own, Ordering::AcqRel) & !FULL;
        end.last = self.between.numbers[end.own as usize].load(Ordering::Relaxed);
        end.moved += 1;
        let slot = end.slot();
        Taken::Value(slots.cell(slot).empty(&Owned(slot)))
    }

    /// Whether a value is pending, as far as can be told without going in.
    pub(super) fn has_value(&self) -> Option<bool> {
        self.taking.is_open().then(|| self.between.which.load(Ordering::Relaxed) & FULL != 0)
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
            LaneEnd::Sending => Some(&self.putting),
            LaneEnd::Taking(_) => Some(&self.taking),
            LaneEnd::Peeking => None,
        }
    }

    /// Lets the ends in, if there is a slot for each. Called under the record's lock, with the window
    /// laid out.
    pub(super) fn open(&self, log: &mut Machine) -> bool {
        let Some([for_putting, for_taking]) = log.leave_mailbox() else { return false };
        let slots = [log.places()[0].slot(), for_putting.0, for_taking.0];
        let pending = log.len() as u64;
        // SAFETY: the caller holds the lock and the doors are shut: they were never opened, or `close`
        // came after.
        unsafe {
            self.putting.with_end(|end| *end = End { slots, own: 1, last: pending, ..End::default() });
            self.taking.with_end(|end| *end = End { slots, own: 2, ..End::default() });
        }
        // Published by the doors.
        self.between.numbers[0].store(pending, Ordering::Relaxed);
        self.between.which.store(if pending > 0 { FULL } else { 0 }, Ordering::Relaxed);
        self.putting.open();
        self.taking.open();
        true
    }

    /// Keeps the ends out and counts what they have done; says how many values they moved. Called
    /// under the record's lock.
    pub(super) fn close(&self, log: &mut Machine) -> u64 {
        shut([&self.putting, &self.taking].into_iter());
        // SAFETY: the doors were shut here, and found empty after.
        let [put, taken] = unsafe { [&self.putting, &self.taking].map(|door| door.with_end(core::mem::take)) };
        let which = self.between.which.load(Ordering::Relaxed);
        log.catch_up_mailbox(
            put.slots[(which & !FULL) as usize],
            [put.slot(), taken.slot()].map(Claim),
            Ends { put: put.moved, displaced: put.displaced, taken: taken.moved, last_taken: taken.last },
        );
        debug_assert_eq!(which & FULL != 0, !log.is_empty(), "what came is here or went");
        put.moved + taken.moved
    }
}
