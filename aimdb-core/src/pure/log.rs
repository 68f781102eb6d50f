//! The one machine behind all four kinds: a window of slots over a numbered sequence of values,
//! and cursors that walk along it.
//!
//! ```text
//!   accepted:   0 … head-1 │ head … next-1 │        head: oldest value in the window
//!                  gone    │    window     │        window: at most `capacity` values
//!   cursor.next:           ▲ lagged if < head; nothing to read if == next
//! ```
//!
//! A value gets its number when it is *published*, not when its slot is claimed, so values are
//! seen in the order in which they became visible and no reader waits for a writer that was
//! stopped in between. On a kind that does not retain, each entry counts the cursors that still
//! have to read it; the reader that brings the count to zero takes the value out.
//!
//! Numbers are compared by their distance, so the sequence may wrap.
//!
//! A place of the window that holds no value may keep a free slot for the next one. When every
//! place has one, two ends that are alone with the record may go on without this machine: see
//! [`Log::lay_out`] and [`Log::catch_up_queue`].

use super::slot_pool::{NONE, SlotPool};
use super::{Beside, Claim, Counts, Doomed, DropCause, Kind, Owned, Pinned, Readers, Rows, Start, Table, TableFull};

/// The arrays that a [`Log`] lives in. `W` is what storey 1 keeps beside each cursor.
pub trait Storage<W> {
    /// The window: `capacity` places, at least one; and a note for each slot.
    type Rows: Rows;
    /// One for each cursor, and what is counted over all of them.
    type Cursors: Table<Cursor<W>> + Beside<Readers>;
}

/// One place of the window: its value's slot; without a value, a free slot that is kept here, or `NONE`.
/// How many cursors still have to read the value, the slot knows, except on a kind that retains.
#[derive(Debug, Clone, Copy)]
pub struct Entry(u32);

impl Entry {
    /// A place that keeps no slot.
    pub(crate) const BARE: Self = Self(NONE);

    /// The slot that belongs to the place.
    #[must_use]
    pub const fn slot(self) -> u32 {
        self.0
    }

    /// Where the slot's number is kept, for an end that changes it while others look.
    #[must_use]
    pub const fn slot_of(place: *mut Self) -> *mut u32 {
        place.wrapping_byte_add(core::mem::offset_of!(Self, 0)).cast()
    }

    /// Gives the place another slot.
    pub const fn put(&mut self, slot: u32) {
        self.0 = slot;
    }
}

/// Names a cursor of one record. Not reused while any handle of it lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CursorId(pub(crate) u32);

/// A place in the sequence, shared by one or more readers.
#[derive(Debug)]
pub struct Cursor<W> {
    /// The number of the value that it reads next.
    next: u64,
    /// Readers that share it; 0 for a place in the table that is free.
    shares: u32,
    /// Readers that wait at it. They make room on a rendezvous.
    hands: u32,
    /// Values that are promised to a reader which has been overtaken too long.
    granted: u32,
    delivered: u64,
    lagged: u64,
    skipped: u64,
    serial: u64,
    /// What storey 1 keeps here; the machine never looks at it.
    pub waiting: W,
}

/// Whether a value would be accepted now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// It would.
    Free,
    /// The policy decides.
    Full,
    /// Never again.
    Closed,
}

/// What a cursor finds.
#[derive(Debug)]
#[must_use]
pub enum Next {
    /// A value that no other cursor will read: move it out.
    Move(Owned),
    /// A value that others may read: clone it, then unpin.
    Clone(Pinned),
    /// It missed this many values; the next look goes on behind them.
    Lagged(u64),
    /// Nothing to read yet.
    Empty,
    /// Nothing to read, for ever.
    Closed,
}

/// The state machine of a record. See the module's documentation.
#[derive(Debug)]
pub struct Log<W, S: Storage<W>> {
    kind: Kind,
    slots: SlotPool<S::Rows>,
    cursors: S::Cursors,
    capacity: u32,
    /// Position of the oldest entry, and how many there are.
    first: u32,
    len: u32,
    /// What storey 2 counts here; the machine never looks at it.
    #[cfg(feature = "alloc")]
    pub noted: u32,
    /// The number of the oldest entry.
    head: u64,
    closed: bool,
    /// How far before 0 the first number was. Not 0 in tests of the wrap only.
    before_zero: u8,
    /// Places of the window that are kept for values to come.
    reserved: u16,
    /// What storey 2 keeps here; the machine never looks at it.
    pub note: u8,
    /// What the record has counted, and nothing else tells. Storey 2 adds what only it can see.
    pub counts: Counts,
}

