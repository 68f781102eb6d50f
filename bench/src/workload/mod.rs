//! The questions, each as a sampler over any link.

mod growth;
mod many;
mod memory;
mod one_thread;
mod realtime;
mod threads;
mod two_threads;
mod waiting;

pub use crate::tasks::{round_trip, task_to_thread, thread_to_task};
pub use growth::{each_of, one_of, read_by};
pub use many::{fairness, fan, gather};
pub use memory::{allocations, allocations_waiting, bytes_per_reader, bytes_per_record};
pub use one_thread::{batch, empty, fill, full, pair, peek, publish, read, try_pair};
pub use realtime::{is_allowed as real_time_is_allowed, worst_try_recv};
pub use threads::two_threads;
pub use two_threads::{conflate, ping_pong, ping_pong_one_core, polled, stream, stream_batches};
pub use waiting::{wait_cpu, wait_cpu_timed, wake_cost, wake_latency};

use crate::link::Ends;

/// How many values a batch has.
pub const BATCH: usize = 64;

/// Lets a closure name one end without leaving the rest behind: it captures what it borrows, which
/// is all of `ends`, with what keeps them alive.
pub fn whole<E>(ends: &mut E) -> &mut E {
    ends
}

/// The sending end and the first reading end.
pub fn ends_of<K, S, R>(ends: &mut Ends<K, S, R>) -> (&mut S, &mut R) {
    (&mut ends.sender, &mut ends.readers[0])
}
