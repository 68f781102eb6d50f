//! The end where values go in, of a record that was found by its key.

use core::marker::PhantomData;
use core::pin::pin;

use aimdb_core::buffer::{BufferMetrics, SendError, TrySendError};
use aimdb_core::waiting::Deadline;

use super::erased::Erased;
use crate::port::{NoPort, Port, Timeout, block_on, deadline, may_wait, priority};

/// Sends values into a record whatever its kind. A pointer, free to copy; any number of them.
///
/// It has those calls of a [`StaticProducer`](crate::StaticProducer) that all records have, with the same answers;
/// none is awaited. Without a port it has the calls that never wait; [`AnyProducer::on`] adds those that block.
pub struct AnyProducer<T: 'static, P = NoPort> {
    record: &'static dyn Erased<T>,
    _port: PhantomData<fn() -> P>,
}

impl<T, P> AnyProducer<T, P> {
    pub(super) const fn new(record: &'static dyn Erased<T>) -> Self {
        Self { record, _port: PhantomData }
    }

    /// The same producer for the tasks of a kernel, with the calls that block.
    #[must_use]
    pub const fn on<Q: Port>(self) -> AnyProducer<T, Q> {
        AnyProducer::new(self.record)
    }

    /// Stores a value without waiting, or gives it back. May be called from an interrupt.
    ///
    /// # Errors
    ///
    /// The value, when the record is full and does not displace, or is closed.
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        self.record.try_push(value).map_err(TrySendError::from)
    }

    /// Stores a value without waiting; one that [`AnyProducer::try_send`] would give back is counted and goes to the
    /// drop hook, if there is one. May be called from an interrupt; the hook then runs in it.
    pub fn produce(&self, value: T) {
        self.record.push(value);
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

impl<T, P: Port> AnyProducer<T, P> {
    /// Stores a value, blocking the calling task while the record lets its producers wait.
    ///
    /// # Errors
    ///
    /// The value, with the reason: refused or closed.
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        self.send_deadline(value, Deadline::Never)
    }

    /// As [`AnyProducer::send`], for at most `timeout`. Zero means one try.
    ///
    /// # Errors
    ///
    /// The value, with the reason: refused, closed, or the time is up.
    pub fn send_timeout(&self, value: T, timeout: impl Timeout) -> Result<(), SendError<T>> {
        match deadline::<P>(timeout) {
            Ok(deadline) => self.send_until(value, deadline),
            Err(misuse) => Err(SendError::Misuse(value, misuse)),
        }
    }

    /// As [`AnyProducer::send`], until a point in time on the port's clock. A value for which room is made by then is
    /// stored.
    ///
    /// # Errors
    ///
    /// The value, with the reason: refused, closed, or the deadline passed.
    pub fn send_deadline(&self, value: T, deadline: Deadline) -> Result<(), SendError<T>> {
        if let Err(misuse) = may_wait::<P>(deadline) {
            return Err(SendError::Misuse(value, misuse));
        }
        self.send_until(value, deadline)
    }

    fn send_until(&self, value: T, deadline: Deadline) -> Result<(), SendError<T>> {
        self.record.send(value, priority::<P>(deadline), &mut |send| block_on::<P, _>(pin!(send), deadline))
    }
}

impl<T, P> Clone for AnyProducer<T, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, P> Copy for AnyProducer<T, P> {}

impl<T, P> core::fmt::Debug for AnyProducer<T, P> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("AnyProducer").field("stats", &self.stats()).finish()
    }
}
