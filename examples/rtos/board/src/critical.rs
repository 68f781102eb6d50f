//! The critical section of this board: PRIMASK, which keeps out every interrupt and with them every
//! other task, since this processor has one core and tasks are switched by an interrupt.
//!
//! FreeRTOS masks with BASEPRI, which lets interrupts above its own pass. Those may use records too,
//! so this one masks all. Saved and restored, sections nest, also in an interrupt, and in the
//! kernel's own. Nothing inside calls the kernel.

use core::arch::asm;

use critical_section::RawRestoreState;

struct Primask;

critical_section::set_impl!(Primask);

// SAFETY: between `acquire` and the matching `release` no interrupt is taken, so nothing else runs on the only
// core; `asm!` without `nomem` keeps memory accesses inside.
unsafe impl critical_section::Impl for Primask {
    unsafe fn acquire() -> RawRestoreState {
        let before;
        // SAFETY: reads and sets the mask, and touches nothing else.
        unsafe { asm!("mrs {}, primask", "cpsid i", out(reg) before, options(nostack, preserves_flags)) };
        before
    }

    unsafe fn release(before: RawRestoreState) {
        // It may change the flags, for all the compiler knows: so that nothing is compared inside which is looked at afterwards.
        // SAFETY: writes back what `acquire` read.
        unsafe { asm!("msr primask, {}", in(reg) before, options(nostack)) };
    }
}
