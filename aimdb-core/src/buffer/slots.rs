//! Where the values of a buffer lie, and the one file that moves them there.
//!
//! Whoever holds a token of `pure::slot_pool` may do to a slot what the token stands for; tokens
//! are made by the record's [`crate::pure::Log`] under its lock and cannot be copied, so the
//! accesses below never meet. They happen outside the lock, or for small values inside. A lane makes
//! tokens of the slots that the machine left to its ends, each behind a door of its own.
#![allow(unsafe_code)]

#[cfg(feature = "std")]
pub(in crate::buffer) mod carry;
#[cfg(feature = "alloc")]
mod heap;
#[cfg(all(feature = "std", not(loom)))]
mod row;

use core::mem::MaybeUninit;

#[cfg(not(loom))]
use core::cell::UnsafeCell;
#[cfg(loom)]
use loom::cell::UnsafeCell;

#[cfg(loom)]
use super::lane::Words;
use crate::pure::{Claim, Owned, Pinned, TableFull};

/// What processors bring at a time, on most.
#[cfg(feature = "std")]
const LINE: usize = 64;

/// Room for one value.
#[cfg(not(loom))]
pub struct SlotCell<T>(UnsafeCell<MaybeUninit<T>>);

/// Room for one value; of plain data that is copied while it may be overwritten, for its words.
#[cfg(loom)]
#[repr(C)]
pub struct SlotCell<T> {
    words: Words<T>,
    value: UnsafeCell<MaybeUninit<T>>,
}

// SAFETY: a slot is filled, looked at and emptied under the tokens of its record only. Values move
// between threads through it, so `T: Send`; two threads look at one value at a time only if the
// buffer can clone, which it can only if `T: Sync` (see `UserCode::clone_value`).
unsafe impl<T: Send> Sync for SlotCell<T> {}

impl<T> SlotCell<T> {
    /// So many values fill eight cache lines; a model's laps have more than one piece with fewer.
    #[cfg(feature = "std")]
    pub(super) const AHEAD: usize = match size_of::<T>() {
        _ if cfg!(any(loom, shuttle)) => 2,
        0 => 8 * LINE,
        size => (8 * LINE).div_ceil(size),
    };

    /// An empty slot.
    #[cfg(not(loom))]
    #[must_use]
    pub const fn new() -> Self {
        Self(UnsafeCell::new(MaybeUninit::uninit()))
    }

    /// An empty slot.
    #[cfg(loom)]
    #[must_use]
    pub fn new() -> Self {
        Self { words: Words::new(0), value: UnsafeCell::new(MaybeUninit::uninit()) }
    }

    /// An empty slot for the words of plain data.
    #[cfg(loom)]
    pub(super) fn of_words() -> Self {
        Self { words: Words::new(size_of::<T>() / size_of::<u64>()), ..Self::new() }
    }

    #[inline(always)]
    pub(super) fn fill(&self, _claim: &Claim, value: T) {
        // SAFETY: the claim of this slot is held, so nobody else touches it.
        self.with_mut(|place| unsafe { (*place).write(value) });
    }

    /// As [`SlotCell::fill`], from where the value lies: on its way by other places compilers copy it into each.
    ///
    /// # Safety
    ///
    /// The caller uses the value no more.
    #[cfg(feature = "std")]
    #[inline(always)]
    pub(super) unsafe fn fill_from(&self, claim: &Claim, value: &core::mem::ManuallyDrop<T>) {
        if const { carry::pays::<T>() } {
            // SAFETY: as for `fill`; the value is read once, by this function's contract.
            return self.with_mut(|place| unsafe { carry::in_pairs(&raw const **value, place.cast()) });
        }
        // SAFETY: the value is read once, by this function's contract.
        self.fill(claim, unsafe { core::ptr::read(&raw const **value) });
    }

    /// Has the lines of so many values come, of which this is the first, to be filled or emptied. A hint: that they lie
    /// behind it, or that there are so many, need not be so.
    #[cfg(feature = "std")]
    #[inline(always)]
    pub(super) fn fetch<const TO_FILL: bool>(&self, values: u64) {
        #[cfg(all(target_arch = "x86_64", not(any(loom, shuttle, miri))))]
        {
            let bytes = values as usize * size_of::<T>();
            for line in (LINE..bytes).step_by(LINE) {
                let place = self.0.get().cast::<i8>().wrapping_add(line);
                // SAFETY: a prefetch reads and writes nothing that a program could see, and faults nowhere; where there
                // is none for writing, it does nothing.
                unsafe {
                    if TO_FILL {
                        core::arch::asm!("prefetchw [{}]", in(reg) place, options(nostack, preserves_flags, readonly));
                    } else {
                        core::arch::asm!("prefetcht0 [{}]", in(reg) place, options(nostack, preserves_flags, readonly));
                    }
                }
            }
        }
        #[cfg(not(all(target_arch = "x86_64", not(any(loom, shuttle, miri)))))]
        let _ = values;
    }

