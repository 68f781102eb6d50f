//! The kernel's own queue, for comparison.

use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering};

use crate::raw;

/// A queue of `N` values in `static` memory: `xQueueSend` and `xQueueReceive`.
#[derive(Debug)]
pub struct Queue<T, const N: usize> {
    control: UnsafeCell<Control>,
    storage: UnsafeCell<MaybeUninit<[T; N]>>,
    handle: AtomicPtr<core::ffi::c_void>,
}

/// Room for `StaticQueue_t`; config/layout.c checks that it is enough.
#[derive(Debug)]
#[repr(align(8))]
struct Control(#[allow(dead_code, reason = "the kernel's")] [u8; 80]);

// SAFETY: the kernel keeps its callers apart, and values are plain.
unsafe impl<T: Copy + Send, const N: usize> Sync for Queue<T, N> {}

impl<T: Copy + Send + 'static, const N: usize> Queue<T, N> {
    /// Memory for a queue.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            control: UnsafeCell::new(Control([0; 80])),
            storage: UnsafeCell::new(MaybeUninit::uninit()),
            handle: AtomicPtr::new(null_mut()),
        }
    }

    /// Makes the queue: once, before it is used, from `main`.
    pub fn create(&'static self) {
        board::check!(self.handle.load(Ordering::Relaxed).is_null());
        // SAFETY: the memory is static, large enough and nobody else's.
        let handle = unsafe {
            raw::xQueueGenericCreateStatic(
                N as u32,
                size_of::<T>() as u32,
                self.storage.get().cast(),
                self.control.get().cast(),
                0,
            )
        };
        self.handle.store(handle, Ordering::Relaxed);
    }

    /// Waits up to so many ticks for room: whether the value is in the queue.
    pub fn send(&self, value: &T, ticks: u32) -> bool {
        let queue = self.handle.load(Ordering::Relaxed);
        // SAFETY: copies a `T`, which is plain, into a queue of such; the kernel asserts that the queue was made.
        unsafe { raw::xQueueGenericSend(queue, (&raw const *value).cast(), ticks, 0) == 1 }
    }

    /// Waits up to so many ticks for a value, and puts it there: whether one came.
    pub fn receive(&self, value: &mut T, ticks: u32) -> bool {
        let queue = self.handle.load(Ordering::Relaxed);
        // SAFETY: as above, the other way round.
        unsafe { raw::xQueueReceive(queue, (&raw mut *value).cast(), ticks) == 1 }
    }
}

impl<T: Copy + Send + 'static, const N: usize> Default for Queue<T, N> {
    fn default() -> Self {
        Self::new()
    }
}
