//! The lean bounded record (contract 1 to 6, for what it has), with values that are moved inside its critical
//! section and with values that are moved outside.

mod port;

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, RawWakerVTable, Wake, Waker};
use std::thread;
use std::time::Duration;

use aimdb_sync_embassy::{
    CriticalSectionRawMutex as Raw, Fail, PauseUpstream, QueuePolicy, RecvError, RecvTimeoutError, SendError, Sending,
    StaticQueue, Ticks, TryRecvError, TrySendError,
};
use port::{Load, TestTime, Threads, Urgent, Wakes, conserves, poll_counted, rests, until, watched};

fn queue<T: Load, const N: usize, P: QueuePolicy>() -> &'static StaticQueue<T, Raw, N, P> {
    Box::leak(Box::new(StaticQueue::new()))
}

/// Does something when it is woken, once.
#[derive(Default)]
struct Looks(Mutex<Option<Box<dyn FnOnce() + Send>>>);

impl Wake for Looks {
    fn wake(self: Arc<Self>) {
        let looks = self.0.lock().unwrap().take();
        looks.expect("it is woken once")();
    }
}

macro_rules! small_and_large {
    ($($name:ident)+) => {$(
        #[test]
        fn $name() {
            bodies::$name::<u32>();
            bodies::$name::<[u32; 64]>();
        }
    )+};
}

small_and_large! {
    k1_capacity_is_exact_and_order_that_of_sending
    s1_what_is_full_refuses_and_gives_the_value_back
    w4_timeouts_give_the_value_back_and_zero_is_one_try
    c1_close_wakes_both_sides_and_what_is_buffered_is_drained
    c1_a_sender_that_looks_while_a_close_is_under_way_sees_it
    c2_abort_discards_and_says_how_many
    w2_who_leaves_passes_its_wake_up_on
    w3_senders_are_served_in_the_order_in_which_they_came
    m1_many_senders_and_readers_lose_nothing_and_double_nothing
}

mod bodies {
    use super::*;

    pub(super) fn k1_capacity_is_exact_and_order_that_of_sending<T: Load>() {
        let queue = queue::<T, 3, PauseUpstream>();
        let (producer, mut consumer) = (queue.producer(), queue.consumer());
        for round in 0..5 {
            for value in 0..3 {
                producer.try_send(T::of(round + value)).unwrap();
            }
            assert_eq!(producer.try_send(T::of(9)), Err(TrySendError::Full(T::of(9))));
            assert_eq!(queue.stats().occupancy, 3);
            for value in 0..3 {
                assert_eq!(consumer.try_recv(), Ok(T::of(round + value)));
            }
            assert_eq!(consumer.try_recv(), Err(TryRecvError::Empty));
            // So that each round begins at another place.
            producer.try_send(T::of(7)).unwrap();
            assert_eq!(consumer.try_recv(), Ok(T::of(7)));
        }
        let stats = queue.stats();
        conserves(&stats, 25);
        assert_eq!((stats.counters.accepted, stats.counters.refused, stats.counters.delivered), (20, 5, 20));
    }

    pub(super) fn s1_what_is_full_refuses_and_gives_the_value_back<T: Load>() {
        let queue = queue::<T, 1, Fail>();
        let producer = queue.producer().on::<TestTime>();
        producer.send(T::of(1)).unwrap();
        assert_eq!(producer.send(T::of(2)), Err(SendError::Full(T::of(2))));
        assert_eq!(producer.send_timeout(T::of(3), Duration::MAX), Err(SendError::Full(T::of(3))));
        producer.produce(T::of(4));
        conserves(&queue.stats(), 4);
        queue.close();
        assert_eq!(producer.send(T::of(5)), Err(SendError::Closed(T::of(5))));
        assert_eq!(producer.try_send(T::of(6)), Err(TrySendError::Closed(T::of(6))));
        conserves(&queue.stats(), 6);
    }

    pub(super) fn w4_timeouts_give_the_value_back_and_zero_is_one_try<T: Load>() {
        let queue = queue::<T, 1, PauseUpstream>();
        let (producer, mut consumer) = (queue.producer().on::<TestTime>(), queue.consumer().on::<TestTime>());
        let parks = TestTime::parks();
        assert_eq!(consumer.recv_timeout(Ticks(0)), Err(RecvTimeoutError::Timeout));
        assert_eq!(TestTime::parks(), parks);
        assert_eq!(consumer.recv_timeout(Ticks(5)), Err(RecvTimeoutError::Timeout));
        assert_eq!(producer.send_timeout(T::of(1), Ticks(0)), Ok(()));
        assert_eq!(producer.send_timeout(T::of(2), Ticks(0)), Err(SendError::Timeout(T::of(2))));
        assert_eq!(producer.send_timeout(T::of(3), Duration::from_secs(1)), Err(SendError::Timeout(T::of(3))));
        assert_eq!(consumer.recv_timeout(Ticks(0)), Ok(T::of(1)));
        let stats = queue.stats();
        conserves(&stats, 3);
        assert_eq!(stats.counters.timed_out, 2);
    }

