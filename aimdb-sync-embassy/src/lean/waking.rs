//! How those who wait at a lean record are woken. All of that happens outside the critical section, one waiter for
//! each section.
#![allow(unsafe_code)]

/// How many to wake.
pub(crate) const ALL: u32 = u32::MAX;

/// Those who are woken now: what it is made of wakes the next one, and says whether there may be more. When a waker panics, the
/// rest are woken by the drop.
pub(crate) struct Waking<F: FnMut() -> bool>(pub(crate) F);

impl<F: FnMut() -> bool> Waking<F> {
    #[inline(always)]
    pub(crate) fn wake(mut self) {
        while (self.0)() {}
        core::mem::forget(self);
    }
}

impl<F: FnMut() -> bool> Drop for Waking<F> {
    fn drop(&mut self) {
        while (self.0)() {}
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
