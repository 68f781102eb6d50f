//! The end where values go in.
#![allow(unsafe_code)]

use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::pin::pin;

use aimdb_core::buffer::{BufferMetrics, FlushError, SendError, TrySendError};
use aimdb_core::waiting::Deadline;

use crate::port::{NoPort, Port, Timeout, block_on, deadline, may_wait};
use crate::record::{Record, WholeRecord};

/// Sends values into a record. A pointer, free to copy; any number of them.
///
/// Without a port it has the calls that never wait, which an interrupt may make, and those that are
/// awaited. [`StaticProducer::on`] adds the calls that block.
pub struct StaticProducer<'a, R, P = NoPort> {
    record: &'a R,
    _port: PhantomData<fn() -> P>,
}

impl<'a, R, P> StaticProducer<'a, R, P> {
    pub(crate) const fn new(record: &'a R) -> Self {
        Self { record, _port: PhantomData }
    }

    /// The same producer for the tasks of a kernel, with the calls that block.
    #[must_use]
    pub const fn on<Q: Port>(self) -> StaticProducer<'a, R, Q> {
        StaticProducer::new(self.record)
    }
}

impl<'a, R: Record, P> StaticProducer<'a, R, P> {
    /// Stores a value without waiting, or gives it back. May be called from an interrupt.
    ///
    /// # Errors
    ///
    /// The value, when the record is full and does not displace, or is closed.
    pub fn try_send(&self, value: R::Value) -> Result<(), TrySendError<R::Value>> {
        self.record.try_push(value).map_err(TrySendError::from)
    }

    /// Stores a value without waiting; one that [`StaticProducer::try_send`] would give back is
    /// counted and goes to the drop hook, as [`DropCause::Refused`]. May be called from an interrupt,
    /// which has no use for a value that travels back; the hook then runs in it.
    ///
    /// [`DropCause::Refused`]: crate::DropCause::Refused
    pub fn produce(&self, value: R::Value) {
        self.record.push(value);
    }

    /// Stores a value, waiting for room if the record lets its producers wait. For an async task;
    /// works on any executor and needs no port. Dropping the future gives the value to the drop
    /// hook, if there is one and it was waiting; [`Sending::cancel`](crate::Sending::cancel) gives it back.
    ///
    /// # Errors
    ///
    /// The value, with the reason: refused or closed.
    pub fn send_async(&self, value: R::Value) -> R::Pushing<'a> {
        self.record.push_async(value)
    }

    /// Refuses all values to come; see [`crate::StaticRecord::close`].
    pub fn close(&self) {
        self.record.close();
    }

    /// Closes, discards what is buffered and says how many values that were.
    pub fn abort(&self) -> usize {
        self.record.abort()
    }

    /// Whether the record was closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.record.is_closed()
    }

    /// State and counts of the record; see [`crate::StaticRecord::stats`].
    #[must_use]
    pub fn stats(&self) -> BufferMetrics {
        self.record.metrics()
    }
}

impl<'a, R: WholeRecord, P> StaticProducer<'a, R, P> {
    /// Stores a value whatever happens and returns what it displaced. Never waits; may be called
    /// from an interrupt.
    ///
    /// # Errors
    ///
    /// The value, when the record is closed, is a rendezvous with no reader waiting, or has all its
    /// slots in use by those who are sending and reading.
    pub fn force_send(&self, value: R::Value) -> Result<Option<R::Value>, TrySendError<R::Value>> {
        self.record.force_push(value).map_err(TrySendError::from)
    }

    /// Waits until every value sent before has been consumed by each cursor that gates. Ready at
    /// once on a kind whose cursors do not.
    pub fn flush_async(&self) -> R::Flushing<'a> {
        self.record.flush_async()
    }
}

impl<R: Record, P: Port> StaticProducer<'_, R, P> {
    /// Stores a value, blocking the calling task while the record lets its producers wait.
    ///
    /// # Errors
    ///
    /// The value, with the reason: refused or closed.
    pub fn send(&self, value: R::Value) -> Result<(), SendError<R::Value>> {
        self.send_deadline(value, Deadline::Never)
    }

    /// As [`StaticProducer::send`], for at most `timeout`. Zero means one try.
    ///
    /// # Errors
    ///
    /// The value, with the reason: refused, closed, or the time is up.
    pub fn send_timeout(&self, value: R::Value, timeout: impl Timeout) -> Result<(), SendError<R::Value>> {
        if R::SENDS_AT_ONCE {
            return self.send_at_once(value);
        }
        match deadline::<P>(timeout) {
            Ok(deadline) => self.send_until(value, deadline),
            Err(misuse) => Err(SendError::Misuse(value, misuse)),
        }
    }

    /// As [`StaticProducer::send`], until a point in time on the port's clock. A value for which
    /// room is made by then is stored.
    ///
    /// # Errors
    ///
    /// The value, with the reason: refused, closed, or the deadline passed.
    pub fn send_deadline(&self, value: R::Value, deadline: Deadline) -> Result<(), SendError<R::Value>> {
        if R::SENDS_AT_ONCE {
            return self.send_at_once(value);
        }
        match may_wait::<P>(deadline) {
            Ok(()) => self.send_until(value, deadline),
            Err(misuse) => Err(SendError::Misuse(value, misuse)),
        }
    }

    /// The same of a record whose sends never wait.
    fn send_at_once(&self, value: R::Value) -> Result<(), SendError<R::Value>> {
        let value = ManuallyDrop::new(value);
        // SAFETY: a value that was stored is not used again.
        if unsafe { self.record.push_at_once(&value) } {
            return Ok(());
        }
        self.refuse(ManuallyDrop::into_inner(value))
    }

    #[cold]
    #[inline(never)]
    fn refuse(&self, value: R::Value) -> Result<(), SendError<R::Value>> {
        self.record.push_refused(value)
    }

    fn send_until(&self, value: R::Value, deadline: Deadline) -> Result<(), SendError<R::Value>> {
        self.record.push_waiting::<P>(value, deadline)
    }
}

impl<R: WholeRecord, P: Port> StaticProducer<'_, R, P> {
    /// Blocks until every value sent before has been consumed by each cursor that gates, for at
    /// most `timeout`. Returns at once on a kind whose cursors do not gate.
    ///
    /// # Errors
    ///
    /// When the time is up.
    pub fn flush(&self, timeout: impl Timeout) -> Result<(), FlushError> {
        self.flush_until(deadline::<P>(timeout).map_err(FlushError::Misuse)?)
    }

    /// As [`StaticProducer::flush`], until a point in time on the port's clock.
    ///
    /// # Errors
    ///
    /// When the deadline passes first.
    pub fn flush_deadline(&self, deadline: Deadline) -> Result<(), FlushError> {
        may_wait::<P>(deadline).map_err(FlushError::Misuse)?;
        self.flush_until(deadline)
    }

    fn flush_until(&self, deadline: Deadline) -> Result<(), FlushError> {
        block_on::<P, _>(pin!(self.flush_async()), deadline).unwrap_or(Err(FlushError::Timeout))
    }
}

impl<R, P> Clone for StaticProducer<'_, R, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R, P> Copy for StaticProducer<'_, R, P> {}

impl<R: Record, P> core::fmt::Debug for StaticProducer<'_, R, P> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("StaticProducer").field("stats", &self.stats()).finish()
    }
}
