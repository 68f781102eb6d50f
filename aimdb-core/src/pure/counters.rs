//! What a record counts. Kept under the record's lock, so a snapshot is never torn.

use super::Zero;

/// Counts of one record since it was made.
///
/// `offered() = accepted + refused + timed_out` always holds. Counting follows acceptance: a value
/// that waits for space is not yet counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Values that were stored.
    pub accepted: u64,
    /// Values that were not stored: full, closed, or dropped as the newest.
    pub refused: u64,
    /// Values whose sender gave up: its deadline passed, or its future was dropped.
    pub timed_out: u64,
    /// Stored values that made room for a newer one, read or not.
    pub overwritten: u64,
    /// Of the refused: those that `DropNewest` dropped while their sender was told `Ok`.
    pub dropped_newest: u64,
    /// Of the accepted: those that were degraded first.
    pub degraded: u64,
    /// Stored values that `abort` or the end of the last reader of a closed record discarded.
    pub aborted: u64,
    /// Values handed to readers, over all cursors that ever were.
    pub delivered: u64,
    /// Values missed because they were overwritten or discarded, over all cursors that ever were.
    /// A cursor's loss is added here when it is found out: at its next read, or when it leaves.
    pub lagged: u64,
    /// Of the delivered: those whose `clone` panicked, so that the caller did not get them.
    pub clone_panics: u64,
    /// Episodes in which a sender stood in the queue for space. One that looked for up to 50 µs, or 250 beside
    /// several readers that read on, and found some is none.
    pub blocked: u64,
    /// The length of those episodes that have ended, in nanoseconds.
    pub blocked_ns: u64,
}

impl Counters {
    /// Values that were offered and whose fate is known.
    #[must_use]
    pub const fn offered(&self) -> u64 {
        self.accepted + self.refused + self.timed_out
    }
}

/// Those of a record's counts that are not told by something else, and that it keeps whether or not it has readers.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    /// See [`Counters`], as the others of the same name.
    pub refused: u64,
    /// Values whose sender gave up.
    pub timed_out: u64,
    /// Stored values that made room for a newer one.
    pub overwritten: u64,
    /// Values that the policy dropped as the newest, or degraded: no policy does both.
    pub by_policy: u64,
    /// Stored values that were discarded.
    pub aborted: u64,
    /// Values whose `clone` panicked. One may look at a value without a cursor.
    pub clone_panics: u64,
    /// Episodes of waiting.
    pub blocked: u64,
    /// Their length.
    pub blocked_ns: u64,
}

impl Counts {
    /// Nothing yet.
    pub(super) const NEW: Self = Self {
        refused: 0,
        timed_out: 0,
        overwritten: 0,
        by_policy: 0,
        aborted: 0,
        clone_panics: 0,
        blocked: 0,
        blocked_ns: 0,
    };
}

/// What is counted over all cursors that ever were: nothing before the first of them, so it is kept beside them.
#[derive(Debug, Clone, Copy)]
pub struct Readers {
    pub(super) delivered: u64,
    pub(super) lagged: u64,
    /// How many there were.
    pub(super) serials: u64,
    /// How many there are.
    pub(super) live: u32,
    /// What storey 2 counts here; see [`super::Log::noted_of_readers`].
    pub(super) noted: u32,
}

impl Zero for Readers {
    const ZERO: Self = Self { delivered: 0, lagged: 0, serials: 0, live: 0, noted: 0 };
}

/// Counts of one cursor. `accepted = delivered + lagged + skipped + readable` always holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CursorCounters {
    /// Values that the record accepted since this cursor was made, and those it started with.
    pub accepted: u64,
    /// Values handed to this cursor's readers.
    pub delivered: u64,
    /// Values that it missed because they were overwritten or discarded, told or not yet told.
    pub lagged: u64,
    /// Values that its readers passed over on purpose (`latest`).
    pub skipped: u64,
    /// Values that it can still read.
    pub readable: u64,
}
