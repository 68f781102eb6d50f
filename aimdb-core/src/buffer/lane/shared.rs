//! The lane of values that are shared: a ring, or the latest value, of what must be cloned to be read.
//!
//! One end writes, over the oldest value. Each cursor has a door of its own; inside it finds its next
//! value and pins it, and comes out to clone it, for no code of the user's runs where others may have to
//! wait for it: see `looks`. A writer that comes to a place whose value is being cloned leaves that value,
//! and its slot, to those who clone it and goes on with a spare slot. Without one, or where many pin at
//! once, it is the shell's. Who has not looked for a while may not, until it comes again: see `quiet`.
#![allow(unsafe_code)]

mod looks;
mod newest;
mod overwrite;
mod places;
mod quiet;
mod spares;

use alloc::boxed::Box;
use core::sync::atomic::AtomicBool;
use core::sync::atomic::Ordering::{self, Relaxed};

#[cfg(not(any(loom, shuttle)))]
use core::sync::atomic::AtomicU64;
#[cfg(loom)]
use loom::sync::atomic::AtomicU64;
#[cfg(all(shuttle, not(loom)))]
use shuttle::sync::atomic::AtomicU64;

use super::ends::{CURSORS, CursorEnd, CursorEnds, End, Gates};
use super::stamp::Since;
use super::{LaneEnd, Machine, Taken};
use crate::pure::{Claim, Kind, Pinned, TableFull};
use crate::waiting::{Door, Inside, Key, Token, World, boxed, shut};
use places::Places;
use quiet::Quiet;
use spares::{NONE, Spares};

#[allow(unreachable_pub, reason = "a model looks at the words alone")]
pub use looks::{LastLook, Look, Looks, Pinning};
pub(in crate::buffer) use spares::SPARES;

/// How often a reader tries to pin a value before it has the writer stand still.
const TRIES: u32 = if cfg!(any(loom, shuttle)) { 2 } else { 64 };

