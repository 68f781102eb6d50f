//! Closing, discarding and waiting until all is consumed.

use core::pin::Pin;
use core::task::{Context, Poll};

use super::operation::{Flush, Flushing};
use super::{Aftermath, Layout, Shell};
use crate::buffer::FlushError;
use crate::waiting::{Lock, Ticket, WaiterState};

/// What a drain leaves as its slot in the queue of onlookers: a close does not end it. No cursor has this number.
pub(super) const DRAIN: u32 = u32::MAX - 1;

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
        self.lock.look(|state| state.log.is_closed())
    }

    /// Waits until every value that was stored before the first poll has been consumed; ready at
    /// once on a kind whose cursors do not gate, and with an error on a buffer that is closed before. Never blocks the thread.
    pub const fn flush(&self) -> Flushing<'_, T, L> {
        Flushing::new(self)
    }

    pub(crate) fn poll_flush(&self, flush: Pin<&mut Flush>, context: &mut Context<'_>) -> Poll<Result<(), FlushError>> {
        let mut waker = Some(context.waker().clone());
        let flush = flush.project();
        let waiter = flush.waiter.into_ref();
        // Wakers are dropped outside the lock: the last one of a task drops the task.
        let (poll, spare) = self.lock.with(|state| {
            let is_served = state.onlookers.state(waiter) == WaiterState::Done;
            let log = &state.log;
            let target = *flush.target.get_or_insert_with(|| {
                *flush.aborted = log.counts.aborted;
                log.next_number()
            });
            let is_discarded = log.counts.aborted != *flush.aborted;
            // Nobody consumes what was discarded, or what a close has left to nobody. A flush does not wait for
            // what a close has left to readers, who may never come back for it; a drain does.
            let outcome = if is_served || !log.kind().gates() || log.is_past(target) && !is_discarded {
                Some(Ok(()))
            } else if log.is_closed() && (!*flush.drains || is_discarded || log.cursor_count() == 0) {
                Some(Err(FlushError::Closed))
            } else {
                None
            };
            if let Some(outcome) = outcome {
                *flush.target = None;
                let old = state.settle_flusher(waiter);
                return (Poll::Ready(outcome), old);
            }
            let Some(waker) = waker.take() else { return (Poll::Pending, None) };
            if state.onlookers.state(waiter) == WaiterState::Waiting {
                return (Poll::Pending, state.onlookers.rewake(waiter, waker));
            }
            let old = state.settle_flusher(waiter);
            state.onlookers.link(
                waiter,
                Ticket { target, slot: flush.drains.then_some(DRAIN), ..Ticket::default() },
                waker,
            );
            state.came();
            (Poll::Pending, old)
        });
        drop(spare);
        poll
    }

    /// Ends a wait for a flush.
    pub(crate) fn cancel_flush(&self, flush: Pin<&mut Flush>) {
        let flush = flush.project();
        let waiter = flush.waiter.into_ref();
        let spare = self.lock.with(|state| state.settle_flusher(waiter));
        *flush.target = None;
        drop(spare);
    }
}
