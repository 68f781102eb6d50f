//! How values are moved into a mailbox and out of it.
#![allow(unsafe_code)]

use core::mem::{ManuallyDrop, MaybeUninit};

use super::state::State;
use super::{Closed, StaticMailbox};
use crate::lean::{NOBODY, Place};
use crate::lock::PreemptionSafe;

/// The one place of a mailbox of small values.
const ONLY: u8 = 1;

/// No place at all: not even that nothing was displaced.
const NO_PLACE: u32 = u32::MAX;

/// What became of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Closed,
    Stored,
    /// Stored, and what it displaced is there, if that is kept.
    Displaces,
}

impl<T: Send, M: PreemptionSafe, const PLACES: usize> StaticMailbox<T, M, PLACES> {
    /// The place that is this bit.
    ///
    /// # Safety
    ///
    /// A state has given the bit out, and it is not 0.
    #[inline(always)]
    unsafe fn place(&self, bit: u8) -> &Place<T> {
        let at = usize::from(bit >> 1);
        debug_assert!(bit != 0 && at < PLACES, "a state hands out its places only");
        // SAFETY: by this function's contract: the bits are 1, 2, 4.
        unsafe { self.places.get_unchecked(at) }
    }

    /// # Safety
    ///
    /// The place is the caller's and empty, and the value is there and not used again.
    #[inline(always)]
    unsafe fn fill(&self, bit: u8, value: *const T) {
        // SAFETY: by this function's contract.
        unsafe { self.place(bit).with(|place| place.copy_from_nonoverlapping(value, 1)) };
    }

    /// # Safety
    ///
    /// The place is the caller's and holds a value, which is not used there again, and there is room for it.
    #[inline(always)]
    unsafe fn empty(&self, bit: u8, there: *mut T) {
        // SAFETY: by this function's contract.
        unsafe { self.place(bit).with(|place| there.copy_from_nonoverlapping(place, 1)) };
    }

    /// Whether what is displaced has to be moved out: somebody wants it, or it has a drop, which runs outside.
    const fn keeps<const WANTED: bool>() -> bool {
        WANTED || core::mem::needs_drop::<T>()
    }

    /// Stores a value, wakes a reader, and hands over what it displaced, if that is to be kept. The value is the caller's
    /// as long as it is not stored.
    #[inline(always)]
    pub(super) fn store<const WANTED: bool>(&self, value: &ManuallyDrop<T>) -> Result<Option<T>, Closed> {
        let value: *const T = &raw const **value;
        let mut before = MaybeUninit::uninit();
        let room = before.as_mut_ptr();
        let (fate, awaited) = if Self::INSIDE {
            // A copy that lies in registers; its bits are the place's, if the value is stored.
            // SAFETY: the value is there.
            let held = unsafe { value.cast::<MaybeUninit<T>>().read() };
            self.section_at(move |mailbox, state| mailbox.put_inside::<WANTED>(state, ONLY, held.as_ptr().cast(), room))
        } else {
            self.store_large::<WANTED>(value, room)
        };
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
        if awaited != NOBODY {
            self.wake_one();
        }
        Ok(displaced)
    }

    /// Inside the section. What is found is told in any case: to choose is for outside.
    ///
    /// The place is free, or the pending one.
    #[inline(always)]
    fn put_inside<const WANTED: bool>(
        &self,
        state: &mut State,
        place: u8,
        value: *const T,
        before: *mut T,
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
    fn store_large<const WANTED: bool>(&self, value: *const T, before: *mut T) -> (Fate, usize) {
        let place = self.section(State::claim);
        if place == 0 {
            return self.store_inside::<WANTED>(value, before);
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

    /// As [`Self::store_large`] for a writer that comes while another one is outside: inside the section.
    #[cold]
    #[inline(never)]
    fn store_inside<const WANTED: bool>(&self, value: *const T, before: *mut T) -> (Fate, usize) {
        self.section_at(move |mailbox, state| mailbox.put_inside::<WANTED>(state, state.place_inside(), value, before))
    }

    /// Takes the value that is pending; says whether there is one.
    #[inline(always)]
    pub(super) fn take_to(&self, there: &mut MaybeUninit<T>) -> bool {
        if Self::INSIDE {
            return self.take_inside(there);
        }
        let place = self.section(State::begin_to_take);
        if place == 0 {
            // Mostly there is none.
            return self.take_beside(there);
        }
        // SAFETY: the place was given to this reader, and holds a value.
        unsafe { self.empty(place, there.as_mut_ptr()) };
        self.section(State::emptied);
        true
    }

    /// Where the pending value lies, for whoever copies it from there; then [`Self::has_copied`]. None is found while another
    /// reader is outside.
    #[inline(always)]
    pub(super) fn find(&self, there: &mut MaybeUninit<T>) -> Option<*const T> {
        if Self::INSIDE {
            return if self.take_inside(there) { Some(there.as_ptr()) } else { None };
        }
        let place = self.section(State::begin_to_take);
        if place == 0 {
            return None;
        }
        // SAFETY: the place was given to this reader.
        Some(unsafe { self.place(place).with(|place| place.cast_const()) })
    }

    /// The reader that has found a value outside needs the place no more.
    #[inline(always)]
    pub(super) fn has_copied(&self) {
        if !Self::INSIDE {
            self.section(State::emptied);
        }
    }

    #[inline(always)]
    fn take_inside(&self, there: &mut MaybeUninit<T>) -> bool {
        let there = there.as_mut_ptr();
        self.section_at(move |mailbox, state| {
            let place = state.pending();
            if place != 0 {
                state.take();
                // SAFETY: the place was the pending one, so it holds a value that nobody outside touches.
                unsafe { mailbox.empty(if Self::INSIDE { ONLY } else { place }, there) };
            }
            place != 0
        })
    }

    /// For a reader that comes while another one is outside.
    #[cold]
    #[inline(never)]
    fn take_beside(&self, there: &mut MaybeUninit<T>) -> bool {
        self.take_inside(there)
    }

    #[inline(always)]
    pub(super) fn take(&self) -> Option<T> {
        let mut there = MaybeUninit::uninit();
        // SAFETY: it says that the value is there.
        if self.take_to(&mut there) { Some(unsafe { there.assume_init() }) } else { None }
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
