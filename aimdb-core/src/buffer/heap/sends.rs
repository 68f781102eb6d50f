//! Storing a value in the lane, whose displaced value is disposed of outside.

use alloc::collections::VecDeque;
use core::pin::Pin;
use core::task::{Context, Poll};

use super::hold::{CommonHold, SendingHold};
use super::{HeapBuffer, HeapLayout};
use crate::buffer::lane::{InLane, LaneEnd};
use crate::buffer::shell::Offer;
use crate::buffer::{SendError, Shell, TryProduceError};
use crate::pure::DropCause;
use crate::waiting::{Token, may_block};

impl<T: Send + 'static> Shell<T, HeapLayout> {
    /// Stores a value in the lane, where that can be done.
    pub(super) fn send_in_lane(&self, token: &Token, value: T, counts: bool) -> InLane<T> {
        let dispose = |displaced| self.dispose_value(displaced, Some(DropCause::Overwritten));
        match self.lock().send(self.slots(), token, value, counts, dispose) {
            InLane::NotHere(value) if self.lock().adopt(self.slots(), LaneEnd::Sending, token) => {
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
        match self.send_as_guest(offer.as_mut().take_fresh()?) {
            Ok(()) => Some(Poll::Ready(Ok(()))),
            Err(value) => {
                offer.put_back(value);
                None
            }
        }
    }

    /// Stores a value in the lane if the end is the calling thread's, or everybody's. Whoever is about to wait may do so
    /// for a handle, whose end it stays.
    pub(super) fn send_as_guest(&self, value: T) -> Result<(), T> {
        let dispose = |displaced| self.dispose_value(displaced, Some(DropCause::Overwritten));
        match Token::of_thread(|token| self.lock().send(self.slots(), token, value, false, dispose)) {
            InLane::Done => Ok(()),
            InLane::Full(value) | InLane::NotHere(value) => Err(value),
        }
    }

    /// Stores a value in the lane for a call that comes without a handle.
    #[inline]
    pub(super) fn send_as_thread(&self, value: T, counts: bool) -> InLane<T> {
        Token::of_thread(|token| {
            let dispose = |displaced| self.dispose_value(displaced, Some(DropCause::Overwritten));
            match self.lock().send_as_owner(self.slots(), token, value, counts, dispose) {
                InLane::NotHere(value) => self.send_in_lane(token, value, counts),
                sent => sent,
            }
        })
    }

    /// Stores a value that has found the lane closed, if there is room: the rest of a send would find that in
    /// the shell, too, on a longer way.
    pub(super) fn push_if_room(&self, token: &Token, value: T) -> Result<(), T> {
        if self.lock().has_room() != Some(true) {
            return Err(value);
        }
        let Err(value) = self.push_at_once(value) else {
            self.lock().end_turn();
            return Ok(());
        };
        // The lane was opened on the way.
        match self.send_in_lane(token, value, false) {
            InLane::Done => Ok(()),
            InLane::Full(value) | InLane::NotHere(value) => Err(value),
        }
    }

    /// Stores values from the front, as many as can be stored without the lock, and says how many.
    pub(super) fn send_many_in_lane(&self, token: &Token, values: &mut VecDeque<T>) -> usize {
        let mut sent = 0;
        // Bounded by the values, and by the room.
        loop {
            match self.lock().send_many(self.slots(), token, values) {
                0 => return sent,
                some => sent += some,
            }
        }
    }
}

/// A sending end of a [`HeapBuffer`], for one thread at a time: `Send`, and not `Sync`. It stores as the
/// buffer does, with less to ask.
pub struct HeapSender<T: Send + 'static> {
    hold: SendingHold<T>,
}

