//! Where the blocks of a record come from and go back to, so that no message allocates.
//!
//! A pool has blocks of several sizes, each the double of the one before, so a long message does not make every block
//! as long. It keeps as many of each as were ever in use together. It lives as long as one of its blocks.

use core::alloc::Layout;
use core::ffi::c_void;
use core::ptr::{self, NonNull};
use std::alloc;

use super::atomic::{AtomicPtr, AtomicU32, Ordering};
use super::count::Count;
use super::list::List;
use super::node::{Free, Node};
use super::{Block, BlockMut};

/// Those that a new message may take. Cloned for each end of the record; `Send` and `Sync`.
pub(crate) struct Pool(NonNull<Inner>);

pub(super) struct Inner {
    holders: Count,
    /// Nodes that were made; their numbers lie below.
    made: AtomicU32,
    alignment: usize,
    largest: usize,
    /// By class: see `class_of`.
    free: Vec<List>,
    /// Chunk `n` has places for `FIRST << n` nodes.
    chunks: [AtomicPtr<Node>; CHUNKS],
}

/// The smallest blocks, a cache line.
const SMALLEST: usize = 64;
const FIRST: u32 = 8;
const CHUNKS: usize = 28;
const MOST: u32 = FIRST * ((1 << CHUNKS) - 1);

/// Nodes without memory of their own, for what is moved in.
const BARE: u32 = 0;

// SAFETY: everything in it is made for threads together, and a node belongs to one holder at a time.
unsafe impl Send for Pool {}
// SAFETY: as above.
unsafe impl Sync for Pool {}

impl Pool {
    /// For values of up to `largest` bytes. `None` if there is no memory.
    pub(crate) fn new(largest: usize, alignment: usize) -> Option<Self> {
        let classes = class_of(largest, largest) as usize + 1;
        let mut free = Vec::new();
        free.try_reserve_exact(classes).ok()?;
        free.extend((0..classes).map(|_| List::new()));
        let chunks = [const { AtomicPtr::new(ptr::null_mut()) }; CHUNKS];
        let inner = Inner { holders: Count::one(), made: AtomicU32::new(0), alignment, largest, free, chunks };
        // SAFETY: it has a size.
        let place = NonNull::new(unsafe { alloc::alloc(Layout::new::<Inner>()) })?.cast::<Inner>();
        // SAFETY: it was just allocated for that.
        unsafe { place.write(inner) };
        Some(Self(place))
    }

    fn inner(&self) -> &Inner {
        // SAFETY: it is freed by the last holder.
        unsafe { self.0.as_ref() }
    }

    /// A block to write `size` bytes in, which is no more than the pool's values have. What lies in it is anything.
    /// `None` if there is no memory.
    #[inline]
    pub(crate) fn take(&self, size: usize) -> Option<BlockMut> {
        let inner = self.inner();
        debug_assert!(size <= inner.largest);
        let node = self.node(class_of(size, inner.largest))?;
        // SAFETY: the node is ours alone.
        unsafe { (*node.as_ptr()).size = size };
        Some(BlockMut(Block(node)))
    }

    /// A block around memory of the caller's, which the last holder frees. `None` if there is no memory, and then it
    /// is the caller's as before.
    pub(crate) fn adopt(&self, data: NonNull<c_void>, size: usize, free: Free) -> Option<Block> {
        let block = Block(self.node(BARE)?);
        let node = block.0.as_ptr();
        // SAFETY: the node is ours alone.
        unsafe { ((*node).data, (*node).size, (*node).free) = (data, size, Some(free)) };
        Some(block)
    }

    /// A node of this class that is the caller's alone, and with it a share in the pool.
    #[inline]
    fn node(&self, class: u32) -> Option<NonNull<Node>> {
        let inner = self.inner();
        let link_of = |number| {
            // SAFETY: only nodes that were made are in the list, and they stay until the pool goes.
            unsafe { &(*inner.place(number)).link }
        };
        let node = match inner.free[class as usize].take(link_of) {
            Some(number) => NonNull::new(inner.place(number))?,
            None => self.grow(class)?,
        };
        // SAFETY: it was made, and is ours.
        unsafe { node.as_ref() }.holders.again();
        inner.holders.another();
        Some(node)
    }

    #[cold]
    fn grow(&self, class: u32) -> Option<NonNull<Node>> {
        let inner = self.inner();
        let data = if class == BARE {
            NonNull::dangling()
        } else {
            // SAFETY: each class has a size.
            NonNull::new(unsafe { alloc::alloc(inner.layout(class)?) })?.cast()
        };
        let Some((number, place)) = inner.fresh_place() else {
            if class != BARE {
                // SAFETY: it was just allocated so.
                unsafe { alloc::dealloc(data.cast().as_ptr(), inner.layout(class)?) };
            }
            return None;
        };
        let (holders, link) = (Count::one(), AtomicU32::new(0));
        let node = Node { holders, link, number, class, pool: self.0, data, size: 0, free: None };
        // SAFETY: the place is ours: its number was given to us.
        unsafe { place.write(node) };
        Some(place)
    }
}

impl Inner {
    /// Where the node with this number lies, which was given out.
    #[inline]
    fn place(&self, number: u32) -> *mut Node {
        let (chunk, at) = chunk_of(number);
        // SAFETY: the chunk was made before the number was given out, and has that many places.
        unsafe { self.chunks[chunk].load(Ordering::Acquire).add(at) }
    }

