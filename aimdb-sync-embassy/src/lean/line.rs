//! A line of waiters with the section that it is touched in: what takes several sections.
#![allow(unsafe_code)]

use core::pin::Pin;
use core::ptr;
use core::task::Waker;

use super::waiters::{Node, Waiters};
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

impl<'a, M: PreemptionSafe> Line<'a, M> {
    /// # Safety
    ///
    /// The waiters are there as long as the mutex is, and are touched inside its section only.
    #[inline(always)]
    pub(crate) const unsafe fn new(mutex: &'a M, waiters: *mut Waiters) -> Self {
        Self { mutex, waiters }
    }

    #[inline(always)]
    fn section<R>(self, critical: impl FnOnce(&mut Waiters) -> R) -> R {
        let waiters = self.waiters;
        // SAFETY: the mutex keeps everybody else out, and no section is entered inside another.
        self.mutex.lock(move || critical(unsafe { &mut *waiters }))
    }

    /// If the node is in the line still, it gets another waker; says whether it is.
    pub(crate) fn renew(self, node: Pin<&Node>, waker: Waker) -> bool {
        let (in_line, _other) = self.section(|waiters| waiters.renew(node, waker));
        in_line
    }

    /// Puts a node in the line that is not, behind those who are as urgent, or, when it was woken before and came too late, before
    /// those of them that did not.
    ///
    /// It stands in its place when this returns, and not before: what comes meanwhile may find nobody to wake. So the caller
    /// looks at the record once more.
    #[inline(never)]
    pub(crate) fn join(self, node: Pin<&Node>, waker: Waker) {
        Waiters::prepare(node, waker);
        // Each turn is a step of another who comes.
        while self.section(|waiters| waiters.enter(node)).is_marked() {
            self.step();
        }
        // As many turns as there are those that it stands behind, and again when one of those is taken out meanwhile.
        while ptr::eq(self.step(), &raw const *node) {}
    }

    /// Takes a step for the one that walks. Says who walks on; when that is not the caller's, the caller's stands.
    #[inline(never)]
    fn step(self) -> *const Node {
        let word = self.section(Waiters::step);
        if word.arrives() {
            self.section(|waiters| waiters.arrive(word));
        }
        word.walker()
    }

    /// Takes a node out, whatever it is at, and says what that was: [`Node::settle`] has to follow, unless its waker is one
    /// that needs no drop.
    #[inline(never)]
    pub(crate) fn leave(self, node: Pin<&Node>) -> u16 {
        // Each further turn is a step of one who comes.
        loop {
            let (word, stage) = self.section(|waiters| waiters.leave(node));
            if !word.is_marked() {
                node.rests();
                return stage;
            }
            self.step();
        }
    }

    /// Wakes the first of those who wait, and says whether there was one.
    #[inline(never)]
    pub(crate) fn wake_one(self) -> bool {
        let Some(waker) = self.section(Waiters::pop) else { return false };
        waker.wake();
        true
    }

    /// Wakes so many of those who wait, one in each section.
    pub(crate) fn wake(self, most: u32) {
        let mut left = most;
        let next = move || {
            let wakes = left > 0;
            left = left.wrapping_sub(u32::from(wakes));
            wakes && self.wake_one()
        };
        Waking(next).wake();
    }
}
