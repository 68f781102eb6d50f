//! How one waits for a sketch: what is best differs from row to row, and a row may ask several.

use std::hint::spin_loop;
use std::thread;

/// How one waits.
pub trait Wait: Send + Sync + 'static {
    /// How the tables call it, after a comma.
    fn name() -> String;

    /// Looks until it is there. Ends when the other side has done its part.
    fn until<R>(attempt: impl FnMut() -> Option<R>) -> R;
}

/// Spins, with so many turns before each look: a look takes a cache line away from the other side, so
/// who finds several values later is faster than who finds one soon.
pub struct Spin<const TURNS: u32>;

/// Lets others run before each look: for those who share a core.
pub struct GiveWay;

/// Looks for a moment, so many times, before it lets others run: for those who share a core with some, and wait for one on
/// another.
pub struct Moment<const TIMES: u32>;

/// After how many looks a spinning thread lets others run, in case the other side waits for its core.
const LOOKS: u32 = 1000;

impl<const TURNS: u32> Wait for Spin<TURNS> {
    fn name() -> String {
        if TURNS == 1 { String::new() } else { format!(", {TURNS} turns a look") }
    }

    #[cold]
    fn until<R>(mut attempt: impl FnMut() -> Option<R>) -> R {
        loop {
            for _ in 0..LOOKS {
                (0..TURNS).for_each(|_| spin_loop());
                if let Some(done) = attempt() {
                    return done;
                }
            }
            thread::yield_now();
        }
    }
}

impl Wait for GiveWay {
    fn name() -> String {
        ", gives way".into()
    }

    #[cold]
    fn until<R>(mut attempt: impl FnMut() -> Option<R>) -> R {
        loop {
            thread::yield_now();
            if let Some(done) = attempt() {
                return done;
            }
        }
    }
}

impl<const TIMES: u32> Wait for Moment<TIMES> {
    fn name() -> String {
        format!(", gives way after {TIMES} looks")
    }

    #[cold]
    fn until<R>(mut attempt: impl FnMut() -> Option<R>) -> R {
        loop {
            for _ in 0..TIMES {
                spin_loop();
                if let Some(done) = attempt() {
                    return done;
                }
            }
            thread::yield_now();
        }
    }
}

/// Sends with `attempt`, which gives back what it refuses, until there is space.
pub fn send<W: Wait, T>(value: T, mut attempt: impl FnMut(T) -> Result<(), T>) {
    let mut value = Some(value);
    W::until(|| match attempt(value.take()?) {
        Ok(()) => Some(()),
        Err(back) => {
            value = Some(back);
            None
        }
    });
}
