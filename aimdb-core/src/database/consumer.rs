//! The reading end of a record.

use alloc::boxed::Box;
use core::fmt;
use core::future::Future;
use core::panic::Location;

use super::cursor_label::{CursorLabel, Named};
use super::next_value::NextValue;
use super::record::{Record, Shared};
use super::{DbError, DbResult, RecordKey};
use crate::buffer::{BufferReader, Reader, ReaderMetrics};
use crate::pure::Start;

/// Reads a record, through a cursor that it owns or shares.
///
/// [`Consumer::share`] gives a second consumer of the *same* cursor: each value goes to one of
/// them, as in a work queue. [`Consumer::subscribe`] gives one with a cursor of its own: each
/// value goes to both. On a `Mailbox` all consumers share.
///
/// Reading takes `&mut self`; a consumer may move between threads and tasks. Dropping it lets go
/// of what it held back, at once.
pub struct Consumer<T: Send + 'static> {
    pub(super) reader: Reader<T>,
    pub(super) named: Named<T>,
    /// Values read in a row since other tasks last had their turn.
    pub(super) burst: u8,
}

impl<T: Send + 'static> Consumer<T> {
    pub(super) fn new(record: Shared<T>, reader: Box<dyn BufferReader<T>>, label: CursorLabel) -> Self {
        let reader = Reader::new(reader);
        let named = Named::new(record, reader.id(), label);
        Self { reader, named, burst: 0 }
    }

    /// Waits for the next value. Dropping the future loses nothing. After 128 values, which is Tokio's
    /// budget for a poll, it lets other tasks have their turn, so a record that is never empty keeps no thread to itself.
    ///
    /// # Errors
    ///
    /// [`DbError::BufferLagged`] once after values were missed, then it goes on;
    /// [`DbError::BufferClosed`] when the record is closed and drained.
    #[inline]
    pub fn recv(&mut self) -> impl Future<Output = DbResult<T>> + Send {
        NextValue::of(self)
    }

    /// Takes the next value if there is one. Never waits.
    ///
    /// # Errors
    ///
    /// [`DbError::BufferEmpty`], and those of [`Consumer::recv`].
    pub fn try_recv(&mut self) -> DbResult<T> {
        self.reader.try_recv().map_err(|error| DbError::from(error).of_record(&self.named.record.key))
    }

    /// Takes the newest value and skips what lies before it; waits only if there is none. Lag is
    /// counted, not told. Dropping the future loses nothing.
    ///
    /// # Errors
    ///
    /// [`DbError::BufferClosed`] when the record is closed and drained.
    pub async fn latest(&mut self) -> DbResult<T> {
        // Each turn but the last found nothing newer than what was overwritten meanwhile.
        loop {
            match self.try_latest() {
                Err(DbError::BufferEmpty | DbError::BufferLagged { .. }) => {}
                other => return other,
            }
            match self.recv().await {
                // More may have come with it; if not, or if it is gone again, it is the newest.
                Ok(value) => return Ok(self.try_latest().unwrap_or(value)),
                Err(DbError::BufferLagged { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Takes the newest value, skipping what lies before it, if there is one that this cursor has
    /// not seen. Never waits; ends even under a producer that never pauses.
    ///
    /// # Errors
    ///
    /// [`DbError::BufferEmpty`], [`DbError::BufferClosed`].
    pub fn try_latest(&mut self) -> DbResult<T> {
        self.reader.try_latest().map_err(|error| DbError::from(error).of_record(&self.named.record.key))
    }

    /// A clone of the current value (`SingleLatest`) or the pending one (`Mailbox`), which stays.
    /// The other kinds have none.
    #[must_use]
    #[inline]
    pub fn peek(&self) -> Option<T> {
        #[cfg(feature = "std")]
        if let Some(value) = self.reader.peek_at_once().or_else(|| self.reader.peek_by_call()) {
            return Some(value);
        }
        Record::buffer_of(&self.named.record).peek()
    }

    /// Another consumer of this cursor: each value goes to one of them.
    ///
    /// # Errors
    ///
    /// When a buffer of the user's own cannot share its cursors.
    pub fn share(&self) -> DbResult<Self> {
        let reader = self.reader.share()?;
        Ok(Self { reader, named: self.named.clone(), burst: 0 })
    }

    /// A consumer with a cursor of its own, which starts as a new one does on this kind.
    ///
    /// # Errors
    ///
    /// When the record's values cannot be cloned, so that it has one cursor.
    #[track_caller]
    pub fn subscribe(&self) -> DbResult<Self> {
        let label = CursorLabel::Consumer(Location::caller());
        Ok(Record::subscribe(&self.named.record, Start::Live, label)?)
    }

    /// The record's key.
    #[must_use]
    pub fn key(&self) -> &RecordKey {
        &self.named.record.key
    }

    /// What the cursor has counted.
    #[must_use]
    pub fn stats(&self) -> ReaderMetrics {
        self.reader.metrics()
    }

    /// Whether the record was closed; what is buffered can still be read.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.named.record.is_closed()
    }

    /// What tells when a read would find anything; see [`Reader::watch`].
    #[cfg(feature = "std")]
    #[must_use]
    pub fn watch(&self) -> Option<Box<dyn crate::waiting::Watched>> {
        self.reader.watch()
    }

    /// See [`Reader::has_untold_lag`].
    #[must_use]
    pub const fn has_untold_lag(&self) -> bool {
        self.reader.has_untold_lag()
    }

    /// The reader, for the forms of looking that are not here.
    #[inline]
    #[must_use]
    pub const fn reader(&self) -> &Reader<T> {
        &self.reader
    }

    /// The reader, for the forms of reading that are not here.
    #[inline]
    pub fn reader_mut(&mut self) -> &mut Reader<T> {
        &mut self.reader
    }
}

#[cfg(feature = "std")]
mod blocking {
    use super::Consumer;
    use crate::buffer::{Misuse, RecvTimeoutError};
    use crate::waiting::{About, Deadline, WaitsFor, may_block};

    impl<T: Send + 'static> Consumer<T> {
        /// Says that the calling thread is about to wait for a value of this record, until that is dropped; see
        /// [`AimDb::blocked`](crate::AimDb::blocked).
        #[must_use]
        pub fn about_to_wait(&self) -> About {
            About::enter(self.named.record.identity(), WaitsFor::Value)
        }

        /// Blocks the calling thread until there is a value or the deadline passes. For
        /// `tap_blocking`.
        ///
        /// # Errors
        ///
        /// Why there is no value; [`Misuse::RuntimeThread`] inside an async service.
        pub fn recv_blocking(&mut self, deadline: Deadline) -> Result<T, RecvTimeoutError> {
            if !may_block() {
                return Err(RecvTimeoutError::Misuse(Misuse::RuntimeThread));
            }
            let _about = self.about_to_wait();
            self.reader.recv_blocking(deadline)
        }
    }
}

impl<T: Send + 'static> fmt::Debug for Consumer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let label = self.named.label();
        let name: &dyn fmt::Display = label.as_ref().map_or(&"without a name", |label| label);
        f.debug_struct("Consumer")
            .field("key", &self.named.record.key)
            .field("cursor", &format_args!("{name}"))
            .field("stats", &self.stats())
            .finish()
    }
}

