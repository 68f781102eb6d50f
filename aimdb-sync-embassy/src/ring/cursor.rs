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

/// What a cursor has counted, to be looked at outside.
#[derive(Clone, Copy)]
pub(super) struct Counted {
    next: u32,
    first: u32,
    pub(super) lagged: u32,
    pub(super) skipped: u32,
}

/// No place: there are not as many.
pub(super) const NO_PLACE: u32 = u8::MAX as u32;

/// What a reader of a large value has taken.
#[derive(Clone, Copy)]
pub(super) struct Taken {
    position: u32,
    place: u32,
    /// How often positions had wrapped, or less: it was asked before.
    laps: u32,
}

impl Cursor {
    /// One that is free.
    pub(super) const fn new() -> Self {
        Self { next: 0, first: 0, lagged: 0, skipped: 0, shares: 0, readers: Waiters::new() }
    }

    /// What it has counted.
    #[inline(always)]
    pub(super) const fn counted(&self) -> Counted {
        Counted { next: self.next, first: self.first, lagged: self.lagged, skipped: self.skipped }
    }

    /// A value of its was overwritten while it was copied.
    #[inline(always)]
    pub(super) const fn miss(&mut self) {
        self.lagged = self.lagged.wrapping_add(1);
    }

    #[inline(always)]
    pub(super) const fn share(&mut self) {
        // One whose consumers were forgotten so often is never free again.
        self.shares = self.shares.saturating_add(1);
    }

    /// One of its readers leaves. Says whether it is the last: then the cursor, which nobody else touches any more, is to
    /// be counted by [`super::state::State::hand_over`] and [`super::state::State::free`], which make it free.
    #[inline(always)]
    pub(super) const fn leave(&mut self) -> bool {
        let left = self.shares;
        // One that nobody has stays so, and so does one whose consumers were forgotten so often. The last one's is as that
        // until it is free: whoever gives it back once more meanwhile does nothing.
        match left {
            0 | u32::MAX => {}
            1 => self.shares = u32::MAX,
            _ => self.shares = left - 1,
        }
        left == 1
    }
}

impl Counted {
    /// How many values were accepted since it began.
    pub(super) const fn accepted(&self, behind: u32) -> u32 {
        self.next.wrapping_sub(self.first).wrapping_add(behind)
    }

    /// How many values its readers got.
    #[inline(always)]
    pub(super) const fn delivered(&self) -> u32 {
        self.next.wrapping_sub(self.first).wrapping_sub(self.lagged).wrapping_sub(self.skipped)
    }
}

impl Taken {
    /// What [`super::order::take`] has said, and how often positions had wrapped before that.
    #[inline(always)]
    pub(super) const fn new((position, place): (u32, u32), laps: u32) -> Self {
        Self { position, place, laps }
    }

    /// The place, if there was a value.
    #[inline(always)]
    pub(super) const fn place(self) -> Option<u32> {
        if self.place == NO_PLACE { None } else { Some(self.place) }
    }

    /// Whether the place was of the ring all the time until the end was there. Should the positions have wrapped
    /// meanwhile, it is said to have been missed, whether it was or not: that is once in four billion values, and only
    /// for whoever copies one just then.
    #[inline(always)]
    pub(super) const fn is_whole(self, places: u32, (end, laps): (u32, u32)) -> bool {
        end.wrapping_sub(self.position) <= places && laps == self.laps
    }
}
