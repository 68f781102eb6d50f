//! What a lock hold leaves to be done after it: who is woken, and who is served next.

use super::end::DRAIN;
use super::{Layout, Shell, State};
use crate::pure::{Claim, CursorId, Room, Storage};
use crate::waiting::{Lock, Ticket, WaitQueue, WaiterState, WakeList};

/// Collects wakers under the lock and wakes them after it. It holds a fixed number of wakers; when
/// more are to be woken it goes back under the lock for them, so no lock hold grows with the number
/// of those who wait. A waker that panics does not keep the others from being woken.
pub(super) struct Aftermath<'a, T, L: Layout<T>> {
    shell: &'a Shell<T, L>,
    wakes: WakeList,
    todo: Todo,
}

/// What is left to do under the lock.
#[derive(Default)]
struct Todo {
    /// Values became visible: as many waiting readers of each cursor.
    readers: Option<Readers>,
    /// Room was made: the senders that wait, and the flushes that are through.
    room: bool,
    /// Slots that were given back: as many senders that wait for one.
    slots: usize,
    /// The record was closed: all who wait.
    everyone: bool,
    /// Those who watch, after all of these.
    watchers: bool,
}

/// Readers to be woken: `values` of each cursor, going on at `cursor`, where `woken` have been.
#[derive(Clone, Copy)]
struct Readers {
    values: usize,
    cursor: usize,
    woken: usize,
}

impl Readers {
    const fn of(values: usize) -> Self {
        Self { values, cursor: 0, woken: 0 }
    }
}

impl<'a, T, L: Layout<T>> Aftermath<'a, T, L> {
    pub(super) const fn new(shell: &'a Shell<T, L>) -> Self {
        let todo = Todo { readers: None, room: false, slots: 0, everyone: false, watchers: false };
        Self { shell, wakes: WakeList::new(), todo }
    }

    /// A value was published.
    pub(super) fn published(&mut self, state: &mut State<L::Storage>) {
        if state.waiting_cursors() > 0 {
            self.todo.readers = Some(Readers::of(1));
            self.work(state);
        } else if state.is_watched() {
            self.work(state);
        }
    }

    /// A sender came to wait: at a rendezvous that is something to read.
    pub(super) fn offered(&mut self, state: &mut State<L::Storage>) {
        if state.is_watched() {
            self.work(state);
        }
    }

    /// Values left the window, or a reader came to a rendezvous.
    pub(super) fn made_room(&mut self, state: &mut State<L::Storage>) {
        if !state.senders.is_empty() || !state.onlookers.is_empty() {
            self.todo.room = true;
            self.work(state);
        }
    }

    /// A slot was given back.
    pub(super) fn slot_freed(&mut self, state: &mut State<L::Storage>) {
        if !state.onlookers.is_empty() {
            self.todo.slots += 1;
            self.work(state);
        }
    }

    /// The record was closed.
    pub(super) fn closed(&mut self, state: &mut State<L::Storage>) {
        self.todo.everyone = true;
        self.todo.room = true;
        self.work(state);
    }

    /// A reader that was woken leaves without a value: the next one of its cursor is woken.
    pub(super) fn passed_on(&mut self, state: &mut State<L::Storage>, cursor: CursorId) {
        if state.log.is_readable(cursor) {
            self.wakes.wake_one_reader(state, cursor);
        }
        if state.is_watched() {
            self.work(state);
        }
    }

    /// Wakes all that were collected, and those that did not fit. Outside the lock.
    pub(super) fn finish(&mut self) {
        // Bounded by those who waited when the lock was first held, and those served for them.
        loop {
            self.wakes.wake_all();
            if !self.todo.is_left() {
                return;
            }
            let shell = self.shell;
            shell.lock.with(|state| self.work(state));
        }
    }

    fn work(&mut self, state: &mut State<L::Storage>) {
        let (todo, wakes) = (&mut self.todo, &mut self.wakes);
        if todo.everyone {
            todo.everyone = !wakes.wake_everyone(state);
        }
        if todo.room {
            let (published, done) = wakes.serve_senders(state);
            if published > 0 && state.waiting_cursors() > 0 {
                let waiting = todo.readers.map_or(0, |readers| readers.values);
                todo.readers = Some(Readers::of(waiting + published));
            }
            todo.room = !(done && wakes.wake_flushers(state));
        }
        if todo.slots > 0 {
            todo.slots = wakes.wake_slotless(state, todo.slots);
        }
        if let Some(readers) = todo.readers {
            todo.readers = wakes.wake_readers(state, readers);
        }
        #[cfg(feature = "std")]
        {
            todo.watchers = state.is_watched() && !wakes.wake_watchers(state);
        }
    }
}

