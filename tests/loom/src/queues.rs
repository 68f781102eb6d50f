//! The lean bounded record of aimdb-sync-embassy: values that are moved inside its critical section (a pointer to a
//! tag), and with the feature `large` outside of it (the tag itself).
#![allow(unsafe_code)]

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use aimdb_core::buffer::{RecvError, SendError, TryRecvError};
use embassy_sync::blocking_mutex::raw::RawMutex;
use loom::sync::{Arc, Mutex};

use crate::StaticQueue;
use crate::ledger::{Ledger, Tag};
use crate::lines::Bell;
use crate::lock::PreemptionSafe;
use crate::record::Sending;
use crate::schedule::{block_on, thread};

#[cfg(not(feature = "large"))]
pub(crate) type Value = Box<Tag>;
#[cfg(feature = "large")]
pub(crate) type Value = Tag;

pub(crate) fn value(ledger: &Ledger, id: u32) -> Value {
    #[cfg(not(feature = "large"))]
    return Box::new(ledger.tag(id));
    #[cfg(feature = "large")]
    ledger.tag(id)
}

loom::lazy_static! {
    static ref SECTION: Mutex<()> = Mutex::new(());
}

/// The critical section: there is one lean record in a model.
pub struct Section;

// SAFETY: it is a lock.
unsafe impl RawMutex for Section {
    const INIT: Self = Self;

    fn lock<R>(&self, critical: impl FnOnce() -> R) -> R {
        let _inside = SECTION.lock().expect("nothing panics in a section");
        critical()
    }
}

// SAFETY: as above.
unsafe impl PreemptionSafe for Section {}

type Queue<const N: usize> = Arc<StaticQueue<Value, Section, N>>;

fn queue<const N: usize>() -> Queue<N> {
    Arc::new(StaticQueue::new())
}

fn send<const N: usize>(queue: &Queue<N>, value: Value) -> Result<(), SendError<Value>> {
    block_on(queue.producer().send_async(value))
}

fn recv<const N: usize>(queue: &Queue<N>) -> Result<u32, RecvError> {
    let mut consumer = queue.consumer();
    block_on(consumer.recv_async()).map(|value| value.id)
}

/// All that is left, in order.
fn drain<const N: usize>(queue: &Queue<N>) -> Vec<u32> {
    let mut consumer = queue.consumer();
    std::iter::from_fn(|| consumer.try_recv().ok()).map(|value| value.id).collect()
}

/// A waker, and what it wakes.
fn bell() -> (std::sync::Arc<Bell>, Waker) {
    let bell = std::sync::Arc::<Bell>::default();
    (bell.clone(), bell.into())
}

fn conserves<const N: usize>(queue: &Queue<N>, offered: u64) {
    let stats = queue.stats();
    assert_eq!(stats.counters.offered(), offered, "M1");
    let there = stats.counters.delivered + stats.counters.aborted + stats.occupancy as u64;
    assert_eq!(stats.counters.accepted, there, "M1");
    assert_eq!((stats.waiting_producers, stats.waiting_consumers), (0, 0));
}

/// A full queue, a sender that waits, a reader: both go on.
pub fn w1_q_a_sender_waits_for_a_reader() {
    Ledger::audit(|ledger| {
        let queue = queue::<1>();
        let (other, first, second) = (queue.clone(), value(ledger, 1), value(ledger, 2));
        let sending = thread::spawn(move || {
            assert!(send(&other, first).is_ok());
            assert!(send(&other, second).is_ok());
        });
        assert_eq!((recv(&queue), recv(&queue)), (Ok(1), Ok(2)));
        sending.join().unwrap();
        conserves(&queue, 2);
    });
}

/// Two threads that send 1 and 2 so, and what a reader that waits has of them: both.
fn two_reach_a_reader<const N: usize>(ledger: &Ledger, sends: fn(&Queue<N>, Value) -> bool) {
    let queue = queue::<N>();
    let sending = [1, 2].map(|id| {
        let (queue, value) = (queue.clone(), value(ledger, id));
        thread::spawn(move || assert!(sends(&queue, value), "K1: there is room, or it comes"))
    });
    let mut seen = [recv(&queue).unwrap(), recv(&queue).unwrap()];
    seen.sort_unstable();
    assert_eq!(seen, [1, 2]);
    for thread in sending {
        thread.join().unwrap();
    }
    conserves(&queue, 2);
}

