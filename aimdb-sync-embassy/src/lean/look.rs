//! How a task, or a future, comes to wait at a lean record and goes again.

use core::pin::{Pin, pin};
use core::task::Waker;

use aimdb_core::waiting::{Clock, Deadline, Parker};

use super::line::Line;
use super::waiters::{Node, WOKEN};
use super::waking::ALL;
use crate::lock::PreemptionSafe;
use crate::port::{Caller, ONE_TRY, Port};

/// Who waits for what.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Senders,
    Readers,
}

/// A record at which tasks wait in lines.
///
/// Whoever waits looks when he is woken, and not before. He stands in the line first, and what came until then may have
/// woken nobody: so *whoever comes to the front of a line wakes as many as would find something*, himself first. One that came
/// behind another does not: that one does it for both. So nobody takes what another of the line was woken for, however soon
/// it comes to be the first.
///
/// Whoever was woken, and has what he came for, has used up what he was woken for, and wakes nobody: what comes after that wakes
/// the next one itself. Two for one would race, and the second might win. Whoever was woken and gives up passes that on.
pub(crate) trait Lined {
    type Section: PreemptionSafe;
    /// Names a line of the record.
    type End: Copy;

    fn line(&self, end: Self::End) -> Line<'_, Self::Section>;

    /// How many of those in this line would find what they wait for; [`ALL`] if the record is closed, and whoever looks has
    /// an outcome. And whether this node was woken, which is for one of those things, as of the same moment.
    ///
    /// Asked by each that comes to stand there, so that a record may make a note of it.
    fn finds(&self, end: Self::End, node: Pin<&Node>) -> (u32, u32);

    /// Puts a node in the line that is not, and wakes whom it has to. Says whether the record is closed, so that the node has to
    /// go: a close is for all at once, wherever they stand, and the one that closes may be less urgent, and get no turn
    /// to wake them.
    #[inline(always)]
    fn come(&self, end: Self::End, node: Pin<&Node>, waker: Waker) -> bool {
        let line = self.line(end);
        line.join(node, waker);
        let (finds, was_woken) = self.finds(end, node);
        if finds == ALL {
            return true;
        }
        if node.came_in_front() {
            line.wake(finds.saturating_sub(was_woken));
        }
        false
    }

    /// Whether a node may look though it was not woken: it is the first, or the record is closed.
    #[inline(always)]
    fn may_look(&self, end: Self::End, node: Pin<&Node>) -> bool {
        node.came_in_front() || self.finds(end, node).0 == ALL
    }

    /// Looks, when it is the node's turn, whether the attempt has an outcome. If not, the node stands in line with this waker,
    /// and is woken when it is its turn. `waited` says whether it may stand there: then it has to leave.
    fn poll<O>(
        &self,
        end: Self::End,
        node: Pin<&Node>,
        waited: &mut bool,
        waker: &Waker,
        mut attempt: impl FnMut() -> Option<O>,
    ) -> Option<O> {
        let line = self.line(end);
        let in_line = *waited && line.renew(node, waker.clone());
        if in_line && !self.may_look(end, node) {
            return None;
        }
        // Each further turn means that it was woken as it came, or that the record is closed.
        loop {
            if let Some(outcome) = attempt() {
                if *waited {
                    *waited = false;
                    if in_line { self.leave(end, node) } else { node.settle(line.leave(node)) }
                }
                return Some(outcome);
            }
            if in_line {
                return None;
            }
            let waker = waker.clone();
            *waited = true;
            if self.come(end, node, waker) {
                node.settle(line.leave(node));
            } else if node.waits() {
                return None;
            }
        }
    }

    /// Blocks the calling task until the attempt has an outcome, or the time is up: then there is none.
    #[inline(always)]
    fn stand<P: Port, O>(
        &self,
        end: Self::End,
        deadline: Deadline,
        mut attempt: impl FnMut() -> Option<O>,
    ) -> Option<O> {
        if deadline == ONE_TRY {
            return attempt();
        }
        let node = pin!(Node::new());
        let wait = Wait { record: self, end, node: node.as_ref() };
        // Each turn is a wake-up.
        loop {
            let turn = self.turn::<P>(end, wait.node, deadline);
            if turn != Turn::Over
                && let Some(outcome) = attempt()
            {
                if turn == Turn::Looks {
                    self.line(end).leave(wait.node);
                    core::mem::forget(wait);
                }
                return Some(outcome);
            }
            if turn != Turn::Looks {
                return None;
            }
        }
    }

    /// Blocks until it is the turn of a node that is not in the line, or the time is up.
    #[inline(never)]
    fn turn<P: Port>(&self, end: Self::End, node: Pin<&Node>, deadline: Deadline) -> Turn {
        node.has_priority(P::priority());
        let caller = Caller::<P>::new();
        if self.come(end, node, caller.waker().clone()) {
            self.line(end).leave(node);
        }
        // Each turn is a wake-up, or a park that ended for no reason.
        while node.waits() {
            let expired = match deadline {
                Deadline::Never => false,
                Deadline::At(_) => deadline.has_passed(caller.now()),
            };
            if expired {
                // It may have been woken before its time was up, and have been stopped until after.
                return if !node.waits() {
                    Turn::Looks
                } else if self.may_look(end, node) {
                    Turn::LooksLast
                } else {
                    Turn::Over
                };
            }
            caller.park(deadline);
        }
        Turn::Looks
    }

    /// Ends a wait that has not used up a wake-up.
    fn leave(&self, end: Self::End, node: Pin<&Node>) {
        let line = self.line(end);
        let stage = line.leave(node);
        node.settle(stage);
        if stage == WOKEN {
            line.wake(self.finds(end, node).0.min(1));
        }
    }
}

/// What one that waits does next.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It looks, and is not in the line.
    Looks,
    /// It looks once more, from the line, because its time is up.
    LooksLast,
    /// It goes.
    Over,
}

/// A task that waits. It goes with this, and passes its wake-up on.
struct Wait<'a, R: Lined + ?Sized> {
    record: &'a R,
    end: R::End,
    node: Pin<&'a Node>,
}

impl<R: Lined + ?Sized> Drop for Wait<'_, R> {
    fn drop(&mut self) {
        self.record.leave(self.end, self.node);
    }
}
