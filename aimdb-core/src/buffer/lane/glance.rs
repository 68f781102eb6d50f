//! How a record is, at a glance.
#![allow(unsafe_code)]

use alloc::boxed::Box;
#[cfg(not(loom))]
use core::cell::UnsafeCell;

// Hints, of which a model checker need not know.
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};

#[cfg(loom)]
use loom::cell::UnsafeCell;

use super::course::Course;
use super::queue::OwnCount;
use super::ring::NextPlace;
use super::{Called, CursorEnd, Lane, LaneLock, Machine, State};
use crate::buffer::table::HeapStorage;
use crate::pure::Verdict;
use crate::waiting::{
    Deadline, Outlook, Progress, give_way, give_way_at_times, let_others_run, look_for, look_while_moving,
};

/// What the last lock hold left, for threads that look before they wait; on a cache line of its own,
/// so that they take the lock's away from nobody.
#[repr(align(128))]
pub(super) struct Glance {
    /// Twice the number that the next value gets, and one more when the record is closed.
    newest: AtomicU64,
    /// Places that are taken, or kept for values to come.
    used: AtomicUsize,
    wanted: Wanted,
    /// Where there are several: the number of the next value when they last had a turn, and whether they should
    /// have one. They may want the reader's core.
    last_turn: AtomicU64,
    is_turn: AtomicBool,
    /// Not 0 where it tells anything: at a rendezvous there is a value when somebody waits.
    capacity: usize,
    /// Whether anybody ever waits for room.
    waits: bool,
    lane: Option<Box<[Lane; 1]>>,
    /// How the lane is, for whoever holds the record's lock; none without a lane.
    course: UnsafeCell<Option<Box<[Course; 1]>>>,
}

// SAFETY: the rest is atomic, or not changed; the course is reached under the record's lock only, see
// `Glance::with_course`.
unsafe impl Sync for Glance where Course: Send {}

/// What a reader has seen that has not found nothing yet. Who found nothing saw no end, so that is even.
pub(in crate::buffer) const NOT_LOOKED: u32 = u32::MAX;

/// Who wants room. Each sender that looks for some writes here twice, so it stands apart from what readers look at.
#[repr(align(64))]
struct Wanted {
    /// Threads that look for room, or that let others run after a value and have not come back.
    looking: AtomicUsize,
    /// Senders that stand in the queue, or were served and have not come back.
    offers: AtomicU32,
}

// A model's cell notes who was there.
#[cfg(not(loom))]
const _: () = assert!(size_of::<Glance>() == 128);

impl Glance {
    /// Of a record like this one.
    pub(super) fn of(log: &Machine) -> Self {
        let waits = matches!(log.kind().when_full().verdict(), Verdict::Wait);
        Self {
            newest: AtomicU64::new(0),
            used: AtomicUsize::new(0),
            wanted: Wanted { looking: AtomicUsize::new(0), offers: AtomicU32::new(0) },
            last_turn: AtomicU64::new(0),
            is_turn: AtomicBool::new(false),
            capacity: log.capacity(),
            waits,
            lane: None,
            course: UnsafeCell::new(None),
        }
    }

    /// The lane, if the record has one.
    #[inline(always)]
    pub(super) fn lane(&self) -> Option<&Lane> {
        self.lane.as_deref().map(|[lane]| lane)
    }

    /// Gives the lane and its course to a glance that nobody has yet.
    pub(super) fn bring_lane(&mut self, lane: Box<[Lane; 1]>, course: Box<[Course; 1]>) {
        self.lane = Some(lane);
        self.course = UnsafeCell::new(Some(course));
    }

    /// Works on the course of a glance that nobody has yet.
    pub(super) fn with_new_course(&mut self, work: impl FnOnce(&mut Course)) {
        // SAFETY: the borrow is exclusive.
        unsafe { self.with_course(|course| course.map(work)) };
    }

    /// Works on the course, if there is one.
    ///
    /// # Safety
    ///
    /// The caller holds the record's lock, or nobody else has the glance; and `work` does not come here again.
    #[inline(always)]
    pub(super) unsafe fn with_course<R>(&self, work: impl FnOnce(Option<&mut Course>) -> R) -> R {
        // SAFETY: by this function's contract nobody else has a reference to the course.
        let work =
            |course: *mut Option<Box<[Course; 1]>>| work(unsafe { &mut *course }.as_deref_mut().map(|[course]| course));
        #[cfg(not(loom))]
        let result = work(self.course.get());
        #[cfg(loom)]
        let result = self.course.with_mut(work);
        result
    }

