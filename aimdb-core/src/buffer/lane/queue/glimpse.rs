//! What can be told of a queue's lane without going in.

#[cfg(not(any(loom, shuttle)))]
use core::sync::atomic::Ordering;
#[cfg(loom)]
use loom::sync::atomic::Ordering;
#[cfg(all(shuttle, not(loom)))]
use shuttle::sync::atomic::Ordering;

use super::{OwnCount, QueueLane};

impl QueueLane {
    /// How many places are free, as far as can be told without going in: `None` when the lane is closed.
    pub(in crate::buffer::lane) fn free(&self, capacity: usize) -> Option<usize> {
        self.free_beside(&OwnCount::default(), capacity)
    }

    /// The same for a sender that looks again and again.
    pub(in crate::buffer::lane) fn free_beside(&self, own: &OwnCount, capacity: usize) -> Option<usize> {
        let used = || own.get(&self.stored).saturating_sub(self.taken.0.load(Ordering::Relaxed));
        self.sending.is_open().then(|| capacity.saturating_sub(used() as usize))
    }

    /// Whether a sender may find the lane open; a hint.
    pub(in crate::buffer::lane) fn is_open(&self) -> bool {
        self.sending.is_open()
    }

    /// Whether a reader may; a hint.
    pub(in crate::buffer::lane) fn is_open_to_take(&self) -> bool {
        self.taking.is_open()
    }

    /// How many values there are, likewise.
    pub(in crate::buffer::lane) fn unread(&self) -> Option<u64> {
        self.unread_beside(&OwnCount::default())
    }

    /// The same for a reader that looks again and again.
    pub(in crate::buffer::lane) fn unread_beside(&self, own: &OwnCount) -> Option<u64> {
        let there = || self.stored.0.load(Ordering::Relaxed).saturating_sub(own.get(&self.taken));
        self.taking.is_open().then(there)
    }
}
