//! A place of the table: its two words, and what they say.

use core::cell::UnsafeCell;

#[cfg(not(loom))]
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};
#[cfg(loom)]
use loom::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use aimdb_core::waiting::fork_generation;

use crate::status::Status;

pub(super) const ONE_PIN: u64 = 1;
pub(super) const PINS: u64 = (1 << 29) - 1;
/// A call has met a fault: those to come are refused.
pub(super) const POISONED: u64 = 1 << 29;
pub(super) const DEAD: u64 = 1 << 30;
pub(super) const RETIRED: u64 = 1 << 31;
pub(super) const ONE_GENERATION: u64 = 1 << 32;
pub(super) const GENERATION: u64 = !(ONE_GENERATION - 1);

/// Of the other word: a thread is in a call that wants the object for itself; none will be any more.
pub(super) const HELD: u64 = 1;
pub(super) const CLOSED: u64 = 2;

/// An exhaustive model has few places.
pub(super) const CHUNK: usize = if cfg!(loom) { 2 } else { 256 };

pub(super) struct Chunk<T> {
    pub(super) places: [Place<T>; CHUNK],
}

/// On a line of its own: two threads that use two handles do not meet.
#[repr(align(64))]
pub(super) struct Place<T> {
    pub(super) state: AtomicU64,
    pub(super) hold: AtomicU64,
    pub(super) next_free: AtomicU32,
    /// How often this process had been forked when the object was put here.
    pub(super) process: AtomicU32,
    pub(super) object: UnsafeCell<Option<T>>,
}

impl<T> Chunk<T> {
    pub(super) fn new() -> Self {
        let place = |_| Place {
            state: AtomicU64::new(ONE_GENERATION | DEAD),
            hold: AtomicU64::new(CLOSED),
            next_free: AtomicU32::new(0),
            process: AtomicU32::new(0),
            object: UnsafeCell::new(None),
        };
        Self { places: core::array::from_fn(place) }
    }
}

impl<T> Place<T> {
    /// Whether a call with this handle may go on, with the state that it found.
    #[inline(always)]
    pub(super) fn is_fine(&self, handle: u64, state: u64) -> bool {
        state & !PINS == handle & GENERATION && self.process.load(Ordering::Relaxed) == fork_generation()
    }

    /// Why it may not.
    #[cold]
    pub(super) fn refusal(&self, handle: u64, state: u64) -> Status {
        if (state ^ handle) & GENERATION != 0 || state & (DEAD | RETIRED) != 0 {
            Status::BAD_HANDLE
        } else if self.process.load(Ordering::Relaxed) != fork_generation() {
            Status::FORKED_CHILD
        } else {
            Status::POISONED
        }
    }

    /// Why nobody gets a grip with this handle, with the word that was found.
    #[cold]
    pub(super) fn why_not_held(&self, handle: u64, found: u64) -> Status {
        // Of another generation; or closed, which is what was freed, or of a kind that is not held.
        if found & !HELD != handle & GENERATION {
            return Status::BAD_HANDLE;
        }
        let state = self.state.load(Ordering::Acquire);
        if self.is_fine(handle, state) { Status::BUSY } else { self.refusal(handle, state) }
    }

    /// From now on, calls with the handle are refused. Called by whoever keeps the object.
    pub(super) fn poison(&self) {
        self.state.fetch_or(POISONED, Ordering::Relaxed);
    }

    /// # Safety
    ///
    /// The caller has a pin that was not refused, or a grip.
    #[inline(always)]
    pub(super) unsafe fn object(&self) -> &T {
        // SAFETY: the place was alive when the pin was counted, or when the grip was taken by the word that has a
        // pin, and the object stays while pins are; it was put there before either could be.
        let object = unsafe { &*self.object.get() };
        // SAFETY: as above: it is taken out when no pin is left.
        unsafe { object.as_ref().unwrap_unchecked() }
    }
}
