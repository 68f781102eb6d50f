//! The lean ring (contract 1 to 6, for what it has), with values that are moved inside its critical section and with
//! values that are moved outside.

mod port;

use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use aimdb_sync_embassy::{
    CriticalSectionRawMutex as Raw, Kind, RecvError, RecvTimeoutError, Registry, RegistryError, SendError, Start,
    StaticRing, SubscribeError, Ticks, TryRecvError, TrySendError,
};
use port::{Interrupted, Load, TestTime, Threads, Wakes, conserves, poll_counted, until, watched};

/// Copied by half words.
impl Load for [u16; 7] {
    fn of(number: u32) -> Self {
        let mut halves = [number as u16; 7];
        halves[6] = (number >> 16) as u16;
        halves
    }

    fn number(self) -> u32 {
        let number = u32::from(self[6]) << 16 | u32::from(self[0]);
        assert_eq!(self, Self::of(number), "torn");
        number
    }
}

fn ring<T: Load, const N: usize, const READERS: usize>() -> &'static StaticRing<T, Raw, N, READERS, 4> {
    Box::leak(Box::new(StaticRing::new()))
}

macro_rules! of_each_size {
    ($($name:ident)+) => {$(
        #[test]
        fn $name() {
            bodies::$name::<u32>();
            bodies::$name::<[u32; 64]>();
            bodies::$name::<[u8; 13]>();
            bodies::$name::<[u16; 7]>();
        }
    )+};
}

of_each_size! {
    k3_a_slow_reader_is_told_its_lag_once_and_goes_on_with_the_oldest_retained
    k1_capacity_is_exact
    k_clones_share_a_cursor_and_subscriptions_have_their_own
    s2_a_send_never_waits_and_may_be_made_anywhere
    s5_force_send_says_what_it_displaced
    s7_latest_skips_and_is_counted
    w4_timeouts_and_zero_is_one_try
    c1_close_wakes_everybody_and_what_is_retained_is_drained
    c2_abort_discards_and_says_how_many
    w2_a_value_wakes_each_cursor_and_one_of_those_that_share_it
    w2_who_leaves_passes_its_wake_up_on
    e5_too_many_cursors_are_an_error_and_a_place_comes_back
    m1_many_senders_and_readers_account_for_every_value
    w3_the_most_urgent_reader_is_woken_first
}

mod bodies {
    use super::*;

    pub(super) fn k3_a_slow_reader_is_told_its_lag_once_and_goes_on_with_the_oldest_retained<T: Load>() {
        let ring = ring::<T, 3, 3>();
        let (mut first, mut second) = (ring.consumer().unwrap(), ring.consumer().unwrap());
        for round in 0..5 {
            for value in 0..10 {
                ring.producer().try_send(T::of(round * 100 + value)).unwrap();
            }
            for reader in [&mut first, &mut second] {
                assert_eq!(reader.try_recv(), Err(TryRecvError::Lagged(7)));
                for value in 7..10 {
                    assert_eq!(reader.try_recv(), Ok(T::of(round * 100 + value)));
                }
                assert_eq!(reader.try_recv(), Err(TryRecvError::Empty));
            }
        }
        let counters = first.stats().counters;
        assert_eq!((counters.accepted, counters.delivered, counters.lagged, counters.readable), (50, 15, 35, 0));
        let mut late = ring.consumer_from(Start::Oldest).unwrap();
        assert_eq!(late.try_recv(), Ok(T::of(407)));
        let stats = ring.stats();
        conserves(&stats, 50);
        assert_eq!((stats.occupancy, stats.counters.overwritten, stats.counters.lagged), (3, 47, 70));
        assert_eq!((stats.cursors, stats.slowest), (3, Some((2, 2))));
        assert_eq!((first.peek(), ring.kind()), (None, Kind::SpmcRing));
    }

