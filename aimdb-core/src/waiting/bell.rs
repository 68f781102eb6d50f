//! Where a thread sleeps until another rings.
//!
//! A bell holds no state of its own: the sleeper's condition lies beside it, and whoever rings has changed
//! that before. What it rings is the token that every thread of std has: one system call to sleep and one to
//! wake, with no lock on the way.

#[cfg(any(loom, shuttle))]
pub(super) use super::lock::Bell;
#[cfg(not(any(loom, shuttle)))]
pub(super) use real::{Bell, doze};

#[cfg(not(any(loom, shuttle)))]
mod real {
    use std::thread::{self, Thread};
    use std::time::{Duration, Instant};

    /// Of one thread.
    #[derive(Debug)]
    pub(in crate::waiting) struct Bell(Thread);

    impl Bell {
        /// The calling thread's.
        pub(in crate::waiting) fn of_this_thread() -> Self {
            crate::waiting::lock::be_ready();
            Self(thread::current())
        }

        /// Sleeps while `asleep` holds and the instant has not come. Called on the bell's own thread.
        pub(in crate::waiting) fn wait_while(&self, until: Option<Instant>, asleep: impl Fn() -> bool) {
            let mut parked = false;
            // Each turn is a token: of whoever rings, or of somebody who gave the thread one for another
            // reason, or of both in one.
            while asleep() {
                parked = true;
                match until {
                    None => thread::park(),
                    Some(instant) => {
                        let left = instant.saturating_duration_since(Instant::now());
                        if left.is_zero() {
                            break;
                        }
                        thread::park_timeout(left);
                        if Instant::now() >= instant {
                            break;
                        }
                    }
                }
            }
            if parked {
                // What may have been another's is given back: whoever parks this thread next looks once more.
                self.0.unpark();
            }
        }

        pub(in crate::waiting) fn ring(&self) {
            self.0.unpark();
        }
    }

    /// Sleeps for a moment, since nobody can ring: whoever was stopped inside a door does not know that it is
    /// waited for, and a barrier that the system withdrew is waited out. The caller looks after each moment. No park: a token of
    /// the thread's may be there for another wait, which would be taken from it.
    pub(in crate::waiting) fn doze(time: Duration) {
        thread::sleep(time);
    }
}
