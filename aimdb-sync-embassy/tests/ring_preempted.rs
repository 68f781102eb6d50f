//! The lean ring, with tasks that are stopped at a chosen point while others go on: after each critical section an
//! interrupt may come, and these tests say after which one it comes and what it does.

mod port;
#[path = "port/preempted.rs"]
mod preempted;

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use aimdb_sync_embassy::{RecvError, Start, StaticRing, TryRecvError, TrySendError};
use port::{Wakes, conserves, poll_counted, poll_once, watched};
use preempted::{Preempted, after, nobody_comes};

/// Moved outside the critical section.
type Large = [u64; 4];
type Ring<const N: usize, const READERS: usize, const WRITERS: usize> =
    &'static StaticRing<Large, Preempted, N, READERS, WRITERS>;

fn ring<const N: usize, const READERS: usize, const WRITERS: usize>() -> Ring<N, READERS, WRITERS> {
    Box::leak(Box::new(StaticRing::new()))
}

fn publish<const N: usize, const READERS: usize, const WRITERS: usize>(
    ring: Ring<N, READERS, WRITERS>,
    values: impl IntoIterator<Item = u64>,
) {
    for value in values {
        ring.producer().try_send([value; 4]).unwrap();
    }
}

/// All that a reader is told, up to the end of it.
fn told<const N: usize, const READERS: usize, const WRITERS: usize>(
    ring: Ring<N, READERS, WRITERS>,
) -> Vec<Result<u64, TryRecvError>> {
    let mut reader = ring.consumer_from(Start::Oldest).unwrap();
    std::iter::from_fn(|| match reader.try_recv() {
        Err(TryRecvError::Empty | TryRecvError::Closed) => None,
        other => Some(other.map(whole)),
    })
    .collect()
}

fn whole(value: Large) -> u64 {
    assert!(value.iter().all(|word| *word == value[0]), "torn");
    value[0]
}

#[test]
fn k6_a_publisher_that_is_stopped_holds_nobody_up() {
    // Also a ring that goes round several times meanwhile, onto every place it has.
    fn stops<const N: usize>(values: u64) {
        let ring = ring::<N, 2, 2>();
        publish(ring, [100, 101]);
        let mut reader = ring.consumer().unwrap();
        // It has its place, and not yet written.
        after(1, move || {
            publish(ring, 0..values);
            let missed = values.saturating_sub(N as u64);
            if missed > 0 {
                assert_eq!(reader.try_recv(), Err(TryRecvError::Lagged(missed)));
            }
            for value in missed..values {
                assert_eq!(reader.try_recv().map(whole), Ok(value), "it is there though another is stopped");
            }
            assert_eq!(reader.try_recv(), Err(TryRecvError::Empty));
        });
        publish(ring, [999]);
        let all = told(ring);
        assert_eq!(all.last(), Some(&Ok(999)), "what was published last is the newest");
        let expected: Vec<_> = [100, 101].into_iter().chain(0..values).chain([999]).map(Ok).collect();
        assert_eq!(all, expected[expected.len().saturating_sub(N)..]);
        conserves(&ring.stats(), values + 3);
    }
    stops::<1>(1);
    stops::<1>(5);
    stops::<2>(5);
    stops::<3>(3);
    stops::<4>(9);
    stops::<16>(40);
}

#[test]
fn k7_publishers_inside_each_other_tear_nothing() {
    // Three tasks are stopped one inside the other, each with a place of its own.
    let ring = ring::<2, 1, 3>();
    let mut reader = ring.consumer().unwrap();
    after(1, move || {
        after(1, move || publish(ring, [3, 4, 5]));
        publish(ring, [2]);
    });
    publish(ring, [1]);
    let order: Vec<_> = (0..3).map(|_| reader.try_recv().map(whole)).collect();
    assert_eq!(order, [Err(TryRecvError::Lagged(3)), Ok(2), Ok(1)], "in the order in which they were whole");
    conserves(&ring.stats(), 5);
}

#[test]
fn s1_one_publisher_too_many_is_refused_and_the_place_comes_back() {
    let ring = ring::<2, 1, 1>();
    for stopped in 1..=2 {
        // Before it is written, and when it is published and the other place not yet given back.
        after(stopped, move || {
            let refused = ring.producer().try_send([7; 4]);
            assert_eq!(refused, Err(TrySendError::Full([7; 4])));
        });
        publish(ring, [1]);
    }
    publish(ring, [2]);
    assert_eq!(told(ring), [Ok(1), Ok(2)]);
    let stats = ring.stats();
    conserves(&stats, 5);
    assert_eq!((stats.counters.accepted, stats.counters.refused), (3, 2));
}

