//! What the database tells about its records.

use alloc::string::String;

use super::RecordKey;
use crate::buffer::{BufferCfg, BufferMetrics};
use crate::pure::Kind;

/// A record's description.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordInfo {
    /// Its key.
    pub key: RecordKey,
    /// The type of its values.
    pub type_name: &'static str,
    /// What its buffer is; `None` for a buffer of the user's own that does not say.
    pub cfg: Option<BufferCfg>,
}

impl RecordInfo {
    /// The kind of the record, if its buffer is of one.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        self.cfg.map(|cfg| cfg.kind())
    }
}

/// A record's state and counts at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecordStats {
    /// The record.
    pub record: RecordInfo,
    /// What its buffer has counted, as one consistent snapshot.
    pub buffer: BufferMetrics,
    /// Its cursor that is furthest behind; on a record that gates, the one that holds it up.
    pub slowest: Option<SlowestCursor>,
}

/// The cursor of a record that is furthest behind.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SlowestCursor {
    /// Its id, unique on its record.
    pub id: u64,
    /// How many values it has not yet read.
    pub unread: u64,
    /// Whose it is: a service by its name, a consumer by where in the program it was made; empty if
    /// it left meanwhile.
    pub name: String,
}

/// A thread that sleeps in a call on a record.
#[cfg(feature = "std")]
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Blocked {
    /// The record.
    pub record: RecordKey,
    /// Who sleeps, for how long, and what it waits for.
    pub sleeper: crate::waiting::Sleeper,
}
