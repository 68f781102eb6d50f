//! The lean ring of aimdb-sync-embassy: values that are moved inside its critical section (one word), and with the
//! feature `large` outside of it (three words, which are alike unless they are of several values).
#![allow(unsafe_code)]

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use aimdb_core::buffer::{RecvError, TryRecvError, TrySendError};
use aimdb_core::pure::Start;

use crate::queues::Section;
use crate::schedule::{block_on, thread};
use crate::{StaticConsumer, StaticRing};

#[cfg(not(feature = "large"))]
type Value = u32;
#[cfg(feature = "large")]
type Value = [u32; 3];

fn value(id: u32) -> Value {
    #[cfg(not(feature = "large"))]
    return id;
    #[cfg(feature = "large")]
    [id; 3]
}

fn id(value: Value) -> u32 {
    #[cfg(not(feature = "large"))]
    return value;
    #[cfg(feature = "large")]
    {
        assert_eq!(value, [value[0]; 3], "K7: it is of several values");
        value[0]
    }
}

type Of<const N: usize, const READERS: usize, const WRITERS: usize> = StaticRing<Value, Section, N, READERS, WRITERS>;
type Reader<const N: usize, const READERS: usize, const WRITERS: usize> =
    StaticConsumer<'static, Of<N, READERS, WRITERS>>;

