//! W: waiting.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use aimdb_core::pure::Policy;

use super::{
    Answer, Told, all, bounded, drain, fill, live, open, pausing, recv_apart, send_apart, until_consumers_wait,
    until_producers_wait,
};
use crate::payload::Ledger;
use crate::processor;
use crate::subject::{Need, Subject, Until};
use crate::watchdog::until;

/// W1: two threads that wait for each other at every value; one lost wake-up and they hang.
pub fn w1_no_wakeup_is_lost_between_two_threads(subject: &dyn Subject) {
    const ROUNDS: u64 = 400;
    for cfg in all(subject, &[1, 2]) {
        let ledger = Ledger::new();
        let (there, back) = (open(subject, cfg), open(subject, cfg));
        let (mut at_there, mut at_back) = (live(&*there), live(&*back));
        let echo = {
            let back = Arc::clone(&back);
            thread::spawn(move || {
                while let Ok(item) = at_there.recv(Until::Never) {
                    let _ = back.send(item, Until::Never).told();
                }
            })
        };
        for tag in 0..ROUNDS {
            assert_eq!(there.send(ledger.item(tag), Until::Never).told(), Answer::Sent, "{cfg:?}");
            assert_eq!(at_back.recv(Until::Never).told(), Answer::Ok(tag), "{cfg:?}");
        }
        there.close();
        echo.join().expect("the echo");
    }
}

/// W1, where every value meets a waiter.
pub fn w1_no_wakeup_is_lost_on_a_rendezvous(subject: &dyn Subject) {
    for cfg in pausing(subject, &[0]) {
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        let first = live(&*record);
        let shares = [first.share().expect("a share"), first.share().expect("a share"), first];
        let readers: Vec<_> = shares.map(|mut cursor| thread::spawn(move || drain(&mut *cursor).len())).into();
        thread::scope(|scope| {
            for producer in 0..3 {
                let (record, ledger) = (&record, &ledger);
                scope.spawn(move || {
                    for n in 0..200 {
                        let item = ledger.item(producer * 1_000 + n);
                        assert_eq!(record.send(item, Until::Never).told(), Answer::Sent);
                    }
                });
            }
        });
        record.close();
        let read: usize = readers.into_iter().map(|reader| reader.join().expect("the reader")).sum();
        assert_eq!(read, 600, "{cfg:?}");
    }
}

/// W2.
pub fn w2_one_freed_slot_wakes_one_waiter(subject: &dyn Subject) {
    if !subject.has(Need::Fair) {
        return;
    }
    for cfg in pausing(subject, &[0, 1, 3]) {
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        let mut cursor = live(&*record);
        fill(&*record, &ledger, cfg.capacity());
        let mut producers: Vec<_> = (0..5).map(|n| send_apart(&record, ledger.item(100 + n), Until::Never)).collect();
        until_producers_wait(&*record, 5);
        for freed in 1..=5 {
            assert!(matches!(cursor.try_recv().told(), Answer::Ok(_)), "{cfg:?}");
            assert_eq!(record.metrics().waiting_producers, 5 - freed, "{cfg:?}: one slot, one sender");
            until(|| producers.iter().filter(|producer| producer.is_finished()).count() >= freed);
            assert_eq!(producers.iter().filter(|producer| producer.is_finished()).count(), freed, "{cfg:?}");
        }
        for producer in producers.drain(..) {
            assert_eq!(producer.join().expect("the producer"), Answer::Sent);
        }
    }
}

/// W2.
pub fn w2_one_value_wakes_each_cursor_that_waits(subject: &dyn Subject) {
    if !subject.has(Need::FanOut) {
        return;
    }
    for cfg in all(subject, &[1, 3]) {
        if cfg.kind().shares_cursor() {
            continue;
        }
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        // More cursors than a wake list holds at once.
        let readers: Vec<_> = (0..12).map(|_| recv_apart(live(&*record), Until::Never)).collect();
        until_consumers_wait(&*record, 12);
        assert_eq!(record.try_send(ledger.item(1)).told(), Answer::Sent);
        for reader in readers {
            assert_eq!(reader.join().expect("the reader").0, Answer::Ok(1), "{cfg:?}");
        }
    }
}

