//! A task's notification, index 1, for what brings no port of its own, such as the async primitives that records are compared
//! with. It is a count, so one that is given before the task waits is not lost. Records wait by the same, in their port.

use core::ptr;

use board::interrupts;

use crate::scheduler::yield_from_interrupt;
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
    /// of tasks; see [`yield_from_interrupt`].
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
                yield_from_interrupt();
            }
        } else {
            Self::give(to);
        }
    }
}
