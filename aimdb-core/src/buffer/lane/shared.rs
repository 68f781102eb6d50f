//! The lane of values that are shared: a ring, or the latest value, of what must be cloned to be read.
//!
//! One end writes, over the oldest value. Each cursor has a door of its own; inside it finds its next
//! value and pins it, and comes out to clone it, for no code of the user's runs where others may have to
//! wait for it: see `looks`. A writer that comes to a place whose value is being cloned leaves that value,
//! and its slot, to those who clone it and goes on with a spare slot. Without one, or where many pin at
//! once, it is the shell's.
#![allow(unsafe_code)]

use core::sync::atomic::Ordering::{self, Relaxed};
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize};

#[cfg(not(any(loom, shuttle)))]
use core::sync::atomic::AtomicU64;
#[cfg(loom)]
use loom::sync::atomic::AtomicU64;
#[cfg(all(shuttle, not(loom)))]
use shuttle::sync::atomic::AtomicU64;

use super::ends::{CursorEnd, CursorEnds, End};
use super::looks::{Look, Looks, Pinning};
use super::places::Places;
use super::{InLane, LaneEnd, Machine, Taken};
use crate::buffer::Slots;
use crate::pure::{Claim, Kind, Owned, Pinned, TableFull};
use crate::waiting::{Door, Token, shut};

/// How often a reader tries to pin a value before it has the writer stand still.
const TRIES: u32 = if cfg!(any(loom, shuttle)) { 2 } else { 64 };

/// Slots that the lane has besides those of the places: as many values can be overwritten while they
/// are being cloned before the writer needs the lock.
pub(in crate::buffer) const SPARES: usize = if cfg!(loom) { 1 } else { 4 };

const NONE: u32 = u32::MAX;

#[derive(Debug)]
pub(in crate::buffer) struct SharedLane {
    writing: Door<End>,
    peeking: Door<End>,
    newest: Newest,
    looks: Looks,
    /// Whether slots came that have no words yet; a hint.
    lacks_words: AtomicBool,
    places: Places,
    capacity: usize,
    tells_lag: bool,
    peeks: bool,
}

/// The number behind the newest value, on a cache line that the writer writes for each value; beside it,
/// what only the writer uses.
#[derive(Debug)]
#[repr(align(128))]
struct Newest {
    number: AtomicU64,
    spares: Spares,
}

/// The slots beside those of the places: vacant, or with a value that somebody still clones. They belong
/// to whoever is inside the writing door, or has shut it; so a model checker need not know them.
#[derive(Debug)]
struct Spares {
    slots: [AtomicU32; SPARES],
    /// One of them that is vacant, or as many as there are.
    vacant: AtomicUsize,
}

impl Spares {
    fn new() -> Self {
        Self { slots: core::array::from_fn(|_| AtomicU32::new(NONE)), vacant: AtomicUsize::new(SPARES) }
    }

    /// Where a vacant one is. Only the writer fills one, so it stays vacant.
    #[inline]
    fn find_vacant(&self, looks: &Looks) -> Option<usize> {
        let vacant = self.vacant.load(Relaxed);
        if vacant == SPARES { self.look_for_vacant(looks) } else { Some(vacant) }
    }

    #[cold]
    fn look_for_vacant(&self, looks: &Looks) -> Option<usize> {
        let is_vacant = |slot: u32| slot != NONE && looks.of(slot).is_vacant();
        let vacant = self.slots.iter().position(|slot| is_vacant(slot.load(Relaxed)))?;
        self.vacant.store(vacant, Relaxed);
        Some(vacant)
    }

    /// Takes the vacant slot, and leaves one there whose value somebody still clones.
    #[cold]
    fn exchange(&self, vacant: usize, slot: u32) -> u32 {
        let spare = self.slots[vacant].load(Relaxed);
        self.slots[vacant].store(slot, Relaxed);
        self.vacant.store(SPARES, Relaxed);
        spare
    }
}

impl SharedLane {
    /// A lane of a record with so many slots.
    pub(super) fn new(kind: Kind, capacity: usize, slots: usize) -> Result<Self, TableFull> {
        Ok(Self {
            writing: Door::new(End::new()),
            peeking: Door::new(End::new()),
            newest: Newest { number: AtomicU64::new(0), spares: Spares::new() },
            looks: Looks::new(slots)?,
            lacks_words: AtomicBool::new(false),
            places: Places::new(capacity)?,
            capacity,
            tells_lag: kind.tells_lag(),
            peeks: kind.peeks(),
        })
    }

