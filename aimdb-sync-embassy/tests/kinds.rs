//! The four kinds and the five policies in static memory: the same numbers as on std (contract 1,
//! 2, 4, 6 and E1).

mod port;

use aimdb_sync_embassy::{
    Bounded, CriticalSectionRawMutex as Raw, DegradeQuality, DropNewest, DropOldest, ErrorKind, Fail, Kind, Mailbox,
    PauseUpstream, Policy, SendError, SingleLatest, SpmcRing, Start, StaticRecord, SubscribeError, TryRecvError,
    TrySendError,
};
use port::{TestTime, conserves};
use std::time::Duration;

#[test]
fn k3_a_slow_ring_reader_is_told_its_lag_once_and_goes_on_with_the_oldest_retained() {
    static RING: StaticRecord<SpmcRing<3>, u32, Raw, 5, 3> = StaticRecord::new();
    let mut first = RING.consumer().unwrap();
    let mut second = RING.consumer().unwrap();
    let producer = RING.producer();
    for value in 0..10 {
        producer.try_send(value).unwrap();
    }
    for reader in [&mut first, &mut second] {
        assert_eq!(reader.try_recv(), Err(TryRecvError::Lagged(7)));
        assert_eq!([reader.try_recv(), reader.try_recv(), reader.try_recv()], [Ok(7), Ok(8), Ok(9)]);
        assert_eq!(reader.try_recv(), Err(TryRecvError::Empty));
        let counters = reader.stats().counters;
        assert_eq!((counters.accepted, counters.delivered, counters.lagged, counters.readable), (10, 3, 7, 0));
    }
    let mut late = RING.consumer_from(Start::Oldest).unwrap();
    assert_eq!(late.try_recv(), Ok(7));
    let stats = RING.stats();
    conserves(&stats, 10);
    assert_eq!((stats.occupancy, stats.counters.overwritten, stats.counters.lagged), (3, 7, 14));
    assert_eq!(RING.peek(), None);
}

#[test]
fn k1_capacity_is_exact_on_every_kind() {
    static RING: StaticRecord<SpmcRing<3>, u8, Raw, 5> = StaticRecord::new();
    static LATEST: StaticRecord<SingleLatest, u8, Raw, 3> = StaticRecord::new();
    static MAILBOX: StaticRecord<Mailbox, u8, Raw, 3> = StaticRecord::new();
    static QUEUE: StaticRecord<Bounded<5, Fail>, u8, Raw, 7> = StaticRecord::new();
    for value in 0..9 {
        RING.producer().try_send(value).unwrap();
        LATEST.producer().try_send(value).unwrap();
        MAILBOX.producer().try_send(value).unwrap();
        let _ = QUEUE.producer().try_send(value);
    }
    let occupancies = [RING.stats(), LATEST.stats(), MAILBOX.stats(), QUEUE.stats()].map(|stats| stats.occupancy);
    assert_eq!(occupancies, [3, 1, 1, 5]);
    assert_eq!((RING.kind(), QUEUE.kind()), (Kind::SpmcRing, Kind::Bounded(Policy::Fail)));
}

#[test]
fn k2_latest_skips_to_the_newest_value_and_a_repeated_value_is_a_change() {
    static LATEST: StaticRecord<SingleLatest, u32, Raw, 4, 2> = StaticRecord::new();
    let producer = LATEST.producer();
    assert_eq!(LATEST.peek(), None);
    producer.try_send(1).unwrap();
    producer.try_send(2).unwrap();
    let mut reader = LATEST.consumer().unwrap();
    assert_eq!((reader.try_recv(), reader.try_recv()), (Ok(2), Err(TryRecvError::Empty)));
    producer.try_send(2).unwrap();
    assert_eq!((reader.try_recv(), reader.peek()), (Ok(2), Some(2)));
    producer.try_send(3).unwrap();
    producer.try_send(4).unwrap();
    assert_eq!(reader.try_recv(), Ok(4));
    assert_eq!(reader.stats().counters.lagged, 1, "skipped silently, but counted");
}

