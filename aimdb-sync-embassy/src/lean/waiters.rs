//! Who waits at a lean record: a line of nodes that lie on the stacks and in the futures of those who wait, the
//! more urgent first, then those who came earlier. One word for those of a kind.
//!
//! Everything here happens inside the record's critical section, and each function is a few instructions, however many wait. So
//! a node does not find its place in one section. It comes in as the one that *walks*, and passes one neighbour in each step, from
//! the first on, until it has come to the last one that it stands behind:
//!
//! | word | the line |
//! |---|---|
//! | null | nobody waits |
//! | a node | that one is the first |
//! | the same with [`WALKS`] | one walks, which the `prev` of the first leads to. It has come to its own `prev`, which is the word as long as it is in front of all, and its `next` is the one that it looks at next |
//!
//! As long as one walks, the line stays as it is: whoever wants to come in, to go, or to wake the first takes the steps of the one
//! that walks, and does what it wants then. So nobody waits for a task that was interrupted on its way, whoever has come in is found
//! by all that comes after, and none that walks looks at one that has gone.
#![allow(unsafe_code)]

use core::cell::UnsafeCell;
use core::marker::PhantomPinned;
use core::mem::MaybeUninit;
use core::pin::Pin;
use core::ptr;
use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::bell::Bell;

/// What a node is at, as its word says: it does not wait.
pub(super) const IDLE: u32 = 0;
/// It was taken out and woken, and has not come again. If it comes again, that is a part of its rank.
pub(super) const WOKEN: u32 = 2;
/// In the word of one that is in the line, or on its way, beside its rank.
pub(super) const WAITS: u32 = 1;
/// In a rank, what counts more than that one has come before.
const PRIORITY: u32 = 4;

/// A place among those who wait. Its owner keeps it pinned, and takes it out before it goes.
#[repr(transparent)]
pub struct Node {
    inner: UnsafeCell<Inner>,
    _pinned: PhantomPinned,
}

#[repr(C)]
struct Inner {
    /// First, as in [`Waiters`] the word is: so a `prev` leads to what leads here. Both are written when the node comes in.
    next: MaybeUninit<*const Node>,
    /// Means nothing in the first of the line, unless one walks.
    prev: MaybeUninit<*const Node>,
    /// Is there while the node waits.
    bell: MaybeUninit<Bell>,
    /// What it is at. As long as it is in the line, its rank and [`WAITS`]: it stands behind those of this rank and of higher ones, by
    /// priority, and by whether it was [`WOKEN`] before, and came too late. An atomic because the owner looks at it outside of a section; it is
    /// written in one as long as the node is in the line.
    word: AtomicU32,
    /// The priority of a future, which it comes with each time.
    priority: MaybeUninit<u8>,
}

// SAFETY: another task reaches a node only through the line that it is in, inside the critical section of that record.
unsafe impl Send for Node {}
// SAFETY: `&Node` gives access only in that section, or to its owner when nobody else has it, but for its atomic.
unsafe impl Sync for Node {}

impl Node {
    /// Of a future.
    pub(crate) const fn new() -> Self {
        let inner = Inner {
            next: MaybeUninit::uninit(),
            prev: MaybeUninit::uninit(),
            bell: MaybeUninit::uninit(),
            word: AtomicU32::new(IDLE),
            priority: MaybeUninit::new(0),
        };
        Self { inner: UnsafeCell::new(inner), _pinned: PhantomPinned }
    }

    /// Of a task: it comes with its rank, into the line that it [`Node::faces`].
    #[inline(always)]
    pub(super) const fn of_task(bell: Bell) -> Self {
        let inner = Inner {
            next: MaybeUninit::uninit(),
            prev: MaybeUninit::uninit(),
            bell: MaybeUninit::new(bell),
            word: AtomicU32::new(IDLE),
            priority: MaybeUninit::uninit(),
        };
        Self { inner: UnsafeCell::new(inner), _pinned: PhantomPinned }
    }

    /// The node of a task gets its rank: by priority, and by whether it was woken before, as `stage` says: [`IDLE`], or [`WOKEN`].
    #[inline(always)]
    pub(super) fn ranks(self: Pin<&Self>, priority: u8, stage: u32) {
        // SAFETY: the node is there; this part of it is an atomic.
        unsafe { (*Self::inner(&raw const *self)).word.store(u32::from(priority) * PRIORITY + stage + WAITS, Relaxed) };
    }

    /// It is to come into this line.
    #[inline(always)]
    pub(super) fn faces(self: Pin<&Self>, line: *mut Waiters) {
        // SAFETY: the node is not in the line, so it is the caller's alone.
        unsafe { (*Self::inner(&raw const *self)).prev.write(line.cast_const().cast()) };
    }

    pub(crate) const fn set_priority(&mut self, priority: u8) {
        self.inner.get_mut().priority = MaybeUninit::new(priority);
    }

