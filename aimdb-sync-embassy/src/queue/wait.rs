//! How senders and readers of a queue wait.
#![allow(unsafe_code)]

use core::mem::{ManuallyDrop, MaybeUninit};
use core::pin::Pin;
use core::task::{Context, Poll};

use aimdb_core::buffer::{RecvError, SendError};
use aimdb_core::waiting::Deadline;

use super::moves::Moves;
use super::parts::Parts;
use super::state::Shape;
use super::{QueuePolicy, StaticQueue};
use crate::lean::{Attempt, End, Line, Lined, Node, ReadersWait, SendersWait, Tries};
use crate::lock::PreemptionSafe;
use crate::port::Port;

/// Where a value is that somebody waits with, or for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum At {
    /// With him. If a user's code panics that runs meanwhile, it is dropped.
    Hand,
    /// In the queue, or on its way.
    Record,
    /// With him for good: the queue is full, or closed.
    Full,
    Closed,
}

/// What a try of whoever may wait comes to.
pub(super) trait Outcomes: Parts {
    /// Whether the value was stored, or never will be.
    #[inline(always)]
    fn sends(&self, at: &mut At, store: impl FnOnce() -> bool) -> bool {
        // Once it is stored, readers are woken.
        *at = At::Record;
        if store() {
            return true;
        }
        let closed = self.refuses_all();
        if !closed && self.pauses() {
            *at = At::Hand;
            return false;
        }
        self.count_refused();
        *at = if closed { At::Closed } else { At::Full };
        true
    }

    /// Whether the value is there, or never will be.
    #[inline(always)]
    fn receives(&self, at: &mut At, take: impl FnOnce() -> bool) -> bool {
        if take() {
            *at = At::Hand;
            return true;
        }
        let over = self.section(|state| state.is_over());
        if over {
            *at = At::Closed;
        }
        over
    }
}

impl<Q: Parts> Outcomes for Q {}

/// A value on its way into a queue.
struct Going<'a, T: Send, M: PreemptionSafe, const N: usize, P: QueuePolicy> {
    queue: &'a StaticQueue<T, M, N, P>,
    value: ManuallyDrop<T>,
    at: At,
}

impl<T: Send, M: PreemptionSafe, const N: usize, P: QueuePolicy> Tries for Going<'_, T, M, N, P> {
    /// Whether it was stored, or never will be.
    fn has_outcome(&mut self) -> bool {
        // SAFETY: the value is there, and `at` says what has become of it.
        self.queue.sends(&mut self.at, || unsafe { self.queue.store(&raw const *self.value) })
    }
}

impl<T: Send, M: PreemptionSafe, const N: usize, P: QueuePolicy> Drop for Going<'_, T, M, N, P> {
    fn drop(&mut self) {
        if self.at != At::Record {
            // SAFETY: it is there, and a user's code has panicked, so whoever had it does not come back to it.
            unsafe { ManuallyDrop::drop(&mut self.value) };
        }
    }
}

/// Room for a value that is to come.
struct Coming<'a, T: Send, M: PreemptionSafe, const N: usize, P: QueuePolicy> {
    queue: &'a StaticQueue<T, M, N, P>,
    value: MaybeUninit<T>,
    at: At,
}

impl<T: Send, M: PreemptionSafe, const N: usize, P: QueuePolicy> Tries for Coming<'_, T, M, N, P> {
    /// Whether it is there, or never will be.
    fn has_outcome(&mut self) -> bool {
        // SAFETY: there is room.
        self.queue.receives(&mut self.at, || unsafe { self.queue.take_to(self.value.as_mut_ptr()) })
    }
}

impl<T: Send, M: PreemptionSafe, const N: usize, P: QueuePolicy> Drop for Coming<'_, T, M, N, P> {
    fn drop(&mut self) {
        if self.at == At::Hand {
            // SAFETY: as for `Going`.
            unsafe { self.value.assume_init_drop() };
        }
    }
}

impl<Q: Parts> Lined for Q {
    type Section = Q::Section;
    type End = End;

