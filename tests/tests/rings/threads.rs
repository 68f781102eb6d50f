//! Threads that write, read, peek and look on as they come: what is read is whole and in order, what
//! is missed is told, and what happened is what is counted.
//!
//! A value is made of its number, so a reader that counts what it got and what it missed knows what
//! comes next.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Barrier, OnceLock};
use std::thread;

use aimdb_core::buffer::{Buffer, BufferCfg, BufferMetrics, HeapBuffer, Reader, RecvTimeoutError, TryRecvError};
use aimdb_core::pure::{Kind, Start};
use aimdb_core::waiting::{Deadline, SystemClock};
use aimdb_tests::random::Random;

use crate::{Slow, Value, with_seeds};

/// What one reader has seen, and what was counted for it.
struct Seen {
    delivered: u64,
    told: u64,
    last: Option<u64>,
}

/// How a reader comes to its values.
#[derive(Debug, Clone, Copy)]
enum Way {
    Blocks,
    Tries,
    /// Either, as the random numbers have it.
    Both,
    /// Tries, and now and then leaves the writer alone for so long that nobody looks for a while.
    Rests,
}

fn buffer<T: Value>(cfg: BufferCfg, first_number: u64) -> HeapBuffer<T> {
    T::build(HeapBuffer::builder(&cfg).first_number(first_number))
}

/// The next value, a lag of 0 for none yet, and `None` at the end.
fn step<T: Value>(reader: &mut Reader<T>, way: Way, random: &mut Random) -> Option<Result<T, u64>> {
    let blocks = match way {
        Way::Blocks => true,
        Way::Tries => false,
        Way::Both => random.one_in(3),
        Way::Rests => {
            let turns = if random.one_in(32) { random.pick(&[1, 100, 1000]) } else { 0 };
            (0..turns).for_each(|_| thread::yield_now());
            false
        }
    };
    if blocks {
        let until =
            if random.one_in(2) { Deadline::Never } else { SystemClock.after(std::time::Duration::from_micros(50)) };
        return match reader.recv_blocking(until) {
            Ok(value) => Some(Ok(value)),
            Err(RecvTimeoutError::Lagged(lag)) => Some(Err(lag)),
            Err(RecvTimeoutError::Timeout) => Some(Err(0)),
            Err(_) => None,
        };
    }
    match reader.try_recv() {
        Ok(value) => Some(Ok(value)),
        Err(TryRecvError::Lagged(lag)) => {
            assert!(lag > 0, "a lag is of one value at least");
            Some(Err(lag))
        }
        Err(TryRecvError::Empty) => {
            if random.one_in(4) {
                thread::yield_now();
            }
            Some(Err(0))
        }
        Err(_) => None,
    }
}

/// What must be true of any snapshot of a record that overwrites and is not aborted.
fn check(metrics: &BufferMetrics) {
    let counters = metrics.counters;
    assert!(metrics.occupancy <= metrics.capacity, "M2: {metrics:?}");
    assert_eq!(counters.accepted, counters.overwritten + metrics.occupancy as u64, "M1: {metrics:?}");
    assert_eq!((counters.refused * u64::from(!metrics.closed), counters.timed_out, counters.blocked), (0, 0, 0), "S2");
}

/// What is left to say of a cursor that has read to the end.
fn check_cursor<T: Value>(reader: &Reader<T>, accepted: u64) {
    let counters = reader.metrics().counters;
    assert_eq!(counters.accepted, accepted, "M1: {counters:?}");
    assert_eq!(counters.delivered + counters.lagged + counters.skipped, accepted, "M1: {counters:?}");
    assert_eq!(counters.readable, 0, "M1: {counters:?}");
}

/// Reads a ring to its end.
fn read_ring<T: Value>(reader: &mut Reader<T>, way: Way, mut random: Random) -> Seen {
    let mut seen = Seen { delivered: 0, told: 0, last: None };
    while let Some(step) = step(reader, way, &mut random) {
        match step {
            Ok(value) => {
                let number = seen.delivered + seen.told;
                assert_eq!(value, T::of(number), "each value whole, in order, and none missed in silence");
                seen.delivered += 1;
                seen.last = Some(number);
            }
            Err(lag) => seen.told += lag,
        }
    }
    seen
}

