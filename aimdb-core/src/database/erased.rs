//! A record whose type is known at run time only, for connectors and tools.
#![allow(unsafe_code)]

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::any::{Any, TypeId};
use core::fmt;
use core::ops::Deref;

use super::record::{Common, Record, Shared};
use super::stop::StopSignal;
use super::{BoxFuture, DbError, RecordInfo, RecordKey, RecordStats};
use crate::buffer::{BufferMetrics, SendError};
use crate::pure::ErrorKind;
use crate::waiting::{Block, Counted, Hold};

/// A record without its type.
///
/// This trait is implemented by the database's own records only.
pub trait AnyRecord: Written + Any + Send + Sync {
    /// The key.
    fn key(&self) -> &RecordKey;

    /// Its description.
    fn info(&self) -> RecordInfo;

    /// Its state and counts at one moment.
    fn stats(&self) -> RecordStats;

    /// The state and counts of its buffer at one moment. Allocates nothing, if the buffer is none of the user's own.
    fn metrics(&self) -> BufferMetrics;

    /// The type of its values.
    fn value_type(&self) -> TypeId;

    /// The number of its buffer; see [`crate::buffer::Buffer::identity`].
    fn identity(&self) -> usize;

    /// Pushes a value that must be of the record's type, as [`super::Producer::produce`] does.
    /// Never blocks; allocates nothing.
    ///
    /// # Errors
    ///
    /// The value, when it is of another type.
    fn produce_any(&self, value: Box<dyn Any + Send>) -> Result<(), ProduceAnyError>;

    /// Pushes a value that must be of the record's type, waiting for space as
    /// [`super::Producer::send_async`] does.
    ///
    /// Dropping the future before it is ready drops the value.
    ///
    /// # Errors
    ///
    /// The value, when it is of another type or the record refused it.
    fn produce_any_async(&self, value: Box<dyn Any + Send>) -> BoxFuture<'_, Result<(), ProduceAnyError>>;

    /// Closes the record; see [`super::Producer::close`].
    fn close(&self);

    /// Whether the record was closed.
    fn is_closed(&self) -> bool;
}

/// What a record is told by its database, and by the service that writes it.
///
/// In the interface of [`AnyRecord`] and not exported, so that nobody else can implement that.
pub trait Written: Send + Sync {
    /// The record will be known without its type: what its database has in common.
    fn become_known(&self, common: &Arc<Common>);

    /// A service will write the record, and close it.
    fn writer_came(&self);

    /// That service is gone.
    fn writer_left(&self, leaves_open: bool, stop: &StopSignal);

    /// Whether there is such a service.
    fn is_written(&self) -> bool;
}

/// A value in a box that was not pushed. It travels back in every arm.
#[non_exhaustive]
pub enum ProduceAnyError {
    /// The value is not of the record's type.
    #[non_exhaustive]
    WrongType {
        /// The record.
        key: RecordKey,
        /// The type of the record's values.
        expected: &'static str,
        /// The type of the value, if it is a primitive one or that of a record of the database: a
        /// box does not know the name of what is in it.
        found: Option<&'static str>,
        /// The value.
        value: Box<dyn Any + Send>,
    },
    /// The record refused the value.
    #[non_exhaustive]
    Refused {
        /// Why.
        error: DbError,
        /// The value.
        value: Box<dyn Any + Send>,
    },
}

impl ProduceAnyError {
    /// The value that was not pushed.
    #[must_use]
    pub fn into_inner(self) -> Box<dyn Any + Send> {
        match self {
            Self::WrongType { value, .. } | Self::Refused { value, .. } => value,
        }
    }

    /// The class of this error.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::WrongType { .. } => ErrorKind::Usage,
            Self::Refused { error, .. } => error.kind(),
        }
    }
}

impl fmt::Display for ProduceAnyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongType { key, expected, found: Some(found), .. } => {
                write!(f, "record `{key}` holds `{expected}`, and the value is a `{found}`")
            }
            Self::WrongType { key, expected, found: None, .. } => {
                write!(f, "record `{key}` holds `{expected}`, and the value is of a type that no record has")
            }
            Self::Refused { error, .. } => error.fmt(f),
        }
    }
}

impl fmt::Debug for ProduceAnyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongType { .. } => write!(f, "WrongType({self})"),
            Self::Refused { error, .. } => write!(f, "Refused({error:?})"),
        }
    }
}

impl core::error::Error for ProduceAnyError {}

impl<T: Send + 'static> Record<T> {
    fn unpack(&self, value: Box<dyn Any + Send>) -> Result<T, ProduceAnyError> {
        let id = (*value).type_id();
        value.downcast::<T>().map(|value| *value).map_err(|value| ProduceAnyError::WrongType {
            key: self.key.clone(),
            expected: core::any::type_name::<T>(),
            found: self.at_work.common().and_then(|common| common.type_name(id)),
            value,
        })
    }
}

