//! What happens in which order.

use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering::Relaxed};

use board::check;

/// What happened, in its order: numbers from any task or interrupt.
#[derive(Debug)]
pub struct Trace<const N: usize> {
    next: AtomicUsize,
    numbers: [AtomicU32; N],
}

impl<const N: usize> Trace<N> {
    /// Nothing happened yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { next: AtomicUsize::new(0), numbers: [const { AtomicU32::new(0) }; N] }
    }

    /// This happens.
    pub fn note(&self, number: u32) {
        let place = self.next.fetch_add(1, Relaxed);
        check!(place < N);
        self.numbers[place].store(number, Relaxed);
    }

    /// Whether exactly these happened, in this order.
    #[must_use]
    pub fn is(&self, expected: &[u32]) -> bool {
        let so_far = self.numbers[..self.len()].iter().map(|number| number.load(Relaxed));
        so_far.eq(expected.iter().copied())
    }

    /// How many there were.
    #[must_use]
    pub fn len(&self) -> usize {
        self.next.load(Relaxed)
    }

    /// Whether nothing happened yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<const N: usize> Default for Trace<N> {
    fn default() -> Self {
        Self::new()
    }
}
