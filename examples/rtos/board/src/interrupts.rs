//! The interrupts of the board that programs may define, and their controller.

use core::arch::asm;
use core::ptr;

const NVIC_ENABLE: *mut u32 = 0xe000_e100 as *mut u32;
const NVIC_PEND: *mut u32 = 0xe000_e200 as *mut u32;
const NVIC_PRIORITY: *mut u8 = 0xe000_e400 as *mut u8;

/// An interrupt. Its handler is defined with [`interrupt!`](crate::interrupt).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interrupt {
    /// The first timer.
    Timer0 = 8,
    /// The second timer.
    Timer1 = 9,
    /// Not wired to a device: comes only when a program pends it.
    Soft0 = 30,
    /// As `Soft0`.
    Soft1 = 31,
}

impl Interrupt {
    /// Sets the priority, 0 the most urgent and 255 the least, and lets the interrupt come.
    ///
    /// One that calls the kernel has a priority of at least [`Interrupt::KERNEL`].
    pub fn enable(self, priority: u8) {
        let number = self as usize;
        // SAFETY: registers of the interrupt controller, which all Cortex-M3 have.
        unsafe {
            ptr::write_volatile(NVIC_PRIORITY.add(number), priority);
            ptr::write_volatile(NVIC_ENABLE.add(number / 32), 1 << (number % 32));
        }
    }

    /// Makes the interrupt come as soon as it may.
    pub fn pend(self) {
        let number = self as usize;
        // SAFETY: as above; the barriers let the interrupt come before the next instruction.
        unsafe {
            ptr::write_volatile(NVIC_PEND.add(number / 32), 1 << (number % 32));
            asm!("dsb", "isb", options(nostack, preserves_flags));
        }
    }

    /// The most urgent priority of an interrupt that calls the kernel.
    pub const KERNEL: u8 = 0x40;
}

/// Whether an interrupt or exception is being handled.
#[must_use]
pub fn inside() -> bool {
    let number: u32;
    // SAFETY: reads a register.
    unsafe { asm!("mrs {}, ipsr", out(reg) number, options(nomem, nostack, preserves_flags)) };
    number != 0
}

/// Sleeps until an interrupt is pending.
pub fn wait() {
    // SAFETY: has no effect but the pause.
    unsafe { asm!("wfi", options(nostack, preserves_flags)) };
}

/// Defines the handler of an interrupt: `interrupt!(TIMER0, sample);` with `fn sample()`. The names
/// are `TIMER0`, `TIMER1`, `SOFT0`, `SOFT1`, and without a kernel `SysTick`.
#[macro_export]
macro_rules! interrupt {
    ($name:ident, $handler:path) => {
        const _: () = {
            #[unsafe(no_mangle)]
            #[allow(non_snake_case)]
            extern "C" fn $name() {
                let handler: fn() = $handler;
                handler();
            }
        };
    };
}
