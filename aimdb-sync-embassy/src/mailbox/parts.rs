//! What a mailbox is made of, wherever it lies: in the type of a [`super::StaticMailbox`], or where a program in C has it. All
//! that happens to a mailbox is written over this, once.
#![allow(unsafe_code)]

use aimdb_core::buffer::BufferMetrics;
use embassy_sync::blocking_mutex::raw::RawMutex;

use super::state::State;
use crate::lean::{ALL, Line};
use crate::lock::PreemptionSafe;

pub(crate) trait Parts: Sized {
    /// What a value begins with: itself, or a byte.
    type Value;
    type Section: PreemptionSafe;

    /// Whether values are moved inside the critical section: they are no more than two words.
    const INSIDE: bool;

    /// Whether values have a drop, which runs outside.
    const DROPS: bool;

    fn mutex(&self) -> &Self::Section;

    /// Where the state is, to be touched inside the section.
    fn state(&self) -> *mut State;

    /// # Safety
    ///
    /// The place that is this bit is the caller's and empty, and the value is there and not used again.
    unsafe fn fill(&self, bit: u8, value: *const Self::Value);

    /// # Safety
    ///
    /// The place is the caller's and holds a value, which is not used there again, and there is room for it.
    unsafe fn empty(&self, bit: u8, there: *mut Self::Value);

    #[inline(always)]
    fn section<R>(&self, critical: impl FnOnce(&mut State) -> R) -> R {
        // SAFETY: the mutex keeps everybody else out, by the contracts of `RawMutex` and `PreemptionSafe`, and no
        // code of a user's runs in a section, so none is entered inside another.
        self.mutex().lock(move || critical(unsafe { &mut *self.state() }))
    }

    /// The same for a section that also moves a value: with few captures it finds them in registers.
    #[inline(always)]
    fn section_at<R>(&self, critical: impl FnOnce(&Self, &mut State) -> R) -> R {
        // SAFETY: as for `section`.
        self.mutex().lock(move || critical(self, unsafe { &mut *self.state() }))
    }

    /// Those who wait for a value.
    #[inline(always)]
    fn readers(&self) -> Line<'_, Self::Section> {
        // SAFETY: the mailbox has both, and touches them inside its section only.
        unsafe { Line::new(self.mutex(), &raw mut (*self.state()).readers) }
    }

    /// Wakes a reader for a value that is pending, if a section has seen one.
    #[inline(always)]
    fn wake(&self, awaited: usize) {
        self.readers().wake_seen(awaited);
    }

    /// Wakes everyone who waits at a mailbox that is closed, each in a section of its own.
    #[cold]
    fn has_ended(&self) {
        self.readers().wake(ALL);
    }

    /// Refuses all values to come.
    fn ends(&self) {
        self.section(State::close);
        self.has_ended();
    }

    fn refuses_all(&self) -> bool {
        self.section(|state| state.is_closed())
    }

    fn count_refused(&self) {
        self.section(|state| state.refused = state.refused.wrapping_add(1));
    }

    /// State and counts. The critical section visits whoever waits.
    fn snapshot(&self) -> BufferMetrics {
        self.section(|state| {
            let mut metrics = BufferMetrics::default();
            let counts = state.counts();
            metrics.capacity = 1;
            metrics.occupancy = counts.stored as usize;
            metrics.cursors = 1;
            metrics.waiting_consumers = state.readers.len();
            metrics.closed = state.is_closed();
            metrics.counters.accepted = u64::from(counts.accepted);
            metrics.counters.refused = u64::from(state.refused);
            metrics.counters.overwritten = u64::from(counts.overwritten);
            metrics.counters.aborted = u64::from(counts.aborted);
            metrics.counters.delivered = u64::from(counts.delivered);
            metrics.counters.lagged = u64::from(counts.overwritten.wrapping_add(counts.aborted));
            metrics
        })
    }
}
