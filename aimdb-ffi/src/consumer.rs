//! `aimdb_consumer_*`: the reading end of a record.

use core::ffi::{c_char, c_void};
use core::mem::{MaybeUninit, offset_of};
use core::sync::atomic::{AtomicU64, Ordering};

use aimdb_core::DbResult;
use aimdb_core::pure::Start;
use aimdb_core::waiting::in_box;

use crate::database;
use crate::entry::{self, ConsumerHandle, DatabaseHandle, ErrorHandle, with_consumer};
use crate::failure::Failure;
use crate::form::{CType, RecvEnd, Room, Type};
use crate::object::{self, Consumer, Held, Hold, Object};
use crate::status::{Status, Unread};
use crate::time::Wait;
use crate::versioned::{self, Versioned};

/// A handle for a consumer, which has its place and its memory before its cursor comes.
fn insert<E: From<Status>>(end: impl FnOnce() -> Result<Box<dyn RecvEnd>, E>) -> Result<ConsumerHandle, E> {
    let place = object::place()?;
    let room = in_box(MaybeUninit::<Consumer>::uninit()).ok_or(Status::OUT_OF_MEMORY)?;
    let consumer = Box::write(room, Consumer { end: Held::new(end()?), lag: AtomicU64::new(0) });
    Ok(ConsumerHandle { id: place.fill(Object::Consumer(consumer), true) })
}

/// `aimdb_start_t`.
pub(crate) fn start(start: i32) -> Result<Start, Failure> {
    match start {
        0 => Ok(Start::Live),
        1 => Ok(Start::Oldest),
        other => Err(Failure::new(Status::BAD_KIND, format_args!("there is no start {other}"))),
    }
}

/// `aimdb_consumer_open`.
///
/// # Safety
///
/// `key` is null or ends with a zero; `ty` is null or leads to as many bytes as its first word says; the
/// others are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_consumer_open(
    db: DatabaseHandle,
    key: *const c_char,
    ty: *const CType,
    start: i32,
    consumer: *mut ConsumerHandle,
    error: *mut ErrorHandle,
) -> Status {
    let body = || {
        entry::not_null(consumer)?;
        // SAFETY: the caller says so.
        let (key, ty) = unsafe { (entry::key(key)?, Type::read(ty)?) };
        let start = self::start(start)?;
        let pinned = database::pinned(db)?;
        let database = database::of(&pinned)?;
        let record = database.record(key, &ty)?;
        let handle = insert(|| record.consumer(&database.handle, key, start).map_err(Failure::from))?;
        // SAFETY: the caller says that it may be written.
        unsafe { entry::write(consumer, handle) }.map_err(Failure::from)
    };
    // SAFETY: the caller says so.
    unsafe { entry::setting_up(error, body) }
}

/// # Safety
///
/// `other` is null or may be written.
unsafe fn another(
    consumer: ConsumerHandle,
    other: *mut ConsumerHandle,
    make: fn(&dyn RecvEnd) -> DbResult<Box<dyn RecvEnd>>,
) -> Status {
    with_consumer(consumer, |end| {
        entry::not_null(other)?;
        let handle = insert(|| make(end).map_err(|error| Unread::from(Status::from(&error))))?;
        // SAFETY: the caller says that it may be written.
        unsafe { entry::write(other, handle) }.map_err(Unread::from)
    })
}

/// `aimdb_consumer_share`.
///
/// # Safety
///
/// `other` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_consumer_share(consumer: ConsumerHandle, other: *mut ConsumerHandle) -> Status {
    // SAFETY: the caller says so.
    unsafe { another(consumer, other, |end| end.share()) }
}

/// `aimdb_consumer_subscribe`.
///
/// # Safety
///
/// `other` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_consumer_subscribe(consumer: ConsumerHandle, other: *mut ConsumerHandle) -> Status {
    // SAFETY: the caller says so.
    unsafe { another(consumer, other, |end| end.subscribe()) }
}

/// `aimdb_consumer_free`.
#[unsafe(no_mangle)]
pub extern "C" fn aimdb_consumer_free(consumer: ConsumerHandle) -> Status {
    entry::call(|| object::free(consumer.id, |object| matches!(object, Object::Consumer(_))))
}

/// # Safety
///
/// `buffer` is null or has room for `capacity` bytes; `size` is null or may be written.
#[inline]
unsafe fn recv(
    consumer: ConsumerHandle,
    buffer: *mut c_void,
    capacity: usize,
    size: *mut usize,
    wait: impl FnOnce() -> Wait,
) -> Status {
    with_consumer(consumer, |end| {
        if capacity > 0 {
            entry::not_null(buffer)?;
        }
        // SAFETY: the caller says so.
        unsafe { end.recv(Room { buffer, capacity, size }, wait()) }
    })
}

/// `aimdb_consumer_try_recv`.
///
/// # Safety
///
/// `buffer` is null or has room for `capacity` bytes; `size` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_consumer_try_recv(
    consumer: ConsumerHandle,
    buffer: *mut c_void,
    capacity: usize,
    size: *mut usize,
) -> Status {
    // SAFETY: the caller says so.
    unsafe { recv(consumer, buffer, capacity, size, || Wait::Try) }
}

