//! The database: its records, and the services that they still need to have run.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::mem;
use core::panic::Location;

use super::cursor_label::CursorLabel;
use super::erased::ErasedRecord;
use super::record::{Common, Record, Shared};
use super::records::Records;
use super::{
    Consumer, DbError, DbResult, Producer, RecordInfo, RecordKey, RecordStats, Runtime, RuntimeContext, Service,
};
use crate::pure::Start;
use crate::waiting::{HeapLock, Lock};
#[cfg(feature = "std")]
use {
    super::Blocked,
    crate::waiting::{Sleeper, sleepers},
};

/// A database. Cheap to clone; clones are the same database.
///
/// Producers and consumers hold their record, not the database. Dropping the last clone closes
/// only the records whose source or transform was never taken to be run.
#[derive(Clone)]
pub struct AimDb {
    inner: Arc<Inner>,
}

struct Inner {
    records: Records,
    services: HeapLock<Vec<Service>>,
    common: Arc<Common>,
}

impl AimDb {
    pub(super) fn new(records: Records, services: Vec<Service>, common: Arc<Common>) -> Self {
        Self { inner: Arc::new(Inner { records, services: HeapLock::new(services), common }) }
    }

    /// The writing end of a record. It may be cloned; no call on it looks the key up again.
    ///
    /// # Errors
    ///
    /// [`DbError::RecordNotFound`], [`DbError::TypeMismatch`].
    pub fn producer<T: Send + 'static>(&self, key: impl AsRef<str>) -> DbResult<Producer<T>> {
        self.record(key.as_ref()).map(Producer::new)
    }

    /// A reading end of a record, with a cursor of its own that starts as its kind says.
    ///
    /// # Errors
    ///
    /// [`DbError::RecordNotFound`], [`DbError::TypeMismatch`], and [`DbError::Subscribe`] on a
    /// record with one cursor that something reads already.
    #[track_caller]
    pub fn consumer<T: Send + 'static>(&self, key: impl AsRef<str>) -> DbResult<Consumer<T>> {
        self.consumer_from(key, Start::Live)
    }

    /// As [`AimDb::consumer`], and with [`Start::Oldest`] it begins with what a ring retains.
    ///
    /// # Errors
    ///
    /// Those of [`AimDb::consumer`].
    #[track_caller]
    pub fn consumer_from<T: Send + 'static>(&self, key: impl AsRef<str>, start: Start) -> DbResult<Consumer<T>> {
        let label = CursorLabel::Consumer(Location::caller());
        Ok(Record::subscribe(&self.record::<T>(key.as_ref())?, start, label)?)
    }

    /// A record without its type. Allocates if nothing was at work with the record before; without memory for that, an
    /// error on a value of a wrong type does not name the type.
    ///
    /// # Errors
    ///
    /// [`DbError::RecordNotFound`].
    pub fn erased(&self, key: impl AsRef<str>) -> DbResult<ErasedRecord> {
        let record = self.find(key.as_ref())?;
        record.become_known(&self.inner.common);
        Ok(record.clone())
    }

    /// Every record's description, ordered by key.
    #[must_use]
    pub fn records(&self) -> Vec<RecordInfo> {
        self.inner.records.iter().map(|record| record.info()).collect()
    }

    /// Every record's state and counts, ordered by key; each is one consistent snapshot.
    #[must_use]
    pub fn stats(&self) -> Vec<RecordStats> {
        self.inner.records.iter().map(|record| record.stats()).collect()
    }

    /// The threads that sleep in a call on one of the records, the one that has slept longest first: who holds
    /// whom up. A glance, not a snapshot. Allocates; never blocks.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn blocked(&self) -> Vec<Blocked> {
        let record_of = |identity| self.inner.records.iter().find(|record| record.identity() == identity);
        let on_record = |sleeper: Sleeper| {
            record_of(sleeper.record).map(|record| Blocked { record: record.key().clone(), sleeper })
        };
        sleepers().into_iter().filter_map(on_record).collect()
    }

    /// What a runtime has to run, once: a second call has nothing left.
    #[must_use]
    pub fn take_services(&self) -> Vec<Service> {
        self.inner.services.with(mem::take)
    }

    /// What a runtime gives to each service when it runs it.
    #[must_use]
    pub fn context(&self, runtime: Arc<dyn Runtime>) -> RuntimeContext {
        RuntimeContext::new(runtime, Arc::clone(&self.inner.common.stop))
    }

    /// Ends the database in order, losing nothing that was accepted. Idempotent; never blocks.
    ///
    /// Sources are stopped, and every record that no task writes is closed. A record that a source
    /// writes follows when the task was dropped, one that a transform writes when its inputs are
    /// drained; so taps end when they have read everything. Services that nobody has taken are
    /// dropped, unrun.
    pub fn close(&self) {
        let unrun = self.take_services();
        // First the signal, then the look for a writer; `Record::writer_left` does the reverse.
        self.inner.common.stop.stop();
        for record in self.inner.records.iter() {
            if !record.is_written() {
                record.close();
            }
        }
        drop(unrun);
    }

    /// Ends the database without order: closes every record now, those of running sources and
    /// transforms too. What they hold can still be read; what a transform had not yet passed on is
    /// lost. For a shutdown whose patience is at its end. Idempotent; never blocks.
    pub fn close_now(&self) {
        self.close();
        for record in self.inner.records.iter() {
            record.close();
        }
    }

    /// Whether [`AimDb::close`] was called. Takes no lock.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.inner.common.stop.is_stopped()
    }

    fn find(&self, key: &str) -> DbResult<&ErasedRecord> {
        self.inner.records.get(key).ok_or_else(|| DbError::RecordNotFound { key: RecordKey::named(key) })
    }

    fn record<T: Send + 'static>(&self, key: &str) -> DbResult<Shared<T>> {
        let record = self.find(key)?;
        record.typed().ok_or_else(|| DbError::TypeMismatch {
            key: record.key().clone(),
            expected: record.info().type_name,
            found: core::any::type_name::<T>(),
        })
    }
}

