//! The scenarios that shuttle samples: four threads and more, many values, every kind, and threads
//! that come, go and give up at random.
//!
//! Values are numbered `sender * 100 + n`, so that the order of each sender can be seen (K6).
#![cfg(all(shuttle, not(loom)))]

use core::pin::pin;

use aimdb_core::buffer::{Buffer, BufferCfg, HeapBuffer, Reader, RecvError, SendError};
use aimdb_core::pure::{DropCause, Policy};
use shuttle::rand::{Rng, thread_rng};

use crate::ledger::{Ledger, Tag};
use crate::schedule::{block_on, thread};
use crate::verbs::{
    Tags, bounded, buffer, drain, flush, poll_once, reader, recv, recv_and_cancel, send, send_and_cancel, share,
    try_recv,
};

type Worker<R> = thread::JoinHandle<R>;

fn sender(buffer: &Tags, ledger: &Ledger, sender: u32, count: u32) -> Worker<Vec<u32>> {
    let (buffer, ledger) = (buffer.clone(), ledger.clone());
    thread::spawn(move || {
        (0..count).map(|n| sender * 100 + n).filter(|id| send(&buffer, ledger.tag(*id)).is_ok()).collect()
    })
}

fn drainer(mut reader: Reader<Tag>) -> Worker<Vec<u32>> {
    thread::spawn(move || drain(&mut reader))
}

fn joined<R>(workers: impl IntoIterator<Item = Worker<R>>) -> Vec<R> {
    workers.into_iter().map(|worker| worker.join().unwrap()).collect()
}

fn sorted(values: impl IntoIterator<Item = Vec<u32>>) -> Vec<u32> {
    let mut all: Vec<u32> = values.into_iter().flatten().collect();
    all.sort_unstable();
    all
}

/// K6: the values of each sender are in the order sent.
fn assert_in_order(values: &[u32]) {
    for sender in 1..=4 {
        let own: Vec<u32> = values.iter().copied().filter(|id| id / 100 == sender).collect();
        assert!(own.is_sorted(), "K6: {values:?}");
    }
}

/// Three senders, a shared cursor of two readers and a cursor of its own, room for one or two.
pub fn work_queue_and_journal() {
    Ledger::audit(|ledger| {
        let buffer = bounded(thread_rng().gen_range(1..3));
        let worker = reader(&buffer);
        let workers = [share(&worker), worker].map(drainer);
        let journal = drainer(reader(&buffer));
        let senders = [1, 2, 3].map(|id| sender(&buffer, ledger, id, 3));
        let sent = sorted(joined(senders));
        assert_eq!(sent.len(), 9);
        buffer.close();
        let worked = joined(workers);
        worked.iter().for_each(|values| assert_in_order(values));
        assert_eq!(sorted(worked), sent, "each value to one of those who share");
        let journal = journal.join().unwrap();
        assert_in_order(&journal);
        assert_eq!(sorted([journal]), sent, "each value to the other cursor");
    });
}

/// Senders and readers give up at random, before and after they stand in the queue.
pub fn many_give_up() {
    Ledger::audit(|ledger| {
        let buffer = bounded(thread_rng().gen_range(0..3));
        let first = reader(&buffer);
        let readers = [share(&first), first].map(|mut reader| {
            thread::spawn(move || {
                let mut got = Vec::new();
                loop {
                    if thread_rng().gen_bool(0.5) {
                        got.extend(recv_and_cancel(&mut reader));
                    } else {
                        match recv(&mut reader) {
                            Ok(value) => got.push(value),
                            Err(_) => return got,
                        }
                    }
                }
            })
        });
        let senders = [1, 2].map(|id| {
            let (buffer, ledger) = (buffer.clone(), ledger.clone());
            thread::spawn(move || {
                let ids = (0..4).map(|n| id * 100 + n);
                ids.filter(|id| {
                    let value = ledger.tag(*id);
                    if thread_rng().gen_bool(0.5) {
                        send_and_cancel(&buffer, value)
                    } else {
                        send(&buffer, value).is_ok()
                    }
                })
                .collect()
            })
        });
        let sent = sorted(joined(senders));
        buffer.close();
        assert_eq!(sorted(joined(readers)), sent, "B22: stored and delivered, or given back");
    });
}