/// One writer, and readers with cursors of their own, from the first value to the last.
fn ring<T: Value>(seed: u64, values: u64) {
    let mut random = Random::new(seed);
    let capacity = random.pick(&[1, 3, 64]);
    let buffer = buffer::<T>(BufferCfg::SpmcRing { capacity }, random.pick(&[0, u64::MAX - 20]));
    let mut readers: Vec<_> = (0..random.pick(&[1, 2, 4])).map(|_| buffer.reader().expect("a cursor")).collect();
    let start = Barrier::new(readers.len() + 1);
    thread::scope(|scope| {
        let ends: Vec<_> = readers
            .iter_mut()
            .map(|reader| {
                let (way, random, start) =
                    (random.pick(&[Way::Blocks, Way::Tries, Way::Both, Way::Rests]), random.fork(), &start);
                scope.spawn(move || {
                    start.wait();
                    (read_ring(reader, way, random), way)
                })
            })
            .collect();
        start.wait();
        write(&buffer, values, &mut random);
        for end in ends {
            let (seen, way) = end.join().expect("a reader");
            assert_eq!(seen.delivered + seen.told, values, "every value is read or told of, {way:?}");
            assert_eq!(seen.last, Some(values - 1), "the last one is read, {way:?}");
        }
    });
    readers.iter().for_each(|reader| check_cursor(reader, values));
    finish(&buffer, &readers, values);
}

/// Publishes the values, resting now and then, and closes.
fn write<T: Value>(buffer: &HeapBuffer<T>, values: u64, random: &mut Random) {
    let rests = random.pick(&[8, 200, 100_000]);
    for number in 0..values {
        buffer.push(T::of(number));
        if random.one_in(rests) {
            thread::yield_now();
        }
    }
    buffer.close();
}

fn finish<T: Value>(buffer: &HeapBuffer<T>, readers: &[Reader<T>], values: u64) {
    let metrics = buffer.metrics();
    check(&metrics);
    let sum = |count: fn(&Reader<T>) -> u64| readers.iter().map(count).sum::<u64>();
    assert_eq!(metrics.counters.accepted, values);
    assert_eq!(metrics.occupancy as u64, values.min(metrics.capacity as u64), "what is read is retained");
    assert_eq!(metrics.counters.delivered, sum(|reader| reader.metrics().counters.delivered));
    assert_eq!(metrics.counters.lagged, sum(|reader| reader.metrics().counters.lagged));
}

/// One writer of the latest value, readers, and two who peek.
fn latest(seed: u64, values: u64) {
    let mut random = Random::new(seed);
    let buffer = buffer::<[u64; 8]>(BufferCfg::SingleLatest, random.pick(&[0, u64::MAX - 20]));
    let mut readers: Vec<_> = (0..random.pick(&[1, 2, 4])).map(|_| buffer.reader().expect("a cursor")).collect();
    let start = Barrier::new(readers.len() + 3);
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let ends: Vec<_> = readers
            .iter_mut()
            .map(|reader| {
                let (way, mut random, start) =
                    (random.pick(&[Way::Blocks, Way::Tries, Way::Both]), random.fork(), &start);
                scope.spawn(move || {
                    start.wait();
                    let (mut last, mut delivered) = (None, 0);
                    while let Some(step) = step(reader, way, &mut random) {
                        match step {
                            Ok(value) => {
                                assert_eq!(value, [value[0]; 8], "whole");
                                assert!(last < Some(value[0]), "newer than {last:?}: {value:?}");
                                last = Some(value[0]);
                                delivered += 1;
                            }
                            Err(lag) => assert_eq!(lag, 0, "of the latest value nobody is told what came before"),
                        }
                    }
                    assert_eq!(last, Some(values - 1), "everybody sees the last value");
                    assert_eq!(reader.metrics().counters.delivered, delivered);
                })
            })
            .collect();
        for _ in 0..2 {
            let (buffer, start, is_over, mut random) = (&buffer, &start, &is_over, random.fork());
            scope.spawn(move || {
                start.wait();
                let mut last = None;
                while !is_over.load(Ordering::Acquire) {
                    let now = buffer.peek().map(|value| {
                        assert_eq!(value, [value[0]; 8], "whole");
                        value[0]
                    });
                    assert!(last <= now, "no peek goes back from {last:?} to {now:?}");
                    last = now;
                    if random.one_in(16) {
                        thread::yield_now();
                    }
                }
                assert_eq!(buffer.peek().map(|value| value[0]), Some(values - 1));
            });
        }
        start.wait();
        write(&buffer, values, &mut random);
        is_over.store(true, Ordering::Release);
        ends.into_iter().for_each(|end| end.join().expect("a reader"));
    });
    readers.iter().for_each(|reader| check_cursor(reader, values));
    finish(&buffer, &readers, values);
}

/// A value of one of several writers: who, its number there, and a check of both.
type Signed = [u64; 8];

