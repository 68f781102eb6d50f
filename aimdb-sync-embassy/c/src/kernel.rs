//! What the library asks of the application's side: the critical section, and where a panic ends.

use core::cell::UnsafeCell;

use aimdb_core::waiting::Lock;
use aimdb_sync_embassy::PreemptionSafe;
use embassy_sync::blocking_mutex::raw::RawMutex;

/// The kernel's mask, by its own functions: whatever the processor is, they know how.
#[cfg(not(all(feature = "cortex-m3", target_arch = "arm")))]
mod mask {
    unsafe extern "C" {
        fn aimdb_port_mask() -> u32;
        fn aimdb_port_unmask(before: u32);
    }

    #[inline(always)]
    pub(super) fn raise() -> u32 {
        // SAFETY: what it returns goes back.
        unsafe { aimdb_port_mask() }
    }

    /// # Safety
    ///
    /// The mask was raised, which has said this.
    #[inline(always)]
    pub(super) unsafe fn restore(before: u32) {
        // SAFETY: by this function's contract.
        unsafe { aimdb_port_unmask(before) };
    }
}

/// The same for FreeRTOS on a Cortex-M3, where that is one instruction, with nothing around it that is masked too. A priority that is
/// raised counts from the next instruction on, so no barrier is needed; a Cortex-M7 before r0p2 does not keep to that (erratum 837070).
#[cfg(all(feature = "cortex-m3", target_arch = "arm"))]
mod mask {
    use core::arch::asm;

    /// The most urgent priority that may call the kernel is the address of a symbol of the port. Other processors, kernels, and masks of an
    /// application have none, so they are not linked with this.
    #[inline(always)]
    pub(super) fn raise() -> u32 {
        let before;
        // SAFETY: the mask keeps others out, so what is in memory is read again after it; it is never lowered by this.
        unsafe {
            let priority: u32;
            asm!(
                "movw {priority}, #:lower16:aimdb_port_basepri_of_cortex_m3",
                priority = out(reg) priority,
                options(nomem, nostack, preserves_flags)
            );
            asm!(
                "mrs {before}, basepri",
                "msr basepri_max, {priority}",
                before = out(reg) before,
                priority = in(reg) priority,
                options(nostack, preserves_flags)
            );
        }
        before
    }

    /// # Safety
    ///
    /// The mask was raised, which has said this.
    #[inline(always)]
    pub(super) unsafe fn restore(before: u32) {
        // It may change the flags, for all the compiler knows: so that nothing is compared inside which is looked at afterwards.
        // SAFETY: by this function's contract; all that was written is, before that.
        unsafe { asm!("msr basepri, {before}", before = in(reg) before, options(nostack)) };
    }
}

/// Runs `critical` with every task and every interrupt that may use records kept out. Sections nest.
pub(crate) fn masked<R>(critical: impl FnOnce() -> R) -> R {
    let before = mask::raise();
    let result = critical();
    // SAFETY: the two are the two halves of one section.
    unsafe { mask::restore(before) };
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
