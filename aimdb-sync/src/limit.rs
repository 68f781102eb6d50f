//! How long a call may wait, as its caller said it.

use std::time::{Duration, Instant};

use aimdb_core::waiting::{Clock, Deadline, SystemClock};

/// How long a call may wait. The clock is read when the call begins to wait, and not before: where it need not wait,
/// not at all.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum Limit {
    /// For ever.
    Never,
    /// So long, from when the call begins to wait.
    In(Duration),
    At(Instant),
    /// The same for all calls of a batch.
    Until(Deadline),
}

impl Limit {
    #[inline]
    pub(crate) fn deadline(self) -> Deadline {
        match self {
            Self::Never => Deadline::Never,
            Self::In(timeout) => SystemClock.after(timeout),
            Self::At(instant) => SystemClock.at(instant),
            Self::Until(deadline) => deadline,
        }
    }

    /// Whether such a call only tries, and so blocks nobody. A timeout is one as it was said: whether time passed since, in
    /// a thread that did not run, must not decide what is a mistake.
    pub(crate) fn is_one_try(self) -> bool {
        match self {
            Self::In(timeout) => timeout.is_zero(),
            Self::Never | Self::At(_) | Self::Until(_) => is_over(self.deadline()),
        }
    }
}

/// Whether a deadline has passed.
pub(crate) fn is_over(deadline: Deadline) -> bool {
    match deadline {
        Deadline::Never => false,
        Deadline::At(0) => true,
        Deadline::At(_) => deadline.has_passed(SystemClock.now()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_is_a_wait_however_late_it_is_looked_at() {
        assert!(!Limit::In(Duration::from_nanos(1)).is_one_try());
        assert!(Limit::In(Duration::ZERO).is_one_try());
        assert!(Limit::At(Instant::now()).is_one_try());
        assert!(Limit::Until(Limit::In(Duration::ZERO).deadline()).is_one_try());
        assert!(!Limit::Never.is_one_try());
        assert!(!Limit::In(Duration::MAX).is_one_try());
    }
}