/// Two senders and one reader at one place: each wake-up reaches somebody who goes on.
pub fn w1_q_two_senders_meet_a_reader() {
    Ledger::audit(|ledger| two_reach_a_reader::<1>(ledger, |queue, value| send(queue, value).is_ok()));
}

/// Two senders fill places side by side while a reader waits: both values are shown, in the order of the claims.
pub fn w1_q_two_fill_while_a_reader_waits() {
    Ledger::audit(|ledger| two_reach_a_reader::<2>(ledger, |queue, value| queue.producer().try_send(value).is_ok()));
}

/// Two readers wait, two values come: one each.
pub fn w2_q_two_readers_have_a_value_each() {
    Ledger::audit(|ledger| {
        let queue = queue::<2>();
        let reading = [(); 2].map(|()| {
            let queue = queue.clone();
            thread::spawn(move || recv(&queue).unwrap())
        });
        for id in [1, 2] {
            assert!(queue.producer().try_send(value(ledger, id)).is_ok(), "K1: there is room for both");
        }
        let mut seen = reading.map(|thread| thread.join().unwrap());
        seen.sort_unstable();
        assert_eq!(seen, [1, 2]);
        conserves(&queue, 2);
    });
}

/// Two senders fill places side by side while two readers wait: values that are shown together wake as many.
pub fn w2_q_two_fill_while_two_readers_wait() {
    Ledger::audit(|ledger| {
        let queue = queue::<2>();
        let mut consumers = [queue.consumer(), queue.consumer()];
        let mut reading = consumers.each_mut().map(|consumer| (Box::pin(consumer.recv_async()), bell()));
        for (recv, (_, waker)) in &mut reading {
            assert!(recv.as_mut().poll(&mut Context::from_waker(waker)).is_pending());
        }
        let (other, first) = (queue.clone(), value(ledger, 1));
        let sending = thread::spawn(move || assert!(other.producer().try_send(first).is_ok()));
        assert!(queue.producer().try_send(value(ledger, 2)).is_ok(), "K1: there is room for both");
        sending.join().unwrap();
        let mut seen = reading.map(|(mut recv, (bell, waker))| {
            assert!(bell.was_rung(), "W2: there is a value for each");
            match recv.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(Ok(value)) => value.id,
                _ => panic!("W2: it was woken for a value"),
            }
        });
        seen.sort_unstable();
        assert_eq!(seen, [1, 2]);
        conserves(&queue, 2);
    });
}

/// Two readers empty places side by side while a sender waits: it has one of them.
pub fn w1_q_two_empty_while_a_sender_waits() {
    Ledger::audit(|ledger| {
        let queue = queue::<2>();
        for id in [1, 2] {
            assert!(queue.producer().try_send(value(ledger, id)).is_ok());
        }
        let reading = [(); 2].map(|()| {
            let queue = queue.clone();
            thread::spawn(move || recv(&queue).unwrap())
        });
        assert!(send(&queue, value(ledger, 3)).is_ok());
        let mut seen: Vec<_> = reading.into_iter().map(|thread| thread.join().unwrap()).collect();
        seen.extend(drain(&queue));
        seen.sort_unstable();
        assert_eq!(seen, [1, 2, 3]);
        conserves(&queue, 3);
    });
}

