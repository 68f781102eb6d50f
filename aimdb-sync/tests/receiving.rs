//! `SyncConsumer`, call by call (contract sections 1, 2 and 3).

mod watchdog;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use aimdb_sync::{AimDbBuilder, Attach, BufferCfg, Misuse, Policy, RecvError, RecvTimeoutError, Start, TryRecvError};
use watchdog::{aside, pausing, single, until, watched};

const RING: BufferCfg = BufferCfg::SpmcRing { capacity: 3 };

#[test]
fn k3_s7_lag_is_told_once_and_then_it_goes_on_at_the_oldest_retained() {
    let handle = single::<u32>(RING);
    let producer = handle.producer::<u32>("a").expect("it is there");
    let mut consumer = handle.consumer::<u32>("a").expect("it is there");
    (0..10).try_for_each(|value| producer.send(value)).expect("a ring accepts");
    assert_eq!(consumer.recv(), Err(RecvError::Lagged(7)));
    assert_eq!((consumer.recv(), consumer.recv(), consumer.recv()), (Ok(7), Ok(8), Ok(9)));
    assert_eq!(consumer.try_recv(), Err(TryRecvError::Empty));
    assert_eq!(consumer.recv_timeout(Duration::ZERO), Err(RecvTimeoutError::Timeout));
    assert_eq!(consumer.recv_deadline(Instant::now()), Err(RecvTimeoutError::Timeout));
}

#[test]
fn s7_iterators_skip_lag_count_it_and_end_when_closed_and_drained() {
    let handle = single::<u32>(RING);
    let producer = handle.producer::<u32>("a").expect("it is there");
    let mut consumer = handle.consumer::<u32>("a").expect("it is there");
    (0..10).try_for_each(|value| producer.send(value)).expect("a ring accepts");
    let mut there = consumer.try_iter();
    assert_eq!(there.by_ref().collect::<Vec<_>>(), [7, 8, 9]);
    assert_eq!(there.lost(), 7);
    (10..15).try_for_each(|value| producer.send(value)).expect("a ring accepts");
    producer.close();
    let mut all = consumer.iter();
    assert_eq!(all.by_ref().collect::<Vec<_>>(), [12, 13, 14]);
    assert_eq!((all.lost(), all.end()), (2, Some(RecvError::Closed)));
    assert_eq!(all.next(), None);
    assert_eq!(consumer.lost(), 9);
    assert_eq!(consumer.try_iter().next(), None);
}

#[test]
fn s6_recv_many_takes_what_is_there_and_tells_the_lag_behind_it_next() {
    let handle = single::<u32>(pausing(8));
    let producer = handle.producer::<u32>("a").expect("it is there");
    let mut consumer = handle.consumer::<u32>("a").expect("it is there");
    (0..5).try_for_each(|value| producer.send(value)).expect("there is room");
    let mut values = vec![100];
    assert_eq!(consumer.recv_many(&mut values, 0), Ok(0));
    assert_eq!(consumer.recv_many(&mut values, 3), Ok(3));
    assert_eq!(consumer.recv_many(&mut values, 3), Ok(2));
    assert_eq!(values, [100, 0, 1, 2, 3, 4]);
    assert_eq!(consumer.recv_many_timeout(&mut values, 3, Duration::ZERO), Err(RecvTimeoutError::Timeout));
    assert_eq!(consumer.recv_many_deadline(&mut values, 3, Instant::now()), Err(RecvTimeoutError::Timeout));
    producer.close();
    assert_eq!(consumer.recv_many(&mut values, 3), Err(RecvError::Closed));
    assert_eq!(values.len(), 6);
}

/// A value whose clone, on its way out of the ring, lets the ring overtake the cursor.
struct Overtaken {
    number: u32,
    overtake: Option<Arc<dyn Fn() + Send + Sync>>,
}

impl Clone for Overtaken {
    fn clone(&self) -> Self {
        if let Some(overtake) = &self.overtake {
            overtake();
        }
        Self { number: self.number, overtake: None }
    }
}

