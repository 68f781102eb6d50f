//! The wait queue: a first-come-first-served list of waiters that live on their owners' stacks or
//! in their futures.
//!
//! Nothing here locks. A queue, and every field of a waiter that uses it, is touched only under
//! the lock of the record that the queue belongs to: a `&mut WaitQueue` is the proof. Wakers leave
//! the queue by value and are woken after the lock has been left, because waking is user code.
//!
//! | state | in the list | means | left by |
//! |---|---|---|---|
//! | `Idle` | no | does not wait | `link` |
//! | `Waiting` | yes | waits | `pop`, `unlink` |
//! | `Notified` | no | was woken; it tries again, or passes the wake-up on when it leaves | `settle` |
//! | `Granted` | no | was woken, and what it waits for is kept for it | `settle` |
//! | `Done` | no | what it waited for was done on its behalf | `settle` |
//!
//! The shape of the queue (intrusive nodes, wakers popped under the lock and woken outside) is
//! thingbuf's `wait/queue.rs` and tokio's `Notify`, explained best in the first.
#![allow(unsafe_code)]

use core::cell::UnsafeCell;
use core::marker::PhantomPinned;
use core::pin::Pin;
use core::ptr;
use core::task::Waker;

/// What a waiter is at. See the module's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WaiterState {
    /// It does not wait.
    Idle,
    /// It stands in a queue.
    Waiting,
    /// It was woken and has not yet looked.
    Notified,
    /// It was woken, and what it waits for is kept for it.
    Granted,
    /// What it waited for was done on its behalf.
    Done,
}

/// One place in a wait queue. Its owner keeps it pinned and takes it out of the queue before it
/// goes: the operations of `buffer` that wait do so in their guards.
pub struct Waiter {
    node: UnsafeCell<Node>,
    _pinned: PhantomPinned,
}

struct Node {
    prev: *const Waiter,
    next: *const Waiter,
    state: WaiterState,
    /// It was overtaken for so long that it is served next.
    starving: bool,
    /// Of the task that waits; the more urgent is served first.
    priority: u8,
    /// For a sender: the slot that its value lies in.
    slot: Option<u32>,
    /// For a flush: the number that it waits for.
    target: u64,
    waker: Option<Waker>,
}

impl Node {
    /// What its waiter left for whoever serves it.
    const fn ticket(&self) -> Ticket {
        Ticket { slot: self.slot, target: self.target, at_front: false, starving: self.starving }
    }
}

// SAFETY: a waiter is reached from another thread only through the queue that it is linked in, and
// only under the lock of that queue's record.
unsafe impl Send for Waiter {}
// SAFETY: `&Waiter` gives access to its node only together with a `&mut WaitQueue`, under the lock.
unsafe impl Sync for Waiter {}

impl Waiter {
    /// A waiter that does not wait.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            node: UnsafeCell::new(Node {
                prev: ptr::null(),
                next: ptr::null(),
                state: WaiterState::Idle,
                starving: false,
                priority: 0,
                slot: None,
                target: 0,
                waker: None,
            }),
            _pinned: PhantomPinned,
        }
    }
}

impl Waiter {
    /// It is that of a task of this priority. Without one it has the lowest, 0.
    pub(crate) const fn set_priority(&mut self, priority: u8) {
        self.node.get_mut().priority = priority;
    }
}

impl Default for Waiter {
    fn default() -> Self {
        Self::new()
    }
}

impl core::fmt::Debug for Waiter {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Waiter")
    }
}

/// What a waiter brings to its queue.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Ticket {
    /// For a sender: the slot that its value lies in.
    pub(crate) slot: Option<u32>,
    /// For a flush: the number that it waits for.
    pub(crate) target: u64,
    /// It stood in the queue before.
    pub(crate) at_front: bool,
    /// It was overtaken for so long that it is served next.
    pub(crate) starving: bool,
}

/// Who waits, first come first served. Made and kept under a record's lock.
///
/// One word, since every record has several and most of them are empty: the waiters stand in a
/// circle, so the last one, which leads to the first, is all that there is to know.
#[derive(Debug)]
pub struct WaitQueue {
    last: *const Waiter,
}

