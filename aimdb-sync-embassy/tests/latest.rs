//! The lean latest value (contract 1 to 6, for what it has), copied inside its critical section and outside of it, also with a
//! task that is stopped at a chosen point while others go on.

mod port;
#[path = "port/preempted.rs"]
mod stopped;

use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use aimdb_sync_embassy::{
    CriticalSectionRawMutex as Raw, PreemptionSafe, RecvError, RecvTimeoutError, Sending, StaticLatest, SubscribeError,
    Ticks, TryRecvError, TrySendError,
};
use port::{Interrupted, Load, TestTime, Threads, Wakes, conserves, poll_counted, until, watched};
use stopped::{Preempted, after};

fn empty<T: Load, M: PreemptionSafe, const READERS: usize, const PLACES: usize>()
-> &'static StaticLatest<T, M, READERS, PLACES> {
    Box::leak(Box::new(StaticLatest::new()))
}

macro_rules! of_each_size {
    ($($name:ident)+) => {$(
        #[test]
        fn $name() {
            bodies::$name::<u32, 1>();
            bodies::$name::<[u32; 64], 2>();
            bodies::$name::<[u8; 31], 2>();
        }
    )+};
}

of_each_size! {
    k0_each_cursor_has_the_newest_once
    s2_a_send_never_waits_and_may_be_made_anywhere
    s5_what_is_displaced_comes_back
    e5_too_many_cursors_are_an_error_and_one_that_leaves_makes_room
    c1_a_close_wakes_everybody_and_leaves_the_value
    c2_an_abort_discards_the_value
    w2_a_value_wakes_one_reader_of_each_cursor
    w2_a_reader_that_leaves_passes_its_wake_up_on
    w4_a_timeout_of_zero_is_one_try
    m1_many_writers_and_readers_see_whole_values_in_order
}

mod bodies {
    use super::*;

    pub(super) fn k0_each_cursor_has_the_newest_once<T: Load, const PLACES: usize>() {
        let latest = empty::<T, Raw, 2, PLACES>();
        let (producer, mut early) = (latest.producer(), latest.consumer().unwrap());
        assert_eq!((early.try_recv(), latest.peek()), (Err(TryRecvError::Empty), None));
        for number in 0..5 {
            producer.try_send(T::of(number)).unwrap();
        }
        let mut late = early.subscribe().unwrap();
        for reader in [&mut early, &mut late] {
            assert_eq!(reader.stats().counters.readable, 1);
            assert_eq!(reader.try_latest().map(T::number), Ok(4));
            assert_eq!(reader.try_recv(), Err(TryRecvError::Empty));
            assert_eq!(reader.peek().map(T::number), Some(4));
        }
        producer.try_send(T::of(4)).unwrap();
        assert_eq!(early.clone().try_recv().map(T::number), Ok(4), "the same again is a change");
        assert_eq!(early.try_recv(), Err(TryRecvError::Empty), "a clone shares the cursor");
        let stats = latest.stats();
        conserves(&stats, 6);
        assert_eq!((stats.occupancy, stats.cursors), (1, 2));
        let counters = stats.counters;
        assert_eq!((counters.accepted, counters.overwritten, counters.delivered, counters.lagged), (6, 5, 3, 4));
        drop((early, late));
        assert_eq!(latest.stats().counters, counters);
    }

    pub(super) fn s2_a_send_never_waits_and_may_be_made_anywhere<T: Load, const PLACES: usize>() {
        let latest = empty::<T, Raw, 1, PLACES>();
        let producer = latest.producer().on::<Interrupted>();
        producer.send(T::of(1)).unwrap();
        producer.send_timeout(T::of(2), Duration::MAX).unwrap();
        assert_eq!(producer.flush(Ticks(0)), Ok(()));
        let mut sending = pin!(latest.producer().send_async(T::of(3)));
        assert_eq!(sending.as_mut().cancel(), Some(T::of(3)));
        let mut sending = pin!(latest.producer().send_async(T::of(4)));
        assert_eq!(poll_counted(sending.as_mut(), &Arc::default()), Poll::Ready(Ok(())));
        assert_eq!(latest.peek().map(T::number), Some(4));
        conserves(&latest.stats(), 3);
    }

