//! `aimdb_builder_*`: the description of a database.

use core::ffi::{c_char, c_void};
use std::collections::BTreeMap;
use std::sync::Arc;

use aimdb_core::buffer::{BufferCfg, BufferCfgError, RecvTimeoutError};
use aimdb_core::pure::{DropCause, Policy};
use aimdb_core::waiting::{Deadline, Place};
use aimdb_core::{AimDbBuilder, Consumer, RecordKey};
use aimdb_sync::{Attach, AttachError};

use crate::database::Database;
use crate::entry::{self, BuilderHandle, DatabaseHandle, ErrorHandle};
use crate::failure::Failure;
use crate::form::{self, CType, RecordType, Type};
use crate::object::{self, Held, Object};
use crate::status::Status;

pub(crate) type UserFree = unsafe extern "C" fn(*mut c_void);
pub(crate) type TapFn = unsafe extern "C" fn(*mut c_void, *const c_void, usize);
pub(crate) type DropFn = unsafe extern "C" fn(*mut c_void, *const c_void, usize, i32);
pub(crate) type DegradeFn = unsafe extern "C" fn(*mut c_void, *mut c_void, usize) -> usize;

/// A function of C with the pointer that it wants, which is freed with the last copy of this.
pub(crate) struct Callback<F> {
    function: F,
    user: Arc<User>,
}

struct User {
    pointer: *mut c_void,
    free: Option<UserFree>,
}

// SAFETY: the header says that callbacks run on any thread, threads together, and that `user` is theirs.
unsafe impl Send for User {}
// SAFETY: as above.
unsafe impl Sync for User {}

impl Drop for User {
    fn drop(&mut self) {
        if let Some(free) = self.free {
            let _inside = Place::enter(0, false);
            // SAFETY: the header says that it is called once with this pointer, on any thread.
            unsafe { free(self.pointer) };
        }
    }
}

impl<F: Copy> Clone for Callback<F> {
    fn clone(&self) -> Self {
        Self { function: self.function, user: Arc::clone(&self.user) }
    }
}

impl<F> Callback<F> {
    pub(crate) fn new(function: F, user: *mut c_void, free: Option<UserFree>) -> Self {
        Self { function, user: Arc::new(User { pointer: user, free }) }
    }
}

impl Callback<TapFn> {
    /// Calls the function with each value until the record is closed and drained.
    pub(crate) fn drain<T: Send + 'static>(self, consumer: &mut Consumer<T>, call: impl Fn(&T, &Self)) {
        // Ends when the record is closed. Lag is counted by the cursor.
        loop {
            match consumer.recv_blocking(Deadline::Never) {
                Ok(value) => {
                    let _inside = Place::enter(0, false);
                    call(&value, &self);
                }
                Err(RecvTimeoutError::Lagged(_)) => {}
                Err(_) => return,
            }
        }
    }

    pub(crate) fn came(&self, value: *const c_void, size: usize) {
        // SAFETY: a function of the type that the header asks for, with its own `user` and a value that is there.
        unsafe { (self.function)(self.user.pointer, value, size) };
    }
}

impl Callback<DropFn> {
    pub(crate) fn dropped(&self, value: *const c_void, size: usize, cause: DropCause) {
        let _inside = Place::enter(0, false);
        // SAFETY: as in `came`.
        unsafe { (self.function)(self.user.pointer, value, size, cause_code(cause)) };
    }
}

impl Callback<DegradeFn> {
    /// The new size, which is no larger.
    pub(crate) fn degrade(&self, value: *mut c_void, size: usize) -> usize {
        let _inside = Place::enter(0, false);
        // SAFETY: as in `came`, and the value may be written.
        unsafe { (self.function)(self.user.pointer, value, size) }.min(size)
    }
}

const fn cause_code(cause: DropCause) -> i32 {
    match cause {
        DropCause::Overwritten => 0,
        DropCause::Refused => 1,
        DropCause::DroppedNewest => 2,
        DropCause::Cancelled => 3,
        DropCause::Aborted => 4,
    }
}

/// What a record calls.
#[derive(Default)]
pub(crate) struct Callbacks {
    pub(crate) degrade: Option<Callback<DegradeFn>>,
    pub(crate) dropped: Option<Callback<DropFn>>,
}

/// `aimdb_record_t`.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct CRecord {
    struct_size: usize,
    key: *const c_char,
    kind: i32,
    policy: i32,
    capacity: usize,
    ty: CType,
    single_cursor: i32,
    degrade: Option<DegradeFn>,
    degrade_user: *mut c_void,
    degrade_user_free: Option<UserFree>,
    drop: Option<DropFn>,
    drop_user: *mut c_void,
    drop_user_free: Option<UserFree>,
}

/// A description of a database, as far as it has been given.
#[derive(Default)]
pub(crate) struct Builder {
    records: AimDbBuilder,
    types: BTreeMap<RecordKey, Box<dyn RecordType>>,
}