    /// How many places are free, where somebody may wait for one: as the lane says, if that is open.
    fn free(&self, in_lane: impl FnOnce(usize) -> Option<usize>) -> Option<usize> {
        if self.capacity == 0 || !self.waits {
            return None;
        }
        let by_count = || self.capacity.saturating_sub(self.used.load(Ordering::Relaxed));
        Some(in_lane(self.capacity).unwrap_or_else(by_count))
    }

    /// Whether other senders than one that looks want room at this time.
    fn is_crowded(&self) -> bool {
        self.is_wanted_beside(1)
    }

    /// Whether more senders want room at this time than so many that look.
    fn is_wanted_beside(&self, looking: usize) -> bool {
        self.wanted.offers.load(Ordering::Relaxed) > 0 || self.wanted.looking.load(Ordering::Relaxed) > looking
    }

    /// Whether a sender may have more than one value stored before others have a turn.
    const fn has_turns(&self) -> bool {
        self.capacity >= 4
    }

    /// Looks for room for a bounded while, and says how it ended; `Open` when it saw some.
    ///
    /// As many threads may look as there are places, less those that let others run after a value; the others stand in
    /// the queue at once, where they are served first come, first served. In a crowd nobody spins, and a thread goes on
    /// only when half of the places are free, so that its turn is worth it: where each place is filled as soon as it is
    /// free, the two sides hand the record to and fro for every value. Where a turn would be a value or two, all stand
    /// in the queue: among those who look, a thread that has its core to itself takes all.
    ///
    /// Where several readers share a core, the last of them has its turn when the others have had theirs. So a thread
    /// that has a core to itself goes on while any of them does: where it slept, all would read under the lock.
    fn look_for_room(
        &self,
        until: Deadline,
        (free, free_again): (impl Fn() -> Option<usize>, impl Fn() -> Option<u64>),
        progress: impl Fn() -> Option<Progress>,
    ) -> Outlook {
        let looking = self.wanted.looking.fetch_add(1, Ordering::Relaxed);
        let found = if looking >= self.capacity {
            false
        } else if !self.is_crowded() {
            look_while_moving(until, self.widest_gap(), free_again, || self.is_crowded(), progress)
        } else {
            // By what is so now: others store meanwhile.
            let half_is_free = || free().is_some_and(|free| free >= self.capacity.div_ceil(2));
            self.has_turns() && let_others_run(until, half_is_free)
        };
        let outlook = match found {
            true => Outlook::Open,
            false if self.is_crowded() => Outlook::Crowd,
            false => Outlook::Nothing,
        };
        self.wanted.looking.fetch_sub(1, Ordering::Relaxed);
        outlook
    }

    /// Looks for a value for a bounded while. A reader that has none in a record that has no room waits
    /// for the cursors behind it.
    pub(super) fn look_for_value(
        &self,
        until: Deadline,
        unread: impl Fn() -> Option<u64>,
        is_full: impl Fn() -> bool,
    ) -> Option<bool> {
        (self.capacity > 0).then(|| look_for(until, self.widest_gap(), unread, is_full))
    }

    /// While a thread leaves the other end alone for so long, that does a quarter of what it can.
    fn widest_gap(&self) -> u32 {
        (self.capacity / 4).clamp(1, 16) as u32
    }

    /// How many values came since the record was as `seen` says; its end is as one more.
    pub(super) fn come_since(&self, seen: u32) -> Option<u64> {
        let come = || u64::from(self.seen().wrapping_sub(seen).div_ceil(2));
        (self.capacity > 0).then(|| come().max(u64::from(seen == NOT_LOOKED)))
    }

    /// How the record is, by the lower half, for who looks: one who looks too long comes to the lock.
    pub(super) fn seen(&self) -> u32 {
        self.newest.load(Ordering::Relaxed) as u32
    }

    /// A sender came to a queue, or one that came has left. Called under the record's lock. Those who came
    /// before there was a glance are not counted.
    pub(super) fn note_offer(&self, came: bool) {
        let offers = self.wanted.offers.load(Ordering::Relaxed);
        let offers = if came { offers.saturating_add(1) } else { offers.saturating_sub(1) };
        self.wanted.offers.store(offers, Ordering::Relaxed);
    }

