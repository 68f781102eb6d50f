//! Nothing between the tasks but a number in memory, which each of these programs has.
#![no_std]
#![no_main]

use core::sync::atomic::Ordering::Relaxed;

sizes::program! {
    sender &sizes::SEEN;
    send |number, value| {
        number.store(value, Relaxed);
        true
    };
    reader Some(&sizes::SEEN);
    receive |number| Some(number.load(Relaxed));
}
