//! What a record and its cursors have counted. What something else tells is found here, not kept.

use super::{CursorId, Log, Storage};
use crate::pure::{Beside, Counters, Counts, CursorCounters, Kind, Policy, Readers};

impl<W, S: Storage<W>> Log<W, S> {
    /// Cursors that live.
    pub fn cursor_count(&self) -> usize {
        self.live_cursors() as usize
    }

    pub(super) fn live_cursors(&self) -> u32 {
        self.cursors.beside().live
    }

    /// What the record has counted.
    pub fn counters(&self) -> Counters {
        let Counts { refused, timed_out, overwritten, by_policy, aborted, clone_panics, blocked, blocked_ns } =
            self.counts;
        let Readers { delivered, lagged, .. } = *self.cursors.beside();
        let by = |policy| if self.kind == Kind::Bounded(policy) { by_policy } else { 0 };
        Counters {
            // Each has had a number.
            accepted: self.next_number().wrapping_add(u64::from(self.before_zero)),
            refused,
            timed_out,
            overwritten,
            dropped_newest: by(Policy::DropNewest),
            degraded: by(Policy::DegradeQuality),
            aborted,
            delivered,
            lagged,
            clone_panics,
            blocked,
            blocked_ns,
        }
    }

    /// Counts values that cursors were handed, and those that they missed.
    pub(super) fn count_readers(&mut self, delivered: u64, lagged: u64) {
        // There is a cursor, so there is a place for it.
        if let Some(readers) = self.cursors.beside_mut() {
            readers.delivered += delivered;
            readers.lagged += lagged;
        }
    }

    /// What storey 2 counts over all cursors; the machine never looks at it. Nothing before the first of them.
    pub fn noted_of_readers(&self) -> u32 {
        self.cursors.beside().noted
    }

    /// The same, to be changed where there is a cursor.
    pub fn noted_of_readers_mut(&mut self) -> Option<&mut u32> {
        self.cursors.beside_mut().map(|readers| &mut readers.noted)
    }

    /// The cursor's counts.
    pub fn cursor_counters(&self, id: CursorId) -> CursorCounters {
        let cursor = self.cursor(id);
        let untold = self.head.wrapping_sub(cursor.next) as i64;
        let untold = untold.max(0) as u64;
        let end = self.next_number();
        CursorCounters {
            // Each value that it has passed was delivered, missed or skipped.
            accepted: end.wrapping_sub(cursor.next) + cursor.delivered + cursor.lagged + cursor.skipped,
            delivered: cursor.delivered,
            lagged: cursor.lagged + untold,
            skipped: cursor.skipped,
            readable: end.wrapping_sub(cursor.next) - untold,
        }
    }

    /// A number for the cursor that is never used again on this record.
    pub fn serial(&self, id: CursorId) -> u64 {
        self.cursor(id).serial
    }

    /// The cursor that is furthest behind, as its serial and the values that it has not read.
    pub fn slowest(&self) -> Option<(u64, u64)> {
        let end = self.next_number();
        let live = self.cursors.as_ref().iter().filter(|cursor| cursor.shares > 0);
        live.map(|cursor| (cursor.serial, end.wrapping_sub(cursor.next))).max_by_key(|&(_, behind)| behind)
    }
}
