//! The operations that can wait, as values that their caller keeps pinned while they do.
//!
//! Each is polled, and cancelled, through the [`super::Shell`] that it belongs to. A cancelled or
//! completed operation may be used again.

use pin_project_lite::pin_project;

use crate::pure::Claim;
use crate::waiting::Waiter;

pin_project! {
    /// A value on its way into a buffer.
    #[derive(Debug)]
    pub struct Offer<T> {
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
    #[must_use]
    pub const fn new(value: T) -> Self {
        Self { value: Some(value), stage: OfferStage::Fresh, since: 0, waiter: Waiter::new() }
    }

    pub(super) const fn is_waiting(&self) -> bool {
        matches!(self.stage, OfferStage::Waiting(_))
    }
}

pin_project! {
    /// A reader's wait for a value.
    #[derive(Debug, Default)]
    pub struct Reading {
        pub(super) waits: bool,
        pub(super) overtaken_since: Option<u64>,
        #[pin]
        pub(super) waiter: Waiter,
    }
}

impl Reading {
    /// A reader that does not wait.
    #[must_use]
    pub const fn new() -> Self {
        Self { waits: false, overtaken_since: None, waiter: Waiter::new() }
    }
}

pin_project! {
    /// A wait until everything that was sent before it has been consumed.
    #[derive(Debug, Default)]
    pub struct Flush {
        pub(super) target: Option<u64>,
        #[pin]
        pub(super) waiter: Waiter,
    }
}

impl Flush {
    /// A flush that has not begun.
    #[must_use]
    pub const fn new() -> Self {
        Self { target: None, waiter: Waiter::new() }
    }
}