    pub(super) fn k1_capacity_is_exact<T: Load>() {
        fn fills<T: Load, const N: usize>() {
            let ring = ring::<T, N, 1>();
            let mut reader = ring.consumer().unwrap();
            for round in 0..7_u32 {
                for value in 0..N as u32 {
                    ring.producer().try_send(T::of(round + value)).unwrap();
                }
                for value in 0..N as u32 {
                    assert_eq!(reader.try_recv(), Ok(T::of(round + value)));
                }
                assert_eq!(reader.try_recv(), Err(TryRecvError::Empty));
                // So that each round begins at another place.
                ring.producer().try_send(T::of(99)).unwrap();
                assert_eq!(reader.try_recv(), Ok(T::of(99)));
            }
            assert_eq!(ring.stats().occupancy, N);
            conserves(&ring.stats(), 7 * (N as u64 + 1));
        }
        fills::<T, 1>();
        fills::<T, 2>();
        fills::<T, 3>();
        fills::<T, 16>();
        fills::<T, 251>();
    }

    pub(super) fn k_clones_share_a_cursor_and_subscriptions_have_their_own<T: Load>() {
        let ring = ring::<T, 4, 2>();
        let mut one = ring.consumer().unwrap();
        let mut share = one.clone();
        let mut other = one.subscribe().unwrap();
        for value in 0..4 {
            ring.producer().try_send(T::of(value)).unwrap();
        }
        assert_eq!([one.try_recv(), share.try_recv(), one.try_recv()], [0, 1, 2].map(|value| Ok(T::of(value))));
        assert_eq!(other.try_recv(), Ok(T::of(0)));
        drop(one);
        assert_eq!((share.try_recv(), share.try_recv()), (Ok(T::of(3)), Err(TryRecvError::Empty)));
        assert_eq!(share.stats().counters.delivered, 4);
    }

    pub(super) fn s2_a_send_never_waits_and_may_be_made_anywhere<T: Load>() {
        let ring = ring::<T, 3, 1>();
        let mut consumer = ring.consumer().unwrap();
        let producer = ring.producer().on::<Interrupted>();
        producer.send(T::of(1)).unwrap();
        producer.send_timeout(T::of(2), Duration::MAX).unwrap();
        producer.send_deadline(T::of(3), aimdb_sync_embassy::Deadline::Never).unwrap();
        for number in 1..4 {
            assert_eq!(consumer.try_recv().map(T::number), Ok(number));
        }
        ring.close();
        assert_eq!(producer.send(T::of(4)), Err(SendError::Closed(T::of(4))));
        conserves(&ring.stats(), 4);
    }

    pub(super) fn s5_force_send_says_what_it_displaced<T: Load>() {
        let ring = ring::<T, 2, 1>();
        let producer = ring.producer();
        let displaced: Vec<_> = (0..5).map(|value| producer.force_send(T::of(value)).unwrap()).collect();
        assert_eq!(displaced, [None, None, Some(T::of(0)), Some(T::of(1)), Some(T::of(2))]);
        ring.close();
        assert_eq!(producer.force_send(T::of(9)), Err(TrySendError::Closed(T::of(9))));
        conserves(&ring.stats(), 6);
    }

    pub(super) fn s7_latest_skips_and_is_counted<T: Load>() {
        let ring = ring::<T, 3, 1>();
        let mut reader = ring.consumer().unwrap().on::<TestTime>();
        assert_eq!(reader.try_latest(), Err(TryRecvError::Empty));
        for value in 0..10 {
            ring.producer().try_send(T::of(value)).unwrap();
        }
        assert_eq!(reader.try_latest(), Ok(T::of(9)));
        assert_eq!(reader.try_latest(), Err(TryRecvError::Empty));
        let counters = reader.stats().counters;
        assert_eq!((counters.delivered, counters.lagged, counters.skipped, counters.accepted), (1, 7, 2, 10));
        ring.producer().try_send(T::of(10)).unwrap();
        assert_eq!(reader.latest_timeout(Ticks(1)), Ok(T::of(10)));
        assert_eq!(reader.latest_timeout(Ticks(1)), Err(RecvTimeoutError::Timeout));
        assert_eq!(ring.producer().on::<TestTime>().flush(Ticks(0)), Ok(()));
    }

    pub(super) fn w4_timeouts_and_zero_is_one_try<T: Load>() {
        let ring = ring::<T, 1, 1>();
        let (producer, mut consumer) = (ring.producer().on::<TestTime>(), ring.consumer().unwrap().on::<TestTime>());
        let parks = TestTime::parks();
        assert_eq!(consumer.recv_timeout(Ticks(0)), Err(RecvTimeoutError::Timeout));
        assert_eq!(TestTime::parks(), parks);
        assert_eq!(consumer.recv_timeout(Ticks(5)), Err(RecvTimeoutError::Timeout));
        assert_eq!(producer.send_timeout(T::of(1), Ticks(0)), Ok(()));
        assert_eq!(producer.send(T::of(2)), Ok(()), "it never waits");
        assert_eq!(consumer.recv_timeout(Ticks(0)), Err(RecvTimeoutError::Lagged(1)));
        assert_eq!(consumer.recv_timeout(Ticks(5)), Ok(T::of(2)));
        conserves(&ring.stats(), 2);
    }

