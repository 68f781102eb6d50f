//! The lane: what the two ends of a record use while nobody waits.
//!
//! A record that is in its usual state, with one sending and one taking end at work and room and
//! values for both, needs no lock: see `queue`. Whatever else happens (somebody has to wait, joins,
//! leaves, closes, counts) is the shell's, under its lock; [`LaneLock`] is that lock, and whoever
//! takes it has the lane closed and counted first, and opened again after, if the state is the usual
//! one again. So the shell knows nothing of the lane, and each promise is kept in one place.
//!
//! Closing the lane costs both ends a moment. A record whose ends mostly wait for each other, where
//! it would be closed again at once, keeps it closed for a while: [`Patience`].

mod queue;

use alloc::vec::Vec;

use super::{Slots, State};
use crate::pure::HeapStorage;
use crate::waiting::{HeapLock, Lock};
use queue::{Next, QueueLane, Vacancy};

/// The lock of a buffer that may have a lane.
pub(super) struct LaneLock {
    lock: HeapLock<Locked>,
    /// One lane or none; a `Vec`, because it can be told that there is no memory.
    lane: Vec<QueueLane>,
}

/// What became of a value that was sent through the lane.
pub(super) enum InLane<T> {
    /// It was stored.
    Done,
    /// There is no room.
    Full(T),
    /// The lane is closed, or has no place for this thread: it is the shell's.
    NotHere(T),
}

/// What was found in the lane.
pub(super) enum Taken<T> {
    /// A value.
    Value(T),
    /// None.
    Empty,
    /// The lane is closed, or has no place for this thread: ask the shell.
    NotHere,
}

struct Locked {
    state: State<HeapStorage>,
    open: bool,
    patience: Patience,
}

/// Steps of laying out a window in one lock hold.
const STEPS: usize = 64;

impl LaneLock {
    pub(super) fn new(state: State<HeapStorage>, with_lane: bool) -> Self {
        let mut lane = Vec::new();
        // A record goes on without one where there is no memory for it.
        if with_lane && state.log().may_be_left() && lane.try_reserve_exact(1).is_ok() {
            lane.push(QueueLane::new(state.log().capacity()));
        }
        let lock = HeapLock::new(Locked { state, open: false, patience: Patience::new() });
        let lock = Self { lock, lane };
        // Opens the lane.
        lock.with(|_state| ());
        lock
    }

    #[inline]
    pub(super) fn lane(&self) -> Option<&QueueLane> {
        self.lane.first()
    }

    /// Gives an end of the lane to the calling thread.
    #[cold]
    fn adopt(&self, adopt: impl FnOnce(&QueueLane)) {
        let Some(lane) = self.lane() else { return };
        self.lock.with(|locked| {
            if locked.open {
                lane.close(locked.state.log_mut());
                adopt(lane);
                lane.open(locked.state.log_mut());
            }
        });
    }

    fn close(lane: &QueueLane, locked: &mut Locked) {
        if locked.open {
            locked.open = false;
            let moved = lane.close(locked.state.log_mut());
            locked.patience.closed_after(moved);
        }
    }

    fn open(lane: &QueueLane, locked: &mut Locked) {
        let state = &mut locked.state;
        if state.log().is_plain_queue()
            && state.nobody_waits()
            && locked.patience.opens()
            && state.log_mut().lay_out(STEPS)
        {
            locked.open = true;
            lane.open(state.log_mut());
        }
    }
}

impl Lock<State<HeapStorage>> for LaneLock {
    fn with<R>(&self, critical: impl FnOnce(&mut State<HeapStorage>) -> R) -> R {
        self.lock.with(|locked| {
            let Some(lane) = self.lane() else { return critical(&mut locked.state) };
            Self::close(lane, locked);
            let result = critical(&mut locked.state);
            Self::open(lane, locked);
            result
        })
    }

    fn look<R>(&self, look: impl FnOnce(&State<HeapStorage>) -> R) -> R {
        self.lock.with(|locked| look(&locked.state))
    }
}

impl LaneLock {
    /// Stores a value without the lock, where that can be done. `counts` says that a refusal is one.
    #[inline]
    pub(super) fn send<T>(&self, slots: &impl Slots<T>, value: T, counts: bool) -> InLane<T> {
        let Some(lane) = self.lane() else { return InLane::NotHere(value) };
        match lane.vacancy(counts) {
            Vacancy::Place(place) => {
                slots.cell(place.slot()).fill(&place.claim(), value);
                place.hand_over();
                InLane::Done
            }
            Vacancy::Full => InLane::Full(value),
            Vacancy::NotHere if lane.sending_is_foreign() => {
                self.adopt(QueueLane::adopt_sending);
                // Ends: a door changes hands a few times only.
                self.send(slots, value, counts)
            }
            Vacancy::NotHere => InLane::NotHere(value),
        }
    }

    /// Takes a value without the lock, where that can be done.
    #[inline]
    pub(super) fn take<T>(&self, slots: &impl Slots<T>) -> Taken<T> {
        let Some(lane) = self.lane() else { return Taken::NotHere };
        match lane.next() {
            Next::Value(place) => {
                let value = slots.cell(place.slot()).empty(&place.owned());
                place.hand_over();
                Taken::Value(value)
            }
            Next::Empty => Taken::Empty,
            Next::NotHere if lane.taking_is_foreign() => {
                self.adopt(QueueLane::adopt_taking);
                self.take(slots)
            }
            Next::NotHere => Taken::NotHere,
        }
    }
}

/// When to open the lane again. Each time that it was closed before it had carried much, it stays
/// closed for twice as many lock holds.
#[derive(Debug)]
struct Patience {
    holds: u32,
    last: u32,
}

impl Patience {
    /// A lane that carried as many values between opening and closing has paid for both.
    const PAYS: u64 = 32;
    const MOST: u32 = 1024;

    const fn new() -> Self {
        Self { holds: 0, last: 0 }
    }

    fn closed_after(&mut self, moved: u64) {
        // A model checker looks at the lane, not at how often it pays.
        let pays = cfg!(any(loom, shuttle)) || moved >= Self::PAYS;
        self.last = if pays { 0 } else { (self.last * 2).clamp(1, Self::MOST) };
        self.holds = self.last;
    }

    const fn opens(&mut self) -> bool {
        self.holds = self.holds.saturating_sub(1);
        self.holds == 0
    }
}
