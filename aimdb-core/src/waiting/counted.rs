//! What several hold, who are counted in one word: an `Arc` without weak ones. It may be held by its first part, too.
#![allow(unsafe_code)]

use alloc::boxed::Box;
use core::fmt;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ops::Deref;
use core::ptr::NonNull;

use super::atomic::{AtomicUsize, Ordering};
use super::in_box;

/// See the module's documentation.
#[repr(transparent)]
#[doc(hidden)]
pub struct Counted<S: Hold + ?Sized> {
    block: NonNull<Block<S>>,
    owned: PhantomData<Block<S>>,
}

/// What is held, behind the count of its holders.
#[doc(hidden)]
#[repr(C)]
pub struct Block<S: ?Sized> {
    holders: AtomicUsize,
    what: S,
}

/// What may be held.
#[doc(hidden)]
pub trait Hold {
    /// Drops the block in which this lies, and what else is in it.
    ///
    /// # Safety
    ///
    /// The block came from a [`Counted`], and has no holder.
    unsafe fn drop_block(block: NonNull<Block<Self>>) {
        // SAFETY: by this function's contract; it was a box.
        drop(unsafe { Box::from_raw(block.as_ptr()) });
    }
}

/// More holders than this have been forgotten, not dropped; the count must not wrap.
const MOST: usize = isize::MAX as usize;

// SAFETY: as an `Arc`: the last holder drops what the others have looked at.
unsafe impl<S: Hold + Send + Sync + ?Sized> Send for Counted<S> {}
// SAFETY: as above.
unsafe impl<S: Hold + Send + Sync + ?Sized> Sync for Counted<S> {}

impl<S> Block<S> {
    /// What is held.
    pub(crate) const fn what(&self) -> &S {
        &self.what
    }
}

impl<S: Hold> Counted<S> {
    /// The first holder, if there is memory for it. Else what would be held is dropped.
    #[must_use]
    pub fn new(what: S) -> Option<Self> {
        let block = in_box(Block { holders: AtomicUsize::new(1), what })?;
        Some(Self { block: NonNull::from_mut(Box::leak(block)), owned: PhantomData })
    }

    /// The same holder, of what it holds by its first part.
    ///
    /// # Safety
    ///
    /// A `P` lies where `S` begins, and where that is dropped as a block, all of `S` is. Both are aligned alike.
    pub(crate) const unsafe fn as_part<P: Hold>(&self) -> &Counted<P> {
        // SAFETY: both are a pointer to the same block.
        unsafe { &*core::ptr::from_ref(self).cast() }
    }
}

impl<S: Hold + ?Sized> Counted<S> {
    const fn block(&self) -> &Block<S> {
        // SAFETY: it stays while there is a holder.
        unsafe { self.block.as_ref() }
    }

    /// The same hold of what is known as another.
    ///
    /// # Safety
    ///
    /// `known` gives the pointer back as one to the same block, in which there is a `D`.
    pub(crate) unsafe fn known_as<D: Hold + ?Sized>(self, known: fn(*mut Block<S>) -> *mut Block<D>) -> Counted<D> {
        let block = ManuallyDrop::new(self).block;
        // SAFETY: by this function's contract.
        let block = unsafe { NonNull::new_unchecked(known(block.as_ptr())) };
        Counted { block, owned: PhantomData }
    }
}

impl<S: Hold + fmt::Debug> fmt::Debug for Counted<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<S: Hold + ?Sized> Deref for Counted<S> {
    type Target = S;

    #[inline(always)]
    fn deref(&self) -> &S {
        &self.block().what
    }
}

impl<S: Hold + ?Sized> Clone for Counted<S> {
    #[inline]
    fn clone(&self) -> Self {
        // Relaxed: whoever holds it may give it to another.
        let holders = self.block().holders.fetch_add(1, Ordering::Relaxed);
        let clone = Self { block: self.block, owned: PhantomData };
        // Whoever catches the panic has dropped this one.
        assert!(holders < MOST, "holders are dropped");
        clone
    }
}

impl<S: Hold + ?Sized> Drop for Counted<S> {
    #[inline]
    fn drop(&mut self) {
        // AcqRel: whoever drops it comes after all that the others did with it.
        if self.block().holders.fetch_sub(1, Ordering::AcqRel) == 1 {
            // SAFETY: nobody holds it any more.
            unsafe { S::drop_block(self.block) };
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
        impl Hold for Noting<'_> {}
        assert_eq!(size_of::<Option<Counted<Noting<'_>>>>(), size_of::<usize>());
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
