//! Services that run side by side: refusals, panics, and those that block (contract sections 3, 4).
#![cfg(feature = "tokio")]

mod watchdog;

use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aimdb_sync::{
    AimDbBuilder, AimDbHandle, Attach, BufferCfg, Consumer, DbError, Deadline, FlushError, LogLevel, Misuse, RecvError,
    SendError, ServiceRole, SharedProducer, ShutdownError, SyncConsumer,
};
use watchdog::{pausing, until, watched};

const RING: BufferCfg = BufferCfg::SpmcRing { capacity: 64 };

/// Something that a test hands to a service when both exist.
fn later<V: Send>() -> (Sender<V>, Receiver<V>) {
    mpsc::channel()
}

async fn drain(mut consumer: Consumer<u32>) {
    while !matches!(consumer.recv().await, Err(DbError::BufferClosed { .. })) {}
}

#[test]
fn u8_c6_a_panic_ends_one_service_only_and_is_told() {
    watched(|| {
        let (told, seen) = mpsc::channel();
        let mut builder = AimDbBuilder::new();
        builder.configure::<u32>("in", |record| {
            let told = told.clone();
            record
                .buffer(pausing(4))
                .tap(|_, mut consumer| async move {
                    let _ = consumer.recv().await;
                    panic!("a seeded bug");
                })
                .tap_blocking(|_, mut consumer| {
                    let value = consumer.recv_blocking(Deadline::Never);
                    panic!("a seeded bug at {value:?}");
                })
                .tap(move |_, mut consumer| async move {
                    while let Ok(value) = consumer.recv().await {
                        told.send(value).expect("the test listens");
                    }
                });
        });
        builder.configure::<u32>("out", |record| {
            record.buffer(RING).transform::<u32>("in", |from| from.map(|_| std::panic::panic_any(7_u8)));
        });
        builder.configure::<u32>("own", |record| {
            record.buffer(RING).source(|_, _| async { panic!("a seeded bug") });
        });
        builder.configure::<u32>("thread", |record| {
            record.buffer(RING).source_blocking(|_, _| panic!("a seeded bug"));
        });
        let handle = builder.attach().expect("sound");
        let producer = handle.producer::<u32>("in").expect("it is there");
        for value in 0..100 {
            // Those that panicked gate no longer.
            producer.send(value).expect("it is open");
        }
        for value in 0..100 {
            assert_eq!(seen.recv(), Ok(value));
        }
        until(|| handle.running() == ["in/tap#3"]);
        let mut failures = handle.failures();
        failures.sort_by(|a, b| a.service.cmp(&b.service));
        let told: Vec<_> =
            failures.iter().map(|failure| (failure.service.as_str(), failure.message.as_str())).collect();
        assert_eq!(
            told,
            [
                ("in/tap#1", "a seeded bug"),
                ("in/tap#2", "a seeded bug at Ok(0)"),
                ("out/transform", "a panic without a message"),
                ("own/source", "a seeded bug"),
                ("thread/source", "a seeded bug"),
            ]
        );
        assert_eq!((failures[2].record.as_str(), failures[2].role), ("out", ServiceRole::Transform));
        assert_eq!(failures[0].to_string(), "in/tap#1 panicked: a seeded bug");
        // A source that panicked has closed its record, so nobody waits for it.
        assert_eq!(handle.consumer::<u32>("own").expect("it is there").recv(), Err(RecvError::Closed));
        handle.shutdown().expect("the others have ended");
    });
}

#[test]
fn c6_a_panic_of_a_hook_ends_the_service_that_caused_it_only() {
    watched(|| {
        let mut builder = AimDbBuilder::new();
        builder.configure::<u32>("a", |record| {
            record.bounded(1).fail().on_drop(|_, _| panic!("a seeded bug")).source(|_, producer| async move {
                producer.produce(1);
                producer.produce(2);
            });
        });
        builder.configure::<u32>("b", |record| {
            record.buffer(RING).tap(|_, consumer| drain(consumer));
        });
        let handle = builder.attach().expect("sound");
        until(|| handle.running() == ["b/tap#1"]);
        assert_eq!(handle.failures()[0].service, "a/source");
        handle.shutdown().expect("the other ends");
    });
}

#[test]
fn c6_a_panic_while_a_service_is_dropped_is_told_and_stops_nobody() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("a seeded bug");
        }
    }
    watched(|| {
        let (told, begun) = mpsc::channel();
        let mut builder = AimDbBuilder::new();
        builder.configure::<u32>("a", |record| {
            record.buffer(RING).source(move |_, _| async move {
                let _bomb = Bomb;
                told.send(()).expect("the test listens");
                std::future::pending::<()>().await;
            });
            record.tap(|_, consumer| drain(consumer));
        });
        let handle = builder.attach().expect("sound");
        begun.recv().expect("the source runs");
        handle.shutdown().expect("both end");
        let failures = handle.failures();
        assert_eq!((failures.len(), failures[0].service.as_str()), (1, "a/source"));
    });
}

