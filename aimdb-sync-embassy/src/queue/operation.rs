//! The calls on a queue that can wait, as futures. An RTOS task drives them through its port, an async task
//! through its executor.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use aimdb_core::buffer::{RecvError, SendError};
use pin_project_lite::pin_project;

use super::waiters::Node;
use crate::record::{Sending, Waiting};

/// A queue, as its operations see it. Each poll that is pending leaves the node linked, and `waited` says that it may be.
#[doc(hidden)]
pub trait Waits {
    type Value;

    /// Stores the value, or has its sender wait: then it comes back.
    fn poll_send(
        &self,
        value: Self::Value,
        node: Pin<&Node>,
        waited: &mut bool,
        context: &mut Context<'_>,
    ) -> Result<Result<(), SendError<Self::Value>>, Self::Value>;

    /// A sender ends its wait.
    fn leave_senders(&self, node: Pin<&Node>, gave_up: bool);

    /// Takes a value, or has its reader wait.
    fn poll_recv(
        &self,
        node: Pin<&Node>,
        waited: &mut bool,
        context: &mut Context<'_>,
    ) -> Poll<Result<Self::Value, RecvError>>;

    /// A reader ends its wait.
    fn leave_readers(&self, node: Pin<&Node>);
}

pin_project! {
    /// A value on its way into a queue.
    ///
    /// Dropping it drops the value, if it was not stored; [`Sending::cancel`] gives it back.
    #[must_use = "nothing is sent until the future is polled"]
    pub struct QueueSend<'a, Q> where Q: Waits {
        queue: &'a Q,
        value: Option<Q::Value>,
        waited: bool,
        #[pin]
        node: Node,
    }

    impl<Q> PinnedDrop for QueueSend<'_, Q>
        where Q: Waits
    {
        fn drop(this: Pin<&mut Self>) {
            let _value = this.cancel();
        }
    }
}

impl<'a, Q: Waits> QueueSend<'a, Q> {
    pub(super) const fn new(queue: &'a Q, value: Q::Value) -> Self {
        Self { queue, value: Some(value), waited: false, node: Node::new() }
    }
}

impl<Q: Waits> Sending for QueueSend<'_, Q> {
    type Value = Q::Value;

    fn cancel(self: Pin<&mut Self>) -> Option<Q::Value> {
        let this = self.project();
        let value = this.value.take();
        if *this.waited {
            *this.waited = false;
            this.queue.leave_senders(this.node.as_ref(), value.is_some());
        }
        value
    }
}

impl<Q: Waits> Waiting for QueueSend<'_, Q> {
    fn set_priority(&mut self, priority: u8) {
        self.node.set_priority(priority);
    }
}

impl<Q: Waits> Future for QueueSend<'_, Q> {
    type Output = Result<(), SendError<Q::Value>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // A send that has ended stays pending, as a fused future would.
        let Some(value) = this.value.take() else { return Poll::Pending };
        match this.queue.poll_send(value, this.node.as_ref(), this.waited, context) {
            Ok(outcome) => Poll::Ready(outcome),
            Err(value) => {
                *this.value = Some(value);
                Poll::Pending
            }
        }
    }
}

pin_project! {
    /// The next value of a queue. Dropping it loses nothing.
    #[must_use = "nothing is read until the future is polled"]
    pub struct QueueRecv<'a, Q> where Q: Waits {
        queue: &'a Q,
        waited: bool,
        #[pin]
        node: Node,
    }

    impl<Q> PinnedDrop for QueueRecv<'_, Q>
        where Q: Waits
    {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if *this.waited {
                this.queue.leave_readers(this.node.as_ref());
            }
        }
    }
}

impl<'a, Q: Waits> QueueRecv<'a, Q> {
    pub(super) const fn new(queue: &'a Q) -> Self {
        Self { queue, waited: false, node: Node::new() }
    }
}

impl<Q: Waits> Waiting for QueueRecv<'_, Q> {
    fn set_priority(&mut self, priority: u8) {
        self.node.set_priority(priority);
    }
}

impl<Q: Waits> Future for QueueRecv<'_, Q> {
    type Output = Result<Q::Value, RecvError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        this.queue.poll_recv(this.node.as_ref(), this.waited, context)
    }
}
