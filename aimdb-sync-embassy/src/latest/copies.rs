//! How values are copied into a record and out of it.
#![allow(unsafe_code)]

use core::mem::MaybeUninit;

use bytemuck::NoUninit;

use super::state::{Found, State};
use super::words::Words;
use super::{Closed, StaticLatest};
use crate::lock::PreemptionSafe;

/// How often a reader copies outside before it does so inside the critical section.
const TRIES: usize = 2;

/// No place to fill outside.
const NO_PLACE: u32 = u32::MAX;

/// What became of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Closed,
    Stored,
    /// Stored, and what it displaced is there.
    Displaces,
}

impl<T: NoUninit + Send, M: PreemptionSafe, const READERS: usize, const PLACES: usize>
    StaticLatest<T, M, READERS, PLACES>
{
    #[inline(always)]
    fn place(&self, at: u8) -> &Words<T> {
        let at = if Self::INSIDE { 0 } else { usize::from(at) };
        debug_assert!(at < PLACES, "a state hands out its places only");
        // SAFETY: a state hands out the places 0 and 1, of which there are two, and of one place this is the first.
        unsafe { self.places.get_unchecked(at) }
    }

    /// Stores a value and wakes whom it concerns; what it displaced comes back if it is `WANTED`.
    #[inline(always)]
    pub(super) fn store<const WANTED: bool>(&self, value: &T) -> Result<Option<T>, Closed> {
        let mut before = MaybeUninit::uninit();
        let (fate, awaited) = if Self::INSIDE {
            // A copy that lies in registers.
            let held = MaybeUninit::new(*value);
            let room = before.as_mut_ptr();
            self.section_at(move |record, state| record.put_inside::<WANTED>(state, held.as_ptr(), room))
        } else {
            self.store_outside::<WANTED>(value, before.as_mut_ptr())
        };
        if fate == Fate::Closed {
            return Err(Closed);
        }
        if awaited != 0 {
            self.wake(awaited);
        }
        // SAFETY: it says that what was displaced is there.
        Ok(if WANTED && fate == Fate::Displaces { Some(unsafe { before.assume_init() }) } else { None })
    }

    /// Inside the section. What is found is told in any case: to choose is for outside.
    #[inline(always)]
    fn put_inside<const WANTED: bool>(
        &self,
        state: &mut State<READERS>,
        value: *const T,
        before: *mut T,
    ) -> (Fate, u32) {
        let mut fate = Fate::Closed;
        if !state.is_closed() {
            fate = Fate::Stored;
            let place = state.place_inside();
            if WANTED && state.has_value() {
                fate = Fate::Displaces;
                // SAFETY: the current value was written there.
                unsafe { self.place(place).load(before) };
            }
            // SAFETY: whoever writes outside, does so at the other place.
            unsafe { self.place(place).store(value) };
            state.store(place);
        }
        (fate, state.awaited())
    }

    #[inline(always)]
    fn store_outside<const WANTED: bool>(&self, value: *const T, before: *mut T) -> (Fate, u32) {
        let place = self.section(|state| state.claim().map_or(NO_PLACE, u32::from));
        if place == NO_PLACE {
            return self.store_beside::<WANTED>(value, before);
        }
        let place = place as u8;
        let mut copied = None;
        if WANTED && let Some(Found { number, place }) = self.section(|state| state.has_value().then(|| state.found()))
        {
            // SAFETY: the current value was written there.
            unsafe { self.place(place).load(before) };
            copied = Some(number);
        }
        // SAFETY: the place was given to this writer.
        unsafe { self.place(place).store(value) };
        self.section_at(move |record, state| {
            let displaces = WANTED && state.has_value();
            if displaces && !copied.is_some_and(|number| state.is(number)) {
                // Another writer has come meanwhile, and stored beside this one.
                // SAFETY: as above, and inside the section nobody writes there.
                unsafe { record.place(state.found().place).load(before) };
            }
            let stored = if displaces { Fate::Displaces } else { Fate::Stored };
            (if state.commit(place) { stored } else { Fate::Closed }, state.awaited())
        })
    }

    /// For a writer that comes while another one is outside.
    #[cold]
    #[inline(never)]
    fn store_beside<const WANTED: bool>(&self, value: *const T, before: *mut T) -> (Fate, u32) {
        self.section_at(move |record, state| record.put_inside::<WANTED>(state, value, before))
    }

    /// Takes the current value, if it is new to the cursor; says whether it is.
    #[inline(always)]
    pub(super) fn take_to(&self, cursor: u8, there: &mut MaybeUninit<T>) -> bool {
        let there = there.as_mut_ptr();
        if Self::INSIDE {
            return self.take_inside(cursor, there);
        }
        for _ in 0..TRIES {
            let found = self.section(|state| if state.is_new(cursor) { Some(state.found()) } else { None });
            let Some(Found { number, place }) = found else { return false };
            // SAFETY: there is room, and the current value was written there.
            unsafe { self.place(place).load(there) };
            // Another reader of the cursor may have had it meanwhile.
            let kept = self.section(|state| {
                let kept = state.is(number) && state.is_new(cursor);
                if kept {
                    state.has_seen(cursor);
                }
                kept
            });
            if kept {
                return true;
            }
        }
        self.take_beside(cursor, there)
    }

    #[inline(always)]
    fn take_inside(&self, cursor: u8, there: *mut T) -> bool {
        self.section_at(move |record, state| {
            let new = state.is_new(cursor);
            if new {
                // SAFETY: there is room, and the current value was written there; nobody writes there outside.
                unsafe { record.place(state.found().place).load(there) };
                state.has_seen(cursor);
            }
            new
        })
    }

    /// For a reader whose value was overwritten again and again.
    #[cold]
    #[inline(never)]
    fn take_beside(&self, cursor: u8, there: *mut T) -> bool {
        self.take_inside(cursor, there)
    }

    #[inline(always)]
    pub(super) fn take(&self, cursor: u8) -> Option<T> {
        let mut there = MaybeUninit::uninit();
        // SAFETY: it says that the value is there.
        if self.take_to(cursor, &mut there) { Some(unsafe { there.assume_init() }) } else { None }
    }

    /// A copy of the current value.
    pub(super) fn current(&self) -> Option<T> {
        let mut there = MaybeUninit::uninit();
        let room = there.as_mut_ptr();
        for _ in 0..if Self::INSIDE { 0 } else { TRIES } {
            let Found { number, place } = self.section(|state| state.has_value().then(|| state.found()))?;
            // SAFETY: there is room, and the current value was written there.
            unsafe { self.place(place).load(room) };
            if self.section(|state| state.is(number)) {
                // SAFETY: it is a copy of the current value.
                return Some(unsafe { there.assume_init() });
            }
        }
        let found = self.section_at(move |record, state: &mut State<READERS>| {
            let found = state.has_value();
            if found {
                // SAFETY: as above, and nobody writes there outside.
                unsafe { record.place(state.found().place).load(room) };
            }
            found
        });
        // SAFETY: as above.
        if found { Some(unsafe { there.assume_init() }) } else { None }
    }
}
