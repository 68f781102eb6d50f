//! Numbers to use again, last in, first out, without a lock.
//!
//! A list that grows as it is used (a segmented queue) allocates now and then, one of a fixed size cannot keep what
//! comes above it, and one with a lock can be left locked in a forked child, or by a thread of low priority. The
//! links of this one lie with what the numbers stand for, so it needs no memory, and the number that was in use last, whose
//! memory is nearest, comes first.

use super::atomic::{AtomicU32, AtomicU64, Ordering};

/// The first number plus one, 0 for none; above it a count of changes, so that a head which was taken and came back
/// meanwhile is not taken for the same. It goes round after four thousand million changes.
pub(crate) struct List(AtomicU64);

const ONE_CHANGE: u64 = 1 << 32;

impl List {
    pub(crate) fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Takes the first number. `link_of` leads to the link of a number that was ever in the list; it stays readable.
    #[inline]
    pub(crate) fn take<'a>(&self, link_of: impl Fn(u32) -> &'a AtomicU32) -> Option<u32> {
        let mut head = self.0.load(Ordering::Acquire);
        // Each turn but the last one, another thread has changed the list.
        while let Some(number) = (head as u32).checked_sub(1) {
            // If another thread takes it first, this may be anything; the head has changed then.
            let next = link_of(number).load(Ordering::Relaxed);
            match self.0.compare_exchange_weak(head, changed(head, next), Ordering::Acquire, Ordering::Acquire) {
                Ok(_) => return Some(number),
                Err(now) => head = now,
            }
        }
        None
    }

    /// Puts a number that is the caller's alone in front. What the caller did before is seen by whoever takes it.
    #[inline]
    pub(crate) fn put(&self, number: u32, link: &AtomicU32) {
        let mut head = self.0.load(Ordering::Relaxed);
        // Each turn but the last one, another thread has changed the list.
        loop {
            link.store(head as u32, Ordering::Relaxed);
            let wanted = changed(head, number + 1);
            match self.0.compare_exchange_weak(head, wanted, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }
}

const fn changed(head: u64, first: u32) -> u64 {
    (head & !(ONE_CHANGE - 1)).wrapping_add(ONE_CHANGE) | first as u64
}
