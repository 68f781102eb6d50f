//! Where the values of a ring lie.
//!
//! A large value is copied outside the critical section, and somebody may fill its place anew meanwhile: then the copy
//! is thrown away, but it has been made. So both copy it by words that are atomic, which on a small machine are plain
//! loads and stores; what lies there is plain data, without gaps.
#![allow(unsafe_code)]

use bytemuck::NoUninit;

#[cfg(not(loom))]
use crate::lean::words;

/// The places of a ring and those that are spare, which one number names.
#[cfg(not(loom))]
#[repr(C, align(4))]
pub(super) struct Places<T, const N: usize, const WRITERS: usize> {
    ring: [Place<T>; N],
    spare: [Place<T>; WRITERS],
}

#[cfg(not(loom))]
type Place<T> = core::cell::UnsafeCell<core::mem::MaybeUninit<T>>;

#[cfg(not(loom))]
impl<T: NoUninit, const N: usize, const WRITERS: usize> Places<T, N, WRITERS> {
    pub(super) const fn new() -> Self {
        Self {
            ring: [const { Place::new(core::mem::MaybeUninit::uninit()) }; N],
            spare: [const { Place::new(core::mem::MaybeUninit::uninit()) }; WRITERS],
        }
    }

    /// # Safety
    ///
    /// There is such a place.
    #[inline(always)]
    unsafe fn at(&self, place: u32) -> *mut T {
        debug_assert!((place as usize) < N + WRITERS, "a state hands out places that are there only");
        let first: *const Self = self;
        // SAFETY: the two arrays lie behind each other without a gap, for they are of one type, and the pointer is for
        // both; they are cells, so it may be written through.
        unsafe { first.cast::<T>().cast_mut().add(place as usize) }
    }

    /// The places, for values that are moved inside the section.
    #[inline(always)]
    pub(super) fn values(&self) -> Values<'_, T> {
        let first: *const Self = self;
        Values(first.cast::<T>().cast_mut(), core::marker::PhantomData)
    }

    /// Copies a value to a place from which others may be copying.
    ///
    /// # Safety
    ///
    /// The place was claimed by the caller.
    #[inline(always)]
    pub(super) unsafe fn write(&self, place: u32, value: *const T) {
        // SAFETY: nobody else writes there, and whoever reads does it by words too. Values have no gaps.
        unsafe { words::write::<T>(self.at(place), value) };
    }

    /// Copies what lies at a place into which somebody may be writing, so that it may be of several values.
    ///
    /// # Safety
    ///
    /// There was a value at the place.
    #[inline(always)]
    pub(super) unsafe fn read(&self, place: u32, there: *mut T) {
        // SAFETY: whoever writes there does it by words too, and a value without gaps was there.
        unsafe { words::read::<T>(self.at(place), there) };
    }
}

/// Where the places of a ring begin, whose values are moved inside the section.
#[cfg(not(loom))]
pub(super) struct Values<'a, T>(*mut T, core::marker::PhantomData<&'a T>);

#[cfg(not(loom))]
impl<T> Values<'_, T> {
    /// # Safety
    ///
    /// The places are there as long as this is, and are touched inside the section of their ring only, or as it says.
    #[inline(always)]
    pub(super) const unsafe fn new(first: *mut T) -> Self {
        Self(first, core::marker::PhantomData)
    }

    /// Moves a value to its place, where nobody else is.
    ///
    /// # Safety
    ///
    /// There is such a place, and the caller is in the ring's section.
    #[inline(always)]
    pub(super) unsafe fn put(&self, place: usize, value: *const T) {
        // SAFETY: by this function's contract.
        unsafe { self.0.add(place).copy_from_nonoverlapping(value, 1) };
    }

    /// Copies what lies at a place, where nobody else is.
    ///
    /// # Safety
    ///
    /// As [`Values::put`]. It is a value if one came there before.
    #[inline(always)]
    pub(super) unsafe fn get(&self, place: usize, there: *mut T) {
        // SAFETY: by this function's contract.
        unsafe { there.copy_from_nonoverlapping(self.0.add(place), 1) };
    }
}

/// The same for the model checker, whose words have to be its own.
#[cfg(loom)]
pub(super) struct Places<T, const N: usize, const WRITERS: usize> {
    words: Vec<Vec<loom::sync::atomic::AtomicU32>>,
    _values: core::marker::PhantomData<T>,
}

#[cfg(loom)]
impl<T: NoUninit, const N: usize, const WRITERS: usize> Places<T, N, WRITERS> {
    pub(super) fn new() -> Self {
        let place = || (0..size_of::<T>() / 4).map(|_| loom::sync::atomic::AtomicU32::new(0)).collect();
        Self { words: (0..N + WRITERS).map(|_| place()).collect(), _values: core::marker::PhantomData }
    }

    pub(super) fn values(&self) -> Values<'_, T> {
        Values(&self.words, core::marker::PhantomData)
    }

    pub(super) unsafe fn write(&self, place: u32, value: *const T) {
        // SAFETY: by this function's contract.
        unsafe { self.values().put(place as usize, value) };
    }

    pub(super) unsafe fn read(&self, place: u32, there: *mut T) {
        // SAFETY: by this function's contract.
        unsafe { self.values().get(place as usize, there) };
    }
}

#[cfg(loom)]
pub(super) struct Values<'a, T>(&'a [Vec<loom::sync::atomic::AtomicU32>], core::marker::PhantomData<T>);

#[cfg(loom)]
impl<T> Values<'_, T> {
    pub(super) unsafe fn put(&self, place: usize, value: *const T) {
        for (at, word) in self.0[place].iter().enumerate() {
            // SAFETY: models have values of whole words.
            word.store(unsafe { value.cast::<u32>().add(at).read() }, loom::sync::atomic::Ordering::Relaxed);
        }
    }

    pub(super) unsafe fn get(&self, place: usize, there: *mut T) {
        for (at, word) in self.0[place].iter().enumerate() {
            // SAFETY: as above.
            unsafe { there.cast::<u32>().add(at).write(word.load(loom::sync::atomic::Ordering::Relaxed)) };
        }
    }
}
