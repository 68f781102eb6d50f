//! The port to the threads of the standard library, for tests and programs on a host.

use core::cell::Cell;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};
use std::vec::Vec;

use super::{Port, Task};

/// Threads of the standard library. A tick is a nanosecond; all have one priority. Not for an RTOS: it
/// is there so that what is written for one runs, and is tested, on a host.
///
/// Blocks with [`std::thread::park`]. A thread's first wait allocates.
#[derive(Debug)]
pub enum Threads {}

/// Where whoever wakes a thread finds it. It is never freed, and serves another thread when this one has
/// ended: who comes late wakes that one for nothing.
struct Place(Mutex<Option<Thread>>);

/// Places whose threads have ended.
static FREE: Mutex<Vec<&'static Place>> = Mutex::new(Vec::new());

struct Here(&'static Place);

impl Here {
    fn new() -> Self {
        let free = FREE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let place = free.unwrap_or_else(|| std::boxed::Box::leak(std::boxed::Box::new(Place(Mutex::new(None)))));
        *place.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread::current());
        Self(place)
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        *self.0.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
        FREE.lock().unwrap_or_else(PoisonError::into_inner).push(self.0);
    }
}

std::thread_local! {
    static HERE: Here = Here::new();
    static BLOCKS: Cell<bool> = const { Cell::new(true) };
}

// SAFETY: a place is never freed.
unsafe impl Port for Threads {
    fn ticks_per_second() -> u32 {
        1_000_000_000
    }

    fn current_task() -> Task {
        Task::from_ptr(HERE.with(|here| core::ptr::from_ref(here.0)).cast())
    }

    fn now() -> u64 {
        static ZERO: OnceLock<Instant> = OnceLock::new();
        u64::try_from(ZERO.get_or_init(Instant::now).elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn park(ticks: Option<u64>) {
        match ticks {
            None => thread::park(),
            Some(ticks) => thread::park_timeout(Duration::from_nanos(ticks)),
        }
    }

    unsafe fn unpark(task: Task) {
        // SAFETY: `current_task` made it of a place, which is never freed.
        let place = unsafe { &*task.as_ptr().cast::<Place>() };
        let thread = place.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(thread) = thread {
            thread.unpark();
        }
    }

    unsafe fn unpark_from_isr(task: Task) {
        // SAFETY: as for `unpark`.
        unsafe { Self::unpark(task) }
    }

    fn in_isr() -> bool {
        !BLOCKS.get()
    }

    fn can_block() -> bool {
        BLOCKS.get()
    }

    fn priority() -> u8 {
        0
    }
}

impl Threads {
    /// Runs `interrupt` as an interrupt would run: calls that block are refused in it.
    pub fn as_interrupt<R>(interrupt: impl FnOnce() -> R) -> R {
        struct Ended(bool);
        impl Drop for Ended {
            fn drop(&mut self) {
                BLOCKS.set(self.0);
            }
        }
        let _ended = Ended(BLOCKS.replace(false));
        interrupt()
    }
}