    pub(super) fn c1_close_wakes_both_sides_and_what_is_buffered_is_drained<T: Load>() {
        let (full, empty) = (queue::<T, 1, PauseUpstream>(), queue::<T, 1, PauseUpstream>());
        watched(move || {
            full.producer().try_send(T::of(0)).unwrap();
            thread::scope(|scope| {
                let senders: Vec<_> =
                    (1..4).map(|n| scope.spawn(move || full.producer().on::<Threads>().send(T::of(n)))).collect();
                let readers: Vec<_> =
                    (0..3).map(|_| scope.spawn(move || empty.consumer().on::<Threads>().recv())).collect();
                until(|| full.stats().waiting_producers == 3 && empty.stats().waiting_consumers == 3);
                full.close();
                empty.close();
                for (n, sender) in (1..4).zip(senders) {
                    assert_eq!(sender.join().unwrap(), Err(SendError::Closed(T::of(n))));
                }
                for reader in readers {
                    assert_eq!(reader.join().unwrap(), Err(RecvError::Closed));
                }
            });
            let mut consumer = full.consumer();
            assert_eq!(consumer.try_recv(), Ok(T::of(0)));
            assert_eq!(consumer.try_recv(), Err(TryRecvError::Closed));
            full.close();
            assert_eq!(consumer.on::<Threads>().recv(), Err(RecvError::Closed));
            conserves(&full.stats(), 4);
        });
    }

    pub(super) fn c1_a_sender_that_looks_while_a_close_is_under_way_sees_it<T: Load>() {
        watched(|| {
            let queue = queue::<T, 1, PauseUpstream>();
            let producer = queue.producer();
            producer.try_send(T::of(0)).unwrap();
            let [mut first, mut second, mut third] = [1, 2, 3].map(|value| Box::pin(producer.send_async(T::of(value))));
            let (looks, wakes) = (Arc::new(Looks::default()), Arc::new(Wakes::default()));
            assert!(first.as_mut().poll(&mut Context::from_waker(&Waker::from(looks.clone()))).is_pending());
            assert!(poll_counted(second.as_mut(), &wakes).is_pending());
            assert!(poll_counted(third.as_mut(), &wakes).is_pending());
            // The third looks while the second still stands before it, as a task does whose time is up and that is more
            // urgent than the one that closes.
            *looks.0.lock().unwrap() = Some(Box::new(move || {
                let seen = third.as_mut().poll(&mut Context::from_waker(Waker::noop()));
                assert_eq!(seen, Poll::Ready(Err(SendError::Closed(T::of(3)))));
            }));
            queue.close();
            assert!(looks.0.lock().unwrap().is_none());
            assert_eq!(poll_counted(second.as_mut(), &wakes), Poll::Ready(Err(SendError::Closed(T::of(2)))));
            assert_eq!(queue.stats().waiting_producers, 0);
        });
    }

    pub(super) fn c2_abort_discards_and_says_how_many<T: Load>() {
        let queue = queue::<T, 4, PauseUpstream>();
        let (producer, mut consumer) = (queue.producer(), queue.consumer());
        for value in 0..4 {
            producer.try_send(T::of(value)).unwrap();
        }
        assert_eq!(consumer.try_recv(), Ok(T::of(0)));
        assert_eq!(queue.abort(), 3);
        assert_eq!(queue.abort(), 0);
        assert_eq!(consumer.try_recv(), Err(TryRecvError::Closed));
        assert_eq!(producer.try_send(T::of(5)), Err(TrySendError::Closed(T::of(5))));
        let stats = queue.stats();
        conserves(&stats, 5);
        assert_eq!((stats.counters.aborted, stats.counters.delivered, stats.occupancy), (3, 1, 0));
    }

