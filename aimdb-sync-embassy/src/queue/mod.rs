//! A bounded record that is as small and as quick as it can be.
#![allow(unsafe_code)]

mod ends;
mod moves;
mod state;
mod wait;
mod waking;

use core::cell::UnsafeCell;
use core::marker::PhantomData;

use aimdb_core::buffer::BufferMetrics;
use aimdb_core::pure::Kind;

use crate::kind::{Fail, PauseUpstream, StaticPolicy};
use crate::lean::{MOVED_INSIDE, Place};
use crate::lock::PreemptionSafe;
use crate::record::Ops;
use crate::{StaticConsumer, StaticProducer};

use state::{Counts, State};

/// What a full [`StaticQueue`] does: its senders wait ([`PauseUpstream`]), or are refused ([`Fail`]). Sealed.
pub trait QueuePolicy: StaticPolicy {
    #[doc(hidden)]
    const PAUSES: bool;
}

impl QueuePolicy for PauseUpstream {
    const PAUSES: bool = true;
}

impl QueuePolicy for Fail {
    const PAUSES: bool = false;
}

/// A `Bounded` record with one cursor, from which nothing is ever displaced: what most tasks and interrupts
/// need between them, at the price of a kernel's own queue.
///
/// It has the calls, errors and numbers of [`crate::StaticRecord`] with [`crate::Bounded`], except for those of
/// [`crate::WholeRecord`] (`force_send`, `try_latest`, `flush`), a drop hook, and further cursors: all consumers share
/// the one there is. It needs 32 bytes beside its values, on a machine of 32 bits.
///
/// | parameter | is |
/// |---|---|
/// | `T` | the type of the values, which need not be `Clone` |
/// | `M` | the mutex: [`crate::CriticalSectionRawMutex`], or another that is [`PreemptionSafe`] |
/// | `N` | how many values it holds, 1 to 16,383 |
/// | `P` | what happens when it is full: [`PauseUpstream`], [`Fail`] |
///
/// A value of up to eight bytes is moved inside the critical section, a larger one outside: interrupts are off
/// for the same few instructions whatever a value is. Then a task that is stopped while it moves a value holds back what
/// others send or free meanwhile, until it goes on: between tasks of different priority that *share one end* of a
/// queue of large values, that is an inversion, and a [`crate::StaticRecord`] has none. A record of AimDB has one
/// writer, and mostly one reader, so that is rare.
///
/// Counts are of 32 bits here, and wrap; how often and how long senders waited is not counted. Waiters are woken by priority and age; on
/// several cores, two that were woken one after the other may come in the other order.
/// Whoever was woken may be overtaken by others of its priority that run, however often: a place is not handed over here.
/// One that comes to wait passes those before it one by one, with interrupts on in between, and its wait begins when it stands in its
/// place. What an interrupt sends or takes before that wakes one that stands already, if there is one; the one that comes looks
/// once more then, and finds what is left itself.
/// At most 255 senders and 255 readers of large values are inside at a time: one more waits, or is told that the queue is
/// full or empty.
///
/// ```
/// use aimdb_sync_embassy::{CriticalSectionRawMutex, StaticQueue, TrySendError};
///
/// static LINES: StaticQueue<u32, CriticalSectionRawMutex, 2> = StaticQueue::new();
///
/// let (line, mut lines) = (LINES.producer(), LINES.consumer());
/// line.try_send(1)?;
/// line.try_send(2)?;
/// assert_eq!(line.try_send(3), Err(TrySendError::Full(3)));
/// assert_eq!(lines.try_recv(), Ok(1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// ```compile_fail,E0080
/// // A queue holds at least one value.
/// use aimdb_sync_embassy::{CriticalSectionRawMutex, StaticQueue};
/// static LINES: StaticQueue<u32, CriticalSectionRawMutex, 0> = StaticQueue::new();
/// ```
///
/// ```compile_fail,E0599
/// // Nothing is displaced.
/// use aimdb_sync_embassy::{CriticalSectionRawMutex, StaticQueue};
/// static LINES: StaticQueue<u32, CriticalSectionRawMutex, 2> = StaticQueue::new();
/// LINES.producer().force_send(1);
/// ```
// The state lies in front, where short instructions reach it.
#[repr(C)]
pub struct StaticQueue<T, M, const N: usize, P = PauseUpstream> {
    mutex: M,
    state: UnsafeCell<State>,
    places: [Place<T>; N],
    _policy: PhantomData<fn() -> P>,
}

// SAFETY: the state is touched inside the mutex only. A place is touched by whoever has claimed or taken it, alone,
// by the word of the state. Values move between tasks, so they are `Send`; they are never shared.
unsafe impl<T: Send, M: PreemptionSafe, const N: usize, P> Sync for StaticQueue<T, M, N, P> {}

impl<T: Send, M: PreemptionSafe, const N: usize, P: QueuePolicy> StaticQueue<T, M, N, P> {
    /// Whether values are moved inside the critical section: they are no more than two words.
    const INSIDE: bool = size_of::<T>() <= MOVED_INSIDE;

