//! Time, as waiting needs it: nanoseconds on a clock that only goes forward.

use core::time::Duration;

/// A clock that only goes forward. Its zero is anywhere.
pub trait Clock {
    /// Nanoseconds since the clock's zero. 64 bits of them last for 584 years.
    fn now(&self) -> u64;
}

/// The point in time at which a wait ends.
///
/// Deadlines are absolute, so a wait that is woken for nothing does not grow longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deadline {
    /// The wait ends with the event only, or when the record is closed.
    Never,
    /// Nanoseconds on the clock of whoever waits. A time that has passed means one try.
    At(u64),
}

impl Deadline {
    /// The deadline that lies `timeout` ahead of `now`; [`Deadline::Never`] when that is further
    /// than the clock counts, as with `Duration::MAX`.
    #[must_use]
    pub fn after(now: u64, timeout: Duration) -> Self {
        u64::try_from(timeout.as_nanos())
            .ok()
            .and_then(|timeout| now.checked_add(timeout))
            .map_or(Self::Never, Self::At)
    }

    /// Whether the deadline has passed at `now`.
    #[must_use]
    pub const fn has_passed(self, now: u64) -> bool {
        match self {
            Self::Never => false,
            Self::At(at) => at <= now,
        }
    }
}

/// The operating system's monotonic clock, counted from its first use in this process.
#[cfg(feature = "std")]
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

/// Under a model checker time must follow from the schedule alone: each look at the clock moves it
/// on by a step that the model chooses.
#[cfg(all(feature = "std", any(loom, shuttle)))]
pub(super) mod model {
    use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

    static NOW: AtomicU64 = AtomicU64::new(0);
    static STEP: AtomicU64 = AtomicU64::new(0);

    /// Sets the clock of a model run to zero, and how far each look at it moves it on.
    pub fn set_model_clock(step_ns: u64) {
        NOW.store(0, Relaxed);
        STEP.store(step_ns, Relaxed);
    }

    pub(super) fn now() -> u64 {
        NOW.fetch_add(STEP.load(Relaxed), Relaxed)
    }
}

#[cfg(feature = "std")]
mod system {
    use super::{Clock, Deadline, Duration, SystemClock};
    use std::sync::OnceLock;
    use std::time::Instant;

    static ZERO: OnceLock<Instant> = OnceLock::new();

    impl Clock for SystemClock {
        #[cfg(not(any(loom, shuttle)))]
        fn now(&self) -> u64 {
            let zero = *ZERO.get_or_init(Instant::now);
            u64::try_from(zero.elapsed().as_nanos()).unwrap_or(u64::MAX)
        }

        #[cfg(any(loom, shuttle))]
        fn now(&self) -> u64 {
            super::model::now()
        }
    }

    impl SystemClock {
        /// The deadline that lies `timeout` from now.
        #[must_use]
        pub fn after(self, timeout: Duration) -> Deadline {
            if timeout.is_zero() { Deadline::At(0) } else { Deadline::after(self.now(), timeout) }
        }

        /// The deadline at `instant`.
        #[must_use]
        pub fn at(self, instant: Instant) -> Deadline {
            let zero = *ZERO.get_or_init(Instant::now);
            Deadline::after(0, instant.saturating_duration_since(zero))
        }

        /// The instant of a deadline, if the platform's clock can express it.
        pub(crate) fn instant(self, deadline: Deadline) -> Option<Instant> {
            match deadline {
                Deadline::Never => None,
                Deadline::At(at) => ZERO.get_or_init(Instant::now).checked_add(Duration::from_nanos(at)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn w4_a_deadline_beyond_the_clock_is_never() {
        assert_eq!(Deadline::after(1, Duration::MAX), Deadline::Never);
        assert_eq!(Deadline::after(1, Duration::from_nanos(u64::MAX)), Deadline::Never);
        assert_eq!(Deadline::after(1, Duration::from_nanos(u64::MAX - 1)), Deadline::At(u64::MAX));
    }

    #[test]
    fn w4_a_deadline_of_now_has_passed() {
        assert!(Deadline::after(5, Duration::ZERO).has_passed(5));
        assert!(!Deadline::after(5, Duration::from_nanos(1)).has_passed(5));
        assert!(!Deadline::Never.has_passed(u64::MAX));
    }
}
