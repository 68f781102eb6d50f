//! `aimdb_builder_*`: the description of a database.

use core::ffi::{c_char, c_void};
use core::mem::{MaybeUninit, offset_of};
use std::sync::Arc;

use aimdb_core::buffer::{BufferCfg, BufferCfgError};
use aimdb_core::pure::Policy;
use aimdb_core::waiting::in_box;
use aimdb_core::{AimDbBuilder, RecordKey};
use aimdb_sync::{Attach, AttachError};

use crate::callback::{Callback, Callbacks, DegradeFn, DropFn, TapFn, UserFree};
use crate::database::Database;
use crate::entry::{self, BuilderHandle, DatabaseHandle, ErrorHandle};
use crate::failure::Failure;
use crate::form::{self, AnyType, CType, Type};
use crate::object::{self, Held, Object};
use crate::signals;
use crate::status::{Answer, Status};
use crate::versioned::{self, Refused, Versioned};

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
    taps: *const CTap,
    tap_count: usize,
}

/// `aimdb_record_tap_t`.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct CTap {
    tap: Option<TapFn>,
    user: *mut c_void,
    user_free: Option<UserFree>,
}

// SAFETY: it is numbers, pointers that may be null, and a type, which is all numbers; the first is its size.
unsafe impl Versioned for CRecord {
    // With the type that the first version had within it.
    const FIRST: usize =
        offset_of!(Self, drop_user_free) + size_of::<Option<UserFree>>() - size_of::<CType>() + CType::FIRST;
}

impl CRecord {
    /// Reads a record whose type, too, may be of another version: the members behind it begin where that ends.
    ///
    /// # Safety
    ///
    /// `from` leads to as many bytes as its first word says, and to that word at least.
    unsafe fn read(from: *const Self) -> Result<Self, Refused> {
        const TYPE: usize = offset_of!(CRecord, ty);
        const REST: usize = TYPE + size_of::<CType>();
        const FIRST_REST: usize = CRecord::FIRST - TYPE - CType::FIRST;
        let (from, mut read) = (from.cast::<u8>(), MaybeUninit::<Self>::zeroed());
        let to = read.as_mut_ptr().cast::<u8>();
        // SAFETY: the caller says so; each part that is read lies within `given`, and each that is written within a
        // record.
        unsafe {
            let given = versioned::size::<Self>(from)?;
            let ty = versioned::size::<CType>(from.add(TYPE))?;
            let rest = given.checked_sub(TYPE + ty).filter(|rest| *rest >= FIRST_REST);
            let rest = rest.ok_or(Refused::Size(given))?;
            versioned::read_part(from, TYPE, to, TYPE)?;
            versioned::read_part(from.add(TYPE), ty, to.add(TYPE), size_of::<CType>())?;
            versioned::read_part(from.add(TYPE + ty), rest, to.add(REST), size_of::<Self>() - REST)?;
        }
        // SAFETY: what was not given is 0, which is a value, see `Versioned`.
        Ok(unsafe { read.assume_init() })
    }
}

/// A description of a database, as far as it has been given. It is kept as it was given, so that an attach that fails
/// leaves it whole.
#[derive(Default)]
pub(crate) struct Builder {
    /// By key.
    records: Vec<(RecordKey, Box<Described>)>,
    taps: Vec<(RecordKey, Callback<TapFn>)>,
}

struct Described {
    ty: AnyType,
    cfg: BufferCfg,
    single: bool,
    calls: Callbacks,
}

impl CRecord {
    /// The taps. Each `user` of them is the caller's still.
    ///
    /// # Safety
    ///
    /// `taps` is null or leads to `tap_count` of them.
    unsafe fn taps(&self) -> Result<Vec<Callback<TapFn>>, Failure> {
        let mut taps = Vec::new();
        if self.tap_count > 0 && self.taps.is_null() {
            return Err(Failure::new(Status::NULL_ARGUMENT, "the taps of the record are null"));
        }
        for at in 0..self.tap_count {
            // SAFETY: the caller says so.
            let CTap { tap, user, user_free } = unsafe { self.taps.add(at).read_unaligned() };
            let tap = tap.ok_or_else(|| Failure::new(Status::NULL_ARGUMENT, format_args!("tap {at} is null")))?;
            taps.try_reserve(1).map_err(|_| Status::OUT_OF_MEMORY)?;
            taps.push(Callback::new(tap, user, user_free)?);
        }
        Ok(taps)
    }
}

impl Builder {
    /// Where the record with this key is, or where it would be.
    fn find(&self, key: &str) -> Result<usize, usize> {
        self.records.binary_search_by(|(known, _)| known.as_str().cmp(key))
    }

