//! `aimdb_waitset_*`: waiting on many.

#[cfg(unix)]
use core::ffi::c_int;
#[cfg(unix)]
use std::io;
#[cfg(unix)]
use std::os::fd::{AsRawFd, IntoRawFd};
use std::time::Duration;

use aimdb_sync::{WaitError, WaitSet, WaitTimeoutError, WatchError};

use crate::entry::{self, ConsumerHandle, ProducerHandle, WaitSetHandle, with_consumer, with_producer};
use crate::object::{self, Object};
use crate::signals;
use crate::status::{Answer, Status, Unread};
use crate::time::Wait;

/// Refuses in a forked child, and after the set was freed: only whoever waits is told that it was closed.
fn check(set: &WaitSet) -> Answer {
    set.try_wait(&mut []).map(|_| ()).map_err(|error| match error {
        WaitError::Closed => Status::BAD_HANDLE,
        WaitError::Misuse(misuse) => misuse.into(),
    })
}

/// Why there is no descriptor. Of what the system refuses, only a thread comes with a hint to try again: the one that
/// keeps the time of timers.
#[cfg(unix)]
fn no_descriptor(error: &io::Error) -> Status {
    match error.kind() {
        io::ErrorKind::WouldBlock => Status::NO_THREAD,
        // The end has left meanwhile.
        io::ErrorKind::NotFound => Status::BAD_ARGUMENT,
        _ => Status::IO,
    }
}

impl From<WatchError> for Status {
    fn from(error: WatchError) -> Self {
        match error {
            WatchError::Unsupported => Self::NOT_SUPPORTED,
            WatchError::NoThread => Self::NO_THREAD,
            WatchError::Misuse(misuse) => misuse.into(),
        }
    }
}

/// Runs a call on a wait set. Threads may be in it together.
fn with_set(set: WaitSetHandle, body: impl FnOnce(&WaitSet) -> Answer) -> Status {
    entry::call(|| {
        let pinned = object::pin(set.id)?;
        match &*pinned {
            Object::WaitSet(set) => body(set),
            _ => Err(Status::BAD_HANDLE),
        }
    })
}

/// The status inside a call that was made inside another.
const fn answer(status: Status) -> Answer {
    match status {
        Status::OK => Ok(()),
        other => Err(other),
    }
}

/// `aimdb_waitset_new`.
///
/// # Safety
///
/// `set` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_waitset_new(set: *mut WaitSetHandle) -> Status {
    entry::call(|| {
        entry::not_null(set)?;
        aimdb_sync::around_starts(signals::blocked);
        let id = object::insert(Object::WaitSet(Box::default()))?;
        // SAFETY: the caller says that it may be written.
        unsafe { entry::write(set, WaitSetHandle { id }) }
    })
}

/// `aimdb_waitset_add_consumer`.
#[unsafe(no_mangle)]
pub extern "C" fn aimdb_waitset_add_consumer(set: WaitSetHandle, consumer: ConsumerHandle, token: u64) -> Status {
    with_set(set, |set| {
        answer(with_consumer(consumer, |end| {
            end.watch(set, token).map_err(|error| Unread::from(Status::from(error)))?;
            Ok(())
        }))
    })
}

/// `aimdb_waitset_add_producer`.
#[unsafe(no_mangle)]
pub extern "C" fn aimdb_waitset_add_producer(set: WaitSetHandle, producer: ProducerHandle, token: u64) -> Status {
    with_set(set, |set| {
        answer(with_producer(producer, |end| {
            end.end().watch(set, token)?;
            Ok(())
        }))
    })
}

/// `aimdb_waitset_add_timer`.
#[unsafe(no_mangle)]
pub extern "C" fn aimdb_waitset_add_timer(set: WaitSetHandle, first_ns: i64, period_ns: i64, token: u64) -> Status {
    with_set(set, |set| {
        if first_ns < 0 || period_ns < 0 {
            return Err(Status::BAD_ARGUMENT);
        }
        let period = (period_ns > 0).then(|| Duration::from_nanos(period_ns.unsigned_abs()));
        set.add_timer(token, Duration::from_nanos(first_ns.unsigned_abs()), period)?;
        Ok(())
    })
}

