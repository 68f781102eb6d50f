//! A look at a value in the lane: the clone, which is code of the user's, and what comes after it.

use super::HeapLayout;
use crate::buffer::lane::{LaneEnd, Looks, Taken};
use crate::buffer::{Shell, Slots};
use crate::pure::{Owned, Pinned};
use crate::waiting::Token;

impl<T: Send + 'static> Shell<T, HeapLayout> {
    /// The newest value of a record that has one, where it can be had without the lock.
    pub(super) fn peek_in_lane(&self, token: &Token) -> Taken<T> {
        let peek = || self.lock().peek(self.slots(), token, |pinned| self.clone_in_lane(pinned));
        match peek() {
            Taken::NotHere if self.lock().adopt(LaneEnd::Peeking, token) => peek(),
            taken => taken,
        }
    }

    /// Clones a value that the lane has pinned, outside everything; `None` if values are never cloned.
    #[inline]
    pub(super) fn clone_in_lane(&self, pinned: Pinned) -> Option<T> {
        let looks = self.lock().looks()?;
        let mut look = LaneLook { shell: self, looks, pinned, cloned: false };
        let value = self.slots().cell(look.pinned.0).look(&look.pinned, |value| self.clone_value(value));
        look.cloned = true;
        value
    }
}

/// A look at a value that was pinned in the lane, which may have been closed since. Its end, also by a
/// panic of the clone, ends the look; a loss by panic is counted.
struct LaneLook<'a, T: Send + 'static> {
    shell: &'a Shell<T, HeapLayout>,
    looks: &'a Looks,
    pinned: Pinned,
    cloned: bool,
}

impl<T: Send + 'static> Drop for LaneLook<'_, T> {
    #[inline]
    fn drop(&mut self) {
        if !self.cloned {
            self.shell.count_clone_panic();
        }
        let slot = self.pinned.0;
        let look = self.looks.of(slot);
        let Some(last) = look.unpin() else { return };
        let value = self.shell.slots().cell(slot).empty(&Owned(slot));
        // The slot goes on first, so a drop that panics costs nothing.
        if look.vacate() {
            self.shell.give_back(Owned(slot));
        }
        self.shell.dispose_value(value, Some(last.cause));
    }
}
