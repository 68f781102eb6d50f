//! How values move into a queue and out of it.
#![allow(unsafe_code)]

use core::mem::{ManuallyDrop, MaybeUninit};
use core::sync::atomic::{Ordering, compiler_fence};

use super::state::{self, State};
use super::{QueuePolicy, StaticQueue};
use crate::lean::{ALL, End, NOBODY};
use crate::lock::PreemptionSafe;

/// No place of the ring.
const NO_PLACE: u32 = u32::MAX;

impl<T: Send, M: PreemptionSafe, const N: usize, P: QueuePolicy> StaticQueue<T, M, N, P> {
    /// Stores a value if there is room; it is the caller's as long as it is not stored.
    #[inline(always)]
    pub(super) fn store(&self, value: &ManuallyDrop<T>) -> bool {
        let value: *const T = &raw const **value;
        if Self::INSIDE {
            // A copy that lies in registers; its bits are the place's, if the value is stored.
            // SAFETY: the value is there.
            let held = unsafe { value.cast::<MaybeUninit<T>>().read() };
            let awaited = self.section_at(move |queue, state| {
                let Some(at) = state.claim::<N, true>() else { return queue.nothing() };
                // SAFETY: the place is claimed, so nobody else touches it.
                unsafe { queue.fill(u32::from(at), held.as_ptr().cast()) };
                // Last, into the register that says what was found: a compiler that reads it earlier needs another.
                compiler_fence(Ordering::SeqCst);
                state.readers.word()
            });
            if awaited == self.nothing() {
                return false;
            }
            if awaited != NOBODY {
                self.wake(1, End::Readers);
            }
            return true;
        }
        let at = self.section(|state| state.claim::<N, false>().map_or(NO_PLACE, u32::from));
        if at == NO_PLACE {
            return false;
        }
        // SAFETY: as above.
        unsafe { self.fill(at, value) };
        let (awaited, shows) = self.section(|state| {
            let shows = state.commit();
            (state.readers.word(), shows)
        });
        if shows >= state::LATE {
            self.section(State::commit_late);
            self.has_shown(ALL);
        } else if shows > 0 && awaited != NOBODY {
            self.has_shown(shows);
        }
        if N > state::MOST_INSIDE {
            self.has_filled();
        }
        true
    }

    /// Takes the oldest value, if there is one.
    #[inline(always)]
    pub(super) fn take(&self) -> Option<T> {
        let mut there = MaybeUninit::uninit();
        // SAFETY: it says that the value is there.
        if self.take_to(&mut there) { Some(unsafe { there.assume_init() }) } else { None }
    }

    #[inline(always)]
    pub(super) fn take_to(&self, there: &mut MaybeUninit<T>) -> bool {
        if Self::INSIDE {
            return self.take_inside(State::take::<N, true>, there);
        }
        let taken = self.take_outside(State::take::<N, false>, there);
        if N > state::MOST_INSIDE && taken {
            self.has_emptied();
        }
        taken
    }

    /// Takes the value that is chosen; says whether there is one.
    #[inline(always)]
    fn take_inside(&self, choose: impl FnOnce(&mut State) -> Option<u16>, there: &mut MaybeUninit<T>) -> bool {
        let there = there.as_mut_ptr();
        let awaited = self.section_at(move |queue, state| {
            let Some(at) = choose(state) else { return queue.nothing() };
            // SAFETY: the place was taken: it holds a value, and nobody else touches it.
            unsafe { queue.empty(u32::from(at), there) };
            state.senders.word()
        });
        if awaited == self.nothing() {
            return false;
        }
        if awaited != NOBODY {
            self.has_taken(1, there);
        }
        true
    }

    #[inline(always)]
    fn take_outside(&self, choose: impl FnOnce(&mut State) -> Option<u16>, there: &mut MaybeUninit<T>) -> bool {
        let there = there.as_mut_ptr();
        let Some(at) = self.section(choose).map(u32::from) else { return false };
        // SAFETY: as above.
        unsafe { self.empty(at, there) };
        let freed = self.give_back();
        if freed > 0 {
            self.has_taken(freed, there);
        }
        true
    }

    /// A place that was taken is empty. Says how many senders are to be woken.
    #[inline(always)]
    fn give_back(&self) -> u16 {
        let (awaited, freed) = self.section(|state| {
            let freed = state.release();
            (state.senders.word(), freed)
        });
        if awaited == NOBODY { 0 } else { freed }
    }

    /// Where the oldest value lies, if there is one, for whoever copies it from there; then [`Self::has_copied`].
    #[inline(always)]
    pub(super) fn find(&self, there: &mut MaybeUninit<T>) -> Option<*const T> {
        if Self::INSIDE {
            return if self.take_to(there) { Some(there.as_ptr()) } else { None };
        }
        let at = self.section(State::take::<N, false>)?;
        // SAFETY: the place was taken.
        Some(unsafe { self.place(u32::from(at)).with(|place| place.cast_const()) })
    }

    #[inline(always)]
    pub(super) fn has_copied(&self) {
        if Self::INSIDE {
            return;
        }
        let freed = self.give_back();
        if freed > 0 {
            self.wake(freed, End::Senders);
        }
        if N > state::MOST_INSIDE {
            self.has_emptied();
        }
    }

    /// Discards what is there if the queue was aborted, and says how many values that were.
    pub(super) fn discard(&self) -> usize {
        let mut discarded = 0;
        // Bounded by what is there: nothing is claimed any more.
        loop {
            let mut there = MaybeUninit::uninit();
            let found = if Self::INSIDE {
                self.take_inside(State::discard::<N, true>, &mut there)
            } else {
                self.take_outside(State::discard::<N, false>, &mut there)
            };
            if !found {
                break;
            }
            discarded += 1;
            // SAFETY: it says that the value is there.
            unsafe { there.assume_init_drop() };
        }
        discarded
    }
}
