//! The tables of a machine on the heap: arrays that a record holds by one word each.
//!
//! A record has three tables, and a database has many records whose tables are small or empty. A
//! `Vec` is three words even then; here the two counts lie in front of the elements, and so does what a
//! table keeps beside them.
#![allow(unsafe_code)]

use alloc::alloc::{alloc, dealloc, realloc};
use core::alloc::Layout;
use core::marker::PhantomData;
use core::ptr::{self, NonNull};
use core::slice;

use crate::pure::{Beside, Cursor, Entry, Readers, SlotMeta, Storage, Table, TableFull, Zero};

/// Storage that grows on the heap.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HeapStorage;

impl<W> Storage<W> for HeapStorage {
    type Entries = HeapTable<Entry>;
    type Metas = HeapTable<SlotMeta>;
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
    fn b23_a_table_too_large_for_any_memory_is_an_error() {
        assert!(HeapTable::<u64>::with_capacity(usize::MAX).is_err());
        assert!(HeapTable::<[u64; 1 << 40]>::with_capacity(1 << 20).is_err());
        assert!(HeapTable::<u64>::with_capacity(0).is_ok_and(|table| table.as_ref().is_empty()));
    }
}
