//! Bounds for what may hang.

use std::io::{self, Write};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// Runs `test`; if it has not ended after `seconds`, says its name and aborts the process, because
/// a thread that hangs cannot be ended otherwise. `AIMDB_WATCHDOG` in the environment sets another
/// bound, in seconds: longer under a sanitizer, shorter where a hang is expected.
pub fn within<R>(seconds: u64, name: &str, test: impl FnOnce() -> R) -> R {
    let seconds = std::env::var("AIMDB_WATCHDOG").ok().and_then(|bound| bound.parse().ok()).unwrap_or(seconds);
    let (done, bark) = mpsc::channel::<()>();
    let name = name.to_owned();
    let dog = thread::spawn(move || {
        if let Err(mpsc::RecvTimeoutError::Timeout) = bark.recv_timeout(Duration::from_secs(seconds)) {
            // Not by `eprintln`, whose output a test harness keeps to itself when the process aborts.
            let said = writeln!(io::stderr(), "\n{name}: still running after {seconds} s, it hangs\n");
            drop(said);
            std::process::abort();
        }
    });
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(test));
    drop(done);
    let _ = dog.join();
    result.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Waits for an event that another thread brings about, by looking. Runs inside [`within`].
pub fn until(mut event: impl FnMut() -> bool) {
    while !event() {
        thread::yield_now();
    }
}
