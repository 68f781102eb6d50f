//! A part that comes late, or never, and then stays.
#![allow(unsafe_code)]

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::marker::PhantomData;
use core::ptr;

// Not a model's: it is looked at in each call, so a model would have to stop there as often, to check
// three lines. What a lane's ends do to each other is ordered by its doors, which are a model's.
use core::sync::atomic::{AtomicPtr, Ordering};

/// Room for one word that leads to a `T` once it has come.
pub(super) struct Late<T> {
    part: AtomicPtr<[T; 1]>,
    owned: PhantomData<Box<T>>,
}

impl<T> Late<T> {
    pub(super) const fn new() -> Self {
        Self { part: AtomicPtr::new(ptr::null_mut()), owned: PhantomData }
    }

    /// The part, if it has come.
    #[inline]
    pub(super) fn get(&self) -> Option<&T> {
        // Acquire: whoever sees the part sees all of it. SAFETY: it came from a box, and stays until
        // `self` is dropped.
        unsafe { self.part.load(Ordering::Acquire).as_ref() }.map(|[part]| part)
    }

    /// Brings the part, unless another was faster, whose part stays.
    pub(super) fn bring(&self, part: Box<[T; 1]>) {
        let part = Box::into_raw(part);
        // Release: pairs with `get`.
        if self.part.compare_exchange(ptr::null_mut(), part, Ordering::Release, Ordering::Relaxed).is_err() {
            // SAFETY: it was a box, which nobody else has seen.
            drop(unsafe { Box::from_raw(part) });
        }
    }
}

impl<T> Drop for Late<T> {
    fn drop(&mut self) {
        let part = *self.part.get_mut();
        if !part.is_null() {
            // SAFETY: it came from a box and goes once, here.
            drop(unsafe { Box::from_raw(part) });
        }
    }
}

/// A box, if there is memory for it.
pub(super) fn boxed<T>(value: T) -> Option<Box<[T; 1]>> {
    let mut room = Vec::new();
    room.try_reserve_exact(1).ok()?;
    room.push(value);
    room.into_boxed_slice().try_into().ok()
}
