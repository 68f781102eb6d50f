//! The seam to an async runtime, and what stands there when there is none.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aimdb_core::waiting::{Clock, SystemClock};
use aimdb_core::{BoxFuture, LogLevel, Runtime};

use crate::{AttachError, RuntimeOptions, events, thread};

/// An async runtime, as far as an attached database knows it.
///
/// Each service is a task of its own. There is no way to stop one: services end by themselves when
/// the database closes, or are dropped where they await when the runtime is abandoned.
pub(crate) trait ServiceRuntime: Send {
    /// Runs a service as a task of its own. The task does not panic.
    fn spawn(&self, service: BoxFuture<'static, ()>);

    /// What services are given to know the time, to sleep and to log.
    fn context(&self) -> Arc<dyn Runtime>;

    /// Whether [`ServiceRuntime::end`] may be called on this thread, which may be one of somebody's
    /// runtime. On a thread of our own it may.
    fn may_end_here(&self) -> bool;

    /// Drops the tasks that are left, where they await, and blocks until the threads have ended.
    fn end(self: Box<Self>);

    /// As [`ServiceRuntime::end`], without waiting. May be called on any thread.
    fn abandon(self: Box<Self>);
}

/// The runtime that is built in, if one is.
pub(crate) fn start(
    options: &RuntimeOptions,
    threads: usize,
    services: &[String],
) -> Result<Box<dyn ServiceRuntime>, AttachError> {
    #[cfg(feature = "tokio")]
    {
        let _ = services;
        crate::runtime_tokio::start(options, threads)
    }
    #[cfg(not(feature = "tokio"))]
    {
        let _ = (options, threads);
        Err(AttachError::NoRuntime { services: services.to_vec() })
    }
}

/// What blocking services are given where no async service needs a runtime.
pub(crate) struct WithoutRuntime;

impl Runtime for WithoutRuntime {
    fn now(&self) -> Duration {
        now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        thread::timer(duration)
    }

    fn log(&self, level: LogLevel, service: &str, message: fmt::Arguments<'_>) {
        events::line(level, service, message);
    }
}

/// The time on the clock that all waits of a database use.
pub(crate) fn now() -> Duration {
    Duration::from_nanos(SystemClock.now())
}
