//! The one shell around the pure machine: a lock, the slots, and the queues of those who wait.
//!
//! Sending and reading have two phases: decide under the lock, move or clone the value outside it.
//! A layout may have small values moved in the first hold, which then does the work of both.
//! No clone, drop, waker, hook or degrader runs under the lock; who has to be woken leaves it first,
//! in an [`Aftermath`], and so does a value that has to be dropped.
//!
//! | operation | under the lock | outside |
//! |---|---|---|
//! | store | room? claim a slot | fill it |
//! | | room still? publish; take out wakers | wake; dispose of the displaced value |
//! | wait to store | no room: claim a slot | fill it |
//! | | still no room: link the waiter, with its slot | park |
//! | take | next value; publish the first waiter's slot; take out wakers | move or clone it out, wake |
//!
//! A sender that waits has its value in a slot already, so whoever makes room publishes it in the
//! same lock hold: senders are served strictly in order, and nobody overtakes one that waits. A
//! reader that waits is woken and looks again; one that has been overtaken by other readers of its
//! cursor for a millisecond is promised the next value.

mod aftermath;
mod end;
mod in_place;
mod look;
mod operation;
mod plan;
mod receive;
#[cfg(feature = "alloc")]
mod reserve;
mod send;
mod state;
#[cfg(feature = "std")]
mod watch;

#[cfg(feature = "alloc")]
use core::any::TypeId;
use core::ptr;

pub use in_place::{Held, ReceivingInPlace};
#[cfg(feature = "alloc")]
pub(crate) use operation::{Flush, Offer, Reading};
pub use operation::{Flushing, Pushing, Receiving};
pub use state::State;
#[cfg(feature = "std")]
pub(crate) use watch::Watching;

#[cfg(feature = "alloc")]
use super::BufferCfg;
use super::{BufferMetrics, ReaderMetrics, Slots};
use crate::pure::{Claim, CursorId, Doomed, DropCause, Owned, Storage};
use crate::waiting::{Clock, Lock, WaitQueue};
use aftermath::Aftermath;

/// What a sender that waits for a slot leaves as its slot in the queue of onlookers. No cursor has this number.
const SLOTLESS: u32 = u32::MAX - 2;

/// The user's code that a buffer runs, always outside its lock.
pub trait UserCode<T>: Send + Sync {
    /// How values are cloned, if they are.
    fn cloning(&self) -> &Cloning<T>;

    /// The degraded form of a value that met a full buffer.
    fn degrade(&self, value: T) -> T;

    /// Is given a value that no reader will get.
    fn dropped(&self, value: T, cause: DropCause);
}

/// Whether a buffer clones its values for several cursors. It does so from several threads at once,
/// so only what is `Clone + Sync` may be.
#[derive(Debug)]
pub struct Cloning<T> {
    clone: Option<fn(&T) -> T>,
    plain: bool,
}

impl<T> Clone for Cloning<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Cloning<T> {}

impl<T: 'static> Cloning<T> {
    /// Whether values are plain data without having been called so: a number, a truth value or a character of
    /// the language's own.
    #[cfg(feature = "alloc")]
    #[inline(always)]
    pub(crate) fn is_number() -> bool {
        macro_rules! is_one_of {
            ($($number:ty),*) => { [$(TypeId::of::<$number>()),*].contains(&TypeId::of::<T>()) };
        }
        is_one_of!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64, bool, char)
    }
}

impl<T> Cloning<T> {
    /// Values are cloned when more than one cursor reads them.
    #[must_use]
    pub const fn allowed() -> Self
    where
        T: Clone + Sync,
    {
        Self { clone: Some(T::clone), plain: false }
    }

    /// Values are plain data: a clone is a copy of their bytes, and may be made under the lock.
    #[must_use]
    pub const fn plain() -> Self
    where
        T: Copy + Sync,
    {
        Self { clone: Some(|value| *value), plain: true }
    }

    /// As [`Cloning::plain`], for a type that is known to be a number.
    #[cfg(feature = "alloc")]
    pub(crate) const fn of_number() -> Self
    where
        T: Clone + Sync,
    {
        Self { clone: Some(T::clone), plain: true }
    }

    /// Values are moved only: the buffer has one cursor.
    #[must_use]
    pub const fn none() -> Self {
        Self { clone: None, plain: false }
    }