impl<T: Send + 'static> AnyRecord for Record<T> {
    fn key(&self) -> &RecordKey {
        &self.key
    }

    fn info(&self) -> RecordInfo {
        self.info()
    }

    fn stats(&self) -> RecordStats {
        self.stats()
    }

    fn metrics(&self) -> BufferMetrics {
        self.metrics()
    }

    fn value_type(&self) -> TypeId {
        TypeId::of::<T>()
    }

    fn identity(&self) -> usize {
        self.identity()
    }

    fn produce_any(&self, value: Box<dyn Any + Send>) -> Result<(), ProduceAnyError> {
        let value = self.unpack(value)?;
        match self.shell() {
            Some(shell) => shell.push_by_lane(value),
            None => self.at_work.own_buffer().push(value),
        }
        Ok(())
    }

    fn produce_any_async(&self, value: Box<dyn Any + Send>) -> BoxFuture<'_, Result<(), ProduceAnyError>> {
        Box::pin(async move {
            let value = self.unpack(value)?;
            let push = match self.shell() {
                Some(shell) => shell.push_async_by_lane(value),
                None => self.at_work.own_buffer().push_async(value).moved(),
            };
            push.await
                .map_err(|refused| match refused {
                    SendError::Full(value) => (DbError::from(SendError::Full(())), value),
                    SendError::Timeout(value) => (DbError::from(SendError::Timeout(())), value),
                    SendError::Closed(value) => (DbError::from(SendError::Closed(())), value),
                    SendError::Misuse(value, misuse) => (DbError::from(misuse), value),
                })
                .map_err(|(error, value)| ProduceAnyError::Refused {
                    error: error.of_record(&self.key),
                    value: Box::new(value),
                })
        })
    }

    fn close(&self) {
        self.close();
    }

    fn is_closed(&self) -> bool {
        self.is_closed()
    }
}

impl<T: Send + 'static> Written for Record<T> {
    fn become_known(&self, common: &Arc<Common>) {
        self.at_work.set_common(common);
    }

    fn writer_came(&self) {
        self.writer_came();
    }

    fn writer_left(&self, leaves_open: bool, stop: &StopSignal) {
        self.writer_left(leaves_open, stop);
    }

    fn is_written(&self) -> bool {
        self.is_written()
    }
}

impl fmt::Debug for dyn AnyRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AnyRecord").field("key", self.key()).finish_non_exhaustive()
    }
}

/// A hold on a record without its type. It keeps the record, not the database.
#[derive(Clone)]
pub struct ErasedRecord(Counted<dyn AnyRecord>);

impl Hold for dyn AnyRecord {}

impl ErasedRecord {
    /// Of this record.
    pub(super) fn of<T: Send + 'static>(record: Shared<T>) -> Self {
        let known = |block: *mut Block<Record<T>>| -> *mut Block<dyn AnyRecord> { block };
        // SAFETY: the pointer leads where it led, and a record is one without its type.
        Self(unsafe { record.known_as(known) })
    }

    /// The record with its type, if that is the one.
    pub(super) fn typed<T: Send + 'static>(&self) -> Option<Shared<T>> {
        if self.0.value_type() != TypeId::of::<T>() {
            return None;
        }
        // SAFETY: the pointer leads where it led, and there is no other implementation of this trait than that of
        // records, see `Written`; so this one is of the type that it says.
        Some(unsafe { self.0.clone().known_as(<*mut Block<dyn AnyRecord>>::cast) })
    }
}

impl Deref for ErasedRecord {
    type Target = dyn AnyRecord;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl fmt::Debug for ErasedRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

#[cfg(all(test, feature = "std", not(any(loom, shuttle))))]
mod tests {
    use super::super::rig::{poll_once, single, wait};
    use super::*;
    use alloc::string::{String, ToString};

    struct Unknown;

    #[test]
    fn r2_a_value_of_the_wrong_type_comes_back_with_both_types_named() {
        let db = single::<u32>(|record| {
            record.bounded(1).fail();
        });
        let record = db.erased("a").expect("it is there");
        let value: Box<dyn Any + Send> = Box::new("seven".to_string());
        let address = core::ptr::from_ref(&*value).cast::<u8>();
        let error = record.produce_any(value).expect_err("a string is no number");
        assert_eq!(error.to_string(), "record `a` holds `u32`, and the value is a `alloc::string::String`");
        assert_eq!(error.kind(), ErrorKind::Usage);
        let value = error.into_inner();
        assert_eq!(core::ptr::from_ref(&*value).cast::<u8>(), address);
        assert_eq!(value.downcast_ref::<String>().map(String::as_str), Some("seven"));
        let error = wait(record.produce_any_async(Box::new(Unknown))).expect_err("nor is that");
        assert_eq!(error.to_string(), "record `a` holds `u32`, and the value is of a type that no record has");
        assert!(error.into_inner().is::<Unknown>());
    }

    #[test]
    fn s3_produce_any_is_produce_and_produce_any_async_is_send_async() {
        let db = single::<u32>(|record| {
            record.bounded(1);
        });
        let record = db.erased("a").expect("it is there");
        let mut consumer = db.consumer::<u32>("a").expect("it is there");
        assert!(record.produce_any(Box::new(1_u32)).is_ok());
        assert!(record.produce_any(Box::new(2_u32)).is_ok());
        assert_eq!(record.stats().buffer.counters.refused, 1);
        {
            let mut waits = record.produce_any_async(Box::new(3_u32));
            assert!(poll_once(waits.as_mut()).is_pending());
            assert_eq!(consumer.try_recv(), Ok(1));
            assert!(wait(waits).is_ok());
        }
        assert_eq!(consumer.try_recv(), Ok(3));
        record.close();
        assert!(record.is_closed());
        let error = wait(record.produce_any_async(Box::new(4_u32))).expect_err("it is closed");
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Closed, "the buffer of `a` is closed"));
        assert_eq!(error.into_inner().downcast_ref::<u32>(), Some(&4));
        assert_eq!((record.key().as_str(), record.value_type()), ("a", TypeId::of::<u32>()));
    }
}