    #[inline(always)]
    fn line(&self, end: End) -> Line<'_, Q::Section> {
        let state = self.state();
        // SAFETY: the queue has both, and touches them inside its section only.
        unsafe {
            Line::new(
                self.mutex(),
                match end {
                    End::Senders => &raw mut (*state).senders,
                    End::Readers => &raw mut (*state).readers,
                },
            )
        }
    }

    fn is_closed(&self) -> bool {
        self.refuses_all()
    }

    fn finds(&self, end: End) -> u16 {
        self.section(|state| match end {
            End::Senders if self.has_room(state) => self.shape().places() as u16 - state.used(),
            End::Readers if self.has_value(state) => state.shown::<Q::Shape>(),
            _ => 0,
        })
    }
}

impl<T: Send, M: PreemptionSafe, const N: usize, P: QueuePolicy> StaticQueue<T, M, N, P> {
    /// Sends a value by attempts that are made as `wait` sees fit, until one has an outcome; else the value comes back.
    #[inline(always)]
    fn send_by(&self, value: T, wait: impl FnOnce(Attempt<'_>) -> bool) -> Result<Result<(), SendError<T>>, T> {
        let mut going = Going { queue: self, value: ManuallyDrop::new(value), at: At::Hand };
        let ended = wait(Attempt::new(&mut going));
        let at = core::mem::replace(&mut going.at, At::Record);
        // SAFETY: if it is there, as `at` says, this is it: it is not looked at again.
        let value = ManuallyDrop::new(unsafe { (&raw const *going.value).read() });
        if !ended {
            return Err(ManuallyDrop::into_inner(value));
        }
        Ok(match at {
            At::Record => Ok(()),
            At::Closed => Err(SendError::Closed(ManuallyDrop::into_inner(value))),
            At::Hand | At::Full => Err(SendError::Full(ManuallyDrop::into_inner(value))),
        })
    }

    /// Takes a value, likewise: there is one, or there will be none.
    #[inline(always)]
    fn receive_by(&self, wait: impl FnOnce(Attempt<'_>) -> bool) -> Option<Result<T, RecvError>> {
        let mut coming = Coming { queue: self, value: MaybeUninit::uninit(), at: At::Record };
        if !wait(Attempt::new(&mut coming)) {
            return None;
        }
        let at = core::mem::replace(&mut coming.at, At::Record);
        // SAFETY: a value in hand is there, and is not looked at again.
        Some(if at == At::Hand { Ok(unsafe { coming.value.assume_init_read() }) } else { Err(RecvError::Closed) })
    }

    /// Blocks until the value is stored.
    #[inline(always)]
    pub(super) fn stand_to_send<Q: Port>(&self, value: T, deadline: Deadline) -> Result<(), SendError<T>> {
        self.send_by(value, |attempt| self.stand::<Q>(End::Senders, deadline, attempt)).unwrap_or_else(|value| {
            self.count_timed_out();
            Err(SendError::Timeout(value))
        })
    }

    /// Blocks until there is a value.
    #[inline(always)]
    pub(super) fn stand_to_receive<Q: Port>(&self, deadline: Deadline) -> Option<Result<T, RecvError>> {
        self.receive_by(|attempt| self.stand::<Q>(End::Readers, deadline, attempt))
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
        self.send_by(value, |attempt| self.poll(End::Senders, node, waited, context.waker(), attempt))
    }

    /// A sender ends its wait. Room that it was woken for is the next one's.
    fn leave_senders(&self, node: Pin<&Node>, gave_up: bool) {
        if gave_up {
            self.count_timed_out();
        }
        self.leave(End::Senders, node);
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
        let look = |attempt: Attempt<'_>| self.poll(End::Readers, node, waited, context.waker(), attempt);
        self.receive_by(look).map_or(Poll::Pending, Poll::Ready)
    }

    /// A reader ends its wait, likewise.
    fn leave_readers(&self, (): (), node: Pin<&Node>) {
        self.leave(End::Readers, node);
    }
}
