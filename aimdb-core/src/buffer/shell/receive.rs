//! Reading a value, at once or after waiting for one.

use core::pin::Pin;
use core::task::{Context, Poll};

use super::look::Look;
use super::operation::{Reading, Receiving};
use super::{Aftermath, Layout, Shell, State, UserCode};
use crate::buffer::{RecvError, Slots, SubscribeError, TryRecvError};
use crate::pure::{CursorId, Doomed, Next, Pinned, Start};
use crate::waiting::{Clock, Lock, Ticket, WaitQueue, WaiterState};

/// A waiting reader that was overtaken for this long is promised the next value.
const STARVING_NS: u64 = 1_000_000;

/// What a lock hold found for a reader.
pub(super) enum Found<T> {
    Value(T),
    Next(Next),
}

impl<T, L: Layout<T>> Shell<T, L> {
    /// Makes a cursor.
    ///
    /// # Errors
    ///
    /// When values cannot be cloned and there is a cursor already, or the storage is full.
    pub fn subscribe(&self, start: Start) -> Result<CursorId, SubscribeError> {
        let can_clone = self.code.cloning().is_allowed();
        self.lock.with_once(|state| {
            if !can_clone && !state.log.kind().shares_cursor() && state.log.cursor_count() > 0 {
                return Err(SubscribeError::SingleCursor);
            }
            state.log.subscribe(start, WaitQueue::new).map_err(|_| SubscribeError::NoPlace)
        })
    }

    /// Adds a reader to a cursor.
    pub fn share(&self, cursor: CursorId) {
        self.lock.with_once(|state| state.log.share(cursor));
    }

    /// Removes a reader, which does not wait, from a cursor. What the cursor held back is let go.
    pub fn unsubscribe(&self, cursor: CursorId) {
        let mut after = Aftermath::new(self);
        let freed = self.lock.with_once(|state| {
            let freed = state.log.leave(cursor);
            // Also when nothing was freed: on a rendezvous, and for a flush, one cursor less counts.
            after.made_room(state);
            freed
        });
        after.finish();
        if freed > 0 {
            self.dispose_all();
        }
    }

