//! The lean mailbox (contract 1 to 6, for what it has), with values that are moved inside its critical section and with
//! values that are moved outside.

mod port;

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::thread;
use std::time::Duration;

use aimdb_sync_embassy::{
    CriticalSectionRawMutex as Raw, RecvError, RecvTimeoutError, SendError, Sending, StaticMailbox, StaticProducer,
    Ticks, TryRecvError, TrySendError,
};
use port::{Interrupted, Load, TestTime, Threads, Wakes, conserves, poll_counted, until, watched};

fn empty<T: Load, const PLACES: usize>() -> &'static StaticMailbox<T, Raw, PLACES> {
    Box::leak(Box::new(StaticMailbox::new()))
}

macro_rules! small_and_large {
    ($($name:ident)+) => {$(
        #[test]
        fn $name() {
            bodies::$name::<u32, 1>();
            bodies::$name::<[u32; 64], 3>();
        }
    )+};
}

small_and_large! {
    k0_the_newest_is_pending_and_taken_once
    s2_a_send_never_waits_and_may_be_made_anywhere
    c1_a_close_wakes_every_reader_and_what_is_pending_is_taken
    c2_an_abort_discards_what_is_pending_and_says_so
    w2_a_reader_that_leaves_passes_its_wake_up_on
    w2_one_that_finds_the_value_gone_waits_again_in_front
    w4_a_timeout_of_zero_is_one_try
    m1_many_writers_and_readers_lose_nothing_uncounted
}

mod bodies {
    use super::*;

    pub(super) fn k0_the_newest_is_pending_and_taken_once<T: Load, const PLACES: usize>() {
        let mailbox = empty::<T, PLACES>();
        let (producer, mut consumer) = (mailbox.producer(), mailbox.consumer());
        assert_eq!(consumer.try_recv(), Err(TryRecvError::Empty));
        for round in 0..5 {
            producer.try_send(T::of(round)).unwrap();
            assert_eq!(producer.force_send(T::of(round + 10)), Ok(Some(T::of(round))));
            producer.produce(T::of(round + 20));
            assert_eq!(mailbox.stats().occupancy, 1);
            assert_eq!(consumer.try_latest().map(T::number), Ok(round + 20));
            assert_eq!(consumer.try_recv(), Err(TryRecvError::Empty));
            assert_eq!(producer.force_send(T::of(30)), Ok(None));
            assert_eq!(consumer.clone().try_recv().map(T::number), Ok(30));
        }
        let stats = mailbox.stats();
        conserves(&stats, 20);
        let counters = stats.counters;
        assert_eq!((counters.accepted, counters.overwritten, counters.delivered), (20, 10, 10));
        let cursor = consumer.stats().counters;
        assert_eq!((cursor.accepted, cursor.delivered, cursor.lagged, cursor.readable), (20, 10, 10, 0));
    }

    pub(super) fn s2_a_send_never_waits_and_may_be_made_anywhere<T: Load, const PLACES: usize>() {
        let mailbox = empty::<T, PLACES>();
        let producer: StaticProducer<'_, _, Interrupted> = mailbox.producer().on();
        producer.send(T::of(1)).unwrap();
        producer.send_timeout(T::of(2), Duration::MAX).unwrap();
        producer.send_deadline(T::of(3), aimdb_sync_embassy::Deadline::Never).unwrap();
        assert_eq!(producer.flush(Ticks(0)), Ok(()));
        {
            let mut sending = pin!(mailbox.producer().send_async(T::of(4)));
            assert_eq!(poll_counted(sending.as_mut(), &Arc::default()), Poll::Ready(Ok(())));
            assert!(poll_counted(sending.as_mut(), &Arc::default()).is_pending(), "as a fused future");
            assert_eq!(sending.cancel(), None);
        }
        let mut sending = pin!(mailbox.producer().send_async(T::of(5)));
        assert_eq!(sending.as_mut().cancel(), Some(T::of(5)));
        assert_eq!(mailbox.consumer().try_recv().map(T::number), Ok(4));
        conserves(&mailbox.stats(), 4);
    }

