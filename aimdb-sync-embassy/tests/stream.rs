//! Streams over threads: exactly once, in order, conserved (contract K6, M1, W1), also with fewer
//! slots than threads.

mod port;

use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use aimdb_sync_embassy::{
    Bounded, CriticalSectionRawMutex as Raw, Mailbox, PauseUpstream, Record, RecvError, SendError, SingleLatest,
    SpmcRing, StaticConsumer, StaticProducer, StaticRecord,
};
use port::{Threads, conserves, watched};

/// Which producer sent a value, and its place in that producer's sequence.
type Stamp = (u32, u32);

/// Each producer sends `count` stamped values; every third with a timeout, tried again.
fn produce<R: Record<Value = Stamp>>(producer: StaticProducer<'_, R, Threads>, id: u32, count: u32) -> u64 {
    let mut offers = 0;
    for place in 0..count {
        let mut stamp = (id, place);
        loop {
            offers += 1;
            let sent = if place % 3 == 0 {
                producer.send_timeout(stamp, Duration::from_micros(u64::from(place % 50)))
            } else {
                producer.send(stamp)
            };
            match sent {
                Ok(()) => break,
                Err(SendError::Timeout(value)) => stamp = value,
                Err(error) => panic!("{error:?}"),
            }
        }
    }
    offers
}

/// Reads to the end; lag is not expected.
fn consume<R: Record<Value = Stamp>>(mut consumer: StaticConsumer<'_, R, Threads>) -> Vec<Stamp> {
    let mut seen = Vec::new();
    loop {
        match consumer.recv() {
            Ok(stamp) => seen.push(stamp),
            Err(RecvError::Closed) => return seen,
            Err(error) => panic!("{error:?}"),
        }
    }
}

/// Whether each producer's values come in the order in which it sent them.
fn is_in_order(seen: &[Stamp], producers: u32) -> bool {
    (0..producers).all(|id| seen.iter().filter(|stamp| stamp.0 == id).is_sorted_by(|a, b| a.1 < b.1))
}

/// Whether all values together are there exactly once.
fn is_complete(seen: impl Iterator<Item = Stamp>, producers: u32, count: u32) -> bool {
    let mut all: Vec<_> = seen.collect();
    all.sort_unstable();
    all.into_iter().eq((0..producers).flat_map(|id| (0..count).map(move |place| (id, place))))
}

/// Runs producers and workers that share a cursor, to the end.
fn work_queue<R: Record<Value = Stamp> + Sync>(
    producer: StaticProducer<'_, R, Threads>,
    worker: StaticConsumer<'_, R, Threads>,
    producers: u32,
    workers: u32,
    count: u32,
) {
    let seen = Mutex::new(Vec::new());
    let offers = thread::scope(|scope| {
        for _ in 0..workers {
            let worker = worker.clone();
            let seen = &seen;
            scope.spawn(move || {
                let mine = consume(worker);
                assert!(is_in_order(&mine, producers));
                seen.lock().unwrap().extend(mine);
            });
        }
        drop(worker);
        let sending: Vec<_> = (0..producers).map(|id| scope.spawn(move || produce(producer, id, count))).collect();
        let offers = sending.into_iter().map(|sender| sender.join().unwrap()).sum::<u64>();
        producer.close();
        offers
    });
    assert!(is_complete(seen.into_inner().unwrap().into_iter(), producers, count));
    let stats = producer.stats();
    conserves(&stats, offers);
    assert_eq!(stats.counters.delivered, u64::from(producers * count));
}

#[test]
fn k6_two_producers_and_two_cursors_see_one_order_exactly_once() {
    const COUNT: u32 = 20_000;
    static QUEUE: StaticRecord<Bounded<8, PauseUpstream>, Stamp, Raw, 12, 2> = StaticRecord::new();
    watched(|| {
        let (one, other) = (QUEUE.consumer().unwrap().on::<Threads>(), QUEUE.consumer().unwrap().on::<Threads>());
        let producer = QUEUE.producer().on::<Threads>();
        thread::scope(|scope| {
            let one = scope.spawn(|| consume(one));
            let other = scope.spawn(|| consume(other));
            let senders = [0, 1].map(|id| scope.spawn(move || produce(producer, id, COUNT)));
            let offers = senders.into_iter().map(|sender| sender.join().unwrap()).sum();
            QUEUE.close();
            let (one, other) = (one.join().unwrap(), other.join().unwrap());
            assert!(one == other, "one order, the same on every cursor");
            assert!(is_in_order(&one, 2) && is_complete(one.into_iter(), 2, COUNT));
            conserves(&QUEUE.stats(), offers);
        });
    });
}

#[test]
fn b4_two_producers_and_two_workers_share_a_queue_of_one() {
    static QUEUE: StaticRecord<Bounded<1>, Stamp, Raw, 5> = StaticRecord::single_cursor();
    watched(|| work_queue(QUEUE.producer().on::<Threads>(), QUEUE.consumer().unwrap().on::<Threads>(), 2, 2, 10_000));
}

