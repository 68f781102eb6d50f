//! The writing end of a record, for threads together.

use alloc::collections::VecDeque;
use core::fmt;
use core::ops::Deref;

use super::Producer;
use super::held::Held;
use crate::buffer::{CommonSender, TryProduceError};

/// A [`Producer`] that threads use together: `Send` and `Sync`. It knows the way to what it stores into; who owns
/// that, the calling thread or another, each call asks. Everything else it does as the producer that it is made of.
pub struct CommonProducer<T: Send + 'static> {
    /// Absent where the buffer is the user's own.
    sender: CommonSender<T>,
    producer: Producer<T>,
}

impl<T: Send + 'static> CommonProducer<T> {
    /// A producer of the same record for threads together.
    #[must_use]
    pub fn new(producer: Producer<T>) -> Self {
        let sender = match producer.held() {
            Held::Heap(heap) => heap.common_sender(),
            Held::Other(_) => CommonSender::absent(),
        };
        Self { sender, producer }
    }

    /// As [`LocalProducer::try_produce_or`](super::LocalProducer::try_produce_or).
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

    /// As [`LocalProducer::produce_or`](super::LocalProducer::produce_or).
    ///
    /// # Errors
    ///
    /// Those of `elsewhere`.
    #[inline(always)]
    pub fn produce_or<E>(&self, value: T, elsewhere: impl Fn(T) -> Result<(), E>) -> Result<(), E> {
        self.sender.push_or(value, elsewhere)
    }

    /// As [`Producer::try_produce`], for whoever has found that the value cannot be stored at once.
    ///
    /// # Errors
    ///
    /// The value, with the reason.
    #[inline]
    pub fn try_produce_elsewhere(&self, value: T) -> Result<(), TryProduceError<T>> {
        let stored = self.producer.try_produce(value);
        self.sender.find_the_way();
        stored
    }

    /// As [`LocalProducer::produce_if_room`](super::LocalProducer::produce_if_room).
    ///
    /// # Errors
    ///
    /// The value, which says nothing of the record.
    pub fn produce_if_room(&self, value: T) -> Result<(), T> {
        let stored = self.producer.produce_at_once(value).or_else(|value| self.producer.produce_if_room(value));
        self.sender.find_the_way();
        stored
    }

    /// As [`LocalProducer::produce_without_lock`](super::LocalProducer::produce_without_lock).
    ///
    /// # Errors
    ///
    /// The value, which says nothing of the record.
    pub fn produce_without_lock(&self, value: T) -> Result<(), T> {
        self.producer.produce_at_once(value)
    }

    /// As [`Producer::produce_many_at_once`].
    pub fn produce_many_at_once(&self, values: &mut VecDeque<T>) -> usize {
        self.producer.produce_many_at_once(values)
    }
}

impl<T: Send + 'static> Deref for CommonProducer<T> {
    type Target = Producer<T>;

    fn deref(&self) -> &Producer<T> {
        &self.producer
    }
}

impl<T: Send + 'static> fmt::Debug for CommonProducer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.producer.fmt(f)
    }
}
