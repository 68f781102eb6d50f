//! What lies under the lock of a set.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ops::Bound;
use core::pin::Pin;
use core::task::Waker;

use super::super::{Clock, SystemClock, Ticket, WaitQueue, Waiter, WaiterState};
use super::end::{End, EndId, What};
use super::shared::Batch;

/// Who waits for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// For something to become pending.
    Waiters,
    /// For a change of the timers only.
    Keepers,
}

/// The ends, those that are pending, the timers, and those who wait.
pub(super) struct State {
    ends: BTreeMap<EndId, Entry>,
    /// Has room for all ends, so that becoming pending allocates nothing.
    pending: VecDeque<Arc<End>>,
    /// When each timer that is not pending is due, the next one last. Has room for all timers.
    timers: Vec<(u64, EndId)>,
    timer_count: usize,
    waiters: WaitQueue,
    keepers: WaitQueue,
    pub(super) closed: bool,
    /// Counts what those who wait must know besides what is pending.
    pub(super) changes: u64,
    /// They have not been told.
    pub(super) untold_change: bool,
    /// Somebody has asked for the descriptor of an end.
    #[cfg(unix)]
    pub(super) shows_ends: bool,
}

struct Entry {
    end: Arc<End>,
    /// It stands among those that are pending.
    queued: bool,
    /// Of a timer.
    due: u64,
}

