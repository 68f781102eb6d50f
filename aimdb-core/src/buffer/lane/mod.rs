//! The lane: what the two ends of a record use while nobody waits.
//!
//! A record that is in its usual state, with one sending and one taking end at work and room and
//! values for both, needs no lock: see `queue`, `gated`, `mailbox`, `ring` and `shared`. Whatever else happens (somebody
//! has to wait, joins, leaves, closes, counts) is the shell's, under its lock; [`LaneLock`] is that
//! lock, and whoever takes it has the lane closed and counted first, and opened again after, if the
//! state is the usual one again. So the shell knows nothing of the lane, and each promise is kept in
//! one place.
//!
//! A lane is a kilobyte, and the first of a process costs milliseconds, so none is made before its record
//! is used: the first end that comes makes it, outside the lock ([`LaneLock::make`]).
//!
//! Closing the lane costs both ends a moment. A record whose ends mostly wait for each other, where
//! it would be closed again at once, keeps it closed for a while: [`Patience`].

mod course;
mod ends;
mod gated;
mod glance;
mod grip;
mod hold;
mod mailbox;
#[cfg(loom)]
mod model;
mod outcome;
mod patience;
mod plan;
mod queue;
mod ring;
mod scheme;
mod shared;
mod stamp;
mod way;

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::{Slots, State};
use crate::buffer::table::HeapStorage;
use crate::pure::{CursorId, Doomed, Log};
use crate::waiting::{Counted, HeapLock, Late, Lock, Token, WaitQueue, boxed, prepare};
use course::Course;
use glance::Glance;
pub(super) use glance::NOT_LOOKED;
use patience::Patience;
use plan::Plan;
use ring::Cells;
use scheme::{Called, Lane};
use shared::SharedLane;

pub(super) use ends::{CursorEnd, LaneEnd};
pub(super) use grip::Grip;
#[cfg(loom)]
pub(super) use model::{Words, are_words};
pub(super) use outcome::{InLane, Stored, Taken};
pub(super) use plan::Lanes;
#[cfg(not(loom))]
pub(super) use shared::{LastLook, Look, Looks};
#[cfg(loom)]
#[allow(unreachable_pub, reason = "a model looks at the words alone")]
pub use shared::{LastLook, Look, Looks, Pinning};
pub(super) use shared::{SPARES, Seen};
#[cfg(loom)]
pub use stamp::{Since, Stamp, Stamps};
pub(super) use way::Way;

/// The lock of a buffer that may have a lane.
pub(crate) struct LaneLock {
    lock: HeapLock<State<HeapStorage>>,
    /// Comes when the record is first used, while somebody holds the lock; and with it the lane, which some
    /// records have none of.
    glance: Late<Glance>,
}

/// Values of a batch that one visit to the lane passes: whoever wants all ends to stand still waits so
/// long.
const AT_ONCE: usize = 64;

/// Whether a call can be given a value in registers: then one that is seldom made spoils nothing where it
/// stands.
pub(super) const fn is_short<T>() -> bool {
    // The values of a model know who counts them.
    size_of::<T>() <= if cfg!(loom) { 24 } else { 16 }
}

/// In how many lock holds of how many steps a window is laid out when its lane is made.
const FIRST_HOLDS: usize = 16;
const FIRST_STEPS: usize = 64;

type Machine = Log<WaitQueue, HeapStorage>;

impl LaneLock {
    /// The lock of a new record. An `eager` one has its lane from the start ([`LaneLock::begin`]).
    pub(super) fn new(mut state: State<HeapStorage>, lanes: Lanes, eager: bool) -> Self {
        state.log_mut().note = lanes.note(eager);
        let lock = HeapLock::new(state);
        if lanes != Lanes::None {
            // Now, and not at the first value: a process that has no other threads yet is done at once.
            prepare();
        }
        Self { lock, glance: Late::new(eager) }
    }

    /// Makes the lane of an eager record. Called before anybody knows the record, with the slots where they stay.
    pub(super) fn begin<T>(&self, slots: &impl Slots<T>) {
        if self.lock.with(|state| Lanes::of(state.log().note).1) {
            self.make(Cells::of(slots.first()));
        }
    }

    #[inline(always)]
    fn lane(&self) -> Option<&Lane> {
        self.glance.get()?.lane()
    }

