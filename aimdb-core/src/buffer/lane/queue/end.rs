//! What an end of a queue goes by: where its places lie, and up to where it need not look at the other end.
#![allow(unsafe_code)]

use core::cell::Cell;
use core::{ptr, slice};

#[cfg(not(any(loom, shuttle)))]
use core::sync::atomic::{AtomicU64, Ordering};
#[cfg(loom)]
use loom::sync::atomic::{AtomicU64, Ordering};
#[cfg(all(shuttle, not(loom)))]
use shuttle::sync::atomic::{AtomicU64, Ordering};

use crate::buffer::lane::Machine;
use crate::pure::Entry;

/// A word that one end writes and the other reads now and then, on a cache line of its own.
#[derive(Debug)]
#[repr(align(128))]
pub(super) struct Count(pub(super) AtomicU64);

impl Count {
    pub(super) fn new() -> Self {
        Self(AtomicU64::new(0))
    }
}

/// Where an end is that looks at the other one's count, as its own said some looks ago: the other end waits for that, and
/// each look at it would take its line away.
#[derive(Debug, Default)]
pub(in crate::buffer::lane) struct OwnCount {
    at: Cell<u64>,
    looks: Cell<u32>,
}

impl OwnCount {
    /// After so many it looks again: the lane may have been closed and opened, and counts anew.
    const LOOKS: u32 = 32;

    pub(super) fn get(&self, count: &Count) -> u64 {
        let looks = self.looks.get();
        if looks == 0 {
            self.at.set(count.0.load(Ordering::Relaxed));
        }
        self.looks.set((looks + 1) % Self::LOOKS);
        self.at.get()
    }
}

/// What an end works with: what it wants for each value first.
#[derive(Debug)]
#[repr(C)]
pub(super) struct End {
    /// The places, as seen from where the count began: that of the value `at` is `lap + at`, until
    /// `lap_end`.
    lap: *const Entry,
    /// Values that it has passed. Its count says so, too, but the other end, which looks at that, takes the line of it
    /// away each time.
    pub(super) at: u64,
    /// The lesser of what was seen and the piece's end: up to here it need not look.
    pub(super) until: u64,
    /// Where the piece of the lap ends for which it has the values come ahead.
    pub(super) piece_end: u64,
    /// Where the other end stops it, as that was last seen; or less, where that is before the piece's end.
    pub(super) seen: u64,
    lap_end: u64,
    pub(super) capacity: u64,
    /// Sends that were refused.
    pub(super) refused: u64,
}

// SAFETY: the places belong to the record, whose lane this is an end of; they are read only from
// inside, while the doors are open and nobody changes them.
unsafe impl Send for End {}

impl End {
    pub(super) const fn new() -> Self {
        Self { lap: ptr::null(), lap_end: 0, at: 0, piece_end: 0, seen: 0, until: 0, capacity: 0, refused: 0 }
    }

    /// An end that has passed `at` values, fewer than twice the capacity, and may pass those before `seen`.
    pub(super) fn at(log: &Machine, at: u64, seen: u64) -> Self {
        let capacity = log.capacity() as u64;
        let lap = log.places().as_ptr();
        // Where its piece ends it sees when it looks.
        let mut end = Self { lap, lap_end: capacity, at, piece_end: at, seen, until: at, capacity, refused: 0 };
        if at >= capacity {
            end.turn();
        }
        end
    }

    /// Goes round.
    #[inline(always)]
    const fn turn(&mut self) {
        self.lap = self.lap.wrapping_sub(self.capacity as usize);
        self.lap_end += self.capacity;
    }

    /// Looks how far it may go on, in pieces of so many values, and says whether it may at all. The other end has
    /// passed `other` values and stops this one `ahead` of that.
    #[inline(always)]
    pub(super) fn look(&mut self, at: u64, other: &Count, ahead: u64, piece: u64) -> bool {
        if at == self.piece_end {
            core::hint::cold_path();
            if at == self.lap_end {
                self.turn();
            }
            self.piece_end = self.lap_end.min(at + piece);
            if self.seen > at {
                self.until = self.seen.min(self.piece_end);
                return true;
            }
        }
        // Acquire: the places that were emptied are empty, those that were filled are full.
        let seen = other.0.load(Ordering::Acquire) + ahead;
        if at == seen {
            return false;
        }
        // What lies within the piece is kept as `until` alone.
        let mut until = seen;
        if seen > self.piece_end {
            core::hint::cold_path();
            self.seen = seen;
            until = self.piece_end;
        }
        self.until = until;
        true
    }

    /// How many values there are from `at` on as far as was seen, in this piece and the next of the lap.
    #[inline(always)]
    pub(super) fn ahead(&self, at: u64, piece: u64) -> u64 {
        self.seen.max(self.until).min(self.piece_end + piece).min(self.lap_end) - at
    }

    #[inline(always)]
    pub(super) fn slot(&self, at: u64) -> u32 {
        // SAFETY: `at` is before the end of the lap, so its place is one of the window's, as many were
        // laid out when the doors were opened, and nobody changes them while they are open.
        unsafe { (*self.lap.wrapping_add(at as usize)).slot() }
    }

    /// The places from `at` on, up to `before`, as far as they lie in one piece.
    pub(super) fn places(&mut self, at: u64, before: u64) -> &[Entry] {
        if at == self.lap_end {
            self.turn();
        }
        let count = before.min(self.lap_end) - at;
        // SAFETY: as for `slot`; they end with the lap.
        unsafe { slice::from_raw_parts(self.lap.wrapping_add(at as usize), count as usize) }
    }
}
