//! Blocking calls of tasks: turns, the order in which waiters are served, timeouts, closing, refusals.
#![no_std]
#![no_main]

use aimdb_sync_embassy::{
    Bounded, CriticalSectionRawMutex as Raw, FlushError, FreeRtos, Mailbox, Port, RecvError, RecvTimeoutError,
    SendError, StaticRecord, Ticks,
};
use board::check;
use checks::{RUNNER, checks, helper};
use freertos::TaskRef;
use freertos::scheduler::{delay, ticks};
use oracle::Trace;

type Queue<const N: usize, const SLOTS: usize> = StaticRecord<Bounded<N>, u32, Raw, SLOTS>;

checks! {
    timeouts_last_their_ticks_across_the_overflow_of_the_counter
    two_priorities_take_turns
    the_more_urgent_sender_is_served_first
    senders_of_one_priority_are_served_by_age
    the_more_urgent_reader_is_served_first
    readers_of_one_priority_are_served_by_age
    a_priority_counts_as_it_was_when_the_wait_began
    a_receive_that_times_out_lasts_its_ticks
    a_send_that_times_out_lasts_its_ticks_and_gives_the_value_back
    zero_ticks_are_one_try
    a_value_that_comes_in_time_ends_the_wait
    whoever_times_out_leaves_its_turn_to_the_next
    flush_waits_for_the_reader
    close_ends_the_waits_of_senders
    close_ends_the_waits_of_readers
    a_rendezvous_hands_over
}

/// The counter began 1,000 ticks before its overflow: each wait begins before it and ends after.
fn timeouts_last_their_ticks_across_the_overflow_of_the_counter() {
    let left = ticks().wrapping_neg();
    check!(left > 100 && left <= 1_000);
    check!(FULL.producer().try_send(0).is_ok());
    let waiter = |number: usize| {
        let before = FreeRtos::now();
        match number {
            0 => {
                let mut reader = EMPTY.consumer().expect("one reader").on::<FreeRtos>();
                check!(reader.recv_timeout(Ticks(30)) == Err(RecvTimeoutError::Timeout));
            }
            _ => check!(FULL.producer().on::<FreeRtos>().send_timeout(1, Ticks(30)) == Err(SendError::Timeout(1))),
        }
        check!(FreeRtos::now() - before == 30 && before >> 32 == 0 && FreeRtos::now() >> 32 == 1);
    };
    static EVER: Queue<1, 4> = StaticRecord::new();
    let _ = helper(RUNNER + 1, |_| check!(EVER.consumer().expect("one reader").on::<FreeRtos>().recv() == Ok(5)), 0);
    delay(left - 10);
    let helpers = [helper(RUNNER + 1, waiter, 0), helper(RUNNER - 1, waiter, 1)];
    helpers.into_iter().for_each(checks::Helper::join);
    check!(ticks() < 100);
    // Who waits for ever has not noticed, and is served.
    check!(EVER.stats().waiting_consumers == 1);
    check!(EVER.producer().try_send(5).is_ok());
    check!(EVER.stats().counters.delivered == 1);
}

const TURNS: u32 = 2_000;

fn two_priorities_take_turns() {
    static THERE: Queue<1, 4> = StaticRecord::new();
    static BACK: Queue<1, 4> = StaticRecord::new();
    for above in [true, false] {
        let priority = if above { RUNNER + 1 } else { RUNNER - 1 };
        let other = helper(
            priority,
            |_| {
                let mut there = THERE.consumer().expect("one reader").on::<FreeRtos>();
                for turn in 0..TURNS {
                    check!(there.recv() == Ok(turn));
                    check!(BACK.producer().on::<FreeRtos>().send(turn + 1) == Ok(()));
                }
            },
            0,
        );
        let mut back = BACK.consumer().expect("one reader").on::<FreeRtos>();
        for turn in 0..TURNS {
            check!(THERE.producer().on::<FreeRtos>().send(turn) == Ok(()));
            check!(back.recv() == Ok(turn + 1));
        }
        other.join();
    }
    check!(THERE.stats().counters.delivered == u64::from(2 * TURNS));
    check!(BACK.stats().counters.delivered == u64::from(2 * TURNS));
}

