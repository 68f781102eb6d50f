//! A send that never waits, as a future.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use aimdb_core::buffer::{SendError, TryProduceError};

use crate::record::{Ops, Sending, Waiting};

/// A value on its way into a record whose sends never wait: ready when it is polled.
///
/// Dropping it drops the value, if it was not polled; [`Sending::cancel`] gives it back.
#[must_use = "nothing is sent until the future is polled"]
pub struct SendAtOnce<'a, R: Ops> {
    record: &'a R,
    value: Option<R::Value>,
}

impl<'a, R: Ops> SendAtOnce<'a, R> {
    pub(crate) const fn new(record: &'a R, value: R::Value) -> Self {
        Self { record, value: Some(value) }
    }
}

// The value is moved, wherever the future lies.
impl<R: Ops> Unpin for SendAtOnce<'_, R> {}

impl<R: Ops> Sending for SendAtOnce<'_, R> {
    type Value = R::Value;

    fn cancel(self: Pin<&mut Self>) -> Option<R::Value> {
        self.get_mut().value.take()
    }
}

impl<R: Ops> Waiting for SendAtOnce<'_, R> {
    fn set_priority(&mut self, _priority: u8) {}
}

impl<R: Ops> Future for SendAtOnce<'_, R> {
    type Output = Result<(), SendError<R::Value>>;

    fn poll(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        // A send that has ended stays pending, as a fused future would.
        let Some(value) = this.value.take() else { return Poll::Pending };
        Poll::Ready(at_once(this.record, value))
    }
}

/// Sends by a call that never waits.
pub(crate) fn at_once<R: Ops>(record: &R, value: R::Value) -> Result<(), SendError<R::Value>> {
    record.try_push(value).map_err(not_sent)
}

/// What a sender is told of a value that it would not have waited with.
pub(crate) fn not_sent<T>(refused: TryProduceError<T>) -> SendError<T> {
    match refused {
        TryProduceError::Full(value) => SendError::Full(value),
        TryProduceError::Closed(value) => SendError::Closed(value),
    }
}
