//! A consumer that feeds a crossbeam channel, to stand in a `select!` beside others.

use std::error::Error;
use std::fmt;
use std::io;
use std::ops::Deref;
use std::sync::Arc;

use aimdb_core::buffer::{RecvError, TryRecvError};
use crossbeam_channel::{Receiver, Sender, bounded};

use crate::thread::spawn;
use crate::{SyncConsumer, WaitSet};

/// The receiving end of a crossbeam channel that a consumer feeds; see [`SyncConsumer::into_crossbeam`].
///
/// It is a [`Receiver`] in all but its end: when the last clone of it is dropped, so is the consumer. A
/// receiver that was cloned out of it (`Receiver::clone(&feed)`) does not count.
pub struct Feed<T: Send + 'static> {
    receiver: Receiver<Result<T, RecvError>>,
    // After the receiver, on which the thread may wait for room.
    end: Arc<End>,
}

/// Ends the thread, which waits for its record in this set.
struct End(Arc<WaitSet>);

impl Drop for End {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// A consumer that feeds nothing, with the reason.
pub struct FeedError<T: Send + 'static> {
    /// The consumer, as it was.
    pub consumer: Box<SyncConsumer<T>>,
    /// What the operating system said, or what is wrong with the call.
    pub error: io::Error,
}

impl<T: Send + 'static> SyncConsumer<T> {
    /// Has a thread, named after the record, receive and hand on to a crossbeam channel of this capacity,
    /// so that the record can stand in a `crossbeam_channel::select!`. The channel brings values, and
    /// [`RecvError::Lagged`] for what was missed; it is disconnected when the record is closed and drained.
    ///
    /// What is in the channel, and one value that waits for room there, has left the record: it counts as
    /// delivered, and goes with the last [`Feed`]. Backpressure reaches the producers when both are full.
    /// Prefer [`WaitSet`] where no channel is to be waited for: there no value crosses a third thread.
    /// Allocates; never blocks. The thread ends with the record or the last [`Feed`], and no shutdown waits
    /// for it.
    ///
    /// ```
    /// # use aimdb_sync::{AimDbBuilder, Attach};
    /// # use crossbeam_channel::{never, select};
    /// # let mut builder = AimDbBuilder::new();
    /// # builder.configure::<u32>("jobs", |record| { record.bounded(8); });
    /// # let handle = builder.attach()?;
    /// let jobs = handle.consumer::<u32>("jobs")?.into_crossbeam(8)?;
    /// let signals = never::<()>();
    /// handle.producer::<u32>("jobs")?.send(5)?;
    /// select! {
    ///     recv(jobs) -> job => assert_eq!(job?, Ok(5)),
    ///     recv(signals) -> _ => {}
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The consumer, when there is no memory or no thread, in a forked child, and on a buffer of the user's
    /// own that cannot be watched.
    pub fn into_crossbeam(self, capacity: usize) -> Result<Feed<T>, FeedError<T>> {
        let set = Arc::new(WaitSet::new());
        let added = set.add_consumer(&self, 0).map_err(io::Error::other);
        if let Err(error) = added.and(has_memory::<T>(capacity)) {
            return Err(FeedError { consumer: Box::new(self), error });
        }
        let end = Arc::new(End(Arc::clone(&set)));
        let (sender, receiver) = bounded(capacity);
        // The consumer comes to its thread when there is one.
        let (hand_over, handed_over) = bounded(1);
        let work = move || {
            if let Ok(consumer) = handed_over.recv() {
                feed(consumer, &set, &sender);
            }
        };
        if let Err(error) = spawn(&format!("{}/crossbeam", self.key()), 0, work) {
            return Err(FeedError { consumer: Box::new(self), error });
        }
        // The thread waits for it, with room for one.
        let _ = hand_over.send(self);
        Ok(Feed { receiver, end })
    }
}

/// Whether there is memory for so many values in a channel, which would end the process if there is not.
fn has_memory<T>(capacity: usize) -> io::Result<()> {
    let mut places: Vec<(usize, Result<T, RecvError>)> = Vec::new();
    places.try_reserve_exact(capacity).map_err(|_| io::ErrorKind::OutOfMemory.into())
}

fn feed<T: Send + 'static>(mut consumer: SyncConsumer<T>, set: &WaitSet, sender: &Sender<Result<T, RecvError>>) {
    // Ends with the record, or when nobody is left to be told.
    loop {
        let next = match consumer.try_recv() {
            Ok(value) => Ok(value),
            Err(TryRecvError::Lagged(lag)) => Err(RecvError::Lagged(lag)),
            Err(TryRecvError::Empty) => match set.wait(&mut [0]) {
                Ok(_) => continue,
                Err(_closed) => return,
            },
            Err(TryRecvError::Closed | TryRecvError::Misuse(_)) => return,
        };
        if sender.send(next).is_err() {
            return;
        }
    }
}

impl<T: Send + 'static> Deref for Feed<T> {
    type Target = Receiver<Result<T, RecvError>>;

    fn deref(&self) -> &Self::Target {
        &self.receiver
    }
}

impl<T: Send + 'static> Clone for Feed<T> {
    fn clone(&self) -> Self {
        Self { receiver: self.receiver.clone(), end: Arc::clone(&self.end) }
    }
}

impl<T: Send + 'static> fmt::Debug for Feed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed").field("waiting", &self.receiver.len()).finish_non_exhaustive()
    }
}

impl<T: Send + 'static> fmt::Debug for FeedError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FeedError").field("error", &self.error).finish_non_exhaustive()
    }
}

impl<T: Send + 'static> fmt::Display for FeedError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no channel is fed from `{}`: {}", self.consumer.key(), self.error)
    }
}

impl<T: Send + 'static> Error for FeedError<T> {}
