//! `aimdb_producer_*`: the writing end of a record.

use core::ffi::{c_char, c_void};
use core::ptr::NonNull;

use crate::block::{DataFree, Free};
use aimdb_core::waiting::may_block;

use crate::database::{self, Stats, unread, waited};
use crate::entry::{self, DatabaseHandle, ErrorHandle, ProducerHandle, with_producer};
use crate::failure::Failure;
use crate::form::{CType, Type};
use crate::object::{self, Object};
use crate::status::{Answer, Status};
use crate::time::Wait;

/// `aimdb_producer_open`.
///
/// # Safety
///
/// `key` is null or ends with a zero; `ty` is null or leads to as many bytes as its first word says; the
/// others are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_producer_open(
    db: DatabaseHandle,
    key: *const c_char,
    ty: *const CType,
    producer: *mut ProducerHandle,
    error: *mut ErrorHandle,
) -> Status {
    let body = || {
        entry::not_null(producer)?;
        // SAFETY: the caller says so.
        let (key, ty) = unsafe { (entry::key(key)?, Type::read(ty)?) };
        let pinned = database::pinned(db)?;
        let database = database::of(&pinned)?;
        let made = database.record(key, &ty)?.producer(&database.handle, key)?;
        let id = object::insert(Object::Producer(made))?;
        // SAFETY: the caller says that it may be written.
        unsafe { entry::write(producer, ProducerHandle { id }) }.map_err(Failure::from)
    };
    // SAFETY: the caller says so.
    unsafe { entry::setting_up(error, body) }
}

/// `aimdb_producer_free`.
#[unsafe(no_mangle)]
pub extern "C" fn aimdb_producer_free(producer: ProducerHandle) -> Status {
    entry::call(|| object::free(producer.id, |object| matches!(object, Object::Producer(_))))
}

/// # Safety
///
/// `value` is null or leads to `size` bytes.
#[inline]
unsafe fn send(producer: ProducerHandle, value: *const c_void, size: usize, wait: impl FnOnce() -> Wait) -> Status {
    with_producer(producer, |end| {
        if size > 0 {
            entry::not_null(value)?;
        }
        // SAFETY: the caller says so.
        unsafe { end.send(value, size, wait()) }
    })
}

/// `aimdb_producer_try_send`.
///
/// # Safety
///
/// `value` is null or leads to `size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_producer_try_send(
    producer: ProducerHandle,
    value: *const c_void,
    size: usize,
) -> Status {
    // SAFETY: the caller says so.
    unsafe { send(producer, value, size, || Wait::Try) }
}

/// `aimdb_producer_send`.
///
/// # Safety
///
/// `value` is null or leads to `size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_producer_send(producer: ProducerHandle, value: *const c_void, size: usize) -> Status {
    // SAFETY: the caller says so.
    unsafe { send(producer, value, size, || Wait::Forever) }
}

/// `aimdb_producer_send_timeout`.
///
/// # Safety
///
/// `value` is null or leads to `size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_producer_send_timeout(
    producer: ProducerHandle,
    value: *const c_void,
    size: usize,
    timeout_ns: i64,
) -> Status {
    // SAFETY: the caller says so.
    unsafe { send(producer, value, size, || Wait::timeout(timeout_ns)) }
}

/// `aimdb_producer_send_deadline`.
///
/// # Safety
///
/// `value` is null or leads to `size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_producer_send_deadline(
    producer: ProducerHandle,
    value: *const c_void,
    size: usize,
    deadline_ns: i64,
) -> Status {
    // SAFETY: the caller says so.
    unsafe { send(producer, value, size, || Wait::deadline(deadline_ns)) }
}

/// `aimdb_producer_force_send`.
///
/// # Safety
///
/// `value` is null or leads to `size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_producer_force_send(
    producer: ProducerHandle,
    value: *const c_void,
    size: usize,
) -> Status {
    with_producer(producer, |end| {
        if size > 0 {
            entry::not_null(value)?;
        }
        // SAFETY: the caller says so.
        unsafe { end.force_send(value, size) }
    })
}

