//! How the checks are run: one after the other, in a task, each with helpers of other priorities.
#![no_std]

pub mod oracle;
pub mod random;

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::Relaxed};

use board::{check, print, println};
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
            $crate::run(stringify!($first), $first);
            ::board::check!(RUNNER.spawn(c"checks", $crate::RUNNER, run_checks).is_ok());
            ::freertos::Scheduler::start()
        }

        fn run_checks() {
            $($crate::run(stringify!($name), $name);)+
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

/// Runs one check.
pub fn run(name: &str, check: fn()) {
    print!("{name} ... ");
    check();
    println!("ok");
}

/// How many helpers a program may start, all its checks together.
const HELPERS: usize = 48;

static TASKS: [Task<512>; HELPERS] = [const { Task::new() }; HELPERS];
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

/// What happened, in its order: numbers from any task or interrupt.
#[derive(Debug)]
pub struct Trace<const N: usize> {
    next: AtomicUsize,
    numbers: [AtomicU32; N],
}

impl<const N: usize> Trace<N> {
    /// Nothing happened yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { next: AtomicUsize::new(0), numbers: [const { AtomicU32::new(0) }; N] }
    }

    /// This happens.
    pub fn note(&self, number: u32) {
        let place = self.next.fetch_add(1, Relaxed);
        check!(place < N);
        self.numbers[place].store(number, Relaxed);
    }

    /// Whether exactly these happened, in this order.
    #[must_use]
    pub fn is(&self, expected: &[u32]) -> bool {
        let so_far = self.numbers[..self.len()].iter().map(|number| number.load(Relaxed));
        so_far.eq(expected.iter().copied())
    }

    /// How many there were.
    #[must_use]
    pub fn len(&self) -> usize {
        self.next.load(Relaxed)
    }

    /// Whether nothing happened yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<const N: usize> Default for Trace<N> {
    fn default() -> Self {
        Self::new()
    }
}

/// What only one interrupt uses, once it was put here: its ends of records, its state.
#[derive(Debug)]
pub struct Interrupts<T> {
    value: UnsafeCell<Option<T>>,
    taken: AtomicBool,
}

// SAFETY: whoever finds `taken` false and sets it is alone with the value; whoever finds it true fails the program.
unsafe impl<T: Send> Sync for Interrupts<T> {}

impl<T> Interrupts<T> {
    /// Nothing is here yet.
    #[must_use]
    pub const fn nothing() -> Self {
        Self { value: UnsafeCell::new(None), taken: AtomicBool::new(false) }
    }

    /// Gives it to the interrupt, which is not enabled yet; what was here before comes back.
    pub fn put(&self, value: T) -> Option<T> {
        self.with(|here| here.replace(value))
    }

    /// Takes it back, when the interrupt comes no more.
    pub fn take(&self) -> Option<T> {
        self.with(Option::take)
    }

    /// What the interrupt does with it.
    pub fn with<R>(&self, act: impl FnOnce(&mut Option<T>) -> R) -> R {
        check!(!self.taken.swap(true, Relaxed));
        // SAFETY: nobody else comes in until `taken` is false again.
        let result = act(unsafe { &mut *self.value.get() });
        self.taken.store(false, Relaxed);
        result
    }
}
