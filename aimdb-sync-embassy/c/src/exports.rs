//! The functions that the header declares. Each looks at what it was given first, and answers a status.

use core::future::Future;
use core::pin::{Pin, pin};

use aimdb_core::buffer::{Held, RecvError, SendError, TryRecvError, TrySendError};
use aimdb_core::waiting::Deadline;
use aimdb_sync_embassy::driving::block_on;
use aimdb_sync_embassy::{FreeRtos, Port};

use crate::memory::{LentSlots, Parcel};
use crate::record::{Open, Reader, Record, Stats};
use crate::status::Status;

/// The word for a wait without an end: what the header makes of `portMAX_DELAY`.
const FOR_EVER: u64 = u64::MAX;

/// Refuses a wait where it would never end. One try may be made anywhere, and asks nothing of the kernel.
pub(crate) fn may_wait(ticks: u64) -> Result<(), Status> {
    if ticks == 0 || FreeRtos::can_block() { Ok(()) } else { Err(Status::CannotBlock) }
}

/// The priority that the caller waits with.
fn priority(ticks: u64) -> u8 {
    if ticks == 0 { 0 } else { FreeRtos::priority() }
}

/// When so many ticks will have passed; for none, the deadline of a call that is one try.
#[inline(always)]
pub(crate) fn deadline(ticks: u64) -> Deadline {
    match ticks {
        0 => Deadline::At(0),
        FOR_EVER => Deadline::Never,
        ticks => FreeRtos::now().checked_add(ticks).map_or(Deadline::Never, Deadline::At),
    }
}

/// Drives an operation to its end, or until so many ticks have passed: then `None`.
fn drive<F: Future>(operation: Pin<&mut F>, ticks: u64) -> Option<F::Output> {
    block_on::<FreeRtos, _>(operation, deadline(ticks))
}

/// A record and a value for it, both as they should be.
unsafe fn with_value<'a>(record: *const Record, value: *const u8, size: usize) -> Result<&'a Open, Status> {
    // SAFETY: the caller's word.
    let open = unsafe { Record::open(record) }?;
    open.check(value, size)?;
    Ok(open)
}

/// The same, with one of its readers.
unsafe fn with_reader<'a>(
    record: *const Record,
    value: *const u8,
    size: usize,
    reader: u32,
) -> Result<(&'a Open, &'a Reader), Status> {
    // SAFETY: the caller's word.
    let open = unsafe { with_value(record, value, size) }?;
    Ok((open, open.reader(reader)?))
}

/// Runs a call on a record and says its status.
unsafe fn on(record: *const Record, call: impl FnOnce(&Open) -> Status) -> Status {
    // SAFETY: the caller's word.
    unsafe { Record::open(record) }.map_or_else(|status| status, call)
}

/// Stores a copy of the value without waiting.
///
/// # Safety
///
/// For all functions of this file: `record` is null or was written by a macro of the header; other pointers are null,
/// or lead to what the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_static_try_send(record: *const Record, value: *const u8, size: usize) -> Status {
    // SAFETY: the caller's word.
    let open = match unsafe { with_value(record, value, size) } {
        Ok(open) => open,
        Err(status) => return status,
    };
    // SAFETY: the value has the record's size, and is there for this call.
    let sent = open.shell().try_push(unsafe { Parcel::new(value) });
    sent.map_or_else(|error| TrySendError::from(error).into(), |()| Status::Ok)
}

/// Stores a copy of the value whatever happens.
///
/// # Safety
///
/// See [`aimdb_static_try_send`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_static_force_send(record: *const Record, value: *const u8, size: usize) -> Status {
    // SAFETY: the caller's word.
    let open = match unsafe { with_value(record, value, size) } {
        Ok(open) => open,
        Err(status) => return status,
    };
    // SAFETY: the value has the record's size, and is there for this call.
    let sent = open.shell().force_push(unsafe { Parcel::new(value) });
    sent.map_or_else(|error| TrySendError::from(error).into(), |_displaced| Status::Ok)
}

/// Stores a copy of the value, blocking the calling task for at most so many ticks while the record lets its senders
/// wait.
///
/// # Safety
///
/// See [`aimdb_static_try_send`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_static_send(record: *const Record, value: *const u8, size: usize, ticks: u64) -> Status {
    // SAFETY: the caller's word.
    let open = match unsafe { with_value(record, value, size) } {
        Ok(open) => open,
        Err(status) => return status,
    };
    if let Err(status) = may_wait(ticks) {
        return status;
    }
    // SAFETY: the value has the record's size, and is there for this call, which ends the push.
    let mut push = open.shell().push_async(unsafe { Parcel::new(value) });
    push.set_priority(priority(ticks));
    let mut push = pin!(push);
    match drive(push.as_mut(), ticks) {
        Some(outcome) => outcome.map_or_else(Status::from, |()| Status::Ok),
        // A value for which room was made meanwhile is stored.
        None => push.cancel().map_or(Status::Ok, |value| SendError::Timeout(value).into()),
    }
}

