//! `Permit`: a place that is kept for a value to come (contract S9).

mod watchdog;

use std::time::Duration;

use aimdb_sync::{
    AimDbHandle, BufferCfg, Policy, RecvError, ReserveError, SyncConsumer, SyncProducer, TryRecvError, TrySendError,
};
use watchdog::{aside, pausing, single, until, watched};

const KINDS_THAT_OVERWRITE: [BufferCfg; 5] = [
    BufferCfg::SpmcRing { capacity: 1 },
    BufferCfg::SingleLatest,
    BufferCfg::Mailbox,
    BufferCfg::Bounded { capacity: 1, policy: Policy::DropOldest },
    BufferCfg::Bounded { capacity: 1, policy: Policy::DropNewest },
];

fn open(cfg: BufferCfg) -> (AimDbHandle, SyncProducer<u32>, SyncConsumer<u32>) {
    let db = single::<u32>(cfg);
    let producer = db.producer("a").expect("it is there");
    let consumer = db.consumer("a").expect("it is there");
    (db, producer, consumer)
}

#[test]
fn s9_a_place_that_is_kept_counts_as_one_in_use_and_its_value_is_not_refused() {
    let (_db, producer, mut consumer) = open(pausing(2));
    let permit = producer.reserve().expect("there is room");
    producer.try_send(1).expect("one place is left");
    assert!(matches!(producer.try_send(2), Err(TrySendError::Full(2))), "the other is kept");
    assert_eq!(producer.try_reserve().map(drop), Err(ReserveError::Full));
    assert_eq!(producer.reserve_timeout(Duration::from_millis(1)).map(drop), Err(ReserveError::Timeout));
    assert_eq!(producer.stats().occupancy, 1);
    permit.send(3).expect("the place was kept");
    assert_eq!((consumer.recv(), consumer.recv()), (Ok(1), Ok(3)), "in the order of sending, not of keeping");
    assert_eq!(producer.stats().counters.accepted, 2);
}

#[test]
fn s9_a_place_that_is_let_go_of_is_the_next_senders() {
    watched(|| {
        let (_db, producer, mut consumer) = open(pausing(1));
        let permit = producer.reserve().expect("there is room");
        let sender = aside({
            let producer = producer.clone();
            move || producer.send(7)
        });
        until(|| producer.stats().waiting_producers == 1);
        assert_eq!(consumer.try_recv(), Err(TryRecvError::Empty));
        drop(permit);
        assert_eq!(consumer.recv(), Ok(7));
        assert_eq!(sender.join().expect("no panic"), Ok(()));
        assert!(producer.try_reserve().is_ok());
    });
}

#[test]
fn s9_whoever_waits_for_a_place_is_served_when_a_reader_makes_room_or_the_record_is_closed() {
    watched(|| {
        let (db, producer, mut consumer) = open(pausing(1));
        producer.send(1).expect("there is room");
        let reserve = || {
            let producer = producer.clone();
            aside(move || producer.reserve().map(|permit| permit.send(2).is_ok()))
        };
        let waits = reserve();
        until(|| !db.blocked().is_empty());
        assert_eq!(consumer.recv(), Ok(1));
        assert_eq!(waits.join().expect("no panic"), Ok(true));
        let waits = reserve();
        until(|| !db.blocked().is_empty());
        producer.close();
        assert_eq!(waits.join().expect("no panic"), Err(ReserveError::Closed));
    });
}

#[test]
fn s9_c3_a_close_does_not_wait_for_a_permit_whose_value_comes_back_then() {
    let (_db, producer, mut consumer) = open(pausing(1));
    let permit = producer.reserve().expect("there is room");
    producer.close();
    assert_eq!(consumer.recv(), Err(RecvError::Closed));
    assert!(matches!(permit.send(5), Err(TrySendError::Closed(5))));
}

#[test]
fn s9_what_displaces_leaves_the_places_that_are_kept() {
    let (_db, producer, mut consumer) = open(pausing(2));
    let kept = [producer.reserve().expect("there is room"), producer.reserve().expect("and again")];
    assert!(matches!(producer.force_send(1), Err(TrySendError::Full(1))), "there is nothing to displace");
    for (permit, value) in kept.into_iter().zip(2..) {
        permit.send(value).expect("its place was kept");
    }
    assert_eq!(producer.force_send(4), Ok(Some(2)));
    assert_eq!((consumer.recv(), consumer.recv(), consumer.recv()), (Err(RecvError::Lagged(1)), Ok(3), Ok(4)));
}

#[test]
fn s9_records_that_never_refuse_keep_nothing_and_a_rendezvous_has_no_places() {
    for cfg in KINDS_THAT_OVERWRITE {
        let (_db, producer, _consumer) = open(cfg);
        let permits: Vec<_> = (0..9).map(|_| producer.try_reserve().expect("it never refuses")).collect();
        permits.into_iter().for_each(|permit| permit.send(1).expect("nor now"));
    }
    let (_db, producer, _consumer) = open(BufferCfg::Bounded { capacity: 1, policy: Policy::Fail });
    let permit = producer.reserve().expect("there is room");
    assert_eq!(producer.reserve().map(drop), Err(ReserveError::Full), "its policy is to refuse at once");
    permit.send(1).expect("its place was kept");
    let (_db, producer, _consumer) = open(pausing(0));
    assert_eq!(producer.reserve().map(drop), Err(ReserveError::Unsupported));
}

/// Somebody whose waking fails.
struct Fails;

impl std::task::Wake for Fails {
    fn wake(self: std::sync::Arc<Self>) {
        panic!("a seeded panic");
    }
}

#[test]
fn s9_a_waker_that_panics_lets_no_place_go_twice() {
    let (db, producer, consumer) = open(pausing(2));
    drop(consumer);
    let mut awaiting = db.db().consumer::<u32>("a").expect("it is there");
    let permits = (producer.reserve().expect("there is room"), producer.reserve().expect("and again"));
    {
        let waker = std::task::Waker::from(std::sync::Arc::new(Fails));
        let mut recv = std::pin::pin!(awaiting.recv());
        assert!(recv.as_mut().poll(&mut std::task::Context::from_waker(&waker)).is_pending());
        let sent = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| permits.0.send(1)));
        assert!(sent.is_err(), "the panic reaches the sender");
    }
    assert!(matches!(producer.try_send(9), Err(TrySendError::Full(9))), "the other place is still kept");
    permits.1.send(2).expect("its place was kept");
    assert_eq!((awaiting.try_recv(), awaiting.try_recv()), (Ok(1), Ok(2)));
    for value in 3..5 {
        producer.try_send(value).expect("both places are free again");
    }
}
