//! The one thing that storey 0 needs of its storage: an array that may grow up to some limit.

use super::{Entry, SlotMeta};

/// The table has no place for one more element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableFull;

/// An array that grows at its end: a growing one on the heap, a fixed array in a `static`.
pub trait Table<E>: AsRef<[E]> + AsMut<[E]> {
    /// Adds one element at the end.
    ///
    /// # Errors
    ///
    /// [`TableFull`] when the storage has no place for it, or the allocator none to give. The
    /// table is unchanged.
    fn append(&mut self, element: E) -> Result<(), TableFull>;

    /// How many elements it may ever have.
    fn limit(&self) -> usize;
}

/// The two arrays of a window: its places, and what is noted of each slot that was ever claimed.
pub trait Rows {
    /// The places that were ever used.
    fn entries(&self) -> &[Entry];

    /// The same, to be changed.
    fn entries_mut(&mut self) -> &mut [Entry];

    /// What is noted of the slots.
    fn metas(&self) -> &[SlotMeta];

    /// The same, to be changed.
    fn metas_mut(&mut self) -> &mut [SlotMeta];

    /// Adds one place at the end.
    ///
    /// # Errors
    ///
    /// As [`Table::append`].
    fn append_entry(&mut self, entry: Entry) -> Result<(), TableFull>;

    /// Adds one slot at the end, of those that there are.
    ///
    /// # Errors
    ///
    /// As [`Table::append`].
    fn append_meta(&mut self, meta: SlotMeta) -> Result<(), TableFull>;

    /// How many places there may ever be.
    fn limit(&self) -> usize;

    /// How many slots there are.
    fn slots(&self) -> u32;

    /// There are so many now.
    ///
    /// # Errors
    ///
    /// [`TableFull`] without memory for their notes: then there are as many as before.
    fn back(&mut self, slots: u32) -> Result<(), TableFull>;
}

/// A table of its own for each of the two.
#[derive(Debug)]
pub struct Both<E, M> {
    entries: E,
    metas: M,
    slots: u32,
}

impl<E, M> Both<E, M> {
    /// These tables, for so many slots.
    #[must_use]
    pub const fn new(entries: E, metas: M, slots: u32) -> Self {
        Self { entries, metas, slots }
    }
}

impl<E: Table<Entry>, M: Table<SlotMeta>> Rows for Both<E, M> {
    fn entries(&self) -> &[Entry] {
        self.entries.as_ref()
    }

    fn entries_mut(&mut self) -> &mut [Entry] {
        self.entries.as_mut()
    }

    fn metas(&self) -> &[SlotMeta] {
        self.metas.as_ref()
    }

    fn metas_mut(&mut self) -> &mut [SlotMeta] {
        self.metas.as_mut()
    }

    fn append_entry(&mut self, entry: Entry) -> Result<(), TableFull> {
        self.entries.append(entry)
    }

    fn append_meta(&mut self, meta: SlotMeta) -> Result<(), TableFull> {
        self.metas.append(meta)
    }

    fn limit(&self) -> usize {
        self.entries.limit()
    }

    fn slots(&self) -> u32 {
        self.slots
    }

    fn back(&mut self, slots: u32) -> Result<(), TableFull> {
        self.slots = self.slots.max(slots);
        Ok(())
    }
}

/// What is kept beside the elements of a table, before anything was noted.
pub trait Zero: Copy {
    /// Nothing.
    const ZERO: Self;
}

impl Zero for () {
    const ZERO: Self = ();
}

/// A table beside whose elements something more is kept.
pub trait Beside<N: Zero> {
    /// What it is: [`Zero::ZERO`] before the first element.
    fn beside(&self) -> &N;

    /// The same, to be changed. There may be no place for it before the first element.
    fn beside_mut(&mut self) -> Option<&mut N>;
}

/// A table, and what is kept beside it, for storage that has room for both from the start.
#[derive(Debug)]
pub struct With<T, N> {
    table: T,
    beside: N,
}

impl<T, N: Zero> With<T, N> {
    /// Nothing beside this table.
    #[must_use]
    pub const fn new(table: T) -> Self {
        Self { table, beside: N::ZERO }
    }
}

impl<T, N: Zero> Beside<N> for With<T, N> {
    fn beside(&self) -> &N {
        &self.beside
    }

    fn beside_mut(&mut self) -> Option<&mut N> {
        Some(&mut self.beside)
    }
}

impl<E, T: AsRef<[E]>, N> AsRef<[E]> for With<T, N> {
    fn as_ref(&self) -> &[E] {
        self.table.as_ref()
    }
}

impl<E, T: AsMut<[E]>, N> AsMut<[E]> for With<T, N> {
    fn as_mut(&mut self) -> &mut [E] {
        self.table.as_mut()
    }
}

impl<E, T: Table<E>, N> Table<E> for With<T, N> {
    fn append(&mut self, element: E) -> Result<(), TableFull> {
        self.table.append(element)
    }

    fn limit(&self) -> usize {
        self.table.limit()
    }
}
