//! B1 to B5: wake-ups that are lost, merged, or forgotten.

use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use aimdb_core::buffer::{Buffer, HeapBuffer, Reader, RecvTimeoutError, SendError, send_blocking};
use aimdb_core::waiting::{Deadline, SystemClock};
use aimdb_tests::wakes::Wakes;
use aimdb_tests::watchdog::{until, within};

use super::{ignore, pausing, recv_apart, send_apart};

/// How the slow reader goes away.
const WAYS: [&str; 4] =
    ["dropped here", "dropped by another thread", "its last share is dropped", "the record is closed"];

/// B1, the headline: fill, block the producer, and let the slow one of two readers go.
#[test]
fn b01_a_blocked_producer_goes_on_when_the_slow_reader_goes() {
    within(60, "b01", || {
        for capacity in 1..4_u64 {
            for way in WAYS {
                for round in 0..20 {
                    let buffer = pausing(capacity as usize);
                    let slow = buffer.reader().expect("a cursor");
                    let mut fast = buffer.reader().expect("a cursor");
                    (0..capacity).for_each(|value| buffer.try_push(value).expect("there is room"));
                    (0..capacity).for_each(|value| assert_eq!(fast.try_recv(), Ok(value)));
                    let producer = send_apart(&buffer, 100);
                    // Every second time the reader goes at about the moment when the producer comes.
                    until(|| round % 2 == 1 || buffer.metrics().waiting_producers == 1);
                    match way {
                        "dropped here" => drop(slow),
                        "dropped by another thread" => thread::spawn(move || drop(slow)).join().expect("the thread"),
                        "its last share is dropped" => {
                            let share = slow.share().expect("a share");
                            drop(slow);
                            assert_eq!(buffer.metrics().cursors, 2, "the cursor lives on in its share");
                            drop(share);
                        }
                        _ => {
                            buffer.close();
                            assert_eq!(producer.join().expect("the producer"), Err(SendError::Closed(100)));
                            assert_eq!(
                                fast.try_recv().map_err(|error| error.kind()),
                                Err(aimdb_core::pure::ErrorKind::Closed)
                            );
                            continue;
                        }
                    }
                    assert_eq!(producer.join().expect("the producer"), Ok(()), "{way}");
                    assert_eq!(fast.recv_blocking(Deadline::Never), Ok(100), "{way}");
                    assert_eq!(buffer.metrics().cursors, 1);
                }
            }
        }
    });
}

/// B1, for tasks: the future of the producer is woken.
#[test]
fn b01_a_pending_send_is_woken_when_the_slow_reader_goes() {
    let buffer = pausing(1);
    let (slow, mut fast) = (buffer.reader().expect("a cursor"), buffer.reader().expect("a cursor"));
    buffer.push(0);
    assert_eq!(fast.try_recv(), Ok(0));
    let wakes = Wakes::new();
    let mut push = Box::pin(buffer.push_async(1));
    assert!(wakes.poll(&mut push).is_pending());
    drop(slow);
    assert_eq!(wakes.count(), 1);
    assert_eq!(wakes.poll(&mut push), Poll::Ready(Ok(())));
    assert_eq!(fast.try_recv(), Ok(1));
}

/// B2: axon three times, tokio broadcast #2134, kanal #8, flume #124. One lost wake-up and it hangs.
#[test]
fn b02_a_pop_that_races_a_close_ends() {
    within(60, "b02_close", || {
        for round in 0..1_000 {
            let buffer = pausing(1);
            let first = buffer.reader().expect("a cursor");
            let share = first.share().expect("a share");
            let readers = [recv_apart(first), recv_apart(share)];
            let producers = [send_apart(&buffer, 1), send_apart(&buffer, 2)];
            if round % 3 == 0 {
                thread::yield_now();
            }
            buffer.close();
            let sent = producers.map(|one| one.join().expect("a producer")).iter().filter(|sent| sent.is_ok()).count();
            let read = readers.map(|one| one.join().expect("a reader")).iter().filter(|read| read.is_ok()).count();
            let left = buffer.metrics().counters.aborted as usize;
            assert_eq!(sent, read + left, "what was sent is read, or goes with the last reader");
        }
    });
}

