//! The functions on queues that the header declares: those of `StaticQueue`, for values whose size is known when a program runs.
//! What ends in `_word` is for values of one word, and what ends in `_bytes` for all others: the header's calls choose.

use aimdb_sync_embassy::FreeRtos;
use aimdb_sync_embassy::driving::{ByteQueue, ByteState, Bytes, End, Form, WORD, Word};

use crate::exports::may_wait;
use crate::kernel::KernelSection;
use crate::lean::{self, IS_32_BIT};
use crate::record::Stats;
use crate::status::Status;

/// `aimdb_static_queue_t`: a constant that the header's macros write.
pub type Queue<F> = ByteQueue<KernelSection, F>;

/// The bytes of `aimdb_queue_state_t` and `aimdb_static_queue_t`.
const STATE_BYTES: usize = if IS_32_BIT { 32 } else { 40 };
const QUEUE_BYTES: usize = if IS_32_BIT { 20 } else { 32 };

const LAYOUT: u32 = lean::layout(10, STATE_BYTES, QUEUE_BYTES);

const _: () = {
    assert!(size_of::<ByteState>() == STATE_BYTES && align_of::<ByteState>() <= align_of::<usize>());
    assert!(size_of::<Queue<Bytes>>() == QUEUE_BYTES && align_of::<Queue<Bytes>>() <= align_of::<usize>());
};

/// The queue behind a pointer of C, whose values have this form.
///
/// # Safety
///
/// The pointer is null, or leads to memory as large as a queue that does not change and stays. If it says that
/// this header wrote it, its pointers are those that the header's macros put there.
unsafe fn open<'a, F: Form>(queue: *const Queue<F>) -> Result<&'a Queue<F>, Status> {
    // SAFETY: the caller's word.
    match unsafe { lean::open(queue.cast(), LAYOUT) } {
        Status::Ok => {}
        status => return Err(status),
    }
    // SAFETY: it is not null.
    let queue = unsafe { &*queue };
    if F::has(queue.value_size()) { Ok(queue) } else { Err(Status::BadArgument) }
}

/// Whether a queue and a value for it are both as they should be. If so, the queue is not null.
///
/// # Safety
///
/// As [`open`].
#[inline(always)]
unsafe fn with_value<F: Form>(queue: *const Queue<F>, value: *const u8, size: usize) -> Status {
    // SAFETY: the caller's word.
    unsafe { lean::fits::<F>(queue.cast(), LAYOUT, value, size) }
}

#[inline(always)]
unsafe fn try_send<F: Form>(queue: *const Queue<F>, value: *const u8, size: usize) -> Status {
    // SAFETY: the caller's word; the queue is sound, and the value has its size.
    unsafe {
        let status = with_value(queue, value, size);
        if status != Status::Ok || (*queue).stores(value) {
            return status;
        }
        not_sent(&*queue, Status::Full)
    }
}

#[inline(always)]
unsafe fn send<F: Form>(queue: *const Queue<F>, value: *const u8, size: usize, ticks: u64) -> Status {
    // SAFETY: the caller's word; the queue is sound, and the value has its size.
    unsafe {
        let status = with_value(queue, value, size);
        if status != Status::Ok {
            return status;
        }
        if let Err(status) = may_wait(ticks) {
            return status;
        }
        let queue = &*queue;
        if queue.stores(value) || queue.waits::<FreeRtos>(value.cast_mut(), ticks, End::Senders) {
            return Status::Ok;
        }
        not_sent(queue, Status::Timeout)
    }
}

/// What the sender of a value is told that was not stored: no more than this, if the queue is open.
#[inline(always)]
unsafe fn not_sent<F: Form>(queue: &Queue<F>, at_most: Status) -> Status {
    // SAFETY: the caller's word.
    Status::of(unsafe { queue.refuses(at_most as u8) })
}

#[inline(always)]
unsafe fn try_recv<F: Form>(queue: *const Queue<F>, value: *mut u8, size: usize) -> Status {
    // SAFETY: the caller's word; the queue is sound, and there is room for a value of its size.
    unsafe {
        let status = with_value(queue, value, size);
        if status != Status::Ok || (*queue).takes(value) {
            return status;
        }
        nothing(&*queue, Status::Empty)
    }
}

#[inline(always)]
unsafe fn recv<F: Form>(queue: *const Queue<F>, value: *mut u8, size: usize, ticks: u64) -> Status {
    // SAFETY: the caller's word; the queue is sound, and there is room for a value of its size.
    unsafe {
        let status = with_value(queue, value, size);
        if status != Status::Ok {
            return status;
        }
        if let Err(status) = may_wait(ticks) {
            return status;
        }
        let queue = &*queue;
        if queue.takes(value) || queue.waits::<FreeRtos>(value, ticks, End::Readers) {
            return Status::Ok;
        }
        nothing(queue, Status::Timeout)
    }
}

/// What a reader is told that has found nothing: this, if there may be something later.
///
/// # Safety
///
/// The queue is sound.
#[cold]
#[inline(never)]
unsafe fn nothing<F: Form>(queue: &Queue<F>, if_it_is_open: Status) -> Status {
    // SAFETY: the caller's word.
    if unsafe { queue.is_over() } { Status::Closed } else { if_it_is_open }
}

