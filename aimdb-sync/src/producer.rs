//! The writing end of a record, for threads.

use std::collections::VecDeque;
use std::fmt;
use std::mem;
use std::time::{Duration, Instant};

use aimdb_core::buffer::{
    Buffer, BufferCfg, BufferMetrics, Misuse, SendError, TrySendError, drain_blocking, flush_blocking,
    send_waiting_with,
};
use aimdb_core::pure::{Kind, Policy};
use aimdb_core::waiting::{Deadline, SystemClock, Watched, may_block, serves};
use aimdb_core::{LocalProducer, Producer, RecordKey};

use crate::form::{End, Form, Local, Shared};
use crate::limit::Limit;
use crate::process::Process;
use crate::tie::Tie;
use crate::{FlushError, SendManyError, WatchError};

/// The form of [`SyncProducer`] that threads may use together, for a global or for C; see
/// [`SyncProducer::shared`].
pub type SharedProducer<T> = SyncProducer<T, Shared>;

/// Writes a record from a thread. The value goes straight into the record's buffer, on the calling
/// thread; nothing allocates on the four kinds, after a thread's first wait.
///
/// | call | full | waits | a refused value |
/// |---|---|---|---|
/// | [`try_send`](SyncProducer::try_send) | `Full`, or the policy | never | travels back |
/// | [`send`](SyncProducer::send) | waits, or the policy | under `PauseUpstream` | travels back |
/// | [`send_timeout`](SyncProducer::send_timeout), [`send_deadline`](SyncProducer::send_deadline) | the same | until then | travels back |
/// | [`force_send`](SyncProducer::force_send) | displaces | never | travels back |
/// | [`send_many`](SyncProducer::send_many) | as `send` | as `send` | stays in the buffer |
///
/// It is `Send` and `Clone`, and deliberately not `Sync`: each thread has a clone of its own. A record
/// that one thread writes is written without synchronising with others.
/// [`SyncProducer::shared`] gives the form that is `Sync`, with the same calls. Clones are one
/// writer seen from several threads. Dropping the last of them does not close the record.
pub struct SyncProducer<T: Send + 'static, F: Form = Local> {
    end: F::End<T>,
    process: Process,
    /// Whether a full record can make `send` wait.
    waits: bool,
    /// The wait sets that it is in; it leaves them when it is dropped.
    tie: Tie,
}

impl<T: Send + 'static> SyncProducer<T> {
    pub(crate) fn new(producer: Producer<T>, process: Process) -> Self {
        // A buffer of the user's own that does not say what it is may let its producer wait.
        let waits = match producer.buffer().cfg().as_ref().map(BufferCfg::kind) {
            None | Some(Kind::Bounded(Policy::PauseUpstream)) => true,
            Some(Kind::Bounded(Policy::Fail | Policy::DropOldest | Policy::DropNewest | Policy::DegradeQuality)) => {
                false
            }
            Some(Kind::SpmcRing | Kind::SingleLatest | Kind::Mailbox) => false,
        };
        Self { end: LocalProducer::new(producer), process, waits, tie: Tie::new() }
    }

    /// The form of this producer that threads may use together.
    #[must_use]
    pub fn shared(&self) -> SharedProducer<T> {
        self.in_form()
    }
}

impl<T: Send + 'static> SharedProducer<T> {
    /// The form of this producer for one thread.
    #[must_use]
    pub fn local(&self) -> SyncProducer<T> {
        self.in_form()
    }
}

