//! The faults that were measured in the published AimDB (U1 to U16) and in axon's `Stream<T>`, as
//! far as they concern the buffer: each must not be here.
//!
//! U3 is kept by building the static buffers with the others, U6, U8 and U9 by the database and its
//! services. U5, U13 and U14 are also asked of every implementation, by the conformance suite.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Waker};
use std::thread;
use std::time::Duration;

use aimdb_core::buffer::{
    Buffer, BufferCfg, BufferCfgError, Dispatcher, HeapBuffer, RecvTimeoutError, SendError, TryProduceError,
    TryRecvError, dispatch, send_blocking,
};
use aimdb_core::pure::{Policy, Start};
use aimdb_core::waiting::{Deadline, SystemClock, block_on};
use aimdb_tests::kept::keep;
use aimdb_tests::wakes::Wakes;
use aimdb_tests::watchdog::{until, within};

fn new(cfg: BufferCfg) -> HeapBuffer<u64> {
    HeapBuffer::builder(&cfg).degrade(Arc::new(|value| value + 1_000)).build().expect("a buffer")
}

fn bounded(capacity: usize, policy: Policy) -> HeapBuffer<u64> {
    new(BufferCfg::Bounded { capacity, policy })
}

#[test]
fn u01_w9_a_thread_that_waits_survives_the_shutdown_of_a_runtime() {
    within(30, "u01", || {
        for _ in 0..20 {
            let runtime =
                tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
            let buffer = bounded(1, Policy::PauseUpstream);
            let mut reader = buffer.reader().expect("a cursor");
            let mut task_reader = reader.share().expect("a share");
            let task = runtime.spawn(async move { task_reader.recv().await });
            let thread = thread::spawn(move || {
                let long = SystemClock.after(Duration::from_secs(1_000));
                reader.recv_blocking(long)
            });
            until(|| buffer.metrics().waiting_consumers == 2);
            // The task is dropped with its runtime, in the middle of its wait.
            runtime.shutdown_background();
            until(|| buffer.metrics().waiting_consumers == 1);
            drop(task);
            buffer.push(7);
            assert_eq!(thread.join().expect("it does not panic"), Ok(7));
        }
    });
}

#[test]
fn u02_w4_a_wait_for_the_longest_duration_does_not_panic() {
    within(30, "u02", || {
        let buffer = new(BufferCfg::SingleLatest);
        let mut reader = buffer.reader().expect("a cursor");
        let waits = thread::spawn(move || reader.recv_blocking(SystemClock.after(Duration::MAX)));
        until(|| buffer.metrics().waiting_consumers == 1);
        buffer.push(1);
        assert_eq!(waits.join().expect("it does not panic"), Ok(1));
    });
}

#[test]
fn u04_a_bounded_record_is_full_and_makes_its_producer_wait() {
    within(30, "u04", || {
        let buffer = bounded(2, Policy::PauseUpstream);
        let mut reader = buffer.reader().expect("a cursor");
        buffer.push(0);
        buffer.push(1);
        assert_eq!(buffer.try_push(2), Err(TryProduceError::Full(2)));
        let sender = buffer.clone();
        let waits = thread::spawn(move || send_blocking(&sender, 2, Deadline::Never));
        until(|| buffer.metrics().waiting_producers == 1);
        assert!(!waits.is_finished(), "its own fullness holds the producer up");
        assert_eq!(reader.try_recv(), Ok(0));
        assert_eq!(waits.join().expect("the sender"), Ok(()));
    });
}

#[test]
fn u05_s1_a_refused_value_comes_back() {
    let buffer: HeapBuffer<String> =
        HeapBuffer::new(&BufferCfg::Bounded { capacity: 1, policy: Policy::PauseUpstream }).expect("a buffer");
    buffer.push("first".to_owned());
    let refused = buffer.try_push("second".to_owned()).map_err(TryProduceError::into_inner);
    assert_eq!(refused, Err("second".to_owned()));
}

#[test]
fn u07_c1_a_close_reaches_those_whom_a_leaked_handle_would_leave_parked() {
    within(30, "u07", || {
        let buffer = bounded(1, Policy::PauseUpstream);
        let mut reader = buffer.reader().expect("a cursor");
        keep(reader.share().expect("a share"));
        keep(buffer.clone());
        let waits = thread::spawn(move || reader.recv_blocking(Deadline::Never));
        until(|| buffer.metrics().waiting_consumers == 1);
        buffer.close();
        assert_eq!(waits.join().expect("the reader"), Err(RecvTimeoutError::Closed));
    });
}

#[test]
fn u08_c6_a_handler_that_panics_ends_its_own_dispatcher_and_says_so() {
    within(30, "u08", || {
        let buffer = new(BufferCfg::SpmcRing { capacity: 8 });
        let panics = |value| assert_ne!(value, 2, "the handler panics, as the test wants it to");
        let panics = Dispatcher::spawn("panics", buffer.reader().expect("a cursor"), panics).expect("a thread");
        let goes_on = Dispatcher::spawn("goes on", buffer.reader().expect("a cursor"), drop).expect("a thread");
        (0..4).for_each(|value| buffer.push(value));
        buffer.close();
        assert!(panics.join().is_err(), "it is reported");
        assert_eq!(goes_on.join().expect("it goes on").handled, 4);
    });
}