/// B2: two producers × two readers on capacity 1, every value waited for on both sides.
#[test]
fn b02_two_pushes_and_two_pops_meet() {
    within(60, "b02_two", || {
        for capacity in [0, 1] {
            let buffer = pausing(capacity);
            let first = buffer.reader().expect("a cursor");
            let share = first.share().expect("a share");
            let readers: Vec<_> = [first, share]
                .into_iter()
                .map(|mut reader| {
                    thread::spawn(move || (0..4_000).filter(|_| reader.recv_blocking(Deadline::Never).is_ok()).count())
                })
                .collect();
            thread::scope(|scope| {
                for _ in 0..2 {
                    scope.spawn(|| {
                        (0..4_000).for_each(|value| send_blocking(&buffer, value, Deadline::Never).expect("it is open"))
                    });
                }
            });
            let read: usize = readers.into_iter().map(|one| one.join().expect("a reader")).sum();
            assert_eq!(read, 8_000);
        }
    });
}

/// B3: flume #104. Notify, then the notified one leaves: the second waiter is woken.
#[test]
fn b03_a_notified_reader_that_leaves_passes_the_wakeup_on() {
    let buffer = pausing(2);
    let mut readers: Vec<Reader<u64>> = vec![buffer.reader().expect("a cursor")];
    for _ in 0..2 {
        let share = readers[0].share().expect("a share");
        readers.push(share);
    }
    let wakes: Vec<_> = readers.iter().map(|_| Wakes::new()).collect();
    let mut waiting: Vec<_> = readers.iter_mut().map(|reader| Box::pin(reader.recv())).collect();
    for (recv, wakes) in waiting.iter_mut().zip(&wakes) {
        assert!(wakes.poll(recv).is_pending());
    }
    let woken = || wakes.iter().map(|wakes| wakes.count()).collect::<Vec<_>>();
    buffer.push(1);
    assert_eq!(woken(), [1, 0, 0], "one value, one wake-up");
    drop(waiting.remove(0));
    assert_eq!(woken(), [1, 1, 0], "passed on");
    drop(waiting.remove(0));
    assert_eq!(woken(), [1, 1, 1], "and again");
    assert_eq!(wakes[2].poll(&mut waiting[0]), Poll::Ready(Ok(1)));
    drop(waiting);
    // One that took its value has no wake-up to pass on.
    let mut one = Box::pin(readers[0].recv());
    assert!(wakes[0].poll(&mut one).is_pending());
    buffer.push(2);
    assert_eq!(wakes[0].poll(&mut one), Poll::Ready(Ok(2)));
    drop(one);
    assert_eq!(woken(), [2, 1, 1]);
}

/// B3, between threads: a time-out beside a patient waiter.
#[test]
fn b03_a_reader_that_times_out_passes_the_wakeup_on() {
    within(60, "b03_threads", || {
        let buffer = pausing(1);
        let mut reader = buffer.reader().expect("a cursor");
        let patient = reader.share().expect("a share");
        let patient = thread::spawn(move || {
            let mut patient = patient;
            let mut read = Vec::new();
            while let Ok(value) = patient.recv_blocking(Deadline::Never) {
                read.push(value);
            }
            read
        });
        let mut hasty = Vec::new();
        for round in 0..3_000_u64 {
            let sender = buffer.clone();
            let producer =
                (round % 3 == 0).then(|| thread::spawn(move || send_blocking(&sender, round, Deadline::Never)));
            match reader.recv_blocking(SystemClock.after(Duration::from_micros(round % 40))) {
                Ok(value) => hasty.push(value),
                Err(error) => assert_eq!(error, RecvTimeoutError::Timeout),
            }
            if let Some(producer) = producer {
                assert_eq!(producer.join().expect("the producer"), Ok(()));
            }
        }
        buffer.close();
        hasty.extend(patient.join().expect("the patient reader"));
        while let Ok(value) = reader.try_recv() {
            hasty.push(value);
        }
        hasty.sort_unstable();
        assert_eq!(hasty, (0..3_000).step_by(3).collect::<Vec<_>>());
    });
}

