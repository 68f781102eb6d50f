//! A record in a `static`.

use core::marker::PhantomData;

use aimdb_core::buffer::{BufferMetrics, Cloning, Shell, State, SubscribeError};
use aimdb_core::pure::{Both, DropCause, Kind, Start, With};

use crate::kind::{Bounded, DegradeQuality, SingleCursorKind, StaticKind, WithoutDegrader};
use crate::layout::{StaticClock, StaticCode, StaticLayout};
use crate::lock::{PreemptionSafe, StaticLock};
use crate::storage::{FixedSlots, FixedTable};
use crate::{StaticConsumer, StaticProducer};

mod ends;
mod ops;
pub(crate) use ops::{ForHandles, Found, Ops, WholeOps};
pub use ops::{Record, Sending, Waiting, WholeRecord};

/// A record of kind `K` with values of type `T`, in memory that is known at compile time.
///
/// | parameter | is |
/// |---|---|
/// | `K` | the kind with its capacity: [`crate::SpmcRing`], [`crate::SingleLatest`], [`crate::Mailbox`], [`Bounded`] |
/// | `T` | the type of the values |
/// | `M` | the mutex: [`crate::CriticalSectionRawMutex`], or another that is [`PreemptionSafe`] |
/// | `SLOTS` | places for values: the capacity, and one for each task or interrupt that may send or read at the same time; at least the capacity + 2 |
/// | `CURSORS` | how many cursors may read at the same time |
///
/// A value on its way in or out occupies a slot beside those that are stored, because it is moved
/// and cloned outside the critical section. With a slot for everybody the record behaves exactly as
/// on std. With fewer, `send` still waits for one, but `try_send` and `force_send` may answer `Full`
/// although the record is not.
///
/// ```
/// use aimdb_sync_embassy::{CriticalSectionRawMutex, SpmcRing, StaticRecord, TryRecvError};
///
/// static SAMPLES: StaticRecord<SpmcRing<3>, u32, CriticalSectionRawMutex, 5> = StaticRecord::new();
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
/// What has no meaning does not compile:
///
/// ```compile_fail,E0080
/// // A ring holds at least one value.
/// use aimdb_sync_embassy::{CriticalSectionRawMutex, SpmcRing, StaticRecord};
/// static RECORD: StaticRecord<SpmcRing<0>, u32, CriticalSectionRawMutex, 4> = StaticRecord::new();
/// ```
///
/// ```compile_fail,E0080
/// // Without a stored value there is none to displace.
/// use aimdb_sync_embassy::{Bounded, CriticalSectionRawMutex, DropOldest, StaticRecord};
/// static RECORD: StaticRecord<Bounded<0, DropOldest>, u32, CriticalSectionRawMutex, 4> = StaticRecord::new();
/// ```
///
/// ```compile_fail,E0080
/// // A full queue of three needs a fourth slot to receive, and a fifth to hand out.
/// use aimdb_sync_embassy::{Bounded, CriticalSectionRawMutex, StaticRecord};
/// static RECORD: StaticRecord<Bounded<3>, u32, CriticalSectionRawMutex, 4> = StaticRecord::new();
/// ```
///
/// ```compile_fail,E0080
/// // Nobody could ever read it.
/// use aimdb_sync_embassy::{Bounded, CriticalSectionRawMutex, StaticRecord};
/// static RECORD: StaticRecord<Bounded<3>, u32, CriticalSectionRawMutex, 5, 0> = StaticRecord::new();
/// ```
///
/// ```compile_fail,E0277
/// // The policy says that values are degraded, and nothing says how.
/// use aimdb_sync_embassy::{Bounded, CriticalSectionRawMutex, DegradeQuality, StaticRecord};
/// static RECORD: StaticRecord<Bounded<2, DegradeQuality>, u32, CriticalSectionRawMutex, 4> = StaticRecord::new();
/// ```
///
/// ```compile_fail,E0277
/// // Two tasks would clone the `Cell` inside one value at the same time.
/// use aimdb_sync_embassy::{CriticalSectionRawMutex, SpmcRing, StaticRecord};
/// use core::cell::Cell;
/// static RECORD: StaticRecord<SpmcRing<2>, Cell<u32>, CriticalSectionRawMutex, 4> = StaticRecord::new();
/// ```
///
/// ```compile_fail,E0277
/// // A ring retains its values, so each reader gets a clone, and this one has none.
/// use aimdb_sync_embassy::{CriticalSectionRawMutex, SpmcRing, StaticRecord};
/// struct Token;
/// static RECORD: StaticRecord<SpmcRing<2>, Token, CriticalSectionRawMutex, 4> = StaticRecord::single_cursor();
/// ```
///
/// ```compile_fail,E0277
/// // A pointer that only one task may use cannot travel to another.
/// use aimdb_sync_embassy::{CriticalSectionRawMutex, Mailbox, StaticRecord};
/// static RECORD: StaticRecord<Mailbox, *mut u8, CriticalSectionRawMutex, 4> = StaticRecord::single_cursor();
/// ```
pub struct StaticRecord<K, T, M, const SLOTS: usize, const CURSORS: usize = 1>
where
    T: Send,
    M: PreemptionSafe,
{
    shell: Shell<T, StaticLayout<M, SLOTS, CURSORS>>,
    _kind: PhantomData<fn() -> K>,
}