impl State {
    pub(super) const fn new() -> Self {
        Self {
            ends: BTreeMap::new(),
            pending: VecDeque::new(),
            timers: Vec::new(),
            timer_count: 0,
            waiters: WaitQueue::new(),
            keepers: WaitQueue::new(),
            closed: false,
            changes: 0,
            untold_change: false,
            #[cfg(unix)]
            shows_ends: false,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// How many are pending.
    pub(super) fn pending(&self) -> usize {
        self.pending.len()
    }

    pub(super) fn find(&self, id: EndId) -> Option<Arc<End>> {
        self.ends.get(&id).map(|entry| Arc::clone(&entry.end))
    }

    pub(super) fn end_of(&self, token: u64) -> Option<EndId> {
        self.ends.iter().rev().find(|(_, entry)| entry.end.token == token).map(|(id, _)| *id)
    }

    /// Adds an end, which is pending; or a timer that is due then.
    pub(super) fn add(&mut self, end: Arc<End>, due: Option<u64>) {
        let id = end.id;
        self.pending.reserve(self.ends.len() + 1 - self.pending.len());
        let entry = Entry { end, queued: false, due: due.unwrap_or(0) };
        self.ends.insert(id, entry);
        match due {
            None => drop(self.queue(id)),
            Some(due) => {
                self.timer_count += 1;
                self.timers.reserve(self.timer_count - self.timers.len());
                self.set_timer(due, id);
            }
        }
    }

    fn set_timer(&mut self, due: u64, id: EndId) {
        let at = self.timers.partition_point(|&(other, _)| other > due);
        self.timers.insert(at, (due, id));
        if at + 1 == self.timers.len() {
            self.change();
        }
    }

    fn change(&mut self) {
        self.changes = self.changes.wrapping_add(1);
        self.untold_change = true;
    }

    pub(super) fn close(&mut self) {
        self.closed = true;
        self.change();
    }

    /// Whether there are timers, due or not.
    #[cfg(unix)]
    pub(super) const fn has_timers(&self) -> bool {
        self.timer_count > 0
    }

    pub(super) fn remove(&mut self, id: EndId) -> Option<Arc<End>> {
        let entry = self.ends.remove(&id)?;
        if entry.queued {
            self.pending.retain(|end| end.id != id);
        }
        if let What::Timer(_) = entry.end.what {
            self.timers.retain(|&(_, timer)| timer != id);
            self.timer_count -= 1;
        }
        entry.end.light.set(false);
        Some(entry.end)
    }

    /// Takes out the oldest end with this token of those behind `from`, up to `last`.
    pub(super) fn remove_next(&mut self, token: u64, from: Bound<EndId>, last: EndId) -> Option<Arc<End>> {
        let mut ends = self.ends.range((from, Bound::Included(last)));
        let id = *ends.find(|(_, entry)| entry.end.token == token)?.0;
        self.remove(id)
    }

    pub(super) fn take_any(&mut self) -> Option<Arc<End>> {
        let id = *self.ends.keys().next()?;
        self.remove(id)
    }

    /// Makes an end pending, if it is here.
    pub(super) fn queue(&mut self, id: EndId) -> Option<Arc<End>> {
        let entry = self.ends.get_mut(&id)?;
        if !entry.queued {
            entry.queued = true;
            entry.end.light.set(true);
            self.pending.push_back(Arc::clone(&entry.end));
        }
        Some(Arc::clone(&entry.end))
    }

    /// Takes up to so many of those that have been pending longest, to be looked at.
    pub(super) fn take(&mut self, most: usize) -> Batch {
        let mut batch = Batch::new();
        while batch.len() < most
            && let Some(end) = self.pending.pop_front()
        {
            if let Some(entry) = self.ends.get_mut(&end.id) {
                entry.queued = false;
            }
            batch.push(end);
        }
        batch
    }

    /// Takes this one, if it is pending.
    pub(super) fn take_out(&mut self, id: EndId) {
        if let Some(entry) = self.ends.get_mut(&id)
            && entry.queued
        {
            entry.queued = false;
            self.pending.retain(|end| end.id != id);
        }
    }

    /// An end was looked at. One that is ready stays pending; a timer that was `reported` is set again, or
    /// forgotten. Says whether the end has gone meanwhile, and so may have been armed once too often.
    pub(super) fn settle(&mut self, end: &Arc<End>, ready: bool, reported: bool) -> bool {
        let Some(entry) = self.ends.get_mut(&end.id) else { return true };
        match end.what {
            What::Watched(_) if ready => drop(self.queue(end.id)),
            // Woken between the look and here, it is pending.
            What::Watched(_) => end.light.set(entry.queued),
            What::Timer(_) if !reported => drop(self.queue(end.id)),
            What::Timer(None) => drop(self.remove(end.id)),
            What::Timer(Some(period)) => {
                end.light.set(false);
                let behind = SystemClock.now().saturating_sub(entry.due) / period;
                entry.due = entry.due.saturating_add(behind.saturating_add(1).saturating_mul(period));
                let due = entry.due;
                self.set_timer(due, end.id);
            }
        }
        false
    }

    /// When the next timer is due.
    pub(super) fn next_due(&self) -> Option<u64> {
        self.timers.last().map(|&(due, _)| due)
    }

    /// Makes timers pending that are due, as many as a batch has room for.
    pub(super) fn fire_timers(&mut self) -> Batch {
        let mut batch = Batch::new();
        if self.timers.is_empty() {
            return batch;
        }
        let now = SystemClock.now();
        while !batch.is_full()
            && let Some((_, id)) = self.timers.pop_if(|(due, _)| *due <= now)
        {
            batch.extend(self.queue(id));
        }
        batch
    }

    // ---- those who wait ------------------------------------------------------------------

    fn line(&mut self, line: Line) -> &mut WaitQueue {
        match line {
            Line::Waiters => &mut self.waiters,
            Line::Keepers => &mut self.keepers,
        }
    }

    /// The one who has waited longest, if something is pending: whoever finds it still ready leaves it so,
    /// and calls the next one.
    pub(super) fn waiters_of_pending(&mut self) -> Option<Waker> {
        if self.pending.is_empty() { None } else { self.waiters.pop(WaiterState::Notified) }
    }

    pub(super) fn pop_anyone(&mut self) -> Option<Waker> {
        self.waiters.pop(WaiterState::Notified).or_else(|| self.keepers.pop(WaiterState::Notified))
    }

    /// Puts a waiter into its line, unless what it waits for is there. Says whether it stands there; the
    /// wakers that are not needed are dropped outside the lock.
    pub(super) fn stand(
        &mut self,
        line: Line,
        changes: u64,
        waiter: Pin<&Waiter>,
        waker: Waker,
    ) -> (bool, [Option<Waker>; 2]) {
        let there = self.closed || self.changes != changes || line == Line::Waiters && !self.pending.is_empty();
        let queue = self.line(line);
        if !there && queue.state(waiter) == WaiterState::Waiting {
            return (true, [queue.rewake(waiter, waker), None]);
        }
        // Whoever finds something looks at it, and then calls the next one.
        let (_, spare) = queue.settle(waiter);
        if there {
            return (false, [Some(waker), spare]);
        }
        queue.link(waiter, Ticket::default(), waker);
        (true, [spare, None])
    }

    /// Takes a waiter out of its line. One that was woken and goes passes that on.
    pub(super) fn leave(&mut self, line: Line, waiter: Pin<&Waiter>) -> (Option<Waker>, Option<Waker>) {
        let (was, spare) = self.line(line).settle(waiter);
        let passes = was == WaiterState::Notified && line == Line::Waiters;
        (if passes { self.waiters_of_pending() } else { None }, spare)
    }
}
