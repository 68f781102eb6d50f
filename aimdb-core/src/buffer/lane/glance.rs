//! How a record is, at a glance.

// Hints, of which a model checker need not know.
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::Machine;
use crate::pure::Verdict;

/// What the last lock hold left, for threads that look before they wait; on a cache line of its own,
/// so that they take the lock's away from nobody.
#[repr(align(128))]
pub(super) struct Glance {
    /// Twice the number that the next value gets, and one more when the record is closed.
    newest: AtomicU64,
    len: AtomicUsize,
    /// Not 0 where it tells anything: at a rendezvous there is a value when somebody waits.
    capacity: usize,
    /// Whether anybody ever waits for room.
    waits: bool,
}

impl Glance {
    /// Of a record like this one.
    pub(super) fn of(log: &Machine) -> Self {
        let waits = matches!(log.kind().when_full().verdict(), Verdict::Wait);
        Self { newest: AtomicU64::new(0), len: AtomicUsize::new(0), capacity: log.capacity(), waits }
    }

    /// Whether there is room, where somebody may wait for some: then as the lane says, if that is open.
    pub(super) fn has_room(&self, in_lane: impl FnOnce(usize) -> Option<bool>) -> Option<bool> {
        if self.capacity == 0 || !self.waits {
            return None;
        }
        in_lane(self.capacity).or_else(|| Some(self.len.load(Ordering::Relaxed) < self.capacity))
    }

    /// Whether something came since the record was as `seen` says.
    pub(super) fn has_changed(&self, seen: u64) -> Option<bool> {
        (self.capacity > 0).then(|| self.seen() != seen)
    }

    /// How the record is.
    pub(super) fn seen(&self) -> u64 {
        self.newest.load(Ordering::Relaxed)
    }

    /// Says how the record is. Called under its lock.
    pub(super) fn note(&self, log: &Machine) {
        let newest = log.next_number().wrapping_mul(2) + u64::from(log.is_closed());
        self.newest.store(newest, Ordering::Relaxed);
        self.len.store(log.len(), Ordering::Relaxed);
    }
}
