//! Tokio as the runtime of async services.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use aimdb_core::{BoxFuture, LogLevel, Runtime};
use tokio::runtime::{Builder, Handle};
use tokio::task::JoinHandle;

use crate::failure::caught;
use crate::runtime::{ServiceRuntime, now};
use crate::{AttachError, RuntimeOptions, events, thread};

/// A multi-threaded runtime of our own.
struct TokioRuntime(tokio::runtime::Runtime);

/// Starts the threads.
pub(crate) fn start(options: &RuntimeOptions, threads: usize) -> Result<Box<dyn ServiceRuntime>, AttachError> {
    let prefix = thread::name(options.prefix());
    let number = AtomicUsize::new(0);
    let mut builder = Builder::new_multi_thread();
    builder
        .worker_threads(threads)
        .thread_name_fn(move || format!("{prefix}-{}", number.fetch_add(1, Ordering::Relaxed)))
        .enable_all();
    // Tokio panics when the operating system gives it fewer threads than it asks for.
    let failed = |error| AttachError::Thread { service: "the runtime".to_owned(), error };
    match caught(|| builder.build()) {
        Ok(built) => Ok(Box::new(TokioRuntime(built.map_err(failed)?))),
        Err(panic) => Err(failed(io::Error::other(panic))),
    }
}

impl ServiceRuntime for TokioRuntime {
    fn spawn(&self, service: BoxFuture<'static, ()>) {
        drop(self.0.spawn(service));
    }

    fn context(&self) -> Arc<dyn Runtime> {
        Arc::new(TokioContext(self.0.handle().clone()))
    }

    fn may_end_here(&self) -> bool {
        // Inside of any runtime of Tokio, one that is dropped waits for nothing and panics.
        Handle::try_current().is_err()
    }

    fn end(self: Box<Self>) {
        drop(self.0);
    }

    fn abandon(self: Box<Self>) {
        self.0.shutdown_background();
    }
}

/// Clock, sleep and log for the services.
struct TokioContext(Handle);

impl Runtime for TokioContext {
    fn now(&self) -> Duration {
        now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        // A timer of Tokio panics when it is polled after its runtime has ended, which a context
        // that outlives the services could do. A task is cancelled instead, and says so.
        Box::pin(Sleep(self.0.spawn(async move { tokio::time::sleep(duration).await })))
    }

    fn log(&self, level: LogLevel, service: &str, message: fmt::Arguments<'_>) {
        events::line(level, service, message);
    }
}

/// A sleep that is over with its task, also when that is cancelled because the runtime ends.
struct Sleep(JoinHandle<()>);

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(context).map(drop)
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.0.abort();
    }
}
