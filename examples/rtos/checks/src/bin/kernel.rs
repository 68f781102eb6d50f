//! The kernel runs: tasks by their priorities, time, notifications from tasks and from a timer's interrupt.
#![no_std]
#![no_main]

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use board::{Exit, Timer, check, entry, exit, interrupt, interrupts, println};
use freertos::scheduler::{delay, ticks};
use freertos::{Notification, Scheduler, Task, TaskRef};

static URGENT: Task<512> = Task::new();
static PATIENT: Task<512> = Task::new();

/// What the interrupt has counted, and what the urgent task has.
static SAMPLED: AtomicU32 = AtomicU32::new(0);
static HANDLED: AtomicU32 = AtomicU32::new(0);

/// The task that the interrupt notifies: the bits of its handle, 0 before it runs.
static FOLLOWER: AtomicU32 = AtomicU32::new(0);

const SAMPLES: u32 = 1_000;

entry!(main);
interrupt!(TIMER0, sample);

fn main() -> Exit {
    check!(Scheduler::state() == Scheduler::NotStarted);
    check!(!interrupts::inside());
    check!(PATIENT.spawn(c"patient", 1, patient).is_ok());
    check!(URGENT.spawn(c"urgent", 3, urgent).is_ok());
    check!(URGENT.spawn(c"again", 3, urgent).is_err());
    Scheduler::start()
}

/// The timer's interrupt: 10,000 a second.
fn sample() {
    check!(interrupts::inside());
    check!(!Scheduler::can_block());
    Timer::Timer0.clear();
    SAMPLED.fetch_add(1, Relaxed);
    // SAFETY: the word is the handle that the urgent task put there, before it started the timer.
    let follower = unsafe { TaskRef::from_ptr(FOLLOWER.load(Relaxed) as *const ()) };
    Notification::give_from_anywhere(follower);
}

/// Runs first, since it is more urgent, and counts what the interrupt notifies it of: nothing is lost.
fn urgent() {
    let me = TaskRef::current().expect("a task runs");
    check!(me.priority() == 3);
    check!(Scheduler::can_block());
    FOLLOWER.store(me.as_ptr() as u32, Relaxed);
    Timer::Timer0.start(2_500, 0x80);
    while HANDLED.load(Relaxed) < SAMPLES {
        let notified = Notification::take(100);
        check!(notified > 0);
        HANDLED.fetch_add(notified, Relaxed);
    }
    Timer::Timer0.stop();
    let handled = HANDLED.fetch_add(Notification::take(0), Relaxed);
    println!("urgent: {handled} samples handled");
    check!(HANDLED.load(Relaxed) == SAMPLED.load(Relaxed));
    // No more comes, so this one passes.
    let before = ticks();
    check!(Notification::take(20) == 0);
    check!(ticks() - before == 20);
}

/// Runs when the urgent task waits.
fn patient() {
    // The urgent task was first.
    check!(FOLLOWER.load(Relaxed) != 0);
    // Notifications before the wait are kept.
    let me = TaskRef::current().expect("a task runs");
    Notification::give(me);
    Notification::give(me);
    check!(Notification::take(0) == 2);
    check!(Notification::take(0) == 0);
    // Others run while this task is stopped.
    let (before, sampled) = (ticks(), SAMPLED.load(Relaxed));
    delay(10);
    check!(ticks() - before == 10);
    check!(SAMPLED.load(Relaxed) - sampled >= 90);
    critical_section::with(|_| {
        // 100 periods of the timer, and nobody comes in.
        let (before, started) = (SAMPLED.load(Relaxed), HANDLED.load(Relaxed));
        for _ in 0..25_000 {
            check!(SAMPLED.load(Relaxed) == before);
        }
        check!(HANDLED.load(Relaxed) == started);
    });
    while HANDLED.load(Relaxed) < SAMPLES {
        delay(1);
    }
    delay(30);
    println!("patient: done at tick {}, {} words of stack never used", ticks(), me.spare_words());
    exit(Exit::Success)
}
