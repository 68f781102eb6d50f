//! The one classification that every error of the project answers with.

use core::fmt;

/// The class of an error, so that one `match` serves every caller, C included.
///
/// Every error type has a `kind()` that returns one of these. New error variants join an existing
/// class; the classes themselves do not grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// Nothing is wrong; the same call may succeed later (full, empty, timed out).
    Retry,
    /// Values were missed; the next call goes on behind the gap.
    Lagged,
    /// The record is closed; the same call will never succeed again.
    Closed,
    /// The record or the database was described wrongly.
    Configuration,
    /// The call was made where it must not be made (wrong type, runtime thread, forked child).
    Usage,
    /// A defect of this library or of code that it called.
    Internal,
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Retry => "retry",
            Self::Lagged => "lagged",
            Self::Closed => "closed",
            Self::Configuration => "configuration",
            Self::Usage => "usage",
            Self::Internal => "internal",
        })
    }
}
