//! What is told to those who wait by other means than a thread of this process that stands in a line.

use alloc::sync::Arc;
use core::sync::atomic::{AtomicBool, Ordering};

/// Whether something is pending, at a glance. Changed under the set's lock.
#[derive(Debug, Clone)]
pub struct Light(Arc<AtomicBool>);

impl Light {
    pub(super) fn new() -> Self {
        Self(Arc::new(AtomicBool::new(false)))
    }

    /// Whether it is.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    pub(super) fn set(&self, on: bool) {
        self.0.store(on, Ordering::Release);
    }
}

/// Shows what a [`Light`] says to whoever waits by other means, as a file descriptor does.
pub trait Beacon: Send + Sync {
    /// Called after each change of the light, by any thread, outside every lock. Whoever comes last sees
    /// the last change.
    fn show(&self);
}
