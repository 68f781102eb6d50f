//! A mailbox that is as small and as quick as it can be.
#![allow(unsafe_code)]

mod bytes;
mod ends;
mod moves;
mod parts;
mod state;
mod wait;

pub use bytes::{ByteMailbox, MailboxState};

use core::cell::UnsafeCell;

use aimdb_core::buffer::BufferMetrics;
use aimdb_core::pure::Kind;

use crate::lean::words::move_value;
use crate::lean::{MOVED_INSIDE, Place};
use crate::lock::PreemptionSafe;
use crate::record::Ops;
use crate::{StaticConsumer, StaticProducer};

use parts::Parts;
use state::{OUTSIDE, State};

/// A `Mailbox`: one pending value, which a newer one displaces and one reader takes. What a task and an interrupt
/// need between them for commands, at the price of a signal.
///
/// It has the calls, errors and numbers of [`crate::StaticRecord`] with [`crate::Mailbox`], except for a drop hook and
/// `peek`, which does not compile: a value that is there for one taker is moved, and never cloned. It needs 20 bytes
/// beside its places, on a machine of 32 bits.
///
/// | parameter | is |
/// |---|---|
/// | `T` | the type of the values, which need not be `Clone` |
/// | `M` | the mutex: [`crate::CriticalSectionRawMutex`], or another that is [`PreemptionSafe`] |
/// | `PLACES` | 1 for values of up to eight bytes, 3 for larger ones; another number does not compile |
///
/// A value of up to eight bytes is moved inside the critical section, a larger one outside: interrupts are off
/// for the same few instructions whatever a value is. That holds for one writer and one reader at a time. Whoever comes
/// while another of its side is stopped outside moves its value inside the section, as long as that takes: it need
/// not wait, and interrupts are off for one copy more. A record of AimDB has one writer, and mostly one reader, so that is rare.
///
/// Sends never wait, so they may be made from anywhere. A value that is displaced is dropped outside the section, in the call that
/// displaced it, or handed over ([`StaticProducer::force_send`]). Counts are of 32 bits here, and wrap. Waiting
/// readers are woken by priority and age, one for each value; on several cores, two that were woken one after the other may
/// come in the other order.
///
/// ```
/// use aimdb_sync_embassy::{CriticalSectionRawMutex, StaticMailbox, TryRecvError};
///
/// static COMMAND: StaticMailbox<u32, CriticalSectionRawMutex> = StaticMailbox::new();
///
/// let (command, mut commands) = (COMMAND.producer(), COMMAND.consumer());
/// command.try_send(1)?;
/// assert_eq!(command.force_send(2)?, Some(1));
/// assert_eq!(commands.try_recv(), Ok(2));
/// assert_eq!(commands.try_recv(), Err(TryRecvError::Empty));
///
/// // Of more than eight bytes.
/// static ROUTE: StaticMailbox<[u32; 64], CriticalSectionRawMutex, 3> = StaticMailbox::new();
/// ROUTE.producer().try_send([7; 64])?;
/// assert_eq!(ROUTE.consumer().try_recv(), Ok([7; 64]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// ```compile_fail,E0080
/// // A large value needs three places.
/// use aimdb_sync_embassy::{CriticalSectionRawMutex, StaticMailbox};
/// static ROUTE: StaticMailbox<[u32; 64], CriticalSectionRawMutex> = StaticMailbox::new();
/// ```
///
/// ```compile_fail,E0080
/// // A small one needs no more than one.
/// use aimdb_sync_embassy::{CriticalSectionRawMutex, StaticMailbox};
/// static COMMAND: StaticMailbox<u32, CriticalSectionRawMutex, 3> = StaticMailbox::new();
/// ```
///
/// ```compile_fail,E0277
/// // A pointer that only one task may use cannot travel to another.
/// use aimdb_sync_embassy::{CriticalSectionRawMutex, StaticMailbox};
/// static COMMAND: StaticMailbox<*mut u8, CriticalSectionRawMutex> = StaticMailbox::new();
/// ```
// The state lies in front, where short instructions reach it.
#[repr(C)]
pub struct StaticMailbox<T, M, const PLACES: usize = 1> {
    mutex: M,
    state: UnsafeCell<State>,
    places: [Place<T>; PLACES],
}

