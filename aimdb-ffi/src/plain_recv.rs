//! The reading end of a record of plain values.

use core::ffi::c_void;
use core::ptr;

use aimdb_core::DbResult;
use aimdb_core::buffer::ReaderMetrics;
use aimdb_sync::{EndId, WaitSet, WatchError};

use crate::block::{Block, Pool};
use crate::form::{RecvEnd, Room, Type, boxed};
use crate::plain::Bits;
use crate::reading::Reading;
use crate::status::{Answer, Status, Unread};
use crate::time::Wait;

pub(crate) struct PlainRecv<T: Bits> {
    reading: Reading<T>,
    ty: Type,
    /// Kept between calls, so that a batch allocates once.
    batch: Vec<T>,
    /// Where messages lie; made with the first.
    messages: Option<Pool>,
}

impl<T: Bits> PlainRecv<T> {
    pub(crate) const fn new(reading: Reading<T>, ty: Type) -> Self {
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
    // SAFETY: the caller says so, and the value is no smaller than that, see `Plain::of`.
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
        // SAFETY: the block has a value of this record, see `message`, and the value is no smaller, see `Plain::of`.
        unsafe { ptr::copy_nonoverlapping(block.data().cast::<u8>(), (&raw mut value).cast(), self.ty.size) };
        self.reading.keep(value);
    }

    fn watch(&self, set: &WaitSet, token: u64) -> Result<EndId, WatchError> {
        self.reading.watch(set, token)
    }

    fn share(&self) -> DbResult<Box<dyn RecvEnd>> {
        boxed(|| Ok(Self::new(self.reading.share()?, self.ty)))
    }

    fn subscribe(&self) -> DbResult<Box<dyn RecvEnd>> {
        boxed(|| Ok(Self::new(self.reading.subscribe()?, self.ty)))
    }

    fn is_closed(&self) -> bool {
        self.reading.is_closed()
    }

    fn metrics(&self) -> ReaderMetrics {
        self.reading.metrics()
    }
}
