//! The user's code of a buffer on the heap.
#![allow(unsafe_code)]

use alloc::boxed::Box;
use core::ptr::NonNull;

use crate::buffer::{Cloning, Degrader, DropHook, UserCode};
use crate::pure::DropCause;
use crate::waiting::in_box;

/// How values are cloned, and what else their owner has to say about them.
pub(crate) struct HeapCode<T: 'static> {
    /// In a constant; or in a box of its own, if there are hooks.
    all: NonNull<All<T>>,
}

/// What is said of the values of a buffer.
pub(super) struct All<T: 'static> {
    cloning: Cloning<T>,
    /// Drops the block that the buffer lies in.
    drop_block: DropBlock,
    /// What most buffers have none of.
    hooks: Option<Hooks<T>>,
}

/// Drops a block that begins with its holders' count and a shell.
///
/// # Safety
///
/// As for [`Hold::drop_block`](crate::waiting::Hold).
pub(super) type DropBlock = unsafe fn(NonNull<()>);

struct Hooks<T> {
    degrade: Option<Degrader<T>>,
    on_drop: Option<DropHook<T>>,
}

// SAFETY: what is in a constant is shared, and what is in a box is this one's own; both may be sent and looked at.
unsafe impl<T> Send for HeapCode<T> where All<T>: Send + Sync {}
// SAFETY: as above.
unsafe impl<T> Sync for HeapCode<T> where All<T>: Send + Sync {}

impl<T: 'static> All<T> {
    /// Values are cloned so, and there are no hooks.
    pub(super) const fn plain(cloning: Cloning<T>, drop_block: DropBlock) -> Self {
        Self { cloning, drop_block, hooks: None }
    }
}

impl<T: 'static> HeapCode<T> {
    /// The code, if there is memory for it.
    pub(super) fn new(
        all: &'static All<T>,
        degrade: Option<Degrader<T>>,
        on_drop: Option<DropHook<T>>,
    ) -> Option<Self> {
        if degrade.is_none() && on_drop.is_none() {
            return Some(Self { all: NonNull::from_ref(all) });
        }
        let all = in_box(All { hooks: Some(Hooks { degrade, on_drop }), ..All::plain(all.cloning, all.drop_block) })?;
        Some(Self { all: NonNull::from_mut(Box::leak(all)) })
    }

    const fn all(&self) -> &All<T> {
        // SAFETY: it is a constant's, or this one's own, and nobody changes it.
        unsafe { self.all.as_ref() }
    }

    /// What drops the block that the buffer lies in.
    pub(super) const fn drop_block(&self) -> DropBlock {
        self.all().drop_block
    }

    /// Whether there is code to be given values.
    #[cfg(feature = "std")]
    pub(super) const fn has_hooks(&self) -> bool {
        self.all().hooks.is_some()
    }
}

impl<T> Drop for HeapCode<T> {
    fn drop(&mut self) {
        if self.all().hooks.is_some() {
            // SAFETY: what has hooks was made in a box, which goes once, here.
            drop(unsafe { Box::from_raw(self.all.as_ptr()) });
        }
    }
}

impl<T: Send> UserCode<T> for HeapCode<T> {
    fn cloning(&self) -> &Cloning<T> {
        &self.all().cloning
    }

    fn degrade(&self, value: T) -> T {
        match self.all().hooks.as_ref().and_then(|hooks| hooks.degrade.as_ref()) {
            Some(degrade) => degrade(value),
            None => value,
        }
    }

    fn dropped(&self, value: T, cause: DropCause) {
        match self.all().hooks.as_ref().and_then(|hooks| hooks.on_drop.as_ref()) {
            Some(hook) => hook(value, cause),
            None => drop(value),
        }
    }
}
