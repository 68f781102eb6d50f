//! Who waits at a lean record: a circle of nodes that lie on the stacks and in the futures of those who wait, the
//! more urgent first, then those who came earlier. One word for those of a kind, and taking the first one out is a
//! handful of instructions, because that is done with interrupts off.
//!
//! Everything here happens inside the record's critical section: a `&mut Waiters` is the proof.
#![allow(unsafe_code)]

use core::cell::UnsafeCell;
use core::marker::PhantomPinned;
use core::pin::Pin;
use core::ptr;
use core::task::Waker;

/// What a node is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// It does not wait.
    Idle,
    /// It is linked.
    Waits,
    /// It was taken out and woken, and has not looked yet.
    Woken,
}

/// A place among those who wait. Its owner keeps it pinned, and takes it out before it goes.
pub struct Node {
    inner: UnsafeCell<Inner>,
    _pinned: PhantomPinned,
}

struct Inner {
    prev: *const Node,
    next: *const Node,
    waker: Option<Waker>,
    stage: Stage,
    priority: u8,
}

// SAFETY: another task reaches a node only through the circle that it is linked in, inside the critical
// section of that record.
unsafe impl Send for Node {}
// SAFETY: `&Node` gives access only together with a `&mut Waiters`.
unsafe impl Sync for Node {}

impl Node {
    pub(crate) const fn new() -> Self {
        let inner = Inner { prev: ptr::null(), next: ptr::null(), waker: None, stage: Stage::Idle, priority: 0 };
        Self { inner: UnsafeCell::new(inner), _pinned: PhantomPinned }
    }

    pub(crate) const fn set_priority(&mut self, priority: u8) {
        self.inner.get_mut().priority = priority;
    }
}

/// What [`Waiters::word`] is when nobody waits. Nodes are aligned, so it is never 1 either.
pub(crate) const NOBODY: usize = 0;

/// Those who wait for one thing: the last of the circle, which leads to the first; null if nobody waits.
pub(crate) struct Waiters {
    last: *const Node,
}

// SAFETY: nodes stay in place while they are linked, and whoever has the record's critical section may touch
// them from anywhere.
unsafe impl Send for Waiters {}

impl Waiters {
    pub(crate) const fn new() -> Self {
        Self { last: ptr::null() }
    }

    #[inline(always)]
    pub(crate) const fn is_empty(&self) -> bool {
        self.last.is_null()
    }

    /// # Safety
    ///
    /// The node is linked, or the caller's, and nobody keeps another reference to it.
    #[inline(always)]
    unsafe fn inner<'a>(node: *const Node) -> &'a mut Inner {
        // SAFETY: by this function's contract; the critical section makes the access exclusive.
        unsafe { &mut *(*node).inner.get() }
    }

    /// Whether a node may have what there is: it is first, or does not stand here, as one that was woken.
    pub(crate) fn may_go(&self, node: Pin<&Node>) -> bool {
        let this: *const Node = &raw const *node;
        // SAFETY: the node is the caller's.
        if unsafe { Self::inner(this) }.stage != Stage::Waits {
            return true;
        }
        // SAFETY: `last` is linked: at least the node itself is.
        unsafe { Self::inner(self.last) }.next == this
    }

    /// Whether somebody waits, as a word that is not [`NOBODY`] then: to be looked at outside.
    #[inline(always)]
    pub(crate) fn word(&self) -> usize {
        self.last.addr()
    }

    /// Takes the first one out and hands over its waker, to be woken outside.
    #[inline(always)]
    pub(crate) fn pop(&mut self) -> Option<Waker> {
        let last = self.last;
        if last.is_null() {
            return None;
        }
        // SAFETY: `last` is linked.
        let first = unsafe { Self::inner(last) }.next;
        if first == last {
            self.last = ptr::null();
        } else {
            // SAFETY: `first` is linked.
            let second = unsafe { Self::inner(first) }.next;
            // SAFETY: `last` and `second` are linked; one reference at a time, they may be the same.
            unsafe { Self::inner(last) }.next = second;
            // SAFETY: as above.
            unsafe { Self::inner(second) }.prev = last;
        }
        // SAFETY: its owner comes into the critical section before it goes.
        let inner = unsafe { Self::inner(first) };
        inner.stage = Stage::Woken;
        inner.waker.take()
    }

    #[inline(always)]
    fn detach(&mut self, node: *const Node) {
        // SAFETY: the node is linked.
        let inner = unsafe { Self::inner(node) };
        let (prev, next) = (inner.prev, inner.next);
        if next == node {
            self.last = ptr::null();
            return;
        }
        // SAFETY: both are linked and others than `node`; one reference at a time, they may be the same.
        unsafe { Self::inner(prev) }.next = next;
        // SAFETY: as above.
        unsafe { Self::inner(next) }.prev = prev;
        if self.last == node {
            self.last = prev;
        }
    }

    /// Puts a node behind those that are as urgent, or, when it was woken before and came too late, in front
    /// of them. What is returned is dropped outside.
    #[must_use]
    pub(crate) fn link(&mut self, node: Pin<&Node>, waker: Waker) -> Option<Waker> {
        let this: *const Node = &raw const *node;
        // SAFETY: the node is the caller's.
        let inner = unsafe { Self::inner(this) };
        let old = inner.waker.replace(waker);
        let (was, priority) = (inner.stage, inner.priority);
        if was == Stage::Waits {
            return old;
        }
        inner.stage = Stage::Waits;
        if self.last.is_null() {
            (inner.prev, inner.next) = (this, this);
            self.last = this;
            return old;
        }
        let behind = self.last_before(priority, was == Stage::Woken);
        let prev = if behind.is_null() { self.last } else { behind };
        // SAFETY: `prev` is linked and another node.
        let next = unsafe { Self::inner(prev) }.next;
        // SAFETY: made anew after the search.
        let inner = unsafe { Self::inner(this) };
        (inner.prev, inner.next) = (prev, next);
        // SAFETY: both are linked; one reference at a time, they may be the same.
        unsafe { Self::inner(prev) }.next = this;
        // SAFETY: as above.
        unsafe { Self::inner(next) }.prev = this;
        if behind == self.last {
            self.last = this;
        }
        old
    }

    /// The node that one of this priority stands behind, or null. Looked for from the end: as many steps as
    /// less urgent ones wait, or, for one that stood in front, as those that are no more urgent.
    fn last_before(&self, priority: u8, in_front: bool) -> *const Node {
        let mut at = self.last;
        // Ends at the first.
        loop {
            // SAFETY: `at` is linked.
            let inner = unsafe { Self::inner(at) };
            if inner.priority > priority || !in_front && inner.priority == priority {
                return at;
            }
            let before = inner.prev;
            if before == self.last {
                return ptr::null();
            }
            at = before;
        }
    }

    /// Takes a node out, whatever it is at, and says what that was. What is returned is dropped outside.
    pub(crate) fn leave(&mut self, node: Pin<&Node>) -> (Stage, Option<Waker>) {
        let this: *const Node = &raw const *node;
        // SAFETY: the node is the caller's.
        let stage = unsafe { Self::inner(this) }.stage;
        if stage == Stage::Waits {
            self.detach(this);
        }
        // SAFETY: as above, and no other reference is left.
        let inner = unsafe { Self::inner(this) };
        inner.stage = Stage::Idle;
        (stage, inner.waker.take())
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        let mut count = 0;
        let mut at = self.last;
        while !at.is_null() {
            count += 1;
            // SAFETY: `at` is linked.
            at = unsafe { Self::inner(at) }.prev;
            if at == self.last {
                break;
            }
        }
        count
    }
}
