//! The records of a database, by key.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::erased::ErasedRecord;

/// The records in order of their keys, each once. They are all there from the start, so a sorted
/// array finds a key as fast as a tree would, and keeps nothing but the records: each knows its key.
pub(super) struct Records(Box<[ErasedRecord]>);

impl Records {
    /// Puts the records in order.
    pub(super) fn new(mut records: Vec<ErasedRecord>) -> Self {
        // No two are the same, and other sorts allocate.
        records.sort_unstable_by(|one, other| one.key().cmp(other.key()));
        debug_assert!(records.windows(2).all(|pair| pair[0].key() < pair[1].key()), "the graph finds duplicates");
        Self(records.into_boxed_slice())
    }

    /// The record with this key.
    pub(super) fn get(&self, key: &str) -> Option<&ErasedRecord> {
        let at = self.0.binary_search_by(|record| record.key().as_str().cmp(key));
        at.ok().map(|at| &self.0[at])
    }

    /// All records, ordered by key.
    pub(super) fn iter(&self) -> impl Iterator<Item = &ErasedRecord> {
        self.0.iter()
    }
}