impl Builder {
    fn record(&mut self, key: RecordKey, record: &CRecord) -> Result<(), Failure> {
        let ty = Type::checked(&record.ty)?;
        let cfg = form::cfg(record.kind, record.policy, record.capacity)?;
        if self.types.contains_key(&key) {
            return Err(Failure::new(Status::DUPLICATE_RECORD, format!("there is a record `{key}` already")));
        }
        let of_record = |said: &dyn core::fmt::Display| format!("record `{key}`: {said}");
        cfg.validate(record.degrade.is_some()).map_err(|error| match error {
            BufferCfgError::MissingDegrader => Failure::new(
                Status::BAD_POLICY,
                of_record(&"the policy degrade_quality needs a function that degrades"),
            ),
            error => Failure::new(Status::BAD_CAPACITY, of_record(&error)),
        })?;
        if record.degrade.is_some() && !matches!(cfg, BufferCfg::Bounded { policy: Policy::DegradeQuality, .. }) {
            return Err(Failure::new(Status::BAD_POLICY, of_record(&"only the policy degrade_quality degrades")));
        }
        let single = record.single_cursor != 0;
        if single && matches!(cfg, BufferCfg::SpmcRing { .. } | BufferCfg::SingleLatest) {
            return Err(Failure::new(Status::BAD_KIND, of_record(&"rings and latest values have several cursors")));
        }
        let made = form::record_type(ty)?;
        let calls = Callbacks {
            degrade: record.degrade.map(|call| Callback::new(call, record.degrade_user, record.degrade_user_free)),
            dropped: record.drop.map(|call| Callback::new(call, record.drop_user, record.drop_user_free)),
        };
        made.configure(&mut self.records, key.clone(), cfg, single, &calls);
        self.types.insert(key, made);
        Ok(())
    }
}

fn not_attached(error: &AttachError) -> Failure {
    let status = match error {
        AttachError::Thread { .. } => Status::NO_THREAD,
        _ => Status::BAD_CONFIGURATION,
    };
    Failure::new(status, error.to_string())
}

/// `aimdb_builder_new`.
///
/// # Safety
///
/// `builder` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_builder_new(builder: *mut BuilderHandle) -> Status {
    entry::call(|| {
        entry::not_null(builder)?;
        let id = object::insert(Object::Builder(Box::new(Held::new(Builder::default()))))?;
        // SAFETY: the caller says that it may be written.
        unsafe { entry::write(builder, BuilderHandle { id }) }
    })
}

/// `aimdb_builder_record`.
///
/// # Safety
///
/// `record` is null or leads to as many bytes as its first word says, with a key that ends with a zero; `error` is
/// null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_builder_record(
    builder: BuilderHandle,
    record: *const CRecord,
    error: *mut ErrorHandle,
) -> Status {
    let body = || {
        if record.is_null() {
            return Err(Failure::new(Status::NULL_ARGUMENT, "the record is null"));
        }
        // SAFETY: the caller says so; the size comes first in every version.
        if unsafe { (*record).struct_size } != size_of::<CRecord>() {
            return Err(Failure::new(Status::BAD_STRUCT, "the struct_size of the record is that of no version"));
        }
        // SAFETY: it is of the size that it says.
        let record = unsafe { record.read() };
        // SAFETY: the caller says so.
        let key = unsafe { entry::key(record.key) }?;
        object::hold(builder.id)?.builder()?.record(key, &record)
    };
    // SAFETY: the caller says so.
    unsafe { entry::setting_up(error, body) }
}

/// `aimdb_builder_tap`.
///
/// # Safety
///
/// `key` is null or ends with a zero; `error` is null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_builder_tap(
    builder: BuilderHandle,
    key: *const c_char,
    tap: Option<TapFn>,
    user: *mut c_void,
    user_free: Option<UserFree>,
    error: *mut ErrorHandle,
) -> Status {
    let body = || {
        let tap = tap.ok_or_else(|| Failure::new(Status::NULL_ARGUMENT, "the tap is null"))?;
        // SAFETY: the caller says so.
        let key = unsafe { entry::key(key) }?;
        let mut hold = object::hold(builder.id)?;
        let Builder { records, types } = hold.builder()?;
        let Some(ty) = types.get(&key) else {
            return Err(Failure::new(Status::RECORD_NOT_FOUND, format!("the builder has no record `{key}`")));
        };
        ty.tap(records, key, Callback::new(tap, user, user_free));
        Ok(())
    };
    // SAFETY: the caller says so.
    unsafe { entry::setting_up(error, body) }
}

/// `aimdb_builder_attach`.
///
/// # Safety
///
/// `db` and `error` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_builder_attach(
    builder: BuilderHandle,
    db: *mut DatabaseHandle,
    error: *mut ErrorHandle,
) -> Status {
    let body = || {
        entry::not_null(db)?;
        let mut hold = object::hold(builder.id)?;
        let Builder { records, types } = core::mem::take(hold.builder()?);
        let handle = records.attach().map_err(|error| not_attached(&error))?;
        let id = object::insert(Object::Database(Box::new(Database::new(handle, types))))?;
        drop(hold);
        let _ = object::free(builder.id, |object| matches!(object, Object::Builder(_)));
        // SAFETY: the caller says that it may be written.
        Ok(unsafe { entry::write(db, DatabaseHandle { id }) }?)
    };
    // SAFETY: the caller says so.
    unsafe { entry::setting_up(error, body) }
}

/// `aimdb_builder_free`.
#[unsafe(no_mangle)]
pub extern "C" fn aimdb_builder_free(builder: BuilderHandle) -> Status {
    entry::call(|| object::free(builder.id, |object| matches!(object, Object::Builder(_))))
}
