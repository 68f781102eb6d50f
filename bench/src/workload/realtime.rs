//! A reader that must not wait for a thread that is not running.

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::thread::gettid;

use super::threads::many_threads;
use crate::clock::cores;
use crate::link::Shared;
use crate::measure::Probe;
use crate::payload::Payload;

/// How long is tried. Whoever spins for a preempted thread does so until the system takes the
/// processor away from it, about a second; once is enough.
const TRY: Duration = Duration::from_millis(300);
const ENOUGH: Duration = Duration::from_millis(100);

/// Whether this process may choose its scheduler.
pub fn is_allowed() -> bool {
    let quiet = |command: &mut Command| command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    quiet(Command::new("chrt").args(["-f", "10", "true"])).is_ok_and(|status| status.success())
}

/// Gives the calling thread a real-time priority.
fn become_real_time() {
    let thread = gettid().as_raw_nonzero().to_string();
    let status = Command::new("chrt").args(["-f", "-p", "10", &thread]).status();
    assert!(status.is_ok_and(|status| status.success()), "it was asked before whether this is allowed");
}

/// The longest single `try_recv` of a real-time reader, in ns, while three normal threads that share
/// its core send, and are preempted wherever they happen to be.
pub fn worst_try_recv<T: Payload, L: Shared<T>>(capacity: usize) -> Probe {
    const SENDERS: usize = 3;
    let mut ends = L::open(capacity, 1);
    let mut others: Vec<L::Sender> = (0..SENDERS).map(|_| L::another(&ends.sender)).collect();
    Box::new(move || {
        let reader = &mut ends.readers[0];
        let (stop, done) = (&AtomicBool::new(false), &AtomicUsize::new(0));
        let senders = others.iter_mut().map(|sender| {
            move || {
                while !stop.load(Ordering::Relaxed) {
                    let _ = L::try_send(sender, T::tagged(1));
                }
                done.fetch_add(1, Ordering::Release);
            }
        });
        let mut worst = Duration::ZERO;
        // A thread of its own, because a real-time priority is not given back.
        let probe = || {
            thread::scope(|scope| {
                scope.spawn(|| {
                    become_real_time();
                    let begin = Instant::now();
                    while begin.elapsed() < TRY && worst < ENOUGH {
                        for _ in 0..8 {
                            let before = Instant::now();
                            let _ = L::try_recv(reader);
                            worst = worst.max(before.elapsed());
                        }
                        // The senders run, and are preempted wherever they are when this ends.
                        thread::sleep(Duration::from_micros(100));
                    }
                    stop.store(true, Ordering::Relaxed);
                    while done.load(Ordering::Acquire) < SENDERS {
                        thread::sleep(Duration::from_micros(100));
                    }
                    while L::try_recv(reader).is_some() {}
                });
            });
        };
        let core = &cores()[..1];
        many_threads(core, core, probe, senders.collect());
        worst.as_secs_f64() * 1e9
    })
}
