//! A queue of plain data that several cursors read, under threads: each of them reads each value once and
//! in order, a place is filled again when all have, and what was said is what is counted.
//!
//! A value is made of its number, and one thread sends them all, so a reader knows what comes next.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use aimdb_core::buffer::{
    BufferCfg, HeapBuffer, Reader, RecvTimeoutError, SendError, TryRecvError, flush_blocking, send_blocking,
};
use aimdb_core::pure::{Policy, Start};
use aimdb_core::waiting::{Deadline, SystemClock};
use aimdb_tests::random::Random;

use crate::{Value, with_seeds};

fn soon() -> Deadline {
    SystemClock.after(Duration::from_micros(50))
}

/// Sends the values from `next` on in some way; says with which it would go on, and how many were refused.
fn send<T: Value>(buffer: &HeapBuffer<T>, next: u64, end: u64, random: &mut Random) -> (u64, u64) {
    match random.below(10) {
        0 => match send_blocking(buffer, T::of(next), Deadline::Never) {
            Ok(()) => (next + 1, 0),
            Err(error @ SendError::Full(_)) => {
                assert_eq!(error.into_inner(), T::of(next), "A6: it comes back");
                (next, 1)
            }
            Err(error) => panic!("it is open: {error:?}"),
        },
        1 => match send_blocking(buffer, T::of(next), soon()) {
            Ok(()) => (next + 1, 0),
            Err(SendError::Timeout(value)) => {
                assert_eq!(value, T::of(next), "A6: it comes back");
                (next, 0)
            }
            Err(SendError::Full(_)) => (next, 1),
            Err(error) => panic!("it is open: {error:?}"),
        },
        2 => {
            let most = end.min(next + random.below(100) as u64);
            let mut batch: VecDeque<_> = (next..most).map(T::of).collect();
            let sent = buffer.push_many_at_once(&mut batch) as u64;
            assert_eq!(sent + batch.len() as u64, most - next, "S6");
            (next + sent, 0)
        }
        _ => match buffer.try_push(T::of(next)) {
            Ok(()) => (next + 1, 0),
            Err(error) => {
                assert_eq!(error.into_inner(), T::of(next), "A6: it comes back");
                if random.one_in(4) {
                    thread::yield_now();
                }
                (next, 1)
            }
        },
    }
}

/// Reads from the value with the number `next` on in some way; says how many were read, or that there
/// will be no more.
fn read<T: Value>(reader: &mut Reader<T>, next: u64, random: &mut Random) -> Option<u64> {
    let found = match random.below(12) {
        0 => reader.recv_blocking(Deadline::Never),
        1 => reader.recv_blocking(soon()),
        2 => {
            let mut values = Vec::with_capacity(1 + random.below(70));
            let read = reader.take_more(&mut values, 70) as u64;
            assert!(values.into_iter().eq((next..next + read).map(T::of)), "K6, K7: a batch from {next} on");
            return Some(read);
        }
        _ => reader.try_recv().map_err(|error| match error {
            TryRecvError::Empty => RecvTimeoutError::Timeout,
            TryRecvError::Closed => RecvTimeoutError::Closed,
            error => panic!("nothing is lost: {error:?}"),
        }),
    };
    match found {
        Ok(value) => {
            assert_eq!(value, T::of(next), "K6, K7: each value once, in order");
            Some(1)
        }
        Err(RecvTimeoutError::Timeout) => {
            if random.one_in(4) {
                thread::yield_now();
            }
            Some(0)
        }
        Err(RecvTimeoutError::Closed) => None,
        Err(error) => panic!("nothing is lost: {error:?}"),
    }
}

