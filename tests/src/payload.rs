//! A value that can be told from every other, and a ledger of what became of it.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

const ALIVE: u32 = 0x00A1_1FE0;
const DEAD: u32 = 0x00DE_AD00;

/// Counts what was made of a payload and what was dropped.
#[derive(Debug, Default)]
pub struct Ledger {
    made: AtomicU64,
    cloned: AtomicU64,
    dropped: AtomicU64,
    faults: AtomicU64,
}

impl Ledger {
    /// An empty ledger.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// A value with this tag.
    #[must_use]
    pub fn item(self: &Arc<Self>, tag: u64) -> Item {
        self.made.fetch_add(1, Ordering::Relaxed);
        Item { tag, degraded: false, state: AtomicU32::new(ALIVE), ledger: Arc::clone(self) }
    }

    /// Values, clones included, that are not yet dropped.
    #[must_use]
    pub fn alive(&self) -> u64 {
        let made = self.made.load(Ordering::SeqCst) + self.cloned.load(Ordering::SeqCst);
        made - self.dropped.load(Ordering::SeqCst)
    }

    /// Clones that were made.
    #[must_use]
    pub fn cloned(&self) -> u64 {
        self.cloned.load(Ordering::SeqCst)
    }

    /// Fails unless every value was dropped, and none twice.
    pub fn assert_settled(&self) {
        assert_eq!(self.faults.load(Ordering::SeqCst), 0, "K7: no value is dropped twice, or used after");
        assert_eq!(self.alive(), 0, "K7: every value is dropped");
    }
}

/// A tagged value. Its drop checks that it is the first.
pub struct Item {
    tag: u64,
    degraded: bool,
    state: AtomicU32,
    ledger: Arc<Ledger>,
}

impl Item {
    /// Its tag.
    #[must_use]
    pub fn tag(&self) -> u64 {
        if self.state.load(Ordering::Relaxed) != ALIVE {
            self.ledger.faults.fetch_add(1, Ordering::SeqCst);
        }
        self.tag
    }

    /// The ledger that it is in.
    #[must_use]
    pub const fn ledger(&self) -> &Arc<Ledger> {
        &self.ledger
    }

    /// Its degraded form: the same tag, and marked.
    #[must_use]
    pub fn degrade(mut self) -> Self {
        self.degraded = true;
        self
    }

    /// Whether it was degraded.
    #[must_use]
    pub const fn is_degraded(&self) -> bool {
        self.degraded
    }
}

impl Clone for Item {
    fn clone(&self) -> Self {
        let tag = self.tag();
        self.ledger.cloned.fetch_add(1, Ordering::Relaxed);
        Self { tag, degraded: self.degraded, state: AtomicU32::new(ALIVE), ledger: Arc::clone(&self.ledger) }
    }
}

impl Drop for Item {
    fn drop(&mut self) {
        if self.state.swap(DEAD, Ordering::Relaxed) != ALIVE {
            self.ledger.faults.fetch_add(1, Ordering::SeqCst);
        }
        self.ledger.dropped.fetch_add(1, Ordering::SeqCst);
    }
}

impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Item({}{})", self.tag, if self.degraded { ", degraded" } else { "" })
    }
}