impl<W, S: Storage<W>> Log<W, S> {
    /// An empty record over empty tables. `first_number` is 0 except in tests of the wrap, and then
    /// at most 255 before it.
    pub const fn new(kind: Kind, capacity: usize, rows: S::Rows, cursors: S::Cursors, first_number: u64) -> Self {
        let before_zero = first_number.wrapping_neg() as u8;
        assert!((before_zero as u64).wrapping_neg() == first_number, "numbers begin at 0, or shortly before");
        Self {
            kind,
            capacity: capacity as u32,
            slots: SlotPool::new(rows),
            cursors,
            first: 0,
            len: 0,
            #[cfg(feature = "alloc")]
            noted: 0,
            head: first_number,
            closed: false,
            before_zero,
            reserved: 0,
            note: 0,
            counts: Counts::NEW,
        }
    }

    /// The record's kind.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The record's capacity, exactly as configured.
    pub const fn capacity(&self) -> usize {
        self.capacity as usize
    }

    /// Values in the window. On a rendezvous a value in it already belongs to a reader that
    /// waited for it, so there the occupancy is 0.
    pub fn occupancy(&self) -> usize {
        self.len().min(self.capacity())
    }

    /// Values in the window, those included that a rendezvous holds for readers that wait.
    pub const fn len(&self) -> usize {
        self.len as usize
    }

    /// Whether the window holds no value.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether the record was closed.
    pub const fn is_closed(&self) -> bool {
        self.closed
    }

    /// The number that the next published value gets.
    pub const fn next_number(&self) -> u64 {
        self.head.wrapping_add(self.len() as u64)
    }

    /// Whether every value before `number` has left the window.
    pub const fn is_past(&self, number: u64) -> bool {
        self.is_empty() || self.head.wrapping_sub(number) as i64 >= 0
    }

    // ---- writing -------------------------------------------------------------------------

    /// Whether a value would be accepted now.
    pub fn room(&mut self) -> Room {
        if self.closed {
            Room::Closed
        } else if self.capacity() > 0 && self.len() + self.reserved() < self.capacity()
            || self.capacity() == 0 && self.every_hand_is_open()
        {
            Room::Free
        } else {
            Room::Full
        }
    }

    /// Places that are kept for values to come. With the values in the window they are never more than the capacity.
    pub const fn reserved(&self) -> usize {
        self.reserved as usize
    }

    /// Keeps a place of a window that has room, for whoever calls [`Log::unreserve`] once; says whether it could.
    pub fn reserve(&mut self) -> bool {
        let may = self.capacity() > 0 && self.reserved < u16::MAX && self.room() == Room::Free;
        self.reserved += u16::from(may);
        may
    }

    /// Lets go of a place that was kept: for a value that is published in the same lock hold, or for others.
    pub const fn unreserve(&mut self) {
        self.reserved -= 1;
    }

    /// On a rendezvous: whether each cursor has a reader that waits and was not yet given a value.
    fn every_hand_is_open(&mut self) -> bool {
        let end = self.next_number();
        self.live_cursors() > 0
            && self.len() < self.slots.limit()
            && self
                .cursors
                .as_ref()
                .iter()
                .filter(|cursor| cursor.shares > 0)
                .all(|cursor| u64::from(cursor.hands) > end.wrapping_sub(cursor.next))
    }

    /// A slot to fill.
    ///
    /// # Errors
    ///
    /// [`TableFull`] when all slots that the storage has are in use: see [`Log::back`].
    pub fn claim(&mut self) -> Result<Claim, TableFull> {
        match self.take_kept_slot(self.position(self.len())) {
            Some(claim) => Ok(claim),
            None => self.slots.claim(),
        }
    }

    /// Takes the free slot that is kept at a place behind the values of the window.
    fn take_kept_slot(&mut self, at: usize) -> Option<Claim> {
        let slot = self.kept_slot(at)?;
        self.slots.places_mut()[at] = Entry::BARE;
        self.slots.bare += 1;
        Some(Claim(slot))
    }

    fn kept_slot(&self, at: usize) -> Option<u32> {
        if self.len() >= self.window() {
            return None;
        }
        self.slots.places().get(at).map(|entry| entry.slot()).filter(|&slot| slot != NONE)
    }

    /// Whether a slot could be claimed now.
    pub fn has_free_slot(&self) -> bool {
        self.slots.has_free() || self.kept_slot(self.position(self.len())).is_some()
    }

    /// Tells the machine that the storage is about to have `slots` slots. Says whether there was memory to note what becomes
    /// of them: else it has none of the new ones.
    pub fn back(&mut self, slots: u32) -> bool {
        self.slots.back(slots)
    }

