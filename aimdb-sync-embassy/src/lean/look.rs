//! How a task, or a future, comes to wait at a lean record and goes again.
#![allow(unsafe_code)]

use core::pin::{Pin, pin};
use core::task::Waker;

use aimdb_core::buffer::RecvError;
use aimdb_core::waiting::{Clock, Deadline, Parker};

use super::bell::Bell;
use super::line::{Line, NOTHING};
use super::waiters::{IDLE, Node, WAITS, WOKEN, Waiters};
use super::words::in_hand;
use crate::lock::PreemptionSafe;
use crate::port::{Caller, ONE_TRY, Port};
use crate::record::Found;

/// What a task is at that waited for as long as it may: no node is.
const OVER: u32 = u32::MAX - 1;
/// The same, and it was the first of those who waited: it looks once more.
const LAST: u32 = u32::MAX;

/// Who waits for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum End {
    /// Readers, for a value.
    Readers = 0,
    /// Senders, for room.
    Senders = size_of::<Waiters>() as u32,
}

/// Each is the number of bytes that its line lies behind that of the readers: where one end is as good as the other, nothing is chosen.
impl End {
    /// How far that is.
    #[inline(always)]
    pub(crate) const fn line_at(self) -> usize {
        self as usize
    }
}

/// What became of one that waited.
pub(crate) enum Stood<O> {
    /// It has what it came for.
    Has(O),
    /// The record has ended, and there is nothing more for it.
    Ended,
    /// There is nothing yet: its time is up, or it waits on.
    Not,
}

impl<T> Stood<T> {
    /// Of one that has found nothing.
    #[inline(always)]
    pub(crate) fn without(ended: bool) -> Self {
        if ended { Self::Ended } else { Self::Not }
    }

    #[inline(always)]
    pub(crate) fn map<U>(self, to: impl FnOnce(T) -> U) -> Stood<U> {
        match self {
            Self::Has(outcome) => Stood::Has(to(outcome)),
            Self::Ended => Stood::Ended,
            Self::Not => Stood::Not,
        }
    }

    #[inline(always)]
    pub(crate) fn is_there(&self) -> bool {
        matches!(self, Self::Has(_))
    }

