//! A database of Rust for C: which of its records C may open, and as what.

use std::collections::BTreeMap;
use std::sync::Arc;

use aimdb_core::RecordKey;
use aimdb_core::buffer::SubscribeError;
use aimdb_sync::{AimDbHandle, DbError, DbResult};

use crate::database::Database;
use crate::entry::DatabaseHandle;
use crate::form::{AnyType, Form, Type};
use crate::object::{self, Object};
use crate::plain::Plain;
use crate::shape::PlainValue;
use crate::status::Status;

/// The records of a Rust database that C may open.
///
/// The others answer `AIMDB_RECORD_NOT_FOUND` there. What C opens is the record itself, not a copy or a bridge:
/// Rust's taps, sources and threads and those of C meet in one buffer, with one order, one capacity and one set of
/// counts.
///
/// The Rust part of a program gives the handle to the other part with a function of its own:
///
/// ```
/// use aimdb_ffi::{DatabaseHandle, Exports, record};
/// use aimdb_sync::{AimDbBuilder, Attach, BufferCfg};
///
/// record! {
///     pub struct Reading = "demo.Reading/1" { pub celsius: f32, pub sensor: u32 }
/// }
///
/// fn open() -> Result<DatabaseHandle, Box<dyn std::error::Error>> {
///     let mut builder = AimDbBuilder::new();
///     builder
///         .configure::<Reading>("room.reading", |record| {
///             record.plain_buffer(BufferCfg::SpmcRing { capacity: 64 });
///         })
///         .configure::<f32>("room.limit", |record| {
///             record.buffer(BufferCfg::SingleLatest);
///         });
///     let exports = Exports::new(builder.attach()?);
///     Ok(exports.record::<Reading>("room.reading")?.record::<f32>("room.limit")?.into_handle()?)
/// }
///
/// // With `#[unsafe(no_mangle)]`, where it is called from C. `{0}` is no handle.
/// pub extern "C" fn room_open() -> DatabaseHandle {
///     open().unwrap_or_default()
/// }
/// # assert_ne!(room_open(), DatabaseHandle::default());
/// ```
///
/// A number's schema is that of its name in Rust: C opens `room.limit` with `aimdb_schema_of("f32")`, and C++ as a
/// record of `float`. That of a structure is in the header that [`crate::c_header`] writes.
///
/// Both parts must be linked with one and the same library: link the Rust part as a static or shared library that
/// has this crate in it, and not `libaimdb` beside it, which would have a table of handles of its own.
pub struct Exports {
    handle: Arc<AimDbHandle>,
    types: BTreeMap<RecordKey, AnyType>,
}

impl Exports {
    /// Of this database, and none yet. Rust keeps the database too if it gives an `Arc` of which it has another:
    /// `aimdb_db_free` then only lets go of C's part, and the records are closed when the last one has let go.
    #[must_use]
    pub fn new(handle: impl Into<Arc<AimDbHandle>>) -> Self {
        Self { handle: handle.into(), types: BTreeMap::new() }
    }

    /// Lets C open a record, as what Rust has configured it.
    ///
    /// # Errors
    ///
    /// [`DbError::RecordNotFound`], [`DbError::TypeMismatch`]; and [`SubscribeError::NoPlace`] without memory.
    pub fn record<T: PlainValue>(mut self, key: impl Into<RecordKey>) -> DbResult<Self> {
        let key = key.into();
        // Looks it up and asks for its type; C's ends are made when C opens them.
        self.handle.db().producer::<T>(&key)?;
        let ty = Plain::<T>::of(Type::of::<T>()).map_err(|_| DbError::Subscribe(SubscribeError::NoPlace))?;
        self.types.insert(key, ty);
        Ok(self)
    }

    /// What C takes for the database: `aimdb_db_t`.
    ///
    /// # Errors
    ///
    /// [`Status::TOO_MANY`] when the process has millions of handles.
    pub fn into_handle(self) -> Result<DatabaseHandle, Status> {
        let database = Database::new(self.handle, self.types);
        Ok(DatabaseHandle { id: object::insert(Object::Database(Box::new(database)))? })
    }
}

impl core::fmt::Debug for Exports {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_set().entries(self.types.keys()).finish()
    }
}

impl Type {
    fn of<T: PlainValue>() -> Self {
        // Who says nothing about the alignment in C has said 8, and a value is copied from and to any place.
        Self { form: Form::Plain, size: size_of::<T>(), alignment: align_of::<T>().max(8), schema: T::SCHEMA }
    }
}
