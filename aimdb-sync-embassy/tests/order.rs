//! Whom a record serves next (contract W2 to W4): the more urgent, then who came earlier, whoever leaves meanwhile.

mod port;

use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use aimdb_sync_embassy::{
    Bounded, CriticalSectionRawMutex as Raw, Record, SendError, Sending, StaticConsumer, StaticProducer, StaticQueue,
    StaticRecord, Ticks, Timeout, Waiting,
};
use port::{Wakes, poll_counted};

/// Each with its priority, in the order in which they come, and the order in which they are served.
const COMERS: [(u64, u8); 6] = [(10, 1), (11, 3), (12, 1), (13, 2), (14, 3), (15, 0)];
const SERVED: [u64; 6] = [11, 14, 13, 10, 12, 15];

/// A value that is moved inside the critical section, or outside.
trait Load: Send + 'static {
    fn of(number: u64) -> Self;
    fn number(&self) -> u64;
}

impl Load for u64 {
    fn of(number: u64) -> Self {
        number
    }

    fn number(&self) -> u64 {
        *self
    }
}

impl Load for [u64; 4] {
    fn of(number: u64) -> Self {
        [number; 4]
    }

    fn number(&self) -> u64 {
        self[0]
    }
}

fn lean<T: Load>() -> &'static StaticQueue<T, Raw, 1> {
    Box::leak(Box::new(StaticQueue::new()))
}

/// Runs with the two ends of each record that has one place, which is full or empty.
macro_rules! each_record {
    ($body:ident, $full:expr) => {
        each_record!(u64, $body, $full);
        each_record!([u64; 4], $body, $full);
    };
    ($load:ty, $body:ident, $full:expr) => {{
        let lean = lean::<$load>();
        let whole: &'static StaticRecord<Bounded<1>, $load, Raw, 12> = Box::leak(Box::new(StaticRecord::new()));
        if $full {
            lean.producer().produce(<$load>::of(0));
            whole.producer().produce(<$load>::of(0));
        }
        $body(lean.producer(), lean.consumer());
        $body(whole.producer(), whole.consumer().unwrap());
    }};
}

type Waits<F> = Vec<(u64, Pin<Box<F>>, Arc<Wakes>)>;

/// Those who were woken.
fn woken<F>(waits: &Waits<F>) -> Vec<u64> {
    waits.iter().filter(|(.., wakes)| wakes.count() > 0).map(|(number, ..)| *number).collect()
}

fn start<F: Waiting>(number: u64, priority: u8, mut waiting: F) -> (u64, Pin<Box<F>>, Arc<Wakes>) {
    waiting.set_priority(priority);
    let (mut waiting, wakes) = (Box::pin(waiting), Arc::new(Wakes::default()));
    assert!(poll_counted(waiting.as_mut(), &wakes).is_pending());
    (number, waiting, wakes)
}

fn senders<'a, R: Record<Value: Load>>(
    producer: StaticProducer<'a, R>,
    comers: &[(u64, u8)],
) -> Waits<impl Sending<Value = R::Value, Output = Result<(), SendError<R::Value>>> + use<'a, R>> {
    comers
        .iter()
        .map(|(number, priority)| start(*number, *priority, producer.send_async(R::Value::of(*number))))
        .collect()
}

#[test]
fn w3_senders_are_served_by_priority_and_then_by_age() {
    fn serves<R: Record<Value: Load>>(producer: StaticProducer<'_, R>, mut consumer: StaticConsumer<'_, R>) {
        let mut waits = senders(producer, &COMERS);
        assert_eq!(consumer.try_recv().ok().unwrap().number(), 0);
        for served in SERVED {
            assert_eq!(woken(&waits), [served]);
            let at = waits.iter().position(|(number, ..)| *number == served).unwrap();
            let (_, mut sending, wakes) = waits.remove(at);
            assert!(matches!(poll_counted(sending.as_mut(), &wakes), Poll::Ready(Ok(()))));
            assert_eq!(consumer.try_recv().ok().unwrap().number(), served);
        }
    }
    each_record!(serves, true);
}

#[test]
fn w3_readers_are_served_by_priority_and_then_by_age() {
    fn serves<R: Record<Value: Load>>(producer: StaticProducer<'_, R>, consumer: StaticConsumer<'_, R>) {
        let mut readers: Vec<_> = COMERS.iter().map(|_| consumer.clone()).collect();
        let waits = readers.iter_mut().zip(COMERS);
        let mut waits: Vec<_> = waits
            .map(|(reader, (number, priority))| {
                let (mut reading, wakes) =
                    (Box::pin(reader.recv_async().with_priority(priority)), Arc::new(Wakes::default()));
                assert!(poll_counted(reading.as_mut(), &wakes).is_pending());
                (number, reading, wakes)
            })
            .collect();
        for served in SERVED {
            producer.try_send(R::Value::of(served)).ok().unwrap();
            assert_eq!(woken(&waits), [served]);
            let at = waits.iter().position(|(number, ..)| *number == served).unwrap();
            let (_, mut reading, wakes) = waits.remove(at);
            let Poll::Ready(Ok(value)) = poll_counted(reading.as_mut(), &wakes) else { panic!("it was woken") };
            assert_eq!(value.number(), served);
        }
    }
    each_record!(serves, false);
}

