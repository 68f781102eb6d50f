//! The end where values come out, of a record that was found by its key.

use core::marker::PhantomData;
use core::pin::pin;

use aimdb_core::buffer::{ReaderMetrics, RecvError, RecvTimeoutError, SubscribeError, TryRecvError};
use aimdb_core::pure::Start;
use aimdb_core::waiting::Deadline;

use super::erased::{AnyCursor, Erased};
use crate::port::{NoPort, Port, Timeout, block_on, deadline, may_wait, priority};

/// Reads values from a record whatever its kind, with a cursor of its own, or with one that it shares.
///
/// It has those calls of a [`StaticConsumer`](crate::StaticConsumer) that all records have, with the same answers;
/// none is awaited. Cloning shares the cursor: each value goes to one of the clones. [`AnyConsumer::subscribe`] makes a
/// new cursor: each value goes to both. Without a port it has the calls that never wait; [`AnyConsumer::on`] adds those
/// that block.
pub struct AnyConsumer<T: 'static, P = NoPort> {
    share: Share<T>,
    _port: PhantomData<fn() -> P>,
}

/// One consumer's share of a cursor.
struct Share<T: 'static> {
    record: &'static dyn Erased<T>,
    cursor: AnyCursor,
}

impl<T, P> AnyConsumer<T, P> {
    pub(super) fn subscribe_to(record: &'static dyn Erased<T>, start: Start) -> Result<Self, SubscribeError> {
        let cursor = record.subscribe(start)?;
        Ok(Self { share: Share { record, cursor }, _port: PhantomData })
    }

    /// The same consumer for the tasks of a kernel, with the calls that block.
    #[must_use]
    pub fn on<Q: Port>(self) -> AnyConsumer<T, Q> {
        AnyConsumer { share: self.share, _port: PhantomData }
    }

    /// Takes the next value if there is one. Never waits; may be called from an interrupt.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        self.share.record.try_take(self.share.cursor)
    }

    /// A consumer with a new cursor on the same record, which begins as a late subscriber does.
    ///
    /// # Errors
    ///
    /// As [`crate::StaticRecord::consumer`].
    pub fn subscribe(&self) -> Result<Self, SubscribeError> {
        Self::subscribe_to(self.share.record, Start::Live)
    }

    /// What the cursor has counted.
    #[must_use]
    pub fn stats(&self) -> ReaderMetrics {
        self.share.record.reader_metrics(self.share.cursor)
    }
}

impl<T, P: Port> AnyConsumer<T, P> {
    /// Blocks the calling task until there is a value.
    ///
    /// # Errors
    ///
    /// [`RecvError::Lagged`] once after values were missed; [`RecvError::Closed`] when the record is closed and
    /// drained.
    pub fn recv(&mut self) -> Result<T, RecvError> {
        may_wait::<P>(Deadline::Never).map_err(RecvError::Misuse)?;
        // One turn: a wait without a deadline ends with an outcome.
        loop {
            if let Some(outcome) = self.wait(Deadline::Never) {
                return outcome;
            }
        }
    }

    /// As [`AnyConsumer::recv`], for at most `timeout`. Zero means one try.
    ///
    /// # Errors
    ///
    /// Why there is no value.
    pub fn recv_timeout(&mut self, timeout: impl Timeout) -> Result<T, RecvTimeoutError> {
        self.recv_until(deadline::<P>(timeout).map_err(RecvTimeoutError::Misuse)?)
    }

    /// As [`AnyConsumer::recv`], until a point in time on the port's clock. What is ready by then wins over the
    /// timeout.
    ///
    /// # Errors
    ///
    /// Why there is no value.
    pub fn recv_deadline(&mut self, deadline: Deadline) -> Result<T, RecvTimeoutError> {
        may_wait::<P>(deadline).map_err(RecvTimeoutError::Misuse)?;
        self.recv_until(deadline)
    }

    fn recv_until(&mut self, deadline: Deadline) -> Result<T, RecvTimeoutError> {
        match self.wait(deadline) {
            Some(outcome) => outcome.map_err(RecvTimeoutError::from),
            None => Err(RecvTimeoutError::Timeout),
        }
    }

    fn wait(&mut self, deadline: Deadline) -> Option<Result<T, RecvError>> {
        let Share { record, cursor } = self.share;
        record.recv(cursor, priority::<P>(deadline), &mut |receiving| block_on::<P, _>(pin!(receiving), deadline))
    }
}

impl<T> Drop for Share<T> {
    fn drop(&mut self) {
        self.record.unsubscribe(self.cursor);
    }
}

impl<T, P> Clone for AnyConsumer<T, P> {
    fn clone(&self) -> Self {
        let Share { record, cursor } = self.share;
        record.share(cursor);
        Self { share: Share { record, cursor }, _port: PhantomData }
    }
}

impl<T, P> core::fmt::Debug for AnyConsumer<T, P> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("AnyConsumer").field("stats", &self.stats()).finish()
    }
}
