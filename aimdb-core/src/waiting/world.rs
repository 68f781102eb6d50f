//! What each call has to know of the process: how often it was forked, and how barriers work in it. Both are
//! one word, so that whoever was let in once compares one number.

use core::sync::atomic::{AtomicU32, Ordering};

// Not a model's: models neither fork nor ask the system for barriers.
static NOW: AtomicU32 = AtomicU32::new(0);

/// The lower bits say how barriers work, those above count forks: a child, its child, and so on, a thousand
/// million deep before a number comes again.
const BARRIER: u32 = 3;
const FORK: u32 = BARRIER + 1;

/// How barriers work in this process; see [`super::barrier`].
#[cfg_attr(any(loom, shuttle), expect(dead_code, reason = "all barriers of a model are full ones"))]
pub(super) mod barrier_state {
    /// Nobody has asked the system.
    pub(in super::super) const UNKNOWN: u32 = 0;
    /// It puts a barrier into every running thread.
    pub(in super::super) const REGISTERED: u32 = 1;
    /// It does not.
    pub(in super::super) const REFUSED: u32 = 2;
    /// It did once, and some may still go by that.
    pub(in super::super) const WITHDRAWN: u32 = 3;
}

/// The process as it was when somebody was let in, where barriers are light.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct World(u32);

impl World {
    /// This one.
    pub(crate) fn now() -> Self {
        Self(NOW.load(Ordering::Relaxed) & !BARRIER | barrier_state::REGISTERED)
    }

    /// This one, however barriers work in it.
    #[inline(always)]
    pub(super) fn as_it_is() -> Self {
        Self(NOW.load(Ordering::Relaxed))
    }

    /// Whether it is the same process.
    #[inline(always)]
    pub(super) const fn is_same_process(self, other: Self) -> bool {
        self.0 / FORK == other.0 / FORK
    }

    /// Whether this is the same process.
    pub(crate) fn is_here(self) -> bool {
        self.is_same_process(Self::as_it_is())
    }
}

/// Where threads together remember a world.
pub(crate) struct WorldCell(AtomicU32);

impl WorldCell {
    /// None yet.
    pub(crate) const fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    #[inline(always)]
    pub(crate) fn get(&self) -> World {
        World(self.0.load(Ordering::Relaxed))
    }

    pub(crate) fn set(&self, world: World) {
        self.0.store(world.0, Ordering::Relaxed);
    }
}

/// How often the process, or one that it was forked from, was the child of a fork.
#[inline(always)]
pub(super) fn generation() -> u32 {
    NOW.load(Ordering::Relaxed) / FORK
}

/// Counts a fork. One atomic add, safe in a forked child.
#[cfg(unix)]
pub(super) fn was_forked() {
    NOW.fetch_add(FORK, Ordering::Relaxed);
}

#[cfg(not(any(loom, shuttle)))]
#[inline(always)]
pub(super) fn barrier_is() -> u32 {
    NOW.load(Ordering::Relaxed) & BARRIER
}

/// Says how barriers work from now on, if they still do as `before` says, or whatever that was.
#[cfg(not(any(loom, shuttle)))]
pub(super) fn set_barrier(before: Option<u32>, state: u32) {
    let change = |now: u32| before.is_none_or(|before| now & BARRIER == before).then_some(now & !BARRIER | state);
    let _ = NOW.fetch_update(Ordering::Relaxed, Ordering::Relaxed, change);
}
