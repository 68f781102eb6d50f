//! A bounded record that is as small and as quick as it can be.
#![allow(unsafe_code)]

mod bytes;
mod ends;
mod moves;
mod parts;
mod shape;
mod state;
mod wait;
mod waking;

pub use bytes::{ByteQueue, ByteState};

use core::cell::UnsafeCell;
use core::marker::PhantomData;

use aimdb_core::buffer::BufferMetrics;
use aimdb_core::pure::{Kind, Verdict};

use crate::kind::{DropNewest, Fail, PauseUpstream, StaticPolicy};
use crate::lean::Place;
use crate::lean::words::move_value;
use crate::lock::PreemptionSafe;
use crate::record::Ops;
use crate::{StaticConsumer, StaticProducer};

use parts::Parts;
use shape::Fixed;
use state::State;
use waking::Wakes;

/// What a full [`StaticQueue`] does: its senders wait ([`PauseUpstream`]), are refused ([`Fail`]), or are told `Ok` while their value is
/// dropped and counted ([`DropNewest`]). Sealed.
///
/// One that displaces its oldest value is a [`StaticRing`](crate::StaticRing) of one reader.
pub trait QueuePolicy: StaticPolicy {}

impl QueuePolicy for PauseUpstream {}

impl QueuePolicy for Fail {}

impl QueuePolicy for DropNewest {}

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
/// | `P` | what happens when it is full: [`PauseUpstream`], [`Fail`], [`DropNewest`] |
///
/// A value of up to eight bytes is moved inside the critical section, a larger one outside: interrupts are off
/// for the same few instructions whatever a value is. Then a task that is stopped while it moves a value holds back what
/// others send or free meanwhile, until it goes on: between tasks of different priority that *share one end* of a
/// queue of large values, that is an inversion, and a [`crate::StaticRecord`] has none. A record of AimDB has one
/// writer, and mostly one reader, so that is rare.
///
/// Counts are of 32 bits here, and wrap; how often and how long senders waited is not counted. Waiters are woken by priority and age; on
/// several cores, two that were woken one after the other may come in the other order.
/// Whoever was woken may be overtaken by others of its priority that run, however often, and by one that looks once more as its
/// time is up, on several cores or where the waking task is stopped before it has rung: a place is not handed over here. One
/// that stands behind others as its time is up does not look once more.
/// One that comes to wait passes those before it one by one, with interrupts on in between. An interrupt that sends or takes meanwhile
/// takes the steps that are left first, and wakes the first then.
/// At most 255 senders and 255 readers of large values are inside at a time: one more waits, or meets a queue that is
/// full or empty.
///
/// With [`DropNewest`] sends never wait, so that an interrupt and a program before its scheduler may call `send`, too. A value that
/// meets a full queue is dropped by its sender, outside the section, and counted: `dropped_newest`, which is a part of `refused`.
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
        self.ends();
    }

    /// Closes, discards what is buffered and says how many values that were. Never blocks.
    pub fn abort(&self) -> usize {
        self.ends_at_once()
    }

    /// Whether the queue was closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.refuses_all()
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

    /// # Safety
    ///
    /// The place is one of the ring, and the caller's alone.
    #[inline(always)]
    unsafe fn place(&self, at: u32) -> &Place<T> {
        debug_assert!((at as usize) < N, "a state hands out places of its ring only");
        // SAFETY: by this function's contract.
        unsafe { self.places.get_unchecked(at as usize) }
    }
}

impl<T: Send, M: PreemptionSafe, const N: usize, P: QueuePolicy> Parts for StaticQueue<T, M, N, P> {
    type Value = T;
    type Section = M;
    type Shape = Fixed<T, N>;

    #[inline(always)]
    fn mutex(&self) -> &M {
        &self.mutex
    }

    #[inline(always)]
    fn state(&self) -> *mut State {
        self.state.get()
    }

    #[inline(always)]
    fn shape(&self) -> Fixed<T, N> {
        Fixed::SHAPE
    }

    #[inline(always)]
    fn when_full(&self) -> Verdict {
        P::POLICY.verdict()
    }

    #[inline(always)]
    unsafe fn fill(&self, at: u32, value: *const T) {
        // SAFETY: by this function's contract.
        unsafe { self.place(at).with(|place| move_value(value, place)) };
    }

    #[inline(always)]
    unsafe fn empty(&self, at: u32, there: *mut T) {
        // SAFETY: by this function's contract.
        unsafe { self.place(at).with(|place| move_value(place.cast_const(), there)) };
    }

    unsafe fn drop_at(&self, at: u32) {
        // SAFETY: by this function's contract.
        unsafe { self.place(at).with(|place| place.drop_in_place()) };
    }
}

impl<T, M, const N: usize, P> Drop for StaticQueue<T, M, N, P> {
    fn drop(&mut self) {
        // Nobody is inside, so all places that are not free are shown.
        let state = self.state.get_mut();
        while let Some(at) = state.last_of_all(Fixed::<T, N>::SHAPE) {
            // SAFETY: the place holds a value.
            self.places[usize::from(at)].with(|place| unsafe { place.drop_in_place() });
        }
    }
}
