//! Records whose values are blocks: bytes, pointers, and plain data that is too large for a slot.

use aimdb_core::buffer::BufferCfg;
use aimdb_core::pure::Start;
use aimdb_core::waiting::Counted;
use aimdb_core::{AimDbBuilder, DbResult, RecordKey, Registrar};
use aimdb_sync::AimDbHandle;

use crate::block::{Block, Pool};
use crate::block_recv::BlockRecv;
use crate::block_send::BlockSend;
use crate::callback::{Callback, Callbacks, DegradeFn, TapFn};
use crate::failure::Failure;
use crate::form::{self, AnyType, End, Form, RecordType, RecvEnd, Type};
use crate::object::Producer;
use crate::reading::{KeptCount, Reading};
use crate::status::{Answer, Status};
use crate::time::Wait;

/// A type whose values are blocks of one pool.
pub(crate) struct Blocks {
    ty: Type,
    pool: Pool,
    kept: KeptCount,
}

impl Blocks {
    pub(crate) fn of(ty: Type) -> Answer<AnyType> {
        let pool = Pool::new(ty.size, ty.alignment).ok_or(Status::OUT_OF_MEMORY)?;
        form::any_type(Self { ty, pool, kept: KeptCount::new()? })
    }
}

impl RecordType for Blocks {
    fn ty(&self) -> Type {
        self.ty
    }

    fn configure(&self, builder: &mut AimDbBuilder, key: RecordKey, cfg: BufferCfg, single: bool, calls: &Callbacks) {
        let form = self.ty.form;
        builder.configure::<Block>(key, |record: &mut Registrar<Block>| {
            form::choose(record, cfg, single, |record| {
                record.buffer(cfg);
            });
            if let Some(degrade) = calls.degrade.clone() {
                record.degrader(move |block| degraded(block, form, &degrade));
            }
            if let Some(dropped) = calls.dropped.clone() {
                record.on_drop(move |block: Block, cause| dropped.dropped(block.data(), block.size(), cause));
            }
        });
    }

    fn tap(&self, builder: &mut AimDbBuilder, key: RecordKey, tap: Callback<TapFn>) {
        builder.configure::<Block>(key, |record| {
            record.tap_blocking(move |_context, mut consumer| {
                tap.drain(&mut consumer, |block: &Block, tap| tap.came(block.data(), block.size()));
            });
        });
    }

    fn producer(&self, db: &AimDbHandle, key: &str) -> Result<Counted<Producer>, Failure> {
        let kind = db.db().erased(key)?.info().kind();
        let own = db.producer::<Block>(key)?;
        let shared = BlockSend::new(own.shared(), self.ty, self.pool.clone(), kind, self.kept.clone());
        let own = BlockSend::new(own, self.ty, self.pool.clone(), kind, self.kept.clone());
        Ok(Producer::new(own, shared)?)
    }

    fn drain(&self, db: &AimDbHandle, key: &str, wait: Wait) -> Answer {
        End::drain(&db.producer::<Block>(key).map_err(|error| Status::from(&error))?, wait)
    }

    fn consumer(&self, db: &AimDbHandle, key: &str, start: Start) -> DbResult<Box<dyn RecvEnd>> {
        let kind = db.db().erased(key)?.info().kind();
        form::boxed(|| {
            let reading = Reading::new(db.consumer_from::<Block>(key, start)?, kind, self.kept.clone());
            Ok(BlockRecv::new(reading, self.ty))
        })
    }

    fn kept(&self) -> u64 {
        self.kept.get()
    }
}

/// The cheaper form of a value, made in place: nobody but its sender has it yet.
fn degraded(block: Block, form: Form, degrade: &Callback<DegradeFn>) -> Block {
    match block.alone() {
        Ok(mut block) => {
            let size = degrade.degrade(block.data(), block.size());
            if form != Form::Plain {
                block.truncate(size);
            }
            block.freeze()
        }
        Err(block) => block,
    }
}
