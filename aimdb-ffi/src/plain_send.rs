//! The writing end of a record of plain values.

use core::ffi::c_void;
use core::ptr::{self, NonNull};
use std::sync::OnceLock;

use aimdb_core::pure::Kind;
use aimdb_sync::{Form, SyncProducer};

use crate::block::{BlockMut, Free, Pool};
use crate::form::{End, SendEnd, keep_place, unsent};
use crate::plain::Bits;
use crate::reading::KeptCount;
use crate::status::{Answer, Status};
use crate::time::Wait;

pub(crate) struct PlainSend<T: Bits, F: Form> {
    pub(crate) end: SyncProducer<T, F>,
    pub(crate) size: usize,
    pub(crate) kind: Option<Kind>,
    pub(crate) loans: Loans,
    pub(crate) kept: KeptCount,
}

/// Where the memory of loans comes from, once there was one.
pub(crate) struct Loans {
    alignment: usize,
    pool: OnceLock<Pool>,
}

impl Loans {
    pub(crate) const fn aligned(alignment: usize) -> Self {
        Self { alignment, pool: OnceLock::new() }
    }

    fn take(&self, size: usize) -> Answer<BlockMut> {
        if self.pool.get().is_none() {
            // Another thread may have been first.
            let _ = self.pool.set(Pool::new(size, self.alignment).ok_or(Status::OUT_OF_MEMORY)?);
        }
        self.pool.get().and_then(|pool| pool.take(size)).ok_or(Status::OUT_OF_MEMORY)
    }
}

impl<T: Bits, F: Form> PlainSend<T, F> {
    /// # Safety
    ///
    /// `from` leads to as many bytes as the record's values have.
    #[inline(always)]
    unsafe fn read(&self, from: *const c_void) -> T {
        let mut value = T::new_zeroed();
        // SAFETY: `from` by the caller; any bytes make a value, see `Bits`, which is no smaller than that, see
        // `Plain::of`.
        unsafe { ptr::copy_nonoverlapping(from.cast(), (&raw mut value).cast::<u8>(), self.size) };
        value
    }

    /// # Safety
    ///
    /// As above.
    #[inline(never)]
    unsafe fn send_part(&self, from: *const c_void, wait: Wait) -> Answer {
        // SAFETY: the caller says so.
        self.send_value(unsafe { self.read(from) }, wait)
    }

    #[inline(always)]
    fn send_value(&self, value: T, wait: Wait) -> Answer {
        match wait {
            Wait::Try => self.end.try_send(value).map_err(|error| Status::from(&error)),
            Wait::Forever => self.end.send(value).map_err(|error| Status::from(&error)),
            Wait::For(time) => self.end.send_timeout(value, time).map_err(|error| Status::from(&error)),
        }
    }
}

impl<T: Bits, F: Form> SendEnd for PlainSend<T, F>
where
    SyncProducer<T, F>: Send,
{
    #[inline]
    unsafe fn send(&self, value: *const c_void, size: usize, wait: Wait) -> Answer {
        if size != self.size {
            return Err(Status::BAD_SIZE);
        }
        if size != size_of::<T>() {
            // SAFETY: the caller says so.
            return unsafe { self.send_part(value, wait) };
        }
        // A way of its own, on which the value goes from here into its slot.
        // SAFETY: the caller says so; any bytes make a value, see `Bits`.
        self.send_value(unsafe { value.cast::<T>().read_unaligned() }, wait)
    }

    unsafe fn force_send(&self, value: *const c_void, size: usize) -> Answer {
        if size != self.size {
            return Err(Status::BAD_SIZE);
        }
        // SAFETY: the caller says so.
        self.end.displace(unsafe { self.read(value) }).map_err(|error| Status::from(&error))
    }

    unsafe fn send_batch(&self, values: *const c_void, count: usize, wait: Wait, sent: &mut usize) -> Answer {
        let until = wait.begun();
        for at in 0..count {
            // SAFETY: there are `count` of them.
            let value = unsafe { self.read(values.byte_add(at * self.size)) };
            self.send_value(value, if at == 0 { wait } else { until.left() })?;
            *sent += 1;
        }
        Ok(())
    }

    fn loan(&self, size: usize, wait: Wait) -> Answer<(BlockMut, bool)> {
        if size != self.size {
            return Err(Status::BAD_SIZE);
        }
        let value = self.loans.take(size)?;
        Ok((value, keep_place(&self.end, wait)?))
    }

    fn send_loan(&self, mut value: BlockMut, place: bool) -> Result<(), (Status, BlockMut)> {
        // SAFETY: the block has as many bytes as the record's values, and any make one.
        let sent = self.end.permit_of(place).send(unsafe { self.read(value.data()) });
        sent.map_err(|error| (unsent(&error), value))
    }

    unsafe fn send_move(&self, data: NonNull<c_void>, size: usize, free: Free, wait: Wait) -> Answer {
        // SAFETY: the caller says so.
        unsafe { self.send(data.as_ptr(), size, wait) }?;
        free.call(data);
        Ok(())
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
