//! Which slot is used for what. A slot is an index; the value that lies there is storey 2's.
//!
//! | state | means | leaves it by |
//! |---|---|---|
//! | free | empty, in the free list | `claim` |
//! | claimed | one writer fills it, or one reader empties it | publishing, `release` |
//! | live | holds a value that some cursor may still read, or that the kind retains | `own`, `doom` |
//! | doomed | holds a value that nobody will read; pinned by readers that still clone it | the last unpin, then `release` |
//!
//! Each right to touch a slot is a token that cannot be copied: whoever holds a [`Claim`], an
//! [`Owned`] or a [`Doomed`] is alone with the slot, and while a [`Pinned`] exists the value stays. Of
//! the slots that are left to the ends of a record (`log::unattended`), those ends answer for.

use super::{Entry, Rows, TableFull};

pub(super) const NONE: u32 = u32::MAX;

/// Why a value never reached a reader, as the `on_drop` hook is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DropCause {
    /// A newer value took its place. On `SpmcRing` and `SingleLatest` that is how every value
    /// leaves, read or not.
    Overwritten,
    /// The record was full and its policy drops the newest.
    DroppedNewest,
    /// `produce`, which has no way to give a value back, met a record that refused it.
    Refused,
    /// The future of a waiting sender was dropped.
    Cancelled,
    /// `abort`, or the end of the last reader of a closed record.
    Aborted,
}

/// The right to fill a slot.
#[derive(Debug)]
#[must_use]
pub struct Claim(pub(crate) u32);

/// The right to move the value out of a slot, which then has to be released.
#[derive(Debug)]
#[must_use]
pub struct Owned(pub(crate) u32);

/// The right to look at the value in a slot.
#[derive(Debug)]
#[must_use]
pub struct Pinned(pub(crate) u32);

macro_rules! names_a_slot {
    ($($token:ident)+) => {$(
        impl $token {
            /// The slot's number.
            #[must_use]
            pub const fn slot(&self) -> u32 {
                self.0
            }
        }
    )+};
}

names_a_slot!(Claim Owned Pinned);

/// A value that nobody will read: to be moved out, its slot released, and then dropped.
#[derive(Debug)]
#[must_use]
pub struct Doomed {
    pub(crate) owned: Owned,
    /// `None` when the value has been read by everybody that it was for.
    pub cause: Option<DropCause>,
}

/// What the pool keeps for one slot, in two words: a record has one of these for each value that it can
/// hold, used or not.
#[derive(Debug)]
pub struct SlotMeta {
    /// Of a slot in a list (free, or doomed and looked at by nobody), the next one there; of all others,
    /// how many look at its value.
    pins_or_next: u32,
    /// Of a live slot, how many cursors still have to read it, where that is counted; of a doomed one,
    /// why it is.
    fate: u32,
}

/// Fates from here on are dooms. There are never as many cursors.
const DOOMED: u32 = u32::MAX - 5;

const fn doomed_for(cause: Option<DropCause>) -> u32 {
    DOOMED
        + match cause {
            None => 0,
            Some(DropCause::Overwritten) => 1,
            Some(DropCause::DroppedNewest) => 2,
            Some(DropCause::Refused) => 3,
            Some(DropCause::Cancelled) => 4,
            Some(DropCause::Aborted) => 5,
        }
}

impl SlotMeta {
    /// Of a slot that holds no value, and is in no list.
    pub(crate) const UNUSED: Self = Self { pins_or_next: 0, fate: 0 };

    const fn is_doomed(&self) -> bool {
        self.fate >= DOOMED
    }

    /// Why a doomed slot is.
    const fn cause(&self) -> Option<DropCause> {
        match self.fate - DOOMED {
            1 => Some(DropCause::Overwritten),
            2 => Some(DropCause::DroppedNewest),
            3 => Some(DropCause::Refused),
            4 => Some(DropCause::Cancelled),
            5 => Some(DropCause::Aborted),
            _ => None,
        }
    }
}

#[derive(Debug)]
pub(super) struct SlotPool<R> {
    rows: R,
    free: u32,
    /// The doomed that wait for `next_doomed`, in a circle: the newest, which knows the oldest.
    last_doomed: u32,
    /// Looks that have not ended, at all slots together.
    pins: u32,
    /// Places of the window without a value that keep no slot.
    pub(super) bare: u32,
}

impl<R> SlotPool<R> {
    pub(super) const fn new(rows: R) -> Self {
        Self { rows, free: NONE, last_doomed: NONE, pins: 0, bare: 0 }
    }
}

impl<R: Rows> SlotPool<R> {
    /// Tells the pool that the storage is about to have this many slots, and says whether it can use them.
    pub(super) fn back(&mut self, slots: u32) -> bool {
        self.rows.back(slots).is_ok()
    }

    /// The places of the window.
    pub(super) fn places(&self) -> &[Entry] {
        self.rows.entries()
    }

    /// The same, to be changed.
    pub(super) fn places_mut(&mut self) -> &mut [Entry] {
        self.rows.entries_mut()
    }

