//! The functions on mailboxes that the header declares: those of `StaticMailbox`, for values whose size is known when a program runs.
//! What ends in `_word` is for values of one word, and what ends in `_bytes` for all others: the header's calls choose.

use aimdb_sync_embassy::FreeRtos;
use aimdb_sync_embassy::driving::{ByteMailbox, Bytes, Form, MailboxState, WORD, Word};

use crate::exports::may_wait;
use crate::kernel::KernelSection;
use crate::lean::{self, IS_32_BIT};
use crate::record::Stats;
use crate::status::Status;

/// `aimdb_static_mailbox_t`: a constant that the header's macros write.
pub type Mailbox<F> = ByteMailbox<KernelSection, F>;

/// The bytes of `aimdb_mailbox_state_t` and `aimdb_static_mailbox_t`.
const STATE_BYTES: usize = if IS_32_BIT { 20 } else { 24 };
const MAILBOX_BYTES: usize = if IS_32_BIT { 16 } else { 24 };

const LAYOUT: u32 = lean::layout(7, STATE_BYTES, MAILBOX_BYTES);

const _: () = {
    assert!(size_of::<MailboxState>() == STATE_BYTES && align_of::<MailboxState>() <= align_of::<usize>());
    assert!(size_of::<Mailbox<Bytes>>() == MAILBOX_BYTES && align_of::<Mailbox<Bytes>>() <= align_of::<usize>());
};

/// The mailbox behind a pointer of C.
///
/// # Safety
///
/// The pointer is null, or leads to memory as large as a mailbox that does not change and stays. If it says that
/// this header wrote it, its pointers are those that the header's macros put there.
unsafe fn open<'a, F>(mailbox: *const Mailbox<F>) -> Result<&'a Mailbox<F>, Status> {
    // SAFETY: the caller's word.
    match unsafe { lean::open(mailbox.cast(), LAYOUT) } {
        // SAFETY: it is not null.
        Status::Ok => Ok(unsafe { &*mailbox }),
        status => Err(status),
    }
}

/// A mailbox of this form and a value for it, both as they should be.
///
/// # Safety
///
/// As [`open`].
#[inline(always)]
unsafe fn with_value<'a, F: Form>(
    mailbox: *const Mailbox<F>,
    value: *const u8,
    size: usize,
) -> Result<&'a Mailbox<F>, Status> {
    // SAFETY: the caller's word.
    match unsafe { lean::fits::<F>(mailbox.cast(), LAYOUT, value, size) } {
        // SAFETY: it is not null.
        Status::Ok => Ok(unsafe { &*mailbox }),
        status => Err(status),
    }
}

#[inline(always)]
unsafe fn try_send<F: Form>(mailbox: *const Mailbox<F>, value: *const u8, size: usize) -> Status {
    // SAFETY: the caller's word; the mailbox is sound, and the value has its size.
    unsafe {
        match with_value(mailbox, value, size) {
            Ok(mailbox) if mailbox.stores(value) => Status::Ok,
            Ok(_) => Status::Closed,
            Err(status) => status,
        }
    }
}

#[inline(always)]
unsafe fn try_recv<F: Form>(mailbox: *const Mailbox<F>, value: *mut u8, size: usize) -> Status {
    // SAFETY: the caller's word; the mailbox is sound, and there is room for a value of its size.
    unsafe {
        match with_value(mailbox, value, size) {
            Ok(mailbox) if mailbox.takes(value) => Status::Ok,
            Ok(mailbox) => nothing(mailbox, Status::Empty),
            Err(status) => status,
        }
    }
}

#[inline(always)]
unsafe fn recv<F: Form>(mailbox: *const Mailbox<F>, value: *mut u8, size: usize, ticks: u64) -> Status {
    // SAFETY: the caller's word.
    let mailbox = match unsafe { with_value(mailbox, value, size) } {
        Ok(mailbox) => mailbox,
        Err(status) => return status,
    };
    if let Err(status) = may_wait(ticks) {
        return status;
    }
    // SAFETY: the mailbox is sound, and there is room for a value of its size.
    unsafe {
        if mailbox.takes(value) || mailbox.waits::<FreeRtos>(value, ticks) {
            return Status::Ok;
        }
        nothing(mailbox, Status::Timeout)
    }
}

/// What a reader is told that has found nothing: this, if there may be something later.
///
/// # Safety
///
/// The mailbox is sound.
#[cold]
#[inline(never)]
unsafe fn nothing<F: Form>(mailbox: &Mailbox<F>, if_it_is_open: Status) -> Status {
    // SAFETY: the caller's word.
    if unsafe { mailbox.is_over() } { Status::Closed } else { if_it_is_open }
}

