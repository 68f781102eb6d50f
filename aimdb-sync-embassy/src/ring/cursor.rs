//! How far a reader of a ring is, and what it takes.

use crate::lean::Waiters;

/// A place of the sequence that one or more readers share.
pub(super) struct Cursor {
    /// The position that is read next.
    pub(super) next: u32,
    /// Where it began.
    pub(super) first: u32,
    /// Of what it has passed: what was overwritten before, and what was passed over on purpose.
    pub(super) lagged: u32,
    pub(super) skipped: u32,
    /// Readers that share it; 0 for one that is free.
    pub(super) shares: u32,
    pub(super) readers: Waiters,
}

/// No place: there are not as many.
pub(super) const NO_PLACE: u32 = u8::MAX as u32;

/// What a reader of a large value has taken: its position, its place, and how often positions had wrapped. In two
/// words, which come out of a section in registers.
#[derive(Clone, Copy)]
pub(super) struct Taken(pub(super) u32, pub(super) u32);

impl Cursor {
    /// One that is free.
    pub(super) const fn new() -> Self {
        Self { next: 0, first: 0, lagged: 0, skipped: 0, shares: 0, readers: Waiters::new() }
    }

    /// How many values were accepted since it began.
    pub(super) const fn accepted(&self, behind: u32) -> u32 {
        self.next.wrapping_sub(self.first).wrapping_add(behind)
    }

    /// How many values its readers got.
    pub(super) const fn delivered(&self) -> u32 {
        self.next.wrapping_sub(self.first).wrapping_sub(self.lagged).wrapping_sub(self.skipped)
    }
}

impl Taken {
    /// The place, if there was a value.
    #[inline(always)]
    pub(super) const fn place(self) -> Option<u32> {
        let place = self.1 & u8::MAX as u32;
        if place == NO_PLACE { None } else { Some(place) }
    }

    /// Whether the place was of the ring all the time until the end was there. Should the positions have wrapped
    /// meanwhile, it is said to have been missed, whether it was or not: that is once in four billion values, and only
    /// for whoever copies one just then.
    #[inline(always)]
    pub(super) const fn is_whole<const N: usize>(self, (end, laps): (u32, u32)) -> bool {
        end.wrapping_sub(self.0) <= N as u32 && laps << 8 == self.1 & !(u8::MAX as u32)
    }
}