/// A sender that was woken gives up: the one behind it has the room.
pub fn w2_q_a_sender_that_gives_up_passes_its_turn_on() {
    Ledger::audit(|ledger| {
        let queue = queue::<1>();
        assert!(queue.producer().try_send(value(ledger, 1)).is_ok());
        let (other, second) = (queue.clone(), value(ledger, 2));
        let sending = thread::spawn(move || assert!(send(&other, second).is_ok()));
        let (producer, third) = (queue.producer(), value(ledger, 3));
        let gone = {
            let mut third = pin!(producer.send_async(third));
            let polled = third.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            let reading = {
                let queue = queue.clone();
                thread::spawn(move || recv(&queue))
            };
            let back = third.as_mut().cancel();
            assert_eq!(reading.join().unwrap(), Ok(1));
            polled.is_ready() || back.is_none()
        };
        assert!(!gone, "it was full, and nobody made room for the third before it gave up, or it was not polled again");
        assert_eq!(recv(&queue), Ok(2));
        sending.join().unwrap();
        conserves(&queue, 3);
    });
}

/// A reader that was woken leaves: the one behind it has the value.
pub fn w2_q_a_reader_that_leaves_passes_its_wake_up_on() {
    Ledger::audit(|ledger| {
        let queue = queue::<1>();
        let other = queue.clone();
        let reading = thread::spawn(move || recv(&other));
        let mut consumer = queue.consumer();
        let sending = {
            let mut leaving = pin!(consumer.recv_async());
            let polled = leaving.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            assert!(matches!(polled, Poll::Pending));
            let (queue, value) = (queue.clone(), value(ledger, 1));
            thread::spawn(move || assert!(queue.producer().try_send(value).is_ok()))
        };
        assert_eq!(reading.join().unwrap(), Ok(1));
        sending.join().unwrap();
        conserves(&queue, 1);
    });
}

/// A close meets a sender that fills a place, and a reader that waits: what was accepted is delivered, then it ends.
pub fn c1_q_a_close_meets_a_send_and_a_reader() {
    Ledger::audit(|ledger| {
        let queue = queue::<1>();
        let (other, first) = (queue.clone(), value(ledger, 1));
        let sending = thread::spawn(move || other.producer().try_send(first).is_ok());
        let other = queue.clone();
        let reading = thread::spawn(move || {
            let first = recv(&other);
            if first.is_ok() { (first, Some(recv(&other))) } else { (first, None) }
        });
        queue.close();
        let sent = sending.join().unwrap();
        let expected = if sent { (Ok(1), Some(Err(RecvError::Closed))) } else { (Err(RecvError::Closed), None) };
        assert_eq!(reading.join().unwrap(), expected);
        conserves(&queue, 1);
    });
}

/// A close releases a sender that waits, and one that fills a place.
pub fn c1_q_a_close_meets_two_senders() {
    Ledger::audit(|ledger| {
        let queue = queue::<1>();
        let sending = [1, 2].map(|id| {
            let (queue, value) = (queue.clone(), value(ledger, id));
            thread::spawn(move || send(&queue, value).is_ok())
        });
        queue.close();
        let sent = sending.map(|thread| thread.join().unwrap());
        let there = drain(&queue);
        assert_eq!(sent.iter().filter(|sent| **sent).count(), there.len());
        assert!(matches!(queue.consumer().try_recv(), Err(TryRecvError::Closed)));
        conserves(&queue, 2);
    });
}

/// An abort meets senders and a reader: each value is delivered, discarded or refused, and none is left.
pub fn c2_q_an_abort_meets_a_send_and_a_reader() {
    Ledger::audit(|ledger| {
        let queue = queue::<2>();
        assert!(queue.producer().try_send(value(ledger, 1)).is_ok());
        let (other, second) = (queue.clone(), value(ledger, 2));
        let sending = thread::spawn(move || other.producer().try_send(second).is_ok());
        let other = queue.clone();
        let reading = thread::spawn(move || other.consumer().try_recv().is_ok());
        queue.abort();
        assert!(matches!(queue.consumer().try_recv(), Err(TryRecvError::Closed)), "whatever is on its way");
        let (sent, read) = (sending.join().unwrap(), reading.join().unwrap());
        let stats = queue.stats();
        assert_eq!(stats.counters.accepted, 1 + u64::from(sent));
        assert_eq!((stats.counters.delivered, stats.occupancy), (u64::from(read), 0));
        assert!(matches!(queue.consumer().try_recv(), Err(TryRecvError::Closed)));
        conserves(&queue, 2);
    });
}

