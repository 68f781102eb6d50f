//! S: what each call answers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use aimdb_core::buffer::BufferCfgError;
use aimdb_core::pure::{DropCause, Policy};

use super::{Answer, Told, all, bounded, fill, hooked, live, open, pausing, send_apart, until_producers_wait};
use crate::payload::{Item, Ledger};
use crate::subject::{Need, Spec, Subject, Until};

/// S1: full, timed out and closed, by every form. (axon destroys the value, kanal returns 0 of 64:
/// U5, B21.)
pub fn s1_every_refusal_returns_the_value(subject: &dyn Subject) {
    for policy in [Policy::PauseUpstream, Policy::Fail] {
        for capacity in [0, 1, 3] {
            let cfg = bounded(capacity, policy);
            if !subject.supports(&cfg) {
                continue;
            }
            let ledger = Ledger::new();
            let record = open(subject, cfg);
            fill(&*record, &ledger, capacity);
            assert_eq!(record.try_send(ledger.item(91)).told(), Answer::Full(91), "{cfg:?}");
            for wait in [Until::Now, Until::SOON] {
                let expected = if policy == Policy::Fail { Answer::Full(92) } else { Answer::Timeout(92) };
                assert_eq!(record.send(ledger.item(92), wait).told(), expected, "{cfg:?}");
            }
            if policy == Policy::Fail {
                assert_eq!(record.send(ledger.item(93), Until::Never).told(), Answer::Full(93), "{cfg:?}");
                assert!(!record.is_closed(), "the record stays open");
            }
            record.close();
            assert_eq!(record.try_send(ledger.item(94)).told(), Answer::Closed(94), "{cfg:?}");
            assert_eq!(record.send(ledger.item(95), Until::Never).told(), Answer::Closed(95), "{cfg:?}");
            if subject.has(Need::Force) {
                let refused = record.force_send(ledger.item(96)).err().map(|error| error.into_inner().tag());
                assert_eq!(refused, Some(96), "{cfg:?}");
            }
        }
    }
}

/// S2, by every form, however full.
pub fn s2_overwriting_kinds_are_never_full_and_never_wait(subject: &dyn Subject) {
    for cfg in all(subject, &[1, 3]) {
        if matches!(cfg.kind().when_full(), Policy::PauseUpstream | Policy::Fail) {
            continue;
        }
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        let _slow = live(&*record);
        for tag in 0..20 {
            assert_eq!(record.try_send(ledger.item(tag)).told(), Answer::Sent, "{cfg:?}");
            assert_eq!(record.send(ledger.item(tag), Until::Never).told(), Answer::Sent, "{cfg:?}");
            assert_eq!(record.send(ledger.item(tag), Until::Now).told(), Answer::Sent, "{cfg:?}");
        }
        if subject.has(Need::Counters) {
            assert_eq!(record.metrics().counters.blocked, 0, "{cfg:?}: nobody waited");
        }
    }
}

/// S3.
pub fn s3_a_refused_push_is_counted_and_given_to_the_hook(subject: &dyn Subject) {
    if !subject.has(Need::DropHook) {
        return;
    }
    for cfg in all(subject, &[2]) {
        let ledger = Ledger::new();
        let (record, dropped) = hooked(subject, cfg);
        let refuses = matches!(cfg.kind().when_full(), Policy::PauseUpstream | Policy::Fail);
        if refuses {
            fill(&*record, &ledger, 2);
            record.push(ledger.item(9));
            assert_eq!(*dropped.lock(), [(9, DropCause::Refused)], "{cfg:?}");
        }
        record.close();
        dropped.lock().clear();
        record.push(ledger.item(10));
        assert_eq!(*dropped.lock(), [(10, DropCause::Refused)], "{cfg:?}: closed");
        let counters = record.metrics().counters;
        assert_eq!(counters.refused, if refuses { 2 } else { 1 }, "{cfg:?}");
        drop(record);
        ledger.assert_settled();
    }
}

/// S4. Of five frames pushed into two, axon delivers two and counts no loss.
pub fn s4_the_degrader_is_applied_to_what_meets_a_full_record(subject: &dyn Subject) {
    let cfg = bounded(2, Policy::DegradeQuality);
    if !subject.supports(&cfg) {
        return;
    }
    let ledger = Ledger::new();
    let record = open(subject, cfg);
    let mut cursor = live(&*record);
    for tag in 0..5 {
        assert_eq!(record.try_send(ledger.item(tag)).told(), Answer::Sent);
    }
    assert_eq!(cursor.try_recv().told(), Answer::Lagged(3));
    for tag in 3..5 {
        let item = cursor.try_recv().expect("a value");
        assert_eq!((item.tag(), item.is_degraded()), (tag, true));
    }
    assert_eq!(record.try_send(ledger.item(5)).told(), Answer::Sent);
    assert!(!cursor.try_recv().expect("a value").is_degraded(), "there was room for it");
    if subject.has(Need::Counters) {
        let counters = record.metrics().counters;
        assert_eq!((counters.accepted, counters.degraded, counters.overwritten), (6, 3, 3));
    }
    drop((cursor, record));
    ledger.assert_settled();
}

