//! A line of waiters with the section that it is touched in: what takes several sections.
#![allow(unsafe_code)]

use core::pin::Pin;
use core::ptr;
use core::task::Waker;

use super::waiters::{Node, Stage, Waiters};
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

    /// Whether a node may have what there is: it is first, or does not stand here, as one that was woken.
    #[inline(always)]
    pub(crate) fn may_go(self, node: Pin<&Node>) -> bool {
        let (stage, first) = self.section(|waiters| waiters.stands(node));
        stage != Stage::Waits || ptr::eq(first, &raw const *node)
    }

    /// Puts a node in the line, behind those who are as urgent, or, when it was woken before and came too late, before those of
    /// them that did not; or gives one that is there another waker. What is returned is dropped by the caller.
    ///
    /// It stands in its place when this returns, and not before: what comes meanwhile may find nobody to wake. So the caller
    /// looks at the record once more.
    #[inline(never)]
    pub(crate) fn join(self, node: Pin<&Node>, waker: Waker) -> Option<Waker> {
        let waker = match self.section(|waiters| waiters.renew(node, waker)) {
            Ok(old) => return Some(old),
            Err(waker) => waker,
        };
        Waiters::prepare(node, waker);
        // Each turn is a step of another who comes.
        while self.section(|waiters| waiters.enter(node)).is_marked() {
            self.step();
        }
        // As many turns as there are those that it stands behind, and again when one of those is taken out meanwhile.
        while ptr::eq(self.step(), &raw const *node) {}
        None
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

    /// Takes a node out, whatever it is at, and says what that was. What is returned is dropped by the caller.
    #[inline(never)]
    pub(crate) fn leave(self, node: Pin<&Node>) -> (Stage, Option<Waker>) {
        // Each further turn is a step of one who comes.
        let stage = loop {
            let (word, stage) = self.section(|waiters| waiters.leave(node));
            if !word.is_marked() {
                break stage;
            }
            self.step();
        };
        (stage, Waiters::settle(node, stage))
    }

    /// Wakes so many of those who wait, one in each section.
    #[inline(never)]
    pub(crate) fn wake(self, most: u16) {
        Waking { most, next: || self.section(Waiters::pop) }.wake();
    }
}