#[test]
fn u09_a_handler_that_blocks_stalls_no_other() {
    within(30, "u09", || {
        let buffer = new(BufferCfg::SpmcRing { capacity: 64 });
        let go_on = Arc::new(AtomicBool::new(false));
        let gate = Arc::clone(&go_on);
        let blocks = move |_| until(|| gate.load(Ordering::SeqCst));
        let blocks = Dispatcher::spawn("blocks", buffer.reader().expect("a cursor"), blocks).expect("a thread");
        let goes_on = Dispatcher::spawn("goes on", buffer.reader().expect("a cursor"), drop).expect("a thread");
        (0..50).for_each(|value| buffer.push(value));
        buffer.close();
        assert_eq!(goes_on.join().expect("it goes on").handled, 50);
        assert!(!blocks.is_finished());
        go_on.store(true, Ordering::SeqCst);
        assert_eq!(blocks.join().expect("it ends").handled, 50);
    });
}

#[test]
fn u11_no_budget_of_a_runtime_makes_a_false_empty() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let buffer = new(BufferCfg::SpmcRing { capacity: 2_000 });
    let mut reader = buffer.reader().expect("a cursor");
    (0..2_000).for_each(|value| buffer.push(value));
    let read = runtime.block_on(async {
        tokio::spawn(async move {
            let mut read = 0;
            while reader.try_recv().is_ok() {
                read += 1;
            }
            read
        })
        .await
    });
    assert_eq!(read.expect("the task"), 2_000, "all of them, in one turn of the task");
}

#[test]
fn u12_c4_a_dispatcher_drains_what_was_sent_before_the_end() {
    within(30, "u12", || {
        for _ in 0..50 {
            let buffer = bounded(500, Policy::PauseUpstream);
            let reader = buffer.reader().expect("a cursor");
            let dispatcher = Dispatcher::spawn("drains", reader, drop).expect("a thread");
            (0..500).for_each(|value| send_blocking(&buffer, value, Deadline::Never).expect("it is open"));
            buffer.close();
            let done = dispatcher.join().expect("it drains");
            assert_eq!((done.handled, done.lagged), (500, 0));
        }
        let buffer = bounded(4, Policy::PauseUpstream);
        let reader = buffer.reader().expect("a cursor");
        (0..4).for_each(|value| buffer.push(value));
        buffer.close();
        let done = block_on(pin!(dispatch(reader, |_| std::future::ready(()))), Deadline::Never);
        assert_eq!(done.map(|done| done.handled), Some(4), "the same as a task");
    });
}

#[test]
fn u13_k1_capacity_three_is_three_and_zero_is_an_error() {
    let buffer = new(BufferCfg::SpmcRing { capacity: 3 });
    (0..10).for_each(|value| buffer.push(value));
    assert_eq!((buffer.metrics().capacity, buffer.metrics().occupancy), (3, 3));
    let mut all = Buffer::subscribe(&buffer, Start::Oldest).expect("a cursor");
    let read: Vec<_> = std::iter::from_fn(|| all.try_recv().ok()).collect();
    assert_eq!(read, [7, 8, 9]);
    let zero = HeapBuffer::<u64>::new(&BufferCfg::SpmcRing { capacity: 0 }).err();
    assert_eq!(zero, Some(BufferCfgError::ZeroCapacity { kind: "SpmcRing" }));
}

#[test]
fn u14_w4_the_late_reader_of_a_mailbox_and_a_timeout_of_zero() {
    let buffer = new(BufferCfg::Mailbox);
    buffer.push(5);
    let mut late = buffer.reader().expect("a cursor");
    assert_eq!(late.recv_blocking(Deadline::At(0)), Ok(5), "one try finds what is pending");
    assert_eq!(late.recv_blocking(Deadline::At(0)), Err(RecvTimeoutError::Timeout));
}

#[test]
fn u15_s7_latest_ends_under_a_producer_that_never_pauses() {
    within(60, "u15", || {
        for cfg in [
            BufferCfg::SpmcRing { capacity: 2 },
            BufferCfg::SingleLatest,
            BufferCfg::Bounded { capacity: 1, policy: Policy::DropOldest },
        ] {
            let buffer = new(cfg);
            let mut reader = buffer.reader().expect("a cursor");
            let is_over = Arc::new(AtomicBool::new(false));
            let hot = {
                let (buffer, is_over) = (buffer.clone(), Arc::clone(&is_over));
                thread::spawn(move || {
                    let mut value = 0;
                    while !is_over.load(Ordering::Relaxed) {
                        buffer.push(value);
                        value += 1;
                    }
                })
            };
            let mut newest = None;
            for _ in 0..500 {
                match reader.try_latest() {
                    Ok(value) => {
                        assert!(newest < Some(value), "{cfg:?}: it goes forward");
                        newest = Some(value);
                    }
                    Err(error) => assert!(matches!(error, TryRecvError::Empty | TryRecvError::Lagged(_)), "{cfg:?}"),
                }
            }
            is_over.store(true, Ordering::Relaxed);
            hot.join().expect("the producer");
        }
    });
}

