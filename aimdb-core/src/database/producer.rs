//! The writing end of a record.

use core::fmt;

use super::held::Held;
use super::record::{Record, Shared};
use super::{DbError, DbResult, RecordKey};
use crate::buffer::{Buffer, PushFuture, TryProduceError};

/// Writes a record. The key was resolved when it was made, so no call looks anything up.
///
/// | call | full | waits | a refused value |
/// |---|---|---|---|
/// | [`Producer::produce`] | the buffer decides | never | goes to the record's drop hook |
/// | [`Producer::try_produce`] | `Full` | never | travels back |
/// | [`Producer::produce_async`] | awaits space | yes | is dropped |
/// | [`Producer::send_async`] | awaits space | yes | travels back |
///
/// Clones write the same record and are one writer seen from several places.
pub struct Producer<T: Send + 'static> {
    buffer: Held<T>,
    record: Shared<T>,
}

impl<T: Send + 'static> Producer<T> {
    pub(super) fn new(record: Shared<T>) -> Self {
        Self { buffer: Record::held(&record), record }
    }

    /// Push a value. Infallible — overwrite-on-overflow buffers cannot reject. Use this for
    /// fire-and-forget telemetry. Never blocks.
    ///
    /// On a record that can reject (`Bounded` with `PauseUpstream`, `Fail` or `DropNewest`; a
    /// closed one) the value is counted as refused and given to the record's drop hook. Where that
    /// matters, use [`Producer::try_produce`] to have the value back, or
    /// [`Producer::produce_async`] to await space.
    pub fn produce(&self, value: T) {
        self.buffer.push(value);
    }

    /// Non-blocking push. Returns the value back via [`TryProduceError::Full`] if a bounded buffer
    /// is at capacity, or [`TryProduceError::Closed`] if the record is shutting down. Use when the
    /// caller has a meaningful response to backpressure: retry, drop, escalate, slow down.
    ///
    /// For overwriting buffers it always succeeds while the record is open, and
    /// [`Producer::produce`] says the same with less.
    ///
    /// # Errors
    ///
    /// The value, with the reason. `Full` is transient, `Closed` terminal.
    #[inline]
    pub fn try_produce(&self, value: T) -> Result<(), TryProduceError<T>> {
        match &self.buffer {
            Held::Heap(heap) => heap.try_push(value),
            Held::Other(buffer) => buffer.try_push(value),
        }
    }

    /// Backpressure-aware. Awaits space (bounded buffer) or I/O completion (persistent or network
    /// buffers). For overwriting buffers this is equivalent to [`Producer::produce`] + `Ok(())` and
    /// completes immediately.
    ///
    /// Use it in a service that may be slowed down to the pace of its readers. Use
    /// [`Producer::produce`] where overwriting is right, [`Producer::try_produce`] where the caller
    /// must not wait, and [`Producer::send_async`] where a refused value is still needed: here it is
    /// dropped, as it is when the future is dropped before it is ready.
    ///
    /// # Errors
    ///
    /// [`DbError::BufferFull`] if the policy refuses rather than waits, [`DbError::BufferClosed`],
    /// and [`DbError::Misuse`] if a tap or transform would wait for the record that it drains.
    pub async fn produce_async(&self, value: T) -> DbResult<()> {
        #[cfg(feature = "std")]
        let value = match self.produce_at_once(value) {
            Ok(()) => return Ok(()),
            Err(value) => value,
        };
        self.send_async(value).await.map_err(|refused| DbError::from(refused).of_record(&self.record.key))
    }

    /// As [`Producer::produce_async`], and a refused value travels back. [`PushFuture::cancel`]
    /// gives it back from a wait that is given up. Allocates nothing on the four kinds.
    #[inline]
    pub fn send_async(&self, value: T) -> PushFuture<'_, T> {
        match &self.buffer {
            Held::Heap(heap) => heap.push_async(value),
            Held::Other(buffer) => buffer.push_async(value).moved(),
        }
    }

    /// Closes the record: values to come are refused, whoever waits is woken, readers drain what is
    /// buffered. Idempotent; never blocks.
    pub fn close(&self) {
        self.buffer.close();
    }

    /// Whether the record was closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.buffer.is_closed()
    }

    /// The record's key.
    #[must_use]
    pub fn key(&self) -> &RecordKey {
        &self.record.key
    }

    #[cfg(feature = "std")]
    pub(super) const fn held(&self) -> &Held<T> {
        &self.buffer
    }

    /// The record's buffer, for what is not here.
    #[must_use]
    pub fn buffer(&self) -> &dyn Buffer<T> {
        &*self.buffer
    }
}

#[cfg(feature = "std")]
mod blocking {
    use alloc::collections::VecDeque;

    use super::{Held, Producer};
    use crate::buffer::{Misuse, SendError, send_blocking};
    use crate::waiting::{Deadline, may_block};

