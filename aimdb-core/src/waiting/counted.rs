//! What several hold, who are counted in one word: an `Arc` without weak ones.
#![allow(unsafe_code)]

use alloc::boxed::Box;
use core::fmt;
use core::marker::PhantomData;
use core::ops::Deref;
use core::ptr::NonNull;

use super::atomic::{AtomicUsize, Ordering};
use super::in_box;

/// See the module's documentation.
pub(crate) struct Counted<S> {
    held: NonNull<Held<S>>,
    owned: PhantomData<Held<S>>,
}

struct Held<S> {
    holders: AtomicUsize,
    what: S,
}

/// More holders than this have been forgotten, not dropped; the count must not wrap.
const MOST: usize = isize::MAX as usize;

// SAFETY: as an `Arc`: the last holder drops what the others have looked at.
unsafe impl<S: Send + Sync> Send for Counted<S> {}
// SAFETY: as above.
unsafe impl<S: Send + Sync> Sync for Counted<S> {}

impl<S> Counted<S> {
    /// The first holder, if there is memory for it. Else what would be held is dropped.
    pub(crate) fn new(what: S) -> Option<Self> {
        let held = in_box(Held { holders: AtomicUsize::new(1), what })?;
        Some(Self { held: NonNull::from_mut(Box::leak(held)), owned: PhantomData })
    }

    const fn held(&self) -> &Held<S> {
        // SAFETY: it stays while there is a holder.
        unsafe { self.held.as_ref() }
    }
}

impl<S: fmt::Debug> fmt::Debug for Counted<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<S> Deref for Counted<S> {
    type Target = S;

    #[inline(always)]
    fn deref(&self) -> &S {
        &self.held().what
    }
}

impl<S> Clone for Counted<S> {
    #[inline]
    fn clone(&self) -> Self {
        // Relaxed: whoever holds it may give it to another.
        let holders = self.held().holders.fetch_add(1, Ordering::Relaxed);
        let clone = Self { held: self.held, owned: PhantomData };
        // Whoever catches the panic has dropped this one.
        assert!(holders < MOST, "holders are dropped");
        clone
    }
}

impl<S> Drop for Counted<S> {
    #[inline]
    fn drop(&mut self) {
        // AcqRel: whoever drops it comes after all that the others did with it.
        if self.held().holders.fetch_sub(1, Ordering::AcqRel) == 1 {
            // SAFETY: it was a box, and nobody holds it any more.
            drop(unsafe { Box::from_raw(self.held.as_ptr()) });
        }
    }
}

#[cfg(all(test, feature = "std", not(any(loom, shuttle))))]
mod tests {
    use super::*;
    use std::sync::Mutex;
    use std::thread;
    use std::vec::Vec;

    #[test]
    fn k7_what_is_held_is_dropped_once_and_by_the_last() {
        struct Noting<'a>(&'a Mutex<Vec<usize>>, AtomicUsize);
        impl Drop for Noting<'_> {
            fn drop(&mut self) {
                self.0.lock().expect("never poisoned").push(*self.1.get_mut());
            }
        }
        assert_eq!(size_of::<Option<Counted<u64>>>(), size_of::<usize>());
        let dropped = Mutex::new(Vec::new());
        let first = Counted::new(Noting(&dropped, AtomicUsize::new(0))).expect("there is memory");
        thread::scope(|scope| {
            for _ in 0..4 {
                let holder = first.clone();
                scope.spawn(move || {
                    for _ in 0..100 {
                        holder.clone().1.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
            drop(first);
        });
        assert_eq!(*dropped.lock().expect("never poisoned"), [400]);
    }
}
