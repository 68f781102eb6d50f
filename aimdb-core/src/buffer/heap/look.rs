//! A look at a value in the lane: the clone, which is code of the user's, and what comes after it.

use super::HeapLayout;
use crate::buffer::lane::{LaneEnd, LastLook, Look, Seen, Taken};
use crate::buffer::{Shell, Slots};
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
        let panics = PanickingLook { shell: self, seen };
        let seen = &panics.seen;
        let value = self.slots().cell(seen.pinned.0).look(&seen.pinned, |value| self.clone_value(value));
        let (slot, word) = (seen.pinned.0, seen.look);
        core::mem::forget(panics);
        self.end_look(slot, word);
        value
    }

    /// Ends a look at a value that was pinned in the lane, which may have been closed since.
    #[inline(always)]
    fn end_look(&self, slot: u32, word: &Look) {
        if let Some(last) = word.unpin() {
            self.dispose_seen(slot, word, last);
        }
    }

    /// Disposes of a value that was given up while it was looked at.
    #[cold]
    fn dispose_seen(&self, slot: u32, word: &Look, last: LastLook) {
        let value = self.slots().cell(slot).empty(&Owned(slot));
        // The slot goes on first, so a drop that panics costs nothing.
        if word.vacate() {
            self.give_back(Owned(slot));
        }
        self.dispose_value(value, Some(last.cause));
        self.lock().let_go_on();
    }
}

/// A look whose clone panics: that ends the look, too, and the loss is counted.
struct PanickingLook<'a, T: Send + 'static> {
    shell: &'a Shell<T, HeapLayout>,
    seen: Seen<'a>,
}

impl<T: Send + 'static> Drop for PanickingLook<'_, T> {
    #[cold]
    fn drop(&mut self) {
        self.shell.count_clone_panic();
        self.shell.end_look(self.seen.pinned.0, self.seen.look);
    }
}