#[test]
fn k3_a_reader_that_is_overtaken_while_it_copies_is_told_so() {
    let ring = ring::<2, 1, 1>();
    let mut reader = ring.consumer().unwrap();
    // A value that is retained to the end of its copy.
    publish(ring, [0]);
    after(2, move || publish(ring, [1]));
    assert_eq!(reader.try_recv().map(whole), Ok(0));
    // One that is overwritten just then, with others behind it.
    for more in [1, 2, 3, 7] {
        let mut fresh = reader.try_recv();
        while fresh != Err(TryRecvError::Empty) {
            fresh = reader.try_recv();
        }
        publish(ring, [10, 11]);
        after(2, move || publish(ring, 20..20 + more));
        assert_eq!(reader.try_recv(), Err(TryRecvError::Lagged(more)));
        let rest: Vec<_> = (0..3).map(|_| reader.try_recv().map(whole)).collect();
        let newest = [10, 11].into_iter().chain(20..20 + more).collect::<Vec<_>>();
        assert_eq!(rest[..2], [Ok(newest[newest.len() - 2]), Ok(newest[newest.len() - 1])]);
        assert_eq!(rest[2], Err(TryRecvError::Empty));
        let counters = reader.stats().counters;
        assert_eq!(counters.accepted, counters.delivered + counters.lagged);
    }
}

#[test]
fn k6_two_who_share_a_cursor_have_a_value_each_though_one_is_stopped() {
    let ring = ring::<2, 1, 1>();
    let mut one = ring.consumer().unwrap();
    let mut other = one.clone();
    publish(ring, [1, 2]);
    after(2, move || {
        assert_eq!(other.try_recv().map(whole), Ok(2));
        // What the first one copies is overwritten, and so is what nobody has read.
        publish(ring, [3, 4, 5]);
        assert_eq!(other.try_recv(), Err(TryRecvError::Lagged(1)));
        assert_eq!(other.try_recv().map(whole), Ok(4));
    });
    assert_eq!(one.try_recv(), Err(TryRecvError::Lagged(1)), "its own, and no more");
    assert_eq!(one.try_recv().map(whole), Ok(5));
    let counters = one.stats().counters;
    assert_eq!((counters.accepted, counters.delivered, counters.lagged), (5, 3, 2));
}

#[test]
fn c1_a_value_that_comes_after_the_close_is_refused() {
    let ring = ring::<2, 1, 1>();
    after(1, move || {
        ring.close();
        assert_eq!(ring.consumer().unwrap().try_recv(), Err(TryRecvError::Closed));
    });
    assert_eq!(ring.producer().try_send([1; 4]), Err(TrySendError::Closed([1; 4])));
    assert_eq!(ring.consumer_from(Start::Oldest).unwrap().try_recv(), Err(TryRecvError::Closed));
    conserves(&ring.stats(), 1);
}

#[test]
fn c2_a_value_that_is_copied_when_the_ring_is_aborted_is_whole() {
    let ring = ring::<2, 1, 1>();
    let mut reader = ring.consumer().unwrap();
    publish(ring, [1, 2]);
    after(2, move || assert_eq!(ring.abort(), 2));
    assert_eq!(reader.try_recv().map(whole), Ok(1), "it was taken before");
    assert_eq!(reader.try_recv(), Err(TryRecvError::Closed));
    let counters = reader.stats().counters;
    assert_eq!((counters.accepted, counters.delivered, counters.lagged), (2, 1, 1));
}

#[test]
fn w1_a_value_that_comes_while_its_reader_goes_to_wait_is_seen() {
    // After each section of a poll, as many as there are; with one cursor, and with a second that is never read.
    fn comes<const READERS: usize>() -> u32 {
        for sections in 1.. {
            let ring = ring::<2, READERS, 1>();
            let mut reader = ring.consumer().unwrap();
            let wakes = Arc::new(Wakes::default());
            let mut reading = Box::pin(reader.recv_async());
            after(sections, move || publish(ring, [1]));
            let polled = poll_counted(reading.as_mut(), &wakes);
            if nobody_comes() {
                // There are not so many.
                return sections;
            }
            let seen = if polled.is_pending() {
                assert_eq!(wakes.count(), 1, "after {sections}: the value woke nobody");
                poll_once(reading.as_mut())
            } else {
                polled
            };
            assert_eq!(seen.map(|seen| seen.map(whole)), Poll::Ready(Ok(1)));
            drop(reading);
            // The next one is not missed either.
            let mut reading = pin!(reader.recv_async());
            assert!(poll_counted(reading.as_mut(), &wakes).is_pending());
            let before = wakes.count();
            publish(ring, [2]);
            assert_eq!(wakes.count(), before + 1);
            assert_eq!(poll_once(reading.as_mut()).map(|seen| seen.map(whole)), Poll::Ready(Ok(2)));
        }
        unreachable!("a poll ends")
    }
    assert!(comes::<1>() > 5 && comes::<2>() > 5);
}

