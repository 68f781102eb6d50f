//! No allocation per message (P1, U10). An allocator, which counts here, cannot be written without
//! `unsafe`.
#![allow(unsafe_code)]

mod watchdog;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use aimdb_sync::{AimDbBuilder, AimDbHandle, Attach, BufferCfg, Policy, RecvError, SyncConsumer, SyncProducer};
use watchdog::{until, watched};

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// Whether the thread is one whose allocations count: the test harness has some of its own.
    static COUNTED: Cell<bool> = const { Cell::new(false) };
}

// SAFETY: all is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if COUNTED.try_with(Cell::get) == Ok(true) {
            ALLOCATIONS.fetch_add(1, Ordering::SeqCst);
        }
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

fn allocations(work: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.load(Ordering::SeqCst);
    work();
    ALLOCATIONS.load(Ordering::SeqCst) - before
}

fn kinds() -> Vec<BufferCfg> {
    let mut kinds = vec![BufferCfg::SpmcRing { capacity: 8 }, BufferCfg::SingleLatest, BufferCfg::Mailbox];
    kinds.extend(Policy::ALL.map(|policy| BufferCfg::Bounded { capacity: 8, policy }));
    kinds
}

/// Two records of one kind, for there and back.
fn attach(cfg: BufferCfg) -> AimDbHandle {
    let mut builder = AimDbBuilder::new();
    for key in ["there", "back"] {
        builder.configure::<[u64; 4]>(key, |record| {
            record.buffer(cfg).degrader(|value| value);
        });
    }
    builder.attach().expect("sound")
}

type Ends = (SyncProducer<[u64; 4]>, SyncConsumer<[u64; 4]>);

fn ends(handle: &AimDbHandle, write: &str, read: &str) -> Ends {
    (handle.producer(write).expect("it is there"), handle.consumer(read).expect("it is there"))
}

fn next(consumer: &mut SyncConsumer<[u64; 4]>) -> [u64; 4] {
    loop {
        match consumer.recv() {
            Ok(value) => return value,
            Err(RecvError::Lagged(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

fn every_call((producer, consumer): &mut Ends, values: &mut Vec<[u64; 4]>, batch: &mut VecDeque<[u64; 4]>) {
    for round in 0..20 {
        let value = [round; 4];
        producer.send(value).expect("there is room");
        assert_eq!(next(consumer), value);
        producer.try_send(value).expect("there is room");
        assert!(consumer.try_recv().is_ok());
        producer.send_timeout(value, Duration::MAX).expect("there is room");
        assert!(consumer.recv_timeout(Duration::from_secs(9)).is_ok());
        producer.force_send(value).expect("it is open");
        assert!(consumer.latest().is_ok());
        batch.extend([value; 3]);
        producer.send_many(batch).expect("there is room");
        values.clear();
        assert!(consumer.recv_many(values, 8).is_ok());
        assert!(consumer.recv_timeout(Duration::from_nanos(1)).is_err());
        producer.flush(Duration::MAX).expect("all is read");
        let _ = (consumer.peek(), consumer.stats(), producer.stats());
        // Fuller than full, so that every policy acts.
        for _ in 0..20 {
            let _ = producer.try_send(value);
        }
        assert!(consumer.try_iter().count() > 0);
    }
}

/// Hands `rounds` values there and back, each side waiting for the other.
fn ping_pong((producer, consumer): &mut Ends, rounds: u64) {
    for round in 0..rounds {
        producer.send([round; 4]).expect("it is open");
        assert_eq!(next(consumer)[0], round);
    }
}

#[test]
fn p1_u10_no_call_allocates_per_message_on_any_kind() {
    watched(|| {
        COUNTED.set(true);
        let counted = allocations(|| drop(std::hint::black_box(Box::new(1))));
        assert_eq!(counted, 1, "it counts");
        first_sleep();
        for cfg in kinds() {
            let handle = attach(cfg);
            let mut ends = ends(&handle, "there", "there");
            let (mut values, mut batch) = (Vec::with_capacity(8), VecDeque::with_capacity(8));
            every_call(&mut ends, &mut values, &mut batch);
            let counted = allocations(|| every_call(&mut ends, &mut values, &mut batch));
            assert_eq!(counted, 0, "{cfg:?}");
            drop(ends);
            handoffs(cfg);
        }
    });
}

/// Lets the thread sleep once: the rounds of the warm-up may all be won by spinning, and what a thread needs in order to
/// sleep is allocated when it first does. It is woken when it is seen asleep: a wait for a time may end before it sleeps,
/// where the thread does not run for as long.
fn first_sleep() {
    let handle = attach(BufferCfg::Mailbox);
    let (producer, mut consumer) = ends(&handle, "there", "there");
    let handle = &handle;
    thread::scope(|scope| {
        scope.spawn(move || {
            until(|| !handle.blocked().is_empty());
            producer.send([7; 4]).expect("it is open");
        });
        assert_eq!(consumer.recv(), Ok([7; 4]));
    });
}

/// Blocking handoffs between two threads.
fn handoffs(cfg: BufferCfg) {
    const ROUNDS: u64 = 2_000;
    let handle = attach(cfg);
    let (mut near, mut far) = (ends(&handle, "there", "back"), ends(&handle, "back", "there"));
    let stage = AtomicUsize::new(0);
    let reach = |at: usize| {
        stage.fetch_add(1, Ordering::SeqCst);
        while stage.load(Ordering::SeqCst) < 2 * at {
            thread::yield_now();
        }
    };
    thread::scope(|scope| {
        let reach = &reach;
        scope.spawn(move || {
            COUNTED.set(true);
            first_sleep();
            reach(1);
            for part in 2..=3 {
                for _ in 0..ROUNDS {
                    let value = next(&mut far.1);
                    far.0.send(value).expect("it is open");
                }
                reach(part);
            }
        });
        reach(1);
        ping_pong(&mut near, ROUNDS);
        reach(2);
        let counted = allocations(|| ping_pong(&mut near, ROUNDS));
        reach(3);
        assert_eq!(counted, 0, "handoffs, {cfg:?}");
    });
}
