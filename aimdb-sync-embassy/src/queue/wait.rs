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
use crate::lean::{ALL, End, Line, Lined, Node, ReadersWait, SendersWait};
use crate::lock::PreemptionSafe;
use crate::port::{ONE_TRY, Port};

/// What became of a value.
pub(super) enum Sent {
    Stored,
    Full,
    Closed,
}

/// What a try of whoever may wait comes to.
pub(super) trait Outcomes: Parts {
    /// Whether the value was stored by this, or never will be.
    #[inline(always)]
    fn sends(&self, store: impl FnOnce() -> bool) -> Option<Sent> {
        if store() {
            return Some(Sent::Stored);
        }
        let closed = self.section(|state| {
            let closed = state.is_closed();
            if closed || !self.pauses() {
                state.refuse();
            }
            closed
        });
        if closed {
            Some(Sent::Closed)
        } else if self.pauses() {
            None
        } else {
            Some(Sent::Full)
        }
    }

    /// Whether there will be no value.
    #[inline(always)]
    fn has_ended_for_readers(&self) -> bool {
        self.section(|state| <Self as Parts>::is_over(state))
    }

    /// Until when a sender waits: one that is refused has an outcome at once.
    #[inline(always)]
    fn patience(&self, deadline: Deadline) -> Deadline {
        if self.pauses() { deadline } else { ONE_TRY }
    }
}

impl<Q: Parts> Outcomes for Q {}

/// A value on its way into a queue. If a user's code panics meanwhile, it is dropped.
struct Going<T> {
    value: ManuallyDrop<T>,
    /// It is there, and not in the queue, nor on its way.
    in_hand: bool,
}

impl<T> Going<T> {
    const fn new(value: T) -> Self {
        Self { value: ManuallyDrop::new(value), in_hand: true }
    }

    /// The value, which is there if it was not stored.
    fn back(mut self) -> ManuallyDrop<T> {
        self.in_hand = false;
        // SAFETY: it is not looked at again here.
        ManuallyDrop::new(unsafe { (&raw const *self.value).read() })
    }
}

impl<T> Drop for Going<T> {
    fn drop(&mut self) {
        if self.in_hand {
            // SAFETY: it is there, and a user's code has panicked, so whoever had it does not come back to it.
            unsafe { ManuallyDrop::drop(&mut self.value) };
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

    fn finds(&self, end: End, node: Pin<&Node>) -> (u32, u32) {
        self.section(|state| {
            let finds = if state.is_closed() {
                // A value that is on its way is one that no reader would find.
                let comes = !Q::INSIDE && end == End::Readers && !self.has_value(state) && !state.is_over();
                if comes { 0 } else { ALL }
            } else {
                match end {
                    End::Senders if self.has_room(state) => self.shape().places() as u32 - u32::from(state.used()),
                    End::Readers if self.has_value(state) => u32::from(state.shown::<Q::Shape>()),
                    _ => 0,
                }
            };
            (finds, node.was_woken())
        })
    }
}

impl<T: Send, M: PreemptionSafe, const N: usize, P: QueuePolicy> StaticQueue<T, M, N, P> {
    /// Whether the value was stored, or never will be.
    #[inline(always)]
    fn goes(&self, going: &mut Going<T>) -> Option<Sent> {
        // Once it is stored, readers are woken.
        going.in_hand = false;
        // SAFETY: the value is there, and what is said tells what has become of it.
        let sent = self.sends(|| unsafe { self.store(&raw const *going.value) });
        going.in_hand = !matches!(sent, Some(Sent::Stored));
        sent
    }

    /// The next value, or that there will be none.
    #[inline(always)]
    fn comes(&self) -> Option<Result<T, RecvError>> {
        let mut there = MaybeUninit::uninit();
        // SAFETY: there is room.
        if unsafe { self.take_to(there.as_mut_ptr()) } {
            // SAFETY: it says that the value is there.
            return Some(Ok(unsafe { there.assume_init() }));
        }
        if self.has_ended_for_readers() { Some(Err(RecvError::Closed)) } else { None }
    }

    fn told(sent: Sent, value: ManuallyDrop<T>) -> Result<(), SendError<T>> {
        match sent {
            Sent::Stored => Ok(()),
            Sent::Full => Err(SendError::Full(ManuallyDrop::into_inner(value))),
            Sent::Closed => Err(SendError::Closed(ManuallyDrop::into_inner(value))),
        }
    }

    /// Blocks until the value is stored.
    #[inline(always)]
    pub(super) fn stand_to_send<Q: Port>(&self, value: T, deadline: Deadline) -> Result<(), SendError<T>> {
        let mut going = Going::new(value);
        match self.stand::<Q, _>(End::Senders, self.patience(deadline), || self.goes(&mut going)) {
            Some(sent) => Self::told(sent, going.back()),
            None => {
                self.count_timed_out();
                Err(SendError::Timeout(ManuallyDrop::into_inner(going.back())))
            }
        }
    }

    /// Blocks until there is a value.
    #[inline(always)]
    pub(super) fn stand_to_receive<Q: Port>(&self, deadline: Deadline) -> Option<Result<T, RecvError>> {
        self.stand::<Q, _>(End::Readers, deadline, || self.comes())
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
        let mut going = Going::new(value);
        match self.poll(End::Senders, node, waited, context.waker(), || self.goes(&mut going)) {
            Some(sent) => Ok(Self::told(sent, going.back())),
            None => Err(ManuallyDrop::into_inner(going.back())),
        }
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
        self.poll(End::Readers, node, waited, context.waker(), || self.comes()).map_or(Poll::Pending, Poll::Ready)
    }

    /// A reader ends its wait, likewise.
    fn leave_readers(&self, (): (), node: Pin<&Node>) {
        self.leave(End::Readers, node);
    }
}
