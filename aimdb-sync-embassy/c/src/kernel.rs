//! What the library asks of the application's side: the critical section, and where a panic ends.

use core::cell::UnsafeCell;

use aimdb_core::waiting::Lock;
use aimdb_sync_embassy::PreemptionSafe;
use embassy_sync::blocking_mutex::raw::RawMutex;

unsafe extern "C" {
    fn aimdb_port_mask() -> u32;
    fn aimdb_port_unmask(before: u32);
}

/// Runs `critical` with every task and every interrupt that may use records kept out. Sections nest.
pub(crate) fn masked<R>(critical: impl FnOnce() -> R) -> R {
    // SAFETY: the two calls are the two halves of one section; what it returned goes back.
    let before = unsafe { aimdb_port_mask() };
    let result = critical();
    // SAFETY: as above.
    unsafe { aimdb_port_unmask(before) };
    result
}

/// The lock around a record's state: the kernel's critical section.
pub(crate) struct KernelLock<S>(UnsafeCell<S>);

// SAFETY: the state is touched in critical sections only, which one task or interrupt at a time is in.
unsafe impl<S: Send> Sync for KernelLock<S> {}

impl<S> KernelLock<S> {
    pub(crate) const fn new(state: S) -> Self {
        Self(UnsafeCell::new(state))
    }
}

impl<S> Lock<S> for KernelLock<S> {
    #[inline]
    fn with<R>(&self, critical: impl FnOnce(&mut S) -> R) -> R {
        // SAFETY: nobody else is in a critical section, and what runs inside does not come back here: the shell
        // never takes its lock twice.
        masked(|| critical(unsafe { &mut *self.0.get() }))
    }
}

/// The same as the mutex of a queue.
#[derive(Debug)]
pub struct KernelSection;

// SAFETY: one task or interrupt at a time is in a critical section of the kernel.
unsafe impl RawMutex for KernelSection {
    const INIT: Self = Self;

    #[inline(always)]
    fn lock<R>(&self, critical: impl FnOnce() -> R) -> R {
        masked(critical)
    }
}

// SAFETY: as above.
unsafe impl PreemptionSafe for KernelSection {}

#[cfg(target_os = "none")]
mod panicking {
    use core::ffi::c_char;
    use core::panic::PanicInfo;

    unsafe extern "C" {
        fn aimdb_panicked(file: *const c_char, line: u32);
    }

    /// A fault of this library: the application is told where.
    #[panic_handler]
    fn panicked(info: &PanicInfo<'_>) -> ! {
        let (file, line) = info.location().map_or((c"", 0), |location| (location.file_as_c_str(), location.line()));
        // SAFETY: the text lives for ever.
        unsafe { aimdb_panicked(file.as_ptr(), line) };
        loop {
            // The hook should not have returned, and there is nothing to go on with.
            core::hint::spin_loop();
        }
    }
}