/// W2: axon merges wake-ups and leaves a consumer asleep beside an item. Here several values become
/// visible at once, when the reader leaves that held their senders up.
pub fn w2_each_of_many_values_wakes_a_reader_of_a_shared_cursor(subject: &dyn Subject) {
    for cfg in pausing(subject, &[1, 2, 3]) {
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        let mut shared = live(&*record);
        let slow = subject.has(Need::FanOut).then(|| live(&*record));
        let capacity = cfg.capacity();
        fill(&*record, &ledger, capacity);
        for _ in 0..capacity {
            let _ = shared.try_recv().told();
        }
        let shares: Vec<_> =
            (0..capacity).map(|_| recv_apart(shared.share().expect("a share"), Until::Never)).collect();
        until_consumers_wait(&*record, capacity);
        let producers: Vec<_> =
            (0..capacity as u64).map(|n| send_apart(&record, ledger.item(100 + n), Until::Never)).collect();
        if slow.is_some() {
            until_producers_wait(&*record, capacity);
        }
        drop(slow);
        for producer in producers {
            assert_eq!(producer.join().expect("the producer"), Answer::Sent, "{cfg:?}");
        }
        let mut seen: Vec<_> =
            shares.into_iter().map(|share| format!("{:?}", share.join().expect("the reader").0)).collect();
        seen.sort_unstable();
        let expected: Vec<_> = (0..capacity as u64).map(|n| format!("{:?}", Answer::Ok(100 + n))).collect();
        assert_eq!(seen, expected, "{cfg:?}: each reader has one");
    }
}

/// W2, B3: kanal destroys the item that it hands to a receiver which has just timed out; flume's
/// wake-up dies with the waiter.
pub fn w2_a_waiter_that_times_out_takes_no_wakeup_with_it(subject: &dyn Subject) {
    for cfg in pausing(subject, &[1, 2]) {
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        let mut read = Vec::new();
        let mut cursor = live(&*record);
        for round in 0..40_u64 {
            // A reader whose time is up at about the moment when the value comes, beside one that
            // waits for ever: the value reaches one of them.
            let hasty = recv_apart(cursor.share().expect("a share"), Until::In(Duration::from_micros(round * 5)));
            let patient = recv_apart(cursor.share().expect("a share"), Until::Never);
            assert_eq!(record.send(ledger.item(round * 2), Until::Never).told(), Answer::Sent);
            let (hasty, _) = hasty.join().expect("the hasty reader");
            if let Answer::Ok(tag) = hasty {
                read.push(tag);
                assert_eq!(record.send(ledger.item(round * 2 + 1), Until::Never).told(), Answer::Sent);
            }
            let (patient, _) = patient.join().expect("the patient reader");
            match patient {
                Answer::Ok(tag) => read.push(tag),
                other => panic!("{cfg:?}: {other:?}"),
            }
        }
        assert_eq!(cursor.try_recv().told(), Answer::Empty);
        // The same for a hasty sender beside a patient one.
        fill(&*record, &ledger, cfg.capacity());
        for round in 0..40_u64 {
            let wait = Until::In(Duration::from_micros(round * 5));
            let hasty = send_apart(&record, ledger.item(1_000 + round), wait);
            let patient = send_apart(&record, ledger.item(2_000 + round), Until::Never);
            until(|| hasty.is_finished() || record.metrics().waiting_producers > 1);
            // One slot is freed: for the patient one, or for the hasty one and then another.
            let _ = cursor.try_recv().told();
            if hasty.join().expect("the hasty sender") == Answer::Sent {
                let _ = cursor.try_recv().told();
            }
            assert_eq!(patient.join().expect("the patient sender"), Answer::Sent, "{cfg:?}");
        }
        drop((cursor, record));
        until(|| ledger.alive() == 0);
        ledger.assert_settled();
    }
}

