//! Slots on the heap: a row of them, and chunks that come when it does not suffice.
#![allow(unsafe_code)]

use alloc::boxed::Box;
#[cfg(not(any(feature = "std", loom)))]
use alloc::vec::Vec;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicPtr, Ordering};

#[cfg(all(feature = "std", not(loom)))]
use super::row::{Row, from_raw, into_raw};
use super::{SlotCell, Slots, TableFull};
use crate::waiting::in_box;

/// Where there are no threads, or a model's slots have state of their own.
#[cfg(any(not(feature = "std"), loom))]
type Row<T> = Box<[SlotCell<T>]>;

#[cfg(any(not(feature = "std"), loom))]
fn into_raw<T>(row: Row<T>) -> NonNull<[SlotCell<T>]> {
    NonNull::from_mut(Box::leak(row))
}

/// # Safety
///
/// A row became these, and nobody has them.
#[cfg(any(not(feature = "std"), loom))]
unsafe fn from_raw<T>(row: NonNull<[SlotCell<T>]>) -> Row<T> {
    // SAFETY: by this function's contract.
    unsafe { Box::from_raw(row.as_ptr()) }
}

/// Slots on the heap. They never move, so one can be used while more are added.
pub(crate) struct HeapSlots<T> {
    base: NonNull<SlotCell<T>>,
    /// The first chunk, which knows how many slots lie at `base`; without one, twice that number, and `COUNT`.
    more: AtomicPtr<Chunk<T>>,
    /// What a slot is made by.
    #[cfg(loom)]
    make: fn() -> SlotCell<T>,
}

type Parts<T> = (NonNull<SlotCell<T>>, AtomicPtr<Chunk<T>>);

/// Slots that were added because many threads were sending or reading at the same time.
pub(crate) struct Chunk<T> {
    cells: Row<T>,
    /// How many slots there are without the chunks.
    base: usize,
    next: AtomicPtr<Chunk<T>>,
}

/// Slots of the first chunk; each further chunk has twice as many as the one before.
const FIRST_CHUNK: usize = 4;

// A model checker's cell has state of its own and must be made.
#[cfg(loom)]
fn cells<T>(count: usize, make: fn() -> SlotCell<T>) -> Result<Row<T>, TableFull> {
    Ok((0..count).map(|_| make()).collect())
}

#[cfg(all(feature = "std", not(loom)))]
fn cells<T>(count: usize) -> Result<Row<T>, TableFull> {
    Row::new(count).ok_or(TableFull)
}

#[cfg(not(any(feature = "std", loom)))]
fn cells<T>(count: usize) -> Result<Row<T>, TableFull> {
    let mut cells = Vec::new();
    cells.try_reserve_exact(count).map_err(|_| TableFull)?;
    // SAFETY: the capacity is there, and an uninitialised cell is a valid one: it is made of
    // `MaybeUninit`. Nothing is written, so memory is touched only when values come.
    unsafe {
        cells.set_len(count);
    }
    Ok(cells.into_boxed_slice())
}

// SAFETY: it owns its slots and its chunks.
unsafe impl<T: Send> Send for HeapSlots<T> {}
// SAFETY: as for `SlotCell`.
unsafe impl<T: Send> Sync for HeapSlots<T> {}

/// Stands in an address where there is no chunk, but how many slots there are. No chunk has such an address.
const COUNT: usize = 1;

impl<T> HeapSlots<T> {
    #[cfg(not(loom))]
    pub(crate) fn new(count: usize) -> Result<Self, TableFull> {
        let (base, more) = Self::parts(cells(count)?)?;
        Ok(Self { base, more })
    }

    /// The slots of a model; `by_words` says that their values are copied while they may be overwritten.
    #[cfg(loom)]
    pub(crate) fn new(count: usize, by_words: bool) -> Result<Self, TableFull> {
        let make = if by_words { SlotCell::of_words } else { SlotCell::new };
        let (base, more) = Self::parts(cells(count, make)?)?;
        Ok(Self { base, more, make })
    }

