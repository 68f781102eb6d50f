//! Blocking, awaiting and being released (contract 3, 4 and E4).

mod port;

use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use aimdb_sync_embassy::{
    Bounded, CriticalSectionRawMutex as Raw, Deadline, FlushError, Mailbox, Misuse, Port, RecvError, RecvTimeoutError,
    SendError, SingleLatest, SpmcRing, StaticRecord, Ticks, TryRecvError, TrySendError,
};
use port::{Interrupted, TestTime, Threads, Urgent, Wakes, conserves, poll_counted, poll_once, until, watched};

#[test]
fn b1_a_blocked_sender_is_released_when_the_slow_reader_leaves() {
    static QUEUE: StaticRecord<Bounded<2>, u32, Raw, 5, 2> = StaticRecord::new();
    watched(|| {
        let slow = QUEUE.consumer().unwrap();
        let mut fast = QUEUE.consumer().unwrap().on::<Threads>();
        let producer = QUEUE.producer().on::<Threads>();
        producer.send(0).unwrap();
        producer.send(1).unwrap();
        assert_eq!((fast.recv(), fast.recv()), (Ok(0), Ok(1)));
        thread::scope(|scope| {
            let blocked = scope.spawn(|| producer.send(2));
            until(|| QUEUE.stats().waiting_producers == 1);
            assert_eq!(QUEUE.stats().slowest.map(|(id, _)| id), Some(slow.stats().id));
            drop(slow);
            assert_eq!(blocked.join().unwrap(), Ok(()));
        });
        assert_eq!(fast.recv(), Ok(2));
        conserves(&QUEUE.stats(), 3);
    });
}

#[test]
fn c1_close_wakes_everyone_on_both_sides() {
    static FULL: StaticRecord<Bounded<1>, u32, Raw, 4> = StaticRecord::new();
    static EMPTY: StaticRecord<Mailbox, u32, Raw, 4> = StaticRecord::new();
    watched(|| {
        FULL.producer().try_send(0).unwrap();
        let mut reader = FULL.consumer().unwrap();
        thread::scope(|scope| {
            let senders: Vec<_> =
                (1..4).map(|value| scope.spawn(move || FULL.producer().on::<Threads>().send(value))).collect();
            let readers: Vec<_> =
                (0..3).map(|_| scope.spawn(|| EMPTY.consumer().unwrap().on::<Threads>().recv())).collect();
            until(|| FULL.stats().waiting_producers == 3 && EMPTY.stats().waiting_consumers == 3);
            FULL.close();
            EMPTY.close();
            for (value, sender) in (1..4).zip(senders) {
                assert_eq!(sender.join().unwrap(), Err(SendError::Closed(value)));
            }
            for reader in readers {
                assert_eq!(reader.join().unwrap(), Err(RecvError::Closed));
            }
        });
        assert_eq!((reader.try_recv(), reader.try_recv()), (Ok(0), Err(TryRecvError::Closed)));
        conserves(&FULL.stats(), 4);
    });
}

#[test]
fn w3_blocked_senders_are_served_in_the_order_in_which_they_came() {
    static QUEUE: StaticRecord<Bounded<1>, u32, Raw, 6> = StaticRecord::new();
    watched(|| {
        let mut reader = QUEUE.consumer().unwrap().on::<Threads>();
        QUEUE.producer().try_send(0).unwrap();
        thread::scope(|scope| {
            for value in 1..=4 {
                scope.spawn(move || QUEUE.producer().on::<Threads>().send(value).unwrap());
                until(|| QUEUE.stats().waiting_producers == value as usize);
            }
            for value in 0..=4 {
                assert_eq!(reader.recv(), Ok(value));
            }
        });
        conserves(&QUEUE.stats(), 5);
        assert_eq!(QUEUE.stats().counters.blocked, 4);
    });
}

#[test]
fn w4_a_deadline_that_has_passed_means_one_try() {
    static QUEUE: StaticRecord<Bounded<1>, u32, Raw, 3> = StaticRecord::new();
    let (producer, mut reader) = (QUEUE.producer().on::<TestTime>(), QUEUE.consumer().unwrap().on::<TestTime>());
    assert_eq!(reader.recv_timeout(Duration::ZERO), Err(RecvTimeoutError::Timeout));
    assert_eq!(producer.send_deadline(1, Deadline::At(0)), Ok(()));
    assert_eq!(producer.send_timeout(2, Duration::ZERO), Err(SendError::Timeout(2)));
    assert_eq!(reader.recv_deadline(Deadline::At(0)), Ok(1));
    assert_eq!(TestTime::parks(), 0);
    conserves(&QUEUE.stats(), 2);
}

