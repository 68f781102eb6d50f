//! How senders and readers of a queue wait.
#![allow(unsafe_code)]

use core::cell::Cell;
use core::mem::{ManuallyDrop, MaybeUninit};
use core::pin::Pin;
use core::task::{Context, Poll};

use aimdb_core::buffer::{RecvError, SendError};

use super::{NotStored, QueuePolicy, StaticQueue};
use crate::lean::{End, Line, Lined, Node, ReadersWait, SendersWait};
use crate::lock::PreemptionSafe;

/// Room for a value that is in hand while a user's code runs: if that panics, the value is dropped.
struct InHand<T> {
    value: *mut T,
    /// Whether it is there.
    is_there: Cell<bool>,
}

impl<T> Drop for InHand<T> {
    fn drop(&mut self) {
        if self.is_there.get() {
            // SAFETY: it is there, and a user's code has panicked, so whoever had it in hand does not come back to it.
            unsafe { self.value.drop_in_place() };
        }
    }
}

impl<T: Send, M: PreemptionSafe, const N: usize, P: QueuePolicy> Lined for StaticQueue<T, M, N, P> {
    type Section = M;
    type End = End;

    #[inline(always)]
    fn line(&self, end: End) -> Line<'_, M> {
        let state = self.state.get();
        // SAFETY: the queue has both, and touches them inside its section only.
        unsafe {
            Line::new(
                &self.mutex,
                match end {
                    End::Senders => &raw mut (*state).senders,
                    End::Readers => &raw mut (*state).readers,
                },
            )
        }
    }

    fn is_closed(&self) -> bool {
        Self::is_closed(self)
    }

    fn has_more(&self, end: End) -> bool {
        self.section(|state| match end {
            End::Senders => Self::has_room(state),
            End::Readers => Self::has_value(state),
        })
    }
}

impl<T: Send, M: PreemptionSafe, const N: usize, P: QueuePolicy> StaticQueue<T, M, N, P> {
    /// Tries to store a value. Whether that has an outcome: it was stored, or there is the reason why not.
    #[inline(always)]
    fn try_to_send(&self, value: &ManuallyDrop<T>, refused: &mut Option<NotStored>) -> bool {
        match self.store(value) {
            Ok(()) => true,
            Err(NotStored::Full) if P::PAUSES => false,
            Err(why) => {
                self.count_refused();
                *refused = Some(why);
                true
            }
        }
    }

    /// Tries to take a value. Whether that has an outcome: it is there, or there will be none.
    #[inline(always)]
    fn try_to_receive(&self, there: &mut MaybeUninit<T>, over: &mut bool) -> bool {
        if self.take_to(there) {
            return true;
        }
        *over = self.section(|state| state.is_over());
        *over
    }
}

impl<T: Send, M: PreemptionSafe, const N: usize, P: QueuePolicy> SendersWait for StaticQueue<T, M, N, P> {
    type Value = T;

    /// Stores the value, or has its sender wait: then it comes back.
    fn poll_send(
        &self,
        value: T,
        node: Pin<&Node>,
        waited: &mut bool,
        context: &mut Context<'_>,
    ) -> Result<Result<(), SendError<T>>, T> {
        let mut value = ManuallyDrop::new(value);
        let mut refused = None;
        let in_hand = InHand { value: &raw mut *value, is_there: Cell::new(true) };
        let ended = self.look(End::Senders, node, waited, context.waker(), &mut || {
            // Once it is stored, readers are woken.
            in_hand.is_there.set(false);
            // SAFETY: the value is there.
            let ended = self.try_to_send(unsafe { &*in_hand.value.cast() }, &mut refused);
            in_hand.is_there.set(!ended || refused.is_some());
            ended
        });
        core::mem::forget(in_hand);
        if ended && refused.is_none() {
            return Ok(Ok(()));
        }
        let value = ManuallyDrop::into_inner(value);
        match refused {
            None => Err(value),
            Some(NotStored::Full) => Ok(Err(SendError::Full(value))),
            Some(NotStored::Closed) => Ok(Err(SendError::Closed(value))),
        }
    }

    /// A sender ends its wait. Room that it was woken for is the next one's.
    fn leave_senders(&self, node: Pin<&Node>, gave_up: bool) {
        if gave_up {
            self.section(|state| state.timed_out = state.timed_out.wrapping_add(1));
        }
        self.leave(End::Senders, node, false);
    }
}

impl<T: Send, M: PreemptionSafe, const N: usize, P: QueuePolicy> ReadersWait for StaticQueue<T, M, N, P> {
    type Value = T;
    type Cursor = ();

    /// Takes a value, or has its reader wait.
    fn poll_recv(
        &self,
        (): (),
        node: Pin<&Node>,
        waited: &mut bool,
        context: &mut Context<'_>,
    ) -> Poll<Result<T, RecvError>> {
        let (mut there, mut over) = (MaybeUninit::<T>::uninit(), false);
        let in_hand = InHand { value: there.as_mut_ptr(), is_there: Cell::new(false) };
        let ended = self.look(End::Readers, node, waited, context.waker(), &mut || {
            // SAFETY: there is room for a value.
            let ended = self.try_to_receive(unsafe { &mut *in_hand.value.cast() }, &mut over);
            in_hand.is_there.set(ended && !over);
            ended
        });
        core::mem::forget(in_hand);
        if !ended {
            return Poll::Pending;
        }
        // SAFETY: an attempt that has an outcome took a value, if it is not over.
        Poll::Ready(if over { Err(RecvError::Closed) } else { Ok(unsafe { there.assume_init() }) })
    }

    /// A reader ends its wait, likewise.
    fn leave_readers(&self, (): (), node: Pin<&Node>) {
        self.leave(End::Readers, node, false);
    }
}
