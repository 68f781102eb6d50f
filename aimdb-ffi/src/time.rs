//! Timeouts and deadlines, as C has them.

use std::time::{Duration, Instant};

/// How long a call may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wait {
    /// Not at all.
    Try,
    /// As long as it takes.
    Forever,
    /// So long; zero is one try that answers as one whose time has passed.
    For(Duration),
}

impl Wait {
    /// A timeout in nanoseconds: 0 tries, a negative one waits for ever.
    pub(crate) const fn timeout(ns: i64) -> Self {
        match ns {
            0 => Self::Try,
            1.. => Self::For(Duration::from_nanos(ns.unsigned_abs())),
            _ => Self::Forever,
        }
    }

    /// A time of [`aimdb_now`].
    pub(crate) fn deadline(ns: i64) -> Self {
        let left = ns.saturating_sub(aimdb_now());
        Self::For(Duration::from_nanos(left.max(0).unsigned_abs()))
    }
}

/// A wait that several calls share.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Until {
    Try,
    Forever,
    At(Instant),
}

impl Wait {
    /// From now on. The first call is made with the wait itself: whether it may wait where it is made is told from what
    /// its caller said, and not from how late it is by then.
    pub(crate) fn begun(self) -> Until {
        match self {
            Self::Try => Until::Try,
            Self::Forever => Until::Forever,
            Self::For(time) => Instant::now().checked_add(time).map_or(Until::Forever, Until::At),
        }
    }

    /// The longest that this is.
    pub(crate) const fn limit(self) -> Duration {
        match self {
            Self::Try => Duration::ZERO,
            Self::Forever => Duration::MAX,
            Self::For(time) => time,
        }
    }
}

impl Until {
    /// What is left of it.
    pub(crate) fn left(self) -> Wait {
        match self {
            Self::Try => Wait::Try,
            Self::Forever => Wait::Forever,
            Self::At(end) => Wait::For(end.saturating_duration_since(Instant::now())),
        }
    }
}

/// Nanoseconds of the clock that deadlines are measured by.
#[unsafe(no_mangle)]
pub extern "C" fn aimdb_now() -> i64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` may be written; the clock exists on every system that this is built for.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    now.tv_sec * 1_000_000_000 + now.tv_nsec
}

/// The version of the library.
#[unsafe(no_mangle)]
pub extern "C" fn aimdb_version() -> *const core::ffi::c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}
