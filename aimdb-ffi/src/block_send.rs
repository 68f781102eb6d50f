//! The writing end of a record of blocks.

use core::ffi::c_void;
use core::ptr::{self, NonNull};

use aimdb_core::pure::Kind;
use aimdb_sync::{Form as EndForm, SyncProducer};

use crate::block::{Block, BlockMut, Free, Pool};
use crate::form::{End, Form, SendEnd, Type, keep_place, unsent};
use crate::reading::KeptCount;
use crate::status::{Answer, Status};
use crate::time::Wait;

pub(crate) struct BlockSend<F: EndForm> {
    end: SyncProducer<Block, F>,
    ty: Type,
    pool: Pool,
    kind: Option<Kind>,
    kept: KeptCount,
}

impl<F: EndForm> BlockSend<F> {
    pub(crate) const fn new(
        end: SyncProducer<Block, F>,
        ty: Type,
        pool: Pool,
        kind: Option<Kind>,
        kept: KeptCount,
    ) -> Self {
        Self { end, ty, pool, kind, kept }
    }

    /// Whether a value may have so many bytes.
    fn check_size(&self, size: usize) -> Answer {
        let fits = match self.ty.form {
            Form::Plain => size == self.ty.size,
            Form::Bytes => size <= self.ty.size,
            Form::Pointer => true,
        };
        if fits { Ok(()) } else { Err(Status::BAD_SIZE) }
    }

    /// # Safety
    ///
    /// `from` leads to `size` bytes.
    #[inline]
    unsafe fn copied(&self, from: *const c_void, size: usize) -> Answer<Block> {
        if self.ty.form == Form::Pointer {
            return Err(Status::NOT_SUPPORTED);
        }
        self.check_size(size)?;
        let mut block = self.pool.take(size).ok_or(Status::OUT_OF_MEMORY)?;
        if size > 0 {
            // SAFETY: by the caller, and the block has room for them.
            unsafe { ptr::copy_nonoverlapping(from.cast::<u8>(), block.data().cast(), size) };
        }
        Ok(block.freeze())
    }

    /// Sends a block, or gives it back with the reason.
    #[inline]
    fn send_block(&self, block: Block, wait: Wait) -> Result<(), (Status, Block)> {
        let refused = match wait {
            Wait::Try => {
                return self.end.try_send(block).map_err(|error| (Status::from(&error), error.into_inner()));
            }
            Wait::Forever => self.end.send(block),
            Wait::For(time) => self.end.send_timeout(block, time),
        };
        refused.map_err(|error| (Status::from(&error), error.into_inner()))
    }
}

impl<F: EndForm> SendEnd for BlockSend<F>
where
    SyncProducer<Block, F>: Send,
{
    #[inline]
    unsafe fn send(&self, value: *const c_void, size: usize, wait: Wait) -> Answer {
        // SAFETY: the caller says so.
        let block = unsafe { self.copied(value, size) }?;
        self.send_block(block, wait).map_err(|(status, _)| status)
    }

    unsafe fn force_send(&self, value: *const c_void, size: usize) -> Answer {
        // SAFETY: the caller says so.
        let block = unsafe { self.copied(value, size) }?;
        self.end.displace(block).map_err(|error| Status::from(&error))
    }

    unsafe fn send_batch(&self, values: *const c_void, count: usize, wait: Wait, sent: &mut usize) -> Answer {
        if self.ty.form != Form::Plain {
            return Err(Status::NOT_SUPPORTED);
        }
        let until = wait.begun();
        for at in 0..count {
            // SAFETY: there are `count` of them.
            unsafe {
                self.send(values.byte_add(at * self.ty.size), self.ty.size, if at == 0 { wait } else { until.left() })
            }?;
            *sent += 1;
        }
        Ok(())
    }

    unsafe fn send_move(&self, data: NonNull<c_void>, size: usize, free: Free, wait: Wait) -> Answer {
        self.check_size(size)?;
        if self.ty.form != Form::Pointer && !data.addr().get().is_multiple_of(self.ty.alignment) {
            return Err(Status::BAD_ALIGNMENT);
        }
        let block = self.pool.adopt(data, size, free).ok_or(Status::OUT_OF_MEMORY)?;
        self.send_block(block, wait).map_err(|(status, block)| {
            block.hand_back();
            status
        })
    }

    fn loan(&self, size: usize, wait: Wait) -> Answer<(BlockMut, bool)> {
        if self.ty.form == Form::Pointer {
            return Err(Status::NOT_SUPPORTED);
        }
        self.check_size(size)?;
        let value = self.pool.take(size).ok_or(Status::OUT_OF_MEMORY)?;
        Ok((value, keep_place(&self.end, wait)?))
    }

    fn send_loan(&self, value: BlockMut, place: bool) -> Result<(), (Status, BlockMut)> {
        self.end.permit_of(place).send(value.freeze()).map_err(|error| {
            let status = unsent(&error);
            let Ok(value) = error.into_inner().alone() else { unreachable!("a value that was refused has one holder") };
            (status, value)
        })
    }

    fn end(&self) -> &dyn End {
        &self.end
    }

    fn kind(&self) -> Option<Kind> {
        self.kind
    }

    fn kept(&self) -> u64 {
        self.kept.get()
    }
}
