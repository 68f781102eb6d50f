//! What is told of a service that panicked.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use aimdb_core::{RecordKey, ServiceRole};

/// A service that panicked. It has ended; the others go on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// The service: `motor.cmd/tap#1`.
    pub service: String,
    /// The record that it belonged to.
    pub record: RecordKey,
    /// What it did there.
    pub role: ServiceRole,
    /// What it panicked with.
    pub message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} panicked: {}", self.service, self.message)
    }
}

/// Runs what a user wrote, and says what it panicked with.
pub(crate) fn caught<R>(work: impl FnOnce() -> R) -> Result<R, String> {
    // Unwind safe: whoever panics is not run again, and what it shared with others is theirs to
    // judge, as with a thread that panics.
    catch_unwind(AssertUnwindSafe(work)).map_err(message)
}

fn message(payload: Box<dyn Any + Send>) -> String {
    let payload = match payload.downcast::<&'static str>() {
        Ok(text) => return (*text).to_owned(),
        Err(payload) => payload,
    };
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(other) => {
            // A payload of the user's own may panic in its drop, too.
            if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(other))) {
                std::mem::forget(again);
            }
            "a panic without a message".to_owned()
        }
    }
}