impl fmt::Debug for AimDb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AimDb")
            .field("records", &self.inner.records.iter().map(|record| record.key()).collect::<Vec<_>>())
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, feature = "std", not(any(loom, shuttle))))]
mod tests {
    use super::super::rig::{Seen, TestRuntime, aside, database, noting, single, wait, watchdog};
    use super::*;
    use crate::buffer::{BufferCfg, RecvTimeoutError, SendError, TryProduceError};
    use crate::pure::{DropCause, ErrorKind, Kind};
    use alloc::string::ToString;
    use alloc::vec;

    const RING: BufferCfg = BufferCfg::SpmcRing { capacity: 16 };

    #[test]
    fn r2_an_unknown_key_and_a_wrong_type_are_errors_when_the_handle_is_made() {
        let db = single::<u32>(|record| {
            record.buffer(RING);
        });
        let error = db.producer::<u32>("b").expect_err("there is no b");
        assert_eq!(error, DbError::RecordNotFound { key: "b".into() });
        assert_eq!(error.kind(), ErrorKind::Usage);
        let error = db.consumer::<u64>("a").expect_err("it holds u32");
        assert_eq!(error.to_string(), "record `a` holds `u32`, and was asked for as `u64`");
        assert!(matches!(db.erased("b"), Err(DbError::RecordNotFound { .. })));
        assert!(db.producer::<u32>(RecordKey::from("a")).is_ok());
    }

    #[test]
    fn r2_the_database_describes_its_records() {
        let db = database(|builder| {
            builder
                .configure::<u8>("b", |record| {
                    record.single_mailbox();
                })
                .configure::<u32>("a", |record| {
                    record.buffer(RING);
                });
        });
        let records = db.records();
        assert_eq!(
            (records[0].key.as_str(), records[0].type_name, records[0].kind()),
            ("a", "u32", Some(Kind::SpmcRing))
        );
        assert_eq!((records[1].key.as_str(), records[1].cfg), ("b", Some(BufferCfg::Mailbox)));
    }