    fn parts(row: Row<T>) -> Result<Parts<T>, TableFull> {
        let count = row.len().checked_mul(2).ok_or(TableFull)? | COUNT;
        Ok((into_raw(row).cast(), AtomicPtr::new(ptr::without_provenance_mut(count))))
    }

    /// The first of them, which most buffers have no others than.
    #[inline(always)]
    pub(crate) fn base(&self) -> &[SlotCell<T>] {
        // SAFETY: so many are there, and stay.
        unsafe { NonNull::slice_from_raw_parts(self.base, self.counted().0).as_ref() }
    }

    /// How many there are without the chunks, and the first of these.
    #[inline(always)]
    fn counted(&self) -> (usize, Option<&Chunk<T>>) {
        // Acquire: whoever sees a chunk sees its cells.
        let more = self.more.load(Ordering::Acquire);
        if more.addr() & COUNT != 0 {
            return (more.addr() / 2, None);
        }
        // SAFETY: a chunk that was installed lives as long as `self`.
        let chunk = unsafe { &*more };
        (chunk.base, Some(chunk))
    }

    #[cold]
    fn cell_in_chunks(&self, slot: usize) -> &SlotCell<T> {
        let mut rest = slot - self.base().len();
        // Bounded by the chunks, of which there are at most 29.
        for chunk in self.chunks() {
            match chunk.cells.get(rest) {
                Some(cell) => return cell,
                None => rest -= chunk.cells.len(),
            }
        }
        unreachable!("a slot is numbered only when it is installed")
    }

    fn chunks(&self) -> impl Iterator<Item = &Chunk<T>> {
        core::iter::successors(self.counted().1, |chunk| {
            // Acquire: as above. SAFETY: as above.
            unsafe { chunk.next.load(Ordering::Acquire).as_ref() }
        })
    }
}

impl<T> Slots<T> for HeapSlots<T> {
    type Chunk = Box<Chunk<T>>;

    #[inline]
    fn cell(&self, slot: u32) -> &SlotCell<T> {
        let slot = slot as usize;
        self.base().get(slot).unwrap_or_else(|| self.cell_in_chunks(slot))
    }

    #[inline(always)]
    fn cell_at_once(&self, slot: u32) -> Option<&SlotCell<T>> {
        self.base().get(slot as usize)
    }

    #[cfg(feature = "std")]
    fn first(&self) -> &[SlotCell<T>] {
        self.base()
    }

    fn prepare(&self) -> Result<Self::Chunk, TableFull> {
        let count = FIRST_CHUNK << self.chunks().count().min(24);
        #[cfg(not(loom))]
        let cells = cells(count)?;
        #[cfg(loom)]
        let cells = cells(count, self.make)?;
        in_box(Chunk { cells, base: self.base().len(), next: AtomicPtr::new(ptr::null_mut()) }).ok_or(TableFull)
    }

    fn install(&self, chunk: Self::Chunk, note: impl FnOnce(u32) -> bool) -> Result<(), Self::Chunk> {
        let added = chunk.cells.len();
        let before = chunk.base + self.chunks().map(|chunk| chunk.cells.len()).sum::<usize>();
        if !note(u32::try_from(before + added).unwrap_or(u32::MAX - 1)) {
            return Err(chunk);
        }
        let last = self.chunks().last().map_or(&self.more, |chunk| &chunk.next);
        // Release: pairs with the loads of these. The record's lock keeps installers apart.
        last.store(Box::into_raw(chunk), Ordering::Release);
        Ok(())
    }
}

impl<T> Drop for HeapSlots<T> {
    fn drop(&mut self) {
        let (count, chunk) = self.counted();
        let mut at = chunk.map_or(ptr::null_mut(), |_| self.more.load(Ordering::Relaxed));
        // SAFETY: so many were made, and go once, here.
        drop(unsafe { from_raw(NonNull::slice_from_raw_parts(self.base, count)) });
        while !at.is_null() {
            // SAFETY: `at` came from `Box::into_raw` and is freed once, here.
            let mut chunk = unsafe { Box::from_raw(at) };
            at = *chunk.next.get_mut();
        }
    }
}