    fn fresh_place(&self) -> Option<(u32, NonNull<Node>)> {
        let mut number = self.made.load(Ordering::Acquire);
        // Each turn but the last one, another thread has been given the number.
        while number < MOST {
            self.make_chunk(chunk_of(number).0)?;
            match self.made.compare_exchange(number, number + 1, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Some((number, NonNull::new(self.place(number))?)),
                Err(now) => number = now,
            }
        }
        None
    }

    fn make_chunk(&self, chunk: usize) -> Option<()> {
        if !self.chunks[chunk].load(Ordering::Acquire).is_null() {
            return Some(());
        }
        let layout = layout_of_chunk(chunk)?;
        // SAFETY: it has a size.
        let made = NonNull::new(unsafe { alloc::alloc(layout) })?.cast::<Node>();
        let (none, order) = (ptr::null_mut(), Ordering::AcqRel);
        if self.chunks[chunk].compare_exchange(none, made.as_ptr(), order, Ordering::Acquire).is_err() {
            // SAFETY: another thread was first, and nobody has seen this one.
            unsafe { alloc::dealloc(made.cast().as_ptr(), layout) };
        }
        Some(())
    }

    /// What a block of this class is allocated as.
    fn layout(&self, class: u32) -> Option<Layout> {
        let capacity = SMALLEST.checked_shl(class - 1).filter(|capacity| *capacity >= SMALLEST);
        let capacity = capacity.map_or(self.largest, |capacity| capacity.min(self.largest));
        Layout::from_size_align(capacity, self.alignment).ok()
    }
}

/// The class of the smallest blocks that have room: 1 for up to `SMALLEST` bytes, and one more for each doubling; the last
/// one has just the largest size.
#[inline]
const fn class_of(size: usize, largest: usize) -> u32 {
    if largest == 0 {
        return BARE;
    }
    if size <= SMALLEST {
        return 1;
    }
    1 + (usize::BITS - (size - 1).leading_zeros()) - SMALLEST.trailing_zeros()
}

#[inline]
const fn chunk_of(number: u32) -> (usize, usize) {
    let chunk = (number / FIRST + 1).ilog2();
    (chunk as usize, (number - FIRST * ((1 << chunk) - 1)) as usize)
}

fn layout_of_chunk(chunk: usize) -> Option<Layout> {
    Layout::array::<Node>((FIRST as usize) << chunk).ok()
}

/// Puts a node that is the caller's alone back, and lets go of its share in the pool.
///
/// # Safety
///
/// The node came from [`Pool::node`], and the caller, its last holder, does not touch it again.
#[inline]
pub(super) unsafe fn put_back(node: NonNull<Node>) {
    // SAFETY: it is the caller's alone.
    let (node, pool) = unsafe { (node.as_ref(), Pool(node.as_ref().pool)) };
    pool.inner().free[node.class as usize].put(node.number, &node.link);
    drop(pool);
}

impl Clone for Pool {
    fn clone(&self) -> Self {
        self.inner().holders.another();
        Self(self.0)
    }
}

impl Drop for Pool {
    #[inline]
    fn drop(&mut self) {
        if self.inner().holders.leave() {
            free_all(self.0);
        }
    }
}

#[cold]
fn free_all(pool: NonNull<Inner>) {
    // SAFETY: the last holder has left.
    let inner = unsafe { pool.read() };
    for number in 0..inner.made.load(Ordering::Acquire) {
        // SAFETY: it was made, and no block is left that could use it.
        let node = unsafe { &*inner.place(number) };
        if node.class != BARE
            && let Some(layout) = inner.layout(node.class)
        {
            // SAFETY: it was allocated so.
            unsafe { alloc::dealloc(node.data.cast().as_ptr(), layout) };
        }
    }
    for (chunk, made) in inner.chunks.iter().enumerate() {
        let made = made.load(Ordering::Acquire);
        if let Some(layout) = layout_of_chunk(chunk)
            && !made.is_null()
        {
            // SAFETY: it was allocated so; a node needs no drop.
            unsafe { alloc::dealloc(made.cast(), layout) };
        }
    }
    // SAFETY: it was allocated so, and what was in it was read.
    unsafe { alloc::dealloc(pool.cast().as_ptr(), Layout::new::<Inner>()) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lie_in_chunks_one_behind_the_other() {
        let mut expected = (0, 0);
        for number in 0..10_000 {
            assert_eq!(chunk_of(number), expected);
            expected.1 += 1;
            if expected.1 == (FIRST as usize) << expected.0 {
                expected = (expected.0 + 1, 0);
            }
        }
        assert_eq!(chunk_of(MOST - 1).0, CHUNKS - 1);
    }

    #[test]
    fn the_last_class_has_just_the_largest_size() {
        for largest in [1, 64, 65, 100, 128, 4_096, 4_097, usize::MAX / 2 - 8] {
            let pool = Pool::new(largest, 1).expect("memory");
            let layout = pool.inner().layout(class_of(largest, largest)).expect("a layout");
            assert_eq!((layout.size(), pool.inner().free.len()), (largest, class_of(largest, largest) as usize + 1));
        }
    }
}
