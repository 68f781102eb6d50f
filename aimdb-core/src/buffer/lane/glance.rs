//! How a record is, at a glance.

// Hints, of which a model checker need not know.
use core::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use super::{Called, CursorEnd, Lane, LaneLock, Machine, State};
use crate::buffer::table::HeapStorage;
use crate::pure::Verdict;
use crate::waiting::{Deadline, look_for};

/// What the last lock hold left, for threads that look before they wait; on a cache line of its own,
/// so that they take the lock's away from nobody.
#[repr(align(128))]
pub(super) struct Glance {
    /// Twice the number that the next value gets, and one more when the record is closed.
    newest: AtomicU64,
    len: AtomicUsize,
    /// Threads that look for room.
    looking: AtomicUsize,
    /// A sender stands in the queue.
    queued: AtomicBool,
    /// Not 0 where it tells anything: at a rendezvous there is a value when somebody waits.
    capacity: usize,
    /// Whether anybody ever waits for room.
    waits: bool,
}

impl Glance {
    /// Of a record like this one.
    pub(super) fn of(log: &Machine) -> Self {
        let waits = matches!(log.kind().when_full().verdict(), Verdict::Wait);
        Self {
            newest: AtomicU64::new(0),
            len: AtomicUsize::new(0),
            looking: AtomicUsize::new(0),
            queued: AtomicBool::new(false),
            capacity: log.capacity(),
            waits,
        }
    }

    /// Whether there is room, where somebody may wait for some: then as the lane says, if that is open.
    pub(super) fn has_room(&self, in_lane: impl FnOnce(usize) -> Option<bool>) -> Option<bool> {
        if self.capacity == 0 || !self.waits {
            return None;
        }
        in_lane(self.capacity).or_else(|| Some(self.len.load(Ordering::Relaxed) < self.capacity))
    }

    /// Looks for room for a bounded while. As many threads may as there are places, and only while
    /// nobody stands in the queue, who would get the next one; the others stand there too, where they
    /// are served first come, first served: among those who look, a thread that has its core to itself
    /// takes all.
    pub(super) fn look_for_room(&self, until: Deadline, has_room: impl Fn() -> Option<bool>) -> Option<bool> {
        if self.capacity == 0 || !self.waits {
            return None;
        }
        if self.queued.load(Ordering::Relaxed) {
            return Some(false);
        }
        let looking = self.looking.fetch_add(1, Ordering::Relaxed);
        let found = looking < self.capacity && look_for(until, self.widest_gap(), has_room, || false);
        self.looking.fetch_sub(1, Ordering::Relaxed);
        Some(found)
    }

    /// Looks for a value for a bounded while. A reader that has none in a record that has no room waits
    /// for the cursors behind it.
    pub(super) fn look_for_value(
        &self,
        until: Deadline,
        has_value: impl Fn() -> Option<bool>,
        has_room: impl Fn() -> Option<bool>,
    ) -> Option<bool> {
        let others_first = || has_room() == Some(false);
        (self.capacity > 0).then(|| look_for(until, self.widest_gap(), has_value, others_first))
    }

    /// While a thread leaves the other end alone for so long, that does a quarter of what it can.
    fn widest_gap(&self) -> u32 {
        (self.capacity / 4).clamp(1, 16) as u32
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
    pub(super) fn note(&self, state: &State<HeapStorage>) {
        let log = state.log();
        let newest = log.next_number().wrapping_mul(2) + u64::from(log.is_closed());
        self.newest.store(newest, Ordering::Relaxed);
        self.len.store(log.len(), Ordering::Relaxed);
        self.queued.store(state.senders_wait(), Ordering::Relaxed);
    }
}

/// What those who look before they wait ask of a record's lock without taking it.
impl LaneLock {
    /// Whether there is room, at a glance, in a record where somebody may wait for some.
    pub(in crate::buffer) fn has_room(&self) -> Option<bool> {
        self.glance.get()?.has_room(|capacity| match self.lane() {
            Some(Lane::Queue(several, lane)) => lane.has_room(capacity).or_else(|| several.has_room()),
            Some(Lane::Ring(_) | Lane::Called(_)) | None => None,
        })
    }

    /// Looks for room for a bounded while, and says whether it saw some. `None` where nobody waits for it,
    /// where the shell has some to give, or a glance tells nothing.
    pub(in crate::buffer) fn look_for_room(&self, until: Deadline) -> Option<bool> {
        let glance = self.glance.get()?;
        // Where the lane is closed nobody has looked yet, and there may well be room.
        let is_open = matches!(self.lane(), Some(Lane::Queue(several, lane)) if lane.is_open() || several.is_open());
        if !is_open && self.has_room() == Some(true) {
            return None;
        }
        glance.look_for_room(until, || self.has_room())
    }

    /// Whether there is a value, at a glance, for a reader that last found none when the record was as
    /// `seen` says. `None` where a glance tells nothing.
    pub(in crate::buffer) fn has_value(&self, cursor: Option<&CursorEnd>, seen: u64) -> Option<bool> {
        self.has_value_in_lane(cursor).or_else(|| self.glance.get()?.has_changed(seen))
    }

    /// Whether there is a value in the lane; `None` when that is closed.
    pub(in crate::buffer) fn has_value_in_lane(&self, cursor: Option<&CursorEnd>) -> Option<bool> {
        match (self.lane(), cursor) {
            (Some(Lane::Queue(several, lane)), _) => lane.has_value().or_else(|| several.has_value(cursor)),
            (Some(Lane::Called(Called::Mailbox(lane))), _) => lane.has_value(),
            (Some(Lane::Ring(lane)), Some(cursor)) => lane.has_value(cursor),
            (Some(Lane::Called(Called::Shared(lane))), Some(cursor)) => lane.has_value(cursor),
            (Some(Lane::Ring(_) | Lane::Called(Called::Shared(_))), None) | (None, _) => None,
        }
    }

    /// Looks for a value for a bounded while, and says whether it saw one. `None` where a glance tells
    /// nothing.
    pub(in crate::buffer) fn look_for_value(
        &self,
        until: Deadline,
        cursor: Option<&CursorEnd>,
        seen: u64,
    ) -> Option<bool> {
        let glance = self.glance.get()?;
        // Where the lane is closed nobody has looked yet, and there may well be a value.
        if self.has_value_in_lane(cursor).is_none() && glance.has_changed(seen) == Some(true) {
            return Some(true);
        }
        glance.look_for_value(until, || self.has_value(cursor, seen), || self.has_room())
    }

    /// How the record is, for a reader that is about to look for a value under the lock.
    pub(in crate::buffer) fn seen(&self) -> u64 {
        self.glance.get().map_or(u64::MAX, Glance::seen)
    }
}