    /// Makes what lies beside the lock, and says whether it is there. All that takes time, or memory,
    /// happens outside the lock.
    #[cold]
    fn make(&self, cells: Cells) -> bool {
        let (plan, mut glance, eager) = self.lock.with(|state| {
            let (lanes, eager) = Lanes::of(state.log().note);
            (Plan::of(state.log(), lanes), Glance::of(state.log()), eager)
        });
        // A record goes on without a lane where there is no memory for it.
        let lane = plan.lane(cells).and_then(boxed);
        let has_lane = lane.is_some();
        if let Some(lane) = lane {
            let patience = Patience::new(eager || cfg!(any(loom, shuttle)));
            let Some(course) = boxed(Course::new(plan, patience)) else { return false };
            glance.bring_lane(lane, course);
        }
        let Some(mut glance) = boxed(glance) else { return false };
        for _ in 0..FIRST_HOLDS {
            let lay_out =
                |state: &mut State<HeapStorage>| state.nobody_waits() && !state.log_mut().lay_out(FIRST_STEPS);
            // Not where somebody else has brought one meanwhile: it may be open.
            let goes_on = |state: &mut _| self.glance.get().is_none() && lay_out(state);
            if !has_lane || !self.lock.with(goes_on) {
                break;
            }
        }
        let late = self.lock.with(|state| {
            if self.glance.get().is_some() {
                return Some(glance);
            }
            let log = state.log();
            let [new] = &mut *glance;
            new.with_new_course(|course| {
                // None of the values has a stamp.
                course.stamped = log.next_number().wrapping_sub(log.len() as u64);
                if let Plan::Ring { .. } | Plan::Shared { .. } = plan {
                    course.cursors.grow(log.cursors().len());
                }
            });
            self.glance.bring(glance);
            None
        });
        // Opens the lane.
        self.with(|_state| ());
        drop(late);
        true
    }

    /// The end of a cursor, where its reader has one of its own.
    pub(super) fn join(&self, cursor: CursorId) -> Option<Counted<CursorEnd>> {
        match self.lane()? {
            Lane::Ring(_) | Lane::Called(Called::Shared(_)) => {}
            Lane::Queue(several, _) if several.is_made() => {}
            Lane::Queue(..) | Lane::Called(Called::Mailbox(_)) => return None,
        }
        self.inside(|_state, course| course?.cursors.join(cursor))
    }
}

impl LaneLock {
    /// Stores a value without the lock, for the holder that owns the sending end, or in a mailbox.
    /// `counts` says that a refusal is one; `dispose` is given the value that was displaced. The few
    /// instructions that most calls are.
    #[inline(always)]
    pub(super) fn send_as_owner<T>(
        &self,
        slots: &impl Slots<T>,
        token: &Token,
        value: T,
        counts: bool,
        dispose: impl FnOnce(T),
    ) -> InLane<T> {
        match self.lane() {
            Some(Lane::Queue(several, lane)) => match lane.send_as_owner(slots, token, value, counts) {
                InLane::NotHere(value) if is_short::<T>() => several.send_as_owner(slots, token, value, counts),
                sent => sent,
            },
            Some(Lane::Ring(lane)) => lane.publish_as_owner(slots, token, value),
            Some(Lane::Called(Called::Mailbox(_))) if !is_short::<T>() => InLane::NotHere(value),
            Some(Lane::Called(lane)) => lane.send_as_owner(slots, token, value, dispose),
            None => InLane::NotHere(value),
        }
    }

    /// Stores a value without the lock, where that can be done.
    pub(super) fn send<T>(
        &self,
        slots: &impl Slots<T>,
        token: &Token,
        value: T,
        counts: bool,
        dispose: impl FnOnce(T),
    ) -> InLane<T> {
        match self.lane() {
            Some(Lane::Queue(several, lane)) => match lane.send(slots, token, value, counts) {
                InLane::NotHere(value) => several.send(slots, token, value, counts),
                sent => sent,
            },
            Some(Lane::Ring(lane)) => lane.publish(slots, token, value),
            Some(Lane::Called(Called::Shared(lane))) => lane.publish(slots, token, value, dispose),
            Some(Lane::Called(Called::Mailbox(lane))) => lane.put(slots, token, value, dispose),
            None => InLane::NotHere(value),
        }
    }