    /// Adds a place to the window.
    pub(super) fn append(&mut self, entry: Entry) -> Result<(), TableFull> {
        self.rows.append_entry(entry)
    }

    /// How many places the window may ever have.
    pub(super) fn limit(&self) -> usize {
        self.rows.limit()
    }

    pub(super) fn claim(&mut self) -> Result<Claim, TableFull> {
        if self.free != NONE {
            let slot = self.free;
            let meta = self.meta(slot);
            let next = core::mem::take(&mut meta.pins_or_next);
            self.free = next;
            return Ok(Claim(slot));
        }
        let slot = self.rows.metas().len() as u32;
        if slot >= self.rows.slots() {
            return Err(TableFull);
        }
        self.rows.append_meta(SlotMeta::UNUSED)?;
        Ok(Claim(slot))
    }

    /// Whether a claim would succeed.
    pub(super) fn has_free(&self) -> bool {
        self.free != NONE || (self.rows.metas().len() as u32) < self.rows.slots()
    }

    /// Gives an emptied, or never filled, slot back.
    pub(super) fn release(&mut self, slot: u32) {
        let free = self.free;
        let meta = self.meta(slot);
        debug_assert!(meta.pins_or_next == 0 && !meta.is_doomed(), "only an unused slot is free");
        *meta = SlotMeta { pins_or_next: free, fate: 0 };
        self.free = slot;
    }

    /// Notes how many cursors have to read the value of a slot that is about to be live.
    pub(super) fn set_unread(&mut self, slot: u32, unread: u32) {
        self.meta(slot).fate = unread;
    }

    /// One cursor less has to read the value of a live slot. Says how many still do.
    pub(super) fn less_unread(&mut self, slot: u32) -> u32 {
        let meta = self.meta(slot);
        debug_assert!(!meta.is_doomed(), "it is live");
        meta.fate = meta.fate.saturating_sub(1);
        meta.fate
    }

    /// Whether no cursor has to read the value of a live slot any more, where that is counted.
    pub(super) fn is_read(&self, slot: u32) -> bool {
        self.rows.metas()[slot as usize].fate == 0
    }

    pub(super) fn pin(&mut self, slot: u32) -> Pinned {
        self.pins += 1;
        self.meta(slot).pins_or_next += 1;
        Pinned(slot)
    }

    /// Ends a look; whoever looked last at a doomed value disposes of it.
    pub(super) fn unpin(&mut self, pinned: Pinned) -> Option<Doomed> {
        let slot = pinned.0;
        self.pins -= 1;
        let meta = self.meta(slot);
        meta.pins_or_next -= 1;
        if meta.pins_or_next > 0 || !meta.is_doomed() {
            return None;
        }
        let cause = meta.cause();
        meta.fate = 0;
        Some(Doomed { owned: Owned(slot), cause })
    }

    /// Takes a live slot from all readers to come. The caller disposes of the value, unless some
    /// reader is still looking at it: then that one will.
    pub(super) fn doom(&mut self, slot: u32, cause: Option<DropCause>) -> Option<Doomed> {
        let meta = self.meta(slot);
        if meta.pins_or_next == 0 {
            return Some(Doomed { owned: Owned(slot), cause });
        }
        meta.fate = doomed_for(cause);
        None
    }

    /// As `doom`, but leaves the disposal to whoever calls `next_doomed`. Keeps a lock hold short
    /// when many values go at once.
    pub(super) fn doom_later(&mut self, slot: u32, cause: Option<DropCause>) {
        let meta = self.meta(slot);
        meta.fate = doomed_for(cause);
        if meta.pins_or_next > 0 {
            return;
        }
        let last = self.last_doomed;
        let oldest = if last == NONE { slot } else { core::mem::replace(&mut self.meta(last).pins_or_next, slot) };
        self.meta(slot).pins_or_next = oldest;
        self.last_doomed = slot;
    }

    pub(super) fn next_doomed(&mut self) -> Option<Doomed> {
        let last = self.last_doomed;
        if last == NONE {
            return None;
        }
        let slot = self.meta(last).pins_or_next;
        let meta = self.meta(slot);
        let cause = meta.cause();
        let next = core::mem::replace(meta, SlotMeta::UNUSED).pins_or_next;
        if slot == last {
            self.last_doomed = NONE;
        } else {
            self.meta(last).pins_or_next = next;
        }
        Some(Doomed { owned: Owned(slot), cause })
    }

    pub(super) const fn has_pins(&self) -> bool {
        self.pins > 0
    }

    /// Slots that the storage has.
    pub(super) fn backed(&self) -> u32 {
        self.rows.slots()
    }

    pub(super) fn is_pinned(&mut self, slot: u32) -> bool {
        self.meta(slot).pins_or_next > 0
    }

    fn meta(&mut self, slot: u32) -> &mut SlotMeta {
        &mut self.rows.metas_mut()[slot as usize]
    }
}
