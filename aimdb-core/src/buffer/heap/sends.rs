//! Storing a value in the lane, whose displaced value is disposed of outside.

use super::HeapLayout;
use crate::buffer::Shell;
use crate::buffer::lane::{InLane, LaneEnd};
use crate::pure::DropCause;
use crate::waiting::Token;

impl<T: Send + 'static> Shell<T, HeapLayout> {
    /// Stores a value in the lane, if that takes no more than the few instructions that most calls are.
    /// `counts` says that a refusal is one.
    #[inline(always)]
    pub(super) fn send_as_owner(&self, token: &Token, value: T, counts: bool) -> InLane<T> {
        let dispose = |displaced| self.dispose_value(displaced, Some(DropCause::Overwritten));
        self.lock().send_as_owner(self.slots(), token, value, counts, dispose)
    }

    /// Stores a value in the lane, where that can be done.
    pub(super) fn send_in_lane(&self, token: &Token, value: T, counts: bool) -> InLane<T> {
        let dispose = |displaced| self.dispose_value(displaced, Some(DropCause::Overwritten));
        match self.lock().send(self.slots(), token, value, counts, dispose) {
            InLane::NotHere(value) if self.lock().adopt(LaneEnd::Sending, token) => {
                self.lock().send(self.slots(), token, value, counts, dispose)
            }
            sent => sent,
        }
    }

    /// The same for a call that comes without a handle.
    pub(super) fn send_as_thread(&self, value: T, counts: bool) -> InLane<T> {
        Token::of_thread(|token| match self.send_as_owner(token, value, counts) {
            InLane::NotHere(value) => self.send_in_lane(token, value, counts),
            sent => sent,
        })
    }
}
