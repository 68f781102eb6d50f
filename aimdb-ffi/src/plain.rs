//! Plain data: values of one size that any bytes make.
//!
//! A record that C describes has no Rust type, so it takes the smallest of a few arrays that it fits in; one that
//! Rust describes keeps its own. Both are the same to the lanes of aimdb-core: no value is boxed.

use core::ffi::c_void;
use core::marker::PhantomData;
use core::ptr::{self, NonNull};
use std::sync::OnceLock;

use aimdb_core::buffer::{BufferCfg, BufferMetrics, ReaderMetrics};
use aimdb_core::pure::{DropCause, Kind, Start};
use aimdb_core::{AimDbBuilder, DbResult, RecordKey, Registrar};
use aimdb_sync::{AimDbHandle, EndId, Form, SyncProducer, WaitSet, WatchError};
use bytemuck::NoUninit;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::block::{Block, BlockMut, Free, Pool};
use crate::callback::{Callback, Callbacks, DropFn, TapFn};
use crate::form::{RecordType, RecvEnd, Room, SendEnd, Type, keep_place};
use crate::object::{Held, Producer};
use crate::reading::Reading;
use crate::status::{Answer, Status, Unread};
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
pub(crate) fn class_of(ty: Type) -> Option<Box<dyn RecordType>> {
    Some(match ty.size {
        0..=8 => Box::new(Plain::<[u64; 1]>::new(ty)),
        9..=16 => Box::new(Plain::<[u64; 2]>::new(ty)),
        17..=32 => Box::new(Plain::<[u64; 4]>::new(ty)),
        33..=64 => Box::new(Plain::<[u64; 8]>::new(ty)),
        65..=128 => Box::new(Plain::<[u64; 16]>::new(ty)),
        129..=MAX => Box::new(Plain::<[u64; 32]>::new(ty)),
        _ => return None,
    })
}

/// A type whose values are kept as `T`s, of which the first `ty.size` bytes are the value.
pub(crate) struct Plain<T> {
    ty: Type,
    /// For what a sender displaces itself.
    dropped: OnceLock<Callback<DropFn>>,
    _values: PhantomData<fn() -> T>,
}

impl<T: Bits> Plain<T> {
    pub(crate) const fn new(ty: Type) -> Self {
        assert!(ty.size <= size_of::<T>());
        Self { ty, dropped: OnceLock::new(), _values: PhantomData }
    }
}

impl<T: Bits> RecordType for Plain<T> {
    fn ty(&self) -> Type {
        self.ty
    }

