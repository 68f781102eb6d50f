//! A stream with bounded memory that is as small and as quick as it can be.
#![allow(unsafe_code)]

#[cfg(not(loom))]
mod bytes;
mod cursor;
mod ends;
mod moves;
mod order;
mod parts;
mod places;
mod state;
mod wait;
mod waking;

#[cfg(not(loom))]
pub use bytes::{ByteRing, RING_BYTES};
pub use moves::NotStored;

use core::cell::UnsafeCell;

use aimdb_core::buffer::{BufferMetrics, SubscribeError};
use aimdb_core::pure::{Kind, Start};
use bytemuck::NoUninit;

use crate::lean::MOVED_INSIDE;
use crate::lock::PreemptionSafe;
use crate::record::Ops;
use crate::{StaticConsumer, StaticProducer};

use cursor::Cursor;
pub use ends::RingCursor;
use order::{Fixed, OrderOf};
use parts::Parts;
use places::{Places, Values};
use state::State;
use waking::Wakes;

/// A `SpmcRing` of plain data: it keeps the last `N` values, publishing never waits and may be done in an interrupt by any call, each reader goes at its own pace,
/// and one that was too slow is told how many values it has missed.
///
/// It has the calls, errors and numbers of [`crate::StaticRecord`] with [`crate::SpmcRing`], except for a drop hook, and
/// that what it retains stays when it is closed and the last cursor has left, which a record discards and counts as aborted.
/// Beside its values it needs 40 bytes on a machine of 32 bits, 24 for each cursor, one for each place, and `WRITERS`
/// places.
///
/// | parameter | is |
/// |---|---|
/// | `T` | the type of the values: plain data without padding, for which [`NoUninit`] vouches |
/// | `M` | the mutex: [`crate::CriticalSectionRawMutex`], or another that is [`PreemptionSafe`] |
/// | `N` | how many values it retains, 1 to 254 |
/// | `READERS` | how many cursors may read at the same time, 1 to 32 |
/// | `WRITERS` | how many tasks and interrupts may be publishing at the same time, if values are larger than eight bytes |
///
/// A value of up to eight bytes is moved inside the critical section, a larger one outside: interrupts are off for the
/// same few instructions whatever a value is.
///
/// A publisher of a large value fills a spare place, and then puts it into the ring. If it is stopped in between, that
/// holds up nobody: what others publish meanwhile is there at once, and before it. One that finds no spare place, because
/// `WRITERS` others are in between, is told [`Full`](crate::TrySendError::Full). So give as many as there are tasks and
/// interrupts that publish, which in AimDB is mostly one.
///
/// A reader of a large value that is stopped while it copies is not waited for either. If its value was overwritten
/// meanwhile, the copy is thrown away, and it is told that it lagged.
///
/// With one reader it is the lean form of a `Bounded` record that drops its oldest value: read
/// from [`Start::Oldest`], by one cursor that stays, each send and read has the same outcome. Only what it retains is more, since that has what was read in it:
/// `occupancy`, `overwritten`, and what [`StaticRing::abort`] says.
///
/// Counts and positions are of 32 bits, and wrap, but for what was accepted and overwritten: a reader that has missed four
/// billion values or more is told how many that are but for multiples of 2^32. A cursor is named by its place, so the number in
/// [`crate::ReaderMetrics`] comes again when a cursor has left. Of the readers that wait for a value the more urgent are woken
/// first; of those that share a cursor, one.
///
/// ```
/// use aimdb_sync_embassy::{CriticalSectionRawMutex, StaticRing, TryRecvError};
///
/// static SAMPLES: StaticRing<u32, CriticalSectionRawMutex, 3> = StaticRing::new();
///
/// let mut samples = SAMPLES.consumer()?;
/// let sampler = SAMPLES.producer();
/// for sample in 0..10 {
///     sampler.try_send(sample)?;
/// }
/// assert_eq!(samples.try_recv(), Err(TryRecvError::Lagged(7)));
/// assert_eq!(samples.try_recv(), Ok(7));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// ```compile_fail,E0080
/// // A ring holds at least one value.
/// use aimdb_sync_embassy::{CriticalSectionRawMutex, StaticRing};
/// static SAMPLES: StaticRing<u32, CriticalSectionRawMutex, 0> = StaticRing::new();
/// ```
///
/// ```compile_fail,E0080
/// // A place is named by a byte.
/// use aimdb_sync_embassy::{CriticalSectionRawMutex, StaticRing};
/// static SAMPLES: StaticRing<u32, CriticalSectionRawMutex, 255> = StaticRing::new();
/// ```
///
/// ```compile_fail,E0080
/// // Nobody could ever read it.
/// use aimdb_sync_embassy::{CriticalSectionRawMutex, StaticRing};
/// static SAMPLES: StaticRing<u32, CriticalSectionRawMutex, 4, 0> = StaticRing::new();
/// ```
///
/// ```compile_fail,E0080
/// // A cursor is a bit of a word.
/// use aimdb_sync_embassy::{CriticalSectionRawMutex, StaticRing};
/// static SAMPLES: StaticRing<u32, CriticalSectionRawMutex, 4, 33> = StaticRing::new();
/// ```
///
/// ```compile_fail,E0080
/// // Nobody could ever publish a value that large.
/// use aimdb_sync_embassy::{CriticalSectionRawMutex, StaticRing};
/// static SAMPLES: StaticRing<[u32; 64], CriticalSectionRawMutex, 4, 1, 0> = StaticRing::new();
/// ```
///
/// ```compile_fail,E0277
/// // Values are copied while they may be overwritten, so they are plain data.
/// use aimdb_sync_embassy::{CriticalSectionRawMutex, StaticRing};
/// static SAMPLES: StaticRing<&'static str, CriticalSectionRawMutex, 4> = StaticRing::new();
/// ```
// The state lies in front, where short instructions reach it.
#[repr(C)]
pub struct StaticRing<T, M, const N: usize, const READERS: usize = 1, const WRITERS: usize = 1> {
    mutex: M,
    state: UnsafeCell<State>,
    /// Beside the state, so that a section finds the one that it is for in a register.
    cursors: [UnsafeCell<Cursor>; READERS],
    order: UnsafeCell<OrderOf<N, WRITERS>>,
    places: Places<T, N, WRITERS>,
}

