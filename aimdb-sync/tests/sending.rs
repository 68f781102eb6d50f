//! `SyncProducer`, call by call (contract sections 2 and 3).

mod watchdog;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use aimdb_sync::{
    AimDbBuilder, Attach, BufferCfg, DropCause, ErrorKind, FlushError, Misuse, Policy, RecvError, SendError,
    SendManyError, SharedProducer, SyncConsumer, SyncProducer, TrySendError, WaitsFor,
};
use watchdog::{aside, pausing, single, until, watched};

const KINDS_THAT_OVERWRITE: [BufferCfg; 5] = [
    BufferCfg::SpmcRing { capacity: 1 },
    BufferCfg::SingleLatest,
    BufferCfg::Mailbox,
    BufferCfg::Bounded { capacity: 1, policy: Policy::DropOldest },
    BufferCfg::Bounded { capacity: 1, policy: Policy::DropNewest },
];

fn failing(capacity: usize) -> BufferCfg {
    BufferCfg::Bounded { capacity, policy: Policy::Fail }
}

fn address<V>(value: &V) -> *const V {
    std::ptr::from_ref(value)
}

#[test]
fn s1_every_refusal_returns_the_very_value() {
    watched(|| {
        let handle = single::<Box<u32>>(pausing(1));
        let producer = handle.producer::<Box<u32>>("a").expect("it is there");
        producer.send(Box::new(0)).expect("there is room");
        let value = Box::new(1);
        let before = address(&*value);
        let value = producer.try_send(value).expect_err("it is full").into_inner();
        let value = producer.send_timeout(value, Duration::from_millis(1)).expect_err("it is full").into_inner();
        let value = producer.send_deadline(value, Instant::now()).expect_err("it is full").into_inner();
        producer.close();
        let value = producer.send(value).expect_err("it is closed").into_inner();
        let value = producer.force_send(value).expect_err("it is closed").into_inner();
        assert_eq!(address(&*value), before);
    });
}

#[test]
fn s1_errors_show_without_the_value() {
    struct Opaque;
    let mut builder = AimDbBuilder::new();
    builder.configure::<Opaque>("a", |record| {
        record.work_queue(1).fail();
    });
    let handle = builder.attach().expect("sound");
    let producer = handle.producer::<Opaque>("a").expect("it is there");
    producer.send(Opaque).expect("there is room");
    let error = producer.send(Opaque).expect_err("it is full");
    assert_eq!((format!("{error:?}"), error.to_string()), ("Full(..)".into(), "the record is full".into()));
    fn is_error(_: &(impl std::error::Error + ?Sized)) {}
    is_error(&error);
    assert_eq!(error.kind(), ErrorKind::Retry);
}

#[test]
fn s2_on_overwriting_kinds_every_send_succeeds_at_once_also_in_an_async_service() {
    watched(|| {
        for cfg in KINDS_THAT_OVERWRITE {
            let handle = single::<u32>(cfg);
            let producer = handle.producer::<u32>("a").expect("it is there");
            let _runtime_thread = aimdb_core::waiting::Place::enter(0, false);
            for round in 0..10 {
                assert_eq!(producer.send(round), Ok(()), "{cfg:?}");
                assert_eq!(producer.try_send(round), Ok(()), "{cfg:?}");
                assert_eq!(producer.send_timeout(round, Duration::MAX), Ok(()), "{cfg:?}");
            }
            assert_eq!(producer.stats().counters.offered(), 30, "{cfg:?}");
        }
    });
}

#[test]
fn s2_under_fail_every_send_is_refused_at_once_and_the_record_stays_open() {
    let handle = single::<u32>(failing(1));
    let producer = handle.producer::<u32>("a").expect("it is there");
    assert_eq!(producer.send(1), Ok(()));
    assert_eq!(producer.try_send(2), Err(TrySendError::Full(2)));
    assert_eq!(producer.send(3), Err(SendError::Full(3)));
    assert_eq!(producer.send_timeout(4, Duration::MAX), Err(SendError::Full(4)));
    assert!(!producer.is_closed());
}

