//! The functions on rings that the header declares: those of `StaticRing`, for values whose size and places and readers whose numbers are known
//! when a program runs. What ends in `_word` is for values of one word, and what ends in `_bytes` for all others: the header's calls choose.

use aimdb_sync_embassy::FreeRtos;
use aimdb_sync_embassy::driving::{ByteRing, Bytes, Form, NotStored, RING_BYTES, WORD, Word};

use crate::exports::may_wait;
use crate::kernel::KernelSection;
use crate::lean::{self, IS_32_BIT};
use crate::record::Stats;
use crate::status::Status;

/// `aimdb_static_ring_t`: a constant that the header's macros write.
pub type Ring<F> = ByteRing<KernelSection, F>;

/// The bytes of `aimdb_ring_state_t`, `aimdb_ring_cursor_t` and `aimdb_static_ring_t`.
const STATE_BYTES: usize = if IS_32_BIT { 36 } else { 40 };
const CURSOR_BYTES: usize = if IS_32_BIT { 28 } else { 40 };
const RING_DESCRIPTION_BYTES: usize = if IS_32_BIT { 20 } else { 32 };

const LAYOUT: u32 = lean::layout(9, CURSOR_BYTES << 8 | STATE_BYTES, RING_DESCRIPTION_BYTES);

const _: () = {
    assert!(RING_BYTES[0] == STATE_BYTES && RING_BYTES[1] == CURSOR_BYTES);
    assert!(size_of::<Ring<Bytes>>() == RING_DESCRIPTION_BYTES && align_of::<Ring<Bytes>>() <= align_of::<usize>());
};

/// The ring behind a pointer of C.
///
/// # Safety
///
/// The pointer is null, or leads to memory as large as a ring that does not change and stays. If it says that
/// this header wrote it, its pointers are those that the header's macros put there.
unsafe fn open<'a, F: Form>(ring: *const Ring<F>) -> Result<&'a Ring<F>, Status> {
    // SAFETY: the caller's word.
    match unsafe { lean::open(ring.cast(), LAYOUT) } {
        Status::Ok => {}
        status => return Err(status),
    }
    // SAFETY: it is not null.
    let ring = unsafe { &*ring };
    if ring.has_places() { Ok(ring) } else { Err(Status::BadArgument) }
}

/// A ring of this form and a value for it, both as they should be.
///
/// # Safety
///
/// As [`open`].
#[inline(always)]
unsafe fn with_value<'a, F: Form>(ring: *const Ring<F>, value: *const u8, size: usize) -> Result<&'a Ring<F>, Status> {
    // SAFETY: the caller's word.
    let status = unsafe { lean::fits::<F>(ring.cast(), LAYOUT, value, size) };
    if status != Status::Ok {
        return Err(status);
    }
    // SAFETY: it is not null.
    let ring = unsafe { &*ring };
    if ring.has_places() { Ok(ring) } else { Err(Status::BadArgument) }
}

/// The same, with one of its readers.
///
/// # Safety
///
/// As [`open`].
#[inline(always)]
unsafe fn with_reader<'a, F: Form>(
    ring: *const Ring<F>,
    value: *const u8,
    size: usize,
    reader: u32,
) -> Result<&'a Ring<F>, Status> {
    // SAFETY: the caller's word.
    let ring = unsafe { with_value(ring, value, size) }?;
    if reader < ring.cursors() { Ok(ring) } else { Err(Status::BadArgument) }
}

#[inline(always)]
unsafe fn send<F: Form>(ring: *const Ring<F>, value: *const u8, size: usize) -> Status {
    // SAFETY: the caller's word.
    let ring = match unsafe { with_value(ring, value, size) } {
        Ok(ring) => ring,
        Err(status) => return status,
    };
    // SAFETY: the ring is sound, and the value has its size.
    match unsafe { ring.stores(value) } {
        Ok(()) => Status::Ok,
        Err(NotStored::Full) => Status::Full,
        Err(NotStored::Closed) => Status::Closed,
    }
}

#[inline(always)]
unsafe fn try_recv<F: Form>(ring: *const Ring<F>, value: *mut u8, size: usize, reader: u32) -> Status {
    // SAFETY: the caller's word; the ring is sound and has the reader, and there is room for a value of its size.
    unsafe {
        match with_reader(ring, value, size, reader) {
            Ok(ring) => Status::of(ring.takes(reader, value)),
            Err(status) => status,
        }
    }
}

#[inline(always)]
unsafe fn recv<F: Form>(ring: *const Ring<F>, value: *mut u8, size: usize, reader: u32, ticks: u64) -> Status {
    // SAFETY: the caller's word.
    let ring = match unsafe { with_reader(ring, value, size, reader) } {
        Ok(ring) => ring,
        Err(status) => return status,
    };
    if let Err(status) = may_wait(ticks) {
        return status;
    }
    // SAFETY: the ring is sound and has the reader, and there is room for a value of its size.
    unsafe {
        let mut told = Status::of(ring.takes(reader, value));
        if told == Status::Empty {
            told = Status::of(ring.waits::<FreeRtos>(value, ticks, reader));
        }
        if told == Status::Empty { Status::Timeout } else { told }
    }
}