/// Does all that closes the lane, as often as it comes to it, until the sender has ended.
fn visit<T: Value>(buffer: &HeapBuffer<T>, stays: &Reader<T>, mut random: Random, is_over: &AtomicBool) {
    let mut guest: Option<(Reader<T>, Option<u64>)> = None;
    let rests = random.pick(&[20, 400, 4_000]);
    while !is_over.load(Ordering::Acquire) {
        match random.below(rests + 6) {
            0 => {
                let metrics = buffer.metrics();
                assert!(metrics.occupancy <= metrics.capacity, "K1: {metrics:?}");
                assert_eq!(metrics.counters.overwritten, 0, "{metrics:?}");
            }
            1 => drop(stays.share().expect("a share")),
            2 => {
                let counters = stays.metrics().counters;
                assert_eq!(counters.accepted, counters.delivered + counters.readable, "M1: {counters:?}");
            }
            3 => {
                guest = Some((buffer.reader_from(random.pick(&[Start::Live, Start::Oldest])).expect("a cursor"), None))
            }
            4 => guest = None,
            5 => drop(flush_blocking(buffer, soon())),
            _ => {
                if let Some((reader, delivered)) = &mut guest {
                    // It makes others wait, so it keeps up with them.
                    while let Ok(_value) = reader.try_recv() {
                        *delivered = Some(delivered.unwrap_or_default() + 1);
                    }
                    assert_eq!(reader.metrics().counters.delivered, delivered.unwrap_or_default(), "M1");
                }
                thread::yield_now();
            }
        }
    }
}

fn queue<T: Value>(seed: u64) {
    let mut random = Random::new(seed);
    // Where there are few places, every value has threads wait for each other.
    let (capacity, values) = random.pick(&[(1, 150), (2, 150), (3, 150), (64, 3_000), (1_000, 10_000)]);
    let policy = random.pick(&[Policy::PauseUpstream, Policy::PauseUpstream, Policy::Fail]);
    let cfg = BufferCfg::Bounded { capacity, policy };
    let builder = HeapBuffer::builder(&cfg).first_number(random.pick(&[0, u64::MAX - 20]));
    let buffer = T::build(if random.one_in(2) { builder.eager() } else { builder });
    let mut readers: Vec<_> = (0..random.pick(&[2, 2, 3, 5])).map(|_| buffer.reader().expect("a cursor")).collect();
    let watched = readers[0].share().expect("a share");
    let is_over = AtomicBool::new(false);
    let refused = thread::scope(|scope| {
        let (buffer, is_over) = (&buffer, &is_over);
        let ends: Vec<_> = readers
            .iter_mut()
            .map(|reader| {
                let mut random = random.fork();
                scope.spawn(move || {
                    let mut next = 0;
                    while let Some(read) = read(reader, next, &mut random) {
                        next += read;
                        // Each is the slowest now and then.
                        for _ in 0..if random.one_in(40) { random.below(20) } else { 0 } {
                            thread::yield_now();
                        }
                    }
                    next
                })
            })
            .collect();
        let guest = {
            let random = random.fork();
            scope.spawn(move || visit(buffer, &watched, random, is_over))
        };
        let (mut next, mut refused) = (0, 0);
        while next < values {
            let (then, more) = send(buffer, next, values, &mut random);
            (next, refused) = (then, refused + more);
        }
        is_over.store(true, Ordering::Release);
        guest.join().expect("the guest");
        buffer.close();
        for end in ends {
            assert_eq!(end.join().expect("a reader"), values, "K7: every cursor reads every value");
        }
        refused
    });
    let metrics = buffer.metrics();
    assert_eq!((metrics.counters.accepted, metrics.occupancy), (values, 0));
    assert_eq!(metrics.counters.refused, refused, "M1: refused");
    for reader in &readers {
        let counters = reader.metrics().counters;
        assert_eq!((counters.delivered, counters.lagged, counters.readable), (values, 0, 0), "M1: {counters:?}");
    }
}

macro_rules! queues {
    ($($name:ident: $type:ty,)*) => {$(
        #[test]
        fn $name() {
            with_seeds(stringify!($name), 6, queue::<$type>);
        }
    )*};
}

queues! {
    k5_k7_m1_a_queue_that_several_read_of_values_of_no_bytes: (),
    k5_k7_m1_a_queue_that_several_read_of_bytes: u8,
    k5_k7_m1_a_queue_that_several_read_of_numbers: u64,
    k5_k7_m1_a_queue_that_several_read_of_over_aligned_numbers: u128,
    k5_k7_m1_a_queue_that_several_read_of_a_cache_line: [u64; 8],
    k5_k7_m1_a_queue_that_several_read_of_two_cache_lines: [f64; 16],
    k5_k7_m1_a_queue_that_several_read_of_texts: String,
}
