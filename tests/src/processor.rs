//! What the calling thread has cost.

use std::fs;
use std::time::Duration;

/// The processor time of the calling thread, as the kernel has accounted it by now. Unlike wall
/// time it does not grow while other tests run. `None` where the system does not tell.
#[must_use]
pub fn thread_time() -> Option<Duration> {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    stat.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}
