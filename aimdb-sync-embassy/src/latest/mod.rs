//! A latest value that is as small and as quick as it can be.
#![allow(unsafe_code)]

mod copies;
mod ends;
mod state;
mod wait;
mod words;

use core::cell::UnsafeCell;

use aimdb_core::buffer::{BufferMetrics, SubscribeError};
use aimdb_core::pure::{Kind, Start};
use bytemuck::NoUninit;

use crate::lean::{ALL, MOVED_INSIDE, NOBODY, Waking};
use crate::lock::PreemptionSafe;
use crate::record::Ops;
use crate::{StaticConsumer, StaticProducer};

pub use ends::LatestCursor;
use state::{MOST_READERS, OUTSIDE, State};
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
    state: UnsafeCell<State<READERS>>,
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
    /// Whether values are copied inside the critical section: they are no more than two words.
    const INSIDE: bool = size_of::<T>() <= MOVED_INSIDE;

    /// A record without a value.
    #[cfg(not(loom))]
    #[must_use]
    pub const fn new() -> Self {
        const {
            assert!(READERS > 0, "a record without a cursor could never be read");
            assert!(READERS <= MOST_READERS, "a latest value has at most 32 cursors");
            assert!(
                PLACES == if Self::INSIDE { 1 } else { OUTSIDE },
                "a latest value has 1 place for values of up to 8 bytes, and 2 for larger ones: `StaticLatest<T, M, READERS, 2>`"
            );
        }
        Self { mutex: M::INIT, state: UnsafeCell::new(State::new()), places: [const { Words::new() }; PLACES] }
    }

    /// A record without a value.
    #[cfg(loom)]
    #[must_use]
    pub fn new() -> Self {
        assert!(READERS > 0 && READERS <= MOST_READERS && PLACES == if Self::INSIDE { 1 } else { OUTSIDE });
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
        self.section(State::close);
        self.has_ended();
    }

    /// Closes, discards the current value and says how many that were. Never blocks. The critical section visits each
    /// cursor.
    pub fn abort(&self) -> usize {
        let discarded = self.section(State::abort);
        self.has_ended();
        usize::from(discarded)
    }

    /// Whether the record was closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.section(|state| state.is_closed())
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
    fn section<R>(&self, critical: impl FnOnce(&mut State<READERS>) -> R) -> R {
        // SAFETY: the mutex keeps everybody else out, by the contracts of `RawMutex` and `PreemptionSafe`, and no
        // code of a user's runs in a section, so none is entered inside another.
        self.mutex.lock(move || critical(unsafe { &mut *self.state.get() }))
    }

    /// The same for a section that also copies a value: with few captures it finds them in registers.
    #[inline(always)]
    fn section_at<R>(&self, critical: impl FnOnce(&Self, &mut State<READERS>) -> R) -> R {
        // SAFETY: as for `section`.
        self.mutex.lock(move || critical(self, unsafe { &mut *self.state.get() }))
    }

    /// Wakes one reader at each of these cursors, in a section for each.
    #[inline(never)]
    fn wake(&self, awaited: u32) {
        let mut left = awaited;
        let next = || {
            while left != 0 {
                let at = if READERS == 1 { 0 } else { left.trailing_zeros() as u8 };
                left &= left - 1;
                let waker = self.section(|state| {
                    let waker = state.readers(at).pop();
                    // Not as long as one is on its way into the line.
                    if waker.is_none() && state.readers(at).word() == NOBODY {
                        state.awaits_no_more(at);
                    }
                    waker
                });
                if waker.is_some() {
                    return waker;
                }
            }
            None
        };
        Waking { most: ALL, next }.wake();
    }

    /// Wakes everyone who waits at a record that is closed, each in a section of its own.
    #[cold]
    fn has_ended(&self) {
        let mut at = 0;
        let next = || {
            while usize::from(at) < READERS {
                let waker = self.section(|state| state.readers(at).pop());
                if waker.is_some() {
                    return waker;
                }
                at += 1;
            }
            None
        };
        Waking { most: ALL, next }.wake();
    }

    fn count_refused(&self) {
        self.section(|state| state.refused = state.refused.wrapping_add(1));
    }
}
