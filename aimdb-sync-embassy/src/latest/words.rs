//! Where one value lies that is overwritten while others may be reading it.
//!
//! It is written and read word by word, so whoever reads while somebody writes gets words of two values. Who may keep what was
//! read, the state says.
#![allow(unsafe_code)]

#[cfg(not(loom))]
use core::cell::UnsafeCell;
#[cfg(not(loom))]
use core::mem::MaybeUninit;
#[cfg(loom)]
use loom::sync::atomic::{AtomicU32, Ordering};

use bytemuck::NoUninit;

#[cfg(not(loom))]
use crate::lean::words;

/// Room for one value, from a word's border on.
#[cfg(not(loom))]
#[repr(C, align(4))]
pub(super) struct Words<T>(UnsafeCell<MaybeUninit<T>>);

#[cfg(not(loom))]
impl<T: NoUninit> Words<T> {
    pub(super) const fn new() -> Self {
        Self(UnsafeCell::new(MaybeUninit::uninit()))
    }

    /// # Safety
    ///
    /// The value is there, and nobody else writes.
    #[inline(always)]
    pub(super) unsafe fn store(&self, value: *const T) {
        // SAFETY: the room begins at a word's border, and is touched here and below only; the rest is this function's contract.
        unsafe { words::write::<T>(self.0.get().cast(), value) };
    }

    /// Copies what is there, which is a value if nobody writes meanwhile.
    ///
    /// # Safety
    ///
    /// There is room for a value, and one was written here before.
    #[inline(always)]
    pub(super) unsafe fn load(&self, there: *mut T) {
        // SAFETY: as above.
        unsafe { words::read::<T>(self.0.get().cast(), there) };
    }
}

/// The same with words that a model checker follows.
#[cfg(loom)]
pub(super) struct Words<T>(std::vec::Vec<AtomicU32>, core::marker::PhantomData<T>);

#[cfg(loom)]
impl<T: NoUninit> Words<T> {
    pub(super) fn new() -> Self {
        assert_eq!(size_of::<T>() % 4, 0);
        Self((0..size_of::<T>() / 4).map(|_| AtomicU32::new(0)).collect(), core::marker::PhantomData)
    }

    pub(super) unsafe fn store(&self, value: *const T) {
        for (at, word) in self.0.iter().enumerate() {
            // SAFETY: as above.
            word.store(unsafe { value.cast::<u32>().add(at).read() }, Ordering::Relaxed);
        }
    }

    pub(super) unsafe fn load(&self, there: *mut T) {
        for (at, word) in self.0.iter().enumerate() {
            // SAFETY: as above.
            unsafe { there.cast::<u32>().add(at).write(word.load(Ordering::Relaxed)) };
        }
    }
}