    /// The words of the slots.
    #[inline]
    pub(super) const fn looks(&self) -> &Looks {
        &self.looks
    }

    /// Whether it stays closed because slots came that have no words yet.
    pub(super) fn lacks_words(&self) -> bool {
        self.lacks_words.load(Relaxed)
    }

    /// How many words it lacks. Called under the record's lock.
    pub(super) fn lacking_words(&self, log: &Machine) -> usize {
        log.slots().saturating_sub(self.looks.len())
    }

    /// Takes words into use, if they are still lacking. Called under the record's lock.
    pub(super) fn add_words(&self, log: &Machine, more: Looks) -> Option<Looks> {
        if self.lacking_words(log) == 0 {
            return Some(more);
        }
        self.lacks_words.store(false, Relaxed);
        self.looks.install(more);
        None
    }

    /// Publishes a value, over the oldest one if the window is full; `dispose` is given that one, outside
    /// the door, unless somebody is cloning it.
    #[inline]
    pub(super) fn publish<T>(
        &self,
        slots: &impl Slots<T>,
        token: &Token,
        value: T,
        dispose: impl FnOnce(T),
    ) -> InLane<T> {
        let written = match self.writing.enter(token) {
            Some(mut inside) => self.write(slots, &mut *inside.end(), value),
            None => Err(value),
        };
        match written {
            Ok(None) => InLane::Done,
            Ok(Some(over)) => {
                dispose(over);
                InLane::Done
            }
            Err(value) => InLane::NotHere(value),
        }
    }

    #[inline]
    fn write<T>(&self, slots: &impl Slots<T>, end: &mut End, value: T) -> Result<Option<T>, T> {
        let (at, number) = (end.at, self.newest.number.load(Relaxed));
        let mut slot = self.places.slot(at);
        let (mut cell, mut look) = (slots.cell(slot), self.looks.of(slot));
        let mut over = None;
        let before = number.wrapping_sub(self.capacity as u64);
        if before.wrapping_sub(end.oldest) as i64 >= 0 {
            match self.displace(slot, look, before) {
                Displaced::Alone => over = Some(cell.empty(&Owned(slot))),
                Displaced::Seen(spare) => {
                    self.places.put(at, spare);
                    slot = spare;
                    (cell, look) = (slots.cell(slot), self.looks.of(slot));
                }
                Displaced::NotHere => return Err(value),
            }
        }
        // The slot is this end's: nobody else looks at it, or will, until it is published.
        cell.fill(&Claim(slot), value);
        look.publish(number);
        end.go_on(at, self.capacity);
        self.newest.number.store(number.wrapping_add(1), Ordering::Release);
        Ok(over)
    }

    /// Takes the place of the value with this number, which lies in `slot`.
    #[inline]
    fn displace(&self, slot: u32, look: &Look, number: u64) -> Displaced {
        let Some(vacant) = self.newest.spares.find_vacant(&self.looks) else {
            let is_alone = look.displace_unseen(number);
            return if is_alone { Displaced::Alone } else { Displaced::NotHere };
        };
        if look.displace() {
            return Displaced::Alone;
        }
        Displaced::Seen(self.newest.spares.exchange(vacant, slot))
    }

    /// The cursor's next value, pinned.
    #[inline]
    pub(super) fn read(&self, cursor: &CursorEnd, token: &Token) -> Taken<Pinned> {
        let Some(mut inside) = cursor.door.enter(token) else { return Taken::NotHere };
        #[allow(unused_mut, reason = "a model's end is more than a reference")]
        let mut end = inside.end();
        self.read_at(&mut *end, cursor)
    }

