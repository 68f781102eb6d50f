//! AimDB records for threads: blocking `send` and `recv` with honest backpressure, services on
//! threads of their own, and an orderly end.
//!
//! A database is described with [`AimDbBuilder`], and [`Attach::attach`] makes it run. The handle
//! gives out the two ends of each record: a [`SyncProducer`] for each thread that writes, a
//! [`SyncConsumer`] for each that reads.
//!
//! ```
//! use aimdb_sync::{AimDbBuilder, Attach, BufferCfg};
//! use std::thread;
//!
//! let mut builder = AimDbBuilder::new();
//! builder.configure::<f32>("room.celsius", |record| {
//!     record.buffer(BufferCfg::SpmcRing { capacity: 64 });
//! });
//! builder.configure::<String>("log", |record| {
//!     // A queue that loses nothing: whoever sends into it waits while it is full.
//!     record.bounded(2).tap_blocking(|_context, mut lines| {
//!         while let Ok(line) = lines.recv_blocking(aimdb_sync::Deadline::Never) {
//!             println!("{line}");
//!         }
//!     });
//! });
//! let handle = builder.attach()?;
//!
//! let sensor = handle.producer::<f32>("room.celsius")?;
//! let mut readings = handle.consumer::<f32>("room.celsius")?;
//! let log = handle.producer::<String>("log")?;
//! let alarm = thread::spawn(move || {
//!     for celsius in readings.iter().filter(|celsius| *celsius > 25.0) {
//!         log.send(format!("{celsius} °C")).expect("the log is open");
//!     }
//! });
//! for celsius in [21.0, 24.5, 26.1, 30.0] {
//!     sensor.send(celsius)?;
//! }
//! sensor.close();
//! alarm.join().expect("no panic");
//! handle.shutdown()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What blocks, and where
//!
//! A value crosses no thread in order to be sent: `send` works on the caller's thread, straight on
//! the record's buffer, so `Full` is the record's own fullness. A call that could wait is refused
//! inside an async source, tap or transform ([`Misuse::RuntimeThread`]), where it would stop the
//! other services of that thread: await there, or use `source_blocking` and `tap_blocking`, which
//! have threads of their own, named after the service. A tap that would wait for the record that it
//! drains is refused too ([`Misuse::OwnRecord`]).
//!
//! No call may be made from a signal handler: it may have interrupted its own thread inside of one.
//!
//! An async service that blocks all the same (a long computation, a file) takes a thread from the
//! others, and holds up the one that it has just woken. [`RuntimeOptions::threads`] says how many
//! threads there are.
//!
//! # How it ends
//!
//! [`AimDbHandle::shutdown`] stops the sources, closes the records, lets taps and transforms drain
//! what was sent before, and returns when the last thread has ended. A service that panics ends
//! alone; [`AimDbHandle::failures`] tells.
//!
//! # Forks
//!
//! In a forked child all that was made before refuses with [`Misuse::ForkedChild`], or answers
//! nothing, and hangs nowhere; the child attaches a database of its own.
//!
//! # Features
//!
//! `tokio` (default): runs async services. `tracing`: events at attach, at shutdown, when a service
//! ends or fails, when a consumer lags, and what services log. `log`: the same as `log` records.
//! `crossbeam`: `SyncConsumer::into_crossbeam`.
#![forbid(unsafe_code)]

mod attach;
mod consumer;
mod crew;
mod error;
mod events;
mod failure;
#[cfg(feature = "crossbeam")]
mod feed;
mod form;
mod handle;
mod iter;
mod limit;
mod lock;
mod options;
mod permit;
mod process;
mod producer;
mod runtime;
#[cfg(feature = "tokio")]
mod runtime_tokio;
mod task;
mod thread;
mod tie;
mod wait_set;

pub use attach::Attach;
pub use consumer::SyncConsumer;
pub use error::{AttachError, ReserveError, SendManyError, ShutdownError, WaitError, WaitTimeoutError, WatchError};
pub use failure::Failure;
#[cfg(feature = "crossbeam")]
pub use feed::{Feed, FeedError};
pub use form::{Form, Local, Shared};
pub use handle::AimDbHandle;
pub use iter::{Iter, TryIter};
#[doc(hidden)]
pub use limit::Limit;
pub use options::RuntimeOptions;
pub use permit::Permit;
pub use producer::{SharedProducer, SyncProducer};
#[doc(hidden)]
pub use thread::around_starts;
pub use wait_set::WaitSet;

/// What a program that uses this crate needs of `aimdb_core`.
#[doc(no_inline)]
pub use aimdb_core::{
    AimDb, AimDbBuilder, Blocked, ConfigErrors, Consumer, DbError, DbResult, LogLevel, Producer, RecordKey,
    RecordStats, RuntimeContext, ServiceRole,
    buffer::{
        BufferCfg, BufferMetrics, FlushError, Misuse, ReaderMetrics, RecvError, RecvTimeoutError, SendError,
        SubscribeError, TryRecvError, TrySendError,
    },
    pure::{DropCause, ErrorKind, Kind, Policy, Start},
    waiting::{Deadline, EndId, Sleeper, WaitsFor},
};

/// The program of the project's README, so that it is compiled and run with the tests.
#[cfg(all(doctest, feature = "tokio"))]
#[doc = include_str!("../../README.md")]
struct Readme;