    /// Whether it is in the line, or on its way: for its owner. Whoever has woken it may still be inside the section, and look at the
    /// node: the owner comes into the section before the node goes.
    #[inline(always)]
    pub(crate) fn waits(self: Pin<&Self>) -> bool {
        self.word() & WAITS != 0
    }

    /// A node that was taken out does not wait any more.
    #[inline(always)]
    pub(super) fn rests(self: Pin<&Self>) {
        // SAFETY: the node is there; this part of it is an atomic.
        unsafe { (*Self::inner(&raw const *self)).word.store(IDLE, Relaxed) };
    }

    /// A node that was prepared and did not come in is at what it was at before.
    #[inline(always)]
    pub(super) fn stays_out(self: Pin<&Self>) {
        // SAFETY: the node is there; this part of it is an atomic.
        unsafe { (*Self::inner(&raw const *self)).word.store(self.word() & WOKEN, Relaxed) };
    }

    /// Makes that of a future ready to come into this line: outside, for it is in none.
    #[inline(always)]
    pub(super) fn prepare(self: Pin<&Self>, line: *mut Waiters, bell: Bell) {
        let this = Self::inner(&raw const *self);
        debug_assert!(!self.waits(), "it is in no line");
        // SAFETY: the node is not in the line, so it is the caller's alone; it is a future's, and has a priority.
        unsafe {
            let priority = (*this).priority.assume_init();
            (*this).prev.write(line.cast_const().cast());
            (*this).bell.write(bell);
            (*this).word.store((u32::from(priority) * PRIORITY) | self.word() | WAITS, Relaxed);
        }
    }

    /// The bell of a node that was prepared, and is not in the line, nor was woken.
    ///
    /// # Safety
    ///
    /// It is the caller's from now on.
    #[inline(always)]
    pub(super) unsafe fn bell(self: Pin<&Self>) -> Bell {
        // SAFETY: by this function's contract.
        unsafe { (*Self::inner(&raw const *self)).bell.assume_init_read() }
    }

    /// What it is at; of one that is in a line, or on its way there, its rank.
    #[inline(always)]
    pub(super) fn word(&self) -> u32 {
        // SAFETY: as above.
        unsafe { (*Self::inner(self)).word.load(Relaxed) }
    }

    /// # Safety
    ///
    /// It is in a line, or on its way there; inside the section of that.
    #[inline(always)]
    unsafe fn next(this: *const Self) -> *const Self {
        // SAFETY: by this function's contract.
        unsafe { (*Self::inner(this)).next.assume_init() }
    }

    /// # Safety
    ///
    /// As [`Node::next`].
    #[inline(always)]
    unsafe fn prev(this: *const Self) -> *const Self {
        // SAFETY: by this function's contract.
        unsafe { (*Self::inner(this)).prev.assume_init() }
    }

    #[inline(always)]
    fn inner(this: *const Self) -> *mut Inner {
        this.cast_mut().cast()
    }
}

/// What [`Waiters::word`] is when nobody waits.
pub(crate) const NOBODY: usize = 0;
/// A word that says that somebody does, where nobody looks whom it names.
pub(super) const SOMEBODY: usize = 1;

/// The mark of the word: see above. A node is aligned to four at least.
const WALKS: usize = 1;

/// What one is told that wants to come in while another walks.
pub(super) const WALKS_ALREADY: u32 = 1 << 31;

/// Those who wait for one thing.
#[repr(transparent)]
pub(crate) struct Waiters {
    word: Word,
}

/// What was done in a section for those who wait.
pub(super) enum Step {
    /// One walks, and has come on.
    Walked,
    /// None walks, and nobody was to be woken, or waits.
    Nothing,
    /// The first was taken out: which node that was, and the bell to ring.
    Woken(usize, Bell),
}

/// What a line begins with.
#[derive(Clone, Copy)]
pub(super) struct Word(*const Node);

impl Word {
    /// Whether one walks.
    #[inline(always)]
    pub(super) fn walks(self) -> bool {
        self.0.addr() & WALKS != 0
    }

    /// [`NOBODY`] if nobody waits.
    #[inline(always)]
    pub(super) fn addr(self) -> usize {
        self.0.addr()
    }

    #[inline(always)]
    pub(super) fn is_nobody(self) -> bool {
        self.0.is_null()
    }

    /// Whether none walks and this is the first.
    #[inline(always)]
    pub(super) fn is(self, node: Pin<&Node>) -> bool {
        ptr::eq(self.0, &raw const *node)
    }

    /// The first.
    #[inline(always)]
    fn first(self) -> *const Node {
        self.0.map_addr(|word| word & !WALKS)
    }
}

// SAFETY: nodes stay in place while they are linked, and whoever has the record's critical section may touch
// them from anywhere.
unsafe impl Send for Waiters {}

/// Each function that is given a pointer to the line is called inside its section, and whoever is in the line is there: its owner
/// comes into the section before it goes. As one walks nobody is taken out, so all that it has come to are there, too.
impl Waiters {
    pub(crate) const fn new() -> Self {
        Self { word: Word(ptr::null()) }
    }

