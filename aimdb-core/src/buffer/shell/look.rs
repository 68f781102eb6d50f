//! A look at a value that stays in its slot.

use super::{Layout, Shell, UserCode};
use crate::buffer::Slots;
use crate::pure::Pinned;
use crate::waiting::Lock;

/// A look at a pinned value. Its end, also by a panic of the clone, releases the pin; a loss by
/// panic is counted.
pub(super) struct Look<'a, T, L: Layout<T>> {
    shell: &'a Shell<T, L>,
    pinned: Option<Pinned>,
    cloned: bool,
}

impl<'a, T, L: Layout<T>> Look<'a, T, L> {
    pub(super) const fn new(shell: &'a Shell<T, L>, pinned: Pinned) -> Self {
        Self { shell, pinned: Some(pinned), cloned: false }
    }

    pub(super) fn clone_out(mut self) -> Option<T> {
        let pinned = self.pinned.as_ref()?;
        let cell = self.shell.slots.cell(pinned.0);
        let value = cell.look(pinned, |value| self.shell.code.cloning().clone_value(value));
        self.cloned = true;
        value
    }

    /// Lets `take` copy the value where it lies.
    pub(super) fn copy_out<R>(mut self, take: impl FnOnce(&L::Slots, &Pinned) -> R) -> Option<R> {
        let taken = take(&self.shell.slots, self.pinned.as_ref()?);
        self.cloned = true;
        Some(taken)
    }
}

impl<T, L: Layout<T>> Drop for Look<'_, T, L> {
    fn drop(&mut self) {
        let Some(pinned) = self.pinned.take() else { return };
        let doomed = self.shell.lock.with(|state| {
            state.log.counts.clone_panics += u64::from(!self.cloned);
            state.log.unpin(pinned).and_then(|doomed| L::let_go(&self.shell.lock, doomed))
        });
        self.shell.dispose(doomed);
    }
}