#[cfg(all(test, feature = "std", not(any(loom, shuttle))))]
mod tests {
    use super::super::rig::{poll_once, single, wait};
    use super::*;
    use crate::buffer::BufferCfg;
    use core::pin::pin;
    use core::task::Poll;

    #[test]
    fn s7_an_async_reader_reads_as_the_buffer_guide_says() {
        let db = single::<u32>(|record| {
            record.buffer(BufferCfg::SpmcRing { capacity: 3 });
        });
        let mut consumer = db.consumer::<u32>("a").expect("it is there");
        let producer = db.producer::<u32>("a").expect("it is there");
        assert_eq!(consumer.try_recv(), Err(DbError::BufferEmpty));
        (0..10).for_each(|value| producer.produce(value));
        let mut values = alloc::vec::Vec::new();
        let lagged = loop {
            match wait(consumer.recv()) {
                Ok(value) => values.push(value),
                Err(DbError::BufferLagged { lag_count, .. }) => {
                    assert_eq!((lag_count, values.len()), (7, 0));
                    producer.close();
                }
                Err(error) => break error,
            }
        };
        assert_eq!(values, [7, 8, 9]);
        assert_eq!(lagged, DbError::BufferClosed { key: Some("a".into()) });
        assert!(consumer.is_closed());
    }

