//! Closing, discarding and waiting until all is consumed.

use core::pin::Pin;
use core::task::{Context, Poll};

use super::operation::{Flush, Flushing};
use super::{Aftermath, Layout, Shell};
use crate::waiting::{Lock, Ticket, WaiterState};

impl<T, L: Layout<T>> Shell<T, L> {
    /// Refuses all values to come and wakes everyone who waits. Idempotent.
    pub fn close(&self) {
        let mut after = Aftermath::new(self);
        let discarded = self.lock.with(|state| {
            let discarded = state.log.close();
            after.closed(state);
            discarded
        });
        after.finish();
        if discarded > 0 {
            self.dispose_all();
        }
    }

    /// Closes, discards what is buffered and says how many values that were.
    pub fn abort(&self) -> usize {
        let mut after = Aftermath::new(self);
        let mut discarded = self.lock.with(|state| {
            let discarded = state.log.close();
            after.closed(state);
            discarded
        });
        // Bounded by the window: on a closed record nothing is added. One value per lock hold.
        while self.lock.with(|state| state.log.discard_oldest()) {
            discarded += 1;
        }
        self.lock.with(|state| after.made_room(state));
        after.finish();
        self.dispose_all();
        discarded
    }

    /// Whether the buffer was closed.
    pub fn is_closed(&self) -> bool {
        self.lock.with(|state| state.log.is_closed())
    }

    /// Waits until every value that was stored before the first poll has been consumed; ready at
    /// once on a kind whose cursors do not gate. Never blocks the thread.
    pub const fn flush(&self) -> Flushing<'_, T, L> {
        Flushing::new(self)
    }

    pub(crate) fn poll_flush(&self, flush: Pin<&mut Flush>, context: &mut Context<'_>) -> Poll<()> {
        let mut waker = Some(context.waker().clone());
        let flush = flush.project();
        let waiter = flush.waiter.into_ref();
        // Wakers are dropped outside the lock: the last one of a task drops the task.
        let (poll, spare) = self.lock.with(|state| {
            let target = *flush.target.get_or_insert(state.log.next_number());
            if !state.log.kind().gates() || state.log.is_past(target) {
                *flush.target = None;
                let (_, old) = state.flushers.settle(waiter);
                return (Poll::Ready(()), old);
            }
            let Some(waker) = waker.take() else { return (Poll::Pending, None) };
            if state.flushers.state(waiter) == WaiterState::Waiting {
                return (Poll::Pending, state.flushers.rewake(waiter, waker));
            }
            let (_, old) = state.flushers.settle(waiter);
            state.flushers.link(waiter, Ticket { target, ..Ticket::default() }, waker);
            (Poll::Pending, old)
        });
        drop(spare);
        poll
    }

    /// Ends a wait for a flush.
    pub(crate) fn cancel_flush(&self, flush: Pin<&mut Flush>) {
        let flush = flush.project();
        let waiter = flush.waiter.into_ref();
        let (_, spare) = self.lock.with(|state| state.flushers.settle(waiter));
        *flush.target = None;
        drop(spare);
    }
}
