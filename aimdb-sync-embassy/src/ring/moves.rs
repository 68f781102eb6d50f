//! How values come into a ring and how they are read.
#![allow(unsafe_code)]

use core::mem::{ManuallyDrop, MaybeUninit};

use aimdb_core::buffer::TryRecvError;
use bytemuck::NoUninit;

use super::StaticRing;
use super::cursor::Taken;
use super::order::{self, Order};
use crate::lock::PreemptionSafe;

/// Why a value was not stored.
pub(super) enum NotStored {
    Full,
    Closed,
}

/// What a reader has found.
pub(super) enum Read {
    /// A value, which is there.
    Value,
    Nothing,
    /// One that was overwritten while it was copied: so many were missed with it.
    Missed(u32),
}

impl<T, M, const N: usize, const READERS: usize, const WRITERS: usize> StaticRing<T, M, N, READERS, WRITERS>
where
    T: NoUninit + Send + Sync,
    M: PreemptionSafe,
{
    /// Publishes a value, unless the ring is closed, or, where values are moved outside, no place is spare.
    #[inline(always)]
    pub(super) fn store(&self, value: &ManuallyDrop<T>) -> Result<(), NotStored> {
        let value: *const T = &raw const **value;
        if !Self::INSIDE {
            return self.store_outside(value, |_, _| {});
        }
        // SAFETY: a copy that lies in registers, of a value that is there.
        let held = unsafe { value.cast::<MaybeUninit<T>>().read() };
        // SAFETY: the ring has all of it, and touches it inside its section only.
        let at = unsafe { order::put(&self.mutex, self.state.get(), self.places.values(), Self::LAST, held) };
        if at > Self::LAST {
            return Err(NotStored::Closed);
        }
        self.wake_readers();
        Ok(())
    }

    /// The same for a large value. `displaced` is told the place that comes out of the ring, and the position at which that was.
    #[inline(always)]
    fn store_outside(&self, value: *const T, displaced: impl FnOnce(u32, u32)) -> Result<(), NotStored> {
        let Some(place) = self.section_of_order(Order::claim) else { return Err(self.why_not()) };
        // SAFETY: the place was claimed, and the value is there.
        unsafe { self.places.write(u32::from(place), value) };
        // SAFETY: the ring has all of it, and touches it inside its section only.
        let published =
            unsafe { order::publish(&self.mutex, self.state.get(), Order::first(self.order.get()), Self::LAST, place) };
        let Some((oldest, position)) = published else {
            self.section_of_order(|order| order.give_back(place));
            return Err(NotStored::Closed);
        };
        displaced(u32::from(oldest), position);
        self.section_of_order(|order| order.give_back(oldest));
        self.wake_readers();
        Ok(())
    }

    /// Wakes whom a value that was published concerns. Who waits is asked in a section of its own: whoever waits since before the
    /// value was there is seen here as well.
    #[inline(always)]
    fn wake_readers(&self) {
        // SAFETY: inside the section, and nothing else.
        let awaited = self.mutex.lock(|| unsafe { self.awaited() });
        self.has_published(awaited);
    }

    /// Publishes a value and says which one came out of the ring for it.
    pub(super) fn displace(&self, value: &T) -> Result<Option<T>, NotStored> {
        // A ring that was full stays so; and one that was not is at a position that says it. Should positions have wrapped
        // meanwhile, for the first time, nothing is said of what was displaced.
        let was_full = self.section(|state| state.laps()) > 0;
        let is_full = |position| was_full || position >= N as u32;
        let mut there = MaybeUninit::<T>::uninit();
        let mut displaced = false;
        if Self::INSIDE {
            let held = MaybeUninit::new(*value);
            // SAFETY: the ring has all of it, and touches it inside its section only.
            let stored =
                unsafe { order::exchange(&self.mutex, self.state.get(), self.places.values(), Self::LAST, held) };
            let Some((before, position)) = stored else { return Err(NotStored::Closed) };
            there = before;
            displaced = is_full(position);
            self.wake_readers();
        } else {
            let out = there.as_mut_ptr();
            self.store_outside(value, |oldest, position| {
                displaced = is_full(position);
                if displaced {
                    // SAFETY: a value lay there, and the place is the caller's.
                    unsafe { self.places.read(oldest, out) };
                }
            })?;
        }
        // SAFETY: it was copied there.
        Ok(displaced.then(|| unsafe { there.assume_init() }))
    }

    #[cold]
    fn why_not(&self) -> NotStored {
        if self.is_closed() { NotStored::Closed } else { NotStored::Full }
    }

    /// Takes the next value of a cursor, if it is there and none was missed before.
    #[inline(always)]
    pub(super) fn take_to(&self, cursor: usize, there: &mut MaybeUninit<T>) -> Read {
        let there = there.as_mut_ptr();
        if Self::INSIDE {
            // SAFETY: the ring has all of it, and touches it inside its section only.
            let taken = unsafe {
                let cursor = self.cursor(cursor);
                order::get(&self.mutex, self.state.get(), self.places.values(), N as u32, cursor, there)
            };
            return if taken { Read::Value } else { Read::Nothing };
        }
        // Before the value is taken, and not with it, so that the section is shorter.
        let laps = self.section(|state| state.laps());
        let order = Order::first(self.order.get());
        // SAFETY: the ring has all of it, and touches it inside its section only.
        let taken = unsafe { order::take(&self.mutex, self.state.get(), order, N as u32, self.cursor(cursor)) };
        let taken = Taken::new(taken, laps);
        let Some(place) = taken.place() else { return Read::Nothing };
        // SAFETY: a value lay at the place when it was taken.
        unsafe { self.places.read(place, there) };
        if taken.is_whole::<N>(self.section(|state| state.now())) { Read::Value } else { self.missed(cursor) }
    }

    /// A value was overwritten while it was copied. Those that were overwritten since are told with it.
    #[cold]
    fn missed(&self, cursor: usize) -> Read {
        self.section_of(cursor, |_, _, cursor| cursor.miss());
        Read::Missed(1 + self.section_of(cursor, |_, state, cursor| state.catch_up(cursor)))
    }

    /// Takes the next value of a cursor, or says why there is none.
    pub(super) fn take(&self, cursor: usize) -> Result<T, TryRecvError> {
        // Each further turn means that a value came meanwhile.
        loop {
            let mut there = MaybeUninit::uninit();
            match self.take_to(cursor, &mut there) {
                // SAFETY: it says that the value is there.
                Read::Value => return Ok(unsafe { there.assume_init() }),
                Read::Missed(missed) => return Err(TryRecvError::Lagged(u64::from(missed))),
                Read::Nothing => {}
            }
            let (missed, is_aborted) =
                self.section_of(cursor, |_, state, cursor| (state.catch_up(cursor), state.is_aborted()));
            if is_aborted {
                return Err(TryRecvError::Closed);
            }
            if missed > 0 {
                return Err(TryRecvError::Lagged(u64::from(missed)));
            }
            let (has_news, is_closed) =
                self.section_of(cursor, |_, state, cursor| (state.news(cursor) != 0, state.is_closed()));
            if !has_news {
                return Err(if is_closed { TryRecvError::Closed } else { TryRecvError::Empty });
            }
        }
    }
}