    fn configure(&self, builder: &mut AimDbBuilder, key: RecordKey, cfg: BufferCfg, single: bool, calls: &Callbacks) {
        let size = self.ty.size;
        builder.configure::<T>(key, |record: &mut Registrar<T>| {
            match cfg {
                BufferCfg::Bounded { capacity, policy } if single => {
                    record.work_queue(capacity).policy(policy);
                }
                BufferCfg::Mailbox if single => {
                    record.single_mailbox();
                }
                BufferCfg::SpmcRing { .. }
                | BufferCfg::SingleLatest
                | BufferCfg::Mailbox
                | BufferCfg::Bounded { .. } => {
                    record.plain_buffer(cfg);
                }
            }
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
        if let Some(dropped) = calls.dropped.clone() {
            // A record is configured once.
            let _ = self.dropped.set(dropped);
        }
    }

    fn tap(&self, builder: &mut AimDbBuilder, key: RecordKey, tap: Callback<TapFn>) {
        let size = self.ty.size;
        builder.configure::<T>(key, |record| {
            record.tap_blocking(move |_context, mut consumer| {
                tap.drain(&mut consumer, |value: &T, tap| tap.came((&raw const *value).cast(), size));
            });
        });
    }

    fn producer(&self, db: &AimDbHandle, key: &RecordKey) -> DbResult<Producer> {
        let kind = db.db().erased(key)?.info().kind();
        let own = db.producer::<T>(key)?;
        let (size, dropped, loans) = (self.ty.size, self.dropped.get(), || Loans::aligned(self.ty.alignment));
        let shared = PlainSend { end: own.shared(), size, kind, dropped: dropped.cloned(), loans: loans() };
        let own = PlainSend { end: own, size, kind, dropped: dropped.cloned(), loans: loans() };
        Ok(Producer { own: Held::new(Box::new(own)), shared: Box::new(shared) })
    }

    fn consumer(&self, db: &AimDbHandle, key: &RecordKey, start: Start) -> DbResult<Box<dyn RecvEnd>> {
        let kind = db.db().erased(key)?.info().kind();
        Ok(Box::new(PlainRecv::new(Reading::new(db.consumer_from::<T>(key, start)?, kind), self.ty)))
    }
}

struct PlainSend<T: Bits, F: Form> {
    end: SyncProducer<T, F>,
    size: usize,
    kind: Option<Kind>,
    dropped: Option<Callback<DropFn>>,
    loans: Loans,
}

/// Where the memory of loans comes from, once there was one.
struct Loans {
    alignment: usize,
    pool: OnceLock<Pool>,
}

impl Loans {
    const fn aligned(alignment: usize) -> Self {
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
        // `Plain::new`.
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
        let sent = self.end.force_send(unsafe { self.read(value) });
        let displaced = sent.map_err(|error| Status::from(&error))?;
        if let (Some(value), Some(dropped)) = (&displaced, &self.dropped) {
            dropped.dropped((&raw const *value).cast(), self.size, DropCause::Overwritten);
        }
        Ok(())
    }

    unsafe fn send_batch(&self, values: *const c_void, count: usize, wait: Wait, sent: &mut usize) -> Answer {
        let until = wait.begun();
        for at in 0..count {
            // SAFETY: there are `count` of them.
            let value = unsafe { self.read(values.byte_add(at * self.size)) };
            self.send_value(value, until.left())?;
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
        sent.map_err(|error| (Status::from(&error), value))
    }

    fn end_loan(&self) {
        drop(self.end.permit_of(true));
    }

    fn watch(&self, set: &WaitSet, token: u64) -> Result<EndId, WatchError> {
        set.add_producer(&self.end, token)
    }

    unsafe fn send_move(&self, data: NonNull<c_void>, size: usize, free: Free, wait: Wait) -> Answer {
        // SAFETY: the caller says so.
        unsafe { self.send(data.as_ptr(), size, wait) }?;
        free.call(data);
        Ok(())
    }

    fn flush(&self, wait: Wait) -> Answer {
        self.end.flush(wait.limit()).map_err(Status::from)
    }

    fn close(&self) {
        self.end.close();
    }

    fn abort(&self) -> u64 {
        self.end.abort() as u64
    }

    fn is_closed(&self) -> bool {
        self.end.is_closed()
    }

    fn kind(&self) -> Option<Kind> {
        self.kind
    }

    fn metrics(&self) -> BufferMetrics {
        self.end.stats()
    }
}

struct PlainRecv<T: Bits> {
    reading: Reading<T>,
    ty: Type,
    /// Kept between calls, so that a batch allocates once.
    batch: Vec<T>,
    /// Where messages lie; made with the first.
    messages: Option<Pool>,
}

impl<T: Bits> PlainRecv<T> {
    const fn new(reading: Reading<T>, ty: Type) -> Self {
        Self { reading, ty, batch: Vec::new(), messages: None }
    }

    /// # Safety
    ///
    /// There is room for a value of the record's size.
    #[inline(never)]
    unsafe fn recv_part(&mut self, room: Room, wait: Wait) -> Result<(), Unread> {
        let size = self.ty.size;
        // SAFETY: the caller says so.
        self.reading.next_with(wait, |value| unsafe { write(&value, size, room.buffer) })
    }

    /// Whether there is room, which is looked at before a value is taken. Says the size.
    ///
    /// # Safety
    ///
    /// `room` can be written.
    #[inline(always)]
    unsafe fn check(&self, room: &Room) -> Answer {
        if !room.size.is_null() {
            // SAFETY: the caller says so.
            unsafe { room.size.write(self.ty.size) };
        }
        if room.capacity < self.ty.size { Err(Status::BUFFER_TOO_SMALL) } else { Ok(()) }
    }

    /// A value as a message. There is memory for it before it is taken.
    fn message<E: From<Status>>(&mut self, take: impl FnOnce(&mut Reading<T>) -> Result<T, E>) -> Result<Block, E> {
        if self.messages.is_none() {
            self.messages = Pool::new(self.ty.size, self.ty.alignment);
        }
        let block = self.messages.as_ref().and_then(|pool| pool.take(self.ty.size));
        let mut block = block.ok_or(Status::OUT_OF_MEMORY)?;
        let value = take(&mut self.reading)?;
        // SAFETY: it is of that size.
        unsafe { write(&value, self.ty.size, block.data()) };
        Ok(block.freeze())
    }
}

/// # Safety
///
/// `to` has room for a value of this size, which is that of its record.
#[inline(always)]
unsafe fn write<T: Bits>(value: &T, size: usize, to: *mut c_void) {
    // SAFETY: the caller says so, and the value is no smaller than that, see `Plain::new`.
    unsafe { ptr::copy_nonoverlapping((&raw const *value).cast::<u8>(), to.cast(), size) };
}

impl<T: Bits> RecvEnd for PlainRecv<T> {
    #[inline]
    unsafe fn recv(&mut self, room: Room, wait: Wait) -> Result<(), Unread> {
        // SAFETY: the caller says so.
        unsafe { self.check(&room)? };
        if self.ty.size != size_of::<T>() {
            // SAFETY: as above.
            return unsafe { self.recv_part(room, wait) };
        }
        // A way of its own, on which the value goes from its slot to where it is wanted.
        // SAFETY: there is room.
        self.reading.next_with(wait, |value: T| unsafe { room.buffer.cast::<T>().write_unaligned(value) })
    }

    unsafe fn latest(&mut self, room: Room, wait: Wait) -> Result<(), Unread> {
        // SAFETY: the caller says so.
        unsafe { self.check(&room)? };
        let value = self.reading.newest(wait)?;
        // SAFETY: there is room.
        unsafe { write(&value, self.ty.size, room.buffer) };
        Ok(())
    }

    unsafe fn peek(&mut self, room: Room) -> Answer {
        // SAFETY: the caller says so.
        unsafe { self.check(&room)? };
        let value = self.reading.current()?;
        // SAFETY: there is room.
        unsafe { write(&value, self.ty.size, room.buffer) };
        Ok(())
    }

    unsafe fn recv_batch(
        &mut self,
        values: *mut c_void,
        max: usize,
        wait: Wait,
        received: &mut usize,
    ) -> Result<(), Unread> {
        let mut batch = core::mem::take(&mut self.batch);
        batch.clear();
        let taken = self.reading.several(&mut batch, max, wait);
        for (at, value) in batch.iter().enumerate() {
            // SAFETY: there is room for `max`, and there are no more.
            unsafe { write(value, self.ty.size, values.byte_add(at * self.ty.size)) };
        }
        *received = batch.len();
        self.batch = batch;
        taken
    }

    fn recv_message(&mut self, wait: Wait) -> Result<Block, Unread> {
        self.message(|reading| reading.next(wait))
    }

    fn latest_message(&mut self, wait: Wait) -> Result<Block, Unread> {
        self.message(|reading| reading.newest(wait))
    }

    fn peek_message(&mut self) -> Answer<Block> {
        self.message(|reading| reading.current())
    }

    fn keep(&mut self, block: Block) {
        let mut value = T::new_zeroed();
        // SAFETY: the block has a value of this record, see `message`, and the value is no smaller, see `Plain::new`.
        unsafe { ptr::copy_nonoverlapping(block.data().cast::<u8>(), (&raw mut value).cast(), self.ty.size) };
        self.reading.keep(value);
    }

    fn watch(&self, set: &WaitSet, token: u64) -> Result<EndId, WatchError> {
        self.reading.watch(set, token)
    }

    fn share(&self) -> DbResult<Box<dyn RecvEnd>> {
        Ok(Box::new(Self::new(self.reading.share()?, self.ty)))
    }

    fn subscribe(&self) -> DbResult<Box<dyn RecvEnd>> {
        Ok(Box::new(Self::new(self.reading.subscribe()?, self.ty)))
    }

    fn is_closed(&self) -> bool {
        self.reading.is_closed()
    }

    fn metrics(&self) -> ReaderMetrics {
        self.reading.metrics()
    }
}