#[test]
fn w4_timeouts_end_at_the_deadline_and_leave_nothing_behind() {
    static QUEUE: StaticRecord<Bounded<1>, u32, Raw, 3> =
        StaticRecord::builder().clock(<TestTime as Port>::now).build();
    let (producer, mut reader) = (QUEUE.producer().on::<TestTime>(), QUEUE.consumer().unwrap().on::<TestTime>());
    let wait = Duration::from_millis(5);
    // Twice the number of slots: a timeout that kept one would show.
    for round in 0..6 {
        assert_eq!(reader.recv_timeout(wait), Err(RecvTimeoutError::Timeout));
        assert_eq!(reader.latest_timeout(wait), Err(RecvTimeoutError::Timeout));
        assert_eq!(producer.send_timeout(round, Duration::MAX), Ok(()));
        assert_eq!(producer.send_timeout(99, wait), Err(SendError::Timeout(99)));
        assert_eq!(producer.flush(wait), Err(FlushError::Timeout));
        assert_eq!(reader.recv_timeout(Duration::MAX), Ok(round));
        assert_eq!(producer.flush(wait), Ok(()));
    }
    conserves(&QUEUE.stats(), 12);
    let counters = QUEUE.stats().counters;
    assert_eq!((counters.timed_out, counters.blocked_ns), (6, 30_000_000), "the record's clock measured the waits");
}

#[test]
fn w4_a_waiting_thread_times_out_on_the_real_clock() {
    static QUEUE: StaticRecord<Bounded<1>, u32, Raw, 3> = StaticRecord::new();
    watched(|| {
        let (producer, mut reader) = (QUEUE.producer().on::<Threads>(), QUEUE.consumer().unwrap().on::<Threads>());
        let wait = Duration::from_millis(2);
        let before = port::now();
        assert_eq!(reader.recv_timeout(wait), Err(RecvTimeoutError::Timeout));
        producer.send(1).unwrap();
        assert_eq!(producer.send_timeout(2, wait), Err(SendError::Timeout(2)));
        assert!(port::now() - before >= 4_000_000);
    });
}

#[test]
fn w2_a_cancelled_waiter_passes_its_wake_up_on() {
    static MAILBOX: StaticRecord<Mailbox, u32, Raw, 4> = StaticRecord::new();
    let (mut one, mut other) = (MAILBOX.consumer().unwrap(), MAILBOX.consumer().unwrap());
    let (first, second) = (Arc::new(Wakes::default()), Arc::new(Wakes::default()));
    let mut later = pin!(other.recv_async());
    {
        let mut sooner = pin!(one.recv_async());
        assert!(poll_counted(sooner.as_mut(), &first).is_pending());
        assert!(poll_counted(later.as_mut(), &second).is_pending());
        MAILBOX.producer().try_send(7).unwrap();
        assert_eq!((first.count(), second.count()), (1, 0), "one value wakes one waiter");
    }
    assert_eq!(second.count(), 1);
    assert_eq!(poll_once(later), Poll::Ready(Ok(7)));
}

#[test]
fn w7_a_task_and_a_thread_wait_on_the_same_record() {
    static QUEUE: StaticRecord<Bounded<1>, u32, Raw, 5, 1> = StaticRecord::new();
    watched(|| {
        let mut reader = QUEUE.consumer().unwrap();
        let producer = QUEUE.producer();
        let wakes = Arc::new(Wakes::default());
        thread::scope(|scope| {
            let mut receiving = pin!(reader.recv_async());
            assert!(poll_counted(receiving.as_mut(), &wakes).is_pending());
            scope.spawn(move || producer.on::<Threads>().send(1).unwrap());
            until(|| wakes.count() == 1);
            assert_eq!(poll_counted(receiving, &wakes), Poll::Ready(Ok(1)));
        });
        producer.try_send(2).unwrap();
        let mut sending = pin!(producer.send_async(3));
        assert!(poll_counted(sending.as_mut(), &wakes).is_pending());
        thread::scope(|scope| {
            let mut shared = reader.clone().on::<Threads>();
            scope.spawn(move || assert_eq!(shared.recv(), Ok(2)));
            until(|| wakes.count() == 2);
        });
        assert_eq!(poll_counted(sending, &wakes), Poll::Ready(Ok(())));
        assert_eq!(reader.try_recv(), Ok(3));
    });
}

#[test]
fn c2_flush_waits_until_every_cursor_has_consumed() {
    static QUEUE: StaticRecord<Bounded<4>, u32, Raw, 8, 2> = StaticRecord::new();
    watched(|| {
        let (mut one, mut other) = (QUEUE.consumer().unwrap(), QUEUE.consumer().unwrap());
        QUEUE.producer().try_send(1).unwrap();
        thread::scope(|scope| {
            let flushing = scope.spawn(|| QUEUE.producer().on::<Threads>().flush(Duration::MAX));
            assert_eq!(one.try_recv(), Ok(1));
            assert_eq!(QUEUE.producer().on::<TestTime>().flush(Duration::from_nanos(1)), Err(FlushError::Timeout));
            assert_eq!(other.try_recv(), Ok(1));
            assert_eq!(flushing.join().unwrap(), Ok(()));
        });
    });
}

