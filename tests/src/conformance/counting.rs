//! M: what a record counts.

use std::thread;

use aimdb_core::buffer::BufferCfg;
use aimdb_core::pure::{Counters, DropCause, Policy};

use super::{
    Answer, Told, all, bounded, drain, fill, hooked, live, open, pausing, ring, send_apart, until_producers_wait,
};
use crate::payload::Ledger;
use crate::subject::{Need, Subject, Until};

fn assert_offered(counters: &Counters, offered: u64, cfg: BufferCfg) {
    assert_eq!(counters.offered(), counters.accepted + counters.refused + counters.timed_out, "{cfg:?}");
    assert_eq!(counters.offered(), offered, "{cfg:?}: {counters:?}");
}

/// M1. (axon counts refusals as pushed.)
pub fn m1_offered_is_accepted_refused_and_timed_out(subject: &dyn Subject) {
    for cfg in all(subject, &[0, 1, 3]) {
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        let _cursor = live(&*record);
        let mut offered = 0;
        for tag in 0..6 {
            let _ = record.try_send(ledger.item(tag)).told();
            let _ = record.send(ledger.item(tag), Until::Now).told();
            offered += 2;
            if tag % 3 == 0 {
                let _ = record.send(ledger.item(tag), Until::SOON).told();
                offered += 1;
            }
            assert_offered(&record.metrics().counters, offered, cfg);
        }
        record.close();
        let _ = record.try_send(ledger.item(9)).told();
        let _ = record.send(ledger.item(9), Until::Never).told();
        assert_offered(&record.metrics().counters, offered + 2, cfg);
    }
}

/// M1: accepted since it subscribed = delivered + lagged + skipped + still readable.
pub fn m1_a_cursor_accounts_for_every_value(subject: &dyn Subject) {
    if !subject.has(Need::CursorCounters) {
        return;
    }
    for cfg in all(subject, &[1, 3]) {
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        let mut cursors = vec![live(&*record), live(&*record)];
        for tag in 0..30 {
            let _ = record.try_send(ledger.item(tag)).told();
            if tag % 3 == 1 {
                let _ = cursors[0].try_recv().told();
            }
            if tag % 7 == 2 {
                let _ = cursors[1].try_latest().told();
            }
            if tag == 15 && !matches!(cfg, BufferCfg::Mailbox) {
                let late = live(&*record);
                let readable = late.metrics().counters.readable;
                let expected = u64::from(cfg == BufferCfg::SingleLatest);
                assert_eq!(readable, expected, "{cfg:?}: a late one");
                cursors.push(late);
            }
            for cursor in &cursors {
                let counters = cursor.metrics().counters;
                let sum = counters.delivered + counters.lagged + counters.skipped + counters.readable;
                assert_eq!(counters.accepted, sum, "{cfg:?}: {counters:?}");
                assert!(counters.readable <= cfg.capacity() as u64, "{cfg:?}");
            }
        }
    }
}

/// M1: under load, every snapshot holds the equations. (axon's are torn.)
pub fn m1_a_snapshot_is_never_torn(subject: &dyn Subject) {
    for cfg in [bounded(3, Policy::PauseUpstream), ring(3), bounded(2, Policy::DropOldest)] {
        if !subject.supports(&cfg) || !subject.has(Need::CursorCounters) {
            continue;
        }
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        let mut cursor = live(&*record);
        let observer = cursor.share().expect("a share");
        let reader = thread::spawn(move || drain(&mut *cursor).len());
        let producer = {
            let (record, ledger) = (record.clone(), ledger.clone());
            thread::spawn(move || {
                for tag in 0..2_000 {
                    assert_eq!(record.send(ledger.item(tag), Until::Never).told(), Answer::Sent);
                }
                record.close();
            })
        };
        while !record.is_closed() {
            let metrics = record.metrics();
            let counters = metrics.counters;
            assert!(metrics.occupancy <= metrics.capacity, "{cfg:?}: {metrics:?}");
            let gone = counters.overwritten + counters.aborted;
            if !cfg.kind().retains() {
                let stored = counters.accepted - gone - counters.delivered;
                assert_eq!(stored, metrics.occupancy as u64, "{cfg:?}: {metrics:?}");
            }
            let counters = observer.metrics().counters;
            let sum = counters.delivered + counters.lagged + counters.skipped + counters.readable;
            assert_eq!(counters.accepted, sum, "{cfg:?}: {counters:?}");
        }
        producer.join().expect("the producer");
        reader.join().expect("the reader");
    }
}