/// Readers come and go while senders wait for the slowest; then the buffer is closed.
pub fn readers_come_and_go() {
    Ledger::audit(|ledger| {
        let buffer = bounded(2);
        let stays = drainer(reader(&buffer));
        let visitors = [(); 2].map(|()| {
            let buffer = buffer.clone();
            thread::spawn(move || {
                for _ in 0..3 {
                    let mut visitor = reader(&buffer);
                    match thread_rng().gen_range(0..4) {
                        0 => drop(try_recv(&mut visitor)),
                        1 => drop(recv_and_cancel(&mut visitor)),
                        2 => drop(visitor.try_latest()),
                        _ => {}
                    }
                }
            })
        });
        let senders = [1, 2].map(|id| sender(&buffer, ledger, id, 4));
        let sent = sorted(joined(senders));
        joined(visitors);
        buffer.close();
        let seen = stays.join().unwrap();
        assert_in_order(&seen);
        assert_eq!(sorted([seen]), sent, "K5: a cursor that left holds nothing up and takes nothing away");
    });
}

/// A close, or an abort, in the midst of senders, readers and a flush.
pub fn the_end_in_the_midst() {
    Ledger::audit(|ledger| {
        let buffer = bounded(thread_rng().gen_range(0..3));
        let aborts = thread_rng().gen_bool(0.5);
        let readers = [reader(&buffer), reader(&buffer)].map(drainer);
        let senders = [1, 2].map(|id| sender(&buffer, ledger, id, 3));
        let flushing = thread::spawn({
            let buffer = buffer.clone();
            move || flush(&buffer)
        });
        let discarded = if aborts { buffer.abort() } else { 0 };
        buffer.close();
        let sent = sorted(joined(senders));
        flushing.join().unwrap();
        for values in joined(readers) {
            assert_in_order(&values);
            assert!(values.len() + discarded >= sent.len(), "C1: what was accepted is drained");
            if discarded == 0 {
                assert_eq!(sorted([values]), sent);
            }
        }
    });
}

/// A rendezvous of two senders and two cursors, one of them shared.
pub fn a_crowded_rendezvous() {
    Ledger::audit(|ledger| {
        let buffer = bounded(0);
        let first = reader(&buffer);
        let shared = [share(&first), first].map(drainer);
        let other = drainer(reader(&buffer));
        let sent = sorted(joined([1, 2].map(|id| sender(&buffer, ledger, id, 3))));
        assert_eq!(sent.len(), 6);
        buffer.close();
        assert_eq!(sorted(joined(shared)), sent);
        assert_eq!(sorted([other.join().unwrap()]), sent);
    });
}

/// Two writers and three readers of a ring: each reader's account adds up.
pub fn a_crowded_ring() {
    Ledger::audit(|ledger| {
        let buffer = buffer(&BufferCfg::SpmcRing { capacity: thread_rng().gen_range(1..4) });
        let readers = [(); 3].map(|()| {
            let mut reader = reader(&buffer);
            thread::spawn(move || {
                let (mut values, mut lost) = (Vec::new(), 0);
                loop {
                    match recv(&mut reader) {
                        Ok(value) => values.push(value),
                        Err(RecvError::Lagged(lag)) => lost += lag,
                        Err(_) => break,
                    }
                }
                let counters = reader.metrics().counters;
                assert_eq!(counters.delivered, values.len() as u64, "M1");
                assert_eq!(counters.lagged, lost, "K3: a lag is told once");
                (values, lost)
            })
        });
        joined([1, 2].map(|id| sender(&buffer, ledger, id, 4)));
        buffer.close();
        for (values, lost) in joined(readers) {
            assert_in_order(&values);
            assert_eq!(values.len() as u64 + lost, 8, "M1: delivered and lagged make up what was accepted");
        }
    });
}

