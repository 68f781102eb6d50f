//! What needs the operating system's own calls: an alarm, and a real-time thread (B14).
#![allow(unsafe_code, reason = "the operating system's calls are unsafe")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use aimdb_core::buffer::{BufferCfg, HeapBuffer};
use aimdb_core::pure::Policy;

/// Ends the process, with a signal, if it is still there then.
pub(crate) fn abort_after(seconds: u64) {
    // SAFETY: it changes the process's alarm and nothing else.
    unsafe { libc::alarm(u32::try_from(seconds).unwrap_or(u32::MAX)) };
}

/// Keeps the calling thread on one core; says whether that worked.
fn pin_to_first_core() -> bool {
    // SAFETY: an all-zero set is valid, and the calls read what they are given.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(0, &mut set);
        libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const set) == 0
    }
}

/// Gives the calling thread a real-time priority; says whether that worked.
fn become_real_time() -> bool {
    let parameters = libc::sched_param { sched_priority: 10 };
    // SAFETY: the call reads what it is given.
    unsafe { libc::sched_setscheduler(0, libc::SCHED_FIFO, &raw const parameters) == 0 }
}

/// The longest `try_recv` of a real-time reader that shares its core with normal senders. A queue
/// whose reader waits for a preempted sender needs a second here (crossbeam #997). `None` where the
/// scheduler cannot be chosen.
pub(crate) fn worst_try_recv(during: Duration) -> Option<Duration> {
    let cfg = BufferCfg::Bounded { capacity: 64, policy: Policy::PauseUpstream };
    let buffer: HeapBuffer<u64> = HeapBuffer::new(&cfg).ok()?;
    let mut reader = buffer.reader().ok()?;
    let is_over = Arc::new(AtomicBool::new(false));
    let senders: Vec<_> = (0..3)
        .map(|_| {
            let (buffer, is_over) = (buffer.clone(), Arc::clone(&is_over));
            thread::spawn(move || {
                pin_to_first_core();
                while !is_over.load(Ordering::Relaxed) {
                    let _ = buffer.try_push(1);
                }
            })
        })
        .collect();
    let probe = thread::spawn(move || {
        if !pin_to_first_core() || !become_real_time() {
            return None;
        }
        let (begin, mut worst) = (Instant::now(), Duration::ZERO);
        while begin.elapsed() < during {
            for _ in 0..8 {
                let before = Instant::now();
                let _ = reader.try_recv();
                worst = worst.max(before.elapsed());
            }
            // The senders run, and are preempted wherever they are when this ends.
            thread::park_timeout(Duration::from_micros(200));
        }
        Some(worst)
    });
    let worst = probe.join().ok().flatten();
    is_over.store(true, Ordering::Relaxed);
    senders.into_iter().for_each(|sender| drop(sender.join()));
    worst
}
