//! What a ring is made of, wherever it lies: in the type of a [`super::StaticRing`], or where a program in C has it. All that
//! happens to a ring is written over this, once.
#![allow(unsafe_code)]

use aimdb_core::buffer::BufferMetrics;
use embassy_sync::blocking_mutex::raw::RawMutex;

use super::cursor::Cursor;
use super::order::Order;
use super::places::Values;
use super::state::State;
use crate::lean::Line;
use crate::lock::PreemptionSafe;

pub(crate) trait Parts: Sized {
    /// What a value begins with: itself, or a byte.
    type Value;
    type Section: PreemptionSafe;
    type Order: Order;

    /// Whether values are moved inside the critical section: they are no more than two words.
    const INSIDE: bool;

    /// Whether it has one cursor, as is known when it is compiled: then the state does not say at which ones somebody waits.
    const ONE: bool;

    /// Whether all cursors are in use from the start.
    const ALL_USED: bool;

    /// Whether its memory may have begun as zero. Then what is not zero at the start is set up by the first call that misses it: no section of
    /// others is longer for it.
    const FROM_ZERO: bool;

    fn mutex(&self) -> &Self::Section;

    /// Where the state is, to be touched inside the section.
    fn state(&self) -> *mut State;

    /// Where a cursor is, to be touched inside the section. There is such a cursor.
    fn cursor(&self, at: usize) -> *mut Cursor;

    /// How many cursors there are.
    fn readers(&self) -> usize;

    /// How many values it retains.
    fn places(&self) -> u32;

    /// Which place is where, to be touched inside the section.
    fn order(&self) -> Self::Order;

    /// Whether there is an order, which is looked at where values are moved outside only.
    fn has_order(&self) -> bool;

    /// The places of values that are moved inside.
    fn values(&self) -> Values<'_, Self::Value>;

    /// Copies a value to a place from which others may be copying.
    ///
    /// # Safety
    ///
    /// The place was claimed by the caller, and the value is there.
    unsafe fn write(&self, place: u32, value: *const Self::Value);

    /// Copies what lies at a place into which somebody may be writing, so that it may be of several values.
    ///
    /// # Safety
    ///
    /// There was a value at the place, and there is room for one.
    unsafe fn read(&self, place: u32, there: *mut Self::Value);

    #[inline(always)]
    fn last(&self) -> u32 {
        self.places() - 1
    }

    #[inline(always)]
    fn section<R>(&self, critical: impl FnOnce(&mut State) -> R) -> R {
        // SAFETY: the mutex keeps everybody else out, by the contracts of `RawMutex` and `PreemptionSafe`, and no
        // code of a user's runs in a section, so none is entered inside another.
        self.mutex().lock(move || critical(unsafe { &mut *self.state() }))
    }

    /// The same for a section that is for a cursor.
    #[inline(always)]
    fn section_of<R>(&self, cursor: usize, critical: impl FnOnce(&mut State, &mut Cursor) -> R) -> R {
        let (state, cursor) = (self.state(), self.cursor(cursor));
        // SAFETY: as for `section`, and the cursor is not a part of the state.
        self.mutex().lock(move || critical(unsafe { &mut *state }, unsafe { &mut *cursor }))
    }

    /// The same for a section that is for the places of large values.
    #[inline(always)]
    fn section_of_order<R>(&self, critical: impl FnOnce(Self::Order) -> R) -> R {
        let order = self.order();
        self.mutex().lock(move || critical(order))
    }

    /// Those who wait at a cursor.
    #[inline(always)]
    fn line_of(&self, cursor: usize) -> Line<'_, Self::Section> {
        // SAFETY: the ring has both, and touches them inside its section only.
        unsafe { Line::new(self.mutex(), &raw mut (*self.cursor(cursor)).readers) }
    }

    /// Whether a reader of a cursor would be told of a value.
    ///
    /// # Safety
    ///
    /// Inside the section.
    #[inline(always)]
    unsafe fn look_at(&self, cursor: usize) -> u32 {
        // SAFETY: inside the section.
        let (state, cursor) = unsafe { (&*self.state(), &*self.cursor(cursor)) };
        u32::from(state.news(cursor) > 0)
    }

    /// The mark of a cursor: made outside of a section.
    #[inline(always)]
    fn mark_of(&self, cursor: usize) -> u32 {
        if Self::ONE { 0 } else { 1 << cursor }
    }

    /// Somebody comes to wait at a cursor at which nobody did: leaves its mark, in the section in which it comes. One that is left after that
    /// comes too late for a value that was published meanwhile; and whoever looks whether there was one does not know whether another
    /// one was woken for it.
    ///
    /// # Safety
    ///
    /// Inside the section.
    #[inline(always)]
    unsafe fn marks(&self, mark: u32) {
        if !Self::ONE {
            // SAFETY: inside the section.
            unsafe { (*self.state()).announce(mark) };
        }
    }

    /// Sets a ring up that began as zero, a place in each section, so that whoever interrupts another goes on with it. Says whether it was
    /// not set up before.
    #[cold]
    #[inline(never)]
    fn begins(&self) -> bool {
        let order = self.order();
        if self.has_order() {
            // SAFETY: inside the section. Bounded by the places.
            while self.mutex().lock(|| unsafe { order.names_one() }) {}
        }
        self.section(|state| {
            let begins = !state.has_begun();
            if begins {
                state.begins(self.places());
                if self.has_order() {
                    // SAFETY: inside the section, and once.
                    unsafe { order.begins() };
                }
            }
            begins
        })
    }

    #[inline(never)]
    fn refuses_all(&self) -> bool {
        self.section(|state| state.is_closed())
    }

    /// How many readers of a cursor would be told something: of each value that is retained, and first that some were missed.
    #[inline(always)]
    fn finds_at(&self, cursor: usize) -> u32 {
        self.section_of(cursor, |state, cursor| state.news(cursor))
    }

    fn count_refused(&self) {
        self.section(|state| state.refused = state.refused.wrapping_add(1));
    }

    /// State and counts. The critical section visits each cursor and whoever waits.
    fn snapshot(&self) -> BufferMetrics {
        if Self::FROM_ZERO {
            self.begins();
        }
        self.section(|state| {
            let mut metrics = BufferMetrics::default();
            let (accepted, overwritten, aborted) = state.counts();
            let (mut delivered, mut lagged) = state.totals();
            metrics.capacity = self.places() as usize;
            metrics.occupancy = state.stored() as usize;
            for at in 0..self.readers() {
                // SAFETY: inside the section, and one after the other.
                let cursor = unsafe { &mut *self.cursor(at) };
                metrics.waiting_consumers += cursor.readers.len();
                if !Self::ALL_USED && cursor.shares == 0 {
                    continue;
                }
                metrics.cursors += 1;
                delivered = delivered.wrapping_add(cursor.counted().delivered());
                lagged = lagged.wrapping_add(cursor.lagged);
                let behind = u64::from(state.unread(cursor));
                if metrics.slowest.is_none_or(|(_, most)| behind >= most) {
                    metrics.slowest = Some((at as u64, behind));
                }
            }
            metrics.closed = state.is_closed();
            metrics.counters.accepted = accepted;
            metrics.counters.refused = u64::from(state.refused);
            metrics.counters.overwritten = overwritten;
            metrics.counters.aborted = aborted;
            metrics.counters.delivered = u64::from(delivered);
            metrics.counters.lagged = u64::from(lagged);
            metrics
        })
    }
}