/// Stores a copy of the value, which displaces the oldest one of a ring that is full.
///
/// # Safety
///
/// For all functions of this file: `ring` is null or was written by a macro of the header; other pointers are null,
/// or lead to what the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_ring_send_word(ring: *const Ring<Word>, value: *const u8) -> Status {
    // SAFETY: the caller's word.
    unsafe { send(ring, value, WORD) }
}

/// The same for a value of another size.
///
/// # Safety
///
/// See [`aimdb_ring_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_ring_send_bytes(ring: *const Ring<Bytes>, value: *const u8, size: usize) -> Status {
    // SAFETY: the caller's word.
    unsafe { send(ring, value, size) }
}

/// Copies the next value out, if there is one.
///
/// # Safety
///
/// See [`aimdb_ring_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_ring_try_recv_word(ring: *const Ring<Word>, value: *mut u8, reader: u32) -> Status {
    // SAFETY: the caller's word.
    unsafe { try_recv(ring, value, WORD, reader) }
}

/// The same for a value of another size.
///
/// # Safety
///
/// See [`aimdb_ring_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_ring_try_recv_bytes(
    ring: *const Ring<Bytes>,
    value: *mut u8,
    reader: u32,
    size: usize,
) -> Status {
    // SAFETY: the caller's word.
    unsafe { try_recv(ring, value, size, reader) }
}

/// The same, blocking the calling task for at most so many ticks until there is one.
///
/// # Safety
///
/// See [`aimdb_ring_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_ring_recv_word(
    ring: *const Ring<Word>,
    value: *mut u8,
    ticks: u64,
    reader: u32,
) -> Status {
    // SAFETY: the caller's word.
    unsafe { recv(ring, value, WORD, reader, ticks) }
}

/// The same for a value of another size.
///
/// # Safety
///
/// See [`aimdb_ring_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_ring_recv_bytes(
    ring: *const Ring<Bytes>,
    value: *mut u8,
    ticks: u64,
    reader: u32,
    size: usize,
) -> Status {
    // SAFETY: the caller's word.
    unsafe { recv(ring, value, size, reader, ticks) }
}

// What follows does not look at values, so it is the same for all.

/// How many values the last lag of a reader was about; 0 before the first, and for what is no reader of a ring.
///
/// # Safety
///
/// See [`aimdb_ring_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_ring_lag(ring: *const Ring<Bytes>, reader: u32) -> u32 {
    // SAFETY: the caller's word; the ring is sound and has the reader.
    unsafe {
        match open(ring) {
            Ok(ring) if reader < ring.cursors() => ring.lag(reader),
            _ => 0,
        }
    }
}

/// Refuses all values to come and wakes everyone who waits.
///
/// # Safety
///
/// See [`aimdb_ring_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_ring_close(ring: *const Ring<Bytes>) -> Status {
    // SAFETY: the caller's word; the ring is sound.
    unsafe {
        match open(ring) {
            Ok(ring) => ring.close(),
            Err(status) => return status,
        }
    }
    Status::Ok
}

/// Closes, discards what is retained and says how many values that were, unless `discarded` is null.
///
/// # Safety
///
/// See [`aimdb_ring_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_ring_abort(ring: *const Ring<Bytes>, discarded: *mut u32) -> Status {
    // SAFETY: the caller's word; the ring is sound, and the count is the caller's, or null.
    unsafe {
        let count = match open(ring) {
            Ok(ring) => ring.abort(),
            Err(status) => return status,
        };
        if let Some(discarded) = discarded.as_mut() {
            *discarded = count;
        }
    }
    Status::Ok
}

/// Whether the ring was closed; not so for what is no ring.
///
/// # Safety
///
/// See [`aimdb_ring_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_ring_is_closed(ring: *const Ring<Bytes>) -> i32 {
    // SAFETY: the caller's word; the ring is sound.
    unsafe { open(ring).map_or(0, |ring| i32::from(ring.is_closed())) }
}

/// State and counts, as one consistent snapshot.
///
/// # Safety
///
/// See [`aimdb_ring_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_ring_stats(ring: *const Ring<Bytes>, stats: *mut Stats) -> Status {
    // SAFETY: the caller's word; the ring is sound, and the counts are the caller's, or null.
    unsafe {
        let ring = match open(ring) {
            Ok(ring) => ring,
            Err(status) => return status,
        };
        let Some(stats) = stats.as_mut() else { return Status::NullArgument };
        *stats = ring.stats().into();
    }
    Status::Ok
}
