//! K: who gates, who sees what in which order, and what becomes of each value.

use std::sync::{Arc, OnceLock, Weak};
use std::thread;

use aimdb_core::pure::Policy;
use parking_lot::Mutex;

use super::{
    Answer, Told, all, bounded, drain, fill, live, open, pausing, recv_apart, send_apart, until_producers_wait,
};
use crate::payload::{Item, Ledger};
use crate::subject::{Need, Record, Spec, Subject, Until};
use crate::watchdog::until;

/// K5, the headline: a publisher that a slow reader held up goes on when the reader is dropped.
/// (iceoryx2 #314, sled, agnocast hang here.)
pub fn k5_a_gating_cursor_that_is_dropped_wakes_the_producers(subject: &dyn Subject) {
    if !subject.has(Need::FanOut) {
        return;
    }
    for cfg in pausing(subject, &[1, 2, 3, 64]) {
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        let capacity = cfg.capacity();
        let (slow, mut fast) = (live(&*record), live(&*record));
        fill(&*record, &ledger, capacity);
        for tag in 0..capacity as u64 {
            assert_eq!(fast.try_recv().told(), Answer::Ok(tag));
        }
        let blocked: Vec<_> =
            (0..capacity.min(3) as u64).map(|n| send_apart(&record, ledger.item(1000 + n), Until::Never)).collect();
        until_producers_wait(&*record, blocked.len());
        drop(slow);
        let sent = blocked.len();
        for producer in blocked {
            assert_eq!(producer.join().expect("the producer"), Answer::Sent, "{cfg:?}");
        }
        let mut seen: Vec<_> = (0..sent).map(|_| fast.try_recv().told()).collect();
        seen.sort_by_key(|answer| format!("{answer:?}"));
        let expected: Vec<_> = (0..sent as u64).map(|n| Answer::Ok(1000 + n)).collect();
        assert_eq!(seen, expected, "{cfg:?}");
        drop((fast, record));
        ledger.assert_settled();
    }
}

/// K5: the fast one goes on, at any fill of the slow one.
pub fn k5_of_two_readers_the_slow_one_is_dropped(subject: &dyn Subject) {
    if !subject.has(Need::FanOut) {
        return;
    }
    for cfg in pausing(subject, &[0, 1, 2, 3]) {
        for read_by_slow in 0..cfg.capacity() as u64 + 1 {
            let ledger = Ledger::new();
            let record = open(subject, cfg);
            let capacity = cfg.capacity() as u64;
            let (mut slow, fast) = (live(&*record), live(&*record));
            fill(&*record, &ledger, cfg.capacity());
            for tag in 0..read_by_slow.min(capacity) {
                assert_eq!(slow.try_recv().told(), Answer::Ok(tag));
            }
            let apart = {
                let record = Arc::clone(&record);
                let ledger = Arc::clone(&ledger);
                thread::spawn(move || {
                    for tag in capacity..capacity * 3 + 5 {
                        assert_eq!(record.send(ledger.item(tag), Until::Never).told(), Answer::Sent);
                    }
                    record.close();
                })
            };
            let reader = thread::spawn(move || {
                let mut fast = fast;
                drain(&mut *fast)
            });
            until_producers_wait(&*record, 1);
            drop(slow);
            apart.join().expect("the producer");
            let seen = reader.join().expect("the reader");
            assert_eq!(seen, (0..capacity * 3 + 5).collect::<Vec<_>>(), "{cfg:?}");
            drop(record);
            ledger.assert_settled();
        }
    }
}

/// K5: at any moment, also while it waits.
pub fn k5_a_gating_cursor_that_is_dropped_while_it_waits_gates_no_more(subject: &dyn Subject) {
    if !subject.has(Need::FanOut) {
        return;
    }
    for cfg in pausing(subject, &[1, 3]) {
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        let mut stays = live(&*record);
        let leaves = recv_apart(live(&*record), Until::SOON);
        let (answer, cursor) = leaves.join().expect("the reader");
        assert_eq!(answer, Answer::TimedOut);
        drop(cursor);
        for tag in 0..cfg.capacity() as u64 * 2 {
            assert_eq!(record.try_send(ledger.item(tag)).told(), Answer::Sent, "{cfg:?}");
            assert_eq!(stays.try_recv().told(), Answer::Ok(tag), "{cfg:?}");
        }
    }
}

