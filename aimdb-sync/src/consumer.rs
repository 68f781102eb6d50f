//! The reading end of a record, for threads.

mod waiting;
mod watched;

use std::fmt;
use std::mem;
use std::time::{Duration, Instant};

use aimdb_core::buffer::{Reader, ReaderMetrics, RecvError, RecvTimeoutError, TryRecvError};
use aimdb_core::{Consumer, DbResult, RecordKey};

use crate::events;
use crate::iter::{Iter, TryIter};
use crate::limit::Limit;
use crate::process::Process;
use crate::tie::Tie;

/// Reads a record from a thread, through a cursor that it owns or shares.
///
/// | call | nothing to read | lag |
/// |---|---|---|
/// | [`try_recv`](Self::try_recv) | `Empty` | told |
/// | [`recv`](Self::recv) | waits | told |
/// | [`recv_timeout`](Self::recv_timeout), [`recv_deadline`](Self::recv_deadline) | waits until then | told |
/// | [`recv_many`](Self::recv_many) | waits for one value, takes what is there | told |
/// | [`iter`](Self::iter) | waits | counted in [`lost`](Self::lost) |
/// | [`latest`](Self::latest) | waits for one value, takes the newest | counted by the cursor |
///
/// Told means: one call answers `Lagged(n)`, and the next goes on behind the gap.
///
/// **A clone shares the cursor**: each value goes to one of them, as in a work queue.
/// [`SyncConsumer::subscribe`] makes a new cursor: each value goes to both, as in a fan-out.
/// Reading takes `&mut self`, so each thread has a consumer of its own. Dropping one lets go of
/// what it held back, at once; in a forked child it does nothing.
///
/// Reading allocates nothing on the four kinds, after a thread's first wait. It works on after the
/// database was shut down, until the record is drained.
pub struct SyncConsumer<T: Send + 'static> {
    /// The wait sets that it is in; it leaves them before its cursor goes.
    tie: Tie,
    consumer: Here<T>,
    process: Process,
    lost: u64,
}

/// A consumer, which knows its key; or that of a clone that could not be made.
enum Here<T: Send + 'static> {
    Consumer(Consumer<T>),
    Key(RecordKey),
}

impl<T: Send + 'static> Here<T> {
    #[inline(always)]
    const fn as_ref(&self) -> Option<&Consumer<T>> {
        match self {
            Self::Consumer(consumer) => Some(consumer),
            Self::Key(_) => None,
        }
    }

    #[inline(always)]
    const fn as_mut(&mut self) -> Option<&mut Consumer<T>> {
        match self {
            Self::Consumer(consumer) => Some(consumer),
            Self::Key(_) => None,
        }
    }
}