#[test]
fn s2_send_on_a_pausing_record_waits_for_the_reader() {
    watched(|| {
        let handle = single::<u32>(pausing(1));
        let producer = handle.producer::<u32>("a").expect("it is there");
        let mut consumer = handle.consumer::<u32>("a").expect("it is there");
        producer.send(1).expect("there is room");
        let sends = aside({
            let producer = producer.clone();
            move || producer.send(2)
        });
        until(|| producer.stats().waiting_producers == 1);
        assert_eq!(consumer.recv(), Ok(1));
        assert_eq!(sends.join().expect("no panic"), Ok(()));
        assert_eq!(consumer.recv(), Ok(2));
        let counters = producer.stats().counters;
        assert_eq!((counters.accepted, counters.blocked), (2, 1));
    });
}

#[test]
fn s5_force_send_returns_what_it_displaced() {
    let handle = single::<u32>(pausing(2));
    let producer = handle.producer::<u32>("a").expect("it is there");
    assert_eq!(producer.force_send(1), Ok(None));
    assert_eq!(producer.force_send(2), Ok(None));
    assert_eq!(producer.force_send(3), Ok(Some(1)));
}

#[test]
fn s6_a_batch_larger_than_the_capacity_makes_progress() {
    watched(|| {
        let handle = single::<u32>(pausing(4));
        let producer = handle.producer::<u32>("a").expect("it is there");
        let mut consumer = handle.consumer::<u32>("a").expect("it is there");
        let reads = aside(move || {
            let mut seen = Vec::new();
            while seen.len() < 100 {
                consumer.recv_many(&mut seen, 7).expect("it is open");
            }
            seen
        });
        let mut batch: VecDeque<u32> = (0..100).collect();
        assert_eq!(producer.send_many(&mut batch), Ok(100));
        assert!(batch.is_empty());
        assert_eq!(reads.join().expect("no panic"), (0..100).collect::<Vec<_>>());
    });
}

#[test]
fn s6_a_batch_that_is_refused_keeps_what_was_not_taken_in_order() {
    let handle = single::<u32>(failing(3));
    let producer = handle.producer::<u32>("a").expect("it is there");
    let mut batch: VecDeque<u32> = (0..5).collect();
    assert_eq!(producer.send_many(&mut batch), Err(SendManyError::Full { sent: 3 }));
    assert_eq!(batch, [3, 4]);
    producer.close();
    let error = producer.send_many(&mut batch).expect_err("it is closed");
    assert_eq!((error, error.sent(), error.kind()), (SendManyError::Closed { sent: 0 }, 0, ErrorKind::Closed));
    assert_eq!(batch, [3, 4]);
    assert_eq!(producer.send_many(&mut VecDeque::new()), Ok(0));
}

#[test]
fn s6_the_time_of_a_batch_is_for_all_of_it() {
    watched(|| {
        let handle = single::<u32>(pausing(3));
        let producer = handle.producer::<u32>("a").expect("it is there");
        let mut batch: VecDeque<u32> = (0..5).collect();
        assert_eq!(
            producer.send_many_timeout(&mut batch, Duration::from_millis(1)),
            Err(SendManyError::Timeout { sent: 3 })
        );
        assert_eq!(producer.send_many_deadline(&mut batch, Instant::now()), Err(SendManyError::Timeout { sent: 0 }));
        assert_eq!(batch, [3, 4]);
    });
}

#[test]
fn w4_a_zero_timeout_is_one_try_and_a_past_deadline_too() {
    let handle = single::<u32>(pausing(1));
    let producer = handle.producer::<u32>("a").expect("it is there");
    assert_eq!(producer.send_timeout(1, Duration::ZERO), Ok(()));
    assert_eq!(producer.send_timeout(2, Duration::ZERO), Err(SendError::Timeout(2)));
    let past = Instant::now();
    assert_eq!(producer.send_deadline(2, past), Err(SendError::Timeout(2)));
    let mut consumer = handle.consumer::<u32>("a").expect("it is there");
    assert_eq!(consumer.recv(), Ok(1));
    assert_eq!(producer.send_deadline(2, past), Ok(()));
    let counters = producer.stats().counters;
    assert_eq!((counters.accepted, counters.timed_out, counters.offered()), (2, 2, 4));
}

