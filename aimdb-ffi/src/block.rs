//! Values of any number of bytes, and what C moves in: held by count, so that several readers have one without a copy.
//!
//! A [`BlockMut`] has one holder, who writes it. A [`Block`] is read by all who hold it, and nobody writes it again.
//! The last to let go puts it back into its [`Pool`], and frees what was moved in.

mod count;
mod list;
mod node;
mod pool;

/// What `count` and `list` are made of: the models of this project check the same files over the atomics of a model checker.
mod atomic {
    pub(super) use core::sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering};
}

use core::ffi::c_void;
use core::ptr::NonNull;

use aimdb_core::waiting::Place;

use node::Node;
pub(crate) use node::{DataFree, Free};
pub(crate) use pool::Pool;

/// A value that may be read.
pub(crate) struct Block(NonNull<Node>);

/// A value that is being written.
pub(crate) struct BlockMut(Block);

// SAFETY: several read what nobody writes; the header says that what is moved in is read by several threads, and freed
// on any.
unsafe impl Send for Block {}
// SAFETY: as above.
unsafe impl Sync for Block {}

impl Block {
    #[inline]
    fn node(&self) -> &Node {
        // SAFETY: it is held, and written only by a holder who is alone.
        unsafe { self.0.as_ref() }
    }

    /// The bytes, or the pointer that was moved in.
    #[inline]
    pub(crate) fn data(&self) -> *const c_void {
        self.node().data.as_ptr()
    }

    #[inline]
    pub(crate) fn size(&self) -> usize {
        self.node().size
    }

    /// To write it, if nobody else holds it.
    ///
    /// # Errors
    ///
    /// The block.
    pub(crate) fn alone(self) -> Result<BlockMut, Self> {
        if self.node().holders.is_alone() { Ok(BlockMut(self)) } else { Err(self) }
    }

    /// Leaves what was moved in to the one who moved it, who is the only holder: it was refused.
    pub(crate) fn hand_back(self) {
        debug_assert!(self.node().holders.is_alone());
        // SAFETY: a refused value was never given to a reader, so nobody else holds it.
        unsafe { (*self.0.as_ptr()).free = None };
    }
}

impl BlockMut {
    #[inline]
    pub(crate) fn data(&mut self) -> *mut c_void {
        self.0.node().data.as_ptr()
    }

    #[inline]
    pub(crate) fn size(&self) -> usize {
        self.0.size()
    }

    /// Leaves the first so many bytes.
    pub(crate) fn truncate(&mut self, size: usize) {
        let size = size.min(self.size());
        // SAFETY: nobody else holds it.
        unsafe { (*self.0.0.as_ptr()).size = size };
    }

    /// To be read from now on.
    #[inline]
    pub(crate) fn freeze(self) -> Block {
        self.0
    }
}

impl Clone for Block {
    #[inline]
    fn clone(&self) -> Self {
        self.node().holders.another();
        Self(self.0)
    }
}

impl Drop for Block {
    #[inline]
    fn drop(&mut self) {
        if self.node().holders.leave() {
            let Node { data, free, .. } = *self.node();
            if free.is_some() {
                // SAFETY: the last holder has it alone.
                unsafe { (*self.0.as_ptr()).free = None };
            }
            // SAFETY: it came from a pool, and is not touched again.
            unsafe { pool::put_back(self.0) };
            if let Some(free) = free {
                // Last: it may come back here.
                free.call(data);
            }
        }
    }
}

impl Free {
    /// Gives the memory to the function that frees it.
    #[cold]
    pub(crate) fn call(self, data: NonNull<c_void>) {
        let _inside = Place::enter(0, false);
        // SAFETY: the header says that it is called once with what it was given with, on any thread.
        unsafe { (self.function)(data.as_ptr(), self.user) };
    }
}

#[cfg(test)]
mod tests;
