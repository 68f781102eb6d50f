//! Questions to two threads, one on each core.

use std::collections::VecDeque;
use std::hint::{black_box, spin_loop};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::threads::{Pace, on_one_core, two_threads};
use super::{BATCH, ends_of, whole};
use crate::link::{Link, Peek};
use crate::measure::Timed;
use crate::payload::Payload;

/// A value goes to a thread on another core and comes back; both wait with the blocking call.
pub fn ping_pong<T: Payload, L: Link<T>>(capacity: usize) -> Timed {
    there_and_back::<T, L>(capacity, two_threads)
}

/// The same with both threads on one core, so that each has to let the other run.
pub fn ping_pong_one_core<T: Payload, L: Link<T>>(capacity: usize) -> Timed {
    there_and_back::<T, L>(capacity, on_one_core)
}

/// How two threads run; see [`two_threads`].
pub type Placed = fn(&mut dyn FnMut(), &mut (dyn FnMut() + Send)) -> Duration;

/// [`ping_pong`] on threads that are placed so.
pub fn there_and_back<T: Payload, L: Link<T>>(capacity: usize, placed: Placed) -> Timed {
    let (mut forth, mut back) = (L::open(capacity, 1), L::open(capacity, 1));
    Box::new(move |count| {
        let (ping, pinged) = ends_of(&mut forth);
        let (pong, ponged) = ends_of(&mut back);
        placed(
            &mut || {
                for tag in 0..count {
                    L::send(ping, T::tagged(tag));
                    assert_eq!(L::recv(ponged).tag(), tag);
                }
            },
            &mut || {
                for _ in 0..count {
                    L::send(pong, L::recv(pinged));
                }
            },
        )
    })
}

/// One thread sends, another receives every value. Where the link overwrites, the sender stays
/// less than `capacity` values ahead by a counter outside of the link, the same for all.
pub fn stream<T: Payload, L: Link<T>>(capacity: usize) -> Timed {
    let mut ends = L::open(capacity, 1);
    Box::new(move |count| {
        let (sender, reader) = ends_of(&mut ends);
        let pace = Pace::new(if L::OVERWRITES { capacity as u64 } else { u64::MAX });
        two_threads(
            &mut || {
                let mut allowed = pace.allowed();
                for tag in 0..count {
                    while tag >= allowed {
                        spin_loop();
                        allowed = pace.allowed();
                    }
                    L::send(sender, T::tagged(tag));
                }
            },
            &mut || {
                let mut steps = pace.steps();
                for tag in 0..count {
                    assert_eq!(L::recv(reader).tag(), tag);
                    steps.reached(tag + 1);
                }
            },
        )
    })
}

/// As [`stream`], in batches of [`BATCH`] on both sides. The time is that of one value.
pub fn stream_batches<T: Payload, L: Link<T>>(capacity: usize) -> Timed {
    let mut ends = L::open(capacity, 1);
    Box::new(move |count| {
        let (sender, reader) = ends_of(&mut ends);
        let pace = Pace::new(if L::OVERWRITES { capacity as u64 } else { u64::MAX });
        two_threads(
            &mut || {
                let mut batch = VecDeque::with_capacity(BATCH);
                let mut sent = 0;
                while sent < count {
                    let end = (sent + BATCH as u64).min(count);
                    while end > pace.allowed() {
                        spin_loop();
                    }
                    batch.extend((sent..end).map(T::tagged));
                    L::send_many(sender, &mut batch);
                    sent = end;
                }
            },
            &mut || {
                let mut batch = Vec::with_capacity(BATCH);
                let mut taken = 0;
                while taken < count {
                    L::recv_many(reader, &mut batch, BATCH);
                    for value in batch.drain(..) {
                        assert_eq!(value.tag(), taken);
                        taken += 1;
                    }
                    pace.reached(taken);
                }
            },
        )
    })
}

/// One thread publishes as fast as it can; another waits for changes until it has seen the last
/// value. The time is that of one value published, whether it was seen or overwritten.
pub fn conflate<T: Payload, L: Link<T>>() -> Timed {
    let mut ends = L::open(1, 1);
    Box::new(move |count| {
        let (sender, reader) = ends_of(&mut ends);
        two_threads(
            &mut || {
                for tag in 0..count {
                    L::send(sender, T::tagged(tag));
                }
            },
            &mut || while L::recv(reader).tag() != count - 1 {},
        )
    })
}

/// Publishing while a thread on the other core looks at the current value without pause. The time is
/// that of one value published.
pub fn polled<T: Payload, L: Peek<T>>() -> Timed {
    let mut ends = L::open(1, 1);
    L::send(&mut ends.sender, T::tagged(0));
    Box::new(move |count| {
        let ends = whole(&mut ends);
        let (sender, reader) = (&mut ends.sender, &mut ends.readers[0]);
        let done = AtomicBool::new(false);
        let mut took = Duration::ZERO;
        two_threads(
            &mut || {
                let start = Instant::now();
                for tag in 0..count {
                    L::send(sender, black_box(T::tagged(tag)));
                }
                took = start.elapsed();
                done.store(true, Ordering::Release);
            },
            &mut || {
                while !done.load(Ordering::Acquire) {
                    black_box(L::peek(reader));
                }
                assert_eq!(L::peek(reader).tag(), count - 1);
            },
        );
        took
    })
}