    pub(super) fn c1_a_close_wakes_every_reader_and_what_is_pending_is_taken<T: Load, const PLACES: usize>() {
        let mailbox = empty::<T, PLACES>();
        watched(move || {
            let readers: Vec<_> =
                (0..3).map(|_| thread::spawn(move || mailbox.consumer().on::<Threads>().recv())).collect();
            until(|| mailbox.stats().waiting_consumers == 3);
            mailbox.close();
            for reader in readers {
                assert_eq!(reader.join().unwrap(), Err(RecvError::Closed));
            }
        });
        assert_eq!(mailbox.producer().try_send(T::of(1)), Err(TrySendError::Closed(T::of(1))));
        assert_eq!(mailbox.producer().force_send(T::of(1)), Err(TrySendError::Closed(T::of(1))));
        assert_eq!(mailbox.producer().on::<Threads>().send(T::of(1)), Err(SendError::Closed(T::of(1))));
        conserves(&mailbox.stats(), 3);
        let full = empty::<T, PLACES>();
        full.producer().try_send(T::of(7)).unwrap();
        full.close();
        full.close();
        let mut consumer = full.consumer().on::<Threads>();
        assert_eq!(consumer.recv().map(T::number), Ok(7));
        assert_eq!(consumer.recv(), Err(RecvError::Closed));
        assert_eq!(consumer.try_recv(), Err(TryRecvError::Closed));
        assert_eq!(consumer.latest_timeout(Ticks(1)), Err(RecvTimeoutError::Closed));
    }

    pub(super) fn c2_an_abort_discards_what_is_pending_and_says_so<T: Load, const PLACES: usize>() {
        let mailbox = empty::<T, PLACES>();
        mailbox.producer().try_send(T::of(1)).unwrap();
        assert_eq!(mailbox.abort(), 1);
        assert_eq!(mailbox.abort(), 0);
        assert_eq!(mailbox.consumer().try_recv(), Err(TryRecvError::Closed));
        let stats = mailbox.stats();
        conserves(&stats, 1);
        assert_eq!((stats.counters.aborted, stats.counters.delivered, stats.occupancy), (1, 0, 0));
        let counters = mailbox.consumer().stats().counters;
        assert_eq!(counters.accepted, counters.delivered + counters.lagged + counters.readable);
        assert_eq!(empty::<T, PLACES>().abort(), 0);
    }

    pub(super) fn w2_a_reader_that_leaves_passes_its_wake_up_on<T: Load, const PLACES: usize>() {
        let mailbox = empty::<T, PLACES>();
        let (one, two) = (Arc::new(Wakes::default()), Arc::new(Wakes::default()));
        let (mut consumer, mut other) = (mailbox.consumer(), mailbox.consumer());
        let mut reading = Box::pin(consumer.recv_async());
        let mut waiting = pin!(other.recv_async());
        assert!(poll_counted(reading.as_mut(), &one).is_pending());
        assert!(poll_counted(waiting.as_mut(), &two).is_pending());
        mailbox.producer().try_send(T::of(3)).unwrap();
        assert_eq!((one.count(), two.count()), (1, 0));
        drop(reading);
        assert_eq!((one.count(), two.count()), (1, 1));
        assert_eq!(poll_counted(waiting.as_mut(), &two), Poll::Ready(Ok(T::of(3))));
        conserves(&mailbox.stats(), 1);
    }

    pub(super) fn w2_one_that_finds_the_value_gone_waits_again_in_front<T: Load, const PLACES: usize>() {
        let mailbox = empty::<T, PLACES>();
        let wakes: [Arc<Wakes>; 2] = Default::default();
        let (mut one, mut two) = (mailbox.consumer(), mailbox.consumer());
        let mut first = pin!(one.recv_async());
        let mut second = pin!(two.recv_async());
        assert!(poll_counted(first.as_mut(), &wakes[0]).is_pending());
        assert!(poll_counted(second.as_mut(), &wakes[1]).is_pending());
        mailbox.producer().try_send(T::of(1)).unwrap();
        assert_eq!(mailbox.consumer().try_recv().map(T::number), Ok(1));
        assert!(poll_counted(first.as_mut(), &wakes[0]).is_pending());
        mailbox.producer().try_send(T::of(2)).unwrap();
        assert_eq!((wakes[0].count(), wakes[1].count()), (2, 0));
        assert_eq!(poll_counted(first.as_mut(), &wakes[0]), Poll::Ready(Ok(T::of(2))));
        assert_eq!(mailbox.stats().waiting_consumers, 1);
    }

    pub(super) fn w4_a_timeout_of_zero_is_one_try<T: Load, const PLACES: usize>() {
        let mailbox = empty::<T, PLACES>();
        let mut consumer = mailbox.consumer().on::<TestTime>();
        let parks = TestTime::parks();
        assert_eq!(consumer.recv_timeout(Ticks(0)), Err(RecvTimeoutError::Timeout));
        assert_eq!(TestTime::parks(), parks);
        assert_eq!(consumer.recv_timeout(Ticks(5)), Err(RecvTimeoutError::Timeout));
        assert_eq!(mailbox.stats().waiting_consumers, 0);
    }

