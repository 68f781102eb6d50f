//! The operations that can wait.
//!
//! [`Offer`], [`Reading`] and [`Flush`] are what stands in a queue; they are only handed out inside
//! futures that know the buffer they wait at and leave its queue when they are dropped.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::{Layout, Shell};
use crate::buffer::{FlushError, RecvError, SendError};
use crate::pure::{Claim, CursorId};
use crate::waiting::Waiter;

pin_project! {
    /// A value on its way into a buffer.
    #[derive(Debug)]
    pub(crate) struct Offer<T> {
        pub(super) value: Option<T>,
        pub(super) stage: OfferStage,
        pub(super) since: u64,
        #[pin]
        pub(super) waiter: Waiter,
    }
}

#[derive(Debug)]
pub(super) enum OfferStage {
    /// The value is in the offer.
    Fresh,
    /// The offer waits. Its value lies in the claimed slot, where whoever makes room publishes it;
    /// without a slot (fixed storage) it is still in the offer, which has to try again.
    Waiting(Option<Claim>),
}

impl<T> Offer<T> {
    /// Offers a value.
    pub(crate) const fn new(value: T) -> Self {
        Self { value: Some(value), stage: OfferStage::Fresh, since: 0, waiter: Waiter::new() }
    }

    pub(super) const fn is_waiting(&self) -> bool {
        matches!(self.stage, OfferStage::Waiting(_))
    }

    /// The value, if the offer has not begun to wait.
    #[cfg(feature = "std")]
    pub(crate) fn take_fresh(self: Pin<&mut Self>) -> Option<T> {
        if self.is_waiting() { None } else { self.project().value.take() }
    }

    /// Gives it back.
    #[cfg(feature = "std")]
    pub(crate) fn put_back(self: Pin<&mut Self>, value: T) {
        *self.project().value = Some(value);
    }
}

pin_project! {
    /// A reader's wait for a value.
    #[derive(Debug, Default)]
    pub(crate) struct Reading {
        pub(super) waits: bool,
        pub(super) overtaken_since: Option<u64>,
        #[pin]
        pub(super) waiter: Waiter,
    }
}

impl Reading {
    /// A reader that does not wait.
    pub(crate) const fn new() -> Self {
        Self { waits: false, overtaken_since: None, waiter: Waiter::new() }
    }

    #[cfg(feature = "alloc")]
    pub(crate) const fn is_waiting(&self) -> bool {
        self.waits
    }
}

pin_project! {
    /// A wait until everything that was sent before it has been consumed.
    #[derive(Debug, Default)]
    pub(crate) struct Flush {
        pub(super) target: Option<u64>,
        // Values that had been discarded when it began.
        pub(super) aborted: u64,
        // It goes on when the record is closed, as long as somebody reads that.
        pub(super) drains: bool,
        #[pin]
        pub(super) waiter: Waiter,
    }
}

impl Flush {
    /// A flush that has not begun.
    pub(crate) const fn new() -> Self {
        Self { target: None, aborted: 0, drains: false, waiter: Waiter::new() }
    }

    /// The same, which goes on when the record is closed.
    #[cfg(feature = "alloc")]
    pub(crate) const fn draining() -> Self {
        Self { target: None, aborted: 0, drains: true, waiter: Waiter::new() }
    }
}

pin_project! {
    /// A value on its way into a buffer: ready when it is stored, or refused.
    ///
    /// Dropping it drops the value, if it was not stored; [`Pushing::cancel`] gives it back. Does
    /// nothing until polled. Allocates nothing.
    #[must_use = "nothing is sent until the future is polled"]
    pub struct Pushing<'a, T, L: Layout<T>> {
        shell: &'a Shell<T, L>,
        #[pin]
        offer: Offer<T>,
    }

    impl<T, L: Layout<T>> PinnedDrop for Pushing<'_, T, L> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            this.shell.abandon_offer(this.offer);
        }
    }
}

impl<'a, T, L: Layout<T>> Pushing<'a, T, L> {
    pub(super) const fn new(shell: &'a Shell<T, L>, value: T) -> Self {
        Self { shell, offer: Offer::new(value) }
    }

    /// It is for a task of this priority: those who wait are served by priority, then by age.
    pub const fn set_priority(&mut self, priority: u8) {
        self.offer.waiter.set_priority(priority);
    }

    /// Gives up. The value travels back, unless it has been stored or handed out by now.
    pub fn cancel(self: Pin<&mut Self>) -> Option<T> {
        let this = self.project();
        this.shell.cancel_offer(this.offer)
    }
}

impl<T, L: Layout<T>> Future for Pushing<'_, T, L> {
    type Output = Result<(), SendError<T>>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        this.shell.poll_offer(this.offer, context)
    }
}

pin_project! {
    /// The next value of a cursor. Dropping the future loses nothing.
    #[must_use = "nothing is read until the future is polled"]
    pub struct Receiving<'a, T, L: Layout<T>> {
        shell: &'a Shell<T, L>,
        cursor: CursorId,
        #[pin]
        reading: Reading,
    }

    impl<T, L: Layout<T>> PinnedDrop for Receiving<'_, T, L> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            this.shell.cancel_recv(*this.cursor, this.reading);
        }
    }
}

impl<'a, T, L: Layout<T>> Receiving<'a, T, L> {
    pub(super) const fn new(shell: &'a Shell<T, L>, cursor: CursorId) -> Self {
        Self { shell, cursor, reading: Reading::new() }
    }

    /// It is for a task of this priority: those who wait are served by priority, then by age.
    pub const fn set_priority(&mut self, priority: u8) {
        self.reading.waiter.set_priority(priority);
    }
}

impl<T, L: Layout<T>> Future for Receiving<'_, T, L> {
    type Output = Result<T, RecvError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        this.shell.poll_recv(*this.cursor, this.reading, context)
    }
}

pin_project! {
    /// Ready when every value that was stored before its first poll has been consumed, and with
    /// [`FlushError::Closed`] when the buffer is closed before.
    #[must_use = "nothing is awaited until the future is polled"]
    pub struct Flushing<'a, T, L: Layout<T>> {
        shell: &'a Shell<T, L>,
        #[pin]
        flush: Flush,
    }

    impl<T, L: Layout<T>> PinnedDrop for Flushing<'_, T, L> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            this.shell.cancel_flush(this.flush);
        }
    }
}

impl<'a, T, L: Layout<T>> Flushing<'a, T, L> {
    pub(super) const fn new(shell: &'a Shell<T, L>) -> Self {
        Self { shell, flush: Flush::new() }
    }
}

impl<T, L: Layout<T>> Future for Flushing<'_, T, L> {
    type Output = Result<(), FlushError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        this.shell.poll_flush(this.flush, context)
    }
}
