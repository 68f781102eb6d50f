//! The one file of this crate that names a lock type.
//!
//! A lock is entered with a closure and left with what must be dropped, joined or started; nothing
//! that a user wrote runs inside. Never two locks.

use std::time::Instant;

use parking_lot::{Condvar, Mutex};

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
        look(&self.state.lock())
    }

    /// Changes the state, and wakes whoever waits for a change.
    pub(crate) fn change<R>(&self, change: impl FnOnce(&mut S) -> R) -> R {
        let result = change(&mut self.state.lock());
        self.changed.notify_all();
        result
    }

    /// Blocks until the condition holds, and says whether it does by then. `None` waits for as long
    /// as it takes.
    pub(crate) fn wait_until(&self, until: Option<Instant>, mut holds: impl FnMut(&S) -> bool) -> bool {
        let mut state = self.state.lock();
        // Each turn is one change of the state, or the end of the time.
        loop {
            if holds(&state) {
                return true;
            }
            match until {
                None => self.changed.wait(&mut state),
                Some(until) => {
                    if self.changed.wait_until(&mut state, until).timed_out() {
                        return holds(&state);
                    }
                }
            }
        }
    }
}
