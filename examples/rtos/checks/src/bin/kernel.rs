//! The kernel runs: tasks by their priorities, time, and a timer's interrupt.
#![no_std]
#![no_main]

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use board::{Timer, check, interrupt, interrupts};
use checks::{RUNNER, checks, helper};
use freertos::scheduler::{delay, ticks};
use freertos::{Scheduler, Suspended, Task, TaskRef};

/// What the interrupt has counted.
static SAMPLED: AtomicU32 = AtomicU32::new(0);

interrupt!(TIMER0, sample);

/// The timer's interrupt: 10,000 a second.
fn sample() {
    check!(interrupts::inside());
    Timer::Timer0.clear();
    SAMPLED.fetch_add(1, Relaxed);
}

checks! {
    a_more_urgent_task_runs_at_once
    a_less_urgent_task_runs_while_this_one_waits
    a_suspended_scheduler_switches_when_it_is_resumed
    memory_has_one_task
    interrupts_come_while_a_task_waits
    interrupts_stay_out_of_a_critical_section
    stacks_are_not_used_up
}

static RUNS: AtomicU32 = AtomicU32::new(0);

fn count(number: usize) {
    RUNS.store(number as u32, Relaxed);
}

fn a_more_urgent_task_runs_at_once() {
    check!(!interrupts::inside());
    check!(Scheduler::state() == Scheduler::Running);
    check!(TaskRef::current().is_some_and(|me| me.priority() == RUNNER));
    let other = helper(RUNNER + 1, count, 1);
    check!(RUNS.load(Relaxed) == 1 && other.has_ended());
}

fn a_less_urgent_task_runs_while_this_one_waits() {
    let other = helper(RUNNER - 1, count, 2);
    check!(RUNS.load(Relaxed) == 1);
    delay(1);
    check!(RUNS.load(Relaxed) == 2);
    other.join();
}

fn a_suspended_scheduler_switches_when_it_is_resumed() {
    let suspended = Suspended::now();
    check!(Scheduler::state() == Scheduler::Suspended);
    let other = helper(RUNNER + 1, count, 3);
    check!(RUNS.load(Relaxed) == 2);
    drop(suspended);
    check!(RUNS.load(Relaxed) == 3);
    other.join();
}

fn memory_has_one_task() {
    static MEMORY: Task<128> = Task::new();
    check!(MEMORY.spawn(c"one", 1, || {}).is_ok());
    check!(MEMORY.spawn(c"two", 1, || {}).is_err());
}

fn interrupts_come_while_a_task_waits() {
    Timer::Timer0.start(2_500, 0x80);
    let (before, sampled) = (ticks(), SAMPLED.load(Relaxed));
    delay(10);
    check!(ticks().wrapping_sub(before) == 10);
    check!(SAMPLED.load(Relaxed) - sampled >= 90);
}

fn interrupts_stay_out_of_a_critical_section() {
    // 100 periods of the timer each, and nobody comes in.
    let nobody = || {
        let before = SAMPLED.load(Relaxed);
        for _ in 0..25_000 {
            check!(SAMPLED.load(Relaxed) == before);
        }
        before
    };
    let before = critical_section::with(|_| nobody());
    let between = freertos::scheduler::critical(nobody);
    check!(before < between && between < SAMPLED.load(Relaxed));
    Timer::Timer0.stop();
}

fn stacks_are_not_used_up() {
    check!(TaskRef::current().is_some_and(|me| me.spare_words() > 1_500));
}
