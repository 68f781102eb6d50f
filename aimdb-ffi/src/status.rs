//! What a call answers. The numbers are those of `aimdb.h`, which is append-only.

use core::ffi::{CStr, c_char};
use core::fmt;

use aimdb_core::DbError;
use aimdb_core::buffer::{Misuse, RecvTimeoutError, SendError, SubscribeError, TryRecvError, TrySendError};
use aimdb_sync::{FlushError, ReserveError};

/// The answer of a call; 0 is success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct Status(i32);

macro_rules! statuses {
    ($($name:ident = $code:literal, $text:literal;)+) => {
        impl Status {
            $(#[doc = $text] pub const $name: Self = Self($code);)+

            /// Every status.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            const fn words(self) -> Option<(&'static CStr, &'static CStr)> {
                const fn c(text: &'static str) -> &'static CStr {
                    match CStr::from_bytes_with_nul(text.as_bytes()) {
                        Ok(text) => text,
                        Err(_) => panic!("each ends with the one zero below"),
                    }
                }
                match self.0 {
                    $($code => Some((
                        const { c(concat!("AIMDB_", stringify!($name), "\0")) },
                        const { c(concat!($text, "\0")) },
                    )),)+
                    _ => None,
                }
            }
        }
    };
}

statuses! {
    OK = 0, "it was done";
    FULL = 1, "the record is full, and the call was one that does not wait";
    EMPTY = 2, "there is nothing to read yet";
    TIMEOUT = 3, "the time passed";
    CLOSED = 4, "the record is closed";
    LAGGED = 5, "values were overwritten before they were read";
    NULL_ARGUMENT = 100, "a pointer that must not be null is";
    BAD_SIZE = 101, "the value's size is not the record's, or above its maximum";
    BAD_ALIGNMENT = 102, "an alignment is a power of two up to 4096, and what is moved must have the record's";
    BAD_KEY = 103, "a key is UTF-8, not empty, and has no control characters";
    BAD_KIND = 104, "there is no such kind, form or start";
    BAD_POLICY = 105, "there is no such policy, or it lacks what it needs";
    BAD_CAPACITY = 106, "the capacity means nothing here, or there is no memory for it";
    BAD_STRUCT = 107, "the struct_size is that of no version, or the structure sets what this library does not know";
    RECORD_NOT_FOUND = 108, "the database has no record of this key";
    TYPE_MISMATCH = 109, "the record's form, size or alignment is another";
    SCHEMA_MISMATCH = 110, "the record's schema is another";
    DUPLICATE_RECORD = 111, "the builder has a record of this key";
    BAD_CONFIGURATION = 112, "the records cannot be made as described";
    BUFFER_TOO_SMALL = 113, "the value is longer than the buffer, and stays the next one";
    BAD_ARGUMENT = 114, "a number is out of its range";
    BAD_HANDLE = 200, "the handle was freed, was never made, or is of another kind";
    BUSY = 201, "another thread is in a call with this handle";
    WOULD_DEADLOCK = 202, "a call that may wait was made inside a callback";
    FORKED_CHILD = 203, "the handle belongs to the parent of this process";
    NOT_SUPPORTED = 204, "this kind or form of record has no such call";
    SINGLE_CURSOR = 205, "the record has one cursor, and something reads it already";
    OUT_OF_MEMORY = 300, "there is no memory";
    NO_THREAD = 301, "the system gave no thread";
    TOO_MANY = 302, "all handles are in use";
    IO = 303, "a file descriptor could not be made or written";
    POISONED = 304, "a call with this handle met a fault of this library";
}

impl Status {
    /// The number, as C has it.
    #[must_use]
    pub const fn code(self) -> i32 {
        self.0
    }

    /// One sentence about it.
    pub(crate) const fn text(self) -> &'static CStr {
        match self.words() {
            Some((_, text)) => text,
            None => c"this is no status of this version",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text().to_str().map_err(|_| fmt::Error)?)
    }
}

impl core::error::Error for Status {}

/// What a function body ends with: nothing, or why not.
pub(crate) type Answer<T = ()> = Result<T, Status>;

impl Status {
    pub(crate) const fn of_misuse(misuse: Misuse) -> Self {
        match misuse {
            Misuse::RuntimeThread | Misuse::OwnRecord => Self::WOULD_DEADLOCK,
            Misuse::ForkedChild => Self::FORKED_CHILD,
            _ => Self::BAD_ARGUMENT,
        }
    }
}