    /// An empty queue.
    #[cfg(not(loom))]
    #[must_use]
    pub const fn new() -> Self {
        const {
            assert!(N > 0, "a queue holds at least one value; a rendezvous is a `StaticRecord<Bounded<0>, ..>`");
            assert!(N <= state::MAX, "a queue holds at most 16,383 values");
        }
        Self {
            mutex: M::INIT,
            state: UnsafeCell::new(State::new()),
            places: [const { Place::new() }; N],
            _policy: PhantomData,
        }
    }

    /// An empty queue.
    #[cfg(loom)]
    #[must_use]
    pub fn new() -> Self {
        Self {
            mutex: M::INIT,
            state: UnsafeCell::new(State::new()),
            places: core::array::from_fn(|_| Place::new()),
            _policy: PhantomData,
        }
    }

    /// A producer; any number of them. Costs nothing.
    pub const fn producer(&self) -> StaticProducer<'_, Self> {
        StaticProducer::new(self)
    }

    /// A consumer; any number of them. Each value goes to one.
    pub const fn consumer(&self) -> StaticConsumer<'_, Self> {
        StaticConsumer::of(self, ())
    }

    /// Refuses all values to come and wakes everyone who waits. Consumers drain what is buffered.
    /// Idempotent; never blocks; may be called from an interrupt.
    pub fn close(&self) {
        self.section(State::close);
        self.has_ended();
    }

    /// Closes, discards what is buffered and says how many values that were. Never blocks.
    pub fn abort(&self) -> usize {
        self.section(|state| if Self::INSIDE { state.abort::<true>() } else { state.abort::<false>() });
        self.has_ended();
        self.discard()
    }

    /// Whether the queue was closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.section(|state| state.is_closed())
    }

    /// State and counts, as one consistent snapshot. The critical section visits whoever waits, so this is for
    /// supervision and not for an interrupt.
    #[must_use]
    pub fn stats(&self) -> BufferMetrics {
        self.metrics()
    }

    /// The record's kind.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        Kind::Bounded(P::POLICY)
    }

    #[inline(always)]
    fn section<R>(&self, critical: impl FnOnce(&mut State) -> R) -> R {
        // SAFETY: the mutex keeps everybody else out, by the contracts of `RawMutex` and `PreemptionSafe`, and no
        // code of a user's runs in a section, so none is entered inside another.
        self.mutex.lock(move || critical(unsafe { &mut *self.state.get() }))
    }

    /// The same for a section that also moves a value: with few captures it finds them in registers.
    #[inline(always)]
    fn section_at<R>(&self, critical: impl FnOnce(&Self, &mut State) -> R) -> R {
        // SAFETY: as for `section`.
        self.mutex.lock(move || critical(self, unsafe { &mut *self.state.get() }))
    }

    /// What a section says that found nothing to do, where it would else say who waits: no node lies where the queue does, and
    /// its address is in a register as it is.
    #[inline(always)]
    fn nothing(&self) -> usize {
        (&raw const *self).addr()
    }

    /// # Safety
    ///
    /// The place is one of the ring, and the caller's alone.
    #[inline(always)]
    unsafe fn place(&self, at: u32) -> &Place<T> {
        debug_assert!((at as usize) < N, "a state hands out places of its ring only");
        // SAFETY: by this function's contract.
        unsafe { self.places.get_unchecked(at as usize) }
    }

    /// Moves a value to its place.
    ///
    /// # Safety
    ///
    /// The place was claimed by the caller, and the value is there and not used again.
    #[inline(always)]
    unsafe fn fill(&self, at: u32, value: *const T) {
        // SAFETY: by this function's contract.
        unsafe { self.place(at).with(|place| place.copy_from_nonoverlapping(value, 1)) };
    }

    /// Moves a value out of its place.
    ///
    /// # Safety
    ///
    /// The place was taken by the caller, and there is room for a value.
    #[inline(always)]
    unsafe fn empty(&self, at: u32, there: *mut T) {
        // SAFETY: by this function's contract.
        unsafe { self.place(at).with(|place| there.copy_from_nonoverlapping(place, 1)) };
    }

    #[inline(always)]
    fn has_value(state: &State) -> bool {
        if Self::INSIDE { state.has_value::<N, true>() } else { state.has_value::<N, false>() }
    }

    fn shown(state: &State) -> u16 {
        if Self::INSIDE { state.shown::<true>() } else { state.shown::<false>() }
    }

    fn counts(state: &State) -> Counts {
        if Self::INSIDE { state.counts::<true>() } else { state.counts::<false>() }
    }

    #[inline(always)]
    fn has_room(state: &State) -> bool {
        if Self::INSIDE { state.has_room::<N, true>() } else { state.has_room::<N, false>() }
    }

    fn count_refused(&self) {
        self.section(|state| state.refused = state.refused.wrapping_add(1));
    }
}

impl<T, M, const N: usize, P> Drop for StaticQueue<T, M, N, P> {
    fn drop(&mut self) {
        // Nobody is inside, so all places that are not free are shown.
        let state = self.state.get_mut();
        while let Some(at) = if size_of::<T>() <= MOVED_INSIDE {
            state.last_of_all::<N, true>()
        } else {
            state.last_of_all::<N, false>()
        } {
            // SAFETY: the place holds a value.
            self.places[usize::from(at)].with(|place| unsafe { place.drop_in_place() });
        }
    }
}
