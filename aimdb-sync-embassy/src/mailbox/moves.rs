//! How values are moved into a mailbox and out of it.
#![allow(unsafe_code)]

use core::mem::{ManuallyDrop, MaybeUninit};

use super::parts::Parts;
use super::state::State;
use super::{Closed, StaticMailbox};
use crate::lean::Stood;
use crate::lock::PreemptionSafe;

/// The one place of a mailbox of small values.
const ONLY: u8 = 1;

/// No place at all: not even that nothing was displaced.
const NO_PLACE: u32 = u32::MAX;

/// What became of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Closed,
    Stored,
    /// Stored, and what it displaced is there, if that is kept.
    Displaces,
}

/// The moves of every mailbox.
pub(super) trait Moves: Parts {
    /// Whether what is displaced has to be moved out: somebody wants it, or it has a drop, which runs outside.
    fn keeps<const WANTED: bool>() -> bool {
        WANTED || Self::DROPS
    }

    /// Stores a value; what it displaced is moved to the room `before`, if that is to be kept. The value is the caller's as long as
    /// it is not stored. Says beside what became of it who waits, as a word: one is to be woken.
    ///
    /// # Safety
    ///
    /// The value is there, and there is room for another.
    #[inline(always)]
    unsafe fn put<const WANTED: bool>(&self, value: *const Self::Value, before: *mut Self::Value) -> (Fate, usize) {
        if Self::INSIDE {
            // A copy that lies in registers; its bits are the place's, if the value is stored.
            // SAFETY: the value is there.
            let held = unsafe { value.cast::<MaybeUninit<Self::Value>>().read() };
            self.section_at(move |mailbox, state| {
                mailbox.put_inside::<WANTED>(state, ONLY, held.as_ptr().cast(), before)
            })
        } else {
            self.put_large::<WANTED>(value, before)
        }
    }

    /// Inside the section. What is found is told in any case: to choose is for outside.
    ///
    /// The place is free, or the pending one.
    #[inline(always)]
    fn put_inside<const WANTED: bool>(
        &self,
        state: &mut State,
        place: u8,
        value: *const Self::Value,
        before: *mut Self::Value,
    ) -> (Fate, usize) {
        let mut fate = Fate::Closed;
        if !state.is_closed() {
            fate = if state.store(place) == 0 { Fate::Stored } else { Fate::Displaces };
            if Self::keeps::<WANTED>() && fate == Fate::Displaces {
                // SAFETY: the place was the pending one, which nobody outside touches.
                unsafe { self.empty(place, before) };
            }
            // SAFETY: the place is empty now.
            unsafe { self.fill(place, value) };
        }
        (fate, state.readers.word())
    }

    #[inline(always)]
    fn put_large<const WANTED: bool>(&self, value: *const Self::Value, before: *mut Self::Value) -> (Fate, usize) {
        let place = self.section(State::claim);
        if place == 0 {
            return self.put_beside::<WANTED>(value, before);
        }
        // SAFETY: the place is claimed, so nobody else touches it. Should it not be shown, nobody reads it.
        unsafe { self.fill(place, value) };
        let (displaced, awaited) = self.section(|state| {
            let displaced = state.commit(Self::keeps::<WANTED>());
            (displaced.map_or(NO_PLACE, u32::from), state.readers.word())
        });
        if displaced == NO_PLACE {
            return (Fate::Closed, awaited);
        }
        if displaced == 0 {
            return (Fate::Stored, awaited);
        }
        if Self::keeps::<WANTED>() {
            // SAFETY: the commit left the place to this writer.
            unsafe { self.empty(displaced as u8, before) };
            self.section(State::filled);
        }
        (Fate::Displaces, awaited)
    }

    /// As [`Moves::put_large`] for a writer that comes while another one is outside: inside the section.
    #[cold]
    #[inline(never)]
    fn put_beside<const WANTED: bool>(&self, value: *const Self::Value, before: *mut Self::Value) -> (Fate, usize) {
        self.section_at(move |mailbox, state| mailbox.put_inside::<WANTED>(state, state.place_inside(), value, before))
    }

    /// Takes the value that is pending, if there is one.
    ///
    /// # Safety
    ///
    /// There is room for a value.
    #[inline(always)]
    unsafe fn take_to(&self, there: *mut Self::Value) -> Stood<()> {
        if Self::INSIDE {
            return self.take_inside(there);
        }
        let place = self.section(State::begin_to_take);
        if place == 0 {
            // Mostly there is none.
            return self.take_beside(there);
        }
        // SAFETY: the place was given to this reader, and holds a value.
        unsafe { self.empty(place, there) };
        self.section(State::emptied);
        Stood::Has(())
    }

    #[inline(always)]
    fn take_inside(&self, there: *mut Self::Value) -> Stood<()> {
        self.section_at(move |mailbox, state| {
            let place = state.pending();
            if place == 0 {
                return Stood::without(state.is_closed());
            }
            state.take();
            // SAFETY: the place was the pending one, so it holds a value that nobody outside touches.
            unsafe { mailbox.empty(if Self::INSIDE { ONLY } else { place }, there) };
            Stood::Has(())
        })
    }

    /// For a reader that comes while another one is outside.
    #[cold]
    #[inline(never)]
    fn take_beside(&self, there: *mut Self::Value) -> Stood<()> {
        self.take_inside(there)
    }
}

impl<Q: Parts> Moves for Q {}

impl<T: Send, M: PreemptionSafe, const PLACES: usize> StaticMailbox<T, M, PLACES> {
    /// Stores a value, wakes a reader, and hands over what it displaced, if that is to be kept. The value is the caller's
    /// as long as it is not stored.
    #[inline(always)]
    pub(super) fn store<const WANTED: bool>(&self, value: &ManuallyDrop<T>) -> Result<Option<T>, Closed> {
        let mut before = MaybeUninit::uninit();
        // SAFETY: the value is there, and there is room.
        let (fate, awaited) = unsafe { self.put::<WANTED>(&raw const **value, before.as_mut_ptr()) };
        if fate == Fate::Closed {
            return Err(Closed);
        }
        // In hand while a waker runs, which may panic.
        let displaced = if Self::keeps::<WANTED>() && fate == Fate::Displaces {
            // SAFETY: it says that what was displaced is there.
            Some(unsafe { before.assume_init() })
        } else {
            None
        };
        self.wake(awaited);
        Ok(displaced)
    }

    #[inline(always)]
    pub(super) fn take(&self) -> Stood<T> {
        let mut there = MaybeUninit::uninit();
        // SAFETY: there is room, and it says that the value is there.
        unsafe { Moves::take_to(self, there.as_mut_ptr()).map(|()| there.assume_init()) }
    }

    /// Closes, and takes what is pending, all in one step: nobody else gets it, and nothing comes after it.
    #[cold]
    pub(super) fn abort_and_take(&self) -> Option<T> {
        let mut there = MaybeUninit::uninit();
        let room = there.as_mut_ptr();
        let (found, place) = self.section_at(move |mailbox, state| {
            if !state.abort() {
                return (false, 0);
            }
            let place = if Self::INSIDE { 0 } else { state.begin_to_take() };
            if place == 0 {
                let pending = state.pending();
                state.take();
                // SAFETY: the place was the pending one, so it holds a value that nobody outside touches.
                unsafe { mailbox.empty(pending, room) };
            }
            (true, place)
        });
        if place != 0 {
            // SAFETY: the place was given to this reader, and holds a value.
            unsafe { self.empty(place, room) };
            self.section(State::emptied);
        }
        // SAFETY: it was moved there by one of the two.
        if found { Some(unsafe { there.assume_init() }) } else { None }
    }
}
