//! Sending and flushing from a thread.

use core::future::Future;
use core::pin::pin;
use core::task::{Context, Poll, Waker};

use super::{Buffer, FlushError, SendError};
use crate::waiting::{About, Deadline, WaitsFor, block_on, serves, wait_on};

/// Stores a value, blocking the calling thread while the buffer lets its producer wait.
///
/// # Errors
///
/// The value, with the reason: refused, closed, or the deadline passed. A value for which room is
/// made when the deadline passes is stored.
pub fn send_blocking<T: Send + 'static>(
    buffer: &dyn Buffer<T>,
    value: T,
    deadline: Deadline,
) -> Result<(), SendError<T>> {
    match buffer.push_at_once(value) {
        Ok(()) => Ok(()),
        Err(value) => send_waiting(buffer, value, deadline),
    }
}

/// The rest of [`send_blocking`], for a value that [`Buffer::push_at_once`] gave back.
///
/// # Errors
///
/// Those of [`send_blocking`].
pub fn send_waiting<T: Send + 'static>(
    buffer: &dyn Buffer<T>,
    mut value: T,
    deadline: Deadline,
) -> Result<(), SendError<T>> {
    // Before it is known as one who waits, the thread looks for a while; not one that would wait for
    // itself.
    let mut looked = false;
    if !serves(buffer.identity())
        && let Some(room) = buffer.look_for_room(deadline)
    {
        looked = !room;
        value = match buffer.push_at_once(value) {
            Ok(()) => return Ok(()),
            Err(value) => value,
        };
    }
    let mut push = pin!(buffer.push_async(value));
    // Where there is room after all, the thread's waker is not needed.
    if let Poll::Ready(outcome) = push.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        return outcome;
    }
    let _about = About::enter(buffer.identity(), WaitsFor::Room);
    match wait_on(push.as_mut(), deadline, looked) {
        Some(outcome) => outcome,
        None => match push.cancel() {
            Some(value) => Err(SendError::Timeout(value)),
            None => Ok(()),
        },
    }
}

/// Blocks the calling thread until every value stored before has been consumed by each cursor that
/// gates. Returns at once on a kind whose cursors do not gate.
///
/// # Errors
///
/// When the deadline passes, or the buffer is closed, first.
pub fn flush_blocking<T: Send + 'static>(buffer: &dyn Buffer<T>, deadline: Deadline) -> Result<(), FlushError> {
    let _about = About::enter(buffer.identity(), WaitsFor::Flush);
    block_on(pin!(buffer.flush()), deadline).unwrap_or(Err(FlushError::Timeout))
}
