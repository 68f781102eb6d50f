//! The lane of a queue: a ring of places with one end that fills and one that empties them.
//!
//! Each end publishes how many values it has passed, and keeps the last that it saw of the other's, at which it looks
//! only when that says full or empty (Lamport's queue, with the cached counters of FastForward and rtrb). What ends the
//! window and what the other end has left are one number, so that a value mostly costs one comparison, and one store
//! besides itself: processors write out about one in a cycle. What an end has seen it passes in pieces of some cache
//! lines, whose lines it has come together before it is at them: a processor looks no further ahead than a few calls,
//! and fetched from another core, one after the other, they take longer than all else. The ends stand behind [`Door`]s:
//! no value is on its way through the lane while somebody holds the record's lock.
#![allow(unsafe_code)]

mod end;
mod glimpse;

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::mem::{ManuallyDrop, MaybeUninit};

#[cfg(not(any(loom, shuttle)))]
use core::sync::atomic::Ordering;
#[cfg(loom)]
use loom::sync::atomic::Ordering;
#[cfg(all(shuttle, not(loom)))]
use shuttle::sync::atomic::Ordering;

use super::{AT_ONCE, InLane, LaneEnd, Machine, Stored, Taken};
use crate::buffer::{SlotCell, Slots};
use crate::pure::{Claim, Owned};
use crate::waiting::{Door, Inside, Key, Token, World, shut};
use end::{Count, End};

pub(super) use end::OwnCount;

#[derive(Debug)]
pub(super) struct QueueLane {
    sending: Door<End>,
    taking: Door<End>,
    /// How far the ends are: values passed, counted from the first place of the window as it was when the
    /// lane was opened.
    stored: Count,
    taken: Count,
}

impl QueueLane {
    pub(super) fn new() -> Self {
        Self {
            sending: Door::new(End::new()),
            taking: Door::new(End::new()),
            stored: Count::new(),
            taken: Count::new(),
        }
    }

