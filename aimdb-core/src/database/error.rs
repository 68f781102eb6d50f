//! What the database can answer, and the mistakes of a configuration.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use thiserror::Error;

use super::RecordKey;
use crate::buffer::{
    BufferCfgError, FlushError, Misuse, RecvError, RecvTimeoutError, SendError, SubscribeError, TryProduceError,
    TryRecvError, TrySendError,
};
use crate::pure::ErrorKind;

/// The result of an asynchronous or database operation.
pub type DbResult<T> = Result<T, DbError>;

/// What an asynchronous reader, a producer or the database answers.
///
/// The operations that take a value give it back in errors of their own ([`TryProduceError`],
/// [`SendError`]); this is what remains of those when the value is not wanted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
// For the reason see `RecvError`.
#[cfg_attr(target_pointer_width = "64", repr(u64))]
#[non_exhaustive]
pub enum DbError {
    /// Values were overwritten before they were read; the next read goes on behind them.
    #[error("{lag_count} values{} were overwritten before they were read", Of(key))]
    #[non_exhaustive]
    BufferLagged {
        /// How many values this reader missed.
        lag_count: u64,
        /// The record, where the reader belongs to one.
        key: Option<RecordKey>,
    },
    /// Closed; for a reader: closed and drained.
    #[error("the buffer{} is closed", Of(key))]
    #[non_exhaustive]
    BufferClosed {
        /// The record, where the buffer belongs to one.
        key: Option<RecordKey>,
    },
    /// There is nothing to read yet.
    #[error("there is nothing to read yet")]
    BufferEmpty,
    /// The buffer is full and refuses.
    #[error("the buffer is full")]
    BufferFull,
    /// The deadline passed.
    #[error("the deadline passed")]
    Timeout,
    /// No record has this key.
    #[error("there is no record `{key}`")]
    #[non_exhaustive]
    RecordNotFound {
        /// The key that was asked for.
        key: RecordKey,
    },
    /// The record holds values of another type.
    #[error("record `{key}` holds `{expected}`, and was asked for as `{found}`")]
    #[non_exhaustive]
    TypeMismatch {
        /// The record.
        key: RecordKey,
        /// The type that it was configured with.
        expected: &'static str,
        /// The type that it was asked for.
        found: &'static str,
    },
    /// The call must not be made here.
    #[error("{0}")]
    Misuse(Misuse),
    /// A cursor could not be made.
    #[error("{0}")]
    Subscribe(SubscribeError),
    /// The configuration has mistakes.
    #[error("{0}")]
    Configuration(ConfigErrors),
}

impl DbError {
    /// The class of this error.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::BufferLagged { .. } => ErrorKind::Lagged,
            Self::BufferClosed { .. } => ErrorKind::Closed,
            Self::BufferEmpty | Self::BufferFull | Self::Timeout => ErrorKind::Retry,
            Self::RecordNotFound { .. } | Self::TypeMismatch { .. } => ErrorKind::Usage,
            Self::Misuse(misuse) => misuse.kind(),
            Self::Subscribe(error) => error.kind(),
            Self::Configuration(_) => ErrorKind::Configuration,
        }
    }

    /// The same error, naming the record that it is about where it has a place for that.
    #[must_use]
    pub fn of_record(self, record: &RecordKey) -> Self {
        match self {
            Self::BufferLagged { lag_count, .. } => Self::BufferLagged { lag_count, key: Some(record.clone()) },
            Self::BufferClosed { .. } => Self::BufferClosed { key: Some(record.clone()) },
            Self::BufferEmpty
            | Self::BufferFull
            | Self::Timeout
            | Self::RecordNotFound { .. }
            | Self::TypeMismatch { .. }
            | Self::Misuse(_)
            | Self::Subscribe(_)
            | Self::Configuration(_) => self,
        }
    }

    const fn lagged(lag_count: u64) -> Self {
        Self::BufferLagged { lag_count, key: None }
    }

    const CLOSED: Self = Self::BufferClosed { key: None };
}

/// " of `key`", where there is a key.
struct Of<'a>(&'a Option<RecordKey>);

impl fmt::Display for Of<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |key| write!(f, " of `{key}`"))
    }
}

impl From<RecvError> for DbError {
    fn from(error: RecvError) -> Self {
        match error {
            RecvError::Lagged(lag_count) => Self::lagged(lag_count),
            RecvError::Closed => Self::CLOSED,
            RecvError::Misuse(misuse) => Self::Misuse(misuse),
        }
    }
}

impl From<TryRecvError> for DbError {
    fn from(error: TryRecvError) -> Self {
        match error {
            TryRecvError::Empty => Self::BufferEmpty,
            TryRecvError::Lagged(lag_count) => Self::lagged(lag_count),
            TryRecvError::Closed => Self::CLOSED,
            TryRecvError::Misuse(misuse) => Self::Misuse(misuse),
        }
    }
}

