//! B6, B7, B11, B12, B18, B21, B22: what becomes of a value.

use std::pin::pin;
use std::sync::Arc;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::thread;

use aimdb_core::buffer::{
    Buffer, BufferCfg, HeapBuffer, RecvError, RecvTimeoutError, SendError, TryProduceError, TryRecvError, send_blocking,
};
use aimdb_core::pure::{Kind, Policy};
use aimdb_core::waiting::Deadline;
use aimdb_tests::hazard::{self, Script, When};
use aimdb_tests::payload::{Item, Ledger};
use aimdb_tests::wakes::Wakes;
use aimdb_tests::watchdog::{until, within};

use super::{bounded, kinds, pausing};

fn items(cfg: &BufferCfg, first_number: u64) -> HeapBuffer<Item> {
    HeapBuffer::builder(cfg).degrade(Arc::new(Item::degrade)).first_number(first_number).build().expect("a buffer")
}

/// B6: crossbeam #972, RUSTSEC-2025-0024. Last sender, last reader and a sender in full flight.
#[test]
fn b06_the_last_sender_and_the_last_reader_leave_at_the_same_time() {
    within(60, "b06", || {
        for round in 0..250 {
            for cfg in kinds(1 + round % 2) {
                let ledger = Ledger::new();
                let buffer = items(&cfg, 0);
                let mut reader = buffer.reader().expect("a cursor");
                thread::scope(|scope| {
                    let (sends, closes) = (buffer.clone(), buffer);
                    let ledger = &ledger;
                    scope.spawn(move || (0..4).for_each(|tag| sends.push(ledger.item(tag))));
                    scope.spawn(move || {
                        drop(reader.try_recv());
                        drop(reader);
                    });
                    scope.spawn(move || {
                        if round % 2 == 0 {
                            closes.close();
                        }
                        drop(closes);
                    });
                });
                ledger.assert_settled();
            }
        }
    });
}

/// B7: RUSTSEC-2021-0093, crossfire #70. Unique tags, a ledger; close meets try meets drop.
#[test]
fn b07_nothing_is_popped_twice_or_lost_when_it_closes() {
    within(60, "b07", || {
        for round in 0..300_u64 {
            for cfg in [bounded(1, Policy::PauseUpstream), bounded(3, Policy::Fail), BufferCfg::Mailbox] {
                let ledger = Ledger::new();
                let buffer = items(&cfg, 0);
                let first = buffer.reader().expect("a cursor");
                let share = first.share().expect("a share");
                let (mut sent, mut read) = (Vec::new(), Vec::new());
                thread::scope(|scope| {
                    let (buffer, ledger) = (&buffer, &ledger);
                    let sending = scope.spawn(move || {
                        let tags = (0..20).filter(|tag| buffer.try_push(ledger.item(*tag)).is_ok());
                        tags.collect::<Vec<_>>()
                    });
                    let reading: Vec<_> = [first, share]
                        .into_iter()
                        .map(|mut reader| {
                            scope.spawn(move || {
                                let mut tags = Vec::new();
                                loop {
                                    match reader.try_recv() {
                                        Ok(item) => tags.push(item.tag()),
                                        Err(TryRecvError::Closed) => return tags,
                                        Err(_) => thread::yield_now(),
                                    }
                                }
                            })
                        })
                        .collect();
                    scope.spawn(move || {
                        (0..round % 8).for_each(|_| thread::yield_now());
                        buffer.close();
                    });
                    sent = sending.join().expect("the sender");
                    read = reading.into_iter().flat_map(|one| one.join().expect("a reader")).collect();
                });
                read.sort_unstable();
                if cfg == BufferCfg::Mailbox {
                    assert!(read.windows(2).all(|pair| pair[0] < pair[1]), "{cfg:?}: popped twice");
                } else {
                    assert_eq!(read, sent, "{cfg:?}: what was accepted is read, once");
                }
                drop(buffer);
                ledger.assert_settled();
            }
        }
    });
}

/// B11: crossbeam #1102. The reply channels inside unread values end with the last reader.
#[test]
fn b11_the_end_of_the_last_reader_of_a_closed_record_drops_what_is_buffered() {
    for cfg in kinds(3) {
        for closes_first in [false, true] {
            let buffer: HeapBuffer<mpsc::Sender<()>> =
                HeapBuffer::builder(&cfg).degrade(Arc::new(|value| value)).build().expect("a buffer");
            let reader = buffer.reader().expect("a cursor");
            let (reply, answer) = mpsc::channel();
            for _ in 0..cfg.capacity() {
                buffer.push(reply.clone());
            }
            drop(reply);
            if closes_first {
                buffer.close();
                drop(reader);
            } else {
                drop(reader);
                assert_eq!(answer.try_recv(), Err(mpsc::TryRecvError::Empty), "{cfg:?}: a reader may come yet");
                buffer.close();
            }
            if cfg.kind() == Kind::SingleLatest {
                assert!(buffer.peek().is_some(), "the current value stays: one may still look at it");
                drop(buffer);
            }
            assert_eq!(answer.try_recv(), Err(mpsc::TryRecvError::Disconnected), "{cfg:?}: dropped at once");
        }
    }
}