/// Helpers of these priorities send their number into a full record, in this order; what comes out is the order in
/// which they were served.
fn served_senders(queue: &'static Queue<1, 8>, send: fn(usize), priorities: &[u32], expected: &[u32]) {
    let mut reader = queue.consumer().expect("one reader").on::<FreeRtos>();
    check!(queue.producer().try_send(99).is_ok());
    let mut number = 0;
    let helpers: [_; 4] = core::array::from_fn(|at| {
        number += 1;
        helper(priorities[at], send, number)
    });
    check!(queue.stats().waiting_producers == 4);
    check!(reader.recv() == Ok(99));
    for &number in expected {
        check!(reader.recv() == Ok(number));
    }
    helpers.into_iter().for_each(checks::Helper::join);
}

fn the_more_urgent_sender_is_served_first() {
    static QUEUE: Queue<1, 8> = StaticRecord::new();
    let send = |number: usize| check!(QUEUE.producer().on::<FreeRtos>().send(number as u32) == Ok(()));
    served_senders(&QUEUE, send, &[5, 7, 4, 6], &[2, 4, 1, 3]);
}

fn senders_of_one_priority_are_served_by_age() {
    static QUEUE: Queue<1, 8> = StaticRecord::new();
    let send = |number: usize| check!(QUEUE.producer().on::<FreeRtos>().send(number as u32) == Ok(()));
    served_senders(&QUEUE, send, &[5, 6, 5, 5], &[2, 1, 3, 4]);
}

type Mail = StaticRecord<Mailbox, u32, Raw, 8>;

/// The same for readers: they share a cursor, as all of a mailbox do, and note their number. One value wakes one of them.
fn served_readers(mailbox: &'static Mail, read: fn(usize), priorities: &[u32], order: &Trace<4>, expected: &[u32]) {
    let mut number = 0;
    let helpers: [_; 4] = core::array::from_fn(|at| {
        number += 1;
        helper(priorities[at], read, number)
    });
    check!(mailbox.stats().waiting_consumers == 4);
    for left in (0..4).rev() {
        check!(mailbox.producer().try_send(0).is_ok());
        check!(mailbox.stats().waiting_consumers == left);
    }
    check!(order.is(expected));
    helpers.into_iter().for_each(checks::Helper::join);
}

fn read_and_note(mailbox: &'static Mail, order: &Trace<4>, number: usize) {
    let mut reader = mailbox.consumer().expect("all share one cursor").on::<FreeRtos>();
    check!(reader.recv() == Ok(0));
    order.note(number as u32);
}

fn the_more_urgent_reader_is_served_first() {
    static MAILBOX: Mail = StaticRecord::new();
    static ORDER: Trace<4> = Trace::new();
    let read = |number| read_and_note(&MAILBOX, &ORDER, number);
    served_readers(&MAILBOX, read, &[5, 7, 4, 6], &ORDER, &[2, 4, 1, 3]);
}

fn readers_of_one_priority_are_served_by_age() {
    static MAILBOX: Mail = StaticRecord::new();
    static ORDER: Trace<4> = Trace::new();
    let read = |number| read_and_note(&MAILBOX, &ORDER, number);
    served_readers(&MAILBOX, read, &[5, 6, 5, 5], &ORDER, &[2, 1, 3, 4]);
}

fn a_priority_counts_as_it_was_when_the_wait_began() {
    static MAILBOX: Mail = StaticRecord::new();
    static ORDER: Trace<4> = Trace::new();
    let read = |number| {
        let me = TaskRef::current().expect("a task runs");
        me.set_priority(7);
        read_and_note(&MAILBOX, &ORDER, number);
    };
    served_readers(&MAILBOX, read, &[4, 5, 6, 4], &ORDER, &[1, 2, 3, 4]);
}

