//! The tables of a machine on the heap: arrays that a record holds by one word each.
//!
//! A record has three arrays, and a database has many records whose arrays are small or empty. A
//! `Vec` is three words even then; here the counts lie in front of the elements, and so does what a
//! table keeps beside them. The two that every record has lie in one block.
#![allow(unsafe_code)]

use alloc::alloc::{alloc, dealloc, realloc};
use core::alloc::Layout;
use core::marker::PhantomData;
use core::ptr::{self, NonNull};
use core::slice;

use crate::pure::{Beside, Cursor, Entry, Readers, Rows, SlotMeta, Storage, Table, TableFull, Zero};

/// Storage that grows on the heap.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HeapStorage;

impl<W> Storage<W> for HeapStorage {
    type Rows = HeapRows;
    type Cursors = HeapTable<Cursor<W>, Readers>;
}

/// What lies in front of the elements.
#[repr(C, align(8))]
pub(crate) struct Header<N> {
    len: u32,
    capacity: u32,
    beside: N,
}

/// What can be kept in front of the elements.
pub(crate) trait InFront: Zero + 'static {
    /// What tables without an allocation share; nobody writes it.
    const EMPTY: &'static Header<Self>;
}

impl InFront for () {
    const EMPTY: &'static Header<Self> = &Header { len: 0, capacity: 0, beside: () };
}

impl InFront for Readers {
    const EMPTY: &'static Header<Self> = &Header { len: 0, capacity: 0, beside: Self::ZERO };
}

/// An array that grows, and says so when there is no memory for that.
pub(crate) struct HeapTable<E, N: InFront = ()> {
    /// Of an allocation with `capacity` elements behind it, the first `len` of them there; or `EMPTY`.
    header: NonNull<Header<N>>,
    elements: PhantomData<E>,
}

// SAFETY: a table owns its elements, as a `Vec` does.
unsafe impl<E: Send, N: InFront + Send> Send for HeapTable<E, N> {}
// SAFETY: as above; a shared table gives shared elements only.
unsafe impl<E: Sync, N: InFront + Sync> Sync for HeapTable<E, N> {}

impl<E, N: InFront> HeapTable<E, N> {
    /// A table without an allocation.
    pub(crate) const fn new() -> Self {
        const { assert!(align_of::<E>() <= align_of::<Header<N>>(), "elements follow the header directly") };
        // The pointer is only written through when there is a capacity.
        Self { header: NonNull::from_ref(N::EMPTY), elements: PhantomData }
    }

    fn layout(capacity: u32) -> Result<Layout, TableFull> {
        let elements = Layout::array::<E>(capacity as usize).map_err(|_| TableFull)?;
        let (layout, offset) = Layout::new::<Header<N>>().extend(elements).map_err(|_| TableFull)?;
        debug_assert_eq!(offset, size_of::<Header<N>>());
        Ok(layout)
    }

    const fn header(&self) -> &Header<N> {
        // SAFETY: it leads to a header that was written, and that only `&mut self` changes.
        unsafe { self.header.as_ref() }
    }

    const fn start(&self) -> NonNull<E> {
        // SAFETY: the elements follow the header in the allocation; without one, this is the end of
        // `EMPTY`, which has no elements.
        unsafe { self.header.add(1).cast() }
    }

    /// Makes room for `capacity` elements, more than there is room for.
    fn grow(&mut self, capacity: u32) -> Result<(), TableFull> {
        let Header { len, capacity: before, beside } = *self.header();
        let layout = Self::layout(capacity)?;
        let block = if before == 0 {
            // SAFETY: the layout has the size of a header at least.
            unsafe { alloc(layout) }
        } else {
            // SAFETY: the block was allocated here with the layout of that capacity; the new size was
            // found valid with this alignment.
            unsafe { realloc(self.header.cast().as_ptr(), Self::layout(before)?, layout.size()) }
        };
        self.header = NonNull::new(block.cast::<Header<N>>()).ok_or(TableFull)?;
        // SAFETY: the block begins with room for a header and is ours alone.
        unsafe { self.header.write(Header { len, capacity, beside }) };
        Ok(())
    }
}

impl<E, N: InFront> AsRef<[E]> for HeapTable<E, N> {
    fn as_ref(&self) -> &[E] {
        // SAFETY: so many elements are there, and stay while `self` is borrowed.
        unsafe { slice::from_raw_parts(self.start().as_ptr(), self.header().len as usize) }
    }
}

impl<E, N: InFront> AsMut<[E]> for HeapTable<E, N> {
    fn as_mut(&mut self) -> &mut [E] {
        // SAFETY: as in `as_ref`; the borrow is exclusive.
        unsafe { slice::from_raw_parts_mut(self.start().as_ptr(), self.header().len as usize) }
    }
}