    /// Gives back a slot that holds no value.
    pub fn release(&mut self, slot: u32) {
        self.slots.release(slot);
    }

    /// Makes the value in a claimed slot the newest. Displaces the oldest one if the window is
    /// full, so whoever must not do that asks [`Log::room`] first, in the same lock hold.
    ///
    /// # Errors
    ///
    /// [`TableFull`] with the claim when the window has no place and the storage gives none: only
    /// possible while the window has not yet been filled once.
    pub fn publish(&mut self, claim: Claim) -> Result<Option<Doomed>, Claim> {
        let window = self.window();
        let mut displaced = None;
        if self.len() + self.reserved() >= window && !self.grow_rendezvous() {
            let entry = self.pop();
            self.counts.overwritten += 1;
            displaced = self.slots.doom(entry.slot(), Some(DropCause::Overwritten));
        }
        if !self.kind.retains() {
            self.slots.set_unread(claim.0, self.live_cursors().max(1));
        }
        let entry = Entry(claim.0);
        let at = self.position(self.len());
        if at < self.slots.places().len() {
            if let Some(kept) = self.take_kept_slot(at) {
                self.slots.release(kept.0);
            }
            self.slots.bare -= 1;
            self.slots.places_mut()[at] = entry;
        } else if self.slots.append(entry).is_err() {
            return Err(claim);
        }
        self.len += 1;
        Ok(displaced)
    }

    /// Places in the window: the capacity, and on a rendezvous as many as readers have waited.
    fn window(&self) -> usize {
        if self.capacity() > 0 { self.capacity() } else { self.slots.places().len() }
    }

    /// A rendezvous needs a place for each reader that waits; its window grows to the largest
    /// number of them. The values in it are put in order first, so that the end is free.
    fn grow_rendezvous(&mut self) -> bool {
        if self.capacity() == 0 {
            let first = self.first_place();
            self.slots.places_mut().rotate_left(first);
            self.first = 0;
        }
        self.capacity() == 0
    }

    fn position(&self, offset: usize) -> usize {
        let window = self.window();
        let at = self.first_place() + offset;
        if at >= window && offset < window { at - window } else { at }
    }

    /// The slot of the value at this distance from the oldest.
    fn slot_at(&self, offset: usize) -> u32 {
        self.slots.places()[self.position(offset)].slot()
    }

    fn pop(&mut self) -> Entry {
        let entry = self.slots.places()[self.first_place()];
        let first = self.first_place();
        self.slots.places_mut()[first] = Entry::BARE;
        self.slots.bare += 1;
        let next = self.position(1);
        self.first = if next >= self.window() { 0 } else { next as u32 };
        self.head = self.head.wrapping_add(1);
        self.len -= 1;
        entry
    }

    // ---- cursors -------------------------------------------------------------------------

    /// Makes a cursor, or shares the one cursor of a kind that has only one.
    ///
    /// # Errors
    ///
    /// [`TableFull`] when the storage has no place for one more.
    pub fn subscribe(&mut self, start: Start, waiting: impl FnOnce() -> W) -> Result<CursorId, TableFull> {
        if self.kind.shares_cursor()
            && let Some(at) = self.cursors.as_ref().iter().position(|cursor| cursor.shares > 0)
        {
            let id = CursorId(at as u32);
            self.share(id);
            return Ok(id);
        }
        let next = match self.kind {
            Kind::SpmcRing => match start {
                Start::Live => self.next_number(),
                Start::Oldest => self.head,
            },
            Kind::SingleLatest => self.head,
            Kind::Mailbox | Kind::Bounded(_) if self.live_cursors() == 0 => self.head,
            Kind::Mailbox | Kind::Bounded(_) => self.next_number(),
        };
        let cursor = Cursor {
            next,
            shares: 1,
            hands: 0,
            granted: 0,
            delivered: 0,
            lagged: 0,
            skipped: 0,
            serial: self.cursors.beside().serials,
            waiting: waiting(),
        };
        let all = self.cursors.as_ref();
        let free = if all.len() == self.live_cursors() as usize {
            None
        } else {
            all.iter().position(|cursor| cursor.shares == 0)
        };
        let at = match free {
            Some(at) => {
                self.cursors.as_mut()[at] = cursor;
                at
            }
            None => {
                self.cursors.append(cursor)?;
                self.cursors.as_ref().len() - 1
            }
        };
        if let Some(readers) = self.cursors.beside_mut() {
            readers.serials += 1;
            readers.live += 1;
        }
        Ok(CursorId(at as u32))
    }

