//! Every value is dropped exactly once, and the hook sees what no reader got (contract K7, K8, M5).

mod port;

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};

use aimdb_sync_embassy::{
    Bounded, CriticalSectionRawMutex as Raw, DropCause, DropNewest, DropOldest, Mailbox, SendError, SingleLatest,
    SpmcRing, StaticRecord,
};
use port::{TestTime, poll_once};

std::thread_local! {
    /// Values that live. Each test runs on a thread of its own.
    static LIVE: Cell<i64> = const { Cell::new(0) };
}

#[derive(Debug, PartialEq)]
struct Counted(u32);

impl Counted {
    fn new(value: u32) -> Self {
        LIVE.set(LIVE.get() + 1);
        Self(value)
    }
}

impl Clone for Counted {
    fn clone(&self) -> Self {
        Self::new(self.0)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        LIVE.set(LIVE.get() - 1);
    }
}

#[test]
fn k7_every_value_is_dropped_exactly_once_on_every_kind() {
    {
        let ring = StaticRecord::<SpmcRing<3>, _, Raw, 5, 2>::new();
        let latest = StaticRecord::<SingleLatest, _, Raw, 3, 2>::new();
        let mailbox = StaticRecord::<Mailbox, _, Raw, 3, 2>::new();
        let queue = StaticRecord::<Bounded<3>, _, Raw, 5, 2>::new();
        let (mut a, mut b) = (ring.consumer().unwrap(), ring.consumer().unwrap());
        let (mut c, mut d) = (latest.consumer().unwrap(), mailbox.consumer().unwrap());
        let (mut e, mut f) = (queue.consumer().unwrap(), queue.consumer().unwrap());
        for value in 0..20 {
            ring.producer().try_send(Counted::new(value)).unwrap();
            latest.producer().try_send(Counted::new(value)).unwrap();
            mailbox.producer().try_send(Counted::new(value)).unwrap();
            let _ = queue.producer().try_send(Counted::new(value));
            let _ = (a.try_recv(), c.try_recv(), d.try_recv(), e.try_recv());
            if value % 3 == 0 {
                let _ = (b.try_recv(), f.try_recv());
            }
        }
        assert!(LIVE.get() > 0, "some are left in the records");
    }
    assert_eq!(LIVE.get(), 0);
}

#[test]
fn b22_a_dropped_future_neither_loses_nor_doubles_a_value() {
    static QUEUE: StaticRecord<Bounded<1>, Counted, Raw, 3> = StaticRecord::new();
    let mut reader = QUEUE.consumer().unwrap();
    drop(QUEUE.producer().send_async(Counted::new(0)));
    assert_eq!((LIVE.get(), QUEUE.stats().counters.offered()), (0, 0), "never polled, never offered");
    QUEUE.producer().try_send(Counted::new(1)).unwrap();
    {
        let mut waiting = pin!(QUEUE.producer().send_async(Counted::new(2)));
        assert!(poll_once(waiting.as_mut()).is_pending());
    }
    assert_eq!((LIVE.get(), QUEUE.stats().counters.timed_out), (1, 1));
    {
        let mut served = pin!(QUEUE.producer().send_async(Counted::new(3)));
        assert!(poll_once(served.as_mut()).is_pending());
        assert_eq!(reader.try_recv().unwrap().0, 1);
    }
    assert_eq!(reader.try_recv().unwrap().0, 3, "it was stored before its future was dropped");
    assert_eq!(LIVE.get(), 0);
}

#[test]
fn m5_the_hook_is_given_every_value_that_no_reader_gets_with_its_cause() {
    static SEEN: Mutex<Vec<(u32, DropCause)>> = Mutex::new(Vec::new());
    fn hook(value: u32, cause: DropCause) {
        SEEN.lock().unwrap().push((value, cause));
    }
    static OLDEST: StaticRecord<Bounded<1, DropOldest>, u32, Raw, 3> = StaticRecord::builder().on_drop(hook).build();
    static NEWEST: StaticRecord<Bounded<1, DropNewest>, u32, Raw, 3> =
        StaticRecord::builder().on_drop(hook).build_single_cursor();
    static PAUSE: StaticRecord<Bounded<1>, u32, Raw, 3> = StaticRecord::builder().on_drop(hook).build();
    for value in [1, 2] {
        OLDEST.producer().try_send(value).unwrap();
        NEWEST.producer().try_send(value + 10).unwrap();
    }
    PAUSE.producer().try_send(21).unwrap();
    {
        let mut waiting = pin!(PAUSE.producer().send_async(22));
        assert!(poll_once(waiting.as_mut()).is_pending());
    }
    PAUSE.producer().produce(23);
    assert_eq!(PAUSE.abort(), 1);
    PAUSE.producer().produce(24);
    assert_eq!(PAUSE.stats().counters.refused, 2, "S3: once full, once closed");
    let causes = [
        (1, DropCause::Overwritten),
        (12, DropCause::DroppedNewest),
        (22, DropCause::Cancelled),
        (23, DropCause::Refused),
        (21, DropCause::Aborted),
        (24, DropCause::Refused),
    ];
    assert_eq!(*SEEN.lock().unwrap(), causes);
}