    /// Stores a value, if `inside` came in and `cell` finds the slot. A refusal is counted if the sender
    /// would take it for one.
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
        counts: bool,
    ) -> Stored {
        let Some(mut inside) = inside else { return Stored::NotHere };
        let at = inside.end().at;
        if at == inside.end().until {
            let (piece, capacity) = (const { SlotCell::<T>::AHEAD as u64 }, inside.end().capacity);
            if !inside.end().look(at, &self.taken, capacity, piece) {
                return Self::refuse(inside, counts);
            }
            let there = inside.end().ahead(at, piece);
            if there > 1 {
                core::hint::cold_path();
                cell(inside.end().slot(at)).iter().for_each(|cell| cell.fetch::<true>(there));
            }
        }
        // SAFETY: by this function's contract.
        unsafe { self.put(inside, at, cell, value) }
    }

    #[inline(always)]
    fn refuse(mut inside: Inside<'_, End>, counts: bool) -> Stored {
        inside.end().refused += u64::from(counts);
        inside.come_out();
        Stored::Full
    }

    /// Puts a value into its place, which is empty.
    ///
    /// # Safety
    ///
    /// As for [`QueueLane::store`].
    #[inline(always)]
    unsafe fn put<'a, T: 'a>(
        &self,
        mut inside: Inside<'_, End>,
        at: u64,
        cell: impl FnOnce(u32) -> Option<&'a SlotCell<T>>,
        value: &ManuallyDrop<T>,
    ) -> Stored {
        #[allow(unused_mut, reason = "a model's end is more than a reference")]
        let mut end = inside.end();
        let slot = end.slot(at);
        let Some(cell) = cell(slot) else { return Stored::NotHere };
        // SAFETY: by this function's contract.
        unsafe { cell.fill_from(&Claim(slot), value) };
        end.at = at + 1;
        // Release: the taker sees what is in the slot.
        self.stored.0.store(at + 1, Ordering::Release);
        Stored::Done
    }

    /// Stores a value with the key of the sending end, if there is room as far as it has seen. Where it has to look how far
    /// it may go on, [`QueueLane::send_with_key`] stores it, or this says that there is none.
    ///
    /// # Safety
    ///
    /// As for [`Door::enter_with_key`]; the caller does not use a value again that was stored.
    #[inline(always)]
    pub(super) unsafe fn send_at_once<T>(
        &self,
        cells: &[SlotCell<T>],
        (world, key): (World, Key),
        value: &ManuallyDrop<T>,
        counts: bool,
    ) -> Stored {
        // SAFETY: by this function's contract.
        let Some(mut inside) = (unsafe { self.sending.enter_with_key(world, key) }) else { return Stored::NotHere };
        let at = inside.end().at;
        if at == inside.end().until {
            core::hint::cold_path();
            // Relaxed: nothing is filled here.
            if at < inside.end().seen || at != self.taken.0.load(Ordering::Relaxed) + inside.end().capacity {
                return Stored::NotHere;
            }
            return Self::refuse(inside, counts);
        }
        // SAFETY: by this function's contract.
        unsafe { self.put(inside, at, |slot| cells.get(slot as usize), value) }
    }

    /// Stores a value as the owner of the sending end.
    #[inline(always)]
    pub(super) fn send_as_owner<T>(&self, slots: &impl Slots<T>, token: &Token, value: T, counts: bool) -> InLane<T> {
        let inside = self.sending.enter_as_owner(token);
        // SAFETY: `of` uses no value that was stored.
        InLane::of(value, |value| unsafe { self.store(inside, |slot| slots.cell_at_once(slot), value, counts) })
    }

    /// Stores a value with the key of the sending end.
    ///
    /// # Safety
    ///
    /// As for [`Door::enter_with_key`]; the caller does not use a value again that was stored.
    #[inline(always)]
    pub(super) unsafe fn send_with_key<T>(
        &self,
        cells: &[SlotCell<T>],
        (world, key): (World, Key),
        value: &ManuallyDrop<T>,
        counts: bool,
    ) -> Stored {
        // SAFETY: by this function's contract.
        unsafe {
            let inside = self.sending.enter_with_key(world, key);
            self.store(inside, |slot| cells.get(slot as usize), value, counts)
        }
    }

    /// Stores a value as the owner of the sending end, in the world in which it is.
    ///
    /// # Safety
    ///
    /// The caller does not use a value again that was stored.
    #[inline(always)]
    pub(super) unsafe fn send_in<T>(
        &self,
        cells: &[SlotCell<T>],
        world: World,
        token: &Token,
        value: &ManuallyDrop<T>,
        counts: bool,
    ) -> Stored {
        let inside = self.sending.enter_in(world, token);
        // SAFETY: by this function's contract.
        unsafe { self.store(inside, |slot| cells.get(slot as usize), value, counts) }
    }

    /// Stores a value where the sending end is everybody's, in the world in which it was seen to be.
    ///
    /// # Safety
    ///
    /// The caller does not use a value again that was stored.
    #[inline(never)]
    pub(super) unsafe fn send_in_turn<T>(
        &self,
        cells: &[SlotCell<T>],
        world: World,
        value: &ManuallyDrop<T>,
        counts: bool,
    ) -> Stored {
        let inside = self.sending.enter_in_turn(world);
        // SAFETY: by this function's contract.
        unsafe { self.store(inside, |slot| cells.get(slot as usize), value, counts) }
    }

    /// Stores a value.
    pub(super) fn send<T>(&self, slots: &impl Slots<T>, token: &Token, value: T, counts: bool) -> InLane<T> {
        let inside = self.sending.enter(token);
        // SAFETY: `of` uses no value that was stored.
        InLane::of(value, |value| unsafe { self.store(inside, |slot| Some(slots.cell(slot)), value, counts) })
    }

    /// Stores values from the front, as many as there is room for but no more than a door should be kept
    /// for, publishes them together and says how many.
    pub(super) fn send_many<T>(&self, slots: &impl Slots<T>, token: &Token, values: &mut VecDeque<T>) -> usize {
        let Some(mut inside) = self.sending.enter(token) else { return 0 };
        #[allow(unused_mut, reason = "a model's end is more than a reference")]
        let mut end = inside.end();
        let at = end.at;
        let most = values.len().min(AT_ONCE) as u64;
        if end.seen.saturating_sub(at) < most {
            // Acquire: the places that were emptied are empty.
            end.seen = self.taken.0.load(Ordering::Acquire) + end.capacity;
        }
        let sent = end.seen.saturating_sub(at).min(most);
        let (mut next, before) = (at, at + sent);
        let (first, mut values) = (slots.first(), values.drain(..sent as usize));
        // Two turns at most, for no more than the capacity.
        while next < before {
            let places = end.places(next, before);
            next += places.len() as u64;
            for (place, value) in places.iter().zip(&mut values) {
                let slot = place.slot();
                slots.cell_by(first, slot).fill(&Claim(slot), value);
            }
        }
        // Where the piece ends is seen at the next value.
        (end.at, end.until, end.piece_end) = (at + sent, at + sent, at + sent);
        // Release: the taker sees what is in the slots.
        self.stored.0.store(at + sent, Ordering::Release);
        sent as usize
    }

    /// Appends the next values, up to `max`, without letting `values` grow, and says how many.
    pub(super) fn take_many<T>(&self, slots: &impl Slots<T>, token: &Token, values: &mut Vec<T>, max: usize) -> usize {
        let Some(mut inside) = self.taking.enter(token) else { return 0 };
        #[allow(unused_mut, reason = "a model's end is more than a reference")]
        let mut end = inside.end();
        let max = max.min(values.capacity() - values.len()).min(AT_ONCE) as u64;
        let at = end.at;
        if end.seen.saturating_sub(at) < max {
            // Acquire: the places that were filled are full.
            end.seen = self.stored.0.load(Ordering::Acquire);
        }
        let taken = end.seen.saturating_sub(at).min(max);
        let (mut next, before, first) = (at, at + taken, slots.first());
        while next < before {
            let places = end.places(next, before);
            next += places.len() as u64;
            let taken = places.iter().map(|place| slots.cell_by(first, place.slot()).empty(&Owned(place.slot())));
            values.extend(taken);
        }
        (end.at, end.until, end.piece_end) = (at + taken, at + taken, at + taken);
        // Release: the slots were emptied before the sender fills them.
        self.taken.0.store(at + taken, Ordering::Release);
        taken as usize
    }

    /// Takes the next value, if `inside` came in and `cell` finds the slot; `empty` says what comes of it.
    #[inline(always)]
    fn next<'a, T: 'a, R>(
        &self,
        inside: Option<Inside<'_, End>>,
        cell: impl FnOnce(u32) -> Option<&'a SlotCell<T>>,
        empty: impl FnOnce(&SlotCell<T>, &Owned) -> R,
    ) -> Taken<R> {
        let Some(mut inside) = inside else { return Taken::NotHere };
        #[allow(unused_mut, reason = "a model's end is more than a reference")]
        let mut end = inside.end();
        let at = end.at;
        let mut there = 0;
        if at == end.until {
            let piece = const { SlotCell::<T>::AHEAD as u64 };
            if !end.look(at, &self.stored, 0, piece) {
                return Taken::Empty;
            }
            there = end.until - at;
            if there > 1 {
                there = end.ahead(at, piece);
            }
        }
        let slot = end.slot(at);
        let Some(cell) = cell(slot) else { return Taken::NotHere };
        if there > 1 {
            core::hint::cold_path();
            cell.fetch::<false>(there);
        }
        let value = empty(cell, &Owned(slot));
        end.at = at + 1;
        // Release: the slot was emptied before the sender fills it.
        self.taken.0.store(at + 1, Ordering::Release);
        Taken::Value(value)
    }

    /// Takes the next value with the key of the taking end.
    ///
    /// # Safety
    ///
    /// As for [`Door::enter_with_key`].
    #[inline(always)]
    pub(super) unsafe fn take_with_key<T>(&self, cells: &[SlotCell<T>], (world, key): (World, Key)) -> Taken<T> {
        // SAFETY: by this function's contract.
        self.next(unsafe { self.taking.enter_with_key(world, key) }, |slot| cells.get(slot as usize), SlotCell::empty)
    }

    /// # Safety
    ///
    /// As for [`QueueLane::take_with_key`], which does the same, and has no room for the value.
    #[inline(always)]
    pub(super) unsafe fn take_to<T>(
        &self,
        cells: &[SlotCell<T>],
        (world, key): (World, Key),
        room: &mut MaybeUninit<T>,
    ) -> Taken<()> {
        // SAFETY: by this function's contract.
        let inside = unsafe { self.taking.enter_with_key(world, key) };
        self.next(inside, |slot| cells.get(slot as usize), |cell, owned| _ = room.write(cell.empty(owned)))
    }

    /// Takes the next value.
    pub(super) fn take<T>(&self, slots: &impl Slots<T>, token: &Token) -> Taken<T> {
        self.next(self.taking.enter(token), |slot| Some(slots.cell(slot)), SlotCell::empty)
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
            LaneEnd::Sending => Some(&self.sending),
            LaneEnd::Taking(_) => Some(&self.taking),
            LaneEnd::Peeking => None,
        }
    }

    /// Lets the ends in. Called under the record's lock, with the window laid out.
    pub(super) fn open(&self, log: &mut Machine) {
        let first = log.first_place() as u64;
        let next = first + log.len() as u64;
        // SAFETY: the caller holds the lock and the doors are shut: they were never opened, or `close`
        // came after.
        unsafe {
            self.sending.with_end(|end| *end = End::at(log, next, first + log.capacity() as u64));
            self.taking.with_end(|end| *end = End::at(log, first, next));
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
        let first = log.first_place() as u64;
        let taken = self.taken.0.load(Ordering::Relaxed) - first;
        let sent = self.stored.0.load(Ordering::Relaxed) - first - log.len() as u64;
        log.catch_up_queue(sent, taken, refused);
        sent + taken
    }
}