    #[inline(always)]
    pub(super) fn empty(&self, _owned: &Owned) -> T {
        // SAFETY: the owner of a slot is alone with it, and the slot was filled: only a published
        // or taken-back slot is owned. It is emptied once: the owner releases it next.
        self.with_mut(|place| unsafe { (*place).assume_init_read() })
    }

    /// A copy of the value.
    ///
    /// # Safety
    ///
    /// The values are plain data.
    #[cfg(feature = "std")]
    #[inline(always)]
    pub(super) unsafe fn copy(&self, _pinned: &Pinned) -> T {
        // SAFETY: while it is pinned the value stays and nobody writes it; a copy of plain data is as good.
        self.with(|place| unsafe { (*place).assume_init_read() })
    }

    pub(super) fn look<R>(&self, _pinned: &Pinned, look: impl FnOnce(&T) -> R) -> R {
        // SAFETY: while it is pinned the value stays and nobody writes it.
        self.with(|place| look(unsafe { (*place).assume_init_ref() }))
    }

    /// Where the value lies, for plain data that is copied by words.
    #[cfg(all(feature = "std", not(loom)))]
    pub(super) const fn place(&self) -> *mut T {
        self.0.get().cast()
    }

    /// Where the words of the value are.
    #[cfg(loom)]
    pub(super) const fn place(&self) -> *const Words<T> {
        &raw const self.words
    }

    #[cfg(not(loom))]
    #[inline(always)]
    fn with_mut<R>(&self, access: impl FnOnce(*mut MaybeUninit<T>) -> R) -> R {
        access(self.0.get())
    }

    #[cfg(loom)]
    fn with_mut<R>(&self, access: impl FnOnce(*mut MaybeUninit<T>) -> R) -> R {
        if self.words.are_there() {
            return self.words.with_mut(access);
        }
        self.value.with_mut(access)
    }

    #[cfg(not(loom))]
    fn with<R>(&self, access: impl FnOnce(*const MaybeUninit<T>) -> R) -> R {
        access(self.0.get())
    }

    #[cfg(loom)]
    fn with<R>(&self, access: impl FnOnce(*const MaybeUninit<T>) -> R) -> R {
        if self.words.are_there() {
            let value = self.words.get();
            return access(&raw const value);
        }
        self.value.with(access)
    }
}

impl<T> Default for SlotCell<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// The slots of one buffer.
pub trait Slots<T> {
    /// More slots, made outside the lock.
    type Chunk;

    /// The slot with this number.
    fn cell(&self, slot: u32) -> &SlotCell<T>;

    /// The slot with this number, if that is told at once: always, where there is no more than one piece
    /// of them.
    #[inline]
    fn cell_at_once(&self, slot: u32) -> Option<&SlotCell<T>> {
        Some(self.cell(slot))
    }

    /// The first slots, if these lie one behind the other and stay there.
    #[cfg(feature = "std")]
    fn first(&self) -> &[SlotCell<T>] {
        &[]
    }

    /// The slot with this number, for whoever has the first ones at hand.
    #[cfg(feature = "std")]
    #[inline(always)]
    fn cell_by<'a>(&'a self, first: &'a [SlotCell<T>], slot: u32) -> &'a SlotCell<T> {
        first.get(slot as usize).unwrap_or_else(|| self.cell(slot))
    }

    /// Told of a value that is about to lie in a claimed slot, outside the lock unless values are small enough to be
    /// moved inside. Slots whose values only say where the bytes are copy them here.
    #[inline(always)]
    fn brings(&self, claim: &Claim, value: &T) {
        let _ = (claim, value);
    }

    /// Makes more slots, without taking them into use.
    ///
    /// # Errors
    ///
    /// When there is no memory for them, or the storage is fixed.
    fn prepare(&self) -> Result<Self::Chunk, TableFull>;

    /// Takes slots into use, under the record's lock, if it can be noted how many there are then. Else they come back, unused.
    ///
    /// # Errors
    ///
    /// The slots.
    fn install(&self, chunk: Self::Chunk, note: impl FnOnce(u32) -> bool) -> Result<(), Self::Chunk>;
}

#[cfg(feature = "alloc")]
pub(crate) use heap::HeapSlots;
