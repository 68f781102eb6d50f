//! Values on the short way: in batches, and by handles that go from thread to thread (contract S6, K6).

mod watchdog;

use std::collections::VecDeque;
use std::sync::mpsc;

use aimdb_sync::{BufferCfg, RecvError, SendError};
use watchdog::{aside, pausing, single, watched};

/// Sizes of batches that fit and do not, in no order.
fn sizes() -> impl Iterator<Item = usize> {
    (0_usize..).map(|turn| turn.wrapping_mul(2_654_435_761) >> 7 & 0x7F)
}

#[test]
fn s6_batches_of_any_size_pass_whole_and_in_order() {
    const VALUES: usize = 50_000;
    watched(|| {
        for capacity in [1, 3, 64, 100] {
            let handle = single::<String>(pausing(capacity));
            let producer = handle.producer::<String>("a").expect("it is there");
            let mut consumer = handle.consumer::<String>("a").expect("it is there");
            let sends = aside(move || {
                let (mut next, mut batch, mut sizes) = (0, VecDeque::new(), sizes());
                while next < VALUES {
                    let end = VALUES.min(next + sizes.next().unwrap_or(1));
                    batch.extend((next..end).map(|value| value.to_string()));
                    assert_eq!(producer.send_many(&mut batch), Ok(end - next));
                    assert!(batch.is_empty());
                    next = end;
                }
                producer.stats()
            });
            let (mut next, mut values, mut sizes) = (0, Vec::new(), sizes().skip(11));
            while next < VALUES {
                let max = sizes.next().unwrap_or(1);
                let taken = consumer.recv_many(&mut values, max).expect("it is open");
                assert!(taken == values.len() && taken <= max);
                for value in values.drain(..) {
                    assert_eq!(value, next.to_string());
                    next += 1;
                }
            }
            let stats = sends.join().expect("no panic");
            assert_eq!((stats.counters.accepted, consumer.stats().counters.delivered), (VALUES as u64, VALUES as u64));
        }
    });
}

#[test]
fn s6_a_batch_over_a_ring_is_read_whole_or_told_of() {
    watched(|| {
        let handle = single::<u64>(BufferCfg::SpmcRing { capacity: 100 });
        let producer = handle.producer::<u64>("a").expect("it is there");
        let mut consumer = handle.consumer::<u64>("a").expect("it is there");
        let sends = aside(move || {
            let (mut next, mut batch) = (0_u64, VecDeque::new());
            for size in sizes().take(2_000) {
                batch.extend(next..next + size as u64);
                next += size as u64;
                assert_eq!(producer.send_many(&mut batch), Ok(size));
            }
            producer.close();
            next
        });
        let (mut next, mut values) = (0, Vec::new());
        loop {
            match consumer.recv_many(&mut values, 33) {
                Ok(_) => {
                    for value in values.drain(..) {
                        assert_eq!(value, next);
                        next += 1;
                    }
                }
                Err(RecvError::Lagged(lag)) => next += lag,
                Err(error) => {
                    assert_eq!(error, RecvError::Closed);
                    break;
                }
            }
        }
        assert_eq!(sends.join().expect("no panic"), next, "M1: each was delivered or lost, and told");
    });
}

#[test]
fn k6_a_handle_that_goes_from_thread_to_thread_stays_the_same_writer() {
    const TURNS: u32 = 500;
    watched(|| {
        let handle = single::<u32>(pausing(8));
        let mut consumer = handle.consumer::<u32>("a").expect("it is there");
        let (there, takes) = mpsc::channel();
        let (back, returns) = mpsc::channel();
        let other = aside(move || {
            for (producer, value) in takes {
                let producer: aimdb_sync::SyncProducer<u32> = producer;
                producer.send(value).expect("it is open");
                back.send(producer).expect("the other end is there");
            }
        });
        let mut producer = handle.producer::<u32>("a").expect("it is there");
        for turn in 0..TURNS {
            producer.send(turn * 2).expect("it is open");
            there.send((producer, turn * 2 + 1)).expect("the other end is there");
            producer = returns.recv().expect("it comes back");
            assert_eq!([consumer.recv(), consumer.recv()], [Ok(turn * 2), Ok(turn * 2 + 1)]);
        }
        drop(there);
        other.join().expect("no panic");
        assert_eq!(producer.stats().counters.accepted, u64::from(TURNS) * 2);
    });
}

/// More senders than cores, and than places: they stand in the queue, look for room, and let each other run.
#[test]
fn w3_k6_c1_each_of_a_crowd_of_senders_has_its_turns_and_is_let_go_by_a_close() {
    const SENDERS: usize = 24;
    const TAKEN: usize = 4_000;
    watched(|| {
        for capacity in [1, 3, 8, 64] {
            let handle = single::<(usize, u64)>(pausing(capacity));
            let producer = handle.producer::<(usize, u64)>("a").expect("it is there");
            let mut consumer = handle.consumer::<(usize, u64)>("a").expect("it is there");
            let senders: Vec<_> = (0..SENDERS)
                .map(|sender| {
                    let producer = producer.clone();
                    aside(move || {
                        let refused = (0..).find_map(|value| producer.send((sender, value)).err());
                        match refused.expect("it ends with a refusal") {
                            SendError::Closed((_, value)) => value,
                            other => panic!("{other:?}"),
                        }
                    })
                })
                .collect();
            let mut next = [0; SENDERS];
            let mut note = |(sender, value): (usize, u64)| {
                assert_eq!(value, next[sender], "K6");
                next[sender] += 1;
            };
            (0..TAKEN).for_each(|_| note(consumer.recv().expect("it is open")));
            producer.close();
            consumer.iter().for_each(&mut note);
            let sent: Vec<_> = senders.into_iter().map(|sender| sender.join().expect("no panic")).collect();
            assert_eq!(sent, next, "what was accepted was read, and what was refused came back");
            let counters = producer.stats().counters;
            assert_eq!((counters.accepted, counters.refused), (next.iter().sum(), SENDERS as u64), "M1");
        }
    });
}

#[test]
fn k6_clones_in_many_threads_each_keep_their_order() {
    const EACH: u64 = 4_000;
    watched(|| {
        let handle = single::<(u64, u64)>(pausing(16));
        let producer = handle.producer::<(u64, u64)>("a").expect("it is there");
        let mut consumer = handle.consumer::<(u64, u64)>("a").expect("it is there");
        let senders: Vec<_> = (0..6)
            .map(|sender| {
                let producer = producer.clone();
                aside(move || (0..EACH).for_each(|value| producer.send((sender, value)).expect("it is open")))
            })
            .collect();
        let mut next = [0; 6];
        for _ in 0..6 * EACH {
            let (sender, value) = consumer.recv().expect("it is open");
            assert_eq!(value, next[sender as usize], "K6");
            next[sender as usize] += 1;
        }
        senders.into_iter().for_each(|sender| sender.join().expect("no panic"));
    });
}