    /// Adds a reader to a cursor.
    pub fn share(&mut self, id: CursorId) {
        self.cursor_mut(id).shares += 1;
    }

    /// Removes a reader from a cursor, and the cursor with its last reader. What only it had left
    /// to read leaves the window, except that the last cursor of a record leaves its unread values
    /// to the next. Says how many left the window; they wait for [`Log::next_doomed`].
    pub fn leave(&mut self, id: CursorId) -> usize {
        let cursor = self.cursor_mut(id);
        let Some(shares) = cursor.shares.checked_sub(1) else { return 0 };
        cursor.shares = shares;
        if shares > 0 {
            return 0;
        }
        let next = self.catch_up(id);
        if let Some(readers) = self.cursors.beside_mut() {
            readers.live -= 1;
        }
        if self.live_cursors() == 0 {
            return if self.closed { self.discard_unreachable() } else { 0 };
        }
        if self.kind.retains() {
            return 0;
        }
        let before = self.len();
        let from = next.wrapping_sub(self.head) as usize;
        for offset in from..self.len() {
            let slot = self.slot_at(offset);
            self.slots.less_unread(slot);
        }
        while !self.is_empty() && self.slots.is_read(self.slot_at(0)) {
            let entry = self.pop();
            self.slots.doom_later(entry.slot(), None);
        }
        before - self.len()
    }

    /// Moves a cursor past what it lost, counts the loss and says where the cursor now stands.
    fn catch_up(&mut self, id: CursorId) -> u64 {
        let head = self.head;
        let cursor = self.cursor_mut(id);
        let lost = head.wrapping_sub(cursor.next);
        if lost as i64 > 0 {
            cursor.next = head;
            cursor.lagged += lost;
            self.count_readers(0, lost);
        }
        self.cursor(id).next
    }

    /// What a reader of the cursor finds, and takes. `granted` is true for a reader that holds a
    /// promise made by [`Log::grant`]; it is used up.
    pub fn next(&mut self, id: CursorId, granted: bool) -> Next {
        let lagged_before = self.cursor(id).lagged;
        let next = self.catch_up(id);
        if granted {
            self.ungrant(id);
        }
        let lost = self.cursor(id).lagged - lagged_before;
        let offset = next.wrapping_sub(self.head) as usize;
        if offset >= self.len() && self.closed {
            return Next::Closed;
        }
        if lost > 0 && self.kind.tells_lag() {
            return Next::Lagged(lost);
        }
        if offset >= self.len() {
            return Next::Empty;
        }
        // Once closed, nobody would wake a reader that stood back for a promise.
        if !self.closed && self.len() - offset <= self.cursor(id).granted as usize {
            return Next::Empty;
        }
        let cursor = self.cursor_mut(id);
        cursor.next = next.wrapping_add(1);
        cursor.delivered += 1;
        self.count_readers(1, 0);
        self.read(offset)
    }

    fn read(&mut self, offset: usize) -> Next {
        let slot = self.slot_at(offset);
        if self.kind.retains() {
            return Next::Clone(self.slots.pin(slot));
        }
        let unread = self.slots.less_unread(slot);
        // Cursors read in order, so the last reader of a value finds it at the head. A value is
        // moved out from nowhere else, whatever a caller did with cursors that had left.
        if unread > 0 || offset > 0 {
            return Next::Clone(self.slots.pin(slot));
        }
        self.pop();
        if self.slots.is_pinned(slot) {
            let pinned = self.slots.pin(slot);
            let doomed = self.slots.doom(slot, None);
            debug_assert!(doomed.is_none(), "it is pinned");
            return Next::Clone(pinned);
        }
        Next::Move(Owned(slot))
    }

    /// Lets the cursor stand before the newest value. Says how many values left the window; they
    /// wait for [`Log::next_doomed`].
    pub fn skip_to_newest(&mut self, id: CursorId) -> usize {
        let before = self.len();
        let mut next = self.catch_up(id);
        let newest = self.next_number().wrapping_sub(1);
        let skipped = newest.wrapping_sub(next);
        if skipped as i64 <= 0 {
            return 0;
        }
        if self.kind.retains() {
            next = newest;
        }
        // Bounded by the window: entries before the newest, each passed over once.
        while next != newest {
            let slot = self.slot_at(next.wrapping_sub(self.head) as usize);
            if self.slots.less_unread(slot) == 0 {
                let entry = self.pop();
                self.slots.doom_later(entry.slot(), None);
            }
            next = next.wrapping_add(1);
        }
        let cursor = self.cursor_mut(id);
        cursor.next = newest;
        cursor.skipped += skipped;
        before - self.len()
    }