/// How many ticks the call takes, counted from the beginning of one.
fn lasts(call: impl FnOnce()) -> u64 {
    delay(1);
    let before = FreeRtos::now();
    call();
    FreeRtos::now() - before
}

static FULL: Queue<1, 4> = StaticRecord::new();
static EMPTY: Queue<1, 4> = StaticRecord::new();

fn a_receive_that_times_out_lasts_its_ticks() {
    let mut reader = EMPTY.consumer().expect("one reader").on::<FreeRtos>();
    for ticks in [1, 2, 10, 100] {
        check!(lasts(|| check!(reader.recv_timeout(Ticks(ticks)) == Err(RecvTimeoutError::Timeout))) == ticks.into());
    }
    check!(lasts(|| check!(reader.latest_timeout(Ticks(5)) == Err(RecvTimeoutError::Timeout))) == 5);
    let wait = core::time::Duration::from_micros(2_001);
    check!(lasts(|| check!(reader.recv_timeout(wait) == Err(RecvTimeoutError::Timeout))) == 3);
    check!(EMPTY.stats().waiting_consumers == 0);
}

fn a_send_that_times_out_lasts_its_ticks_and_gives_the_value_back() {
    let producer = FULL.producer().on::<FreeRtos>();
    let before = FULL.stats();
    check!(before.occupancy == 1);
    for ticks in [1, 2, 10, 100] {
        check!(
            lasts(|| check!(producer.send_timeout(ticks, Ticks(ticks)) == Err(SendError::Timeout(ticks))))
                == ticks.into()
        );
    }
    let stats = FULL.stats();
    check!(stats.waiting_producers == 0 && stats.occupancy == 1);
    check!(stats.counters.timed_out == before.counters.timed_out + 4);
    check!(stats.counters.blocked == before.counters.blocked + 4);
    check!(stats.counters.offered() == before.counters.offered() + 4);
}

fn zero_ticks_are_one_try() {
    let producer = FULL.producer().on::<FreeRtos>();
    let mut reader = EMPTY.consumer().expect("one reader").on::<FreeRtos>();
    check!(lasts(|| check!(producer.send_timeout(7, Ticks(0)) == Err(SendError::Timeout(7)))) == 0);
    check!(lasts(|| check!(reader.recv_timeout(Ticks(0)) == Err(RecvTimeoutError::Timeout))) == 0);
    check!(EMPTY.producer().on::<FreeRtos>().send_timeout(8, Ticks(0)) == Ok(()));
    check!(reader.recv_timeout(Ticks(0)) == Ok(8));
}

fn a_value_that_comes_in_time_ends_the_wait() {
    let sender = helper(
        RUNNER + 1,
        |_| {
            delay(5);
            check!(EMPTY.producer().try_send(3).is_ok());
        },
        0,
    );
    let mut reader = EMPTY.consumer().expect("one reader").on::<FreeRtos>();
    let before = ticks();
    check!(reader.recv_timeout(Ticks(50)) == Ok(3));
    check!(ticks().wrapping_sub(before) <= 5);
    sender.join();
}

fn whoever_times_out_leaves_its_turn_to_the_next() {
    static QUEUE: Queue<1, 5> = StaticRecord::new();
    check!(QUEUE.producer().try_send(0).is_ok());
    let send = |number: usize| {
        let producer = QUEUE.producer().on::<FreeRtos>();
        match number {
            1 => check!(producer.send_timeout(1, Ticks(3)) == Err(SendError::Timeout(1))),
            _ => check!(producer.send(number as u32) == Ok(())),
        }
    };
    let helpers = [helper(7, send, 1), helper(6, send, 2), helper(5, send, 3)];
    check!(QUEUE.stats().waiting_producers == 3);
    delay(4);
    check!(QUEUE.stats().waiting_producers == 2);
    let mut reader = QUEUE.consumer().expect("one reader").on::<FreeRtos>();
    check!([(); 3].map(|()| reader.recv()) == [Ok(0), Ok(2), Ok(3)]);
    helpers.into_iter().for_each(checks::Helper::join);
    check!(QUEUE.stats().counters.offered() == 4 && QUEUE.stats().counters.timed_out == 1);
}