/// Stores a copy of the value; what was pending is displaced.
///
/// # Safety
///
/// For all functions of this file: `mailbox` is null or was written by a macro of the header; other pointers are null,
/// or lead to what the header says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_mailbox_send_word(mailbox: *const Mailbox<Word>, value: *const u8) -> Status {
    // SAFETY: the caller's word.
    unsafe { try_send(mailbox, value, WORD) }
}

/// The same for a value of another size.
///
/// # Safety
///
/// See [`aimdb_mailbox_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_mailbox_send_bytes(
    mailbox: *const Mailbox<Bytes>,
    value: *const u8,
    size: usize,
) -> Status {
    // SAFETY: the caller's word.
    unsafe { try_send(mailbox, value, size) }
}

/// Copies the pending value out, if there is one; nobody else gets it.
///
/// # Safety
///
/// See [`aimdb_mailbox_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_mailbox_try_recv_word(mailbox: *const Mailbox<Word>, value: *mut u8) -> Status {
    // SAFETY: the caller's word.
    unsafe { try_recv(mailbox, value, WORD) }
}

/// The same for a value of another size.
///
/// # Safety
///
/// See [`aimdb_mailbox_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_mailbox_try_recv_bytes(
    mailbox: *const Mailbox<Bytes>,
    value: *mut u8,
    size: usize,
) -> Status {
    // SAFETY: the caller's word.
    unsafe { try_recv(mailbox, value, size) }
}

/// Copies the pending value out, blocking the calling task for at most so many ticks until there is one.
///
/// # Safety
///
/// See [`aimdb_mailbox_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_mailbox_recv_word(mailbox: *const Mailbox<Word>, value: *mut u8, ticks: u64) -> Status {
    // SAFETY: the caller's word.
    unsafe { recv(mailbox, value, WORD, ticks) }
}

/// The same for a value of another size.
///
/// # Safety
///
/// See [`aimdb_mailbox_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_mailbox_recv_bytes(
    mailbox: *const Mailbox<Bytes>,
    value: *mut u8,
    ticks: u64,
    size: usize,
) -> Status {
    // SAFETY: the caller's word.
    unsafe { recv(mailbox, value, size, ticks) }
}

// What follows does not look at values, so it is the same for all.

/// Refuses all values to come and wakes everyone who waits.
///
/// # Safety
///
/// See [`aimdb_mailbox_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_mailbox_close(mailbox: *const Mailbox<Bytes>) -> Status {
    // SAFETY: the caller's word; the mailbox is sound.
    unsafe {
        match open(mailbox) {
            Ok(mailbox) => mailbox.close(),
            Err(status) => return status,
        }
    }
    Status::Ok
}

/// Closes, discards what is pending and says how many values that were, unless `discarded` is null.
///
/// # Safety
///
/// See [`aimdb_mailbox_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_mailbox_abort(mailbox: *const Mailbox<Bytes>, discarded: *mut u32) -> Status {
    // SAFETY: the caller's word; the mailbox is sound.
    unsafe {
        let discards = match open(mailbox) {
            Ok(mailbox) => mailbox.abort(),
            Err(status) => return status,
        };
        if let Some(discarded) = discarded.as_mut() {
            *discarded = u32::from(discards);
        }
    }
    Status::Ok
}

/// Whether the mailbox was closed; not so for what is no mailbox.
///
/// # Safety
///
/// See [`aimdb_mailbox_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_mailbox_is_closed(mailbox: *const Mailbox<Bytes>) -> i32 {
    // SAFETY: the caller's word; the mailbox is sound.
    unsafe { open(mailbox).map_or(0, |mailbox| i32::from(mailbox.is_closed())) }
}

/// State and counts, as one consistent snapshot.
///
/// # Safety
///
/// See [`aimdb_mailbox_send_word`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_mailbox_stats(mailbox: *const Mailbox<Bytes>, stats: *mut Stats) -> Status {
    // SAFETY: the caller's word; the mailbox is sound, and the counts are the caller's, or null.
    unsafe {
        let mailbox = match open(mailbox) {
            Ok(mailbox) => mailbox,
            Err(status) => return status,
        };
        let Some(stats) = stats.as_mut() else { return Status::NullArgument };
        let metrics = mailbox.stats();
        *stats = metrics.into();
        // There is one cursor.
        stats.slowest_unread = metrics.occupancy as u64;
    }
    Status::Ok
}
