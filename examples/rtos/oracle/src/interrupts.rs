//! What belongs to an interrupt.

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

use board::check;

/// What only one interrupt uses, once it was put here: its ends of records, its state.
#[derive(Debug)]
pub struct Interrupts<T> {
    value: UnsafeCell<Option<T>>,
    taken: AtomicBool,
}

// SAFETY: whoever finds `taken` false and sets it is alone with the value; whoever finds it true fails the program.
unsafe impl<T: Send> Sync for Interrupts<T> {}

impl<T> Interrupts<T> {
    /// Nothing is here yet.
    #[must_use]
    pub const fn nothing() -> Self {
        Self { value: UnsafeCell::new(None), taken: AtomicBool::new(false) }
    }

    /// Gives it to the interrupt, which is not enabled yet; what was here before comes back.
    pub fn put(&self, value: T) -> Option<T> {
        self.with(|here| here.replace(value))
    }

    /// Takes it back, when the interrupt comes no more.
    pub fn take(&self) -> Option<T> {
        self.with(Option::take)
    }

    /// What the interrupt does with it.
    pub fn with<R>(&self, act: impl FnOnce(&mut Option<T>) -> R) -> R {
        check!(!self.taken.swap(true, Relaxed));
        // SAFETY: nobody else comes in until `taken` is false again.
        let result = act(unsafe { &mut *self.value.get() });
        self.taken.store(false, Relaxed);
        result
    }
}