#[test]
fn s6_a_lag_that_recv_many_meets_behind_its_values_is_told_by_the_next_call() {
    let handle = single::<Overtaken>(RING);
    let producer = handle.producer::<Overtaken>("a").expect("it is there").shared();
    let mut consumer = handle.consumer::<Overtaken>("a").expect("it is there");
    let plain = |number| Overtaken { number, overtake: None };
    let sender = producer.clone();
    let overtake = Arc::new(move || {
        for number in 1..=5 {
            let _ = sender.send(Overtaken { number, overtake: None });
        }
    });
    producer.send(Overtaken { number: 0, overtake: Some(overtake) }).expect("a ring accepts");
    let mut values = Vec::new();
    assert_eq!(consumer.recv_many(&mut values, 10), Ok(1));
    assert_eq!(values[0].number, 0);
    producer.send(plain(6)).expect("a ring accepts");
    assert_eq!(consumer.recv_many(&mut values, 10), Err(RecvError::Lagged(2)));
    // The sixth has overwritten one more since that lag was found out.
    assert_eq!(consumer.try_recv().map(|value| value.number), Err(TryRecvError::Lagged(1)));
    assert_eq!(consumer.try_recv().map(|value| value.number), Ok(4));
}

#[test]
fn s6_a_lag_that_recv_many_meets_is_told_before_the_values_that_are_there_behind_it() {
    let handle = single::<Overtaken>(RING);
    let producer = handle.producer::<Overtaken>("a").expect("it is there").shared();
    let mut consumer = handle.consumer::<Overtaken>("a").expect("it is there");
    let sender = producer.clone();
    let overtake = Arc::new(move || {
        for number in 1..=5 {
            let _ = sender.send(Overtaken { number, overtake: None });
        }
    });
    producer.send(Overtaken { number: 0, overtake: Some(overtake) }).expect("a ring accepts");
    assert_eq!(consumer.recv_many(&mut Vec::new(), 10), Ok(1));
    assert_eq!(consumer.recv().map(|value| value.number), Err(RecvError::Lagged(2)));
    assert_eq!(consumer.recv().map(|value| value.number), Ok(3));
}

#[test]
fn s7_latest_skips_to_the_newest_and_waits_when_there_is_none() {
    watched(|| {
        for cfg in [RING, BufferCfg::SingleLatest, BufferCfg::Mailbox, pausing(8)] {
            let handle = single::<u32>(cfg);
            let producer = handle.producer::<u32>("a").expect("it is there");
            let mut consumer = handle.consumer::<u32>("a").expect("it is there");
            assert_eq!(consumer.try_latest(), Err(TryRecvError::Empty), "{cfg:?}");
            assert_eq!(consumer.latest_timeout(Duration::ZERO), Err(RecvTimeoutError::Timeout), "{cfg:?}");
            assert_eq!(consumer.latest_deadline(Instant::now()), Err(RecvTimeoutError::Timeout), "{cfg:?}");
            (0..7).try_for_each(|value| producer.send(value)).expect("there is room");
            assert_eq!(consumer.latest(), Ok(6), "{cfg:?}");
            let waits = aside(move || (consumer.latest(), consumer.latest()));
            until(|| producer.stats().waiting_consumers == 1);
            producer.send(7).expect("there is room");
            until(|| producer.stats().waiting_consumers == 1);
            producer.close();
            assert_eq!(waits.join().expect("no panic"), (Ok(7), Err(RecvError::Closed)), "{cfg:?}");
        }
    });
}

#[test]
fn u15_s7_latest_ends_under_a_producer_that_never_pauses() {
    watched(|| {
        for cfg in [BufferCfg::SpmcRing { capacity: 1 }, BufferCfg::SingleLatest] {
            let handle = single::<u64>(cfg);
            let producer = handle.producer::<u64>("a").expect("it is there");
            let mut consumer = handle.consumer::<u64>("a").expect("it is there");
            let enough = Arc::new(AtomicBool::new(false));
            let hot = aside({
                let enough = Arc::clone(&enough);
                move || {
                    let mut value = 0;
                    while !enough.load(Ordering::Relaxed) {
                        producer.send(value).expect("it accepts");
                        value += 1;
                    }
                }
            });
            let mut before = None;
            // Where there is one core, each of them waits until the producer has had its turn.
            for _ in 0..100 {
                let newest = consumer.latest().expect("it is open");
                assert!(before < Some(newest), "it goes forward");
                before = Some(newest);
            }
            enough.store(true, Ordering::Relaxed);
            hot.join().expect("no panic");
        }
    });
}