/// S4.
pub fn s4_a_degrader_that_panics_leaves_the_record_as_it_was(subject: &dyn Subject) {
    let cfg = bounded(2, Policy::DegradeQuality);
    if !subject.supports(&cfg) {
        return;
    }
    let ledger = Ledger::new();
    let degrade = |item: Item| {
        assert!(item.tag() != 66, "the degrader panics, as the test wants it to");
        item.degrade()
    };
    let spec = Spec { degrade: Some(Arc::new(degrade)), ..Spec::new(cfg) };
    let record = subject.open(spec).expect("a record");
    let mut cursor = live(&*record);
    fill(&*record, &ledger, 2);
    let before = record.metrics();
    for _ in 0..5 {
        let sent = catch_unwind(AssertUnwindSafe(|| record.try_send(ledger.item(66)).told()));
        assert!(sent.is_err(), "the panic reaches the sender");
    }
    assert_eq!(record.metrics(), before, "the record is as it was");
    assert_eq!(record.try_send(ledger.item(2)).told(), Answer::Sent);
    assert_eq!(cursor.try_recv().told(), Answer::Lagged(1));
    assert_eq!(cursor.try_recv().told(), Answer::Ok(1));
    assert_eq!(cursor.try_recv().told(), Answer::Ok(2));
    drop((cursor, record));
    crate::watchdog::until(|| ledger.alive() == 0);
    ledger.assert_settled();
}

/// S4.
pub fn s4_degrade_quality_without_a_degrader_cannot_be_built(subject: &dyn Subject) {
    let cfg = bounded(2, Policy::DegradeQuality);
    if !subject.supports(&cfg) || !subject.has(Need::Mistakes) {
        return;
    }
    let answer = subject.open(Spec { degrade: None, ..Spec::new(cfg) }).err();
    assert_eq!(answer, Some(BufferCfgError::MissingDegrader));
}

/// S5, on every kind and policy.
pub fn s5_force_send_stores_and_returns_what_it_displaced(subject: &dyn Subject) {
    if !subject.has(Need::Force) {
        return;
    }
    for cfg in all(subject, &[1, 3]) {
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        let mut cursor = live(&*record);
        let capacity = cfg.capacity() as u64;
        for tag in 0..capacity {
            let displaced = record.force_send(ledger.item(tag)).expect("it is open");
            assert_eq!(displaced.map(|item| item.tag()), None, "{cfg:?}: there was room");
        }
        for tag in capacity..capacity + 5 {
            let displaced = record.force_send(ledger.item(tag)).expect("it is open");
            assert_eq!(displaced.map(|item| item.tag()), Some(tag - capacity), "{cfg:?}");
        }
        if cfg.kind().tells_lag() {
            assert_eq!(cursor.try_recv().told(), Answer::Lagged(5), "{cfg:?}");
        }
        for tag in 5..capacity + 5 {
            let item = cursor.try_recv().expect("a value");
            assert_eq!((item.tag(), item.is_degraded()), (tag, false), "{cfg:?}: it is stored as it came");
        }
        drop((cursor, record));
        ledger.assert_settled();
    }
}

/// The table of section 2, row for row.
pub fn s6_a_policy_table_row_for_row(subject: &dyn Subject) {
    let limit = Until::In(Duration::from_millis(2));
    for (policy, tried, sent, timed) in [
        (Policy::PauseUpstream, Answer::Full(9), None, Answer::Timeout(9)),
        (Policy::Fail, Answer::Full(9), Some(Answer::Full(9)), Answer::Full(9)),
        (Policy::DropOldest, Answer::Sent, Some(Answer::Sent), Answer::Sent),
        (Policy::DropNewest, Answer::Sent, Some(Answer::Sent), Answer::Sent),
        (Policy::DegradeQuality, Answer::Sent, Some(Answer::Sent), Answer::Sent),
    ] {
        let cfg = bounded(2, policy);
        if !subject.supports(&cfg) {
            continue;
        }
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        fill(&*record, &ledger, 2);
        assert_eq!(record.try_send(ledger.item(9)).told(), tried, "{policy}: try_send");
        if let Some(sent) = sent {
            assert_eq!(record.send(ledger.item(9), Until::Never).told(), sent, "{policy}: send");
        }
        assert_eq!(record.send(ledger.item(9), limit).told(), timed, "{policy}: send_timeout");
        let mut cursor = live(&*record);
        if policy == Policy::DropNewest {
            assert_eq!(cursor.try_recv().told(), Answer::Ok(0), "the incoming ones were dropped");
        }
        if subject.has(Need::Counters) {
            let counters = record.metrics().counters;
            match policy {
                Policy::DropOldest => assert_eq!((counters.overwritten, counters.accepted), (3, 5)),
                Policy::DropNewest => assert_eq!((counters.dropped_newest, counters.accepted), (3, 2)),
                Policy::DegradeQuality => assert_eq!((counters.overwritten, counters.degraded), (3, 3)),
                Policy::PauseUpstream => assert_eq!((counters.refused, counters.timed_out), (1, 1)),
                Policy::Fail => assert_eq!((counters.refused, counters.timed_out), (3, 0)),
            }
        }
    }
}