#[inline(always)]
unsafe fn close<F: Form>(queue: *const Queue<F>) -> Status {
    // SAFETY: the caller's word; the queue is sound.
    unsafe {
        match open(queue) {
            Ok(queue) => queue.close(),
            Err(status) => return status,
        }
    }
    Status::Ok
}

#[inline(always)]
unsafe fn abort<F: Form>(queue: *const Queue<F>, discarded: *mut u32) -> Status {
    // SAFETY: the caller's word; the queue is sound, and the count is the caller's, or null.
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

#[inline(always)]
unsafe fn stats<F: Form>(queue: *const Queue<F>, stats: *mut Stats) -> Status {
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

/// Stores a copy of the value, blocking the calling task for at most so many ticks while the queue lets its senders wait.
///
/// # Safety
///
/// For all functions of this file: `queue` is null or was written by a macro of the header; other pointers are null,
/// or lead to what the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_queue_send_word(queue: *const Queue<Word>, value: *const u8, ticks: u64) -> Status {
    // SAFETY: the caller's word.
    unsafe { send(queue, value, WORD, ticks) }
}

/// The same for values of another size.
///
/// # Safety
///
/// See [`aimdb_queue_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_queue_send_bytes(
    queue: *const Queue<Bytes>,
    value: *const u8,
    ticks: u64,
    size: usize,
) -> Status {
    // SAFETY: the caller's word.
    unsafe { send(queue, value, size, ticks) }
}

/// Stores a copy of the value without waiting.
///
/// # Safety
///
/// See [`aimdb_queue_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_queue_try_send_word(queue: *const Queue<Word>, value: *const u8) -> Status {
    // SAFETY: the caller's word.
    unsafe { try_send(queue, value, WORD) }
}

/// The same for values of another size.
///
/// # Safety
///
/// See [`aimdb_queue_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_queue_try_send_bytes(
    queue: *const Queue<Bytes>,
    value: *const u8,
    size: usize,
) -> Status {
    // SAFETY: the caller's word.
    unsafe { try_send(queue, value, size) }
}

/// Copies the oldest value out, blocking the calling task for at most so many ticks until there is one.
///
/// # Safety
///
/// See [`aimdb_queue_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_queue_recv_word(queue: *const Queue<Word>, value: *mut u8, ticks: u64) -> Status {
    // SAFETY: the caller's word.
    unsafe { recv(queue, value, WORD, ticks) }
}

/// The same for values of another size.
///
/// # Safety
///
/// See [`aimdb_queue_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_queue_recv_bytes(
    queue: *const Queue<Bytes>,
    value: *mut u8,
    ticks: u64,
    size: usize,
) -> Status {
    // SAFETY: the caller's word.
    unsafe { recv(queue, value, size, ticks) }
}

/// Copies the oldest value out, if there is one.
///
/// # Safety
///
/// See [`aimdb_queue_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_queue_try_recv_word(queue: *const Queue<Word>, value: *mut u8) -> Status {
    // SAFETY: the caller's word.
    unsafe { try_recv(queue, value, WORD) }
}

/// The same for values of another size.
///
/// # Safety
///
/// See [`aimdb_queue_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_queue_try_recv_bytes(queue: *const Queue<Bytes>, value: *mut u8, size: usize) -> Status {
    // SAFETY: the caller's word.
    unsafe { try_recv(queue, value, size) }
}

/// Refuses all values to come and wakes everyone who waits.
///
/// # Safety
///
/// See [`aimdb_queue_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_queue_close_word(queue: *const Queue<Word>) -> Status {
    // SAFETY: the caller's word.
    unsafe { close(queue) }
}

/// The same for values of another size.
///
/// # Safety
///
/// See [`aimdb_queue_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_queue_close_bytes(queue: *const Queue<Bytes>) -> Status {
    // SAFETY: the caller's word.
    unsafe { close(queue) }
}

/// Closes, discards what is there and says how many values that were, unless `discarded` is null.
///
/// # Safety
///
/// See [`aimdb_queue_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_queue_abort_word(queue: *const Queue<Word>, discarded: *mut u32) -> Status {
    // SAFETY: the caller's word.
    unsafe { abort(queue, discarded) }
}

/// The same for values of another size.
///
/// # Safety
///
/// See [`aimdb_queue_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_queue_abort_bytes(queue: *const Queue<Bytes>, discarded: *mut u32) -> Status {
    // SAFETY: the caller's word.
    unsafe { abort(queue, discarded) }
}

/// State and counts, as one consistent snapshot.
///
/// # Safety
///
/// See [`aimdb_queue_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_queue_stats_word(queue: *const Queue<Word>, counts: *mut Stats) -> Status {
    // SAFETY: the caller's word.
    unsafe { stats(queue, counts) }
}

/// The same for values of another size.
///
/// # Safety
///
/// See [`aimdb_queue_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_queue_stats_bytes(queue: *const Queue<Bytes>, counts: *mut Stats) -> Status {
    // SAFETY: the caller's word.
    unsafe { stats(queue, counts) }
}

/// Whether the queue was closed, whatever its values are; not so for what is no queue.
///
/// # Safety
///
/// See [`aimdb_queue_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_queue_is_closed(queue: *const Queue<Bytes>) -> i32 {
    // SAFETY: the caller's word; if that is so, it is not null. A state is the same for all forms.
    unsafe { i32::from(lean::open(queue.cast(), LAYOUT) == Status::Ok && (*queue).is_closed()) }
}
