//! Whether a lane pays, and what the time is for those who measure it.

#[cfg(not(any(loom, shuttle)))]
use crate::waiting::{Clock, SystemClock};

#[cfg(not(any(loom, shuttle)))]
pub(super) fn now() -> u64 {
    SystemClock.now()
}

/// A model's clock moves on at each look, and says nothing of cost.
#[cfg(any(loom, shuttle))]
pub(super) const fn now() -> u64 {
    0
}

/// When to open the lane again. Each time that it was closed before it had carried much, it stays
/// closed for twice as many lock holds; for eight times as many when it had carried next to nothing, as
/// where somebody waits for each value.
#[derive(Debug)]
pub(super) struct Patience {
    holds: u32,
    last: u32,
    eager: bool,
}

impl Patience {
    /// A lane that carried as many values between opening and closing has paid for both, unless the
    /// closing took longer than they saved.
    const PAYS: u64 = 32;
    const SAVES_NS: u64 = 16;
    const NEXT_TO_NOTHING: u64 = 4;
    /// More than the lock holds of any one call, so that none opens the lane for itself.
    const LEAST: u32 = 16;
    const MOST: u32 = 1024;

    /// An `eager` lane is opened again at once: for those who look at the lane, not at what it saves.
    pub(super) const fn new(eager: bool) -> Self {
        Self { holds: 0, last: 0, eager }
    }

    /// The lane was closed, which took `cost_ns`.
    pub(super) fn closed_after(&mut self, moved: u64, cost_ns: u64) {
        let pays = self.eager || moved >= Self::PAYS.max(cost_ns / Self::SAVES_NS);
        let longer = if moved < Self::NEXT_TO_NOTHING { 8 } else { 2 };
        self.last = if pays { 0 } else { (self.last * longer).clamp(Self::LEAST, Self::MOST) };
        self.holds = self.last;
    }

    pub(super) const fn opens(&mut self) -> bool {
        self.holds = self.holds.saturating_sub(1);
        self.holds == 0
    }
}
