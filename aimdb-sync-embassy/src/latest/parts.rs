//! What a latest value is made of, wherever it lies: in the type of a [`super::StaticLatest`], or where a program in C has it. All
//! that happens to one is written over this, once.
#![allow(unsafe_code)]

use aimdb_core::buffer::BufferMetrics;
use embassy_sync::blocking_mutex::raw::RawMutex;

use super::state::{Cursors, State};
use crate::lean::{Line, NOBODY, Waking};
use crate::lock::PreemptionSafe;

pub(crate) trait Parts: Sized {
    /// What a value begins with: itself, or a byte.
    type Value;
    type Section: PreemptionSafe;
    type Cursors: Cursors + ?Sized;

    /// Whether values are copied inside the critical section: they are no more than two words.
    const INSIDE: bool;

    fn mutex(&self) -> &Self::Section;

    /// Where the state is, to be touched inside the section.
    fn state(&self) -> *mut State<Self::Cursors>;

    fn readers(&self) -> usize;

    /// Copies a value to a place, from which others may be copying.
    ///
    /// # Safety
    ///
    /// The value is there, and nobody else writes to this place.
    unsafe fn write(&self, place: u32, value: *const Self::Value);

    /// Copies what is at a place, which is a value if nobody writes there meanwhile.
    ///
    /// # Safety
    ///
    /// There is room for a value, and one was written to this place before.
    unsafe fn read(&self, place: u32, there: *mut Self::Value);

    #[inline(always)]
    fn section<R>(&self, critical: impl FnOnce(&mut State<Self::Cursors>) -> R) -> R {
        // SAFETY: the mutex keeps everybody else out, by the contracts of `RawMutex` and `PreemptionSafe`, and no
        // code of a user's runs in a section, so none is entered inside another.
        self.mutex().lock(move || critical(unsafe { &mut *self.state() }))
    }

    /// The same for a section that also copies a value: with few captures it finds them in registers.
    #[inline(always)]
    fn section_at<R>(&self, critical: impl FnOnce(&Self, &mut State<Self::Cursors>) -> R) -> R {
        // SAFETY: as for `section`.
        self.mutex().lock(move || critical(self, unsafe { &mut *self.state() }))
    }

    /// Those who wait at a cursor.
    #[inline(always)]
    fn line_of(&self, cursor: u8) -> Line<'_, Self::Section> {
        // SAFETY: the record has both, and touches them inside its section only. The cursor is one of its own.
        unsafe { Line::new(self.mutex(), State::readers_of(self.state(), cursor)) }
    }

    /// Somebody has come to wait at a cursor: says so, as long as somebody is there. Says whether a value came before that was said, for
    /// which nobody is woken.
    #[inline(always)]
    fn notes_at(&self, cursor: u8) -> bool {
        if Self::Cursors::ONE {
            return false;
        }
        self.section(|state| {
            let is_told = state.awaits(cursor);
            !is_told && state.is_new(cursor)
        })
    }

    /// Whether there will be no value for a cursor any more.
    fn has_ended_for(&self, cursor: u8) -> bool {
        self.section(|state| state.is_over(cursor))
    }

    /// Wakes one reader at each of these cursors, in a section for each.
    #[cold]
    fn wake(&self, awaited: usize) {
        if Self::Cursors::ONE {
            self.line_of(0).wake_seen(awaited);
            return;
        }
        let mut left = awaited as u32;
        let next = || {
            if left == 0 {
                return false;
            }
            let at = left.trailing_zeros() as u8;
            left &= left - 1;
            if self.line_of(at).wake_one() == NOBODY {
                // Not as long as one is on its way into the line.
                self.section(|state| state.forget(at));
            }
            true
        };
        Waking(next).wake();
    }

    /// Wakes everyone who waits at a record that is closed, each in a section of its own.
    #[cold]
    fn has_ended(&self) {
        let mut at = 0;
        let next = || {
            if self.line_of(at).wake_one() == NOBODY {
                at += 1;
            }
            usize::from(at) < self.readers()
        };
        Waking(next).wake();
    }

    /// Refuses all values to come.
    fn ends(&self) {
        self.section(State::close);
        self.has_ended();
    }

    /// The same, and discards the current value; says whether there was one.
    fn ends_at_once(&self) -> bool {
        let discarded = self.section(State::abort);
        self.has_ended();
        discarded
    }

    fn refuses_all(&self) -> bool {
        self.section(|state| state.is_closed())
    }

    fn count_refused(&self) {
        self.section(|state| state.refused = state.refused.wrapping_add(1));
    }

    /// State and counts. The critical section visits each cursor and whoever waits.
    fn snapshot(&self) -> BufferMetrics {
        let (counts, refused, closed) = self.section(|state| (state.counts(), state.refused, state.is_closed()));
        let mut metrics = BufferMetrics::default();
        metrics.capacity = 1;
        metrics.occupancy = counts.stored;
        metrics.cursors = counts.cursors;
        metrics.waiting_consumers = counts.waiting;
        metrics.closed = closed;
        metrics.counters.accepted = u64::from(counts.accepted);
        metrics.counters.refused = u64::from(refused);
        metrics.counters.overwritten = u64::from(counts.overwritten);
        metrics.counters.aborted = u64::from(counts.aborted);
        metrics.counters.delivered = u64::from(counts.delivered);
        metrics.counters.lagged = u64::from(counts.lagged);
        metrics
    }
}