#[derive(Debug)]
pub(in crate::buffer) struct SharedLane {
    writing: Door<End>,
    peeking: Door<End>,
    newest: Newest,
    looks: Looks,
    quiet: Quiet,
    /// The cursors that may look.
    looking: Box<[Gates; 1]>,
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

impl SharedLane {
    /// A lane of a record with so many slots.
    pub(super) fn new(kind: Kind, capacity: usize, slots: usize) -> Result<Self, TableFull> {
        Ok(Self {
            writing: Door::new(End::new()),
            peeking: Door::new(End::new()),
            newest: Newest { number: AtomicU64::new(0), spares: Spares::new() },
            looks: Looks::new(slots)?,
            quiet: Quiet::new(),
            looking: boxed(Gates::new()).ok_or(TableFull)?,
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

    /// The cursor's next value, if it is there and the owner of the cursor's end comes. Anything else,
    /// [`SharedLane::read`] says. A call: a clone is one anyway.
    #[inline(never)]
    pub(super) fn take_as_owner<T>(
        &self,
        cursor: &CursorEnd,
        token: &Token,
        clone: impl FnOnce(Seen<'_>) -> Option<T>,
    ) -> Taken<T> {
        self.read_at_once(cursor, cursor.door.enter_as_owner(token))
            .and_then(clone)
            .map_or(Taken::NotHere, Taken::Value)
    }

    /// The same with the key of the cursor's end.
    ///
    /// # Safety
    ///
    /// As for [`Door::enter_with_key`].
    #[inline(never)]
    pub(super) unsafe fn read_with_key<T>(
        &self,
        cursor: &CursorEnd,
        world: World,
        key: Key,
        clone: impl FnOnce(Seen<'_>) -> Option<T>,
    ) -> Taken<T> {
        // SAFETY: by this function's contract.
        let inside = unsafe { cursor.door.enter_with_key(world, key) };
        self.read_at_once(cursor, inside).and_then(clone).map_or(Taken::NotHere, Taken::Value)
    }

    #[inline(always)]
    fn read_at_once(&self, cursor: &CursorEnd, inside: Option<Inside<'_, End>>) -> Option<Seen<'_>> {
        let mut inside = inside?;
        if !cursor.may_look.load(Relaxed) {
            return None;
        }
        #[allow(unused_mut, reason = "a model's end is more than a reference")]
        let mut end = inside.end();
        let (at, number) = (end.at, cursor.next.load(Relaxed));
        let slot = self.places.slot(at);
        let look = self.looks.of(slot);
        if self.peeks {
            let Since::Value(found, ()) = look.pin_since(number) else { return None };
            self.come_past(&mut *end, cursor, number, found);
        } else {
            if look.pin(number) != Pinning::Pinned {
                return None;
            }
            end.go_on(at, self.capacity);
            cursor.pass(number.wrapping_add(1));
        }
        Some(Seen { pinned: Pinned(slot), look })
    }

    /// A cursor that came to `number` at the one place of a latest value has found this one.
    #[inline(always)]
    fn come_past(&self, end: &mut End, cursor: &CursorEnd, number: u64, found: u64) {
        self.quiet.note_look();
        end.lagged += found.wrapping_sub(number);
        cursor.pass(found.wrapping_add(1));
    }

    /// The cursor's next value, pinned.
    pub(super) fn read(&self, cursor: &CursorEnd, token: &Token) -> Taken<Seen<'_>> {
        let Some(mut inside) = cursor.door.enter(token) else { return Taken::NotHere };
        #[allow(unused_mut, reason = "a model's end is more than a reference")]
        let mut end = inside.end();
        if !cursor.may_look.load(Relaxed) {
            // Acquire: as below.
            let nothing = self.newest.number.load(Ordering::Acquire) == cursor.next.load(Relaxed);
            return if nothing { Taken::Empty } else { Taken::NotHere };
        }
        self.read_at(&mut *end, cursor)
    }

    fn read_at(&self, end: &mut End, cursor: &CursorEnd) -> Taken<Seen<'_>> {
        for _ in 0..TRIES {
            let (at, number) = (end.at, cursor.next.load(Relaxed));
            let slot = self.places.slot(at);
            let look = self.looks.of(slot);
            if self.peeks {
                // The word says the number of what is there: the newest number would be one more line of the writer's,
                // and be another before the value was found.
                match look.pin_since(number) {
                    Since::Value(found, ()) => {
                        self.come_past(end, cursor, number, found);
                        return Taken::Value(Seen { pinned: Pinned(slot), look });
                    }
                    Since::Nothing => return Taken::Empty,
                    // Others pin it or let it go at this moment. Its number may not be shown yet.
                    Since::Busy if look.is_since(number) => {
                        core::hint::spin_loop();
                        continue;
                    }
                    Since::Busy => {}
                }
            } else {
                match look.pin(number) {
                    Pinning::Pinned => {
                        end.go_on(at, self.capacity);
                        cursor.pass(number.wrapping_add(1));
                        return Taken::Value(Seen { pinned: Pinned(slot), look });
                    }
                    Pinning::Busy => {
                        core::hint::spin_loop();
                        continue;
                    }
                    Pinning::NotThere => {}
                }
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
                cursor.pass(oldest);
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

    /// Where any end may look at the newest, the writer cannot tell from how far they have come.
    #[inline(always)]
    fn note_look(&self) {
        if self.peeks {
            self.quiet.note_look();
        }
    }

    /// How many values there are to read, or to be told of, as far as can be told without going in.
    pub(super) fn unread(&self, cursor: &CursorEnd) -> Option<u64> {
        let there = || self.newest.number.load(Relaxed).wrapping_sub(cursor.next.load(Relaxed));
        cursor.door.is_open().then(there)
    }

    /// Whether a holder was sent away only because another has this end, or because it may not look, or the
    /// lane should be quiet.
    pub(super) fn is_foreign(&self, end: LaneEnd<'_>, token: &Token) -> bool {
        self.door(end).is_some_and(|door| self.should_turn(end) || door.is_foreign(token))
    }

    fn should_turn(&self, end: LaneEnd<'_>) -> bool {
        match end {
            LaneEnd::Sending => self.quiet.is_wanted(),
            LaneEnd::Taking(cursor) => cursor.is_some_and(|cursor| !cursor.may_look.load(Relaxed)),
            LaneEnd::Peeking => self.quiet.is_on(),
        }
    }

    /// Gives an end to this holder, and says who may look as the holder needs it. Called under the record's
    /// lock, after `close`, which `log` knows of.
    pub(super) fn adopt(&self, log: &Machine, cursors: &CursorEnds, end: LaneEnd<'_>, token: &Token) {
        let Some(door) = self.door(end) else { return };
        // SAFETY: the doors are shut and nobody is inside.
        unsafe { door.adopt(token) }
        match (self.should_turn(end), end) {
            (true, LaneEnd::Sending) => {
                let oldest = log.next_number().wrapping_sub(log.len() as u64);
                for (at, cursor) in cursors.here() {
                    // Of a ring, those who are in the way: the others are no trouble.
                    if self.peeks || oldest.wrapping_sub(log.cursors()[at].next_number()) as i64 >= 0 {
                        cursor.may_look.store(false, Relaxed);
                    }
                }
                self.quiet.begin(log.next_number());
            }
            (true, LaneEnd::Taking(Some(cursor))) => {
                cursor.may_look.store(true, Relaxed);
                self.quiet.end(log.next_number());
            }
            (true, LaneEnd::Taking(None) | LaneEnd::Peeking) => self.quiet.end(log.next_number()),
            (false, _) => {}
        }
    }

    /// Whether no holder will ever own this end.
    pub(super) fn is_common(&self, end: LaneEnd<'_>) -> bool {
        self.door(end).is_none_or(Door::is_common)
    }

    /// The key of the holder that owns this end.
    pub(super) fn key(&self, end: LaneEnd<'_>, token: &Token) -> Option<Key> {
        self.door(end)?.key(token)
    }

    fn door<'a>(&'a self, end: LaneEnd<'a>) -> Option<&'a Door<End>> {
        match end {
            LaneEnd::Sending => Some(&self.writing),
            LaneEnd::Taking(cursor) => cursor.map(|cursor| &cursor.door),
            LaneEnd::Peeking => Some(&self.peeking),
        }
    }

    fn doors<'a>(&'a self, cursors: &'a CursorEnds) -> impl Iterator<Item = &'a Door<End>> + Clone {
        [&self.writing, &self.peeking].into_iter().chain(cursors.here().map(|(_, cursor)| &cursor.door))
    }

    /// Whether the ends could go on alone: also, nobody who has the machine's word for it looks at a
    /// value that the writing end would move away.
    pub(super) fn may_open(&self, log: &Machine, cursors: &CursorEnds) -> bool {
        let lacks_words = self.lacking_words(log) > 0;
        if lacks_words {
            self.lacks_words.store(true, Relaxed);
        }
        // More cursors the writer could not go by.
        let are_few = log.cursor_count() <= CURSORS;
        !lacks_words && are_few && !log.is_closed() && !log.is_looked_at() && cursors.are_for_all(log)
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
            let looking = cursors.here().filter(|(_, cursor)| cursor.may_look.load(Relaxed));
            let [those] = &*self.looking;
            those.put(looking.map(|(at, cursor)| (cursor, log.cursors()[at].next_number())));
        }
        // Published by the doors.
        self.newest.number.store(next, Relaxed);
        self.doors(cursors).for_each(Door::open);
    }

    /// Keeps the ends out and counts what they have done; says how many values they moved. Called
    /// under the record's lock. Those who are cloning go on.
    pub(super) fn close(&self, log: &mut Machine, cursors: &CursorEnds) -> u64 {
        shut(self.doors(cursors));
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

/// A value that was pinned, and the word that says so.
pub(in crate::buffer) struct Seen<'a> {
    pub(in crate::buffer) pinned: Pinned,
    pub(in crate::buffer) look: &'a Look,
}
