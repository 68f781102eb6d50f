//! Plain data: values of one size that any bytes make.
//!
//! A record that C describes has no Rust type, so it takes the smallest of a few arrays that it fits in; one that
//! Rust describes keeps its own. Both are the same to the lanes of aimdb-core: no value is boxed.

use core::marker::PhantomData;

use aimdb_core::buffer::BufferCfg;
use aimdb_core::pure::Start;
use aimdb_core::waiting::Counted;
use aimdb_core::{AimDbBuilder, DbResult, RecordKey, Registrar};
use aimdb_sync::AimDbHandle;
use bytemuck::NoUninit;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::callback::{Callback, Callbacks, TapFn};
use crate::failure::Failure;
use crate::form::{self, AnyType, End, RecordType, RecvEnd, Type};
use crate::object::Producer;
use crate::plain_recv::PlainRecv;
use crate::plain_send::{Loans, PlainSend};
use crate::reading::{KeptCount, Reading};
use crate::status::{Answer, Status};
use crate::time::Wait;

/// What a plain value must be: copied as it lies, of any bytes, without padding.
pub(crate) trait Bits:
    FromBytes + IntoBytes + Immutable + KnownLayout + NoUninit + Copy + Send + Sync + 'static
{
}

impl<T> Bits for T where T: FromBytes + IntoBytes + Immutable + KnownLayout + NoUninit + Copy + Send + Sync + 'static {}

/// The largest plain value that is kept in its slot.
pub(crate) const MAX: usize = 256;

/// The smallest array that a plain value fits in.
pub(crate) fn class_of(ty: Type) -> Option<Answer<AnyType>> {
    Some(match ty.size {
        0..=8 => Plain::<[u64; 1]>::of(ty),
        9..=16 => Plain::<[u64; 2]>::of(ty),
        17..=32 => Plain::<[u64; 4]>::of(ty),
        33..=64 => Plain::<[u64; 8]>::of(ty),
        65..=128 => Plain::<[u64; 16]>::of(ty),
        129..=MAX => Plain::<[u64; 32]>::of(ty),
        _ => return None,
    })
}

/// A type whose values are kept as `T`s, of which the first `ty.size` bytes are the value.
pub(crate) struct Plain<T> {
    ty: Type,
    kept: KeptCount,
    _values: PhantomData<fn() -> T>,
}

impl<T: Bits> Plain<T> {
    pub(crate) fn of(ty: Type) -> Answer<AnyType> {
        assert!(ty.size <= size_of::<T>());
        form::any_type(Self { ty, kept: KeptCount::new()?, _values: PhantomData })
    }
}

impl<T: Bits> RecordType for Plain<T> {
    fn ty(&self) -> Type {
        self.ty
    }

    fn configure(&self, builder: &mut AimDbBuilder, key: RecordKey, cfg: BufferCfg, single: bool, calls: &Callbacks) {
        let size = self.ty.size;
        builder.configure::<T>(key, |record: &mut Registrar<T>| {
            form::choose(record, cfg, single, |record| {
                record.plain_buffer(cfg);
            });
            if let Some(degrade) = calls.degrade.clone() {
                record.degrader(move |mut value: T| {
                    degrade.degrade((&raw mut value).cast(), size);
                    value
                });
            }
            if let Some(dropped) = calls.dropped.clone() {
                record.on_drop(move |value: T, cause| dropped.dropped((&raw const value).cast(), size, cause));
            }
        });
    }

    fn tap(&self, builder: &mut AimDbBuilder, key: RecordKey, tap: Callback<TapFn>) {
        let size = self.ty.size;
        builder.configure::<T>(key, |record| {
            record.tap_blocking(move |_context, mut consumer| {
                tap.drain(&mut consumer, |value: &T, tap| tap.came((&raw const *value).cast(), size));
            });
        });
    }

    fn producer(&self, db: &AimDbHandle, key: &str) -> Result<Counted<Producer>, Failure> {
        let kind = db.db().erased(key)?.info().kind();
        let own = db.producer::<T>(key)?;
        let (size, loans) = (self.ty.size, || Loans::aligned(self.ty.alignment));
        let shared = PlainSend { end: own.shared(), size, kind, loans: loans(), kept: self.kept.clone() };
        let own = PlainSend { end: own, size, kind, loans: loans(), kept: self.kept.clone() };
        Ok(Producer::new(own, shared)?)
    }

    fn drain(&self, db: &AimDbHandle, key: &str, wait: Wait) -> Answer {
        End::drain(&db.producer::<T>(key).map_err(|error| Status::from(&error))?, wait)
    }

    fn consumer(&self, db: &AimDbHandle, key: &str, start: Start) -> DbResult<Box<dyn RecvEnd>> {
        let kind = db.db().erased(key)?.info().kind();
        form::boxed(|| {
            let reading = Reading::new(db.consumer_from::<T>(key, start)?, kind, self.kept.clone());
            Ok(PlainRecv::new(reading, self.ty))
        })
    }

    fn kept(&self) -> u64 {
        self.kept.get()
    }
}
