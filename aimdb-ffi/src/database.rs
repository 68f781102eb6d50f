//! `aimdb_db_*`: a database that runs.

use core::ffi::c_char;
use core::mem::offset_of;
use std::collections::BTreeMap;
use std::sync::Arc;

use aimdb_core::buffer::BufferMetrics;
use aimdb_core::pure::Kind;
use aimdb_core::{DbError, RecordKey};
use aimdb_sync::{AimDbHandle, ShutdownError};

use crate::entry::{self, DatabaseHandle};
use crate::failure::Failure;
use crate::form::{AnyType, RecordType, Type};
use crate::object::{self, Object, Pinned};
use crate::status::{Answer, Status};
use crate::time::{Until, Wait};
use crate::versioned::{self, Versioned};

/// A database and what its records are to C.
pub(crate) struct Database {
    /// Shared with Rust, where Rust has made it.
    pub(crate) handle: Arc<AimDbHandle>,
    types: BTreeMap<RecordKey, AnyType>,
}

impl Database {
    pub(crate) fn new(handle: Arc<AimDbHandle>, types: BTreeMap<RecordKey, AnyType>) -> Self {
        Self { handle, types }
    }

    /// The record that is to be opened as this.
    pub(crate) fn record(&self, key: &str, opened: &Type) -> Result<&dyn RecordType, Failure> {
        let Some(found) = self.types.get(key) else {
            return Err(Failure::new(Status::RECORD_NOT_FOUND, format_args!("there is no record `{key}`")));
        };
        opened.matches(&found.ty(), key)?;
        Ok(&***found)
    }

    /// Waits until the readers have consumed the rest of records that are closed, where they hold its producer up.
    fn drain(&self, until: Until) -> Answer {
        for (key, ty) in &self.types {
            waited(ty.drain(&self.handle, key.as_str(), until.left()))?;
        }
        Ok(())
    }

    /// Of the records that C may open, with what their consumers keep.
    fn unread(&self) -> u64 {
        let known = self.types.iter().filter_map(|(key, ty)| Some((self.handle.db().erased(key).ok()?, ty)));
        known.map(|(record, ty)| unread(&record.metrics(), record.info().kind()) + ty.kept()).sum()
    }
}

/// Values of a record that somebody could still read.
pub(crate) fn unread(metrics: &BufferMetrics, kind: Option<Kind>) -> u64 {
    match (metrics.slowest, kind) {
        (Some((_, unread)), _) => unread,
        (None, Some(Kind::Bounded(_) | Kind::Mailbox)) => metrics.occupancy as u64,
        // Whoever comes now sees nothing old, or what is no message to anybody in particular.
        (None, Some(Kind::SpmcRing | Kind::SingleLatest) | None) => 0,
    }
}

/// A wait for readers that ended too early is told by what they have left.
pub(crate) const fn waited(answer: Answer) -> Answer {
    match answer {
        Err(Status::TIMEOUT | Status::CLOSED) => Ok(()),
        other => other,
    }
}

/// The database behind a handle.
pub(crate) fn pinned(db: DatabaseHandle) -> Answer<Pinned> {
    let pinned = object::pin(db.id)?;
    if matches!(&*pinned, Object::Database(_)) { Ok(pinned) } else { Err(Status::BAD_HANDLE) }
}

/// What is pinned, if it is a database.
pub(crate) fn of(object: &Object) -> Answer<&Database> {
    if let Object::Database(database) = object { Ok(database) } else { Err(Status::BAD_HANDLE) }
}

/// `aimdb_stats_t`.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Stats {
    struct_size: usize,
    capacity: u64,
    occupancy: u64,
    accepted: u64,
    refused: u64,
    timed_out: u64,
    overwritten: u64,
    dropped_newest: u64,
    degraded: u64,
    aborted: u64,
    delivered: u64,
    lagged: u64,
    blocked: u64,
    blocked_ns: u64,
    cursors: u64,
    waiting_producers: u64,
    waiting_consumers: u64,
    slowest_unread: u64,
    closed: i32,
}

