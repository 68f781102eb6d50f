//! What lies under the lock of a buffer.

use core::pin::Pin;
use core::task::Waker;

use super::SLOTLESS;
use super::operation::OfferStage;
use crate::pure::{CursorId, Kind, Log, Room, Storage};
use crate::waiting::{Ticket, WaitQueue, Waiter, WaiterState};

/// The machine, and those who wait.
pub struct State<S: Storage<WaitQueue>> {
    pub(super) log: Log<WaitQueue, S>,
    /// Senders that wait for room, each with its value in a slot.
    pub(super) senders: WaitQueue,
    /// Flushes, which have no slot; those who watch, whose slot says for what, see `watch`; and senders that wait
    /// for a slot, which only fixed storage, or an allocator that is empty, has. Most records have none of them, so
    /// they share a word.
    pub(super) onlookers: WaitQueue,
}

impl<S: Storage<WaitQueue>> State<S> {
    /// The state of an empty buffer over empty tables. `first_number` is 0 except in tests of the wrap
    /// of the sequence.
    pub const fn new(kind: Kind, capacity: usize, rows: S::Rows, cursors: S::Cursors, first_number: u64) -> Self {
        Self {
            log: Log::new(kind, capacity, rows, cursors, first_number),
            senders: WaitQueue::new(),
            onlookers: WaitQueue::new(),
        }
    }

    /// The machine.
    #[cfg(feature = "std")]
    pub(crate) const fn log(&self) -> &Log<WaitQueue, S> {
        &self.log
    }

    /// The machine.
    #[cfg(feature = "std")]
    pub(crate) const fn log_mut(&mut self) -> &mut Log<WaitQueue, S> {
        &mut self.log
    }

    /// Whether a value would be accepted now. Room that those who wait have not yet been given is theirs.
    pub(super) fn room(&mut self) -> Room {
        match self.log.room() {
            Room::Free if !self.senders.is_empty() => Room::Full,
            room => room,
        }
    }

    /// Cursors at which somebody stands in the queue.
    pub(super) fn waiting_cursors(&self) -> u32 {
        self.log.noted_of_readers()
    }

    /// So many more.
    pub(super) fn note_waiting_cursors(&mut self, more: i32) {
        if let Some(waiting) = self.log.noted_of_readers_mut() {
            *waiting = waiting.wrapping_add_signed(more);
        }
    }

    /// All who stand in a queue, or were woken and have not yet looked.
    #[cfg(feature = "std")]
    const fn unsettled(&self) -> u32 {
        self.log.noted
    }

    /// Whether nobody waits, watches or keeps a place, and nobody who was woken has yet to look.
    #[cfg(feature = "std")]
    pub(crate) const fn nobody_waits(&self) -> bool {
        // Who watches is not counted: once told, it need not look for the lane to open.
        self.unsettled() == 0 && self.onlookers.is_empty() && self.log.reserved() == 0
    }

    /// Whether somebody may watch.
    #[cfg_attr(not(feature = "std"), expect(clippy::unused_self, reason = "only threads watch"))]
    pub(super) const fn is_watched(&self) -> bool {
        #[cfg(feature = "std")]
        return !self.onlookers.is_empty();
        #[cfg(not(feature = "std"))]
        false
    }

    /// Somebody came to a queue.
    pub(super) const fn came(&mut self) {
        #[cfg(feature = "std")]
        {
            self.log.noted += 1;
        }
    }

    /// Somebody who came was settled, and was at this.
    #[cfg_attr(not(feature = "std"), expect(clippy::unused_self, reason = "it is counted for lanes"))]
    fn left(&mut self, was: WaiterState) {
        #[cfg(feature = "std")]
        {
            self.log.noted -= u32::from(was != WaiterState::Idle);
        }
        #[cfg(not(feature = "std"))]
        let _ = was;
    }

    /// The queue in which an offer at this stage waits.
    pub(super) fn offers(&mut self, stage: &OfferStage) -> &mut WaitQueue {
        match stage {
            OfferStage::Waiting(None) => &mut self.onlookers,
            OfferStage::Waiting(Some(_)) | OfferStage::Fresh => &mut self.senders,
        }
    }

    /// Takes out the first sender that waits for a slot, if there is one for it.
    pub(super) fn pop_slotless(&mut self) -> Option<Waker> {
        if !self.log.has_free_slot() {
            return None;
        }
        self.onlookers.pop_where(WaiterState::Notified, |ticket| ticket.slot == Some(SLOTLESS))
    }

    pub(super) fn cursor_queue(&mut self, cursor: CursorId) -> &mut WaitQueue {
        self.log.waiting_mut(cursor)
    }

    /// Puts a reader into its cursor's queue.
    pub(super) fn link_reader(&mut self, cursor: CursorId, waiter: Pin<&Waiter>, waker: Waker, ticket: Ticket) {
        let queue = self.cursor_queue(cursor);
        let first = queue.is_empty();
        queue.link(waiter, ticket, waker);
        if first {
            self.note_waiting_cursors(1);
        }
        self.came();
    }

    /// Takes a reader out of its cursor's queue, if it stands there, and says what it was at.
    pub(super) fn settle_reader(&mut self, cursor: CursorId, waiter: Pin<&Waiter>) -> (WaiterState, Option<Waker>) {
        let queue = self.cursor_queue(cursor);
        let (was, waker) = queue.settle(waiter);
        let last = was == WaiterState::Waiting && queue.is_empty();
        if last {
            self.note_waiting_cursors(-1);
        }
        self.left(was);
        (was, waker)
    }

    /// Takes a sender out of the queue of its stage, likewise.
    pub(super) fn settle_offer(&mut self, stage: &OfferStage, waiter: Pin<&Waiter>) -> (WaiterState, Option<Waker>) {
        let (was, waker) = self.offers(stage).settle(waiter);
        self.left(was);
        (was, waker)
    }

    /// Takes a flush out of its queue, likewise.
    pub(super) fn settle_flusher(&mut self, waiter: Pin<&Waiter>) -> Option<Waker> {
        let (was, waker) = self.onlookers.settle(waiter);
        self.left(was);
        waker
    }
}
