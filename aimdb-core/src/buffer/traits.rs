//! What storey 3 knows of a buffer: these two traits. A buffer of the user's own implements them;
//! so does every faster one that may come to stand beside [`super::HeapBuffer`].

use alloc::boxed::Box;
use core::any::Any;
use core::task::{Context, Poll};

use super::{
    BufferCfg, BufferMetrics, FlushFuture, NotReserved, PushFuture, ReaderMetrics, RecvError, SubscribeError,
    TryProduceError, TryRecvError,
};
use crate::pure::Start;
#[cfg(feature = "std")]
use crate::waiting::{Deadline, Outlook, Watched, look_for};

/// The shared end of a record's storage: values go in here, and readers are made here.
///
/// Only [`Buffer::push`] and [`Buffer::subscribe`] have no default; a buffer that always accepts
/// and overwrites needs no more. One that can refuse overrides [`Buffer::try_push`], and one that
/// can make its producer wait overrides [`Buffer::push_async`] too: the blocking `send` drives the
/// same future.
pub trait Buffer<T: Send + 'static>: Any + Send + Sync {
    /// Stores a value. Infallible; never blocks. A buffer that can refuse the value counts it and
    /// gives it to its drop hook.
    fn push(&self, value: T);

    /// Stores a value without waiting, or gives it back.
    ///
    /// The default delegates to [`Buffer::push`], which is right for a buffer that overwrites.
    ///
    /// # Errors
    ///
    /// The value, when the buffer is full and does not overwrite, or is closed.
    fn try_push(&self, value: T) -> Result<(), TryProduceError<T>> {
        self.push(value);
        Ok(())
    }

    /// Stores a value if that can be done at once, usually without a lock; else gives it back, which
    /// says nothing of the buffer and is not counted. What it displaces goes to the drop hook. The other
    /// calls begin with it where it helps; whoever implements a buffer need not.
    ///
    /// # Errors
    ///
    /// The value.
    fn push_at_once(&self, value: T) -> Result<(), T> {
        Err(value)
    }

    /// Stores a value, waiting for space if the buffer is one that makes its producer wait.
    ///
    /// The default delegates to [`Buffer::push`] and is ready at once.
    fn push_async(&self, value: T) -> PushFuture<'_, T> {
        self.push(value);
        PushFuture::ready(Ok(()))
    }

    /// Stores a value whatever happens and returns what it displaced. A displaced value that a
    /// reader is just cloning goes to the drop hook instead.
    ///
    /// # Errors
    ///
    /// The value, when the buffer is closed, is a rendezvous with no reader waiting, or has all its places kept.
    fn force_push(&self, value: T) -> Result<Option<T>, TryProduceError<T>> {
        self.try_push(value).map(|()| None)
    }

    /// As [`Buffer::force_push`], and gives what it displaces to the drop hook. The default drops it.
    ///
    /// # Errors
    ///
    /// Those of [`Buffer::force_push`].
    fn displace(&self, value: T) -> Result<(), TryProduceError<T>> {
        self.force_push(value).map(drop)
    }

    /// Keeps a place for a value to come, so that this will not be refused for want of one. False where values are
    /// never refused so, and nothing need be kept. Never waits. Whoever was told true ends it with
    /// [`Buffer::push_reserved`] or [`Buffer::unreserve`].
    ///
    /// # Errors
    ///
    /// Why none is kept. The default keeps none.
    fn reserve(&self) -> Result<bool, NotReserved> {
        Err(NotReserved::Unsupported)
    }

    /// Stores a value in a place that was kept for it. Never waits.
    ///
    /// # Errors
    ///
    /// The value, when the buffer was closed meanwhile, or there is no memory for it; its place is kept then.
    fn push_reserved(&self, value: T) -> Result<(), TryProduceError<T>> {
        self.try_push(value)
    }

    /// Lets go of a place that was kept, for the next sender.
    fn unreserve(&self) {}

    /// Gives a value that was refused, and that nobody is there to have back, to the drop hook. A buffer
    /// without one drops it.
    fn lose(&self, value: T) {
        drop(value);
    }

    /// Makes a new cursor.
    ///
    /// # Errors
    ///
    /// When the buffer cannot have one more.
    fn subscribe(&self, start: Start) -> Result<Box<dyn BufferReader<T>>, SubscribeError>;

    /// Refuses all values to come and wakes everyone who waits. Readers drain what is buffered.
    /// Idempotent; never blocks.
    fn close(&self) {}

    /// Closes, discards what is buffered and says how many values that were.
    fn abort(&self) -> usize {
        self.close();
        0
    }

    /// Whether the buffer was closed.
    fn is_closed(&self) -> bool {
        false
    }

    /// A clone of the current value, on a kind that has one.
    fn peek(&self) -> Option<T> {
        None
    }

    /// Ready when every value that was stored before the first poll has been consumed by every
    /// cursor that gates, or at once on a buffer without such cursors. A value that no cursor has
    /// yet come for is not consumed.
    fn flush(&self) -> FlushFuture<'_> {
        FlushFuture::ready()
    }

    /// As [`Buffer::flush`], and goes on when the buffer is closed, for as long as it has a cursor.
    fn drain(&self) -> FlushFuture<'_> {
        FlushFuture::ready()
    }

    /// Whether a value would be accepted now, where that can be told at a glance, without a lock:
    /// for a thread that looks a few times before it waits. A hint.
    fn has_room(&self) -> Option<bool> {
        None
    }

    /// Looks for room for a bounded while, no longer than until then, and says how it ended, `Open` when it saw
    /// some; for a thread that would have to wait. `None` where [`Buffer::has_room`] cannot tell, or to look is no use.
    #[cfg(feature = "std")]
    fn look_for_room(&self, until: Deadline) -> Option<Outlook> {
        self.has_room()?;
        let came = look_for(until, 1, || self.has_room().map(u64::from), || false);
        Some(if came { Outlook::Open } else { Outlook::Nothing })
    }

    /// What tells when a send would answer anything but "full", for whoever waits on many. `None` on a
    /// buffer that cannot.
    #[cfg(feature = "std")]
    fn watch_room(&self) -> Option<Box<dyn Watched>> {
        None
    }

    /// What the buffer is, if it is one of the four kinds.
    fn cfg(&self) -> Option<BufferCfg> {
        None
    }

    /// What it has counted, as one consistent snapshot.
    fn metrics(&self) -> BufferMetrics {
        BufferMetrics::default()
    }

    /// A number that is this buffer's alone while it lives; never 0.
    fn identity(&self) -> usize {
        core::ptr::from_ref(self).addr().max(1)
    }
}

