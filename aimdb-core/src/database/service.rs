//! A service as data: what a runtime has to run for a record.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;
use core::future::Future;
use core::panic::Location;
use core::pin::Pin;

use super::{RecordKey, RuntimeContext};

/// A future on the heap that may move between threads.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a service does with its record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ServiceRole {
    /// It writes the record.
    Source,
    /// It reads the record.
    Tap,
    /// It writes the record from what it reads in others.
    Transform,
}

/// Something that a runtime has to run, as a task or a thread of its own.
///
/// A service that panics must leave the others running. Dropping a service, before or while it
/// runs, is safe at any time: what it wrote is closed and what it read is no longer held up.
#[non_exhaustive]
pub struct Service {
    /// Names it among all services of the database: `motor.cmd/tap#1`.
    pub name: String,
    /// The record that it belongs to; for a transform, the one that it writes.
    pub record: RecordKey,
    /// What it does.
    pub role: ServiceRole,
    /// Where in the user's program it was configured.
    pub origin: &'static Location<'static>,
    /// The buffer that it drains ([`crate::buffer::Buffer::identity`]), or 0 if it drains none: a
    /// runtime marks its thread with it, so that a service that would wait for itself is refused.
    pub identity: usize,
    /// How to run it.
    pub run: ServiceRun,
}

/// How a service is run.
pub enum ServiceRun {
    /// As a task. The service begins when the future is first polled.
    Async(Box<dyn FnOnce(RuntimeContext) -> BoxFuture<'static, ()> + Send>),
    /// On a thread of its own, which it may block.
    Blocking(Box<dyn FnOnce(RuntimeContext) + Send>),
}

impl ServiceRun {
    /// Gives a service its context under its own name.
    pub(super) fn named(self, name: Arc<str>) -> Self {
        match self {
            Self::Async(run) => Self::Async(Box::new(move |context| run(context.named(name)))),
            Self::Blocking(run) => Self::Blocking(Box::new(move |context| run(context.named(name)))),
        }
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service")
            .field("name", &self.name)
            .field("role", &self.role)
            .field("origin", &format_args!("{}", self.origin))
            .field("run", &self.run)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ServiceRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Async(_) => "Async",
            Self::Blocking(_) => "Blocking",
        })
    }
}