/// W3.
pub fn w3_senders_are_served_in_the_order_in_which_they_came(subject: &dyn Subject) {
    if !subject.has(Need::Fair) {
        return;
    }
    for cfg in pausing(subject, &[0, 1, 3]) {
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        let mut cursor = live(&*record);
        fill(&*record, &ledger, cfg.capacity());
        let mut producers = Vec::new();
        for n in 0..12 {
            producers.push(send_apart(&record, ledger.item(100 + n as u64), Until::Never));
            until_producers_wait(&*record, n + 1);
        }
        let mut seen = Vec::new();
        for _ in 0..cfg.capacity() + 12 {
            if let Answer::Ok(tag) = cursor.recv(Until::Never).told() {
                seen.push(tag);
            }
        }
        let expected: Vec<_> = (0..cfg.capacity() as u64).chain(100..112).collect();
        assert_eq!(seen, expected, "{cfg:?}");
        for producer in producers {
            assert_eq!(producer.join().expect("the producer"), Answer::Sent);
        }
    }
}

/// W4, everywhere (U14: a zero timeout polls once in one call and not in another).
pub fn w4_zero_means_one_try(subject: &dyn Subject) {
    for cfg in all(subject, &[1, 3]) {
        for now in [Until::Now, Until::In(Duration::ZERO)] {
            let ledger = Ledger::new();
            let record = open(subject, cfg);
            let mut cursor = live(&*record);
            assert_eq!(cursor.recv(now).told(), Answer::TimedOut, "{cfg:?}");
            assert_eq!(record.send(ledger.item(0), now).told(), Answer::Sent, "{cfg:?}");
            assert_eq!(cursor.recv(now).told(), Answer::Ok(0), "{cfg:?}");
            if cfg.kind().when_full() == Policy::PauseUpstream {
                fill(&*record, &ledger, cfg.capacity());
                assert_eq!(record.send(ledger.item(9), now).told(), Answer::Timeout(9), "{cfg:?}");
            }
        }
    }
}

/// W4, B16: kanal panics and crossfire returns at once on `Duration::MAX` (U2).
pub fn w4_a_deadline_at_the_end_of_time_waits_and_does_not_panic(subject: &dyn Subject) {
    let far =
        [Duration::MAX, Duration::from_nanos(u64::MAX), Duration::from_secs(u64::MAX), Duration::from_secs(1 << 34)];
    for cfg in pausing(subject, &[1]) {
        for wait in far.map(Until::In) {
            let ledger = Ledger::new();
            let record = open(subject, cfg);
            let reader = recv_apart(live(&*record), wait);
            until_consumers_wait(&*record, 1);
            assert_eq!(record.send(ledger.item(1), wait).told(), Answer::Sent);
            let (answer, mut cursor) = reader.join().expect("the reader");
            assert_eq!(answer, Answer::Ok(1), "{wait:?}");
            fill(&*record, &ledger, 1);
            let producer = send_apart(&record, ledger.item(2), wait);
            until_producers_wait(&*record, 1);
            assert_eq!(cursor.recv(wait).told(), Answer::Ok(0));
            assert_eq!(producer.join().expect("the producer"), Answer::Sent, "{wait:?}");
        }
    }
}

/// W4.
pub fn w4_what_is_ready_at_expiry_wins(subject: &dyn Subject) {
    for cfg in pausing(subject, &[1]) {
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        let mut cursor = live(&*record);
        for round in 0..200 {
            let wait = Until::In(Duration::from_nanos(round * 500));
            let producer = send_apart(&record, ledger.item(round), Until::Never);
            let first = cursor.recv(wait).told();
            assert_eq!(producer.join().expect("the producer"), Answer::Sent);
            let answer = if first == Answer::TimedOut { cursor.recv(Until::Now).told() } else { first };
            assert_eq!(answer, Answer::Ok(round), "{cfg:?}: it is not lost with the timeout");
        }
        drop((cursor, record));
        until(|| ledger.alive() == 0);
        ledger.assert_settled();
    }
}

/// W4, B17: nothing of a timed-out send stays behind.
pub fn w4_a_timed_out_send_stores_nothing(subject: &dyn Subject) {
    for cfg in pausing(subject, &[0, 1, 3]) {
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        let mut cursor = live(&*record);
        fill(&*record, &ledger, cfg.capacity());
        for round in 0..50 {
            let wait = if round % 2 == 0 { Until::Now } else { Until::In(Duration::from_micros(20)) };
            assert_eq!(record.send(ledger.item(900), wait).told(), Answer::Timeout(900), "{cfg:?}");
        }
        let metrics = record.metrics();
        assert_eq!((metrics.waiting_producers, metrics.occupancy), (0, cfg.capacity()), "{cfg:?}");
        assert_eq!(ledger.alive(), cfg.capacity() as u64, "{cfg:?}");
        for tag in 0..cfg.capacity() as u64 {
            assert_eq!(cursor.try_recv().told(), Answer::Ok(tag), "{cfg:?}");
        }
        assert_eq!(cursor.try_recv().told(), Answer::Empty, "{cfg:?}");
    }
}