/// K6.
pub fn k6_per_producer_order_and_one_order_on_every_cursor(subject: &dyn Subject) {
    const PRODUCERS: u64 = 3;
    const EACH: u64 = 100;
    for cfg in pausing(subject, &[0, 1, 3, 64]) {
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        let cursors = if subject.has(Need::FanOut) { 2 } else { 1 };
        let readers: Vec<_> = (0..cursors)
            .map(|_| {
                let mut cursor = live(&*record);
                thread::spawn(move || drain(&mut *cursor))
            })
            .collect();
        thread::scope(|scope| {
            for producer in 0..PRODUCERS {
                let (record, ledger) = (&record, &ledger);
                scope.spawn(move || {
                    for n in 0..EACH {
                        let item = ledger.item(producer * 1_000_000 + n);
                        assert_eq!(record.send(item, Until::Never).told(), Answer::Sent);
                    }
                });
            }
        });
        record.close();
        let seen: Vec<_> = readers.into_iter().map(|reader| reader.join().expect("the reader")).collect();
        for order in &seen {
            assert_eq!(order, &seen[0], "{cfg:?}: one order on every cursor");
            for producer in 0..PRODUCERS {
                let own: Vec<_> = order.iter().filter(|tag| **tag / 1_000_000 == producer).collect();
                assert_eq!(own.len() as u64, EACH, "{cfg:?}");
                assert!(own.is_sorted(), "{cfg:?}: the order in which producer {producer} sent");
            }
        }
        drop(record);
        ledger.assert_settled();
    }
}

/// K6, and the work queue of section 0: readers that share a cursor divide its values.
pub fn k6_a_shared_cursor_gives_each_value_to_one_reader(subject: &dyn Subject) {
    const VALUES: u64 = 300;
    for cfg in pausing(subject, &[0, 1, 3, 64]) {
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        let first = live(&*record);
        let mut readers = vec![first.share().expect("a share"), first.share().expect("a share"), first];
        let readers: Vec<_> = readers.drain(..).map(|mut cursor| thread::spawn(move || drain(&mut *cursor))).collect();
        for tag in 0..VALUES {
            assert_eq!(record.send(ledger.item(tag), Until::Never).told(), Answer::Sent);
        }
        record.close();
        let mut seen = Vec::new();
        for reader in readers {
            let own = reader.join().expect("the reader");
            assert!(own.is_sorted(), "{cfg:?}: each reader sees its share in order");
            seen.extend(own);
        }
        seen.sort_unstable();
        assert_eq!(seen, (0..VALUES).collect::<Vec<_>>(), "{cfg:?}");
        drop(record);
        ledger.assert_settled();
    }
}

/// K7, over every way that a value can go: read, refused, displaced, left, aborted, forced out.
pub fn k7_every_value_is_dropped_exactly_once(subject: &dyn Subject) {
    for cfg in all(subject, &[0, 1, 2, 3, 64]) {
        for ending in 0..4 {
            let ledger = Ledger::new();
            let record = open(subject, cfg);
            let cursor = live(&*record);
            let mut second = cursor.share().expect("a share");
            let third = live(&*record);
            for tag in 0..cfg.capacity() as u64 + 4 {
                let _ = record.try_send(ledger.item(tag)).told();
            }
            let _ = record.send(ledger.item(500), Until::Now).told();
            let _ = record.send(ledger.item(501), Until::SOON).told();
            if subject.has(Need::Force) {
                let _ = record.force_send(ledger.item(502));
            }
            record.push(ledger.item(503));
            for _ in 0..3 {
                let _ = second.try_recv().told();
            }
            drop(record.peek());
            if subject.has(Need::Latest) {
                let _ = second.try_latest().told();
            }
            match ending {
                0 => drop((cursor, second, third, record)),
                1 => {
                    record.close();
                    let _ = record.try_send(ledger.item(504)).told();
                    drop(drain(&mut *second));
                    drop((second, third, record, cursor));
                }
                2 => {
                    record.abort();
                    drop((third, record, second, cursor));
                }
                _ => {
                    drop((second, third, cursor));
                    record.close();
                    drop(record);
                }
            }
            // What is left goes with the last handle.
            // A task that made the last call may still hold the record for a moment.
            until(|| ledger.alive() == 0);
            ledger.assert_settled();
        }
    }
}

