//! What waiting costs: to be woken, to wake, and to wait.

use std::fs;
use std::hint::spin_loop;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rustix::thread::gettid;

use super::ends_of;
use super::threads::two_threads;
use crate::clock::thread_cpu;
use crate::link::{Link, Timed};
use crate::measure::Probe;
use crate::payload::Payload;

/// How many times a sample waits.
const WAITS: u64 = 24;

/// How long a wait is whose processor time is asked for.
const WAIT: Duration = Duration::from_micros(500);

/// What a send costs the sender that has to wake the reader: the median, in ns.
pub fn wake_cost<T: Payload, L: Link<T>>(capacity: usize) -> Probe {
    wake::<T, L>(capacity, |wake| wake.sent)
}

/// How long it takes from the beginning of a send until a reader that slept has the value: the
/// median, in ns.
pub fn wake_latency<T: Payload, L: Link<T>>(capacity: usize) -> Probe {
    wake::<T, L>(capacity, |wake| wake.received)
}

/// When it was that a wake-up was done with, after its beginning.
struct Wake {
    sent: Duration,
    received: Duration,
}

fn wake<T: Payload, L: Link<T>>(capacity: usize, asked: fn(&Wake) -> Duration) -> Probe {
    let mut ends = L::open(capacity, 1);
    Box::new(move || {
        let (sender, reader) = ends_of(&mut ends);
        let (thread, received) = (AtomicI32::new(0), AtomicU64::new(0));
        let begin = Instant::now();
        let mut wakes = Vec::with_capacity(WAITS as usize);
        two_threads(
            &mut || {
                for tag in 0..WAITS {
                    until_asleep(&thread);
                    let start = begin.elapsed();
                    L::send(sender, T::tagged(tag));
                    let sent = begin.elapsed() - start;
                    let mut at = received.swap(0, Ordering::Acquire);
                    while at == 0 {
                        spin_loop();
                        at = received.swap(0, Ordering::Acquire);
                    }
                    wakes.push(Wake { sent, received: Duration::from_nanos(at) - start });
                }
            },
            &mut || {
                thread.store(gettid().as_raw_nonzero().get(), Ordering::Release);
                for tag in 0..WAITS {
                    assert_eq!(L::recv(reader).tag(), tag);
                    received.store(begin.elapsed().as_nanos() as u64, Ordering::Release);
                }
            },
        );
        let mut times: Vec<Duration> = wakes.iter().map(asked).collect();
        times.sort_unstable();
        times[times.len() / 2].as_secs_f64() * 1e9
    })
}

/// Returns once the system says that the thread sleeps. Ends because it has nothing to do but to
/// wait for a value that is not sent before.
fn until_asleep(thread: &AtomicI32) {
    loop {
        let stat = fs::read_to_string(format!("/proc/self/task/{}/stat", thread.load(Ordering::Acquire)));
        // The state follows the name, which is in parentheses.
        let state = stat.ok().and_then(|stat| stat.rsplit(") ").next().and_then(|rest| rest.chars().next()));
        if state == Some('S') {
            return;
        }
    }
}

/// The processor time that a reader takes for a wait of half a millisecond, in ns. A thread's first is not counted: it
/// sets the thread up to wait, whoever's wait that is, and each sample has a new thread.
pub fn wait_cpu<T: Payload, L: Link<T>>(capacity: usize) -> Probe {
    burnt::<T, L>(capacity, L::recv)
}

/// The same with a wait that has a limit, which is not reached.
pub fn wait_cpu_timed<T: Payload, L: Timed<T>>(capacity: usize) -> Probe {
    burnt::<T, L>(capacity, |reader| L::recv_timeout(reader, Duration::from_secs(10)).expect("a value comes"))
}

fn burnt<T: Payload, L: Link<T>>(capacity: usize, recv: fn(&mut L::Reader) -> T) -> Probe {
    let mut ends = L::open(capacity, 1);
    Box::new(move || {
        let (sender, reader) = ends_of(&mut ends);
        let waiting = AtomicU64::new(0);
        let mut took = Duration::ZERO;
        two_threads(
            &mut || {
                for tag in 0..=WAITS {
                    while waiting.load(Ordering::Acquire) <= tag {
                        spin_loop();
                    }
                    let begin = Instant::now();
                    while begin.elapsed() < WAIT {
                        spin_loop();
                    }
                    L::send(sender, T::tagged(tag));
                }
            },
            &mut || {
                for tag in 0..=WAITS {
                    waiting.store(tag + 1, Ordering::Release);
                    let begin = thread_cpu();
                    assert_eq!(recv(reader).tag(), tag);
                    if tag > 0 {
                        took += thread_cpu() - begin;
                    }
                }
            },
        );
        took.as_secs_f64() * 1e9 / WAITS as f64
    })
}