    /// Says how the record is. Called under its lock.
    pub(super) fn note(&self, state: &State<HeapStorage>) {
        let log = state.log();
        let newest = log.next_number().wrapping_mul(2) + u64::from(log.is_closed());
        self.newest.store(newest, Ordering::Relaxed);
        self.used.store(log.len() + log.reserved(), Ordering::Relaxed);
        let mut wanted = self.wanted.offers.load(Ordering::Relaxed) as usize;
        if !self.has_turns() {
            // Those that let others run may want the reader's core, and stand in no queue.
            wanted += self.wanted.looking.load(Ordering::Relaxed);
        }
        let next = log.next_number();
        let is_turn = wanted > 1 && {
            let since = next.wrapping_sub(self.last_turn.load(Ordering::Relaxed));
            since >= wanted.max(self.capacity) as u64
        };
        if is_turn {
            self.is_turn.store(true, Ordering::Relaxed);
        }
        if is_turn || wanted <= 1 {
            self.last_turn.store(next, Ordering::Relaxed);
        }
    }
}

/// What those who look before they wait ask of a record's lock without taking it.
impl LaneLock {
    /// Whether there is room, at a glance, in a record where somebody may wait for some.
    pub(in crate::buffer) fn has_room(&self) -> Option<bool> {
        self.free().map(|free| free > 0)
    }

    /// How many places are free, likewise.
    pub(in crate::buffer) fn free(&self) -> Option<usize> {
        self.glance.get()?.free(|capacity| self.free_in_lane(capacity))
    }

    /// The same for a sender that looks again and again.
    pub(in crate::buffer) fn free_again(&self) -> impl Fn() -> Option<u64> {
        let own = OwnCount::default();
        move || {
            let in_lane = |capacity| match self.lane() {
                Some(Lane::Queue(several, lane)) => lane.free_beside(&own, capacity).or_else(|| several.free(None)),
                Some(Lane::Ring(_) | Lane::Called(_)) | None => None,
            };
            self.glance.get()?.free(in_lane).map(|free| free as u64)
        }
    }

    /// How many are, where the lane is open.
    fn free_in_lane(&self, capacity: usize) -> Option<usize> {
        match self.lane() {
            Some(Lane::Queue(several, lane)) => lane.free(capacity).or_else(|| several.free(None)),
            Some(Lane::Ring(_) | Lane::Called(_)) | None => None,
        }
    }

    /// Whether there is no room, for a reader with this end that sees no value.
    fn is_full_for(&self, cursor: Option<&CursorEnd>) -> bool {
        let in_lane = |capacity| match self.lane() {
            // It would see one. Whether the lane is open its own door says: the sender writes to the other.
            Some(Lane::Queue(_, lane)) if lane.is_open_to_take() => Some(capacity),
            Some(Lane::Queue(several, _)) => several.free(cursor),
            Some(Lane::Ring(_) | Lane::Called(_)) | None => None,
        };
        self.glance.get().and_then(|glance| glance.free(in_lane)) == Some(0)
    }

    /// Whether an open lane shows that there is room.
    pub(in crate::buffer) fn has_room_in_lane(&self) -> bool {
        self.glance.get().and_then(|glance| self.free_in_lane(glance.capacity)).is_some_and(|free| free > 0)
    }

    /// Looks for room for a bounded while, and says how it ended; `Open` when it saw some. `None` where nobody
    /// waits for it, where the shell has some to give, or a glance tells nothing.
    pub(in crate::buffer) fn look_for_room(&self, until: Deadline) -> Option<Outlook> {
        let glance = self.glance.get()?;
        let is_open = matches!(self.lane(), Some(Lane::Queue(several, lane)) if lane.is_open() || several.is_open());
        // Where the lane is closed nobody has looked yet, and there may well be room.
        if glance.free(|_capacity| is_open.then_some(0))? > 0 {
            return None;
        }
        let progress = || match self.lane() {
            Some(Lane::Queue(several, _)) => several.progress(),
            Some(Lane::Ring(_) | Lane::Called(_)) | None => None,
        };
        Some(glance.look_for_room(until, (|| self.free(), self.free_again()), progress))
    }

    /// Whether a sender would find each door of a queue's lane shut, as where somebody waits for a value. A hint.
    pub(in crate::buffer) fn is_shut_to_send(&self) -> bool {
        match self.lane() {
            Some(Lane::Queue(several, lane)) => !lane.is_open() && !several.is_open() && !several.is_wanted(),
            Some(Lane::Ring(_) | Lane::Called(_)) | None => false,
        }
    }