    const fn is_allowed(&self) -> bool {
        self.clone.is_some()
    }

    fn clone_value(&self, value: &T) -> Option<T> {
        self.clone.map(|clone| clone(value))
    }

    /// A copy made under the lock: only of plain data, whose copy is no code of the user's.
    fn copy_inside(&self, value: &T) -> Option<T> {
        if self.plain { self.clone_value(value) } else { None }
    }
}

/// What a [`Shell`] is made of: on the heap, in a `static`, or under a model checker.
///
/// # Safety
///
/// The shell moves values between threads by the word of these parts. The lock lets one caller in
/// at a time. Each number below the number of slots names a slot of its own, which stays where it
/// is while the shell lives. The tables keep what they are given. Values that are sent through the
/// shell are `Send`.
#[allow(unsafe_code)]
pub unsafe trait Layout<T> {
    /// The tables of the pure machine.
    type Storage: Storage<WaitQueue>;
    /// The lock.
    type Lock: Lock<State<Self::Storage>>;
    /// The slots.
    type Slots: Slots<T>;
    /// The user's code.
    type Code: UserCode<T>;
    /// Where the time comes from.
    type Clock: Clock;
    /// Values up to this many bytes are moved under the lock: one hold for a store or a take
    /// instead of two, for a hold that is a few instructions longer. 0 keeps every move outside, as
    /// a critical section that masks interrupts wants it.
    const INSIDE_BYTES: usize = 0;

    /// Takes a value that the machine gives up from those who look at it without the machine's leave.
    /// Called under the record's lock. `None` when somebody does: then the last of them disposes of the
    /// value and gives the slot back.
    fn let_go(lock: &Self::Lock, doomed: Doomed) -> Option<Doomed> {
        let _ = lock;
        Some(doomed)
    }
}

/// A record's buffer. See the module's documentation.
pub struct Shell<T, L: Layout<T>> {
    lock: L::Lock,
    slots: L::Slots,
    code: L::Code,
    clock: L::Clock,
}

impl<T, L: Layout<T>> Shell<T, L> {
    const MOVES_INSIDE: bool = size_of::<T>() <= L::INSIDE_BYTES;

    /// Puts a buffer together. `state` is new, and `slots` are as many as it was told.
    pub const fn from_parts(state: L::Lock, slots: L::Slots, code: L::Code, clock: L::Clock) -> Self {
        Self { lock: state, slots, code, clock }
    }

    /// What the buffer is.
    #[cfg(feature = "alloc")]
    pub(crate) fn cfg(&self) -> BufferCfg {
        self.lock.look(|state| BufferCfg::of(state.log.kind(), state.log.capacity()))
    }

    /// The lock, for a layout whose lock does more.
    #[cfg(feature = "std")]
    pub(crate) const fn lock(&self) -> &L::Lock {
        &self.lock
    }

    /// The user's code.
    #[cfg(feature = "alloc")]
    pub(crate) const fn code(&self) -> &L::Code {
        &self.code
    }

    /// The slots.
    #[cfg(feature = "std")]
    pub(crate) const fn slots(&self) -> &L::Slots {
        &self.slots
    }

    /// The address: a number that is this buffer's alone while it lives.
    #[must_use]
    pub fn identity(&self) -> usize {
        ptr::from_ref(self).addr()
    }

    /// The clock that the buffer measures waits with.
    pub const fn clock(&self) -> &L::Clock {
        &self.clock
    }

    /// State and counts, as one consistent snapshot.
    #[must_use]
    pub fn metrics(&self) -> BufferMetrics {
        self.lock.with(|state| {
            let waiting_consumers = state.log.cursors_mut().iter_mut().map(|cursor| cursor.waiting.len()).sum();
            BufferMetrics {
                capacity: state.log.capacity(),
                occupancy: state.log.occupancy(),
                counters: state.log.counters(),
                cursors: state.log.cursor_count(),
                waiting_producers: state.senders.len() + state.onlookers.count(|ticket| ticket.slot == Some(SLOTLESS)),
                waiting_consumers,
                slowest: state.log.slowest(),
                closed: state.log.is_closed(),
            }
        })
    }

