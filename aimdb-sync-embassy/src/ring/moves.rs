//! How values come into a ring and how they are read.
#![allow(unsafe_code)]

use core::mem::{ManuallyDrop, MaybeUninit};

use bytemuck::NoUninit;

use super::StaticRing;
use super::cursor::Taken;
use super::order::{self, Order};
use super::parts::Parts;
use super::waking::Wakes;
use crate::lock::PreemptionSafe;
use crate::record::Found;

/// Why a value was not stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotStored {
    /// No place is spare for it to come in.
    Full,
    /// The ring is closed.
    Closed,
}

/// The moves of every ring.
pub(super) trait Moves: Wakes {
    /// Publishes a value, unless the ring is closed, or, where values are moved outside, no place is spare.
    ///
    /// # Safety
    ///
    /// The value is there.
    #[inline(always)]
    unsafe fn store(&self, value: *const Self::Value) -> Result<(), NotStored> {
        if !Self::INSIDE {
            // SAFETY: by this function's contract.
            return unsafe { self.store_outside(value, |_, _| {}) };
        }
        // SAFETY: a copy that lies in registers, of a value that is there.
        let held = unsafe { value.cast::<MaybeUninit<Self::Value>>().read() };
        let last = self.last();
        // SAFETY: the ring has all of it, and touches it inside its section only.
        let at = unsafe { order::put(self.mutex(), self.state(), self.values(), last, held) };
        if at > last {
            return Err(NotStored::Closed);
        }
        self.has_published();
        Ok(())
    }

    /// The same for a large value. `displaced` is told the place that comes out of the ring, and the position at which that was.
    ///
    /// # Safety
    ///
    /// As [`Moves::store`].
    #[inline(always)]
    unsafe fn store_outside(
        &self,
        value: *const Self::Value,
        displaced: impl FnOnce(u32, u32),
    ) -> Result<(), NotStored> {
        // SAFETY: inside the section.
        let claimed = self.section_of_order(|order| unsafe { order.claim() });
        let place = match claimed {
            Some(place) => place,
            None if Self::FROM_ZERO => self.claim_late()?,
            None => return Err(self.why_not()),
        };
        // SAFETY: the place was claimed, and the value is there.
        unsafe { self.write(u32::from(place), value) };
        // SAFETY: the ring has all of it, and touches it inside its section only.
        let published = unsafe { order::publish(self.mutex(), self.state(), self.order().first(), self.last(), place) };
        let Some((oldest, position)) = published else {
            // SAFETY: inside the section.
            self.section_of_order(|order| unsafe { order.give_back(place) });
            return Err(NotStored::Closed);
        };
        displaced(u32::from(oldest), position);
        // SAFETY: inside the section.
        self.section_of_order(|order| unsafe { order.give_back(oldest) });
        self.has_published();
        Ok(())
    }

    /// For whoever has found no spare place, of a ring that may have to be set up.
    #[cold]
    fn claim_late(&self) -> Result<u8, NotStored> {
        // Whoever came in between may have set it up.
        self.begins();
        // SAFETY: inside the section.
        self.section_of_order(|order| unsafe { order.claim() }).ok_or_else(|| self.why_not())
    }

    #[cold]
    fn why_not(&self) -> NotStored {
        if self.refuses_all() { NotStored::Closed } else { NotStored::Full }
    }

    /// Takes the next value of a cursor, if it is there and none was missed before.
    ///
    /// # Safety
    ///
    /// There is room for a value.
    #[inline(always)]
    unsafe fn take_to(&self, cursor: usize, there: *mut Self::Value) -> Found {
        let places = self.places();
        if Self::INSIDE {
            // SAFETY: the ring has all of it, and touches it inside its section only.
            let taken = unsafe {
                let cursor = self.cursor(cursor);
                order::get(self.mutex(), self.state(), self.values(), places, cursor, there)
            };
            return if taken { Found::Value } else { Found::Nothing };
        }
        // Before the value is taken, and not with it, so that the section is shorter.
        let laps = self.section(|state| state.laps());
        let order = self.order().first();
        // SAFETY: the ring has all of it, and touches it inside its section only.
        let taken = unsafe { order::take(self.mutex(), self.state(), order, places, self.cursor(cursor)) };
        let taken = Taken::new(taken, laps);
        let Some(place) = taken.place() else { return Found::Nothing };
        // SAFETY: a value lay at the place when it was taken.
        unsafe { self.read(place, there) };
        if taken.is_whole(places, self.section(|state| state.now())) { Found::Value } else { self.missed(cursor) }
    }

