//! A board without a kernel: a main loop that sleeps, interrupts, and a clock of its own.
#![no_std]

use core::cell::Cell;

use aimdb_sync_embassy::{BareMetal, TickSource};
use board::{interrupt, systick};
use critical_section::Mutex;

/// The main loop, to records.
pub type MainLoop = BareMetal<Millis>;

/// A clock that counts milliseconds.
#[derive(Debug)]
pub enum Millis {}

static TICKS: Mutex<Cell<u64>> = Mutex::new(Cell::new(0));

impl TickSource for Millis {
    const TICKS_PER_SECOND: u32 = 1_000;

    fn ticks() -> u64 {
        critical_section::with(|inside| TICKS.borrow(inside).get())
    }
}

impl Millis {
    /// Lets the clock run.
    pub fn start() {
        systick::start(board::timer::HERTZ / Self::TICKS_PER_SECOND);
    }
}

interrupt!(SysTick, tick);

fn tick() {
    critical_section::with(|inside| {
        let ticks = TICKS.borrow(inside);
        ticks.set(ticks.get() + 1);
    });
}
