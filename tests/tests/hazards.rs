//! B9, B10, K7, K8: what the user's code may do, it may do at every point.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;

use aimdb_core::buffer::{Buffer, BufferCfg, HeapBuffer, RecvTimeoutError, TryProduceError};
use aimdb_core::pure::Policy;
use aimdb_core::waiting::Deadline;
use aimdb_tests::hazard::{Act, Script, When, buffer, kinds, play};
use aimdb_tests::hostile_waker::waker;
use aimdb_tests::kept::leak;
use aimdb_tests::watchdog::within;

const ENDINGS: u32 = 3;

/// The points at which a hazard can strike in one play.
fn points(cfg: &BufferCfg, ending: u32) -> Vec<When> {
    let script = Script::panics(When::Never);
    let _ = play(buffer(cfg, &script), &script, ending);
    assert_eq!(script.alive(), 0, "K7, {cfg:?}, ending {ending}");
    let (clones, drops, hooks) = script.counts();
    let clones = (1..=clones).map(When::Clone);
    clones.chain((1..=drops).map(When::Drop)).chain((1..=hooks).map(When::Hook)).collect()
}

/// Everything but the step that panicked answers as if nothing had happened; every value is dropped
/// once. std, crossbeam and crossfire leak the rest here (crossfire drops 2 of 6).
fn b10(select: fn(&When) -> bool) {
    for cfg in kinds() {
        for ending in 0..ENDINGS {
            let calm = Script::panics(When::Never);
            let expected = play(buffer(&cfg, &calm), &calm, ending);
            for when in points(&cfg, ending).into_iter().filter(select) {
                let script = Script::panics(when);
                let steps = play(buffer(&cfg, &script), &script, ending);
                let place = format!("{cfg:?}, ending {ending}, {when:?}");
                assert!(script.has_struck(), "{place}");
                assert_eq!(
                    steps.iter().filter(|step| step.is_none()).count(),
                    1,
                    "{place}: the panic reaches one caller"
                );
                for (at, (step, expected)) in steps.iter().zip(&expected).enumerate() {
                    assert!(step.is_none() || step == expected, "{place}, step {at}: {step:?}, not {expected:?}");
                }
                assert_eq!(steps.len(), expected.len());
                assert_eq!(script.alive(), 0, "{place}: every value is dropped exactly once");
            }
        }
    }
}

#[test]
fn b10_a_panic_at_any_clone_skips_one_value_for_one_caller() {
    within(60, "b10_a_panic_at_any_clone", || b10(|when| matches!(when, When::Clone(_))));
}

#[test]
fn b10_a_panic_at_any_drop_loses_nothing_else() {
    within(60, "b10_a_panic_at_any_drop", || b10(|when| matches!(when, When::Drop(_))));
}

#[test]
fn b10_a_panic_in_any_call_of_the_hook_loses_nothing_else() {
    within(60, "b10_a_panic_in_any_call_of_the_hook", || b10(|when| matches!(when, When::Hook(_))));
}

#[test]
fn k7_a_clone_that_panics_is_counted_and_the_others_still_get_the_value() {
    for cfg in [BufferCfg::SpmcRing { capacity: 4 }, BufferCfg::Bounded { capacity: 4, policy: Policy::PauseUpstream }]
    {
        let script = Script::panics(When::Clone(2));
        let buffer = buffer(&cfg, &script);
        let mut readers: Vec<_> = (0..3).map(|_| buffer.reader().expect("a cursor")).collect();
        buffer.push(script.value(7));
        buffer.push(script.value(8));
        let first = readers[0].try_recv().expect("a value").tag();
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| readers[1].try_recv()));
        assert_eq!((first, panicked.is_err()), (7, true));
        assert_eq!(readers[2].try_recv().expect("a value").tag(), 7, "the others still get it");
        for reader in &mut readers {
            assert_eq!(reader.try_recv().expect("a value").tag(), 8, "{cfg:?}");
        }
        let counters = buffer.metrics().counters;
        assert_eq!((counters.clone_panics, counters.delivered), (1, 6), "{cfg:?}");
        drop((readers, buffer));
        assert_eq!(script.alive(), 0);
    }
}

/// Calls back into the buffer in every way.
fn call_back(buffer: &HeapBuffer<aimdb_tests::hazard::Hazard>, spare: &Arc<Script>) {
    let _ = buffer.metrics();
    drop(buffer.peek());
    let _ = Buffer::is_closed(buffer);
    drop(buffer.try_push(spare.value(9_000)));
    let mut reader = buffer.reader().expect("a cursor");
    let mut share = reader.share().expect("a share");
    drop(reader.try_recv());
    drop(share.try_latest());
    drop(Buffer::force_push(buffer, spare.value(9_001)));
}