// SAFETY: the pointers lead to pinned waiters that stay in place while they are linked; moving the
// queue to another thread moves the right to touch them, which the record's lock hands over.
unsafe impl Send for WaitQueue {}

impl WaitQueue {
    pub(crate) const fn new() -> Self {
        Self { last: ptr::null() }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.last.is_null()
    }

    /// The waiter at the front, or null.
    fn first(&self) -> *const Waiter {
        if self.last.is_null() {
            return ptr::null();
        }
        // SAFETY: `last` is linked.
        unsafe { Self::node(self.last) }.next
    }

    pub(crate) fn len(&mut self) -> usize {
        self.count(|_| true)
    }

    /// How many left such a ticket.
    pub(crate) fn count(&mut self, which: impl Fn(Ticket) -> bool) -> usize {
        let mut count = 0;
        let mut at = self.first();
        // Ends at the last, which is linked.
        while !at.is_null() {
            // SAFETY: `at` is linked, see `node`.
            let node = unsafe { Self::node(at) };
            count += usize::from(which(node.ticket()));
            at = if at == self.last { ptr::null() } else { node.next };
        }
        count
    }

    /// What the waiter is at.
    pub(crate) fn state(&mut self, waiter: Pin<&Waiter>) -> WaiterState {
        // SAFETY: the caller holds the lock (`&mut self`) and the waiter is alive.
        unsafe { Self::node(&raw const *waiter) }.state
    }

    /// Puts a waiter that is not linked behind all of its priority, or before them if it stood there before
    /// and was overtaken. Its waker was cloned before the lock was taken. Takes as long as waiters of another
    /// priority stand in between.
    pub(crate) fn link(&mut self, waiter: Pin<&Waiter>, ticket: Ticket, waker: Waker) {
        let Ticket { slot, target, at_front, starving } = ticket;
        let this: *const Waiter = &raw const *waiter;
        // SAFETY: the caller holds the lock and the waiter is alive and pinned.
        let priority = unsafe { Self::node(this) }.priority;
        let behind = if at_front { self.last_above(priority) } else { self.last_not_below(priority) };
        // SAFETY: as above; the reference is made anew after the search.
        let node = unsafe { Self::node(this) };
        debug_assert!(node.state == WaiterState::Idle, "it is linked once");
        node.state = WaiterState::Waiting;
        node.starving = starving;
        node.slot = slot;
        node.target = target;
        node.waker = Some(waker);
        if self.last.is_null() {
            (node.prev, node.next) = (this, this);
            self.last = this;
            return;
        }
        // Behind nobody is between the last and the first: that it is the first, is for `last` to say.
        let prev = behind.unwrap_or(self.last);
        // SAFETY: `prev` is linked and another waiter than `this`.
        let next = unsafe { Self::node(prev) }.next;
        (node.prev, node.next) = (prev, next);
        // SAFETY: `prev` and `next` are linked and are other waiters than `this`; one reference at a
        // time, since they may be the same one.
        unsafe { Self::node(prev) }.next = this;
        // SAFETY: as above.
        unsafe { Self::node(next) }.prev = this;
        if behind == Some(self.last) {
            self.last = this;
        }
    }

    /// The last waiter whose priority is not lower; sought from the end, where it is if all are alike.
    fn last_not_below(&self, priority: u8) -> Option<*const Waiter> {
        let first = self.first();
        let mut at = self.last;
        // Ends at the first.
        while !at.is_null() {
            // SAFETY: `at` is linked.
            let node = unsafe { Self::node(at) };
            if node.priority >= priority {
                return Some(at);
            }
            at = if at == first { ptr::null() } else { node.prev };
        }
        None
    }

    /// The last waiter whose priority is higher; sought from the front, where there is none if all are alike.
    fn last_above(&self, priority: u8) -> Option<*const Waiter> {
        let mut above = None;
        let mut at = self.first();
        // Ends at the last.
        while !at.is_null() {
            // SAFETY: `at` is linked.
            let node = unsafe { Self::node(at) };
            if node.priority <= priority {
                break;
            }
            above = Some(at);
            at = if at == self.last { ptr::null() } else { node.next };
        }
        above
    }

