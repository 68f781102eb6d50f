//! The user's code of a buffer on the heap.

use alloc::boxed::Box;

use crate::buffer::{Cloning, Degrader, DropHook, UserCode};
use crate::pure::DropCause;

/// How values are cloned, and what else their owner has to say about them.
pub(super) struct HeapCode<T: 'static> {
    pub(super) cloning: &'static Cloning<T>,
    pub(super) hooks: Option<Box<Hooks<T>>>,
}

/// What most buffers have none of.
pub(super) struct Hooks<T> {
    pub(super) degrade: Option<Degrader<T>>,
    pub(super) on_drop: Option<DropHook<T>>,
}

impl<T: Send> UserCode<T> for HeapCode<T> {
    fn cloning(&self) -> &Cloning<T> {
        self.cloning
    }

    fn degrade(&self, value: T) -> T {
        match self.hooks.as_ref().and_then(|hooks| hooks.degrade.as_ref()) {
            Some(degrade) => degrade(value),
            None => value,
        }
    }

    fn dropped(&self, value: T, cause: DropCause) {
        match self.hooks.as_ref().and_then(|hooks| hooks.on_drop.as_ref()) {
            Some(hook) => hook(value, cause),
            None => drop(value),
        }
    }
}