#[test]
fn u2_w4_a_timeout_of_duration_max_waits_and_does_not_panic() {
    watched(|| {
        let handle = single::<u32>(pausing(1));
        let producer = handle.producer::<u32>("a").expect("it is there");
        producer.send_timeout(1, Duration::MAX).expect("there is room");
        let sends = aside({
            let producer = producer.clone();
            move || producer.send_timeout(2, Duration::MAX)
        });
        until(|| producer.stats().waiting_producers == 1);
        let mut consumer = handle.consumer::<u32>("a").expect("it is there");
        assert_eq!(consumer.recv_timeout(Duration::MAX), Ok(1));
        assert_eq!(sends.join().expect("no panic"), Ok(()));
        assert_eq!(consumer.latest_timeout(Duration::MAX), Ok(2));
        assert_eq!(producer.flush(Duration::MAX), Ok(()));
    });
}

#[test]
fn w4_a_timed_out_send_leaves_nothing_behind() {
    watched(|| {
        let handle = single::<u32>(pausing(1));
        let producer = handle.producer::<u32>("a").expect("it is there");
        producer.send(0).expect("there is room");
        for round in 1..=100 {
            let refused = producer.send_timeout(round, Duration::from_micros(10));
            assert_eq!(refused, Err(SendError::Timeout(round)));
        }
        assert_eq!(producer.stats().waiting_producers, 0);
        let mut consumer = handle.consumer::<u32>("a").expect("it is there");
        assert_eq!(consumer.try_iter().collect::<Vec<_>>(), [0]);
        assert_eq!(producer.send_timeout(101, Duration::ZERO), Ok(()));
    });
}

#[test]
fn c1_close_wakes_a_sender_that_waits_and_gives_it_its_value() {
    watched(|| {
        let handle = single::<u32>(pausing(1));
        let producer = handle.producer::<u32>("a").expect("it is there");
        producer.send(1).expect("there is room");
        let sends = aside({
            let producer = producer.clone();
            move || producer.send(2)
        });
        until(|| producer.stats().waiting_producers == 1);
        producer.close();
        producer.close();
        assert_eq!(sends.join().expect("no panic"), Err(SendError::Closed(2)));
        let mut consumer = handle.consumer::<u32>("a").expect("it is there");
        assert_eq!(consumer.recv(), Ok(1));
        assert_eq!(consumer.recv(), Err(RecvError::Closed));
        assert_eq!(consumer.recv(), Err(RecvError::Closed));
    });
}

#[test]
fn c2_abort_says_how_many_values_it_discarded_and_gives_them_to_the_hook() {
    let lost = Arc::new(Mutex::new(Vec::new()));
    let hook = Arc::clone(&lost);
    let mut builder = AimDbBuilder::new();
    builder.configure::<u32>("a", |record| {
        record.bounded(4).on_drop(move |value, cause| hook.lock().expect("no panic").push((value, cause)));
    });
    let handle = builder.attach().expect("sound");
    let producer = handle.producer::<u32>("a").expect("it is there");
    producer.send_many(&mut VecDeque::from([1, 2, 3])).expect("there is room");
    assert_eq!(producer.abort(), 3);
    assert_eq!(producer.abort(), 0);
    assert!(producer.is_closed());
    let mut lost = std::mem::take(&mut *lost.lock().expect("no panic"));
    lost.sort_unstable_by_key(|(value, _)| *value);
    assert_eq!(lost, [1, 2, 3].map(|value| (value, DropCause::Aborted)));
}

#[test]
fn c2_flush_waits_until_what_was_sent_before_is_consumed() {
    watched(|| {
        let handle = single::<u32>(pausing(4));
        let producer = handle.producer::<u32>("a").expect("it is there");
        let mut consumer = handle.consumer::<u32>("a").expect("it is there");
        assert_eq!(producer.flush(Duration::ZERO), Ok(()));
        producer.send(1).expect("there is room");
        assert_eq!(producer.flush(Duration::ZERO), Err(FlushError::Timeout));
        assert_eq!(producer.flush(Duration::from_millis(1)), Err(FlushError::Timeout));
        let flushes = aside({
            let producer = producer.clone();
            move || producer.flush(Duration::MAX)
        });
        assert_eq!(consumer.recv(), Ok(1));
        assert_eq!(flushes.join().expect("no panic"), Ok(()));
        // Where no cursor gates there is nothing to wait for.
        let ring = single::<u32>(BufferCfg::SpmcRing { capacity: 4 });
        let ring = ring.producer::<u32>("a").expect("it is there");
        ring.send(1).expect("a ring accepts");
        assert_eq!(ring.flush(Duration::MAX), Ok(()));
    });
}

