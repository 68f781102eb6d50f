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
