//! The lean mailbox of large values, with a task that is stopped at a chosen point while others go on: after each
//! critical section an interrupt may come, and these tests say after which one it comes and what it does.

mod port;
#[path = "port/preempted.rs"]
mod stopped;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use aimdb_sync_embassy::{RecvError, StaticMailbox, TryRecvError, TrySendError};
use port::{Wakes, conserves, poll_counted};
use stopped::{Preempted, after};

/// Moved outside the critical section, and dropped somewhere.
type Large = (u64, Arc<()>);
type Mailbox = &'static StaticMailbox<Large, Preempted, 3>;

fn mailbox() -> Mailbox {
    Box::leak(Box::new(StaticMailbox::new()))
}

/// Values, each of which is counted as long as it is somewhere.
struct Values(Arc<()>);

impl Values {
    fn new() -> Self {
        Self(Arc::new(()))
    }

    fn value(&self, number: u64) -> Large {
        (number, Arc::clone(&self.0))
    }

    fn alive(&self) -> usize {
        Arc::strong_count(&self.0) - 1
    }
}

#[test]
fn k6_a_writer_that_comes_while_another_is_stopped_stores_at_once() {
    let (mailbox, values) = (mailbox(), Values::new());
    for (round, pending) in [false, true].into_iter().enumerate() {
        if pending {
            mailbox.producer().try_send(values.value(1)).unwrap();
        }
        let other = values.value(3);
        after(1, move || {
            let displaced = mailbox.producer().force_send(other).unwrap();
            assert_eq!(displaced.map(|value| value.0), pending.then_some(1));
            assert_eq!(mailbox.stats().occupancy, 1, "it is there before the other one comes");
        });
        let displaced = mailbox.producer().force_send(values.value(2)).unwrap();
        assert_eq!(displaced.map(|value| value.0), Some(3), "the one that was shown last is the newest");
        assert_eq!(mailbox.consumer().try_recv().map(|value| value.0), Ok(2));
        assert_eq!(values.alive(), 0, "round {round}");
    }
    conserves(&mailbox.stats(), 5);
}

#[test]
fn k7_a_writer_that_comes_while_another_takes_what_it_displaced_stores_at_once() {
    let (mailbox, values) = (mailbox(), Values::new());
    mailbox.producer().try_send(values.value(1)).unwrap();
    let other = values.value(3);
    after(2, move || {
        assert_eq!(mailbox.producer().force_send(other).unwrap().map(|value| value.0), Some(2));
        assert_eq!(mailbox.consumer().try_recv().map(|value| value.0), Ok(3));
    });
    assert_eq!(mailbox.producer().force_send(values.value(2)).unwrap().map(|value| value.0), Some(1));
    assert_eq!(mailbox.consumer().try_recv(), Err(TryRecvError::Empty));
    assert_eq!(values.alive(), 0);
    let counters = mailbox.stats().counters;
    assert_eq!((counters.accepted, counters.overwritten, counters.delivered), (3, 2, 1));
}

#[test]
fn k6_a_reader_that_comes_while_another_is_stopped_takes_at_once() {
    let (mailbox, values) = (mailbox(), Values::new());
    mailbox.producer().try_send(values.value(1)).unwrap();
    let [second, third] = [2, 3].map(|number| values.value(number));
    after(1, move || {
        assert_eq!(mailbox.consumer().try_recv(), Err(TryRecvError::Empty));
        mailbox.producer().try_send(second).unwrap();
        assert_eq!(mailbox.consumer().try_recv().map(|value| value.0), Ok(2));
        // Two are outside: the writer has a place, and so has the reader.
        after(1, move || assert_eq!(mailbox.consumer().try_recv(), Err(TryRecvError::Empty)));
        mailbox.producer().try_send(third).unwrap();
    });
    assert_eq!(mailbox.consumer().try_recv().map(|value| value.0), Ok(1));
    assert_eq!(mailbox.consumer().try_recv().map(|value| value.0), Ok(3));
    assert_eq!(values.alive(), 0);
    conserves(&mailbox.stats(), 3);
}

#[test]
fn c1_a_value_that_comes_to_a_closed_mailbox_goes_back() {
    let (mailbox, values) = (mailbox(), Values::new());
    let wakes = Arc::new(Wakes::default());
    let mut consumer = mailbox.consumer();
    let mut reading = pin!(consumer.recv_async());
    assert!(poll_counted(reading.as_mut(), &wakes).is_pending());
    after(1, move || mailbox.close());
    let sent = mailbox.producer().try_send(values.value(1));
    assert!(matches!(sent, Err(TrySendError::Closed((1, _)))));
    assert_eq!(wakes.count(), 1);
    assert_eq!(poll_counted(reading.as_mut(), &wakes), Poll::Ready(Err(RecvError::Closed)));
    drop(sent);
    assert_eq!(values.alive(), 0);
    conserves(&mailbox.stats(), 1);
}

#[test]
fn c2_an_abort_while_a_reader_is_stopped_leaves_it_its_value() {
    let (mailbox, values) = (mailbox(), Values::new());
    mailbox.producer().try_send(values.value(1)).unwrap();
    let second = values.value(2);
    after(1, move || {
        mailbox.producer().try_send(second).unwrap();
        assert_eq!(mailbox.abort(), 1);
    });
    assert_eq!(mailbox.consumer().try_recv().map(|value| value.0), Ok(1));
    assert_eq!(mailbox.consumer().try_recv(), Err(TryRecvError::Closed));
    assert_eq!(values.alive(), 0);
    let counters = mailbox.stats().counters;
    assert_eq!((counters.accepted, counters.delivered, counters.aborted), (2, 1, 1));
}

struct Panics;

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        panic!("this one is not woken");
    }
}

#[test]
fn k7_a_waker_that_panics_costs_no_value() {
    let (mailbox, values) = (mailbox(), Values::new());
    let mut consumer = mailbox.consumer();
    let mut reading = pin!(consumer.recv_async());
    assert!(reading.as_mut().poll(&mut Context::from_waker(&Waker::from(Arc::new(Panics)))).is_pending());
    let sending = || drop(mailbox.producer().force_send(values.value(2)));
    assert!(catch_unwind(AssertUnwindSafe(sending)).is_err());
    assert_eq!(mailbox.consumer().try_recv().map(|value| value.0), Ok(2), "it was stored");
    assert_eq!(values.alive(), 0);
    conserves(&mailbox.stats(), 1);
}