impl<T, L: Layout<T>> Drop for Aftermath<'_, T, L> {
    fn drop(&mut self) {
        self.finish();
    }
}

impl Todo {
    const fn is_left(&self) -> bool {
        self.readers.is_some() || self.room || self.slots > 0 || self.everyone || self.watchers
    }
}

/// Each of these stops when the list is full, and says whether, or where, it has to go on.
impl WakeList {
    /// Publishes the values of those who wait first, into the room that there is. Says how many
    /// values became visible, and whether it is through.
    fn serve_senders<S: Storage<WaitQueue>>(&mut self, state: &mut State<S>) -> (usize, bool) {
        let mut published = 0;
        // Bounded by the room: each turn fills one place.
        while state.log.room() == Room::Free
            && let Some(claim) = state.senders.front().and_then(|ticket| ticket.slot).map(Claim)
        {
            if self.is_full() {
                return (published, false);
            }
            if state.log.publish(claim).is_err() {
                // The storage has no place for it after all; it waits on.
                break;
            }
            published += 1;
            let served = state.senders.pop(WaiterState::Done);
            self.push(served);
        }
        (published, true)
    }

    /// Wakes as many senders as slots were given back, and says how many are left to be woken.
    #[cold]
    fn wake_slotless<S: Storage<WaitQueue>>(&mut self, state: &mut State<S>, slots: usize) -> usize {
        for woken in 0..slots {
            if self.is_full() {
                return slots - woken;
            }
            let Some(waker) = state.pop_slotless() else { break };
            self.push(Some(waker));
        }
        0
    }

    fn wake_flushers<S: Storage<WaitQueue>>(&mut self, state: &mut State<S>) -> bool {
        // Each turn takes one out.
        loop {
            if self.is_full() {
                return false;
            }
            let log = &state.log;
            let flushes = |ticket: Ticket| ticket.slot.is_none_or(|slot| slot == DRAIN);
            let is_past = |ticket: Ticket| flushes(ticket) && log.is_past(ticket.target);
            // On a closed record what went may have been discarded: whoever waited for it looks.
            let told = if log.is_closed() { WaiterState::Notified } else { WaiterState::Done };
            let Some(waker) = state.onlookers.pop_where(told, is_past) else { break };
            self.push(Some(waker));
        }
        true
    }

    fn wake_readers<S: Storage<WaitQueue>>(&mut self, state: &mut State<S>, from: Readers) -> Option<Readers> {
        let mut readers = from;
        while readers.cursor < state.log.cursors_mut().len() && state.waiting_cursors() > 0 {
            let cursor = CursorId(readers.cursor as u32);
            if readers.woken == readers.values
                || state.cursor_queue(cursor).is_empty()
                || !state.log.is_readable(cursor)
            {
                readers = Readers { cursor: readers.cursor + 1, woken: 0, ..readers };
                continue;
            }
            if self.is_full() {
                return Some(readers);
            }
            self.wake_one_reader(state, cursor);
            readers.woken += 1;
        }
        None
    }

    fn wake_one_reader<S: Storage<WaitQueue>>(&mut self, state: &mut State<S>, cursor: CursorId) {
        let queue = state.cursor_queue(cursor);
        let starves = queue.front().is_some_and(|ticket| ticket.starving);
        let served = queue.pop(if starves { WaiterState::Granted } else { WaiterState::Notified });
        let left = queue.is_empty();
        if served.is_some() {
            if left {
                state.note_waiting_cursors(-1);
            }
            if starves {
                state.log.grant(cursor);
            }
        }
        self.push(served);
    }

    fn wake_everyone<S: Storage<WaitQueue>>(&mut self, state: &mut State<S>) -> bool {
        loop {
            if self.is_full() {
                return false;
            }
            let Some(waker) = state.senders.pop(WaiterState::Notified) else { break };
            self.push(Some(waker));
        }
        loop {
            if self.is_full() {
                return false;
            }
            // A drain waits on while there are readers; it would only come back here.
            let is_read = state.log.cursor_count() > 0;
            let ends = |ticket: Ticket| !is_read || ticket.slot != Some(DRAIN);
            let Some(waker) = state.onlookers.pop_where(WaiterState::Notified, ends) else { break };
            self.push(Some(waker));
        }
        // Bounded by the readers that wait: on a closed record nobody joins them.
        while state.waiting_cursors() > 0 {
            for at in 0..state.log.cursors_mut().len() {
                let cursor = CursorId(at as u32);
                while !state.cursor_queue(cursor).is_empty() {
                    if self.is_full() {
                        return false;
                    }
                    self.wake_one_reader(state, cursor);
                }
            }
        }
        true
    }
}