impl<T: Send + 'static> SyncConsumer<T> {
    pub(crate) fn new(consumer: Consumer<T>, process: Process) -> Self {
        Self { consumer: Here::Consumer(consumer), process, lost: 0, tie: Tie::new() }
    }

    /// Takes the next value, and waits for it if there is none.
    ///
    /// # Errors
    ///
    /// [`RecvError::Lagged`] once after values were missed, [`RecvError::Closed`] when the record is
    /// closed and drained, and [`RecvError::Misuse`] in an async service or a forked child.
    #[inline(always)]
    pub fn recv(&mut self) -> Result<T, RecvError> {
        Reader::recv_or(self, Self::reader_that_may_wait, |this| {
            let mut value = None;
            this.recv_for_ever(&mut value).and_then(|()| value.ok_or(RecvError::Closed))
        })
    }

    /// Takes the next value if there is one. Never waits.
    ///
    /// # Errors
    ///
    /// Why there is none.
    #[inline(always)]
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        Reader::try_recv_or(
            self,
            |this| this.consumer.as_mut().map(Consumer::reader_mut),
            |this| {
                let mut value = None;
                this.try_recv_elsewhere(&mut value).and_then(|()| value.ok_or(TryRecvError::Empty))
            },
        )
    }

    /// Puts the value into `value`, and not into its own answer: else the caller would have one that is here at once
    /// written to memory, too, where this would write.
    #[inline(never)]
    fn try_recv_elsewhere(&mut self, value: &mut Option<T>) -> Result<(), TryRecvError> {
        self.process.check().map_err(TryRecvError::Misuse)?;
        let Some(consumer) = self.consumer.as_mut() else { return Err(TryRecvError::Closed) };
        let received = consumer.reader_mut().try_recv_elsewhere();
        *value = Some(self.noting_lag(received)?);
        Ok(())
    }

    /// As [`SyncConsumer::recv`], and gives up when `timeout` has passed. Zero means one try,
    /// `Duration::MAX` waits for ever.
    ///
    /// # Errors
    ///
    /// Those of [`SyncConsumer::recv`], and [`RecvTimeoutError::Timeout`]. A value that is there
    /// when the time has passed wins.
    pub fn recv_timeout(&mut self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        self.recv_until(Limit::In(timeout))
    }

    /// As [`SyncConsumer::recv_timeout`], with a point in time. One that has passed means one try.
    ///
    /// # Errors
    ///
    /// Those of [`SyncConsumer::recv_timeout`].
    pub fn recv_deadline(&mut self, deadline: Instant) -> Result<T, RecvTimeoutError> {
        self.recv_until(Limit::At(deadline))
    }

    /// Waits for one value, appends it and those that are there behind it to `values`, up to `max`,
    /// and says how many. Allocates only if `values` has no room.
    ///
    /// # Errors
    ///
    /// Those of [`SyncConsumer::recv`], and then nothing was taken. What comes behind the values (a
    /// lag, the end) is told by the next call.
    pub fn recv_many(&mut self, values: &mut Vec<T>, max: usize) -> Result<usize, RecvError> {
        self.recv_many_until(values, max, Limit::Never).map_err(without_timeout)
    }

    /// As [`SyncConsumer::recv_many`], and gives up when `timeout` has passed without a value.
    ///
    /// # Errors
    ///
    /// Those of [`SyncConsumer::recv_many`], and [`RecvTimeoutError::Timeout`].
    pub fn recv_many_timeout(
        &mut self,
        values: &mut Vec<T>,
        max: usize,
        timeout: Duration,
    ) -> Result<usize, RecvTimeoutError> {
        self.recv_many_until(values, max, Limit::In(timeout))
    }

    /// As [`SyncConsumer::recv_many_timeout`], with a point in time.
    ///
    /// # Errors
    ///
    /// Those of [`SyncConsumer::recv_many_timeout`].
    pub fn recv_many_deadline(
        &mut self,
        values: &mut Vec<T>,
        max: usize,
        deadline: Instant,
    ) -> Result<usize, RecvTimeoutError> {
        self.recv_many_until(values, max, Limit::At(deadline))
    }

    /// Takes values and waits for more, until the record is closed and drained. Lag is skipped, and
    /// counted in [`SyncConsumer::lost`].
    ///
    /// ```
    /// # use aimdb_sync::{AimDbBuilder, Attach};
    /// # let mut builder = AimDbBuilder::new();
    /// # builder.configure::<u32>("jobs", |record| {
    /// #     record.bounded(8);
    /// # });
    /// # let handle = builder.attach()?;
    /// let jobs = handle.producer::<u32>("jobs")?;
    /// let mut worker = handle.consumer::<u32>("jobs")?;
    /// jobs.send(1)?;
    /// jobs.send(2)?;
    /// jobs.close();
    /// assert_eq!(worker.iter().sum::<u32>(), 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn iter(&mut self) -> Iter<'_, T> {
        Iter::new(self)
    }

    /// Takes the values that are there. Never waits. Lag is skipped, and counted in
    /// [`SyncConsumer::lost`].
    pub fn try_iter(&mut self) -> TryIter<'_, T> {
        TryIter::new(self)
    }

    /// Values that the iterators of this consumer skipped because they were overwritten.
    #[must_use]
    pub const fn lost(&self) -> u64 {
        self.lost
    }

    /// Takes the newest value and skips what lies before it; waits if there is none that this cursor
    /// has not seen. Ends also under a producer that never pauses. Lag is counted, not told.
    ///
    /// # Errors
    ///
    /// [`RecvError::Closed`] and [`RecvError::Misuse`], as with [`SyncConsumer::recv`].
    pub fn latest(&mut self) -> Result<T, RecvError> {
        self.latest_until(Limit::Never).map_err(without_timeout)
    }

    /// Takes the newest value, skipping what lies before it, if there is one that this cursor has
    /// not seen. Never waits. Lag is counted, not told.
    ///
    /// # Errors
    ///
    /// [`TryRecvError::Empty`], `Closed`, and `Misuse` in a forked child.
    pub fn try_latest(&mut self) -> Result<T, TryRecvError> {
        self.process.check().map_err(TryRecvError::Misuse)?;
        let Some(consumer) = self.consumer.as_mut() else { return Err(TryRecvError::Closed) };
        let newest = consumer.reader_mut().try_latest();
        self.note_untold_lag();
        match newest {
            Err(TryRecvError::Lagged(_)) => Err(TryRecvError::Empty),
            other => other,
        }
    }

    /// As [`SyncConsumer::latest`], and gives up when `timeout` has passed.
    ///
    /// # Errors
    ///
    /// Those of [`SyncConsumer::latest`], and [`RecvTimeoutError::Timeout`].
    pub fn latest_timeout(&mut self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        self.latest_until(Limit::In(timeout))
    }

    /// As [`SyncConsumer::latest_timeout`], with a point in time.
    ///
    /// # Errors
    ///
    /// Those of [`SyncConsumer::latest_timeout`].
    pub fn latest_deadline(&mut self, deadline: Instant) -> Result<T, RecvTimeoutError> {
        self.latest_until(Limit::At(deadline))
    }

    /// A clone of the current value (`SingleLatest`) or the pending one (`Mailbox`). Others have none. Never waits.
    #[must_use]
    #[inline(always)]
    pub fn peek(&self) -> Option<T> {
        // In a forked child nobody has it at once.
        let at_once = self.consumer.as_ref().and_then(|consumer| consumer.reader().peek_at_once());
        at_once.or_else(|| self.peek_elsewhere())
    }

    #[inline(never)]
    fn peek_elsewhere(&self) -> Option<T> {
        self.here()?.peek()
    }

    /// What the cursor has counted; nothing but zeros in a forked child.
    #[must_use]
    pub fn stats(&self) -> ReaderMetrics {
        self.here().map(Consumer::stats).unwrap_or_default()
    }

    /// Whether the record was closed; what is buffered can still be read. In a forked child: yes.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.here().is_none_or(Consumer::is_closed)
    }

    /// The record's key.
    #[must_use]
    pub fn key(&self) -> &RecordKey {
        match &self.consumer {
            Here::Consumer(consumer) => consumer.key(),
            Here::Key(key) => key,
        }
    }

    /// A consumer with a cursor of its own, which starts as a new one does on this kind.
    ///
    /// # Errors
    ///
    /// When the record's values cannot be cloned, so that it has one cursor; in a forked child.
    #[track_caller]
    pub fn subscribe(&self) -> DbResult<Self> {
        self.process.check()?;
        self.here().ok_or(NO_CURSOR)?.subscribe().map(|consumer| Self::new(consumer, self.process))
    }

    /// A consumer that shares this cursor; what [`Clone`] does, where that may fail.
    ///
    /// # Errors
    ///
    /// When a buffer of the user's own cannot share its cursors; in a forked child.
    pub fn share(&self) -> DbResult<Self> {
        self.process.check()?;
        self.here().ok_or(NO_CURSOR)?.share().map(|consumer| Self::new(consumer, self.process))
    }

    /// The consumer, unless it may not be touched.
    fn here(&self) -> Option<&Consumer<T>> {
        if self.process.is_parent() { None } else { self.consumer.as_ref() }
    }

    /// What was received, and a lag is made known.
    fn noting_lag(&self, received: Result<T, TryRecvError>) -> Result<T, TryRecvError> {
        if let Err(TryRecvError::Lagged(lag)) = received {
            events::lagged(self.key(), lag);
            self.note_untold_lag();
        }
        received
    }

    pub(crate) const fn lose(&mut self, lag: u64) {
        self.lost += lag;
    }
}

