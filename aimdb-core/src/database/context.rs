//! What a service knows of the runtime that runs it.

use alloc::sync::Arc;
use core::fmt;
use core::time::Duration;

use super::BoxFuture;
use super::stop::{StopSignal, Stopped};

/// How much a log line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogLevel {
    /// Something failed.
    Error,
    /// Something is not as it should be, and was dealt with.
    Warn,
    /// Something that an operator wants to know.
    Info,
    /// Something that a developer wants to know.
    Debug,
}

/// What a runtime offers to the services that it runs. Implemented by a runtime's adapter.
pub trait Runtime: Send + Sync {
    /// The time since the runtime's clock was at zero; it only goes forward.
    fn now(&self) -> Duration;

    /// Ready when `duration` has passed.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;

    /// Writes a line for an operator. `service` names who says so. Must not block for long.
    fn log(&self, level: LogLevel, service: &str, message: fmt::Arguments<'_>);
}

/// A service's view of its runtime: clock, sleep, log, and the signal to stop.
///
/// Cloning it is cheap; the clone may go to tasks and threads that the service starts.
#[derive(Clone)]
pub struct RuntimeContext {
    runtime: Arc<dyn Runtime>,
    stop: Arc<StopSignal>,
    service: Arc<str>,
}

impl RuntimeContext {
    pub(super) fn new(runtime: Arc<dyn Runtime>, stop: Arc<StopSignal>) -> Self {
        Self { runtime, stop, service: Arc::from("") }
    }

    pub(super) fn named(mut self, service: Arc<str>) -> Self {
        self.service = service;
        self
    }

    /// The name of the service that this context was given to.
    #[must_use]
    pub fn service(&self) -> &str {
        &self.service
    }

    /// The time since the runtime's clock was at zero; it only goes forward.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.runtime.now()
    }

    /// Waits until `duration` has passed. A source that sleeps is stopped while it does.
    pub async fn sleep(&self, duration: Duration) {
        self.runtime.sleep(duration).await;
    }

    /// Writes a line for an operator: a text, or `format_args!(..)`.
    pub fn log(&self, level: LogLevel, message: impl fmt::Display) {
        self.runtime.log(level, &self.service, format_args!("{message}"));
    }

    /// Ready when the database is being closed. It can be dropped and made anew at any time, as a
    /// `select` does, without missing the signal.
    ///
    /// An async source need not look: it is dropped where it awaits. A tap drains until its record
    /// is closed, and need not look either.
    pub fn stopped(&self) -> Stopped {
        Stopped::new(&self.stop)
    }

    /// Whether the database is being closed. Takes no lock.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stop.is_stopped()
    }

    /// Blocks the calling thread for `duration`, or until the database is being closed: then
    /// `false`. For blocking services, as the condition of their loop.
    #[cfg(feature = "std")]
    #[must_use = "false means: stop"]
    pub fn sleep_blocking(&self, duration: Duration) -> bool {
        let stopped = core::pin::pin!(self.stopped());
        crate::waiting::block_on(stopped, crate::waiting::SystemClock.after(duration)).is_none()
    }
}

impl fmt::Debug for RuntimeContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RuntimeContext").field("service", &self.service).field("stopped", &self.is_stopped()).finish()
    }
}

#[cfg(all(test, feature = "std", not(any(loom, shuttle))))]
mod tests {
    use super::super::rig::{Seen, TestRuntime, single, wait};
    use super::*;
    use crate::buffer::BufferCfg;

    #[test]
    fn c4_a_service_has_a_clock_a_sleep_and_a_log_under_its_own_name() {
        let db = single::<u32>(|record| {
            record.buffer(BufferCfg::SingleLatest).source(|context, _| async move {
                context.sleep(Duration::from_millis(5)).await;
                context.log(LogLevel::Warn, format_args!("{:?} on {}", context.now(), context.service()));
            });
        });
        let runtime = TestRuntime::new();
        assert_eq!(runtime.run(&db).join(), [""; 0]);
        assert_eq!(runtime.lines.take(), ["Warn a/source: 1s on a/source"]);
    }

    #[test]
    fn c4_the_stop_signal_ends_a_blocking_sleep_and_a_wait() {
        let ended = Seen::new();
        let (say, hear) = std::sync::mpsc::channel();
        let db = single::<u32>(|record| {
            let ended = ended.clone();
            record.bounded(1).source_blocking(move |context, _| {
                assert!(context.sleep_blocking(Duration::ZERO), "it is not stopped yet");
                say.send(()).expect("the test listens");
                ended.add(context.sleep_blocking(Duration::MAX));
                wait(context.stopped());
            });
        });
        let running = TestRuntime::new().run(&db);
        hear.recv().expect("the source runs");
        db.close();
        assert_eq!(running.join(), [""; 0]);
        assert_eq!(ended.take(), [false]);
    }
}
