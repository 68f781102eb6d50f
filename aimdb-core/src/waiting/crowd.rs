//! Waiting where more threads want the same than there are cores to run them.
//!
//! A thread that spins there keeps the others, and perhaps the other side, from the core that they need to
//! bring anything. One that sleeps at once has to be woken, and a wake-up for each value costs more than ten
//! values do. So it lets others run a few times first: when its turn comes again there mostly is something.

use super::Deadline;
#[cfg(not(any(loom, shuttle)))]
use super::{Clock, SystemClock};

/// What a thread knows that is about to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outlook {
    /// It has not looked yet, or saw something, which may be gone when it asks for it.
    Open,
    /// It looked for long enough, and nothing came.
    Nothing,
    /// Others wait for the same.
    Crowd,
}

/// How often a thread in a crowd lets others run before it does something else.
#[cfg(not(any(loom, shuttle)))]
const TURNS: u32 = 16;

/// Lets others run a few times, no longer than until then, and looks after each whether something has come.
#[cfg(not(any(loom, shuttle)))]
pub(crate) fn let_others_run(until: Deadline, mut come: impl FnMut() -> bool) -> bool {
    for _ in 0..TURNS {
        if until != Deadline::Never && until.has_passed(SystemClock.now()) {
            return false;
        }
        give_way();
        if come() {
            return true;
        }
    }
    false
}

/// A model checker gains nothing from it.
#[cfg(any(loom, shuttle))]
pub(crate) fn let_others_run(_until: Deadline, _come: impl FnMut() -> bool) -> bool {
    false
}

/// Lets others run once.
pub(crate) fn give_way() {
    #[cfg(not(any(loom, shuttle)))]
    std::thread::yield_now();
}

/// Lets others run at each 64th call of a thread, where `are_there` says that there are others.
pub(crate) fn give_way_at_times(are_there: impl FnOnce() -> bool) {
    #[cfg(not(any(loom, shuttle)))]
    std::thread_local! {
        static CALLS: core::cell::Cell<u8> = const { core::cell::Cell::new(0) };
    }
    #[cfg(not(any(loom, shuttle)))]
    let is_time = CALLS.try_with(|calls| calls.replace(calls.get().wrapping_add(1)).is_multiple_of(64)) == Ok(true);
    // A model checker gains nothing from it.
    #[cfg(any(loom, shuttle))]
    let is_time = false;
    if is_time && are_there() {
        give_way();
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;
    use core::cell::Cell;

    #[test]
    fn w3_a_thread_asks_at_each_64th_call_whether_there_are_others() {
        let asked = Cell::new(0);
        let call = || {
            give_way_at_times(|| {
                asked.set(asked.get() + 1);
                true
            });
        };
        // Another test may have called on this thread before.
        (0..640).for_each(|_| call());
        assert_eq!(asked.get(), 10);
    }
}
