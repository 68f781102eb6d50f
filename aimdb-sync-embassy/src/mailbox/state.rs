//! The state of a mailbox: where its value lies, who moves one outside the critical section, and who waits. Each
//! function is a critical section, or a part of one, and takes a few instructions whatever a value is.
//!
//! A small value is moved inside the section, between the caller and the one place. For large ones there are three
//! places, so that each of these has one of its own:
//!
//! | place | is |
//! |---|---|
//! | pending | the value that a reader may take |
//! | filling | being filled by the one writer outside, or emptied by it of what it displaced |
//! | emptying | being emptied by the one reader outside |

use crate::lean::Waiters;

/// Places of a mailbox whose values are moved outside.
pub(super) const OUTSIDE: usize = 3;

/// Values to come are refused.
const CLOSED: u8 = 1;
/// A value was discarded by an abort.
const ABORTED: u8 = 2;

pub(super) struct State {
    /// The place of the pending value, as a bit; 0 if there is none.
    pending: u8,
    /// Beside it: readers look at both, in one step.
    ended: u8,
    /// The place of the writer outside, and that of the reader outside, likewise.
    filling: u8,
    emptying: u8,
    accepted: u32,
    overwritten: u32,
    pub(super) refused: u32,
    pub(super) readers: Waiters,
}

/// Whether what a reader has seen is that there will be no value any more.
#[inline(always)]
pub(super) const fn is_end(seen: u32) -> bool {
    seen != 0 && seen as u8 == 0
}

/// What a mailbox has counted.
pub(super) struct Counts {
    pub(super) accepted: u32,
    pub(super) overwritten: u32,
    pub(super) delivered: u32,
    pub(super) aborted: u32,
    pub(super) stored: u32,
}

impl State {
    pub(super) const fn new() -> Self {
        Self {
            pending: 0,
            ended: 0,
            filling: 0,
            emptying: 0,
            accepted: 0,
            overwritten: 0,
            refused: 0,
            readers: Waiters::new(),
        }
    }

    #[inline(always)]
    pub(super) const fn is_closed(&self) -> bool {
        self.ended != 0
    }

    /// Whether there will be no value any more.
    pub(super) const fn is_over(&self) -> bool {
        self.is_closed() && self.pending == 0
    }

    /// What a reader sees: 0 if nothing is pending and the mailbox is open; see [`is_end`].
    #[inline(always)]
    pub(super) const fn look(&self) -> u32 {
        self.pending as u32 | (self.ended as u32) << 8
    }

    pub(super) const fn close(&mut self) {
        self.ended |= CLOSED;
    }

    /// Closes, and says whether there is a value, which whoever called takes and discards.
    pub(super) const fn abort(&mut self) -> bool {
        self.close();
        if self.pending != 0 {
            self.ended |= ABORTED;
        }
        self.pending != 0
    }

    /// The place of the pending value, as a bit.
    #[inline(always)]
    pub(super) const fn pending(&self) -> u8 {
        self.pending
    }

    /// Counts a value that is stored, at this place; what was pending before is displaced.
    #[inline(always)]
    pub(super) const fn store(&mut self, place: u8) -> u8 {
        let displaced = self.pending;
        if displaced != 0 {
            self.overwritten = self.overwritten.wrapping_add(1);
        }
        self.pending = place;
        self.accepted = self.accepted.wrapping_add(1);
        displaced
    }

    /// Nothing is pending any more: its reader has it.
    #[inline(always)]
    pub(super) const fn take(&mut self) {
        self.pending = 0;
    }

    /// A place, as a bit, that nobody has.
    #[inline(always)]
    const fn free(&self) -> u8 {
        let free = !(self.pending | self.filling | self.emptying);
        free & free.wrapping_neg()
    }

    /// A place for the writer to fill outside; 0 when the mailbox is closed or another writer is outside.
    #[inline(always)]
    pub(super) const fn claim(&mut self) -> u8 {
        if self.ended | self.filling != 0 {
            return 0;
        }
        // Of three places at most two are taken.
        self.filling = self.free();
        self.filling
    }

    /// The claimed place is filled. Says which place holds the displaced value, 0 if none does; it stays the
    /// writer's if that `keeps` what it displaced. `None` when the mailbox was closed meanwhile: nothing is stored.
    #[inline(always)]
    pub(super) const fn commit(&mut self, keeps: bool) -> Option<u8> {
        let place = self.filling;
        self.filling = 0;
        if self.ended != 0 {
            return None;
        }
        let displaced = self.store(place);
        if keeps {
            self.filling = displaced;
        }
        Some(displaced)
    }

    /// The writer outside needs its place no more.
    #[inline(always)]
    pub(super) const fn filled(&mut self) {
        self.filling = 0;
    }

    /// A place to store a value in here and now, though a writer is outside: the one of the value that it displaces, or
    /// a free one. Of three places the writer has one, and the reader outside at most another.
    pub(super) const fn place_inside(&self) -> u8 {
        if self.pending != 0 { self.pending } else { self.free() }
    }

    /// The place of the pending value, for a reader to empty outside; 0 if there is none, or another reader is
    /// outside.
    #[inline(always)]
    pub(super) const fn begin_to_take(&mut self) -> u8 {
        if self.emptying != 0 {
            return 0;
        }
        self.emptying = self.pending;
        self.pending = 0;
        self.emptying
    }

    /// The reader outside has emptied its place.
    #[inline(always)]
    pub(super) const fn emptied(&mut self) {
        self.emptying = 0;
    }

    pub(super) fn counts(&self) -> Counts {
        let stored = u32::from(self.pending != 0);
        let aborted = u32::from(self.ended & ABORTED != 0);
        let gone = self.overwritten.wrapping_add(aborted + stored);
        Counts {
            accepted: self.accepted,
            overwritten: self.overwritten,
            delivered: self.accepted.wrapping_sub(gone),
            aborted,
            stored,
        }
    }
}
