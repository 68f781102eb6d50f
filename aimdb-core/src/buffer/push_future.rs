//! The future of a value that waits for space.

use alloc::boxed::Box;
use core::future::Future;
use core::mem;
use core::pin::Pin;
use core::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::heap::HeapShell;
use super::shell::Offer;
use super::{Misuse, SendError};

/// Why a buffer of the user's own refused a value; the value stays where it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It is full and does not let its producer wait.
    Full,
    /// It is closed.
    Closed,
    /// The call must not be made here.
    Misuse(Misuse),
}

type Step<'a, T> = dyn FnMut(&mut Option<T>, &mut Context<'_>) -> Poll<Result<(), Refusal>> + Send + 'a;

enum Way<'a, T: Send + 'static> {
    Ready(Option<Result<(), SendError<T>>>),
    Custom(Option<T>, Box<Step<'a, T>>),
    /// The value until the first poll; one that cannot be stored at once goes on as an offer, which is larger than most
    /// values and need not be made for the others.
    Offer(Option<T>, &'a HeapShell<T>),
}

pin_project! {
    /// A value on its way into a buffer: ready when it is stored, or refused.
    ///
    /// Dropping it drops the value, if it was not stored; [`PushFuture::cancel`] gives it back.
    /// Does nothing until polled. Does not allocate for the buffers of this crate.
    #[must_use = "nothing is sent until the future is polled"]
    pub struct PushFuture<'a, T>
    where
        T: Send,
        T: 'static,
    {
        way: Way<'a, T>,
        #[pin]
        offer: Option<Offer<T>>,
    }

    impl<T> PinnedDrop for PushFuture<'_, T>
    where
        T: Send,
        T: 'static,
    {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            if let (Way::Offer(_, buffer), Some(offer)) = (this.way, this.offer.as_pin_mut()) {
                buffer.abandon_offer(offer);
            }
        }
    }
}

impl<'a, T: Send + 'static> PushFuture<'a, T> {
    /// A push whose outcome is known.
    pub const fn ready(outcome: Result<(), SendError<T>>) -> Self {
        Self { way: Way::Ready(Some(outcome)), offer: None }
    }

    /// A push into a buffer of the user's own. `step` is a poll function: it takes the value out of
    /// the option when it stores it, and leaves it there when it is pending or refuses. Allocates.
    pub fn from_fn(
        value: T,
        step: impl FnMut(&mut Option<T>, &mut Context<'_>) -> Poll<Result<(), Refusal>> + Send + 'a,
    ) -> Self {
        Self { way: Way::Custom(Some(value), Box::new(step)), offer: None }
    }

    pub(crate) const fn offer(buffer: &'a HeapShell<T>, value: T) -> Self {
        Self { way: Way::Offer(Some(value), buffer), offer: None }
    }

    /// The same push, not yet polled, in a place of its own. What a call brings is written straight to where it is
    /// returned from, and where one of several ways to a future is such a call, compilers copy the whole of it on
    /// all of them.
    pub(crate) fn moved(mut self) -> Self {
        debug_assert!(self.offer.is_none(), "it stands in no queue");
        Self { way: mem::replace(&mut self.way, Way::Ready(None)), offer: None }
    }

    /// The same push, not yet polled, of a value that could not be stored at once by whoever offers it: it is not tried
    /// again in the thread's name.
    #[cfg(feature = "std")]
    pub(crate) fn offered(mut self) -> Self {
        if let Way::Offer(value, _) = &mut self.way {
            let offer = value.take().map(Offer::new);
            self.offer = offer;
        }
        self
    }

    /// Gives up. The value travels back, unless it has been stored or handed out by now.
    pub fn cancel(self: Pin<&mut Self>) -> Option<T> {
        let this = self.project();
        match this.way {
            Way::Ready(outcome) => outcome.take().and_then(Result::err).map(SendError::into_inner),
            Way::Custom(value, _) => value.take(),
            Way::Offer(value, buffer) => {
                let of_offer = || this.offer.as_pin_mut().and_then(|offer| buffer.cancel_offer(offer));
                value.take().or_else(of_offer)
            }
        }
    }
}

impl<T: Send + 'static> PushFuture<'_, T> {
    /// Goes on as an offer, which is made where it stays.
    #[cold]
    fn go_on(self: Pin<&mut Self>, value: T) {
        self.project().offer.set(Some(Offer::new(value)));
    }

    /// The rest of a poll: of a push that has to wait, or that is no offer.
    #[inline(never)]
    fn poll_on(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), SendError<T>>> {
        let this = self.project();
        match this.way {
            Way::Ready(outcome) => outcome.take().map_or(Poll::Pending, Poll::Ready),
            Way::Offer(_, buffer) => {
                let offer = this.offer.as_pin_mut();
                offer.map_or(Poll::Pending, |offer| buffer.poll_offer_by_lane(offer, context))
            }
            Way::Custom(value, step) => {
                if value.is_none() {
                    return Poll::Pending;
                }
                let outcome = core::task::ready!(step(value, context));
                Poll::Ready(match (outcome, value.take()) {
                    (Ok(()), _) | (Err(_), None) => Ok(()),
                    (Err(Refusal::Full), Some(value)) => Err(SendError::Full(value)),
                    (Err(Refusal::Closed), Some(value)) => Err(SendError::Closed(value)),
                    (Err(Refusal::Misuse(misuse)), Some(value)) => Err(SendError::Misuse(value, misuse)),
                })
            }
        }
    }
}

impl<T: Send + 'static> Future for PushFuture<'_, T> {
    type Output = Result<(), SendError<T>>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Way::Offer(value, buffer) = self.as_mut().project().way
            && let Some(value) = value.take()
        {
            match buffer.offer_at_once(value) {
                Ok(()) => return Poll::Ready(Ok(())),
                Err(value) => self.as_mut().go_on(value),
            }
        }
        self.poll_on(context)
    }
}

impl<T: Send + 'static> core::fmt::Debug for PushFuture<'_, T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("PushFuture")
    }
}
