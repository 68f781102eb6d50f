//! C: closing and life time.

use std::sync::Arc;
use std::thread;

use aimdb_core::buffer::FlushError;
use aimdb_core::pure::{DropCause, Policy};

use super::{
    Answer, Told, all, bounded, fill, hooked, live, open, pausing, recv_apart, send_apart, until_consumers_wait,
    until_producers_wait,
};
use crate::kept::keep;
use crate::payload::Ledger;
use crate::subject::{Need, Subject, Until};
use crate::watchdog::until;

/// C1. (axon loses the wake-up when `close` races a waiter.)
pub fn c1_close_wakes_every_waiter_on_both_sides(subject: &dyn Subject) {
    for cfg in all(subject, &[0, 1, 3]) {
        let record = open(subject, cfg);
        let cursor = live(&*record);
        let share = cursor.share().expect("a share");
        let readers: Vec<_> =
            [cursor, share, live(&*record)].into_iter().map(|cursor| recv_apart(cursor, Until::Never)).collect();
        until_consumers_wait(&*record, 3);
        record.close();
        for reader in readers {
            assert_eq!(reader.join().expect("the reader").0, Answer::Ended, "{cfg:?}");
        }
    }
    for cfg in pausing(subject, &[0, 1, 3]) {
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        let _cursor = live(&*record);
        fill(&*record, &ledger, cfg.capacity());
        // More than a wake list holds at once.
        let producers: Vec<_> = (0..20).map(|n| send_apart(&record, ledger.item(100 + n), Until::Never)).collect();
        until_producers_wait(&*record, 20);
        record.close();
        for (n, producer) in producers.into_iter().enumerate() {
            assert_eq!(producer.join().expect("the producer"), Answer::Closed(100 + n as u64), "{cfg:?}");
        }
    }
}

/// C1.
pub fn c1_consumers_drain_and_are_told_the_end_for_ever(subject: &dyn Subject) {
    for cfg in all(subject, &[1, 3]) {
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        let mut cursor = live(&*record);
        let capacity = cfg.capacity() as u64;
        for tag in 0..capacity {
            assert_eq!(record.try_send(ledger.item(tag)).told(), Answer::Sent);
        }
        record.close();
        assert_eq!(record.try_send(ledger.item(99)).told(), Answer::Closed(99), "{cfg:?}");
        for tag in 0..capacity {
            assert_eq!(cursor.recv(Until::Never).told(), Answer::Ok(tag), "{cfg:?}: what was accepted is delivered");
        }
        for _ in 0..3 {
            assert_eq!(cursor.try_recv().told(), Answer::Ended, "{cfg:?}");
            assert_eq!(cursor.recv(Until::Never).told(), Answer::Ended, "{cfg:?}");
            if subject.has(Need::Latest) {
                assert_eq!(cursor.try_latest().told(), Answer::Ended, "{cfg:?}");
            }
        }
        // One who comes after the end is told so, too, once it has what the kind still has for it.
        let mut late = live(&*record);
        if cfg.kind() == aimdb_core::pure::Kind::SingleLatest {
            assert_eq!(late.try_recv().told(), Answer::Ok(0), "{cfg:?}");
        }
        assert_eq!(late.recv(Until::Never).told(), Answer::Ended, "{cfg:?}");
    }
}

/// C1.
pub fn c1_close_is_idempotent_and_a_closed_record_refuses(subject: &dyn Subject) {
    for cfg in all(subject, &[0, 1, 3]) {
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        assert!(!record.is_closed());
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| record.close());
            }
        });
        assert!(record.is_closed());
        assert!(record.metrics().closed);
        record.close();
        assert_eq!(record.try_send(ledger.item(1)).told(), Answer::Closed(1), "{cfg:?}");
        assert_eq!(record.send(ledger.item(2), Until::Never).told(), Answer::Closed(2), "{cfg:?}");
        record.push(ledger.item(3));
        drop(record);
        ledger.assert_settled();
    }
}

/// C2.
pub fn c2_abort_discards_and_says_how_many(subject: &dyn Subject) {
    if !subject.has(Need::Abort) {
        return;
    }
    for cfg in all(subject, &[1, 3, 64]) {
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        let mut cursor = live(&*record);
        let capacity = cfg.capacity();
        for tag in 0..capacity as u64 {
            assert_eq!(record.try_send(ledger.item(tag)).told(), Answer::Sent);
        }
        let blocked = (cfg.kind().when_full() == Policy::PauseUpstream).then(|| {
            let blocked = send_apart(&record, ledger.item(500), Until::Never);
            until_producers_wait(&*record, 1);
            blocked
        });
        assert_eq!(record.abort(), capacity, "{cfg:?}");
        if let Some(blocked) = blocked {
            assert_eq!(blocked.join().expect("the producer"), Answer::Closed(500), "{cfg:?}");
        }
        assert_eq!(record.abort(), 0, "{cfg:?}: there is nothing left");
        assert_eq!(cursor.try_recv().told(), Answer::Ended, "{cfg:?}");
        assert_eq!(record.metrics().occupancy, 0, "{cfg:?}");
        until(|| ledger.alive() == 0);
        ledger.assert_settled();
    }
    if subject.has(Need::DropHook) {
        for cfg in all(subject, &[3]) {
            let ledger = Ledger::new();
            let (record, dropped) = hooked(subject, cfg);
            let _cursor = live(&*record);
            record.push(ledger.item(0));
            assert_eq!(record.abort(), 1, "{cfg:?}");
            assert_eq!(*dropped.lock(), [(0, DropCause::Aborted)], "{cfg:?}");
        }
    }
}