/// W5. (bus #23, kanal #53: idle receivers burn a core.)
pub fn w5_a_waiting_thread_uses_no_processor(subject: &dyn Subject) {
    let wait = Until::In(Duration::from_millis(120));
    for cfg in pausing(subject, &[1]) {
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        let mut cursor = live(&*record);
        let Some(before) = processor::thread_time() else { return };
        // Twice each, so that a subject which alternates makes each wait by this thread once.
        for _ in 0..2 {
            assert_eq!(cursor.recv(wait).told(), Answer::TimedOut);
        }
        fill(&*record, &ledger, 1);
        for _ in 0..2 {
            assert_eq!(record.send(ledger.item(1), wait).told(), Answer::Timeout(1));
        }
        let used = processor::thread_time().unwrap_or_default() - before;
        assert!(used < Duration::from_millis(60), "{cfg:?}: {used:?} of processor time for 480 ms of waiting");
    }
}

/// W6.
pub fn w6_more_waiters_than_any_table_holds(subject: &dyn Subject) {
    const WAITERS: usize = 100;
    let cfg = bounded(1, Policy::PauseUpstream);
    if !subject.supports(&cfg) {
        return;
    }
    let ledger = Ledger::new();
    let record = open(subject, cfg);
    let first = live(&*record);
    let readers: Vec<_> = (0..WAITERS).map(|_| recv_apart(first.share().expect("a share"), Until::Never)).collect();
    until_consumers_wait(&*record, WAITERS);
    for tag in 0..WAITERS as u64 {
        assert_eq!(record.send(ledger.item(tag), Until::Never).told(), Answer::Sent);
    }
    for reader in readers {
        assert!(matches!(reader.join().expect("the reader").0, Answer::Ok(_)));
    }
    fill(&*record, &ledger, 1);
    let producers: Vec<_> =
        (0..WAITERS as u64).map(|tag| send_apart(&record, ledger.item(tag), Until::Never)).collect();
    until_producers_wait(&*record, WAITERS);
    let mut cursor = first;
    for _ in 0..=WAITERS {
        assert!(matches!(cursor.recv(Until::Never).told(), Answer::Ok(_)));
    }
    for producer in producers {
        assert_eq!(producer.join().expect("the producer"), Answer::Sent);
    }
}

/// W7, B4: n senders and m readers on every small capacity; what a subject makes of a call, thread
/// or task, is its own.
pub fn w7_threads_and_tasks_wait_on_the_same_record(subject: &dyn Subject) {
    const EACH: u64 = 150;
    for cfg in pausing(subject, &[0, 1, 2, 3]) {
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        let mut shares = vec![live(&*record)];
        for _ in 0..3 {
            shares.push(shares[0].share().expect("a share"));
        }
        let readers: Vec<_> =
            shares.into_iter().map(|mut cursor| thread::spawn(move || drain(&mut *cursor).len())).collect();
        thread::scope(|scope| {
            for producer in 0..4 {
                let (record, ledger) = (&record, &ledger);
                scope.spawn(move || {
                    for n in 0..EACH {
                        let mut item = ledger.item(producer * 1_000 + n);
                        let wait = if n % 3 == 0 { Until::In(Duration::from_micros(50)) } else { Until::Never };
                        while let Err(error) = record.send(item, wait) {
                            item = error.into_inner();
                        }
                    }
                });
            }
        });
        record.close();
        let read: usize = readers.into_iter().map(|reader| reader.join().expect("the reader")).sum();
        assert_eq!(read as u64, 4 * EACH, "{cfg:?}");
        drop(record);
        until(|| ledger.alive() == 0);
        ledger.assert_settled();
    }
}
