//! Watching: to be told when a reader would find something, or a sender room, without taking it.
//!
//! A watcher stands in a queue beside those who wait, so it takes no wake-up from any of
//! them: what was stored wakes a reader *and* all who watch its cursor. It is told once, and then has
//! left the queue; whoever told it knows that the condition held in the same lock hold. To be told
//! again it looks again: a look that finds nothing puts it back in the queue in the same hold.

use core::pin::Pin;
use core::task::Waker;

use super::end::DRAIN;
use super::{Layout, SLOTLESS, Shell, State};
use crate::pure::{CursorId, Room, Storage, Verdict};
use crate::waiting::{Lock, Ticket, WaitQueue, Waiter, WaiterState, WakeList};

/// What somebody watches for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Watching {
    /// That a read at this cursor would answer anything but "empty". The serial tells it from a later
    /// cursor in the same place.
    Value { cursor: CursorId, serial: u64 },
    /// That a send would answer anything but "full".
    Room,
}

/// No cursor has this number.
const ROOM: u32 = u32::MAX;

impl Watching {
    fn ticket(self) -> Ticket {
        let slot = match self {
            Self::Value { cursor, .. } => cursor.0,
            Self::Room => ROOM,
        };
        Ticket { slot: Some(slot), ..Ticket::default() }
    }
}

impl<T, L: Layout<T>> Shell<T, L> {
    /// What a reader of this cursor watches for.
    pub(crate) fn watching(&self, cursor: CursorId) -> Watching {
        Watching::Value { cursor, serial: self.lock.look(|state| state.log.serial(cursor)) }
    }

    /// Whether the condition holds. If not, the waker will be woken once when it has come to hold. Of a
    /// cursor that has left, neither.
    pub(crate) fn poll_watch(&self, watching: Watching, waiter: Pin<&Waiter>, waker: Waker) -> bool {
        let mut waker = Some(waker);
        // Wakers are dropped outside the lock.
        let (ready, _spare) = self.lock.with(|state| {
            let ready = match watching {
                Watching::Value { cursor, serial } if state.has_left(cursor, serial) => {
                    return (false, state.onlookers.settle(waiter).1);
                }
                Watching::Value { cursor, .. } => state.has_value(cursor),
                Watching::Room => state.has_room(),
            };
            let stands = state.onlookers.state(waiter) == WaiterState::Waiting;
            if stands && !ready {
                return (false, None);
            }
            let (_, spare) = state.onlookers.settle(waiter);
            if !ready && let Some(waker) = waker.take() {
                state.onlookers.link(waiter, watching.ticket(), waker);
            }
            (ready, spare)
        });
        ready
    }

    /// Ends a watch.
    pub(crate) fn cancel_watch(&self, waiter: Pin<&Waiter>) {
        let (_, spare) = self.lock.with(|state| state.onlookers.settle(waiter));
        drop(spare);
    }
}

impl<S: Storage<WaitQueue>> State<S> {
    fn has_left(&self, cursor: CursorId, serial: u64) -> bool {
        !self.is_live(cursor) || self.log.serial(cursor) != serial
    }

    fn is_live(&self, cursor: CursorId) -> bool {
        self.log.cursors()[cursor.0 as usize].is_live()
    }

    fn has_value(&mut self, cursor: CursorId) -> bool {
        if self.log.finds(cursor) {
            return true;
        }
        if self.log.capacity() > 0 || self.senders.is_empty() {
            return false;
        }
        // At a rendezvous whoever looks holds out a hand.
        self.log.hand(cursor, true);
        let meets = self.log.room() == Room::Free;
        self.log.hand(cursor, false);
        meets
    }

    fn has_room(&mut self) -> bool {
        match self.room() {
            Room::Free | Room::Closed => true,
            Room::Full => match self.log.kind().when_full().verdict() {
                Verdict::Displace | Verdict::Degrade | Verdict::DropIncoming => true,
                Verdict::Wait | Verdict::Refuse => false,
            },
        }
    }
}

impl WakeList {
    /// Wakes those who watch for what there is now, and says whether there was room for all of them.
    pub(super) fn wake_watchers<S: Storage<WaitQueue>>(&mut self, state: &mut State<S>) -> bool {
        let mut onlookers = core::mem::replace(&mut state.onlookers, WaitQueue::new());
        let mut through = false;
        // Each turn takes one out. One whose cursor has left is told, so that nothing is kept for it.
        while !self.is_full() {
            let told = onlookers.pop_where(WaiterState::Notified, |ticket| match ticket.slot {
                None | Some(DRAIN | SLOTLESS) => false,
                Some(ROOM) => state.has_room(),
                Some(cursor) => !state.is_live(CursorId(cursor)) || state.has_value(CursorId(cursor)),
            });
            through = told.is_none();
            if through {
                break;
            }
            self.push(told);
        }
        state.onlookers = onlookers;
        through
    }
}
