//! The functions on latest values that the header declares: those of `StaticLatest`, for values whose size and readers whose number are
//! known when a program runs. What ends in `_word` is for values of one word, and what ends in `_bytes` for all others.

use aimdb_sync_embassy::FreeRtos;
use aimdb_sync_embassy::driving::{ByteLatest, Bytes, Form, LATEST_BYTES, WORD, Word};

use crate::exports::may_wait;
use crate::kernel::KernelSection;
use crate::lean::{self, IS_32_BIT};
use crate::record::Stats;
use crate::status::Status;

/// `aimdb_static_latest_t`: a constant that the header's macros write.
pub type Latest<F> = ByteLatest<KernelSection, F>;

/// The bytes of `aimdb_latest_state_t`, `aimdb_latest_cursor_t` and `aimdb_static_latest_t`.
const STATE_BYTES: usize = 24;
const CURSOR_BYTES: usize = if IS_32_BIT { 12 } else { 24 };
const DESCRIPTION_BYTES: usize = if IS_32_BIT { 20 } else { 32 };

const LAYOUT: u32 = lean::layout(8, CURSOR_BYTES << 8 | STATE_BYTES, DESCRIPTION_BYTES);

const _: () = {
    assert!(LATEST_BYTES[0] == STATE_BYTES && LATEST_BYTES[1] == CURSOR_BYTES);
    assert!(size_of::<Latest<Bytes>>() == DESCRIPTION_BYTES && align_of::<Latest<Bytes>>() <= align_of::<usize>());
};

/// The record behind a pointer of C.
///
/// # Safety
///
/// The pointer is null, or leads to memory as large as a latest value that does not change and stays. If it says that
/// this header wrote it, its pointers are those that the header's macros put there.
unsafe fn open<'a, F: Form>(latest: *const Latest<F>) -> Result<&'a Latest<F>, Status> {
    // SAFETY: the caller's word.
    match unsafe { lean::open(latest.cast(), LAYOUT) } {
        Status::Ok => {}
        status => return Err(status),
    }
    // SAFETY: it is not null.
    let latest = unsafe { &*latest };
    if latest.has_readers() { Ok(latest) } else { Err(Status::BadArgument) }
}

/// A record of this form and a value for it, both as they should be.
///
/// # Safety
///
/// As [`open`].
#[inline(always)]
unsafe fn with_value<'a, F: Form>(
    latest: *const Latest<F>,
    value: *const u8,
    size: usize,
) -> Result<&'a Latest<F>, Status> {
    // SAFETY: the caller's word.
    let status = unsafe { lean::fits::<F>(latest.cast(), LAYOUT, value, size) };
    if status != Status::Ok {
        return Err(status);
    }
    // SAFETY: it is not null.
    let latest = unsafe { &*latest };
    if latest.has_readers() { Ok(latest) } else { Err(Status::BadArgument) }
}

/// The same, with the number of a reader that it has.
///
/// # Safety
///
/// As [`open`].
#[inline(always)]
unsafe fn with_reader<'a, F: Form>(
    latest: *const Latest<F>,
    value: *const u8,
    size: usize,
    reader: u32,
) -> Result<(&'a Latest<F>, u8), Status> {
    // SAFETY: the caller's word.
    let latest = unsafe { with_value(latest, value, size) }?;
    if reader < latest.cursors() { Ok((latest, reader as u8)) } else { Err(Status::BadArgument) }
}

#[inline(always)]
unsafe fn send<F: Form>(latest: *const Latest<F>, value: *const u8, size: usize) -> Status {
    // SAFETY: the caller's word; the record is sound, and the value has its size.
    unsafe {
        match with_value(latest, value, size) {
            Ok(latest) if latest.stores(value) => Status::Ok,
            Ok(_) => Status::Closed,
            Err(status) => status,
        }
    }
}

#[inline(always)]
unsafe fn try_recv<F: Form>(latest: *const Latest<F>, value: *mut u8, size: usize, reader: u32) -> Status {
    // SAFETY: the caller's word; the record is sound and has the reader, and there is room for a value of its size.
    unsafe {
        match with_reader(latest, value, size, reader) {
            Ok((latest, reader)) if latest.takes(reader, value) => Status::Ok,
            Ok((latest, reader)) => nothing(latest, reader, Status::Empty),
            Err(status) => status,
        }
    }
}

#[inline(always)]
unsafe fn recv<F: Form>(latest: *const Latest<F>, value: *mut u8, size: usize, reader: u32, ticks: u64) -> Status {
    // SAFETY: the caller's word.
    let (latest, reader) = match unsafe { with_reader(latest, value, size, reader) } {
        Ok(found) => found,
        Err(status) => return status,
    };
    if let Err(status) = may_wait(ticks) {
        return status;
    }
    // SAFETY: the record is sound and has the reader, and there is room for a value of its size.
    unsafe {
        if latest.takes(reader, value) || latest.waits::<FreeRtos>(value, ticks, reader) {
            return Status::Ok;
        }
        nothing(latest, reader, Status::Timeout)
    }
}

/// What a reader is told that has found nothing: this, if there may be something later.
///
/// # Safety
///
/// The record is sound and has the reader.
#[cold]
#[inline(never)]
unsafe fn nothing<F: Form>(latest: &Latest<F>, reader: u8, if_it_is_open: Status) -> Status {
    // SAFETY: the caller's word.
    if unsafe { latest.is_over(reader) } { Status::Closed } else { if_it_is_open }
}