/// `aimdb_waitset_remove`.
#[unsafe(no_mangle)]
pub extern "C" fn aimdb_waitset_remove(set: WaitSetHandle, token: u64) -> Status {
    with_set(set, |set| {
        check(set)?;
        if set.remove_all(token) > 0 { Ok(()) } else { Err(Status::BAD_ARGUMENT) }
    })
}

const fn status(error: WaitError) -> Status {
    match error {
        WaitError::Closed => Status::CLOSED,
        WaitError::Misuse(misuse) => Status::of_misuse(misuse),
    }
}

/// # Safety
///
/// `tokens` is null or has room for `max`; `count` is null or may be written.
unsafe fn wait(set: WaitSetHandle, tokens: *mut u64, max: usize, wait: Wait, count: *mut usize) -> Status {
    let mut ready = 0;
    let status = with_set(set, |set| {
        entry::not_null(count)?;
        entry::not_null(tokens)?;
        if max == 0 {
            return Err(Status::BAD_ARGUMENT);
        }
        // No memory is larger, whatever the caller says.
        let max = max.min(isize::MAX.unsigned_abs() / size_of::<u64>());
        // SAFETY: the caller says that there is room for so many.
        let tokens = unsafe { core::slice::from_raw_parts_mut(tokens, max) };
        let waited = match wait {
            Wait::Try => set.try_wait(tokens).map_err(status),
            Wait::Forever => set.wait(tokens).map_err(status),
            Wait::For(time) => set.wait_timeout(tokens, time).map_err(|error| match error {
                WaitTimeoutError::Timeout => Status::TIMEOUT,
                WaitTimeoutError::Closed => Status::CLOSED,
                WaitTimeoutError::Misuse(misuse) => misuse.into(),
            }),
        };
        ready = waited?;
        if ready == 0 { Err(Status::EMPTY) } else { Ok(()) }
    });
    if !count.is_null() {
        // SAFETY: the caller says that it may be written.
        unsafe { count.write(ready) };
    }
    status
}

/// `aimdb_waitset_wait`.
///
/// # Safety
///
/// `tokens` is null or has room for `max`; `count` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_waitset_wait(
    set: WaitSetHandle,
    tokens: *mut u64,
    max: usize,
    timeout_ns: i64,
    count: *mut usize,
) -> Status {
    // SAFETY: the caller says so.
    unsafe { wait(set, tokens, max, Wait::timeout(timeout_ns), count) }
}

/// `aimdb_waitset_wait_deadline`.
///
/// # Safety
///
/// `tokens` is null or has room for `max`; `count` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_waitset_wait_deadline(
    set: WaitSetHandle,
    tokens: *mut u64,
    max: usize,
    deadline_ns: i64,
    count: *mut usize,
) -> Status {
    // SAFETY: the caller says so.
    unsafe { wait(set, tokens, max, Wait::deadline(deadline_ns), count) }
}

/// `aimdb_waitset_fd`.
///
/// # Safety
///
/// `fd` is null or may be written.
#[cfg(unix)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_waitset_fd(set: WaitSetHandle, fd: *mut c_int) -> Status {
    with_set(set, |set| {
        entry::not_null(fd)?;
        check(set)?;
        let made = set.as_fd().map_err(|error| no_descriptor(&error))?;
        // SAFETY: the caller says that it may be written.
        unsafe { entry::write(fd, made.as_raw_fd()) }
    })
}

/// `aimdb_waitset_end_fd`.
///
/// # Safety
///
/// `fd` is null or may be written.
#[cfg(unix)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_waitset_end_fd(set: WaitSetHandle, token: u64, fd: *mut c_int) -> Status {
    with_set(set, |set| {
        entry::not_null(fd)?;
        check(set)?;
        let end = set.end_of(token).ok_or(Status::BAD_ARGUMENT)?;
        let made = set.fd_of(end).map_err(|error| no_descriptor(&error))?;
        // SAFETY: the caller says that it may be written.
        unsafe { entry::write(fd, made.into_raw_fd()) }
    })
}

/// `aimdb_waitset_free`.
#[unsafe(no_mangle)]
pub extern "C" fn aimdb_waitset_free(set: WaitSetHandle) -> Status {
    entry::call(|| {
        // Whoever waits for it is sent home first, or it would never be dropped.
        if let Ok(Object::WaitSet(set)) = object::pin(set.id).as_deref() {
            set.close();
        }
        object::free(set.id, |object| matches!(object, Object::WaitSet(_)))
    })
}
