//! What each operation on a buffer can answer, and nothing else. A refused value travels back.

use core::fmt;

use thiserror::Error;

use crate::pure::ErrorKind;

/// A call that was made where it must not be made. It changed nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum Misuse {
    /// A blocking call on a runtime thread (inside a source, tap or transform) would stop every
    /// service of that thread. Await instead, or use `source_blocking` or `tap_blocking`.
    #[error(
        "a blocking call on a runtime thread would stop its other services; await instead, or use a blocking service"
    )]
    RuntimeThread,
    /// The handle was made before `fork`, and this is the child: the threads that served it are not
    /// here.
    #[error("this handle belongs to the parent of a forked process; attach a database in the child")]
    ForkedChild,
    /// An interrupt, or a task while the scheduler does not run or is suspended, would never be set going
    /// again. Use the calls that do not wait.
    #[error("an interrupt, or a task without a scheduler, cannot block; use the call that does not wait")]
    CannotBlock,
    /// A service would wait for space in the very record that it drains.
    #[error("a tap or transform would wait for the record that it drains itself")]
    OwnRecord,
}

/// A value that was not pushed, without waiting. It travels back in both arms.
///
/// Designed in issue #116 of the AimDB project.
#[derive(Clone, Copy, PartialEq, Eq, Error)]
pub enum TryProduceError<T> {
    /// The buffer is at capacity and does not overwrite. The same call may succeed later.
    #[error("the buffer is full")]
    Full(T),
    /// The buffer is closed. The same call will never succeed.
    #[error("the buffer is closed")]
    Closed(T),
}

/// A value that `try_send` did not send. It travels back in every arm.
#[derive(Clone, Copy, PartialEq, Eq, Error)]
pub enum TrySendError<T> {
    /// The record is at capacity and does not overwrite. The same call may succeed later.
    #[error("the record is full")]
    Full(T),
    /// The record is closed. The same call will never succeed.
    #[error("the record is closed")]
    Closed(T),
    /// The call must not be made here.
    #[error("{1}")]
    Misuse(T, Misuse),
}

/// A value that `send` did not send. It travels back in every arm.
#[derive(Clone, Copy, PartialEq, Eq, Error)]
pub enum SendError<T> {
    /// The record is full, and its policy refuses rather than waits.
    #[error("the record is full")]
    Full(T),
    /// The deadline passed while the record was full.
    #[error("the deadline passed while the record was full")]
    Timeout(T),
    /// The record is closed. The same call will never succeed.
    #[error("the record is closed")]
    Closed(T),
    /// The call must not be made here.
    #[error("{1}")]
    Misuse(T, Misuse),
}

/// Why a waiting read ended without a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
// What a receive gives is this or a value in the same place. If this began with a byte, as it would, compilers would move a
// value as its first byte and the others, at odd addresses, which takes as long again.
#[cfg_attr(target_pointer_width = "64", repr(u64))]
pub enum RecvError {
    /// This many values were overwritten before they were read; the next call goes on behind them.
    #[error("{0} values were overwritten before they were read")]
    Lagged(u64),
    /// The record is closed and drained.
    #[error("the record is closed")]
    Closed,
    /// The call must not be made here.
    #[error("{0}")]
    Misuse(Misuse),
}

/// Why a read that does not wait has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
// For the reason see `RecvError`.
#[cfg_attr(target_pointer_width = "64", repr(u64))]
pub enum TryRecvError {
    /// There is nothing to read yet.
    #[error("there is nothing to read yet")]
    Empty,
    /// This many values were overwritten before they were read; the next call goes on behind them.
    #[error("{0} values were overwritten before they were read")]
    Lagged(u64),
    /// The record is closed and drained.
    #[error("the record is closed")]
    Closed,
    /// The call must not be made here.
    #[error("{0}")]
    Misuse(Misuse),
}

/// Why a read with a deadline ended without a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
// For the reason see `RecvError`.
#[cfg_attr(target_pointer_width = "64", repr(u64))]
pub enum RecvTimeoutError {
    /// The deadline passed with nothing to read.
    #[error("the deadline passed with nothing to read")]
    Timeout,
    /// This many values were overwritten before they were read; the next call goes on behind them.
    #[error("{0} values were overwritten before they were read")]
    Lagged(u64),
    /// The record is closed and drained.
    #[error("the record is closed")]
    Closed,
    /// The call must not be made here.
    #[error("{0}")]
    Misuse(Misuse),
}

/// Why no place was kept for a value to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NotReserved {
    /// There is none now. The same call may succeed later.
    #[error("the buffer is full")]
    Full,
    /// The buffer is closed.
    #[error("the buffer is closed")]
    Closed,
    /// A rendezvous has no places, a buffer of the user's own may be one that keeps none, and 65,535 are the most that
    /// are kept together.
    #[error("this buffer keeps no places")]
    Unsupported,
}

/// Why a cursor could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SubscribeError {
    /// The buffer carries values that cannot be cloned, so a second cursor cannot exist: clone the
    /// first consumer to share its cursor.
    #[error("values of this buffer cannot be cloned, so it has one cursor; clone its reader to share it")]
    SingleCursor,
    /// The storage has no place for one more cursor.
    #[error("the buffer has no place for one more cursor")]
    NoPlace,
    /// A buffer of the user's own does not deliver to readers.
    #[error("this buffer has no readers")]
    NoReaders,
}

/// Why a flush ended before everything was consumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FlushError {
    /// The deadline passed while values were not consumed.
    #[error("the deadline passed while values were not consumed")]
    Timeout,
    /// The buffer was closed while values were not consumed, or they were discarded.
    #[error("the buffer was closed while values were not consumed")]
    Closed,
    /// The call must not be made here.
    #[error("{0}")]
    Misuse(Misuse),
}