    /// Takes the next value of a queue, or of the cursor with this end, without the lock, where that
    /// can be done. `clone` is called outside the doors, and ends the look.
    pub(super) fn take<T>(
        &self,
        slots: &impl Slots<T>,
        token: &Token,
        cursor: Option<&CursorEnd>,
        clone: impl FnOnce(Seen<'_>) -> Option<T>,
    ) -> Taken<T> {
        match (self.lane(), cursor) {
            (Some(Lane::Queue(several, lane)), cursor) => match lane.take(slots, token) {
                Taken::NotHere => several.take(slots, token, cursor),
                taken => taken,
            },
            (Some(Lane::Called(Called::Mailbox(lane))), _) => lane.take(slots, token),
            (Some(Lane::Ring(lane)), Some(end)) => lane.read(slots, end, token),
            (Some(Lane::Called(Called::Shared(lane))), Some(end)) => lane.read(end, token).brought(clone),
            (Some(Lane::Ring(_) | Lane::Called(Called::Shared(_))), None) | (None, _) => Taken::NotHere,
        }
    }

    /// Stores values from the front without the lock, and says how many; where that cannot be done, none.
    pub(super) fn send_many<T>(&self, slots: &impl Slots<T>, token: &Token, values: &mut VecDeque<T>) -> usize {
        match self.lane() {
            Some(Lane::Queue(several, lane)) => match lane.send_many(slots, token, values) {
                0 => several.send_many(slots, token, values),
                sent => sent,
            },
            Some(Lane::Ring(lane)) => lane.publish_many(slots, token, values),
            Some(Lane::Called(_)) | None => 0,
        }
    }

    /// Appends the next values without the lock, up to `max` and as `values` has room, and says how many;
    /// where that cannot be done, none.
    pub(super) fn take_many<T>(
        &self,
        slots: &impl Slots<T>,
        token: &Token,
        cursor: Option<&CursorEnd>,
        values: &mut Vec<T>,
        max: usize,
    ) -> usize {
        match (self.lane(), cursor) {
            (Some(Lane::Queue(several, lane)), cursor) => match lane.take_many(slots, token, values, max) {
                0 => several.take_many(slots, token, cursor, values, max),
                taken => taken,
            },
            (Some(Lane::Ring(lane)), Some(end)) => lane.read_many(slots, end, token, values, max),
            (Some(Lane::Ring(_)), None) | (Some(Lane::Called(_)) | None, _) => 0,
        }
    }

    /// Gives the end to a holder that was sent away only because another has it, and says whether it
    /// did: then the holder may try once more. A door changes hands a few times only. Makes the lane
    /// first, if there is none.
    #[cold]
    pub(super) fn adopt<T>(&self, slots: &impl Slots<T>, end: LaneEnd<'_>, token: &Token) -> bool {
        if self.glance.get().is_none() && !self.make(Cells::of(slots.first())) {
            return false;
        }
        let Some(lane) = self.lane() else { return false };
        if let Lane::Called(Called::Shared(lane)) = lane
            && lane.lacks_words()
        {
            self.add_words(lane);
        }
        if let Lane::Queue(several, _) = lane
            && several.is_wanted()
        {
            self.add_gates(several);
        }
        if !lane.is_foreign(end, token) {
            return false;
        }
        self.inside(|state, course| match course {
            Some(course) if course.open => {
                course.open = lane.adopt(state.log_mut(), course, end, token);
                true
            }
            Some(_) | None => false,
        })
    }

    /// Gives the slots that came since the lane was made the words that it needs. They are made outside
    /// the lock.
    fn add_words(&self, lane: &SharedLane) {
        let lacking = self.lock.with(|state| lane.lacking_words(state.log()));
        let Ok(more) = Looks::new(lacking) else { return };
        let late = self.lock.with(|state| lane.add_words(state.log(), more));
        drop(late);
    }

    /// The words of the slots, where values are shared.
    #[inline]
    pub(super) fn looks(&self) -> Option<&Looks> {
        match self.lane()? {
            Lane::Called(Called::Shared(lane)) => Some(lane.looks()),
            Lane::Queue(..) | Lane::Ring(_) | Lane::Called(Called::Mailbox(_)) => None,
        }
    }

    /// Takes a value that the machine gives up from those who look at it in the lane; see
    /// `Layout::let_go`. Called under the record's lock.
    pub(super) fn let_go(&self, doomed: Doomed) -> Option<Doomed> {
        match self.looks() {
            Some(looks) if !looks.let_go(doomed.owned.0, doomed.cause) => None,
            Some(_) | None => Some(doomed),
        }
    }
}
