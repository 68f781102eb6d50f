//! More cursors than a lane always has open: those who read have their doors in it, the others come and go, while
//! it is closed and opened for what somebody else asks.

use std::thread;

use aimdb_core::buffer::{BufferCfg, HeapBuffer, Reader, TryRecvError};
use aimdb_tests::random::Random;

use crate::{Value, with_seeds};

/// A reader, what it got, and what it was told that it missed.
struct Standing<T: Send + 'static> {
    reader: Reader<T>,
    delivered: u64,
    missed: u64,
    has_ended: bool,
}

impl<T: Value> Standing<T> {
    /// Tries so often to read.
    fn read(&mut self, tries: usize) {
        for _ in 0..tries {
            match self.reader.try_recv() {
                Ok(value) => {
                    let number = self.delivered + self.missed;
                    assert_eq!(value, T::of(number), "each value whole, in order, and none missed in silence");
                    self.delivered += 1;
                }
                Err(TryRecvError::Lagged(lag)) => self.missed += lag,
                Err(TryRecvError::Empty) => return thread::yield_now(),
                Err(_) => {
                    self.has_ended = true;
                    return;
                }
            }
        }
    }
}

/// A few of these read on, the others now and then.
fn read_all<T: Value>(buffer: &HeapBuffer<T>, cursors: &mut [Standing<T>], mut random: Random) {
    // Bounded by the close, behind which each turn brings one nearer to its end.
    while cursors.iter().any(|cursor| !cursor.has_ended) {
        let at = if random.one_in(8) { random.below(cursors.len()) } else { random.below(3) };
        cursors[at].read(random.pick(&[1, 5, 100]));
        if random.one_in(50) {
            // Closes the lane.
            let metrics = buffer.metrics();
            assert_eq!(metrics.counters.accepted, metrics.counters.overwritten + metrics.occupancy as u64, "M1");
        }
    }
}

fn many<T: Value>(seed: u64, values: u64) {
    let mut random = Random::new(seed);
    let cfg = BufferCfg::SpmcRing { capacity: random.pick(&[1, 3, 64]) };
    let builder = HeapBuffer::builder(&cfg).first_number(random.pick(&[0, u64::MAX - 20]));
    let buffer = T::build(if random.one_in(2) { builder.eager() } else { builder });
    let stand = |_| Standing { reader: buffer.reader().expect("a cursor"), delivered: 0, missed: 0, has_ended: false };
    let mut cursors: Vec<_> = (0..random.pick(&[60, 66, 150])).map(stand).collect();
    let half = cursors.len() / 2;
    thread::scope(|scope| {
        for part in cursors.chunks_mut(half) {
            let (buffer, random) = (&buffer, random.fork());
            scope.spawn(move || read_all(buffer, part, random));
        }
        let rests = random.pick(&[8, 200, 100_000]);
        for number in 0..values {
            buffer.push(T::of(number));
            if random.one_in(rests) {
                thread::yield_now();
            }
        }
        buffer.close();
    });
    for cursor in &cursors {
        let counters = cursor.reader.metrics().counters;
        assert_eq!(cursor.delivered + cursor.missed, values, "every value is read or told of");
        assert_eq!(
            (counters.delivered, counters.lagged, counters.readable),
            (cursor.delivered, cursor.missed, 0),
            "M1"
        );
    }
    let counters = buffer.metrics().counters;
    assert_eq!(counters.delivered, cursors.iter().map(|cursor| cursor.delivered).sum::<u64>(), "M1");
    assert_eq!(counters.accepted, values);
}

#[test]
fn k3_m1_numbers_among_many_cursors() {
    with_seeds("numbers among many", 6, |seed| many::<u64>(seed, 3_000));
}

#[test]
fn k3_m1_plain_data_among_many_cursors() {
    with_seeds("plain data among many", 6, |seed| many::<[u64; 8]>(seed, 3_000));
}

#[test]
fn k3_m1_texts_among_many_cursors() {
    with_seeds("texts among many", 4, |seed| many::<String>(seed, 1_000));
}