// SAFETY: the state is touched inside the mutex only. A place is touched inside it, or by the one writer or reader that
// the state says it is given to. Values move between tasks, so they are `Send`; they are never shared.
unsafe impl<T: Send, M: PreemptionSafe, const PLACES: usize> Sync for StaticMailbox<T, M, PLACES> {}

/// The value came too late: the mailbox is closed.
struct Closed;

impl<T: Send, M: PreemptionSafe, const PLACES: usize> StaticMailbox<T, M, PLACES> {
    /// An empty mailbox.
    #[cfg(not(loom))]
    #[must_use]
    pub const fn new() -> Self {
        const {
            assert!(
                PLACES == if <Self as Parts>::INSIDE { 1 } else { OUTSIDE },
                "a mailbox has 1 place for values of up to 8 bytes, and 3 for larger ones: `StaticMailbox<T, M, 3>`"
            );
        }
        Self { mutex: M::INIT, state: UnsafeCell::new(State::new()), places: [const { Place::new() }; PLACES] }
    }

    /// An empty mailbox.
    #[cfg(loom)]
    #[must_use]
    pub fn new() -> Self {
        assert_eq!(PLACES, if <Self as Parts>::INSIDE { 1 } else { OUTSIDE });
        let places = core::array::from_fn(|_| Place::new());
        Self { mutex: M::INIT, state: UnsafeCell::new(State::new()), places }
    }

    /// A producer; any number of them. Costs nothing.
    pub const fn producer(&self) -> StaticProducer<'_, Self> {
        StaticProducer::new(self)
    }

    /// A consumer; any number of them. Each value goes to one.
    pub const fn consumer(&self) -> StaticConsumer<'_, Self> {
        StaticConsumer::of(self, ())
    }

    /// Refuses all values to come and wakes everyone who waits. A value that is pending can still be taken.
    /// Idempotent; never blocks; may be called from an interrupt.
    pub fn close(&self) {
        self.ends();
    }

    /// Closes, discards the value that is pending and says how many that were. Never blocks.
    pub fn abort(&self) -> usize {
        let discarded = self.abort_and_take();
        self.has_ended();
        usize::from(discarded.is_some())
    }

    /// Whether the mailbox was closed.
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
        Kind::Mailbox
    }

    /// The place that is this bit.
    ///
    /// # Safety
    ///
    /// A state has given the bit out, and it is not 0.
    #[inline(always)]
    unsafe fn place(&self, bit: u8) -> &Place<T> {
        let at = usize::from(bit >> 1);
        debug_assert!(bit != 0 && at < PLACES, "a state hands out its places only");
        // SAFETY: by this function's contract: the bits are 1, 2, 4.
        unsafe { self.places.get_unchecked(at) }
    }
}

impl<T: Send, M: PreemptionSafe, const PLACES: usize> Parts for StaticMailbox<T, M, PLACES> {
    type Value = T;
    type Section = M;

    const INSIDE: bool = size_of::<T>() <= MOVED_INSIDE;
    const DROPS: bool = core::mem::needs_drop::<T>();

    #[inline(always)]
    fn mutex(&self) -> &M {
        &self.mutex
    }

    #[inline(always)]
    fn state(&self) -> *mut State {
        self.state.get()
    }

    #[inline(always)]
    unsafe fn fill(&self, bit: u8, value: *const T) {
        // SAFETY: by this function's contract.
        unsafe { self.place(bit).with(|place| move_value(value, place)) };
    }

    #[inline(always)]
    unsafe fn empty(&self, bit: u8, there: *mut T) {
        // SAFETY: by this function's contract.
        unsafe { self.place(bit).with(|place| move_value(place.cast_const(), there)) };
    }
}

impl<T, M, const PLACES: usize> Drop for StaticMailbox<T, M, PLACES> {
    fn drop(&mut self) {
        // Nobody is inside, so no place but the pending one holds a value.
        let pending = self.state.get_mut().pending();
        if pending != 0 {
            // SAFETY: the place holds a value.
            self.places[usize::from(pending >> 1)].with(|place| unsafe { place.drop_in_place() });
        }
    }
}
