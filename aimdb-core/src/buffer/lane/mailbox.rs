//! The lane of a mailbox: three slots, of which one lies between the ends (the triple buffer).
//!
//! The putting end fills a slot of its own and exchanges it for the one in between; the taking end
//! exchanges an empty one of its own for a full one in between. Whoever gets a slot by an exchange is
//! alone with it. An empty slot in between is touched by the putting end only, which then needs no more
//! than a store.
#![allow(unsafe_code)]

use core::mem::{ManuallyDrop, needs_drop};

#[cfg(not(any(loom, shuttle)))]
use core::sync::atomic::{AtomicU64, Ordering};
#[cfg(loom)]
use loom::sync::atomic::{AtomicU64, Ordering};
#[cfg(all(shuttle, not(loom)))]
use shuttle::sync::atomic::{AtomicU64, Ordering};

use super::{InLane, LaneEnd, Machine, Stored, Taken};
use crate::buffer::{SlotCell, Slots};
use crate::pure::{Claim, Ends, Owned};
use crate::waiting::{Door, Inside, Key, Token, World, shut};

#[derive(Debug)]
pub(super) struct MailboxLane {
    putting: Door<End>,
    taking: Door<End>,
    between: Between,
}

/// What lies between the ends, on a cache line of its own.
#[derive(Debug)]
#[repr(align(128))]
struct Between(AtomicU64);

/// One of the three slots, whether a value lies in it, and above these the number of the value: that of
/// the first that came since the lane was opened is 1, or 2 if one was pending.
const SLOT: u64 = 3;
const FULL: u64 = 4;
const NUMBER: u32 = 3;

/// How often a taker tries to have a value before it has the putting end stand still.
const TRIES: u32 = if cfg!(any(loom, shuttle)) { 2 } else { 32 };

/// What an end works with.
#[derive(Debug, Default)]
struct End {
    /// The slots of the three; there is no fourth.
    slots: [u32; 4],
    /// Which of the three is its own, and empty; with the number of the value that it has put or taken
    /// last. In one word: processors write out about one store in a cycle.
    at: u64,
    /// Values that the taking end has taken since the lane was opened.
    taken: u64,
}

impl End {
    #[inline(always)]
    const fn slot(&self, at: u64) -> u32 {
        self.slots[(at & SLOT) as usize]
    }

    const fn number(&self) -> u64 {
        self.at >> NUMBER
    }
}

impl MailboxLane {
    pub(super) fn new() -> Self {
        Self {
            putting: Door::new(End::default()),
            taking: Door::new(End::default()),
            between: Between(AtomicU64::new(0)),
        }
    }

    /// Puts a value, if `inside` came in and `cell` finds the slots; `dispose` is given the one that it
    /// displaced, outside. Without one that is dropped.
    ///
    /// # Safety
    ///
    /// The caller does not use a value again that was stored.
    #[inline(always)]
    unsafe fn store<'a, T: 'a>(
        &self,
        inside: Option<Inside<'_, End>>,
        cell: impl Fn(u32) -> Option<&'a SlotCell<T>>,
        value: &ManuallyDrop<T>,
        dispose: Option<impl FnOnce(T)>,
    ) -> Stored {
        let Some(mut inside) = inside else { return Stored::NotHere };
        // What is displaced is left to lie where nobody does anything with it.
        let is_given = needs_drop::<T>() || dispose.is_some();
        let displaced = {
            #[allow(unused_mut, reason = "a model's end is more than a reference")]
            let mut end = inside.end();
            let slot = end.slot(end.at);
            // Acquire: if the slot in between is empty, it was emptied before this end fills it.
            let before = self.between.0.load(Ordering::Acquire);
            let Some(place) = cell(slot) else { return Stored::NotHere };
            let over = if is_given {
                let pending = end.slot(before);
                let Some(over) = cell(pending) else { return Stored::NotHere };
                Some((over, pending))
            } else {
                None
            };
            // SAFETY: by this function's contract. The slot is this end's: it came by an exchange, or with the
            // opening of the lane.
            unsafe { place.fill_from(&Claim(slot), value) };
            let full = (end.at | FULL) + (1 << NUMBER);
            if before & FULL == 0 {
                // Nobody else puts one there. Release: the taker sees the value.
                self.between.0.store(full, Ordering::Release);
                end.at = full & !(SLOT | FULL) | before & SLOT;
                return Stored::Done;
            }
            // Release: the taker sees the value. Acquire: the slot that comes back is empty; or it is full, and
            // then still the one that was there before, for nobody else fills one.
            let before = self.between.0.swap(full, Ordering::AcqRel);
            end.at = full & !(SLOT | FULL) | before & SLOT;
            over.filter(|_| before & FULL != 0).map(|(over, pending)| over.empty(&Owned(pending)))
        };
        drop(inside);
        match (displaced, dispose) {
            (Some(displaced), Some(dispose)) => dispose(displaced),
            (displaced, _) => drop(displaced),
        }
        Stored::Done
    }

    /// Puts a value as the owner of the putting end; `dispose` is given the one that it displaced.
    #[inline(always)]
    pub(super) fn put_as_owner<T>(
        &self,
        slots: &impl Slots<T>,
        token: &Token,
        value: T,
        dispose: impl FnOnce(T),
    ) -> InLane<T> {
        let inside = self.putting.enter_as_owner(token);
        // SAFETY: `of` uses no value that was stored.
        InLane::of(value, |value| unsafe { self.store(inside, |slot| slots.cell_at_once(slot), value, Some(dispose)) })
    }