/// C2.
pub fn c2_flush_waits_until_every_gating_cursor_has_consumed(subject: &dyn Subject) {
    if !subject.has(Need::Flush) {
        return;
    }
    for cfg in all(subject, &[1, 3]) {
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        assert_eq!(record.flush(Until::Now), Ok(()), "{cfg:?}: nothing was sent");
        let (mut one, mut two) = (live(&*record), live(&*record));
        let capacity = cfg.capacity() as u64;
        for tag in 0..capacity {
            assert_eq!(record.try_send(ledger.item(tag)).told(), Answer::Sent);
        }
        if !cfg.kind().gates() {
            assert_eq!(record.flush(Until::Now), Ok(()), "{cfg:?}: no cursor gates");
            continue;
        }
        assert!(record.flush(Until::Now).is_err(), "{cfg:?}");
        assert!(record.flush(Until::SOON).is_err(), "{cfg:?}");
        let flushers: Vec<_> = (0..3)
            .map(|_| {
                let record = Arc::clone(&record);
                thread::spawn(move || record.flush(Until::Never))
            })
            .collect();
        for tag in 0..capacity {
            assert_eq!(one.try_recv().told(), Answer::Ok(tag));
        }
        assert!(record.flush(Until::Now).is_err(), "{cfg:?}: one has not");
        for tag in 0..capacity {
            assert_eq!(two.recv(Until::Never).told(), Answer::Ok(tag));
        }
        for flusher in flushers {
            assert_eq!(flusher.join().expect("the flusher"), Ok(()), "{cfg:?}");
        }
        // It does not wait for what is sent after it, and a cursor that leaves holds it no longer.
        assert_eq!(record.try_send(ledger.item(70)).told(), Answer::Sent);
        let flusher = {
            let record = Arc::clone(&record);
            thread::spawn(move || record.flush(Until::Never))
        };
        assert_eq!(one.try_recv().told(), Answer::Ok(70));
        drop(two);
        assert_eq!(flusher.join().expect("the flusher"), Ok(()), "{cfg:?}");
    }
}

/// C2, B5: `close` after the last reader has gone, and `abort`, discard; whoever flushes is woken.
pub fn c2_flush_ends_when_its_values_are_discarded(subject: &dyn Subject) {
    if !subject.has(Need::Flush) || !subject.has(Need::DropsUnreachable) {
        return;
    }
    for by_close in [false, true] {
        for cfg in [bounded(2, Policy::PauseUpstream), bounded(2, Policy::Fail)] {
            let ledger = Ledger::new();
            let record = open(subject, cfg);
            drop(live(&*record));
            fill(&*record, &ledger, 2);
            let flusher = {
                let record = Arc::clone(&record);
                thread::spawn(move || record.flush(Until::Never))
            };
            // A flusher is not counted; whichever comes first, it must end.
            if record.flush(Until::SOON).is_ok() {
                panic!("{cfg:?}: nothing was consumed");
            }
            if by_close {
                record.close();
            } else {
                assert_eq!(record.abort(), 2);
            }
            // Closed if it had begun before the values went, which nobody consumed.
            let flushed = flusher.join().expect("the flusher");
            assert!(matches!(flushed, Ok(()) | Err(FlushError::Closed)), "{cfg:?}, by close: {by_close}: {flushed:?}");
        }
    }
}

/// C2, B5: `force_send` displaces; whoever waits for the displaced value is woken.
pub fn c2_flush_ends_when_its_values_are_displaced(subject: &dyn Subject) {
    if !subject.has(Need::Flush) || !subject.has(Need::Force) {
        return;
    }
    let cfg = bounded(1, Policy::PauseUpstream);
    if !subject.supports(&cfg) {
        return;
    }
    let ledger = Ledger::new();
    let record = open(subject, cfg);
    let _cursor = live(&*record);
    fill(&*record, &ledger, 1);
    let flusher = {
        let record = Arc::clone(&record);
        thread::spawn(move || record.flush(Until::Never))
    };
    assert!(record.flush(Until::SOON).is_err());
    let displaced = record.force_send(ledger.item(1)).expect("it is open");
    assert_eq!(displaced.map(|item| item.tag()), Some(0));
    assert_eq!(flusher.join().expect("the flusher"), Ok(()), "{cfg:?}");
}

/// C3, at the level of one record: U7.
pub fn c3_a_leaked_reader_keeps_nobody_parked_after_close(subject: &dyn Subject) {
    for cfg in pausing(subject, &[1, 3]) {
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        let cursor = live(&*record);
        let reader = recv_apart(cursor.share().expect("a share"), Until::Never);
        keep(cursor);
        keep(Arc::clone(&record));
        until_consumers_wait(&*record, 1);
        record.close();
        assert_eq!(reader.join().expect("the reader").0, Answer::Ended, "{cfg:?}");

        let record = open(subject, cfg);
        keep(live(&*record));
        keep(Arc::clone(&record));
        fill(&*record, &ledger, cfg.capacity());
        let producer = send_apart(&record, ledger.item(500), Until::Never);
        until_producers_wait(&*record, 1);
        record.close();
        assert_eq!(producer.join().expect("the producer"), Answer::Closed(500), "{cfg:?}");
    }
}
