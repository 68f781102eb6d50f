//! The writing end of a record, for one thread at a time.

use alloc::collections::VecDeque;
use core::fmt;
use core::ops::Deref;

use super::Producer;
use super::held::Held;
use crate::buffer::{HeapSender, TryProduceError};

/// A [`Producer`] that one thread uses at a time: `Send`, and not `Sync`. What it stores goes the shortest
/// way there is, without asking which thread is calling. Everything else it does as the producer that it
/// is made of.
pub struct LocalProducer<T: Send + 'static> {
    /// Absent where the buffer is the user's own.
    sender: HeapSender<T>,
    producer: Producer<T>,
}

impl<T: Send + 'static> LocalProducer<T> {
    /// A producer of the same record for one thread at a time.
    #[must_use]
    pub fn new(producer: Producer<T>) -> Self {
        let sender = match producer.held() {
            Held::Heap(heap) => heap.sender(),
            Held::Other(_) => HeapSender::absent(),
        };
        Self { sender, producer }
    }

    /// As [`Producer::try_produce`].
    ///
    /// # Errors
    ///
    /// The value, with the reason. `Full` is transient, `Closed` terminal.
    #[inline(always)]
    pub fn try_produce(&self, value: T) -> Result<(), TryProduceError<T>> {
        self.try_produce_or(value, |value| Err(TryProduceError::Full(value)), |value| self.try_produce_elsewhere(value))
    }

    /// Stores a value, where that takes a few instructions and the calling process is the one that this producer was
    /// used in before; else `elsewhere` has to, or `full` says so.
    ///
    /// # Errors
    ///
    /// Those of the two.
    #[inline(always)]
    pub fn try_produce_or<E>(
        &self,
        value: T,
        full: impl FnOnce(T) -> Result<(), E>,
        elsewhere: impl FnOnce(T) -> Result<(), E>,
    ) -> Result<(), E> {
        self.sender.try_push_or(value, full, elsewhere)
    }

    /// The same for a call that may wait: a value for which there is no room goes `elsewhere`, too, and is not counted; and
    /// so does one on a thread that may not block, where somebody may wait for room.
    ///
    /// # Errors
    ///
    /// Those of `elsewhere`.
    #[inline(always)]
    pub fn produce_or<E>(&self, value: T, elsewhere: impl Fn(T) -> Result<(), E>) -> Result<(), E> {
        self.sender.push_or(value, elsewhere)
    }

    /// The same for a value that went elsewhere from there, as it does where that takes a look at the
    /// other end, or several senders have the record in turn.
    ///
    /// # Errors
    ///
    /// The value, which says nothing of the record and is not counted.
    #[inline(always)]
    pub fn produce_looking(&self, value: T) -> Result<(), T> {
        self.sender.push_looking(value)
    }

    /// As [`LocalProducer::try_produce`], for whoever has found that the value cannot be stored at once.
    ///
    /// # Errors
    ///
    /// The value, with the reason.
    #[inline(never)]
    pub fn try_produce_elsewhere(&self, value: T) -> Result<(), TryProduceError<T>> {
        match self.producer.held() {
            Held::Heap(_) => self.sender.try_push_elsewhere(value),
            Held::Other(buffer) => buffer.try_push(value),
        }
    }

    /// Stores a value, where that takes a few instructions; else gives it back, which says nothing of the
    /// record and is not counted.
    ///
    /// # Errors
    ///
    /// The value.
    #[inline(always)]
    pub fn produce_at_once(&self, value: T) -> Result<(), T> {
        self.sender.push_at_once(value)
    }

    /// The same for a value that came back: also where that takes more, or the record's lock.
    ///
    /// # Errors
    ///
    /// The value, which still says nothing of the record.
    pub fn produce_if_room(&self, value: T) -> Result<(), T> {
        match self.producer.held() {
            Held::Heap(_) => self.sender.push_if_room(value),
            Held::Other(buffer) => buffer.push_at_once(value),
        }
    }

    /// Stores a value where that takes no lock; else gives it back, likewise.
    ///
    /// # Errors
    ///
    /// The value.
    pub fn produce_without_lock(&self, value: T) -> Result<(), T> {
        match self.producer.held() {
            Held::Heap(_) => self.sender.push_without_lock(value),
            Held::Other(buffer) => buffer.push_at_once(value),
        }
    }

    /// As [`Producer::produce_many_at_once`].
    pub fn produce_many_at_once(&self, values: &mut VecDeque<T>) -> usize {
        self.sender.push_many_at_once(values)
    }
}

impl<T: Send + 'static> Deref for LocalProducer<T> {
    type Target = Producer<T>;

    fn deref(&self) -> &Producer<T> {
        &self.producer
    }
}

impl<T: Send + 'static> Clone for LocalProducer<T> {
    fn clone(&self) -> Self {
        Self::new(self.producer.clone())
    }
}

impl<T: Send + 'static> fmt::Debug for LocalProducer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.producer.fmt(f)
    }
}