impl From<RecvTimeoutError> for DbError {
    fn from(error: RecvTimeoutError) -> Self {
        match error {
            RecvTimeoutError::Timeout => Self::Timeout,
            RecvTimeoutError::Lagged(lag_count) => Self::lagged(lag_count),
            RecvTimeoutError::Closed => Self::CLOSED,
            RecvTimeoutError::Misuse(misuse) => Self::Misuse(misuse),
        }
    }
}

/// Drops the value.
impl<T> From<TryProduceError<T>> for DbError {
    fn from(error: TryProduceError<T>) -> Self {
        match error {
            TryProduceError::Full(_) => Self::BufferFull,
            TryProduceError::Closed(_) => Self::CLOSED,
        }
    }
}

/// Drops the value.
impl<T> From<TrySendError<T>> for DbError {
    fn from(error: TrySendError<T>) -> Self {
        match error {
            TrySendError::Full(_) => Self::BufferFull,
            TrySendError::Closed(_) => Self::CLOSED,
            TrySendError::Misuse(_, misuse) => Self::Misuse(misuse),
        }
    }
}

/// Drops the value.
impl<T> From<SendError<T>> for DbError {
    fn from(error: SendError<T>) -> Self {
        match error {
            SendError::Full(_) => Self::BufferFull,
            SendError::Timeout(_) => Self::Timeout,
            SendError::Closed(_) => Self::CLOSED,
            SendError::Misuse(_, misuse) => Self::Misuse(misuse),
        }
    }
}

impl From<FlushError> for DbError {
    fn from(error: FlushError) -> Self {
        match error {
            FlushError::Timeout => Self::Timeout,
            FlushError::Closed => Self::BufferClosed { key: None },
            FlushError::Misuse(misuse) => Self::Misuse(misuse),
        }
    }
}

impl From<Misuse> for DbError {
    fn from(misuse: Misuse) -> Self {
        Self::Misuse(misuse)
    }
}

impl From<SubscribeError> for DbError {
    fn from(error: SubscribeError) -> Self {
        Self::Subscribe(error)
    }
}

impl From<ConfigErrors> for DbError {
    fn from(errors: ConfigErrors) -> Self {
        Self::Configuration(errors)
    }
}

/// One mistake, and the record that it was made at.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("record `{key}`: {mistake}")]
#[non_exhaustive]
pub struct ConfigError {
    /// The record.
    pub key: RecordKey,
    /// What is wrong with it.
    pub mistake: ConfigMistake,
}

/// What can be wrong with the configuration of a record.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConfigMistake {
    /// The key was configured with two types.
    #[error("configured as `{first}` and again as `{second}`")]
    #[non_exhaustive]
    ConflictingTypes {
        /// The type that came first.
        first: &'static str,
        /// The other one.
        second: &'static str,
    },
    /// No buffer was chosen: a value that is accepted must go somewhere.
    #[error("no buffer was chosen")]
    NoBuffer,
    /// Several buffers were chosen, and they differ.
    #[error("different buffers were chosen: {}", Listed(buffers, ", "))]
    #[non_exhaustive]
    ConflictingBuffers {
        /// The choices, in the order in which they were made.
        buffers: Vec<Box<str>>,
    },
    /// The buffer cannot be made as described.
    #[error("{0}")]
    Buffer(BufferCfgError),
    /// A record has at most one writer.
    #[error("it has {} writers, and may have one: {}", writers.len(), Listed(writers, ", "))]
    #[non_exhaustive]
    SeveralWriters {
        /// The writers, in the order in which they were configured.
        writers: Vec<Box<str>>,
    },
    /// A transform reads a record that was not configured.
    #[error("its transform reads `{input}`, which is not configured")]
    #[non_exhaustive]
    UnknownInput {
        /// The key of the missing record.
        input: RecordKey,
    },
    /// A transform reads a record as another type than it has.
    #[error("its transform reads `{input}` as `{found}`, which holds `{expected}`")]
    #[non_exhaustive]
    WrongInputType {
        /// The record that is read.
        input: RecordKey,
        /// The type that it was configured with.
        expected: &'static str,
        /// The type that the transform reads.
        found: &'static str,
    },
    /// A join without inputs would never produce anything.
    #[error("its join has no input")]
    NoInput,
    /// Transforms feed each other in a circle.
    #[error("its transform feeds itself: {}", Listed(path, " -> "))]
    #[non_exhaustive]
    Cycle {
        /// The records along the circle; the first stands again at the end.
        path: Vec<RecordKey>,
    },
    /// A value that is dropped can be given to one hook only.
    #[error("it has {count} drop hooks, and may have one")]
    #[non_exhaustive]
    SeveralHooks {
        /// How many hooks were given.
        count: usize,
    },
    /// A value is degraded in one way.
    #[error("it has {count} degraders, and may have one")]
    #[non_exhaustive]
    SeveralDegraders {
        /// How many degraders were given.
        count: usize,
    },
    /// A buffer of the user's own does not know the record's hook or degrader.
    #[error(
        "a drop hook or degrader cannot be given to a buffer of the user's own; give it to that buffer when it is made"
    )]
    NotForRawBuffer,
    /// More taps and transforms read the record than it has cursors.
    #[error("{subscriptions} taps and transforms read it, and its values, which cannot be cloned, have one cursor")]
    #[non_exhaustive]
    TooManyReaders {
        /// How many taps and transforms read it.
        subscriptions: usize,
    },
    /// A tap or transform could not subscribe.
    #[error("a tap or transform could not subscribe: {0}")]
    Subscribe(SubscribeError),
}

