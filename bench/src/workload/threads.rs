//! How threads are placed, started together and kept from running away from each other.

use std::hint::spin_loop;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::clock::{cores, pin};

/// The wall time from the moment when both threads run until both are done. The calling thread does
/// `here` on the first core, a new one does `there` on the second.
pub fn two_threads(here: &mut dyn FnMut(), there: &mut (dyn FnMut() + Send)) -> Duration {
    together(&cores()[..1], &cores()[1..2], here, there)
}

/// The same with both threads on the first core.
pub fn on_one_core(here: &mut dyn FnMut(), there: &mut (dyn FnMut() + Send)) -> Duration {
    together(&cores()[..1], &cores()[..1], here, there)
}

fn together(near: &[usize], far: &[usize], here: &mut dyn FnMut(), there: &mut (dyn FnMut() + Send)) -> Duration {
    let (ready, go) = (AtomicBool::new(false), AtomicBool::new(false));
    // Threads that share a core cannot wait for each other by spinning alone.
    let relax = if near == far { thread::yield_now } else { spin_loop };
    pin(near);
    let took = thread::scope(|scope| {
        let helper = scope.spawn(|| {
            pin(far);
            ready.store(true, Ordering::Release);
            while !go.load(Ordering::Acquire) {
                relax();
            }
            there();
            Instant::now()
        });
        while !ready.load(Ordering::Acquire) {
            relax();
        }
        let start = Instant::now();
        go.store(true, Ordering::Release);
        here();
        let end = Instant::now();
        helper.join().expect("a thread that panics ends the benchmark").max(end) - start
    });
    pin(cores());
    took
}

/// The wall time from the moment when all threads run until all are done. The calling thread does
/// `here` where `near` says, each of `there` has a thread where `far` says.
pub fn many_threads<W: FnMut() + Send>(near: &[usize], far: &[usize], here: impl FnOnce(), there: Vec<W>) -> Duration {
    let start = Barrier::new(there.len() + 1);
    pin(near);
    let took = thread::scope(|scope| {
        let helpers: Vec<_> = there
            .into_iter()
            .map(|mut work| {
                let start = &start;
                scope.spawn(move || {
                    pin(far);
                    start.wait();
                    work();
                    Instant::now()
                })
            })
            .collect();
        start.wait();
        let began = Instant::now();
        here();
        let ended = helpers.into_iter().map(|helper| helper.join().expect("a thread that panics ends the benchmark"));
        ended.fold(Instant::now(), Instant::max) - began
    });
    pin(cores());
    took
}

/// How far the reader of an overwriting link is, on a cache line of its own.
#[repr(align(128))]
pub struct Pace {
    reached: AtomicU64,
    window: u64,
}

impl Pace {
    /// At most `window` values are to be on their way; any number if it is [`u64::MAX`].
    pub fn new(window: u64) -> Self {
        Self { reached: AtomicU64::new(0), window }
    }

    /// How many values may have been sent by now.
    pub fn allowed(&self) -> u64 {
        self.reached.load(Ordering::Acquire).saturating_add(self.window)
    }

    /// The reader has had so many values.
    pub fn reached(&self, values: u64) {
        if self.window != u64::MAX {
            self.reached.store(values, Ordering::Release);
        }
    }

    /// For a reader who has had no value yet, and has one at a time.
    pub fn steps(&self) -> Steps<'_> {
        // To say it takes the line away from the sender who looks at it, so it is not said more often than it helps.
        let step = if self.window == u64::MAX { u64::MAX } else { (self.window / 16).max(16) };
        Steps { pace: self, step, next: step }
    }
}

/// What says now and then how far a reader is.
pub struct Steps<'a> {
    pace: &'a Pace,
    step: u64,
    next: u64,
}

impl Steps<'_> {
    /// The reader has had so many values.
    #[inline(always)]
    pub fn reached(&mut self, values: u64) {
        if values == self.next {
            self.next += self.step;
            self.pace.reached(values);
        }
    }
}
