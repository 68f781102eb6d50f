//! B13: no false Full, no false Empty, nothing out of order, in short overlapping histories.

use std::time::{Duration, Instant};

use aimdb_core::buffer::{
    BufferCfg, HeapBuffer, Reader, RecvTimeoutError, SendError, TryProduceError, TryRecvError, send_blocking,
};
use aimdb_core::pure::Policy;
use aimdb_core::waiting::{Deadline, SystemClock};
use aimdb_tests::linearize::{Call, Queue, record};
use aimdb_tests::watchdog::within;
use parking_lot::Mutex;

/// A `Bounded` record and a share of its cursor for each thread.
struct Record {
    buffer: HeapBuffer<u64>,
    /// Each is used by one thread only.
    readers: Vec<Mutex<Reader<u64>>>,
}

fn deadline(choice: usize) -> Deadline {
    if choice == 3 { Deadline::At(0) } else { SystemClock.after(Duration::from_micros(30)) }
}

impl Queue for Record {
    fn send(&self, value: u64, choice: usize) -> Call {
        if choice < 2 {
            return match self.buffer.try_push(value) {
                Ok(()) => Call::Sent(value),
                Err(TryProduceError::Full(_)) => Call::Full,
                Err(TryProduceError::Closed(_)) => panic!("nobody closes"),
            };
        }
        match send_blocking(&self.buffer, value, deadline(choice)) {
            Ok(()) => Call::Sent(value),
            Err(SendError::Timeout(_)) => Call::GaveUp,
            Err(SendError::Full(_)) => Call::Full,
            Err(error) => panic!("{error:?}"),
        }
    }

    fn receive(&self, thread: usize, choice: usize) -> Call {
        let mut reader = self.readers[thread].lock();
        if choice < 2 {
            return match reader.try_recv() {
                Ok(value) => Call::Received(value),
                Err(TryRecvError::Empty) => Call::Empty,
                Err(error) => panic!("{error:?}"),
            };
        }
        match reader.recv_blocking(deadline(choice)) {
            Ok(value) => Call::Received(value),
            Err(RecvTimeoutError::Timeout) => Call::GaveUp,
            Err(error) => panic!("{error:?}"),
        }
    }
}

/// `plain` data is copied under the lock, where there is a shorter way.
fn new(capacity: usize, policy: Policy, threads: usize, plain: bool) -> Record {
    let builder = HeapBuffer::builder(&BufferCfg::Bounded { capacity, policy });
    let buffer = if plain { builder.build_plain() } else { builder.build() }.expect("a buffer");
    let first = buffer.reader().expect("a cursor");
    let readers = (0..threads).map(|_| Mutex::new(first.share().expect("a share"))).collect();
    Record { buffer, readers }
}

fn check(capacity: usize, policy: Policy, threads: usize) {
    const BUDGET: Duration = Duration::from_millis(1_000);
    within(60, "b13_short_histories_are_linearizable", || {
        let begin = Instant::now();
        let mut seed = 1;
        while begin.elapsed() < BUDGET {
            let queues: Vec<_> = (0..200).map(|round| new(capacity, policy, threads, round % 2 == 0)).collect();
            for history in record(&queues, capacity, threads, 12 / threads + 2, seed) {
                history.check().unwrap_or_else(|error| panic!("{error}"));
            }
            seed += 1;
        }
    });
}

#[test]
fn b13_short_histories_of_two_threads_are_linearizable() {
    for capacity in 1..=3 {
        check(capacity, Policy::PauseUpstream, 2);
    }
}

#[test]
fn b13_short_histories_of_four_threads_are_linearizable() {
    for capacity in 1..=3 {
        check(capacity, Policy::PauseUpstream, 4);
    }
}

#[test]
fn b13_short_histories_are_linearizable_when_a_full_record_fails() {
    check(1, Policy::Fail, 3);
}
