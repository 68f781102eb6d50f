//! Going on without the machine: while a record is in its usual state and nobody waits, its two ends
//! need only the places of the window, in order. The machine lays them out, and counts afterwards
//! what the ends have done; what they do meanwhile is storey 2's.

use super::{Entry, Log, Storage};
use crate::pure::slot_pool::NONE;
use crate::pure::{Claim, Kind, Policy, TableFull};

impl<W, S: Storage<W>> Log<W, S> {
    /// Gives every place of the window a slot, so that it can be filled and emptied in order
    /// without claims. Does at most `budget` steps; says whether every place has one now.
    pub fn lay_out(&mut self, budget: usize) -> bool {
        let mut left = budget;
        while self.slots.places().len() < self.capacity() {
            let Some(entry) = self.entry_for_a_place(&mut left) else { return false };
            if self.slots.append(entry).is_err() {
                self.release(entry.slot());
                return false;
            }
        }
        // The bare places are the ones that were emptied last, right before the first value. The oldest
        // of them comes first, so that what is left to do stays in one piece.
        let mut at = (self.first_place() + self.capacity() - self.slots.bare as usize) % self.capacity();
        for _ in 0..self.slots.bare {
            if self.slots.places()[at].slot() == NONE {
                let Some(entry) = self.entry_for_a_place(&mut left) else { return false };
                self.slots.places_mut()[at] = entry;
                self.slots.bare -= 1;
            } else if left == 0 {
                return false;
            } else {
                left -= 1;
            }
            at = if at + 1 == self.capacity() { 0 } else { at + 1 };
        }
        // One that is left is a sender's, which has taken the slot and not yet come back.
        self.slots.bare == 0
    }

    /// A slot for a place, whose values one cursor will read at most.
    fn entry_for_a_place(&mut self, left: &mut usize) -> Option<Entry> {
        *left = left.checked_sub(1)?;
        let claim = self.slots.claim().ok()?;
        self.slots.set_unread(claim.0, 1);
        Some(Entry(claim.0))
    }

    /// The places of the window, each with its slot once the window is laid out.
    pub fn places(&self) -> &[Entry] {
        self.slots.places()
    }

    /// The places, for whoever puts other slots there: each slot at one place.
    pub fn places_mut(&mut self) -> &mut [Entry] {
        self.slots.places_mut()
    }