    pub(super) fn c1_close_wakes_everybody_and_what_is_retained_is_drained<T: Load>() {
        let ring = ring::<T, 2, 3>();
        watched(move || {
            let mut early = ring.consumer().unwrap();
            ring.producer().try_send(T::of(1)).unwrap();
            thread::scope(|scope| {
                let first = ring.consumer().unwrap();
                let readers = [first.clone(), first, ring.consumer().unwrap()]
                    .map(|reader| scope.spawn(move || reader.on::<Threads>().recv()));
                until(|| ring.stats().waiting_consumers == 3);
                ring.close();
                for reader in readers {
                    assert_eq!(reader.join().unwrap(), Err(RecvError::Closed));
                }
            });
            let producer = ring.producer().on::<Threads>();
            assert_eq!(producer.try_send(T::of(2)), Err(TrySendError::Closed(T::of(2))));
            assert_eq!(producer.send(T::of(3)), Err(SendError::Closed(T::of(3))));
            producer.produce(T::of(4));
            assert_eq!((early.try_recv(), early.try_recv()), (Ok(T::of(1)), Err(TryRecvError::Closed)));
            ring.close();
            assert_eq!(early.on::<Threads>().recv(), Err(RecvError::Closed));
            assert_eq!(ring.consumer_from(Start::Oldest).unwrap().try_recv(), Ok(T::of(1)));
            conserves(&ring.stats(), 4);
        });
    }

    pub(super) fn c2_abort_discards_and_says_how_many<T: Load>() {
        let ring = ring::<T, 4, 2>();
        let (mut reader, mut slow) = (ring.consumer().unwrap(), ring.consumer().unwrap());
        for value in 0..6 {
            ring.producer().try_send(T::of(value)).unwrap();
        }
        assert_eq!((reader.try_recv(), reader.try_recv()), (Err(TryRecvError::Lagged(2)), Ok(T::of(2))));
        assert_eq!((ring.abort(), ring.abort()), (4, 0));
        for reader in [&mut reader, &mut slow] {
            assert_eq!(reader.try_recv(), Err(TryRecvError::Closed));
            assert_eq!(reader.try_latest(), Err(TryRecvError::Closed));
        }
        assert_eq!(ring.producer().try_send(T::of(7)), Err(TrySendError::Closed(T::of(7))));
        let (stats, counters) = (ring.stats(), reader.stats().counters);
        conserves(&stats, 7);
        assert_eq!((stats.counters.aborted, stats.counters.overwritten, stats.occupancy), (4, 2, 0));
        assert_eq!((counters.accepted, counters.delivered, counters.lagged, counters.readable), (6, 1, 5, 0));
        assert_eq!(slow.stats().counters.lagged, 6);
        drop((reader, slow));
        assert_eq!((ring.stats().counters.delivered, ring.stats().counters.lagged), (1, 11));
        assert_eq!(ring.consumer_from(Start::Oldest).unwrap().try_recv(), Err(TryRecvError::Closed));
    }

    pub(super) fn w2_a_value_wakes_each_cursor_and_one_of_those_that_share_it<T: Load>() {
        let ring = ring::<T, 2, 2>();
        let (mut one, mut other) = (ring.consumer().unwrap(), ring.consumer().unwrap());
        let mut share = one.clone();
        let wakes: [Arc<Wakes>; 3] = Default::default();
        let counts = || wakes.each_ref().map(|wakes| wakes.count());
        let (mut one, mut share, mut other) =
            (pin!(one.recv_async()), pin!(share.recv_async()), pin!(other.recv_async()));
        assert!(poll_counted(one.as_mut(), &wakes[0]).is_pending());
        assert!(poll_counted(share.as_mut(), &wakes[1]).is_pending());
        assert!(poll_counted(other.as_mut(), &wakes[2]).is_pending());
        ring.producer().try_send(T::of(1)).unwrap();
        assert_eq!(counts(), [1, 0, 1]);
        ring.producer().try_send(T::of(2)).unwrap();
        assert_eq!(counts(), [1, 1, 1]);
        assert_eq!(poll_counted(share.as_mut(), &wakes[1]), Poll::Ready(Ok(T::of(1))));
        assert_eq!(poll_counted(one.as_mut(), &wakes[0]), Poll::Ready(Ok(T::of(2))));
        assert_eq!(poll_counted(other.as_mut(), &wakes[2]), Poll::Ready(Ok(T::of(1))));
        conserves(&ring.stats(), 2);
    }

