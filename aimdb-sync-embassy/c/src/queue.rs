//! The functions on queues that the header declares: those of `StaticQueue`, for values whose size is known when a program runs.

use aimdb_core::waiting::Deadline;
use aimdb_sync_embassy::FreeRtos;
use aimdb_sync_embassy::driving::{ByteQueue, ByteState};

use crate::exports::{deadline, may_wait};
use crate::kernel::KernelSection;
use crate::record::Stats;
use crate::status::Status;

/// `aimdb_static_queue_t`: a constant that the header's macros write.
pub type Queue = ByteQueue<KernelSection>;

const IS_32_BIT: bool = size_of::<usize>() == 4;

/// The bytes of `aimdb_queue_state_t` and `aimdb_static_queue_t`.
const STATE_BYTES: usize = if IS_32_BIT { 32 } else { 40 };
const QUEUE_BYTES: usize = if IS_32_BIT { 20 } else { 32 };

/// What a header says that goes with this library.
const LAYOUT: u32 = 2 << 24 | (STATE_BYTES as u32) << 8 | QUEUE_BYTES as u32;

const _: () = {
    assert!(size_of::<ByteState>() == STATE_BYTES && align_of::<ByteState>() <= align_of::<usize>());
    assert!(size_of::<Queue>() == QUEUE_BYTES && align_of::<Queue>() <= align_of::<usize>());
};

/// The queue behind a pointer of C.
///
/// # Safety
///
/// The pointer is null, or leads to memory as large as a queue that does not change and stays. If it says that
/// this header wrote it, its pointers are those that the header's macros put there.
#[inline(always)]
unsafe fn open<'a>(queue: *const Queue) -> Result<&'a Queue, Status> {
    // SAFETY: the caller's word.
    let Some(queue) = (unsafe { queue.as_ref() }) else { return Err(Status::NullArgument) };
    if queue.tag() == LAYOUT && queue.is_sound() { Ok(queue) } else { Err(Status::BadArgument) }
}

/// A queue and a value for it, both as they should be.
///
/// # Safety
///
/// As [`open`].
#[inline(always)]
unsafe fn with_value<'a>(queue: *const Queue, value: *const u8, size: usize) -> Result<&'a Queue, Status> {
    // SAFETY: the caller's word.
    let queue = unsafe { open(queue) }?;
    if value.is_null() {
        Err(Status::NullArgument)
    } else if size != queue.value_size() as usize {
        Err(Status::BadSize)
    } else {
        Ok(queue)
    }
}

/// Stores a copy of the value without waiting.
///
/// # Safety
///
/// For all functions of this file: `queue` is null or was written by a macro of the header; other pointers are null,
/// or lead to what the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_queue_try_send(queue: *const Queue, value: *const u8, size: usize) -> Status {
    // SAFETY: the caller's word; the queue is sound, and the value has its size.
    unsafe {
        match with_value(queue, value, size) {
            Ok(queue) if queue.stores(value) => Status::Ok,
            Ok(queue) => queue.refusal().into(),
            Err(status) => status,
        }
    }
}

/// Stores a copy of the value, blocking the calling task for at most so many ticks while the queue lets its senders wait.
///
/// # Safety
///
/// See [`aimdb_queue_try_send`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_queue_send(queue: *const Queue, value: *const u8, size: usize, ticks: u64) -> Status {
    // SAFETY: the caller's word.
    let queue = match unsafe { with_value(queue, value, size) } {
        Ok(queue) => queue,
        Err(status) => return status,
    };
    if let Err(status) = may_wait(ticks) {
        return status;
    }
    // SAFETY: the queue is sound, and the value has its size.
    unsafe { if queue.stores(value) { Status::Ok } else { waits_to_send(queue, value, ticks) } }
}

/// The same for both ends.
#[inline(never)]
fn until(ticks: u64) -> Deadline {
    deadline(ticks)
}

