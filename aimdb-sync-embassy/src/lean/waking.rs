//! How those who wait at a lean record are woken. All of that happens outside the critical section, one waiter for
//! each section.
#![allow(unsafe_code)]

use core::task::Waker;

/// How many to wake.
pub(crate) const ALL: u32 = u32::MAX;

/// Those who are woken now, up to so many. When a waker panics, the rest are woken by the drop.
pub(crate) struct Waking<F: FnMut() -> Option<Waker>> {
    pub(crate) most: u32,
    /// Takes the next one out.
    pub(crate) next: F,
}

impl<F: FnMut() -> Option<Waker>> Waking<F> {
    #[inline(always)]
    pub(crate) fn wake(&mut self) {
        while self.most > 0 {
            self.most -= 1;
            let Some(waker) = (self.next)() else {
                self.most = 0;
                return;
            };
            waker.wake();
        }
    }
}

impl<F: FnMut() -> Option<Waker>> Drop for Waking<F> {
    fn drop(&mut self) {
        self.wake();
    }
}

/// A value that was taken, and is dropped here if it comes no further.
pub(crate) struct Taken<T>(*mut T);

impl<T> Taken<T> {
    /// # Safety
    ///
    /// The value is there, and if this is dropped, nobody will look at it.
    pub(crate) const unsafe fn new(there: *mut T) -> Self {
        Self(there)
    }
}

impl<T> Drop for Taken<T> {
    fn drop(&mut self) {
        // SAFETY: by the contract of `new`.
        unsafe { self.0.drop_in_place() };
    }
}