    /// Adds a record with its taps. If it cannot be, nothing has changed, and no `user` is freed.
    fn record(&mut self, key: RecordKey, record: &CRecord, taps: Vec<Callback<TapFn>>) -> Result<(), Failure> {
        let ty = Type::checked(&record.ty)?;
        let cfg = form::cfg(record.kind, record.policy, record.capacity)?;
        let Err(at) = self.find(key.as_str()) else {
            return Err(Failure::new(Status::DUPLICATE_RECORD, format_args!("there is a record `{key}` already")));
        };
        let refused =
            |status, said: &dyn core::fmt::Display| Failure::new(status, format_args!("record `{key}`: {said}"));
        cfg.validate(record.degrade.is_some()).map_err(|error| match error {
            BufferCfgError::MissingDegrader => {
                refused(Status::BAD_POLICY, &"the policy degrade_quality needs a function that degrades")
            }
            error => refused(Status::BAD_CAPACITY, &error),
        })?;
        if record.degrade.is_some() && !matches!(cfg, BufferCfg::Bounded { policy: Policy::DegradeQuality, .. }) {
            return Err(refused(Status::BAD_POLICY, &"only the policy degrade_quality degrades"));
        }
        let single = record.single_cursor != 0;
        if single && matches!(cfg, BufferCfg::SpmcRing { .. } | BufferCfg::SingleLatest) {
            return Err(refused(Status::BAD_KIND, &"rings and latest values have several cursors"));
        }
        let ty = form::record_type(ty)?;
        let degrade = record.degrade.map(|call| Callback::new(call, record.degrade_user, record.degrade_user_free));
        let dropped = record.drop.map(|call| Callback::new(call, record.drop_user, record.drop_user_free));
        let calls = Callbacks { degrade: degrade.transpose()?, dropped: dropped.transpose()? };
        self.taps.try_reserve(taps.len()).map_err(|_| Status::OUT_OF_MEMORY)?;
        self.records.try_reserve(1).map_err(|_| Status::OUT_OF_MEMORY)?;
        let described = in_box(Described { ty, cfg, single, calls }).ok_or(Status::OUT_OF_MEMORY)?;
        // Nothing is refused from here on.
        described.calls.take();
        for tap in taps {
            tap.user.take();
            self.taps.push((key.clone(), tap));
        }
        self.records.insert(at, (key, described));
        Ok(())
    }

    /// For aimdb-core.
    fn described(&self) -> AimDbBuilder {
        let mut out = AimDbBuilder::new();
        for (key, described) in &self.records {
            let Described { ty, cfg, single, calls } = &**described;
            ty.configure(&mut out, key.clone(), *cfg, *single, calls);
        }
        for (key, tap) in &self.taps {
            if let Ok(at) = self.find(key.as_str()) {
                self.records[at].1.ty.tap(&mut out, key.clone(), tap.clone());
            }
        }
        out
    }
}

/// A copy of a key from C.
fn owned(key: &str) -> Answer<RecordKey> {
    RecordKey::try_of(key).ok_or(Status::OUT_OF_MEMORY)
}

fn not_attached(error: &AttachError) -> Failure {
    let status = match error {
        AttachError::Thread { .. } => Status::NO_THREAD,
        _ => Status::BAD_CONFIGURATION,
    };
    Failure::new(status, error)
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
        aimdb_sync::around_starts(signals::blocked);
        let made = in_box(Held::new(Builder::default())).ok_or(Status::OUT_OF_MEMORY)?;
        let id = object::insert(Object::Builder(made))?;
        // SAFETY: the caller says that it may be written.
        unsafe { entry::write(builder, BuilderHandle { id }) }
    })
}

/// `aimdb_builder_record`.
///
/// # Safety
///
/// `record` is null or leads to as many bytes as its first word says, with a key that ends with a zero and as many
/// taps as it says; `error` is null or may be written.
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
        // SAFETY: the caller says so.
        let record = unsafe { CRecord::read(record) }?;
        // SAFETY: the caller says so.
        let (key, taps) = unsafe { (entry::key(record.key)?, record.taps()?) };
        object::hold(builder.id)?.builder()?.record(owned(key)?, &record, taps)
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
        let builder = hold.builder()?;
        if builder.find(key).is_err() {
            return Err(Failure::new(Status::RECORD_NOT_FOUND, format_args!("the builder has no record `{key}`")));
        }
        builder.taps.try_reserve(1).map_err(|_| Status::OUT_OF_MEMORY)?;
        let (key, tap) = (owned(key)?, Callback::new(tap, user, user_free)?);
        tap.user.take();
        builder.taps.push((key, tap));
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
        let given = hold.builder()?;
        let handle = given.described().attach().map_err(|error| not_attached(&error))?;
        let types = given.records.iter().map(|(key, record)| (key.clone(), record.ty.clone())).collect();
        let id = object::insert(Object::Database(Box::new(Database::new(Arc::new(handle), types))))?;
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