    pub(super) fn w2_who_leaves_passes_its_wake_up_on<T: Load>() {
        let ring = ring::<T, 2, 2>();
        let mut consumer = ring.consumer().unwrap();
        let mut other = consumer.clone();
        let (one, two) = (Arc::new(Wakes::default()), Arc::new(Wakes::default()));
        let mut reading = Box::pin(consumer.recv_async());
        let mut waiting = pin!(other.recv_async());
        assert!(poll_counted(reading.as_mut(), &one).is_pending());
        assert!(poll_counted(waiting.as_mut(), &two).is_pending());
        ring.producer().try_send(T::of(3)).unwrap();
        assert_eq!((one.count(), two.count()), (1, 0));
        drop(reading);
        assert_eq!((one.count(), two.count()), (1, 1));
        assert_eq!(poll_counted(waiting.as_mut(), &two), Poll::Ready(Ok(T::of(3))));
        conserves(&ring.stats(), 1);
    }

    pub(super) fn e5_too_many_cursors_are_an_error_and_a_place_comes_back<T: Load>() {
        let ring = ring::<T, 2, 2>();
        let (one, other) = (ring.consumer().unwrap(), ring.consumer().unwrap());
        assert_eq!(ring.consumer().err(), Some(SubscribeError::NoPlace));
        let share = one.clone();
        drop(one);
        assert_eq!(other.subscribe().err(), Some(SubscribeError::NoPlace), "its clone still has it");
        drop(share);
        ring.producer().try_send(T::of(1)).unwrap();
        let mut late = other.subscribe().unwrap();
        assert_eq!(late.try_recv(), Err(TryRecvError::Empty));
        assert_eq!(ring.stats().cursors, 2);
        // A future that was forgotten keeps its cursor, for it may stand there.
        let mut forgets = late;
        {
            let mut forgotten = Box::pin(forgets.recv_async());
            assert!(poll_counted(forgotten.as_mut(), &Arc::default()).is_pending());
            std::mem::forget(forgotten);
        }
        drop(forgets);
        assert_eq!(ring.consumer().err(), Some(SubscribeError::NoPlace));
        ring.producer().try_send(T::of(2)).unwrap();
        ring.close();
    }

    pub(super) fn w3_the_most_urgent_reader_is_woken_first<T: Load>() {
        let ring = ring::<T, 2, 4>();
        watched(move || {
            let order = Arc::new(std::sync::Mutex::new(Vec::new()));
            let readers: [_; 4] = std::array::from_fn(|_| ring.consumer().unwrap());
            let mut consumers = readers;
            let mut waiting: Vec<_> = consumers
                .iter_mut()
                .zip([2_u8, 7, 0, 5])
                .map(|(consumer, urgency)| {
                    let mut waits = Box::pin(consumer.recv_async().with_priority(urgency));
                    let noted = Arc::new(Noted { urgency, order: Arc::clone(&order) });
                    let waker = std::task::Waker::from(noted);
                    assert!(waits.as_mut().poll(&mut std::task::Context::from_waker(&waker)).is_pending());
                    waits
                })
                .collect();
            ring.producer().try_send(T::of(1)).unwrap();
            assert_eq!(*order.lock().unwrap(), [7, 5, 2, 0]);
            for waits in &mut waiting {
                assert_eq!(poll_counted(waits.as_mut(), &Arc::default()), Poll::Ready(Ok(T::of(1))));
            }
        });
    }