    /// The counts of one cursor.
    #[must_use]
    pub fn reader_metrics(&self, cursor: CursorId) -> ReaderMetrics {
        self.lock
            .with(|state| ReaderMetrics { id: state.log.serial(cursor), counters: state.log.cursor_counters(cursor) })
    }

    /// A number for the cursor that is never used again.
    #[cfg(feature = "alloc")]
    pub(crate) fn reader_id(&self, cursor: CursorId) -> u64 {
        self.lock.look(|state| state.log.serial(cursor))
    }

    /// Puts a value into a slot.
    #[inline(always)]
    fn fill(&self, claim: &Claim, value: T) {
        self.slots.brings(claim, &value);
        self.slots.cell(claim.0).fill(claim, value);
    }

    // ---- values that nobody will read ----------------------------------------------------

    /// Moves a value out of its slot and gives the slot back.
    fn take_out(&self, owned: Owned) -> T {
        let value = self.slots.cell(owned.0).empty(&owned);
        self.give_back(owned);
        value
    }

    /// Gives back a slot that was emptied.
    pub(crate) fn give_back(&self, owned: Owned) {
        let awaited = self.lock.with(|state| {
            state.log.release(owned.0);
            !state.onlookers.is_empty()
        });
        if awaited {
            self.slots_freed(1);
        }
    }

    /// The same in a lock hold, for a value that is moved there.
    fn take_out_inside(
        &self,
        state: &mut State<L::Storage>,
        doomed: Doomed,
        after: &mut Aftermath<'_, T, L>,
    ) -> (T, Option<DropCause>) {
        let value = self.slots.cell(doomed.owned.0).empty(&doomed.owned);
        state.log.release(doomed.owned.0);
        after.slot_freed(state);
        (value, doomed.cause)
    }

    /// Wakes as many senders as there are slots that were given back, if they wait for one.
    #[cold]
    fn slots_freed(&self, slots: usize) {
        // Bounded by the slots, and by those who wait.
        for _ in 0..slots {
            let Some(waker) = self.lock.with(State::pop_slotless) else { return };
            waker.wake();
        }
    }

    /// Disposes of one value: its slot is given back first, so a drop that panics costs nothing.
    fn dispose(&self, doomed: Option<Doomed>) {
        let Some(Doomed { owned, cause }) = doomed else { return };
        self.dispose_value(self.take_out(owned), cause);
    }

    pub(crate) fn dispose_value(&self, value: T, cause: Option<DropCause>) {
        match cause {
            Some(cause) => self.code.dropped(value, cause),
            None => drop(value),
        }
    }

    /// Disposes of all values that wait for it and says how many. If one's drop panics, the others
    /// are disposed of on the way out.
    fn dispose_all(&self) -> usize {
        struct Rest<'a, T, L: Layout<T>>(&'a Shell<T, L>);
        impl<T, L: Layout<T>> Drop for Rest<'_, T, L> {
            fn drop(&mut self) {
                self.0.dispose_all();
            }
        }
        let mut disposed = 0;
        let next = || self.lock.with(|state| Some(L::let_go(&self.lock, state.log.next_doomed()?)));
        // Bounded by the values that were doomed; one that is doomed meanwhile joins them.
        while let Some(doomed) = next() {
            let rest = Rest(self);
            self.dispose(doomed);
            core::mem::forget(rest);
            disposed += 1;
        }
        disposed
    }
}

impl<T, L: Layout<T>> Drop for Shell<T, L> {
    fn drop(&mut self) {
        // No reader, sender or look outlives the shell. What is left is dropped without the hook:
        // nobody refused it, and nobody is there to be told.
        struct Rest<'a, T, L: Layout<T>>(&'a Shell<T, L>);
        impl<T, L: Layout<T>> Rest<'_, T, L> {
            fn drop_all(&self) {
                let next = || {
                    self.0.lock.with(|state| {
                        state.log.discard_oldest();
                        state.log.next_doomed()
                    })
                };
                while let Some(doomed) = next() {
                    drop(self.0.slots.cell(doomed.owned.0).empty(&doomed.owned));
                }
            }
        }
        impl<T, L: Layout<T>> Drop for Rest<'_, T, L> {
            fn drop(&mut self) {
                self.drop_all();
            }
        }
        let rest = Rest(self);
        rest.drop_all();
    }
}