/// # Safety
///
/// The queue is sound, and the value has its size.
#[cold]
#[inline(never)]
unsafe fn waits_to_send(queue: &Queue, value: *const u8, ticks: u64) -> Status {
    // SAFETY: the caller's word.
    let sent = unsafe { queue.stand_to_send::<FreeRtos>(value, until(ticks)) };
    sent.map_or_else(Status::from, |()| Status::Ok)
}

/// Copies the oldest value out, if there is one.
///
/// # Safety
///
/// See [`aimdb_queue_try_send`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_queue_try_recv(queue: *const Queue, value: *mut u8, size: usize) -> Status {
    // SAFETY: the caller's word; the queue is sound, and there is room for a value of its size.
    unsafe {
        match with_value(queue, value, size) {
            Ok(queue) if queue.takes(value) => Status::Ok,
            Ok(queue) if queue.is_over() => Status::Closed,
            Ok(_) => Status::Empty,
            Err(status) => status,
        }
    }
}

/// Copies the oldest value out, blocking the calling task for at most so many ticks until there is one.
///
/// # Safety
///
/// See [`aimdb_queue_try_send`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_queue_recv(queue: *const Queue, value: *mut u8, size: usize, ticks: u64) -> Status {
    // SAFETY: the caller's word.
    let queue = match unsafe { with_value(queue, value, size) } {
        Ok(queue) => queue,
        Err(status) => return status,
    };
    if let Err(status) = may_wait(ticks) {
        return status;
    }
    // SAFETY: the queue is sound, and there is room for a value of its size.
    unsafe { if queue.takes(value) { Status::Ok } else { waits_to_receive(queue, value, ticks) } }
}

/// # Safety
///
/// The queue is sound, and there is room for a value of its size.
#[cold]
#[inline(never)]
unsafe fn waits_to_receive(queue: &Queue, value: *mut u8, ticks: u64) -> Status {
    // SAFETY: the caller's word.
    match unsafe { queue.stand_to_receive::<FreeRtos>(value, until(ticks)) } {
        Some(true) => Status::Ok,
        Some(false) => Status::Closed,
        None => Status::Timeout,
    }
}

/// Refuses all values to come and wakes everyone who waits.
///
/// # Safety
///
/// See [`aimdb_queue_try_send`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_queue_close(queue: *const Queue) -> Status {
    // SAFETY: the caller's word; the queue is sound.
    unsafe {
        match open(queue) {
            Ok(queue) => queue.close(),
            Err(status) => return status,
        }
    }
    Status::Ok
}

/// Closes, discards what is there and says how many values that were, unless `discarded` is null.
///
/// # Safety
///
/// See [`aimdb_queue_try_send`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_queue_abort(queue: *const Queue, discarded: *mut u32) -> Status {
    // SAFETY: the caller's word; the queue is sound.
    unsafe {
        let count = match open(queue) {
            Ok(queue) => queue.abort(),
            Err(status) => return status,
        };
        if let Some(discarded) = discarded.as_mut() {
            *discarded = count as u32;
        }
    }
    Status::Ok
}

/// Whether the queue was closed; not so for what is no queue.
///
/// # Safety
///
/// See [`aimdb_queue_try_send`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_queue_is_closed(queue: *const Queue) -> i32 {
    // SAFETY: the caller's word; the queue is sound.
    unsafe { open(queue).map_or(0, |queue| i32::from(queue.is_closed())) }
}

/// State and counts, as one consistent snapshot.
///
/// # Safety
///
/// See [`aimdb_queue_try_send`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_queue_stats(queue: *const Queue, stats: *mut Stats) -> Status {
    // SAFETY: the caller's word; the queue is sound, and the counts are the caller's, or null.
    unsafe {
        let queue = match open(queue) {
            Ok(queue) => queue,
            Err(status) => return status,
        };
        let Some(stats) = stats.as_mut() else { return Status::NullArgument };
        let metrics = queue.stats();
        *stats = metrics.into();
        // There is one cursor.
        stats.slowest_unread = metrics.occupancy as u64;
    }
    Status::Ok
}