    /// A free slot that belongs to no place.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn claim_spare(&mut self) -> Result<Claim, TableFull> {
        self.slots.claim()
    }

    /// Slots that the storage has.
    pub fn slots(&self) -> usize {
        self.slots.backed() as usize
    }

    /// Whether somebody looks at a value by the machine's leave.
    pub const fn is_looked_at(&self) -> bool {
        self.slots.has_pins()
    }

    /// Where the oldest value lies.
    pub const fn first_place(&self) -> usize {
        self.first as usize
    }

    /// Whether records of this kind and capacity may ever be left to their ends.
    pub const fn may_be_left(&self) -> bool {
        matches!(self.kind, Kind::Bounded(Policy::PauseUpstream | Policy::Fail)) && self.capacity() > 0
    }

    /// Whether one sending and one taking end could go on alone: the record is open, and at most one
    /// cursor reads it, which has lost nothing that it would have to be told. So it stands at the
    /// oldest value, and each value of the window is for it alone.
    pub fn is_plain_queue(&self) -> bool {
        let cursors = || self.cursors.as_ref().iter().filter(|cursor| cursor.shares > 0);
        self.may_be_left()
            && !self.closed
            && self.live_cursors() <= 1
            && cursors().all(|cursor| cursor.next == self.head)
    }

    /// Whether one sending end and those of several cursors could go on alone: the record is open, and none
    /// of them has lost anything that it would have to be told. So each value is still to be read by those
    /// that have not come past it, and a place is free when all have.
    pub fn is_gated_queue(&self) -> bool {
        let cursors = || self.cursors.as_ref().iter().filter(|cursor| cursor.shares > 0);
        let has_lost = |cursor: &super::Cursor<W>| self.head.wrapping_sub(cursor.next) as i64 > 0;
        let are_several = self.live_cursors() > 1 && !cursors().any(has_lost);
        are_several && !self.closed && self.may_be_left() && !self.is_looked_at()
    }

    /// Counts what the sending end of a queue that several cursors read has done since the window was laid
    /// out. What its cursors have read, [`Log::catch_up_cursor`] counts next; then [`Log::retire_read`]
    /// leaves what they still have to read.
    pub fn catch_up_sender(&mut self, sent: u64, refused: u64) {
        // What leaves the window here was read by all: its place has been filled again.
        self.store_unattended(sent);
        self.counts.refused += refused;
        let kept = self.len().saturating_sub(usize::try_from(sent).unwrap_or(usize::MAX));
        for offset in kept..self.len() {
            self.slots.set_unread(self.slot_at(offset), self.live_cursors());
        }
    }

    /// Lets the values go that all cursors have read. Their slots stay at their places.
    pub fn retire_read(&mut self) {
        let mut read = 0;
        while read < self.len() && self.slots.is_read(self.slot_at(read)) {
            // As those of all places that wait for a value.
            self.slots.set_unread(self.slot_at(read), 1);
            read += 1;
        }
        self.first = ((self.first_place() + read) % self.capacity()) as u32;
        self.head = self.head.wrapping_add(read as u64);
        self.len -= read as u32;
    }

    /// Counts what the two ends of a queue have done since the window was laid out.
    pub fn catch_up_queue(&mut self, sent: u64, taken: u64, refused: u64) {
        let len = u64::from(self.len) + sent - taken;
        debug_assert!(len <= u64::from(self.capacity), "the ends of a queue keep to its capacity");
        self.first = ((u64::from(self.first) + taken) % u64::from(self.capacity)) as u32;
        self.head = self.head.wrapping_add(taken);
        self.len = len as u32;
        self.counts.refused += refused;
        if taken == 0 {
            return;
        }
        self.count_readers(taken, 0);
        if let Some(cursor) = self.cursors.as_mut().iter_mut().find(|cursor| cursor.shares > 0) {
            cursor.next = cursor.next.wrapping_add(taken);
            cursor.delivered += taken;
        }
    }

    /// Whether records of this kind retain what is read and overwrite the oldest, so that a writing
    /// end could go on alone while the record is open.
    pub const fn overwrites(&self) -> bool {
        self.kind.retains()
    }

    /// Counts what the writing end has published, over the oldest values, since the window was laid
    /// out.
    pub fn catch_up_ring(&mut self, published: u64) {
        self.counts.overwritten += self.store_unattended(published);
    }

    /// Takes values into the window that were stored at its places, one after the other, and says how many
    /// are no longer there for it.
    fn store_unattended(&mut self, stored: u64) -> u64 {
        let all = u64::from(self.len) + stored;
        let over = all.saturating_sub(u64::from(self.capacity));
        self.first = ((u64::from(self.first) + over) % u64::from(self.capacity)) as u32;
        self.head = self.head.wrapping_add(over);
        self.len = (all - over) as u32;
        over
    }

    /// Counts what the cursor at this place of the table has read, and what it found overwritten.
    pub fn catch_up_cursor(&mut self, at: usize, read: u64, lagged: u64) {
        if !self.kind.retains() {
            // Those that are still there have one cursor less to wait for.
            let next = self.cursors.as_ref()[at].next.wrapping_sub(self.head) as i64;
            for offset in next.max(0)..next + read as i64 {
                self.slots.less_unread(self.slot_at(offset as usize));
            }
        }
        let cursor = &mut self.cursors.as_mut()[at];
        cursor.next = cursor.next.wrapping_add(read).wrapping_add(lagged);
        cursor.delivered += read;
        cursor.lagged += lagged;
        self.count_readers(read, lagged);
    }

    /// Whether the record is a mailbox, whose ends could go on alone while it is open.
    pub const fn is_mailbox(&self) -> bool {
        matches!(self.kind, Kind::Mailbox)
    }

    /// A slot for each of the two ends of a mailbox, besides that of its place, at whose value nobody
    /// may be looking.
    pub fn leave_mailbox(&mut self) -> Option<[Claim; 2]> {
        if self.slots.is_pinned(self.slot_at(0)) {
            return None;
        }
        let first = self.slots.claim().ok()?;
        match self.slots.claim() {
            Ok(second) => Some([first, second]),
            Err(_) => {
                self.release(first.0);
                None
            }
        }
    }

    /// Counts what the two ends of a mailbox have done, and takes back the slots that they had. `slot`
    /// is the place's now.
    pub fn catch_up_mailbox(&mut self, slot: u32, own: [Claim; 2], ends: Ends) {
        for claim in own {
            self.release(claim.0);
        }
        let Ends { put, displaced, taken, last_taken } = ends;
        let first = self.first_place();
        self.slots.places_mut()[first] = Entry(slot);
        self.slots.set_unread(slot, 1);
        let head = self.head;
        self.len = (u64::from(self.len) + put - displaced - taken) as u32;
        self.head = head.wrapping_add(displaced).wrapping_add(taken);
        self.counts.overwritten += displaced;
        self.count_readers(taken, 0);
        if taken > 0
            && let Some(cursor) = self.cursors.as_mut().iter_mut().find(|cursor| cursor.shares > 0)
        {
            // What was displaced before the last value that was taken; the rest, the cursor finds lost
            // when it next looks.
            let next = head.wrapping_add(last_taken);
            let lost = next.wrapping_sub(cursor.next) - taken;
            cursor.next = next;
            cursor.delivered += taken;
            cursor.lagged += lost;
            self.count_readers(0, lost);
        }
    }
}

/// What the two ends of a mailbox have done.
#[derive(Debug, Clone, Copy)]
pub struct Ends {
    /// Values that were put.
    pub put: u64,
    /// Those that one of them displaced.
    pub displaced: u64,
    /// Those that were taken.
    pub taken: u64,
    /// How many had come when the last that was taken was put, it included; with one that was pending
    /// before.
    pub last_taken: u64,
}
