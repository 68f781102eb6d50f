//! The scheduler: its start, its state, its ticks.

use board::interrupts;

use crate::raw;

/// What the scheduler does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheduler {
    /// Tasks run, and none is switched to until it is resumed.
    Suspended,
    /// No task runs yet.
    NotStarted,
    /// Tasks run by their priorities.
    Running,
}

impl Scheduler {
    /// What it does now.
    #[must_use]
    pub fn state() -> Self {
        // SAFETY: may be called at any time.
        match unsafe { raw::xTaskGetSchedulerState() } {
            0 => Self::Suspended,
            1 => Self::NotStarted,
            _ => Self::Running,
        }
    }

    /// Lets the tasks run; `main` ends here.
    pub fn start() -> ! {
        // SAFETY: called once, from `main`: the kernel asserts that it is not running yet.
        unsafe { raw::vTaskStartScheduler() };
        unreachable!("the scheduler ends only where there is no memory for the idle task, which is static here")
    }
}

/// The ticks since the scheduler began, which wrap around. Also from an interrupt.
#[must_use]
pub fn ticks() -> u32 {
    // SAFETY: each is called from where it may be.
    unsafe { if interrupts::inside() { raw::xTaskGetTickCountFromISR() } else { raw::xTaskGetTickCount() } }
}

/// Stops the calling task for so many ticks. From tasks only.
pub fn delay(ticks: u32) {
    board::check!(!interrupts::inside() && Scheduler::state() == Scheduler::Running);
    // SAFETY: a task may be stopped here.
    unsafe { raw::vTaskDelay(ticks) };
}

/// Lets so many ticks pass at once, as a debugger does that has stopped the clock: whoever waits for them goes on. From tasks only.
pub fn catch_up(ticks: u32) {
    board::check!(!interrupts::inside() && Scheduler::state() == Scheduler::Running);
    // SAFETY: a task calls, and the scheduler is not suspended. Says whether it switched tasks, which does not matter.
    unsafe { raw::xTaskCatchUpTicks(ticks) };
}

/// Keeps other tasks from running as long as it lives; interrupts still come.
#[derive(Debug)]
pub struct Suspended(());

impl Suspended {
    /// Suspends the scheduler.
    #[must_use]
    pub fn now() -> Self {
        // SAFETY: calls nest, and `drop` makes as many resumes.
        unsafe { raw::vTaskSuspendAll() };
        Self(())
    }
}

impl Drop for Suspended {
    fn drop(&mut self) {
        // SAFETY: the other half of `now`. Says whether it switched tasks, which does not matter.
        unsafe { raw::xTaskResumeAll() };
    }
}

/// Runs `inside` in a critical section of the kernel, which masks the interrupts that may call it. From tasks.
pub fn critical<R>(inside: impl FnOnce() -> R) -> R {
    // SAFETY: sections nest, and a panic, which would leave one open, ends the program.
    unsafe { raw::vPortEnterCritical() };
    let result = inside();
    // SAFETY: the other half.
    unsafe { raw::vPortExitCritical() };
    result
}

/// Lets the next ready task of the same priority run when the interrupt ends: `portYIELD_FROM_ISR`. From interrupts.
pub fn yield_from_interrupt() {
    const CONTROL: *mut u32 = 0xe000_ed04 as *mut u32;
    const PEND_SWITCH: u32 = 1 << 28;
    // SAFETY: pends the kernel's own interrupt for switching tasks, the least urgent of all.
    unsafe {
        core::ptr::write_volatile(CONTROL, PEND_SWITCH);
        core::arch::asm!("dsb", "isb", options(nostack, preserves_flags));
    }
}