    /// Puts a value with the key of the putting end. One that it displaced is dropped.
    ///
    /// # Safety
    ///
    /// As for [`Door::enter_with_key`]; the caller does not use a value again that was stored.
    #[inline(always)]
    pub(super) unsafe fn put_with_key<T>(
        &self,
        cells: &[SlotCell<T>],
        (world, key): (World, Key),
        value: &ManuallyDrop<T>,
    ) -> Stored {
        // SAFETY: by this function's contract.
        unsafe {
            let inside = self.putting.enter_with_key(world, key);
            self.store(inside, |slot| cells.get(slot as usize), value, None::<fn(T)>)
        }
    }

    /// Puts a value as the owner of the putting end, in the world in which it is. One that it displaced is dropped.
    ///
    /// # Safety
    ///
    /// The caller does not use a value again that was stored.
    #[inline(always)]
    pub(super) unsafe fn put_in<T>(
        &self,
        cells: &[SlotCell<T>],
        world: World,
        token: &Token,
        value: &ManuallyDrop<T>,
    ) -> Stored {
        let inside = self.putting.enter_in(world, token);
        // SAFETY: by this function's contract.
        unsafe { self.store(inside, |slot| cells.get(slot as usize), value, None::<fn(T)>) }
    }

    /// Puts a value; `dispose` is given the one that it displaced.
    pub(super) fn put<T>(&self, slots: &impl Slots<T>, token: &Token, value: T, dispose: impl FnOnce(T)) -> InLane<T> {
        let inside = self.putting.enter(token);
        // SAFETY: `of` uses no value that was stored.
        InLane::of(value, |value| unsafe { self.store(inside, |slot| Some(slots.cell(slot)), value, Some(dispose)) })
    }

    /// Takes the pending value, if `inside` came in and `cell` finds the slot, unless another is put over it
    /// each time.
    #[inline(always)]
    fn next<'a, T: 'a>(
        &self,
        inside: Option<Inside<'_, End>>,
        cell: impl Fn(u32) -> Option<&'a SlotCell<T>>,
        tries: u32,
    ) -> Taken<T> {
        let Some(mut inside) = inside else { return Taken::NotHere };
        #[allow(unused_mut, reason = "a model's end is more than a reference")]
        let mut end = inside.end();
        for _ in 0..tries {
            let before = self.between.0.load(Ordering::Relaxed);
            if before & FULL == 0 {
                return Taken::Empty;
            }
            let slot = end.slot(before);
            let Some(place) = cell(slot) else { return Taken::NotHere };
            // Acquire: the value is seen. Release: the slot that goes there was emptied before.
            let own = end.at & SLOT;
            if self.between.0.compare_exchange(before, own, Ordering::AcqRel, Ordering::Relaxed).is_ok() {
                end.at = before & !FULL;
                end.taken += 1;
                return Taken::Value(place.empty(&Owned(slot)));
            }
        }
        Taken::NotHere
    }

    /// Takes the pending value as the owner of the taking end.
    #[inline(always)]
    pub(super) fn take_as_owner<T>(&self, slots: &impl Slots<T>, token: &Token) -> Taken<T> {
        self.next(self.taking.enter_as_owner(token), |slot| slots.cell_at_once(slot), 1)
    }

    /// Takes the pending value with the key of the taking end.
    ///
    /// # Safety
    ///
    /// As for [`Door::enter_with_key`].
    #[inline(always)]
    pub(super) unsafe fn take_with_key<T>(&self, cells: &[SlotCell<T>], (world, key): (World, Key)) -> Taken<T> {
        // SAFETY: by this function's contract.
        self.next(unsafe { self.taking.enter_with_key(world, key) }, |slot| cells.get(slot as usize), 1)
    }

    /// Takes the pending value.
    pub(super) fn take<T>(&self, slots: &impl Slots<T>, token: &Token) -> Taken<T> {
        self.next(self.taking.enter(token), |slot| Some(slots.cell(slot)), TRIES)
    }

    /// How many values are pending, as far as can be told without going in.
    pub(super) fn unread(&self) -> Option<u64> {
        self.taking.is_open().then(|| u64::from(self.between.0.load(Ordering::Relaxed) & FULL != 0))
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

    /// Whether no holder will ever own this end.
    pub(super) fn is_common(&self, end: LaneEnd<'_>) -> bool {
        self.door(end).is_none_or(Door::is_common)
    }

    /// The key of the holder that owns this end.
    pub(super) fn key(&self, end: LaneEnd<'_>, token: &Token) -> Option<Key> {
        self.door(end)?.key(token)
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
        let slots = [log.places()[0].slot(), for_putting.0, for_taking.0, u32::MAX];
        let pending = log.len() as u64;
        // SAFETY: the caller holds the lock and the doors are shut: they were never opened, or `close`
        // came after.
        unsafe {
            self.putting.with_end(|end| *end = End { slots, at: pending << NUMBER | 1, taken: 0 });
            self.taking.with_end(|end| *end = End { slots, at: 2, taken: 0 });
        }
        // Published by the doors.
        let between = if pending > 0 { pending << NUMBER | FULL } else { 0 };
        self.between.0.store(between, Ordering::Relaxed);
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
        let between = self.between.0.load(Ordering::Relaxed);
        let pending = log.len() as u64;
        let came = put.number() - pending;
        let displaced = put.number() - taken.taken - u64::from(between & FULL != 0);
        log.catch_up_mailbox(
            put.slot(between),
            [put.slot(put.at), taken.slot(taken.at)].map(Claim),
            Ends { put: came, displaced, taken: taken.taken, last_taken: taken.number() },
        );
        debug_assert_eq!(between & FULL != 0, !log.is_empty(), "what came is here or went");
        came + taken.taken
    }
}