/// B4: a take wakes the senders' side only, a send the readers' side only, and one of them.
#[test]
fn b04_the_right_side_is_woken_and_one_of_it() {
    let buffer = pausing(1);
    let mut reader = buffer.reader().expect("a cursor");
    buffer.push(0);
    let sends: Vec<_> = (0..3).map(|_| Wakes::new()).collect();
    let mut pushes: Vec<_> = (1..4).map(|value| Box::pin(buffer.push_async(value))).collect();
    for (push, wakes) in pushes.iter_mut().zip(&sends) {
        assert!(wakes.poll(push).is_pending());
    }
    let woken = |wakes: &[Arc<Wakes>]| wakes.iter().map(|wakes| wakes.count()).collect::<Vec<_>>();
    assert_eq!(woken(&sends), [0, 0, 0], "senders do not wake senders");
    for freed in 1..=3 {
        assert_eq!(reader.try_recv(), Ok(freed - 1));
        let expected: Vec<_> = (0..3).map(|at| usize::from(at < freed as usize)).collect();
        assert_eq!(woken(&sends), expected, "one slot, one sender, the first");
    }
    assert_eq!(reader.try_recv(), Ok(3));
    for push in &mut pushes {
        assert_eq!(Wakes::new().poll(push), Poll::Ready(Ok(())), "it is stored; polling only tells");
    }
}

/// B4, between threads, at the smallest capacities.
#[test]
fn b04_many_senders_and_many_readers_on_capacity_one() {
    within(60, "b04_threads", || {
        for (senders, readers) in [(1, 6), (6, 1), (5, 5)] {
            let buffer = pausing(1);
            let first = buffer.reader().expect("a cursor");
            let mut shares: Vec<_> = (1..readers).map(|_| first.share().expect("a share")).collect();
            shares.push(first);
            let reading: Vec<_> = shares
                .into_iter()
                .map(|mut reader| {
                    thread::spawn(move || std::iter::from_fn(|| reader.recv_blocking(Deadline::Never).ok()).count())
                })
                .collect();
            thread::scope(|scope| {
                for _ in 0..senders {
                    scope.spawn(|| {
                        (0..500).for_each(|value| send_blocking(&buffer, value, Deadline::Never).expect("it is open"))
                    });
                }
            });
            buffer.close();
            assert_eq!(reading.into_iter().map(|one| one.join().expect("a reader")).sum::<usize>(), senders * 500);
        }
    });
}

type Freeing = fn(HeapBuffer<u64>, Reader<u64>);

/// B5, one side of the table: every operation that makes room, with a parked sender.
#[test]
fn b05_every_operation_that_frees_wakes_a_parked_sender() {
    let recv_once: Freeing = |_, mut reader| {
        let mut recv: Pin<Box<_>> = Box::pin(reader.recv());
        assert!(Wakes::new().poll(&mut recv).is_ready());
    };
    let table: [(&str, Freeing); 11] = [
        ("try_recv", |_, mut reader| ignore(reader.try_recv())),
        ("recv, blocking", |_, mut reader| ignore(reader.recv_blocking(Deadline::Never))),
        ("recv, one try", |_, mut reader| ignore(reader.recv_blocking(Deadline::At(0)))),
        ("recv, async", recv_once),
        ("try_recv_many", |_, mut reader| ignore(reader.try_recv_many(&mut Vec::new(), 2))),
        ("try_latest", |_, mut reader| ignore(reader.try_latest())),
        ("skip_to_newest, then the newest", |_, mut reader| {
            ignore(reader.try_latest());
            ignore(reader.try_recv());
        }),
        ("a share takes", |_, reader| ignore(reader.share().expect("a share").try_recv())),
        ("close", |buffer, _reader| buffer.close()),
        ("abort", |buffer, _reader| assert_eq!(Buffer::abort(&buffer), 2)),
        ("the reader leaves, another takes", |buffer, reader| {
            drop(reader);
            ignore(buffer.reader().expect("a cursor").try_recv());
        }),
    ];
    for (name, free) in table {
        within(30, name, || {
            let buffer = pausing(2);
            let reader = buffer.reader().expect("a cursor");
            buffer.push(0);
            buffer.push(1);
            let producer = send_apart(&buffer, 2);
            until(|| buffer.metrics().waiting_producers == 1);
            free(buffer.clone(), reader);
            let answer = producer.join().expect("the producer");
            let closed = matches!(name, "close" | "abort");
            assert_eq!(answer, if closed { Err(SendError::Closed(2)) } else { Ok(()) }, "{name}");
        });
    }
}

