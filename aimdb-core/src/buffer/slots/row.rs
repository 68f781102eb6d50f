//! Slots that lie one behind the other, on the heap.
#![allow(unsafe_code)]

use alloc::alloc::{Layout, alloc, dealloc};
use core::ops::Deref;
use core::ptr::NonNull;

use super::{LINE, SlotCell};

/// Slots that begin with a cache line, if they fill more than one: a value of 64 bytes would else lie on two, and
/// both would have to come from the other core.
pub(super) struct Row<T>(NonNull<[SlotCell<T>]>);

// SAFETY: it owns its slots.
unsafe impl<T: Send> Send for Row<T> {}
// SAFETY: as for `SlotCell`.
unsafe impl<T: Send> Sync for Row<T> {}

impl<T> Row<T> {
    fn layout(count: usize) -> Option<Layout> {
        let layout = Layout::array::<SlotCell<T>>(count).ok()?;
        if layout.size() > LINE { layout.align_to(LINE).ok() } else { Some(layout) }
    }

    /// So many empty slots, if there is memory for them.
    pub(super) fn new(count: usize) -> Option<Self> {
        let layout = Self::layout(count)?;
        let first = match layout.size() {
            0 => Some(NonNull::dangling()),
            // SAFETY: it has a size. Nothing is written, so memory is touched only when values come.
            _ => NonNull::new(unsafe { alloc(layout) }).map(NonNull::cast),
        };
        Some(Self(NonNull::slice_from_raw_parts(first?, count)))
    }
}

/// The slots of a row, to be given to [`from_raw`] once.
pub(super) const fn into_raw<T>(row: Row<T>) -> NonNull<[SlotCell<T>]> {
    let slots = row.0;
    core::mem::forget(row);
    slots
}

/// The row of these slots.
///
/// # Safety
///
/// [`into_raw`] gave them, and nobody has them.
pub(super) const unsafe fn from_raw<T>(slots: NonNull<[SlotCell<T>]>) -> Row<T> {
    Row(slots)
}

impl<T> Deref for Row<T> {
    type Target = [SlotCell<T>];

    #[inline(always)]
    fn deref(&self) -> &[SlotCell<T>] {
        // SAFETY: they are there, and an uninitialised slot is a valid one: it is made of `MaybeUninit`.
        unsafe { self.0.as_ref() }
    }
}

impl<T> Drop for Row<T> {
    fn drop(&mut self) {
        let layout = Self::layout(self.0.len()).filter(|layout| layout.size() > 0);
        if let Some(layout) = layout {
            // SAFETY: they were made with this layout, and go once; an empty slot needs no drop.
            unsafe { dealloc(self.0.as_ptr().cast(), layout) };
        }
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::{LINE, Row};

    #[test]
    fn k1_a_value_of_a_line_lies_on_one_and_absurd_numbers_of_slots_are_refused() {
        for count in 2..20 {
            let row = Row::<[u64; 8]>::new(count).expect("there is memory");
            assert_eq!((row.as_ptr().addr() % LINE, row.len()), (0, count));
        }
        assert_eq!(Row::<[u64; 8]>::new(0).expect("none are needed").len(), 0);
        assert_eq!(Row::<()>::new(usize::MAX).expect("nor for these").len(), usize::MAX);
        assert!(Row::<u64>::new(usize::MAX / 64).is_none() && Row::<u64>::new(usize::MAX).is_none());
    }
}
