//! Reading in a loop.

use std::fmt;
use std::iter::FusedIterator;

use aimdb_core::buffer::{RecvError, TryRecvError};

use crate::SyncConsumer;

/// Takes values and waits for more; see [`SyncConsumer::iter`].
pub struct Iter<'a, T: Send + 'static> {
    consumer: &'a mut SyncConsumer<T>,
    before: u64,
    end: Option<RecvError>,
}

impl<'a, T: Send + 'static> Iter<'a, T> {
    pub(crate) const fn new(consumer: &'a mut SyncConsumer<T>) -> Self {
        let before = consumer.lost();
        Self { consumer, before, end: None }
    }

    /// Values that this iterator skipped because they were overwritten.
    #[must_use]
    pub const fn lost(&self) -> u64 {
        self.consumer.lost() - self.before
    }

    /// Why it ended, if it did: the record is closed and drained, or the call must not be made here.
    #[must_use]
    pub const fn end(&self) -> Option<RecvError> {
        self.end
    }
}

impl<'a, T: Send + 'static> IntoIterator for &'a mut SyncConsumer<T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<T: Send + 'static> Iterator for Iter<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        while self.end.is_none() {
            match self.consumer.recv() {
                Ok(value) => return Some(value),
                Err(RecvError::Lagged(lag)) => self.consumer.lose(lag),
                Err(end) => self.end = Some(end),
            }
        }
        None
    }
}

impl<T: Send + 'static> FusedIterator for Iter<'_, T> {}

impl<T: Send + 'static> fmt::Debug for Iter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Iter").field("consumer", self.consumer).field("end", &self.end).finish_non_exhaustive()
    }
}

/// Takes the values that are there; see [`SyncConsumer::try_iter`].
pub struct TryIter<'a, T: Send + 'static> {
    consumer: &'a mut SyncConsumer<T>,
    before: u64,
}

impl<'a, T: Send + 'static> TryIter<'a, T> {
    pub(crate) const fn new(consumer: &'a mut SyncConsumer<T>) -> Self {
        let before = consumer.lost();
        Self { consumer, before }
    }

    /// Values that this iterator skipped because they were overwritten.
    #[must_use]
    pub const fn lost(&self) -> u64 {
        self.consumer.lost() - self.before
    }
}

impl<T: Send + 'static> Iterator for TryIter<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        // A further turn means that the producer has just overwritten what was there.
        loop {
            match self.consumer.try_recv() {
                Ok(value) => return Some(value),
                Err(TryRecvError::Lagged(lag)) => self.consumer.lose(lag),
                Err(TryRecvError::Empty | TryRecvError::Closed | TryRecvError::Misuse(_)) => return None,
            }
        }
    }
}

impl<T: Send + 'static> fmt::Debug for TryIter<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TryIter").field("consumer", self.consumer).finish_non_exhaustive()
    }
}