#[test]
fn w3_whoever_was_woken_and_came_too_late_stands_in_front_of_its_equals() {
    fn serves<R: Record<Value: Load>>(producer: StaticProducer<'_, R>, mut consumer: StaticConsumer<'_, R>) {
        let mut waits = senders(producer, &[(1, 1), (2, 1), (3, 0)]);
        consumer.try_recv().ok().unwrap();
        assert_eq!(woken(&waits), [1]);
        // It is overtaken, and a more urgent one comes.
        producer.try_send(R::Value::of(9)).ok().unwrap();
        waits.extend(senders(producer, &[(4, 2)]));
        let (_, mut sending, _) = waits.remove(0);
        let wakes = Arc::new(Wakes::default());
        assert!(poll_counted(sending.as_mut(), &wakes).is_pending());
        waits.push((1, sending, wakes));
        let mut before = 9;
        for served in [4, 1, 2, 3] {
            assert_eq!(consumer.try_recv().ok().unwrap().number(), before);
            assert_eq!(woken(&waits), [served]);
            let at = waits.iter().position(|(number, ..)| *number == served).unwrap();
            let (_, mut sending, wakes) = waits.remove(at);
            assert!(matches!(poll_counted(sending.as_mut(), &wakes), Poll::Ready(Ok(()))));
            before = served;
        }
    }
    // A `StaticRecord` stores the value of who waits as soon as there is room: nobody is overtaken.
    let (small, large) = (lean::<u64>(), lean::<[u64; 4]>());
    small.producer().produce(0);
    large.producer().produce([0; 4]);
    serves(small.producer(), small.consumer());
    serves(large.producer(), large.consumer());
}

#[test]
fn w2_the_order_stays_whoever_leaves_from_its_midst() {
    fn serves<R: Record<Value: Load>>(producer: StaticProducer<'_, R>, mut consumer: StaticConsumer<'_, R>) {
        for leaves in [&[1][..], &[2], &[4], &[1, 4], &[4, 3], &[2, 1], &[1, 2, 4], &[4, 1, 3]] {
            let mut waits = senders(producer, &[(1, 0), (2, 0), (3, 0), (4, 0)]);
            for leaver in leaves {
                let at = waits.iter().position(|(number, ..)| number == leaver).unwrap();
                let back = waits.remove(at).1.as_mut().cancel();
                assert_eq!(back.map(|value| value.number()), Some(*leaver));
            }
            // One comes after they have left.
            waits.extend(senders(producer, &[(5, 0)]));
            let mut before = 0;
            while !waits.is_empty() {
                assert_eq!(consumer.try_recv().ok().unwrap().number(), before);
                assert_eq!(woken(&waits), [waits[0].0]);
                let (number, mut sending, wakes) = waits.remove(0);
                assert!(matches!(poll_counted(sending.as_mut(), &wakes), Poll::Ready(Ok(()))));
                before = number;
            }
            assert_eq!(consumer.try_recv().ok().unwrap().number(), before);
            producer.try_send(R::Value::of(0)).ok().unwrap();
        }
    }
    each_record!(serves, true);
}

#[test]
fn w4_a_time_is_rounded_up_to_whole_ticks_and_never_wraps() {
    for (time, per_second, ticks) in [
        (Duration::ZERO, 1_000, Some(0)),
        (Duration::from_nanos(1), 1_000, Some(1)),
        (Duration::from_millis(1), 1_000, Some(1)),
        (Duration::from_nanos(1_000_001), 1_000, Some(2)),
        (Duration::from_millis(1_001), 100, Some(101)),
        (Duration::from_secs(3), 1, Some(3)),
        (Duration::from_secs(u64::MAX), 1, Some(u64::MAX)),
        (Duration::from_secs(u64::MAX), 2, None),
        (Duration::MAX, 1, None),
        (Duration::MAX, u32::MAX, None),
    ] {
        assert_eq!(time.ticks(per_second), ticks, "{time:?} at {per_second}");
    }
    assert_eq!(Ticks(u32::MAX).ticks(1), Some(u64::from(u32::MAX)));
}