impl<E, N: InFront> Table<E> for HeapTable<E, N> {
    fn append(&mut self, element: E) -> Result<(), TableFull> {
        let Header { len, capacity, .. } = *self.header();
        if len == capacity {
            // By an eighth: most records have few cursors, each of which would otherwise pay for two.
            self.grow(capacity.checked_add(1 + capacity / 8).ok_or(TableFull)?)?;
        }
        // SAFETY: there is room for one more, and with it an allocation, whose header is ours to
        // write.
        unsafe {
            self.start().add(len as usize).write(element);
            self.header.as_mut().len = len + 1;
        }
        Ok(())
    }

    fn limit(&self) -> usize {
        u32::MAX as usize
    }
}

impl<E, N: InFront> Beside<N> for HeapTable<E, N> {
    fn beside(&self) -> &N {
        &self.header().beside
    }

    fn beside_mut(&mut self) -> Option<&mut N> {
        if self.header().capacity == 0 {
            return None;
        }
        // SAFETY: with a capacity there is an allocation, whose header is ours to write.
        Some(unsafe { &mut self.header.as_mut().beside })
    }
}

impl<E, N: InFront> Drop for HeapTable<E, N> {
    fn drop(&mut self) {
        let capacity = self.header().capacity;
        if capacity == 0 {
            return;
        }
        if let Ok(layout) = Self::layout(capacity) {
            // SAFETY: the elements are dropped once, here, and the block goes back with the layout
            // that it came with.
            unsafe {
                ptr::drop_in_place(ptr::from_mut(self.as_mut()));
                dealloc(self.header.cast().as_ptr(), layout);
            }
        }
    }
}

/// The places of a window and the notes of its slots.
pub(crate) struct HeapRows {
    /// Of a block with `slots` notes and `places` places behind it, of which the first `noted` and `placed` are there.
    head: NonNull<Head>,
}

/// What lies in front of them.
#[derive(Clone, Copy)]
#[repr(C)]
struct Head {
    slots: u32,
    noted: u32,
    places: u32,
    placed: u32,
}

// They follow each other without gaps.
const _: () = assert!(align_of::<SlotMeta>() == align_of::<Head>() && align_of::<Entry>() == align_of::<Head>());

// SAFETY: rows own what lies in them, which is plain data.
unsafe impl Send for HeapRows {}
// SAFETY: as above; what is shared is not changed.
unsafe impl Sync for HeapRows {}

impl HeapRows {
    /// Rows with room for so many places, and so many slots.
    ///
    /// # Errors
    ///
    /// When there is no memory for them.
    pub(crate) fn new(places: usize, slots: usize) -> Result<Self, TableFull> {
        let number = |count| u32::try_from(count).map_err(|_| TableFull);
        let head = Head { slots: number(slots)?, noted: 0, places: number(places)?, placed: 0 };
        // SAFETY: the layout has the size of a head at least.
        let block = NonNull::new(unsafe { alloc(head.layout()?) }).ok_or(TableFull)?.cast();
        // SAFETY: the block begins with room for a head and is ours alone.
        unsafe { block.write(head) };
        Ok(Self { head: block })
    }

    const fn head(&self) -> &Head {
        // SAFETY: it was written, and only `&mut self` changes it.
        unsafe { self.head.as_ref() }
    }

    const fn first_meta(&self) -> NonNull<SlotMeta> {
        // SAFETY: the notes follow the head in the block.
        unsafe { self.head.add(1).cast() }
    }

    const fn first_place(&self) -> NonNull<Entry> {
        // SAFETY: the places follow the notes.
        unsafe { self.first_meta().add(self.head().slots as usize).cast() }
    }

    /// Makes room for so many places and slots, which are not fewer than before, in another block.
    fn grow(&mut self, places: u32, slots: u32) -> Result<(), TableFull> {
        let grown = Self::new(places as usize, slots as usize)?;
        let Head { noted, placed, .. } = *self.head();
        // SAFETY: the other block is larger, and its head ours to write; what is copied is plain data.
        unsafe {
            self.first_meta().copy_to_nonoverlapping(grown.first_meta(), noted as usize);
            self.first_place().copy_to_nonoverlapping(grown.first_place(), placed as usize);
            grown.head.write(Head { slots, noted, places, placed });
        }
        *self = grown;
        Ok(())
    }
}

impl Head {
    fn layout(self) -> Result<Layout, TableFull> {
        let metas = Layout::array::<SlotMeta>(self.slots as usize).map_err(|_| TableFull)?;
        let places = Layout::array::<Entry>(self.places as usize).map_err(|_| TableFull)?;
        let (layout, _) = Layout::new::<Self>().extend(metas).map_err(|_| TableFull)?;
        Ok(layout.extend(places).map_err(|_| TableFull)?.0)
    }
}

impl Rows for HeapRows {
    fn entries(&self) -> &[Entry] {
        // SAFETY: so many are there, and stay while `self` is borrowed.
        unsafe { slice::from_raw_parts(self.first_place().as_ptr(), self.head().placed as usize) }
    }

    fn entries_mut(&mut self) -> &mut [Entry] {
        // SAFETY: as above; the borrow is exclusive.
        unsafe { slice::from_raw_parts_mut(self.first_place().as_ptr(), self.head().placed as usize) }
    }