/// A buffer that cannot be made as described.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BufferCfgError {
    /// Only a `Bounded` buffer that does not displace has a meaning at capacity 0.
    #[error("a {kind} buffer cannot have capacity 0")]
    ZeroCapacity {
        /// The name of the kind, with the policy's slug where there is one.
        kind: &'static str,
    },
    /// The capacity is beyond what can be addressed, or the allocator refused it.
    #[error("there is no memory for a capacity of {capacity}")]
    CapacityTooLarge {
        /// The capacity that was asked for.
        capacity: usize,
    },
    /// The kind keeps values for several readers, and these cannot be cloned.
    #[error("a {kind} buffer needs values that can be cloned and shared")]
    NeedsClone {
        /// The name of the kind.
        kind: &'static str,
    },
    /// `DegradeQuality` was chosen and no degrader given.
    #[error("the policy degrade_quality needs a degrader")]
    MissingDegrader,
}

impl Misuse {
    /// The class of this error.
    #[must_use]
    pub const fn kind(self) -> ErrorKind {
        ErrorKind::Usage
    }
}

macro_rules! carries_a_value {
    ($($name:ident { $($variant:pat => $class:ident, $shown:literal;)+ })+) => {$(
        impl<T> $name<T> {
            /// The class of this error.
            #[must_use]
            pub const fn kind(&self) -> ErrorKind {
                match self { $($variant => ErrorKind::$class,)+ }
            }
        }

        impl<T> fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $($variant => $shown,)+ })
            }
        }
    )+};
}

carries_a_value! {
    TryProduceError {
        Self::Full(_) => Retry, "Full(..)";
        Self::Closed(_) => Closed, "Closed(..)";
    }
    TrySendError {
        Self::Full(_) => Retry, "Full(..)";
        Self::Closed(_) => Closed, "Closed(..)";
        Self::Misuse(_, Misuse::RuntimeThread) => Usage, "Misuse(.., RuntimeThread)";
        Self::Misuse(_, Misuse::ForkedChild) => Usage, "Misuse(.., ForkedChild)";
        Self::Misuse(_, Misuse::OwnRecord) => Usage, "Misuse(.., OwnRecord)";
        Self::Misuse(_, Misuse::CannotBlock) => Usage, "Misuse(.., CannotBlock)";
    }
    SendError {
        Self::Full(_) => Retry, "Full(..)";
        Self::Timeout(_) => Retry, "Timeout(..)";
        Self::Closed(_) => Closed, "Closed(..)";
        Self::Misuse(_, Misuse::RuntimeThread) => Usage, "Misuse(.., RuntimeThread)";
        Self::Misuse(_, Misuse::ForkedChild) => Usage, "Misuse(.., ForkedChild)";
        Self::Misuse(_, Misuse::OwnRecord) => Usage, "Misuse(.., OwnRecord)";
        Self::Misuse(_, Misuse::CannotBlock) => Usage, "Misuse(.., CannotBlock)";
    }
}

impl<T> TryProduceError<T> {
    /// The value that was not pushed.
    pub fn into_inner(self) -> T {
        match self {
            Self::Full(value) | Self::Closed(value) => value,
        }
    }
}

impl<T> TrySendError<T> {
    /// The value that was not sent.
    pub fn into_inner(self) -> T {
        match self {
            Self::Full(value) | Self::Closed(value) | Self::Misuse(value, _) => value,
        }
    }
}

impl<T> SendError<T> {
    /// The value that was not sent.
    pub fn into_inner(self) -> T {
        match self {
            Self::Full(value) | Self::Timeout(value) | Self::Closed(value) | Self::Misuse(value, _) => value,
        }
    }
}

impl<T> From<TryProduceError<T>> for TrySendError<T> {
    fn from(error: TryProduceError<T>) -> Self {
        match error {
            TryProduceError::Full(value) => Self::Full(value),
            TryProduceError::Closed(value) => Self::Closed(value),
        }
    }
}

impl<T> From<TryProduceError<T>> for SendError<T> {
    fn from(error: TryProduceError<T>) -> Self {
        match error {
            TryProduceError::Full(value) => Self::Full(value),
            TryProduceError::Closed(value) => Self::Closed(value),
        }
    }
}

impl RecvError {
    /// The class of this error.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Lagged(_) => ErrorKind::Lagged,
            Self::Closed => ErrorKind::Closed,
            Self::Misuse(misuse) => misuse.kind(),
        }
    }
}

impl TryRecvError {
    /// The class of this error.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Empty => ErrorKind::Retry,
            Self::Lagged(_) => ErrorKind::Lagged,
            Self::Closed => ErrorKind::Closed,
            Self::Misuse(misuse) => misuse.kind(),
        }
    }
}

impl RecvTimeoutError {
    /// The class of this error.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Timeout => ErrorKind::Retry,
            Self::Lagged(_) => ErrorKind::Lagged,
            Self::Closed => ErrorKind::Closed,
            Self::Misuse(misuse) => misuse.kind(),
        }
    }
}

impl From<RecvError> for RecvTimeoutError {
    fn from(error: RecvError) -> Self {
        match error {
            RecvError::Lagged(lag) => Self::Lagged(lag),
            RecvError::Closed => Self::Closed,
            RecvError::Misuse(misuse) => Self::Misuse(misuse),
        }
    }
}

impl SubscribeError {
    /// The class of this error.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::SingleCursor | Self::NoReaders => ErrorKind::Usage,
            Self::NoPlace => ErrorKind::Retry,
        }
    }
}

impl FlushError {
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

impl BufferCfgError {
    /// The class of this error.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        ErrorKind::Configuration
    }
}
