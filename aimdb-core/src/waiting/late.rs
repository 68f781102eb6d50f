//! A part that comes late, or never, and then stays. Those who look at it wait for nobody.
#![allow(unsafe_code)]

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::marker::PhantomData;
use core::ptr;

// Not a model's: it is looked at in each call, where a model would have to stop as often. Only the model of
// the coming itself says so with a word of its own.
use core::sync::atomic::{AtomicPtr, Ordering};

/// Room for one word that leads to a `T` once it has come.
#[doc(hidden)]
#[derive(Debug)]
pub struct Late<T> {
    part: AtomicPtr<[T; 1]>,
    owned: PhantomData<Box<T>>,
    #[cfg(loom)]
    has_come: Option<loom::sync::atomic::AtomicBool>,
}

impl<T> Late<T> {
    /// Not there yet; `early` says that it will be before anybody looks.
    #[cfg(not(loom))]
    #[must_use]
    pub const fn new(_early: bool) -> Self {
        Self { part: AtomicPtr::new(ptr::null_mut()), owned: PhantomData }
    }

    #[cfg(loom)]
    #[must_use]
    pub fn new(early: bool) -> Self {
        let has_come = (!early).then(|| loom::sync::atomic::AtomicBool::new(false));
        Self { part: AtomicPtr::new(ptr::null_mut()), owned: PhantomData, has_come }
    }

    /// The part, if it has come.
    #[inline]
    #[must_use]
    pub fn get(&self) -> Option<&T> {
        #[cfg(loom)]
        if self.has_come.as_ref().is_some_and(|has_come| !has_come.load(Ordering::Acquire)) {
            return None;
        }
        // Acquire: whoever sees the part sees all of it. SAFETY: it came from a box, and stays until
        // `self` is dropped.
        unsafe { self.part.load(Ordering::Acquire).as_ref() }.map(|[part]| part)
    }

    /// Brings the part, unless another was faster, whose part stays.
    pub fn bring(&self, part: Box<[T; 1]>)
    where
        T: Send,
    {
        let part = Box::into_raw(part);
        // Release: pairs with `get`.
        if self.part.compare_exchange(ptr::null_mut(), part, Ordering::Release, Ordering::Relaxed).is_err() {
            // SAFETY: it was a box, which nobody else has seen.
            drop(unsafe { Box::from_raw(part) });
        }
        #[cfg(loom)]
        if let Some(has_come) = &self.has_come {
            has_come.store(true, Ordering::Release);
        }
    }
}

impl<T> Late<T> {
    /// Takes the part away, if it has come.
    pub fn take(&mut self) -> Option<Box<[T; 1]>> {
        let part = core::mem::replace(self.part.get_mut(), ptr::null_mut());
        // SAFETY: it came from a box, and is no longer here.
        (!part.is_null()).then(|| unsafe { Box::from_raw(part) })
    }
}

impl<T> Drop for Late<T> {
    fn drop(&mut self) {
        drop(self.take());
    }
}

/// A box, if there is memory for it. Else the value is dropped.
#[doc(hidden)]
#[must_use]
pub fn in_box<T>(value: T) -> Option<Box<T>> {
    let one = Box::into_raw(boxed(value)?).cast();
    // SAFETY: it was a box of an array, which lies in memory as its one element does.
    Some(unsafe { Box::from_raw(one) })
}

/// The same, as [`Late`] has it.
pub(crate) fn boxed<T>(value: T) -> Option<Box<[T; 1]>> {
    let mut room = Vec::new();
    room.try_reserve_exact(1).ok()?;
    room.push(value);
    room.into_boxed_slice().try_into().ok()
}
