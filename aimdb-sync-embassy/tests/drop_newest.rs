//! A full lean queue whose senders are told `Ok` while their value is dropped and counted, with values that are moved inside its
//! critical section and with values that are moved outside.

mod port;

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use aimdb_sync_embassy::{
    CriticalSectionRawMutex as Raw, DropNewest, Kind, Policy, RecvTimeoutError, SendError, StaticQueue, TryRecvError,
    TrySendError,
};
use port::{Load, TestTime, Threads, Wakes, conserves, poll_counted, watched};

fn queue<T: Load, const N: usize>() -> &'static StaticQueue<T, Raw, N, DropNewest> {
    Box::leak(Box::new(StaticQueue::new()))
}

#[test]
fn e1_a_lean_queue_drops_the_incoming_value_and_says_ok() {
    drops_the_incoming::<u32>();
    drops_the_incoming::<[u32; 64]>();
}

fn drops_the_incoming<T: Load>() {
    let queue = queue::<T, 2>();
    assert_eq!(queue.kind(), Kind::Bounded(Policy::DropNewest));
    let (producer, mut consumer) = (queue.producer().on::<TestTime>(), queue.consumer());
    let wakes = Arc::new(Wakes::default());
    let polled = |value| poll_counted(pin!(producer.send_async(value)), &wakes);
    assert_eq!((producer.send(T::of(1)), producer.try_send(T::of(2))), (Ok(()), Ok(())));
    let parks = TestTime::parks();
    assert_eq!((producer.send(T::of(3)), producer.try_send(T::of(4))), (Ok(()), Ok(())));
    assert_eq!(producer.send_timeout(T::of(5), Duration::MAX), Ok(()));
    producer.produce(T::of(6));
    assert_eq!(polled(T::of(7)), Poll::Ready(Ok(())));
    assert_eq!(TestTime::parks(), parks, "it never waits");
    let stats = queue.stats();
    conserves(&stats, 7);
    assert_eq!((stats.counters.dropped_newest, stats.counters.refused, stats.counters.timed_out), (5, 5, 0));
    assert_eq!((consumer.try_recv(), consumer.try_recv()), (Ok(T::of(1)), Ok(T::of(2))));
    assert_eq!((producer.send(T::of(8)), producer.send(T::of(9))), (Ok(()), Ok(())));
    queue.close();
    // Of a closed queue it is not said that it was full.
    assert_eq!(producer.send(T::of(10)), Err(SendError::Closed(T::of(10))));
    assert_eq!(producer.try_send(T::of(11)), Err(TrySendError::Closed(T::of(11))));
    assert_eq!(polled(T::of(12)), Poll::Ready(Err(SendError::Closed(T::of(12)))));
    producer.produce(T::of(13));
    let stats = queue.stats();
    conserves(&stats, 13);
    assert_eq!((stats.counters.dropped_newest, stats.counters.refused), (5, 9));
    assert_eq!((consumer.try_recv(), consumer.try_recv()), (Ok(T::of(8)), Ok(T::of(9))));
    assert_eq!(consumer.try_recv(), Err(TryRecvError::Closed));
}

#[test]
fn k7_a_value_that_meets_a_full_queue_is_dropped_once_and_outside_the_section() {
    static DROPS: AtomicUsize = AtomicUsize::new(0);
    static QUEUE: StaticQueue<Counted, Raw, 1, DropNewest> = StaticQueue::new();
    struct Counted([u64; 4]);
    impl Drop for Counted {
        fn drop(&mut self) {
            // It may call back: nobody is inside.
            DROPS.fetch_add(QUEUE.stats().capacity, Ordering::Relaxed);
        }
    }
    let producer = QUEUE.producer();
    for value in 0..3 {
        assert!(producer.try_send(Counted([value; 4])).is_ok());
        assert_eq!(DROPS.load(Ordering::Relaxed), value as usize);
    }
    assert_eq!(QUEUE.consumer().try_recv().ok().map(|value| value.0), Some([0; 4]));
    QUEUE.close();
    let refused = producer.try_send(Counted([9; 4]));
    assert!(matches!(&refused, Err(TrySendError::Closed(Counted([9, ..])))));
    assert_eq!(DROPS.load(Ordering::Relaxed), 3, "a closed queue gives it back");
    drop(refused);
    assert_eq!(DROPS.load(Ordering::Relaxed), 4);
}

#[test]
fn m1_what_many_senders_are_told_was_stored_or_counted_as_dropped() {
    many_senders::<u32>();
    many_senders::<[u32; 64]>();
}

fn many_senders<T: Load>() {
    const EACH: u32 = 20_000;
    let queue = queue::<T, 3>();
    watched(move || {
        let seen = thread::scope(|scope| {
            let reader = scope.spawn(move || {
                let mut consumer = queue.consumer().on::<Threads>();
                let mut seen = Vec::new();
                loop {
                    match consumer.recv_timeout(Duration::from_micros(50)) {
                        Ok(value) => seen.push(value.number()),
                        Err(RecvTimeoutError::Timeout) => {}
                        Err(_) => return seen,
                    }
                }
            });
            let senders = [0, 1].map(|id| {
                scope.spawn(move || {
                    let producer = queue.producer().on::<Threads>();
                    for n in 0..EACH {
                        let sent = producer.send(T::of(id * EACH + n));
                        assert!(sent.is_ok(), "it is full now and then, which nobody is told");
                    }
                })
            });
            for sender in senders {
                sender.join().unwrap();
            }
            queue.close();
            reader.join().unwrap()
        });
        for id in 0..2 {
            assert!(
                seen.iter().filter(|value| **value / EACH == id).is_sorted(),
                "values of one sender overtook each other"
            );
        }
        let stats = queue.stats();
        conserves(&stats, u64::from(2 * EACH));
        assert_eq!(stats.counters.delivered, seen.len() as u64);
        assert_eq!(stats.counters.refused, stats.counters.dropped_newest);
        assert_eq!(stats.counters.accepted + stats.counters.dropped_newest, u64::from(2 * EACH));
    });
}