#[test]
fn e1_a_mailbox_is_taken_once_and_overwritten_while_pending() {
    static MAILBOX: StaticRecord<Mailbox, u32, Raw, 3> = StaticRecord::new();
    let producer = MAILBOX.producer();
    producer.try_send(1).unwrap();
    producer.try_send(5).unwrap();
    let mut one = MAILBOX.consumer().unwrap();
    let mut other = MAILBOX.consumer().expect("all subscriptions share the one cursor");
    assert_eq!(one.peek(), Some(5));
    assert_eq!((one.try_recv(), other.try_recv()), (Ok(5), Err(TryRecvError::Empty)));
    assert_eq!(MAILBOX.stats().counters.overwritten, 1);
}

#[test]
fn s1_a_full_queue_refuses_and_the_value_comes_back() {
    static QUEUE: StaticRecord<Bounded<2, Fail>, Box<u32>, Raw, 4> = StaticRecord::new();
    let producer = QUEUE.producer().on::<TestTime>();
    producer.try_send(Box::new(1)).unwrap();
    producer.send(Box::new(2)).unwrap();
    let value = Box::new(3);
    let address = std::ptr::from_ref(&*value);
    let refused = producer.try_send(value).unwrap_err();
    assert!(matches!(refused, TrySendError::Full(_)) && refused.kind() == ErrorKind::Retry);
    let refused = producer.send(refused.into_inner()).unwrap_err();
    assert!(matches!(refused, SendError::Full(_)), "Fail never waits");
    let refused = producer.send_timeout(refused.into_inner(), Duration::MAX).unwrap_err();
    assert_eq!(std::ptr::from_ref(&*refused.into_inner()), address, "the very same box");
    conserves(&QUEUE.stats(), 5);
    assert_eq!(QUEUE.stats().counters.refused, 3);
    assert!(!QUEUE.is_closed(), "the record stays open");
}

#[test]
fn e1_drop_oldest_displaces_and_the_reader_is_told() {
    static QUEUE: StaticRecord<Bounded<2, DropOldest>, u32, Raw, 4> = StaticRecord::new();
    let mut reader = QUEUE.consumer().unwrap();
    for value in 1..=3 {
        QUEUE.producer().try_send(value).unwrap();
    }
    assert_eq!([reader.try_recv(), reader.try_recv(), reader.try_recv()], [Err(TryRecvError::Lagged(1)), Ok(2), Ok(3)]);
    conserves(&QUEUE.stats(), 3);
}

#[test]
fn e1_drop_newest_drops_the_incoming_value_and_says_ok() {
    static QUEUE: StaticRecord<Bounded<2, DropNewest>, u32, Raw, 4> = StaticRecord::new();
    let mut reader = QUEUE.consumer().unwrap();
    for value in 1..=3 {
        QUEUE.producer().try_send(value).unwrap();
    }
    assert_eq!([reader.try_recv(), reader.try_recv(), reader.try_recv()], [Ok(1), Ok(2), Err(TryRecvError::Empty)]);
    let counters = QUEUE.stats().counters;
    assert_eq!((counters.accepted, counters.refused, counters.dropped_newest), (2, 1, 1));
}

#[test]
fn s4_degrade_displaces_the_oldest_and_stores_the_degraded_value() {
    static QUEUE: StaticRecord<Bounded<2, DegradeQuality>, u32, Raw, 4> =
        StaticRecord::degrading(|value| value + 1000).build();
    let mut reader = QUEUE.consumer().unwrap();
    for value in 1..=5 {
        QUEUE.producer().try_send(value).unwrap();
    }
    assert_eq!(
        [reader.try_recv(), reader.try_recv(), reader.try_recv()],
        [Err(TryRecvError::Lagged(3)), Ok(1004), Ok(1005)]
    );
    let counters = QUEUE.stats().counters;
    assert_eq!((counters.accepted, counters.degraded, counters.overwritten), (5, 3, 3));
}

#[test]
fn s5_force_send_stores_whatever_happens_and_returns_what_it_displaced() {
    static QUEUE: StaticRecord<Bounded<2>, u32, Raw, 4> = StaticRecord::new();
    let producer = QUEUE.producer();
    assert_eq!(producer.force_send(1), Ok(None));
    assert_eq!(producer.force_send(2), Ok(None));
    assert_eq!(producer.force_send(3), Ok(Some(1)));
    QUEUE.close();
    assert_eq!(producer.force_send(4), Err(TrySendError::Closed(4)));
}

