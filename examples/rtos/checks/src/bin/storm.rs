//! Interrupts that come at any instruction send and read, one inside the other, while tasks block, time out and give
//! up: nothing is lost, nothing comes twice, each sender's values come in order, and the counters agree.
#![no_std]
#![no_main]

use core::pin::pin;
use core::task::{Context, Poll, Waker};

use aimdb_sync_embassy::{
    Bounded, CriticalSectionRawMutex as Raw, FreeRtos, Mailbox, Record, RecvError, RecvTimeoutError, Sending,
    StaticConsumer, StaticMailbox, StaticProducer, StaticQueue, StaticRecord, Ticks, TryRecvError, WholeRecord,
};
use board::{Timer, check, interrupt};
use checks::{Helper, RUNNER, checks, helper, until};
use freertos::scheduler::delay;
use oracle::{Interrupts, Large, Oracle, Order, Random, VALUES, Value};

checks! {
    a_queue_with_a_slot_for_everybody
    a_queue_with_few_slots
    a_queue_of_one_place
    a_queue_whose_values_are_displaced
    a_mailbox_whose_values_are_displaced
    a_lean_queue
    a_lean_queue_of_one_place
    a_lean_queue_of_large_values
    a_lean_mailbox
    a_lean_mailbox_of_large_values
}

/// An interrupt of a storm.
struct Storm {
    act: fn(&mut Storm) -> bool,
    /// How many values it has sent.
    number: u32,
    when: Random,
    order: Order,
}

impl Storm {
    fn new(act: fn(&mut Storm) -> bool, seed: u32) -> Self {
        Self { act, number: 0, when: Random::from_seed(seed), order: Order::default() }
    }
}

static SENDS: Interrupts<Storm> = Interrupts::nothing();
static READS: Interrupts<Storm> = Interrupts::nothing();

interrupt!(TIMER0, send);
interrupt!(TIMER1, read);

/// The more urgent interrupt, which interrupts the other too.
fn send() {
    SENDS.with(|storm| next(storm, Timer::Timer0, 0x40));
}

fn read() {
    READS.with(|storm| next(storm, Timer::Timer1, 0x80));
}

/// One interrupt, and when the next one comes, if there is more to do.
fn next(storm: &mut Option<Storm>, timer: Timer, priority: u8) {
    let storm = storm.as_mut().expect("it was put there before the timer was started");
    if (storm.act)(storm) {
        timer.start(600 + storm.when.below(3_000), priority);
    } else {
        timer.stop();
    }
}

