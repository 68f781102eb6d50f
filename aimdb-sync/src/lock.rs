//! The one file of this crate that names a lock type.
//!
//! A lock is entered with a closure and left with what must be dropped, joined or started; nothing
//! that a user wrote runs inside. Never two locks.
//!
//! These are std's locks: parking_lot parks through one table of the process, which a fork at the
//! wrong moment leaves locked in the child. Nothing here is on the way of a message.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// State that threads share, and change for others to see.
pub(crate) struct Guarded<S> {
    state: Mutex<S>,
    changed: Condvar,
}

impl<S> Guarded<S> {
    pub(crate) const fn new(state: S) -> Self {
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Looks at the state.
    pub(crate) fn with<R>(&self, look: impl FnOnce(&S) -> R) -> R {
        look(&self.enter())
    }

    /// Changes the state, and wakes whoever waits for a change.
    pub(crate) fn change<R>(&self, change: impl FnOnce(&mut S) -> R) -> R {
        let result = change(&mut self.enter());
        self.changed.notify_all();
        result
    }

    /// Blocks until the condition holds, and says whether it does by then. `None` waits for as long
    /// as it takes.
    pub(crate) fn wait_until(&self, until: Option<Instant>, mut holds: impl FnMut(&S) -> bool) -> bool {
        let mut state = self.enter();
        // Each turn is one change of the state, or the end of the time.
        loop {
            if holds(&state) {
                return true;
            }
            state = match until {
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(until) => {
                    let left = until.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return false;
                    }
                    self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    fn enter(&self) -> MutexGuard<'_, S> {
        // No code that could panic runs inside.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