    pub(super) fn w2_who_leaves_passes_its_wake_up_on<T: Load>() {
        let queue = queue::<T, 1, PauseUpstream>();
        queue.producer().try_send(T::of(0)).unwrap();
        let (one, two) = (Arc::new(Wakes::default()), Arc::new(Wakes::default()));
        let producer = queue.producer();
        let mut first = Box::pin(producer.send_async(T::of(1)));
        let mut second = pin!(producer.send_async(T::of(2)));
        assert!(poll_counted(first.as_mut(), &one).is_pending());
        assert!(poll_counted(second.as_mut(), &two).is_pending());
        assert_eq!(queue.consumer().try_recv(), Ok(T::of(0)));
        assert_eq!((one.count(), two.count()), (1, 0));
        // It was woken, and gives up without looking.
        assert_eq!(first.as_mut().cancel(), Some(T::of(1)));
        assert_eq!((one.count(), two.count()), (1, 1));
        assert_eq!(poll_counted(second.as_mut(), &two), Poll::Ready(Ok(())));
        // Readers likewise.
        let mut consumer = queue.consumer();
        assert_eq!(consumer.try_recv(), Ok(T::of(2)));
        let mut other = consumer.clone();
        let mut reading = Box::pin(consumer.recv_async());
        let mut waiting = pin!(other.recv_async());
        assert!(poll_counted(reading.as_mut(), &one).is_pending());
        assert!(poll_counted(waiting.as_mut(), &two).is_pending());
        producer.try_send(T::of(3)).unwrap();
        assert_eq!((one.count(), two.count()), (2, 1));
        drop(reading);
        assert_eq!((one.count(), two.count()), (2, 2));
        assert_eq!(poll_counted(waiting.as_mut(), &two), Poll::Ready(Ok(T::of(3))));
        conserves(&queue.stats(), 4);
    }

    pub(super) fn w3_senders_are_served_in_the_order_in_which_they_came<T: Load>() {
        let queue = queue::<T, 1, PauseUpstream>();
        watched(move || {
            queue.producer().try_send(T::of(0)).unwrap();
            let mut consumer = queue.consumer().on::<Threads>();
            thread::scope(|scope| {
                for n in 1..6 {
                    rests(scope, move || queue.producer().on::<Urgent>().send(T::of(n)).unwrap());
                    assert_eq!(queue.stats().waiting_producers, n as usize);
                }
                for n in 0..6 {
                    assert_eq!(consumer.recv(), Ok(T::of(n)));
                }
            });
            conserves(&queue.stats(), 6);
        });
    }