#[test]
fn c2_a_drain_goes_on_when_the_record_is_closed_and_ends_with_its_last_value_or_reader() {
    watched(|| {
        let handle = single::<u32>(pausing(4));
        let producer = handle.producer::<u32>("a").expect("it is there");
        let mut consumer = handle.consumer::<u32>("a").expect("it is there");
        (0..3).for_each(|value| producer.send(value).expect("there is room"));
        producer.close();
        assert_eq!(producer.flush(Duration::MAX), Err(FlushError::Closed));
        assert_eq!(producer.drain(Duration::from_millis(1)), Err(FlushError::Timeout));
        let drain = || {
            let producer = producer.clone();
            aside(move || producer.drain(Duration::MAX))
        };
        let draining = drain();
        until(|| handle.blocked().len() == 1);
        assert_eq!((consumer.recv(), consumer.recv()), (Ok(0), Ok(1)));
        assert!(!draining.is_finished());
        assert_eq!(consumer.recv(), Ok(2));
        assert_eq!(draining.join().expect("no panic"), Ok(()));

        let handle = single::<u32>(pausing(4));
        let producer = handle.producer::<u32>("a").expect("it is there");
        let consumer = handle.consumer::<u32>("a").expect("it is there");
        producer.send(3).expect("there is room");
        producer.close();
        let draining = aside({
            let producer = producer.clone();
            move || producer.drain(Duration::MAX)
        });
        until(|| handle.blocked().len() == 1);
        drop(consumer);
        assert_eq!(draining.join().expect("no panic"), Err(FlushError::Closed), "nobody is left to read it");
        assert_eq!(producer.drain(Duration::MAX), Ok(()), "and nothing is left to be read");
    });
}

#[test]
fn k6_each_producer_threads_values_are_seen_in_the_order_sent() {
    watched(|| {
        let handle = single::<(usize, u32)>(pausing(8));
        let mut consumers = [0, 1].map(|_| handle.consumer::<(usize, u32)>("a").expect("it is there"));
        let producer = handle.producer::<(usize, u32)>("a").expect("it is there");
        let writers: Vec<_> = (0..3)
            .map(|writer| {
                let producer = producer.clone();
                aside(move || (0..1_000).try_for_each(|value| producer.send((writer, value))))
            })
            .collect();
        let readers = consumers.each_mut().map(|consumer| consumer.clone());
        drop(consumers);
        let readers = readers.map(|mut reader| aside(move || reader.iter().collect::<Vec<_>>()));
        for writer in writers {
            writer.join().expect("no panic").expect("it is open");
        }
        producer.close();
        let [one, two] = readers.map(|reader| reader.join().expect("no panic"));
        assert_eq!(one, two, "two producers interleave in one order");
        for writer in 0..3 {
            let of_writer: Vec<_> = one.iter().filter(|(from, _)| *from == writer).map(|(_, value)| *value).collect();
            assert_eq!(of_writer, (0..1_000).collect::<Vec<_>>());
        }
    });
}

#[test]
fn r4_a_producer_is_send_and_clone_and_its_shared_form_is_sync() {
    fn send<V: Send + Clone>() {}
    fn sync<V: Sync>() {}
    // `Rc` in a `Cell` would not do as a value; one that is not `Sync` does.
    send::<SyncProducer<std::cell::Cell<u8>>>();
    send::<SharedProducer<u8>>();
    sync::<SharedProducer<u8>>();
    send::<SyncConsumer<u8>>();
    sync::<aimdb_sync::AimDbHandle>();
    // `SyncProducer` is not `Sync`: if it were, both impls would apply, and this would be ambiguous.
    trait Ambiguous<A> {
        fn some() {}
    }
    impl<V: ?Sized> Ambiguous<()> for V {}
    impl<V: ?Sized + Sync> Ambiguous<u8> for V {}
    <SyncProducer<u8> as Ambiguous<_>>::some();
}