#[test]
fn e1_eight_threads_and_two_spare_slots_lose_nothing_and_never_hang() {
    static QUEUE: StaticRecord<Bounded<2>, Stamp, Raw, 4> = StaticRecord::single_cursor();
    watched(|| work_queue(QUEUE.producer().on::<Threads>(), QUEUE.consumer().unwrap().on::<Threads>(), 5, 3, 20_000));
}

#[test]
fn e1_eight_threads_meet_in_a_rendezvous_with_two_slots() {
    static HAND: StaticRecord<Bounded<0>, Stamp, Raw, 2> = StaticRecord::single_cursor();
    watched(|| work_queue(HAND.producer().on::<Threads>(), HAND.consumer().unwrap().on::<Threads>(), 5, 3, 4_000));
}

#[test]
fn e1_fan_out_with_two_spare_slots_loses_nothing_and_never_hangs() {
    const COUNT: u32 = 5_000;
    static QUEUE: StaticRecord<Bounded<2>, Stamp, Raw, 4, 3> = StaticRecord::new();
    watched(|| {
        let readers = [(); 3].map(|()| QUEUE.consumer().unwrap().on::<Threads>());
        let producer = QUEUE.producer().on::<Threads>();
        thread::scope(|scope| {
            let readers = readers.map(|reader| scope.spawn(|| consume(reader)));
            let senders = [0, 1, 2, 3, 4].map(|id| scope.spawn(move || produce(producer, id, COUNT)));
            for sender in senders {
                sender.join().unwrap();
            }
            QUEUE.close();
            let [one, two, three] = readers.map(|reader| reader.join().unwrap());
            assert!(one == two && two == three);
            assert!(is_in_order(&one, 5) && is_complete(one.into_iter(), 5, COUNT));
        });
    });
}

#[test]
fn k5_readers_that_come_and_go_hold_nobody_up() {
    const COUNT: u32 = 20_000;
    static QUEUE: StaticRecord<Bounded<2>, Stamp, Raw, 6, 2> = StaticRecord::new();
    watched(|| {
        let reader = QUEUE.consumer().unwrap().on::<Threads>();
        thread::scope(|scope| {
            let reading = scope.spawn(|| consume(reader));
            let visitor = scope.spawn(|| {
                let mut visits = 0_u32;
                while !QUEUE.is_closed() {
                    let mut visitor = QUEUE.consumer().unwrap().on::<Threads>();
                    if visits.is_multiple_of(2) {
                        let _ = visitor.recv_timeout(Duration::from_micros(20));
                    }
                    visits += 1;
                }
            });
            produce(QUEUE.producer().on::<Threads>(), 0, COUNT);
            QUEUE.close();
            visitor.join().unwrap();
            assert!(is_complete(reading.join().unwrap().into_iter(), 1, COUNT));
        });
    });
}

#[test]
fn m1_delivered_and_lagged_add_up_on_the_kinds_that_overwrite() {
    const COUNT: u32 = 20_000;
    static RING: StaticRecord<SpmcRing<4>, Stamp, Raw, 8, 2> = StaticRecord::new();
    static LATEST: StaticRecord<SingleLatest, Stamp, Raw, 5, 2> = StaticRecord::new();
    static MAILBOX: StaticRecord<Mailbox, Stamp, Raw, 5> = StaticRecord::single_cursor();

    fn follow<R: Record<Value = Stamp>>(mut reader: StaticConsumer<'_, R, Threads>) {
        let (mut told, mut last) = (0, None);
        loop {
            match reader.recv() {
                Ok(stamp) => {
                    assert!(last < Some(stamp), "in order, nothing twice");
                    last = Some(stamp);
                }
                Err(RecvError::Lagged(lag)) => told += lag,
                Err(_) => break,
            }
        }
        assert_eq!(last, Some((0, COUNT - 1)), "the newest value is always seen");
        let counters = reader.stats().counters;
        assert_eq!(counters.accepted, u64::from(COUNT));
        assert_eq!(counters.accepted, counters.delivered + counters.lagged + counters.readable);
        assert!(told == 0 || told == counters.lagged);
    }

    fn run<R: Record<Value = Stamp> + Sync + 'static>(
        producer: StaticProducer<'_, R, Threads>,
        readers: impl IntoIterator<Item = StaticConsumer<'static, R, Threads>>,
    ) {
        thread::scope(|scope| {
            for reader in readers {
                scope.spawn(move || follow(reader));
            }
            for place in 0..COUNT {
                producer.try_send((0, place)).expect("an overwriting kind is never full");
            }
            producer.close();
        });
        conserves(&producer.stats(), u64::from(COUNT));
    }

    watched(|| {
        run(RING.producer().on::<Threads>(), [(); 2].map(|()| RING.consumer().unwrap().on::<Threads>()));
        run(LATEST.producer().on::<Threads>(), [(); 2].map(|()| LATEST.consumer().unwrap().on::<Threads>()));
        run(MAILBOX.producer().on::<Threads>(), [MAILBOX.consumer().unwrap().on::<Threads>()]);
    });
}