    pub(super) fn m1_many_senders_and_readers_lose_nothing_and_double_nothing<T: Load>() {
        const EACH: u32 = 20_000;
        let queue = queue::<T, 5, PauseUpstream>();
        watched(move || {
            let mut seen = thread::scope(|scope| {
                let senders: Vec<_> = (0..4)
                    .map(|id| {
                        scope.spawn(move || {
                            let producer = queue.producer().on::<Threads>();
                            let mut stored = 0;
                            for n in 0..EACH {
                                let value = T::of(id * EACH + n);
                                // All ways in.
                                let sent = match n % 3 {
                                    0 => producer.try_send(value).is_ok(),
                                    1 => producer.send_timeout(value, Duration::from_micros(20)).is_ok(),
                                    _ => producer.send(value).is_ok(),
                                };
                                stored += u64::from(sent);
                            }
                            stored
                        })
                    })
                    .collect();
                let readers: Vec<_> = (0..3)
                    .map(|_| {
                        scope.spawn(move || {
                            let mut consumer = queue.consumer().on::<Threads>();
                            let mut seen = Vec::new();
                            loop {
                                match consumer.recv_timeout(Duration::from_micros(50)) {
                                    Ok(value) => seen.push(value.number()),
                                    Err(RecvTimeoutError::Timeout) => {}
                                    Err(_) => return seen,
                                }
                            }
                        })
                    })
                    .collect();
                let stored: u64 = senders.into_iter().map(|sender| sender.join().unwrap()).sum();
                queue.close();
                let seen: Vec<Vec<u32>> = readers.into_iter().map(|reader| reader.join().unwrap()).collect();
                for mine in &seen {
                    for id in 0..4 {
                        let of_one = mine.iter().filter(|value| **value / EACH == id);
                        assert!(of_one.is_sorted(), "values of one sender overtook each other");
                    }
                }
                let seen: Vec<u32> = seen.into_iter().flatten().collect();
                assert_eq!(seen.len() as u64, stored);
                seen
            });
            seen.sort_unstable();
            assert!(seen.windows(2).all(|pair| pair[0] != pair[1]), "a value came twice");
            let stats = queue.stats();
            conserves(&stats, u64::from(4 * EACH));
            assert_eq!(stats.counters.delivered, seen.len() as u64);
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
    let queue = StaticQueue::<Counted, Raw, 2>::new();
    let producer = queue.producer();
    for value in 0..2 {
        producer.try_send(Counted([value; 4])).ok().unwrap();
    }
    // Refused, and read.
    assert!(matches!(producer.try_send(Counted([2; 4])), Err(TrySendError::Full(Counted([2, ..])))));
    assert_eq!(DROPS.load(Ordering::Relaxed), 1);
    assert_eq!(queue.consumer().try_recv().unwrap().0[0], 0);
    assert_eq!(DROPS.load(Ordering::Relaxed), 2);
    // Waiting, and cancelled by a drop.
    producer.try_send(Counted([3; 4])).ok().unwrap();
    {
        let mut waiting = pin!(producer.send_async(Counted([4; 4])));
        assert!(poll_counted(waiting.as_mut(), &Arc::new(Wakes::default())).is_pending());
    }
    assert_eq!(DROPS.load(Ordering::Relaxed), 3);
    // Left in the queue, which goes.
    drop(queue);
    assert_eq!(DROPS.load(Ordering::Relaxed), 5);
    let aborted = StaticQueue::<Counted, Raw, 2>::new();
    aborted.producer().try_send(Counted([0; 4])).ok().unwrap();
    assert_eq!(aborted.abort(), 1);
    assert_eq!(DROPS.load(Ordering::Relaxed), 6);
    drop(aborted);
    assert_eq!(DROPS.load(Ordering::Relaxed), 6);
}

/// Where the places are a power of two, those of small values follow from the counts.
#[test]
fn k7_small_values_come_in_order_and_each_is_dropped_once_wherever_the_queue_ends() {
    fn ends<const N: usize>(before: usize, left: usize, aborts: bool) {
        let values: Vec<_> = (0..before + left).map(Arc::new).collect();
        let queue = StaticQueue::<Arc<usize>, Raw, N>::new();
        let sends = |value: &Arc<usize>| queue.producer().try_send(value.clone()).unwrap();
        let reads = |value: &Arc<usize>| assert_eq!(queue.consumer().try_recv().as_ref(), Ok(value));
        for value in &values[..before] {
            sends(value);
            reads(value);
        }
        values[before..].iter().for_each(sends);
        let taken = left.min(2);
        values[before..before + taken].iter().for_each(reads);
        if aborts {
            assert_eq!(queue.abort(), left - taken);
            assert!(values.iter().all(|value| Arc::strong_count(value) == 1));
        }
        drop(queue);
        assert!(values.iter().all(|value| Arc::strong_count(value) == 1));
    }
    for before in 0..9 {
        for aborts in [false, true] {
            ends::<1>(before, 1, aborts);
            (0..=3).for_each(|left| ends::<3>(before, left, aborts));
            (0..=4).for_each(|left| ends::<4>(before, left, aborts));
        }
    }
}

#[test]
fn k7_a_waker_whose_clone_panics_costs_its_sender_the_value_and_nobody_else_anything() {
    static DROPS: AtomicUsize = AtomicUsize::new(0);
    struct Counted([u64; 2]);
    impl Drop for Counted {
        fn drop(&mut self) {
            DROPS.fetch_add(1, Ordering::Relaxed);
        }
    }
    let panics = RawWakerVTable::new(|_| panic!("this one is not cloned"), |_| {}, |_| {}, |_| {});
    let panics: &'static RawWakerVTable = Box::leak(Box::new(panics));
    // SAFETY: none of the functions looks at the pointer.
    let waker = unsafe { Waker::new(std::ptr::null(), panics) };
    let queue = StaticQueue::<Counted, Raw, 1>::new();
    queue.producer().try_send(Counted([0; 2])).ok().unwrap();
    {
        let mut sending = pin!(queue.producer().send_async(Counted([1; 2])));
        let polling = || sending.as_mut().poll(&mut Context::from_waker(&waker)).is_ready();
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(polling)).is_err());
        assert_eq!(DROPS.load(Ordering::Relaxed), 1);
    }
    assert_eq!(queue.stats().waiting_producers, 0);
    assert_eq!(queue.consumer().try_recv().unwrap().0[0], 0);
    assert_eq!(DROPS.load(Ordering::Relaxed), 2);
    queue.producer().try_send(Counted([2; 2])).ok().unwrap();
    conserves(&queue.stats(), 2);
}

#[test]
fn k7_a_drop_that_panics_leaves_the_rest_to_the_next_abort() {
    struct Grudge(u32, [u64; 2]);
    impl Drop for Grudge {
        fn drop(&mut self) {
            assert_ne!(self.0, 1, "this one does not go quietly");
        }
    }
    let queue = StaticQueue::<Grudge, Raw, 3>::new();
    for value in 0..3 {
        queue.producer().try_send(Grudge(value, [0; 2])).ok().unwrap();
    }
    let aborting = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| queue.abort()));
    assert!(aborting.is_err());
    // The rest is for the next call, and the queue is closed.
    assert_eq!(queue.abort(), 1);
    assert!(matches!(queue.consumer().try_recv(), Err(TryRecvError::Closed)));
    let stats = queue.stats();
    assert_eq!((stats.counters.aborted, stats.occupancy), (3, 0));
    assert_eq!(stats.counters.offered(), 3);
    let _ = Grudge(0, [1; 2]).1;
}