#[test]
fn r4_a_shared_producer_serves_several_threads_by_reference() {
    watched(|| {
        let handle = single::<u32>(pausing(2));
        let shared = handle.producer::<u32>("a").expect("it is there").shared();
        let mut consumer = handle.consumer::<u32>("a").expect("it is there");
        let mut seen = thread::scope(|scope| {
            for first in [0, 100] {
                let shared = &shared;
                scope.spawn(move || (first..first + 100).try_for_each(|value| shared.send(value)));
            }
            consumer.iter().take(200).collect::<Vec<_>>()
        });
        seen.sort_unstable();
        assert_eq!(seen, (0..200).collect::<Vec<_>>());
        assert_eq!(shared.local().try_send(1), Ok(()));
    });
}

#[test]
fn s4_a_panic_of_the_degrader_reaches_the_sender_and_changes_nothing() {
    let mut builder = AimDbBuilder::new();
    builder.configure::<u32>("a", |record| {
        record.bounded(1).degrade(|_| panic!("a seeded bug"));
    });
    let handle = builder.attach().expect("sound");
    let producer = handle.producer::<u32>("a").expect("it is there").shared();
    producer.send(1).expect("there is room");
    let sends = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| producer.send(2)));
    assert!(sends.is_err());
    let mut consumer = handle.consumer::<u32>("a").expect("it is there");
    assert_eq!(consumer.try_recv(), Ok(1));
}

#[test]
fn w8_a_send_that_could_wait_is_refused_on_a_runtime_thread_even_if_there_is_room() {
    let handle = single::<u32>(pausing(4));
    let producer = handle.producer::<u32>("a").expect("it is there");
    let mut batch = VecDeque::from([1]);
    {
        let _runtime_thread = aimdb_core::waiting::Place::enter(0, false);
        assert_eq!(producer.send(1), Err(SendError::Misuse(1, Misuse::RuntimeThread)));
        assert_eq!(producer.send_timeout(1, Duration::MAX), Err(SendError::Misuse(1, Misuse::RuntimeThread)));
        let misuse = Misuse::RuntimeThread;
        assert_eq!(producer.send_many(&mut batch), Err(SendManyError::Misuse { sent: 0, misuse }));
        assert_eq!(producer.flush(Duration::MAX), Err(FlushError::Misuse(misuse)));
        // What only tries blocks nobody.
        assert_eq!(producer.try_send(1), Ok(()));
        assert_eq!(producer.send_timeout(2, Duration::ZERO), Ok(()));
        assert_eq!(producer.force_send(3), Ok(None));
    }
    assert_eq!(batch, [1]);
    assert_eq!(producer.send(4), Ok(()));
}

#[test]
fn m3_who_sleeps_on_a_record_is_told_with_what_it_waits_for_and_where() {
    watched(|| {
        let mut builder = AimDbBuilder::new();
        builder.configure::<u32>("full", |record| {
            record.bounded(1);
        });
        builder.configure::<u32>("empty", |record| {
            record.bounded(1);
        });
        let db = builder.attach().expect("it is sound");
        let (full, mut empty) =
            (db.producer::<u32>("full").expect("it is there"), db.consumer::<u32>("empty").expect("too"));
        full.send(1).expect("there is room");
        let sender = std::thread::Builder::new().name("the-sender".into()).spawn(move || full.send(2));
        let reader = std::thread::Builder::new().name("the-reader".into()).spawn(move || empty.recv());
        until(|| db.blocked().len() == 2);
        let mut blocked: Vec<_> = db
            .blocked()
            .into_iter()
            .map(|blocked| (blocked.record.to_string(), blocked.sleeper.thread, blocked.sleeper.waits_for))
            .collect();
        blocked.sort_by(|one, other| one.0.cmp(&other.0));
        let seen = |record: &str, thread: &str, waits_for| (record.to_owned(), thread.to_owned(), waits_for);
        let expected = [seen("empty", "the-reader", WaitsFor::Value), seen("full", "the-sender", WaitsFor::Room)];
        assert_eq!(blocked, expected);
        db.shutdown().expect("it ends");
        assert!(sender.expect("a thread").join().expect("no panic").is_err());
        assert!(reader.expect("a thread").join().expect("no panic").is_err());
        assert_eq!(db.blocked(), []);
    });
}