#[test]
fn s7_try_latest_skips_what_lies_before_without_telling_lag() {
    static RING: StaticRecord<SpmcRing<3>, u32, Raw, 5> = StaticRecord::new();
    static QUEUE: StaticRecord<Bounded<3>, u32, Raw, 5> = StaticRecord::new();
    let mut ring = RING.consumer().unwrap();
    let mut queue = QUEUE.consumer().unwrap();
    for value in 0..10 {
        RING.producer().try_send(value).unwrap();
        let _ = QUEUE.producer().try_send(value);
    }
    assert_eq!((ring.try_latest(), ring.try_latest()), (Ok(9), Err(TryRecvError::Empty)));
    assert_eq!((queue.try_latest(), queue.try_latest()), (Ok(2), Err(TryRecvError::Empty)));
    assert_eq!(QUEUE.stats().occupancy, 0, "what was skipped holds nobody back");
}

#[test]
fn k4_a_queue_keeps_values_for_its_first_reader_and_for_the_one_after_the_last() {
    static QUEUE: StaticRecord<Bounded<3, Fail>, u32, Raw, 5, 2> = StaticRecord::new();
    let producer = QUEUE.producer();
    for value in 0..3 {
        producer.try_send(value).unwrap();
    }
    assert_eq!(producer.try_send(3), Err(TrySendError::Full(3)), "up to the capacity");
    let mut first = QUEUE.consumer().unwrap();
    let mut second = QUEUE.consumer().unwrap();
    assert_eq!((first.try_recv(), second.try_recv()), (Ok(0), Err(TryRecvError::Empty)));
    drop(second);
    drop(first);
    assert!(!QUEUE.is_closed(), "the record outlives its readers");
    assert_eq!(QUEUE.consumer().unwrap().try_recv(), Ok(1));
}

#[test]
fn e1_clones_share_a_cursor_and_subscriptions_do_not() {
    static QUEUE: StaticRecord<Bounded<4>, u32, Raw, 6, 2> = StaticRecord::new();
    let mut worker = QUEUE.consumer().unwrap();
    let mut colleague = worker.clone();
    let mut auditor = worker.subscribe().unwrap();
    for value in 0..4 {
        QUEUE.producer().try_send(value).unwrap();
    }
    assert_eq!([worker.try_recv(), colleague.try_recv(), worker.try_recv()], [Ok(0), Ok(1), Ok(2)]);
    for value in 0..4 {
        assert_eq!(auditor.try_recv(), Ok(value));
    }
    assert_eq!(worker.stats().id, colleague.stats().id);
    assert_ne!(worker.stats().id, auditor.stats().id);
}

#[test]
fn c1_close_refuses_at_once_and_readers_drain_then_end_for_ever() {
    static QUEUE: StaticRecord<Bounded<3>, u32, Raw, 5> = StaticRecord::new();
    let mut reader = QUEUE.consumer().unwrap().on::<TestTime>();
    let producer = QUEUE.producer().on::<TestTime>();
    producer.send(1).unwrap();
    producer.send(2).unwrap();
    producer.close();
    QUEUE.close();
    assert_eq!(producer.try_send(3), Err(TrySendError::Closed(3)));
    assert_eq!(producer.send(3), Err(SendError::Closed(3)));
    assert_eq!((reader.recv(), reader.try_recv()), (Ok(1), Ok(2)));
    for _ in 0..2 {
        assert_eq!(reader.recv().unwrap_err().kind(), ErrorKind::Closed);
        assert_eq!(reader.try_recv(), Err(TryRecvError::Closed));
    }
    conserves(&QUEUE.stats(), 4);
}

#[test]
fn c2_abort_discards_what_is_buffered_and_says_how_many() {
    static QUEUE: StaticRecord<Bounded<3>, u32, Raw, 5> = StaticRecord::new();
    let mut reader = QUEUE.consumer().unwrap();
    QUEUE.producer().try_send(1).unwrap();
    QUEUE.producer().try_send(2).unwrap();
    assert_eq!((QUEUE.abort(), QUEUE.abort()), (2, 0));
    assert_eq!(reader.try_recv(), Err(TryRecvError::Closed));
    let counters = reader.stats().counters;
    assert_eq!((counters.accepted, counters.lagged, QUEUE.stats().counters.aborted), (2, 2, 2));
}