/// Three at once, by all that never waits: nothing is lost, and the order is that of each sender.
pub fn k6_q_two_senders_and_a_reader_keep_order() {
    Ledger::audit(|ledger| {
        let queue = queue::<2>();
        let sending = [10, 20].map(|id| {
            let (queue, first, second) = (queue.clone(), value(ledger, id), value(ledger, id + 1));
            thread::spawn(move || {
                let producer = queue.producer();
                usize::from(producer.try_send(first).is_ok()) + usize::from(producer.try_send(second).is_ok())
            })
        });
        let mut seen = drain(&queue);
        let sent: usize = sending.into_iter().map(|thread| thread.join().unwrap()).sum();
        seen.extend(drain(&queue));
        assert_eq!(seen.len(), sent);
        for id in [10, 20] {
            assert!(seen.iter().filter(|seen| **seen / 10 * 10 == id).is_sorted(), "K6: {seen:?}");
        }
        conserves(&queue, 4);
    });
}

/// One more than can be counted inside a queue.
#[cfg(feature = "large")]
const MANY: usize = 4;

/// A reader that comes to wait at a queue of very many places while a value comes, or the end, has it.
#[cfg(feature = "large")]
pub fn w1_q_a_reader_waits_at_a_wide_queue() {
    Ledger::audit(|ledger| {
        let queue = queue::<MANY>();
        let (other, first) = (queue.clone(), value(ledger, 1));
        let sending = thread::spawn(move || {
            assert!(other.producer().try_send(first).is_ok());
            other.close();
        });
        assert_eq!((recv(&queue), recv(&queue)), (Ok(1), Err(RecvError::Closed)));
        sending.join().unwrap();
        conserves(&queue, 1);
    });
}

/// One sender more than can be counted: it waits though there is room, and comes when one of the others has gone.
#[cfg(feature = "large")]
pub fn w1_q_more_senders_than_are_counted_fill_a_wide_queue() {
    Ledger::audit(|ledger| {
        let queue = queue::<MANY>();
        let sending = [1, 2, 3].map(|id| {
            let (queue, value) = (queue.clone(), value(ledger, id));
            thread::spawn(move || assert!(send(&queue, value).is_ok()))
        });
        assert!(send(&queue, value(ledger, 4)).is_ok());
        for thread in sending {
            thread.join().unwrap();
        }
        let mut seen = drain(&queue);
        seen.sort_unstable();
        assert_eq!(seen, [1, 2, 3, 4]);
        conserves(&queue, 4);
    });
}

/// As many read a queue of very many places, which is full, as can be counted, beside one that says how many values it has read.
#[cfg(feature = "large")]
fn many_read(ledger: &Ledger, another: fn(&Queue<MANY>) -> u64) {
    let queue = queue::<MANY>();
    for id in 1..=MANY as u32 {
        assert!(queue.producer().try_send(value(ledger, id)).is_ok());
    }
    let reads: fn(&Queue<MANY>) -> u64 = |queue| recv(queue).map_or(0, |_| 1);
    // The first that is stopped is the one that runs here.
    let reading = [reads, reads, another].map(|reads| {
        let queue = queue.clone();
        thread::spawn(move || reads(&queue))
    });
    let read = reads(&queue) + reading.map(|thread| thread.join().unwrap()).iter().sum::<u64>();
    let stats = queue.stats();
    assert_eq!((stats.counters.delivered, stats.occupancy), (read, 0));
    conserves(&queue, MANY as u64);
}

/// One reader more than can be counted: it waits though there is a value, and comes when one of the others has gone.
#[cfg(feature = "large")]
pub fn w1_q_more_readers_than_are_counted_empty_a_wide_queue() {
    Ledger::audit(|ledger| many_read(ledger, |queue| recv(queue).map_or(0, |_| 1)));
}

/// An abort may find as many readers inside as are counted: then the last of them discards what is left.
#[cfg(feature = "large")]
pub fn c2_q_an_abort_meets_many_readers_of_a_wide_queue() {
    Ledger::audit(|ledger| {
        many_read(ledger, |queue| {
            queue.abort();
            0
        });
    });
}
