//! How values move into a queue and out of it.
#![allow(unsafe_code)]

use core::mem::MaybeUninit;
use core::sync::atomic::{Ordering, compiler_fence};

use super::parts::Parts;
use super::shape::Shape;
use super::state::{self, State};
use super::waking::Wakes;
use crate::lean::{ALL, End, Lined, NOBODY, Stood};

/// No place of the ring.
const NO_PLACE: u32 = u32::MAX;

/// The moves of every queue.
pub(super) trait Moves: Parts {
    /// Stores a value if there is room; it is the caller's as long as it is not stored.
    ///
    /// # Safety
    ///
    /// The value is there, and is not used again if it was stored.
    #[inline(always)]
    unsafe fn store(&self, value: *const Self::Value) -> Stood<()> {
        let shape = self.shape();
        if Self::INSIDE {
            // A copy that lies in registers; its bits are the place's, if the value is stored.
            // SAFETY: the value is there.
            let held = unsafe { value.cast::<MaybeUninit<Self::Value>>().read() };
            let nothing = self.nothing_in_hand();
            // How many were used says outside, too, whether the value is stored.
            let (awaited, used) = self.section_at(move |queue, state| {
                let used = state.all_used();
                let Some(at) = state.claim(shape) else { return (nothing, used) };
                // SAFETY: the place is claimed, so nobody else touches it.
                unsafe { queue.fill(u32::from(at), held.as_ptr().cast()) };
                // Last, into the register that says what was found: a compiler that reads it earlier needs another.
                compiler_fence(Ordering::SeqCst);
                (state.line(End::Readers).word(), used)
            });
            if if Self::ASKS_THE_WORD { awaited == self.nothing() } else { !shape.has_more_than(used) } {
                return Stood::without(state::refuses(used));
            }
            self.line(End::Readers).wake_seen(awaited);
            return Stood::Has(());
        }
        let (used, at) = self.section(move |state| (state.all_used(), state.claim(shape).map_or(NO_PLACE, u32::from)));
        if at == NO_PLACE {
            return Stood::without(state::refuses(used));
        }
        // SAFETY: as above.
        unsafe { self.fill(at, value) };
        let (awaited, shows) = self.section(|state| {
            let shows = state.commit();
            (state.line(End::Readers).word(), shows)
        });
        if shows >= state::LATE {
            self.section(State::commit_late);
            self.has_shown(ALL);
        } else if shows > 0 && awaited != NOBODY {
            self.has_shown(u32::from(shows));
        }
        if self.shape().is_wide() {
            self.has_filled();
        }
        Stood::Has(())
    }

    /// Takes the oldest value, if there is one.
    ///
    /// # Safety
    ///
    /// There is room for a value.
    #[inline(always)]
    unsafe fn take_to(&self, there: *mut Self::Value) -> Stood<()> {
        let shape = self.shape();
        // SAFETY: by this function's contract.
        unsafe {
            if Self::INSIDE {
                return self.take_inside(State::all_used, move |state| state.take(shape), there);
            }
            let stood = self.take_outside(there);
            if shape.is_wide() && stood.is_there() {
                self.has_taken(there, || self.has_emptied());
            }
            stood
        }
    }

    /// Takes the value that is chosen, if so many are there that there is one; says whether there is.
    ///
    /// # Safety
    ///
    /// There is room for a value.
    #[inline(always)]
    unsafe fn take_inside(
        &self,
        count: impl FnOnce(&State) -> u16,
        choose: impl FnOnce(&mut State) -> Option<u16>,
        there: *mut Self::Value,
    ) -> Stood<()> {
        let (awaited, are_there) = self.section_at(move |queue, state| {
            let are_there = count(state);
            let Some(at) = choose(state) else { return (queue.nothing(), are_there) };
            // SAFETY: the place was taken: it holds a value, and nobody else touches it.
            unsafe { queue.empty(u32::from(at), there) };
            (state.line(End::Senders).word(), are_there)
        });
        if if Self::ASKS_THE_WORD { awaited == self.nothing() } else { state::count(are_there) == 0 } {
            // It is a word without a count.
            return Stood::without(are_there != 0);
        }
        if awaited != NOBODY {
            self.has_taken(there, || {
                self.line(End::Senders).wake_seen(awaited);
            });
        }
        Stood::Has(())
    }

    /// # Safety
    ///
    /// As [`Moves::take_to`].
    #[inline(always)]
    unsafe fn take_outside(&self, there: *mut Self::Value) -> Stood<()> {
        self.find_outside().map(|at| {
            // SAFETY: the place was taken: it holds a value, and nobody else touches it.
            unsafe { self.empty(at, there) };
            let freed = self.give_back();
            if freed > 0 {
                self.has_taken(there, || self.wake(u32::from(freed), End::Senders));
            }
        })
    }

    /// The place of the oldest value, if there is one, for whoever moves it from there outside of the section.
    #[inline(always)]
    fn find_outside(&self) -> Stood<u32> {
        let shape = self.shape();
        self.section(move |state| match state.take(shape) {
            Some(at) => Stood::Has(u32::from(at)),
            None => Stood::without(state.is_over()),
        })
    }

    /// A place that was taken is empty. Says how many senders are to be woken.
    #[inline(always)]
    fn give_back(&self) -> u16 {
        let (awaited, freed) = self.section(|state| {
            let freed = state.release();
            (state.line(End::Senders).word(), freed)
        });
        if awaited == NOBODY { 0 } else { freed }
    }

    /// Discards what is there if the queue was aborted, and says how many values that were.
    fn discard(&self) -> usize {
        let shape = self.shape();
        let mut discarded = 0;
        // Bounded by what is there: nothing is claimed any more.
        loop {
            if Self::INSIDE {
                let mut there = MaybeUninit::uninit();
                // SAFETY: there is room, and it says that the value is there.
                unsafe {
                    let taken = self.take_inside(State::left, move |state| state.discard(shape), there.as_mut_ptr());
                    if !taken.is_there() {
                        break;
                    }
                    discarded += 1;
                    there.assume_init_drop();
                }
            } else {
                let Some(at) = self.section(move |state| state.discard(shape)) else { break };
                discarded += 1;
                // Given back also if the value's code panics.
                let _emptied = Emptied(self);
                // SAFETY: the place was taken.
                unsafe { self.drop_at(u32::from(at)) };
            }
        }
        discarded
    }
}

impl<Q: Parts> Moves for Q {}

/// A place that was taken, and is given back by this.
struct Emptied<'a, Q: Parts>(&'a Q);

impl<Q: Parts> Drop for Emptied<'_, Q> {
    fn drop(&mut self) {
        let freed = self.0.give_back();
        if freed > 0 {
            self.0.wake(u32::from(freed), End::Senders);
        }
    }
}
