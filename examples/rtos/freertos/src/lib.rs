//! FreeRTOS V11.2.0 on the board, and the little of it that tasks in Rust need: tasks in `static`
//! memory, ticks and priorities. How a task waits and is woken is not here: that is the port of aimdb-sync-embassy,
//! whose C half is compiled with the kernel.
//!
//! The kernel's sources come with the crate freertos-next; how it is configured is in `config/`.
#![no_std]

mod failures;
pub mod notification;
pub mod queue;
mod raw;
pub mod scheduler;
pub mod task;

pub use notification::Notification;
pub use queue::Queue;
pub use scheduler::{Scheduler, Suspended};
pub use task::{SpawnError, Task, TaskRef};
