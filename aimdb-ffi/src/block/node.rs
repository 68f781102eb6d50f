//! What a block knows of its bytes.

use core::ffi::c_void;
use core::ptr::NonNull;

use super::atomic::AtomicU32;
use super::count::Count;
use super::pool::Inner;

/// `aimdb_data_free_t`.
pub(crate) type DataFree = unsafe extern "C" fn(*mut c_void, *mut c_void);

/// What frees memory that was moved in.
#[derive(Clone, Copy)]
pub(crate) struct Free {
    pub(crate) function: DataFree,
    pub(crate) user: *mut c_void,
}

/// The head of a block, on a line of its own. What is not atomic is written while one holder is alone with it.
#[repr(align(64))]
pub(super) struct Node {
    pub(super) holders: Count,
    /// In the list of those to use again.
    pub(super) link: AtomicU32,
    pub(super) number: u32,
    pub(super) class: u32,
    pub(super) pool: NonNull<Inner>,
    /// The block's own memory, or what was moved in.
    pub(super) data: NonNull<c_void>,
    pub(super) size: usize,
    /// Of what was moved in.
    pub(super) free: Option<Free>,
}

const _: () = assert!(size_of::<usize>() != 8 || size_of::<Node>() == 64);
