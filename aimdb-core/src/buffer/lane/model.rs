//! Room for plain data whose words a model checker follows.
//!
//! It has no atomics in memory that is not its own, so the words of such a value are atomics of the checker's. Who
//! moves a value while nobody else may touch it does so as memory is written and read otherwise, and the checker
//! finds those that touch it all the same.
#![allow(unsafe_code)]

use alloc::boxed::Box;
use core::cell::UnsafeCell;
use core::marker::PhantomData;
use core::mem::{MaybeUninit, needs_drop};

use loom::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The words of a `T`.
#[derive(Debug)]
#[repr(C)]
pub(in crate::buffer) struct Words<T> {
    words: Box<[UnsafeCell<AtomicU64>]>,
    _of: PhantomData<fn(T) -> T>,
}

/// Whether such values are made of words, and nothing else.
pub(in crate::buffer) const fn are_words<T>() -> bool {
    align_of::<T>() == align_of::<u64>() && size_of::<T>().is_multiple_of(size_of::<u64>()) && !needs_drop::<T>()
}

impl<T> Words<T> {
    pub(in crate::buffer) fn new(count: usize) -> Self {
        Self { words: (0..count).map(|_| UnsafeCell::new(AtomicU64::new(0))).collect(), _of: PhantomData }
    }

    fn words(&self) -> impl Iterator<Item = &AtomicU64> {
        // SAFETY: the checker runs one thread at a time, and an atomic of its own is a number by which it knows it:
        // nobody ever changes that.
        self.words.iter().map(|word| unsafe { &*word.get() })
    }

    /// Whether a value has its room here.
    pub(in crate::buffer) const fn are_there(&self) -> bool {
        !self.words.is_empty()
    }

    /// Works with the value, with nobody else there.
    pub(in crate::buffer) fn with_mut<R>(&self, access: impl FnOnce(*mut MaybeUninit<T>) -> R) -> R {
        let mut value = self.get();
        let result = access(&raw mut value);
        for (at, word) in self.words.iter().enumerate() {
            // SAFETY: there are as many words in a `T`; for the atomics see `words`.
            unsafe { (*word.get()).with_mut(|word| *word = value.as_ptr().cast::<u64>().add(at).read()) };
        }
        result
    }

    /// Reads what was written, while nobody writes.
    pub(in crate::buffer) fn get(&self) -> MaybeUninit<T> {
        // SAFETY: the checker says whether somebody writes.
        collect(self.words().map(|word| unsafe { word.unsync_load() }))
    }
}

fn collect<T>(words: impl Iterator<Item = u64>) -> MaybeUninit<T> {
    let mut to = MaybeUninit::<T>::uninit();
    // SAFETY: there are as many words in a `T`.
    words.take(size_of::<T>() / size_of::<u64>()).enumerate().for_each(|(at, word)| unsafe {
        to.as_mut_ptr().cast::<u64>().add(at).write(word);
    });
    to
}

/// As its like outside a model.
pub(in crate::buffer) unsafe fn store<T>(to: *const Words<T>, from: &T) {
    let from = core::ptr::from_ref(from).cast::<u64>();
    // SAFETY: the room is there.
    let words = unsafe { &*to }.words().take(size_of::<T>() / size_of::<u64>());
    for (at, word) in words.enumerate() {
        // SAFETY: there are as many words in a `T`.
        word.store(unsafe { from.add(at).read() }, Relaxed);
    }
}

/// As its like outside a model.
pub(in crate::buffer) unsafe fn load<T>(from: *const Words<T>) -> MaybeUninit<T> {
    // SAFETY: the room is there.
    collect(unsafe { &*from }.words().map(|word| word.load(Relaxed)))
}

/// As its like outside a model.
pub(in crate::buffer) unsafe fn load_to<T>(from: *const Words<T>, to: &mut MaybeUninit<T>) {
    // SAFETY: the room is there.
    *to = unsafe { load(from) };
}

/// As its like outside a model.
pub(in crate::buffer) unsafe fn bring(from: *const Words<u8>, to: *const Words<u8>, bytes: usize) {
    // SAFETY: both are there.
    let (from, to) = unsafe { (&*from, &*to) };
    for (from, to) in from.words().zip(&to.words).take(bytes / size_of::<u64>()) {
        // SAFETY: as above.
        unsafe { (*to.get()).with_mut(|to| *to = from.unsync_load()) };
    }
}
