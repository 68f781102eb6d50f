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
    job: UnsafeCell<Job>,
    taken: AtomicBool,
}

/// What a task runs.
#[derive(Debug, Clone, Copy)]
struct Job {
    code: fn(usize),
    argument: usize,
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
            job: UnsafeCell::new(Job { code: |_| {}, argument: 0 }),
            taken: AtomicBool::new(false),
        }
    }

    /// Makes a task that runs `code`; when that returns, the task stops for ever, and its memory is not used again. The
    /// priority is from 0, the idle task's, to 7. From `main` or a task.
    ///
    /// # Errors
    ///
    /// [`SpawnError`] when there was a task in this memory before.
    pub fn spawn(&'static self, name: &'static CStr, priority: u32, code: fn()) -> Result<TaskRef, SpawnError> {
        // SAFETY: the argument is a `fn()`.
        self.spawn_with(name, priority, |code| unsafe { transmute::<usize, fn()>(code)() }, code as usize)
    }

    /// As [`Task::spawn`], for code that takes a number.
    ///
    /// # Errors
    ///
    /// As [`Task::spawn`].
    pub fn spawn_with(
        &'static self,
        name: &'static CStr,
        priority: u32,
        code: fn(usize),
        argument: usize,
    ) -> Result<TaskRef, SpawnError> {
        if self.taken.swap(true, Ordering::Relaxed) {
            return Err(SpawnError);
        }
        // SAFETY: the memory is static, large enough and nobody else's from here on; `run` reads the job, which
        // nobody writes again.
        let task = unsafe {
            *self.job.get() = Job { code, argument };
            raw::xTaskCreateStatic(
                run,
                name.as_ptr(),
                WORDS as u32,
                self.job.get().cast(),
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

extern "C" fn run(job: *mut c_void) {
    // SAFETY: `spawn_with` wrote it before there was a task, and nobody does again.
    let Job { code, argument } = unsafe { *job.cast::<Job>() };
    code(argument);
    loop {
        // Stopped for ever, and not deleted: whoever wakes it late still finds a task, which stays stopped.
        // SAFETY: null is the calling task.
        unsafe { raw::vTaskSuspend(core::ptr::null_mut()) };
    }
}

/// A task. Its memory is static and it is never deleted, so that it can always be asked and woken.
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
