//! What the tests share: nothing may hang, and nobody sleeps to wait for somebody.
#![allow(dead_code, reason = "each test binary uses what it needs")]

use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use aimdb_sync::{AimDbBuilder, AimDbHandle, Attach, BufferCfg, Policy};

/// After this, something hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(300);

/// Runs a test on a thread of its own, and fails when it hangs.
pub(crate) fn watched<R: Send + 'static>(test: impl FnOnce() -> R + Send + 'static) -> R {
    let (done, waits) = mpsc::channel();
    let running = thread::spawn(move || {
        let result = test();
        let _ = done.send(());
        result
    });
    if let Err(mpsc::RecvTimeoutError::Timeout) = waits.recv_timeout(PATIENCE) {
        panic!("it hangs");
    }
    match running.join() {
        Ok(result) => result,
        Err(panic) => std::panic::resume_unwind(panic),
    }
}

/// Yields until the condition holds.
pub(crate) fn until(condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < PATIENCE, "it never comes");
        thread::yield_now();
    }
}

/// Runs what blocks on a thread of its own.
pub(crate) fn aside<R: Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> JoinHandle<R> {
    thread::spawn(work)
}

/// An attached database of one record without services, `a`.
pub(crate) fn single<T: Clone + Send + Sync + 'static>(cfg: BufferCfg) -> AimDbHandle {
    let mut builder = AimDbBuilder::new();
    builder.configure::<T>("a", |record| {
        record.buffer(cfg);
    });
    builder.attach().expect("the configuration is sound")
}

/// A queue whose producer waits.
pub(crate) const fn pausing(capacity: usize) -> BufferCfg {
    BufferCfg::Bounded { capacity, policy: Policy::PauseUpstream }
}
