//! What a call answers, as numbers of C.

use aimdb_core::buffer::{SendError, TrySendError};

/// The numbers of `aimdb.h`, where it has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum Status {
    /// The record has the value, or the caller.
    Ok = 0,
    /// The record is full, and the call was one that does not wait.
    Full = 1,
    /// There is nothing to read yet.
    Empty = 2,
    /// The time passed.
    Timeout = 3,
    /// The record is closed, and for a reader drained.
    Closed = 4,
    /// Values were overwritten before they were read.
    Lagged = 5,
    /// A pointer that must not be null is.
    NullArgument = 100,
    /// The value's size is not the record's.
    BadSize = 101,
    /// The record is none of this library, or was described in a way that has no meaning.
    BadArgument = 114,
    /// A call that may wait, where none may: in an interrupt, or without a running scheduler.
    CannotBlock = 206,
}

impl Status {
    /// The outcome with this number, of those that are a part of a program's life. A compiler makes one comparison of it.
    #[inline(always)]
    pub(crate) const fn of(number: u8) -> Self {
        match number {
            0 => Self::Ok,
            1 => Self::Full,
            2 => Self::Empty,
            3 => Self::Timeout,
            4 => Self::Closed,
            _ => Self::Lagged,
        }
    }
}

impl<T> From<TrySendError<T>> for Status {
    fn from(error: TrySendError<T>) -> Self {
        match error {
            TrySendError::Full(_) => Self::Full,
            TrySendError::Closed(_) => Self::Closed,
            TrySendError::Misuse(..) => Self::CannotBlock,
        }
    }
}

impl<T> From<SendError<T>> for Status {
    fn from(error: SendError<T>) -> Self {
        match error {
            SendError::Full(_) => Self::Full,
            SendError::Timeout(_) => Self::Timeout,
            SendError::Closed(_) => Self::Closed,
            SendError::Misuse(..) => Self::CannotBlock,
        }
    }
}
