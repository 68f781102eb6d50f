//! Values that know whether they were dropped exactly once (contract K7).

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Default)]
struct Book {
    made: u64,
    alive: BTreeSet<u64>,
}

/// Knows every value that it made, and every clone of one. Not seen by the model checker.
#[derive(Clone, Default)]
pub struct Ledger(Arc<Mutex<Book>>);

/// A value. Two are equal when one is a clone of the other.
pub struct Tag {
    /// What it was made as.
    pub id: u32,
    serial: u64,
    ledger: Ledger,
    _ballast: [u8; BALLAST],
}

/// Small values are moved under the lock, large ones outside it; the feature `large` chooses.
const BALLAST: usize = if cfg!(feature = "large") { 512 } else { 0 };

impl Ledger {
    /// A value.
    pub fn tag(&self, id: u32) -> Tag {
        let serial = self.with(|book| {
            book.made += 1;
            book.alive.insert(book.made);
            book.made
        });
        Tag { id, serial, ledger: self.clone(), _ballast: [0; BALLAST] }
    }

    /// Runs a scenario and then looks whether each of its values was dropped.
    pub fn audit(scenario: impl FnOnce(&Self)) {
        let ledger = Self::default();
        scenario(&ledger);
        let alive = ledger.with(|book| book.alive.len());
        assert_eq!(alive, 0, "K7: each value is dropped");
    }

    fn with<R>(&self, entry: impl FnOnce(&mut Book) -> R) -> R {
        entry(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Clone for Tag {
    fn clone(&self) -> Self {
        assert!(self.ledger.with(|book| book.alive.contains(&self.serial)), "only a living value is cloned");
        self.ledger.tag(self.id)
    }
}

impl Drop for Tag {
    fn drop(&mut self) {
        let was_alive = self.ledger.with(|book| book.alive.remove(&self.serial));
        assert!(was_alive, "K7: a value is dropped once");
    }
}

impl core::fmt::Debug for Tag {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}", self.id)
    }
}