#[test]
fn s7_peek_shows_the_current_value_and_takes_nothing() {
    let handle = single::<u32>(BufferCfg::SingleLatest);
    let producer = handle.producer::<u32>("a").expect("it is there");
    let mut consumer = handle.consumer::<u32>("a").expect("it is there");
    assert_eq!(consumer.peek(), None);
    producer.send(1).expect("it accepts");
    assert_eq!((consumer.peek(), consumer.peek()), (Some(1), Some(1)));
    assert_eq!(consumer.recv(), Ok(1));
    assert_eq!(consumer.peek(), Some(1));
    let ring = single::<u32>(RING);
    ring.producer::<u32>("a").expect("it is there").send(1).expect("it accepts");
    assert_eq!(ring.consumer::<u32>("a").expect("it is there").peek(), None);
}

#[test]
fn k4_a_clone_shares_the_cursor_and_a_subscription_makes_a_new_one() {
    watched(|| {
        let handle = single::<u32>(pausing(4));
        let producer = handle.producer::<u32>("a").expect("it is there");
        let mut one = handle.consumer::<u32>("a").expect("it is there");
        let mut worker = one.clone();
        let mut other = one.subscribe().expect("values can be cloned");
        assert_eq!(producer.stats().cursors, 2);
        (0..4).try_for_each(|value| producer.send(value)).expect("there is room");
        assert_eq!((one.recv(), worker.recv(), one.recv(), worker.recv()), (Ok(0), Ok(1), Ok(2), Ok(3)));
        assert_eq!(one.try_recv(), Err(TryRecvError::Empty));
        assert_eq!(other.try_iter().collect::<Vec<_>>(), [0, 1, 2, 3]);
        assert_eq!(one.stats().counters.delivered, 4);
    });
}

#[test]
fn u14_a_late_subscriber_of_a_mailbox_sees_the_pending_value() {
    let handle = single::<u32>(BufferCfg::Mailbox);
    handle.producer::<u32>("a").expect("it is there").send(1).expect("it accepts");
    assert_eq!(handle.consumer::<u32>("a").expect("it is there").try_recv(), Ok(1));
}

#[test]
fn k4_start_oldest_begins_with_what_the_ring_retains() {
    let handle = single::<u32>(RING);
    let producer = handle.producer::<u32>("a").expect("it is there");
    (0..5).try_for_each(|value| producer.send(value)).expect("a ring accepts");
    let mut live = handle.consumer::<u32>("a").expect("it is there");
    let mut oldest = handle.consumer_from::<u32>("a", Start::Oldest).expect("it is there");
    assert_eq!(live.try_recv(), Err(TryRecvError::Empty));
    assert_eq!(oldest.try_iter().collect::<Vec<_>>(), [2, 3, 4]);
}

#[test]
fn k5_b1_a_slow_consumer_that_is_dropped_elsewhere_sets_the_producer_free() {
    watched(|| {
        let handle = single::<u32>(pausing(1));
        let producer = handle.producer::<u32>("a").expect("it is there");
        let slow = handle.consumer::<u32>("a").expect("it is there");
        let mut fast = handle.consumer::<u32>("a").expect("it is there");
        producer.send(1).expect("there is room");
        assert_eq!(fast.recv(), Ok(1));
        let sends = aside({
            let producer = producer.clone();
            move || producer.send(2)
        });
        until(|| producer.stats().waiting_producers == 1);
        drop(slow);
        assert_eq!(sends.join().expect("no panic"), Ok(()));
        assert_eq!(fast.recv(), Ok(2));
    });
}

#[test]
fn k7_a_clone_that_panics_skips_the_value_for_that_caller_only() {
    struct Fragile(u32);
    impl Clone for Fragile {
        fn clone(&self) -> Self {
            assert!(self.0 != 1, "a seeded bug");
            Self(self.0)
        }
    }
    let handle = single::<Fragile>(RING);
    let producer = handle.producer::<Fragile>("a").expect("it is there");
    let mut consumer = handle.consumer::<Fragile>("a").expect("it is there");
    (0..3).try_for_each(|value| producer.send(Fragile(value))).expect("a ring accepts");
    assert_eq!(consumer.recv().map(|value| value.0), Ok(0));
    let panics = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| consumer.recv().map(|value| value.0)));
    assert!(panics.is_err());
    assert_eq!(consumer.recv().map(|value| value.0), Ok(2));
    assert_eq!(producer.stats().counters.clone_panics, 1);
}

