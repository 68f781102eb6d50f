//! What a record and a consumer take of the heap while nothing happens (P1).
//!
//! Bytes are exact, so a ceiling is a test; they are those that were asked for, without what the
//! allocator adds. A record: what configuring and attaching a database of `N + 1` records has
//! allocated and not freed, less that of a database of one, divided by `N`. A consumer: the same for one
//! more `handle.consumer()` of a record, on average. Nothing was sent yet.
#![allow(unsafe_code, reason = "a global allocator can be implemented no other way")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use aimdb_core::AimDbBuilder;
use aimdb_core::buffer::BufferCfg;
use aimdb_core::pure::Policy;
use aimdb_sync::{AimDbHandle, Attach, SyncConsumer};

/// Keeps count of the bytes that the calling thread has allocated and not freed, and of how often.
struct Counting;

thread_local! {
    static BYTES: Cell<isize> = const { Cell::new(0) };
    static TIMES: Cell<usize> = const { Cell::new(0) };
}

fn note(allocated: usize, freed: usize) {
    let _ = BYTES.try_with(|bytes| bytes.set(bytes.get() + allocated as isize - freed as isize));
    let _ = TIMES.try_with(|times| times.set(times.get() + usize::from(allocated > 0)));
}

// SAFETY: every block comes from, and goes back to, the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(layout.size(), 0);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        note(0, layout.size());
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        note(size, layout.size());
        // SAFETY: the caller's promise is passed on.
        unsafe { System.realloc(block, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const RECORDS: usize = 200;

fn attached(records: usize, cfg: BufferCfg) -> AimDbHandle {
    let mut builder = AimDbBuilder::new();
    for record in 0..records {
        // The text of a key that is not in the program is the application's.
        let key: &'static str = Box::leak(format!("record.{record}").into_boxed_str());
        builder.configure::<u64>(key, |record| {
            record.buffer(cfg);
        });
    }
    builder.attach().expect("the configuration is sound")
}

/// What `make` allocates and does not free until what it made is dropped.
fn held<R>(make: impl FnOnce() -> R) -> (isize, R) {
    let before = BYTES.get();
    let made = make();
    (BYTES.get() - before, made)
}

/// Bytes of one idle record.
fn bytes_per_record(cfg: BufferCfg) -> isize {
    // Keys are leaked, by as many bytes in both; and the first database of all makes what stays.
    let leaked = |records: usize| (0..records).map(|record| format!("record.{record}").len() as isize).sum::<isize>();
    drop(attached(1, cfg));
    let (one, _alive) = held(|| attached(1, cfg));
    let (many, _alive) = held(|| attached(RECORDS + 1, cfg));
    (many - leaked(RECORDS + 1) - one + leaked(1)) / RECORDS as isize
}

const KINDS: [(BufferCfg, isize); 4] = [
    (BufferCfg::SingleLatest, 300),
    (BufferCfg::Mailbox, 300),
    (BufferCfg::SpmcRing { capacity: 64 }, 1_560),
    (BufferCfg::Bounded { capacity: 64, policy: Policy::PauseUpstream }, 1_560),
];

#[test]
fn p1_an_idle_record_is_small() {
    for (cfg, ceiling) in KINDS {
        let bytes = bytes_per_record(cfg);
        println!("{cfg:?}: {bytes} bytes for an idle record");
        assert!(bytes <= ceiling, "{cfg:?}: {bytes} bytes, more than {ceiling}");
    }
}

#[test]
fn p1_an_idle_consumer_is_small() {
    const CONSUMERS: usize = 100;
    for (cfg, _) in KINDS {
        let handle = attached(1, cfg);
        let mut consumers = Vec::with_capacity(CONSUMERS + 1);
        consumers.push(handle.consumer::<u64>("record.0").expect("it is there"));
        let (bytes, ()) = held(|| {
            consumers.extend((0..CONSUMERS).map(|_| handle.consumer::<u64>("record.0").expect("it is there")));
        });
        let bytes = bytes / CONSUMERS as isize;
        println!("{cfg:?}: {bytes} bytes for an idle consumer");
        assert!(bytes <= 84, "{cfg:?}: {bytes} bytes");
    }
    assert!(size_of::<SyncConsumer<u64>>() <= 144, "{} bytes for a handle", size_of::<SyncConsumer<u64>>());
}

/// A record that was never used has no lane; one that is used makes it once, and nothing after.
#[test]
fn p1_what_a_record_needs_for_speed_comes_with_its_first_use_and_stays() {
    for (cfg, _) in KINDS {
        let handle = attached(1, cfg);
        let producer = handle.producer::<u64>("record.0").expect("it is there");
        let mut consumer = handle.consumer::<u64>("record.0").expect("it is there");
        let mut turn = || {
            let before = TIMES.get();
            for value in 0..100 {
                producer.try_send(value).expect("there is room");
                assert_eq!(consumer.try_recv(), Ok(value), "{cfg:?}");
            }
            TIMES.get() - before
        };
        assert!((1..=8).contains(&turn()), "{cfg:?}: a few at first");
        assert_eq!(turn(), 0, "{cfg:?}");
    }
}
