//! Storing a value in the lane, whose displaced value is disposed of outside.

use core::pin::Pin;
use core::task::{Context, Poll};

use super::HeapLayout;
use crate::buffer::lane::{InLane, LaneEnd};
use crate::buffer::shell::Offer;
use crate::buffer::{SendError, Shell, TryProduceError};
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

    /// Stores a value, which the lane sent away, under the lock; or in the lane, if that was opened on the
    /// way.
    #[inline(never)]
    pub(super) fn try_push_past_lane(&self, token: &Token, value: T) -> Result<(), TryProduceError<T>> {
        let value = match self.try_push_unless_elsewhere(value) {
            Ok(outcome) => return outcome,
            Err(value) => value,
        };
        match self.send_in_lane(token, value, true) {
            InLane::Done => Ok(()),
            InLane::Full(value) => Err(TryProduceError::Full(value)),
            InLane::NotHere(value) => self.try_push(value),
        }
    }

    /// Stores a value at once, after [`Shell::send_as_owner`] did not, or gives it back.
    #[inline(never)]
    pub(super) fn push_at_once_elsewhere(&self, token: &Token, value: T) -> Result<(), T> {
        let value = match self.send_in_lane(token, value, false) {
            InLane::Done => return Ok(()),
            InLane::Full(value) => return Err(value),
            InLane::NotHere(value) => value,
        };
        if self.lock().has_room() != Some(true) {
            return Err(value);
        }
        // The lane is closed: the rest of a send would find room in the shell, on a longer way.
        let Err(value) = self.push_at_once(value) else { return Ok(()) };
        match self.send_in_lane(token, value, false) {
            InLane::Done => Ok(()),
            InLane::Full(value) | InLane::NotHere(value) => Err(value),
        }
    }

    /// As [`Shell::try_push_past_lane`], for a call that comes without a handle and hears nothing of a refusal.
    pub(super) fn push_past_lane(&self, value: T) {
        if let Err(refused) = Token::of_thread(|token| self.try_push_past_lane(token, value)) {
            self.dispose_value(refused.into_inner(), Some(DropCause::Refused));
        }
    }

    /// The same for an offer. `None` when it has yet to wait.
    pub(super) fn poll_past_lane(
        &self,
        mut offer: Pin<&mut Offer<T>>,
        context: &mut Context<'_>,
    ) -> Option<Poll<Result<(), SendError<T>>>> {
        let outcome = self.poll_offer_unless_elsewhere(offer.as_mut(), context);
        if outcome.is_some() {
            return outcome;
        }
        match self.send_as_thread(offer.as_mut().take_fresh()?, false) {
            InLane::Done => Some(Poll::Ready(Ok(()))),
            InLane::Full(value) | InLane::NotHere(value) => {
                offer.put_back(value);
                None
            }
        }
    }

    /// Stores a value in the lane for a call that comes without a handle.
    pub(super) fn send_as_thread(&self, value: T, counts: bool) -> InLane<T> {
        Token::of_thread(|token| match self.send_as_owner(token, value, counts) {
            InLane::NotHere(value) => self.send_in_lane(token, value, counts),
            sent => sent,
        })
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use crate::buffer::{BufferCfg, HeapBuffer};
    use crate::pure::Policy;
    use crate::waiting::Token;

    #[test]
    fn s2_m1_a_send_at_once_beside_several_readers_is_stored_once_or_comes_back_uncounted() {
        let cfg = BufferCfg::Bounded { capacity: 2, policy: Policy::PauseUpstream };
        let buffer = HeapBuffer::<u64>::new(&cfg).expect("a sound description");
        let mut readers = [buffer.reader().expect("a cursor"), buffer.reader().expect("a cursor")];
        let token = Token::new();
        let push = |value| buffer.push_at_once_as(&token, value);
        assert_eq!([1, 2, 3].map(push), [Ok(()), Ok(()), Err(3)]);
        assert_eq!(readers[0].try_recv(), Ok(1));
        assert_eq!(push(3), Err(3), "the other reader has not come to the first value");
        assert_eq!(readers[1].try_recv(), Ok(1));
        assert_eq!(push(3), Ok(()));
        for reader in &mut readers {
            assert_eq!((reader.try_recv(), reader.try_recv()), (Ok(2), Ok(3)));
        }
        buffer.close();
        assert_eq!(push(4), Err(4));
        let counters = buffer.metrics().counters;
        assert_eq!((counters.accepted, counters.refused, counters.blocked), (3, 0, 0));
    }
}