    /// Whether somebody waits, as a word that is not [`NOBODY`] then: to be looked at outside.
    #[inline(always)]
    pub(crate) fn word(&self) -> usize {
        self.word.addr()
    }

    /// A node that was prepared comes in, unless one walks, which is said by [`WALKS_ALREADY`], and 0 else. If others are there it
    /// walks from now on; if not, `first` is called.
    ///
    /// # Safety
    ///
    /// See above.
    #[inline(always)]
    pub(super) unsafe fn enter(this: *mut Self, node: Pin<&Node>, first: impl FnOnce()) -> u32 {
        let node: *const Node = &raw const *node;
        // SAFETY: by this function's contract, and the node is the caller's.
        unsafe {
            let word = (*this).word;
            // The mark, moved to where it is told from all else that is seen: so what is said is in a register as it is.
            let walks = (word.0.addr() as u32) << 31;
            if walks != 0 {
                return walks;
            }
            (*Node::inner(node)).next.write(word.0);
            if word.is_nobody() {
                first();
                (*this).word = Word(node);
            } else {
                (*Node::inner(word.0)).prev.write(node);
                (*this).word = Word(word.0.wrapping_byte_add(WALKS));
            }
            walks
        }
    }

    /// The one that walks passes a neighbour, or finds its place and stands there. If none walks, and one is to be woken, the first
    /// is taken out, and its bell handed over, to be rung outside.
    ///
    /// # Safety
    ///
    /// See above.
    #[inline(always)]
    pub(super) unsafe fn advance(this: *mut Self, wakes: bool) -> Step {
        // SAFETY: by this function's contract.
        unsafe {
            let word = (*this).word;
            if !word.walks() {
                if !wakes || word.is_nobody() {
                    return Step::Nothing;
                }
                let first = Node::inner(word.0);
                (*this).word = Word((*first).next.assume_init());
                let bell = (*first).bell.assume_init();
                (*first).word.store(WOKEN, Relaxed);
                return Step::Woken(word.addr(), bell);
            }
            let first = word.0.wrapping_byte_sub(WALKS);
            let walker = Node::prev(first);
            let (next, prev) = (Node::next(walker), Node::prev(walker));
            if !next.is_null() {
                if (*next).word() >= (*walker).word() {
                    (*Node::inner(walker)).next.write(Node::next(next));
                    (*Node::inner(walker)).prev.write(next);
                    return Step::Walked;
                }
                (*Node::inner(next)).prev.write(walker);
            }
            (*this).word = Word(first);
            // If it is in front of all, this is the word.
            *prev.cast_mut().cast() = walker;
            Step::Walked
        }
    }

    /// If the node is in the line still, which is said, it gets another bell. The one that is not needed is returned, to be
    /// dropped outside. Says too whether it is the first.
    ///
    /// # Safety
    ///
    /// See above; the node is the caller's.
    #[inline(always)]
    pub(super) unsafe fn renew(this: *mut Self, node: Pin<&Node>, bell: Bell) -> (bool, bool, Bell) {
        let inner = Node::inner(&raw const *node);
        // SAFETY: by this function's contract, and a bell is there while a node waits.
        unsafe {
            if !node.waits() {
                return (false, false, bell);
            }
            let old = (*inner).bell.assume_init_read();
            (*inner).bell.write(bell);
            (true, ptr::eq((*this).word.first(), &raw const *node), old)
        }
    }

    /// Takes a node out if it is in the line, unless one walks. Says what the line began with, and what the node was at.
    ///
    /// # Safety
    ///
    /// See above; the node is the caller's.
    #[inline(always)]
    pub(super) unsafe fn leave(this: *mut Self, node: Pin<&Node>) -> (Word, u32) {
        // SAFETY: by this function's contract.
        unsafe {
            let (word, stage) = ((*this).word, node.word());
            if stage & WAITS != 0 && !word.walks() {
                let next = Node::next(&raw const *node);
                if word.is(node) {
                    (*this).word = Word(next);
                } else {
                    let prev = Node::prev(&raw const *node);
                    (*Node::inner(prev)).next.write(next);
                    if !next.is_null() {
                        (*Node::inner(next)).prev.write(prev);
                    }
                }
            }
            (word, stage)
        }
    }

    /// How urgent the first one is, if one waits.
    #[inline(always)]
    pub(crate) fn urgency(&self) -> Option<u8> {
        let first = self.word.first();
        // SAFETY: whoever is in the line is there, and this is inside the section.
        if first.is_null() { None } else { Some(unsafe { ((*first).word() / PRIORITY) as u8 }) }
    }

    /// How many wait: as many steps, so for supervision only. One that walks does not yet.
    pub(crate) fn len(&self) -> usize {
        let (mut count, mut at) = (0, self.word.first());
        // Ends with the line.
        while !at.is_null() {
            count += 1;
            // SAFETY: as above.
            at = unsafe { Node::next(at) };
        }
        count
    }
}
