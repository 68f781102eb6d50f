//! The port to the operating system's threads: one for each blocking service, and a sleep where
//! there is no runtime.

use std::cell::Cell;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};
use std::thread::{Builder, JoinHandle, Thread, park_timeout};
use std::time::{Duration, Instant};

use aimdb_core::BoxFuture;

use crate::lock::Guarded;

std::thread_local! {
    /// The crew that this thread works for, 0 for none.
    static CREW: Cell<usize> = const { Cell::new(0) };
}

/// What is put around the start of each thread.
static AROUND: OnceLock<fn(&mut dyn FnMut())> = OnceLock::new();

/// Has each start of a thread from now on, for the whole process, done by the function that `around` is given; the
/// first call holds. For bindings to languages whose programs want no signal on a thread that they do not know.
#[doc(hidden)]
pub fn around_starts(around: fn(&mut dyn FnMut())) {
    let _ = AROUND.set(around);
}

/// Starts a thread. `crew` is an identity, see [`works_for`]; 0 for none.
pub(crate) fn spawn(named: &str, crew: usize, work: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    let work = move || {
        let _ = CREW.try_with(|place| place.set(crew));
        work();
    };
    let (mut work, mut started) = (Some(work), None);
    let mut start = || started = work.take().map(|work| Builder::new().name(name(named)).spawn(work));
    match AROUND.get() {
        Some(around) => around(&mut start),
        None => start(),
    }
    started.unwrap_or_else(|| Err(io::Error::other("no thread was started")))
}

/// Whether the calling thread is a blocking service of this crew.
pub(crate) fn works_for(crew: usize) -> bool {
    CREW.try_with(Cell::get) == Ok(crew)
}

/// A name that a thread can have: a zero in a record's key would end it, and panics in std.
pub(crate) fn name(wanted: &str) -> String {
    wanted.replace('\0', "?")
}

/// Ready when the time has passed; a thread of its own keeps it, from the first poll on. If the
/// operating system gives none, the polling thread sleeps itself.
pub(crate) fn timer(duration: Duration) -> BoxFuture<'static, ()> {
    Box::pin(Sleep { until: Instant::now().checked_add(duration), timer: None })
}

struct Sleep {
    /// `None` is beyond the clock.
    until: Option<Instant>,
    timer: Option<Timer>,
}

struct Timer {
    thread: Thread,
    shared: Arc<TimerState>,
}

struct TimerState {
    waker: Guarded<Option<Waker>>,
    ended: AtomicBool,
}

/// The longest that a sleep for which there is no thread holds up its caller's.
const DOZE: Duration = Duration::from_millis(1);

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let Some(until) = self.until else { return Poll::Pending };
        if Instant::now() >= until {
            return Poll::Ready(());
        }
        let waker = context.waker().clone();
        if let Some(timer) = &self.timer {
            let replaced = timer.shared.waker.change(|place| place.replace(waker));
            drop(replaced);
            // The thread may have looked just before; it rings once only.
            return if Instant::now() >= until { Poll::Ready(()) } else { Poll::Pending };
        }
        let shared = Arc::new(TimerState { waker: Guarded::new(Some(waker)), ended: AtomicBool::new(false) });
        let kept = Arc::clone(&shared);
        match spawn("aimdb-sleep", 0, move || kept.keep(until)) {
            Ok(handle) => {
                self.timer = Some(Timer { thread: handle.thread().clone(), shared });
                Poll::Pending
            }
            Err(_) => {
                // No thread is to be had, so the caller's own dozes, a moment at a time: whatever
                // this sleep races with, such as the end of the database, is looked at in between. No park: it would
                // take the token with which the executor that polls here is woken.
                std::thread::sleep(until.saturating_duration_since(Instant::now()).min(DOZE));
                context.waker().wake_by_ref();
                Poll::Pending
            }
        }
    }
}

impl TimerState {
    fn keep(&self, until: Instant) {
        // Each turn is one wake-up of the thread, for nothing or because the sleep was dropped.
        while !self.ended.load(Ordering::Acquire) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            park_timeout(left);
        }
        let waker = self.waker.change(Option::take);
        if let Some(waker) = waker
            && !self.ended.load(Ordering::Acquire)
        {
            waker.wake();
        }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Release);
        self.thread.unpark();
    }
}