#[test]
fn c1_close_wakes_a_consumer_that_waits() {
    watched(|| {
        let handle = single::<u32>(RING);
        let producer = handle.producer::<u32>("a").expect("it is there");
        let mut consumer = handle.consumer::<u32>("a").expect("it is there");
        let waits = aside(move || (consumer.recv(), consumer.try_recv()));
        until(|| producer.stats().waiting_consumers == 1);
        producer.close();
        assert_eq!(waits.join().expect("no panic"), (Err(RecvError::Closed), Err(TryRecvError::Closed)));
    });
}

#[test]
fn w8_a_read_that_could_wait_is_refused_on_a_runtime_thread_even_if_there_is_a_value() {
    let handle = single::<u32>(pausing(4));
    let producer = handle.producer::<u32>("a").expect("it is there");
    let mut consumer = handle.consumer::<u32>("a").expect("it is there");
    (0..4).try_for_each(|value| producer.send(value)).expect("there is room");
    let mut values = Vec::new();
    {
        let _runtime_thread = aimdb_core::waiting::Place::enter(0, false);
        let misuse = Misuse::RuntimeThread;
        assert_eq!(consumer.recv(), Err(RecvError::Misuse(misuse)));
        assert_eq!(consumer.recv_timeout(Duration::MAX), Err(RecvTimeoutError::Misuse(misuse)));
        assert_eq!(consumer.recv_many(&mut values, 4), Err(RecvError::Misuse(misuse)));
        assert_eq!(consumer.latest(), Err(RecvError::Misuse(misuse)));
        let mut all = consumer.iter();
        assert_eq!((all.next(), all.end()), (None, Some(RecvError::Misuse(misuse))));
        // What only tries blocks nobody.
        assert_eq!(consumer.try_recv(), Ok(0));
        assert_eq!(consumer.recv_timeout(Duration::ZERO), Ok(1));
        assert_eq!(consumer.recv_deadline(Instant::now()), Ok(2));
    }
    assert_eq!(consumer.recv(), Ok(3));
}

#[test]
fn s7_k7_values_that_cannot_be_cloned_go_through_a_work_queue() {
    struct Job(u32);
    let mut builder = AimDbBuilder::new();
    builder.configure::<Job>("a", |record| {
        record.work_queue(4);
    });
    let handle = builder.attach().expect("sound");
    let producer = handle.producer::<Job>("a").expect("it is there");
    let mut one = handle.consumer::<Job>("a").expect("it is the first");
    assert!(handle.consumer::<Job>("a").is_err());
    assert!(one.subscribe().is_err());
    let mut two = one.clone();
    producer.send(Job(1)).map_err(|_| "full").expect("there is room");
    producer.send(Job(2)).map_err(|_| "full").expect("there is room");
    assert_eq!((one.recv().map(|job| job.0), two.recv().map(|job| job.0)), (Ok(1), Ok(2)));
}

#[test]
fn u13_k1_capacity_is_exact_and_occupancy_never_exceeds_it() {
    for capacity in [1, 3, 5] {
        let handle = single::<u32>(BufferCfg::SpmcRing { capacity });
        let producer = handle.producer::<u32>("a").expect("it is there");
        (0..10).try_for_each(|value| producer.send(value)).expect("a ring accepts");
        let stats = producer.stats();
        assert_eq!((stats.capacity, stats.occupancy), (capacity, capacity));
    }
}

#[test]
fn u16_m2_overwrites_are_counted_on_every_kind_with_and_without_readers() {
    let queue = BufferCfg::Bounded { capacity: 1, policy: Policy::DropOldest };
    for cfg in [BufferCfg::SpmcRing { capacity: 1 }, BufferCfg::SingleLatest, BufferCfg::Mailbox, queue] {
        for reads in [false, true] {
            let handle = single::<u32>(cfg);
            let producer = handle.producer::<u32>("a").expect("it is there");
            let _consumer = reads.then(|| handle.consumer::<u32>("a").expect("it is there"));
            (0..3).try_for_each(|value| producer.send(value)).expect("it accepts");
            assert_eq!(producer.stats().counters.overwritten, 2, "{cfg:?} {reads}");
        }
    }
}