    /// Called by a thread that may wait, and whose value was stored under the lock: where others want room,
    /// and its turn is over with one value, lets them run. Meanwhile it is one of those who want room: else one that
    /// has a core to itself, and sees all others out of the queue for a moment, would have the record for as long as
    /// the system lets it run.
    pub(in crate::buffer) fn end_turn(&self) {
        if let Some(glance) = self.glance.get()
            && !glance.has_turns()
            && glance.is_wanted_beside(0)
        {
            glance.wanted.looking.fetch_add(1, Ordering::Relaxed);
            give_way();
            glance.wanted.looking.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// How many values there are, at a glance, for a reader that last found none when the record was as
    /// `seen` says. A hint, and `None` where a glance tells nothing.
    pub(in crate::buffer) fn unread(&self, cursor: Option<&CursorEnd>, seen: u32) -> Option<u64> {
        let absent = || match self.lane()? {
            Lane::Ring(lane) => lane.come_for_absent(cursor?),
            Lane::Queue(..) | Lane::Called(_) => None,
        };
        self.unread_in_lane(cursor).or_else(absent).or_else(|| self.glance.get()?.come_since(seen))
    }

    /// The same for a reader that looks again and again, which leaves what the sender looks at alone.
    pub(in crate::buffer) fn unread_again(&self, cursor: Option<&CursorEnd>, seen: u32) -> impl Fn() -> Option<u64> {
        let (own, place) = (OwnCount::default(), NextPlace::default());
        move || {
            let in_lane = match (self.lane(), cursor) {
                (Some(Lane::Queue(_, lane)), _) => lane.unread_beside(&own),
                (Some(Lane::Ring(lane)), Some(cursor)) => lane.unread_again(cursor, &place),
                (Some(Lane::Ring(_) | Lane::Called(_)) | None, _) => None,
            };
            in_lane.or_else(|| self.unread(cursor, seen))
        }
    }

    /// Whether the lane is open to a reader with this end.
    fn is_open_to_take(&self, cursor: Option<&CursorEnd>) -> bool {
        match (self.lane(), cursor) {
            (Some(Lane::Queue(_, lane)), _) if lane.is_open_to_take() => true,
            (Some(Lane::Ring(_)), Some(cursor)) => cursor.door.is_open(),
            (Some(_) | None, _) => self.unread_in_lane(cursor).is_some(),
        }
    }

    /// How many values there are in the lane; `None` when that is closed.
    pub(in crate::buffer) fn unread_in_lane(&self, cursor: Option<&CursorEnd>) -> Option<u64> {
        match (self.lane(), cursor) {
            (Some(Lane::Queue(several, lane)), _) => lane.unread().or_else(|| several.unread(cursor)),
            (Some(Lane::Called(Called::Mailbox(lane))), _) => lane.unread(),
            (Some(Lane::Ring(lane)), Some(cursor)) => lane.unread(cursor),
            (Some(Lane::Called(Called::Shared(lane))), Some(cursor)) => lane.unread(cursor),
            (Some(Lane::Ring(_) | Lane::Called(Called::Shared(_))), None) | (None, _) => None,
        }
    }

    /// Looks for a value for a bounded while, and says whether it saw one. `None` where a glance tells
    /// nothing.
    pub(in crate::buffer) fn look_for_value(
        &self,
        until: Deadline,
        cursor: Option<&CursorEnd>,
        seen: u32,
    ) -> Option<bool> {
        let glance = self.glance.get()?;
        if glance.is_turn.load(Ordering::Relaxed) {
            glance.is_turn.store(false, Ordering::Relaxed);
            give_way();
        } else if !glance.has_turns() {
            // While the lane is open nobody counts values, and senders that were served may want this core.
            give_way_at_times(|| glance.is_crowded());
        }
        // Where the lane is closed nobody has looked yet, and there may well be a value.
        if !self.is_open_to_take(cursor) && glance.come_since(seen).is_some_and(|come| come > 0) {
            return Some(true);
        }
        glance.look_for_value(until, self.unread_again(cursor, seen), || self.is_full_for(cursor))
    }

    /// How long a task may leave the other end alone before it looks.
    pub(in crate::buffer) fn widest_gap(&self) -> u32 {
        self.glance.get().map_or(1, Glance::widest_gap)
    }

    /// How the record is, for a reader that is about to look for a value under the lock.
    pub(in crate::buffer) fn seen(&self) -> u32 {
        self.glance.get().map_or(NOT_LOOKED, Glance::seen)
    }
}