    fn read_at(&self, end: &mut End, cursor: &CursorEnd) -> Taken<Pinned> {
        for _ in 0..TRIES {
            let (at, number) = (end.at, cursor.next.load(Relaxed));
            let slot = self.places.slot(at);
            match self.looks.of(slot).pin(number) {
                Pinning::Pinned => {
                    end.go_on(at, self.capacity);
                    cursor.next.store(number.wrapping_add(1), Relaxed);
                    return Taken::Value(Pinned(slot));
                }
                Pinning::Busy => {
                    core::hint::spin_loop();
                    continue;
                }
                Pinning::NotThere => {}
            }
            // Acquire: where the value lies, if it has come, is seen.
            let newest = self.newest.number.load(Ordering::Acquire);
            if newest.wrapping_sub(number) as i64 <= 0 {
                return Taken::Empty;
            }
            let behind = |oldest: u64| oldest.wrapping_sub(number) as i64;
            let lost = behind(newest.wrapping_sub(self.capacity as u64)).max(behind(end.oldest));
            if lost > 0 {
                end.lagged += lost as u64;
                let oldest = number.wrapping_add(lost as u64);
                end.jump(oldest, self.capacity);
                cursor.next.store(oldest, Relaxed);
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

    /// The newest value, pinned: `Empty` if there is none.
    #[inline]
    pub(super) fn peek(&self, token: &Token) -> Taken<Pinned> {
        if !self.peeks {
            return Taken::Empty;
        }
        let Some(mut inside) = self.peeking.enter(token) else { return Taken::NotHere };
        #[allow(unused_mut, reason = "a model's end is more than a reference")]
        let mut end = inside.end();
        for _ in 0..TRIES {
            let newest = self.newest.number.load(Ordering::Acquire);
            // The first value that comes may be there, and read, before its number is told.
            let none_yet = newest == end.oldest;
            let number = if none_yet { newest } else { newest.wrapping_sub(1) };
            end.jump(number, self.capacity);
            let slot = self.places.slot(end.at);
            if self.looks.of(slot).pin(number) == Pinning::Pinned {
                return Taken::Value(Pinned(slot));
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
        let there = || self.newest.number.load(Relaxed) != cursor.next.load(Relaxed);
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

    /// Whether the ends could go on alone: also, nobody who has the machine's word for it looks at a
    /// value that the writing end would move away.
    pub(super) fn may_open(&self, log: &Machine, cursors: &CursorEnds) -> bool {
        let lacks_words = self.lacking_words(log) > 0;
        if lacks_words {
            self.lacks_words.store(true, Relaxed);
        }
        !lacks_words && !log.is_closed() && !log.is_looked_at() && cursors.are_for_all(log)
    }

    /// Says of each value of the window that it is there, from `stamped` on. At those from before,
    /// somebody may be looking.
    fn stamp(&self, log: &Machine, stamped: u64) {
        let first = log.next_number().wrapping_sub(log.len() as u64);
        let behind = stamped.wrapping_sub(first) as i64;
        for offset in behind.max(0) as usize..log.len() {
            let at = log.first_place() + offset;
            let at = if at >= self.capacity { at - self.capacity } else { at };
            self.looks.of(log.places()[at].slot()).set(Some(first.wrapping_add(offset as u64)));
        }
    }

    /// Lets the ends in. Called under the record's lock, with the window laid out.
    pub(super) fn open(&self, log: &mut Machine, cursors: &CursorEnds, stamped: u64) {
        self.stamp(log, stamped);
        self.places.lay_open(log);
        for spare in &self.newest.spares.slots {
            let slot = log.claim_spare().map_or(NONE, |Claim(slot)| slot);
            if slot != NONE {
                self.looks.of(slot).set(None);
            }
            spare.store(slot, Relaxed);
        }
        self.newest.spares.vacant.store(SPARES, Relaxed);
        let next = log.next_number();
        // SAFETY: the caller holds the lock and the doors are shut: they were never opened, or `close`
        // came after.
        unsafe {
            self.writing.with_end(|end| *end = End::at(log, next));
            self.peeking.with_end(|end| *end = End::at(log, next));
            cursors.begin(log);
        }
        // Published by the doors.
        self.newest.number.store(next, Relaxed);
        self.doors(log, cursors).for_each(Door::open);
    }

    /// Keeps the ends out and counts what they have done; says how many values they moved. Called
    /// under the record's lock. Those who are cloning go on.
    pub(super) fn close(&self, log: &mut Machine, cursors: &CursorEnds) -> u64 {
        shut(self.doors(log, cursors));
        let published = self.newest.number.load(Relaxed).wrapping_sub(log.next_number());
        self.places.take_back(log);
        for slot in self.newest.spares.slots.iter().map(|slot| slot.load(Relaxed)).filter(|&slot| slot != NONE) {
            if self.looks.of(slot).leave() {
                log.release(slot);
            }
        }
        log.catch_up_ring(published);
        // SAFETY: the doors were shut here, and found empty after.
        published + unsafe { cursors.catch_up(log) }
    }
}

/// What became of the value that the next one displaces.
enum Displaced {
    /// It is the writer's.
    Alone,
    /// It is theirs who look at it, with its slot; this one takes its place.
    Seen(u32),
    /// Somebody looks, and there is no spare slot.
    NotHere,
}