/// Runs a scenario over a ring, as if that were a `static`: consumers borrow it.
fn over<const N: usize, const READERS: usize, const WRITERS: usize>(
    scenario: impl FnOnce(&'static Of<N, READERS, WRITERS>),
) {
    over_this(StaticRing::new(), scenario);
}

/// The same over one that is not set up, as those of C begin.
fn over_zero<const N: usize, const READERS: usize, const WRITERS: usize>(
    scenario: impl FnOnce(&'static Of<N, READERS, WRITERS>),
) {
    over_this(StaticRing::from_zero(), scenario);
}

fn over_this<const N: usize, const READERS: usize, const WRITERS: usize>(
    ring: Of<N, READERS, WRITERS>,
    scenario: impl FnOnce(&'static Of<N, READERS, WRITERS>),
) {
    let ring = Box::into_raw(Box::new(ring));
    // SAFETY: it is there until the scenario is over, which joins its threads and keeps nothing of it.
    scenario(unsafe { &*ring });
    // SAFETY: as above.
    drop(unsafe { Box::from_raw(ring) });
}

/// What a reader of one cursor is told: values, and how many it has missed.
#[derive(Debug, Default)]
struct Told {
    values: Vec<u32>,
    missed: u64,
}

impl Told {
    fn all(&self) -> u64 {
        self.values.len() as u64 + self.missed
    }

    /// Tries once; says whether there was something.
    fn looks<const N: usize, const READERS: usize, const WRITERS: usize>(
        &mut self,
        reader: &mut Reader<N, READERS, WRITERS>,
    ) -> bool {
        match reader.try_recv() {
            Ok(value) => self.values.push(id(value)),
            Err(TryRecvError::Lagged(missed)) => self.missed += missed,
            Err(_) => return false,
        }
        true
    }

    /// Waits for something; says whether it was no end.
    fn waits<const N: usize, const READERS: usize, const WRITERS: usize>(
        &mut self,
        reader: &mut Reader<N, READERS, WRITERS>,
    ) -> bool {
        match block_on(reader.recv_async()) {
            Ok(value) => self.values.push(id(value)),
            Err(RecvError::Lagged(missed)) => self.missed += missed,
            Err(_) => return false,
        }
        true
    }
}

fn publish<const N: usize, const READERS: usize, const WRITERS: usize>(
    ring: &'static Of<N, READERS, WRITERS>,
    ids: impl IntoIterator<Item = u32>,
) {
    for id in ids {
        assert!(ring.producer().try_send(value(id)).is_ok(), "S2: it is never full");
    }
}

fn conserves<const N: usize, const READERS: usize, const WRITERS: usize>(
    ring: &'static Of<N, READERS, WRITERS>,
    offered: u64,
) {
    let stats = ring.stats();
    assert_eq!(stats.counters.offered(), offered, "M1");
    let there = stats.counters.overwritten + stats.counters.aborted + stats.occupancy as u64;
    assert_eq!(stats.counters.accepted, there, "M1");
    assert_eq!((stats.waiting_producers, stats.waiting_consumers), (0, 0));
}

/// What is retained, in order.
fn retained<const N: usize, const READERS: usize, const WRITERS: usize>(
    ring: &'static Of<N, READERS, WRITERS>,
) -> Vec<u32> {
    let mut told = Told::default();
    let mut reader = ring.consumer_from(Start::Oldest).unwrap();
    while told.looks(&mut reader) {}
    assert_eq!(told.missed, 0);
    told.values
}

/// A reader waits for the first value and the second: it has both, or knows that it missed one.
pub fn w1_r_a_reader_waits_for_a_value() {
    over::<1, 1, 1>(|ring| {
        let mut reader = ring.consumer().unwrap();
        let sending = thread::spawn(move || publish(ring, [1, 2]));
        let mut told = Told::default();
        while told.all() < 2 {
            assert!(told.waits(&mut reader));
        }
        assert_eq!(told.values.last(), Some(&2), "the newest is always seen");
        sending.join().unwrap();
        conserves(ring, 2);
    });
}

fn each_waits<const N: usize, const READERS: usize, const WRITERS: usize>(
    readers: [Reader<N, READERS, WRITERS>; 2],
) -> [thread::JoinHandle<Told>; 2] {
    readers.map(|mut reader| {
        thread::spawn(move || {
            let mut told = Told::default();
            told.waits(&mut reader);
            told
        })
    })
}

/// Two cursors wait, one value comes: each has it.
pub fn w2_r_a_value_wakes_each_cursor() {
    over::<1, 2, 1>(|ring| {
        let reading = each_waits([ring.consumer().unwrap(), ring.consumer().unwrap()]);
        publish(ring, [1]);
        for reader in reading {
            assert_eq!(reader.join().unwrap().values, [1]);
        }
        conserves(ring, 1);
    });
}

fn two_share<const READERS: usize>() {
    over::<2, READERS, 1>(|ring| {
        let reader = ring.consumer().unwrap();
        let reading = each_waits([reader.clone(), reader]);
        publish(ring, [1, 2]);
        let mut seen: Vec<_> = reading.into_iter().flat_map(|reader| reader.join().unwrap().values).collect();
        seen.sort_unstable();
        assert_eq!(seen, [1, 2]);
        conserves(ring, 2);
    });
}

/// Two who share a cursor wait, two values come: one each.
pub fn w2_r_two_who_share_a_cursor_have_a_value_each() {
    two_share::<1>();
}

/// The same at a ring that could have a second cursor, so that a mark says at which somebody waits.
pub fn w2_r_two_who_share_one_of_two_cursors_have_a_value_each() {
    two_share::<2>();
}

/// A reader that was woken leaves: the one that shares its cursor has the value.
pub fn w2_r_a_reader_that_leaves_passes_its_wake_up_on() {
    over::<1, 1, 1>(|ring| {
        let mut reader = ring.consumer().unwrap();
        let mut other = reader.clone();
        let reading = thread::spawn(move || {
            let mut told = Told::default();
            assert!(told.waits(&mut other));
            told.values
        });
        let sending = {
            let mut leaving = pin!(reader.recv_async());
            let polled = leaving.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            assert!(matches!(polled, Poll::Pending));
            thread::spawn(move || publish(ring, [1]))
        };
        assert_eq!(reading.join().unwrap(), [1]);
        sending.join().unwrap();
        conserves(ring, 1);
    });
}

/// A reader copies while its place is filled anew: what it keeps is whole, and it is told what it missed.
pub fn k3_r_a_reader_is_overtaken() {
    over::<1, 1, 1>(|ring| {
        let mut reader = ring.consumer().unwrap();
        publish(ring, [1]);
        let sending = thread::spawn(move || publish(ring, [2, 3]));
        let mut told = Told::default();
        told.looks(&mut reader);
        sending.join().unwrap();
        while told.looks(&mut reader) {}
        assert_eq!(told.all(), 3, "{told:?}");
        assert!(told.values.is_sorted() && told.values.last() == Some(&3), "{told:?}");
        let counters = reader.stats().counters;
        assert_eq!((counters.delivered, counters.lagged), (told.values.len() as u64, told.missed));
        conserves(ring, 3);
    });
}

/// The same for two who share a cursor: each value went to one, or was told as missed to one.
pub fn k3_r_two_who_share_a_cursor_are_overtaken() {
    over::<2, 1, 1>(|ring| {
        let mut reader = ring.consumer().unwrap();
        let mut other = reader.clone();
        publish(ring, [1, 2]);
        let sending = thread::spawn(move || publish(ring, [3, 4]));
        let reading = thread::spawn(move || {
            let mut told = Told::default();
            told.looks(&mut other);
            told
        });
        let mut told = Told::default();
        told.looks(&mut reader);
        sending.join().unwrap();
        let theirs = reading.join().unwrap();
        while told.looks(&mut reader) {}
        assert_eq!(told.all() + theirs.all(), 4, "{told:?}, {theirs:?}");
        let mut values = [told.values, theirs.values].concat();
        values.sort_unstable();
        values.dedup();
        let counters = reader.stats().counters;
        assert_eq!((counters.delivered, counters.lagged), (values.len() as u64, told.missed + theirs.missed));
    });
}

/// Two publish into a ring of one while a third reads: nothing is torn, and the one that came last is there.
pub fn k7_r_two_publish_and_a_third_reads() {
    over::<1, 2, 2>(|ring| {
        let mut reader = ring.consumer().unwrap();
        let sending = [1, 2].map(|id| thread::spawn(move || publish(ring, [id])));
        let mut told = Told::default();
        told.looks(&mut reader);
        for thread in sending {
            thread.join().unwrap();
        }
        while told.looks(&mut reader) {}
        assert_eq!(told.all(), 2, "{told:?}");
        assert_eq!(told.values.last(), retained(ring).last());
        conserves(ring, 2);
    });
}

/// One goes round the ring while another is stopped half way.
pub fn k7_r_a_publisher_goes_round_beside_another() {
    over::<1, 1, 2>(|ring| {
        let sending = thread::spawn(move || publish(ring, [9]));
        publish(ring, [1, 2, 3]);
        let mut told = Told::default();
        {
            let mut reader = ring.consumer_from(Start::Oldest).unwrap();
            told.looks(&mut reader);
        }
        sending.join().unwrap();
        let newest = retained(ring);
        assert!(newest == [3] || newest == [9], "{newest:?}");
        conserves(ring, 4);
    });
}

/// Two publish, and two cursors have the same values in the same order.
pub fn k6_r_two_cursors_see_one_order() {
    over::<3, 2, 2>(|ring| {
        let readers = [ring.consumer().unwrap(), ring.consumer().unwrap()];
        let sending = thread::spawn(move || publish(ring, [11, 12]));
        publish(ring, [21]);
        sending.join().unwrap();
        let seen = readers.map(|mut reader| {
            let mut told = Told::default();
            while told.looks(&mut reader) {}
            assert_eq!(told.missed, 0);
            told.values
        });
        assert_eq!(seen[0], seen[1]);
        assert_eq!(seen[0].len(), 3);
        assert!(seen[0].iter().filter(|id| **id / 10 == 1).is_sorted(), "K6");
    });
}

/// With a place for one publisher, another one that comes in between is refused, which is counted; afterwards the place
/// is there again.
pub fn s1_r_one_publisher_too_many_is_refused() {
    over::<1, 1, 1>(|ring| {
        let tries = |id: u32| match ring.producer().try_send(value(id)) {
            Ok(()) => 1_u64,
            Err(TrySendError::Full(back)) => {
                assert!(cfg!(feature = "large") && self::id(back) == id);
                0
            }
            Err(other) => panic!("{other:?}"),
        };
        let sending = thread::spawn(move || tries(1) + tries(2));
        let sent = tries(3) + sending.join().unwrap();
        assert!(sent >= 1);
        publish(ring, [4]);
        assert_eq!(retained(ring), [4]);
        assert_eq!(ring.stats().counters.accepted, sent + 1);
        conserves(ring, 4);
    });
}

/// Two that publish and one that reads come to a ring that is not set up, at the same time: it has as many places as it should.
pub fn s1_r_whoever_comes_first_sets_it_up() {
    over_zero::<2, 2, 2>(|ring| {
        let mut reader = ring.consumer().unwrap();
        let sending = [1, 2].map(|id| thread::spawn(move || publish(ring, [id])));
        let mut told = Told::default();
        told.looks(&mut reader);
        for thread in sending {
            thread.join().unwrap();
        }
        while told.looks(&mut reader) {}
        told.values.sort_unstable();
        assert_eq!((told.values, told.missed), (vec![1, 2], 0));
        publish(ring, [3, 4, 5]);
        assert_eq!(retained(ring), [4, 5]);
        conserves(ring, 5);
    });
}

/// What `force_send` displaces is whole, and each value is displaced once or still there.
pub fn s5_r_what_is_displaced_is_whole() {
    over::<1, 1, 2>(|ring| {
        let force = |new: u32| ring.producer().force_send(value(new)).unwrap().map(id);
        let sending = thread::spawn(move || [force(1), force(2)]);
        let mut seen: Vec<_> = [force(3)].into_iter().flatten().collect();
        seen.extend(sending.join().unwrap().into_iter().flatten());
        seen.extend(retained(ring));
        seen.sort_unstable();
        assert_eq!(seen, [1, 2, 3]);
        conserves(ring, 3);
    });
}

/// A close meets a publisher and a reader that waits: what was accepted is delivered, then it ends.
pub fn c1_r_a_close_meets_a_publisher_and_a_reader() {
    over::<1, 1, 1>(|ring| {
        let mut reader = ring.consumer().unwrap();
        let sending = thread::spawn(move || ring.producer().try_send(value(1)).is_ok());
        let reading = thread::spawn(move || {
            let mut told = Told::default();
            while told.waits(&mut reader) {}
            told.values
        });
        ring.close();
        let at_close = ring.stats().counters.accepted;
        let sent = sending.join().unwrap();
        assert_eq!(at_close, u64::from(sent), "C1: nothing is accepted after a close");
        assert_eq!(reading.join().unwrap(), if sent { vec![1] } else { vec![] });
        conserves(ring, 1);
    });
}

/// A close ends the wait of each cursor.
pub fn c1_r_a_close_wakes_each_cursor() {
    over::<1, 2, 1>(|ring| {
        let reading = each_waits([ring.consumer().unwrap(), ring.consumer().unwrap()]);
        ring.close();
        for reader in reading {
            assert_eq!(reader.join().unwrap().all(), 0);
        }
        conserves(ring, 0);
    });
}

/// An abort meets a publisher and a reader: each value is delivered, missed or refused, and none is left.
pub fn c2_r_an_abort_meets_a_publisher_and_a_reader() {
    over::<2, 2, 1>(|ring| {
        let mut reader = ring.consumer().unwrap();
        publish(ring, [1]);
        let sending = thread::spawn(move || ring.producer().try_send(value(2)).is_ok());
        let reading = thread::spawn(move || {
            let mut told = Told::default();
            told.looks(&mut reader);
            (told, reader)
        });
        let discarded = ring.abort() as u64;
        assert!(retained(ring).is_empty(), "whatever is on its way");
        let sent = sending.join().unwrap();
        let (told, mut reader) = reading.join().unwrap();
        assert!(matches!(reader.try_recv(), Err(TryRecvError::Closed)));
        let (stats, counters) = (ring.stats(), reader.stats().counters);
        assert_eq!(stats.counters.accepted, 1 + u64::from(sent));
        assert_eq!((stats.counters.aborted, stats.occupancy), (discarded, 0));
        assert_eq!((counters.delivered, counters.lagged), (told.all(), stats.counters.accepted - told.all()));
        conserves(ring, 2);
    });
}

/// An abort meets a publisher and a reader at a ring that is not set up: it is not set up afterwards.
pub fn c2_r_an_abort_meets_who_sets_it_up() {
    over_zero::<1, 1, 2>(|ring| {
        let mut reader = ring.consumer().unwrap();
        let sending = thread::spawn(move || ring.producer().try_send(value(1)).is_ok());
        let reading = thread::spawn(move || {
            let mut told = Told::default();
            told.looks(&mut reader);
            (told, reader)
        });
        let discarded = ring.abort() as u64;
        let sent = u64::from(sending.join().unwrap());
        let (told, mut reader) = reading.join().unwrap();
        assert!(matches!(reader.try_recv(), Err(TryRecvError::Closed)));
        let stats = ring.stats();
        assert_eq!((stats.counters.accepted, stats.counters.aborted, stats.occupancy), (sent, discarded, 0));
        assert!(discarded == sent && told.all() <= sent);
        conserves(ring, 1);
    });
}
