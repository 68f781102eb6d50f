//! Whom a call on a queue wakes. All of that happens outside the critical section, one waiter for each section.
#![allow(unsafe_code)]

use super::moves::Moves;
use super::parts::Parts;
use super::state::State;
use crate::lean::{ALL, End, Lined, NOBODY, Taken, Waking};

pub(super) trait Wakes: Parts {
    /// Wakes so many of those who wait, one in each section.
    #[inline(always)]
    fn wake(&self, most: u32, end: End) {
        self.line(end).wake(most);
    }

    /// Wakes senders for places that were given back. Should a waker panic, nobody gets the value that was taken.
    #[inline(always)]
    fn has_taken(&self, there: *mut Self::Value, wakes: impl FnOnce()) {
        // SAFETY: the value was just moved there, and whoever wanted it will not look, should a waker panic.
        let taken = unsafe { Taken::new(there) };
        wakes();
        core::mem::forget(taken);
    }

    /// Refuses all values to come.
    fn ends(&self) {
        self.section(State::close);
        self.has_ended();
    }

    /// The same, and discards what is there: says how many values that were.
    fn ends_at_once(&self) -> usize {
        self.section(|state| state.abort::<Self::Shape>());
        self.has_ended();
        self.discard()
    }

    /// Wakes everyone who waits at a queue that is closed, but for readers whose value is still on its way: whoever
    /// brings it wakes them then. They would look, wait again, and be woken again, and he who brings it would not come
    /// to it.
    #[cold]
    fn has_ended(&self) {
        let next = || {
            // Each in a section of its own, so that none is longer than one of them has to be.
            self.line(End::Senders).wake_one() != NOBODY
                || self.section(|state| state.is_over() || self.has_value(state))
                    && self.line(End::Readers).wake_one() != NOBODY
        };
        Waking(next).wake();
    }

    /// A sender has gone: one that it left no number for may come in.
    #[cold]
    fn has_filled(&self) {
        if self.section(|state| self.has_room(state)) {
            self.line(End::Senders).wake_one();
        }
    }

    /// A reader has gone, likewise; an abort had no number either.
    #[cold]
    fn has_emptied(&self) {
        if self.refuses_all() {
            self.has_ended();
            self.discard();
        } else if self.section(|state| self.has_value(state)) {
            self.line(End::Readers).wake_one();
        }
    }

    /// Wakes readers for values that are shown; all of them, if that was the last there will be.
    #[cold]
    fn has_shown(&self, values: u32) {
        if values < ALL {
            return self.wake(values, End::Readers);
        }
        self.has_ended();
        self.discard();
    }
}

impl<Q: Parts> Wakes for Q {}