impl<T: Send + 'static> HeapSender<T> {
    /// Of no buffer: it stores nothing, so whoever may have one need not ask.
    pub(crate) fn absent() -> Self {
        Self { hold: SendingHold::new(None) }
    }

    /// As [`HeapBuffer::try_push`].
    ///
    /// # Errors
    ///
    /// The value, when the buffer is full and does not overwrite, or is closed.
    #[inline]
    pub fn try_push(&self, value: T) -> Result<(), TryProduceError<T>> {
        self.try_push_or(value, |value| Err(TryProduceError::Full(value)), |value| self.try_push_elsewhere(value))
    }

    /// Stores a value, where that takes no more than the few instructions that most calls are; else
    /// `elsewhere` has to, or `full` says so.
    ///
    /// # Errors
    ///
    /// Those of the two.
    #[inline(always)]
    pub fn try_push_or<E>(
        &self,
        value: T,
        full: impl FnOnce(T) -> Result<(), E>,
        elsewhere: impl FnOnce(T) -> Result<(), E>,
    ) -> Result<(), E> {
        self.hold.send_at_once(value, true, || true, full, elsewhere)
    }

    /// The same for a call that may wait: a value for which there is no room goes `elsewhere`, too, and is not counted; and
    /// so does one on a thread that may not block, where somebody may wait for room.
    ///
    /// # Errors
    ///
    /// Those of `elsewhere`.
    #[inline(always)]
    pub fn push_or<E>(&self, value: T, elsewhere: impl Fn(T) -> Result<(), E>) -> Result<(), E> {
        self.hold.send_at_once(value, false, may_block, &elsewhere, &elsewhere)
    }

    /// Stores a value without asking who owns the end.
    #[inline]
    pub(crate) fn try_push_elsewhere(&self, value: T) -> Result<(), TryProduceError<T>> {
        let Some(shell) = self.hold.shell() else { return Err(TryProduceError::Full(value)) };
        match self.hold.send_in_lane(shell, value, true) {
            InLane::Done => Ok(()),
            InLane::Full(value) => Err(TryProduceError::Full(value)),
            InLane::NotHere(value) => shell.try_push_past_lane(self.hold.token(), value),
        }
    }

    /// Stores a value, where that takes a few instructions; else gives it back, which says nothing of the
    /// buffer and is not counted.
    ///
    /// # Errors
    ///
    /// The value.
    #[inline(always)]
    pub fn push_at_once(&self, value: T) -> Result<(), T> {
        self.hold.send_at_once(
            value,
            false,
            || true,
            Err,
            |value| match self.hold.send_looking(value, false, || true) {
                InLane::Done => Ok(()),
                InLane::Full(value) | InLane::NotHere(value) => Err(value),
            },
        )
    }

    /// The same for a value that went elsewhere from [`HeapSender::push_or`], as it does where that takes a
    /// look at the other end, or several senders have the buffer in turn.
    ///
    /// # Errors
    ///
    /// The value.
    #[inline(always)]
    pub fn push_looking(&self, value: T) -> Result<(), T> {
        match self.hold.send_looking(value, false, may_block) {
            InLane::Done => Ok(()),
            InLane::Full(value) | InLane::NotHere(value) => Err(value),
        }
    }

    /// The same for a value that came back: also where that takes more, or the lock.
    ///
    /// # Errors
    ///
    /// The value, which still says nothing of the buffer.
    pub fn push_if_room(&self, value: T) -> Result<(), T> {
        let Some(shell) = self.hold.shell() else { return Err(value) };
        if shell.lock().is_shut_to_send() {
            return shell.push_if_room(self.hold.token(), value);
        }
        match self.hold.send_in_lane(shell, value, false) {
            InLane::Done => Ok(()),
            InLane::Full(value) => Err(value),
            InLane::NotHere(value) => shell.push_if_room(self.hold.token(), value),
        }
    }

    /// Stores a value in the lane, where that can be done; else gives it back, which says nothing of the buffer and is not
    /// counted.
    ///
    /// # Errors
    ///
    /// The value.
    pub fn push_without_lock(&self, value: T) -> Result<(), T> {
        // Who waits comes this way each time, so first as the owner: the other side waits for what comes of it.
        self.hold.send_at_once(
            value,
            false,
            || true,
            Err,
            |value| {
                let Some(shell) = self.hold.shell() else { return Err(value) };
                match self.hold.send_in_lane(shell, value, false) {
                    InLane::Done => Ok(()),
                    InLane::Full(value) | InLane::NotHere(value) => Err(value),
                }
            },
        )
    }

    /// As [`HeapBuffer::push_many_at_once`].
    pub fn push_many_at_once(&self, values: &mut VecDeque<T>) -> usize {
        self.hold.shell().map_or(0, |shell| shell.send_many_in_lane(self.hold.token(), values))
    }
}

/// A sending end of a [`HeapBuffer`], for threads together. It stores as the buffer does, and knows the way there.
pub struct CommonSender<T: Send + 'static> {
    hold: CommonHold<T>,
}

impl<T: Send + 'static> CommonSender<T> {
    /// Of no buffer: it stores nothing, so whoever may have one need not ask.
    pub(crate) fn absent() -> Self {
        Self { hold: CommonHold::new(None) }
    }

    /// As [`HeapSender::try_push_or`].
    ///
    /// # Errors
    ///
    /// Those of the two.
    #[inline(always)]
    pub fn try_push_or<E>(
        &self,
        value: T,
        full: impl FnOnce(T) -> Result<(), E>,
        elsewhere: impl FnOnce(T) -> Result<(), E>,
    ) -> Result<(), E> {
        self.hold.send_at_once(value, true, || true, full, elsewhere)
    }

    /// As [`HeapSender::push_or`].
    ///
    /// # Errors
    ///
    /// Those of `elsewhere`.
    #[inline(always)]
    pub fn push_or<E>(&self, value: T, elsewhere: impl Fn(T) -> Result<(), E>) -> Result<(), E> {
        self.hold.send_at_once(value, false, may_block, &elsewhere, &elsewhere)
    }

    /// Has the calls to come go the short way, if the buffer has one; after a call that went elsewhere.
    pub fn find_the_way(&self) {
        self.hold.find_the_way();
    }
}

