//! Typed records in memory, with four ways of moving data and honest backpressure.
//!
//! The house has four storeys, each using only those below it: [`pure`] decides, [`waiting`]
//! waits, [`buffer`] stores, [`database`] names. There is no async runtime and no thread in it.
//!
//! Features: `std` (default) adds parking_lot locks, thread parking and the system clock; `alloc`
//! alone keeps buffers on the heap and the database; with neither, the machine and the shell remain,
//! for storage in a `static`.
#![no_std]
#![deny(unsafe_code)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod buffer;
#[cfg(feature = "alloc")]
pub mod database;
pub mod pure;
pub mod waiting;

pub use buffer::TryProduceError;
#[cfg(feature = "alloc")]
pub use database::{
    AimDb, AimDbBuilder, AnyRecord, BoundedRegistrar, BoxFuture, ConfigError, ConfigErrors, ConfigMistake, Consumer,
    DbError, DbResult, ErasedRecord, Join, JoinBuilder, LogLevel, ProduceAnyError, Producer, RecordInfo, RecordKey,
    RecordStats, Registrar, Runtime, RuntimeContext, Service, ServiceRole, ServiceRun, SlowestCursor, Stopped,
    Transform, TransformBuilder,
};
#[cfg(feature = "std")]
pub use database::{Blocked, CommonProducer, LocalProducer};
pub use pure::ErrorKind;