/// M2, with and without readers: U13, U16.
pub fn m2_occupancy_never_exceeds_capacity_and_overwrites_count(subject: &dyn Subject) {
    if !subject.has(Need::Counters) {
        return;
    }
    for with_reader in [false, true] {
        for cfg in all(subject, &[1, 3, 64]) {
            let ledger = Ledger::new();
            let record = open(subject, cfg);
            let _cursor = with_reader.then(|| live(&*record));
            let capacity = cfg.capacity() as u64;
            for tag in 0..capacity + 7 {
                let _ = record.try_send(ledger.item(tag)).told();
                assert!(record.metrics().occupancy <= cfg.capacity(), "{cfg:?}");
            }
            let counters = record.metrics().counters;
            let expected = match cfg.kind().when_full() {
                Policy::DropOldest | Policy::DegradeQuality => (7, 0),
                Policy::PauseUpstream | Policy::Fail | Policy::DropNewest => (0, 7),
            };
            assert_eq!((counters.overwritten, counters.refused), expected, "{cfg:?}, a reader: {with_reader}");
        }
    }
}

/// M3.
pub fn m3_blocked_counts_episodes_and_their_time(subject: &dyn Subject) {
    if !subject.has(Need::Counters) || !subject.has(Need::Episodes) {
        return;
    }
    for cfg in pausing(subject, &[1, 3]) {
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        let mut cursor = live(&*record);
        fill(&*record, &ledger, cfg.capacity());
        assert_eq!(record.metrics().counters.blocked, 0, "{cfg:?}: there was room");
        for n in 0..5_u64 {
            let producer = send_apart(&record, ledger.item(500), Until::Never);
            until_producers_wait(&*record, 1);
            assert_eq!(record.metrics().counters.blocked, n + 1, "{cfg:?}");
            let before = record.metrics().counters.blocked_ns;
            let _ = cursor.try_recv().told();
            assert_eq!(producer.join().expect("the producer"), Answer::Sent);
            assert!(record.metrics().counters.blocked_ns > before, "{cfg:?}: and how long");
        }
    }
}

/// M3: who is holding the producer up? (aeron #1145: nobody can say which.)
pub fn m3_the_slowest_gating_cursor_is_named(subject: &dyn Subject) {
    if !subject.has(Need::FanOut) || !subject.has(Need::CursorCounters) {
        return;
    }
    for cfg in pausing(subject, &[3]) {
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        let (mut one, two, mut three) = (live(&*record), live(&*record), live(&*record));
        fill(&*record, &ledger, 3);
        let _ = one.try_recv().told();
        let _ = three.try_recv().told();
        assert_eq!(record.metrics().slowest, Some((two.metrics().id, 3)), "{cfg:?}");
        drop(two);
        assert_eq!(record.metrics().slowest.map(|(_, unread)| unread), Some(2), "{cfg:?}");
        let _ = one.try_recv().told();
        assert_eq!(record.metrics().slowest, Some((three.metrics().id, 2)), "{cfg:?}");
    }
}

/// M5.
pub fn m5_the_hook_is_told_each_cause(subject: &dyn Subject) {
    if !subject.has(Need::DropHook) {
        return;
    }
    for cfg in all(subject, &[1, 2]) {
        let ledger = Ledger::new();
        let (record, dropped) = hooked(subject, cfg);
        let _cursor = live(&*record);
        let capacity = cfg.capacity() as u64;
        for tag in 0..capacity {
            record.push(ledger.item(tag));
        }
        assert_eq!(*dropped.lock(), [], "{cfg:?}: there was room");
        record.push(ledger.item(50));
        let expected = match cfg.kind().when_full() {
            Policy::DropOldest | Policy::DegradeQuality => (0, DropCause::Overwritten),
            Policy::DropNewest => (50, DropCause::DroppedNewest),
            Policy::PauseUpstream | Policy::Fail => (50, DropCause::Refused),
        };
        assert_eq!(*dropped.lock(), [expected], "{cfg:?}");
        dropped.lock().clear();
        record.abort();
        let mut causes = dropped.lock().clone();
        causes.sort_unstable_by_key(|(tag, _)| *tag);
        assert_eq!(causes.len() as u64, capacity, "{cfg:?}");
        assert!(causes.iter().all(|(_, cause)| *cause == DropCause::Aborted), "{cfg:?}: {causes:?}");
        // What was refused in a way that gives it back is not the hook's.
        dropped.lock().clear();
        assert_eq!(record.try_send(ledger.item(60)).told(), Answer::Closed(60));
        assert_eq!(*dropped.lock(), [], "{cfg:?}: it travelled back");
        drop(record);
    }
}