impl<T: Send + 'static> HeapBuffer<T> {
    /// A sending end for threads together.
    #[must_use]
    pub fn common_sender(&self) -> CommonSender<T> {
        CommonSender { hold: CommonHold::new(Some(self.shell.clone())) }
    }

    /// A sending end for one thread at a time.
    #[must_use]
    pub fn sender(&self) -> HeapSender<T> {
        HeapSender { hold: SendingHold::new(Some(self.shell.clone())) }
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use crate::buffer::{BufferCfg, HeapBuffer, SendError, TryProduceError, send_waiting_with};
    use crate::pure::Policy;
    use crate::waiting::Deadline;

    #[test]
    fn k6_a_handle_that_waits_keeps_its_end_of_the_lane() {
        let cfg = BufferCfg::Bounded { capacity: 1, policy: Policy::PauseUpstream };
        let buffer = HeapBuffer::<u64>::builder(&cfg).eager().build_plain().expect("a sound description");
        let mut reader = buffer.reader().expect("a cursor");
        let sender = buffer.sender();
        for value in 0..20 {
            assert_eq!(sender.push_without_lock(value), Ok(()));
            let refused = send_waiting_with(&buffer, 7, Deadline::At(0), |value| sender.push_without_lock(value));
            assert_eq!(refused, Err(SendError::Timeout(7)));
            assert_eq!(reader.try_recv(), Ok(value));
            // A few instructions are enough for the owner only.
            assert_eq!(sender.push_at_once(value), Ok(()));
            assert_eq!(reader.try_recv(), Ok(value));
        }
        assert_eq!(buffer.metrics().counters.accepted, 40);
    }

    #[test]
    fn k6_handles_that_store_in_turn_know_the_way_to_a_door_that_is_everybodys() {
        let cfg = BufferCfg::Bounded { capacity: 4, policy: Policy::PauseUpstream };
        let buffer = HeapBuffer::<u64>::builder(&cfg).eager().build_plain().expect("a sound description");
        let mut reader = buffer.reader().expect("a cursor");
        // More than may own the door one after the other.
        let senders = [(); 5].map(|()| buffer.sender());
        for sender in senders.iter().cycle().take(15) {
            assert!(sender.try_push(7).is_ok());
            assert_eq!(reader.try_recv(), Ok(7));
        }
        for (value, sender) in (0..).zip(&senders[..4]) {
            assert_eq!(sender.push_at_once(value), Ok(()), "a few instructions are enough");
        }
        assert_eq!(senders[4].push_at_once(4), Err(4), "it is full");
        assert_eq!(senders[4].try_push(4), Err(TryProduceError::Full(4)));
        assert_eq!([(); 4].map(|()| reader.try_recv()), [Ok(0), Ok(1), Ok(2), Ok(3)]);
        buffer.close();
        assert_eq!(senders[0].push_at_once(5), Err(5), "nor is the door open");
        let counters = buffer.metrics().counters;
        assert_eq!((counters.accepted, counters.refused), (19, 1));
    }

    #[test]
    fn s2_m1_a_send_at_once_beside_several_readers_is_stored_once_or_comes_back_uncounted() {
        let cfg = BufferCfg::Bounded { capacity: 2, policy: Policy::PauseUpstream };
        let buffer = HeapBuffer::<u64>::new(&cfg).expect("a sound description");
        let mut readers = [buffer.reader().expect("a cursor"), buffer.reader().expect("a cursor")];
        let sender = buffer.sender();
        let push = |value| sender.push_at_once(value).or_else(|value| sender.push_if_room(value));
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

    #[test]
    fn k1_a_queue_of_many_pieces_keeps_its_order_and_its_capacity() {
        // Four of these are a piece, so laps end within one, at its end, and after several.
        for capacity in [1, 3, 4, 5, 8, 13] {
            let cfg = BufferCfg::Bounded { capacity, policy: Policy::PauseUpstream };
            let buffer = HeapBuffer::<[u64; 16]>::new(&cfg).expect("a sound description");
            let mut reader = buffer.reader().expect("a cursor");
            let sender = buffer.sender();
            let (mut sent, mut taken) = (0, 0);
            for turn in 0..200 {
                if turn % 3 == 0 {
                    let mut batch = (sent..sent + turn % 5).map(|value| [value; 16]).collect();
                    sent += sender.push_many_at_once(&mut batch) as u64;
                }
                while sent - taken < capacity as u64 && !(sent + turn).is_multiple_of(7) {
                    assert!(sender.try_push([sent; 16]).is_ok(), "{} of {capacity}", sent - taken);
                    sent += 1;
                }
                let is_full = sent - taken == capacity as u64;
                assert!(!is_full || sender.try_push([0; 16]).is_err(), "no more than {capacity}");
                let mut values = alloc::vec::Vec::new();
                if turn % 4 == 0 {
                    let _ = reader.try_recv_many(&mut values, (turn % 6) as usize);
                }
                values.extend((0..turn % 9).map_while(|_| reader.try_recv().ok()));
                for value in values {
                    assert_eq!(value, [taken; 16]);
                    taken += 1;
                }
            }
            assert!(taken > 4 * capacity as u64 && buffer.metrics().counters.delivered == taken);
        }
    }
}