impl<K, T, M, const SLOTS: usize, const CURSORS: usize> StaticRecord<K, T, M, SLOTS, CURSORS>
where
    K: StaticKind,
    T: Send,
    M: PreemptionSafe,
{
    /// A record whose values may be cloned for several cursors.
    #[must_use]
    pub const fn new() -> Self
    where
        K: WithoutDegrader,
        T: Clone + Sync,
    {
        Self::builder().build()
    }

    /// A record for values that are never cloned: it has one cursor, which several consumers may
    /// share, and no `peek`.
    #[must_use]
    pub const fn single_cursor() -> Self
    where
        K: WithoutDegrader + SingleCursorKind,
    {
        Self::builder().build_single_cursor()
    }

    /// Describes a record with a hook or a clock.
    pub const fn builder() -> StaticRecordBuilder<K, T, M, SLOTS, CURSORS>
    where
        K: WithoutDegrader,
    {
        StaticRecordBuilder::new(None)
    }

    /// A producer; any number of them. Costs nothing.
    pub const fn producer(&self) -> StaticProducer<'_, Self> {
        StaticProducer::new(self)
    }

    /// A consumer with a cursor of its own. On a [`crate::Mailbox`] all share one cursor.
    ///
    /// # Errors
    ///
    /// [`SubscribeError::NoPlace`] when `CURSORS` cursors are in use, [`SubscribeError::SingleCursor`]
    /// when the values cannot be cloned and there is a cursor already.
    pub fn consumer(&self) -> Result<StaticConsumer<'_, Self>, SubscribeError> {
        self.consumer_from(Start::Live)
    }

    /// A consumer with a cursor of its own that begins at `start`.
    ///
    /// # Errors
    ///
    /// As [`StaticRecord::consumer`].
    pub fn consumer_from(&self, start: Start) -> Result<StaticConsumer<'_, Self>, SubscribeError> {
        StaticConsumer::subscribe_to(self, start)
    }

    /// Refuses all values to come and wakes everyone who waits. Consumers drain what is buffered.
    /// Idempotent; never blocks; may be called from an interrupt.
    pub fn close(&self) {
        self.shell.close();
    }

    /// Closes, discards what is buffered and says how many values that were. Never blocks.
    pub fn abort(&self) -> usize {
        self.shell.abort()
    }

    /// Whether the record was closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.shell.is_closed()
    }

    /// A clone of the current value, on a kind that has one. Never blocks.
    #[must_use]
    pub fn peek(&self) -> Option<T> {
        self.shell.peek()
    }

    /// State and counts, as one consistent snapshot. The critical section visits each cursor and
    /// whoever waits, so this is for supervision and not for an interrupt.
    #[must_use]
    pub fn stats(&self) -> BufferMetrics {
        self.shell.metrics()
    }

    /// The record's kind.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        K::KIND
    }

    const fn from_code(code: StaticCode<T>, now: Option<fn() -> u64>) -> Self {
        const {
            assert!(K::CAPACITY > 0 || K::KIND.allows_rendezvous(), "this kind cannot have capacity 0");
            assert!(
                SLOTS < u32::MAX as usize && SLOTS.saturating_sub(K::CAPACITY) >= 2,
                "SLOTS must be at least the capacity + 2: one for a value on its way in, one for a value on its way out"
            );
            assert!(CURSORS > 0, "a record without a cursor could never be read");
        }
        let rows = Both::new(FixedTable::new(), FixedTable::new(), SLOTS as u32);
        let cursors = With::new(FixedTable::new());
        let state = State::new(K::KIND, K::CAPACITY, rows, cursors, 0);
        let shell = Shell::from_parts(StaticLock::new(state), FixedSlots::new(), code, StaticClock(now));
        Self { shell, _kind: PhantomData }
    }
}

