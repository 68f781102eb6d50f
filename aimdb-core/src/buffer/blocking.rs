//! Sending and flushing from a thread.

use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::{Context, Poll, Waker};

use super::{Buffer, FlushError, NotReserved, SendError};
use crate::waiting::{About, Deadline, Outlook, WaitsFor, block_on, serves, wait_on};

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
    value: T,
    deadline: Deadline,
) -> Result<(), SendError<T>> {
    send_waiting_with(buffer, value, deadline, |value| buffer.push_at_once(value))
}

/// The same for a handle that stores in a way of its own, `at_once`: what the thread would do instead takes the end of
/// the buffer's lane away from the handle, and after a few such waits nobody owns it.
///
/// # Errors
///
/// Those of [`send_blocking`].
pub fn send_waiting_with<T: Send + 'static>(
    buffer: &dyn Buffer<T>,
    mut value: T,
    deadline: Deadline,
    at_once: impl Fn(T) -> Result<(), T>,
) -> Result<(), SendError<T>> {
    // Before it is known as one who waits, the thread looks for a while; not one that would wait for
    // itself.
    let mut looked = Outlook::Open;
    if !serves(buffer.identity())
        && let Some(room) = buffer.look_for_room(deadline)
    {
        looked = room;
        value = match at_once(value) {
            Ok(()) => return Ok(()),
            Err(value) => value,
        };
    }
    let mut push = pin!(buffer.push_async(value).offered());
    // Where there is room after all, the thread's waker is not needed.
    if looked != Outlook::Crowd
        && let Poll::Ready(outcome) = push.as_mut().poll(&mut Context::from_waker(Waker::noop()))
    {
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

/// Keeps a place for a value to come, blocking the calling thread until there is one: see [`Buffer::reserve`]. It stands
/// behind the senders that wait, whose values come first. Allocates where it has to wait.
///
/// # Errors
///
/// Why none is kept; [`NotReserved::Full`] when the deadline passed.
pub fn reserve_blocking<T: Send + 'static>(buffer: &dyn Buffer<T>, deadline: Deadline) -> Result<bool, NotReserved> {
    let reserved = buffer.reserve();
    if reserved != Err(NotReserved::Full) || deadline == Deadline::At(0) {
        return reserved;
    }
    let Some(room) = buffer.watch_room() else { return Err(NotReserved::Unsupported) };
    let _about = About::enter(buffer.identity(), WaitsFor::Room);
    let kept = poll_fn(|context| {
        let reserved = buffer.reserve();
        if reserved != Err(NotReserved::Full) {
            return Poll::Ready(reserved);
        }
        if room.poll_ready(context.waker()) {
            // There was room, and another sender took it; or there is some now.
            context.waker().wake_by_ref();
        }
        Poll::Pending
    });
    let kept = block_on(pin!(kept), deadline);
    room.cancel();
    kept.unwrap_or(Err(NotReserved::Full))
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

/// As [`flush_blocking`], and goes on when the buffer is closed: [`Buffer::drain`].
///
/// # Errors
///
/// When the deadline passes first, or nobody is left to consume the values.
pub fn drain_blocking<T: Send + 'static>(buffer: &dyn Buffer<T>, deadline: Deadline) -> Result<(), FlushError> {
    let _about = About::enter(buffer.identity(), WaitsFor::Flush);
    block_on(pin!(buffer.drain()), deadline).unwrap_or(Err(FlushError::Timeout))
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;
    use crate::buffer::{BufferCfg, HeapBuffer};
    use crate::pure::Policy;

    #[test]
    fn w5_a_sender_that_looks_for_room_knows_a_crowd() {
        let cfg = BufferCfg::Bounded { capacity: 4, policy: Policy::PauseUpstream };
        let buffer = HeapBuffer::<u64>::new(&cfg).expect("a sound description");
        let mut reader = buffer.reader().expect("a cursor");
        let look = || Buffer::look_for_room(&buffer, Deadline::Never);
        (0..4).for_each(|value| buffer.push(value));
        assert_eq!(look(), Some(Outlook::Nothing), "nobody else wants room");

        let mut context = Context::from_waker(Waker::noop());
        let mut waiting = pin!(buffer.push_async(4));
        assert!(waiting.as_mut().poll(&mut context).is_pending());
        assert_eq!(look(), Some(Outlook::Crowd), "somebody stands in the queue");
        assert_eq!(reader.try_recv(), Ok(0));
        assert_eq!(look(), Some(Outlook::Crowd), "it was served, and has yet to come back");
        assert_eq!(waiting.as_mut().poll(&mut context), Poll::Ready(Ok(())));
        assert_eq!(look(), Some(Outlook::Nothing));

        assert_eq!(reader.try_recv(), Ok(1));
        assert!(matches!(look(), None | Some(Outlook::Open)), "there is room");
        assert_eq!(buffer.push_if_room(5), Ok(()));
    }
}
