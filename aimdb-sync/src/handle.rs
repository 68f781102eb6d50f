//! The life of an attached database.

use std::fmt;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use aimdb_core::buffer::Misuse;
use aimdb_core::pure::Start;
use aimdb_core::waiting::may_block;
use aimdb_core::{AimDb, Blocked, DbError, DbResult, RecordStats};

use crate::crew::Crew;
use crate::process::Process;
use crate::{Failure, ShutdownError, SyncConsumer, SyncProducer, events};

/// An attached database: makes producers and consumers, tells how the services fare, and ends them.
///
/// Producers and consumers do not borrow from it and may outlive it. All calls take `&self`; share
/// it by reference or in an `Arc`.
///
/// Dropping it never blocks: the records are closed, and the services drain and end in the
/// background. If a shutdown was begun before and timed out, they end by force instead: async
/// services are dropped where they await. In a forked child, dropping it does nothing.
pub struct AimDbHandle {
    inner: Arc<Inner>,
    process: Process,
}

struct Inner {
    db: AimDb,
    crew: Arc<Crew>,
    closed: AtomicBool,
    /// A shutdown was begun and timed out.
    impatient: AtomicBool,
}

impl AimDbHandle {
    pub(crate) fn new(db: AimDb, crew: Arc<Crew>) -> Self {
        let inner = Inner { db, crew, closed: AtomicBool::new(false), impatient: AtomicBool::new(false) };
        Self { inner: Arc::new(inner), process: Process::current() }
    }