fn sign(writer: u64, number: u64) -> Signed {
    let check = (writer << 56 | number).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    [writer, number, check, !check, check, !check, check, !check]
}

/// The order of a record's values as its cursors see it: whoever comes to a number first says which
/// value it is.
struct Order(Vec<AtomicU64>);

impl Order {
    fn agree(&self, number: u64, value: &Signed) {
        let Some(place) = self.0.get(usize::try_from(number).unwrap_or(usize::MAX)) else {
            panic!("there is no value {number}")
        };
        if let Err(other) = place.compare_exchange(0, value[2], Ordering::Relaxed, Ordering::Relaxed) {
            assert_eq!(other, value[2], "K6: one order on every cursor, at {number}");
        }
    }
}

/// The newest value of each writer that a reader has seen.
#[derive(Default)]
struct Newest([Option<u64>; WRITERS]);

impl Newest {
    /// K6: a writer's values are seen in the order sent.
    fn see(&mut self, value: &Signed) {
        assert_eq!(*value, sign(value[0], value[1]), "whole");
        let last = &mut self.0[usize::try_from(value[0]).expect("a writer")];
        assert!(*last < Some(value[1]), "K6: {value:?} after {last:?}");
        *last = Some(value[1]);
    }
}

const WRITERS: usize = 3;

/// Readers that stay and writers that write, while others come, share, skip, peek, force and count.
fn crowd(seed: u64, values: u64) {
    let mut random = Random::new(seed);
    let capacity = random.pick(&[1, 3, 64]);
    let cfg =
        random.pick(&[BufferCfg::SpmcRing { capacity }, BufferCfg::SpmcRing { capacity }, BufferCfg::SingleLatest]);
    let buffer = buffer::<Signed>(cfg, random.pick(&[0, u64::MAX - 20]));
    let tells = cfg.kind() == Kind::SpmcRing;
    let writers = 1 + random.below(2) as u64;
    let mut readers: Vec<_> = (0..1 + random.below(2)).map(|_| buffer.reader().expect("a cursor")).collect();
    // The guest forces, too.
    let order = Order((0..values * (writers + 1)).map(|_| AtomicU64::new(0)).collect());
    let is_over = AtomicBool::new(false);
    let forced = OnceLock::new();
    let start = Barrier::new(readers.len() + 1 + usize::try_from(writers).expect("a few"));
    thread::scope(|scope| {
        let (buffer, order, start, is_over) = (&buffer, &order, &start, &is_over);
        let ends: Vec<_> = readers
            .iter_mut()
            .map(|reader| {
                let (way, mut random) = (random.pick(&[Way::Blocks, Way::Tries, Way::Both]), random.fork());
                scope.spawn(move || {
                    start.wait();
                    let (mut newest, mut number) = (Newest::default(), 0);
                    while let Some(step) = step(reader, way, &mut random) {
                        match step {
                            Ok(value) => {
                                newest.see(&value);
                                if tells {
                                    order.agree(number, &value);
                                }
                                number += 1;
                            }
                            Err(lag) => number += lag,
                        }
                    }
                    number
                })
            })
            .collect();
        let guest = {
            let (random, forced) = (random.fork(), &forced);
            scope.spawn(move || {
                start.wait();
                let _ = forced.set(visit(buffer, random, is_over, values));
            })
        };
        let writing: Vec<_> = (0..writers)
            .map(|writer| {
                let mut random = random.fork();
                scope.spawn(move || {
                    start.wait();
                    let rests = random.pick(&[8, 200, 100_000]);
                    for number in 0..values {
                        buffer.push(sign(writer, number));
                        if random.one_in(rests) {
                            thread::yield_now();
                        }
                    }
                })
            })
            .collect();
        writing.into_iter().for_each(|one| one.join().expect("a writer"));
        is_over.store(true, Ordering::Release);
        guest.join().expect("the guest");
        buffer.close();
        let accepted = values * writers + forced.get().copied().unwrap_or_default();
        for end in ends {
            let number = end.join().expect("a reader");
            assert!(number == accepted || !tells, "every value is read or told of: {number} of {accepted}");
        }
        let metrics = buffer.metrics();
        check(&metrics);
        assert_eq!(metrics.counters.accepted, accepted);
    });
    let accepted = buffer.metrics().counters.accepted;
    readers.iter().for_each(|reader| check_cursor(reader, accepted));
}