    impl<T: Send + 'static> Producer<T> {
        /// Stores a value if that can be done at once; see
        /// [`Buffer::push_at_once`](crate::buffer::Buffer::push_at_once).
        ///
        /// # Errors
        ///
        /// The value, which says nothing of the record.
        #[inline]
        pub fn produce_at_once(&self, value: T) -> Result<(), T> {
            match &self.buffer {
                Held::Heap(heap) => heap.push_at_once(value),
                Held::Other(buffer) => buffer.push_at_once(value),
            }
        }

        /// The same for a value that came back: also where that takes the record's lock.
        ///
        /// # Errors
        ///
        /// The value, which still says nothing of the record.
        pub fn produce_if_room(&self, value: T) -> Result<(), T> {
            match &self.buffer {
                Held::Heap(heap) => heap.push_if_room(value),
                Held::Other(_) => Err(value),
            }
        }

        /// Stores values from the front, as many as can be stored at once, and says how many; that there
        /// were not more says nothing of the record.
        pub fn produce_many_at_once(&self, values: &mut VecDeque<T>) -> usize {
            match &self.buffer {
                Held::Heap(heap) => heap.push_many_at_once(values),
                Held::Other(_) => 0,
            }
        }

        /// As [`Producer::send_async`], blocking the calling thread. For `source_blocking`.
        ///
        /// # Errors
        ///
        /// The value, with the reason; [`Misuse::RuntimeThread`] inside an async service.
        pub fn send_blocking(&self, value: T, deadline: Deadline) -> Result<(), SendError<T>> {
            if !may_block() {
                return Err(SendError::Misuse(value, Misuse::RuntimeThread));
            }
            send_blocking(&*self.buffer, value, deadline)
        }
    }
}

impl<T: Send + 'static> Clone for Producer<T> {
    fn clone(&self) -> Self {
        Self { buffer: self.buffer.clone(), record: self.record.clone() }
    }
}

impl<T: Send + 'static> fmt::Debug for Producer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Producer").field("key", &self.record.key).finish_non_exhaustive()
    }
}

#[cfg(all(test, feature = "std", not(any(loom, shuttle))))]
mod tests {
    use super::super::rig::{self, OneSlot, Overwriting, Seen, noting, poll_once, single, wait, watchdog};
    use super::*;
    use crate::buffer::{BufferCfg, Misuse, RecvTimeoutError, SendError};
    use crate::pure::{DropCause, ErrorKind};
    use crate::waiting::Place;
    use alloc::boxed::Box;
    use alloc::string::ToString;
    use alloc::vec;
    use core::pin::pin;
    use core::task::Poll;

    fn address<V>(value: &V) -> *const V {
        core::ptr::from_ref(value)
    }

    #[test]
    fn s1_a_value_that_a_buffer_of_the_users_own_refuses_comes_back_through_try_produce() {
        let slot = OneSlot::new();
        let db = single::<Box<u32>>(|record| {
            record.buffer_raw(slot.clone());
        });
        let producer = db.producer::<Box<u32>>("a").expect("it is there");
        assert!(producer.try_produce(Box::new(1)).is_ok());
        let value = Box::new(2);
        let before = address(&*value);
        let error = producer.try_produce(value).expect_err("the slot is taken");
        assert!(matches!(error, TryProduceError::Full(_)));
        let value = error.into_inner();
        assert_eq!((address(&*value), *value), (before, 2));
        producer.close();
        let error = producer.try_produce(value).expect_err("it is closed");
        assert!(matches!(error, TryProduceError::Closed(_)));
        assert_eq!(address(&*error.into_inner()), before);
        assert_eq!(slot.take(), Some(Box::new(1)));
    }

    #[test]
    fn s2_a_buffer_that_overwrites_gets_try_produce_and_produce_async_for_free() {
        let seen = Seen::new();
        let db = single::<u32>(|record| {
            record.buffer_raw(Overwriting(seen.clone()));
        });
        let producer = db.producer::<u32>("a").expect("it is there");
        producer.produce(1);
        assert_eq!(producer.try_produce(2), Ok(()));
        assert_eq!(poll_once(pin!(producer.produce_async(3))), Poll::Ready(Ok(())));
        assert_eq!(poll_once(pin!(producer.send_async(4))), Poll::Ready(Ok(())));
        assert_eq!(seen.take(), vec![1, 2, 3, 4]);
    }

    #[test]
    fn s1_produce_async_awaits_a_slot_of_a_buffer_of_the_users_own() {
        let slot = OneSlot::new();
        let db = single::<u32>(|record| {
            record.buffer_raw(slot.clone());
        });
        let producer = db.producer::<u32>("a").expect("it is there");
        wait(producer.produce_async(1)).expect("the slot is free");
        let mut waits = pin!(producer.produce_async(2));
        assert!(poll_once(waits.as_mut()).is_pending());
        let far_end = rig::aside({
            let slot = slot.clone();
            move || slot.take()
        });
        wait(waits).expect("the slot is freed");
        assert_eq!(far_end.join().expect("no panic"), Some(1));
        assert_eq!(slot.take(), Some(2));
        producer.close();
        let error = wait(producer.produce_async(3)).expect_err("it is closed");
        assert_eq!(error.to_string(), "the buffer of `a` is closed");
    }

