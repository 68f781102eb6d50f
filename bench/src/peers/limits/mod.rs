//! Those that never sleep: who waits for them spins. They show what the machine allows, and are not
//! what a blocking record is to beat.

mod streams;
mod values;

use std::hint::spin_loop;
use std::thread;

pub use streams::{Disruptor, Heapless, Photon, Ringbuf, Rtrb};
pub use values::{Displacing, Locked, Nexus, Swap};

/// Tries until it succeeds. Gives the core away now and then, in case the other thread needs it.
pub fn spin<R>(mut attempt: impl FnMut() -> Option<R>) -> R {
    loop {
        for _ in 0..1000 {
            if let Some(done) = attempt() {
                return done;
            }
            spin_loop();
        }
        thread::yield_now();
    }
}

/// Sends with `attempt`, which gives back what it refuses, until there is space.
pub fn spin_send<T>(value: T, mut attempt: impl FnMut(T) -> Result<(), T>) {
    let mut value = Some(value);
    spin(|| match attempt(value.take()?) {
        Ok(()) => Some(()),
        Err(back) => {
            value = Some(back);
            None
        }
    });
}
