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

use super::{Table, TableFull};

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

/// A value that nobody will read: to be moved out, its slot released, and then dropped.
#[derive(Debug)]
#[must_use]
pub struct Doomed {
    pub(crate) owned: Owned,
    /// `None` when the value has been read by everybody that it was for.
    pub cause: Option<DropCause>,
}

/// What the pool keeps for one slot.
#[derive(Debug)]
pub struct SlotMeta {
    pins: u32,
    link: u32,
    doom: Option<Doom>,
}

#[derive(Debug, Clone, Copy)]
struct Doom {
    cause: Option<DropCause>,
}

#[derive(Debug)]
pub(super) struct SlotPool<M> {
    metas: M,
    free: u32,
    /// The doomed that wait for `next_doomed`, oldest first.
    doomed: u32,
    last_doomed: u32,
    backed: u32,
}

impl<M> SlotPool<M> {
    pub(super) const fn new(metas: M, backed: u32) -> Self {
        Self { metas, free: NONE, doomed: NONE, last_doomed: NONE, backed }
    }
}

impl<M: Table<SlotMeta>> SlotPool<M> {
    /// Tells the pool that the storage now has this many slots.
    pub(super) fn back(&mut self, slots: u32) {
        self.backed = self.backed.max(slots);
    }

    pub(super) fn claim(&mut self) -> Result<Claim, TableFull> {
        if self.free != NONE {
            let slot = self.free;
            self.free = self.meta(slot).link;
            return Ok(Claim(slot));
        }
        let slot = self.metas.as_ref().len() as u32;
        if slot >= self.backed {
            return Err(TableFull);
        }
        self.metas.append(SlotMeta { pins: 0, link: NONE, doom: None })?;
        Ok(Claim(slot))
    }

    /// Whether a claim would succeed.
    pub(super) fn has_free(&self) -> bool {
        self.free != NONE || (self.metas.as_ref().len() as u32) < self.backed
    }

    /// Gives an emptied, or never filled, slot back.
    pub(super) fn release(&mut self, slot: u32) {
        let free = self.free;
        let meta = self.meta(slot);
        debug_assert!(meta.pins == 0 && meta.doom.is_none(), "only an unused slot is free");
        meta.link = free;
        self.free = slot;
    }

    pub(super) fn pin(&mut self, slot: u32) -> Pinned {
        self.meta(slot).pins += 1;
        Pinned(slot)
    }

    /// Ends a look; whoever looked last at a doomed value disposes of it.
    pub(super) fn unpin(&mut self, pinned: Pinned) -> Option<Doomed> {
        let slot = pinned.0;
        let meta = self.meta(slot);
        meta.pins -= 1;
        if meta.pins > 0 {
            return None;
        }
        let doom = meta.doom.take()?;
        Some(Doomed { owned: Owned(slot), cause: doom.cause })
    }

    /// Takes a live slot from all readers to come. The caller disposes of the value, unless some
    /// reader is still looking at it: then that one will.
    pub(super) fn doom(&mut self, slot: u32, cause: Option<DropCause>) -> Option<Doomed> {
        let meta = self.meta(slot);
        if meta.pins == 0 {
            return Some(Doomed { owned: Owned(slot), cause });
        }
        meta.doom = Some(Doom { cause });
        None
    }

    /// As `doom`, but leaves the disposal to whoever calls `next_doomed`. Keeps a lock hold short
    /// when many values go at once.
    pub(super) fn doom_later(&mut self, slot: u32, cause: Option<DropCause>) {
        let meta = self.meta(slot);
        meta.doom = Some(Doom { cause });
        if meta.pins > 0 {
            return;
        }
        meta.link = NONE;
        if self.doomed == NONE {
            self.doomed = slot;
        } else {
            let last = self.last_doomed;
            self.meta(last).link = slot;
        }
        self.last_doomed = slot;
    }

    pub(super) fn next_doomed(&mut self) -> Option<Doomed> {
        if self.doomed == NONE {
            return None;
        }
        let slot = self.doomed;
        let meta = self.meta(slot);
        let cause = meta.doom.take().and_then(|doom| doom.cause);
        let link = meta.link;
        self.doomed = link;
        Some(Doomed { owned: Owned(slot), cause })
    }

    pub(super) fn is_pinned(&mut self, slot: u32) -> bool {
        self.meta(slot).pins > 0
    }

    fn meta(&mut self, slot: u32) -> &mut SlotMeta {
        &mut self.metas.as_mut()[slot as usize]
    }
}
