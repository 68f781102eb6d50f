//! K: what each kind is.

use std::thread;

use aimdb_core::buffer::{BufferCfg, BufferCfgError};
use aimdb_core::pure::{Kind, Policy, Start};

use super::{Answer, Told, all, bounded, fill, live, open, recv_apart, ring, until_consumers_wait};
use crate::payload::Ledger;
use crate::subject::{Need, Spec, Subject, Until};

/// The row "late subscriber sees" of the contract's table.
pub fn k0_a_late_subscriber_sees_what_the_table_says(subject: &dyn Subject) {
    for cfg in all(subject, &[3]) {
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        let early = live(&*record);
        for tag in 0..2 {
            record.push(ledger.item(tag));
        }
        let mut late = live(&*record);
        let mut from_oldest = record.subscribe(Start::Oldest).expect("a cursor");
        let (expected, oldest) = match cfg.kind() {
            Kind::SpmcRing => (Answer::Empty, Answer::Ok(0)),
            Kind::SingleLatest => (Answer::Ok(1), Answer::Ok(1)),
            // Its subscriptions compete, so the first takes it.
            Kind::Mailbox => (Answer::Ok(1), Answer::Empty),
            // Where all share one cursor, what is pending is there for each.
            Kind::Bounded(_) if !subject.has(Need::FanOut) => (Answer::Ok(0), Answer::Ok(1)),
            Kind::Bounded(_) => (Answer::Empty, Answer::Empty),
        };
        assert_eq!(late.try_recv().told(), expected, "{cfg:?}, live");
        assert_eq!(from_oldest.try_recv().told(), oldest, "{cfg:?}, from the oldest");
        if cfg == BufferCfg::SingleLatest {
            assert_eq!(late.try_recv().told(), Answer::Empty, "the current value is seen once");
        }
        drop((early, late, from_oldest, record));
        ledger.assert_settled();
    }
}

/// The rows "several subscriptions" and "a cursor reads".
pub fn k0_each_subscription_has_each_value_except_on_a_mailbox(subject: &dyn Subject) {
    if !subject.has(Need::FanOut) {
        return;
    }
    for cfg in all(subject, &[3]) {
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        let (mut one, mut two) = (live(&*record), live(&*record));
        for tag in 0..3 {
            assert_eq!(record.try_send(ledger.item(tag)).told(), Answer::Sent);
            if matches!(cfg, BufferCfg::Mailbox) {
                let taker = if tag % 2 == 0 { &mut one } else { &mut two };
                assert_eq!(taker.try_recv().told(), Answer::Ok(tag));
                assert_eq!(one.try_recv().told(), Answer::Empty, "a mailbox has one taker");
                assert_eq!(two.try_recv().told(), Answer::Empty, "a mailbox has one taker");
            } else {
                assert_eq!(one.try_recv().told(), Answer::Ok(tag), "{cfg:?}");
                assert_eq!(two.try_recv().told(), Answer::Ok(tag), "{cfg:?}");
            }
        }
    }
}

/// The row "peek".
pub fn k0_peek_looks_at_the_current_value_and_takes_nothing(subject: &dyn Subject) {
    for cfg in all(subject, &[2]) {
        if matches!(cfg, BufferCfg::SingleLatest | BufferCfg::Mailbox) && !subject.has(Need::Peek) {
            continue;
        }
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        let mut cursor = live(&*record);
        assert!(record.peek().is_none(), "{cfg:?}: nothing was sent");
        record.push(ledger.item(1));
        record.push(ledger.item(2));
        let peeked = record.peek().map(|item| item.tag());
        match cfg {
            BufferCfg::SingleLatest | BufferCfg::Mailbox => {
                assert_eq!(peeked, Some(2), "{cfg:?}");
                assert_eq!(cursor.try_recv().told(), Answer::Ok(2), "{cfg:?}: peek takes nothing");
                let after = record.peek().map(|item| item.tag());
                let expected = if cfg == BufferCfg::Mailbox { None } else { Some(2) };
                assert_eq!(after, expected, "{cfg:?}: after it was read");
            }
            BufferCfg::SpmcRing { .. } | BufferCfg::Bounded { .. } => assert_eq!(peeked, None, "{cfg:?}"),
        }
        drop((cursor, record));
        ledger.assert_settled();
    }
}

