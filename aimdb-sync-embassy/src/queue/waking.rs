//! Whom a call on a queue wakes. All of that happens outside the critical section, one waiter for each section.

use core::task::Waker;

use super::state::State;
use super::waiters::Waiters;
use super::{QueuePolicy, StaticQueue};
use crate::lock::PreemptionSafe;

/// How many to wake.
pub(super) const ALL: u16 = u16::MAX;

/// Those who are woken now, up to so many. When a waker panics, the rest are woken by the drop.
struct Waking<F: FnMut() -> Option<Waker>> {
    most: u16,
    /// Takes the next one out.
    next: F,
}

impl<F: FnMut() -> Option<Waker>> Waking<F> {
    #[inline(always)]
    fn wake(&mut self) {
        while self.most > 0 {
            self.most -= 1;
            let Some(waker) = (self.next)() else {
                self.most = 0;
                return;
            };
            waker.wake();
        }
    }
}

impl<F: FnMut() -> Option<Waker>> Drop for Waking<F> {
    fn drop(&mut self) {
        self.wake();
    }
}

/// A value that was taken, and is dropped here if it comes no further.
struct Taken<T>(*mut T);

impl<T> Drop for Taken<T> {
    fn drop(&mut self) {
        // SAFETY: the value was just moved there, and whoever wanted it will not look, for a waker has panicked.
        unsafe { self.0.drop_in_place() };
    }
}

impl<T: Send, M: PreemptionSafe, const N: usize, P: QueuePolicy> StaticQueue<T, M, N, P> {
    /// Wakes so many of those who wait, one in each section.
    #[inline(never)]
    pub(super) fn wake(&self, most: u16, which: impl Fn(&mut State) -> &mut Waiters) {
        Waking { most, next: || self.section(|state| which(state).pop()) }.wake();
    }

    /// Wakes senders for places that were given back. Should a waker panic, nobody gets the value that was taken.
    pub(super) fn has_taken(&self, freed: u16, there: *mut T) {
        let taken = Taken(there);
        self.wake(freed, |state| &mut state.senders);
        core::mem::forget(taken);
    }

    /// Wakes everyone who waits at a queue that is closed, but for readers whose value is still on its way: whoever
    /// brings it wakes them then. They would look, wait again, and be woken again, and he who brings it would not come
    /// to it.
    #[cold]
    pub(super) fn has_ended(&self) {
        let next = || {
            // Each in a section of its own, so that none is longer than one of them has to be.
            if let Some(sender) = self.section(|state| state.senders.pop()) {
                return Some(sender);
            }
            if self.section(|state| state.is_over() || Self::has_value(state)) {
                self.section(|state| state.readers.pop())
            } else {
                None
            }
        };
        Waking { most: ALL, next }.wake();
    }

    /// A sender has gone: one that it left no number for may come in.
    #[cold]
    pub(super) fn has_filled(&self) {
        let next = || self.section(|state| if Self::has_room(state) { state.senders.pop() } else { None });
        Waking { most: 1, next }.wake();
    }

    /// A reader has gone, likewise; an abort had no number either.
    #[cold]
    pub(super) fn has_emptied(&self) {
        if self.is_closed() {
            self.has_ended();
            self.discard();
        } else {
            let next = || self.section(|state| if Self::has_value(state) { state.readers.pop() } else { None });
            Waking { most: 1, next }.wake();
        }
    }

    /// Wakes readers for values that are shown; all of them, if that was the last there will be.
    #[cold]
    pub(super) fn has_shown(&self, values: u16) {
        if values < ALL {
            return self.wake(values, |state| &mut state.readers);
        }
        self.has_ended();
        self.discard();
    }
}
