//! How senders and readers of a queue wait.
#![allow(unsafe_code)]

use core::mem::ManuallyDrop;
use core::pin::Pin;
use core::task::{Context, Poll};

use aimdb_core::buffer::{RecvError, SendError};

use super::state::State;
use super::{NotStored, QueuePolicy, StaticQueue};
use crate::lean::{Node, ReadersWait, SendersWait, Stage, Waiters};
use crate::lock::PreemptionSafe;

/// A value that is in hand while a user's code runs: if that panics, it is dropped.
struct InHand<'a, T>(&'a mut ManuallyDrop<T>);

impl<T> Drop for InHand<'_, T> {
    fn drop(&mut self) {
        // SAFETY: the user's code has panicked, so whoever had the value in hand does not come back to it.
        unsafe { ManuallyDrop::drop(self.0) };
    }
}

impl<T: Send, M: PreemptionSafe, const N: usize, P: QueuePolicy> StaticQueue<T, M, N, P> {
    /// A wait has ended with what it was for.
    fn has_gone(&self, node: Pin<&Node>, waited: &mut bool, which: impl Fn(&mut State) -> &mut Waiters) {
        if core::mem::replace(waited, false) {
            let _old = self.section(|state| which(state).leave(node));
        }
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
        let back = |value| ManuallyDrop::into_inner(value);
        // Each further turn means that room was made, or the queue closed, meanwhile.
        loop {
            // A close is for all at once, whoever stands before this one: the one that closes may be less urgent, and
            // get no turn to wake them.
            if !*waited || self.section(|state| state.is_closed() || state.senders.may_go(node)) {
                match self.store(&value) {
                    Ok(()) => {
                        self.has_gone(node, waited, |state| &mut state.senders);
                        return Ok(Ok(()));
                    }
                    Err(NotStored::Full) if P::PAUSES => {}
                    Err(refused) => {
                        self.has_gone(node, waited, |state| &mut state.senders);
                        self.count_refused();
                        let error = match refused {
                            NotStored::Full => SendError::Full,
                            NotStored::Closed => SendError::Closed,
                        };
                        return Ok(Err(error(back(value))));
                    }
                }
            }
            // First what is not ours: waking and cloning wakers is for outside.
            let in_hand = InHand(&mut value);
            let waker = context.waker().clone();
            core::mem::forget(in_hand);
            let linked = self.section(|state| {
                let goes = state.is_closed() || Self::has_room(state) && state.senders.may_go(node);
                if goes { Err(waker) } else { Ok(state.senders.link(node, waker)) }
            });
            *waited = true;
            if linked.is_ok() {
                return Err(back(value));
            }
        }
    }

    /// A sender ends its wait. Room that it was woken for is the next one's.
    fn leave_senders(&self, node: Pin<&Node>, gave_up: bool) {
        let (pass_on, _old) = self.section(|state| {
            state.timed_out = state.timed_out.wrapping_add(u32::from(gave_up));
            let (stage, old) = state.senders.leave(node);
            (stage == Stage::Woken && Self::has_room(state), old)
        });
        if pass_on {
            self.wake(1, |state| &mut state.senders);
        }
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
        // Each further turn means that a value came, or the end, meanwhile.
        loop {
            let may_go = !*waited || self.section(|state| state.readers.may_go(node));
            if may_go && let Some(value) = self.take() {
                self.has_gone(node, waited, |state| &mut state.readers);
                return Poll::Ready(Ok(value));
            }
            let waker = context.waker().clone();
            let found = self.section(|state| {
                let goes = Self::has_value(state) && state.readers.may_go(node);
                if goes || state.is_over() {
                    Err((state.is_over(), waker))
                } else {
                    Ok(state.readers.link(node, waker))
                }
            });
            *waited = true;
            match found {
                Ok(_old) => return Poll::Pending,
                Err((false, _unused)) => {}
                Err((true, _unused)) => {
                    self.has_gone(node, waited, |state| &mut state.readers);
                    return Poll::Ready(Err(RecvError::Closed));
                }
            }
        }
    }

    /// A reader ends its wait, likewise.
    fn leave_readers(&self, (): (), node: Pin<&Node>) {
        let (pass_on, _old) = self.section(|state| {
            let (stage, old) = state.readers.leave(node);
            (stage == Stage::Woken && Self::has_value(state), old)
        });
        if pass_on {
            self.wake(1, |state| &mut state.readers);
        }
    }
}