    #[test]
    fn c3_close_wakes_everyone_although_handles_are_leaked() {
        let db = database(|builder| {
            for key in ["full", "empty"] {
                builder.configure::<u32>(key, |record| {
                    record.bounded(1);
                });
            }
        });
        let producer = db.producer::<u32>("full").expect("it is there");
        core::mem::forget((producer.clone(), db.consumer::<u32>("full").expect("it is there"), db.clone()));
        producer.produce(0);
        let sender = aside(move || producer.send_blocking(1, watchdog()));
        let mut consumer = db.consumer::<u32>("empty").expect("it is there");
        let receiver = aside(move || consumer.recv_blocking(watchdog()));
        // Both are waiting: the rendezvous is the count of those who wait.
        while db
            .stats()
            .iter()
            .map(|record| record.buffer.waiting_producers + record.buffer.waiting_consumers)
            .sum::<usize>()
            < 2
        {
            std::thread::yield_now();
        }
        assert!(!db.is_closed());
        db.close();
        db.close();
        assert!(db.is_closed());
        assert_eq!(sender.join().expect("no panic"), Err(SendError::Closed(1)));
        assert_eq!(receiver.join().expect("no panic"), Err(RecvTimeoutError::Closed));
    }

    #[test]
    fn c5_what_is_sent_right_after_build_reaches_every_tap() {
        let seen = Seen::new();
        let db = single::<u32>(|record| {
            record.buffer(RING);
            for tap in 0..3 {
                let seen = seen.clone();
                record.tap(move |_, mut consumer| async move {
                    while let Ok(value) = consumer.recv().await {
                        seen.add((tap, value));
                    }
                });
            }
        });
        db.producer::<u32>("a").expect("it is there").produce(7);
        let running = TestRuntime::new().run(&db);
        db.close();
        assert_eq!(running.join(), [""; 0]);
        let mut seen = seen.take();
        seen.sort_unstable();
        assert_eq!(seen, [(0, 7), (1, 7), (2, 7)]);
    }

    #[test]
    fn c4_taps_drain_through_transforms_what_was_sent_before_the_close() {
        let seen = Seen::new();
        let db = database(|builder| {
            builder.configure::<u32>("a", |record| {
                record.bounded(64);
            });
            builder.configure::<u64>("b", |record| {
                record.bounded(1).transform::<u32>("a", |from| from.map(u64::from));
            });
            builder.configure::<u64>("c", |record| {
                let seen = seen.clone();
                record.bounded(1).transform::<u64>("b", |from| from.map(|value| value + 100));
                record.tap_blocking(move |_, mut consumer| {
                    while let Ok(value) = consumer.recv_blocking(watchdog()) {
                        seen.add(value);
                    }
                });
            });
        });
        let producer = db.producer::<u32>("a").expect("it is there");
        for value in 0..50 {
            producer.try_produce(value).expect("there is room");
        }
        let running = TestRuntime::new().run(&db);
        db.close();
        assert_eq!(producer.try_produce(99), Err(TryProduceError::Closed(99)));
        assert_eq!(running.join(), [""; 0]);
        assert_eq!(seen.take(), (100..150).collect::<Vec<u64>>());
        assert!(db.stats().iter().all(|record| record.buffer.closed));
    }

    #[test]
    fn c6_a_panic_in_one_tap_ends_that_tap_only_and_holds_nobody_up() {
        let seen = Seen::new();
        let db = single::<u32>(|record| {
            let seen = seen.clone();
            record.bounded(1).tap(|_, mut consumer| async move {
                let value = consumer.recv().await;
                panic!("a seeded bug at {value:?}");
            });
            record.tap(move |_, mut consumer| async move {
                while let Ok(value) = consumer.recv().await {
                    seen.add(value);
                }
            });
        });
        let running = TestRuntime::new().run(&db);
        let producer = db.producer::<u32>("a").expect("it is there");
        for value in 0..10 {
            assert_eq!(producer.send_blocking(value, watchdog()), Ok(()));
        }
        db.close();
        assert_eq!(running.join(), ["a/tap#1"]);
        assert_eq!(seen.take(), (0..10).collect::<Vec<_>>());
    }

