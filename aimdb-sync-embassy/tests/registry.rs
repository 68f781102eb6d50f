//! Records that are found by key (contract R2), whose ends do what the record's own ends do.

mod port;

use std::error::Error;
use std::fmt::Debug;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use aimdb_sync_embassy::{
    AnyConsumer, AnyProducer, Bounded, CriticalSectionRawMutex as Raw, Deadline, DegradeQuality, DropNewest,
    DropOldest, ErrorKind, Fail, Mailbox, Misuse, PauseUpstream, Port, RecvError, RecvTimeoutError, Registered,
    Registry, RegistryError, SendError, SingleLatest, SpmcRing, Start, StaticQueue, StaticRecord, SubscribeError,
    Ticks, TryRecvError,
};
use port::{Interrupted, TestTime, Threads, Urgent, conserves, rests, until, watched};

type Queue<T, P, const SLOTS: usize, const CURSORS: usize = 1> = StaticRecord<P, T, Raw, SLOTS, CURSORS>;

/// Every call that all records have, in an order that fills, empties, overfills and closes; gives what each of them
/// said. Time stands still but where a call waits.
macro_rules! script {
    ($producer:expr, $consumer:expr, $value:expr) => {{
        let (producer, mut consumer, value) = ($producer.on::<TestTime>(), $consumer.on::<TestTime>(), $value);
        let mut said: Vec<String> = Vec::new();
        macro_rules! say {
            ($answer:expr) => {{
                let answer = $answer;
                said.push(format!("{answer:?} {:?} {:?}", producer.stats(), consumer.stats()));
            }};
        }
        say!(consumer.try_recv());
        say!(consumer.recv_timeout(Ticks(5)));
        say!(producer.send(value(0)));
        say!(consumer.recv());
        for number in 1..=4 {
            say!(producer.send_timeout(value(number), Ticks(7)));
        }
        say!(producer.send_deadline(value(5), Deadline::At(TestTime::now() + 9)));
        say!(producer.send_timeout(value(6), Duration::ZERO));
        say!(producer.try_send(value(7)));
        producer.produce(value(8));
        say!(TestTime::now());
        say!(consumer.recv_timeout(Ticks(5)));
        say!(consumer.recv_deadline(Deadline::At(TestTime::now() + 9)));
        let mut shared = consumer.clone();
        say!(shared.try_recv());
        drop(shared);
        say!(consumer.subscribe().map(|mut other| other.try_recv()));
        say!(consumer.try_recv());
        say!(consumer.try_recv());
        say!(consumer.recv_timeout(Ticks(0)));
        say!(producer.try_send(value(9)));
        say!(producer.is_closed());
        producer.close();
        say!(producer.is_closed());
        say!(producer.try_send(value(10)));
        say!(producer.send(value(11)));
        say!(producer.send_timeout(value(12), Ticks(3)));
        say!(consumer.try_recv());
        say!(consumer.recv());
        say!(consumer.recv_timeout(Ticks(3)));
        say!(producer.abort());
        said
    }};
}

/// A record and its twin: the one is used by key, the other by its own ends, and they say the same.
macro_rules! twins {
    ($($name:ident: $record:ty = $new:expr, $value:expr;)+) => {$(
        #[test]
        fn $name() {
            static RECORD: $record = $new;
            static TWIN: $record = $new;
            static RECORDS: Registry = Registry::new(&[("the.record", &RECORD)]);

            fn ends<T: 'static>(_value: fn(u32) -> T) -> (AnyProducer<T>, AnyConsumer<T>) {
                (RECORDS.producer("the.record").unwrap(), RECORDS.consumer("the.record").unwrap())
            }

            // Each has a thread of its own, and with it a clock of its own.
            let by_key = thread::spawn(|| {
                let (producer, consumer) = ends($value);
                script!(producer, consumer, $value)
            });
            let by_name = thread::spawn(|| script!(TWIN.producer(), own_end(TWIN.consumer()), $value));
            let (by_key, by_name) = (by_key.join().unwrap(), by_name.join().unwrap());
            for (by_key, by_name) in by_key.iter().zip(&by_name) {
                assert_eq!(by_key, by_name);
            }
            assert_eq!(by_key.len(), by_name.len());
        }
    )+};
}

