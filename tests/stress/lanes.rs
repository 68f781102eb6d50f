//! The ends of a record that pass values without the lock, and others who close the lane under them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use aimdb_core::buffer::{BufferCfg, HeapBuffer, Reader, TryRecvError, send_blocking};
use aimdb_core::pure::{Policy, Start};
use aimdb_core::waiting::{Deadline, SystemClock};
use aimdb_tests::random::Random;

const EACH: u64 = 2_000;

/// What the values of a record are to tell whether they are whole.
struct Payload<T> {
    make: fn(u64) -> T,
    is_whole: fn(&T) -> bool,
}

/// Passes values through lanes of each kind; says how many were read.
pub(crate) fn pass(random: &mut Random) -> u64 {
    let mut read = 0;
    for capacity in [1, 64] {
        let queue = BufferCfg::Bounded { capacity, policy: Policy::PauseUpstream };
        // Memory without any lock or atomic, written before the send and read after the receive.
        let boxed = Payload {
            make: |n| Box::new([n, n + 1, n + 2, n + 3]),
            is_whole: |value| value.iter().sum::<u64>() == value[0] * 4 + 6,
        };
        read += crowd(&HeapBuffer::new(&queue).expect("a buffer"), 1, &boxed, random);
        let plain = Payload { make: |n| [n; 8], is_whole: |value| value.iter().all(|word| *word == value[0]) };
        let ring = BufferCfg::SpmcRing { capacity };
        for (cfg, cursors) in [(queue, 1), (queue, 2), (queue, 3), (ring, 2), (BufferCfg::SingleLatest, 2)] {
            let buffer: HeapBuffer<[u64; 8]> = HeapBuffer::builder(&cfg).build_plain().expect("a buffer");
            read += crowd(&buffer, cursors, &plain, random);
        }
        // Memory that is freed with the value, and read by whoever clones it.
        let text = Payload {
            make: |n| n.to_string(),
            is_whole: |value: &String| value.bytes().all(|digit| digit.is_ascii_digit()),
        };
        for cfg in [BufferCfg::SpmcRing { capacity }, BufferCfg::SingleLatest] {
            read += crowd(&HeapBuffer::new(&cfg).expect("a buffer"), 2, &text, random);
        }
    }
    read
}

/// One who sends, readers with cursors of their own, and a guest who closes the lane in every way.
fn crowd<T: Send + 'static>(buffer: &HeapBuffer<T>, cursors: usize, payload: &Payload<T>, random: &mut Random) -> u64 {
    let is_over = AtomicBool::new(false);
    let readers: Vec<_> = (0..cursors).map(|_| buffer.reader().expect("a cursor")).collect();
    thread::scope(|scope| {
        let is_over = &is_over;
        let readers: Vec<_> = readers
            .into_iter()
            .map(|reader| {
                let random = random.fork();
                scope.spawn(move || drain(buffer, reader, payload, random))
            })
            .collect();
        let guest = {
            let random = random.fork();
            scope.spawn(move || visit(buffer, payload, random, is_over))
        };
        let sender = scope.spawn(move || {
            for n in 0..EACH {
                let _ = send_blocking(buffer, (payload.make)(n), Deadline::Never);
            }
        });
        sender.join().expect("a sender");
        is_over.store(true, Ordering::Release);
        guest.join().expect("a guest");
        buffer.close();
        readers.into_iter().map(|reader| reader.join().expect("a reader")).sum()
    })
}

fn drain<T: Send + 'static>(
    buffer: &HeapBuffer<T>,
    mut reader: Reader<T>,
    payload: &Payload<T>,
    mut random: Random,
) -> u64 {
    let mut read = 0;
    loop {
        if random.one_in(4) {
            assert!(buffer.peek().is_none_or(|value| (payload.is_whole)(&value)));
        }
        match reader.try_recv() {
            Ok(value) => {
                assert!((payload.is_whole)(&value));
                read += 1;
            }
            Err(TryRecvError::Closed) => return read,
            Err(TryRecvError::Empty) if random.one_in(4) => {
                let wait = SystemClock.after(Duration::from_micros(50));
                read += u64::from(reader.recv_blocking(wait).is_ok_and(|value| (payload.is_whole)(&value)));
            }
            Err(_) => thread::yield_now(),
        }
    }
}

/// Counts, peeks, sends, and comes and goes as a reader.
fn visit<T: Send + 'static>(buffer: &HeapBuffer<T>, payload: &Payload<T>, mut random: Random, is_over: &AtomicBool) {
    while !is_over.load(Ordering::Acquire) {
        match random.below(40) {
            0 | 1 => {
                let metrics = buffer.metrics();
                assert!(metrics.occupancy <= metrics.capacity, "M2: {metrics:?}");
            }
            2 => drop(buffer.try_push((payload.make)(random.next_u64() >> 8))),
            3 => assert!(buffer.peek().is_none_or(|value| (payload.is_whole)(&value))),
            4 => {
                let mut guest = buffer.reader_from(Start::Oldest).expect("a cursor");
                for _ in 0..random.below(8) {
                    assert!(guest.try_recv().map_or(true, |value| (payload.is_whole)(&value)));
                }
            }
            _ => thread::yield_now(),
        }
    }
}