    pub(super) fn s5_what_is_displaced_comes_back<T: Load, const PLACES: usize>() {
        let latest = empty::<T, Raw, 1, PLACES>();
        assert_eq!(latest.producer().force_send(T::of(1)), Ok(None));
        for number in 1..6 {
            assert_eq!(latest.producer().force_send(T::of(number + 1)).unwrap().map(T::number), Some(number));
        }
        latest.close();
        assert_eq!(latest.producer().force_send(T::of(9)), Err(TrySendError::Closed(T::of(9))));
        assert_eq!(latest.producer().try_send(T::of(9)), Err(TrySendError::Closed(T::of(9))));
        conserves(&latest.stats(), 8);
    }

    pub(super) fn e5_too_many_cursors_are_an_error_and_one_that_leaves_makes_room<T: Load, const PLACES: usize>() {
        let latest = empty::<T, Raw, 3, PLACES>();
        latest.producer().try_send(T::of(1)).unwrap();
        let mut readers: Vec<_> = (0..3).map(|_| latest.consumer().unwrap()).collect();
        assert!(matches!(latest.consumer(), Err(SubscribeError::NoPlace)));
        assert_eq!(readers[1].try_recv().map(T::number), Ok(1));
        let share = readers[1].clone();
        drop(readers.remove(1));
        assert!(matches!(latest.consumer(), Err(SubscribeError::NoPlace)), "a clone has it yet");
        drop(share);
        let mut next = latest.consumer().unwrap();
        assert_eq!(next.try_recv().map(T::number), Ok(1), "it is new to the next one");
        let counters = latest.stats().counters;
        assert_eq!((counters.delivered, counters.lagged), (2, 0));
    }

    pub(super) fn c1_a_close_wakes_everybody_and_leaves_the_value<T: Load, const PLACES: usize>() {
        let latest = empty::<T, Raw, 2, PLACES>();
        watched(move || {
            let (one, two) = (latest.consumer().unwrap(), latest.consumer().unwrap());
            let readers = [one.clone(), one, two].map(|reader| thread::spawn(move || reader.on::<Threads>().recv()));
            until(|| latest.stats().waiting_consumers == 3);
            latest.close();
            for reader in readers {
                assert_eq!(reader.join().unwrap(), Err(RecvError::Closed));
            }
        });
        let full = empty::<T, Raw, 1, PLACES>();
        full.producer().try_send(T::of(7)).unwrap();
        full.close();
        full.close();
        let mut reader = full.consumer().unwrap().on::<Threads>();
        assert_eq!(reader.recv().map(T::number), Ok(7));
        assert_eq!(reader.recv(), Err(RecvError::Closed));
        assert_eq!(reader.try_recv(), Err(TryRecvError::Closed));
        assert_eq!(full.peek().map(T::number), Some(7));
    }

    pub(super) fn c2_an_abort_discards_the_value<T: Load, const PLACES: usize>() {
        let latest = empty::<T, Raw, 3, PLACES>();
        assert_eq!(empty::<T, Raw, 1, PLACES>().abort(), 0);
        let (mut one, mut two) = (latest.consumer().unwrap(), latest.consumer().unwrap());
        latest.producer().try_send(T::of(1)).unwrap();
        assert_eq!(one.try_recv().map(T::number), Ok(1));
        assert_eq!((latest.abort(), latest.abort()), (1, 0));
        let mut late = latest.consumer().unwrap();
        for reader in [&mut one, &mut two, &mut late] {
            assert_eq!(reader.try_recv(), Err(TryRecvError::Closed));
        }
        assert_eq!(latest.peek(), None);
        let stats = latest.stats();
        conserves(&stats, 1);
        let counters = stats.counters;
        assert_eq!((stats.occupancy, counters.aborted, counters.overwritten), (0, 1, 0));
        assert_eq!((counters.delivered, counters.lagged), (1, 1));
    }

