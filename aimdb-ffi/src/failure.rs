//! What a set-up call says beside its status.

use core::any::Any;
use core::ffi::{CStr, c_char};
use core::ptr;
use std::borrow::Cow;
use std::ffi::CString;

use aimdb_core::DbError;
use aimdb_core::buffer::SubscribeError;

use crate::entry::{self, ErrorHandle};
use crate::object::{self, Object};
use crate::status::Status;

/// A status with a sentence.
#[derive(Debug)]
pub(crate) struct Failure {
    status: Status,
    /// Of an error that has no more to say than its status it is the status's, and takes no memory.
    message: Cow<'static, CStr>,
}

impl Failure {
    pub(crate) fn new(status: Status, message: impl Into<String>) -> Self {
        // A zero inside would end the text early for C.
        let message = CString::new(message.into().replace('\0', "?")).unwrap_or_default();
        Self { status, message: Cow::Owned(message) }
    }

    pub(crate) const fn status(&self) -> Status {
        self.status
    }

    fn message(&self) -> &CStr {
        &self.message
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self { status, message: Cow::Borrowed(status.text()) }
    }
}

impl From<DbError> for Failure {
    fn from(error: DbError) -> Self {
        match error {
            // There may be none for a sentence either.
            DbError::Subscribe(SubscribeError::NoPlace) => Self::from(Status::OUT_OF_MEMORY),
            error => Self::new(Status::from(&error), error.to_string()),
        }
    }
}

/// What a panic said.
pub(crate) fn of_panic(panic: &(dyn Any + Send)) -> String {
    let said = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("a fault of this library: {}", said.unwrap_or("it did not say which"))
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
