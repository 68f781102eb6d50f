//! What attaching, ending and the operations of this crate's own can answer.

use std::io;

use aimdb_core::ConfigErrors;
use aimdb_core::buffer::{Misuse, SendError};
use aimdb_core::pure::ErrorKind;
use thiserror::Error;

/// A database that was not attached. Nothing runs, and its records are closed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AttachError {
    /// The configuration has mistakes; all of them are here.
    #[error("{0}")]
    Configuration(ConfigErrors),
    /// That is no number of threads for a runtime.
    #[error("a runtime has 1 to {} threads, and {asked} were asked for", crate::RuntimeOptions::MAX_THREADS)]
    #[non_exhaustive]
    Threads {
        /// The number that was asked for.
        asked: usize,
    },
    /// There are async services, and this build has no runtime for them. Enable the feature
    /// `tokio`, or use `source_blocking` and `tap_blocking`.
    #[error("no runtime was built in (feature `tokio`) for the async services {}", services.join(", "))]
    #[non_exhaustive]
    NoRuntime {
        /// The services, by name.
        services: Vec<String>,
    },
    /// The operating system gave no thread for a service, or no runtime.
    #[error("no thread for {service}: {error}")]
    #[non_exhaustive]
    Thread {
        /// What the thread was for.
        service: String,
        /// What the operating system said.
        error: io::Error,
    },
}

impl AttachError {
    /// The class of this error.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Configuration(_) | Self::Threads { .. } | Self::NoRuntime { .. } => ErrorKind::Configuration,
            Self::Thread { .. } => ErrorKind::Retry,
        }
    }
}

impl From<ConfigErrors> for AttachError {
    fn from(errors: ConfigErrors) -> Self {
        Self::Configuration(errors)
    }
}

/// A shutdown that was not completed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ShutdownError {
    /// The deadline passed while services were still at work. The records are closed and the
    /// services go on draining them: call again to wait longer, or drop the handle to end them by
    /// force.
    #[error("the deadline passed while still running: {}", running.join(", "))]
    #[non_exhaustive]
    Timeout {
        /// The services that had not ended, by name.
        running: Vec<String>,
    },
    /// The call must not be made here: inside a service, which would wait for itself, or in a
    /// forked child.
    #[error("{0}")]
    Misuse(Misuse),
}

impl ShutdownError {
    /// The class of this error.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Timeout { .. } => ErrorKind::Retry,
            Self::Misuse(misuse) => misuse.kind(),
        }
    }
}

/// Why `send_many` stopped. What was not sent is still in the caller's buffer, the value that was
/// refused in front.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SendManyError {
    /// The record is full, and its policy refuses rather than waits.
    #[error("the record is full; {sent} values were sent")]
    Full {
        /// Values that were taken from the buffer and sent.
        sent: usize,
    },
    /// The deadline passed while the record was full.
    #[error("the deadline passed while the record was full; {sent} values were sent")]
    Timeout {
        /// Values that were taken from the buffer and sent.
        sent: usize,
    },
    /// The record is closed.
    #[error("the record is closed; {sent} values were sent")]
    Closed {
        /// Values that were taken from the buffer and sent.
        sent: usize,
    },
    /// The call must not be made here.
    #[error("{misuse}; {sent} values were sent")]
    Misuse {
        /// Values that were taken from the buffer and sent.
        sent: usize,
        /// What is wrong with the call.
        misuse: Misuse,
    },
}

impl SendManyError {
    /// Takes a refusal apart into the value and the reason.
    pub(crate) fn part<T>(refused: SendError<T>, sent: usize) -> (T, Self) {
        match refused {
            SendError::Full(value) => (value, Self::Full { sent }),
            SendError::Timeout(value) => (value, Self::Timeout { sent }),
            SendError::Closed(value) => (value, Self::Closed { sent }),
            SendError::Misuse(value, misuse) => (value, Self::Misuse { sent, misuse }),
        }
    }

    /// Values that were taken from the buffer and sent before.
    #[must_use]
    pub const fn sent(&self) -> usize {
        match self {
            Self::Full { sent } | Self::Timeout { sent } | Self::Closed { sent } | Self::Misuse { sent, .. } => *sent,
        }
    }

    /// The class of this error.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Full { .. } | Self::Timeout { .. } => ErrorKind::Retry,
            Self::Closed { .. } => ErrorKind::Closed,
            Self::Misuse { misuse, .. } => misuse.kind(),
        }
    }
}

/// Why no place was kept for a value to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ReserveError {
    /// There is none now.
    #[error("the record is full")]
    Full,
    /// The deadline passed while there was none.
    #[error("the deadline passed while the record was full")]
    Timeout,
    /// The record is closed.
    #[error("the record is closed")]
    Closed,
    /// A rendezvous has no places, a buffer of the user's own keeps none, and 65,535 are the most that are kept together.
    #[error("this record keeps no places")]
    Unsupported,
    /// The call must not be made here.
    #[error("{0}")]
    Misuse(Misuse),
}

impl ReserveError {
    /// The class of this error.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Full | Self::Timeout => ErrorKind::Retry,
            Self::Closed => ErrorKind::Closed,
            Self::Unsupported => ErrorKind::Usage,
            Self::Misuse(misuse) => misuse.kind(),
        }
    }
}

/// Why an end was not added to a wait set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WatchError {
    /// The record has a buffer of the user's own that cannot be watched.
    #[error("the record has a buffer of its own that cannot be watched")]
    Unsupported,
    /// The operating system gave no thread to keep the time of a timer.
    #[error("no thread to keep the time of a timer")]
    NoThread,
    /// The call must not be made here.
    #[error("{0}")]
    Misuse(Misuse),
}

impl WatchError {
    /// The class of this error.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Unsupported => ErrorKind::Configuration,
            Self::NoThread => ErrorKind::Retry,
            Self::Misuse(misuse) => misuse.kind(),
        }
    }
}

/// Why a wait for a set ended with nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WaitError {
    /// The set was closed.
    #[error("the wait set is closed")]
    Closed,
    /// The call must not be made here.
    #[error("{0}")]
    Misuse(Misuse),
}

impl WaitError {
    /// The class of this error.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Closed => ErrorKind::Closed,
            Self::Misuse(misuse) => misuse.kind(),
        }
    }
}

/// Why a wait for a set with a deadline ended with nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WaitTimeoutError {
    /// The deadline passed with nothing ready.
    #[error("the deadline passed with nothing ready")]
    Timeout,
    /// The set was closed.
    #[error("the wait set is closed")]
    Closed,
    /// The call must not be made here.
    #[error("{0}")]
    Misuse(Misuse),
}

impl WaitTimeoutError {
    /// The class of this error.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Timeout => ErrorKind::Retry,
            Self::Closed => ErrorKind::Closed,
            Self::Misuse(misuse) => misuse.kind(),
        }
    }
}
