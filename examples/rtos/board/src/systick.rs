//! The processor's own timer, which a kernel takes for itself: interrupts as `SysTick`.

use core::ptr;

const CONTROL: *mut u32 = 0xe000_e010 as *mut u32;
const RELOAD: *mut u32 = 0xe000_e014 as *mut u32;
const VALUE: *mut u32 = 0xe000_e018 as *mut u32;

/// Interrupts every so many cycles from now on; at most 2^24. Without a kernel only.
pub fn start(cycles: u32) {
    // SAFETY: registers that all Cortex-M3 have: count the processor's cycles, and interrupt.
    unsafe {
        ptr::write_volatile(RELOAD, cycles - 1);
        ptr::write_volatile(VALUE, 0);
        ptr::write_volatile(CONTROL, 0b111);
    }
}
