//! Who waits at a lean record: a line of nodes that lie on the stacks and in the futures of those who wait, the
//! more urgent first, then those who came earlier. One word for those of a kind.
//!
//! Everything here happens inside the record's critical section, a `&mut Waiters` is the proof, and each function is a few
//! instructions, however many wait. So a node does not find its place in one section. It comes in as the one that *walks*,
//! and passes one neighbour in each step, from the first on, until it has come to the last one that it stands behind:
//!
//! | word | is | the line begins |
//! |---|---|---|
//! | no mark | the first, or null | there |
//! | [`WALKS`] | one that walks: it has come to its `prev`, which is itself as long as it is in front of all | at its `next` |
//! | [`ARRIVES`] | the same, which has found its place: behind its `prev` | at its `next` |
//!
//! One walks at a time. Whoever finds another, and wants to come in or to go, takes its steps for it: so nobody waits for a
//! task that was interrupted on its way. Whoever wakes takes from the front and does not look how far one has come: one that
//! walks does not stand in the line yet, and looks at the record once more when it does. Should it have come to the one that
//! is taken out, it finds itself behind that, which leads it to the front again. None that was taken out goes as long as one
//! walks.
#![allow(unsafe_code)]

use core::cell::UnsafeCell;
use core::marker::PhantomPinned;
use core::mem::MaybeUninit;
use core::pin::Pin;
use core::ptr;
use core::sync::atomic::{AtomicPtr, AtomicU16, Ordering::Relaxed};
use core::task::Waker;

/// What a node is at: it does not wait.
const IDLE: u16 = 0;
/// It was taken out and woken, and has not looked yet. The one that is odd: so it is a part of the rank that comes of it.
pub(super) const WOKEN: u16 = 1;
/// It is in the line, or on its way.
const WAITS: u16 = 2;

/// A place among those who wait. Its owner keeps it pinned, and takes it out before it goes.
#[repr(transparent)]
pub struct Node {
    inner: UnsafeCell<Inner>,
    _pinned: PhantomPinned,
}

#[repr(C)]
struct Inner {
    next: *const Node,
    /// In the first of the line it is the node itself if that came in front, and means nothing else. This and the stage are
    /// atomics because the owner looks at them outside of a section; they are written in one.
    prev: AtomicPtr<Node>,
    /// Is there while the node waits.
    waker: MaybeUninit<Waker>,
    stage: AtomicU16,
    /// It stands behind those of this rank and of higher ones: twice the priority, and one more if it came too late when it
    /// was woken.
    rank: u16,
}

impl Inner {
    #[inline(always)]
    fn prev(&self) -> *const Node {
        self.prev.load(Relaxed)
    }

    #[inline(always)]
    fn set_prev(&self, prev: *const Node) {
        self.prev.store(prev.cast_mut(), Relaxed);
    }
}

// SAFETY: another task reaches a node only through the line that it is in, inside the critical section of that record.
unsafe impl Send for Node {}
// SAFETY: `&Node` gives access only together with a `&mut Waiters`, but for its atomics.
unsafe impl Sync for Node {}

impl Node {
    pub(crate) const fn new() -> Self {
        let inner = Inner {
            next: ptr::null(),
            prev: AtomicPtr::new(ptr::null_mut()),
            waker: MaybeUninit::uninit(),
            stage: AtomicU16::new(IDLE),
            rank: 0,
        };
        Self { inner: UnsafeCell::new(inner), _pinned: PhantomPinned }
    }

    pub(crate) const fn set_priority(&mut self, priority: u8) {
        self.inner.get_mut().rank = priority as u16 * 2;
    }

    /// The same of a node that its owner has pinned, as long as it does not wait.
    #[inline(always)]
    pub(crate) fn has_priority(self: Pin<&Self>, priority: u8) {
        // SAFETY: the node is the caller's. One that walks may have come to it before it was taken out, and reads its `next` only.
        unsafe { (*Self::inner(&raw const *self)).rank = u16::from(priority) * 2 };
    }

    /// Whether it is in the line, or on its way: for its owner, who puts it there.
    #[inline(always)]
    pub(crate) fn waits(self: Pin<&Self>) -> bool {
        self.stage() == WAITS
    }

    /// 1 if it was woken and has not looked, else 0: in a section, or as above.
    #[inline(always)]
    pub(crate) fn was_woken(self: Pin<&Self>) -> u32 {
        u32::from(self.stage() & WOKEN)
    }

