//! The calls on a lean record that can wait, as futures. An RTOS task drives them through its port, an async task
//! through its executor.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use aimdb_core::buffer::{RecvError, SendError};
use pin_project_lite::pin_project;

use super::waiters::Node;
use crate::record::{Sending, Waiting};

/// A record whose senders may wait, as their operations see it. Each poll that is pending leaves the node linked, and
/// `waited` says that it may be.
#[doc(hidden)]
pub trait SendersWait {
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
}

/// A record whose readers wait, likewise.
#[doc(hidden)]
pub trait ReadersWait {
    type Value;
    type Cursor: Copy;

    /// Takes a value, or has its reader wait.
    fn poll_recv(
        &self,
        cursor: Self::Cursor,
        node: Pin<&Node>,
        waited: &mut bool,
        context: &mut Context<'_>,
    ) -> Poll<Result<Self::Value, RecvError>>;

    /// A reader ends its wait.
    fn leave_readers(&self, cursor: Self::Cursor, node: Pin<&Node>);
}

pin_project! {
    /// A value on its way into a lean record whose senders may wait.
    ///
    /// Dropping it drops the value, if it was not stored; [`Sending::cancel`] gives it back.
    #[must_use = "nothing is sent until the future is polled"]
    pub struct LeanSend<'a, R> where R: SendersWait {
        record: &'a R,
        value: Option<R::Value>,
        waited: bool,
        #[pin]
        node: Node,
    }

    impl<R> PinnedDrop for LeanSend<'_, R>
        where R: SendersWait
    {
        fn drop(this: Pin<&mut Self>) {
            let _value = this.cancel();
        }
    }
}

impl<'a, R: SendersWait> LeanSend<'a, R> {
    pub(crate) const fn new(record: &'a R, value: R::Value) -> Self {
        Self { record, value: Some(value), waited: false, node: Node::new() }
    }
}

impl<R: SendersWait> Sending for LeanSend<'_, R> {
    type Value = R::Value;

    fn cancel(self: Pin<&mut Self>) -> Option<R::Value> {
        let this = self.project();
        let value = this.value.take();
        if *this.waited {
            *this.waited = false;
            this.record.leave_senders(this.node.as_ref(), value.is_some());
        }
        value
    }
}

impl<R: SendersWait> Waiting for LeanSend<'_, R> {
    fn set_priority(&mut self, priority: u8) {
        self.node.set_priority(priority);
    }
}

impl<R: SendersWait> Future for LeanSend<'_, R> {
    type Output = Result<(), SendError<R::Value>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        // A send that has ended stays pending, as a fused future would.
        let Some(value) = this.value.take() else { return Poll::Pending };
        match this.record.poll_send(value, this.node.as_ref(), this.waited, context) {
            Ok(outcome) => Poll::Ready(outcome),
            Err(value) => {
                *this.value = Some(value);
                Poll::Pending
            }
        }
    }
}

pin_project! {
    /// The next value of a lean record. Dropping it loses nothing.
    #[must_use = "nothing is read until the future is polled"]
    pub struct LeanRecv<'a, R> where R: ReadersWait {
        record: &'a R,
        cursor: R::Cursor,
        waited: bool,
        #[pin]
        node: Node,
    }

    impl<R> PinnedDrop for LeanRecv<'_, R>
        where R: ReadersWait
    {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if *this.waited {
                this.record.leave_readers(*this.cursor, this.node.as_ref());
            }
        }
    }
}

impl<'a, R: ReadersWait> LeanRecv<'a, R> {
    pub(crate) const fn new(record: &'a R, cursor: R::Cursor) -> Self {
        Self { record, cursor, waited: false, node: Node::new() }
    }
}

impl<R: ReadersWait> Waiting for LeanRecv<'_, R> {
    fn set_priority(&mut self, priority: u8) {
        self.node.set_priority(priority);
    }
}

impl<R: ReadersWait> Future for LeanRecv<'_, R> {
    type Output = Result<R::Value, RecvError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        this.record.poll_recv(*this.cursor, this.node.as_ref(), this.waited, context)
    }
}
