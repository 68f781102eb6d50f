//! What is allocated: while nothing happens, and for each message.

use std::time::Duration;
use std::{mem, thread};

use super::two_threads::there_and_back;
use super::{ends_of, threads::two_threads};
use crate::counting::count;
use crate::link::{Link, Records};
use crate::measure::Probe;
use crate::payload::Payload;

/// How many records are made, so that what they share does not count; and how many readers, of which
/// nobody has thousands.
const RECORDS: usize = 1024;
const READERS: usize = 16;

/// How long a database is given to finish what it does after it was made.
const SETTLING: Duration = Duration::from_millis(50);

/// How many messages are sent.
const SENT: u64 = 10_000;

/// The bytes that one more record takes that nobody uses.
pub fn bytes_per_record<T: Payload, L: Records<T>>(capacity: usize) -> Probe {
    Box::new(move || per_one(RECORDS, |records| L::idle(capacity, records)))
}

/// The bytes that one more reader takes that does not read.
pub fn bytes_per_reader<T: Payload, L: Link<T>>(capacity: usize) -> Probe {
    Box::new(move || per_one(READERS, |readers| L::open(capacity, readers)))
}

/// What one more costs where there are `number` and where there are twice as many: powers of two,
/// because what grows by doubling then has no more than it needs.
fn per_one<R>(number: usize, make: impl Fn(usize) -> R) -> f64 {
    let bytes = |number| {
        // Another row may still be ending on a thread of its own.
        thread::sleep(SETTLING);
        let (made, allocated) = count(|| {
            let made = make(number);
            thread::sleep(SETTLING);
            made
        });
        // What a database frees as it ends, on a thread of its own, would be counted with the next.
        mem::forget(made);
        allocated.bytes
    };
    (bytes(2 * number) - bytes(number)) as f64 / number as f64
}

/// How often memory is asked for, for a value in and out that does not wait.
pub fn allocations<T: Payload, L: Link<T>>(capacity: usize) -> Probe {
    let mut ends = L::open(capacity, 1);
    Box::new(move || {
        let (sender, reader) = ends_of(&mut ends);
        let mut run = || {
            for tag in 0..SENT {
                L::send(sender, T::tagged(tag));
                assert_eq!(L::recv(reader).tag(), tag);
            }
        };
        run();
        count(run).1.calls as f64 / SENT as f64
    })
}

/// The same for a value that goes to another thread and one that comes back, for each of the two;
/// both threads wait.
pub fn allocations_waiting<T: Payload, L: Link<T>>(capacity: usize) -> Probe {
    let mut ping_pong = there_and_back::<T, L>(capacity, two_threads);
    Box::new(move || {
        ping_pong(SENT / 10);
        let mut calls = |messages| count(|| ping_pong(messages)).1.calls as f64;
        // Starting the thread allocates, too: what is the same for few and for many is not counted.
        let few = calls(SENT / 10);
        (calls(SENT) - few).max(0.0) / (2 * (SENT - SENT / 10)) as f64
    })
}
