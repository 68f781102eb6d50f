//! The tables of a machine on the heap: arrays that a record holds by one word each.
//!
//! A record has three tables, and a database has many records whose tables are small or empty. A
//! `Vec` is three words even then; here the two counts lie in front of the elements.
#![allow(unsafe_code)]

use alloc::alloc::{alloc, dealloc, realloc};
use core::alloc::Layout;
use core::marker::PhantomData;
use core::ptr::{self, NonNull};
use core::slice;

use crate::pure::{Cursor, Entry, SlotMeta, Storage, Table, TableFull};

/// Storage that grows on the heap.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HeapStorage;

impl<W> Storage<W> for HeapStorage {
    type Entries = HeapTable<Entry>;
    type Metas = HeapTable<SlotMeta>;
    type Cursors = HeapTable<Cursor<W>>;
}

/// What lies in front of the elements.
#[repr(align(8))]
struct Header {
    len: u32,
    capacity: u32,
}

/// An array that grows, and says so when there is no memory for that.
pub(crate) struct HeapTable<E> {
    /// Of an allocation with `capacity` elements behind it, the first `len` of them there; or `EMPTY`.
    header: NonNull<Header>,
    elements: PhantomData<E>,
}

/// What tables without an allocation share; nobody writes it.
static EMPTY: Header = Header { len: 0, capacity: 0 };

// SAFETY: a table owns its elements, as a `Vec` does.
unsafe impl<E: Send> Send for HeapTable<E> {}
// SAFETY: as above; a shared table gives shared elements only.
unsafe impl<E: Sync> Sync for HeapTable<E> {}

impl<E> HeapTable<E> {
    /// A table without an allocation.
    pub(crate) const fn new() -> Self {
        const { assert!(align_of::<E>() <= align_of::<Header>(), "elements follow the header directly") };
        // The pointer is only written through when there is a capacity.
        Self { header: NonNull::from_ref(&EMPTY), elements: PhantomData }
    }

    /// An empty table with room for so many elements.
    ///
    /// # Errors
    ///
    /// When there is no memory for them.
    pub(crate) fn with_capacity(capacity: usize) -> Result<Self, TableFull> {
        let mut table = Self::new();
        if capacity > 0 {
            table.grow(u32::try_from(capacity).map_err(|_| TableFull)?)?;
        }
        Ok(table)
    }

    fn layout(capacity: u32) -> Result<Layout, TableFull> {
        let elements = Layout::array::<E>(capacity as usize).map_err(|_| TableFull)?;
        let (layout, offset) = Layout::new::<Header>().extend(elements).map_err(|_| TableFull)?;
        debug_assert_eq!(offset, size_of::<Header>());
        Ok(layout)
    }

    const fn header(&self) -> &Header {
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
        let Header { len, capacity: before } = *self.header();
        let layout = Self::layout(capacity)?;
        let block = if before == 0 {
            // SAFETY: the layout has the size of a header at least.
            unsafe { alloc(layout) }
        } else {
            // SAFETY: the block was allocated here with the layout of that capacity; the new size was
            // found valid with this alignment.
            unsafe { realloc(self.header.cast().as_ptr(), Self::layout(before)?, layout.size()) }
        };
        self.header = NonNull::new(block.cast::<Header>()).ok_or(TableFull)?;
        // SAFETY: the block begins with room for a header and is ours alone.
        unsafe { self.header.write(Header { len, capacity }) };
        Ok(())
    }
}

impl<E> AsRef<[E]> for HeapTable<E> {
    fn as_ref(&self) -> &[E] {
        // SAFETY: so many elements are there, and stay while `self` is borrowed.
        unsafe { slice::from_raw_parts(self.start().as_ptr(), self.header().len as usize) }
    }
}

impl<E> AsMut<[E]> for HeapTable<E> {
    fn as_mut(&mut self) -> &mut [E] {
        // SAFETY: as in `as_ref`; the borrow is exclusive.
        unsafe { slice::from_raw_parts_mut(self.start().as_ptr(), self.header().len as usize) }
    }
}

impl<E> Table<E> for HeapTable<E> {
    fn append(&mut self, element: E) -> Result<(), TableFull> {
        let Header { len, capacity } = *self.header();
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

impl<E> Drop for HeapTable<E> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::boxed::Box;
    use alloc::vec::Vec;

    #[test]
    fn p1_a_table_keeps_what_it_is_given_and_drops_it_once() {
        let mut table = HeapTable::new();
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
    fn b23_a_table_too_large_for_any_memory_is_an_error() {
        assert!(HeapTable::<u64>::with_capacity(usize::MAX).is_err());
        assert!(HeapTable::<[u64; 1 << 40]>::with_capacity(1 << 20).is_err());
        assert!(HeapTable::<u64>::with_capacity(0).is_ok_and(|table| table.as_ref().is_empty()));
    }
}
