//! The questions, each as a sampler over any link.

use std::collections::VecDeque;
use std::hint::{black_box, spin_loop};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::clock::{Clock, cores, pin, time};
use crate::link::{Ends, Link, Peek};
use crate::measure::Sampler;
use crate::payload::Payload;

/// How many values a batch has.
pub const BATCH: usize = 64;

/// After how many values a paced reader says how far it is.
const PACE: u64 = 16;

/// One value in and out again, with the calls that never wait.
pub fn try_pair<T: Payload, L: Link<T>>(capacity: usize) -> Sampler {
    let mut ends = L::open(capacity, 1);
    Box::new(move |count| {
        let (sender, reader) = ends_of(&mut ends);
        time(Clock::ThreadCpu, || {
            for tag in 0..count {
                L::try_send(sender, black_box(T::tagged(tag)));
                let value = L::try_recv(reader).expect("the value that was just sent");
                assert_eq!(black_box(value).tag(), tag);
            }
        })
    })
}

/// One value in and out again, with the calls that would wait; they never have to.
pub fn pair<T: Payload, L: Link<T>>(capacity: usize) -> Sampler {
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
pub fn publish<T: Payload, L: Link<T>>(capacity: usize, readers: usize) -> Sampler {
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
pub fn fill<T: Payload, L: Link<T>>(capacity: usize, readers: usize) -> Sampler {
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
pub fn read<T: Payload, L: Link<T>>(capacity: usize) -> Sampler {
    let mut ends = L::open(capacity, 1);
    Box::new(move |count| {
        let (sender, reader) = ends_of(&mut ends);
        in_parts(count, capacity, |part| {
            for tag in 0..part {
                L::try_send(sender, T::tagged(tag));
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
pub fn peek<T: Payload, L: Peek<T>>() -> Sampler {
    let mut ends = L::open(1, 1);
    L::send(&mut ends.sender, T::tagged(7));
    Box::new(move |count| {
        let ends = whole(&mut ends);
        time(Clock::ThreadCpu, || {
            for _ in 0..count {
                assert_eq!(L::peek(black_box(ends)).tag(), 7);
            }
        })
    })
}

/// [`BATCH`] values in and [`BATCH`] out again, in the fewest calls that the contestant has. The
/// time is that of one value.
pub fn batch<T: Payload, L: Link<T>>(capacity: usize) -> Sampler {
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

/// A value goes to a thread on another core and comes back; both wait with the blocking call.
pub fn ping_pong<T: Payload, L: Link<T>>(capacity: usize) -> Sampler {
    let (mut forth, mut back) = (L::open(capacity, 1), L::open(capacity, 1));
    Box::new(move |count| {
        let (ping, pinged) = ends_of(&mut forth);
        let (pong, ponged) = ends_of(&mut back);
        two_threads(
            || {
                for tag in 0..count {
                    L::send(ping, T::tagged(tag));
                    assert_eq!(L::recv(ponged).tag(), tag);
                }
            },
            || {
                for _ in 0..count {
                    L::send(pong, L::recv(pinged));
                }
            },
        )
    })
}

/// One thread sends, another receives every value. Where the link overwrites, the sender stays
/// less than `capacity` values ahead by a counter outside of the link, the same for all.
pub fn stream<T: Payload, L: Link<T>>(capacity: usize) -> Sampler {
    let mut ends = L::open(capacity, 1);
    Box::new(move |count| {
        let (sender, reader) = ends_of(&mut ends);
        let pace = Pace::new(if L::OVERWRITES { capacity as u64 } else { u64::MAX });
        two_threads(
            || {
                let mut allowed = pace.allowed();
                for tag in 0..count {
                    while tag >= allowed {
                        spin_loop();
                        allowed = pace.allowed();
                    }
                    L::send(sender, T::tagged(tag));
                }
            },
            || {
                for tag in 0..count {
                    assert_eq!(L::recv(reader).tag(), tag);
                    if (tag + 1) % PACE == 0 {
                        pace.reached(tag + 1);
                    }
                }
            },
        )
    })
}

/// As [`stream`], in batches of [`BATCH`] on both sides. The time is that of one value.
pub fn stream_batches<T: Payload, L: Link<T>>(capacity: usize) -> Sampler {
    let mut ends = L::open(capacity, 1);
    Box::new(move |count| {
        let (sender, reader) = ends_of(&mut ends);
        let pace = Pace::new(if L::OVERWRITES { capacity as u64 } else { u64::MAX });
        two_threads(
            || {
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
            || {
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
pub fn conflate<T: Payload, L: Link<T>>() -> Sampler {
    let mut ends = L::open(1, 1);
    Box::new(move |count| {
        let (sender, reader) = ends_of(&mut ends);
        two_threads(
            || {
                for tag in 0..count {
                    L::send(sender, T::tagged(tag));
                }
            },
            || while L::recv(reader).tag() != count - 1 {},
        )
    })
}

/// Lets a closure name one end without leaving the rest behind: it captures what it borrows, which
/// is all of `ends`, with what keeps them alive.
fn whole<E>(ends: &mut E) -> &mut E {
    ends
}

/// The sending end and the first reading end.
fn ends_of<K, S, R>(ends: &mut Ends<K, S, R>) -> (&mut S, &mut R) {
    (&mut ends.sender, &mut ends.readers[0])
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

/// The wall time from the moment when both threads run until both are done. The calling thread does
/// `here` on the first core, a new one does `there` on the second.
fn two_threads(here: impl FnOnce(), there: impl FnOnce() + Send) -> Duration {
    let cores = cores();
    let (ready, go) = (AtomicBool::new(false), AtomicBool::new(false));
    pin(&cores[..1]);
    let took = thread::scope(|scope| {
        let helper = scope.spawn(|| {
            pin(&cores[1..2]);
            ready.store(true, Ordering::Release);
            while !go.load(Ordering::Acquire) {
                spin_loop();
            }
            there();
            Instant::now()
        });
        while !ready.load(Ordering::Acquire) {
            spin_loop();
        }
        let start = Instant::now();
        go.store(true, Ordering::Release);
        here();
        let end = Instant::now();
        helper.join().expect("a thread that panics ends the benchmark").max(end) - start
    });
    pin(cores);
    took
}

/// How far the reader of an overwriting link is, on a cache line of its own.
#[repr(align(128))]
struct Pace {
    reached: AtomicU64,
    window: u64,
}

impl Pace {
    fn new(window: u64) -> Self {
        Self { reached: AtomicU64::new(0), window }
    }

    /// How many values may have been sent by now.
    fn allowed(&self) -> u64 {
        self.reached.load(Ordering::Acquire).saturating_add(self.window)
    }

    fn reached(&self, values: u64) {
        if self.window != u64::MAX {
            self.reached.store(values, Ordering::Release);
        }
    }
}