#[test]
fn w1_a_reader_whose_mark_is_taken_away_while_it_comes_is_woken_all_the_same() {
    // Somebody publishes while it comes, finds nobody there, and takes the mark away; its clone reads that value. Another value
    // comes when it waits.
    for sections in 1..12 {
        let ring = ring::<2, 2, 1>();
        let mut reader = ring.consumer().unwrap();
        let mut clone = reader.clone();
        let wakes = Arc::new(Wakes::default());
        let mut reading = pin!(reader.recv_async());
        after(sections, move || {
            publish(ring, [1]);
            assert_eq!(clone.try_recv().map(whole), Ok(1));
        });
        assert!(poll_counted(reading.as_mut(), &wakes).is_pending());
        nobody_comes();
        let before = wakes.count();
        if before == 1 {
            // It was woken in vain, and comes again.
            assert!(poll_counted(reading.as_mut(), &wakes).is_pending());
        }
        publish(ring, [2]);
        assert_eq!(wakes.count(), before + 1, "after {sections}");
        assert!(poll_once(reading.as_mut()).is_ready());
    }
}

type Waits = Pin<Box<dyn Future<Output = Result<Large, RecvError>>>>;

/// A task that is more urgent than whoever wakes it: it runs at once, and waits again when it has found nothing.
struct Eager {
    polls: AtomicUsize,
}

std::thread_local! {
    static TASK: RefCell<Option<Waits>> = const { RefCell::new(None) };
}

impl Wake for Eager {
    fn wake(self: Arc<Self>) {
        assert!(self.polls.fetch_add(1, Ordering::Relaxed) < 100, "it is woken again and again");
        let Some(mut task) = TASK.take() else { return };
        if task.as_mut().poll(&mut Context::from_waker(&Waker::from(Arc::clone(&self)))).is_pending() {
            TASK.set(Some(task));
        }
    }
}

/// Reads for ever.
async fn follow<const N: usize, const READERS: usize, const WRITERS: usize>(
    ring: Ring<N, READERS, WRITERS>,
    urgency: u8,
    seen: Arc<AtomicUsize>,
) -> Result<Large, RecvError> {
    let mut reader = ring.consumer().unwrap();
    loop {
        reader.recv_async().with_priority(urgency).await?;
        seen.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn w2_an_urgent_reader_that_waits_again_at_once_keeps_nobody_from_being_woken() {
    watched(|| {
        let ring = ring::<2, 4, 1>();
        let seen = Arc::new(AtomicUsize::new(0));
        let eager = Arc::new(Eager { polls: AtomicUsize::new(0) });
        TASK.set(Some(Box::pin(follow(ring, 9, Arc::clone(&seen)))));
        Wake::wake(Arc::clone(&eager));
        let mut readers: [_; 3] = std::array::from_fn(|_| ring.consumer().unwrap());
        let wakes = Arc::new(Wakes::default());
        let mut waiting: Vec<_> = readers.iter_mut().map(|reader| Box::pin(reader.recv_async())).collect();
        for waits in &mut waiting {
            assert!(poll_counted(waits.as_mut(), &wakes).is_pending());
        }
        publish(ring, [1]);
        assert_eq!((seen.load(Ordering::Relaxed), wakes.count()), (1, 3));
        ring.close();
        drop(TASK.take());
    });
}

/// A waker that panics, which only an executor's can.
struct Broken;

impl Wake for Broken {
    fn wake(self: Arc<Self>) {
        panic!("this one is broken");
    }
}

#[test]
fn w2_everybody_is_woken_whatever_a_waker_does() {
    let wakes = Arc::new(Wakes::default());
    for ends in [false, true] {
        let ring = ring::<2, 4, 1>();
        let mut readers: [_; 4] = std::array::from_fn(|_| ring.consumer().unwrap());
        let mut waiting: Vec<_> = readers.iter_mut().map(|reader| Box::pin(reader.recv_async())).collect();
        let broken = Waker::from(Arc::new(Broken));
        assert!(waiting[0].as_mut().poll(&mut Context::from_waker(&broken)).is_pending());
        for waits in &mut waiting[1..] {
            assert!(poll_counted(waits.as_mut(), &wakes).is_pending());
        }
        let before = wakes.count();
        let call = AssertUnwindSafe(|| if ends { ring.close() } else { publish(ring, [1]) });
        assert!(catch_unwind(call).is_err());
        assert_eq!(wakes.count() - before, 3, "the other ones wait for ever");
        // The value is there all the same, and its place came back.
        if !ends {
            publish(ring, [2]);
            assert_eq!(ring.stats().occupancy, 2);
        }
    }
}

#[test]
fn e5_a_cursor_that_is_given_back_by_two_at_once_is_free_once() {
    for sections in 1..=4 {
        let ring = ring::<2, 2, 1>();
        let one = ring.consumer().unwrap();
        let other = one.clone();
        for value in 0..3 {
            ring.producer().try_send([value; 4]).unwrap();
        }
        after(sections, move || drop(other));
        drop(one);
        // The first of the two to go has no more sections than one: then the other one goes alone.
        nobody_comes();
        let counters = ring.stats().counters;
        assert_eq!((counters.lagged, counters.delivered), (1, 0), "after section {sections}");
        assert!([ring.consumer(), ring.consumer()].iter().all(Result::is_ok), "both are free");
    }
}