/// Plain data that passes through the lane of a ring or a latest value, while a guest closes it: each
/// reader knows by its account which value comes next.
pub fn a_crowded_lane_of_plain_data() {
    const VALUES: u64 = 5;
    let capacity = thread_rng().gen_range(1..4);
    let (ring, latest) = (BufferCfg::SpmcRing { capacity }, BufferCfg::SingleLatest);
    let cfg = if thread_rng().gen_range(0..2) == 0 { ring } else { latest };
    let builder = HeapBuffer::<u64>::builder(&cfg).first_number(u64::MAX - 1);
    let buffer = builder.build_plain().expect("the scenarios describe buffers that can be made");
    let readers = [(); 2].map(|()| {
        let mut reader = buffer.reader().expect("buffers on the heap take any number of readers");
        thread::spawn(move || {
            let (mut next, mut told) = (0, 0);
            loop {
                match block_on(reader.recv()) {
                    Ok(value) if cfg == ring => assert_eq!(value, next, "in order, and none missed in silence"),
                    Ok(value) => next = value.max(next),
                    Err(RecvError::Lagged(lag)) => (next, told) = (next + lag - 1, told + lag),
                    Err(_) => break,
                }
                next += 1;
            }
            assert_eq!(next, VALUES, "the newest value is seen by all");
            let counters = reader.metrics().counters;
            assert_eq!((counters.delivered + counters.lagged, counters.readable), (VALUES, 0), "M1");
            assert!(cfg == latest || counters.lagged == told, "K3: a lag is told once");
        })
    });
    let guest = thread::spawn({
        let buffer = buffer.clone();
        move || {
            let mut seen = buffer.peek();
            for _ in 0..2 {
                let metrics = buffer.metrics();
                let counters = metrics.counters;
                assert_eq!(counters.accepted, counters.overwritten + metrics.occupancy as u64, "M1");
                let now = buffer.peek();
                assert!(seen <= now, "no peek goes back");
                seen = now;
            }
        }
    });
    let writer = thread::spawn({
        let buffer = buffer.clone();
        move || (0..VALUES).for_each(|value| buffer.push(value))
    });
    joined([writer, guest]);
    buffer.close();
    joined(readers);
    assert_eq!(buffer.metrics().counters.accepted, VALUES);
}

/// A current value with two writers, two readers and one that looks.
pub fn a_crowded_latest() {
    Ledger::audit(|ledger| {
        let buffer = buffer(&BufferCfg::SingleLatest);
        let readers = [reader(&buffer), reader(&buffer)].map(drainer);
        let looking = thread::spawn({
            let buffer = buffer.clone();
            move || (0..3).filter_map(|_| buffer.peek().map(|value| value.id)).collect::<Vec<_>>()
        });
        joined([1, 2].map(|id| sender(&buffer, ledger, id, 3)));
        let last = buffer.peek().map(|value| value.id);
        buffer.close();
        for values in joined(readers) {
            assert_in_order(&values);
            assert_eq!(values.last().copied(), last, "the newest value is seen by all");
        }
        assert_in_order(&looking.join().unwrap());
    });
}

/// A mailbox with two writers, two takers and one that looks.
pub fn a_crowded_mailbox() {
    Ledger::audit(|ledger| {
        let buffer = buffer(&BufferCfg::Mailbox);
        let takers = [reader(&buffer), reader(&buffer)].map(drainer);
        let looking = thread::spawn({
            let buffer = buffer.clone();
            move || (0..3).for_each(|_| drop(buffer.peek()))
        });
        joined([1, 2].map(|id| sender(&buffer, ledger, id, 3)));
        buffer.close();
        let taken = sorted(joined(takers));
        looking.join().unwrap();
        assert!(taken.windows(2).all(|pair| pair[0] != pair[1]), "one taker for each value");
        let counters = buffer.metrics().counters;
        assert_eq!(counters.accepted, taken.len() as u64 + counters.overwritten, "M1");
    });
}