fn flush_waits_for_the_reader() {
    static QUEUE: Queue<2, 5> = StaticRecord::new();
    let producer = QUEUE.producer().on::<FreeRtos>();
    let mut reader = QUEUE.consumer().expect("one reader");
    check!(producer.send(1).is_ok());
    check!(lasts(|| check!(producer.flush(Ticks(4)) == Err(FlushError::Timeout))) == 4);
    static FLUSHED: Trace<2> = Trace::new();
    let flusher = helper(
        RUNNER + 1,
        |_| {
            check!(QUEUE.producer().on::<FreeRtos>().flush(Ticks(1_000)) == Ok(()));
            FLUSHED.note(1);
        },
        0,
    );
    check!(FLUSHED.is_empty());
    check!(reader.try_recv() == Ok(1));
    check!(FLUSHED.len() == 1);
    flusher.join();
}

fn close_ends_the_waits_of_senders() {
    static QUEUE: Queue<1, 6> = StaticRecord::new();
    check!(QUEUE.producer().try_send(0).is_ok());
    let send = |number: usize| {
        let number = number as u32;
        check!(QUEUE.producer().on::<FreeRtos>().send(number) == Err(SendError::Closed(number)));
    };
    // One above, one beside, one below the task that closes.
    let helpers = [helper(RUNNER + 1, send, 1), helper(RUNNER, send, 2), helper(RUNNER - 1, send, 3)];
    checks::until(|| QUEUE.stats().waiting_producers == 3);
    QUEUE.close();
    helpers.into_iter().for_each(checks::Helper::join);
    let mut reader = QUEUE.consumer().expect("one reader").on::<FreeRtos>();
    check!(reader.recv() == Ok(0) && reader.recv() == Err(RecvError::Closed));
    check!(QUEUE.stats().counters.offered() == 4 && QUEUE.stats().counters.refused == 3);
}

fn close_ends_the_waits_of_readers() {
    static MAILBOX: Mail = StaticRecord::new();
    static QUEUE: Queue<2, 5> = StaticRecord::new();
    let read = |number| match number {
        0 => check!(QUEUE.consumer().expect("one reader").on::<FreeRtos>().recv() == Err(RecvError::Closed)),
        _ => check!(MAILBOX.consumer().expect("all share").on::<FreeRtos>().recv() == Err(RecvError::Closed)),
    };
    let helpers = [helper(RUNNER + 1, read, 0), helper(RUNNER + 1, read, 1), helper(RUNNER - 1, read, 2)];
    checks::until(|| QUEUE.stats().waiting_consumers == 1 && MAILBOX.stats().waiting_consumers == 2);
    MAILBOX.close();
    QUEUE.close();
    check!(helpers[0].has_ended() && helpers[1].has_ended());
    helpers.into_iter().for_each(checks::Helper::join);
}

fn a_rendezvous_hands_over() {
    static HANDS: Queue<0, 3> = StaticRecord::new();
    let giver = helper(
        RUNNER + 1,
        |_| {
            for value in 0..10 {
                check!(HANDS.producer().on::<FreeRtos>().send(value) == Ok(()));
            }
        },
        0,
    );
    let mut taker = HANDS.consumer().expect("one reader").on::<FreeRtos>();
    for value in 0..10 {
        check!(HANDS.stats().waiting_producers == 1 && HANDS.stats().occupancy == 0);
        check!(taker.recv() == Ok(value));
    }
    giver.join();
}