#[inline(always)]
unsafe fn peek<F: Form>(latest: *const Latest<F>, value: *mut u8, size: usize) -> Status {
    // SAFETY: the caller's word; the record is sound, and there is room for a value of its size.
    unsafe {
        match with_value(latest, value, size) {
            Ok(latest) if latest.copies(value) => Status::Ok,
            Ok(_) => Status::Empty,
            Err(status) => status,
        }
    }
}

/// Stores a copy of the value, which is the current one from then on.
///
/// # Safety
///
/// For all functions of this file: `latest` is null or was written by a macro of the header; other pointers are null,
/// or lead to what the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_latest_send_word(latest: *const Latest<Word>, value: *const u8) -> Status {
    // SAFETY: the caller's word.
    unsafe { send(latest, value, WORD) }
}

/// The same for a value of another size.
///
/// # Safety
///
/// See [`aimdb_latest_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_latest_send_bytes(
    latest: *const Latest<Bytes>,
    value: *const u8,
    size: usize,
) -> Status {
    // SAFETY: the caller's word.
    unsafe { send(latest, value, size) }
}

/// Copies the current value out, if this reader has not seen it.
///
/// # Safety
///
/// See [`aimdb_latest_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_latest_try_recv_word(
    latest: *const Latest<Word>,
    value: *mut u8,
    reader: u32,
) -> Status {
    // SAFETY: the caller's word.
    unsafe { try_recv(latest, value, WORD, reader) }
}

/// The same for a value of another size.
///
/// # Safety
///
/// See [`aimdb_latest_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_latest_try_recv_bytes(
    latest: *const Latest<Bytes>,
    value: *mut u8,
    reader: u32,
    size: usize,
) -> Status {
    // SAFETY: the caller's word.
    unsafe { try_recv(latest, value, size, reader) }
}

/// The same, blocking the calling task for at most so many ticks until there is one.
///
/// # Safety
///
/// See [`aimdb_latest_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_latest_recv_word(
    latest: *const Latest<Word>,
    value: *mut u8,
    ticks: u64,
    reader: u32,
) -> Status {
    // SAFETY: the caller's word.
    unsafe { recv(latest, value, WORD, reader, ticks) }
}

/// The same for a value of another size.
///
/// # Safety
///
/// See [`aimdb_latest_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_latest_recv_bytes(
    latest: *const Latest<Bytes>,
    value: *mut u8,
    ticks: u64,
    reader: u32,
    size: usize,
) -> Status {
    // SAFETY: the caller's word.
    unsafe { recv(latest, value, size, reader, ticks) }
}

/// Copies the current value out, if there is one. It is as new as before.
///
/// # Safety
///
/// See [`aimdb_latest_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_latest_peek_word(latest: *const Latest<Word>, value: *mut u8) -> Status {
    // SAFETY: the caller's word.
    unsafe { peek(latest, value, WORD) }
}

/// The same for a value of another size.
///
/// # Safety
///
/// See [`aimdb_latest_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_latest_peek_bytes(latest: *const Latest<Bytes>, value: *mut u8, size: usize) -> Status {
    // SAFETY: the caller's word.
    unsafe { peek(latest, value, size) }
}

// What follows does not look at values, so it is the same for all.

/// Refuses all values to come and wakes everyone who waits.
///
/// # Safety
///
/// See [`aimdb_latest_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_latest_close(latest: *const Latest<Bytes>) -> Status {
    // SAFETY: the caller's word; the record is sound.
    unsafe {
        match open(latest) {
            Ok(latest) => latest.close(),
            Err(status) => return status,
        }
    }
    Status::Ok
}

/// Closes, discards the current value and says how many values that were, unless `discarded` is null.
///
/// # Safety
///
/// See [`aimdb_latest_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_latest_abort(latest: *const Latest<Bytes>, discarded: *mut u32) -> Status {
    // SAFETY: the caller's word; the record is sound.
    unsafe {
        let discards = match open(latest) {
            Ok(latest) => latest.abort(),
            Err(status) => return status,
        };
        if let Some(discarded) = discarded.as_mut() {
            *discarded = u32::from(discards);
        }
    }
    Status::Ok
}

/// Whether the record was closed; not so for what is no latest value.
///
/// # Safety
///
/// See [`aimdb_latest_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_latest_is_closed(latest: *const Latest<Bytes>) -> i32 {
    // SAFETY: the caller's word; the record is sound.
    unsafe { open(latest).map_or(0, |latest| i32::from(latest.is_closed())) }
}

/// State and counts, as one consistent snapshot.
///
/// # Safety
///
/// See [`aimdb_latest_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_latest_stats(latest: *const Latest<Bytes>, stats: *mut Stats) -> Status {
    // SAFETY: the caller's word; the record is sound, and the counts are the caller's, or null.
    unsafe {
        let latest = match open(latest) {
            Ok(latest) => latest,
            Err(status) => return status,
        };
        let Some(stats) = stats.as_mut() else { return Status::NullArgument };
        let (metrics, is_unseen) = latest.stats();
        *stats = metrics.into();
        // The others are missed.
        stats.slowest_unread = u64::from(is_unseen);
    }
    Status::Ok
}
