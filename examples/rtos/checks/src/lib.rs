//! How the checks are run: one after the other, in a task, each with helpers of other priorities.
#![no_std]

use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed};

use board::check;
use freertos::Task;
use freertos::scheduler::{delay, ticks};

/// The priority of the task that runs the checks: helpers are below and above it.
pub const RUNNER: u32 = 3;

/// The `main` of a program of checks: runs each in its order, prints its name and, when it has passed, a verdict. The first
/// that fails ends the program. `first` runs before the scheduler does.
#[macro_export]
macro_rules! checks {
    (first: $first:path; $($name:ident)+) => {
        ::board::entry!(start_checks);

        fn start_checks() -> ::board::Exit {
            static RUNNER: ::freertos::Task<2048> = ::freertos::Task::new();
            ::oracle::run(stringify!($first), $first);
            ::board::check!(RUNNER.spawn(c"checks", $crate::RUNNER, run_checks).is_ok());
            ::freertos::Scheduler::start()
        }

        fn run_checks() {
            $(::oracle::run(stringify!($name), $name);)+
            ::board::exit(::board::Exit::Success)
        }
    };
    ($($name:ident)+) => {
        fn nothing_runs_yet() {
            ::board::check!(::freertos::Scheduler::state() == ::freertos::Scheduler::NotStarted);
        }
        $crate::checks! { first: nothing_runs_yet; $($name)+ }
    };
}

/// How many helpers a program may start, all its checks together.
const HELPERS: usize = 48;

static TASKS: [Task<1024>; HELPERS] = [const { Task::new() }; HELPERS];
static ENDED: [AtomicBool; HELPERS] = [const { AtomicBool::new(false) }; HELPERS];
static STARTED: AtomicUsize = AtomicUsize::new(0);
static JOBS: [Job; HELPERS] = [const { Job { code: AtomicUsize::new(0), argument: AtomicUsize::new(0) } }; HELPERS];

struct Job {
    code: AtomicUsize,
    argument: AtomicUsize,
}

/// A task that a check has started.
#[derive(Debug)]
#[must_use = "a check waits for its helpers"]
pub struct Helper(usize);

/// Starts a task that runs `code` with the number. A more urgent one runs before this returns, until it waits.
pub fn helper(priority: u32, code: fn(usize), argument: usize) -> Helper {
    let place = STARTED.fetch_add(1, Relaxed);
    check!(place < HELPERS);
    JOBS[place].code.store(code as usize, Relaxed);
    JOBS[place].argument.store(argument, Relaxed);
    check!(TASKS[place].spawn_with(c"helper", priority, help, place).is_ok());
    Helper(place)
}

fn help(place: usize) {
    // SAFETY: `helper` stored a `fn(usize)`.
    let code: fn(usize) = unsafe { core::mem::transmute(JOBS[place].code.load(Relaxed)) };
    code(JOBS[place].argument.load(Relaxed));
    ENDED[place].store(true, Relaxed);
}

impl Helper {
    /// Whether its code has returned.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        ENDED[self.0].load(Relaxed)
    }

    /// Waits until its code has returned.
    pub fn join(self) {
        until(|| self.has_ended());
    }
}

/// The longest that a check waits for what it waits for, in ticks; a hang is a failure.
const PATIENCE: u32 = 60_000;

/// Waits until something is so; looks once in each tick.
pub fn until(so: impl Fn() -> bool) {
    let begun = ticks();
    while !so() {
        check!(ticks().wrapping_sub(begun) < PATIENCE);
        delay(1);
    }
}