/// `aimdb_consumer_recv`.
///
/// # Safety
///
/// `buffer` is null or has room for `capacity` bytes; `size` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_consumer_recv(
    consumer: ConsumerHandle,
    buffer: *mut c_void,
    capacity: usize,
    size: *mut usize,
) -> Status {
    // SAFETY: the caller says so.
    unsafe { recv(consumer, buffer, capacity, size, || Wait::Forever) }
}

/// `aimdb_consumer_recv_timeout`.
///
/// # Safety
///
/// `buffer` is null or has room for `capacity` bytes; `size` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_consumer_recv_timeout(
    consumer: ConsumerHandle,
    buffer: *mut c_void,
    capacity: usize,
    size: *mut usize,
    timeout_ns: i64,
) -> Status {
    // SAFETY: the caller says so.
    unsafe { recv(consumer, buffer, capacity, size, || Wait::timeout(timeout_ns)) }
}

/// `aimdb_consumer_recv_deadline`.
///
/// # Safety
///
/// `buffer` is null or has room for `capacity` bytes; `size` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_consumer_recv_deadline(
    consumer: ConsumerHandle,
    buffer: *mut c_void,
    capacity: usize,
    size: *mut usize,
    deadline_ns: i64,
) -> Status {
    // SAFETY: the caller says so.
    unsafe { recv(consumer, buffer, capacity, size, || Wait::deadline(deadline_ns)) }
}

/// `aimdb_consumer_latest`.
///
/// # Safety
///
/// `buffer` is null or has room for `capacity` bytes; `size` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_consumer_latest(
    consumer: ConsumerHandle,
    buffer: *mut c_void,
    capacity: usize,
    size: *mut usize,
    timeout_ns: i64,
) -> Status {
    with_consumer(consumer, |end| {
        if capacity > 0 {
            entry::not_null(buffer)?;
        }
        // SAFETY: the caller says so.
        unsafe { end.latest(Room { buffer, capacity, size }, Wait::timeout(timeout_ns)) }
    })
}

/// `aimdb_consumer_peek`.
///
/// # Safety
///
/// `buffer` is null or has room for `capacity` bytes; `size` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_consumer_peek(
    consumer: ConsumerHandle,
    buffer: *mut c_void,
    capacity: usize,
    size: *mut usize,
) -> Status {
    with_consumer(consumer, |end| {
        if capacity > 0 {
            entry::not_null(buffer)?;
        }
        // SAFETY: the caller says so.
        unsafe { end.peek(Room { buffer, capacity, size }) }.map_err(Unread::from)
    })
}

/// `aimdb_consumer_recv_batch`.
///
/// # Safety
///
/// `values` is null or has room for `max` values of the record's size; `received` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_consumer_recv_batch(
    consumer: ConsumerHandle,
    values: *mut c_void,
    max: usize,
    timeout_ns: i64,
    received: *mut usize,
) -> Status {
    let mut done = 0;
    let status = with_consumer(consumer, |end| {
        entry::not_null(received)?;
        if max == 0 {
            return Ok(());
        }
        entry::not_null(values)?;
        // SAFETY: the caller says so.
        unsafe { end.recv_batch(values, max, Wait::timeout(timeout_ns), &mut done) }
    });
    if !received.is_null() {
        // SAFETY: the caller says that it may be written.
        unsafe { received.write(done) };
    }
    status
}

/// `aimdb_consumer_lag`.
///
/// # Safety
///
/// `lag` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_consumer_lag(consumer: ConsumerHandle, lag: *mut u64) -> Status {
    let held = |hold: &mut Hold, ()| match &**hold {
        // SAFETY: the caller says that it may be written.
        Object::Consumer(consumer) => unsafe { entry::write(lag, consumer.lag.load(Ordering::Relaxed)) }.into(),
        _ => Status::BAD_HANDLE,
    };
    object::with_hold(consumer.id, (), held, |status, ()| status)
}

/// `aimdb_consumer_is_closed`.
///
/// # Safety
///
/// `closed` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_consumer_is_closed(consumer: ConsumerHandle, closed: *mut i32) -> Status {
    with_consumer(consumer, |end| {
        // SAFETY: the caller says that it may be written.
        unsafe { entry::write(closed, i32::from(end.is_closed())) }.map_err(Unread::from)
    })
}

/// `aimdb_consumer_stats_t`.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct ConsumerStats {
    struct_size: usize,
    cursor: u64,
    accepted: u64,
    delivered: u64,
    lagged: u64,
    skipped: u64,
    readable: u64,
}

// SAFETY: it is numbers, and the first is its size.
unsafe impl Versioned for ConsumerStats {
    const FIRST: usize = offset_of!(Self, readable) + size_of::<u64>();
}

/// `aimdb_consumer_stats`.
///
/// # Safety
///
/// `stats` is null or leads to as many bytes as its first word says, which may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_consumer_stats(consumer: ConsumerHandle, stats: *mut ConsumerStats) -> Status {
    with_consumer(consumer, |end| {
        entry::not_null(stats)?;
        let metrics = end.metrics();
        let counters = metrics.counters;
        let written = ConsumerStats {
            struct_size: size_of::<ConsumerStats>(),
            cursor: metrics.id,
            accepted: counters.accepted,
            delivered: counters.delivered,
            lagged: counters.lagged,
            skipped: counters.skipped,
            readable: counters.readable,
        };
        // SAFETY: the caller says so.
        unsafe { versioned::write(stats, &written) }.map_err(|refused| Unread::from(Status::from(refused)))
    })
}
