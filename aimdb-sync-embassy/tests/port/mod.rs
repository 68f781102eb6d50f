//! What the host tests share: a port to std threads, and a watchdog for what may hang.
#![allow(dead_code)]

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use aimdb_sync_embassy::{BufferMetrics, Clock, Deadline, Parker};

/// The calling thread, whichever it is, on the monotonic clock. A thread's waker is made once and
/// kept, so that handles can move between threads.
pub(crate) struct Threads;

std::thread_local! {
    static WAKER: &'static Waker = {
        let waker: &'static Waker = Box::leak(Box::new(Waker::from(Arc::new(Unpark(thread::current())))));
        KEPT.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(waker);
        waker
    };
}

/// Keeps the wakers of threads that have ended within reach of a leak checker.
static KEPT: Mutex<Vec<&'static Waker>> = Mutex::new(Vec::new());

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

impl Parker for Threads {
    fn waker(&self) -> &Waker {
        WAKER.with(|waker| *waker)
    }

    fn park(&self, until: Deadline) {
        match until {
            Deadline::Never => thread::park(),
            Deadline::At(at) => thread::park_timeout(Duration::from_nanos(at.saturating_sub(self.now()))),
        }
    }
}

impl Clock for Threads {
    fn now(&self) -> u64 {
        now()
    }
}

/// Nanoseconds since the first call.
pub(crate) fn now() -> u64 {
    static ZERO: OnceLock<Instant> = OnceLock::new();
    u64::try_from(ZERO.get_or_init(Instant::now).elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// A port whose clock stands still until a park, which moves it to the deadline: time as a test
/// needs it. A park without a deadline, which nobody would end, fails the test.
#[derive(Default)]
pub(crate) struct TestTime {
    now: AtomicU64,
    pub(crate) parks: AtomicUsize,
}

impl Parker for TestTime {
    fn waker(&self) -> &Waker {
        Waker::noop()
    }

    fn park(&self, until: Deadline) {
        self.parks.fetch_add(1, Ordering::Relaxed);
        match until {
            Deadline::Never => panic!("nobody would end this wait"),
            Deadline::At(at) => self.now.store(at, Ordering::Relaxed),
        }
    }
}

impl Clock for TestTime {
    fn now(&self) -> u64 {
        self.now.load(Ordering::Relaxed)
    }
}

/// Runs `test` on a thread and fails when it hangs.
pub(crate) fn watched(test: impl FnOnce() + Send + 'static) {
    let (done, ended) = mpsc::channel();
    let thread = thread::spawn(move || {
        test();
        let _ = done.send(());
    });
    match ended.recv_timeout(Duration::from_secs(60)) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("the test hangs"),
        Ok(()) | Err(mpsc::RecvTimeoutError::Disconnected) => {
            if let Err(panic) = thread.join() {
                std::panic::resume_unwind(panic);
            }
        }
    }
}

/// Waits until a record's state is as it should be.
pub(crate) fn until(mut state: impl FnMut() -> bool) {
    while !state() {
        thread::yield_now();
    }
}

/// Polls once, with a waker that does nothing.
pub(crate) fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// A waker that counts.
#[derive(Default)]
pub(crate) struct Wakes(AtomicUsize);

impl Wakes {
    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Polls once with a waker that counts.
pub(crate) fn poll_counted<F: Future>(future: Pin<&mut F>, wakes: &Arc<Wakes>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(&Waker::from(Arc::clone(wakes))))
}

/// The first law of the counters, for a record on which nobody waits.
pub(crate) fn conserves(stats: &BufferMetrics, offered: u64) {
    assert_eq!(stats.counters.offered(), offered, "offered = accepted + refused + timed out");
    assert!(stats.occupancy <= stats.capacity, "occupancy never exceeds the capacity");
    assert_eq!((stats.waiting_producers, stats.waiting_consumers), (0, 0));
}