/// Every mistake of a configuration, each with its record. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigErrors(Vec<ConfigError>);

impl ConfigErrors {
    /// These mistakes, of which there are some. Of the first `seen` several may be of one record; the others are each of another.
    pub(crate) fn of(mut mistakes: Vec<ConfigError>, seen: usize) -> Self {
        let by_record = |a: &ConfigError, b: &ConfigError| a.key.cmp(&b.key);
        match seen {
            // Other sorts allocate, and that there is no memory may be what is to be told.
            0 | 1 => mistakes.sort_unstable_by(by_record),
            // Within a record in the order in which they were found.
            _ => mistakes.sort_by(by_record),
        }
        debug_assert!(seen > 1 || mistakes.windows(2).all(|pair| pair[0].key != pair[1].key), "one of each record");
        Self(mistakes)
    }

    /// The mistakes, ordered by record.
    pub fn iter(&self) -> core::slice::Iter<'_, ConfigError> {
        self.0.iter()
    }

    /// How many there are.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "it is never empty")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The class of this error.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        ErrorKind::Configuration
    }
}

impl<'a> IntoIterator for &'a ConfigErrors {
    type Item = &'a ConfigError;
    type IntoIter = core::slice::Iter<'a, ConfigError>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Listed(&self.0, "\n").fmt(f)
    }
}

impl core::error::Error for ConfigErrors {}

/// Things one after the other.
struct Listed<'a, T>(&'a [T], &'static str);

impl<T: fmt::Display> fmt::Display for Listed<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, item) in self.0.iter().enumerate() {
            if i > 0 {
                f.write_str(self.1)?;
            }
            write!(f, "{item}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use alloc::vec;

    #[test]
    fn s7_the_guides_patterns_read_a_readers_errors() {
        let lagged = DbError::from(RecvError::Lagged(7)).of_record(&RecordKey::from("imu"));
        assert!(matches!(lagged, DbError::BufferLagged { lag_count: 7, .. }));
        assert_eq!(lagged.to_string(), "7 values of `imu` were overwritten before they were read");
        assert!(matches!(DbError::from(TryRecvError::Closed), DbError::BufferClosed { .. }));
        assert_eq!(DbError::from(TryRecvError::Closed).to_string(), "the buffer is closed");
        assert_eq!(DbError::from(TryRecvError::Empty), DbError::BufferEmpty);
    }

    #[test]
    fn s7_every_error_has_the_kind_of_what_it_was_made_from() {
        assert_eq!(DbError::from(TryProduceError::Full(1)).kind(), TryProduceError::Full(1).kind());
        assert_eq!(DbError::from(TrySendError::Closed(1)).kind(), ErrorKind::Closed);
        assert_eq!(DbError::from(SendError::Timeout(1)).kind(), ErrorKind::Retry);
        assert_eq!(DbError::from(SendError::Misuse(1, Misuse::OwnRecord)).kind(), ErrorKind::Usage);
        assert_eq!(DbError::from(RecvTimeoutError::Lagged(2)).kind(), ErrorKind::Lagged);
        assert_eq!(DbError::from(SubscribeError::SingleCursor).kind(), ErrorKind::Usage);
        assert_eq!(DbError::from(FlushError::Timeout).kind(), ErrorKind::Retry);
        assert_eq!(DbError::from(Misuse::RuntimeThread).kind(), ErrorKind::Usage);
        assert_eq!(DbError::RecordNotFound { key: RecordKey::from("a") }.kind(), ErrorKind::Usage);
    }

    #[test]
    fn r1_mistakes_show_one_per_line_with_their_record() {
        let mistakes = vec![
            ConfigError { key: RecordKey::from("b"), mistake: ConfigMistake::NoBuffer },
            ConfigError {
                key: RecordKey::from("a"),
                mistake: ConfigMistake::Cycle { path: vec!["a".into(), "c".into(), "a".into()] },
            },
        ];
        let errors = ConfigErrors::of(mistakes, 2);
        assert_eq!(
            errors.to_string(),
            "record `a`: its transform feeds itself: a -> c -> a\nrecord `b`: no buffer was chosen"
        );
        assert_eq!(DbError::from(errors.clone()).to_string(), errors.to_string());
        assert_eq!(errors.kind(), ErrorKind::Configuration);
    }
}
