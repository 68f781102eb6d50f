//! A block goes back when its last holder lets go, and a pool goes with its last block.

use core::ffi::c_void;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use super::{Block, Free, Pool};

extern "C" fn count(data: *mut c_void, user: *mut c_void) {
    assert_eq!(data, user, "each value is its own counter here");
    // SAFETY: the tests give a counter that outlives the block.
    unsafe { &*data.cast::<AtomicUsize>() }.fetch_add(1, Ordering::SeqCst);
}

fn moved(pool: &Pool, freed: &AtomicUsize) -> Block {
    let data = ptr::from_ref(freed).cast_mut().cast();
    pool.adopt(NonNull::new(data).expect("a reference"), 8, Free { function: count, user: data }).expect("memory")
}

fn written(pool: &Pool, size: usize, byte: u8) -> Block {
    let mut block = pool.take(size).expect("memory");
    // SAFETY: it has room for that.
    unsafe { block.data().cast::<u8>().write_bytes(byte, size) };
    block.freeze()
}

fn bytes(block: &Block) -> &[u8] {
    // SAFETY: `written` wrote so many.
    unsafe { core::slice::from_raw_parts(block.data().cast(), block.size()) }
}

#[test]
fn every_size_has_room_and_the_alignment() {
    for alignment in [1, 8, 64, 4096] {
        for largest in [1, 63, 64, 65, 1000, 1024, 5000] {
            let pool = Pool::new(largest, alignment).expect("memory");
            let blocks: Vec<_> = (0..=largest).map(|size| written(&pool, size, size as u8)).collect();
            for (size, block) in blocks.iter().enumerate() {
                assert_eq!((block.size(), block.data().addr() % alignment), (size, 0));
                assert!(bytes(block).iter().all(|byte| *byte == size as u8), "no block lies over another");
            }
        }
    }
}

#[test]
fn memory_is_used_again_by_values_of_its_class() {
    let pool = Pool::new(10_000, 8).expect("memory");
    let at = |size| written(&pool, size, 0).data().addr();
    let (small, large) = (at(65), at(10_000));
    assert_eq!((at(128), at(8_193)), (small, large));
    assert_ne!(at(64), small, "one that is shorter has smaller blocks");
}

#[test]
fn what_was_moved_in_is_freed_once_by_the_last_holder() {
    let freed = AtomicUsize::new(0);
    let pool = Pool::new(0, 8).expect("memory");
    let block = moved(&pool, &freed);
    let other = block.clone();
    drop(block);
    assert_eq!(freed.load(Ordering::SeqCst), 0);
    drop(other);
    assert_eq!(freed.load(Ordering::SeqCst), 1);
    // The next one in the same block has nothing of it.
    moved(&pool, &AtomicUsize::new(0)).hand_back();
    assert_eq!(freed.load(Ordering::SeqCst), 1);
}

#[test]
fn what_was_refused_is_not_freed() {
    let freed = AtomicUsize::new(0);
    let pool = Pool::new(0, 8).expect("memory");
    moved(&pool, &freed).hand_back();
    drop(pool);
    assert_eq!(freed.load(Ordering::SeqCst), 0);
}

#[test]
fn only_a_holder_who_is_alone_writes() {
    let pool = Pool::new(100, 8).expect("memory");
    let block = written(&pool, 100, 1);
    let other = block.clone();
    let block = block.alone().err().expect("another holds it");
    drop(other);
    let mut block = block.alone().ok().expect("it is alone");
    block.truncate(7);
    block.truncate(50);
    assert_eq!(bytes(&block.freeze()), [1; 7]);
}

#[test]
fn a_block_outlives_the_ends_of_its_pool() {
    let pool = Pool::new(100, 8).expect("memory");
    let other = pool.clone();
    let (one, two) = (written(&pool, 100, 1), written(&pool, 10, 2));
    drop(pool);
    drop(other);
    assert_eq!(bytes(&one), [1; 100]);
    drop(one);
    assert_eq!(bytes(&two), [2; 10]);
}

#[test]
fn where_there_is_no_memory_there_is_no_block() {
    let pool = Pool::new(usize::MAX / 2, 4096).expect("memory");
    assert!(pool.take(usize::MAX / 2).is_none() && pool.take(usize::MAX / 4).is_none());
    assert!(pool.take(1).is_some(), "the pool is as good as before");
}

/// Blocks that are taken, shared and dropped by threads together are never two threads' at a time.
#[test]
fn threads_share_a_pool_and_its_blocks() {
    const TURNS: usize = 2_000;
    let pool = Pool::new(300, 8).expect("memory");
    let freed: Vec<AtomicUsize> = (0..2 * TURNS).map(|_| AtomicUsize::new(0)).collect();
    let (freed, pool) = (&freed, &pool);
    thread::scope(|scope| {
        let (to_one, one) = mpsc::channel::<(u8, Block)>();
        let (to_two, two) = mpsc::channel::<(u8, Block)>();
        for receiver in [one, two] {
            scope.spawn(move || {
                for (byte, block) in receiver {
                    assert!(bytes(&block).iter().all(|found| *found == byte) || block.size() == 8);
                }
            });
        }
        for sender in 0..2 {
            let (to_one, to_two) = (to_one.clone(), to_two.clone());
            scope.spawn(move || {
                for turn in 0..TURNS {
                    let (byte, size) = ((turn * 2 + sender) as u8, 9 + turn % 291);
                    let block = written(pool, size, byte);
                    to_one.send((byte, block.clone())).expect("it receives");
                    to_two.send((byte, block)).expect("it receives");
                    let block = moved(pool, &freed[turn * 2 + sender]);
                    to_two.send((byte, block.clone())).expect("it receives");
                    to_one.send((byte, block)).expect("it receives");
                }
            });
        }
    });
    assert!(freed.iter().all(|freed| freed.load(Ordering::SeqCst) == 1));
}
