//! Where one value lies that is overwritten while others may be reading it.
//!
//! It is written and read word by word, each word as one atomic: whoever reads while somebody writes gets words of two
//! values, and no undefined behaviour. Who may keep what was read, the state says.
#![allow(unsafe_code)]

#[cfg(not(loom))]
use core::cell::UnsafeCell;
#[cfg(not(loom))]
use core::mem::MaybeUninit;
#[cfg(not(loom))]
use core::sync::atomic::{AtomicU8, AtomicU32};
#[cfg(loom)]
use loom::sync::atomic::AtomicU32;

use core::sync::atomic::Ordering;

use bytemuck::NoUninit;

/// Room for one value, from a word's border on.
#[cfg(not(loom))]
#[repr(C, align(4))]
pub(super) struct Words<T>(UnsafeCell<MaybeUninit<T>>);

#[cfg(not(loom))]
impl<T: NoUninit> Words<T> {
    const WORDS: usize = size_of::<T>() / 4;
    /// Bytes behind the last whole word.
    const REST: usize = size_of::<T>() % 4;
    /// Words that are moved in one turn of the loop.
    const AT_ONCE: usize = 4;

    pub(super) const fn new() -> Self {
        Self(UnsafeCell::new(MaybeUninit::uninit()))
    }

    #[inline(always)]
    fn word(&self, at: usize) -> &AtomicU32 {
        // SAFETY: `at` is one of the words of the value that there is room for, which begins at a word's border; it is
        // accessed as atomics only.
        unsafe { AtomicU32::from_ptr(self.0.get().cast::<u32>().add(at)) }
    }

    #[inline(always)]
    fn byte(&self, at: usize) -> &AtomicU8 {
        // SAFETY: as for `word`, of the bytes behind the words.
        unsafe { AtomicU8::from_ptr(self.0.get().cast::<u8>().add(Self::WORDS * 4 + at)) }
    }

    /// Calls this for each word.
    #[inline(always)]
    fn each(mut work: impl FnMut(usize)) {
        let mut at = 0;
        while at + Self::AT_ONCE <= Self::WORDS {
            work(at);
            work(at + 1);
            work(at + 2);
            work(at + 3);
            at += Self::AT_ONCE;
        }
        while at < Self::WORDS {
            work(at);
            at += 1;
        }
    }

    /// # Safety
    ///
    /// The value is there, and nobody else writes.
    #[inline(always)]
    pub(super) unsafe fn store(&self, value: *const T) {
        Self::each(|at| {
            // SAFETY: it is one of the words of the value, which has no byte that is not there.
            let word = unsafe { value.cast::<u32>().add(at).read_unaligned() };
            self.word(at).store(word, Ordering::Relaxed);
        });
        for at in 0..Self::REST {
            // SAFETY: as above.
            let byte = unsafe { value.cast::<u8>().add(Self::WORDS * 4 + at).read() };
            self.byte(at).store(byte, Ordering::Relaxed);
        }
    }

    /// Copies what is there, which is a value if nobody writes meanwhile.
    ///
    /// # Safety
    ///
    /// There is room for a value, and one was written here before.
    #[inline(always)]
    pub(super) unsafe fn load(&self, there: *mut T) {
        Self::each(|at| {
            // SAFETY: there is room.
            unsafe { there.cast::<u32>().add(at).write_unaligned(self.word(at).load(Ordering::Relaxed)) };
        });
        for at in 0..Self::REST {
            // SAFETY: as above.
            unsafe { there.cast::<u8>().add(Self::WORDS * 4 + at).write(self.byte(at).load(Ordering::Relaxed)) };
        }
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
