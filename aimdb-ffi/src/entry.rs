//! What each function begins with: a panic stays here, a pointer is looked at, a handle is opened.

use core::ffi::{CStr, c_char};
use core::panic::AssertUnwindSafe;
use core::sync::atomic::Ordering;
use std::panic::catch_unwind;

use aimdb_core::RecordKey;

use crate::failure::{self, Failure};
use crate::form::{RecvEnd, SendEnd};
use crate::object::{self, Hold, Object};
use crate::status::{Answer, Status, Unread};

/// Runs the body of a function of C.
#[inline]
pub(crate) fn call(body: impl FnOnce() -> Answer) -> Status {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => Status::OK,
        Ok(Err(status)) => status,
        Err(_) => Status::POISONED,
    }
}

/// Runs the body of a set-up call, and writes its sentence.
///
/// # Safety
///
/// `error` is null or may be written.
pub(crate) unsafe fn setting_up(error: *mut ErrorHandle, body: impl FnOnce() -> Result<(), Failure>) -> Status {
    let failed = match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => None,
        Ok(Err(failed)) => Some(failed),
        Err(panic) => Some(Failure::new(Status::POISONED, failure::of_panic(&*panic))),
    };
    let status = failed.as_ref().map_or(Status::OK, Failure::status);
    if !error.is_null() {
        let handle = failed.and_then(|failed| object::insert(Object::Failure(failed)).ok()).unwrap_or(0);
        // SAFETY: the caller says that it may be written.
        unsafe { error.write(ErrorHandle { id: handle }) };
    }
    status
}

macro_rules! handles {
    ($($name:ident = $c:literal;)+) => {$(
        #[doc = concat!("`", $c, "`: a number that is looked up.")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        #[repr(C)]
        pub struct $name {
            /// 0 is no handle.
            pub id: u64,
        }
    )+};
}

handles! {
    BuilderHandle = "aimdb_builder_t";
    DatabaseHandle = "aimdb_db_t";
    ProducerHandle = "aimdb_producer_t";
    ConsumerHandle = "aimdb_consumer_t";
    WaitSetHandle = "aimdb_waitset_t";
    ErrorHandle = "aimdb_error_t";
    MessageHandle = "aimdb_message_t";
}

/// Runs a call on a producer: on the end that is the holder's own, or, while another thread holds the handle, on
/// the one that threads share. A panic poisons the handle.
#[inline(always)]
pub(crate) fn with_producer(producer: ProducerHandle, body: impl FnOnce(&dyn SendEnd) -> Answer) -> Status {
    object::with_hold(
        producer.id,
        body,
        |hold: &mut Hold, body| {
            let ran = catch_unwind(AssertUnwindSafe(|| body(hold.producer()?)));
            ran.map_or_else(|_| poisoned(|| hold.poison()), Status::from)
        },
        |status, body| match status {
            Status::BUSY => with_shared_producer(producer, body),
            status => status,
        },
    )
}

#[cold]
fn with_shared_producer(producer: ProducerHandle, body: impl FnOnce(&dyn SendEnd) -> Answer) -> Status {
    let pinned = match object::pin(producer.id) {
        Ok(pinned) => pinned,
        Err(status) => return status,
    };
    let Object::Producer(producer) = &*pinned else { return Status::BAD_HANDLE };
    catch_unwind(AssertUnwindSafe(|| body(&*producer.shared)))
        .map_or_else(|_| poisoned(|| pinned.poison()), Status::from)
}

#[cold]
fn poisoned(poison: impl FnOnce()) -> Status {
    poison();
    Status::POISONED
}

/// Runs a call on a consumer, for one thread at a time, and keeps the lag that it tells of. A panic poisons its
/// handle.
#[inline(always)]
pub(crate) fn with_consumer(
    consumer: ConsumerHandle,
    body: impl FnOnce(&mut dyn RecvEnd) -> Result<(), Unread>,
) -> Status {
    let held = |hold: &mut Hold, ()| match catch_unwind(AssertUnwindSafe(|| body(hold.consumer()?))) {
        Ok(Ok(())) => Status::OK,
        Ok(Err(unread)) => {
            if let Object::Consumer(consumer) = &**hold
                && unread.status == Status::LAGGED
            {
                consumer.lag.store(unread.lag, Ordering::Relaxed);
            }
            unread.status
        }
        Err(_) => poisoned(|| hold.poison()),
    };
    object::with_hold(consumer.id, (), held, |status, ()| status)
}

/// Writes an output.
///
/// # Safety
///
/// `place` is null or may be written.
pub(crate) unsafe fn write<T>(place: *mut T, value: T) -> Answer {
    if place.is_null() {
        return Err(Status::NULL_ARGUMENT);
    }
    // SAFETY: the caller says so.
    unsafe { place.write(value) };
    Ok(())
}

/// Refuses a null pointer, before anything is done.
pub(crate) fn not_null<T: ?Sized>(place: *const T) -> Answer {
    if place.is_null() { Err(Status::NULL_ARGUMENT) } else { Ok(()) }
}

/// A key from C.
///
/// # Safety
///
/// `key` is null or leads to bytes that end with a zero.
pub(crate) unsafe fn key(key: *const c_char) -> Result<RecordKey, Failure> {
    if key.is_null() {
        return Err(Failure::new(Status::NULL_ARGUMENT, "the key is null"));
    }
    // SAFETY: the caller says so.
    let bytes = unsafe { CStr::from_ptr(key) };
    let text = bytes.to_str().map_err(|_| {
        Failure::new(Status::BAD_KEY, format!("the key \"{}\" is not UTF-8", bytes.to_bytes().escape_ascii()))
    })?;
    if text.is_empty() {
        return Err(Failure::new(Status::BAD_KEY, "the key is empty"));
    }
    if text.chars().any(char::is_control) {
        return Err(Failure::new(Status::BAD_KEY, format!("the key {text:?} has a control character")));
    }
    Ok(RecordKey::from(text.to_owned()))
}
