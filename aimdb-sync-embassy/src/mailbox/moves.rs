//! How values are moved into a mailbox and out of it.
#![allow(unsafe_code)]

use core::mem::{ManuallyDrop, MaybeUninit};

use super::state::State;
use super::{Closed, StaticMailbox};
use crate::lean::{NOBODY, Place};
use crate::lock::PreemptionSafe;

/// The one place of a mailbox of small values.
const ONLY: u8 = 1;

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
        let (displaced, awaited) = if Self::INSIDE {
            self.store_small::<WANTED>(value, &mut before)?
        } else {
            self.store_large::<WANTED>(value, &mut before)?
        };
        // In hand while a waker runs, which may panic.
        let displaced = if Self::keeps::<WANTED>() && displaced {
            // SAFETY: it says that what was displaced is there.
            Some(unsafe { before.assume_init() })
        } else {
            None
        };
        if awaited {
            self.wake_one();
        }
        Ok(displaced)
    }

    /// Says whether a value was displaced, and whether somebody waits.
    #[inline(always)]
    fn store_small<const WANTED: bool>(
        &self,
        value: *const T,
        before: &mut MaybeUninit<T>,
    ) -> Result<(bool, bool), Closed> {
        let before = before.as_mut_ptr();
        // What is found is told in any case: to choose is for outside.
        let (closed, displaced, awaited) = self.section_at(move |mailbox, state| {
            let closed = state.is_closed();
            let mut displaced = 0;
            if !closed {
                displaced = state.store(ONLY);
                if Self::keeps::<WANTED>() && displaced != 0 {
                    // SAFETY: the place holds what was displaced, and nobody else is inside.
                    unsafe { mailbox.empty(ONLY, before) };
                }
                // SAFETY: the place is empty now.
                unsafe { mailbox.fill(ONLY, value) };
            }
            (closed, displaced, state.readers.word())
        });
        if closed { Err(Closed) } else { Ok((displaced != 0, awaited != NOBODY)) }
    }

    #[inline(always)]
    fn store_large<const WANTED: bool>(
        &self,
        value: *const T,
        before: &mut MaybeUninit<T>,
    ) -> Result<(bool, bool), Closed> {
        let place = self.section(State::claim);
        if place == 0 {
            return self.store_inside::<WANTED>(value, before);
        }
        // SAFETY: the place is claimed, so nobody else touches it. Should it not be shown, nobody reads it.
        unsafe { self.fill(place, value) };
        let (displaced, awaited) = self.section(|state| (state.commit(Self::keeps::<WANTED>()), state.readers.word()));
        let displaced = displaced.ok_or(Closed)?;
        if Self::keeps::<WANTED>() && displaced != 0 {
            // SAFETY: the commit left the place to this writer.
            unsafe { self.empty(displaced, before.as_mut_ptr()) };
            self.section(State::filled);
        }
        Ok((displaced != 0, awaited != NOBODY))
    }

    /// As [`Self::store_large`] for a writer that comes while another one is outside: inside the section.
    #[cold]
    #[inline(never)]
    fn store_inside<const WANTED: bool>(
        &self,
        value: *const T,
        before: &mut MaybeUninit<T>,
    ) -> Result<(bool, bool), Closed> {
        let before = before.as_mut_ptr();
        self.section_at(move |mailbox, state| {
            if state.is_closed() {
                return Err(Closed);
            }
            let place = state.place_inside();
            let displaced = state.store(place) != 0;
            if Self::keeps::<WANTED>() && displaced {
                // SAFETY: the place was the pending one, which nobody outside touches.
                unsafe { mailbox.empty(place, before) };
            }
            // SAFETY: the place is free, or it was the pending one and is empty now.
            unsafe { mailbox.fill(place, value) };
            Ok((displaced, state.readers.word() != NOBODY))
        })
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
