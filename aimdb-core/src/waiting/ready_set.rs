//! Waiting on many: a set of ends, each of which is watched, and of timers.
//!
//! An end is in one of two places. It is *armed*: a look found it not ready and left a waker there. Or
//! it is *pending*: it was ready at the last look, or was woken since, or is new; whoever waits looks at
//! it again. So a wait costs what has happened, not how many ends there are, and no end that is ready
//! is ever armed only. Pending ends stand in a line; one that is reported goes to its end, so each has
//! its turn also where fewer are asked for than are ready.
//!
//! The set has a lock of its own. No look at an end, and no waker, runs under it.

mod end;
mod light;
mod shared;
mod standing;
mod state;

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;
use core::pin::pin;
#[cfg(unix)]
use std::io;
#[cfg(unix)]
use std::os::fd::{BorrowedFd, OwnedFd};

use self::end::What;
pub use self::end::{EndId, Membership, Watched};
use self::shared::Shared;
use self::standing::Standing;
use self::state::{Line, State};
use super::{Clock, Deadline, Lock, Outlook, SystemClock, wait_on};

/// Why a wait ended with nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotReady {
    /// The deadline passed.
    Timeout,
    /// The set was closed.
    Closed,
}

/// Ends and timers that are waited for together. See the module's documentation.
///
/// Level-triggered: what is ready is reported by each wait until it no longer is. Calls take `&self`,
/// from any thread. Dropping it forgets all ends.
pub struct ReadySet {
    shared: Arc<Shared>,
}

impl ReadySet {
    /// An empty set.
    #[must_use]
    pub fn new() -> Self {
        Self { shared: Arc::new(Shared::new()) }
    }

    /// Adds an end, which is reported as `token`. Tokens need not differ.
    pub fn add(&self, watched: Box<dyn Watched>, token: u64) -> EndId {
        self.shared.add(token, What::Watched(watched), None)
    }

    /// Adds a timer that is due when the system's clock comes to `due`, and again each `period`
    /// nanoseconds; what it missed while nobody waited is one time. A timer without a period is reported
    /// once and then forgotten.
    pub fn add_timer(&self, token: u64, due: u64, period: Option<u64>) -> EndId {
        self.shared.add(token, What::Timer(period.map(|period| period.max(1))), Some(due))
    }

    /// Forgets an end, and says whether it was here. Waits that begin later do not report it.
    pub fn remove(&self, id: EndId) -> bool {
        self.shared.remove(id)
    }

    /// Forgets every end with this token that is here when it begins, and says how many that were; those that are
    /// added meanwhile stay, and it is not held up by them. Costs a look at each end.
    pub fn remove_all(&self, token: u64) -> usize {
        self.shared.remove_all(token)
    }

    /// The newest of the ends with this token. Costs a look at each end.
    #[must_use]
    pub fn end_of(&self, token: u64) -> Option<EndId> {
        self.shared.lock.with(|state| state.end_of(token))
    }

    /// The end's place in the set, for its owner, who may go before or after the set.
    #[must_use]
    pub fn membership(&self, id: EndId) -> Membership {
        Membership { set: Arc::downgrade(&self.shared), id }
    }

    /// Ends and timers in the set.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shared.lock.with(|state| state.len())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reports what is ready now: as many tokens as there is room for. Never blocks.
    pub fn collect(&self, tokens: &mut [u64]) -> usize {
        self.shared.collect(tokens)
    }

    /// Waits until something is ready, or the deadline passes. What is ready when it passes wins.
    /// Blocks; allocates on the thread's first wait only.
    ///
    /// # Errors
    ///
    /// Why nothing is.
    pub fn wait(&self, tokens: &mut [u64], deadline: Deadline) -> Result<usize, NotReady> {
        let shared = &*self.shared;
        // Each turn is one wake-up, or the time of a timer.
        while !tokens.is_empty() {
            let expired = match deadline {
                Deadline::Never => false,
                Deadline::At(_) => deadline.has_passed(SystemClock.now()),
            };
            let (closed, due, changes) = shared.lock.with(|state| (state.closed, state.next_due(), state.changes));
            if closed {
                return Err(NotReady::Closed);
            }
            let found = shared.collect(tokens);
            if found > 0 {
                return Ok(found);
            }
            if expired {
                return Err(NotReady::Timeout);
            }
            let until = earlier(deadline, due);
            wait_on(pin!(Standing::new(shared, Line::Waiters, changes)), until, Outlook::Open);
        }
        Ok(0)
    }

    /// Whether this end is ready, and `None` if it is not here. Never blocks.
    #[must_use]
    pub fn is_ready(&self, id: EndId) -> Option<bool> {
        self.shared.fire_timers();
        let end = self.shared.find(id)?;
        Some(match end.what {
            What::Watched(_) => self.shared.look_at(end),
            What::Timer(_) => end.light.is_on(),
        })
    }