    /// Exchanges the waker of a linked waiter; the old one is dropped outside the lock.
    #[must_use]
    pub(crate) fn rewake(&mut self, waiter: Pin<&Waiter>, waker: Waker) -> Option<Waker> {
        // SAFETY: the caller holds the lock and the waiter is alive.
        unsafe { Self::node(&raw const *waiter) }.waker.replace(waker)
    }

    /// What the waiter at the front left for whoever serves it.
    pub(crate) fn front(&mut self) -> Option<Ticket> {
        let first = self.first();
        if first.is_null() {
            return None;
        }
        // SAFETY: `first` is linked.
        let node = unsafe { Self::node(first) };
        Some(node.ticket())
    }

    /// Takes the waiter at the front out, puts it into `state`, and hands out its waker, to be woken
    /// after the lock has been left.
    pub(crate) fn pop(&mut self, state: WaiterState) -> Option<Waker> {
        let first = self.first();
        if first.is_null() {
            return None;
        }
        self.detach(first);
        // SAFETY: the waiter cannot go while we hold the lock: its owner takes the lock to leave.
        let node = unsafe { Self::node(first) };
        node.state = state;
        node.waker.take()
    }

    /// Takes the first waiter out that left such a ticket, and hands out its waker, likewise.
    pub(crate) fn pop_where(&mut self, state: WaiterState, mut ready: impl FnMut(Ticket) -> bool) -> Option<Waker> {
        let mut at = self.first();
        // Ends at the last, which is linked.
        while !at.is_null() {
            // SAFETY: `at` is linked.
            let node = unsafe { Self::node(at) };
            let next = if at == self.last { ptr::null() } else { node.next };
            if ready(node.ticket()) {
                self.detach(at);
                // SAFETY: as in `pop`; the reference is made anew after `detach`.
                let node = unsafe { Self::node(at) };
                node.state = state;
                return node.waker.take();
            }
            at = next;
        }
        None
    }

    /// Ends a wait: takes the waiter out if it is linked, makes it idle, and says what it was at.
    /// Its waker, if any is left, is dropped outside the lock.
    #[must_use]
    pub(crate) fn settle(&mut self, waiter: Pin<&Waiter>) -> (WaiterState, Option<Waker>) {
        let this: *const Waiter = &raw const *waiter;
        // SAFETY: the caller holds the lock and the waiter is alive.
        let state = unsafe { Self::node(this) }.state;
        if state == WaiterState::Waiting {
            self.detach(this);
        }
        // SAFETY: as above; the reference is made anew after `detach`.
        let node = unsafe { Self::node(this) };
        node.state = WaiterState::Idle;
        (state, node.waker.take())
    }

    /// Takes a linked waiter out.
    fn detach(&mut self, this: *const Waiter) {
        debug_assert!(!self.last.is_null(), "it is linked");
        // SAFETY: `this` is linked.
        let node = unsafe { Self::node(this) };
        let (prev, next) = (node.prev, node.next);
        if next == this {
            self.last = ptr::null();
            return;
        }
        // SAFETY: `prev` and `next` are linked and are other waiters than `this`; one reference at a
        // time, since they may be the same one.
        unsafe { Self::node(prev) }.next = next;
        // SAFETY: as above.
        unsafe { Self::node(next) }.prev = prev;
        if self.last == this {
            self.last = prev;
        }
    }

    /// # Safety
    ///
    /// The waiter is alive (linked, or owned by the caller), the caller holds the lock of the
    /// record whose queues the waiter uses, and keeps no other reference to its node.
    unsafe fn node<'a>(waiter: *const Waiter) -> &'a mut Node {
        // SAFETY: the lock makes the access exclusive; the pointer is valid by this function's
        // contract.
        unsafe { &mut *(*waiter).node.get() }
    }
}
