//! A thread that waits for a set.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::super::{Lock, Waiter};
use super::shared::{Shared, wake};
use super::state::Line;

pin_project! {
    /// A thread's place among those who wait for something to become pending.
    pub(super) struct Standing<'a> {
        shared: &'a Shared,
        line: Line,
        // What it knows of.
        changes: u64,
        #[pin]
        waiter: Waiter,
    }

    impl PinnedDrop for Standing<'_> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            let waiter = this.waiter.into_ref();
            let (woken, spare) = this.shared.lock.with(|state| state.leave(*this.line, waiter));
            drop(spare);
            wake(woken);
        }
    }
}

impl<'a> Standing<'a> {
    pub(super) const fn new(shared: &'a Shared, line: Line, changes: u64) -> Self {
        Self { shared, line, changes, waiter: Waiter::new() }
    }
}

impl Future for Standing<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let waker = context.waker().clone();
        let this = self.project();
        let waiter = this.waiter.into_ref();
        let (stands, spare) = this.shared.lock.with(|state| state.stand(*this.line, *this.changes, waiter, waker));
        drop(spare);
        if stands { Poll::Pending } else { Poll::Ready(()) }
    }
}
