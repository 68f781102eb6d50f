//! What the reading ends of all forms do alike: a value that was taken and did not come to its reader stays the
//! next one.

use core::sync::atomic::{AtomicU64, Ordering};

use aimdb_core::DbResult;
use aimdb_core::buffer::{ReaderMetrics, RecvTimeoutError, TryRecvError};
use aimdb_core::pure::Kind;
use aimdb_core::waiting::{Counted, Hold, may_block};
use aimdb_sync::{EndId, Limit, SyncConsumer, WaitSet, WatchError};

use crate::status::{Answer, Status, Unread};
use crate::time::Wait;

/// How many values the consumers of a record keep. The record has handed them out and knows nothing of them.
#[derive(Clone)]
pub(crate) struct KeptCount(Counted<Kept>);

struct Kept(AtomicU64);

impl Hold for Kept {}

impl KeptCount {
    pub(crate) fn new() -> Answer<Self> {
        Counted::new(Kept(AtomicU64::new(0))).map(Self).ok_or(Status::OUT_OF_MEMORY)
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.0.load(Ordering::Acquire)
    }

    fn one_more(&self) {
        self.0.0.fetch_add(1, Ordering::Release);
    }

    fn one_less(&self) {
        self.0.0.fetch_sub(1, Ordering::Release);
    }
}

/// A consumer, and the value that it keeps for the next call, because there was no room for it.
pub(crate) struct Reading<V: Send + 'static> {
    end: SyncConsumer<V>,
    kind: Option<Kind>,
    /// Changed by `keep` and `take_kept` alone, so that it is counted.
    kept: Option<V>,
    count: KeptCount,
    /// Kept values that [`Reading::newest`] has passed over; the cursor counts them as delivered.
    passed_over: u64,
}

impl<V: Send + 'static> Reading<V> {
    pub(crate) const fn new(end: SyncConsumer<V>, kind: Option<Kind>, count: KeptCount) -> Self {
        Self { end, kind, kept: None, count, passed_over: 0 }
    }

    /// Takes the next value.
    #[inline(always)]
    pub(crate) fn next(&mut self, wait: Wait) -> Result<V, Unread> {
        self.next_with(wait, |value| value)
    }

    /// The same; the value goes to `take`, because compilers copy it once more for each `Result` that carries it.
    #[inline(always)]
    pub(crate) fn next_with<R>(&mut self, wait: Wait, take: impl Fn(V) -> R) -> Result<R, Unread> {
        if self.kept.is_some() {
            return self.next_kept(wait).map(take);
        }
        Ok(match wait {
            Wait::Try => take(self.end.try_recv()?),
            Wait::Forever => self.end.recv_with(Limit::Never, take)?,
            Wait::For(time) => self.end.recv_with(Limit::In(time), take)?,
        })
    }

    #[cold]
    fn next_kept(&mut self, wait: Wait) -> Result<V, Unread> {
        may_wait(wait)?;
        self.take_kept().ok_or_else(|| Status::EMPTY.into())
    }

    fn take_kept(&mut self) -> Option<V> {
        let kept = self.kept.take()?;
        self.count.one_less();
        self.end.note_kept(false);
        Some(kept)
    }

    /// Takes the newest value and skips what lies before it.
    pub(crate) fn newest(&mut self, wait: Wait) -> Result<V, Unread> {
        if self.kept.is_some() {
            may_wait(wait)?;
            match self.end.try_latest() {
                Ok(newer) => {
                    self.passed_over += 1;
                    drop(self.take_kept());
                    return Ok(newer);
                }
                Err(TryRecvError::Misuse(misuse)) => return Err(Status::from(misuse).into()),
                Err(TryRecvError::Empty | TryRecvError::Lagged(_) | TryRecvError::Closed) => {
                    return self.next_kept(wait);
                }
            }
        }
        Ok(match wait {
            Wait::Try => self.end.try_latest()?,
            Wait::Forever => self.end.latest().map_err(RecvTimeoutError::from)?,
            Wait::For(time) => self.end.latest_timeout(time)?,
        })
    }

    /// The current value of a record that has one, which stays.
    pub(crate) fn current(&self) -> Answer<V>
    where
        V: Clone,
    {
        let current = match self.kind {
            Some(Kind::SingleLatest) => self.end.peek().or_else(|| self.kept.clone()),
            Some(Kind::Mailbox) => self.kept.clone().or_else(|| self.end.peek()),
            Some(Kind::SpmcRing | Kind::Bounded(_)) | None => return Err(Status::NOT_SUPPORTED),
        };
        current.ok_or(Status::EMPTY)
    }

    /// Waits for one value, and appends it and those that are there behind it.
    pub(crate) fn several(&mut self, values: &mut Vec<V>, max: usize, wait: Wait) -> Result<(), Unread> {
        if self.kept.is_some() {
            values.push(self.next_kept(wait)?);
            return Ok(());
        }
        let taken = match wait {
            Wait::Try => self.end.recv_many_timeout(values, max, core::time::Duration::ZERO),
            Wait::Forever => self.end.recv_many(values, max).map_err(RecvTimeoutError::from),
            Wait::For(time) => self.end.recv_many_timeout(values, max, time),
        };
        match taken {
            Ok(_) => Ok(()),
            Err(RecvTimeoutError::Timeout) if wait == Wait::Try => Err(Status::EMPTY.into()),
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps a value that was taken, as the next one.
    #[cold]
    pub(crate) fn keep(&mut self, value: V) {
        // Whoever takes a value takes the kept one first.
        debug_assert!(self.kept.is_none());
        self.count.one_more();
        self.kept = Some(value);
        self.end.note_kept(true);
    }

    /// Adds it to a wait set, for something to read.
    pub(crate) fn watch(&self, set: &WaitSet, token: u64) -> Result<EndId, WatchError> {
        let added = set.add_consumer(&self.end, token);
        self.end.note_kept(self.kept.is_some());
        added
    }

    pub(crate) fn share(&self) -> DbResult<Self> {
        Ok(Self::new(self.end.share()?, self.kind, self.count.clone()))
    }

    pub(crate) fn subscribe(&self) -> DbResult<Self> {
        Ok(Self::new(self.end.subscribe()?, self.kind, self.count.clone()))
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.end.is_closed()
    }

    pub(crate) fn metrics(&self) -> ReaderMetrics {
        let mut metrics = self.end.stats();
        let kept = u64::from(self.kept.is_some());
        let counters = &mut metrics.counters;
        // Another end of this cursor may have been asked first; what is not there cannot be moved.
        counters.delivered = counters.delivered.saturating_sub(kept + self.passed_over);
        counters.readable += kept;
        counters.skipped += self.passed_over;
        metrics
    }
}

impl<V: Send + 'static> Drop for Reading<V> {
    fn drop(&mut self) {
        // It goes with its consumer, which the record had given it to.
        if self.kept.is_some() {
            self.count.one_less();
        }
    }
}

/// Refuses a call that may wait where none may, also when it would not wait this time.
fn may_wait(wait: Wait) -> Answer {
    if wait.limit().is_zero() || may_block() { Ok(()) } else { Err(Status::WOULD_DEADLOCK) }
}
