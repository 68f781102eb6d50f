//! Questions to one thread, which is alone with the link.

use std::collections::VecDeque;
use std::hint::black_box;
use std::time::Duration;

use super::{BATCH, ends_of, whole};
use crate::clock::{Clock, time};
use crate::link::{Link, Peek};
use crate::measure::Timed;
use crate::payload::Payload;

/// One value in and out again, with the calls that never wait.
pub fn try_pair<T: Payload, L: Link<T>>(capacity: usize) -> Timed {
    let mut ends = L::open(capacity, 1);
    Box::new(move |count| {
        let (sender, reader) = ends_of(&mut ends);
        time(Clock::ThreadCpu, || {
            for tag in 0..count {
                assert!(L::try_send(sender, black_box(T::tagged(tag))), "there is space");
                let value = L::try_recv(reader).expect("the value that was just sent");
                assert_eq!(black_box(value).tag(), tag);
            }
        })
    })
}

/// One value in and out again, with the calls that would wait; they never have to.
pub fn pair<T: Payload, L: Link<T>>(capacity: usize) -> Timed {
    let mut ends = L::open(capacity, 1);
    Box::new(move |count| {
        let (sender, reader) = ends_of(&mut ends);
        time(Clock::ThreadCpu, || {
            for tag in 0..count {
                L::send(sender, black_box(T::tagged(tag)));
                assert_eq!(black_box(L::recv(reader)).tag(), tag);
            }
        })
    })
}

/// Publishing while `readers` readers exist and none of them reads: the old is overwritten.
pub fn publish<T: Payload, L: Link<T>>(capacity: usize, readers: usize) -> Timed {
    let mut ends = L::open(capacity, readers);
    Box::new(move |count| {
        let sender = &mut whole(&mut ends).sender;
        time(Clock::ThreadCpu, || {
            for tag in 0..count {
                L::send(sender, black_box(T::tagged(tag)));
            }
        })
    })
}

/// Sending into free space; what was sent is read outside the clock whenever the link is full.
pub fn fill<T: Payload, L: Link<T>>(capacity: usize, readers: usize) -> Timed {
    let mut ends = L::open(capacity, readers);
    Box::new(move |count| {
        let ends = whole(&mut ends);
        in_parts(count, capacity, |part| {
            let took = time(Clock::ThreadCpu, || {
                for tag in 0..part {
                    L::send(&mut ends.sender, black_box(T::tagged(tag)));
                }
            });
            L::drain(ends);
            took
        })
    })
}

/// Reading what is there; it is sent outside the clock.
pub fn read<T: Payload, L: Link<T>>(capacity: usize) -> Timed {
    let mut ends = L::open(capacity, 1);
    Box::new(move |count| {
        let (sender, reader) = ends_of(&mut ends);
        in_parts(count, capacity, |part| {
            for tag in 0..part {
                assert!(L::try_send(sender, T::tagged(tag)), "there is space");
            }
            time(Clock::ThreadCpu, || {
                for tag in 0..part {
                    let value = L::try_recv(reader).expect("a value that was sent before");
                    assert_eq!(black_box(value).tag(), tag);
                }
            })
        })
    })
}

/// Looking at the current value, again and again.
pub fn peek<T: Payload, L: Peek<T>>() -> Timed {
    let mut ends = L::open(1, 1);
    L::send(&mut ends.sender, T::tagged(7));
    Box::new(move |count| {
        let reader = &mut whole(&mut ends).readers[0];
        time(Clock::ThreadCpu, || {
            for _ in 0..count {
                assert_eq!(L::peek(black_box(reader)).tag(), 7);
            }
        })
    })
}

/// [`BATCH`] values in and [`BATCH`] out again, in the fewest calls that the contestant has. The
/// time is that of one value.
pub fn batch<T: Payload, L: Link<T>>(capacity: usize) -> Timed {
    let mut ends = L::open(capacity, 1);
    let (mut out, mut back) = (VecDeque::with_capacity(BATCH), Vec::with_capacity(BATCH));
    Box::new(move |count| {
        let (sender, reader) = ends_of(&mut ends);
        let took = time(Clock::ThreadCpu, || {
            for _ in 0..count.div_ceil(BATCH as u64) {
                out.extend((0..BATCH as u64).map(T::tagged));
                L::send_many(sender, black_box(&mut out));
                L::recv_many(reader, &mut back, BATCH);
                assert_eq!(black_box(&back).len(), BATCH);
                back.clear();
            }
        });
        took.mul_f64(count as f64 / (count.div_ceil(BATCH as u64) * BATCH as u64) as f64)
    })
}

/// A value that is refused because the link is full.
pub fn full<T: Payload, L: Link<T>>(capacity: usize) -> Timed {
    let mut ends = L::open(capacity, 1);
    // Ends: some keep a few more than they are asked for, none keeps all.
    while L::try_send(&mut ends.sender, T::tagged(0)) {}
    Box::new(move |count| {
        let sender = &mut whole(&mut ends).sender;
        time(Clock::ThreadCpu, || {
            for tag in 0..count {
                assert!(!L::try_send(sender, black_box(T::tagged(tag))), "the link is full");
            }
        })
    })
}

/// A look into a link that is empty.
pub fn empty<T: Payload, L: Link<T>>(capacity: usize) -> Timed {
    let mut ends = L::open(capacity, 1);
    Box::new(move |count| {
        let reader = &mut whole(&mut ends).readers[0];
        time(Clock::ThreadCpu, || {
            for _ in 0..count {
                assert!(L::try_recv(black_box(reader)).is_none(), "the link is empty");
            }
        })
    })
}

/// Runs `work` over parts of at most `most` operations that add up to `count`.
fn in_parts(count: u64, most: usize, mut work: impl FnMut(u64) -> Duration) -> Duration {
    let mut took = Duration::ZERO;
    let mut left = count;
    while left > 0 {
        let part = left.min(most as u64);
        took += work(part);
        left -= part;
    }
    took
}
