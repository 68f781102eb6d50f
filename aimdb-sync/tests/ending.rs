//! The end of a database, and what outlives it (contract sections 3 and 4).

mod watchdog;

use std::cell::RefCell;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use aimdb_sync::{
    AimDbBuilder, Attach, BufferCfg, Deadline, FlushError, RecvError, RecvTimeoutError, SendError, ShutdownError,
    SyncConsumer, SyncProducer, TryRecvError,
};
use watchdog::{aside, pausing, single, until, watched};

const RING: BufferCfg = BufferCfg::SpmcRing { capacity: 64 };

/// A database whose record `a` is drained by blocking taps, each held up by `gate` at its first
/// value. The counter says how many values they have seen.
fn held_up(taps: usize) -> (AimDbBuilder, Vec<mpsc::Sender<()>>, Arc<AtomicU32>) {
    let seen = Arc::new(AtomicU32::new(0));
    let mut builder = AimDbBuilder::new();
    let mut gates = Vec::new();
    builder.configure::<u32>("a", |record| {
        record.buffer(pausing(500));
        for _ in 0..taps {
            let (release, gate) = mpsc::channel::<()>();
            gates.push(release);
            let seen = Arc::clone(&seen);
            record.tap_blocking(move |_, mut consumer| {
                while consumer.recv_blocking(Deadline::Never).is_ok() {
                    let _ = gate.recv();
                    seen.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
    });
    (builder, gates, seen)
}

#[test]
fn u12_c4_taps_drain_what_was_sent_before() {
    watched(|| {
        let (builder, gates, seen) = held_up(2);
        let handle = builder.attach().expect("sound");
        let producer = handle.producer::<u32>("a").expect("it is there");
        (0..500).try_for_each(|value| producer.send(value)).expect("there is room");
        let error = handle.shutdown_timeout(Duration::ZERO).expect_err("they are held up");
        assert!(matches!(error, ShutdownError::Timeout { running, .. } if running == ["a/tap#1", "a/tap#2"]));
        assert_eq!(producer.send(500), Err(SendError::Closed(500)));
        drop(gates);
        handle.shutdown().expect("they end");
        assert_eq!(seen.load(Ordering::SeqCst), 1_000);
        assert_eq!(handle.shutdown(), Ok(()));
    });
}

#[cfg(feature = "tokio")]
#[test]
fn u12_c4_a_chain_of_transforms_drains_to_its_last_tap() {
    watched(|| {
        let seen = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&seen);
        let mut builder = AimDbBuilder::new();
        builder.configure::<u32>("one", |record| {
            record.buffer(pausing(300));
        });
        builder.configure::<u32>("two", |record| {
            record.buffer(pausing(1)).transform::<u32>("one", |from| from.map(|value| value));
        });
        builder.configure::<u32>("three", |record| {
            record.buffer(pausing(1)).transform::<u32>("two", |from| from.map(|value| value)).tap(
                move |_, mut consumer| async move {
                    while consumer.recv().await.is_ok() {
                        count.fetch_add(1, Ordering::SeqCst);
                    }
                },
            );
        });
        let handle = builder.attach().expect("sound");
        let producer = handle.producer::<u32>("one").expect("it is there");
        (0..300).try_for_each(|value| producer.send(value)).expect("there is room");
        handle.shutdown().expect("all end");
        assert_eq!(seen.load(Ordering::SeqCst), 300);
    });
}

#[test]
fn c4_a_second_caller_waits_for_the_same_completion() {
    watched(|| {
        let (builder, gates, seen) = held_up(1);
        let handle = Arc::new(builder.attach().expect("sound"));
        handle.producer::<u32>("a").expect("it is there").send(1).expect("there is room");
        let callers: Vec<_> = (0..3)
            .map(|_| {
                let (handle, seen) = (Arc::clone(&handle), Arc::clone(&seen));
                aside(move || (handle.shutdown(), seen.load(Ordering::SeqCst)))
            })
            .collect();
        until(|| handle.is_closed());
        assert!(handle.shutdown_timeout(Duration::from_millis(1)).is_err());
        drop(gates);
        for caller in callers {
            assert_eq!(caller.join().expect("no panic"), (Ok(()), 1));
        }
    });
}

#[test]
fn c4_callers_with_a_limit_and_without_see_the_same_end_whoever_comes_first() {
    watched(|| {
        for limit_first in [true, false] {
            let (mut builder, gates, seen) = held_up(1);
            builder.configure::<u32>("a", |record| {
                #[cfg(feature = "tokio")]
                record.tap(|_, mut consumer| async move { while consumer.recv().await.is_ok() {} });
                #[cfg(not(feature = "tokio"))]
                let _ = record;
            });
            let handle = Arc::new(builder.attach().expect("sound"));
            handle.producer::<u32>("a").expect("it is there").send(1).expect("there is room");
            let caller = |limit: Duration| {
                let (handle, seen) = (Arc::clone(&handle), Arc::clone(&seen));
                aside(move || (handle.shutdown_timeout(limit), seen.load(Ordering::SeqCst)))
            };
            let (hour, ever) = (Duration::from_secs(3_600), Duration::MAX);
            let first = caller(if limit_first { hour } else { ever });
            until(|| handle.is_closed());
            let second = caller(if limit_first { ever } else { hour });
            assert!(handle.shutdown_timeout(Duration::from_millis(1)).is_err());
            drop(gates);
            for caller in [first, second] {
                assert_eq!(caller.join().expect("no panic"), (Ok(()), 1));
            }
            assert_eq!(handle.shutdown_timeout(Duration::ZERO), Ok(()));
        }
    });
}

#[cfg(feature = "tokio")]
#[test]
fn c4_a_source_is_stopped_where_it_awaits_and_its_record_closed() {
    watched(|| {
        let mut builder = AimDbBuilder::new();
        builder.configure::<u32>("a", |record| {
            record.buffer(RING).source(|context, producer| async move {
                for value in 0.. {
                    producer.produce(value);
                    context.sleep(Duration::from_secs(3_600)).await;
                }
            });
        });
        builder.configure::<u32>("b", |record| {
            record.buffer(RING).source_blocking(|context, _| while context.sleep_blocking(Duration::MAX) {});
        });
        let handle = builder.attach().expect("sound");
        let mut consumer = handle.consumer_from::<u32>("a", aimdb_sync::Start::Oldest).expect("it is there");
        assert_eq!(consumer.recv(), Ok(0));
        handle.shutdown().expect("they end");
        assert_eq!(consumer.recv(), Err(RecvError::Closed));
    });
}

#[test]
fn c4_dropping_the_handle_never_blocks_and_the_taps_still_drain() {
    watched(|| {
        let (builder, gates, seen) = held_up(1);
        let handle = builder.attach().expect("sound");
        let producer = handle.producer::<u32>("a").expect("it is there");
        (0..10).try_for_each(|value| producer.send(value)).expect("there is room");
        drop(handle);
        assert_eq!(seen.load(Ordering::SeqCst), 0);
        assert_eq!(producer.send(10), Err(SendError::Closed(10)));
        drop(gates);
        until(|| seen.load(Ordering::SeqCst) == 10);
    });
}

#[test]
fn b19_a_full_record_whose_consumer_is_gone_does_not_hold_the_end_up() {
    watched(|| {
        let handle = single::<u32>(pausing(1));
        let producer = handle.producer::<u32>("a").expect("it is there");
        producer.send(1).expect("there is room");
        let sends = aside({
            let producer = producer.clone();
            move || producer.send(2)
        });
        until(|| producer.stats().waiting_producers == 1);
        drop(handle);
        assert_eq!(sends.join().expect("no panic"), Err(SendError::Closed(2)));
    });
}

#[cfg(feature = "tokio")]
#[test]
fn c4_dropping_the_handle_after_a_shutdown_that_timed_out_ends_async_services_by_force() {
    struct Gone(mpsc::Sender<()>);
    impl Drop for Gone {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }
    watched(|| {
        let ((tells, begun), (told, gone)) = (mpsc::channel(), mpsc::channel());
        let mut builder = AimDbBuilder::new();
        builder.configure::<u32>("a", |record| {
            record.buffer(RING).tap(move |_, _consumer| async move {
                let _gone = Gone(told);
                tells.send(()).expect("the test listens");
                std::future::pending::<()>().await;
            });
        });
        let handle = builder.attach().expect("sound");
        // One that has not begun when it is ended never does.
        begun.recv().expect("the tap runs");
        let error = handle.shutdown_timeout(Duration::from_millis(1)).expect_err("it never ends");
        assert_eq!(error.to_string(), "the deadline passed while still running: a/tap#1");
        drop(handle);
        gone.recv().expect("it was dropped");
    });
}

#[cfg(feature = "tokio")]
#[test]
fn c4_an_attach_and_a_shutdown_inside_somebody_elses_runtime_do_not_panic() {
    watched(|| {
        let theirs = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        theirs.block_on(async {
            for ends_well in [true, false] {
                let mut builder = AimDbBuilder::new();
                builder.configure::<u32>("a", |record| {
                    record.buffer(RING).tap(|_, mut consumer| async move { while consumer.recv().await.is_ok() {} });
                });
                let handle = builder.attach().expect("sound");
                if ends_well {
                    handle.shutdown().expect("it ends");
                }
            }
        });
    });
}

#[test]
fn u7_c3_no_leaked_end_keeps_anyone_parked() {
    watched(|| {
        for cfg in [RING, BufferCfg::SingleLatest, BufferCfg::Mailbox, pausing(1)] {
            let handle = single::<u32>(cfg);
            let producer = handle.producer::<u32>("a").expect("it is there");
            let mut consumer = handle.consumer::<u32>("a").expect("it is there");
            std::mem::forget((producer.clone(), producer.shared(), consumer.clone(), handle.db().clone()));
            let reads = aside(move || consumer.recv());
            until(|| producer.stats().waiting_consumers == 1);
            handle.shutdown().expect("there is no service");
            assert_eq!(reads.join().expect("no panic"), Err(RecvError::Closed), "{cfg:?}");
        }
    });
}

#[test]
fn u1_w9_a_timed_wait_survives_the_end_of_the_runtime() {
    watched(|| {
        for _ in 0..200 {
            let mut builder = AimDbBuilder::new();
            builder.configure::<u32>("a", |record| {
                record.buffer(RING);
                #[cfg(feature = "tokio")]
                record.tap(|_, mut consumer| async move { while consumer.recv().await.is_ok() {} });
            });
            let handle = builder.attach().expect("sound");
            let producer = handle.producer::<u32>("a").expect("it is there");
            let mut consumer = handle.consumer::<u32>("a").expect("it is there");
            let waits = aside(move || consumer.recv_timeout(Duration::from_secs(3_600)));
            until(|| producer.stats().waiting_consumers >= 1);
            handle.detach().expect("the tap ends");
            assert_eq!(waits.join().expect("no panic"), Err(RecvTimeoutError::Closed));
        }
    });
}

#[test]
fn c9_ends_that_outlive_the_database_work_on_until_they_are_drained() {
    watched(|| {
        let handle = single::<u32>(pausing(4));
        let producer = handle.producer::<u32>("a").expect("it is there");
        let mut consumer = handle.consumer::<u32>("a").expect("it is there");
        producer.send(1).expect("there is room");
        handle.detach().expect("there is no service");
        assert_eq!(producer.send(2), Err(SendError::Closed(2)));
        assert_eq!((consumer.recv(), consumer.recv()), (Ok(1), Err(RecvError::Closed)));
        assert_eq!((producer.is_closed(), producer.abort(), producer.flush(Duration::ZERO)), (true, 0, Ok(())));
    });
}

/// Uses both ends when the thread's local storage is torn down.
struct LastWords(SyncProducer<u32>, SyncConsumer<u32>, mpsc::Sender<Vec<u32>>);

impl Drop for LastWords {
    fn drop(&mut self) {
        let Self(producer, consumer, told) = self;
        let mut seen = Vec::new();
        for value in 0..3 {
            producer.send(value).expect("there is room");
            seen.push(consumer.recv().expect("it was sent"));
        }
        assert_eq!(consumer.recv_timeout(Duration::from_micros(1)), Err(RecvTimeoutError::Timeout));
        assert_eq!(consumer.try_recv(), Err(TryRecvError::Empty));
        let _ = told.send(seen);
    }
}

thread_local! {
    static LAST_WORDS: RefCell<Option<LastWords>> = const { RefCell::new(None) };
}

#[test]
fn c9_ends_can_be_used_and_dropped_while_thread_locals_are_torn_down() {
    watched(|| {
        let handle = single::<u32>(pausing(1));
        let ends =
            (handle.producer::<u32>("a").expect("it is there"), handle.consumer::<u32>("a").expect("it is there"));
        let (told, seen) = mpsc::channel();
        let thread = aside(move || {
            let (producer, mut consumer) = ends;
            LAST_WORDS.with(|place| drop(place.replace(None)));
            // The thread has waited before, so its parker is torn down too, after or before.
            assert!(consumer.recv_timeout(Duration::from_micros(1)).is_err());
            LAST_WORDS.with(|place| *place.borrow_mut() = Some(LastWords(producer, consumer, told)));
        });
        thread.join().expect("no panic");
        assert_eq!(seen.recv(), Ok(vec![0, 1, 2]));
        assert_eq!(handle.stats()[0].buffer.cursors, 0);
    });
}

/// A transform from `a` into `b`, which holds one value.
#[cfg(feature = "tokio")]
fn narrowing() -> AimDbBuilder {
    let mut builder = AimDbBuilder::new();
    builder.configure::<u32>("a", |record| {
        record.bounded(8);
    });
    builder.configure::<u32>("b", |record| {
        record.bounded(1).transform::<u32>("a", |from| from.map(|value| value));
    });
    builder
}

#[cfg(feature = "tokio")]
#[test]
fn c3_a_transform_into_a_full_record_keeps_no_shutdown_waiting() {
    watched(|| {
        for idle_reader in [false, true] {
            let handle = narrowing().attach().expect("sound");
            let producer = handle.producer::<u32>("a").expect("it is there");
            let leaked = idle_reader.then(|| handle.consumer::<u32>("b").expect("it is there"));
            (0..4).try_for_each(|value| producer.send(value)).expect("there is room");
            until(|| handle.stats().iter().any(|stats| stats.buffer.waiting_producers == 1));
            assert_eq!(handle.shutdown(), Ok(()), "a reader that does not read holds nobody");
            drop(leaked);
        }
    });
}

#[test]
fn c3_a_flush_ends_with_its_record() {
    watched(|| {
        let handle = single::<u32>(pausing(4));
        let producer = handle.producer::<u32>("a").expect("it is there");
        let _idle = handle.consumer::<u32>("a").expect("it is there");
        producer.send(1).expect("there is room");
        let flushing = aside({
            let producer = producer.clone();
            move || producer.flush(Duration::MAX)
        });
        assert_eq!(handle.shutdown(), Ok(()));
        assert_eq!(flushing.join().expect("it ends"), Err(FlushError::Closed));
        assert_eq!(producer.flush(Duration::MAX), Err(FlushError::Closed));
    });
}