/// Every policy: what is offered is delivered, displaced, dropped or refused, and the hook is told.
pub fn every_policy() {
    Ledger::audit(|ledger| {
        let policy = Policy::ALL[thread_rng().gen_range(0..Policy::ALL.len())];
        let told = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let count = told.clone();
        let buffer = Tags::builder(&BufferCfg::Bounded { capacity: 1, policy })
            .degrade(std::sync::Arc::new(|value| value))
            .on_drop(std::sync::Arc::new(move |_value, _cause: DropCause| {
                count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            }))
            .build()
            .unwrap();
        let first = drainer(reader(&buffer));
        let senders = [1, 2].map(|id| {
            let (buffer, ledger) = (buffer.clone(), ledger.clone());
            thread::spawn(move || {
                let mut back = 0;
                for n in 0..3 {
                    match block_on(buffer.push_async(ledger.tag(id * 100 + n))) {
                        Ok(()) => {}
                        Err(SendError::Full(_)) => back += 1,
                        Err(other) => panic!("{other:?}"),
                    }
                }
                back
            })
        });
        let back: usize = joined(senders).iter().sum();
        buffer.close();
        let values = first.join().unwrap();
        assert_in_order(&values);
        let told = told.load(std::sync::atomic::Ordering::Relaxed);
        assert_eq!(values.len() + told + back, 6, "M5: delivered, told to the hook, or given back ({policy})");
        let counters = buffer.metrics().counters;
        assert_eq!(counters.offered(), 6, "M1");
    });
}

/// Readers that share a cursor overtake each other until one is promised a value; some give up.
pub fn promises() {
    Ledger::audit(|ledger| {
        aimdb_core::waiting::set_model_clock(400_000);
        let buffer = bounded(2);
        let first = reader(&buffer);
        let patient = [share(&first), share(&first)].map(drainer);
        let mut hasty = first;
        let hasty = thread::spawn(move || {
            let mut got = Vec::new();
            for _ in 0..6 {
                let value =
                    if thread_rng().gen_bool(0.5) { try_recv(&mut hasty).ok() } else { recv_and_cancel(&mut hasty) };
                got.extend(value);
            }
            got
        });
        let sent = sorted(joined([1, 2].map(|id| sender(&buffer, ledger, id, 4))));
        buffer.close();
        let mut got = joined(patient);
        got.push(hasty.join().unwrap());
        assert_eq!(sorted(got), sent);
    });
}

/// Senders beyond the slots that a buffer begins with, some of whom give up, and force.
pub fn slots_grow_in_a_crowd() {
    Ledger::audit(|ledger| {
        let buffer = bounded(1);
        let only = drainer(reader(&buffer));
        let senders = [1, 2, 3, 4].map(|id| {
            let (buffer, ledger) = (buffer.clone(), ledger.clone());
            thread::spawn(move || {
                let mut held: Vec<_> = (0..2).map(|n| Box::pin(buffer.push_async(ledger.tag(id * 100 + n)))).collect();
                let mut stored =
                    held.iter_mut().filter_map(|push| poll_once(push.as_mut()).is_ready().then_some(())).count();
                if thread_rng().gen_bool(0.3) {
                    drop(Buffer::force_push(&buffer, ledger.tag(id * 100 + 50)));
                }
                let mut last = pin!(buffer.push_async(ledger.tag(id * 100 + 90)));
                if poll_once(last.as_mut()).is_ready() {
                    stored += 1;
                }
                stored
            })
        });
        joined(senders);
        buffer.close();
        let seen = only.join().unwrap();
        assert!(seen.windows(2).all(|pair| pair[0] != pair[1]));
    });
}
