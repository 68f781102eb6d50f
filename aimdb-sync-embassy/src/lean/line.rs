//! A line of waiters with the section that it is touched in: what takes several sections.
#![allow(unsafe_code)]

use core::pin::Pin;
use core::sync::atomic::{Ordering, compiler_fence};

use super::bell::Bell;
use super::waiters::{NOBODY, Node, SOMEBODY, Step, WALKS_ALREADY, Waiters};
use super::waking::Waking;
use crate::lock::PreemptionSafe;

/// One line of a record. The same code for all records, whatever their values are.
pub(crate) struct Line<'a, M> {
    mutex: &'a M,
    waiters: *mut Waiters,
}

impl<M> Clone for Line<'_, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for Line<'_, M> {}

/// What one finds that comes to wait and has nothing to look at: it came in.
pub(crate) const NOTHING: u32 = 0;
/// The same: another one walks, so it did not, and is to look again.
pub(super) const WALKS: u32 = WALKS_ALREADY;
impl<'a, M: PreemptionSafe> Line<'a, M> {
    /// # Safety
    ///
    /// The waiters are there as long as the mutex is, and are touched inside its section only.
    #[inline(always)]
    pub(crate) const unsafe fn new(mutex: &'a M, waiters: *mut Waiters) -> Self {
        Self { mutex, waiters }
    }

    #[inline(always)]
    fn section<R>(self, critical: impl FnOnce(*mut Waiters) -> R) -> R {
        let waiters = self.waiters;
        self.mutex.lock(move || critical(waiters))
    }

    /// Looks at the record of the line inside its section.
    #[inline(always)]
    pub(crate) fn looks(self, look: impl FnOnce() -> u32) -> u32 {
        self.mutex.lock(look)
    }

    /// Tells the node of a task that this is the line into which it is to come.
    #[inline(always)]
    pub(super) fn faces(self, node: Pin<&Node>) {
        node.faces(self.waiters);
    }

    /// Makes that of a future ready to come in.
    #[inline(always)]
    pub(super) fn prepare(self, node: Pin<&Node>, bell: Bell) {
        node.prepare(self.waiters, bell);
    }

    /// A node that was prepared comes in if there is [`NOTHING`] to look at, in the same section; so what comes after that finds it.
    /// Says what there is, or that another one [`WALKS`]. If nobody was in the line, `first` is called.
    ///
    /// # Safety
    ///
    /// `look` and `first` may be called inside the section.
    #[inline(always)]
    pub(crate) unsafe fn enter(self, node: Pin<&Node>, look: impl FnOnce() -> u32, first: impl FnOnce()) -> u32 {
        self.section(move |waiters| {
            let seen = look();
            // SAFETY: inside the section.
            if seen == NOTHING { unsafe { Waiters::enter(waiters, node, first) } } else { seen }
        })
    }

    /// Takes the steps of the one that walks, if one does: as many as there are those that it stands behind, and those of others
    /// who come meanwhile.
    #[inline(always)]
    pub(super) fn settle(self) {
        self.advance(NOBODY);
    }

    /// Wakes the first of those who wait, and says which that was, as a word: [`NOBODY`] if none.
    #[inline(always)]
    pub(crate) fn wake_one(self) -> usize {
        self.advance(SOMEBODY)
    }

    /// The same, if a section has seen that somebody waits: by the word that it saw.
    #[inline(always)]
    pub(crate) fn wake_seen(self, awaited: usize) {
        if awaited != NOBODY {
            self.advance(awaited);
        }
    }

    /// Takes the steps of the one that walks. When none does, the first is woken, and is said; none if [`NOBODY`] is awaited.
    #[inline(never)]
    fn advance(self, awaited: usize) -> usize {
        let wakes = awaited != NOBODY;
        // Each further turn is a step of one who comes.
        loop {
            // SAFETY: inside the section.
            match self.section(|waiters| unsafe { Waiters::advance(waiters, wakes) }) {
                Step::Walked => {}
                Step::Nothing => return NOBODY,
                Step::Woken(node, bell) => {
                    // SAFETY: it was handed over.
                    unsafe { bell.ring() };
                    // Not the last thing that is done: a compiler that jumps there restores all registers in two places.
                    compiler_fence(Ordering::SeqCst);
                    return node;
                }
            }
        }
    }

    /// If the node is in the line still, it gets another bell; says whether it is, and is the first.
    pub(super) fn renew(self, node: Pin<&Node>, bell: Bell) -> (bool, bool) {
        // SAFETY: inside the section, and one of the two bells is left over.
        unsafe {
            let (in_line, first, other) = self.section(|waiters| Waiters::renew(waiters, node, bell));
            other.discard();
            (in_line, first)
        }
    }

    /// Takes a node out, whatever it is at, and says whether it was the first, and what it was at. If it waited, its bell is the
    /// caller's, to be dropped.
    #[inline(never)]
    pub(super) fn leave(self, node: Pin<&Node>) -> (bool, u32) {
        // Each further turn is a step of one who comes.
        loop {
            // SAFETY: inside the section.
            let (word, stage) = self.section(|waiters| unsafe { Waiters::leave(waiters, node) });
            if !word.walks() {
                return (word.is(node), stage);
            }
            self.settle();
        }
    }

    /// Wakes so many of those who wait, one in each section.
    pub(crate) fn wake(self, most: u32) {
        let mut left = most;
        let next = move || {
            let wakes = left > 0;
            left = left.wrapping_sub(u32::from(wakes));
            wakes && self.wake_one() != NOBODY
        };
        Waking(next).wake();
    }
}