    /// The current value, for a kind that has one.
    pub fn peek(&mut self) -> Option<Pinned> {
        if !self.kind.peeks() || self.is_empty() {
            return None;
        }
        let slot = self.slot_at(self.len() - 1);
        Some(self.slots.pin(slot))
    }

    /// Ends a look at a value; whoever is the last to look at a doomed one disposes of it.
    #[must_use]
    pub fn unpin(&mut self, pinned: Pinned) -> Option<Doomed> {
        self.slots.unpin(pinned)
    }

    /// Whether a reader of the cursor would find something: a value, a lag or the end.
    pub fn is_readable(&self, id: CursorId) -> bool {
        let cursor = self.cursor(id);
        self.closed || self.next_number() != cursor.next
    }

    /// Whether [`Log::next`] would find anything but [`Next::Empty`] there.
    pub fn finds(&self, id: CursorId) -> bool {
        let cursor = self.cursor(id);
        let lags = self.head.wrapping_sub(cursor.next) as i64 > 0;
        let unread = if lags { self.len() } else { self.next_number().wrapping_sub(cursor.next) as usize };
        self.closed || lags && self.kind.tells_lag() || unread > cursor.granted as usize
    }

    /// Counts a reader that begins, or ceases, to wait at the cursor.
    pub fn hand(&mut self, id: CursorId, open: bool) {
        let cursor = self.cursor_mut(id);
        if open {
            cursor.hands += 1;
        } else {
            cursor.hands -= 1;
        }
    }

    /// Promises a value to a reader that has been overtaken for too long: other readers of the
    /// cursor leave one unread until the promise is used or returned.
    pub fn grant(&mut self, id: CursorId) {
        self.cursor_mut(id).granted += 1;
    }

    /// Takes a promise back.
    pub fn ungrant(&mut self, id: CursorId) {
        self.cursor_mut(id).granted -= 1;
    }

    /// What storey 1 keeps beside each cursor, with its id; places of cursors that have left
    /// included.
    pub fn cursors_mut(&mut self) -> &mut [Cursor<W>] {
        self.cursors.as_mut()
    }

    /// The cursors; places of those that have left included.
    pub fn cursors(&self) -> &[Cursor<W>] {
        self.cursors.as_ref()
    }

    /// What storey 1 keeps beside this cursor.
    pub fn waiting_mut(&mut self, id: CursorId) -> &mut W {
        &mut self.cursor_mut(id).waiting
    }

    // ---- the end -------------------------------------------------------------------------

    /// Refuses all values to come. If the readers have come and gone, says how many values left
    /// the window with them; they wait for [`Log::next_doomed`].
    pub fn close(&mut self) -> usize {
        let first = !self.closed;
        self.closed = true;
        if first && self.cursors.beside().serials > 0 && self.live_cursors() == 0 {
            self.discard_unreachable()
        } else {
            0
        }
    }

    /// Drops what no reader will ever ask for, so that what lies inside the values (a reply
    /// channel) ends too. A current value stays: one may still peek at it.
    fn discard_unreachable(&mut self) -> usize {
        let mut discarded = 0;
        // Bounded by the window.
        while self.kind != Kind::SingleLatest && self.discard_oldest() {
            discarded += 1;
        }
        discarded
    }

    /// Discards the oldest value, which then waits for [`Log::next_doomed`].
    pub fn discard_oldest(&mut self) -> bool {
        if self.is_empty() {
            return false;
        }
        let entry = self.pop();
        self.counts.aborted += 1;
        self.slots.doom_later(entry.slot(), Some(DropCause::Aborted));
        true
    }

    /// A value to dispose of.
    #[must_use]
    pub fn next_doomed(&mut self) -> Option<Doomed> {
        self.slots.next_doomed()
    }

    fn cursor(&self, id: CursorId) -> &Cursor<W> {
        &self.cursors.as_ref()[id.0 as usize]
    }

    fn cursor_mut(&mut self, id: CursorId) -> &mut Cursor<W> {
        &mut self.cursors.as_mut()[id.0 as usize]
    }
}

impl<W> Cursor<W> {
    /// The number of the value that it reads next, or would if that had not been overwritten.
    pub const fn next_number(&self) -> u64 {
        self.next
    }

    /// Whether a reader still holds it.
    pub const fn is_live(&self) -> bool {
        self.shares > 0
    }
}

mod counting;
mod unattended;
pub use self::unattended::Ends;

#[cfg(test)]
mod tests;
