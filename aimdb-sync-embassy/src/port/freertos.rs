//! The port to FreeRTOS, by task notifications.

use super::{Port, Task};

/// Tasks of FreeRTOS. A tick is a tick of the kernel.
///
/// The kernel's calls are macros that its configuration decides upon, so the port's other half is
/// `freertos/aimdb_port.c`, which is compiled with the kernel and its `FreeRTOSConfig.h`. It uses one
/// entry of each task's notifications, number 1 unless `AIMDB_NOTIFICATION_INDEX` says otherwise; so
/// `configTASK_NOTIFICATION_ARRAY_ENTRIES` is at least 2.
///
/// A task is deleted only when no other task or interrupt is inside a call on a record that it has
/// waited on.
#[derive(Debug)]
pub enum FreeRtos {}

unsafe extern "C" {
    fn aimdb_port_current_task() -> *mut ();
    fn aimdb_port_ticks_per_second() -> u32;
    fn aimdb_port_now() -> u64;
    fn aimdb_port_park(ticks: u64);
    fn aimdb_port_park_for_ever();
    fn aimdb_port_unpark(task: *mut ());
    fn aimdb_port_unpark_from_isr(task: *mut ());
    fn aimdb_port_wake(task: *mut ());
    fn aimdb_port_in_isr() -> bool;
    fn aimdb_port_can_block() -> bool;
    fn aimdb_port_priority() -> u32;
}

// SAFETY: the kernel's handle of a task is good until the task is deleted, which the type's
// documentation restricts.
unsafe impl Port for FreeRtos {
    fn ticks_per_second() -> u32 {
        // SAFETY: it only answers.
        unsafe { aimdb_port_ticks_per_second() }
    }

    fn current_task() -> Task {
        // SAFETY: it only answers.
        Task::from_ptr(unsafe { aimdb_port_current_task() })
    }

    fn now() -> u64 {
        // SAFETY: it only answers.
        unsafe { aimdb_port_now() }
    }

    fn park(ticks: Option<u64>) {
        // SAFETY: called where `can_block`, by the trait's contract.
        unsafe { aimdb_port_park(ticks.unwrap_or(u64::MAX)) }
    }

    fn park_for_ever() {
        // SAFETY: as above.
        unsafe { aimdb_port_park_for_ever() }
    }

    unsafe fn unpark(task: Task) {
        // SAFETY: the kernel named the task, by this function's contract.
        unsafe { aimdb_port_unpark(task.as_ptr().cast_mut()) }
    }

    unsafe fn unpark_from_isr(task: Task) {
        // SAFETY: as above.
        unsafe { aimdb_port_unpark_from_isr(task.as_ptr().cast_mut()) }
    }

    unsafe fn wake(task: Task) {
        // SAFETY: as above.
        unsafe { aimdb_port_wake(task.as_ptr().cast_mut()) }
    }

    fn in_isr() -> bool {
        // SAFETY: it only answers.
        unsafe { aimdb_port_in_isr() }
    }

    fn can_block() -> bool {
        // SAFETY: it only answers.
        unsafe { aimdb_port_can_block() }
    }

    fn priority() -> u8 {
        // SAFETY: it only answers.
        unsafe { aimdb_port_priority() as u8 }
    }
}