/// K1. The published AimDB rounds 3 up to 4 (U13).
pub fn k1_capacity_is_exact_and_never_rounded(subject: &dyn Subject) {
    for cfg in all(subject, &[1, 2, 3, 64]) {
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        let mut cursor = live(&*record);
        let capacity = cfg.capacity() as u64;
        assert_eq!(record.metrics().capacity as u64, capacity);
        for tag in 0..capacity {
            assert_eq!(record.metrics().occupancy as u64, tag, "{cfg:?}");
            assert_eq!(record.try_send(ledger.item(tag)).told(), Answer::Sent, "{cfg:?}");
        }
        assert_eq!(record.metrics().occupancy as u64, capacity, "{cfg:?}");
        let beyond = record.try_send(ledger.item(capacity)).told();
        match cfg.kind().when_full() {
            Policy::PauseUpstream | Policy::Fail => assert_eq!(beyond, Answer::Full(capacity), "{cfg:?}"),
            Policy::DropOldest | Policy::DropNewest | Policy::DegradeQuality => assert_eq!(beyond, Answer::Sent),
        }
        assert_eq!(record.metrics().occupancy as u64, capacity, "{cfg:?}");
        let displaces = matches!(cfg.kind().when_full(), Policy::DropOldest | Policy::DegradeQuality);
        let first = u64::from(displaces);
        if displaces && cfg.kind().tells_lag() {
            assert_eq!(cursor.try_recv().told(), Answer::Lagged(1), "{cfg:?}");
        }
        for tag in first..first + capacity {
            assert_eq!(cursor.try_recv().told(), Answer::Ok(tag), "{cfg:?}");
        }
        assert_eq!(cursor.try_recv().told(), Answer::Empty, "{cfg:?}");
    }
}

/// K1.
pub fn k1_capacity_zero_is_a_rendezvous_or_a_configuration_error(subject: &dyn Subject) {
    if subject.has(Need::AnyCapacity) {
        for cfg in [ring(0), bounded(0, Policy::DropOldest), bounded(0, Policy::DegradeQuality)] {
            let answer = subject.open(Spec::new(cfg)).err();
            assert!(matches!(answer, Some(BufferCfgError::ZeroCapacity { .. })), "{cfg:?}: {answer:?}");
        }
    }
    for policy in [Policy::PauseUpstream, Policy::Fail, Policy::DropNewest] {
        let cfg = bounded(0, policy);
        if !subject.supports(&cfg) {
            continue;
        }
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        let refused = if policy == Policy::DropNewest { Answer::Sent } else { Answer::Full(7) };
        assert_eq!(record.try_send(ledger.item(7)).told(), refused, "{cfg:?}: there is no reader");
        let cursor = live(&*record);
        assert_eq!(record.try_send(ledger.item(7)).told(), refused, "{cfg:?}: no reader waits");
        let reader = recv_apart(cursor, Until::Never);
        until_consumers_wait(&*record, 1);
        assert_eq!(record.try_send(ledger.item(8)).told(), Answer::Sent, "{cfg:?}: a reader waits");
        assert_eq!(record.metrics().occupancy, 0, "{cfg:?}: a rendezvous stores nothing");
        let (answer, cursor) = reader.join().expect("the reader");
        assert_eq!(answer, Answer::Ok(8), "{cfg:?}");
        assert_eq!(
            record.try_send(ledger.item(9)).told(),
            if refused == Answer::Sent { refused } else { Answer::Full(9) }
        );
        drop((cursor, record));
        ledger.assert_settled();
    }
}

/// K1: a reader that tries takes from a producer that waits, and the other way round.
pub fn k1_a_rendezvous_hands_over_in_both_directions(subject: &dyn Subject) {
    let cfg = bounded(0, Policy::PauseUpstream);
    if !subject.supports(&cfg) {
        return;
    }
    let ledger = Ledger::new();
    let record = open(subject, cfg);
    let mut cursor = live(&*record);
    for tag in 0..20 {
        let producer = super::send_apart(&record, ledger.item(tag), Until::Never);
        super::until_producers_wait(&*record, 1);
        assert_eq!(cursor.try_recv().told(), Answer::Ok(tag));
        assert_eq!(producer.join().expect("the producer"), Answer::Sent);
        assert_eq!(cursor.try_recv().told(), Answer::Empty);
    }
    let timed_out = cursor.recv(Until::SOON).told();
    assert_eq!(timed_out, Answer::TimedOut);
    assert_eq!(record.try_send(ledger.item(99)).told(), Answer::Full(99), "the reader's hand is down again");
    drop((cursor, record));
    ledger.assert_settled();
}

/// K1. crossbeam, std and kanal abort the process here (B23).
pub fn k1_an_absurd_capacity_is_an_error(subject: &dyn Subject) {
    if !subject.has(Need::AnyCapacity) {
        return;
    }
    for capacity in [usize::MAX, usize::MAX / 2, usize::MAX / 64, u32::MAX as usize, usize::MAX - 1] {
        for cfg in [ring(capacity), bounded(capacity, Policy::PauseUpstream), bounded(capacity, Policy::DropOldest)] {
            let answer = subject.open(Spec::new(cfg)).err();
            assert_eq!(answer, Some(BufferCfgError::CapacityTooLarge { capacity }), "{cfg:?}");
        }
    }
}