    /// Whether it came in front of all, when it came, and nobody did so since: likewise. Then nobody was there to be woken for
    /// what came until then.
    #[inline(always)]
    pub(crate) fn came_in_front(self: Pin<&Self>) -> bool {
        let this: *const Self = &raw const *self;
        // SAFETY: the node is there; this part of it is an atomic.
        ptr::eq(unsafe { (*Self::inner(this)).prev.load(Relaxed) }, this)
    }

    /// A node that was taken out does not wait any more.
    #[inline(always)]
    pub(crate) fn rests(self: Pin<&Self>) {
        // SAFETY: the node is there; this part of it is an atomic.
        unsafe { (*Self::inner(&raw const *self)).stage.store(IDLE, Relaxed) };
    }

    /// Drops the waker of a node that was taken out, if it waited.
    #[inline(always)]
    pub(crate) fn settle(self: Pin<&Self>, was: u16) {
        if was == WAITS {
            // SAFETY: the node is the caller's, and nobody else's; nobody has taken its waker.
            unsafe { (*Self::inner(&raw const *self)).waker.assume_init_drop() };
        }
    }

    #[inline(always)]
    fn stage(&self) -> u16 {
        // SAFETY: as above.
        unsafe { (*Self::inner(self)).stage.load(Relaxed) }
    }

    #[inline(always)]
    fn inner(this: *const Self) -> *mut Inner {
        this.cast_mut().cast()
    }
}

/// What [`Waiters::word`] is when nobody waits. Nodes are aligned, so it is never 1 either.
pub(crate) const NOBODY: usize = 0;

/// Marks of the word: see above. A node is aligned to four at least.
const WALKS: usize = 1;
const ARRIVES: usize = 2;

/// Those who wait for one thing.
pub(crate) struct Waiters {
    word: Word,
}

/// What a line begins with: a node, with a mark.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Word(*const Node);

impl Word {
    #[inline(always)]
    fn mark(self) -> usize {
        self.0.addr() & (WALKS | ARRIVES)
    }

    #[inline(always)]
    fn is_unmarked(self) -> bool {
        self.mark() == 0
    }

    /// Whether one walks.
    #[inline(always)]
    pub(crate) fn is_marked(self) -> bool {
        !self.is_unmarked()
    }

    /// Whether the one that walks has found its place.
    #[inline(always)]
    pub(crate) fn arrives(self) -> bool {
        self.0.addr() & ARRIVES != 0
    }

    /// The one that walks, if one does and has not found its place; no node else.
    #[inline(always)]
    pub(crate) fn walker(self) -> *const Node {
        self.0.wrapping_byte_sub(WALKS)
    }

    /// The node.
    #[inline(always)]
    fn node(self) -> *const Node {
        self.0.map_addr(|word| word & !(WALKS | ARRIVES))
    }
}

// SAFETY: nodes stay in place while they are linked, and whoever has the record's critical section may touch
// them from anywhere.
unsafe impl Send for Waiters {}

impl Waiters {
    pub(crate) const fn new() -> Self {
        Self { word: Word(ptr::null()) }
    }

    /// Where the pointer to the first lies: it is the first field of a node.
    #[inline(always)]
    fn front(&mut self) -> *mut *const Node {
        if self.word.is_marked() { self.word.node().cast_mut().cast() } else { &raw mut self.word.0 }
    }

    /// Whether somebody waits, as a word that is not [`NOBODY`] then: to be looked at outside.
    #[inline(always)]
    pub(crate) fn word(&self) -> usize {
        self.word.0.addr()
    }

    /// Takes the first one out and hands over its waker, to be woken outside.
    #[inline(always)]
    pub(crate) fn pop(&mut self) -> Option<Waker> {
        let front = self.front();
        // SAFETY: whoever walks is there, and so is whoever is in the line: its owner comes into the section before it goes.
        unsafe {
            if (*front).is_null() {
                return None;
            }
            let first = Node::inner(*front);
            *front = (*first).next;
            // Leads the one that walks to the front again, should it have come here; means nothing if nobody walks.
            (*first).next = front.cast();
            (*first).stage.store(WOKEN, Relaxed);
            Some((*first).waker.assume_init_read())
        }
    }

    /// If the node is in the line still, which is said, it gets another waker. The one that is not needed is returned, to be
    /// dropped outside.
    #[inline(always)]
    pub(crate) fn renew(&mut self, node: Pin<&Node>, waker: Waker) -> (bool, Waker) {
        let this = Node::inner(&raw const *node);
        // SAFETY: the node is the caller's, and a waker is there while it waits.
        unsafe {
            if !node.waits() {
                return (false, waker);
            }
            let old = (*this).waker.assume_init_read();
            (*this).waker.write(waker);
            (true, old)
        }
    }

