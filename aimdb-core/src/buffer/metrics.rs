//! What a buffer and a reader tell about themselves, as consistent snapshots.

use crate::pure::{Counters, CursorCounters};

/// A buffer's state and counts at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct BufferMetrics {
    /// Values that the buffer holds at most.
    pub capacity: usize,
    /// Values that it holds now; never above the capacity.
    pub occupancy: usize,
    /// What it has counted since it was made.
    pub counters: Counters,
    /// Cursors that read it.
    pub cursors: usize,
    /// Senders that wait for space.
    pub waiting_producers: usize,
    /// Readers that wait for a value.
    pub waiting_consumers: usize,
    /// The cursor that is furthest behind: its id, and how many values it has not yet read.
    pub slowest: Option<(u64, u64)>,
    /// Whether the buffer was closed.
    pub closed: bool,
}

/// A cursor's counts at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ReaderMetrics {
    /// The cursor's id, unique on its buffer.
    pub id: u64,
    /// What it has counted since it was made.
    pub counters: CursorCounters,
}