    pub(super) fn m1_many_writers_and_readers_lose_nothing_uncounted<T: Load, const PLACES: usize>() {
        const EACH: u32 = 20_000;
        let mailbox = empty::<T, PLACES>();
        watched(move || {
            let writers: Vec<_> = (0..3)
                .map(|id| {
                    thread::spawn(move || {
                        let producer = mailbox.producer();
                        let mut displaced = Vec::new();
                        for n in 0..EACH {
                            let value = T::of(id * EACH + n);
                            match n % 3 {
                                0 => producer.try_send(value).unwrap(),
                                1 => producer.on::<Threads>().send(value).unwrap(),
                                _ => displaced.extend(producer.force_send(value).unwrap().map(T::number)),
                            }
                        }
                        displaced
                    })
                })
                .collect();
            let readers: Vec<_> = (0..3)
                .map(|_| {
                    thread::spawn(move || {
                        let mut consumer = mailbox.consumer().on::<Threads>();
                        let mut seen = Vec::new();
                        loop {
                            match consumer.recv_timeout(Duration::from_micros(50)) {
                                Ok(value) => seen.push(T::number(value)),
                                Err(RecvTimeoutError::Timeout) => {}
                                Err(_) => return seen,
                            }
                        }
                    })
                })
                .collect();
            let mut out: Vec<u32> = writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect();
            mailbox.close();
            let seen: Vec<Vec<u32>> = readers.into_iter().map(|reader| reader.join().unwrap()).collect();
            for mine in &seen {
                for id in 0..3 {
                    let of_one = mine.iter().filter(|value| **value / EACH == id);
                    assert!(of_one.is_sorted(), "values of one writer overtook each other");
                }
            }
            let stats = mailbox.stats();
            conserves(&stats, u64::from(3 * EACH));
            let delivered: usize = seen.iter().map(Vec::len).sum();
            assert_eq!(stats.counters.delivered, delivered as u64);
            assert_eq!(stats.counters.accepted, stats.counters.delivered + stats.counters.overwritten);
            out.extend(seen.into_iter().flatten());
            out.sort_unstable();
            assert!(out.windows(2).all(|pair| pair[0] != pair[1]), "a value came out twice");
        });
    }
}

#[test]
fn k7_each_value_is_dropped_once_wherever_it_ends() {
    static DROPS: AtomicUsize = AtomicUsize::new(0);
    struct Counted([u64; 4]);
    impl Drop for Counted {
        fn drop(&mut self) {
            DROPS.fetch_add(1, Ordering::Relaxed);
        }
    }
    let drops = || DROPS.load(Ordering::Relaxed);
    let mailbox = StaticMailbox::<Counted, Raw, 3>::new();
    let producer = mailbox.producer();
    producer.try_send(Counted([0; 4])).ok().unwrap();
    // Displaced, read, handed over, refused.
    producer.try_send(Counted([1; 4])).ok().unwrap();
    assert_eq!(drops(), 1);
    assert_eq!(mailbox.consumer().try_recv().ok().unwrap().0[0], 1);
    assert_eq!(drops(), 2);
    producer.try_send(Counted([2; 4])).ok().unwrap();
    let displaced = producer.force_send(Counted([3; 4])).ok().flatten().unwrap();
    assert_eq!((displaced.0[0], drops()), (2, 2));
    drop(displaced);
    // Not polled.
    drop(producer.send_async(Counted([4; 4])));
    assert_eq!(drops(), 4);
    // Left in the mailbox, which goes.
    drop(mailbox);
    assert_eq!(drops(), 5);
    let aborted = StaticMailbox::<Counted, Raw, 3>::new();
    aborted.producer().try_send(Counted([0; 4])).ok().unwrap();
    assert_eq!(aborted.abort(), 1);
    assert_eq!(drops(), 6);
    assert!(aborted.producer().try_send(Counted([1; 4])).is_err());
    assert_eq!(drops(), 7);
    drop(aborted);
    assert_eq!(drops(), 7);
}

#[test]
fn k8_what_is_displaced_is_dropped_outside_and_may_use_the_mailbox() {
    static MAILBOX: StaticMailbox<Calls, Raw, 3> = StaticMailbox::new();
    struct Calls(u32, [u64; 2]);
    impl Drop for Calls {
        fn drop(&mut self) {
            if self.0 == 1 {
                let pending = MAILBOX.producer().force_send(Calls(9, self.1)).ok().flatten();
                assert_eq!(pending.map(|calls| calls.0), Some(2));
            }
        }
    }
    MAILBOX.producer().try_send(Calls(1, [0; 2])).ok().unwrap();
    MAILBOX.producer().try_send(Calls(2, [0; 2])).ok().unwrap();
    assert_eq!(MAILBOX.consumer().try_recv().ok().unwrap().0, 9);
    assert_eq!(MAILBOX.stats().counters.overwritten, 2);
}
