//! How many hold a thing, and which of them is the last.

use super::atomic::{AtomicUsize, Ordering};

/// A count of holders. It cannot overflow: each holder is a place in memory.
pub(crate) struct Count(AtomicUsize);

impl Count {
    /// For the one who makes the thing.
    pub(crate) fn one() -> Self {
        Self(AtomicUsize::new(1))
    }

    /// For a thing that nobody holds, or one alone does, and that gets a new holder.
    pub(crate) fn again(&self) {
        self.0.store(1, Ordering::Relaxed);
    }

    /// One who holds it gives it to another.
    #[inline]
    pub(crate) fn another(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether the caller, who holds it, is alone. What the others did with it before they left is seen then.
    #[inline]
    pub(crate) fn is_alone(&self) -> bool {
        self.0.load(Ordering::Acquire) == 1
    }

    /// One who holds it leaves. True for the last one, who sees what the others did before.
    #[inline]
    pub(crate) fn leave(&self) -> bool {
        // Whoever is alone stays alone, so most values of one reader need no exchange.
        if self.is_alone() {
            return true;
        }
        if self.0.fetch_sub(1, Ordering::Release) != 1 {
            return false;
        }
        // A load where a fence would do: thread sanitizers follow it.
        let _ = self.0.load(Ordering::Acquire);
        true
    }
}