/// K2.
pub fn k2_pushing_the_same_value_again_is_a_change(subject: &dyn Subject) {
    for cfg in all(subject, &[1]) {
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        let mut cursor = live(&*record);
        for _ in 0..3 {
            record.push(ledger.item(5));
            assert_eq!(cursor.try_recv().told(), Answer::Ok(5), "{cfg:?}");
            assert_eq!(cursor.try_recv().told(), Answer::Empty, "{cfg:?}");
        }
    }
}

/// K3: capacity 3, ten values: `Lagged(7)`, then 7, 8, 9.
pub fn k3_after_a_lag_comes_the_oldest_retained(subject: &dyn Subject) {
    for cfg in [ring(3), bounded(3, Policy::DropOldest), bounded(3, Policy::DegradeQuality)] {
        if !subject.supports(&cfg) {
            continue;
        }
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        let mut cursor = live(&*record);
        for round in 0..3 {
            let base = round * 10;
            for tag in base..base + 10 {
                record.push(ledger.item(tag));
            }
            let told: Vec<_> = (0..5).map(|_| cursor.try_recv().told()).collect();
            let expected =
                [Answer::Lagged(7), Answer::Ok(base + 7), Answer::Ok(base + 8), Answer::Ok(base + 9), Answer::Empty];
            assert_eq!(told, expected, "{cfg:?}");
        }
    }
    // The kinds that conflate count their lag and do not tell it.
    for cfg in [BufferCfg::SingleLatest, BufferCfg::Mailbox] {
        if !subject.supports(&cfg) {
            continue;
        }
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        let mut cursor = live(&*record);
        for tag in 0..10 {
            record.push(ledger.item(tag));
        }
        assert_eq!(cursor.try_recv().told(), Answer::Ok(9), "{cfg:?}");
        if subject.has(Need::CursorCounters) {
            assert_eq!(cursor.metrics().counters.lagged, 9, "{cfg:?}");
        }
    }
}

/// K4.
pub fn k4_without_a_subscriber_values_are_kept_for_the_first(subject: &dyn Subject) {
    for policy in Policy::ALL {
        let cfg = bounded(3, policy);
        if !subject.supports(&cfg) {
            continue;
        }
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        for tag in 0..3 {
            assert_eq!(record.try_send(ledger.item(tag)).told(), Answer::Sent);
        }
        let refuses = matches!(policy, Policy::PauseUpstream | Policy::Fail);
        let expected = if refuses { Answer::Full(3) } else { Answer::Sent };
        assert_eq!(record.try_send(ledger.item(3)).told(), expected, "{cfg:?}: up to capacity, then the policy");
        let mut first = live(&*record);
        let kept = match policy {
            Policy::DropOldest | Policy::DegradeQuality => [1, 2, 3],
            Policy::PauseUpstream | Policy::Fail | Policy::DropNewest => [0, 1, 2],
        };
        for tag in kept {
            assert_eq!(first.try_recv().told(), Answer::Ok(tag), "{cfg:?}");
        }
        assert_eq!(first.try_recv().told(), Answer::Empty, "{cfg:?}");
    }
}

/// K4: the record outlives its readers.
pub fn k4_the_last_reader_leaves_its_unread_values_to_the_next(subject: &dyn Subject) {
    for cfg in [bounded(3, Policy::PauseUpstream), bounded(3, Policy::DropOldest)] {
        if !subject.supports(&cfg) {
            continue;
        }
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        for round in 0..3 {
            let base = round * 3;
            let mut reader = live(&*record);
            for tag in base..base + 3 {
                assert_eq!(record.try_send(ledger.item(tag)).told(), Answer::Sent);
            }
            assert_eq!(reader.try_recv().told(), Answer::Ok(base), "{cfg:?}");
            drop(reader);
            assert!(!record.is_closed(), "the last reader closes nothing");
            let mut next = live(&*record);
            assert_eq!(next.try_recv().told(), Answer::Ok(base + 1), "{cfg:?}");
            // A share of the cursor leaves nothing and takes nothing.
            drop(next.share().expect("a share"));
            assert_eq!(next.try_recv().told(), Answer::Ok(base + 2), "{cfg:?}");
        }
        // It also fills up while nobody reads.
        fill(&*record, &ledger, 3);
        let apart = thread::scope(|scope| scope.spawn(|| drain_now(&mut *live(&*record))).join().expect("the reader"));
        assert_eq!(apart, [0, 1, 2]);
        drop(record);
        ledger.assert_settled();
    }
}

fn drain_now(cursor: &mut dyn crate::subject::Cursor) -> Vec<u64> {
    let mut tags = Vec::new();
    while let Answer::Ok(tag) = cursor.try_recv().told() {
        tags.push(tag);
    }
    tags
}
