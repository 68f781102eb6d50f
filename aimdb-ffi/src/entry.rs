//! What each function begins with: a panic stays here, a pointer is looked at, a handle is opened.

use core::ffi::{CStr, c_char};
use core::panic::AssertUnwindSafe;
use core::sync::atomic::Ordering;
use std::panic::catch_unwind;

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
        Err(panic) => Some(failure::of_panic(&*panic)),
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
    LoanHandle = "aimdb_loan_t";
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
    call(|| {
        let pinned = pinned;
        let Object::Producer(producer) = &*pinned else { return Err(Status::BAD_HANDLE) };
        body(&*producer.shared)
    })
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
/// `key` is null or leads to bytes that end with a zero, as long as it is used.
pub(crate) unsafe fn key<'a>(key: *const c_char) -> Result<&'a str, Failure> {
    if key.is_null() {
        return Err(Failure::new(Status::NULL_ARGUMENT, "the key is null"));
    }
    // SAFETY: the caller says so.
    let bytes = unsafe { CStr::from_ptr(key) };
    let text = bytes.to_str().map_err(|_| {
        Failure::new(Status::BAD_KEY, format_args!("the key \"{}\" is not UTF-8", bytes.to_bytes().escape_ascii()))
    })?;
    if text.is_empty() {
        return Err(Failure::new(Status::BAD_KEY, "the key is empty"));
    }
    if text.chars().any(char::is_control) {
        return Err(Failure::new(Status::BAD_KEY, format_args!("the key {text:?} has a control character")));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use aimdb_core::buffer::BufferCfg;
    use aimdb_core::pure::{Policy, Start};
    use aimdb_core::{AimDbBuilder, RecordKey};
    use aimdb_sync::Attach;
    use core::sync::atomic::AtomicU64;

    use super::*;
    use crate::builder::Builder;
    use crate::callback::Callbacks;
    use crate::consumer;
    use crate::form::{self, Form, Type};
    use crate::object::{Consumer, Held};
    use crate::schema::Schema;

    fn free(id: u64) -> Status {
        call(|| object::free(id, |_| true))
    }

    /// A panic that nobody is told of.
    fn fault() -> ! {
        std::panic::resume_unwind(Box::new("a fault"))
    }

    #[test]
    fn a_fault_inside_a_call_is_answered_and_poisons_its_handle() {
        let ty = Type { form: Form::Plain, size: 8, alignment: 8, schema: Schema::default() };
        let made = form::record_type(ty).unwrap_or_else(|_| panic!("it is a type"));
        let (mut builder, key) = (AimDbBuilder::new(), RecordKey::from("values".to_owned()));
        let cfg = BufferCfg::Bounded { capacity: 2, policy: Policy::Fail };
        made.configure(&mut builder, key.clone(), cfg, false, &Callbacks::default());
        let db = builder.attach().expect("it can be attached");
        let end = made.consumer(&db, "values", Start::Live).expect("the record is there");
        let object = Object::Consumer(Box::new(Consumer { end: Held::new(end), lag: AtomicU64::new(0) }));
        let consumer = ConsumerHandle { id: object::insert(object).expect("there is a place") };
        let ends = made.producer(&db, "values").expect("the record is there");
        let producer = ProducerHandle { id: object::insert(Object::Producer(ends)).expect("there is a place") };

        assert_eq!(with_consumer(consumer, |_| fault()), Status::POISONED);
        assert_eq!(with_consumer(consumer, |_| Ok(())), Status::POISONED);
        let mut lag = 0;
        // SAFETY: `lag` may be written.
        assert_eq!(unsafe { consumer::aimdb_consumer_lag(consumer, &raw mut lag) }, Status::POISONED);
        assert_eq!(free(consumer.id), Status::OK);
        assert_eq!(with_consumer(consumer, |_| Ok(())), Status::BAD_HANDLE);

        assert_eq!(with_producer(producer, |_| Ok(())), Status::OK);
        // While the handle is held, the end that threads share.
        let inner =
            |_: &dyn SendEnd| if with_producer(producer, |_| fault()) == Status::POISONED { Ok(()) } else { fault() };
        assert_eq!(with_producer(producer, inner), Status::OK);
        assert_eq!(with_producer(producer, |_| Ok(())), Status::POISONED);
        assert_eq!(free(producer.id), Status::OK);
    }

    #[test]
    fn a_fault_during_set_up_poisons_the_builder_and_says_what_it_was() {
        let builder =
            object::insert(Object::Builder(Box::new(Held::new(Builder::default())))).expect("there is a place");
        let mut error = ErrorHandle::default();
        let body = || {
            let _hold = object::hold(builder)?;
            fault()
        };
        // SAFETY: `error` may be written.
        assert_eq!(unsafe { setting_up(&raw mut error, body) }, Status::POISONED);
        // SAFETY: the error is not freed yet.
        let said = unsafe { CStr::from_ptr(failure::aimdb_error_message(error)) };
        assert_eq!(said.to_str(), Ok("a fault of this library: a fault"));
        assert_eq!(object::hold(builder).err(), Some(Status::POISONED));
        assert_eq!((free(error.id), free(builder)), (Status::OK, Status::OK));
    }
}