    pub(super) fn m1_many_senders_and_readers_account_for_every_value<T: Load>() {
        const EACH: u32 = 10_000;
        const SENDERS: u32 = 3;
        let ring = ring::<T, 5, 3>();
        watched(move || {
            let cursors = [ring.consumer().unwrap(), ring.consumer().unwrap()];
            let seen = thread::scope(|scope| {
                let senders: Vec<_> = (0..SENDERS)
                    .map(|id| {
                        scope.spawn(move || {
                            let producer = ring.producer().on::<Threads>();
                            for n in 0..EACH {
                                let value = T::of(id * EACH + n);
                                match n % 3 {
                                    0 => producer.try_send(value).unwrap(),
                                    1 => _ = producer.force_send(value).unwrap().map(T::number),
                                    _ => producer.send(value).unwrap(),
                                }
                            }
                        })
                    })
                    .collect();
                let readers: Vec<_> = cursors
                    .iter()
                    .map(|cursor| {
                        let shares = [cursor.clone(), cursor.clone()];
                        shares.map(|share| {
                            scope.spawn(move || {
                                let mut share = share.on::<Threads>();
                                let (mut seen, mut missed) = (Vec::new(), 0);
                                loop {
                                    match share.recv_timeout(Duration::from_micros(50)) {
                                        Ok(value) => seen.push(value.number()),
                                        Err(RecvTimeoutError::Lagged(lag)) => missed += lag,
                                        Err(RecvTimeoutError::Timeout) => {}
                                        Err(_) => return (seen, missed),
                                    }
                                }
                            })
                        })
                    })
                    .collect();
                for sender in senders {
                    sender.join().unwrap();
                }
                ring.close();
                readers.into_iter().map(|shares| shares.map(|share| share.join().unwrap())).collect::<Vec<_>>()
            });
            for ([(mine, missed), (theirs, missed_too)], cursor) in seen.into_iter().zip(&cursors) {
                for seen in [&mine, &theirs] {
                    for id in 0..SENDERS {
                        let of_one = seen.iter().filter(|value| **value / EACH == id);
                        assert!(of_one.is_sorted(), "values of one sender overtook each other");
                    }
                }
                let mut all: Vec<_> = mine.into_iter().chain(theirs).collect();
                let counters = cursor.stats().counters;
                assert_eq!(all.len() as u64 + missed + missed_too, u64::from(SENDERS * EACH), "each was read or told");
                assert_eq!((counters.delivered, counters.lagged), (all.len() as u64, missed + missed_too));
                all.sort_unstable();
                assert!(all.windows(2).all(|pair| pair[0] != pair[1]), "a value came twice");
            }
            conserves(&ring.stats(), u64::from(SENDERS * EACH));
        });
    }
}

/// Notes that it was woken.
struct Noted {
    urgency: u8,
    order: Arc<std::sync::Mutex<Vec<u8>>>,
}

impl std::task::Wake for Noted {
    fn wake(self: Arc<Self>) {
        self.order.lock().unwrap().push(self.urgency);
    }
}

#[test]
fn e1_a_ring_is_found_by_its_key() {
    static SAMPLES: StaticRing<u32, Raw, 3, 2> = StaticRing::new();
    static RECORDS: Registry = Registry::new(&[("samples", &SAMPLES)]);
    let producer = RECORDS.producer::<u32>("samples").unwrap().on::<TestTime>();
    let mut live = RECORDS.consumer::<u32>("samples").unwrap().on::<TestTime>();
    let mut share = live.clone();
    for value in 0..5 {
        producer.send(value).unwrap();
    }
    assert_eq!(live.recv(), Err(RecvError::Lagged(2)));
    assert_eq!((live.recv(), share.try_recv(), live.recv_timeout(Ticks(1))), (Ok(2), Ok(3), Ok(4)));
    let mut oldest = RECORDS.consumer_from::<u32>("samples", Start::Oldest).unwrap();
    assert_eq!(oldest.try_recv(), Ok(2));
    assert!(matches!(RECORDS.consumer::<u32>("samples"), Err(RegistryError::Subscribe(SubscribeError::NoPlace))));
    assert_eq!(live.recv_timeout(Ticks(1)), Err(RecvTimeoutError::Timeout));
}

#[test]
fn e1_a_ring_says_what_it_is() {
    let ring: StaticRing<u32, Raw, 2> = StaticRing::default();
    ring.producer().try_send(1).unwrap();
    assert!(format!("{ring:?}").contains("accepted: 1"));
}
