//! How values are copied into a record and out of it.
#![allow(unsafe_code)]

use core::mem::MaybeUninit;

use bytemuck::NoUninit;

use super::parts::Parts;
use super::state::{Found, State};
use super::{Closed, StaticLatest};
use crate::lean::{NOBODY, Stood};
use crate::lock::PreemptionSafe;

/// How often a reader copies outside before it does so inside the critical section.
const TRIES: usize = 2;

/// No place to fill outside.
const NO_PLACE: u32 = u32::MAX;

/// What became of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Closed,
    Stored,
    /// Stored, and what it displaced is there.
    Displaces,
}

/// The copies of every latest value.
pub(super) trait Copies: Parts {
    /// Stores a value; what it displaced is copied to the room `before` if it is `WANTED`. The word says whom to wake.
    ///
    /// # Safety
    ///
    /// The value is there, and there is room for another.
    #[inline(always)]
    unsafe fn put<const WANTED: bool>(&self, value: *const Self::Value, before: *mut Self::Value) -> (Fate, usize) {
        if Self::INSIDE {
            // A copy that lies in registers.
            // SAFETY: the value is there.
            let held = unsafe { value.cast::<MaybeUninit<Self::Value>>().read() };
            self.section_at(move |record, state| record.put_inside::<WANTED>(state, held.as_ptr().cast(), before))
        } else {
            self.put_outside::<WANTED>(value, before)
        }
    }

    /// Inside the section. What is found is told in any case: to choose is for outside.
    #[inline(always)]
    fn put_inside<const WANTED: bool>(
        &self,
        state: &mut State<Self::Cursors>,
        value: *const Self::Value,
        before: *mut Self::Value,
    ) -> (Fate, usize) {
        let mut fate = Fate::Closed;
        if !state.is_closed() {
            fate = Fate::Stored;
            let place = state.place_inside();
            if WANTED && state.has_value() {
                fate = Fate::Displaces;
                // SAFETY: the current value was written there.
                unsafe { self.read(place, before) };
            }
            // SAFETY: whoever writes outside, does so at the other place.
            unsafe { self.write(place, value) };
            state.store(place);
        }
        (fate, state.awaited())
    }

    #[inline(always)]
    fn put_outside<const WANTED: bool>(&self, value: *const Self::Value, before: *mut Self::Value) -> (Fate, usize) {
        let place = self.section(|state| state.claim().unwrap_or(NO_PLACE));
        if place == NO_PLACE {
            return self.put_beside::<WANTED>(value, before);
        }
        let mut copied = None;
        if WANTED && let Some(Found { number, place }) = self.section(|state| state.has_value().then(|| state.found()))
        {
            // SAFETY: the current value was written there.
            unsafe { self.read(place, before) };
            copied = Some(number);
        }
        // SAFETY: the place was given to this writer.
        unsafe { self.write(place, value) };
        self.section_at(move |record, state| {
            let displaces = WANTED && state.has_value();
            if displaces && !copied.is_some_and(|number| state.is(number)) {
                // Another writer has come meanwhile, and stored beside this one.
                // SAFETY: as above, and inside the section nobody writes there.
                unsafe { record.read(state.found().place, before) };
            }
            let stored = if displaces { Fate::Displaces } else { Fate::Stored };
            (if state.commit(place) { stored } else { Fate::Closed }, state.awaited())
        })
    }

    /// For a writer that comes while another one is outside.
    #[cold]
    #[inline(never)]
    fn put_beside<const WANTED: bool>(&self, value: *const Self::Value, before: *mut Self::Value) -> (Fate, usize) {
        self.section_at(move |record, state| record.put_inside::<WANTED>(state, value, before))
    }

