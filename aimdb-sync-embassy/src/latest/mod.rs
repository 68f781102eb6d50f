//! A latest value that is as small and as quick as it can be.
#![allow(unsafe_code)]

mod bytes;
mod copies;
mod ends;
mod parts;
mod state;
mod wait;
mod words;

pub use bytes::{ByteLatest, LATEST_BYTES};

use core::cell::UnsafeCell;

use aimdb_core::buffer::{BufferMetrics, SubscribeError};
use aimdb_core::pure::{Kind, Start};
use bytemuck::NoUninit;

use crate::lean::MOVED_INSIDE;
use crate::lock::PreemptionSafe;
use crate::record::Ops;
use crate::{StaticConsumer, StaticProducer};

pub use ends::LatestCursor;
use parts::Parts;
use state::{Cursor, MOST_READERS, OUTSIDE, State};
use words::Words;

/// A `SingleLatest`: the newest value, which each reader sees once, and anybody may look at. What a sensor and those who
/// follow it need between them, at the price of a watch.
///
/// It has the calls, errors and numbers of [`crate::StaticRecord`] with [`crate::SingleLatest`], except for a drop hook, and
/// for counts of each cursor: of them [`StaticConsumer::stats`] tells what is `readable`. It needs 24 bytes beside its
/// places on a machine of 32 bits, and 12 for each cursor.
///
/// | parameter | is |
/// |---|---|
/// | `T` | the type of the values: plain data without padding, [`bytemuck::NoUninit`]; for others there is [`crate::StaticRecord`] |
/// | `M` | the mutex: [`crate::CriticalSectionRawMutex`], or another that is [`PreemptionSafe`] |
/// | `READERS` | how many cursors may read at the same time, 1 to 32; clones of a consumer share one |
/// | `PLACES` | 1 for values of up to eight bytes, 2 for larger ones; another number does not compile |
///
/// A value of up to eight bytes is copied inside the critical section, a larger one outside: interrupts are off
/// for the same few instructions whatever a value is. Two exceptions are as long as a copy. A writer that comes while
/// another one is stopped outside stores inside the section, instead of waiting for it: a record of AimDB has one writer, so that
/// is rare. And a reader whose value was overwritten while it copied, twice in a row, copies inside the section the third time, so that it comes to
/// an end under a writer that never pauses.
///
/// Sends never wait, so they may be made from anywhere. A value wakes one reader of each cursor, in a section for each, by
/// priority and age. Counts are of 32 bits here, and wrap; a cursor that is not read for exactly 2³² values, or a copy that takes as
/// long, takes the newest for one that it knows.
///
/// ```
/// use aimdb_sync_embassy::{CriticalSectionRawMutex, StaticLatest, TryRecvError};
///
/// static TEMP: StaticLatest<i16, CriticalSectionRawMutex, 2> = StaticLatest::new();
///
/// let (mut fan, mut display) = (TEMP.consumer()?, TEMP.consumer()?);
/// TEMP.producer().try_send(20)?;
/// TEMP.producer().try_send(21)?;
/// assert_eq!((fan.try_recv(), display.try_recv()), (Ok(21), Ok(21)));
/// assert_eq!(fan.try_recv(), Err(TryRecvError::Empty));
/// assert_eq!(TEMP.peek(), Some(21));
///
/// // Of more than eight bytes.
/// static POSE: StaticLatest<[f32; 12], CriticalSectionRawMutex, 1, 2> = StaticLatest::new();
/// POSE.producer().try_send([0.5; 12])?;
/// assert_eq!(POSE.consumer()?.try_recv(), Ok([0.5; 12]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// ```compile_fail,E0080
/// // A large value needs two places.
/// use aimdb_sync_embassy::{CriticalSectionRawMutex, StaticLatest};
/// static POSE: StaticLatest<[f32; 12], CriticalSectionRawMutex> = StaticLatest::new();
/// ```
///
/// ```compile_fail,E0080
/// // Nobody could ever read it.
/// use aimdb_sync_embassy::{CriticalSectionRawMutex, StaticLatest};
/// static TEMP: StaticLatest<i16, CriticalSectionRawMutex, 0> = StaticLatest::new();
/// ```
///
/// ```compile_fail,E0277
/// // A value that owns something cannot be copied word by word.
/// use aimdb_sync_embassy::{CriticalSectionRawMutex, StaticLatest};
/// static NAME: StaticLatest<Option<&'static str>, CriticalSectionRawMutex, 1, 2> = StaticLatest::new();
/// NAME.producer().try_send(None);
/// ```
// The state lies in front, where short instructions reach it.
#[repr(C)]
pub struct StaticLatest<T, M, const READERS: usize = 1, const PLACES: usize = 1> {
    mutex: M,
    state: UnsafeCell<State<[Cursor; READERS]>>,
    places: [Words<T>; PLACES],
}