impl<T: Send + 'static, F: Form> SyncProducer<T, F> {
    /// Sends a value, and waits while the record is full if its policy is `PauseUpstream`. On the
    /// other policies and kinds it never waits.
    ///
    /// ```
    /// # use aimdb_sync::{AimDbBuilder, Attach};
    /// # let mut builder = AimDbBuilder::new();
    /// builder.configure::<u32>("jobs", |record| {
    ///     record.bounded(8);
    /// });
    /// let handle = builder.attach()?;
    /// let jobs = handle.producer::<u32>("jobs")?;
    /// jobs.send(1)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The value, with the reason: [`SendError::Full`] under `Fail`, [`SendError::Closed`], and
    /// [`SendError::Misuse`] in a forked child, in an async service where the call could wait, and
    /// in a tap that would wait for the record that it drains.
    #[inline(always)]
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        self.send_until(value, || Limit::Never)
    }

    /// Sends a value without waiting.
    ///
    /// # Errors
    ///
    /// The value, with the reason.
    #[inline(always)]
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        self.end.try_produce_or(value, |value| Err(TrySendError::Full(value)), |value| self.try_send_elsewhere(value))
    }

    #[inline(never)]
    fn try_send_elsewhere(&self, value: T) -> Result<(), TrySendError<T>> {
        if let Err(misuse) = self.process.check() {
            return Err(TrySendError::Misuse(value, misuse));
        }
        Ok(self.end.try_produce_elsewhere(value)?)
    }

    /// As [`SyncProducer::send`], and gives up when `timeout` has passed. Zero means one try,
    /// `Duration::MAX` waits for ever.
    ///
    /// # Errors
    ///
    /// Those of [`SyncProducer::send`], and [`SendError::Timeout`]. Room that is there when the time
    /// has passed is used.
    pub fn send_timeout(&self, value: T, timeout: Duration) -> Result<(), SendError<T>> {
        self.send_until(value, || Limit::In(timeout))
    }

    /// As [`SyncProducer::send_timeout`], with a point in time. One that has passed means one try.
    ///
    /// # Errors
    ///
    /// Those of [`SyncProducer::send_timeout`].
    pub fn send_deadline(&self, value: T, deadline: Instant) -> Result<(), SendError<T>> {
        self.send_until(value, || Limit::At(deadline))
    }

    /// Stores a value whatever happens, without waiting, and returns what it displaced.
    ///
    /// A displaced value that a consumer is just cloning goes to the record's drop hook instead.
    ///
    /// # Errors
    ///
    /// The value, when the record is closed, is a rendezvous with no reader waiting, or has all its places kept.
    pub fn force_send(&self, value: T) -> Result<Option<T>, TrySendError<T>> {
        if let Err(misuse) = self.process.check() {
            return Err(TrySendError::Misuse(value, misuse));
        }
        Ok(self.producer().buffer().force_push(value)?)
    }

    /// As [`SyncProducer::force_send`], and gives what it displaces to the record's drop hook.
    ///
    /// # Errors
    ///
    /// Those of [`SyncProducer::force_send`].
    pub fn displace(&self, value: T) -> Result<(), TrySendError<T>> {
        if let Err(misuse) = self.process.check() {
            return Err(TrySendError::Misuse(value, misuse));
        }
        Ok(self.producer().buffer().displace(value)?)
    }

    /// Sends the values from the front of `values`, each as [`SyncProducer::send`] does, and says
    /// how many. A batch that is larger than the record's capacity makes progress as its readers do.
    ///
    /// # Errors
    ///
    /// Why it stopped, and how many were sent before. The rest is still in `values`.
    pub fn send_many(&self, values: &mut VecDeque<T>) -> Result<usize, SendManyError> {
        self.send_many_until(values, Limit::Never)
    }

    /// As [`SyncProducer::send_many`], and gives up when `timeout` has passed for all of them
    /// together.
    ///
    /// # Errors
    ///
    /// Those of [`SyncProducer::send_many`], and [`SendManyError::Timeout`].
    pub fn send_many_timeout(&self, values: &mut VecDeque<T>, timeout: Duration) -> Result<usize, SendManyError> {
        self.send_many_until(values, Limit::In(timeout))
    }

    /// As [`SyncProducer::send_many_timeout`], with a point in time.
    ///
    /// # Errors
    ///
    /// Those of [`SyncProducer::send_many_timeout`].
    pub fn send_many_deadline(&self, values: &mut VecDeque<T>, deadline: Instant) -> Result<usize, SendManyError> {
        self.send_many_until(values, Limit::At(deadline))
    }

    /// Blocks until every gating cursor has consumed what was sent before this call, or `timeout`
    /// has passed, or the record is closed: flush first, then close. Returns at once on a kind or policy whose cursors do not gate. Values that no
    /// consumer has come for yet are not consumed.
    ///
    /// # Errors
    ///
    /// [`FlushError::Timeout`], [`FlushError::Closed`], and [`FlushError::Misuse`] as with [`SyncProducer::send`].
    pub fn flush(&self, timeout: Duration) -> Result<(), FlushError> {
        self.consumed(timeout, flush_blocking)
    }

    /// As [`SyncProducer::flush`], and goes on when the record is closed: close first, then drain. It ends when the
    /// readers have consumed what was sent, or the last of them has left.
    ///
    /// # Errors
    ///
    /// Those of [`SyncProducer::flush`]; [`FlushError::Closed`] when nobody is left to consume the values.
    pub fn drain(&self, timeout: Duration) -> Result<(), FlushError> {
        self.consumed(timeout, drain_blocking)
    }

    fn consumed(
        &self,
        timeout: Duration,
        wait: impl FnOnce(&dyn Buffer<T>, Deadline) -> Result<(), FlushError>,
    ) -> Result<(), FlushError> {
        self.process.check().map_err(FlushError::Misuse)?;
        let buffer = self.producer().buffer();
        let never_waits = buffer.cfg().is_some_and(|cfg| !cfg.kind().gates());
        if !never_waits && !timeout.is_zero() {
            if !may_block() {
                return Err(FlushError::Misuse(Misuse::RuntimeThread));
            }
            if serves(buffer.identity()) {
                return Err(FlushError::Misuse(Misuse::OwnRecord));
            }
        }
        wait(buffer, SystemClock.after(timeout))
    }

    /// Closes the record: values to come are refused, whoever waits is woken, consumers drain what
    /// is buffered. Idempotent; never blocks. Does nothing in a forked child.
    pub fn close(&self) {
        if !self.process.is_parent() {
            self.producer().close();
        }
    }

    /// Closes the record, discards what is buffered, and says how many values that were. Each goes
    /// to the record's drop hook. Never blocks. Does nothing in a forked child.
    pub fn abort(&self) -> usize {
        if self.process.is_parent() { 0 } else { self.producer().buffer().abort() }
    }

    /// Whether the record was closed. In a forked child: yes.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.process.is_parent() || self.producer().is_closed()
    }

    /// The record's state and counts, as one consistent snapshot; nothing but zeros in a forked
    /// child.
    #[must_use]
    pub fn stats(&self) -> BufferMetrics {
        if self.process.is_parent() { BufferMetrics::default() } else { self.producer().buffer().metrics() }
    }

    /// The record's key.
    #[must_use]
    pub fn key(&self) -> &RecordKey {
        self.producer().key()
    }

    #[inline(always)]
    fn send_until(&self, value: T, limit: impl Fn() -> Limit) -> Result<(), SendError<T>> {
        // Where there is room, neither the thread's waker nor the clock is needed.
        self.end.produce_or(value, |value| self.send_elsewhere(value, limit()))
    }

    #[inline(never)]
    fn send_elsewhere(&self, value: T, limit: Limit) -> Result<(), SendError<T>> {
        match self.end.produce_looking(value) {
            Ok(()) => Ok(()),
            Err(value) => self.send_asking(value, limit),
        }
    }

    #[inline(never)]
    fn send_asking(&self, value: T, limit: Limit) -> Result<(), SendError<T>> {
        if let Err(misuse) = self.may_send(limit) {
            return Err(SendError::Misuse(value, misuse));
        }
        if !self.waits {
            return Ok(self.end.try_produce_elsewhere(value)?);
        }
        match self.end.produce_if_room(value) {
            Ok(()) => Ok(()),
            Err(value) => {
                let at_once = |value| self.end.produce_without_lock(value);
                send_waiting_with(self.producer().buffer(), value, limit.deadline(), at_once)
            }
        }
    }

    /// Refuses where the call must not be made. The refusal does not depend on whether it would have to
    /// wait this time, so that the mistake shows in the first test.
    fn may_send(&self, limit: Limit) -> Result<(), Misuse> {
        self.process.check()?;
        if self.waits && !may_block() && !limit.is_one_try() { Err(Misuse::RuntimeThread) } else { Ok(()) }
    }

    fn send_many_until(&self, values: &mut VecDeque<T>, limit: Limit) -> Result<usize, SendManyError> {
        // One deadline for all of them; the first is told as it was said whether it may wait at all.
        let (mut limit, until) = (limit, Limit::Until(limit.deadline()));
        let mut sent = 0;
        while let Some(value) = values.pop_front() {
            let limit = mem::replace(&mut limit, until);
            if let Err(refused) = self.send_until(value, || limit) {
                let (value, error) = SendManyError::part(refused, sent);
                values.push_front(value);
                return Err(error);
            }
            sent += 1;
            sent += self.end.produce_many_at_once(values);
        }
        Ok(sent)
    }

    fn in_form<G: Form>(&self) -> SyncProducer<T, G> {
        SyncProducer { end: G::End::of(self.producer()), process: self.process, waits: self.waits, tie: Tie::new() }
    }

    /// What a wait set looks at.
    pub(crate) fn watch(&self) -> Result<Box<dyn Watched>, WatchError> {
        self.process.check().map_err(WatchError::Misuse)?;
        self.producer().buffer().watch_room().ok_or(WatchError::Unsupported)
    }

    pub(crate) const fn tie(&self) -> &Tie {
        &self.tie
    }

    /// Whether a full record can make a call wait.
    pub(crate) const fn waits(&self) -> bool {
        self.waits
    }

    pub(crate) const fn process(&self) -> Process {
        self.process
    }

    pub(crate) fn producer(&self) -> &Producer<T> {
        self.end.producer()
    }
}

impl<T: Send + 'static, F: Form> Clone for SyncProducer<T, F> {
    fn clone(&self) -> Self {
        self.in_form()
    }
}

impl<T: Send + 'static, F: Form> Drop for SyncProducer<T, F> {
    fn drop(&mut self) {
        if self.process.is_parent() {
            // The last producer would drop the record, and take a lock for it.
            mem::forget(self.producer().clone());
            self.tie.leak();
        }
    }
}

impl<T: Send + 'static, F: Form> fmt::Debug for SyncProducer<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncProducer").field("key", self.key()).finish_non_exhaustive()
    }
}
