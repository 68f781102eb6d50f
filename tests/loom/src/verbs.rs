//! The calls of a buffer as scenarios write them: blocking through the model checker, and with the
//! number of a value in place of the value.

use core::future::Future;
use core::pin::{Pin, pin};
use core::task::{Context, Poll, Waker};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Wake;

use aimdb_core::buffer::{Buffer, BufferCfg, HeapBuffer, Reader, RecvError, SendError, SubscribeError, TryRecvError};
use aimdb_core::pure::Policy;

use crate::ledger::Tag;
use crate::schedule::block_on;

/// The buffer that a scenario is about.
pub type Tags = HeapBuffer<Tag>;

/// A buffer whose producers wait.
pub fn bounded(capacity: usize) -> Tags {
    buffer(&BufferCfg::Bounded { capacity, policy: Policy::PauseUpstream })
}

/// A buffer of any kind. Under loom it has no lane: scenarios of [`crate::lanes`] are about that.
pub fn buffer(cfg: &BufferCfg) -> Tags {
    let builder = HeapBuffer::builder(cfg);
    let builder = if cfg!(loom) { builder.reference() } else { builder };
    builder.build().expect("the scenarios describe buffers that can be made")
}

/// A mailbox whose two ends use a lane while nobody waits.
pub fn mailbox_with_lane() -> Tags {
    HeapBuffer::new(&BufferCfg::Mailbox).expect("the scenarios describe buffers that can be made")
}

/// A buffer that overwrites, whose ends use a lane while nobody waits.
pub fn overwriting_with_lane(cfg: &BufferCfg) -> Tags {
    HeapBuffer::new(cfg).expect("the scenarios describe buffers that can be made")
}

/// A buffer whose producers wait, and whose two ends use a lane while nobody does.
pub fn with_lane(capacity: usize) -> Tags {
    let cfg = BufferCfg::Bounded { capacity, policy: Policy::PauseUpstream };
    HeapBuffer::new(&cfg).expect("the scenarios describe buffers that can be made")
}

/// The same, whose lane is made by the end that comes first.
#[cfg(loom)]
pub fn with_late_lane(capacity: usize) -> Tags {
    let cfg = BufferCfg::Bounded { capacity, policy: Policy::PauseUpstream };
    HeapBuffer::builder(&cfg).late().build().expect("the scenarios describe buffers that can be made")
}

/// A ring of one value whose lane is made by the end that comes first.
#[cfg(loom)]
pub fn ring_with_late_lane() -> Tags {
    let cfg = BufferCfg::SpmcRing { capacity: 1 };
    HeapBuffer::builder(&cfg).late().build().expect("the scenarios describe buffers that can be made")
}

/// A reader with a cursor of its own.
pub fn reader(buffer: &Tags) -> Reader<Tag> {
    subscribed(buffer.reader())
}

/// Another reader of the same cursor.
pub fn share(reader: &Reader<Tag>) -> Reader<Tag> {
    subscribed(reader.share())
}

fn subscribed(reader: Result<Reader<Tag>, SubscribeError>) -> Reader<Tag> {
    reader.expect("buffers on the heap take any number of readers")
}

/// Sends, blocking. The number of the value that came back, if one did.
pub fn send(buffer: &Tags, value: Tag) -> Result<(), u32> {
    refused(block_on(buffer.push_async(value)))
}

/// What came back of a push, by its number; it can only be that the buffer is closed.
pub fn refused(outcome: Result<(), SendError<Tag>>) -> Result<(), u32> {
    outcome.map_err(|error| match error {
        SendError::Closed(value) => value.id,
        other => panic!("a paused producer is refused only by a close: {other:?}"),
    })
}

/// Receives, blocking.
pub fn recv(reader: &mut Reader<Tag>) -> Result<u32, RecvError> {
    block_on(reader.recv()).map(|value| value.id)
}

/// The newest value, as a consumer looks at it without the record's lock.
pub fn look<T: Send + 'static>(reader: &Reader<T>) -> Option<T> {
    reader.peek_at_once().or_else(|| reader.peek_by_call())
}

/// Receives without waiting.
pub fn try_recv(reader: &mut Reader<Tag>) -> Result<u32, TryRecvError> {
    reader.try_recv().map(|value| value.id)
}

/// Receives until the buffer is closed and drained; the values, in order.
pub fn drain(reader: &mut Reader<Tag>) -> Vec<u32> {
    let mut values = Vec::new();
    loop {
        match recv(reader) {
            Ok(value) => values.push(value),
            Err(RecvError::Lagged(_)) => {}
            Err(_) => return values,
        }
    }
}

/// Blocks until everything that was sent has been consumed.
pub fn flush(buffer: &Tags) {
    let _ = block_on(buffer.flush());
}

/// Polls once with a waker that does nothing.
pub fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Begins to receive and gives up: what came at the first look.
pub fn recv_and_cancel(reader: &mut Reader<Tag>) -> Option<u32> {
    match poll_once(pin!(reader.recv())) {
        Poll::Ready(outcome) => outcome.ok().map(|value| value.id),
        Poll::Pending => None,
    }
}

/// Begins to send and gives up. Whether the value was stored all the same.
pub fn send_and_cancel(buffer: &Tags, value: Tag) -> bool {
    let mut push = pin!(buffer.push_async(value));
    match poll_once(push.as_mut()) {
        Poll::Ready(outcome) => outcome.is_ok(),
        Poll::Pending => push.cancel().is_none(),
    }
}

/// Counts the wake-ups that arrive (contract W2). Not seen by the model checker.
#[derive(Clone, Default)]
pub struct Wakes(Arc<AtomicUsize>);

struct Counting {
    inner: Waker,
    wakes: Wakes,
}

impl Wake for Counting {
    fn wake(self: Arc<Self>) {
        self.wakes.0.fetch_add(1, Ordering::Relaxed);
        self.inner.wake_by_ref();
    }
}

impl Wakes {
    /// Wake-ups so far.
    pub fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// A waker that counts and wakes nobody.
    pub fn waker(&self) -> Waker {
        self.around(Waker::noop())
    }

    fn around(&self, inner: &Waker) -> Waker {
        Waker::from(Arc::new(Counting { inner: inner.clone(), wakes: self.clone() }))
    }

    /// Drives a future to its end, counting its wake-ups.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        block_on(core::future::poll_fn(|context| {
            future.as_mut().poll(&mut Context::from_waker(&self.around(context.waker())))
        }))
    }
}