// SAFETY: the state, the cursors and the order are touched inside the mutex only. Small values are, too. A large one is written by whoever has
// claimed its place, alone, and copied by words that are atomic. Values are plain data, of which several tasks get
// copies.
unsafe impl<T, M, const N: usize, const READERS: usize, const WRITERS: usize> Sync
    for StaticRing<T, M, N, READERS, WRITERS>
where
    T: NoUninit + Send + Sync,
    M: PreemptionSafe,
{
}

impl<T, M, const N: usize, const READERS: usize, const WRITERS: usize> StaticRing<T, M, N, READERS, WRITERS>
where
    T: NoUninit + Send + Sync,
    M: PreemptionSafe,
{
    const LIMITS: () = {
        assert!(N > 0, "a ring holds at least one value");
        assert!(N + WRITERS <= state::MOST_PLACES, "a ring has at most 255 places, with those of its writers");
        assert!(READERS > 0, "a ring without a cursor could never be read");
        assert!(READERS <= state::MOST_READERS, "a ring has at most 32 cursors");
        assert!(<Self as Parts>::INSIDE || WRITERS > 0, "a ring without a place for a writer could never be filled");
    };

    /// An empty ring.
    #[cfg(not(loom))]
    #[must_use]
    pub const fn new() -> Self {
        const { Self::LIMITS };
        Self {
            mutex: M::INIT,
            state: UnsafeCell::new(State::new(N as u32)),
            cursors: [const { UnsafeCell::new(Cursor::new()) }; READERS],
            order: UnsafeCell::new(OrderOf::new()),
            places: Places::new(),
        }
    }

    /// An empty ring.
    #[cfg(loom)]
    #[must_use]
    pub fn new() -> Self {
        const { Self::LIMITS };
        Self {
            mutex: M::INIT,
            state: UnsafeCell::new(State::new(N as u32)),
            cursors: [const { UnsafeCell::new(Cursor::new()) }; READERS],
            order: UnsafeCell::new(OrderOf::new()),
            places: Places::new(),
        }
    }

    /// An empty ring that is not set up.
    #[cfg(loom)]
    #[must_use]
    pub fn from_zero() -> Self {
        Self { state: UnsafeCell::new(State::new(0)), order: UnsafeCell::new(OrderOf::zero()), ..Self::new() }
    }

    /// A producer; any number of them. Costs nothing.
    pub const fn producer(&self) -> StaticProducer<'_, Self> {
        StaticProducer::new(self)
    }

    /// A consumer with a cursor of its own, which begins with the next value.
    ///
    /// # Errors
    ///
    /// [`SubscribeError::NoPlace`] when `READERS` cursors are in use, or were when each was looked at, one after the other.
    pub fn consumer(&self) -> Result<StaticConsumer<'_, Self>, SubscribeError> {
        self.consumer_from(Start::Live)
    }

    /// A consumer with a cursor of its own that begins at `start`.
    ///
    /// # Errors
    ///
    /// As [`StaticRing::consumer`].
    pub fn consumer_from(&self, start: Start) -> Result<StaticConsumer<'_, Self>, SubscribeError> {
        StaticConsumer::subscribe_to(self, start)
    }

    /// Refuses all values to come and wakes everyone who waits. Consumers drain what is retained.
    /// Idempotent; never blocks; may be called from an interrupt.
    pub fn close(&self) {
        self.ends();
    }

    /// Closes, discards what is retained and says how many values that were. Never blocks.
    pub fn abort(&self) -> usize {
        self.ends_at_once() as usize
    }

    /// Whether the ring was closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.refuses_all()
    }

    /// State and counts, as one consistent snapshot. The critical section visits each cursor and whoever waits, so this
    /// is for supervision and not for an interrupt.
    #[must_use]
    pub fn stats(&self) -> BufferMetrics {
        self.metrics()
    }

    /// The record's kind.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        Kind::SpmcRing
    }
}

