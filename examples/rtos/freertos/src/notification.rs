//! The notification that wakes a task that waits at a record: index 1 of each task. It is a count,
//! so one that is given before the task waits is not lost.

use core::ptr;

use board::interrupts;

use crate::{TaskRef, raw};

const INDEX: u32 = 1;

/// Waits for ever: the kernel's `portMAX_DELAY`.
pub const FOR_EVER: u32 = u32::MAX;

/// The calling task's notification, and how it is given to others.
#[derive(Debug, Clone, Copy)]
pub struct Notification;

impl Notification {
    /// Stops the calling task until it is notified or so many ticks have passed, and takes its notifications: how many
    /// there were. From tasks, while the scheduler runs.
    pub fn take(ticks: u32) -> u32 {
        // SAFETY: a task takes its own notification; the kernel asserts that it may be stopped.
        unsafe { raw::ulTaskGenericNotifyTake(INDEX, 1, ticks) }
    }

    /// Notifies the task. From tasks.
    pub fn give(to: TaskRef) {
        // SAFETY: the task's memory is static.
        unsafe { raw::xTaskGenericNotify(to.0.as_ptr(), INDEX, 0, raw::INCREMENT, ptr::null_mut()) };
    }

    /// Notifies the task, from an interrupt: whether the interrupted task is less urgent. Then the interrupt ends with a switch
    /// of tasks; see [`Switch`].
    #[must_use]
    pub fn give_from_interrupt(to: TaskRef) -> bool {
        let mut switch = 0;
        // SAFETY: the task's memory is static; an interrupt with a priority that may not call the kernel fails its assertion.
        unsafe { raw::vTaskGenericNotifyGiveFromISR(to.0.as_ptr(), INDEX, &raw mut switch) };
        switch != 0
    }

    /// Notifies the task, from wherever this is called.
    pub fn give_from_anywhere(to: TaskRef) {
        if interrupts::inside() {
            if Self::give_from_interrupt(to) {
                Switch::when_it_ends();
            }
        } else {
            Self::give(to);
        }
    }

    /// Forgets what the calling task was notified of.
    pub fn clear() {
        // SAFETY: null is the calling task.
        unsafe { raw::ulTaskGenericNotifyValueClear(ptr::null_mut(), INDEX, u32::MAX) };
    }
}

/// The switch of tasks at the end of an interrupt: `portYIELD_FROM_ISR`.
#[derive(Debug, Clone, Copy)]
pub struct Switch;

impl Switch {
    /// Switches to the most urgent task as soon as no interrupt is handled.
    pub fn when_it_ends() {
        const CONTROL: *mut u32 = 0xe000_ed04 as *mut u32;
        const PEND_SWITCH: u32 = 1 << 28;
        // SAFETY: pends the kernel's own interrupt for switching tasks, the least urgent of all.
        unsafe {
            ptr::write_volatile(CONTROL, PEND_SWITCH);
            core::arch::asm!("dsb", "isb", options(nostack, preserves_flags));
        }
    }
}
