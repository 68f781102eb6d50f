//! Waiting on many at once.

#[cfg(unix)]
mod fd;

use std::fmt;
use std::mem;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aimdb_core::buffer::Misuse;
use aimdb_core::waiting::{Clock, EndId, NotReady, ReadySet, SystemClock, may_block, watch_for_forks};

use crate::form::Form;
use crate::limit::Limit;
use crate::process::Process;
use crate::{SyncConsumer, SyncProducer, WaitError, WaitTimeoutError, WatchError};

/// Waits until one of many is ready: consumers for data, producers for room, timers.
///
/// | in the set | ready when | ceases to be |
/// |---|---|---|
/// | a consumer | `try_recv` would not say `Empty`: a value, a lag, or the end | when it would |
/// | a producer | `try_send` would not say `Full`: room, or closed; always where a full record overwrites or drops | when it would |
/// | a timer | it is due | when a wait has reported it |
///
/// Each end is added by reference, with a token of the caller's choice; it stays where it is, and its
/// owner goes on using it. A wait writes the tokens of what is ready into the caller's slice. It is
/// **level-triggered**: what is ready is reported by each wait until it no longer is, so whoever reads
/// one value and comes back is told again. Where more is ready than the slice has room for, the rest has
/// its turn first at the next wait.
///
/// Readiness is no reservation: another reader of the cursor, or another writer, may be faster. Read and
/// send with `try_recv` and `try_send` after a wait. At a rendezvous (capacity 0) an end is ready only
/// while somebody *waits* on the other side in a call, so two that watch each other meet never.
///
/// All calls take `&self`, from any thread: ends are added and removed while others wait, and several
/// threads may wait. An end that is dropped has left the set; so has every end when the set is dropped.
/// A wait costs what has happened since the last one, not how many ends there are, and it allocates
/// nothing after a thread's first. A record that nobody watches is as fast as without wait sets; while it
/// is watched and has nothing to tell, its ends take its lock.
///
/// ```
/// # use aimdb_sync::{AimDbBuilder, Attach, WaitSet};
/// # let mut builder = AimDbBuilder::new();
/// # builder.configure::<u32>("jobs", |record| { record.bounded(8); });
/// # builder.configure::<String>("words", |record| { record.bounded(8); });
/// # let handle = builder.attach()?;
/// let (mut jobs, mut words) = (handle.consumer::<u32>("jobs")?, handle.consumer::<String>("words")?);
/// let set = WaitSet::new();
/// set.add_consumer(&jobs, 1)?;
/// set.add_consumer(&words, 2)?;
/// handle.producer::<String>("words")?.send("hello".to_owned())?;
///
/// let mut ready = [0; 8];
/// let count = set.wait(&mut ready)?;
/// for token in &ready[..count] {
///     match token {
///         1 => assert!(jobs.try_recv().is_err()),
///         _ => assert_eq!(words.try_recv()?, "hello"),
///     }
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// In a forked child it refuses with [`Misuse::ForkedChild`], and dropping it does nothing.
pub struct WaitSet {
    set: Arc<ReadySet>,
    process: Process,
    #[cfg(unix)]
    keeper: fd::Keeper,
}

impl WaitSet {
    /// An empty set.
    #[must_use]
    pub fn new() -> Self {
        // It may be made before the first database.
        watch_for_forks();
        Self {
            set: Arc::new(ReadySet::new()),
            process: Process::current(),
            #[cfg(unix)]
            keeper: fd::Keeper::new(),
        }
    }