    /// Whether the set was closed.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.shared.lock.with(|state| state.closed)
    }

    /// Ends all waits, now and to come. Idempotent.
    pub fn close(&self) {
        self.shared.lock.with(State::close);
        self.shared.rouse();
        self.shared.relight();
    }

    /// Forgets all ends.
    pub fn clear(&self) {
        // Bounded by the ends, and those that are added meanwhile.
        while let Some(end) = self.shared.lock.with(State::take_any) {
            end.cancel();
            end.light.show();
        }
        self.shared.relight();
    }

    /// Has timers become pending when they are due, also while nobody waits, until the set is closed:
    /// for the file descriptors. Blocks the calling thread, which has nothing else to do.
    pub fn keep_time(&self) {
        let shared = &*self.shared;
        // Each turn is a change of the timers, or the time of one.
        loop {
            shared.fire_timers();
            shared.relight();
            let (closed, due, changes) = shared.lock.with(|state| (state.closed, state.next_due(), state.changes));
            if closed {
                return;
            }
            let until = due.map_or(Deadline::Never, Deadline::At);
            wait_on(pin!(Standing::new(shared, Line::Keepers, changes)), until, Outlook::Nothing);
        }
    }

    /// Whether timers have to become pending also while nobody waits: somebody has asked for a file
    /// descriptor, and there are some.
    #[cfg(unix)]
    #[must_use]
    pub fn needs_a_keeper(&self) -> bool {
        self.shared.needs_a_keeper()
    }

    /// A file descriptor that is readable while something is pending, or the set is closed. It is made at
    /// the first call.
    ///
    /// # Errors
    ///
    /// When the system gives none.
    #[cfg(unix)]
    pub fn fd(&self) -> io::Result<BorrowedFd<'_>> {
        self.shared.light.fd()
    }

    /// The same for one end, of the caller's own; `None` if that is not here.
    ///
    /// # Errors
    ///
    /// When the system gives none.
    #[cfg(unix)]
    pub fn fd_of(&self, id: EndId) -> Option<io::Result<OwnedFd>> {
        let end = self.shared.find(id)?;
        self.shared.lock.with(|state| state.shows_ends = true);
        Some(end.light.fd().and_then(|fd| fd.try_clone_to_owned()))
    }
}

impl Default for ReadySet {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for ReadySet {
    fn drop(&mut self) {
        self.close();
        self.clear();
    }
}

impl fmt::Debug for ReadySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadySet").field("len", &self.len()).finish_non_exhaustive()
    }
}

fn earlier(deadline: Deadline, due: Option<u64>) -> Deadline {
    match (deadline, due) {
        (deadline, None) => deadline,
        (Deadline::Never, Some(due)) => Deadline::At(due),
        (Deadline::At(at), Some(due)) => Deadline::At(at.min(due)),
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;
    use core::sync::atomic::{AtomicUsize, Ordering};
    use core::task::Waker;

    use super::*;

    /// An end that is ready; whoever removes it finds that another thread has meanwhile added one more.
    struct Refilled {
        set: Arc<ReadySet>,
        token: u64,
        added: Arc<AtomicUsize>,
    }

    impl Refilled {
        fn add(set: &Arc<ReadySet>, token: u64, added: &Arc<AtomicUsize>) -> EndId {
            let end = Self { set: Arc::clone(set), token, added: Arc::clone(added) };
            set.add(Box::new(end), token)
        }
    }

    impl Watched for Refilled {
        fn poll_ready(&self, _: &Waker) -> bool {
            true
        }

        fn cancel(&self) {
            // So that a removal without a bound is found, and does not hang.
            if self.added.fetch_add(1, Ordering::Relaxed) < 100 {
                Self::add(&self.set, self.token, &self.added);
            }
        }
    }

    #[test]
    fn w12_a_removal_of_a_token_takes_what_was_there_and_nothing_that_comes_meanwhile() {
        let (set, added) = (Arc::new(ReadySet::new()), Arc::new(AtomicUsize::new(0)));
        let there: Vec<_> = [7, 8, 7, 7].map(|token| Refilled::add(&set, token, &added)).into();
        assert_eq!(set.remove_all(7), 3);
        assert_eq!(added.load(Ordering::Relaxed), 3, "one for each that was removed");
        assert_eq!(there.iter().map(|id| set.is_ready(*id)).collect::<Vec<_>>(), [None, Some(true), None, None]);
        let mut tokens = [0; 8];
        let count = set.collect(&mut tokens);
        tokens[..count].sort_unstable();
        assert_eq!(tokens[..count], [7, 7, 7, 8]);
        assert_eq!(set.remove_all(9), 0);
        added.store(100, Ordering::Relaxed);
        assert_eq!((set.remove_all(7), set.remove_all(7), set.remove_all(8), set.len()), (3, 0, 1, 0));
    }
}