    #[test]
    fn w7_a_record_that_is_never_empty_lets_other_tasks_have_their_turn() {
        let db = single::<u32>(|record| {
            record.bounded(400);
        });
        let mut consumer = db.consumer::<u32>("a").expect("it is there");
        let producer = db.producer::<u32>("a").expect("it is there");
        (0..400).for_each(|value| producer.produce(value));
        let mut read_all = pin!(async {
            for value in 0..400 {
                assert_eq!(consumer.recv().await, Ok(value));
            }
        });
        let mut turns = 1;
        while poll_once(read_all.as_mut()).is_pending() {
            turns += 1;
        }
        assert_eq!(turns, 4, "128, 128, 128 and 16 values");
    }

    #[test]
    fn w7_a_task_that_waited_does_not_give_its_turn_away_once_more() {
        let db = single::<u32>(|record| {
            record.bounded(200);
        });
        let mut consumer = db.consumer::<u32>("a").expect("it is there");
        let producer = db.producer::<u32>("a").expect("it is there");
        (0..100).for_each(|value| producer.produce(value));
        let mut read_all = pin!(async {
            for value in 0..228 {
                assert_eq!(consumer.recv().await, Ok(value));
            }
        });
        assert!(poll_once(read_all.as_mut()).is_pending(), "it waits for the 101st value");
        (100..228).for_each(|value| producer.produce(value));
        assert!(poll_once(read_all).is_ready(), "128 values since it waited");
    }

    #[test]
    fn k4_subscribing_again_makes_a_cursor_and_sharing_does_not() {
        let db = single::<u32>(|record| {
            record.bounded(4);
        });
        let mut one = db.consumer::<u32>("a").expect("it is there");
        let mut shared = one.share().expect("it can be shared");
        let mut other = one.subscribe().expect("there is room");
        let producer = db.producer::<u32>("a").expect("it is there");
        producer.produce(1);
        producer.produce(2);
        assert_eq!((one.try_recv(), shared.try_recv()), (Ok(1), Ok(2)));
        assert_eq!((other.try_recv(), other.try_recv()), (Ok(1), Ok(2)));
        assert_eq!(one.stats().id, shared.stats().id);
        assert_ne!(one.stats().id, other.stats().id);
        assert_eq!(other.key(), "a");
    }

    #[test]
    fn s7_latest_skips_to_the_newest_and_waits_only_for_the_first() {
        let db = single::<u32>(|record| {
            record.buffer(BufferCfg::SpmcRing { capacity: 16 });
        });
        let mut consumer = db.consumer::<u32>("a").expect("it is there");
        let producer = db.producer::<u32>("a").expect("it is there");
        {
            let mut waits = pin!(consumer.latest());
            assert!(poll_once(waits.as_mut()).is_pending());
            (0..10).for_each(|value| producer.produce(value));
            assert_eq!(poll_once(waits), Poll::Ready(Ok(9)));
        }
        assert_eq!(consumer.try_latest(), Err(DbError::BufferEmpty));
        producer.produce(10);
        producer.produce(11);
        assert_eq!(consumer.try_latest(), Ok(11));
        producer.close();
        assert!(matches!(wait(consumer.latest()), Err(DbError::BufferClosed { .. })));
    }

    #[test]
    fn s7_peek_leaves_the_value_where_it_is() {
        let db = single::<u32>(|record| {
            record.buffer(BufferCfg::SingleLatest);
        });
        let mut consumer = db.consumer::<u32>("a").expect("it is there");
        assert_eq!(consumer.peek(), None);
        db.producer::<u32>("a").expect("it is there").produce(1);
        assert_eq!((consumer.peek(), consumer.peek(), consumer.try_recv()), (Some(1), Some(1), Ok(1)));
        assert_eq!(consumer.peek(), Some(1));
    }
}
