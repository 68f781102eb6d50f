//! An Embassy executor that is a task of FreeRTOS: while none of its tasks is ready it waits for the task's token, as a
//! blocking call does, and leaves the processor to others.

use aimdb_sync_embassy::{FreeRtos, Port, Task};
use embassy_executor::Spawner;
use embassy_executor::raw::Executor;

/// Runs an executor in the calling task, for ever.
pub fn run(spawn: impl FnOnce(Spawner)) -> ! {
    let executor = Executor::new(FreeRtos::current_task().as_ptr().cast_mut());
    let here = &raw const executor;
    // SAFETY: this function does not return, and tasks are never deleted, so the executor is there for ever.
    let executor: &'static Executor = unsafe { &*here };
    spawn(executor.spawner());
    loop {
        // SAFETY: here is the only poll of this executor, and it does not call itself.
        unsafe { executor.poll() };
        // One of its tasks that was woken since has left the token, and this ends at once.
        FreeRtos::park(None);
    }
}

/// A task of the executor was woken, from wherever: the executor polls again.
#[unsafe(export_name = "__pender")]
fn wake(executor: *mut ()) {
    let task = Task::from_ptr(executor);
    // SAFETY: `run` made the executor with the name of its task, which is never deleted.
    unsafe { if FreeRtos::in_isr() { FreeRtos::unpark_from_isr(task) } else { FreeRtos::unpark(task) } }
}
