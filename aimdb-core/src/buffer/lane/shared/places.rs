//! Which slot lies at which place of the window, while the ends of a lane may change that.
//!
//! The writing end changes it, readers look meanwhile. What a reader finds may be late: then the slot
//! holds another value than it came for, and it looks again.
#![allow(unsafe_code)]

#[cfg(not(loom))]
use core::ptr;
#[cfg(not(loom))]
use core::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

#[cfg(loom)]
use alloc::vec::Vec;
#[cfg(loom)]
use loom::sync::atomic::{AtomicU32, Ordering};

use crate::buffer::lane::Machine;
#[cfg(not(loom))]
use crate::pure::Entry;
use crate::pure::TableFull;

/// The machine's own places, changed where they are.
#[cfg(not(loom))]
#[derive(Debug)]
pub(super) struct Places(AtomicPtr<Entry>);

#[cfg(not(loom))]
impl Places {
    #[expect(clippy::unnecessary_wraps, reason = "a model needs memory")]
    pub(super) const fn new(_capacity: usize) -> Result<Self, TableFull> {
        Ok(Self(AtomicPtr::new(ptr::null_mut())))
    }

    /// The slot at a place, told to the ends of the lane, inside their doors.
    #[inline]
    pub(super) fn slot(&self, at: usize) -> u32 {
        self.at(at).load(Ordering::Relaxed)
    }

    /// Puts another slot there. For the writing end.
    pub(super) fn put(&self, at: usize, slot: u32) {
        self.at(at).store(slot, Ordering::Relaxed);
    }

    #[inline]
    fn at(&self, at: usize) -> &AtomicU32 {
        let first = self.0.load(Ordering::Relaxed);
        // SAFETY: an end is inside, so its door is open and has published the places: as many as the
        // capacity were laid out, `at` is below it, and while the doors are open they stay where they are and
        // are accessed here only.
        unsafe { AtomicU32::from_ptr(Entry::slot_of(first.add(at))) }
    }

    /// Called under the record's lock before the doors are opened, with the window laid out.
    pub(super) fn lay_open(&self, log: &mut Machine) {
        self.0.store(log.places_mut().as_mut_ptr(), Ordering::Relaxed);
    }

    /// Called under the record's lock when the doors were shut and nobody is inside.
    pub(super) const fn take_back(&self, _log: &mut Machine) {}
}

/// A copy of the places: a model checker has no atomics in memory that is not its own.
#[cfg(loom)]
#[derive(Debug)]
pub(super) struct Places(Vec<AtomicU32>);

#[cfg(loom)]
impl Places {
    pub(super) fn new(capacity: usize) -> Result<Self, TableFull> {
        Ok(Self((0..capacity).map(|_| AtomicU32::new(0)).collect()))
    }

    pub(super) fn slot(&self, at: usize) -> u32 {
        self.0[at].load(Ordering::Relaxed)
    }

    pub(super) fn put(&self, at: usize, slot: u32) {
        self.0[at].store(slot, Ordering::Relaxed);
    }

    pub(super) fn lay_open(&self, log: &mut Machine) {
        for (copy, place) in self.0.iter().zip(log.places_mut()) {
            copy.store(place.slot(), Ordering::Relaxed);
        }
    }

    pub(super) fn take_back(&self, log: &mut Machine) {
        for (copy, place) in self.0.iter().zip(log.places_mut()) {
            place.put(copy.load(Ordering::Relaxed));
        }
    }
}
