//! FreeRTOS V11.2.0 on the board, and the little of it that tasks in Rust need: tasks in `static`
//! memory, ticks, priorities, and the notification (index 1) that wakes who waits at a record.
//!
//! The kernel's sources come with the crate freertos-next; how it is configured is in `config/`.
#![no_std]

mod failures;
pub mod notification;
pub mod queue;
mod raw;
pub mod scheduler;
pub mod task;

pub use notification::{Notification, Switch};
pub use queue::Queue;
pub use scheduler::{Scheduler, Suspended};
pub use task::{SpawnError, Task, TaskRef};