/// S7.
pub fn s7_latest_skips_what_lies_before_and_ends(subject: &dyn Subject) {
    if !subject.has(Need::Latest) {
        return;
    }
    for cfg in all(subject, &[1, 3]) {
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        let mut cursor = live(&*record);
        assert_eq!(cursor.try_latest().told(), Answer::Empty, "{cfg:?}");
        for tag in 0..6 {
            let _ = record.try_send(ledger.item(tag)).told();
        }
        let refuses = matches!(cfg.kind().when_full(), Policy::PauseUpstream | Policy::Fail | Policy::DropNewest);
        let newest = if refuses { cfg.capacity() as u64 - 1 } else { 5 };
        assert_eq!(cursor.try_latest().told(), Answer::Ok(newest), "{cfg:?}");
        assert_eq!(cursor.try_latest().told(), Answer::Empty, "{cfg:?}: once");
        assert_eq!(record.metrics().occupancy, if cfg.kind().retains() { cfg.capacity() } else { 0 }, "{cfg:?}");
        if subject.has(Need::CursorCounters) {
            let counters = cursor.metrics().counters;
            assert_eq!(counters.accepted, counters.delivered + counters.lagged + counters.skipped, "{cfg:?}");
            assert_eq!(counters.delivered, 1, "{cfg:?}");
        }
    }
}

/// S7, W2: what one skips for its newest value makes room, also while another has yet to read that one.
pub fn s7_what_is_skipped_makes_room_for_a_sender_that_waits(subject: &dyn Subject) {
    if !(subject.has(Need::Latest) && subject.has(Need::FanOut)) {
        return;
    }
    for cfg in pausing(subject, &[2, 3]) {
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        let (mut ahead, mut behind) = (live(&*record), live(&*record));
        fill(&*record, &ledger, cfg.capacity());
        assert_eq!(ahead.try_recv().told(), Answer::Ok(0), "{cfg:?}");
        let producer = send_apart(&record, ledger.item(100), Until::Never);
        until_producers_wait(&*record, 1);
        assert_eq!(behind.try_latest().told(), Answer::Ok(cfg.capacity() as u64 - 1), "{cfg:?}");
        assert_eq!(producer.join().expect("the producer"), Answer::Sent, "{cfg:?}");
        assert_eq!(ahead.try_latest().told(), Answer::Ok(100), "{cfg:?}");
    }
}

/// S7: `RecvError::{Lagged, Closed}`, `TryRecvError::{Empty, ..}`, `RecvTimeoutError::{Timeout, ..}`.
pub fn s7_the_errors_of_reading(subject: &dyn Subject) {
    for cfg in all(subject, &[2]) {
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        let mut cursor = live(&*record);
        assert_eq!(cursor.try_recv().told(), Answer::Empty, "{cfg:?}");
        assert_eq!(cursor.recv(Until::Now).told(), Answer::TimedOut, "{cfg:?}");
        assert_eq!(cursor.recv(Until::SOON).told(), Answer::TimedOut, "{cfg:?}");
        if cfg.kind().tells_lag() && matches!(cfg.kind().when_full(), Policy::DropOldest | Policy::DegradeQuality) {
            for wait in [Until::Now, Until::SOON, Until::Never] {
                for tag in 0..4 {
                    record.push(ledger.item(tag));
                }
                assert_eq!(cursor.recv(wait).told(), Answer::Lagged(2), "{cfg:?}");
                assert_eq!(cursor.recv(wait).told(), Answer::Ok(2), "{cfg:?}: the next call goes on");
                assert_eq!(cursor.recv(wait).told(), Answer::Ok(3), "{cfg:?}");
            }
        }
        record.close();
        assert_eq!(cursor.try_recv().told(), Answer::Ended, "{cfg:?}");
        for wait in [Until::Now, Until::SOON, Until::Never] {
            assert_eq!(cursor.recv(wait).told(), Answer::Ended, "{cfg:?}");
        }
    }
}

/// S8: what a record does is what the slug of its policy says.
pub fn s8_a_policy_travels_by_its_slug(subject: &dyn Subject) {
    for slug in ["pause_upstream", "fail", "drop_oldest", "drop_newest", "degrade_quality"] {
        let policy: Policy = slug.parse().expect("a policy");
        assert_eq!(policy.to_string(), slug);
        let cfg = bounded(1, policy);
        if !subject.supports(&cfg) {
            continue;
        }
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        fill(&*record, &ledger, 1);
        let refuses = matches!(slug, "pause_upstream" | "fail");
        let expected = if refuses { Answer::Full(1) } else { Answer::Sent };
        assert_eq!(record.try_send(ledger.item(1)).told(), expected, "{slug}");
    }
    let unknown = "drop_latest".parse::<Policy>().expect_err("no such policy");
    assert!(unknown.to_string().contains("drop_latest"), "the error names it");
}