impl<const CAPACITY: usize, T, M, const SLOTS: usize, const CURSORS: usize>
    StaticRecord<Bounded<CAPACITY, DegradeQuality>, T, M, SLOTS, CURSORS>
where
    T: Send,
    M: PreemptionSafe,
{
    /// Describes a record whose policy is to degrade, with the function that does it. The function
    /// runs in the sender's call, outside the critical section.
    pub const fn degrading(
        degrade: fn(T) -> T,
    ) -> StaticRecordBuilder<Bounded<CAPACITY, DegradeQuality>, T, M, SLOTS, CURSORS> {
        StaticRecordBuilder::new(Some(degrade))
    }
}

impl<K, T, M, const SLOTS: usize, const CURSORS: usize> Default for StaticRecord<K, T, M, SLOTS, CURSORS>
where
    K: WithoutDegrader,
    T: Clone + Send + Sync,
    M: PreemptionSafe,
{
    fn default() -> Self {
        Self::new()
    }
}

impl<K, T, M, const SLOTS: usize, const CURSORS: usize> core::fmt::Debug for StaticRecord<K, T, M, SLOTS, CURSORS>
where
    K: StaticKind,
    T: Send,
    M: PreemptionSafe,
{
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("StaticRecord").field("kind", &K::KIND).field("stats", &self.stats()).finish()
    }
}

/// Describes a [`StaticRecord`] with functions of the user's in it.
///
/// ```
/// use aimdb_sync_embassy::{Bounded, CriticalSectionRawMutex, DegradeQuality, DropCause, StaticRecord};
///
/// fn halve(picture: u32) -> u32 { picture / 2 }
/// fn count(_picture: u32, _cause: DropCause) { /* count it */ }
///
/// static PICTURES: StaticRecord<Bounded<2, DegradeQuality>, u32, CriticalSectionRawMutex, 4> =
///     StaticRecord::degrading(halve).on_drop(count).build();
/// # let mut pictures = PICTURES.consumer().unwrap();
/// # for picture in [10, 20, 30] { PICTURES.producer().try_send(picture).unwrap(); }
/// # assert!(pictures.try_recv().is_err());
/// # assert_eq!((pictures.try_recv(), pictures.try_recv()), (Ok(20), Ok(15)));
/// ```
#[must_use = "a record is made by `build`"]
pub struct StaticRecordBuilder<K, T, M, const SLOTS: usize, const CURSORS: usize> {
    degrade: Option<fn(T) -> T>,
    on_drop: Option<fn(T, DropCause)>,
    now: Option<fn() -> u64>,
    _record: PhantomData<fn() -> (K, M)>,
}

impl<K, T, M, const SLOTS: usize, const CURSORS: usize> StaticRecordBuilder<K, T, M, SLOTS, CURSORS>
where
    K: StaticKind,
    T: Send,
    M: PreemptionSafe,
{
    const fn new(degrade: Option<fn(T) -> T>) -> Self {
        Self { degrade, on_drop: None, now: None, _record: PhantomData }
    }

    /// Gives the function that each value goes to which no reader will get. It runs outside the
    /// critical section, in the call that found out.
    pub const fn on_drop(mut self, hook: fn(T, DropCause)) -> Self {
        self.on_drop = Some(hook);
        self
    }

    /// Gives the function that tells the time in nanoseconds. Without it `blocked_ns` stays 0, and
    /// consumers that share a cursor are served in order but not protected from running ones.
    pub const fn clock(mut self, now: fn() -> u64) -> Self {
        self.now = Some(now);
        self
    }

    /// Makes a record whose values may be cloned for several cursors.
    #[must_use]
    pub const fn build(self) -> StaticRecord<K, T, M, SLOTS, CURSORS>
    where
        T: Clone + Sync,
    {
        let code = StaticCode { cloning: Cloning::allowed(), degrade: self.degrade, on_drop: self.on_drop };
        StaticRecord::from_code(code, self.now)
    }

    /// Makes a record whose values are never cloned: it has one cursor, which several consumers may
    /// share, and no `peek`.
    #[must_use]
    pub const fn build_single_cursor(self) -> StaticRecord<K, T, M, SLOTS, CURSORS>
    where
        K: SingleCursorKind,
    {
        let code = StaticCode { cloning: Cloning::none(), degrade: self.degrade, on_drop: self.on_drop };
        StaticRecord::from_code(code, self.now)
    }
}