    /// The writing end of a record, for one thread; clone it for others. No call on it looks the
    /// key up again.
    ///
    /// # Errors
    ///
    /// [`DbError::RecordNotFound`], [`DbError::TypeMismatch`], [`Misuse::ForkedChild`].
    pub fn producer<T: Send + 'static>(&self, key: impl AsRef<str>) -> DbResult<SyncProducer<T>> {
        self.process.check()?;
        Ok(SyncProducer::new(self.inner.db.producer(key)?, self.process))
    }

    /// A reading end of a record, with a cursor of its own that starts as the record's kind says.
    ///
    /// # Errors
    ///
    /// Those of [`AimDbHandle::producer`], and [`DbError::Subscribe`] on a record with one cursor
    /// that something reads already.
    #[track_caller]
    pub fn consumer<T: Send + 'static>(&self, key: impl AsRef<str>) -> DbResult<SyncConsumer<T>> {
        self.consumer_from(key, Start::Live)
    }

    /// As [`AimDbHandle::consumer`], and with [`Start::Oldest`] it begins with what a ring retains.
    ///
    /// # Errors
    ///
    /// Those of [`AimDbHandle::consumer`].
    #[track_caller]
    pub fn consumer_from<T: Send + 'static>(&self, key: impl AsRef<str>, start: Start) -> DbResult<SyncConsumer<T>> {
        self.process.check()?;
        Ok(SyncConsumer::new(self.inner.db.consumer_from(key, start)?, self.process))
    }

    /// Ends the database in order, and blocks until that is done: sources stop, the records are
    /// closed, taps and transforms drain what was sent before, and all threads have ended. A second
    /// caller waits for the same completion; later ones return at once.
    ///
    /// It takes as long as the slowest service. A `source_blocking` that does not look at
    /// [`aimdb_core::RuntimeContext::is_stopped`], or a tap that never returns, holds it up for
    /// ever: [`AimDbHandle::shutdown_timeout`] sets a limit and says who it was.
    /// A transform whose output is full gives up when nobody has read there for a second; what it
    /// could not place goes to the record's drop hook.
    ///
    /// # Errors
    ///
    /// [`Misuse::RuntimeThread`] inside a service, which would wait for itself, and
    /// [`Misuse::ForkedChild`].
    pub fn shutdown(&self) -> Result<(), ShutdownError> {
        self.shutdown_until(None)
    }

    /// As [`AimDbHandle::shutdown`], and returns when `timeout` has passed. `Duration::ZERO` begins
    /// the shutdown without waiting for it; `Duration::MAX` waits as long as it takes.
    ///
    /// # Errors
    ///
    /// Those of [`AimDbHandle::shutdown`], and [`ShutdownError::Timeout`] with the services that
    /// are still running. They go on draining; call again to wait longer.
    pub fn shutdown_timeout(&self, timeout: Duration) -> Result<(), ShutdownError> {
        self.shutdown_until(Instant::now().checked_add(timeout))
    }

    /// [`AimDbHandle::shutdown`], for whoever has no more use for the handle.
    ///
    /// # Errors
    ///
    /// Those of [`AimDbHandle::shutdown`].
    pub fn detach(self) -> Result<(), ShutdownError> {
        self.shutdown()
    }

    /// Whether the database was told to close, by this handle or through [`AimDbHandle::db`]. Takes
    /// no lock. In a forked child: yes.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.process.is_parent() || self.inner.closed.load(Ordering::Acquire) || self.inner.db.is_closed()
    }

    /// The services that panicked, in the order in which they did. None in a forked child.
    #[must_use]
    pub fn failures(&self) -> Vec<Failure> {
        if self.process.is_parent() { Vec::new() } else { self.inner.crew.failures() }
    }

    /// The services that have not ended, by name. None in a forked child.
    #[must_use]
    pub fn running(&self) -> Vec<String> {
        if self.process.is_parent() { Vec::new() } else { self.inner.crew.running() }
    }

    /// Every record's state and counts, ordered by key; each is one consistent snapshot. None in a
    /// forked child.
    #[must_use]
    pub fn stats(&self) -> Vec<RecordStats> {
        if self.process.is_parent() { Vec::new() } else { self.inner.db.stats() }
    }

    /// The threads that sleep in a call on one of the records, the one that has slept longest first: who holds
    /// whom up. A glance, not a snapshot; none in a forked child.
    #[must_use]
    pub fn blocked(&self) -> Vec<Blocked> {
        if self.process.is_parent() { Vec::new() } else { self.inner.db.blocked() }
    }

    /// The database, for what is not here. It knows nothing of forks.
    #[must_use]
    pub fn db(&self) -> &AimDb {
        &self.inner.db
    }

    fn shutdown_until(&self, until: Option<Instant>) -> Result<(), ShutdownError> {
        self.process.check().map_err(ShutdownError::Misuse)?;
        let Inner { crew, impatient, .. } = &*self.inner;
        if !may_block() || crew.has_this_thread() {
            return Err(ShutdownError::Misuse(Misuse::RuntimeThread));
        }
        self.inner.close_records();
        if until.is_none() {
            crew.close_and_wait();
            return Ok(());
        }
        crew.close();
        if crew.wait_until(until) {
            return Ok(());
        }
        impatient.store(true, Ordering::Release);
        let running = crew.running();
        events::still_running(&running);
        Err(ShutdownError::Timeout { running })
    }
}

impl Inner {
    fn close_records(&self) {
        if !self.closed.swap(true, Ordering::AcqRel) {
            events::closing();
        }
        self.db.close();
    }
}

impl Drop for AimDbHandle {
    fn drop(&mut self) {
        if self.process.is_parent() {
            // What is inside would take locks that a thread of the parent may have held.
            mem::forget(Arc::clone(&self.inner));
            return;
        }
        self.inner.close_records();
        self.inner.crew.close();
        if self.inner.impatient.load(Ordering::Acquire) {
            self.inner.db.close_now();
            self.inner.crew.abandon();
        }
    }
}

impl fmt::Debug for AimDbHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AimDbHandle").field("closed", &self.is_closed()).finish_non_exhaustive()
    }
}

impl From<ShutdownError> for DbError {
    fn from(error: ShutdownError) -> Self {
        match error {
            ShutdownError::Timeout { .. } => Self::Timeout,
            ShutdownError::Misuse(misuse) => Self::Misuse(misuse),
        }
    }
}
