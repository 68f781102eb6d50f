//! Fixed arrays where the heap has vectors: the tables of the machine, and the slots of the values.

use core::convert::Infallible;

use aimdb_core::buffer::{SlotCell, Slots};
use aimdb_core::pure::{Both, Cursor, Entry, Readers, SlotMeta, Storage, Table, TableFull, With};
use aimdb_core::waiting::WaitQueue;

/// A table with `LIMIT` places.
#[derive(Debug)]
pub struct FixedTable<E, const LIMIT: usize>(heapless::Vec<E, LIMIT>);

impl<E, const LIMIT: usize> FixedTable<E, LIMIT> {
    pub(crate) const fn new() -> Self {
        Self(heapless::Vec::new())
    }
}

impl<E, const LIMIT: usize> AsRef<[E]> for FixedTable<E, LIMIT> {
    fn as_ref(&self) -> &[E] {
        &self.0
    }
}

impl<E, const LIMIT: usize> AsMut<[E]> for FixedTable<E, LIMIT> {
    fn as_mut(&mut self) -> &mut [E] {
        &mut self.0
    }
}

impl<E, const LIMIT: usize> Table<E> for FixedTable<E, LIMIT> {
    fn append(&mut self, element: E) -> Result<(), TableFull> {
        self.0.push(element).map_err(|_| TableFull)
    }

    fn limit(&self) -> usize {
        LIMIT
    }
}

/// The tables of a record with this many slots and cursors. The window has a place for each slot
/// rather than for each value of the capacity, because on a rendezvous the capacity is 0 and the
/// window holds what readers were promised.
#[derive(Debug)]
pub struct FixedStorage<const SLOTS: usize, const CURSORS: usize>;

impl<const SLOTS: usize, const CURSORS: usize> Storage<WaitQueue> for FixedStorage<SLOTS, CURSORS> {
    type Rows = Both<FixedTable<Entry, SLOTS>, FixedTable<SlotMeta, SLOTS>>;
    type Cursors = With<FixedTable<Cursor<WaitQueue>, CURSORS>, Readers>;
}

/// As many slots as there will ever be.
pub struct FixedSlots<T, const SLOTS: usize>([SlotCell<T>; SLOTS]);

impl<T, const SLOTS: usize> FixedSlots<T, SLOTS> {
    pub(crate) const fn new() -> Self {
        Self([const { SlotCell::new() }; SLOTS])
    }
}

impl<T, const SLOTS: usize> Slots<T> for FixedSlots<T, SLOTS> {
    type Chunk = Infallible;

    fn cell(&self, slot: u32) -> &SlotCell<T> {
        &self.0[slot as usize]
    }

    fn prepare(&self) -> Result<Infallible, TableFull> {
        Err(TableFull)
    }

    fn install(&self, chunk: Infallible, _: impl FnOnce(u32) -> bool) -> Result<(), Infallible> {
        match chunk {}
    }
}
