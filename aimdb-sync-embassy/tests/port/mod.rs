//! What the host tests share: a port to std threads, and a watchdog for what may hang.
#![allow(dead_code)]

mod load;

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use aimdb_sync_embassy::{BufferMetrics, Port, Task};

pub(crate) use aimdb_sync_embassy::Threads;
#[allow(unused_imports, reason = "not all tests that have this module move values")]
pub(crate) use load::Load;

/// Nanoseconds since the first call.
pub(crate) fn now() -> u64 {
    Threads::now()
}

/// A port whose clock, one for each thread, stands still until a park, which moves it to the deadline: time as a test
/// needs it. A park without a deadline, which nobody would end, fails the test.
pub(crate) enum TestTime {}

std::thread_local! {
    static NOW: Cell<u64> = const { Cell::new(0) };
    static PARKS: Cell<usize> = const { Cell::new(0) };
}

impl TestTime {
    /// How often the calling thread has parked.
    pub(crate) fn parks() -> usize {
        PARKS.get()
    }
}

// SAFETY: nobody is woken, so it does not matter who.
unsafe impl Port for TestTime {
    fn ticks_per_second() -> u32 {
        1_000_000_000
    }

    fn current_task() -> Task {
        Task::from_ptr(std::ptr::null())
    }

    fn now() -> u64 {
        NOW.get()
    }

    fn park(ticks: Option<u64>) {
        PARKS.set(PARKS.get() + 1);
        let Some(ticks) = ticks else { panic!("nobody would end this wait") };
        NOW.set(NOW.get() + ticks);
    }

    unsafe fn unpark(_task: Task) {}

    unsafe fn unpark_from_isr(_task: Task) {}

    fn in_isr() -> bool {
        false
    }

    fn can_block() -> bool {
        true
    }

    fn priority() -> u8 {
        0
    }
}

/// Threads that say how urgent they are, and whether they have come to rest.
pub(crate) enum Urgent {}

std::thread_local! {
    static URGENCY: Cell<u8> = const { Cell::new(0) };
    static RESTS: RefCell<Option<Arc<AtomicBool>>> = const { RefCell::new(None) };
}

impl Urgent {
    /// How urgent the calling thread is.
    pub(crate) fn set_priority(priority: u8) {
        URGENCY.set(priority);
    }
}

// SAFETY: tasks are those of `Threads`.
unsafe impl Port for Urgent {
    fn ticks_per_second() -> u32 {
        Threads::ticks_per_second()
    }

    fn current_task() -> Task {
        Threads::current_task()
    }

    fn now() -> u64 {
        Threads::now()
    }

    fn park(ticks: Option<u64>) {
        RESTS.with_borrow(|rests| rests.iter().for_each(|rests| rests.store(true, Ordering::Release)));
        Threads::park(ticks);
    }

    unsafe fn unpark(task: Task) {
        // SAFETY: a task of `Threads`.
        unsafe { Threads::unpark(task) }
    }

    unsafe fn unpark_from_isr(task: Task) {
        // SAFETY: as above.
        unsafe { Threads::unpark(task) }
    }

    fn in_isr() -> bool {
        false
    }

    fn can_block() -> bool {
        true
    }

    fn priority() -> u8 {
        URGENCY.get()
    }
}

/// A kernel on which every call but three is fatal in an interrupt, and that is always in one.
pub(crate) enum Interrupted {}

// SAFETY: nobody is named.
unsafe impl Port for Interrupted {
    fn ticks_per_second() -> u32 {
        1_000
    }

    fn current_task() -> Task {
        panic!("an interrupt is no task")
    }

    fn now() -> u64 {
        panic!("the clock is not for interrupts")
    }

    fn park(_ticks: Option<u64>) {
        panic!("an interrupt cannot park")
    }

    unsafe fn unpark(_task: Task) {
        panic!("not the way to unpark from an interrupt")
    }

    unsafe fn unpark_from_isr(_task: Task) {}

    fn in_isr() -> bool {
        true
    }

    fn can_block() -> bool {
        false
    }

    fn priority() -> u8 {
        panic!("an interrupt has no priority of a task")
    }
}

/// Runs `test` on a thread and fails when it hangs.
pub(crate) fn watched(test: impl FnOnce() + Send + 'static) {
    let (done, ended) = mpsc::channel();
    let thread = thread::spawn(move || {
        test();
        let _ = done.send(());
    });
    match ended.recv_timeout(Duration::from_secs(300)) {
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

/// Runs a task, whose port is [`Urgent`], on a thread of its own, until it has come to rest. One that is seen in a lean line
/// may have to look once more, and wakes others for what it finds then, so that they race; one that rests has looked.
pub(crate) fn rests<'scope>(scope: &'scope thread::Scope<'scope, '_>, task: impl FnOnce() + Send + 'scope) {
    let rests = Arc::new(AtomicBool::new(false));
    let tells = Arc::clone(&rests);
    scope.spawn(move || {
        RESTS.set(Some(tells));
        task();
    });
    until(|| rests.load(Ordering::Acquire));
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