fn b09(apart: bool) {
    for cfg in kinds() {
        for ending in 0..ENDINGS {
            for when in points(&cfg, ending) {
                let spare = Script::panics(When::Never);
                let script = Script::acts(when, Arc::new(|| {}));
                let buffer = buffer(&cfg, &script);
                let back = Arc::new(parking_lot::Mutex::new(Some(buffer.clone())));
                let act: Act = {
                    let (back, spare) = (Arc::clone(&back), Arc::clone(&spare));
                    Arc::new(move || {
                        // Once: the buffer then goes with the play.
                        let Some(buffer) = back.lock().take() else { return };
                        if apart {
                            let spare = Arc::clone(&spare);
                            let call = move || call_back(&buffer, &spare);
                            thread::spawn(call).join().expect("the thread that calls back");
                        } else {
                            call_back(&buffer, &spare);
                        }
                    })
                };
                script.set_act(act);
                let steps = play(buffer, &script, ending);
                let rest = back.lock().take();
                drop(rest);
                assert!(steps.iter().all(Option::is_some), "{cfg:?}, ending {ending}, {when:?}");
                assert_eq!((script.alive(), spare.alive()), (0, 0), "{cfg:?}, ending {ending}, {when:?}");
            }
        }
    }
}

#[test]
fn b09_any_clone_drop_or_hook_may_call_back_into_the_record() {
    within(60, "b09_any_clone_drop_or_hook_may_call_back", || b09(false));
}

#[test]
fn b09_any_clone_drop_or_hook_may_wait_for_a_thread_that_calls_back() {
    within(60, "b09_any_clone_drop_or_hook_may_wait_for_a_thread", || b09(true));
}

fn pausing() -> HeapBuffer<u64> {
    HeapBuffer::new(&BufferCfg::Bounded { capacity: 1, policy: Policy::PauseUpstream }).expect("a buffer")
}

/// A waker that calls back when it is woken and when it is dropped, and says how often it was.
fn calling_back(buffer: &HeapBuffer<u64>, woken: &Arc<AtomicU64>) -> Waker {
    let (on_wake, on_drop, woken) = (buffer.clone(), buffer.clone(), Arc::clone(woken));
    waker(
        move || {
            let _ = on_wake.metrics();
            let apart = on_wake.clone();
            thread::spawn(move || apart.metrics()).join().expect("the thread that calls back");
            woken.fetch_add(1, Ordering::SeqCst);
        },
        move || assert!(on_drop.metrics().capacity == 1),
    )
}

#[test]
fn b09_a_waker_may_call_back_when_it_is_woken_and_when_it_is_dropped() {
    within(60, "b09_a_waker_may_call_back", || {
        let woken = Arc::new(AtomicU64::new(0));
        let buffer = pausing();
        let mut reader = buffer.reader().expect("a cursor");
        let new = || calling_back(&buffer, &woken);
        // Each poll brings another waker; the one before is dropped, by whoever has it.
        {
            let mut recv = pin!(reader.recv());
            for _ in 0..3 {
                assert!(recv.as_mut().poll(&mut Context::from_waker(&new())).is_pending());
            }
            buffer.push(1);
            assert_eq!(woken.load(Ordering::SeqCst), 1);
            assert_eq!(recv.as_mut().poll(&mut Context::from_waker(&new())), Poll::Ready(Ok(1)));
        }
        buffer.push(2);
        {
            let mut push = pin!(buffer.push_async(3));
            for _ in 0..3 {
                assert!(push.as_mut().poll(&mut Context::from_waker(&new())).is_pending());
            }
            let mut flush = Box::pin(Buffer::flush(&buffer));
            for _ in 0..3 {
                assert!(flush.as_mut().poll(&mut Context::from_waker(&new())).is_pending());
            }
            assert_eq!(reader.try_recv(), Ok(2));
            assert_eq!(woken.load(Ordering::SeqCst), 3, "the sender and the flush");
            assert_eq!(flush.as_mut().poll(&mut Context::from_waker(&new())), Poll::Ready(Ok(())));
            assert_eq!(push.as_mut().poll(&mut Context::from_waker(&new())), Poll::Ready(Ok(())));
        }
        // Dropped while they stand in the queue.
        let mut push = Box::pin(buffer.push_async(4));
        assert!(push.as_mut().poll(&mut Context::from_waker(&new())).is_pending());
        drop(push);
        assert_eq!(reader.try_recv(), Ok(3));
        let mut recv = Box::pin(reader.recv());
        assert!(recv.as_mut().poll(&mut Context::from_waker(&new())).is_pending());
        drop(recv);
        let mut recv = Box::pin(reader.recv());
        assert!(recv.as_mut().poll(&mut Context::from_waker(&new())).is_pending());
        buffer.close();
        assert!(recv.as_mut().poll(&mut Context::from_waker(&new())).is_ready());
    });
}