#[test]
fn u9_a_service_that_blocks_leaves_the_others_running() {
    watched(|| {
        let (release, gate) = later::<()>();
        let (told, seen) = mpsc::channel();
        let mut builder = AimDbBuilder::new();
        builder.configure::<u32>("a", |record| {
            record.buffer(RING);
            record.tap(move |_, mut consumer| async move {
                let _ = consumer.recv().await;
                // Against all advice.
                let _ = gate.recv();
            });
            record.tap(move |_, mut consumer| async move {
                while let Ok(value) = consumer.recv().await {
                    told.send(value).expect("the test listens");
                }
            });
        });
        let handle = builder.attach().expect("sound");
        let producer = handle.producer::<u32>("a").expect("it is there");
        for value in 0..50 {
            producer.send(value).expect("a ring accepts");
            assert_eq!(seen.recv(), Ok(value));
        }
        drop(release);
        handle.shutdown().expect("both end");
    });
}

#[test]
fn u9_an_async_service_that_blocks_does_not_stop_the_clock_of_a_blocking_one() {
    watched(|| {
        let (blocked, begin) = later::<()>();
        let (release, gate) = later::<()>();
        let mut builder = AimDbBuilder::new();
        builder.configure::<u32>("a", |record| {
            record.buffer(RING).source(move |_, _| async move {
                blocked.send(()).expect("the other service listens");
                // Against all advice.
                let _ = gate.recv();
            });
        });
        builder.configure::<u32>("b", |record| {
            record.buffer(RING).source_blocking(move |context, _| {
                begin.recv().expect("the other service blocks");
                let sleep = std::pin::pin!(context.sleep(Duration::from_millis(1)));
                assert_eq!(aimdb_core::waiting::block_on(sleep, Deadline::Never), Some(()));
                drop(release);
            });
        });
        let handle = builder.attach().expect("sound");
        until(|| handle.running().is_empty());
        assert_eq!(handle.failures(), []);
        handle.shutdown().expect("both have ended");
    });
}

#[test]
fn w8_a_blocking_call_inside_an_async_service_is_refused() {
    watched(|| {
        type Ends = (SharedProducer<u32>, SyncConsumer<u32>, Arc<AimDbHandle>);
        let (give, take) = later::<Ends>();
        let (told, seen) = mpsc::channel();
        let mut builder = AimDbBuilder::new();
        builder.configure::<u32>("queue", |record| {
            record.buffer(pausing(1));
        });
        builder.configure::<u32>("a", |record| {
            record.buffer(RING).tap(move |_, mut consumer| async move {
                let _ = consumer.recv().await;
                let (producer, mut reader, handle) = take.recv().expect("the test gives it");
                let sent = producer.send(1);
                let flushed = producer.flush(Duration::MAX);
                let refused = (sent, producer.try_send(2), reader.recv(), reader.try_recv());
                let ended = (handle.shutdown(), handle.shutdown_timeout(Duration::ZERO));
                told.send((refused, flushed, ended)).expect("the test listens");
            });
        });
        let handle = Arc::new(builder.attach().expect("sound"));
        let ends = (
            handle.producer::<u32>("queue").expect("it is there").shared(),
            handle.consumer::<u32>("queue").expect("it is there"),
            Arc::clone(&handle),
        );
        give.send(ends).expect("the tap waits for it");
        handle.producer::<u32>("a").expect("it is there").send(1).expect("a ring accepts");
        let misuse = Misuse::RuntimeThread;
        let (refused, flushed, ended) = seen.recv().expect("the tap tells");
        assert_eq!(refused, (Err(SendError::Misuse(1, misuse)), Ok(()), Err(RecvError::Misuse(misuse)), Ok(2)));
        assert_eq!(flushed, Err(FlushError::Misuse(misuse)));
        assert_eq!(ended, (Err(ShutdownError::Misuse(misuse)), Err(ShutdownError::Misuse(misuse))));
        assert!(!handle.is_closed());
        handle.shutdown().expect("the tap has returned");
    });
}

#[test]
fn c4_a_shutdown_inside_a_blocking_service_is_refused() {
    watched(|| {
        let (give, take) = later::<Arc<AimDbHandle>>();
        let (told, seen) = mpsc::channel();
        let mut builder = AimDbBuilder::new();
        builder.configure::<u32>("a", |record| {
            record.buffer(RING).source_blocking(move |_, _| {
                let handle = take.recv().expect("the test gives it");
                // Another database is another matter.
                let mut other = AimDbBuilder::new();
                other.configure::<u32>("b", |record| {
                    record.buffer(RING).tap(|_, consumer| drain(consumer));
                });
                let other = other.attach().expect("sound").shutdown();
                told.send((handle.shutdown(), other)).expect("the test listens");
            });
        });
        let handle = Arc::new(builder.attach().expect("sound"));
        give.send(Arc::clone(&handle)).expect("the source waits for it");
        let refused = Err(ShutdownError::Misuse(Misuse::RuntimeThread));
        assert_eq!(seen.recv(), Ok((refused, Ok(()))));
        handle.shutdown().expect("the source has returned");
    });
}

