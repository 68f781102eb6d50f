//! Plain data: values of one size that any bytes make.
//!
//! A record that C describes has no Rust type, so it takes the smallest of a few arrays that it fits in; one that
//! Rust describes keeps its own. Both are the same to the lanes of aimdb-core: no value is boxed.

use core::ffi::c_void;
use core::marker::PhantomData;
use core::ptr;

use aimdb_core::buffer::{BufferCfg, BufferMetrics, ReaderMetrics};
use aimdb_core::pure::{Kind, Start};
use aimdb_core::{AimDbBuilder, DbResult, RecordKey, Registrar};
use aimdb_sync::{AimDbHandle, EndId, FlushError, Form, SyncConsumer, SyncProducer, WaitSet, WatchError};
use bytemuck::NoUninit;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

use crate::callback::{Callback, Callbacks, TapFn};
use crate::form::{RecordType, RecvEnd, Room, SendEnd, Type};
use crate::object::{Held, Producer};
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
    _values: PhantomData<fn() -> T>,
}

impl<T: Bits> Plain<T> {
    pub(crate) const fn new(ty: Type) -> Self {
        assert!(ty.size <= size_of::<T>());
        Self { ty, _values: PhantomData }
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
        let shared = Box::new(PlainSend { end: own.shared(), size: self.ty.size, kind });
        Ok(Producer { own: Held::new(Box::new(PlainSend { end: own, size: self.ty.size, kind })), shared })
    }

    fn consumer(&self, db: &AimDbHandle, key: &RecordKey, start: Start) -> DbResult<Box<dyn RecvEnd>> {
        Ok(Box::new(PlainRecv::<T> { end: db.consumer_from::<T>(key, start)?, size: self.ty.size, batch: Vec::new() }))
    }
}

struct PlainSend<T: Bits, F: Form> {
    end: SyncProducer<T, F>,
    size: usize,
    kind: Option<Kind>,
}

impl<T: Bits, F: Form> PlainSend<T, F> {
    /// # Safety
    ///
    /// `from` leads to as many bytes as the record's values have.
    #[inline(always)]
    unsafe fn read(&self, from: *const c_void) -> T {
        if self.size == size_of::<T>() {
            // SAFETY: `from` by the caller; any bytes make a value, see `Bits`.
            return unsafe { from.cast::<T>().read_unaligned() };
        }
        let mut value = T::new_zeroed();
        // SAFETY: as above, and the value is larger than that, see `Plain::new`.
        unsafe { ptr::copy_nonoverlapping(from.cast(), (&raw mut value).cast::<u8>(), self.size) };
        value
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
        // SAFETY: the caller says so.
        self.send_value(unsafe { self.read(value) }, wait)
    }

    unsafe fn force_send(&self, value: *const c_void, size: usize) -> Answer {
        if size != self.size {
            return Err(Status::BAD_SIZE);
        }
        // SAFETY: the caller says so.
        let sent = self.end.force_send(unsafe { self.read(value) });
        sent.map(drop).map_err(|error| Status::from(&error))
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

    fn watch(&self, set: &WaitSet, token: u64) -> Result<EndId, WatchError> {
        set.add_producer(&self.end, token)
    }

    fn flush(&self, wait: Wait) -> Answer {
        self.end.flush(wait.limit()).map_err(|error| match error {
            FlushError::Timeout => Status::TIMEOUT,
            FlushError::Closed => Status::CLOSED,
            FlushError::Misuse(misuse) => misuse.into(),
        })
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
    end: SyncConsumer<T>,
    size: usize,
    /// Kept between calls, so that a batch allocates once.
    batch: Vec<T>,
}

impl<T: Bits> PlainRecv<T> {
    /// # Safety
    ///
    /// `to` has room for a value of the record's size.
    #[inline(always)]
    unsafe fn write(&self, value: &T, to: *mut c_void) {
        if self.size == size_of::<T>() {
            // SAFETY: the caller says so.
            unsafe { to.cast::<T>().write_unaligned(*value) };
        } else {
            // SAFETY: as above, and the value is larger than that, see `Plain::new`.
            unsafe { ptr::copy_nonoverlapping((&raw const *value).cast::<u8>(), to.cast(), self.size) };
        }
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
            unsafe { room.size.write(self.size) };
        }
        if room.capacity < self.size { Err(Status::BUFFER_TOO_SMALL) } else { Ok(()) }
    }
}

impl<T: Bits> RecvEnd for PlainRecv<T> {
    #[inline]
    unsafe fn recv(&mut self, room: Room, wait: Wait) -> Result<(), Unread> {
        // SAFETY: the caller says so.
        unsafe { self.check(&room)? };
        let value = match wait {
            Wait::Try => self.end.try_recv()?,
            Wait::Forever => self.end.recv().map_err(aimdb_sync::RecvTimeoutError::from)?,
            Wait::For(time) => self.end.recv_timeout(time)?,
        };
        // SAFETY: there is room.
        unsafe { self.write(&value, room.buffer) };
        Ok(())
    }

    unsafe fn latest(&mut self, room: Room, wait: Wait) -> Result<(), Unread> {
        // SAFETY: the caller says so.
        unsafe { self.check(&room)? };
        let value = match wait {
            Wait::Try => self.end.try_latest()?,
            Wait::Forever => self.end.latest().map_err(aimdb_sync::RecvTimeoutError::from)?,
            Wait::For(time) => self.end.latest_timeout(time)?,
        };
        // SAFETY: there is room.
        unsafe { self.write(&value, room.buffer) };
        Ok(())
    }

    unsafe fn peek(&mut self, room: Room) -> Answer {
        // SAFETY: the caller says so.
        unsafe { self.check(&room)? };
        let value = self.end.peek().ok_or(Status::EMPTY)?;
        // SAFETY: there is room.
        unsafe { self.write(&value, room.buffer) };
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
        let taken = match wait {
            Wait::Try => self.end.recv_many_timeout(&mut batch, max, core::time::Duration::ZERO),
            Wait::Forever => self.end.recv_many(&mut batch, max).map_err(aimdb_sync::RecvTimeoutError::from),
            Wait::For(time) => self.end.recv_many_timeout(&mut batch, max, time),
        };
        for (at, value) in batch.iter().enumerate() {
            // SAFETY: there is room for `max`, and there are no more.
            unsafe { self.write(value, values.byte_add(at * self.size)) };
        }
        *received = batch.len();
        self.batch = batch;
        match taken.map_err(Unread::from) {
            Err(unread) if unread.status == Status::TIMEOUT && wait == Wait::Try => Err(Status::EMPTY.into()),
            other => other.map(|_| ()),
        }
    }

    fn watch(&self, set: &WaitSet, token: u64) -> Result<EndId, WatchError> {
        set.add_consumer(&self.end, token)
    }

    fn share(&self) -> DbResult<Box<dyn RecvEnd>> {
        Ok(Box::new(Self { end: self.end.share()?, size: self.size, batch: Vec::new() }))
    }

    fn subscribe(&self) -> DbResult<Box<dyn RecvEnd>> {
        Ok(Box::new(Self { end: self.end.subscribe()?, size: self.size, batch: Vec::new() }))
    }

    fn is_closed(&self) -> bool {
        self.end.is_closed()
    }

    fn metrics(&self) -> ReaderMetrics {
        self.end.stats()
    }
}