#[test]
fn w2_one_value_wakes_each_cursor_that_waits_for_it() {
    static RING: StaticRecord<SpmcRing<4>, u32, Raw, 16, 10> = StaticRecord::new();
    static LATEST: StaticRecord<SingleLatest, u32, Raw, 16, 10> = StaticRecord::new();
    watched(|| {
        thread::scope(|scope| {
            for _ in 0..10 {
                let mut ring = RING.consumer().unwrap().on::<Threads>();
                let mut latest = LATEST.consumer().unwrap().on::<Threads>();
                scope.spawn(move || assert_eq!(ring.recv(), Ok(5)));
                scope.spawn(move || assert_eq!(latest.recv(), Ok(6)));
            }
            until(|| RING.stats().waiting_consumers == 10 && LATEST.stats().waiting_consumers == 10);
            RING.producer().try_send(5).unwrap();
            LATEST.producer().try_send(6).unwrap();
        });
    });
}

#[test]
fn e1_more_senders_block_than_there_are_slots_and_each_is_served() {
    // Two spare slots, six senders: four wait without a slot.
    static QUEUE: StaticRecord<Bounded<2>, u32, Raw, 4> = StaticRecord::new();
    watched(|| {
        let mut reader = QUEUE.consumer().unwrap().on::<Threads>();
        let producer = QUEUE.producer().on::<Threads>();
        producer.send(0).unwrap();
        producer.send(1).unwrap();
        thread::scope(|scope| {
            for value in 2..8 {
                scope.spawn(move || producer.send(value).unwrap());
                until(|| QUEUE.stats().waiting_producers == value as usize - 1);
            }
            let mut seen: Vec<_> = (0..8).map(|_| reader.recv().unwrap()).collect();
            assert_eq!(seen[..4], [0, 1, 2, 3], "who has a slot is served in order");
            seen.sort_unstable();
            assert_eq!(seen, [0, 1, 2, 3, 4, 5, 6, 7]);
        });
        conserves(&QUEUE.stats(), 8);
        assert_eq!(QUEUE.stats().occupancy, 0);
    });
}

#[test]
fn e1_senders_that_wait_without_a_slot_time_out_close_and_cancel_like_the_others() {
    static QUEUE: StaticRecord<Bounded<1>, Box<u32>, Raw, 3> = StaticRecord::new();
    watched(|| {
        let producer = QUEUE.producer().on::<Threads>();
        let reader = QUEUE.consumer().unwrap();
        producer.send(Box::new(0)).unwrap();
        thread::scope(|scope| {
            let senders: Vec<_> = (1..=5).map(|value| scope.spawn(move || producer.send(Box::new(value)))).collect();
            until(|| QUEUE.stats().waiting_producers == 5);
            let refused = producer.on::<TestTime>().send_timeout(Box::new(9), Duration::from_nanos(1));
            assert_eq!(refused, Err(SendError::Timeout(Box::new(9))), "the value travels back");
            {
                let mut cancelled = pin!(producer.send_async(Box::new(8)));
                assert!(poll_once(cancelled.as_mut()).is_pending());
                assert_eq!(cancelled.cancel(), Some(Box::new(8)));
            }
            QUEUE.close();
            let mut returned: Vec<_> =
                senders.into_iter().map(|sender| *sender.join().unwrap().unwrap_err().into_inner()).collect();
            returned.sort_unstable();
            assert_eq!(returned, [1, 2, 3, 4, 5]);
        });
        drop(reader);
        conserves(&QUEUE.stats(), 8);
        assert_eq!((QUEUE.stats().counters.timed_out, QUEUE.stats().counters.refused), (2, 5));
    });
}

