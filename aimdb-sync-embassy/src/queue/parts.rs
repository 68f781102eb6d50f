//! What a queue is made of, wherever it lies: in the type of a [`super::StaticQueue`], or where a program in C has it. All that
//! happens to a queue is written over this, once.
#![allow(unsafe_code)]

use aimdb_core::buffer::{BufferMetrics, TryProduceError};
use aimdb_core::pure::Verdict;
use embassy_sync::blocking_mutex::raw::RawMutex;

use super::shape::Shape;
use super::state::{Counts, State};
use crate::lean::End;
use crate::lock::PreemptionSafe;

pub(crate) trait Parts: Sized {
    /// What a value begins with: itself, or a byte.
    type Value;
    type Section: PreemptionSafe;
    type Shape: Shape;

    const INSIDE: bool = <Self::Shape as Shape>::INSIDE;

    /// Whether [`Parts::nothing`] is looked for outside of a section. How many places were used says the same, and which of the two costs
    /// less to ask depends on what else is in registers.
    const ASKS_THE_WORD: bool = false;

    fn mutex(&self) -> &Self::Section;

    /// Where the state is, to be touched inside the section.
    fn state(&self) -> *mut State;

    fn shape(&self) -> Self::Shape;

    /// What becomes of a value that meets a full queue: its sender waits, it is refused, or it is dropped.
    fn when_full(&self) -> Verdict;

    #[inline(always)]
    fn pauses(&self) -> bool {
        self.when_full() == Verdict::Wait
    }

    #[inline(always)]
    fn drops_newest(&self) -> bool {
        self.when_full() == Verdict::DropIncoming
    }

    /// Moves a value to its place.
    ///
    /// # Safety
    ///
    /// The place was claimed by the caller, and the value is there and not used again.
    unsafe fn fill(&self, at: u32, value: *const Self::Value);

    /// Moves a value out of its place.
    ///
    /// # Safety
    ///
    /// The place was taken by the caller, and there is room for a value.
    unsafe fn empty(&self, at: u32, there: *mut Self::Value);

    /// Drops the value at a place.
    ///
    /// # Safety
    ///
    /// The place was taken by the caller, who does not empty it.
    unsafe fn drop_at(&self, at: u32);

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

    /// What a section says that found nothing to do, where it would else say who waits: no node lies where the queue does, and
    /// its address is in a register as it is.
    #[inline(always)]
    fn nothing(&self) -> usize {
        (&raw const *self).addr()
    }

    /// The same, for use in a section.
    #[inline(always)]
    fn nothing_in_hand(&self) -> usize {
        self.nothing()
    }

    #[inline(always)]
    fn has_value(&self, state: &State) -> bool {
        state.has_value(self.shape())
    }

    #[inline(always)]
    fn has_room(&self, state: &State) -> bool {
        state.has_room(self.shape())
    }

    fn counts(state: &State) -> Counts {
        state.counts::<Self::Shape>()
    }

    fn count_refused(&self) {
        self.section(State::refuse);
    }

    /// What the sender of a value is told that was not stored, and does not wait. It is counted.
    fn refuse<V>(&self, value: V) -> Result<(), TryProduceError<V>> {
        let drops = self.drops_newest();
        if self.section(move |state| state.refuse_or_drop(drops)) {
            return Err(TryProduceError::Closed(value));
        }
        // Of one that is dropped that is done by the return: outside the section, as all values are.
        if drops { Ok(()) } else { Err(TryProduceError::Full(value)) }
    }

    fn count_timed_out(&self) {
        self.section(|state| state.timed_out_or_dropped = state.timed_out_or_dropped.wrapping_add(1));
    }

    fn refuses_all(&self) -> bool {
        self.section(|state| state.is_closed())
    }

    /// State and counts. The critical section visits whoever waits.
    fn snapshot(&self) -> BufferMetrics {
        self.section(|state| {
            let mut metrics = BufferMetrics::default();
            let counts = Self::counts(state);
            metrics.capacity = self.shape().places();
            metrics.occupancy = counts.stored;
            metrics.cursors = 1;
            metrics.waiting_producers = state.line(End::Senders).len();
            metrics.waiting_consumers = state.line(End::Readers).len();
            metrics.closed = state.is_closed();
            metrics.counters.accepted = u64::from(counts.accepted);
            let (refused, others) = (u64::from(state.refused), u64::from(state.timed_out_or_dropped));
            if self.drops_newest() {
                metrics.counters.refused = refused + others;
                metrics.counters.dropped_newest = others;
            } else {
                metrics.counters.refused = refused;
                metrics.counters.timed_out = others;
            }
            metrics.counters.aborted = u64::from(counts.aborted);
            metrics.counters.delivered = u64::from(counts.delivered);
            metrics
        })
    }
}
