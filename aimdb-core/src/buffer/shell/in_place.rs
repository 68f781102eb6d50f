//! Reading a value where it lies, for slots whose values are no more than bytes beside them: see
//! [`crate::buffer::Slots::brings`].

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::look::Look;
use super::operation::Reading;
use super::receive::Found;
use super::{Aftermath, Layout, Shell};
use crate::buffer::{RecvError, TryRecvError};
use crate::pure::{CursorId, Next, Owned, Pinned};
use crate::waiting::Lock;

/// The right to copy a value where it lies.
#[derive(Debug)]
pub enum Held<'a> {
    /// Nobody else will read it.
    Owned(&'a Owned),
    /// Others may look at it too.
    Pinned(&'a Pinned),
}

impl Held<'_> {
    /// The slot's number.
    #[must_use]
    pub const fn slot(&self) -> u32 {
        match self {
            Self::Owned(owned) => owned.slot(),
            Self::Pinned(pinned) => pinned.slot(),
        }
    }
}

impl<T, L: Layout<T>> Shell<T, L> {
    /// As [`Shell::try_recv`]; `take` copies the value where it lies, outside the lock.
    ///
    /// # Errors
    ///
    /// Why there is none; then `take` was not called.
    pub fn try_recv_in_place<R>(
        &self,
        cursor: CursorId,
        take: impl FnOnce(&L::Slots, Held<'_>) -> R,
    ) -> Result<R, TryRecvError> {
        let mut after = Aftermath::new(self);
        let found = self.lock.with(|state| self.find(state, cursor, &mut after));
        self.complete_in_place(found, after, take)
    }

    /// As [`Shell::recv_async`]; `take` copies the value where it lies, outside the lock.
    pub const fn recv_in_place<F>(&self, cursor: CursorId, take: F) -> ReceivingInPlace<'_, T, L, F> {
        ReceivingInPlace { shell: self, cursor, take: Some(take), reading: Reading::new() }
    }

    fn complete_in_place<R>(
        &self,
        found: Found<T>,
        mut after: Aftermath<'_, T, L>,
        take: impl FnOnce(&L::Slots, Held<'_>) -> R,
    ) -> Result<R, TryRecvError> {
        const { assert!(!Self::MOVES_INSIDE, "a value that is taken inside the lock is not read where it lies") };
        let outcome = match found {
            Found::Next(Next::Move(owned)) => {
                let taken = take(&self.slots, Held::Owned(&owned));
                drop(self.take_out(owned));
                Ok(taken)
            }
            Found::Next(Next::Clone(pinned)) => {
                let look = Look::new(self, pinned);
                after.finish();
                return look.copy_out(|slots, pinned| take(slots, Held::Pinned(pinned))).ok_or(TryRecvError::Empty);
            }
            Found::Next(Next::Lagged(lag)) => Err(TryRecvError::Lagged(lag)),
            Found::Next(Next::Empty) | Found::Value(_) => Err(TryRecvError::Empty),
            Found::Next(Next::Closed) => Err(TryRecvError::Closed),
        };
        after.finish();
        outcome
    }
}

pin_project! {
    /// The next value of a cursor, copied where it lies. Dropping the future loses nothing.
    #[must_use = "nothing is read until the future is polled"]
    pub struct ReceivingInPlace<'a, T, L: Layout<T>, F> {
        shell: &'a Shell<T, L>,
        cursor: CursorId,
        take: Option<F>,
        #[pin]
        reading: Reading,
    }

    impl<T, L: Layout<T>, F> PinnedDrop for ReceivingInPlace<'_, T, L, F> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            this.shell.cancel_recv(*this.cursor, this.reading);
        }
    }
}

impl<T, L: Layout<T>, F> ReceivingInPlace<'_, T, L, F> {
    /// It is for a task of this priority: those who wait are served by priority, then by age.
    pub const fn set_priority(&mut self, priority: u8) {
        self.reading.waiter.set_priority(priority);
    }
}

impl<T, L: Layout<T>, R, F: FnOnce(&L::Slots, Held<'_>) -> R> Future for ReceivingInPlace<'_, T, L, F> {
    type Output = Result<R, RecvError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let shell = *this.shell;
        let take = this.take;
        if take.is_none() {
            // One that has ended stays pending, as a fused future would.
            return Poll::Pending;
        }
        shell.poll_wait_for(*this.cursor, this.reading, context, |found, after| {
            let take = take.take().expect("it is there until a value is found");
            shell.complete_in_place(found, after, take)
        })
    }
}