impl From<Answer> for Status {
    #[inline]
    fn from(answer: Answer) -> Self {
        match answer {
            Ok(()) => Self::OK,
            Err(status) => status,
        }
    }
}

impl From<Misuse> for Status {
    fn from(misuse: Misuse) -> Self {
        Self::of_misuse(misuse)
    }
}

impl<T> From<&TrySendError<T>> for Status {
    fn from(error: &TrySendError<T>) -> Self {
        match error {
            TrySendError::Full(_) => Self::FULL,
            TrySendError::Closed(_) => Self::CLOSED,
            TrySendError::Misuse(_, misuse) => (*misuse).into(),
        }
    }
}

impl<T> From<&SendError<T>> for Status {
    fn from(error: &SendError<T>) -> Self {
        match error {
            SendError::Full(_) => Self::FULL,
            SendError::Timeout(_) => Self::TIMEOUT,
            SendError::Closed(_) => Self::CLOSED,
            SendError::Misuse(_, misuse) => (*misuse).into(),
        }
    }
}

impl From<FlushError> for Status {
    fn from(error: FlushError) -> Self {
        match error {
            FlushError::Timeout => Self::TIMEOUT,
            FlushError::Closed => Self::CLOSED,
            FlushError::Misuse(misuse) => misuse.into(),
        }
    }
}

impl From<ReserveError> for Status {
    fn from(error: ReserveError) -> Self {
        match error {
            ReserveError::Full => Self::FULL,
            ReserveError::Timeout => Self::TIMEOUT,
            ReserveError::Closed => Self::CLOSED,
            ReserveError::Unsupported => Self::NOT_SUPPORTED,
            ReserveError::Misuse(misuse) => misuse.into(),
        }
    }
}

impl From<SubscribeError> for Status {
    fn from(error: SubscribeError) -> Self {
        match error {
            SubscribeError::SingleCursor => Self::SINGLE_CURSOR,
            SubscribeError::NoPlace => Self::OUT_OF_MEMORY,
            _ => Self::NOT_SUPPORTED,
        }
    }
}

impl From<&DbError> for Status {
    fn from(error: &DbError) -> Self {
        match error {
            DbError::RecordNotFound { .. } => Self::RECORD_NOT_FOUND,
            DbError::TypeMismatch { .. } => Self::TYPE_MISMATCH,
            DbError::Subscribe(error) => (*error).into(),
            DbError::Misuse(misuse) => (*misuse).into(),
            DbError::BufferClosed { .. } => Self::CLOSED,
            DbError::BufferFull => Self::FULL,
            DbError::BufferEmpty => Self::EMPTY,
            DbError::BufferLagged { .. } => Self::LAGGED,
            DbError::Timeout => Self::TIMEOUT,
            _ => Self::BAD_CONFIGURATION,
        }
    }
}

/// A read that brought nothing: its status, and the lag that it told of, if any.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Unread {
    pub(crate) status: Status,
    pub(crate) lag: u64,
}

impl From<Status> for Unread {
    fn from(status: Status) -> Self {
        Self { status, lag: 0 }
    }
}

impl From<TryRecvError> for Unread {
    fn from(error: TryRecvError) -> Self {
        match error {
            TryRecvError::Empty => Status::EMPTY.into(),
            TryRecvError::Lagged(lag) => Self { status: Status::LAGGED, lag },
            TryRecvError::Closed => Status::CLOSED.into(),
            TryRecvError::Misuse(misuse) => Status::from(misuse).into(),
        }
    }
}

impl From<RecvTimeoutError> for Unread {
    fn from(error: RecvTimeoutError) -> Self {
        match error {
            RecvTimeoutError::Timeout => Status::TIMEOUT.into(),
            RecvTimeoutError::Lagged(lag) => Self { status: Status::LAGGED, lag },
            RecvTimeoutError::Closed => Status::CLOSED.into(),
            RecvTimeoutError::Misuse(misuse) => Status::from(misuse).into(),
        }
    }
}

/// The name of a status.
#[unsafe(no_mangle)]
pub extern "C" fn aimdb_status_name(status: Status) -> *const c_char {
    status.words().map_or(c"AIMDB_UNKNOWN", |(name, _)| name).as_ptr()
}

/// One sentence about a status.
#[unsafe(no_mangle)]
pub extern "C" fn aimdb_status_text(status: Status) -> *const c_char {
    status.text().as_ptr()
}