    /// What a node needs before it comes in: outside, for it is not in the line.
    #[inline(always)]
    pub(crate) fn prepare(node: Pin<&Node>, waker: Waker) {
        let this = Node::inner(&raw const *node);
        // SAFETY: the node is the caller's. One that walks may have come to it before it was taken out, and reads its `next` only.
        unsafe {
            (*this).rank = (*this).rank & !1 | node.stage() & WOKEN;
            (*this).set_prev(this.cast());
            (*this).waker.write(waker);
            (*this).stage.store(WAITS, Relaxed);
        }
    }

    /// A node that was prepared begins to walk, if the word that is returned has no mark.
    #[inline(always)]
    pub(crate) fn enter(&mut self, node: Pin<&Node>) -> Word {
        let word = self.word;
        if !word.is_marked() {
            let this: *const Node = &raw const *node;
            // SAFETY: the node is the caller's.
            unsafe { (*Node::inner(this)).next = word.0 };
            self.word = Word(this.wrapping_byte_add(WALKS));
        }
        word
    }

    /// The one that walks passes a neighbour, or finds its place. The word that is returned says which.
    #[inline(always)]
    pub(crate) fn step(&mut self) -> Word {
        let word = self.word;
        let this = word.walker();
        if !Word(this).is_unmarked() {
            return word;
        }
        let walker = Node::inner(this);
        // SAFETY: whoever walks is there, and so is the one that it has come to; all others are in the line.
        unsafe {
            let next = (*Node::inner((*walker).prev())).next;
            if !next.is_null() {
                // If that is the walker itself, it is in front again.
                if (*Node::inner(next)).rank >= (*walker).rank {
                    (*walker).set_prev(next);
                    return word;
                }
                // Looked at by nobody as long as one walks.
                (*Node::inner(next)).set_prev(this);
            }
        }
        let word = Word(word.0.wrapping_byte_add(ARRIVES - WALKS));
        self.word = word;
        word
    }

    /// The one that walks and has found its place comes to stand there, if the word, which says so, is the same still.
    #[inline(always)]
    pub(crate) fn arrive(&mut self, word: Word) {
        if self.word != word {
            return;
        }
        let this = word.0.wrapping_byte_sub(ARRIVES);
        let walker = Node::inner(this);
        // SAFETY: as above.
        unsafe {
            let at = Node::inner((*walker).prev());
            let mut next = (*at).next;
            if next == this {
                // The one before it was taken out, so all before it were.
                next = (*walker).next;
                (*walker).set_prev(this);
            } else if at != walker {
                self.word = Word((*walker).next);
                (*at).next = this;
                (*walker).next = next;
                return;
            }
            // In front it stays where it came from.
            self.word = Word(this);
            if !next.is_null() {
                (*Node::inner(next)).set_prev(this);
            }
        }
    }

    /// Takes a node out if it is in the line, and says what it was at; or does nothing, if the word that is returned has a mark.
    #[inline(always)]
    pub(crate) fn leave(&mut self, node: Pin<&Node>) -> (Word, u16) {
        let word = self.word;
        let this: *const Node = &raw const *node;
        let inner = Node::inner(this);
        // SAFETY: the node is the caller's, and its neighbours are in the line.
        unsafe {
            let stage = node.stage();
            if !word.is_marked() && stage == WAITS {
                let next = (*inner).next;
                if word.0 == this {
                    self.word = Word(next);
                } else {
                    let prev = (*inner).prev();
                    (*Node::inner(prev)).next = next;
                    if !next.is_null() {
                        (*Node::inner(next)).set_prev(prev);
                    }
                }
            }
            (word, stage)
        }
    }

    /// How urgent the first one is, if one waits.
    #[inline(always)]
    pub(crate) fn urgency(&mut self) -> Option<u8> {
        // SAFETY: the front can be read, and whoever is in the line is there.
        unsafe {
            let first = *self.front();
            if first.is_null() { None } else { Some(((*Node::inner(first)).rank / 2) as u8) }
        }
    }

    /// How many wait: as many steps, so for supervision only.
    pub(crate) fn len(&mut self) -> usize {
        let mut count = 0;
        // SAFETY: the front can be read, and whoever is in the line is there. Ends with the line.
        unsafe {
            let mut at = *self.front();
            while !at.is_null() {
                count += 1;
                at = (*Node::inner(at)).next;
            }
        }
        count
    }
}