    fn metas(&self) -> &[SlotMeta] {
        // SAFETY: as above.
        unsafe { slice::from_raw_parts(self.first_meta().as_ptr(), self.head().noted as usize) }
    }

    fn metas_mut(&mut self) -> &mut [SlotMeta] {
        // SAFETY: as above; the borrow is exclusive.
        unsafe { slice::from_raw_parts_mut(self.first_meta().as_ptr(), self.head().noted as usize) }
    }

    /// Grows where a rendezvous has no room, by an eighth.
    fn append_entry(&mut self, entry: Entry) -> Result<(), TableFull> {
        let Head { slots, places, placed, .. } = *self.head();
        if placed == places {
            self.grow(places.checked_add(1 + places / 8).ok_or(TableFull)?, slots)?;
        }
        // SAFETY: there is room for one more, and the head is ours to write.
        unsafe {
            self.first_place().add(placed as usize).write(entry);
            self.head.as_mut().placed = placed + 1;
        }
        Ok(())
    }

    fn append_meta(&mut self, meta: SlotMeta) -> Result<(), TableFull> {
        let Head { slots, noted, .. } = *self.head();
        if noted == slots {
            return Err(TableFull);
        }
        // SAFETY: as above.
        unsafe {
            self.first_meta().add(noted as usize).write(meta);
            self.head.as_mut().noted = noted + 1;
        }
        Ok(())
    }

    fn limit(&self) -> usize {
        u32::MAX as usize
    }

    fn slots(&self) -> u32 {
        self.head().slots
    }

    fn back(&mut self, slots: u32) -> Result<(), TableFull> {
        let Head { slots: before, places, .. } = *self.head();
        if slots <= before { Ok(()) } else { self.grow(places, slots) }
    }
}

impl Drop for HeapRows {
    fn drop(&mut self) {
        if let Ok(layout) = self.head().layout() {
            // SAFETY: the block was allocated with this layout, and goes once; what lies in it needs no drop.
            unsafe { dealloc(self.head.cast().as_ptr(), layout) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::boxed::Box;
    use alloc::vec::Vec;

    #[test]
    fn p1_a_table_keeps_what_it_is_given_and_drops_it_once() {
        let mut table = HeapTable::<_>::new();
        assert_eq!((table.as_ref(), table.limit()), (&[] as &[Box<u64>], u32::MAX as usize));
        for value in 0..100_u64 {
            table.append(Box::new(value)).expect("there is memory");
            assert_eq!(table.as_ref().len() as u64, value + 1);
        }
        *table.as_mut()[7] = 700;
        let expected: Vec<u64> = (0..100).map(|value| if value == 7 { 700 } else { value }).collect();
        assert!(table.as_ref().iter().map(|value| **value).eq(expected));
    }

    #[test]
    fn p1_what_is_kept_beside_a_table_comes_with_its_first_element_and_moves_with_it() {
        #[derive(Clone, Copy, Debug, PartialEq)]
        struct Sum(u64);
        impl Zero for Sum {
            const ZERO: Self = Self(0);
        }
        impl InFront for Sum {
            const EMPTY: &'static Header<Self> = &Header { len: 0, capacity: 0, beside: Self::ZERO };
        }
        let mut table = HeapTable::<u64, Sum>::new();
        assert_eq!((*table.beside(), table.beside_mut().is_some()), (Sum(0), false));
        for value in 1..=50 {
            table.append(value).expect("there is memory");
            table.beside_mut().expect("there is an element").0 += value;
            assert_eq!(table.beside().0, table.as_ref().iter().sum::<u64>());
        }
        assert_eq!(*HeapTable::<u64, Sum>::new().beside(), Sum(0), "nobody writes what empty tables share");
    }

    #[test]
    fn p1_rows_keep_what_they_are_given_whichever_of_the_two_grows() {
        let mut rows = HeapRows::new(2, 3).expect("there is memory");
        let mut slot = 0;
        for round in 0..20_u32 {
            while rows.append_meta(SlotMeta::UNUSED).is_ok() {
                let mut place = Entry::BARE;
                place.put(slot * 7);
                rows.append_entry(place).expect("there is memory");
                slot += 1;
            }
            assert_eq!((rows.slots(), rows.metas().len(), rows.entries().len()), (slot, slot as usize, slot as usize));
            assert!((0..slot).eq(rows.entries().iter().map(|place| place.slot() / 7)));
            rows.back(slot.saturating_sub(1)).expect("there are more");
            rows.back(slot + 1 + round).expect("there is memory");
        }
        rows.entries_mut()[5].put(1);
        assert_eq!((rows.entries()[5].slot(), rows.metas_mut().len()), (1, slot as usize));
    }

    #[test]
    fn b23_rows_too_large_for_any_memory_are_an_error() {
        assert!(HeapRows::new(usize::MAX, 1).is_err() && HeapRows::new(1, usize::MAX).is_err());
        assert!(HeapRows::new(0, 2).is_ok_and(|rows| rows.entries().is_empty() && rows.metas().is_empty()));
    }
}
