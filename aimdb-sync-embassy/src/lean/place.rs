//! Where one value of a lean record lies.

use core::mem::MaybeUninit;

#[cfg(not(loom))]
use core::cell::UnsafeCell;
#[cfg(loom)]
use loom::cell::UnsafeCell;

/// Room for one value.
#[repr(transparent)]
pub(crate) struct Place<T>(UnsafeCell<MaybeUninit<T>>);

#[cfg(not(loom))]
impl<T> Place<T> {
    pub(crate) const fn new() -> Self {
        Self(UnsafeCell::new(MaybeUninit::uninit()))
    }

    /// Works with the room.
    #[inline(always)]
    pub(crate) fn with<R>(&self, work: impl FnOnce(*mut T) -> R) -> R {
        work(self.0.get().cast())
    }
}

/// The model checker, which sees to it that nobody else is there, must be told how long it takes.
#[cfg(loom)]
impl<T> Place<T> {
    pub(crate) fn new() -> Self {
        Self(UnsafeCell::new(MaybeUninit::uninit()))
    }

    pub(crate) fn with<R>(&self, work: impl FnOnce(*mut T) -> R) -> R {
        self.0.with_mut(|place| work(place.cast()))
    }
}
