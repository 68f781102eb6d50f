//! What checks need of no kernel: an oracle that keeps the books of a record, numbers that look random, the order in
//! which things happen, and a place for what belongs to an interrupt.
#![no_std]

mod interrupts;
mod ledger;
mod random;
mod trace;

use board::{print, println};

pub use interrupts::Interrupts;
pub use ledger::{Large, Oracle, Order, SENDERS, VALUES, Value};
pub use random::Random;
pub use trace::Trace;

/// Runs one check.
pub fn run(name: &str, check: fn()) {
    print!("{name} ... ");
    check();
    println!("ok");
}
