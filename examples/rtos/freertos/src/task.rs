//! Tasks in `static` memory.

use core::cell::UnsafeCell;
use core::ffi::{CStr, c_void};
use core::mem::transmute;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicBool, Ordering};

use crate::raw;

/// The memory of a task: its stack, of so many words, and what the kernel keeps of it.
#[derive(Debug)]
#[repr(align(8))]
pub struct Task<const WORDS: usize> {
    control: UnsafeCell<Control>,
    stack: UnsafeCell<[u32; WORDS]>,
    taken: AtomicBool,
}

/// Room for `StaticTask_t`; config/layout.c checks that it is enough.
#[derive(Debug)]
#[repr(align(8))]
struct Control(#[allow(dead_code, reason = "the kernel's")] [u8; 128]);

// SAFETY: whoever sets `taken` hands the memory to the kernel, once.
unsafe impl<const WORDS: usize> Sync for Task<WORDS> {}

/// The memory has a task already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpawnError;

impl<const WORDS: usize> Task<WORDS> {
    /// Memory for a task.
    #[must_use]
    pub const fn new() -> Self {
        const { assert!(WORDS >= 64, "an interrupted task alone needs 64 words") };
        Self {
            control: UnsafeCell::new(Control([0; 128])),
            stack: UnsafeCell::new([0; WORDS]),
            taken: AtomicBool::new(false),
        }
    }

    /// Makes a task that runs `code`; when that returns, the task is gone, and its memory is not used again. The priority is
    /// from 0, the idle task's, to 7. From `main` or a task.
    ///
    /// # Errors
    ///
    /// [`SpawnError`] when there was a task in this memory before.
    pub fn spawn(&'static self, name: &'static CStr, priority: u32, code: fn()) -> Result<TaskRef, SpawnError> {
        if self.taken.swap(true, Ordering::Relaxed) {
            return Err(SpawnError);
        }
        // SAFETY: the memory is static, large enough and nobody else's from here on; `code` goes through as an address,
        // and `run` makes it a function again.
        let task = unsafe {
            raw::xTaskCreateStatic(
                run,
                name.as_ptr(),
                WORDS as u32,
                code as *mut c_void,
                priority,
                self.stack.get().cast(),
                self.control.get().cast(),
            )
        };
        Ok(TaskRef(NonNull::new(task).expect("the kernel was given all it needs")))
    }
}

impl<const WORDS: usize> Default for Task<WORDS> {
    fn default() -> Self {
        Self::new()
    }
}

extern "C" fn run(code: *mut c_void) {
    // SAFETY: `spawn` put a `fn()` here.
    let code: fn() = unsafe { transmute(code) };
    code();
    // SAFETY: null is the calling task, which has nothing left to do.
    unsafe { raw::vTaskDelete(core::ptr::null_mut()) };
    unreachable!("the kernel does not go on with a task that was deleted")
}

/// A task. Its memory is static, so that it can always be asked; notifying one that has ended is not allowed, as the kernel has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaskRef(pub(crate) NonNull<c_void>);

// SAFETY: the kernel's functions may be called for any task from any other.
unsafe impl Send for TaskRef {}
// SAFETY: as above.
unsafe impl Sync for TaskRef {}

impl TaskRef {
    /// The task that runs; the interrupted one from an interrupt; none before the scheduler starts.
    #[must_use]
    pub fn current() -> Option<Self> {
        // SAFETY: reads a word of the kernel.
        NonNull::new(unsafe { raw::xTaskGetCurrentTaskHandle() }).map(Self)
    }

    /// As a word, for instance for the data of a waker.
    #[must_use]
    pub fn as_ptr(self) -> *const () {
        self.0.as_ptr().cast_const().cast()
    }

    /// Back from the word.
    ///
    /// # Safety
    ///
    /// The word came from [`TaskRef::as_ptr`].
    #[must_use]
    pub unsafe fn from_ptr(word: *const ()) -> Self {
        // SAFETY: `as_ptr` gives no null.
        Self(unsafe { NonNull::new_unchecked(word.cast_mut().cast()) })
    }

    /// The priority: more is more urgent. Also from an interrupt.
    #[must_use]
    pub fn priority(self) -> u32 {
        let task = self.0.as_ptr();
        // SAFETY: each is called from where it may be.
        unsafe {
            if board::interrupts::inside() { raw::uxTaskPriorityGetFromISR(task) } else { raw::uxTaskPriorityGet(task) }
        }
    }

    /// Gives it another priority. From tasks.
    pub fn set_priority(self, priority: u32) {
        // SAFETY: the task's memory is static.
        unsafe { raw::vTaskPrioritySet(self.0.as_ptr(), priority) };
    }

    /// How many words of its stack it has never used.
    #[must_use]
    pub fn spare_words(self) -> u32 {
        // SAFETY: reads the task's stack, which is static.
        unsafe { raw::uxTaskGetStackHighWaterMark(self.0.as_ptr()) }
    }
}