/// What a clone that could not be made answers.
const NO_CURSOR: aimdb_core::DbError = aimdb_core::DbError::Subscribe(aimdb_core::buffer::SubscribeError::NoReaders);

fn without_timeout(error: RecvTimeoutError) -> RecvError {
    match error {
        // A wait without a deadline does not time out; if it did, there would be no more to come.
        RecvTimeoutError::Timeout | RecvTimeoutError::Closed => RecvError::Closed,
        RecvTimeoutError::Lagged(lag) => RecvError::Lagged(lag),
        RecvTimeoutError::Misuse(misuse) => RecvError::Misuse(misuse),
    }
}

/// Shares the cursor: each value goes to one of the two. On a buffer of the user's own that cannot
/// share its cursors, where [`SyncConsumer::share`] fails, the clone is closed from the start.
impl<T: Send + 'static> Clone for SyncConsumer<T> {
    fn clone(&self) -> Self {
        let shared = self.here().and_then(|consumer| consumer.share().ok());
        let consumer = shared.map_or_else(|| Here::Key(self.key().clone()), Here::Consumer);
        Self { consumer, process: self.process, lost: 0, tie: Tie::new() }
    }
}

impl<T: Send + 'static> Drop for SyncConsumer<T> {
    fn drop(&mut self) {
        if self.process.is_parent() {
            // It would take the record's lock, which a thread of the parent may have held.
            mem::forget(mem::replace(&mut self.consumer, Here::Key(RecordKey::from_static(""))));
            self.tie.leak();
        }
    }
}

impl<T: Send + 'static> fmt::Debug for SyncConsumer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncConsumer").field("key", self.key()).field("stats", &self.stats()).finish_non_exhaustive()
    }
}
