//! How a task of C waits: one piece of code for all ends of a record, with a limit in ticks.

use core::pin::pin;

use super::line::{NOTHING, WALKS};
use super::look::Lined;
use super::waiters::{IDLE, Node, WAITS, WOKEN};
use crate::port::{Caller, Port};

/// So many ticks are a wait without an end.
pub const FOR_EVER: u64 = u64::MAX;

/// As [`Lined::stand`], where what became of the wait is asked afterwards: whoever has gone with nothing looks at the record once
/// more. Attempts run no code of a user's.
pub(crate) trait Stands: Lined {
    /// Blocks the calling task until the attempt has succeeded, which is said; or the record has ended, or so many ticks have passed: at
    /// none it has failed already, and nothing is done.
    #[inline(always)]
    fn stands<P: Port>(&self, end: Self::End, ticks: u64, mut attempt: impl FnMut() -> bool) -> bool {
        if ticks == 0 {
            return false;
        }
        let (line, waits_at) = (self.line(end), self.waits_at(end));
        // 0 is never.
        let until = if ticks == FOR_EVER { 0 } else { P::now().checked_add(ticks).unwrap_or(0) };
        let caller = Caller::<P>::new();
        let mut comes_with = IDLE;
        // Each turn is a wake-up, or means that something came meanwhile.
        loop {
            let node = pin!(Node::of_task(caller.bell()));
            let node = node.as_ref();
            node.ranks(P::priority(), comes_with);
            line.faces(node);
            let seen = self.enters(end, line, waits_at, node);
            let mut word = IDLE;
            if seen == NOTHING {
                comes_with = WOKEN;
                word = node.word();
                self.came(end, line);
            } else if seen != WALKS && self.is_end(end, seen) {
                return false;
            }
            let mut last = false;
            // Each turn is a wake-up, or a park that ended for no reason.
            loop {
                // After the word was looked at, as in `Lined::waits`.
                line.settle();
                if word & WAITS == 0 {
                    break;
                }
                let left = if until == 0 { None } else { Some(until.saturating_sub(P::now())) };
                if left == Some(0) {
                    self.serves(end, line, node);
                    let (first, stage) = line.leave(node);
                    // It may have been woken before its time was up, and have been stopped until after. Else it looks once more if
                    // it was the first, and goes.
                    last = stage != WOKEN;
                    if last && (Self::COUNTS || !first) && !self.wakes_all(end) {
                        return false;
                    }
                    break;
                }
                P::park(left);
                word = node.word();
            }
            // In no line any more.
            if attempt() {
                // Whatever it was woken for is used up.
                return true;
            }
            if last {
                return false;
            }
        }
    }
}

impl<R: Lined> Stands for R {}