    #[test]
    fn s1_the_futures_of_a_producer_are_send() {
        fn send(_: impl Send) {}
        let db = single::<u32>(|record| {
            record.bounded(1).fail();
        });
        let producer = db.producer::<u32>("a").expect("it is there");
        send(producer.produce_async(1));
        send(producer.send_async(1));
        send(producer.clone());
        fn sync<V: Sync>(_: &V) {}
        sync(&producer);
    }

    #[test]
    fn s1_produce_async_really_awaits_space_and_send_async_gives_the_value_back() {
        let db = single::<Box<u32>>(|record| {
            record.bounded(1);
        });
        let producer = db.producer::<Box<u32>>("a").expect("it is there");
        let mut consumer = db.consumer::<Box<u32>>("a").expect("it is there");
        assert_eq!(wait(producer.produce_async(Box::new(1))), Ok(()));
        let mut waits = pin!(producer.produce_async(Box::new(2)));
        assert!(poll_once(waits.as_mut()).is_pending());
        assert_eq!(consumer.try_recv(), Ok(Box::new(1)));
        assert_eq!(wait(waits), Ok(()));
        let value = Box::new(3);
        let before = address(&*value);
        let mut gives_up = pin!(producer.send_async(value));
        assert!(poll_once(gives_up.as_mut()).is_pending());
        assert_eq!(gives_up.cancel().map(|value| address(&*value)), Some(before));
        let mut never_polled = pin!(producer.send_async(Box::new(4)));
        assert_eq!(never_polled.as_mut().cancel(), Some(Box::new(4)));
        assert!(poll_once(never_polled).is_pending(), "it has ended");
    }

    #[test]
    fn s3_what_produce_cannot_place_is_counted_and_reaches_the_hook() {
        let lost = Seen::new();
        let hook = noting(&lost);
        let db = single::<u32>(move |record| {
            record.bounded(1).fail().on_drop(move |value, cause| hook(value, cause));
        });
        let producer = db.producer::<u32>("a").expect("it is there");
        producer.produce(1);
        producer.produce(2);
        producer.close();
        producer.produce(3);
        assert_eq!(lost.take(), vec![(2, DropCause::Refused), (3, DropCause::Refused)]);
        let counters = db.stats()[0].buffer.counters;
        assert_eq!((counters.accepted, counters.refused, counters.offered()), (1, 2, 3));
    }

    #[test]
    fn s7_a_refusing_policy_is_an_error_of_the_retry_kind_for_produce_async() {
        let db = single::<u32>(|record| {
            record.bounded(1).fail();
        });
        let producer = db.producer::<u32>("a").expect("it is there");
        assert_eq!(wait(producer.produce_async(1)), Ok(()));
        let error = wait(producer.produce_async(2)).expect_err("it is full");
        assert_eq!(error, DbError::BufferFull);
        assert_eq!(error.kind(), ErrorKind::Retry);
        assert_eq!(wait(producer.send_async(2)), Err(SendError::Full(2)));
    }

    #[test]
    fn w8_a_blocking_send_on_a_runtime_thread_is_refused_with_its_value() {
        let db = single::<u32>(|record| {
            record.buffer(BufferCfg::SingleLatest);
        });
        let producer = db.producer::<u32>("a").expect("it is there");
        let mut consumer = db.consumer::<u32>("a").expect("it is there");
        {
            let _place = Place::enter(0, false);
            let refused = producer.send_blocking(7, watchdog());
            assert_eq!(refused, Err(SendError::Misuse(7, Misuse::RuntimeThread)));
            let refused = consumer.recv_blocking(watchdog());
            assert_eq!(refused, Err(RecvTimeoutError::Misuse(Misuse::RuntimeThread)));
        }
        assert_eq!(producer.send_blocking(7, watchdog()), Ok(()));
        assert_eq!(consumer.recv_blocking(watchdog()), Ok(7));
    }

    #[test]
    fn b20_a_tap_that_would_wait_for_its_own_record_is_told_so() {
        let (send, receive) = std::sync::mpsc::channel::<Producer<u32>>();
        let told = Seen::new();
        let db = single::<u32>(|record| {
            let told = told.clone();
            record.bounded(1).tap(move |_, mut consumer| async move {
                let own = receive.recv().expect("the test sends it");
                while consumer.recv().await.is_ok() {
                    told.add(own.produce_async(10).await);
                    told.add(own.produce_async(11).await);
                    own.close();
                }
            });
        });
        let producer = db.producer::<u32>("a").expect("it is there");
        let running = rig::TestRuntime::new().run(&db);
        wait(producer.produce_async(1)).expect("there is room");
        send.send(producer).expect("the tap waits for it");
        assert_eq!(running.join(), [""; 0]);
        // A second value is read after the record was closed, and refused for that reason.
        assert_eq!(told.take()[..2], [Ok(()), Err(DbError::Misuse(Misuse::OwnRecord))]);
    }
}