#[test]
fn b11_what_a_closed_record_buffers_goes_with_its_last_reader() {
    static QUEUE: StaticRecord<Bounded<3>, Counted, Raw, 5> = StaticRecord::new();
    let reader = QUEUE.consumer().unwrap();
    for value in 0..3 {
        QUEUE.producer().try_send(Counted::new(value)).unwrap();
    }
    QUEUE.close();
    assert_eq!(LIVE.get(), 3);
    drop(reader);
    assert_eq!(LIVE.get(), 0);
}

#[test]
fn k8_clone_drop_and_hook_may_call_back_into_the_record() {
    static QUEUE: StaticRecord<Bounded<2, DropOldest>, Echo, Raw, 8, 2> = StaticRecord::builder().on_drop(hook).build();
    static CALLS: AtomicI64 = AtomicI64::new(0);
    struct Echo(bool);
    impl Clone for Echo {
        fn clone(&self) -> Self {
            CALLS.fetch_add(1, Ordering::Relaxed);
            assert!(QUEUE.stats().capacity == 2);
            QUEUE.producer().try_send(Echo(false)).unwrap();
            Self(false)
        }
    }
    impl Drop for Echo {
        fn drop(&mut self) {
            CALLS.fetch_add(1, Ordering::Relaxed);
            assert!(QUEUE.stats().occupancy <= 2);
        }
    }
    fn hook(mut value: Echo, _cause: DropCause) {
        CALLS.fetch_add(1, Ordering::Relaxed);
        if std::mem::take(&mut value.0) {
            QUEUE.producer().try_send(Echo(false)).unwrap();
        }
    }
    let (mut one, mut two) = (QUEUE.consumer().unwrap(), QUEUE.consumer().unwrap());
    for _ in 0..4 {
        QUEUE.producer().try_send(Echo(true)).unwrap();
        let _ = (one.try_recv(), two.try_recv());
    }
    assert!(CALLS.load(Ordering::Relaxed) > 8);
}

#[test]
fn k7_a_clone_that_panics_skips_the_value_for_that_caller_only() {
    static BOMB: AtomicBool = AtomicBool::new(false);
    #[derive(Debug, PartialEq)]
    struct Hazard(u32);
    impl Clone for Hazard {
        fn clone(&self) -> Self {
            assert!(!BOMB.swap(false, Ordering::Relaxed), "as the test wants it");
            Self(self.0)
        }
    }
    static RING: StaticRecord<SpmcRing<2>, Hazard, Raw, 5, 2> = StaticRecord::new();
    let (mut one, mut two) = (RING.consumer().unwrap(), RING.consumer().unwrap());
    RING.producer().try_send(Hazard(1)).unwrap();
    RING.producer().try_send(Hazard(2)).unwrap();
    BOMB.store(true, Ordering::Relaxed);
    assert!(catch_unwind(AssertUnwindSafe(|| one.try_recv())).is_err());
    assert_eq!(one.try_recv(), Ok(Hazard(2)));
    assert_eq!((two.try_recv(), two.try_recv()), (Ok(Hazard(1)), Ok(Hazard(2))));
    assert_eq!(RING.stats().counters.clone_panics, 1);
}

#[test]
fn c9_a_forgotten_wait_leaves_the_record_usable() {
    static QUEUE: StaticRecord<Bounded<2>, u32, Raw, 6, 2> = StaticRecord::new();
    let mut reader = QUEUE.consumer().unwrap().on::<TestTime>();
    let mut forgotten = Box::pin(reader.recv_async());
    assert!(poll_once(forgotten.as_mut()).is_pending());
    // Kept within reach of a leak checker.
    static FORGOTTEN: AtomicUsize = AtomicUsize::new(0);
    FORGOTTEN.store(std::ptr::from_ref(&*forgotten).addr(), Ordering::Relaxed);
    std::mem::forget(forgotten);
    drop(reader);
    let mut other = QUEUE.consumer().expect("the second of two cursors").on::<TestTime>();
    for value in 0..2 {
        QUEUE.producer().try_send(value).unwrap();
        assert_eq!(other.recv(), Ok(value));
    }
    assert_eq!(
        QUEUE.producer().on::<TestTime>().send_timeout(9, std::time::Duration::from_nanos(1)),
        Err(SendError::Timeout(9))
    );
    QUEUE.close();
    assert!(other.recv().is_err());
    assert_eq!(QUEUE.stats().cursors, 2, "the forgotten cursor stays, as its waiter does");
}
