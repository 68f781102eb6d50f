//! Storey 3: records by name. A builder describes them, [`AimDb`] holds them, [`Producer`] and
//! [`Consumer`] are their two ends.
//!
//! Nothing here runs anything. What a record needs to have run (sources, taps, transforms) leaves
//! [`AimDb::take_services`] as data, and a runtime spawns each [`Service`] as a task or a thread of
//! its own; it hands every one a [`RuntimeContext`]. Which buffer a record has is unknown above
//! the two traits of [`crate::buffer`].
//!
//! # Example
//!
//! ```
//! use aimdb_core::AimDbBuilder;
//!
//! let mut builder = AimDbBuilder::new();
//! builder.configure::<u32>("motor.cmd", |record| {
//!     record.bounded(1).fail();
//! });
//! let db = builder.build()?;
//! let mut consumer = db.consumer::<u32>("motor.cmd")?;
//! let producer = db.producer::<u32>("motor.cmd")?;
//! assert!(producer.try_produce(7).is_ok());
//! assert!(producer.try_produce(8).is_err());
//! assert_eq!(consumer.try_recv()?, 7);
//! # Ok::<(), aimdb_core::DbError>(())
//! ```

mod aimdb;
mod bounded_registrar;
mod builder;
#[cfg(feature = "std")]
mod common_producer;
mod consumer;
mod context;
mod cursor_label;
mod draft;
mod erased;
mod error;
mod graph;
mod held;
mod key;
#[cfg(feature = "std")]
mod local_producer;
mod next_value;
mod producer;
mod record;
mod records;
mod registrar;
mod service;
mod stats;
mod stop;
mod transform;
mod writer;

#[cfg(all(test, feature = "std", not(any(loom, shuttle))))]
mod rig;

pub use aimdb::AimDb;
pub use bounded_registrar::BoundedRegistrar;
pub use builder::AimDbBuilder;
#[cfg(feature = "std")]
pub use common_producer::CommonProducer;
pub use consumer::Consumer;
pub use context::{LogLevel, Runtime, RuntimeContext};
pub use erased::{AnyRecord, ErasedRecord, ProduceAnyError};
pub use error::{ConfigError, ConfigErrors, ConfigMistake, DbError, DbResult};
pub use key::RecordKey;
#[cfg(feature = "std")]
pub use local_producer::LocalProducer;
pub use producer::Producer;
pub use registrar::Registrar;
pub use service::{BoxFuture, Service, ServiceRole, ServiceRun};
#[cfg(feature = "std")]
pub use stats::Blocked;
pub use stats::{RecordInfo, RecordStats, SlowestCursor};
pub use stop::Stopped;
pub use transform::{Join, JoinBuilder, Transform, TransformBuilder};
