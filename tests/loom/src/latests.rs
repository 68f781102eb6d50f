//! The lean latest value of aimdb-sync-embassy: a word that is copied inside its critical section, and with the feature
//! `large` three that are copied outside of it, word by word.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use aimdb_core::buffer::{RecvError, TryRecvError};

use crate::queues::Section;
use crate::schedule::{block_on, thread};
use crate::{StaticConsumer, StaticLatest};

#[cfg(not(feature = "large"))]
type Value = [u32; 1];
#[cfg(feature = "large")]
type Value = [u32; 3];

const PLACES: usize = if size_of::<Value>() <= 8 { 1 } else { 2 };

type Record<const READERS: usize> = StaticLatest<Value, Section, READERS, PLACES>;
/// Leaked, so that its ends can go to threads.
type Latest<const READERS: usize> = &'static Record<READERS>;
type Reader<const READERS: usize> = StaticConsumer<'static, Record<READERS>>;

fn latest<const READERS: usize>() -> Latest<READERS> {
    Box::leak(Box::new(Record::new()))
}

fn reader<const READERS: usize>(latest: Latest<READERS>) -> Reader<READERS> {
    latest.consumer().expect("there is a cursor")
}

const fn value(number: u32) -> Value {
    [number; size_of::<Value>() / 4]
}

/// A torn value has words of two.
fn number(value: Value) -> u32 {
    assert!(value.iter().all(|word| *word == value[0]), "torn: {value:?}");
    value[0]
}

fn send<const READERS: usize>(latest: Latest<READERS>, id: u32) -> bool {
    latest.producer().try_send(value(id)).is_ok()
}

fn recv<const READERS: usize>(reader: &mut Reader<READERS>) -> Result<u32, RecvError> {
    block_on(reader.recv_async()).map(number)
}

fn try_recv<const READERS: usize>(reader: &mut Reader<READERS>) -> Result<u32, TryRecvError> {
    reader.try_recv().map(number)
}

fn conserves<const READERS: usize>(latest: Latest<READERS>, offered: u64) {
    let stats = latest.stats();
    let counters = stats.counters;
    assert_eq!(counters.offered(), offered, "M1");
    assert_eq!(counters.accepted, counters.overwritten + counters.aborted + stats.occupancy as u64, "M1");
    assert_eq!(stats.waiting_consumers, 0);
}

/// A reader follows a writer: what it sees is whole and goes forward, and the last one comes.
pub fn k2_la_a_reader_follows_a_writer() {
    let latest = latest::<1>();
    let mut reader = reader(latest);
    let sending = thread::spawn(move || assert!((1..4).all(|id| send(latest, id))));
    let mut seen: Vec<_> = (0..2).filter_map(|_| try_recv(&mut reader).ok()).collect();
    sending.join().unwrap();
    seen.extend(try_recv(&mut reader).ok());
    assert!(seen.windows(2).all(|pair| pair[0] < pair[1]) && seen.last() == Some(&3), "{seen:?}");
    let counters = latest.stats().counters;
    assert_eq!((counters.delivered, counters.delivered + counters.lagged), (seen.len() as u64, 3));
    conserves(latest, 3);
}

/// Two writers store at the same time, and each is told what it displaced: every value but the last, once.
pub fn s5_la_two_writers_displace_each_other() {
    let latest = latest::<1>();
    let mut reader = reader(latest);
    assert!(send(latest, 1));
    let sending = [2, 3].map(|id| {
        thread::spawn(move || latest.producer().force_send(value(id)).unwrap().map(number).expect("one was there"))
    });
    let seen = try_recv(&mut reader).expect("a value is there at any time");
    let mut out: Vec<_> = sending.into_iter().map(|thread| thread.join().unwrap()).collect();
    let last = latest.peek().map(number).expect("a value is there at any time");
    assert_eq!(try_recv(&mut reader), if seen == last { Err(TryRecvError::Empty) } else { Ok(last) });
    out.push(last);
    out.sort_unstable();
    assert_eq!(out, [1, 2, 3]);
    conserves(latest, 3);
}

/// The first two values of a record come at the same time.
pub fn s5_la_two_writers_bring_the_first_value() {
    let latest = latest::<1>();
    let sending = thread::spawn(move || latest.producer().force_send(value(2)).unwrap().map(number));
    let own = latest.producer().force_send(value(1)).unwrap().map(number);
    let other = sending.join().unwrap();
    let last = latest.peek().map(number);
    assert!((own, other, last) == (None, Some(1), Some(2)) || (own, other, last) == (Some(2), None, Some(1)));
    conserves(latest, 2);
}

