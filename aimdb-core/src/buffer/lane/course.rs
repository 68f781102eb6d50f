//! When a lane is opened and closed.

use super::ends::CursorEnds;
use super::patience::{Patience, now};
use super::plan::Plan;
use super::{Lane, Machine};
use crate::buffer::State;
use crate::buffer::table::HeapStorage;

/// Steps of laying out a window in a lock hold.
const STEPS: usize = 8;

/// How the lane is, for whoever holds the lock.
pub(super) struct Course {
    pub(super) open: bool,
    patience: Patience,
    pub(super) cursors: CursorEnds,
    /// Values before this number have their stamps.
    pub(super) stamped: u64,
}

impl Course {
    /// Of a lane that was not yet opened.
    pub(super) fn new(plan: Plan, patience: Patience) -> Self {
        Self { open: false, patience, cursors: plan.cursors(), stamped: 0 }
    }

    /// Keeps the ends out, if they may go in. `counts` says that it tells whether the lane pays.
    pub(super) fn close(&mut self, lane: &Lane, log: &mut Machine, counts: bool) {
        if self.open {
            self.open = false;
            let begun = now();
            let moved = lane.close(log, self);
            if counts {
                self.patience.closed_after(moved, now().saturating_sub(begun));
            }
        }
    }

    /// Lets the ends in, if the record is in its usual state and that pays.
    pub(super) fn open(&mut self, lane: &Lane, state: &mut State<HeapStorage>) {
        if lane.may_open(state.log(), self)
            && state.nobody_waits()
            && self.patience.opens()
            && state.log_mut().lay_out(STEPS)
        {
            self.cursors.gather(state.log(), lane.always_here());
            self.open = lane.open(state.log_mut(), self);
        }
    }
}