    /// Adds a consumer, which is reported as `token` while it has something to read. Never blocks;
    /// allocates.
    ///
    /// # Errors
    ///
    /// [`WatchError::Unsupported`] on a buffer of the user's own that cannot be watched, and
    /// [`WatchError::Misuse`] in a forked child.
    pub fn add_consumer<T: Send + 'static>(&self, consumer: &SyncConsumer<T>, token: u64) -> Result<EndId, WatchError> {
        self.process.check().map_err(WatchError::Misuse)?;
        let id = self.set.add(consumer.watch()?, token);
        consumer.tie().add(self.set.membership(id));
        Ok(id)
    }

    /// Adds a producer, which is reported as `token` while its record has room. Never blocks; allocates.
    ///
    /// # Errors
    ///
    /// Those of [`WaitSet::add_consumer`].
    pub fn add_producer<T: Send + 'static, F: Form>(
        &self,
        producer: &SyncProducer<T, F>,
        token: u64,
    ) -> Result<EndId, WatchError> {
        self.process.check().map_err(WatchError::Misuse)?;
        let id = self.set.add(producer.watch()?, token);
        producer.tie().add(self.set.membership(id));
        Ok(id)
    }

    /// Adds a timer that is due after `first`, and then, with a `period`, again and again. A wait that
    /// reports it has thereby served it: one without a period has then left the set, and of one with a
    /// period all that was missed meanwhile counts as once. `Duration::MAX` is never. Never blocks;
    /// allocates.
    ///
    /// # Errors
    ///
    /// [`WatchError::NoThread`] where a file descriptor of the set is in use and the system gives no thread
    /// to keep the time for it, and [`WatchError::Misuse`] in a forked child.
    pub fn add_timer(&self, token: u64, first: Duration, period: Option<Duration>) -> Result<EndId, WatchError> {
        self.process.check().map_err(WatchError::Misuse)?;
        let due = SystemClock.now().saturating_add(nanoseconds(first));
        let id = self.set.add_timer(token, due, period.map(nanoseconds));
        #[cfg(unix)]
        if self.keep_time().is_err() {
            self.set.remove(id);
            return Err(WatchError::NoThread);
        }
        Ok(id)
    }

    /// Takes an end or a timer out, and says whether it was here. Waits that begin later do not report
    /// it. Never blocks. In a forked child: no.
    pub fn remove(&self, end: EndId) -> bool {
        !self.process.is_parent() && self.set.remove(end)
    }

    /// Takes out every end and timer with this token that is here when it begins, and says how many that were. Those
    /// that other threads add meanwhile stay, and do not hold it up. Never blocks; costs a look at each end. In a
    /// forked child: none.
    pub fn remove_all(&self, token: u64) -> usize {
        if self.process.is_parent() { 0 } else { self.set.remove_all(token) }
    }

    /// The newest end or timer with this token, for whoever keeps tokens only. Never waits; costs a look at each
    /// end. In a forked child: none.
    #[must_use]
    pub fn end_of(&self, token: u64) -> Option<EndId> {
        if self.process.is_parent() { None } else { self.set.end_of(token) }
    }

    /// Blocks until something is ready, writes the tokens of what is into `ready`, and says how many: at
    /// least one, unless `ready` is empty. Ends that are added meanwhile count.
    ///
    /// # Errors
    ///
    /// [`WaitError::Closed`] after [`WaitSet::close`], and [`WaitError::Misuse`] in an async service or a
    /// forked child.
    pub fn wait(&self, ready: &mut [u64]) -> Result<usize, WaitError> {
        self.wait_until(ready, Limit::Never).map_err(|error| match error {
            // A wait without a deadline does not time out.
            WaitTimeoutError::Timeout | WaitTimeoutError::Closed => WaitError::Closed,
            WaitTimeoutError::Misuse(misuse) => WaitError::Misuse(misuse),
        })
    }

    /// Writes the tokens of what is ready now, and says how many: perhaps none. Never waits.
    ///
    /// # Errors
    ///
    /// Those of [`WaitSet::wait`]; it may be called in an async service.
    pub fn try_wait(&self, ready: &mut [u64]) -> Result<usize, WaitError> {
        self.process.check().map_err(WaitError::Misuse)?;
        if self.set.is_closed() {
            return Err(WaitError::Closed);
        }
        Ok(self.set.collect(ready))
    }

    /// As [`WaitSet::wait`], and gives up when `timeout` has passed. Zero means one try, `Duration::MAX`
    /// waits for ever.
    ///
    /// # Errors
    ///
    /// Those of [`WaitSet::wait`], and [`WaitTimeoutError::Timeout`]. What is ready when the time has
    /// passed wins.
    pub fn wait_timeout(&self, ready: &mut [u64], timeout: Duration) -> Result<usize, WaitTimeoutError> {
        self.wait_until(ready, Limit::In(timeout))
    }

    /// As [`WaitSet::wait_timeout`], with a point in time. One that has passed means one try.
    ///
    /// # Errors
    ///
    /// Those of [`WaitSet::wait_timeout`].
    pub fn wait_deadline(&self, ready: &mut [u64], deadline: Instant) -> Result<usize, WaitTimeoutError> {
        self.wait_until(ready, Limit::At(deadline))
    }

    /// Whether this end or timer is ready now, and `None` if it is not in the set. Never waits. In a
    /// forked child: `None`.
    #[must_use]
    pub fn is_ready(&self, end: EndId) -> Option<bool> {
        if self.process.is_parent() { None } else { self.set.is_ready(end) }
    }

    /// Ends and timers in the set; none in a forked child.
    #[must_use]
    pub fn len(&self) -> usize {
        if self.process.is_parent() { 0 } else { self.set.len() }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Ends every wait for this set, now and to come. The records and ends are not touched. Idempotent;
    /// never blocks; does nothing in a forked child.
    pub fn close(&self) {
        if !self.process.is_parent() {
            self.set.close();
        }
    }

    fn wait_until(&self, ready: &mut [u64], limit: Limit) -> Result<usize, WaitTimeoutError> {
        self.process.check().map_err(WaitTimeoutError::Misuse)?;
        // Also where it would not wait this time, so that the mistake shows in the first test.
        if !may_block() && !limit.is_one_try() {
            return Err(WaitTimeoutError::Misuse(Misuse::RuntimeThread));
        }
        self.set.wait(ready, limit.deadline()).map_err(|error| match error {
            NotReady::Timeout => WaitTimeoutError::Timeout,
            NotReady::Closed => WaitTimeoutError::Closed,
        })
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

impl Default for WaitSet {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for WaitSet {
    fn drop(&mut self) {
        if self.process.is_parent() {
            // It would take locks that a thread of the parent may have held.
            mem::forget(Arc::clone(&self.set));
        } else {
            self.set.close();
            self.set.clear();
        }
    }
}

impl fmt::Debug for WaitSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitSet").field("len", &self.len()).finish_non_exhaustive()
    }
}