/// Whoever looks while a writer is at work sees a value that is whole, and never an older one than before.
pub fn k0_la_a_look_meets_two_writers() {
    let latest = latest::<1>();
    assert!(send(latest, 1));
    let sending = [[2, 3], [4, 5]].map(|ids| thread::spawn(move || assert!(ids.iter().all(|id| send(latest, *id)))));
    let looks = [(); 2].map(|()| latest.peek().map(number).expect("a value is there at any time"));
    for thread in sending {
        thread.join().unwrap();
    }
    assert!(looks != [3, 2] && looks != [5, 4] && (looks[0] == 1 || looks[1] != 1), "{looks:?}");
    conserves(latest, 5);
}

/// A reader waits for a value.
pub fn w1_la_a_reader_waits_for_a_value() {
    let latest = latest::<1>();
    let mut reader = reader(latest);
    let sending = thread::spawn(move || assert!(send(latest, 1) && send(latest, 2)));
    let first = recv(&mut reader).unwrap();
    assert!(first == 2 || recv(&mut reader) == Ok(2));
    sending.join().unwrap();
    conserves(latest, 2);
}

/// Two cursors wait: one value is for both.
pub fn w2_la_one_value_wakes_each_cursor() {
    let latest = latest::<2>();
    let reading = [reader(latest), reader(latest)].map(|mut reader| thread::spawn(move || recv(&mut reader)));
    assert!(send(latest, 1));
    assert_eq!(reading.map(|thread| thread.join().unwrap()), [Ok(1), Ok(1)]);
    let counters = latest.stats().counters;
    assert_eq!((counters.delivered, counters.lagged), (2, 0));
    conserves(latest, 1);
}

/// Two readers share a cursor: each value goes to one.
pub fn k6_la_two_shares_have_a_value_once() {
    let latest = latest::<1>();
    let mut own = reader(latest);
    let mut other = own.clone();
    assert!(send(latest, 1));
    let reading = thread::spawn(move || try_recv(&mut other).ok());
    let sending = thread::spawn(move || assert!(send(latest, 2)));
    let mut seen: Vec<_> = try_recv(&mut own).into_iter().collect();
    seen.extend(reading.join().unwrap());
    sending.join().unwrap();
    seen.extend(try_recv(&mut own));
    seen.sort_unstable();
    assert!(seen == [1, 2] || seen == [2], "{seen:?}");
    conserves(latest, 2);
}

/// A reader that was woken leaves: the one behind it on the same cursor has the value.
pub fn w2_la_a_reader_that_leaves_passes_its_wake_up_on() {
    let latest = latest::<1>();
    let mut own = reader(latest);
    let mut other = own.clone();
    let reading = thread::spawn(move || recv(&mut other));
    let sending = {
        let mut leaving = pin!(own.recv_async());
        let polled = leaving.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(polled, Poll::Pending));
        thread::spawn(move || assert!(send(latest, 1)))
    };
    assert_eq!(reading.join().unwrap(), Ok(1));
    sending.join().unwrap();
    conserves(latest, 1);
}

/// A close meets a writer and a reader: what was accepted is read, and then it ends.
pub fn c1_la_a_close_meets_a_writer_and_a_reader() {
    let latest = latest::<1>();
    let mut reader = reader(latest);
    let sending = thread::spawn(move || send(latest, 1));
    let reading = thread::spawn(move || {
        let first = recv(&mut reader);
        if first.is_ok() { (first, Some(recv(&mut reader))) } else { (first, None) }
    });
    latest.close();
    let sent = sending.join().unwrap();
    let expected = if sent { (Ok(1), Some(Err(RecvError::Closed))) } else { (Err(RecvError::Closed), None) };
    assert_eq!(reading.join().unwrap(), expected);
    conserves(latest, 1);
}

/// An abort meets a writer and a reader: nothing is read after it.
pub fn c2_la_an_abort_meets_a_writer_and_a_reader() {
    let latest = latest::<2>();
    let (mut own, mut other) = (reader(latest), reader(latest));
    assert!(send(latest, 1));
    let sending = thread::spawn(move || send(latest, 2));
    let reading = thread::spawn(move || u64::from(try_recv(&mut other).is_ok()));
    assert_eq!(latest.abort(), 1);
    assert_eq!(try_recv(&mut own), Err(TryRecvError::Closed), "whatever is on its way");
    assert_eq!(latest.peek(), None);
    let (sent, read) = (sending.join().unwrap(), reading.join().unwrap());
    let counters = latest.stats().counters;
    assert_eq!((counters.accepted, counters.delivered, counters.aborted), (1 + u64::from(sent), read, 1));
    conserves(latest, 2);
}