/// Does all that closes the lane, until the writers have ended; says how many values it forced in.
fn visit(buffer: &HeapBuffer<Signed>, mut random: Random, is_over: &AtomicBool, most: u64) -> u64 {
    const FORCES: u64 = WRITERS as u64 - 1;
    let (mut forced, mut last) = (0, BufferMetrics::default());
    let mut guests: Vec<(Reader<Signed>, Newest)> = Vec::new();
    while !is_over.load(Ordering::Acquire) {
        match random.below(12) {
            0 => {
                let metrics = buffer.metrics();
                check(&metrics);
                let (now, before) = (metrics.counters, last.counters);
                assert!(now.accepted >= before.accepted && now.overwritten >= before.overwritten, "counts only grow");
                assert!(now.delivered >= before.delivered && now.lagged >= before.lagged, "counts only grow");
                last = metrics;
            }
            1 if guests.len() < 4 => {
                let start = random.pick(&[Start::Live, Start::Oldest]);
                guests.push((buffer.reader_from(start).expect("a cursor"), Newest::default()));
            }
            2 if !guests.is_empty() => drop(guests.remove(random.below(guests.len()))),
            3 if !guests.is_empty() && guests.len() < 4 => {
                // It is of the same cursor, so it sees only what is newer than what that one saw.
                let (reader, newest) = &guests[random.below(guests.len())];
                let share = (reader.share().expect("a share"), Newest(newest.0));
                guests.push(share);
            }
            4 if forced < most => {
                if let Ok(Some(displaced)) = buffer.force_push(sign(FORCES, forced)) {
                    assert_eq!(displaced, sign(displaced[0], displaced[1]), "whole");
                }
                forced += 1;
            }
            5 => {
                if let Some(value) = buffer.peek() {
                    assert_eq!(value, sign(value[0], value[1]), "whole");
                }
            }
            6 => {
                for (reader, newest) in guests.iter_mut().take(1) {
                    if let Ok(value) = reader.try_latest() {
                        newest.see(&value);
                    }
                    let counters = reader.metrics().counters;
                    let sum = counters.delivered + counters.lagged + counters.skipped + counters.readable;
                    assert_eq!(counters.accepted, sum, "M1: {counters:?}");
                }
            }
            _ => {
                // A lane is worth opening again when much was carried.
                for (reader, newest) in &mut guests {
                    for _ in 0..random.below(20) {
                        if let Ok(value) = reader.try_recv() {
                            newest.see(&value);
                        }
                    }
                }
                thread::yield_now();
            }
        }
    }
    forced
}

macro_rules! rings {
    ($($name:ident: $type:ty,)*) => {$(
        #[test]
        fn $name() {
            with_seeds(stringify!($name), 4, |seed| ring::<$type>(seed, 2_000));
        }
    )*};
}

rings! {
    k3_m1_a_ring_of_values_of_no_bytes: (),
    k3_m1_a_ring_of_bytes: u8,
    k3_m1_a_ring_of_half_words: u16,
    k3_m1_a_ring_of_words: u32,
    k3_m1_a_ring_of_numbers: u64,
    k3_m1_a_ring_of_over_aligned_numbers: u128,
    k3_m1_a_ring_of_many_bytes: [u8; 13],
    k3_m1_a_ring_of_many_half_words: [u16; 5],
    k3_m1_a_ring_of_many_words: [u32; 3],
    k3_m1_a_ring_of_two_cache_lines: [f64; 16],
    k3_k7_m1_a_ring_of_texts: String,
    k3_k7_m1_a_ring_of_shared_pointers: Arc<u64>,
    k3_k7_m1_a_ring_of_values_that_are_cloned_slowly: Slow,
}

#[test]
fn k3_k6_m1_every_value_of_a_ring_is_whole_and_in_order_or_told_of() {
    with_seeds("ring", 6, |seed| ring::<[u64; 8]>(seed, 10_000));
}

#[test]
fn k6_m1_the_latest_value_is_whole_and_never_goes_back() {
    with_seeds("latest", 6, |seed| latest(seed, 3_000));
}

#[test]
fn k6_m1_c1_a_ring_amid_a_crowd() {
    with_seeds("crowd", 8, |seed| crowd(seed, 3_000));
}

/// A thread that waits looks for a value first; what it finds then may be a lag.
#[test]
fn k3_a_blocking_reader_is_told_its_lag() {
    let buffer = buffer::<u64>(BufferCfg::SpmcRing { capacity: 3 }, 0);
    let mut reader = buffer.reader().expect("a cursor");
    (0..10).for_each(|number| buffer.push(number));
    assert_eq!(reader.recv_blocking(Deadline::Never), Err(RecvTimeoutError::Lagged(7)));
    assert_eq!(reader.recv_blocking(Deadline::Never), Ok(7));
}