#[test]
fn u16_m2_overwrites_are_counted_on_every_kind_without_a_reader() {
    for cfg in [BufferCfg::SpmcRing { capacity: 1 }, BufferCfg::SingleLatest, BufferCfg::Mailbox] {
        let buffer = new(cfg);
        (0..8).for_each(|value| buffer.push(value));
        assert_eq!(buffer.metrics().counters.overwritten, 7, "{cfg:?}");
    }
}

// ---- axon --------------------------------------------------------------------------------------

#[test]
fn axon_no_value_is_destroyed_by_overflow_cancellation_or_a_dropped_future() {
    within(30, "axon_destroyed", || {
        let given = Arc::new(parking_lot::Mutex::new(Vec::new()));
        let hook = Arc::clone(&given);
        let buffer = HeapBuffer::builder(&BufferCfg::Bounded { capacity: 1, policy: Policy::PauseUpstream })
            .on_drop(Arc::new(move |value: u64, _| hook.lock().push(value)))
            .build()
            .expect("a buffer");
        buffer.push(0);
        assert_eq!(buffer.try_push(1), Err(TryProduceError::Full(1)), "overflow");
        assert_eq!(send_blocking(&buffer, 2, Deadline::At(0)), Err(SendError::Timeout(2)), "cancelled");
        let mut push = Box::pin(buffer.push_async(3));
        assert!(push.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        drop(push);
        assert_eq!(*given.lock(), [3], "a dropped future: to the hook");
    });
}

#[test]
fn axon_w3_a_woken_waiter_is_not_requeued_last() {
    let buffer = bounded(1, Policy::PauseUpstream);
    let mut one = buffer.reader().expect("a cursor");
    let (mut two, mut fast) = (one.share().expect("a share"), one.share().expect("a share"));
    let (first, second) = (Wakes::new(), Wakes::new());
    let (mut first_recv, mut second_recv) = (Box::pin(one.recv()), Box::pin(two.recv()));
    assert!(first.poll(&mut first_recv).is_pending() && second.poll(&mut second_recv).is_pending());
    buffer.push(1);
    assert_eq!((first.count(), second.count()), (1, 0));
    assert_eq!(fast.try_recv(), Ok(1), "a running reader overtakes it");
    assert!(first.poll(&mut first_recv).is_pending(), "it waits again, in its old place");
    buffer.push(2);
    assert_eq!((first.count(), second.count()), (2, 0), "and is the first to be woken again");
    assert!(first.poll(&mut first_recv).is_ready());
}

#[test]
fn axon_m1_a_refusal_is_not_counted_as_pushed() {
    let buffer = bounded(1, Policy::Fail);
    for value in 0..5 {
        let _ = buffer.try_push(value);
    }
    let counters = buffer.metrics().counters;
    assert_eq!((counters.accepted, counters.refused, counters.offered()), (1, 4, 5));
}

#[test]
fn axon_s4_degrading_counts_what_it_displaces() {
    let buffer = bounded(2, Policy::DegradeQuality);
    let mut reader = buffer.reader().expect("a cursor");
    (0..5).for_each(|value| buffer.push(value));
    let counters = buffer.metrics().counters;
    assert_eq!((counters.accepted, counters.overwritten, counters.degraded), (5, 3, 3));
    assert_eq!(reader.try_recv(), Err(TryRecvError::Lagged(3)));
    assert_eq!((reader.try_recv(), reader.try_recv()), (Ok(1_003), Ok(1_004)));
}

#[test]
fn axon_k1_capacity_zero_is_a_rendezvous_for_every_form() {
    within(30, "axon_zero", || {
        let buffer = bounded(0, Policy::PauseUpstream);
        let mut reader = buffer.reader().expect("a cursor");
        assert_eq!(buffer.try_push(1), Err(TryProduceError::Full(1)));
        let wakes = Wakes::new();
        let mut push = Box::pin(buffer.push_async(2));
        assert!(wakes.poll(&mut push).is_pending());
        assert_eq!(reader.try_recv(), Ok(2));
        assert_eq!(wakes.count(), 1);
        assert!(wakes.poll(&mut push).is_ready());
        let mut recv = Box::pin(reader.recv());
        assert!(wakes.poll(&mut recv).is_pending());
        assert_eq!(buffer.try_push(3), Ok(()));
        assert_eq!(buffer.try_push(4), Err(TryProduceError::Full(4)), "the hand is full");
        assert_eq!(wakes.poll(&mut recv), std::task::Poll::Ready(Ok(3)));
    });
}

#[test]
fn axon_k5_the_departure_of_a_reader_is_noticed() {
    let buffer = bounded(1, Policy::PauseUpstream);
    assert_eq!(buffer.metrics().cursors, 0);
    let reader = buffer.reader().expect("a cursor");
    assert_eq!(buffer.metrics().cursors, 1);
    drop(reader);
    assert_eq!(buffer.metrics().cursors, 0);
}