    /// A value was overwritten while it was copied. Those that were overwritten since are told with it.
    #[cold]
    fn missed(&self, cursor: usize) -> Found {
        self.section_of(cursor, |_, cursor| cursor.miss());
        Found::Missed(1 + self.section_of(cursor, |state, cursor| state.catch_up(cursor)))
    }

    /// Takes the next value of a cursor, or says why there is none.
    ///
    /// # Safety
    ///
    /// As [`Moves::take_to`].
    #[inline(always)]
    unsafe fn reads(&self, cursor: usize, there: *mut Self::Value) -> Found {
        // Each further turn means that a value came meanwhile.
        loop {
            // SAFETY: by this function's contract.
            match unsafe { Moves::take_to(self, cursor, there) } {
                Found::Nothing => {}
                found => return found,
            }
            let why = if Self::FROM_ZERO { self.why_nothing_late(cursor) } else { self.why_nothing(cursor) };
            if let Some(found) = why {
                return found;
            }
        }
    }

    /// The same as [`Moves::why_nothing`], of a ring that may have to be set up.
    #[cold]
    #[inline(never)]
    fn why_nothing_late(&self, cursor: usize) -> Option<Found> {
        if self.begins() { None } else { self.why_nothing(cursor) }
    }

    /// Why a cursor has found no value; nothing, if it is to look again.
    #[inline(always)]
    fn why_nothing(&self, cursor: usize) -> Option<Found> {
        let (missed, is_aborted) =
            self.section_of(cursor, |state, cursor| (state.catch_up(cursor), state.is_aborted()));
        if is_aborted {
            return Some(Found::Ended);
        }
        if missed > 0 {
            return Some(Found::Missed(missed));
        }
        let (has_news, is_closed) =
            self.section_of(cursor, |state, cursor| (state.news(cursor) != 0, state.is_closed()));
        if has_news {
            return None;
        }
        Some(if is_closed { Found::Ended } else { Found::Nothing })
    }
}

impl<R: Parts> Moves for R {}

impl<T, M, const N: usize, const READERS: usize, const WRITERS: usize> StaticRing<T, M, N, READERS, WRITERS>
where
    T: NoUninit + Send + Sync,
    M: PreemptionSafe,
{
    /// Publishes a value.
    #[inline(always)]
    pub(super) fn publish(&self, value: &ManuallyDrop<T>) -> Result<(), NotStored> {
        // SAFETY: the value is there.
        unsafe { self.store(&raw const **value) }
    }

    /// Publishes a value and says which one came out of the ring for it.
    pub(super) fn displace(&self, value: &T) -> Result<Option<T>, NotStored> {
        // A ring that was full stays so; and one that was not is at a position that says it. Should positions have wrapped
        // meanwhile, for the first time, nothing is said of what was displaced.
        let was_full = self.section(|state| state.laps()) > 0;
        let is_full = |position| was_full || position >= N as u32;
        let mut there = MaybeUninit::<T>::uninit();
        let mut displaced = false;
        if <Self as Parts>::INSIDE {
            let held = MaybeUninit::new(*value);
            // SAFETY: the ring has all of it, and touches it inside its section only.
            let stored = unsafe { order::exchange(self.mutex(), self.state(), self.values(), self.last(), held) };
            let Some((before, position)) = stored else { return Err(NotStored::Closed) };
            there = before;
            displaced = is_full(position);
            self.has_published();
        } else {
            let out = there.as_mut_ptr();
            let tells = |oldest, position| {
                displaced = is_full(position);
                if displaced {
                    // SAFETY: a value lay there, and the place is the caller's.
                    unsafe { self.read(oldest, out) };
                }
            };
            // SAFETY: the value is there.
            unsafe { self.store_outside(value, tells) }?;
        }
        // SAFETY: it was copied there.
        Ok(displaced.then(|| unsafe { there.assume_init() }))
    }
}
