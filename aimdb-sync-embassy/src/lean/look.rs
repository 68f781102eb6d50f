//! How a task, or a future, comes to wait at a lean record and goes again.
#![allow(unsafe_code)]

use core::pin::{Pin, pin};
use core::task::Waker;

use aimdb_core::buffer::RecvError;
use aimdb_core::waiting::{Clock, Deadline, Parker};

use super::bell::Bell;
use super::line::{EXPIRED, Line, NOTHING, WALKS};
use super::waiters::{Node, WAITS, WOKEN};
use crate::lock::PreemptionSafe;
use crate::port::{Caller, ONE_TRY, Port};

/// Who waits for what.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Senders,
    Readers,
}

/// What became of one that waited.
pub(crate) enum Stood<O> {
    /// It has what it came for.
    Has(O),
    /// The record has ended, and there is nothing more for it.
    Ended,
    /// Its time is up, or it waits on.
    Not,
}

impl<T> Stood<T> {
    /// What a reader is told, if it is something.
    #[inline(always)]
    pub(crate) fn read(self) -> Option<Result<T, RecvError>> {
        match self {
            Self::Has(value) => Some(Ok(value)),
            Self::Ended => Some(Err(RecvError::Closed)),
            Self::Not => None,
        }
    }
}

/// A record at which tasks wait in lines.
///
/// Whoever finds nothing comes into the line *in the same section in which it is seen that there is nothing*; so whatever comes after
/// that wakes one who is there. Whoever waits looks when he is woken, and not before.
///
/// Whoever was woken, and has what he came for, has used up what he was woken for, and wakes nobody: what comes after that wakes
/// the next one itself. Two for one would race, and the second might win. Whoever was woken and gives up passes that on.
pub(crate) trait Lined {
    type Section: PreemptionSafe;
    /// Names a line of the record.
    type End: Copy;

    fn line(&self, end: Self::End) -> Line<'_, Self::Section>;

    /// What [`Lined::look`] has to know, which is asked outside.
    #[inline(always)]
    fn waits_at(&self, _end: Self::End) -> u32 {
        0
    }

    /// [`NOTHING`] if whoever is in this line would find nothing and has to wait; what else it is, [`Lined::is_end`] knows.
    ///
    /// # Safety
    ///
    /// Inside the section.
    unsafe fn look(&self, end: Self::End, waits_at: u32) -> u32;

    /// Whether what was seen is that the record has ended, and there is nothing more in it for those of this line.
    fn is_end(&self, end: Self::End, seen: u32) -> bool;

    /// One comes into this line, in which nobody was: for a record that makes a note of it.
    ///
    /// # Safety
    ///
    /// Inside the section.
    #[inline(always)]
    unsafe fn first_comes(&self, _waits_at: u32) {}

    /// One has come into this line: for a record that makes a note of it, or looks at more than [`Lined::look`] does, in a section of its
    /// own. Says whether one in the line is to be woken for what nobody was told: not for what another one was woken for already.
    #[inline(always)]
    fn notes(&self, _end: Self::End) -> bool {
        false
    }

    /// A node that was prepared comes into the line if there is [`NOTHING`] to look at, and says what there is, as [`Line::enter`]
    /// does.
    #[inline(always)]
    fn enters(&self, end: Self::End, line: Line<'_, Self::Section>, waits_at: u32, node: Pin<&Node>) -> u32 {
        // SAFETY: inside the section.
        unsafe { line.enter(node, || self.look(end, waits_at), || self.first_comes(waits_at)) }
    }

    /// As [`Lined::look`], in a section of its own.
    #[inline(always)]
    fn sees(&self, end: Self::End) -> u32 {
        let waits_at = self.waits_at(end);
        // SAFETY: inside the section.
        self.line(end).looks(|| unsafe { self.look(end, waits_at) })
    }

