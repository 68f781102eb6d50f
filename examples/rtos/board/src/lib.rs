//! The Cortex-M3 board that QEMU calls `mps2-an385`: startup, a periodic timer, interrupts, a
//! console, and an exit status that the host sees.
//!
//! A program defines `main` with [`entry!`] and interrupts with [`interrupt!`], and links with
//! `-Tmps2-an385.ld`. Nothing here knows a kernel.
#![no_std]

pub mod console;
pub mod count;
pub mod critical;
pub mod interrupts;
pub mod startup;
pub mod systick;
pub mod timer;

pub use console::{Exit, exit};
pub use interrupts::Interrupt;
pub use timer::Timer;