    pub(super) fn w2_a_value_wakes_one_reader_of_each_cursor<T: Load, const PLACES: usize>() {
        let latest = empty::<T, Raw, 2, PLACES>();
        let wakes: [Arc<Wakes>; 3] = Default::default();
        let (mut one, mut two) = (latest.consumer().unwrap(), latest.consumer().unwrap());
        let mut share = one.clone();
        let mut first = pin!(one.recv_async());
        let mut behind = pin!(share.recv_async());
        let mut second = pin!(two.recv_async());
        assert!(poll_counted(first.as_mut(), &wakes[0]).is_pending());
        assert!(poll_counted(behind.as_mut(), &wakes[1]).is_pending());
        assert!(poll_counted(second.as_mut(), &wakes[2]).is_pending());
        let counts = || wakes.each_ref().map(|wakes| wakes.count());
        latest.producer().try_send(T::of(1)).unwrap();
        assert_eq!(counts(), [1, 0, 1]);
        assert_eq!(poll_counted(first.as_mut(), &wakes[0]), Poll::Ready(Ok(T::of(1))));
        assert_eq!(poll_counted(second.as_mut(), &wakes[2]), Poll::Ready(Ok(T::of(1))));
        latest.producer().try_send(T::of(2)).unwrap();
        assert_eq!(counts(), [1, 1, 1]);
        assert_eq!(poll_counted(behind.as_mut(), &wakes[1]), Poll::Ready(Ok(T::of(2))));
        conserves(&latest.stats(), 2);
    }

    pub(super) fn w2_a_reader_that_leaves_passes_its_wake_up_on<T: Load, const PLACES: usize>() {
        let latest = empty::<T, Raw, 1, PLACES>();
        let wakes: [Arc<Wakes>; 2] = Default::default();
        let mut one = latest.consumer().unwrap();
        let mut two = one.clone();
        let mut reading = Box::pin(one.recv_async());
        let mut waiting = pin!(two.recv_async());
        assert!(poll_counted(reading.as_mut(), &wakes[0]).is_pending());
        assert!(poll_counted(waiting.as_mut(), &wakes[1]).is_pending());
        latest.producer().try_send(T::of(3)).unwrap();
        assert_eq!((wakes[0].count(), wakes[1].count()), (1, 0));
        drop(reading);
        assert_eq!((wakes[0].count(), wakes[1].count()), (1, 1));
        assert_eq!(poll_counted(waiting.as_mut(), &wakes[1]), Poll::Ready(Ok(T::of(3))));
        conserves(&latest.stats(), 1);
    }

    pub(super) fn w4_a_timeout_of_zero_is_one_try<T: Load, const PLACES: usize>() {
        let latest = empty::<T, Raw, 1, PLACES>();
        let mut reader = latest.consumer().unwrap().on::<TestTime>();
        let parks = TestTime::parks();
        assert_eq!(reader.recv_timeout(Ticks(0)), Err(RecvTimeoutError::Timeout));
        assert_eq!(TestTime::parks(), parks);
        assert_eq!(reader.recv_timeout(Ticks(5)), Err(RecvTimeoutError::Timeout));
        assert_eq!(latest.stats().waiting_consumers, 0);
    }

    pub(super) fn m1_many_writers_and_readers_see_whole_values_in_order<T: Load, const PLACES: usize>() {
        const EACH: u32 = 10_000;
        let latest = empty::<T, Raw, 3, PLACES>();
        watched(move || {
            let shared = latest.consumer().unwrap();
            let readers = [shared.clone(), shared, latest.consumer().unwrap(), latest.consumer().unwrap()];
            let readers = readers.map(|reader| {
                thread::spawn(move || {
                    let mut reader = reader.on::<Threads>();
                    let (mut seen, mut last) = (0, [0; 2]);
                    loop {
                        match reader.recv_timeout(Duration::from_micros(50)) {
                            Ok(value) => {
                                let number = value.number();
                                let last = &mut last[(number / EACH) as usize];
                                assert!(number >= *last, "an older value of one writer came after a newer one");
                                (*last, seen) = (number, seen + 1);
                            }
                            Err(RecvTimeoutError::Timeout) => {}
                            Err(_) => return seen,
                        }
                    }
                })
            });
            let writers = [0, 1].map(|id| {
                thread::spawn(move || {
                    for number in id * EACH..(id + 1) * EACH {
                        if number % 3 == 0 {
                            let displaced = latest.producer().force_send(T::of(number)).unwrap();
                            displaced.map(T::number);
                        } else {
                            latest.producer().try_send(T::of(number)).unwrap();
                        }
                        latest.peek().expect("a value is there").number();
                    }
                })
            });
            writers.into_iter().for_each(|writer| writer.join().unwrap());
            latest.close();
            let seen: u64 = readers.into_iter().map(|reader| reader.join().unwrap()).sum();
            let stats = latest.stats();
            conserves(&stats, u64::from(2 * EACH));
            assert_eq!(stats.counters.delivered, seen);
            assert_eq!(stats.counters.delivered + stats.counters.lagged, u64::from(3 * 2 * EACH));
        });
    }
}

