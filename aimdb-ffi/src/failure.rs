//! What a set-up call says beside its status.

use core::any::Any;
use core::ffi::{CStr, c_char};
use core::fmt::{self, Write};
use core::ptr;

use aimdb_core::DbError;
use aimdb_core::buffer::SubscribeError;

use crate::entry::{self, ErrorHandle};
use crate::object::{self, Object};
use crate::status::Status;

/// A status with a sentence.
#[derive(Debug)]
pub(crate) struct Failure {
    status: Status,
    /// Ends with a zero. `None` of an error that has no more to say than its status, or no memory to say it with.
    message: Option<Vec<u8>>,
}

/// A text for C, as far as there is memory for it.
#[derive(Default)]
pub(crate) struct Text(Vec<u8>);

impl Text {
    /// With the zero behind it.
    pub(crate) fn ended(mut self) -> Option<Vec<u8>> {
        self.0.try_reserve(1).ok()?;
        self.0.push(0);
        Some(self.0)
    }

    /// Adds another one.
    pub(crate) fn append(&mut self, other: &Self) {
        if self.0.try_reserve(other.0.len() + 1).is_ok() {
            self.0.extend_from_slice(&other.0);
        }
    }
}

impl Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.try_reserve(text.len() + 1).map_err(|_| fmt::Error)?;
        // A zero inside would end the text early for C.
        self.0.extend(text.bytes().map(|byte| if byte == 0 { b'?' } else { byte }));
        Ok(())
    }
}

impl Failure {
    /// Without memory for the message it is what the status says.
    pub(crate) fn new(status: Status, message: impl fmt::Display) -> Self {
        let mut text = Text::default();
        let written = write!(text, "{message}");
        Self { status, message: written.ok().and_then(|()| text.ended()) }
    }

    pub(crate) const fn status(&self) -> Status {
        self.status
    }

    fn message(&self) -> &CStr {
        let own = self.message.as_deref().and_then(|text| CStr::from_bytes_with_nul(text).ok());
        own.unwrap_or(self.status.text())
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self { status, message: None }
    }
}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Self {
        match error {
            // There may be none for a sentence either.
            DbError::Subscribe(SubscribeError::NoPlace) => Self::from(Status::OUT_OF_MEMORY),
            error => Self::new(Status::from(&error), &error),
        }
    }
}

/// What a panic said.
pub(crate) fn of_panic(panic: &(dyn Any + Send)) -> Failure {
    let said = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let said = said.unwrap_or("it did not say which");
    Failure::new(Status::POISONED, format_args!("a fault of this library: {said}"))
}

/// The sentence of an error, until it is freed.
#[unsafe(no_mangle)]
pub extern "C" fn aimdb_error_message(error: ErrorHandle) -> *const c_char {
    match object::pin(error.id).as_deref() {
        Ok(Object::Failure(failure)) => failure.message().as_ptr(),
        _ => ptr::null(),
    }
}

/// Frees an error.
#[unsafe(no_mangle)]
pub extern "C" fn aimdb_error_free(error: ErrorHandle) -> Status {
    entry::call(|| object::free(error.id, |object| matches!(object, Object::Failure(_))))
}