/// What copies a value to where its reader wants it.
///
/// # Safety
///
/// There is room for a value of the record, until the read has ended.
unsafe fn to(value: *mut u8) -> impl FnOnce(&LentSlots, Held<'_>) {
    // SAFETY: the caller's word.
    move |slots, held| unsafe { slots.copy_out(&held, value) }
}

/// Copies the next value out, if there is one.
///
/// # Safety
///
/// See [`aimdb_static_try_send`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_static_try_recv(
    record: *const Record,
    value: *mut u8,
    size: usize,
    reader: u32,
) -> Status {
    // SAFETY: the caller's word.
    let (open, reader) = match unsafe { with_reader(record, value, size, reader) } {
        Ok(found) => found,
        Err(status) => return status,
    };
    // SAFETY: there is room for a value of the record's size.
    let read = open.shell().try_recv_in_place(reader.cursor, unsafe { to(value) });
    read.map_or_else(|error| reader.unread(error), |()| Status::Ok)
}

/// Copies the next value out, blocking the calling task for at most so many ticks until there is one.
///
/// # Safety
///
/// See [`aimdb_static_try_send`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_static_recv(
    record: *const Record,
    value: *mut u8,
    size: usize,
    reader: u32,
    ticks: u64,
) -> Status {
    // SAFETY: the caller's word.
    let (open, reader) = match unsafe { with_reader(record, value, size, reader) } {
        Ok(found) => found,
        Err(status) => return status,
    };
    if let Err(status) = may_wait(ticks) {
        return status;
    }
    // SAFETY: there is room for a value of the record's size.
    let mut read = open.shell().recv_in_place(reader.cursor, unsafe { to(value) });
    read.set_priority(priority(ticks));
    match drive(pin!(read), ticks) {
        Some(Ok(())) => Status::Ok,
        Some(Err(RecvError::Lagged(lag))) => reader.unread(TryRecvError::Lagged(lag)),
        Some(Err(RecvError::Closed)) => Status::Closed,
        Some(Err(RecvError::Misuse(_))) => Status::CannotBlock,
        None => Status::Timeout,
    }
}

/// How many values the last lag of a reader was about; 0 before the first, and for what is no reader of a record.
///
/// # Safety
///
/// See [`aimdb_static_try_send`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_static_lag(record: *const Record, reader: u32) -> u32 {
    // SAFETY: the caller's word.
    unsafe { Record::open(record) }.and_then(|open| open.reader(reader)).map_or(0, Reader::lag)
}

/// Refuses all values to come and wakes everyone who waits.
///
/// # Safety
///
/// See [`aimdb_static_try_send`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_static_close(record: *const Record) -> Status {
    let close = |open: &Open| {
        open.shell().close();
        Status::Ok
    };
    // SAFETY: the caller's word.
    unsafe { on(record, close) }
}

/// Closes, discards what is buffered and says how many values that were, unless `discarded` is null.
///
/// # Safety
///
/// See [`aimdb_static_try_send`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_static_abort(record: *const Record, discarded: *mut u32) -> Status {
    let abort = |open: &Open| {
        let count = open.shell().abort();
        // SAFETY: null, or the caller's.
        if let Some(discarded) = unsafe { discarded.as_mut() } {
            *discarded = count as u32;
        }
        Status::Ok
    };
    // SAFETY: the caller's word.
    unsafe { on(record, abort) }
}

/// Whether the record was closed; not so for what is no record.
///
/// # Safety
///
/// See [`aimdb_static_try_send`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_static_is_closed(record: *const Record) -> i32 {
    // SAFETY: the caller's word.
    unsafe { Record::open(record) }.map_or(0, |open| i32::from(open.shell().is_closed()))
}

/// State and counts, as one consistent snapshot.
///
/// # Safety
///
/// See [`aimdb_static_try_send`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_static_stats(record: *const Record, stats: *mut Stats) -> Status {
    let tell = |open: &Open| {
        // SAFETY: null, or the caller's.
        let Some(stats) = (unsafe { stats.as_mut() }) else { return Status::NullArgument };
        *stats = open.shell().metrics().into();
        Status::Ok
    };
    // SAFETY: the caller's word.
    unsafe { on(record, tell) }
}
