//! What the port promises: a sticky token, ticks, and who may block. A new port has to pass the like of this first.
#![no_std]
#![no_main]

use core::sync::atomic::{AtomicPtr, AtomicU32, Ordering::Relaxed};

use aimdb_sync_embassy::{FreeRtos, Port, Task};
use board::{Interrupt, check, interrupt};
use checks::{RUNNER, checks, helper};
use freertos::scheduler::{critical, delay, ticks};
use freertos::{Suspended, TaskRef};
use oracle::{Interrupts, Trace};

interrupt!(SOFT0, soft);

checks! {
    first: nobody_blocks_before_the_scheduler_runs;
    a_token_given_before_the_park_ends_it_at_once
    tokens_do_not_add_up
    a_park_lasts_as_many_ticks_as_asked
    a_park_without_ticks_does_not_stop
    a_more_urgent_task_that_is_unparked_runs_at_once
    a_less_urgent_task_that_is_unparked_runs_when_this_one_stops
    from_an_interrupt_the_more_urgent_task_runs_when_it_ends
    the_interrupted_task_itself_can_be_unparked
    a_task_that_is_suspended_or_masks_interrupts_cannot_block
    an_interrupt_cannot_block
    the_priority_is_the_calling_tasks
    the_clock_goes_on_when_the_kernels_counter_overflows
    an_interrupt_may_ask_the_clock_for_a_record
}

fn nobody_blocks_before_the_scheduler_runs() {
    check!(!FreeRtos::can_block());
    check!(!FreeRtos::in_isr());
    check!(FreeRtos::ticks_per_second() == 1_000);
}

/// The task that `unpark` and the interrupt name.
static SLEEPER: AtomicPtr<()> = AtomicPtr::new(core::ptr::null_mut());

fn sleeper(task: Task) {
    SLEEPER.store(task.as_ptr().cast_mut(), Relaxed);
}

fn unpark() {
    // SAFETY: a task that the port named; it is never deleted.
    unsafe { FreeRtos::unpark(Task::from_ptr(SLEEPER.load(Relaxed))) }
}

/// How many ticks the park took.
fn park(ticks: u64) -> u64 {
    let before = FreeRtos::now();
    FreeRtos::park(Some(ticks));
    FreeRtos::now() - before
}

/// Waits for the beginning of a tick.
fn align() {
    delay(1);
}

fn a_token_given_before_the_park_ends_it_at_once() {
    align();
    sleeper(FreeRtos::current_task());
    unpark();
    check!(park(50) == 0);
    unpark();
    FreeRtos::park(None);
}

fn tokens_do_not_add_up() {
    align();
    unpark();
    unpark();
    check!(park(5) == 0);
    check!(park(5) == 5);
}

fn a_park_lasts_as_many_ticks_as_asked() {
    for ticks in [1, 2, 7, 30] {
        check!(park(ticks) == ticks);
    }
}

fn a_park_without_ticks_does_not_stop() {
    align();
    check!(park(0) == 0);
}

static TRACE: Trace<32> = Trace::new();

fn park_and_note(number: usize) {
    sleeper(FreeRtos::current_task());
    FreeRtos::park(None);
    TRACE.note(number as u32);
}

fn a_more_urgent_task_that_is_unparked_runs_at_once() {
    let other = helper(RUNNER + 1, park_and_note, 1);
    check!(TRACE.is_empty());
    unpark();
    TRACE.note(2);
    check!(TRACE.is(&[1, 2]));
    other.join();
}

fn a_less_urgent_task_that_is_unparked_runs_when_this_one_stops() {
    let other = helper(RUNNER - 1, park_and_note, 3);
    align();
    unpark();
    TRACE.note(4);
    other.join();
    check!(TRACE.is(&[1, 2, 4, 3]));
}

/// What the interrupt does, and whether it could block.
static ACT: Interrupts<fn()> = Interrupts::nothing();
static COULD: AtomicU32 = AtomicU32::new(u32::MAX);

fn soft() {
    check!(FreeRtos::in_isr());
    if let Some(act) = ACT.with(|act| *act) {
        act();
    }
}

/// The interrupt does this, now.
fn interrupted(by: fn()) {
    ACT.put(by);
    Interrupt::Soft0.enable(0x80);
    Interrupt::Soft0.pend();
}

fn unpark_from_isr() {
    // SAFETY: as in `unpark`.
    unsafe { FreeRtos::unpark_from_isr(Task::from_ptr(SLEEPER.load(Relaxed))) };
    TRACE.note(5);
}

fn from_an_interrupt_the_more_urgent_task_runs_when_it_ends() {
    let other = helper(RUNNER + 1, park_and_note, 6);
    interrupted(unpark_from_isr);
    TRACE.note(7);
    check!(TRACE.is(&[1, 2, 4, 3, 5, 6, 7]));
    other.join();
}

fn the_interrupted_task_itself_can_be_unparked() {
    align();
    sleeper(FreeRtos::current_task());
    interrupted(unpark_from_isr);
    check!(park(50) == 0);
}

fn a_task_that_is_suspended_or_masks_interrupts_cannot_block() {
    check!(FreeRtos::can_block());
    {
        let _suspended = Suspended::now();
        check!(!FreeRtos::can_block());
    }
    check!(FreeRtos::can_block());
    check!(!critical(FreeRtos::can_block));
    check!(!critical_section::with(|_| FreeRtos::can_block()));
    check!(FreeRtos::can_block());
}

fn an_interrupt_cannot_block() {
    interrupted(|| COULD.store(FreeRtos::can_block().into(), Relaxed));
    check!(COULD.load(Relaxed) == 0);
}

fn the_priority_is_the_calling_tasks() {
    check!(FreeRtos::priority() == RUNNER as u8);
    let me = TaskRef::current().expect("a task runs");
    me.set_priority(6);
    check!(FreeRtos::priority() == 6);
    me.set_priority(RUNNER);
}

fn the_clock_goes_on_when_the_kernels_counter_overflows() {
    // It began 1,000 ticks before.
    let left = ticks().wrapping_neg();
    check!(FreeRtos::now() == u64::from(ticks()));
    delay(left - 2);
    let before = FreeRtos::now();
    check!(before == u64::from(u32::MAX - 1));
    check!(park(10) == 10);
    check!(ticks() == 8 && FreeRtos::now() == (1 << 32) + 8);
}

/// A record may have the port's clock, and asks it in whatever context it is used.
fn an_interrupt_may_ask_the_clock_for_a_record() {
    static ASKED: Trace<1> = Trace::new();
    align();
    let before = FreeRtos::now();
    interrupted(|| ASKED.note(FreeRtos::now() as u32));
    check!(ASKED.is(&[before as u32]));
}
