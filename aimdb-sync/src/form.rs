//! The two forms of a producer: for one thread at a time, and for threads together.

use std::collections::VecDeque;

use aimdb_core::buffer::TryProduceError;
use aimdb_core::{CommonProducer, LocalProducer, Producer};

/// Marks a producer that belongs to one thread at a time: `Send`, and not `Sync`.
#[derive(Debug)]
pub struct Local(());

/// Marks a producer that threads may use together: `Send` and `Sync`.
#[derive(Debug)]
pub struct Shared(());

mod sealed {
    /// The forms are these two.
    pub trait Form {}
    impl Form for super::Local {}
    impl Form for super::Shared {}
}

/// Who comes with a producer, as the record is told: [`Local`] or [`Shared`].
pub trait Form: sealed::Form {
    /// How one of this form holds its record.
    #[doc(hidden)]
    type End<T: Send + 'static>: End<T>;
}

impl Form for Local {
    type End<T: Send + 'static> = LocalProducer<T>;
}

impl Form for Shared {
    type End<T: Send + 'static> = CommonProducer<T>;
}

/// What the two forms do each in its way.
#[doc(hidden)]
pub trait End<T: Send + 'static> {
    fn of(producer: &Producer<T>) -> Self;

    /// The record's producer, for all that they do alike.
    fn producer(&self) -> &Producer<T>;

    /// Stores a value, where that takes a few instructions; else `elsewhere` has to, or `full` says so. Where the
    /// process is another by now, it goes elsewhere.
    fn try_produce_or<E>(
        &self,
        value: T,
        full: impl FnOnce(T) -> Result<(), E>,
        elsewhere: impl FnOnce(T) -> Result<(), E>,
    ) -> Result<(), E>;

    /// The same for a call that may wait: a value for which there is no room goes `elsewhere`, too, and is not counted; and
    /// so does one on a thread that may not block, where somebody may wait for room.
    fn produce_or<E>(&self, value: T, elsewhere: impl Fn(T) -> Result<(), E>) -> Result<(), E>;

    /// Stores a value that went elsewhere from a call that may wait, where that takes a look at the other end, or several
    /// senders have the record in turn; or gives it back.
    fn produce_looking(&self, value: T) -> Result<(), T>;

    /// Stores a value that went elsewhere, or gives it back.
    fn try_produce_elsewhere(&self, value: T) -> Result<(), TryProduceError<T>>;

    /// The same, where what comes back says nothing of the record and is not counted.
    fn produce_if_room(&self, value: T) -> Result<(), T>;

    /// Stores a value where that takes no lock, or gives it back, likewise.
    fn produce_without_lock(&self, value: T) -> Result<(), T>;

    fn produce_many_at_once(&self, values: &mut VecDeque<T>) -> usize;
}

impl<T: Send + 'static> End<T> for LocalProducer<T> {
    fn of(producer: &Producer<T>) -> Self {
        Self::new(producer.clone())
    }

    fn producer(&self) -> &Producer<T> {
        self
    }

    #[inline(always)]
    fn try_produce_or<E>(
        &self,
        value: T,
        full: impl FnOnce(T) -> Result<(), E>,
        elsewhere: impl FnOnce(T) -> Result<(), E>,
    ) -> Result<(), E> {
        Self::try_produce_or(self, value, full, elsewhere)
    }

    #[inline(always)]
    fn produce_or<E>(&self, value: T, elsewhere: impl Fn(T) -> Result<(), E>) -> Result<(), E> {
        Self::produce_or(self, value, elsewhere)
    }

    #[inline(always)]
    fn produce_looking(&self, value: T) -> Result<(), T> {
        Self::produce_looking(self, value)
    }

    #[inline]
    fn try_produce_elsewhere(&self, value: T) -> Result<(), TryProduceError<T>> {
        Self::try_produce_elsewhere(self, value)
    }

    fn produce_if_room(&self, value: T) -> Result<(), T> {
        Self::produce_if_room(self, value)
    }

    fn produce_without_lock(&self, value: T) -> Result<(), T> {
        Self::produce_without_lock(self, value)
    }

    fn produce_many_at_once(&self, values: &mut VecDeque<T>) -> usize {
        Self::produce_many_at_once(self, values)
    }
}

impl<T: Send + 'static> End<T> for CommonProducer<T> {
    fn of(producer: &Producer<T>) -> Self {
        Self::new(producer.clone())
    }

    fn producer(&self) -> &Producer<T> {
        self
    }

    #[inline(always)]
    fn try_produce_or<E>(
        &self,
        value: T,
        full: impl FnOnce(T) -> Result<(), E>,
        elsewhere: impl FnOnce(T) -> Result<(), E>,
    ) -> Result<(), E> {
        Self::try_produce_or(self, value, full, elsewhere)
    }

    #[inline(always)]
    fn produce_or<E>(&self, value: T, elsewhere: impl Fn(T) -> Result<(), E>) -> Result<(), E> {
        Self::produce_or(self, value, elsewhere)
    }

    #[inline(always)]
    fn produce_looking(&self, value: T) -> Result<(), T> {
        Err(value)
    }

    #[inline]
    fn try_produce_elsewhere(&self, value: T) -> Result<(), TryProduceError<T>> {
        Self::try_produce_elsewhere(self, value)
    }

    fn produce_if_room(&self, value: T) -> Result<(), T> {
        Self::produce_if_room(self, value)
    }

    fn produce_without_lock(&self, value: T) -> Result<(), T> {
        Self::produce_without_lock(self, value)
    }

    fn produce_many_at_once(&self, values: &mut VecDeque<T>) -> usize {
        Self::produce_many_at_once(self, values)
    }
}
