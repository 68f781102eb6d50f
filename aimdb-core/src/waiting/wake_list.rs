//! Wakers on their way out of a lock.

use core::task::Waker;

/// Wakers that were taken under a lock and are woken after it: by [`WakeList::wake_all`], and when
/// one of them panics, the rest by the drop.
///
/// It holds a fixed number, so that no lock hold grows with the number of waiters; when it is full
/// the caller leaves the lock, wakes, and comes back for more. (The idea is tokio's
/// `util::WakeList`.)
#[derive(Debug)]
pub(crate) struct WakeList {
    wakers: [Option<Waker>; Self::ROOM],
    len: usize,
}

impl WakeList {
    const ROOM: usize = 8;

    pub(crate) const fn new() -> Self {
        Self { wakers: [const { None }; Self::ROOM], len: 0 }
    }

    pub(crate) const fn is_full(&self) -> bool {
        self.len == Self::ROOM
    }

    /// Adds a waker; the caller has asked [`WakeList::is_full`].
    pub(crate) fn push(&mut self, waker: Option<Waker>) {
        if waker.is_some() {
            self.wakers[self.len] = waker;
            self.len += 1;
        }
    }

    /// Wakes all, outside any lock.
    pub(crate) fn wake_all(&mut self) {
        while self.len > 0 {
            self.len -= 1;
            if let Some(waker) = self.wakers[self.len].take() {
                waker.wake();
            }
        }
    }
}

impl Drop for WakeList {
    fn drop(&mut self) {
        self.wake_all();
    }
}