/// B5, the other side: every operation that fills, or ends, with a parked reader.
#[test]
fn b05_every_operation_that_fills_wakes_a_parked_reader() {
    type Filling = fn(&HeapBuffer<u64>);
    let table: [(&str, Filling); 9] = [
        ("push", |buffer| buffer.push(5)),
        ("try_push", |buffer| buffer.try_push(5).expect("there is room")),
        ("force_push", |buffer| ignore(Buffer::force_push(buffer, 5))),
        ("send, blocking", |buffer| send_blocking(buffer, 5, Deadline::Never).expect("there is room")),
        ("send, one try", |buffer| send_blocking(buffer, 5, Deadline::At(0)).expect("there is room")),
        ("send, async", |buffer| assert!(Wakes::new().poll(&mut Box::pin(buffer.push_async(5))).is_ready())),
        ("force_push over a full one", |buffer| {
            buffer.push(4);
            ignore(Buffer::force_push(buffer, 5));
        }),
        ("close", |buffer| buffer.close()),
        ("abort", |buffer| assert_eq!(Buffer::abort(buffer), 0)),
    ];
    for (name, fill) in table {
        within(30, name, || {
            let buffer = pausing(1);
            let reader = recv_apart(buffer.reader().expect("a cursor"));
            until(|| buffer.metrics().waiting_consumers == 1);
            fill(&buffer);
            let answer = reader.join().expect("the reader");
            match name {
                "close" | "abort" => assert_eq!(answer, Err(RecvTimeoutError::Closed), "{name}"),
                // It may come before or after the value was displaced.
                "force_push over a full one" => {
                    assert!(matches!(answer, Ok(4 | 5) | Err(RecvTimeoutError::Lagged(1))), "{name}: {answer:?}")
                }
                _ => assert_eq!(answer, Ok(5), "{name}"),
            }
        });
    }
}

/// B5: a rendezvous fills by a hand that opens, and by a cursor that leaves.
#[test]
fn b05_a_rendezvous_wakes_both_sides() {
    within(30, "b05_rendezvous", || {
        let buffer = pausing(0);
        let (waits, leaves) = (buffer.reader().expect("a cursor"), buffer.reader().expect("a cursor"));
        let producer = send_apart(&buffer, 1);
        until(|| buffer.metrics().waiting_producers == 1);
        let reader = recv_apart(waits);
        until(|| buffer.metrics().waiting_consumers == 1);
        assert_eq!(buffer.metrics().waiting_producers, 1, "the other cursor has no reader that waits");
        drop(leaves);
        assert_eq!(producer.join().expect("the producer"), Ok(()));
        assert_eq!(reader.join().expect("the reader"), Ok(1));
    });
}

/// B5: whoever flushes is woken by everything that consumes.
#[test]
fn b05_every_operation_that_consumes_wakes_a_flush() {
    type Consuming = fn(&HeapBuffer<u64>, Reader<u64>, Reader<u64>);
    let table: [(&str, Consuming); 5] = [
        ("both read", |_, mut one, mut two| ignore((one.try_recv(), two.try_recv()))),
        ("one reads, one leaves", |_, mut one, two| {
            drop(two);
            ignore(one.try_recv());
        }),
        ("one reads the latest, one reads", |_, mut one, mut two| ignore((one.try_latest(), two.try_recv()))),
        ("abort", |buffer, _one, _two| assert_eq!(Buffer::abort(buffer), 1)),
        ("force_push", |buffer, _one, _two| ignore(Buffer::force_push(buffer, 9))),
    ];
    for (name, consume) in table {
        let buffer = pausing(1);
        let (one, two) = (buffer.reader().expect("a cursor"), buffer.reader().expect("a cursor"));
        buffer.push(1);
        let wakes = Wakes::new();
        let mut flush = Box::pin(Buffer::flush(&buffer));
        assert!(wakes.poll(&mut flush).is_pending());
        consume(&buffer, one, two);
        assert_eq!(wakes.count(), 1, "{name}");
        assert!(wakes.poll(&mut flush).is_ready(), "{name}");
    }
}