    /// Takes the cursor's next value, without waiting.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub fn try_recv(&self, cursor: CursorId) -> Result<T, TryRecvError> {
        let mut after = Aftermath::new(self);
        let found = self.lock.with(|state| self.find(state, cursor, &mut after));
        self.complete(found, after)
    }

    /// The same, unless values are taken without the lock by now: then `None`.
    #[cfg(feature = "std")]
    pub(crate) fn try_recv_unless_elsewhere(&self, cursor: CursorId) -> Option<Result<T, TryRecvError>> {
        let mut after = Aftermath::new(self);
        let found = self.lock.unless_elsewhere(|state| self.find(state, cursor, &mut after))?;
        Some(self.complete(found, after))
    }

    pub(super) fn find(
        &self,
        state: &mut State<L::Storage>,
        cursor: CursorId,
        after: &mut Aftermath<'_, T, L>,
    ) -> Found<T> {
        let before = state.log.len();
        let mut next = state.log.next(cursor, false);
        if matches!(next, Next::Empty) && state.log.capacity() == 0 && !state.senders.is_empty() {
            // On a rendezvous a look is a hand held out for a moment.
            state.log.hand(cursor, true);
            after.made_room(state);
            next = state.log.next(cursor, false);
            state.log.hand(cursor, false);
        } else if state.log.len() < before {
            after.made_room(state);
        }
        self.bring(state, next, after)
    }

    /// Lets the cursor stand before the newest value.
    pub fn skip_to_newest(&self, cursor: CursorId) {
        let mut after = Aftermath::new(self);
        let freed = self.lock.with(|state| {
            let freed = state.log.skip_to_newest(cursor);
            if freed > 0 {
                after.made_room(state);
            }
            freed
        });
        after.finish();
        if freed > 0 {
            self.dispose_all();
        }
    }

    /// Takes the newest value and skips what lies before it, in one lock hold: a producer that never pauses
    /// cannot come between.
    ///
    /// # Errors
    ///
    /// Why there is none.
    #[cfg(feature = "alloc")]
    pub(crate) fn try_latest(&self, cursor: CursorId) -> Result<T, TryRecvError> {
        struct Skipped<'a, T, L: Layout<T>>(&'a Shell<T, L>, bool);
        impl<T, L: Layout<T>> Drop for Skipped<'_, T, L> {
            fn drop(&mut self) {
                if self.1 {
                    self.0.dispose_all();
                }
            }
        }
        let mut after = Aftermath::new(self);
        let mut skipped = Skipped(self, false);
        let found = self.lock.with(|state| {
            skipped.1 = state.log.skip_to_newest(cursor) > 0;
            if skipped.1 {
                after.made_room(state);
            }
            match self.find(state, cursor, &mut after) {
                // It is counted; the value comes behind it.
                Found::Next(Next::Lagged(_)) => self.find(state, cursor, &mut after),
                found => found,
            }
        });
        self.complete(found, after)
    }

    /// A clone of the current value, on a kind that has one.
    pub fn peek(&self) -> Option<T> {
        if !self.code.cloning().is_allowed() {
            return None;
        }
        let mut after = Aftermath::new(self);
        let found = self.lock.with(|state| {
            let pinned = state.log.peek()?;
            Some(self.copy_inside(state, pinned, &mut after))
        })?;
        after.finish();
        match found {
            Ok(value) => Some(value),
            Err(pinned) => Look::new(self, pinned).clone_out(),
        }
    }

    /// A clone, if values are cloned.
    #[cfg(feature = "std")]
    pub(crate) fn clone_value(&self, value: &T) -> Option<T> {
        self.code.cloning().clone_value(value)
    }

    /// Counts a value that was lost to a panic of its clone.
    #[cfg(feature = "std")]
    #[cold]
    pub(crate) fn count_clone_panic(&self) {
        self.lock.with(|state| state.log.counts.clone_panics += 1);
    }

    /// Waits for the cursor's next value. Never blocks the thread.
    pub const fn recv_async(&self, cursor: CursorId) -> Receiving<'_, T, L> {
        Receiving::new(self, cursor)
    }

    /// Takes the cursor's next value, or waits for one: pending means that the context's waker will
    /// be woken when there is something to read.
    pub(crate) fn poll_recv(
        &self,
        cursor: CursorId,
        reading: Pin<&mut Reading>,
        context: &mut Context<'_>,
    ) -> Poll<Result<T, RecvError>> {
        if !reading.waits {
            match self.try_recv(cursor) {
                Ok(value) => return Poll::Ready(Ok(value)),
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Lagged(lag)) => return Poll::Ready(Err(RecvError::Lagged(lag))),
                Err(TryRecvError::Closed) => return Poll::Ready(Err(RecvError::Closed)),
                Err(TryRecvError::Misuse(misuse)) => return Poll::Ready(Err(RecvError::Misuse(misuse))),
            }
        }
        self.poll_wait(cursor, reading, context)
    }

    /// As [`Shell::poll_recv`], for a reader that waits, or has just looked and found nothing.
    pub(crate) fn poll_wait(
        &self,
        cursor: CursorId,
        reading: Pin<&mut Reading>,
        context: &mut Context<'_>,
    ) -> Poll<Result<T, RecvError>> {
        self.poll_wait_for(cursor, reading, context, |found, after| self.complete(found, after))
    }

    /// The same, with what becomes of what is found.
    pub(super) fn poll_wait_for<'a, R>(
        &'a self,
        cursor: CursorId,
        mut reading: Pin<&mut Reading>,
        context: &mut Context<'_>,
        complete: impl FnOnce(Found<T>, Aftermath<'a, T, L>) -> Result<R, TryRecvError>,
    ) -> Poll<Result<R, RecvError>> {
        let mut waker = Some(context.waker().clone());
        let now = if reading.waits { self.clock.now() } else { 0 };
        let mut after = Aftermath::new(self);
        let reading = reading.as_mut().project();
        let waiter = reading.waiter.into_ref();
        // Wakers are dropped outside the lock: the last one of a task drops the task.
        let (next, spare) = self.lock.with(|state| {
            let queue = state.cursor_queue(cursor);
            let was = queue.state(waiter);
            let before = state.log.len();
            let next = state.log.next(cursor, was == WaiterState::Granted);
            if matches!(next, Next::Empty)
                && let Some(waker) = waker.take()
            {
                let queue = state.cursor_queue(cursor);
                if was == WaiterState::Waiting {
                    let spare = queue.rewake(waiter, waker);
                    return (None, spare);
                }
                // It was woken and found nothing: another reader was faster. It keeps its place.
                let overtaken = was != WaiterState::Idle;
                if overtaken {
                    let since = *reading.overtaken_since.get_or_insert(now);
                    let starves = now.saturating_sub(since) >= STARVING_NS;
                    let (_, spare) = state.settle_reader(cursor, waiter);
                    debug_assert!(spare.is_none(), "whoever woke it took its waker");
                    state.link_reader(
                        cursor,
                        waiter,
                        waker,
                        Ticket { at_front: true, starving: starves, ..Ticket::default() },
                    );
                } else {
                    state.link_reader(cursor, waiter, waker, Ticket::default());
                    state.log.hand(cursor, true);
                    *reading.waits = true;
                }
                if state.log.capacity() == 0 {
                    // The hand that opens is the room on a rendezvous.
                    after.made_room(state);
                }
                return (None, None);
            }
            let mut spare = None;
            if *reading.waits {
                let (_, old) = state.settle_reader(cursor, waiter);
                state.log.hand(cursor, false);
                *reading.waits = false;
                *reading.overtaken_since = None;
                spare = old;
                if let Next::Lagged(_) = next {
                    // The wake-up was for a value, which is still there for another.
                    after.passed_on(state, cursor);
                }
            }
            if state.log.len() < before {
                after.made_room(state);
            }
            (Some(self.bring(state, next, &mut after)), spare)
        });
        let outcome = next.map(|next| complete(next, after));
        // Here, while the outcome has an owner: should one of these drops panic, it is dropped too.
        drop((spare, waker));
        let Some(outcome) = outcome else { return Poll::Pending };
        Poll::Ready(outcome.map_err(|error| match error {
            TryRecvError::Lagged(lag) => RecvError::Lagged(lag),
            TryRecvError::Closed | TryRecvError::Empty => RecvError::Closed,
            TryRecvError::Misuse(misuse) => RecvError::Misuse(misuse),
        }))
    }

    /// Ends a wait. A wake-up that came for it passes to the next reader of the cursor.
    pub(crate) fn cancel_recv(&self, cursor: CursorId, reading: Pin<&mut Reading>) {
        if !reading.waits {
            return;
        }
        let reading = reading.project();
        let waiter = reading.waiter.into_ref();
        let mut after = Aftermath::new(self);
        let spare = self.lock.with(|state| {
            let (was, spare) = state.settle_reader(cursor, waiter);
            state.log.hand(cursor, false);
            if was == WaiterState::Granted {
                state.log.ungrant(cursor);
            }
            if matches!(was, WaiterState::Granted | WaiterState::Notified) {
                after.passed_on(state, cursor);
            }
            spare
        });
        *reading.waits = false;
        *reading.overtaken_since = None;
        drop(spare);
        after.finish();
    }

    /// Moves a small value out in the lock hold that found it.
    fn bring(&self, state: &mut State<L::Storage>, next: Next, after: &mut Aftermath<'_, T, L>) -> Found<T> {
        match next {
            Next::Move(owned) if Self::MOVES_INSIDE => {
                Found::Value(self.take_out_inside(state, Doomed { owned, cause: None }, after).0)
            }
            Next::Clone(pinned) => match self.copy_inside(state, pinned, after) {
                Ok(value) => Found::Value(value),
                Err(pinned) => Found::Next(Next::Clone(pinned)),
            },
            next => Found::Next(next),
        }
    }

    /// Copies a small value of plain data in the lock hold that found it.
    fn copy_inside(
        &self,
        state: &mut State<L::Storage>,
        pinned: Pinned,
        after: &mut Aftermath<'_, T, L>,
    ) -> Result<T, Pinned> {
        if !Self::MOVES_INSIDE {
            return Err(pinned);
        }
        let cell = self.slots.cell(pinned.0);
        let Some(value) = cell.look(&pinned, |value| self.code.cloning().copy_inside(value)) else {
            return Err(pinned);
        };
        if let Some(doomed) = state.log.unpin(pinned) {
            // Plain data has no drop to be run.
            self.take_out_inside(state, doomed, after);
        }
        Ok(value)
    }

    /// Brings the value out, then wakes whoever the lock hold has set free.
    fn complete(&self, found: Found<T>, mut after: Aftermath<'_, T, L>) -> Result<T, TryRecvError> {
        let next = match found {
            Found::Value(value) => {
                after.finish();
                return Ok(value);
            }
            Found::Next(next) => next,
        };
        let value = match next {
            Next::Move(owned) => Ok(self.take_out(owned)),
            Next::Clone(pinned) => {
                // The clone may take its time; those who were set free do not wait for it.
                let look = Look::new(self, pinned);
                after.finish();
                return look.clone_out().ok_or(TryRecvError::Empty);
            }
            Next::Lagged(lag) => Err(TryRecvError::Lagged(lag)),
            Next::Empty => Err(TryRecvError::Empty),
            Next::Closed => Err(TryRecvError::Closed),
        };
        after.finish();
        value
    }
}