/// K7.
pub fn k7_a_value_that_one_cursor_reads_is_moved_not_cloned(subject: &dyn Subject) {
    for cfg in all(subject, &[0, 1, 3]) {
        if cfg.kind().retains() {
            continue;
        }
        let ledger = Ledger::new();
        let record = open(subject, cfg);
        let cursor = live(&*record);
        let reader = thread::spawn(move || {
            let mut cursor = cursor;
            drain(&mut *cursor)
        });
        for tag in 0..50 {
            let _ = record.send(ledger.item(tag), Until::Never).told();
        }
        record.close();
        let _ = reader.join().expect("the reader");
        assert_eq!(ledger.cloned(), 0, "{cfg:?}");
    }
}

/// The record, for user code that is given to it before it exists.
type Back = Arc<OnceLock<Weak<dyn Record>>>;

fn call_back(back: &Back) {
    let Some(record) = back.get().and_then(Weak::upgrade) else { return };
    let _ = record.metrics();
    let _ = record.peek();
    let _ = record.is_closed();
}

/// K8, B9: tokio's broadcast hangs for ever, embassy panics here.
pub fn k8_a_hook_may_call_back_or_wait_for_a_thread_that_does(subject: &dyn Subject) {
    if !subject.has(Need::DropHook) {
        return;
    }
    for cfg in all(subject, &[1, 2]) {
        let ledger = Ledger::new();
        let back = Back::default();
        let calls = Arc::new(Mutex::new(0_u32));
        let hook = {
            let (back, calls, again) = (Arc::clone(&back), Arc::clone(&calls), Arc::clone(&ledger));
            move |item: Item, _cause| {
                call_back(&back);
                let apart = Arc::clone(&back);
                thread::spawn(move || call_back(&apart)).join().expect("the thread that calls back");
                *calls.lock() += 1;
                // And it may send into the record that called it.
                if let Some(record) = back.get().and_then(Weak::upgrade)
                    && item.tag() < 10
                {
                    record.push(again.item(100));
                }
            }
        };
        let spec = Spec { on_drop: Some(Arc::new(hook)), ..Spec::new(cfg) };
        let record = subject.open(spec).expect("a record");
        let _ = back.set(Arc::downgrade(&record));
        let cursor = live(&*record);
        for tag in 0..5 {
            record.push(ledger.item(tag));
        }
        record.abort();
        assert!(*calls.lock() > 0, "{cfg:?}: the hook was called");
        drop((cursor, record));
    }
}

/// K8.
pub fn k8_a_degrader_may_call_back(subject: &dyn Subject) {
    let cfg = bounded(1, Policy::DegradeQuality);
    if !subject.supports(&cfg) {
        return;
    }
    let ledger = Ledger::new();
    let back = Back::default();
    let degrade = {
        let (back, again) = (Arc::clone(&back), Arc::clone(&ledger));
        move |item: Item| {
            call_back(&back);
            let apart = Arc::clone(&back);
            thread::spawn(move || call_back(&apart)).join().expect("the thread that calls back");
            if item.tag() == 1
                && let Some(record) = back.get().and_then(Weak::upgrade)
            {
                record.push(again.item(2));
            }
            item.degrade()
        }
    };
    let spec = Spec { degrade: Some(Arc::new(degrade)), ..Spec::new(cfg) };
    let record = subject.open(spec).expect("a record");
    let _ = back.set(Arc::downgrade(&record));
    let mut cursor = live(&*record);
    record.push(ledger.item(0));
    record.push(ledger.item(1));
    assert_eq!(cursor.try_recv().told(), Answer::Lagged(2), "the inner push displaced 0, the outer one 2");
    assert_eq!(cursor.try_recv().told(), Answer::Ok(1));
    drop((cursor, record));
}
