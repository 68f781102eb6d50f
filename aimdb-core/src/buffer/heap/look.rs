//! A look at a value in the lane: the clone, which is code of the user's, and what comes after it.

use super::HeapLayout;
use crate::buffer::lane::{LaneEnd, LastLook, Seen, Taken};
use crate::buffer::{Shell, SlotCell, Slots};
use crate::pure::Owned;
use crate::waiting::Token;

impl<T: Send + 'static> Shell<T, HeapLayout> {
    /// The newest value of a record that has one, where it can be had without the lock.
    pub(super) fn peek_in_lane(&self, token: &Token) -> Taken<T> {
        let peek = || self.lock().peek(self.slots(), token, |seen| self.clone_in_lane(seen));
        match peek() {
            Taken::NotHere if self.lock().adopt(self.slots(), LaneEnd::Peeking, token) => peek(),
            taken => taken,
        }
    }

    /// Clones a value that the lane has pinned, outside everything; `None` if values are never cloned.
    #[inline]
    pub(super) fn clone_in_lane(&self, seen: Seen<'_>) -> Option<T> {
        let cell = self.slots().cell(seen.pinned.0);
        let mut look = LaneLook { shell: self, cell, seen, cloned: false };
        let value = cell.look(&look.seen.pinned, |value| self.clone_value(value));
        look.cloned = true;
        value
    }
}

/// A look at a value that was pinned in the lane, which may have been closed since. Its end, also by a
/// panic of the clone, ends the look; a loss by panic is counted.
struct LaneLook<'a, T: Send + 'static> {
    shell: &'a Shell<T, HeapLayout>,
    cell: &'a SlotCell<T>,
    seen: Seen<'a>,
    cloned: bool,
}

impl<T: Send + 'static> Drop for LaneLook<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if !self.cloned {
            self.shell.count_clone_panic();
        }
        if let Some(last) = self.seen.look.unpin() {
            self.dispose(last);
        }
    }
}

impl<T: Send + 'static> LaneLook<'_, T> {
    /// Disposes of a value that was given up while it was looked at.
    #[cold]
    fn dispose(&self, last: LastLook) {
        let slot = self.seen.pinned.0;
        let value = self.cell.empty(&Owned(slot));
        // The slot goes on first, so a drop that panics costs nothing.
        if self.seen.look.vacate() {
            self.shell.give_back(Owned(slot));
        }
        self.shell.dispose_value(value, Some(last.cause));
        self.shell.lock().let_go_on();
    }
}
