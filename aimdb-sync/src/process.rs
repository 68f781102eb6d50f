//! Which process a handle belongs to.

use aimdb_core::buffer::Misuse;
use aimdb_core::waiting::fork_generation;

/// The process that a handle was made in. A forked child inherits the handle, but not the threads
/// that would wake its waiters or release its locks, so there it is refused, and leaked where
/// dropping it would take a lock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Process(u32);

impl Process {
    /// This one.
    pub(crate) fn current() -> Self {
        Self(fork_generation())
    }

    /// Whether the calling thread is in a forked child of it. One relaxed load.
    #[inline]
    pub(crate) fn is_parent(self) -> bool {
        self.0 != fork_generation()
    }

    /// Refuses in a forked child.
    #[inline]
    pub(crate) fn check(self) -> Result<(), Misuse> {
        if self.is_parent() { Err(Misuse::ForkedChild) } else { Ok(()) }
    }
}