/// B12: the sequence wraps; everything answers as it does from 0 on.
#[test]
fn b12_the_wrap_of_the_sequence_changes_no_answer() {
    for cfg in hazard::kinds() {
        for ending in 0..3 {
            let played = |first_number: u64| {
                let script = Script::panics(When::Never);
                let buffer = hazard::buffer_from(&cfg, &script, first_number);
                let steps = hazard::play(buffer, &script, ending);
                assert_eq!(script.alive(), 0);
                steps
            };
            let expected = played(0);
            for back in 0..16 {
                assert_eq!(played(u64::MAX - back), expected, "{cfg:?}, ending {ending}, {back} before the wrap");
            }
        }
    }
}

/// B12, with cursors far apart, counts, and lag across the wrap.
#[test]
fn b12_lag_and_counts_are_exact_across_the_wrap() {
    for first_number in [0, u64::MAX - 2, u64::MAX] {
        let ledger = Ledger::new();
        let buffer = items(&BufferCfg::SpmcRing { capacity: 3 }, first_number);
        let (mut slow, mut fast) = (buffer.reader().expect("a cursor"), buffer.reader().expect("a cursor"));
        for tag in 0..10 {
            buffer.push(ledger.item(tag));
            assert_eq!(fast.try_recv().map(|item| item.tag()).ok(), Some(tag));
        }
        assert_eq!(slow.metrics().counters.lagged, 7);
        assert_eq!(buffer.metrics().slowest, Some((slow.id(), 10)));
        assert_eq!(slow.try_recv().err(), Some(TryRecvError::Lagged(7)));
        let rest: Vec<_> = std::iter::from_fn(|| slow.try_recv().ok()).map(|item| item.tag()).collect();
        assert_eq!(rest, [7, 8, 9]);
    }
}

/// B18: tokio #8074, #8062. `Closed` comes after everything that was accepted, and never before.
#[test]
fn b18_closed_is_told_after_everything_that_was_accepted() {
    within(60, "b18", || {
        for round in 0..60 {
            for capacity in [1, 3, 64] {
                let buffer = pausing(capacity);
                let mut reader = buffer.reader().expect("a cursor");
                let producer = {
                    let buffer = buffer.clone();
                    thread::spawn(move || {
                        let mut accepted = 0_u64;
                        while accepted < 50 && send_blocking(&buffer, accepted, Deadline::Never).is_ok() {
                            accepted += 1;
                        }
                        buffer.close();
                        accepted
                    })
                };
                let mut read = 0;
                loop {
                    let metrics = buffer.metrics();
                    assert!(metrics.occupancy <= metrics.capacity, "0 ≤ len ≤ capacity: {metrics:?}");
                    let answer = if round % 2 == 0 {
                        reader.recv_blocking(Deadline::Never)
                    } else {
                        match reader.try_recv() {
                            Err(TryRecvError::Empty) => {
                                thread::yield_now();
                                continue;
                            }
                            Ok(value) => Ok(value),
                            Err(_) => Err(RecvTimeoutError::Closed),
                        }
                    };
                    match answer {
                        Ok(value) => assert_eq!(value, read),
                        Err(error) => {
                            assert_eq!(error, RecvTimeoutError::Closed);
                            break;
                        }
                    }
                    read += 1;
                }
                assert_eq!(read, producer.join().expect("the producer"));
            }
        }
    });
}

fn address(value: &u64) -> usize {
    std::ptr::from_ref(value).addr()
}