#[test]
fn b20_a_tap_that_would_wait_for_its_own_record_is_told_so() {
    watched(|| {
        let (give, take) = later::<SharedProducer<u32>>();
        let (told, seen) = mpsc::channel();
        let mut builder = AimDbBuilder::new();
        builder.configure::<u32>("a", |record| {
            record.buffer(pausing(1)).tap_blocking(move |_, mut consumer| {
                let own = take.recv().expect("the test gives it");
                assert_eq!(consumer.recv_blocking(Deadline::Never), Ok(0));
                let first = own.send(1);
                told.send((first, own.send(2), own.flush(Duration::MAX))).expect("the test listens");
            });
        });
        let handle = builder.attach().expect("sound");
        let producer = handle.producer::<u32>("a").expect("it is there");
        producer.send(0).expect("there is room");
        give.send(producer.shared()).expect("the tap waits for it");
        let own = Misuse::OwnRecord;
        assert_eq!(seen.recv(), Ok((Ok(()), Err(SendError::Misuse(2, own)), Err(FlushError::Misuse(own)))));
        handle.shutdown().expect("the tap has returned");
    });
}

#[test]
fn u11_try_recv_in_a_task_finds_all_values_that_are_there() {
    watched(|| {
        let (told, seen) = mpsc::channel();
        let (filled, wait) = later::<()>();
        let mut builder = AimDbBuilder::new();
        builder.configure::<u32>("a", |record| {
            record.buffer(pausing(2_000)).tap(move |_, mut consumer| async move {
                wait.recv().expect("the test fills it");
                let mut count = 0;
                while consumer.try_recv().is_ok() {
                    count += 1;
                }
                told.send(count).expect("the test listens");
            });
        });
        let handle = builder.attach().expect("sound");
        let producer = handle.producer::<u32>("a").expect("it is there");
        (0..2_000).try_for_each(|value| producer.send(value)).expect("there is room");
        filled.send(()).expect("the tap waits");
        assert_eq!(seen.recv(), Ok(2_000));
        handle.shutdown().expect("the tap has returned");
    });
}

#[test]
fn w7_a_source_task_a_transform_and_a_thread_meet_on_full_records() {
    watched(|| {
        let mut builder = AimDbBuilder::new();
        builder.configure::<u32>("in", |record| {
            record.buffer(pausing(2)).source(|_, producer| async move {
                for value in 0..1_000 {
                    producer.produce_async(value).await.expect("it is open");
                }
                producer.close();
            });
        });
        builder.configure::<u32>("out", |record| {
            record.buffer(pausing(2)).transform::<u32>("in", |from| from.map(|value| value + 1));
        });
        let db = builder.build().expect("sound");
        // Subscribed before the source runs, so that the first value is not missed.
        let mut consumer = db.consumer::<u32>("out").expect("it is there");
        let handle = db.attach().expect("sound");
        let mut seen = Vec::new();
        while let Ok(value) = consumer.recv_blocking(Deadline::Never) {
            seen.push(value);
        }
        assert_eq!(seen, (1..=1_000).collect::<Vec<_>>());
        handle.shutdown().expect("all have ended");
    });
}

#[test]
fn w9_a_sleep_is_over_when_its_runtime_has_ended() {
    watched(|| {
        let kept = Arc::new(Mutex::new(None));
        let keep = Arc::clone(&kept);
        let (told, seen) = mpsc::channel();
        let mut builder = AimDbBuilder::new();
        builder.configure::<u32>("a", |record| {
            record.buffer(RING).source(move |context, _| async move {
                let before = context.now();
                context.sleep(Duration::from_millis(1)).await;
                assert!(context.now() - before >= Duration::from_millis(1));
                context.log(LogLevel::Info, "slept");
                *keep.lock().expect("no panic") = Some(context);
                told.send(()).expect("the test listens");
            });
        });
        let handle = builder.attach().expect("sound");
        seen.recv().expect("the source slept");
        let context = kept.lock().expect("no panic").take().expect("it was kept");
        let sleep = context.sleep(Duration::from_secs(3_600));
        handle.shutdown().expect("the source has returned");
        assert_eq!(aimdb_core::waiting::block_on(std::pin::pin!(sleep), Deadline::Never), Some(()));
        let late = context.sleep(Duration::from_secs(3_600));
        assert_eq!(aimdb_core::waiting::block_on(std::pin::pin!(late), Deadline::Never), Some(()));
    });
}