/// One cursor of a buffer, or a share of one.
pub trait BufferReader<T: Send + 'static>: Any + Send {
    /// Takes the next value if there is one. Never waits.
    ///
    /// # Errors
    ///
    /// Why there is none.
    fn try_recv(&mut self) -> Result<T, TryRecvError>;

    /// Takes the next value, or arranges for the context's waker to be woken when there is one.
    fn poll_recv(&mut self, context: &mut Context<'_>) -> Poll<Result<T, RecvError>>;

    /// Whether there is something to read, where that can be told at a glance, without a lock: for a
    /// thread that looks a few times before it waits. A hint: true may mean only that something came
    /// since this reader last found nothing.
    fn has_value(&self) -> Option<bool> {
        None
    }

    /// Looks for a value for a bounded while, no longer than until then, and says whether it saw one; for
    /// a thread that would have to wait. `None` where [`BufferReader::has_value`] cannot tell.
    #[cfg(feature = "std")]
    fn look_for_value(&self, until: Deadline) -> Option<bool> {
        self.has_value()?;
        Some(look_for(until, 1, || self.has_value().map(u64::from), || false))
    }

    /// What tells when a read would answer anything but "empty", for whoever waits on many. It belongs to
    /// the cursor: once that has left, it is never ready. `None` on a buffer that cannot.
    #[cfg(feature = "std")]
    fn watch(&self) -> Option<Box<dyn Watched>> {
        None
    }

    /// Ends a wait that [`BufferReader::poll_recv`] began. A wake-up that came for it passes to the
    /// next reader that waits.
    fn cancel_recv(&mut self) {}

    /// Stands before the newest value, so that it is the next one to be read. Never waits; ends
    /// even under a producer that never pauses.
    fn skip_to_newest(&mut self) {}

    /// Another reader that shares this cursor: each value goes to one of them.
    ///
    /// # Errors
    ///
    /// When the buffer's cursors cannot be shared.
    fn share(&self) -> Result<Box<dyn BufferReader<T>>, SubscribeError>;

    /// What the cursor has counted.
    fn metrics(&self) -> ReaderMetrics {
        ReaderMetrics::default()
    }

    /// A number for the cursor that the buffer never uses again.
    fn id(&self) -> u64 {
        0
    }
}