type Large = [u32; 64];

#[test]
fn k2_a_reader_that_is_stopped_while_it_copies_has_the_newer_value() {
    for copies in 1..4 {
        let latest = empty::<Large, Preempted, 1, 2>();
        latest.producer().try_send([0; 64]).unwrap();
        let mut reader = latest.consumer().unwrap();
        // Overtaken again and again: in the end it copies inside the section.
        fn overtake(latest: &'static StaticLatest<Large, Preempted, 1, 2>, number: u32, last: u32) {
            latest.producer().try_send([number; 64]).unwrap();
            latest.producer().try_send([number; 64]).unwrap();
            if number < last {
                after(2, move || overtake(latest, number + 1, last));
            }
        }
        after(1, move || overtake(latest, 1, copies));
        assert_eq!(reader.try_recv(), Ok([copies.min(2); 64]));
        let counters = latest.stats().counters;
        assert_eq!(counters.delivered, 1);
    }
}

#[test]
fn k6_a_writer_that_comes_while_another_is_stopped_stores_at_once() {
    for first in [false, true] {
        let latest = empty::<Large, Preempted, 1, 2>();
        if first {
            latest.producer().try_send([1; 64]).unwrap();
        }
        after(1, move || {
            let displaced = latest.producer().force_send([3; 64]).unwrap();
            assert_eq!(displaced, first.then_some([1; 64]));
            assert_eq!(latest.peek(), Some([3; 64]));
        });
        assert_eq!(latest.producer().force_send([2; 64]), Ok(Some([3; 64])));
        assert_eq!(latest.peek(), Some([2; 64]));
        conserves(&latest.stats(), 2 + u64::from(first));
    }
}

#[test]
fn k2_a_reader_keeps_nothing_of_a_value_that_was_stored_beside_a_stopped_writer() {
    let latest = empty::<Large, Preempted, 1, 2>();
    latest.producer().try_send([1; 64]).unwrap();
    let mut reader = latest.consumer().unwrap();
    // The reader is stopped before it copies, by a writer who is stopped by another one.
    after(1, move || {
        after(1, move || latest.producer().try_send([3; 64]).unwrap());
        latest.producer().try_send([2; 64]).unwrap();
    });
    assert_eq!(reader.try_recv(), Ok([2; 64]));
    assert_eq!(reader.try_recv(), Err(TryRecvError::Empty));
}

#[test]
fn c1_a_value_that_comes_to_a_closed_record_goes_back() {
    let latest = empty::<Large, Preempted, 1, 2>();
    after(1, move || latest.close());
    assert_eq!(latest.producer().try_send([1; 64]), Err(TrySendError::Closed([1; 64])));
    assert_eq!(latest.consumer().unwrap().try_recv(), Err(TryRecvError::Closed));
    let aborted = empty::<Large, Preempted, 1, 2>();
    aborted.producer().try_send([1; 64]).unwrap();
    let mut reader = aborted.consumer().unwrap();
    after(1, move || assert_eq!(aborted.abort(), 1));
    assert_eq!(reader.try_recv(), Err(TryRecvError::Closed), "it keeps no copy of what was discarded");
    assert_eq!(aborted.stats().counters.delivered, 0);
}

#[test]
fn w2_a_value_that_comes_while_another_one_wakes_wakes_too() {
    let latest = empty::<Large, Preempted, 1, 2>();
    let wakes = Arc::new(Wakes::default());
    let mut reader = latest.consumer().unwrap();
    let mut reading = pin!(reader.recv_async());
    assert!(poll_counted(reading.as_mut(), &wakes).is_pending());
    let counted = Arc::clone(&wakes);
    // The first writer has stored, and is stopped before it wakes anybody: the second does not leave that to it.
    after(2, move || {
        latest.producer().try_send([2; 64]).unwrap();
        assert_eq!(counted.count(), 1);
    });
    latest.producer().try_send([1; 64]).unwrap();
    assert_eq!(wakes.count(), 1);
    assert_eq!(poll_counted(reading.as_mut(), &wakes), Poll::Ready(Ok([2; 64])));
}
