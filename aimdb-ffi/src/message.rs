//! `aimdb_message_*`: a value that is read where it lies.

use core::ffi::c_void;

use crate::block::Block;
use crate::entry::{self, ConsumerHandle, MessageHandle, with_consumer};
use crate::form::RecvEnd;
use crate::object::{self, Object};
use crate::status::{Status, Unread};
use crate::time::Wait;

/// Where a message is to be written.
struct Outputs {
    message: *mut MessageHandle,
    data: *mut *const c_void,
    size: *mut usize,
}

/// Takes a value as a message. One for which there is no handle stays the next one.
///
/// # Safety
///
/// The outputs are null or may be written.
#[inline]
unsafe fn take(
    consumer: ConsumerHandle,
    outputs: &Outputs,
    take: impl FnOnce(&mut dyn RecvEnd) -> Result<Block, Unread>,
) -> Status {
    with_consumer(consumer, |end| {
        entry::not_null(outputs.message)?;
        let block = take(end)?;
        let (data, size) = (block.data(), block.size());
        let id = match object::insert_message(block) {
            Ok(id) => id,
            Err(block) => {
                end.keep(block);
                return Err(Status::TOO_MANY.into());
            }
        };
        // SAFETY: the caller says so.
        unsafe { write(outputs.data, outputs.size, data, size) };
        // SAFETY: the caller says so.
        Ok(unsafe { entry::write(outputs.message, MessageHandle { id }) }?)
    })
}

/// Writes what is wanted.
///
/// # Safety
///
/// The places are null or may be written.
unsafe fn write(to_data: *mut *const c_void, to_size: *mut usize, data: *const c_void, size: usize) {
    if !to_data.is_null() {
        // SAFETY: the caller says so.
        unsafe { to_data.write(data) };
    }
    if !to_size.is_null() {
        // SAFETY: as above.
        unsafe { to_size.write(size) };
    }
}

/// `aimdb_consumer_recv_message`.
///
/// # Safety
///
/// `message`, `data` and `size` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_consumer_recv_message(
    consumer: ConsumerHandle,
    timeout_ns: i64,
    message: *mut MessageHandle,
    data: *mut *const c_void,
    size: *mut usize,
) -> Status {
    // SAFETY: the caller says so.
    unsafe { take(consumer, &Outputs { message, data, size }, |end| end.recv_message(Wait::timeout(timeout_ns))) }
}

/// `aimdb_consumer_latest_message`.
///
/// # Safety
///
/// `message`, `data` and `size` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_consumer_latest_message(
    consumer: ConsumerHandle,
    timeout_ns: i64,
    message: *mut MessageHandle,
    data: *mut *const c_void,
    size: *mut usize,
) -> Status {
    // SAFETY: the caller says so.
    unsafe { take(consumer, &Outputs { message, data, size }, |end| end.latest_message(Wait::timeout(timeout_ns))) }
}

/// `aimdb_consumer_peek_message`.
///
/// # Safety
///
/// `message`, `data` and `size` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_consumer_peek_message(
    consumer: ConsumerHandle,
    message: *mut MessageHandle,
    data: *mut *const c_void,
    size: *mut usize,
) -> Status {
    with_consumer(consumer, |end| {
        entry::not_null(message)?;
        let block = end.peek_message()?;
        let (from, length) = (block.data(), block.size());
        // The value stays in the record if there is no handle.
        let id = object::insert_message(block).map_err(|_| Status::TOO_MANY)?;
        // SAFETY: the caller says so.
        unsafe { write(data, size, from, length) };
        // SAFETY: the caller says so.
        Ok(unsafe { entry::write(message, MessageHandle { id }) }?)
    })
}

/// `aimdb_message_data`.
///
/// # Safety
///
/// `data` and `size` are null or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn aimdb_message_data(
    message: MessageHandle,
    data: *mut *const c_void,
    size: *mut usize,
) -> Status {
    entry::call(|| {
        let pinned = object::pin(message.id)?;
        let Object::Message(block) = &*pinned else { return Err(Status::BAD_HANDLE) };
        // SAFETY: the caller says so.
        unsafe { write(data, size, block.data(), block.size()) };
        Ok(())
    })
}

/// `aimdb_message_free`.
#[unsafe(no_mangle)]
pub extern "C" fn aimdb_message_free(message: MessageHandle) -> Status {
    entry::call(|| object::free(message.id, |object| matches!(object, Object::Message(_))))
}