/// The last waker of a task drops the task and what it holds: here, futures of the same record.
#[test]
fn b09_a_waker_whose_drop_drops_a_future_of_the_same_record() {
    within(60, "b09_a_waker_whose_drop_drops_a_future", || {
        let buffer: &'static HeapBuffer<u64> = leak(pausing());
        let mut reader = buffer.reader().expect("a cursor");
        let mut share = reader.share().expect("a share");
        buffer.push(0);
        let mut push = Box::pin(buffer.push_async(1));
        assert!(push.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        let held = parking_lot::Mutex::new(Some(push));
        let holder = waker(|| {}, move || drop(held.lock().take()));
        // The reader's queue has the only handle of the waker that holds the sender's future.
        assert_eq!(reader.try_recv(), Ok(0));
        assert_eq!(reader.try_recv(), Ok(1), "it was published when room was made");
        let mut recv = Box::pin(share.recv());
        assert!(recv.as_mut().poll(&mut Context::from_waker(&holder)).is_pending());
        drop(holder);
        assert!(recv.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        drop(recv);
        assert_eq!(buffer.metrics().waiting_consumers, 0);
    });
}

#[test]
fn b10_a_waker_that_panics_keeps_nobody_from_being_woken_and_loses_nothing() {
    within(60, "b10_a_waker_that_panics", || {
        let script = Script::panics(When::Never);
        let buffer = buffer(&BufferCfg::SpmcRing { capacity: 1 }, &script);
        let mut panics = buffer.reader().expect("a cursor");
        let waits: Vec<_> = (0..12).map(|_| buffer.reader().expect("a cursor")).collect();
        buffer.push(script.value(0));
        let _ = panics.try_recv();
        let hostile = waker(|| panic!("the waker panics, as the test wants it to"), || {});
        let mut recv = Box::pin(panics.recv());
        assert!(recv.as_mut().poll(&mut Context::from_waker(&hostile)).is_pending());
        let waits: Vec<_> = waits
            .into_iter()
            .map(|mut reader| {
                drop(reader.try_recv());
                thread::spawn(move || reader.recv_blocking(Deadline::Never).map(|value| value.tag()))
            })
            .collect();
        while buffer.metrics().waiting_consumers < 13 {
            thread::yield_now();
        }
        let pushed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| buffer.push(script.value(1))));
        assert!(pushed.is_err(), "the panic reaches whoever woke");
        for reader in waits {
            assert_eq!(reader.join().expect("the reader"), Ok(1), "it was woken, and has the value");
        }
        assert_eq!(
            recv.as_mut().poll(&mut Context::from_waker(Waker::noop())).map(|read| read.map(|v| v.tag())),
            Poll::Ready(Ok(1))
        );
        drop(recv);
        drop((panics, buffer));
        assert_eq!(script.alive(), 0, "the displaced value is dropped, too");
    });
}

/// Many cursors in many threads, where every seventh clone panics.
#[test]
fn b10_clones_that_panic_in_many_threads_skip_a_value_for_their_caller_only() {
    within(60, "b10_clones_that_panic_in_many_threads", || {
        #[derive(Debug)]
        struct Seventh(u64, Arc<AtomicU64>);
        impl Clone for Seventh {
            fn clone(&self) -> Self {
                assert!(
                    !self.1.fetch_add(1, Ordering::Relaxed).is_multiple_of(7),
                    "the clone panics, as the test wants it to"
                );
                Self(self.0, Arc::clone(&self.1))
            }
        }
        const VALUES: u64 = 300;
        let buffer: HeapBuffer<Seventh> =
            HeapBuffer::new(&BufferCfg::Bounded { capacity: 3, policy: Policy::PauseUpstream }).expect("a buffer");
        let readers: Vec<_> = (0..4)
            .map(|_| {
                let mut reader = buffer.reader().expect("a cursor");
                thread::spawn(move || {
                    let (mut tags, mut panics) = (Vec::new(), 0_u64);
                    loop {
                        let read = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                            reader.recv_blocking(Deadline::Never)
                        }));
                        match read {
                            Ok(Ok(value)) => tags.push(value.0),
                            Ok(Err(RecvTimeoutError::Closed)) => return (tags, panics),
                            Ok(Err(error)) => panic!("{error:?}"),
                            Err(_) => panics += 1,
                        }
                    }
                })
            })
            .collect();
        let clones = Arc::new(AtomicU64::new(1));
        for tag in 0..VALUES {
            let mut value = Seventh(tag, Arc::clone(&clones));
            while let Err(TryProduceError::Full(back)) = buffer.try_push(value) {
                value = back;
                thread::yield_now();
            }
        }
        buffer.close();
        let mut panics = 0;
        for reader in readers {
            let (tags, own) = reader.join().expect("the reader");
            assert!(tags.is_sorted());
            assert_eq!(tags.len() as u64 + own, VALUES, "each value was read, or skipped by a panic");
            panics += own;
        }
        assert_eq!(buffer.metrics().counters.clone_panics, panics);
        assert_eq!(Arc::strong_count(&clones), 1, "K7");
    });
}