    /// A node that was prepared comes to stand in the line, if there is [`NOTHING`] to look at, and else stays out. Says what there is.
    #[inline(always)]
    fn come(&self, end: Self::End, line: Line<'_, Self::Section>, waits_at: u32, node: Pin<&Node>) -> u32 {
        // Each further turn is a step of another who comes.
        let seen = loop {
            let seen = self.enters(end, line, waits_at, node);
            if seen != WALKS {
                break seen;
            }
            line.step();
        };
        if seen == NOTHING {
            // As many turns as there are those that it stands behind, and as others take who come meanwhile.
            while line.step() {}
            if self.notes(end) {
                line.wake_one();
            }
        } else {
            node.stays_out();
        }
        seen
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
    ) -> Stood<O> {
        let line = self.line(end);
        if *waited {
            let (in_line, first) = line.renew(node, Bell::of_waker(waker.clone()));
            if in_line {
                // One behind the first does not take what that one was woken for.
                let ended = self.is_end(end, self.sees(end));
                let outcome = if first && !ended { attempt() } else { None };
                if outcome.is_none() && !ended {
                    return Stood::Not;
                }
                *waited = false;
                self.leave(end, node);
                return outcome.map_or(Stood::Ended, Stood::Has);
            }
        }
        // Each further turn means that something came, and that another has it.
        loop {
            if let Some(outcome) = attempt() {
                *waited = false;
                return Stood::Has(outcome);
            }
            line.prepare(node, Bell::of_waker(waker.clone()), node.priority());
            *waited = true;
            let seen = self.come(end, line, self.waits_at(end), node);
            if seen == NOTHING {
                return Stood::Not;
            }
            // SAFETY: it did not come in.
            unsafe { node.bell().discard() };
            if self.is_end(end, seen) {
                *waited = false;
                return Stood::Ended;
            }
        }
    }

    /// Looks once.
    #[inline(always)]
    fn tries<O>(&self, end: Self::End, mut attempt: impl FnMut() -> Option<O>) -> Stood<O> {
        match attempt() {
            Some(outcome) => Stood::Has(outcome),
            None if self.is_end(end, self.sees(end)) => Stood::Ended,
            None => Stood::Not,
        }
    }

    /// Blocks the calling task until the attempt has an outcome, the record has ended, or the time is up.
    #[inline(always)]
    fn stand<P: Port, O>(
        &self,
        end: Self::End,
        deadline: Deadline,
        mut attempt: impl FnMut() -> Option<O>,
    ) -> Stood<O> {
        if deadline == ONE_TRY {
            return self.tries(end, attempt);
        }
        let node = pin!(Node::new());
        let wait = Wait { record: self, end, node: node.as_ref() };
        // Each turn is a wake-up.
        loop {
            let seen = self.waits::<P>(end, self.line(end), self.waits_at(end), wait.node, deadline);
            let turn = if deadline != Deadline::Never && seen == EXPIRED {
                self.expires(end, wait.node)
            } else if self.is_end(end, seen) {
                Turn::Ended
            } else {
                Turn::Looks
            };
            let outcome = if matches!(turn, Turn::Looks | Turn::LooksLast) { attempt() } else { None };
            if outcome.is_none() && turn == Turn::Looks {
                continue;
            }
            // Whatever it was woken for is used up.
            core::mem::forget(wait);
            return match outcome {
                Some(outcome) => Stood::Has(outcome),
                None if turn == Turn::Ended => Stood::Ended,
                None => Stood::Not,
            };
        }
    }

    /// Blocks until it is the turn of a node that is not in the line, or until the time is [`EXPIRED`], and it is in the line still.
    /// Says what there was when it came; [`NOTHING`] if it was woken.
    #[inline(never)]
    fn waits<P: Port>(
        &self,
        end: Self::End,
        line: Line<'_, Self::Section>,
        waits_at: u32,
        node: Pin<&Node>,
        deadline: Deadline,
    ) -> u32 {
        let caller = Caller::<P>::new();
        line.prepare(node, caller.bell(), P::priority());
        let seen = self.come(end, line, waits_at, node);
        // Each turn is a wake-up, or a park that ended for no reason.
        while seen == NOTHING && node.waits() {
            let expired = match deadline {
                Deadline::Never => false,
                Deadline::At(_) => deadline.has_passed(caller.now()),
            };
            if expired {
                return EXPIRED;
            }
            caller.park(deadline);
        }
        seen
    }

    /// The time of a node is up.
    #[cold]
    fn expires(&self, end: Self::End, node: Pin<&Node>) -> Turn {
        let (first, stage) = self.line(end).leave(node);
        // It may have been woken before its time was up, and have been stopped until after.
        if stage == WOKEN {
            return Turn::Looks;
        }
        node.rests();
        if self.is_end(end, self.sees(end)) {
            Turn::Ended
        } else if first {
            Turn::LooksLast
        } else {
            Turn::Over
        }
    }

    /// Ends a wait that has not used up a wake-up.
    fn leave(&self, end: Self::End, node: Pin<&Node>) {
        let line = self.line(end);
        let (_first, stage) = line.leave(node);
        node.rests();
        if stage == WAITS {
            // SAFETY: it was taken out, and not woken.
            unsafe { node.bell().discard() };
        } else if stage == WOKEN && self.sees(end) != NOTHING {
            line.wake_one();
        }
    }
}

/// What one that waits does next.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// It looks, and comes again if it finds nothing.
    Looks,
    /// It looks once more: it was the first when its time was up.
    LooksLast,
    /// It goes.
    Over,
    /// It goes: the record has ended, and there is nothing for it.
    Ended,
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
