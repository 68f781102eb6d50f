//! The board's two timers: count down from a value at 25 MHz, interrupt at zero, start again.

use core::ptr;

use crate::Interrupt;

/// What the timers and the processor run at.
pub const HERTZ: u32 = 25_000_000;

const CONTROL: usize = 0;
const VALUE: usize = 1;
const RELOAD: usize = 2;
const CLEAR: usize = 3;

/// A timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timer {
    /// Interrupts as [`Interrupt::Timer0`].
    Timer0 = 0x4000_0000,
    /// Interrupts as [`Interrupt::Timer1`].
    Timer1 = 0x4000_1000,
}

impl Timer {
    /// Interrupts every so many cycles from now on, at this priority.
    pub fn start(self, cycles: u32, priority: u8) {
        self.start_after(cycles, cycles, priority);
    }

    /// As [`Timer::start`], with another number of cycles before the first interrupt.
    pub fn start_after(self, first: u32, cycles: u32, priority: u8) {
        self.write(CONTROL, 0);
        self.write(RELOAD, cycles);
        self.write(VALUE, first);
        self.clear();
        self.interrupt().enable(priority);
        // Count, and interrupt.
        self.write(CONTROL, 0b1001);
    }

    /// Does not interrupt any more.
    pub fn stop(self) {
        self.write(CONTROL, 0);
        self.clear();
    }

    /// Takes the interrupt back: what its handler does first.
    pub fn clear(self) {
        self.write(CLEAR, 1);
    }

    /// The interrupt of this timer.
    #[must_use]
    pub fn interrupt(self) -> Interrupt {
        match self {
            Self::Timer0 => Interrupt::Timer0,
            Self::Timer1 => Interrupt::Timer1,
        }
    }

    fn write(self, register: usize, value: u32) {
        // SAFETY: a register of the timer, on this board.
        unsafe { ptr::write_volatile((self as usize as *mut u32).add(register), value) };
    }
}