/// The end of a record, which may have none left, or of a queue, which always has one.
trait OwnEnd {
    type End;
    fn end(self) -> Self::End;
}

impl<R: aimdb_sync_embassy::Record> OwnEnd for aimdb_sync_embassy::StaticConsumer<'_, R> {
    type End = Self;

    fn end(self) -> Self {
        self
    }
}

impl<E> OwnEnd for Result<E, SubscribeError> {
    type End = E;

    fn end(self) -> E {
        self.unwrap()
    }
}

fn own_end<E: OwnEnd>(end: E) -> E::End {
    end.end()
}

/// A value that cannot be cloned.
#[derive(Debug)]
struct Token(#[allow(dead_code, reason = "it is shown")] u32);

fn number(number: u32) -> u32 {
    number
}

fn text(number: u32) -> String {
    number.to_string()
}

twins! {
    k3_a_ring_by_key_is_the_same_ring:
        Queue<u32, SpmcRing<3>, 5, 2> = StaticRecord::new(), number;
    k2_a_latest_value_by_key_is_the_same:
        Queue<String, SingleLatest, 4> = StaticRecord::new(), text;
    k4_a_mailbox_by_key_is_the_same:
        Queue<Token, Mailbox, 3> = StaticRecord::single_cursor(), Token;
    k5_a_pausing_queue_by_key_is_the_same:
        Queue<String, Bounded<3, PauseUpstream>, 5> = StaticRecord::new(), text;
    k5_a_failing_queue_by_key_is_the_same:
        Queue<Token, Bounded<2, Fail>, 4> = StaticRecord::single_cursor(), Token;
    k5_a_queue_that_drops_the_oldest_by_key_is_the_same:
        Queue<u32, Bounded<3, DropOldest>, 6, 3> = StaticRecord::new(), number;
    k5_a_queue_that_drops_the_newest_by_key_is_the_same:
        Queue<u32, Bounded<3, DropNewest>, 5> = StaticRecord::new(), number;
    k5_a_degrading_queue_by_key_is_the_same:
        Queue<u32, Bounded<2, DegradeQuality>, 4> = StaticRecord::degrading(|value| value + 100).build(), number;
    k1_a_lean_queue_by_key_is_the_same: StaticQueue<u32, Raw, 3> = StaticQueue::new(), number;
    k1_a_lean_queue_of_large_values_by_key_is_the_same:
        StaticQueue<[u32; 64], Raw, 2, Fail> = StaticQueue::new(), |number| [number; 64];
    k1_a_lean_queue_of_values_that_are_dropped_by_key_is_the_same:
        StaticQueue<String, Raw, 2> = StaticQueue::new(), text;
}

static TEMP: StaticRecord<SingleLatest, i16, Raw, 4> = StaticRecord::new();
static COMMAND: StaticRecord<Mailbox, u32, Raw, 3> = StaticRecord::new();
static RECORDS: Registry = Registry::new(&[("sensor.temp", &TEMP), ("motor", &COMMAND)]);

#[test]
fn r2_a_registry_names_the_key_that_it_has_not_and_both_types_that_differ() {
    let unknown = RECORDS.producer::<i16>("sensor.tem").unwrap_err();
    assert_eq!(unknown, RegistryError::RecordNotFound { key: "sensor.tem" });
    assert_eq!(unknown.to_string(), "there is no record `sensor.tem`");
    assert_eq!(RECORDS.consumer::<i16>("").unwrap_err(), RegistryError::RecordNotFound { key: "" });

    let wrong = RegistryError::TypeMismatch { key: "sensor.temp", expected: "i16", found: "u16" };
    assert_eq!(RECORDS.producer::<u16>("sensor.temp").unwrap_err(), wrong);
    assert_eq!(RECORDS.consumer::<u16>("sensor.temp").unwrap_err(), wrong);
    assert_eq!(wrong.to_string(), "record `sensor.temp` holds `i16`, and was asked for as `u16`");
    assert_eq!((unknown.kind(), wrong.kind()), (ErrorKind::Usage, ErrorKind::Usage));

    // A key that is made while the program runs is found, too, and an error with a key of the program's travels.
    assert!(RECORDS.producer::<u32>(&["mo", "tor"].concat()).is_ok());
    let _: Box<dyn Error + Send + Sync> = Box::new(unknown);
    assert_eq!(format!("{RECORDS:?}"), r#"{"sensor.temp": "i16", "motor": "u32"}"#);
}

#[test]
fn r2_no_place_for_a_cursor_is_an_error_when_the_end_is_made() {
    static RING: StaticRecord<SpmcRing<2>, u8, Raw, 4, 2> = StaticRecord::new();
    static TOKENS: StaticRecord<Bounded<2>, Token, Raw, 4, 2> = StaticRecord::single_cursor();
    static RECORDS: Registry = Registry::new(&[("ring", &RING), ("tokens", &TOKENS)]);
    let ends = (RECORDS.consumer::<u8>("ring").unwrap(), RECORDS.consumer::<u8>("ring").unwrap());
    let full = RECORDS.consumer::<u8>("ring").unwrap_err();
    assert_eq!(full, RegistryError::Subscribe(SubscribeError::NoPlace));
    assert_eq!(ends.0.subscribe().unwrap_err().to_string(), full.to_string());
    // Its cursor goes with the last that shares it.
    let (shares, _other) = (ends.0.clone(), ends.1);
    drop(ends.0);
    assert!(RECORDS.consumer::<u8>("ring").is_err());
    drop(shares);
    assert!(RECORDS.consumer::<u8>("ring").is_ok());

    let _only = RECORDS.consumer::<Token>("tokens").unwrap();
    let second = RECORDS.consumer::<Token>("tokens").unwrap_err();
    assert_eq!(second, RegistryError::Subscribe(SubscribeError::SingleCursor));
}

#[test]
fn r2_a_late_reader_may_begin_with_what_a_ring_retains() {
    static RING: StaticRecord<SpmcRing<2>, u8, Raw, 4, 2> = StaticRecord::new();
    static RECORDS: Registry = Registry::new(&[("ring", &RING)]);
    for value in 0..5 {
        RECORDS.producer::<u8>("ring").unwrap().try_send(value).unwrap();
    }
    assert_eq!(RECORDS.consumer::<u8>("ring").unwrap().try_recv(), Err(TryRecvError::Empty));
    assert_eq!(RECORDS.consumer_from::<u8>("ring", Start::Oldest).unwrap().try_recv(), Ok(3));
}

#[test]
fn m4_a_registry_tells_of_all_its_records() {
    static ONE: StaticQueue<u8, Raw, 2> = StaticQueue::new();
    static OTHER: StaticRecord<Mailbox, String, Raw, 3> = StaticRecord::new();
    static RECORDS: Registry = Registry::new(&[("one", &ONE), ("other", &OTHER)]);
    RECORDS.producer::<u8>("one").unwrap().try_send(1).unwrap();
    OTHER.close();
    let told: Vec<_> = RECORDS.stats().map(|(key, stats)| (key, stats.counters.accepted, stats.closed)).collect();
    assert_eq!(told, [("one", 1, false), ("other", 0, true)]);
}

#[test]
fn e4_a_call_by_key_that_could_hang_an_interrupt_is_refused() {
    static QUEUE: StaticQueue<u8, Raw, 1> = StaticQueue::new();
    static RECORDS: Registry = Registry::new(&[("queue", &QUEUE)]);
    let producer = RECORDS.producer::<u8>("queue").unwrap().on::<Interrupted>();
    let mut consumer = RECORDS.consumer::<u8>("queue").unwrap().on::<Interrupted>();
    let second = Duration::from_secs(1);
    assert_eq!(producer.send(1), Err(SendError::Misuse(1, Misuse::CannotBlock)));
    assert_eq!(producer.send_timeout(1, second), Err(SendError::Misuse(1, Misuse::CannotBlock)));
    assert_eq!(consumer.recv(), Err(RecvError::Misuse(Misuse::CannotBlock)));
    assert_eq!(consumer.recv_timeout(second), Err(RecvTimeoutError::Misuse(Misuse::CannotBlock)));
    // One try cannot hang.
    assert_eq!(producer.send_timeout(1, Ticks(0)), Ok(()));
    assert_eq!(consumer.recv_timeout(Ticks(0)), Ok(1));
    assert_eq!((producer.try_send(2), consumer.try_recv()), (Ok(()), Ok(2)));
}

/// Threads that block at both ends: nothing is lost, nothing comes twice, and the counts say so.
fn through_a_narrow_place(records: &'static Registry, key: &'static str) {
    const SENDERS: u32 = 3;
    const EACH: u32 = 5_000;
    watched(move || {
        let producer = records.producer::<Arc<u32>>(key).unwrap().on::<Threads>();
        let consumer = records.consumer::<Arc<u32>>(key).unwrap().on::<Threads>();
        let readers: Vec<_> = (0..2)
            .map(|_| {
                let mut consumer = consumer.clone();
                thread::spawn(move || {
                    let mut taken = Vec::new();
                    loop {
                        match consumer.recv() {
                            Ok(value) => taken.push(*value),
                            Err(end) => return (taken, end),
                        }
                    }
                })
            })
            .collect();
        let senders: Vec<_> = (0..SENDERS)
            .map(|sender| {
                thread::spawn(move || (0..EACH).for_each(|n| producer.send(Arc::new(sender * EACH + n)).unwrap()))
            })
            .collect();
        for sender in senders {
            sender.join().unwrap();
        }
        producer.close();
        let mut all = Vec::new();
        for reader in readers {
            let (taken, end) = reader.join().unwrap();
            assert_eq!(end, RecvError::Closed);
            all.extend(taken);
        }
        all.sort_unstable();
        assert!(all.into_iter().eq(0..SENDERS * EACH), "each value came once");
        let (stats, sent) = (producer.stats(), u64::from(SENDERS * EACH));
        conserves(&stats, sent);
        assert_eq!((stats.counters.accepted, stats.counters.delivered, stats.occupancy), (sent, sent, 0));
        let read = consumer.stats().counters;
        assert_eq!(read.accepted, read.delivered + read.lagged + read.skipped + read.readable);
    });
}

#[test]
fn m1_threads_that_block_by_key_lose_nothing_and_double_nothing() {
    static RECORD: StaticRecord<Bounded<2>, Arc<u32>, Raw, 8> = StaticRecord::new();
    static QUEUE: StaticQueue<Arc<u32>, Raw, 2> = StaticQueue::new();
    static RECORDS: Registry = Registry::new(&[("record", &RECORD), ("queue", &QUEUE)]);
    through_a_narrow_place(&RECORDS, "record");
    through_a_narrow_place(&RECORDS, "queue");
}

#[test]
fn w4_a_value_whose_time_is_up_is_stored_or_comes_back_and_never_both() {
    static RECORD: StaticRecord<Bounded<1>, Arc<u32>, Raw, 4> = StaticRecord::new();
    static RECORDS: Registry = Registry::new(&[("record", &RECORD)]);
    const SENDERS: u32 = 2;
    const EACH: u32 = 10_000;
    watched(|| {
        let mut reader = RECORDS.consumer::<Arc<u32>>("record").unwrap().on::<Threads>();
        let reading = thread::spawn(move || {
            let mut read = Vec::new();
            while let Ok(value) = reader.recv() {
                read.push(*value);
                // About as long as a sender waits, so that some of its time is up just then.
                (0..*value % 64 * 256).for_each(|_| std::hint::spin_loop());
            }
            read
        });
        let sending = (0..SENDERS).map(|sender| {
            thread::spawn(move || {
                let producer = RECORDS.producer::<Arc<u32>>("record").unwrap().on::<Threads>();
                let numbers = sender * EACH..(sender + 1) * EACH;
                let stored = numbers.filter(|n| match producer.send_timeout(Arc::new(*n), Ticks(n % 16 * 500)) {
                    Ok(()) => true,
                    Err(SendError::Timeout(value)) => {
                        assert_eq!((*value, Arc::strong_count(&value)), (*n, 1));
                        false
                    }
                    Err(other) => panic!("{other}"),
                });
                stored.collect::<Vec<_>>()
            })
        });
        let sending: Vec<_> = sending.collect();
        let mut stored: Vec<u32> = sending.into_iter().flat_map(|sender| sender.join().unwrap()).collect();
        RECORD.close();
        let mut read = reading.join().unwrap();
        stored.sort_unstable();
        read.sort_unstable();
        assert_eq!(stored, read);
        conserves(&RECORD.stats(), u64::from(SENDERS * EACH));
    });
}

#[test]
fn e4_who_waits_by_key_is_served_by_priority() {
    fn check<T: Debug + PartialEq + Send + 'static>(
        records: &'static Registry,
        key: &'static str,
        value: fn(u32) -> T,
    ) {
        // Each with its priority, in the order in which they come.
        const COMERS: [(u32, u8); 3] = [(10, 1), (11, 3), (12, 2)];
        watched(move || {
            let producer = records.producer::<T>(key).unwrap();
            let mut consumer = records.consumer::<T>(key).unwrap();
            producer.try_send(value(0)).unwrap();
            thread::scope(|scope| {
                for (came, (number, urgency)) in COMERS.into_iter().enumerate() {
                    rests(scope, move || {
                        Urgent::set_priority(urgency);
                        producer.on::<Urgent>().send(value(number)).unwrap();
                    });
                    assert_eq!(producer.stats().waiting_producers, came + 1);
                }
                let mut reader = consumer.clone().on::<Threads>();
                assert_eq!([(); 4].map(|()| reader.recv().unwrap()), [0, 11, 12, 10].map(value));
            });
            assert_eq!(consumer.try_recv(), Err(TryRecvError::Empty));
            // Readers likewise.
            thread::scope(|scope| {
                let (told, tells) = std::sync::mpsc::channel();
                for (came, (number, urgency)) in COMERS.into_iter().enumerate() {
                    let (mut reader, told) = (consumer.clone().on::<Urgent>(), told.clone());
                    rests(scope, move || {
                        Urgent::set_priority(urgency);
                        told.send((number, reader.recv().unwrap())).unwrap();
                    });
                    assert_eq!(producer.stats().waiting_consumers, came + 1);
                }
                for (number, reader) in (0..).zip([11, 12, 10]) {
                    producer.try_send(value(number)).unwrap();
                    assert_eq!(tells.recv(), Ok((reader, value(number))));
                }
            });
        });
    }
    static RECORD: StaticRecord<Bounded<1>, u32, Raw, 6> = StaticRecord::new();
    static QUEUE: StaticQueue<String, Raw, 1> = StaticQueue::new();
    static RECORDS: Registry = Registry::new(&[("record", &RECORD), ("queue", &QUEUE)]);
    check(&RECORDS, "record", number);
    check(&RECORDS, "queue", text);
}

#[test]
fn c1_close_wakes_who_blocks_by_key() {
    static FULL: StaticRecord<Bounded<1>, u32, Raw, 4> = StaticRecord::new();
    static EMPTY: StaticRecord<SpmcRing<1>, u32, Raw, 3> = StaticRecord::new();
    static RECORDS: Registry = Registry::new(&[("full", &FULL), ("empty", &EMPTY)]);
    watched(|| {
        let sender = RECORDS.producer::<u32>("full").unwrap().on::<Threads>();
        let mut reader = RECORDS.consumer::<u32>("empty").unwrap().on::<Threads>();
        let _holds = RECORDS.consumer::<u32>("full").unwrap();
        sender.send(0).unwrap();
        let sending = thread::spawn(move || sender.send(1));
        let reading = thread::spawn(move || reader.recv());
        until(|| FULL.stats().waiting_producers == 1 && EMPTY.stats().waiting_consumers == 1);
        FULL.close();
        EMPTY.close();
        assert_eq!(sending.join().unwrap(), Err(SendError::Closed(1)));
        assert_eq!(reading.join().unwrap(), Err(RecvError::Closed));
    });
}

#[test]
#[should_panic(expected = "the same key")]
fn r2_a_key_that_is_listed_twice_is_found_while_the_program_runs_too() {
    let twice: [(_, &dyn Registered); 3] = [("sensor.temp", &TEMP), ("motor", &COMMAND), ("sensor.temp", &COMMAND)];
    let _ = Registry::new(Box::leak(Box::new(twice)));
}

#[test]
fn r2_keys_that_begin_alike_are_two() {
    static RECORDS: Registry = Registry::new(&[("a", &TEMP), ("ab", &COMMAND), ("", &TEMP), ("b", &TEMP)]);
    assert!(RECORDS.consumer::<u32>("ab").is_ok());
    assert_eq!(RECORDS.stats().count(), 4);
}