    #[test]
    fn c6_a_transform_that_panics_closes_its_record_and_lets_go_of_its_input() {
        let db = database(|builder| {
            builder.configure::<u32>("a", |record| {
                record.bounded(1);
            });
            builder.configure::<u32>("b", |record| {
                record.bounded(1).transform::<u32>("a", |from| from.map(|value| 10 / value));
            });
        });
        let mut consumer = db.consumer::<u32>("b").expect("it is there");
        let running = TestRuntime::new().run(&db);
        let producer = db.producer::<u32>("a").expect("it is there");
        for value in [5, 0] {
            producer.send_blocking(value, watchdog()).expect("there is a reader");
        }
        assert_eq!(consumer.recv_blocking(watchdog()), Ok(2));
        assert_eq!(consumer.recv_blocking(watchdog()), Err(RecvTimeoutError::Closed));
        assert_eq!(running.join(), ["b/transform"]);
        assert_eq!(db.stats()[0].buffer.cursors, 0);
        assert!(!producer.is_closed());
    }

    #[test]
    fn c6_a_source_that_panics_closes_its_record() {
        let db = single::<u32>(|record| {
            record.bounded(1).source(|_, producer| async move {
                producer.produce(1);
                panic!("a seeded bug");
            });
        });
        let mut consumer = db.consumer::<u32>("a").expect("it is there");
        let running = TestRuntime::new().run(&db);
        assert_eq!(consumer.recv_blocking(watchdog()), Ok(1));
        assert_eq!(consumer.recv_blocking(watchdog()), Err(RecvTimeoutError::Closed));
        assert_eq!(running.join(), ["a/source"]);
        assert!(!db.is_closed());
    }

    /// Says at its end whether the record was still open then.
    struct Last(Producer<u32>, Seen<bool>);

    impl Drop for Last {
        fn drop(&mut self) {
            self.1.add(self.0.try_produce(99).is_ok());
        }
    }

    #[test]
    fn c3_a_source_is_dropped_where_it_awaits_and_then_its_record_is_closed() {
        let open = Seen::new();
        let (say, hear) = std::sync::mpsc::channel();
        let db = single::<u32>(|record| {
            let open = open.clone();
            record.bounded(8).source(move |_, producer| async move {
                let _last = Last(producer.clone(), open);
                producer.produce(1);
                say.send(()).expect("the test listens");
                core::future::pending().await
            });
        });
        let mut consumer = db.consumer::<u32>("a").expect("it is there");
        let running = TestRuntime::new().run(&db);
        hear.recv().expect("the source runs");
        db.close();
        assert_eq!(running.join(), [""; 0]);
        assert_eq!(open.take(), [true]);
        assert_eq!(wait(consumer.recv()), Ok(1));
        assert_eq!(wait(consumer.recv()), Ok(99));
        assert!(matches!(wait(consumer.recv()), Err(DbError::BufferClosed { .. })));
    }

    #[test]
    fn c3_a_source_that_returned_leaves_its_record_open_until_the_close() {
        let db = single::<u32>(|record| {
            record.buffer(BufferCfg::SingleLatest).source(|_, producer| async move { producer.produce(1) });
        });
        assert_eq!(TestRuntime::new().run(&db).join(), [""; 0]);
        let producer = db.producer::<u32>("a").expect("it is there");
        assert_eq!(producer.try_produce(2), Ok(()));
        db.close();
        assert_eq!(producer.try_produce(3), Err(TryProduceError::Closed(3)));
    }

    #[test]
    fn c3_a_source_that_closes_the_database_and_returns_closes_its_record() {
        let (send, receive) = std::sync::mpsc::channel::<AimDb>();
        let db = single::<u32>(|record| {
            record.bounded(1).source(|_, _| async move { receive.recv().expect("the test sends it").close() });
        });
        let running = TestRuntime::new().run(&db);
        send.send(db.clone()).expect("the source waits for it");
        assert_eq!(running.join(), [""; 0]);
        assert!(db.stats()[0].buffer.closed);
    }