// SAFETY: it is numbers, and the first is its size.
unsafe impl Versioned for Stats {
    const FIRST: usize = (offset_of!(Self, closed) + size_of::<i32>()).next_multiple_of(align_of::<Self>());
}

impl From<&BufferMetrics> for Stats {
    fn from(metrics: &BufferMetrics) -> Self {
        let counters = &metrics.counters;
        Self {
            struct_size: size_of::<Self>(),
            capacity: metrics.capacity as u64,
            occupancy: metrics.occupancy as u64,
            accepted: counters.accepted,
            refused: counters.refused,
            timed_out: counters.timed_out,
            overwritten: counters.overwritten,
            dropped_newest: counters.dropped_newest,
            degraded: counters.degraded,
            aborted: counters.aborted,
            delivered: counters.delivered,
            lagged: counters.lagged,
            blocked: counters.blocked,
            blocked_ns: counters.blocked_ns,
            cursors: metrics.cursors as u64,
            waiting_producers: metrics.waiting_producers as u64,
            waiting_consumers: metrics.waiting_consumers as u64,
            slowest_unread: metrics.slowest.map_or(0, |(_, unread)| unread),
            closed: i32::from(metrics.closed),
        }
    }
}

/// Writes a snapshot into a struct of the caller's version.
///
/// # Safety
///
/// `to` is null or leads to as many bytes as its first word says, which may be written.
pub(crate) unsafe fn write_stats(to: *mut Stats, metrics: &BufferMetrics) -> Answer {
    entry::not_null(to)?;
    // SAFETY: the caller says so.
    Ok(unsafe { versioned::write(to, &metrics.into()) }?)
}

/// `aimdb_db_close`.
///
/// # Safety
///
/// `left` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_db_close(db: DatabaseHandle, timeout_ns: i64, left: *mut u64) -> Status {
    let mut unread = 0;
    let status = entry::call(|| {
        let pinned = pinned(db)?;
        let database = of(&pinned)?;
        let wait = Wait::timeout(timeout_ns);
        let until = wait.begun();
        let ended = database.handle.shutdown_timeout(wait.limit());
        if let Err(ShutdownError::Misuse(misuse)) = ended {
            return Err(misuse.into());
        }
        let drained = database.drain(until);
        unread = database.unread();
        drained?;
        if ended.is_err() || unread > 0 { Err(Status::TIMEOUT) } else { Ok(()) }
    });
    if !left.is_null() {
        // SAFETY: the caller says that it may be written.
        unsafe { left.write(unread) };
    }
    status
}

/// `aimdb_db_is_closed`.
///
/// # Safety
///
/// `closed` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_db_is_closed(db: DatabaseHandle, closed: *mut i32) -> Status {
    entry::call(|| {
        let pinned = pinned(db)?;
        // SAFETY: the caller says that it may be written.
        unsafe { entry::write(closed, i32::from(of(&pinned)?.handle.is_closed())) }
    })
}

/// `aimdb_db_stats`.
///
/// # Safety
///
/// `key` is null or ends with a zero; `stats` is null or leads to as many bytes as its first word says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_db_stats(db: DatabaseHandle, key: *const c_char, stats: *mut Stats) -> Status {
    entry::call(|| {
        let pinned = pinned(db)?;
        // SAFETY: the caller says so.
        let key = unsafe { entry::key(key) }.map_err(|failure| failure.status())?;
        let of_record = of(&pinned)?.handle.db().erased(key);
        let of_record = of_record.map_err(|error: DbError| Status::from(&error))?.metrics();
        // SAFETY: the caller says so.
        unsafe { write_stats(stats, &of_record) }
    })
}

/// `aimdb_db_free`.
#[unsafe(no_mangle)]
pub extern "C" fn aimdb_db_free(db: DatabaseHandle) -> Status {
    entry::call(|| object::free(db.id, |object| matches!(object, Object::Database(_))))
}
