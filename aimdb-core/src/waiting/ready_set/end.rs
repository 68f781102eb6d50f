//! An end of a set, as the set, its owner and its wakers hold it.

use alloc::boxed::Box;
use alloc::sync::{Arc, Weak};
use alloc::task::Wake;
use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};
use core::task::Waker;

use super::light::Light;
use super::shared::Shared;

/// An end that can be watched: by [`ReadySet`](super::ReadySet), or by whoever brings a waker.
pub trait Watched: Send + Sync {
    /// Whether it is ready. If not, the waker will be woken once when it may have become so. Takes
    /// nothing; may say that it is ready when it no longer is, never the reverse. Never blocks.
    fn poll_ready(&self, waker: &Waker) -> bool;

    /// Forgets the waker.
    fn cancel(&self);
}

/// Names an end of a set; never used again in this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EndId(u64);

impl EndId {
    pub(super) fn new() -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        Self(LAST.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// As a number, never 0.
    #[must_use]
    pub const fn as_u64(self) -> u64 {
        self.0
    }

    /// The id that was this number.
    #[must_use]
    pub const fn from_u64(number: u64) -> Self {
        Self(number)
    }
}

/// What an end is, for as long as anybody looks at it.
pub(super) struct End {
    pub(super) id: EndId,
    pub(super) token: u64,
    pub(super) what: What,
    pub(super) set: Weak<Shared>,
    /// Whether it is pending.
    pub(super) light: Light,
}

pub(super) enum What {
    Watched(Box<dyn Watched>),
    /// It is pending when it is due; then it comes again after so long.
    Timer(Option<u64>),
}

impl End {
    pub(super) fn look(self: &Arc<Self>) -> bool {
        match &self.what {
            What::Watched(watched) => watched.poll_ready(&Waker::from(Arc::clone(self))),
            // It became pending when it was due.
            What::Timer(_) => true,
        }
    }

    pub(super) fn cancel(&self) {
        match &self.what {
            What::Watched(watched) => watched.cancel(),
            What::Timer(_) => {}
        }
    }
}

impl Wake for End {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if let Some(set) = self.set.upgrade() {
            set.signal(self.id);
        }
    }
}

/// The place of an end in a set, for its owner.
#[derive(Clone)]
pub struct Membership {
    pub(super) set: Weak<Shared>,
    pub(super) id: EndId,
}

impl Membership {
    /// Takes the end out of the set, if both are still there.
    pub fn end(&self) {
        if let Some(set) = self.set.upgrade() {
            set.remove(self.id);
        }
    }

    /// Has the set look at the end again.
    pub fn look_again(&self) {
        if let Some(set) = self.set.upgrade() {
            set.signal(self.id);
        }
    }

    /// Whether the end is still in the set.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        self.set.upgrade().is_some_and(|set| set.find(self.id).is_some())
    }
}

impl fmt::Debug for Membership {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Membership").field("id", &self.id).finish_non_exhaustive()
    }
}