    #[test]
    fn c3_a_blocking_source_that_waits_for_space_is_released_by_the_close() {
        let ended = Seen::new();
        let (say, hear) = std::sync::mpsc::channel();
        let db = single::<u32>(|record| {
            let ended = ended.clone();
            record.bounded(1).source_blocking(move |context, producer| {
                producer.produce(1);
                say.send(()).expect("the test listens");
                ended.add((producer.send_blocking(2, watchdog()), context.is_stopped()));
            });
        });
        let _leaked = db.consumer::<u32>("a").expect("it is there");
        let running = TestRuntime::new().run(&db);
        hear.recv().expect("the source runs");
        db.close();
        assert_eq!(running.join(), [""; 0]);
        assert_eq!(ended.take(), [(Err(SendError::Closed(2)), true)]);
    }

    #[test]
    fn c3_close_now_ends_a_transform_that_a_leaked_consumer_holds_up() {
        let lost = Seen::new();
        let hook = noting(&lost);
        let db = database(|builder| {
            builder.configure::<u32>("a", |record| {
                record.bounded(4);
            });
            builder.configure::<u32>("b", |record| {
                record.bounded(1).transform::<u32>("a", |from| from.map(|value| value));
                record.on_drop(move |value, cause| hook(value, cause));
            });
        });
        core::mem::forget(db.consumer::<u32>("b"));
        let producer = db.producer::<u32>("a").expect("it is there");
        producer.produce(1);
        producer.produce(2);
        let running = TestRuntime::new().run(&db);
        while db.stats()[1].buffer.waiting_producers == 0 {
            std::thread::yield_now();
        }
        db.close_now();
        assert_eq!(running.join(), [""; 0]);
        assert_eq!(lost.take(), [(2, DropCause::Refused)]);
    }

    #[test]
    fn c3_services_that_nobody_ran_keep_no_record_open() {
        let db = database(|builder| {
            builder.configure::<u32>("a", |record| {
                record.bounded(1).source(|_, _| async {});
            });
            builder.configure::<u32>("b", |record| {
                record.bounded(1).transform::<u32>("a", |from| from.map(|value| value)).tap(|_, _| async {});
            });
        });
        let mut consumer = db.consumer::<u32>("b").expect("it is there");
        db.close();
        assert!(matches!(consumer.try_recv(), Err(DbError::BufferClosed { .. })));
        assert!(db.stats().iter().all(|record| record.buffer.closed));
        assert!(db.take_services().is_empty());
    }

    #[test]
    fn c3_a_service_that_is_run_after_the_close_ends_at_once() {
        let ran = Seen::new();
        let db = single::<u32>(|record| {
            let ran = ran.clone();
            record.bounded(1).source(move |_, _| {
                ran.add(());
                async {}
            });
        });
        let runtime = TestRuntime::new();
        let services = db.take_services();
        db.close();
        for service in services {
            let (_, thread) = runtime.spawn(&db, service);
            thread.join().expect("no panic");
        }
        assert_eq!(ran.take(), vec![]);
        assert!(db.stats()[0].buffer.closed);
    }

    #[test]
    fn m3_the_slowest_cursor_is_named() {
        let db = single::<u32>(|record| {
            record.bounded(4).tap(|_, _| async {});
        });
        let mut ahead = db.consumer::<u32>("a").expect("it is there");
        let producer = db.producer::<u32>("a").expect("it is there");
        producer.produce(1);
        producer.produce(2);
        assert_eq!(ahead.try_recv(), Ok(1));
        let slowest = db.stats()[0].slowest.clone().expect("there are two cursors");
        assert_eq!(slowest.unread, 2);
        assert!(slowest.name.starts_with("a/tap#1 (") && slowest.name.contains("aimdb.rs:"), "{}", slowest.name);
        drop(db.take_services());
        let slowest = db.stats()[0].slowest.clone().expect("there is one left");
        assert_eq!(slowest.unread, 1);
        assert!(slowest.name.starts_with("consumer (") && slowest.name.contains("aimdb.rs:"), "{}", slowest.name);
    }
}
