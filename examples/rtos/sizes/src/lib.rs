//! The program that is weighed over each kind of record: a task sends numbers, another one reads until the last. Each
//! binary is this program over one thing, `base` over a number in memory; what `sizes.py` says of a thing is its binary
//! without `base`.
#![no_std]

mod wait;

use core::sync::atomic::AtomicU32;

use board::{check, exit};
use freertos::{Scheduler, Task};

pub use board::{Exit, entry};
pub use wait::{busy, parked};

/// The number that ends a program.
pub const LAST: u32 = 1_000;

/// The last number that was read.
pub static SEEN: AtomicU32 = AtomicU32::new(0);

static SENDER: Task<768> = Task::new();
static READER: Task<768> = Task::new();

/// Runs both tasks. Not a part of what is weighed, so it is the same code in each program.
#[inline(never)]
pub fn run(send: fn(), read: fn()) -> Exit {
    check!(SENDER.spawn(c"sender", 1, send).is_ok());
    // It runs first: the kernel begins with the newest of the most urgent.
    check!(READER.spawn(c"reader", 1, read).is_ok());
    Scheduler::start()
}

/// Ends the program well, if the last number was read.
#[inline(never)]
pub fn end() {
    exit(if SEEN.load(core::sync::atomic::Ordering::Relaxed) == LAST { Exit::Success } else { Exit::Failure })
}

/// The program. `sender` and `reader` are made once, by their tasks; a reader may be refused, and receive nothing.
#[macro_export]
macro_rules! program {
    (
        sender $sender:expr;
        send |$from:ident, $value:ident| $send:expr;
        reader $reader:expr;
        receive |$to:ident| $receive:expr;
    ) => {
        $crate::program! {
            setup {};
            sender $sender;
            send |$from, $value| $send;
            reader $reader;
            receive |$to| $receive;
        }
    };
    (
        setup $setup:block;
        sender $sender:expr;
        send |$from:ident, $value:ident| $send:expr;
        reader $reader:expr;
        receive |$to:ident| $receive:expr;
    ) => {
        $crate::entry!(main);

        fn main() -> $crate::Exit {
            $setup
            $crate::run(send, read)
        }

        fn send() {
            #[allow(unused_mut, reason = "some need it")]
            let mut $from = $sender;
            for $value in 0..=$crate::LAST {
                if !$send {
                    return;
                }
            }
        }

        fn read() {
            #[allow(unused_mut, reason = "some need it")]
            let Some(mut $to) = $reader else { return };
            loop {
                // A ring says now and then that it was late, which is no number.
                if let Some(value) = $receive {
                    $crate::SEEN.store(value, ::core::sync::atomic::Ordering::Relaxed);
                    if value == $crate::LAST {
                        break;
                    }
                }
            }
            $crate::end();
        }
    };
}