/// `aimdb_producer_send_batch`.
///
/// # Safety
///
/// `values` is null or leads to `count` values of the record's size; `sent` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_producer_send_batch(
    producer: ProducerHandle,
    values: *const c_void,
    count: usize,
    timeout_ns: i64,
    sent: *mut usize,
) -> Status {
    let mut done = 0;
    let status = with_producer(producer, |end| {
        entry::not_null(sent)?;
        if count == 0 {
            return Ok(());
        }
        entry::not_null(values)?;
        // SAFETY: the caller says so.
        unsafe { end.send_batch(values, count, Wait::timeout(timeout_ns), &mut done) }
    });
    if !sent.is_null() {
        // SAFETY: the caller says that it may be written.
        unsafe { sent.write(done) };
    }
    status
}

/// `aimdb_producer_send_move`.
///
/// # Safety
///
/// `data` is null or leads to `size` bytes, until `data_free` is called with it and `user`, on any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_producer_send_move(
    producer: ProducerHandle,
    data: *mut c_void,
    size: usize,
    data_free: Option<DataFree>,
    user: *mut c_void,
    timeout_ns: i64,
) -> Status {
    with_producer(producer, |end| {
        let data = NonNull::new(data).ok_or(Status::NULL_ARGUMENT)?;
        let function = data_free.ok_or(Status::NULL_ARGUMENT)?;
        // SAFETY: the caller says so.
        unsafe { end.send_move(data, size, Free { function, user }, Wait::timeout(timeout_ns)) }
    })
}

/// `aimdb_producer_flush`.
#[unsafe(no_mangle)]
pub extern "C" fn aimdb_producer_flush(producer: ProducerHandle, timeout_ns: i64) -> Status {
    with_producer(producer, |end| end.end().flush(Wait::timeout(timeout_ns)))
}

/// `aimdb_producer_close`.
///
/// # Safety
///
/// `left` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_producer_close(producer: ProducerHandle, timeout_ns: i64, left: *mut u64) -> Status {
    let mut unread_values = 0;
    let status = with_producer(producer, |end| {
        let wait = Wait::timeout(timeout_ns);
        // Refused before anything is done; the record stays open.
        if wait != Wait::Try && !may_block() {
            return Err(Status::WOULD_DEADLOCK);
        }
        end.end().close();
        let drained = waited(end.end().drain(wait));
        unread_values = unread(&end.end().metrics(), end.kind()) + end.kept();
        drained?;
        if unread_values > 0 { Err(Status::TIMEOUT) } else { Ok(()) }
    });
    if !left.is_null() {
        // SAFETY: the caller says that it may be written.
        unsafe { left.write(unread_values) };
    }
    status
}

/// `aimdb_producer_abort`.
///
/// # Safety
///
/// `discarded` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_producer_abort(producer: ProducerHandle, discarded: *mut u64) -> Status {
    let mut gone = 0;
    let status = with_producer(producer, |end| {
        gone = end.end().abort();
        Ok(())
    });
    if !discarded.is_null() {
        // SAFETY: the caller says that it may be written.
        unsafe { discarded.write(gone) };
    }
    status
}

/// `aimdb_producer_is_closed`.
///
/// # Safety
///
/// `closed` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_producer_is_closed(producer: ProducerHandle, closed: *mut i32) -> Status {
    // SAFETY: the caller says that it may be written.
    with_producer(producer, |end| unsafe { entry::write(closed, i32::from(end.end().is_closed())) })
}

/// `aimdb_producer_stats`.
///
/// # Safety
///
/// `stats` is null or leads to as many bytes as its first word says, which may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_producer_stats(producer: ProducerHandle, stats: *mut Stats) -> Status {
    // SAFETY: the caller says so.
    with_producer(producer, |end| -> Answer { unsafe { database::write_stats(stats, &end.end().metrics()) } })
}
