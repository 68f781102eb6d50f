//! `aimdb_waitset_*`: waiting on many.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aimdb_sync::{EndId, WaitError, WaitSet, WaitTimeoutError, WatchError};

use crate::entry::{self, ConsumerHandle, ProducerHandle, WaitSetHandle, with_consumer, with_producer};
use crate::object::{self, Object};
use crate::status::{Answer, Status, Unread};
use crate::time::Wait;

/// A wait set, and which ends C knows by which token.
pub(crate) struct Set {
    pub(crate) set: WaitSet,
    /// Entered by whoever adds and removes, for some instructions; never in a forked child, where the set has refused
    /// before.
    ends: Mutex<Vec<(u64, EndId)>>,
}

impl Set {
    fn note(&self, token: u64, end: EndId) {
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        if ends.len() == ends.capacity() {
            // Those that left by themselves need no place any more.
            ends.retain(|(_, end)| self.set.is_ready(*end).is_some());
        }
        ends.push((token, end));
    }

    /// Takes out all with this token, and says how many there were.
    fn remove(&self, token: u64) -> usize {
        let mut gone = Vec::new();
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        ends.retain(|&(of, end)| {
            if of == token {
                gone.push(end);
            }
            of != token
        });
        drop(ends);
        gone.into_iter().filter(|end| self.set.remove(*end)).count()
    }
}

impl From<WatchError> for Status {
    fn from(error: WatchError) -> Self {
        match error {
            WatchError::Unsupported => Self::NOT_SUPPORTED,
            WatchError::Misuse(misuse) => misuse.into(),
        }
    }
}

/// Runs a call on a wait set. Threads may be in it together.
fn with_set(set: WaitSetHandle, body: impl FnOnce(&Set) -> Answer) -> Status {
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
        let made = Set { set: WaitSet::new(), ends: Mutex::new(Vec::new()) };
        let id = object::insert(Object::WaitSet(Box::new(made)))?;
        // SAFETY: the caller says that it may be written.
        unsafe { entry::write(set, WaitSetHandle { id }) }
    })
}

/// `aimdb_waitset_add_consumer`.
#[unsafe(no_mangle)]
pub extern "C" fn aimdb_waitset_add_consumer(set: WaitSetHandle, consumer: ConsumerHandle, token: u64) -> Status {
    with_set(set, |set| {
        answer(with_consumer(consumer, |end| {
            set.note(token, end.watch(&set.set, token).map_err(|error| Unread::from(Status::from(error)))?);
            Ok(())
        }))
    })
}

/// `aimdb_waitset_add_producer`.
#[unsafe(no_mangle)]
pub extern "C" fn aimdb_waitset_add_producer(set: WaitSetHandle, producer: ProducerHandle, token: u64) -> Status {
    with_set(set, |set| {
        answer(with_producer(producer, |end| {
            set.note(token, end.watch(&set.set, token)?);
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
        set.note(token, set.set.add_timer(token, Duration::from_nanos(first_ns.unsigned_abs()), period)?);
        Ok(())
    })
}

/// `aimdb_waitset_remove`.
#[unsafe(no_mangle)]
pub extern "C" fn aimdb_waitset_remove(set: WaitSetHandle, token: u64) -> Status {
    with_set(set, |set| {
        set.set.try_wait(&mut []).map_err(status)?;
        if set.remove(token) == 0 { Err(Status::BAD_ARGUMENT) } else { Ok(()) }
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
        // SAFETY: the caller says that there is room for so many.
        let tokens = unsafe { core::slice::from_raw_parts_mut(tokens, max) };
        let waited = match wait {
            Wait::Try => set.set.try_wait(tokens).map_err(status),
            Wait::Forever => set.set.wait(tokens).map_err(status),
            Wait::For(time) => set.set.wait_timeout(tokens, time).map_err(|error| match error {
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

/// `aimdb_waitset_free`.
#[unsafe(no_mangle)]
pub extern "C" fn aimdb_waitset_free(set: WaitSetHandle) -> Status {
    entry::call(|| {
        // Whoever waits for it is sent home first, or it would never be dropped.
        if let Ok(Object::WaitSet(set)) = object::pin(set.id).as_deref() {
            set.set.close();
        }
        object::free(set.id, |object| matches!(object, Object::WaitSet(_)))
    })
}