    /// Takes the current value, if it is new to the cursor. If not, there may be some of one that was.
    ///
    /// # Safety
    ///
    /// There is room for a value.
    #[inline(always)]
    unsafe fn take_to(&self, cursor: u8, there: *mut Self::Value) -> Stood<()> {
        if Self::INSIDE {
            return self.take_inside(cursor, there);
        }
        for _ in 0..TRIES {
            let found = self.section(|state| {
                if state.is_new(cursor) { Stood::Has(state.found()) } else { Stood::without(state.is_closed()) }
            });
            let Found { number, place } = match found {
                Stood::Has(found) => found,
                nothing => return nothing.map(|_| ()),
            };
            // SAFETY: there is room, and the current value was written there.
            unsafe { self.read(place, there) };
            // Another reader of the cursor may have had it meanwhile.
            let kept = self.section(|state| {
                let kept = state.is(number) && state.is_new(cursor);
                if kept {
                    state.has_seen(cursor);
                }
                kept
            });
            if kept {
                return Stood::Has(());
            }
        }
        self.take_beside(cursor, there)
    }

    #[inline(always)]
    fn take_inside(&self, cursor: u8, there: *mut Self::Value) -> Stood<()> {
        self.section_at(move |record, state| {
            if !state.is_new(cursor) {
                return Stood::without(state.is_closed());
            }
            // SAFETY: there is room, and the current value was written there; nobody writes there outside.
            unsafe { record.read(state.found().place, there) };
            state.has_seen(cursor);
            Stood::Has(())
        })
    }

    /// For a reader whose value was overwritten again and again.
    #[cold]
    #[inline(never)]
    fn take_beside(&self, cursor: u8, there: *mut Self::Value) -> Stood<()> {
        self.take_inside(cursor, there)
    }

    /// Copies the current value; says whether there is one. If not, there may be some of one that was.
    ///
    /// # Safety
    ///
    /// There is room for a value.
    unsafe fn copy_to(&self, room: *mut Self::Value) -> bool {
        for _ in 0..if Self::INSIDE { 0 } else { TRIES } {
            let found = self.section(|state| state.has_value().then(|| state.found()));
            let Some(Found { number, place }) = found else { return false };
            // SAFETY: there is room, and the current value was written there.
            unsafe { self.read(place, room) };
            if self.section(|state| state.is(number)) {
                return true;
            }
        }
        self.section_at(move |record, state: &mut State<Self::Cursors>| {
            let found = state.has_value();
            if found {
                // SAFETY: as above, and nobody writes there outside.
                unsafe { record.read(state.found().place, room) };
            }
            found
        })
    }
}

impl<R: Parts> Copies for R {}

impl<T: NoUninit + Send, M: PreemptionSafe, const READERS: usize, const PLACES: usize>
    StaticLatest<T, M, READERS, PLACES>
{
    /// Stores a value and wakes whom it concerns; what it displaced comes back if it is `WANTED`.
    #[inline(always)]
    pub(super) fn store<const WANTED: bool>(&self, value: &T) -> Result<Option<T>, Closed> {
        let mut before = MaybeUninit::uninit();
        // SAFETY: the value is there, and there is room.
        let (fate, awaited) = unsafe { self.put::<WANTED>(value, before.as_mut_ptr()) };
        if fate == Fate::Closed {
            return Err(Closed);
        }
        if awaited != NOBODY {
            self.wake(awaited);
        }
        // SAFETY: it says that what was displaced is there.
        Ok(if WANTED && fate == Fate::Displaces { Some(unsafe { before.assume_init() }) } else { None })
    }

    #[inline(always)]
    pub(super) fn take(&self, cursor: u8) -> Stood<T> {
        let mut there = MaybeUninit::uninit();
        // SAFETY: there is room, and it says that the value is there.
        unsafe { Copies::take_to(self, cursor, there.as_mut_ptr()).map(|()| there.assume_init()) }
    }

    /// A copy of the current value.
    pub(super) fn current(&self) -> Option<T> {
        let mut there = MaybeUninit::uninit();
        // SAFETY: there is room, and it says that the value is there.
        if unsafe { self.copy_to(there.as_mut_ptr()) } { Some(unsafe { there.assume_init() }) } else { None }
    }
}