/// B21: kanal returns 0 of 64. What comes back is the same value, not a copy of it.
#[test]
fn b21_the_same_box_comes_back_from_every_refusal() {
    let buffer: HeapBuffer<Box<u64>> = HeapBuffer::new(&bounded(1, Policy::PauseUpstream)).expect("a buffer");
    let fails: HeapBuffer<Box<u64>> = HeapBuffer::new(&bounded(1, Policy::Fail)).expect("a buffer");
    buffer.push(Box::new(0));
    fails.push(Box::new(0));
    let back = |send: &dyn Fn(Box<u64>) -> Box<u64>| {
        let value = Box::new(7);
        let before = address(&value);
        let value = send(value);
        assert_eq!((address(&value), *value), (before, 7));
    };
    back(&|value| buffer.try_push(value).expect_err("full").into_inner());
    back(&|value| match send_blocking(&buffer, value, Deadline::At(0)) {
        Err(SendError::Timeout(value)) => value,
        other => panic!("{other:?}"),
    });
    back(&|value| match send_blocking(&fails, value, Deadline::Never) {
        Err(SendError::Full(value)) => value,
        other => panic!("{other:?}"),
    });
    back(&|value| {
        let mut push = pin!(buffer.push_async(value));
        assert!(push.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        push.cancel().expect("it was not stored")
    });
    back(&|value| pin!(buffer.push_async(value)).cancel().expect("it was not even polled"));
    // Closed while it waits.
    let value = Box::new(8);
    let before = address(&value);
    let sender = buffer.clone();
    let waits = thread::spawn(move || send_blocking(&sender, value, Deadline::Never));
    until(|| buffer.metrics().waiting_producers == 1);
    buffer.close();
    match waits.join().expect("the sender") {
        Err(SendError::Closed(value)) => assert_eq!((address(&value), *value), (before, 8)),
        other => panic!("{other:?}"),
    }
    back(&|value| match buffer.try_push(value) {
        Err(TryProduceError::Closed(value)) => value,
        other => panic!("{other:?}"),
    });
    back(&|value| Buffer::force_push(&buffer, value).expect_err("closed").into_inner());
    back(&|value| send_blocking(&buffer, value, Deadline::Never).expect_err("closed").into_inner());
    // And what is displaced is the value that was stored.
    let value = Box::new(9);
    let before = address(&value);
    let open: HeapBuffer<Box<u64>> = HeapBuffer::new(&bounded(1, Policy::PauseUpstream)).expect("a buffer");
    open.push(value);
    let displaced = Buffer::force_push(&open, Box::new(10)).expect("it is open").expect("it was full");
    assert_eq!(address(&displaced), before);
}

/// B22: a send that is dropped before its first poll, after its registration, after its wake.
#[test]
fn b22_a_dropped_send_loses_no_value_and_no_wakeup() {
    let ledger = Ledger::new();
    let dropped = Arc::new(parking_lot::Mutex::new(Vec::new()));
    let hook = Arc::clone(&dropped);
    let buffer = HeapBuffer::builder(&bounded(1, Policy::PauseUpstream))
        .on_drop(Arc::new(move |item: Item, cause| hook.lock().push((item.tag(), cause))))
        .build()
        .expect("a buffer");
    let mut reader = buffer.reader().expect("a cursor");
    drop(buffer.push_async(ledger.item(1)));
    assert_eq!((ledger.alive(), buffer.metrics().counters.offered()), (0, 0), "before the first poll: never offered");
    buffer.push(ledger.item(2));
    let (first, second) = (Wakes::new(), Wakes::new());
    let mut registered = Box::pin(buffer.push_async(ledger.item(3)));
    let mut behind = Box::pin(buffer.push_async(ledger.item(4)));
    assert!(first.poll(&mut registered).is_pending() && second.poll(&mut behind).is_pending());
    drop(registered);
    assert_eq!(*dropped.lock(), [(3, aimdb_core::pure::DropCause::Cancelled)], "after the registration: to the hook");
    assert_eq!(buffer.metrics().waiting_producers, 1);
    assert_eq!(reader.try_recv().map(|item| item.tag()), Ok(2));
    assert_eq!((first.count(), second.count()), (0, 1), "the one behind it has the slot");
    drop(behind);
    assert_eq!(reader.try_recv().map(|item| item.tag()), Ok(4), "after the wake: it was stored");
    assert_eq!(dropped.lock().len(), 1);
    let counters = buffer.metrics().counters;
    assert_eq!((counters.accepted, counters.timed_out, counters.offered()), (2, 1, 3));
    drop((reader, buffer));
    ledger.assert_settled();
}

/// B22: a read that is dropped at the same three moments, on every kind.
#[test]
fn b22_a_dropped_read_takes_no_value_with_it() {
    for cfg in kinds(2) {
        let ledger = Ledger::new();
        let buffer = items(&cfg, 0);
        let mut reader = buffer.reader().expect("a cursor");
        let wakes = Wakes::new();
        drop(reader.recv());
        {
            let mut registered = Box::pin(reader.recv());
            assert!(wakes.poll(&mut registered).is_pending());
        }
        assert_eq!(buffer.metrics().waiting_consumers, 0, "{cfg:?}");
        {
            let mut woken = Box::pin(reader.recv());
            assert!(wakes.poll(&mut woken).is_pending());
            buffer.push(ledger.item(5));
            assert_eq!(wakes.count(), 1, "{cfg:?}: the one that was dropped is not woken");
        }
        let mut again = Box::pin(reader.recv());
        match wakes.poll(&mut again) {
            Poll::Ready(Ok(item)) => assert_eq!(item.tag(), 5, "{cfg:?}: it is still there"),
            other => panic!("{cfg:?}: {other:?}"),
        }
        drop(again);
        buffer.close();
        let mut end = Box::pin(reader.recv());
        assert!(matches!(wakes.poll(&mut end), Poll::Ready(Err(RecvError::Closed))), "{cfg:?}");
    }
}