#[test]
fn e5_a_full_cursor_table_is_an_error_at_subscribe_and_a_place_that_is_left_is_used_again() {
    static RING: StaticRecord<SpmcRing<2>, u32, Raw, 6, 2> = StaticRecord::new();
    let first = RING.consumer().unwrap();
    let second = first.subscribe().unwrap();
    assert_eq!(RING.consumer().unwrap_err(), SubscribeError::NoPlace);
    assert_eq!(first.subscribe().unwrap_err(), SubscribeError::NoPlace);
    let share = second.clone();
    drop(second);
    assert_eq!(RING.consumer().unwrap_err(), SubscribeError::NoPlace, "its clone still reads");
    let left = share.stats().id;
    drop(share);
    assert_ne!(RING.consumer().unwrap().stats().id, left, "an id is not used again");
}

#[test]
fn k7_values_that_cannot_be_cloned_have_one_cursor() {
    #[derive(Debug, PartialEq)]
    struct Token(u32);
    static QUEUE: StaticRecord<Bounded<2>, Token, Raw, 4, 4> = StaticRecord::single_cursor();
    let mut reader = QUEUE.consumer().unwrap();
    assert_eq!(QUEUE.consumer().unwrap_err(), SubscribeError::SingleCursor);
    let mut share = reader.clone();
    QUEUE.producer().try_send(Token(1)).unwrap();
    QUEUE.producer().try_send(Token(2)).unwrap();
    assert_eq!((reader.try_recv(), share.try_recv()), (Ok(Token(1)), Ok(Token(2))));
}

#[test]
fn k7_zero_sized_and_over_aligned_values_travel() {
    #[derive(Debug, Clone, PartialEq)]
    #[repr(align(128))]
    struct Wide(u8);
    static EVENTS: StaticRecord<Bounded<2>, (), Raw, 4> = StaticRecord::new();
    static WIDE: StaticRecord<SpmcRing<2>, Wide, Raw, 4, 2> = StaticRecord::new();
    let mut events = EVENTS.consumer().unwrap();
    let (mut one, mut two) = (WIDE.consumer().unwrap(), WIDE.consumer().unwrap());
    EVENTS.producer().try_send(()).unwrap();
    WIDE.producer().try_send(Wide(7)).unwrap();
    assert_eq!((events.try_recv(), events.try_recv()), (Ok(()), Err(TryRecvError::Empty)));
    assert_eq!((one.try_recv(), two.try_recv()), (Ok(Wide(7)), Ok(Wide(7))));
    let value = one.peek();
    assert_eq!(value, None);
}

#[test]
fn k1_capacity_0_is_a_rendezvous() {
    static HAND: StaticRecord<Bounded<0, Fail>, u32, Raw, 2> = StaticRecord::new();
    let mut reader = HAND.consumer().unwrap();
    assert_eq!(HAND.producer().try_send(1), Err(TrySendError::Full(1)), "no reader waits");
    let mut waiting = std::pin::pin!(reader.recv_async());
    assert!(port::poll_once(waiting.as_mut()).is_pending());
    HAND.producer().try_send(2).unwrap();
    assert_eq!(HAND.producer().try_send(3), Err(TrySendError::Full(3)), "one hand, one value");
    assert_eq!(port::poll_once(waiting.as_mut()), std::task::Poll::Ready(Ok(2)));
}

#[test]
fn e1_every_policy_marker_names_its_policy() {
    static PAUSE: StaticRecord<Bounded<1, PauseUpstream>, u8, Raw, 3> = StaticRecord::new();
    static NEWEST: StaticRecord<Bounded<1, DropNewest>, u8, Raw, 3> = StaticRecord::new();
    static OLDEST: StaticRecord<Bounded<1, DropOldest>, u8, Raw, 3> = StaticRecord::new();
    static DEGRADE: StaticRecord<Bounded<1, DegradeQuality>, u8, Raw, 3> =
        StaticRecord::degrading(|value| value).build();
    assert_eq!(
        [PAUSE.kind(), NEWEST.kind(), OLDEST.kind(), DEGRADE.kind()],
        [Policy::PauseUpstream, Policy::DropNewest, Policy::DropOldest, Policy::DegradeQuality].map(Kind::Bounded)
    );
}
