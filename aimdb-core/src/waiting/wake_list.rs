//! Wakers on their way out of a lock.

use core::task::Waker;

use arrayvec::ArrayVec;

/// Wakers that were taken under a lock and are woken after it: by [`WakeList::wake_all`], and when
/// one of them panics, the rest by the drop.
///
/// It holds a fixed number, so that no lock hold grows with the number of waiters; when it is full
/// the caller leaves the lock, wakes, and comes back for more. (The idea is tokio's
/// `util::WakeList`.)
#[derive(Debug)]
pub(crate) struct WakeList {
    wakers: ArrayVec<Waker, 8>,
}

impl WakeList {
    pub(crate) const fn new() -> Self {
        Self { wakers: ArrayVec::new_const() }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.wakers.is_full()
    }

    /// Adds a waker; the caller has asked [`WakeList::is_full`].
    pub(crate) fn push(&mut self, waker: Option<Waker>) {
        self.wakers.extend(waker);
    }

    /// Wakes all, first come first, outside any lock.
    pub(crate) fn wake_all(&mut self) {
        while let Some(waker) = self.wakers.pop_at(0) {
            waker.wake();
        }
    }
}

impl Drop for WakeList {
    fn drop(&mut self) {
        self.wake_all();
    }
}
