//! The reading end of a record of blocks.

use core::ffi::c_void;
use core::ptr;

use aimdb_core::DbResult;
use aimdb_core::buffer::ReaderMetrics;
use aimdb_sync::{EndId, WaitSet, WatchError};

use crate::block::Block;
use crate::form::{Form, RecvEnd, Room, Type, boxed};
use crate::reading::Reading;
use crate::status::{Answer, Status, Unread};
use crate::time::Wait;

pub(crate) struct BlockRecv {
    reading: Reading<Block>,
    ty: Type,
    /// Kept between calls, so that a batch allocates once.
    batch: Vec<Block>,
}

/// Blocks that one batch takes at most: what it needs room for before it takes any.
const BATCH: usize = 1024;

impl BlockRecv {
    pub(crate) const fn new(reading: Reading<Block>, ty: Type) -> Self {
        Self { reading, ty, batch: Vec::new() }
    }

    fn copies(&self) -> Answer {
        if self.ty.form == Form::Pointer { Err(Status::NOT_SUPPORTED) } else { Ok(()) }
    }

    /// Writes a value that was taken, or keeps it as the next one if there is no room.
    ///
    /// # Safety
    ///
    /// `room` can be written.
    #[inline]
    unsafe fn hand_over(&mut self, block: Block, room: &Room) -> Result<(), Unread> {
        // SAFETY: the caller says so.
        let written = unsafe { write(&block, room) };
        if written.is_err() {
            self.reading.keep(block);
        }
        Ok(written?)
    }
}

/// Says how long a value is, and copies it if there is room.
///
/// # Safety
///
/// `room` can be written.
#[inline]
unsafe fn write(block: &Block, room: &Room) -> Answer {
    let size = block.size();
    if !room.size.is_null() {
        // SAFETY: the caller says so.
        unsafe { room.size.write(size) };
    }
    if size > room.capacity {
        return Err(Status::BUFFER_TOO_SMALL);
    }
    if size > 0 {
        // SAFETY: there is room.
        unsafe { ptr::copy_nonoverlapping(block.data().cast::<u8>(), room.buffer.cast(), size) };
    }
    Ok(())
}

impl RecvEnd for BlockRecv {
    #[inline]
    unsafe fn recv(&mut self, room: Room, wait: Wait) -> Result<(), Unread> {
        self.copies()?;
        let block = self.reading.next(wait)?;
        // SAFETY: the caller says so.
        unsafe { self.hand_over(block, &room) }
    }

    unsafe fn latest(&mut self, room: Room, wait: Wait) -> Result<(), Unread> {
        self.copies()?;
        let block = self.reading.newest(wait)?;
        // SAFETY: the caller says so.
        unsafe { self.hand_over(block, &room) }
    }

    unsafe fn peek(&mut self, room: Room) -> Answer {
        self.copies()?;
        // SAFETY: the caller says so.
        unsafe { write(&self.reading.current()?, &room) }
    }

    unsafe fn recv_batch(
        &mut self,
        values: *mut c_void,
        max: usize,
        wait: Wait,
        received: &mut usize,
    ) -> Result<(), Unread> {
        if self.ty.form != Form::Plain {
            return Err(Status::NOT_SUPPORTED.into());
        }
        let max = max.min(BATCH);
        self.batch.try_reserve(max).map_err(|_| Status::OUT_OF_MEMORY)?;
        let taken = self.reading.several(&mut self.batch, max, wait);
        for (at, block) in self.batch.drain(..).enumerate() {
            let (size, from) = (self.ty.size, block.data().cast::<u8>());
            // SAFETY: there is room for `max`, and there are no more.
            unsafe { ptr::copy_nonoverlapping(from, values.byte_add(at * size).cast(), size) };
            *received += 1;
        }
        taken
    }

    fn recv_message(&mut self, wait: Wait) -> Result<Block, Unread> {
        self.reading.next(wait)
    }

    fn latest_message(&mut self, wait: Wait) -> Result<Block, Unread> {
        self.reading.newest(wait)
    }

    fn peek_message(&mut self) -> Answer<Block> {
        self.reading.current()
    }

    fn keep(&mut self, block: Block) {
        self.reading.keep(block);
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