/// The storm on one record, whose interrupt sends in one way, `try_send` or `force_send`.
macro_rules! storm {
    ($name:ident, StaticRecord<$kind:ty, $value:ty, $slots:literal>, $send:ident) => {
        // What is displaced while a reader holds it goes to the hook.
        storm!($name, StaticRecord<$kind, $value, Raw, $slots>, $send, StaticRecord::builder()
            .on_drop(|value, _| ORACLE.came_out(value))
            .build(), RECORD.consumer().expect("the first reader"), { static OWN: Oracle = Oracle::new(); &OWN });
    };
    ($name:ident, StaticQueue<$value:ty, $places:literal>, $send:ident) => {
        storm!($name, StaticQueue<$value, Raw, $places>, $send, StaticQueue::new(), RECORD.consumer(), { static OWN: Oracle = Oracle::new(); &OWN });
    };
    ($name:ident, StaticMailbox<$value:ty, $places:literal>, $send:ident, $oracle:literal) => {
        storm!($name, StaticMailbox<Parcel<$value, $oracle>, Raw, $places>, $send, StaticMailbox::new(), RECORD.consumer(), &OF_PARCELS[$oracle]);
    };
    ($name:ident, $record:ty, $send:ident, $new:expr, $consumer:expr, $oracle:expr) => {
        fn $name() {
            static ORACLE: &Oracle = $oracle;
            static RECORD: $record = $new;
            static READER: Interrupts<StaticConsumer<'static, $record>> = Interrupts::nothing();

            let reader = $consumer;
            static TASKS: [Interrupts<StaticConsumer<'static, $record>>; 2] = [const { Interrupts::nothing() }; 2];
            READER.put(reader.clone());
            TASKS[0].put(reader.clone());
            TASKS[1].put(reader);
            let read = |at: usize| reads(TASKS[at].take().expect("it was put there").on::<FreeRtos>(), &ORACLE, at);
            let write = |at: usize| writes(RECORD.producer().on::<FreeRtos>(), &ORACLE, at);
            SENDS.put(Storm::new(|storm| $send(RECORD.producer(), &ORACLE, storm), 1));
            READS.put(Storm::new(|storm| READER.with(|reader| try_recv(reader, &ORACLE, storm)), 2));
            Timer::Timer0.start(1_000, 0x40);
            Timer::Timer1.start(1_000, 0x80);
            let readers = [helper(RUNNER + 2, read, 0), helper(RUNNER - 2, read, 1)];
            let writers = [helper(RUNNER + 1, write, 1), helper(RUNNER - 1, write, 2)];
            writers.into_iter().for_each(Helper::join);
            until(|| critical_section::with(|_| SENDS.with(|storm| storm.as_ref().is_some_and(has_sent_all))));
            RECORD.close();
            readers.into_iter().for_each(Helper::join);
            until(|| critical_section::with(|_| READER.with(|reader| reader.is_none())));
            ORACLE.settle(&RECORD.stats());
        }
    };
}

fn has_sent_all(storm: &Storm) -> bool {
    storm.number == VALUES
}

storm!(a_queue_with_a_slot_for_everybody, StaticRecord<Bounded<4>, Value, 10>, try_send);
storm!(a_queue_with_few_slots, StaticRecord<Bounded<4>, Value, 6>, try_send);
storm!(a_queue_of_one_place, StaticRecord<Bounded<1>, Large, 7>, try_send);
storm!(a_queue_whose_values_are_displaced, StaticRecord<Bounded<4>, Large, 10>, force_send);
storm!(a_mailbox_whose_values_are_displaced, StaticRecord<Mailbox, Value, 7>, force_send);
storm!(a_lean_queue, StaticQueue<Value, 4>, try_send);
storm!(a_lean_queue_of_one_place, StaticQueue<Value, 1>, try_send);
storm!(a_lean_queue_of_large_values, StaticQueue<Large, 4>, try_send);
storm!(a_lean_mailbox, StaticMailbox<Value, 1>, force_send, 0);
storm!(a_lean_mailbox_of_large_values, StaticMailbox<Large, 3>, try_send, 1);

/// What became of the values of records that have no hook.
static OF_PARCELS: [Oracle; 2] = [const { Oracle::new() }; 2];

/// A value that tells when it is displaced: then it is dropped, and nobody has looked into it.
struct Parcel<V: Into<Value> + Copy, const OF: usize>(V);

impl<V: Into<Value> + Copy, const OF: usize> Drop for Parcel<V, OF> {
    fn drop(&mut self) {
        OF_PARCELS[OF].came_out(self.0);
    }
}

impl<V: From<Value> + Into<Value> + Copy, const OF: usize> From<Value> for Parcel<V, OF> {
    fn from(value: Value) -> Self {
        Self(value.into())
    }
}

impl<V: Into<Value> + Copy, const OF: usize> From<Parcel<V, OF>> for Value {
    fn from(parcel: Parcel<V, OF>) -> Self {
        core::mem::ManuallyDrop::new(parcel).0.into()
    }
}

/// What the records carry.
trait Carries: From<Value> + Into<Value> {}

impl<V: From<Value> + Into<Value>> Carries for V {}

/// The interrupt that sends, with the number 0.
fn try_send<R: Record<Value: Carries>>(producer: StaticProducer<'_, R>, oracle: &Oracle, storm: &mut Storm) -> bool {
    let value = Value::new(0, storm.number);
    storm.number += 1;
    oracle.tried(value, producer.try_send(value.into()));
    storm.number < VALUES
}

fn force_send<R: WholeRecord<Value: Carries>>(
    producer: StaticProducer<'_, R>,
    oracle: &Oracle,
    storm: &mut Storm,
) -> bool {
    let value = Value::new(0, storm.number);
    storm.number += 1;
    match producer.force_send(value.into()) {
        Ok(displaced) => {
            oracle.was_stored();
            displaced.into_iter().for_each(|value| oracle.came_out(value));
        }
        Err(refused) => oracle.came_back(value, refused.into_inner()),
    }
    storm.number < VALUES
}

/// The interrupt that reads; it lets go of its reader at the end.
fn try_recv<R: Record<Value: Carries>>(
    reader: &mut Option<StaticConsumer<'_, R>>,
    oracle: &Oracle,
    storm: &mut Storm,
) -> bool {
    let Some(consumer) = reader else { return false };
    match consumer.try_recv() {
        Ok(value) => {
            let value: Value = value.into();
            storm.order.follows(value);
            oracle.came_out(value);
        }
        Err(TryRecvError::Closed) => *reader = None,
        Err(_) => {}
    }
    true
}

/// A task that sends, each time in one of the ways there are.
fn writes<R: Record<Value: Carries>>(producer: StaticProducer<'_, R, FreeRtos>, oracle: &Oracle, me: usize) {
    let mut random = Random::from_seed(10 + me as u32);
    for number in 0..VALUES {
        let value = Value::new(me as u8, number);
        match random.below(64) {
            0..8 => {
                oracle.tried(value, producer.try_send(value.into()));
            }
            8..24 => {
                oracle.sent(value, producer.send_timeout(value.into(), Ticks(random.below(3))));
            }
            24 => gives_up(producer, oracle, value),
            _ => check!(oracle.sent(value, producer.send(value.into()))),
        }
    }
}

/// A sender that stands in the queue for a tick and then wants its value back.
fn gives_up<R: Record<Value: Carries>>(producer: StaticProducer<'_, R, FreeRtos>, oracle: &Oracle, value: Value) {
    let mut sending = pin!(producer.send_async(value.into()));
    match sending.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => {
            oracle.sent(value, answer);
        }
        Poll::Pending => {
            delay(1);
            match sending.cancel() {
                Some(back) => oracle.came_back(value, back),
                None => oracle.was_stored(),
            }
        }
    }
}

