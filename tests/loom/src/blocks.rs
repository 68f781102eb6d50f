//! The scenarios of the blocks that C's values lie in: the count of those who hold one, and the list of those to use
//! again. They are the files of aimdb-ffi, over the atomics of the model.

use std::sync::Arc;

use loom::cell::UnsafeCell;
use loom::sync::atomic::AtomicU32;

use crate::schedule::thread;
use count::Count;
use list::List;

mod atomic {
    pub(super) use loom::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
}

#[path = "../../../aimdb-ffi/src/block/count.rs"]
#[allow(missing_docs, unreachable_pub)]
mod count;
#[path = "../../../aimdb-ffi/src/block/list.rs"]
#[allow(missing_docs, unreachable_pub)]
mod list;

/// A pool of as many blocks, all on the list. The cell of each stands for its bytes: the model fails when one writes
/// them while another is there.
struct Pool {
    free: List,
    blocks: Vec<(AtomicU32, Count, UnsafeCell<()>)>,
}

impl Pool {
    fn new(blocks: u32) -> Arc<Self> {
        let block = |_| (AtomicU32::new(0), Count::one(), UnsafeCell::new(()));
        let pool = Self { free: List::new(), blocks: (0..blocks).map(block).collect() };
        (0..blocks).rev().for_each(|number| pool.put(number));
        Arc::new(pool)
    }

    fn put(&self, number: u32) {
        self.free.put(number, &self.blocks[number as usize].0);
    }

    /// Takes a block and writes it.
    fn take(&self) -> Option<u32> {
        let number = self.free.take(|number| &self.blocks[number as usize].0)?;
        let (_, holders, bytes) = &self.blocks[number as usize];
        bytes.with_mut(|_| ());
        holders.again();
        Some(number)
    }

    /// Reads a block that is held, and lets go of it.
    fn read_and_leave(&self, number: u32) {
        let (_, holders, bytes) = &self.blocks[number as usize];
        bytes.with(|_| ());
        if holders.leave() {
            bytes.with_mut(|_| ());
            self.put(number);
        }
    }

    /// How many are on the list; each once.
    fn left(&self) -> usize {
        let mut left: Vec<u32> = std::iter::from_fn(|| self.take()).collect();
        let all = left.len();
        left.sort_unstable();
        left.dedup();
        assert_eq!(left.len(), all, "a block is on the list twice");
        all
    }
}

/// A block is one thread's at a time, also while the first of the list goes and comes back under one who looks at it.
pub fn p1_a_block_is_taken_by_one_at_a_time() {
    let pool = Pool::new(2);
    let other = thread::spawn({
        let pool = Arc::clone(&pool);
        move || {
            let first = pool.take();
            let second = pool.take();
            [first, second].into_iter().flatten().for_each(|number| pool.read_and_leave(number));
        }
    });
    let mine = pool.take();
    mine.into_iter().for_each(|number| pool.read_and_leave(number));
    other.join().unwrap();
    assert_eq!(pool.left(), 2);
}

/// Three hold a block. The last one to let go has it alone, and whoever takes it again writes it after all have read it.
pub fn p1_the_last_of_three_gives_a_block_back() {
    let pool = Pool::new(1);
    let number = pool.take().unwrap();
    let readers = [(); 2].map(|()| {
        pool.blocks[number as usize].1.another();
        let pool = Arc::clone(&pool);
        thread::spawn(move || pool.read_and_leave(number))
    });
    pool.read_and_leave(number);
    if let Some(again) = pool.take() {
        pool.read_and_leave(again);
    }
    readers.into_iter().for_each(|reader| reader.join().unwrap());
    assert_eq!(pool.left(), 1);
}

/// One who is alone with a block gives it to another while it reads.
pub fn p1_a_holder_is_added_while_another_leaves() {
    let pool = Pool::new(2);
    let number = pool.take().unwrap();
    pool.blocks[number as usize].1.another();
    let other = thread::spawn({
        let pool = Arc::clone(&pool);
        move || {
            pool.blocks[number as usize].1.another();
            pool.read_and_leave(number);
            pool.read_and_leave(number);
        }
    });
    pool.read_and_leave(number);
    let second = pool.take().unwrap();
    pool.read_and_leave(second);
    other.join().unwrap();
    assert_eq!(pool.left(), 2);
}
