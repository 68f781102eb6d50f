//! What the ends and those who wait do to a set.

use alloc::sync::Arc;
use core::ops::Bound;
use core::task::Waker;

use arrayvec::ArrayVec;

use super::super::{HeapLock, Lock, WakeList};
use super::end::{End, EndId, What};
use super::light::Light;
use super::state::State;

/// What a set is, for its owner and its ends.
pub(super) struct Shared {
    pub(super) lock: HeapLock<State>,
    /// Whether something is pending, or the set is closed.
    pub(super) light: Light,
}

/// Ends that are looked at between two holds of the set's lock.
const AT_ONCE: usize = 8;
pub(super) type Batch = ArrayVec<Arc<End>, AT_ONCE>;

impl Shared {
    pub(super) fn new() -> Self {
        Self { lock: HeapLock::new(State::new()), light: Light::new() }
    }

    pub(super) fn add(self: &Arc<Self>, token: u64, what: What, due: Option<u64>) -> EndId {
        let id = EndId::new();
        let end = Arc::new(End { id, token, what, set: Arc::downgrade(self), light: Light::new() });
        self.lock.with(|state| state.add(end, due));
        self.relight();
        id
    }

    pub(super) fn remove(&self, id: EndId) -> bool {
        let Some(end) = self.lock.with(|state| state.remove(id)) else { return false };
        end.cancel();
        end.light.show();
        self.relight();
        true
    }

    pub(super) fn remove_all(&self, token: u64) -> usize {
        let Some(last) = self.lock.with(|state| state.end_of(token)) else { return 0 };
        let (mut from, mut removed) = (Bound::Unbounded, 0);
        // Ids rise and never come again: those that are added meanwhile lie behind `last`, and each end before it is
        // looked at once.
        while let Some(end) = self.lock.with(|state| state.remove_next(token, from, last)) {
            from = Bound::Excluded(end.id);
            removed += 1;
            end.cancel();
            end.light.show();
        }
        self.relight();
        removed
    }

    pub(super) fn find(&self, id: EndId) -> Option<Arc<End>> {
        self.lock.with(|state| state.find(id))
    }

    /// An end may have become ready.
    pub(super) fn signal(&self, id: EndId) {
        let (end, woken) = self.lock.with(|state| {
            let end = state.queue(id);
            self.light(state);
            (end, state.waiters_of_pending())
        });
        wake(woken);
        if let Some(end) = end {
            end.light.show();
        }
        self.light.show();
    }

    /// Makes the timers pending that are due.
    pub(super) fn fire_timers(&self) {
        // Bounded by the timers.
        loop {
            let due = self.lock.with(State::fire_timers);
            due.iter().for_each(|end| end.light.show());
            if !due.is_full() {
                return;
            }
        }
    }

    #[cfg(unix)]
    pub(super) fn needs_a_keeper(&self) -> bool {
        let shown = self.light.is_shown();
        self.lock.with(|state| state.has_timers() && (shown || state.shows_ends))
    }

    pub(super) fn collect(&self, tokens: &mut [u64]) -> usize {
        self.fire_timers();
        let mut left = self.lock.with(|state| state.pending());
        let mut found = 0;
        // Bounded by those that were pending at first.
        while left > 0 && found < tokens.len() {
            let room = left.min(tokens.len() - found).min(AT_ONCE);
            let mut looking = Looking::at(self, self.lock.with(|state| state.take(room)));
            let taken = looking.batch.len();
            if taken == 0 {
                break;
            }
            left -= taken;
            for at in 0..taken {
                looking.look(at);
            }
            found += looking.finish(&mut tokens[found..]);
        }
        self.relight();
        found
    }

    /// Looks at one end.
    pub(super) fn look_at(&self, end: Arc<End>) -> bool {
        self.lock.with(|state| state.take_out(end.id));
        let mut looking = Looking::at(self, Batch::from_iter([end]));
        let ready = looking.look(0);
        looking.finish(&mut []);
        drop(looking);
        self.relight();
        ready
    }

    /// Wakes all who wait, for what they know has changed.
    pub(super) fn rouse(&self) {
        // Bounded by those who wait for what was before.
        loop {
            let mut wakes = WakeList::new();
            self.lock.with(|state| {
                while !wakes.is_full()
                    && let Some(waker) = state.pop_anyone()
                {
                    wakes.push(Some(waker));
                }
            });
            let was_full = wakes.is_full();
            wakes.wake_all();
            if !was_full {
                return;
            }
        }
    }

    /// Remembers whether something is pending. Called under the lock.
    fn light(&self, state: &State) {
        self.light.set(state.closed || state.pending() > 0);
    }

    /// Shows what has come of a change, and calls whoever it concerns.
    pub(super) fn relight(&self) {
        let (woken, changed) = self.lock.with(|state| {
            self.light(state);
            (state.waiters_of_pending(), core::mem::take(&mut state.untold_change))
        });
        wake(woken);
        if changed {
            // Whoever waits may have to wait less long.
            self.rouse();
        }
        self.light.show();
    }
}

pub(super) fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// Ends that are being looked at. Should a look panic, those that were not looked at are pending again.
struct Looking<'a> {
    shared: &'a Shared,
    batch: Batch,
    looked: usize,
    ready: [bool; AT_ONCE],
}

impl<'a> Looking<'a> {
    const fn at(shared: &'a Shared, batch: Batch) -> Self {
        Self { shared, batch, looked: 0, ready: [false; AT_ONCE] }
    }

    fn look(&mut self, at: usize) -> bool {
        self.ready[at] = self.batch[at].look();
        self.looked = at + 1;
        self.ready[at]
    }

    /// Reports those that are ready, and says how many.
    fn finish(&mut self, tokens: &mut [u64]) -> usize {
        let mut found = 0;
        let mut gone = Batch::new();
        let batch = core::mem::take(&mut self.batch);
        self.shared.lock.with(|state| {
            for (at, end) in batch.iter().enumerate() {
                // One that was not looked at may be ready.
                let ready = at >= self.looked || self.ready[at];
                if state.settle(end, ready, at < self.looked) {
                    gone.push(Arc::clone(end));
                } else if ready
                    && at < self.looked
                    && let Some(place) = tokens.get_mut(found)
                {
                    *place = end.token;
                    found += 1;
                }
            }
        });
        for end in &gone {
            end.cancel();
        }
        for end in &batch {
            end.light.show();
        }
        found
    }
}

impl Drop for Looking<'_> {
    fn drop(&mut self) {
        if !self.batch.is_empty() {
            self.finish(&mut []);
        }
    }
}