/// A task that reads, each time in one of the ways there are, until the record is closed and drained.
fn reads<R: Record<Value: Carries>>(mut reader: StaticConsumer<'_, R, FreeRtos>, oracle: &Oracle, me: usize) {
    let mut random = Random::from_seed(20 + me as u32);
    let mut order = Order::default();
    loop {
        let value = match random.below(64) {
            0..8 => match reader.try_recv() {
                Ok(value) => value,
                Err(TryRecvError::Closed) => return,
                Err(_) => continue,
            },
            8..24 => match reader.recv_timeout(Ticks(random.below(3))) {
                Ok(value) => value,
                Err(RecvTimeoutError::Closed) => return,
                Err(_) => continue,
            },
            24 => {
                // Stands in the queue for a tick and then leaves; what it was woken for is the next one's.
                let mut receiving = pin!(reader.recv_async());
                match receiving.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                    Poll::Ready(Ok(value)) => value,
                    Poll::Ready(Err(_)) => continue,
                    Poll::Pending => {
                        delay(1);
                        continue;
                    }
                }
            }
            _ => match reader.recv() {
                Ok(value) => value,
                Err(RecvError::Closed) => return,
                Err(_) => continue,
            },
        };
        let value: Value = value.into();
        order.follows(value);
        oracle.came_out(value);
    }
}
