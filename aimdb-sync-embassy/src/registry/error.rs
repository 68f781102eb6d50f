//! Why an end could not be opened.

use core::fmt;

use aimdb_core::buffer::SubscribeError;
use aimdb_core::pure::ErrorKind;

/// Why a [`Registry`](crate::Registry) gave no end. It borrows the key that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegistryError<'k> {
    /// No record has this key.
    RecordNotFound {
        /// The key that was asked for.
        key: &'k str,
    },
    /// The record holds values of another type.
    TypeMismatch {
        /// The record.
        key: &'k str,
        /// The type that it holds.
        expected: &'static str,
        /// The type that it was asked for.
        found: &'static str,
    },
    /// A cursor could not be made.
    Subscribe(SubscribeError),
}

impl RegistryError<'_> {
    /// The class of this error.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::RecordNotFound { .. } | Self::TypeMismatch { .. } => ErrorKind::Usage,
            Self::Subscribe(error) => error.kind(),
        }
    }
}

impl fmt::Display for RegistryError<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RecordNotFound { key } => write!(f, "there is no record `{key}`"),
            Self::TypeMismatch { key, expected, found } => {
                write!(f, "record `{key}` holds `{expected}`, and was asked for as `{found}`")
            }
            Self::Subscribe(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for RegistryError<'_> {}

impl From<SubscribeError> for RegistryError<'_> {
    fn from(error: SubscribeError) -> Self {
        Self::Subscribe(error)
    }
}
