//! How a task, or a future, comes to wait at a lean record and goes again.
#![allow(unsafe_code)]

use core::marker::PhantomData;
use core::pin::{Pin, pin};
use core::task::Waker;

use aimdb_core::waiting::{Clock, Deadline, Parker};

use super::line::Line;
use super::waiters::Node;
use super::waking::ALL;
use crate::lock::PreemptionSafe;
use crate::port::{Caller, ONE_TRY, Port};

/// What somebody waits for.
pub(crate) trait Tries {
    /// Whether it has an outcome now.
    fn has_outcome(&mut self) -> bool;
}

impl<F: FnMut() -> bool> Tries for F {
    fn has_outcome(&mut self) -> bool {
        self()
    }
}

/// The same without its type: the calls at both ends of a record share one loop, which knows nothing of values, and a trait
/// object would bring a table for each.
pub(crate) struct Attempt<'a> {
    tries: *mut (),
    has_outcome: unsafe fn(*mut ()) -> bool,
    _borrows: PhantomData<&'a mut ()>,
}

impl<'a> Attempt<'a> {
    #[inline(always)]
    pub(crate) fn new<T: Tries>(tries: &'a mut T) -> Self {
        // SAFETY: the pointer is to what was borrowed, as below.
        let has_outcome = |tries: *mut ()| unsafe { (*tries.cast::<T>()).has_outcome() };
        Self { tries: (&raw mut *tries).cast(), has_outcome, _borrows: PhantomData }
    }

    #[inline(always)]
    fn has_outcome(&mut self) -> bool {
        // SAFETY: it is borrowed for as long as this is there.
        unsafe { (self.has_outcome)(self.tries) }
    }
}

/// Who waits for what.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Senders,
    Readers,
}

/// A record at which tasks wait in lines.
///
/// Whoever waits stands in the line first, and looks then whether there is something, which is another section. So what comes
/// in between may have woken nobody: *whoever looks as he comes to the front of the line, and has what he came for, wakes others
/// for what more there is*. One that came behind another does not look: that one looks for it, or was woken. So nobody takes
/// what another of the line was woken for, however soon it comes to be the first.
///
/// Whoever was woken, and has what he came for, has used up what he was woken for, and wakes nobody: what comes after that wakes
/// the next one itself. Two for one would race, and the second might win.
pub(crate) trait Lined {
    type Section: PreemptionSafe;
    /// Names a line of the record.
    type End: Copy;

    fn line(&self, end: Self::End) -> Line<'_, Self::Section>;

    /// Whether nothing is worth waiting for any more.
    fn is_closed(&self) -> bool;

    /// How many of those in this line would find what they wait for.
    fn finds(&self, end: Self::End) -> u16;

    /// Looks whether the attempt has an outcome. If not, the node stands in line with this waker, and is woken when it is its
    /// turn. `waited` says whether it may stand there: then it has to leave.
    fn poll(
        &self,
        end: Self::End,
        node: Pin<&Node>,
        waited: &mut bool,
        waker: &Waker,
        mut attempt: Attempt<'_>,
    ) -> bool {
        if *waited {
            self.line(end).renew(node, waker.clone());
        }
        let mut wait = Wait { record: self, end, line: self.line(end), node, waited: *waited, owes: Owes::Passing };
        let has_outcome = wait.look(waker, &mut attempt);
        *waited = wait.waited && !has_outcome;
        if !has_outcome {
            core::mem::forget(wait);
        }
        has_outcome
    }

    /// Blocks the calling task until the attempt has an outcome, or the time is up: then it says no.
    #[inline(never)]
    fn stand<P: Port>(&self, end: Self::End, deadline: Deadline, mut attempt: Attempt<'_>) -> bool {
        if deadline == ONE_TRY {
            return attempt.has_outcome();
        }
        let mut node = Node::new();
        node.set_priority(P::priority());
        let node = pin!(node);
        let caller = Caller::<P>::new();
        // It goes when this ends.
        let mut wait =
            Wait { record: self, end, line: self.line(end), node: node.as_ref(), waited: false, owes: Owes::Passing };
        // Ends with an outcome or the deadline; each turn is one wake-up.
        loop {
            let expired = match deadline {
                Deadline::Never => false,
                Deadline::At(_) => deadline.has_passed(caller.now()),
            };
            let has_outcome = wait.look(caller.waker(), &mut attempt);
            if has_outcome || expired {
                return has_outcome;
            }
            caller.park(deadline);
        }
    }

    /// Ends a wait that `waited`.
    fn leave(&self, end: Self::End, node: Pin<&Node>) {
        drop(Wait { record: self, end, line: self.line(end), node, waited: true, owes: Owes::Passing });
    }
}

/// What one that goes owes to those who wait behind it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owes {
    /// Its wake-up, if it was woken: it has no use for that.
    Passing,
    /// A look at what there is: it came to the front, and they relied on it.
    Look,
    /// Nothing: it has used up its wake-up.
    Nothing,
}

/// One that waits. It goes with this.
struct Wait<'a, R: Lined + ?Sized> {
    record: &'a R,
    end: R::End,
    line: Line<'a, R::Section>,
    node: Pin<&'a Node>,
    waited: bool,
    owes: Owes,
}

impl<R: Lined + ?Sized> Wait<'_, R> {
    /// Looks as it comes, and in the line. When it says no, the node is in the line, or was woken.
    #[inline(always)]
    fn look(&mut self, waker: &Waker, attempt: &mut Attempt<'_>) -> bool {
        let mut comes = false;
        // Each further turn means that it was not in the line.
        loop {
            let (may_go, in_line) = if self.waited { self.line.stands(self.node) } else { (true, false) };
            // A close is for all at once, whoever stands before this one: the one that closes may be less urgent, and
            // get no turn to wake them.
            if (may_go || self.record.is_closed()) && attempt.has_outcome() {
                if comes && (in_line || self.node.came_in_front()) {
                    self.owes = Owes::Look;
                } else if !in_line {
                    self.owes = Owes::Nothing;
                }
                return true;
            }
            if in_line {
                return false;
            }
            self.line.join(self.node, waker.clone());
            self.waited = true;
            comes = true;
        }
    }
}

impl<R: Lined + ?Sized> Drop for Wait<'_, R> {
    #[inline(always)]
    fn drop(&mut self) {
        if !self.waited {
            return;
        }
        let was_woken = self.line.leave(self.node);
        let most = match self.owes {
            Owes::Passing => u16::from(was_woken),
            Owes::Look => ALL,
            Owes::Nothing => 0,
        };
        if most > 0 {
            self.line.wake(most.min(self.record.finds(self.end)));
        }
    }
}