#[test]
fn e4_what_cannot_block_is_refused_and_its_value_travels_back() {
    static QUEUE: StaticRecord<Bounded<1>, u32, Raw, 3> = StaticRecord::new();
    let (producer, mut reader) = (QUEUE.producer().on::<Threads>(), QUEUE.consumer().unwrap().on::<Threads>());
    let refused = Misuse::CannotBlock;
    Threads::as_interrupt(|| {
        assert_eq!(producer.send(1), Err(SendError::Misuse(1, refused)));
        assert_eq!(producer.send_timeout(2, Duration::from_secs(1)), Err(SendError::Misuse(2, refused)));
        assert_eq!(reader.recv(), Err(RecvError::Misuse(refused)));
        assert_eq!(reader.recv_timeout(Duration::MAX), Err(RecvTimeoutError::Misuse(refused)));
        assert_eq!(reader.latest_timeout(Duration::MAX), Err(RecvTimeoutError::Misuse(refused)));
        assert_eq!(producer.flush(Duration::from_secs(1)), Err(FlushError::Misuse(refused)));
        // One try does not block.
        assert_eq!(producer.send_timeout(3, Duration::ZERO), Ok(()));
        assert_eq!(producer.try_send(4), Err(TrySendError::Full(4)));
        assert_eq!(producer.force_send(5), Ok(Some(3)));
        assert_eq!(reader.recv_timeout(Ticks(0)), Err(RecvTimeoutError::Lagged(1)));
        assert_eq!(reader.recv_timeout(Ticks(0)), Ok(5));
        assert_eq!(reader.try_recv(), Err(TryRecvError::Empty));
    });
    conserves(&QUEUE.stats(), 3);
    assert_eq!(producer.send(6), Ok(()));
}

#[test]
fn e4_an_interrupt_asks_the_kernel_for_nothing_that_it_may_not() {
    static QUEUE: StaticRecord<Bounded<1>, u32, Raw, 3> = StaticRecord::new();
    let producer = QUEUE.producer().on::<Interrupted>();
    let mut reader = QUEUE.consumer().unwrap().on::<Interrupted>();
    let refused = Misuse::CannotBlock;
    assert_eq!(producer.send(1), Err(SendError::Misuse(1, refused)));
    assert_eq!(producer.send_timeout(1, Ticks(5)), Err(SendError::Misuse(1, refused)));
    assert_eq!(producer.send_deadline(1, Deadline::At(5)), Err(SendError::Misuse(1, refused)));
    assert_eq!(reader.recv_timeout(Ticks(5)), Err(RecvTimeoutError::Misuse(refused)));
    assert_eq!(reader.latest_timeout(Ticks(5)), Err(RecvTimeoutError::Misuse(refused)));
    assert_eq!(producer.flush(Ticks(5)), Err(FlushError::Misuse(refused)));
    assert_eq!(producer.send_timeout(2, Ticks(0)), Ok(()));
    assert_eq!(reader.latest_timeout(Ticks(5)), Err(RecvTimeoutError::Misuse(refused)), "and it passes nothing over");
    assert_eq!(producer.send_timeout(3, Ticks(0)), Err(SendError::Timeout(3)));
    assert_eq!(producer.flush(Ticks(0)), Err(FlushError::Timeout));
    assert_eq!(reader.recv_timeout(Ticks(0)), Ok(2));
    assert_eq!(reader.latest_timeout(Ticks(0)), Err(RecvTimeoutError::Timeout));
    conserves(&QUEUE.stats(), 2);
}

#[test]
fn e4_waiters_are_served_by_priority_and_then_by_age() {
    static QUEUE: StaticRecord<Bounded<1>, u32, Raw, 10> = StaticRecord::new();
    static REPLIES: StaticRecord<Bounded<1>, u32, Raw, 3> = StaticRecord::new();
    // Each with its priority, in the order in which they come.
    const COMERS: [(u32, u8); 6] = [(10, 1), (11, 3), (12, 1), (13, 2), (14, 3), (15, 0)];
    const SERVED: [u32; 6] = [11, 14, 13, 10, 12, 15];
    watched(|| {
        QUEUE.producer().try_send(0).unwrap();
        let mut reader = QUEUE.consumer().unwrap().on::<Threads>();
        thread::scope(|scope| {
            for (came, (value, urgency)) in COMERS.into_iter().enumerate() {
                scope.spawn(move || {
                    Urgent::set_priority(urgency);
                    QUEUE.producer().on::<Urgent>().send(value).unwrap();
                });
                until(|| QUEUE.stats().waiting_producers == came + 1);
            }
            assert_eq!(reader.recv(), Ok(0));
            assert_eq!(SERVED.map(|_| reader.recv().unwrap()), SERVED);
        });
        // Readers likewise.
        let shared = REPLIES.consumer().unwrap();
        thread::scope(|scope| {
            let (told, tells) = std::sync::mpsc::channel();
            for (came, (name, urgency)) in COMERS.into_iter().enumerate() {
                let (mut reader, told) = (shared.clone().on::<Urgent>(), told.clone());
                scope.spawn(move || {
                    Urgent::set_priority(urgency);
                    let value = reader.recv().unwrap();
                    told.send((name, value)).unwrap();
                });
                until(|| REPLIES.stats().waiting_consumers == came + 1);
            }
            for (value, name) in (0..).zip(SERVED) {
                REPLIES.producer().try_send(value).unwrap();
                assert_eq!(tells.recv(), Ok((name, value)));
            }
        });
    });
}