// SAFETY: the state is touched inside the mutex only. Places are written by one at a time, as the state says, and read
// as atomics. Values are copied between tasks, so they are `Send`; they are never shared.
unsafe impl<T: NoUninit + Send, M: PreemptionSafe, const READERS: usize, const PLACES: usize> Sync
    for StaticLatest<T, M, READERS, PLACES>
{
}

/// The value came too late: the record is closed.
struct Closed;

impl<T: NoUninit + Send, M: PreemptionSafe, const READERS: usize, const PLACES: usize>
    StaticLatest<T, M, READERS, PLACES>
{
    /// A record without a value.
    #[cfg(not(loom))]
    #[must_use]
    pub const fn new() -> Self {
        const {
            assert!(READERS > 0, "a record without a cursor could never be read");
            assert!(READERS <= MOST_READERS, "a latest value has at most 32 cursors");
            assert!(
                PLACES == if <Self as Parts>::INSIDE { 1 } else { OUTSIDE },
                "a latest value has 1 place for values of up to 8 bytes, and 2 for larger ones: `StaticLatest<T, M, READERS, 2>`"
            );
        }
        Self { mutex: M::INIT, state: UnsafeCell::new(State::new()), places: [const { Words::new() }; PLACES] }
    }

    /// A record without a value.
    #[cfg(loom)]
    #[must_use]
    pub fn new() -> Self {
        assert!(READERS > 0 && READERS <= MOST_READERS && PLACES == if <Self as Parts>::INSIDE { 1 } else { OUTSIDE });
        let places = core::array::from_fn(|_| Words::new());
        Self { mutex: M::INIT, state: UnsafeCell::new(State::new()), places }
    }

    /// A producer; any number of them. Costs nothing.
    pub const fn producer(&self) -> StaticProducer<'_, Self> {
        StaticProducer::new(self)
    }

    /// A consumer with a cursor of its own, to which the current value is new.
    ///
    /// # Errors
    ///
    /// [`SubscribeError::NoPlace`] when `READERS` cursors are in use.
    pub fn consumer(&self) -> Result<StaticConsumer<'_, Self>, SubscribeError> {
        StaticConsumer::subscribe_to(self, Start::Live)
    }

    /// A copy of the current value, if there is one. Never blocks; may be called from an interrupt.
    #[must_use]
    pub fn peek(&self) -> Option<T> {
        self.current()
    }

    /// Refuses all values to come and wakes everyone who waits. The current value can still be read.
    /// Idempotent; never blocks; may be called from an interrupt.
    pub fn close(&self) {
        self.ends();
    }

    /// Closes, discards the current value and says how many that were. Never blocks. The critical section visits each
    /// cursor.
    pub fn abort(&self) -> usize {
        usize::from(self.ends_at_once())
    }

    /// Whether the record was closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.refuses_all()
    }

    /// State and counts, as one consistent snapshot. The critical section visits each cursor and whoever waits, so
    /// this is for supervision and not for an interrupt.
    #[must_use]
    pub fn stats(&self) -> BufferMetrics {
        self.metrics()
    }

    /// The record's kind.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        Kind::SingleLatest
    }

    #[inline(always)]
    fn place(&self, at: u32) -> &Words<T> {
        let at = if <Self as Parts>::INSIDE { 0 } else { State::<[Cursor; READERS]>::index(at) };
        debug_assert!(at < PLACES, "a record of large values has two places");
        // SAFETY: of two places this is one, and of one the first.
        unsafe { self.places.get_unchecked(at) }
    }
}

impl<T: NoUninit + Send, M: PreemptionSafe, const READERS: usize, const PLACES: usize> Parts
    for StaticLatest<T, M, READERS, PLACES>
{
    type Value = T;
    type Section = M;
    type Cursors = [Cursor; READERS];

    const INSIDE: bool = size_of::<T>() <= MOVED_INSIDE;

    #[inline(always)]
    fn mutex(&self) -> &M {
        &self.mutex
    }

    #[inline(always)]
    fn state(&self) -> *mut State<[Cursor; READERS]> {
        self.state.get()
    }

    #[inline(always)]
    fn readers(&self) -> usize {
        READERS
    }

    #[inline(always)]
    unsafe fn write(&self, place: u32, value: *const T) {
        // SAFETY: by this function's contract.
        unsafe { self.place(place).store(value) };
    }

    #[inline(always)]
    unsafe fn read(&self, place: u32, there: *mut T) {
        // SAFETY: by this function's contract.
        unsafe { self.place(place).load(there) };
    }
}
