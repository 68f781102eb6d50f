//! How a task, or a future, comes to wait at a lean record and goes again.

use core::pin::Pin;
use core::task::Waker;

use super::line::Line;
use super::waiters::{Node, Stage};
use crate::lock::PreemptionSafe;

/// Who waits for what.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Senders,
    Readers,
}

/// A record at which tasks wait in lines.
///
/// Whoever waits stands in the line first, and looks then whether there is something, which is another section. So what comes
/// in between may have woken nobody: *whoever looks in the line, and has what it came for, passes on what more there is*, and so
/// does whoever gives up. One that is not the first does not look: the first looks for it.
pub(crate) trait Lined {
    type Section: PreemptionSafe;
    /// Names a line of the record.
    type End: Copy;

    fn line(&self, end: Self::End) -> Line<'_, Self::Section>;

    /// Whether nothing is worth waiting for any more.
    fn is_closed(&self) -> bool;

    /// Whether there is what those in this line wait for.
    fn has_more(&self, end: Self::End) -> bool;

    /// Looks whether `attempt` has an outcome, which it says. If not, the node stands in line with this waker, and is woken when
    /// it is its turn. `waited` says whether it may stand there: then it has to leave.
    fn look(
        &self,
        end: Self::End,
        node: Pin<&Node>,
        waited: &mut bool,
        waker: &Waker,
        attempt: &mut dyn FnMut() -> bool,
    ) -> bool {
        // Once as it comes, and once in the line.
        for answers in [false, true] {
            // A close is for all at once, whoever stands before this one: the one that closes may be less urgent, and
            // get no turn to wake them.
            if !*waited || self.line(end).may_go(node) || self.is_closed() {
                // It goes when it has an outcome, or a waker panics that it wakes.
                let goes = Goes { record: self, end, node, waited, answers };
                if attempt() {
                    return true;
                }
                core::mem::forget(goes);
            }
            if !answers {
                let _old = self.line(end).join(node, waker.clone());
                *waited = true;
            }
        }
        false
    }

    /// Ends a wait. What there is for somebody who waits is passed on, if this one was woken for it or `answers` for it.
    fn leave(&self, end: Self::End, node: Pin<&Node>, answers: bool) {
        let (was, _old) = self.line(end).leave(node);
        if (answers || was == Stage::Woken) && self.has_more(end) {
            self.line(end).wake(1);
        }
    }
}

/// Whoever goes, if he stands in line.
struct Goes<'a, R: Lined + ?Sized> {
    record: &'a R,
    end: R::End,
    node: Pin<&'a Node>,
    waited: &'a mut bool,
    answers: bool,
}

impl<R: Lined + ?Sized> Drop for Goes<'_, R> {
    fn drop(&mut self) {
        if core::mem::replace(self.waited, false) {
            self.record.leave(self.end, self.node, self.answers);
        }
    }
}
