//! The lean mailbox of aimdb-sync-embassy: values that are moved inside its critical section (a pointer to a tag), and
//! with the feature `large` outside of it (the tag itself).

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use aimdb_core::buffer::{RecvError, TryRecvError};
use loom::sync::Arc;

use crate::StaticMailbox;
use crate::ledger::Ledger;
use crate::queues::{Section, Value, value};
use crate::schedule::{block_on, thread};

#[cfg(not(feature = "large"))]
const PLACES: usize = 1;
#[cfg(feature = "large")]
const PLACES: usize = 3;

type Mailbox = Arc<StaticMailbox<Value, Section, PLACES>>;

fn mailbox() -> Mailbox {
    Arc::new(StaticMailbox::new())
}

fn send(mailbox: &Mailbox, value: Value) -> bool {
    mailbox.producer().try_send(value).is_ok()
}

fn recv(mailbox: &Mailbox) -> Result<u32, RecvError> {
    let mut consumer = mailbox.consumer();
    block_on(consumer.recv_async()).map(|value| value.id)
}

fn try_recv(mailbox: &Mailbox) -> Result<u32, TryRecvError> {
    mailbox.consumer().try_recv().map(|value| value.id)
}

fn conserves(mailbox: &Mailbox, offered: u64) {
    let stats = mailbox.stats();
    let counters = stats.counters;
    assert_eq!(counters.offered(), offered, "M1");
    let gone = counters.delivered + counters.overwritten + counters.aborted;
    assert_eq!(counters.accepted, gone + stats.occupancy as u64, "M1");
    assert_eq!(stats.waiting_consumers, 0);
}

/// A reader waits for the newest of two values: none is older than one it has seen, and the last one comes.
pub fn w1_mb_a_reader_waits_for_the_newest() {
    Ledger::audit(|ledger| {
        let mailbox = mailbox();
        let (other, first, second) = (mailbox.clone(), value(ledger, 1), value(ledger, 2));
        let sending = thread::spawn(move || assert!(send(&other, first) && send(&other, second)));
        let mut seen = vec![recv(&mailbox).unwrap()];
        if seen == [1] {
            seen.push(recv(&mailbox).unwrap());
        }
        assert!(seen == [1, 2] || seen == [2], "{seen:?}");
        sending.join().unwrap();
        assert_eq!(mailbox.stats().counters.delivered, seen.len() as u64);
        conserves(&mailbox, 2);
    });
}

/// Two writers store at the same time: one displaces the other, or a reader has both, and each displaced value is
/// handed over once.
pub fn k6_mb_two_writers_and_a_reader() {
    Ledger::audit(|ledger| {
        let mailbox = mailbox();
        assert!(send(&mailbox, value(ledger, 1)));
        let sending = [2, 3].map(|id| {
            let (mailbox, value) = (mailbox.clone(), value(ledger, id));
            thread::spawn(move || mailbox.producer().force_send(value).unwrap().map(|value| value.id))
        });
        let mut out: Vec<_> = try_recv(&mailbox).ok().into_iter().collect();
        out.extend(sending.into_iter().filter_map(|thread| thread.join().unwrap()));
        out.extend(try_recv(&mailbox));
        out.sort_unstable();
        assert_eq!(out, [1, 2, 3]);
        conserves(&mailbox, 3);
    });
}

/// A writer displaces values, one after the other, while another comes.
pub fn k7_mb_a_writer_comes_while_another_displaces() {
    Ledger::audit(|ledger| {
        let mailbox = mailbox();
        assert!(send(&mailbox, value(ledger, 1)));
        let (other, second, third) = (mailbox.clone(), value(ledger, 2), value(ledger, 3));
        let sending = thread::spawn(move || assert!(send(&other, second) && send(&other, third)));
        assert!(send(&mailbox, value(ledger, 4)));
        sending.join().unwrap();
        let last = try_recv(&mailbox);
        assert!(last == Ok(3) || last == Ok(4), "{last:?}");
        conserves(&mailbox, 4);
    });
}

/// Two readers and a writer: each value goes to one.
pub fn k6_mb_two_readers_and_a_writer() {
    Ledger::audit(|ledger| {
        let mailbox = mailbox();
        assert!(send(&mailbox, value(ledger, 1)));
        let reading = [(); 2].map(|()| {
            let mailbox = mailbox.clone();
            thread::spawn(move || try_recv(&mailbox).ok())
        });
        assert!(send(&mailbox, value(ledger, 2)));
        let mut seen: Vec<_> = reading.into_iter().filter_map(|thread| thread.join().unwrap()).collect();
        seen.extend(try_recv(&mailbox));
        let stats = mailbox.stats();
        assert_eq!(stats.counters.delivered, seen.len() as u64);
        seen.sort_unstable();
        assert!(seen == [1, 2] || seen == [2], "{seen:?}");
        conserves(&mailbox, 2);
    });
}

/// A reader that was woken leaves: the one behind it has the value.
pub fn w2_mb_a_reader_that_leaves_passes_its_wake_up_on() {
    Ledger::audit(|ledger| {
        let mailbox = mailbox();
        let other = mailbox.clone();
        let reading = thread::spawn(move || recv(&other));
        let mut consumer = mailbox.consumer();
        let sending = {
            let mut leaving = pin!(consumer.recv_async());
            let polled = leaving.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            assert!(matches!(polled, Poll::Pending));
            let (mailbox, value) = (mailbox.clone(), value(ledger, 1));
            thread::spawn(move || assert!(send(&mailbox, value)))
        };
        assert_eq!(reading.join().unwrap(), Ok(1));
        sending.join().unwrap();
        conserves(&mailbox, 1);
    });
}

/// A close meets a writer and two readers that wait: what was accepted is delivered, and everybody comes to an end.
pub fn c1_mb_a_close_meets_a_writer_and_readers() {
    Ledger::audit(|ledger| {
        let mailbox = mailbox();
        let (other, first) = (mailbox.clone(), value(ledger, 1));
        let sending = thread::spawn(move || send(&other, first));
        let other = mailbox.clone();
        let reading = thread::spawn(move || {
            let first = recv(&other);
            if first.is_ok() { (first, Some(recv(&other))) } else { (first, None) }
        });
        mailbox.close();
        let sent = sending.join().unwrap();
        let expected = if sent { (Ok(1), Some(Err(RecvError::Closed))) } else { (Err(RecvError::Closed), None) };
        assert_eq!(reading.join().unwrap(), expected);
        conserves(&mailbox, 1);
    });
}

/// An abort meets a writer and a reader: each value is delivered, displaced, discarded or refused, and none is left.
pub fn c2_mb_an_abort_meets_a_writer_and_a_reader() {
    Ledger::audit(|ledger| {
        let mailbox = mailbox();
        assert!(send(&mailbox, value(ledger, 1)));
        let (other, second) = (mailbox.clone(), value(ledger, 2));
        let sending = thread::spawn(move || send(&other, second));
        let other = mailbox.clone();
        let reading = thread::spawn(move || try_recv(&other).is_ok());
        let aborted = mailbox.abort();
        assert_eq!(try_recv(&mailbox), Err(TryRecvError::Closed), "whatever is on its way");
        let (sent, read) = (sending.join().unwrap(), reading.join().unwrap());
        let stats = mailbox.stats();
        assert_eq!(stats.counters.accepted, 1 + u64::from(sent));
        assert_eq!(stats.counters.aborted, aborted as u64);
        assert_eq!((stats.counters.delivered, stats.occupancy), (u64::from(read), 0));
        conserves(&mailbox, 2);
    });
}