impl<T, M, const N: usize, const READERS: usize, const WRITERS: usize> Parts for StaticRing<T, M, N, READERS, WRITERS>
where
    T: NoUninit + Send + Sync,
    M: PreemptionSafe,
{
    type Value = T;
    type Section = M;
    type Order = Fixed<N, WRITERS>;

    const INSIDE: bool = size_of::<T>() <= MOVED_INSIDE;
    const ONE: bool = READERS == 1;
    const ALL_USED: bool = false;
    /// For the model checker, to see how rings of C are set up.
    const FROM_ZERO: bool = cfg!(loom);

    #[inline(always)]
    fn mutex(&self) -> &M {
        &self.mutex
    }

    #[inline(always)]
    fn state(&self) -> *mut State {
        self.state.get()
    }

    #[inline(always)]
    fn cursor(&self, cursor: usize) -> *mut Cursor {
        let cursor = if READERS == 1 { 0 } else { cursor };
        debug_assert!(cursor < READERS);
        // SAFETY: the number is of a `RingCursor`, which is bounded where it is looked at, or was counted out.
        unsafe { self.cursors.get_unchecked(cursor) }.get()
    }

    #[inline(always)]
    fn readers(&self) -> usize {
        READERS
    }

    #[inline(always)]
    fn places(&self) -> u32 {
        N as u32
    }

    #[inline(always)]
    fn order(&self) -> Fixed<N, WRITERS> {
        Fixed(self.order.get())
    }

    #[inline(always)]
    fn has_order(&self) -> bool {
        !<Self as Parts>::INSIDE
    }

    #[inline(always)]
    fn values(&self) -> Values<'_, T> {
        self.places.values()
    }

    #[inline(always)]
    unsafe fn write(&self, place: u32, value: *const T) {
        // SAFETY: by this function's contract.
        unsafe { self.places.write(place, value) };
    }

    #[inline(always)]
    unsafe fn read(&self, place: u32, there: *mut T) {
        // SAFETY: by this function's contract.
        unsafe { self.places.read(place, there) };
    }
}
