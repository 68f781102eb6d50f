//! What the calling thread has cost.

use std::fs;
use std::time::Duration;

/// The processor time of the calling thread, as the kernel has accounted it by now. Unlike wall
/// time it does not grow while other tests run. `None` where the system does not tell.
#[must_use]
pub fn thread_time() -> Option<Duration> {
    if !cfg!(target_os = "linux") {
        // Wine shows the files of Linux to a program for Windows, opened by a thread of its own server.
        return None;
    }
    let stat = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    stat.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}