    #[inline(always)]
    fn is_nothing(&self) -> bool {
        matches!(self, Self::Not)
    }

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

impl Stood<()> {
    /// What a reader is told that had room for a value.
    #[inline(always)]
    pub(crate) fn found(self) -> Found {
        match self {
            Self::Has(()) => Found::Value,
            Self::Ended => Found::Ended,
            Self::Not => Found::Nothing,
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
pub(crate) trait Lined: Sized {
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

    /// Whether a node whose time is up is told how many would find something: see [`Lined::serves`].
    const COUNTS: bool = false;

    /// How many of those in this line would find something.
    #[inline(always)]
    fn finds(&self, _end: Self::End) -> u32 {
        0
    }

    /// The time of a node is up, in which others may stand in front of it that are yet to be woken, for whoever does that was stopped: wakes
    /// as many as would find something, at most up to this one. So those in front have what they have a claim to, and this one
    /// has something only if more is there.
    #[inline(always)]
    fn serves(&self, end: Self::End, line: Line<'_, Self::Section>, node: Pin<&Node>) {
        if !Self::COUNTS {
            return;
        }
        let mut left = self.finds(end);
        while left > 0 && node.waits() {
            line.wake_one();
            left -= 1;
        }
    }

    /// Whether all who stand in this line are woken, because the record has ended, and do not know otherwise what there is: then one whose time is
    /// up looks wherever it stands.
    #[inline(always)]
    fn wakes_all(&self, _end: Self::End) -> bool {
        false
    }

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

    /// The node of a future, which was prepared, comes to stand in the line, if there is [`NOTHING`] to look at, and none [`WALKS`]. Says what
    /// there is; if it stays out, it is at what it was at before. All who have come to wait stand in their places then.
    #[inline(always)]
    fn comes(&self, end: Self::End, line: Line<'_, Self::Section>, waits_at: u32, node: Pin<&Node>) -> u32 {
        let seen = self.enters(end, line, waits_at, node);
        line.settle();
        if seen == NOTHING {
            self.came(end, line);
        } else {
            node.stays_out();
        }
        seen
    }

    /// One has come into the line.
    #[inline(always)]
    fn came(&self, end: Self::End, line: Line<'_, Self::Section>) {
        if self.notes(end) {
            line.wake_one();
        }
    }

    /// Looks, when it is the node's turn. If there is nothing, the node stands in line with this waker, and is woken when it is its turn.
    /// `waited` says whether it may stand there: then it has to leave.
    fn poll<O>(
        &self,
        end: Self::End,
        node: Pin<&Node>,
        waited: &mut bool,
        waker: &Waker,
        mut attempt: impl FnMut() -> Stood<O>,
    ) -> Stood<O> {
        let line = self.line(end);
        if *waited {
            let (in_line, first) = line.renew(node, Bell::of_waker(waker.clone()));
            if in_line {
                let stood = if self.is_end(end, self.sees(end)) {
                    Stood::Ended
                } else if first {
                    attempt()
                } else {
                    // One behind the first does not take what that one was woken for.
                    Stood::Not
                };
                if !stood.is_nothing() {
                    *waited = false;
                    self.leave(end, node);
                }
                return stood;
            }
        }
        // Each further turn means that something came, and that another has it.
        loop {
            let stood = attempt();
            if !stood.is_nothing() {
                *waited = false;
                return stood;
            }
            line.prepare(node, Bell::of_waker(waker.clone()));
            *waited = true;
            if self.comes(end, line, self.waits_at(end), node) == NOTHING {
                return Stood::Not;
            }
            // SAFETY: it did not come in.
            unsafe { node.bell().discard() };
        }
    }

    /// Looks, and blocks the calling task until there is something, or the record has ended, or the time is up.
    #[inline(always)]
    fn stand<P: Port, O>(
        &self,
        end: Self::End,
        mut deadline: Deadline,
        mut attempt: impl FnMut() -> Stood<O>,
    ) -> Stood<O> {
        let mut stage = IDLE;
        // Each turn is a wake-up, or means that something came meanwhile, and that another has it.
        loop {
            match attempt() {
                Stood::Not if deadline == ONE_TRY => return Stood::Not,
                Stood::Not => {}
                // Whatever it was woken for is used up.
                stood => return stood,
            }
            stage = Self::waits::<P>(stage, self, end, deadline);
            if deadline != Deadline::Never && stage >= OVER {
                if stage == OVER && !self.wakes_all(end) {
                    return Stood::without(self.is_end(end, self.sees(end)));
                }
                deadline = ONE_TRY;
            }
        }
    }

    /// Comes to wait, unless there is something to look at, and blocks until it is woken, or its time is up. `stage` is what it comes
    /// with: [`IDLE`], or [`WOKEN`] if it was. Says what it comes again with; if its time is up [`OVER`] or [`LAST`].
    ///
    /// All ends of a record share this code, so it finds out itself where its line is; and what it is told lies where what it says does, so
    /// that whoever calls has nothing to move.
    #[inline(never)]
    fn waits<P: Port>(stage: u32, record: &Self, end: Self::End, deadline: Deadline) -> u32 {
        let caller = Caller::<P>::new();
        let node = pin!(Node::of_task(caller.bell()));
        let node = node.as_ref();
        node.ranks(P::priority(), stage);
        let waits_at = record.waits_at(end);
        let record = in_hand(record);
        let line = record.line(end);
        line.faces(node);
        let wait = Wait { record, end, node };
        let mut word = stage;
        if record.enters(end, line, waits_at, node) == NOTHING {
            word = node.word();
            record.came(end, line);
        }
        // Each turn is a wake-up, or a park that ended for no reason.
        loop {
            // After the word was looked at: so whoever has woken the node has left the section in which it did, and looks at it no more.
            line.settle();
            if word & WAITS == 0 {
                core::mem::forget(wait);
                return word;
            }
            let expired = match deadline {
                Deadline::Never => false,
                Deadline::At(_) => deadline.has_passed(caller.now()),
            };
            if expired {
                record.serves(end, line, node);
                core::mem::forget(wait);
                return expires(line, node, !Self::COUNTS);
            }
            caller.park(deadline);
            word = node.word();
        }
    }

    /// Ends the wait of a future that has not used up a wake-up.
    fn leave(&self, end: Self::End, node: Pin<&Node>) {
        if self.goes(end, node) {
            // SAFETY: it was taken out, and not woken.
            unsafe { node.bell().discard() };
        }
        node.rests();
    }

    /// One that has not used up a wake-up goes out of the line, and passes it on. Says whether it waited.
    fn goes(&self, end: Self::End, node: Pin<&Node>) -> bool {
        let line = self.line(end);
        let (_first, stage) = line.leave(node);
        if stage == WOKEN && self.sees(end) != NOTHING {
            line.wake_one();
        }
        stage & WAITS != 0
    }
}

/// The time of a node is up. Says what one is at that waited.
#[cold]
fn expires<M: PreemptionSafe>(line: Line<'_, M>, node: Pin<&Node>, first_looks: bool) -> u32 {
    let (first, stage) = line.leave(node);
    // It may have been woken before its time was up, and have been stopped until after: then it looks.
    if stage == WOKEN {
        WOKEN
    } else if first && first_looks {
        LAST
    } else {
        OVER
    }
}

/// A task that waits. Should its port panic, it goes with this, and passes its wake-up on.
struct Wait<'a, R: Lined> {
    record: &'a R,
    end: R::End,
    node: Pin<&'a Node>,
}

impl<R: Lined> Drop for Wait<'_, R> {
    fn drop(&mut self) {
        self.record.goes(self.end, self.node);
    }
}
