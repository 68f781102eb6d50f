//! A million values from one task to another, with a switch of tasks at any instruction.
#![no_std]
#![no_main]

use aimdb_sync_embassy::{
    Bounded, BufferMetrics, CriticalSectionRawMutex as Raw, FreeRtos, Record, RecvError, StaticConsumer,
    StaticProducer, StaticQueue, StaticRecord,
};
use board::{Timer, check, interrupt};
use checks::{RUNNER, checks, helper};
use freertos::scheduler::yield_from_interrupt;
use oracle::{Interrupts, Random};

checks! {
    a_million_values_arrive_once_and_in_order
    a_million_values_through_a_lean_queue
}

const VALUES: u32 = 1_000_000;

interrupt!(TIMER0, switch);
static WHEN: Interrupts<Random> = Interrupts::nothing();

/// Switches between tasks of one priority, after a time that is different each time.
fn switch() {
    let cycles = WHEN.with(|when| when.as_mut().map_or(1_000, |when| 500 + when.below(4_000)));
    Timer::Timer0.start(cycles, 0x80);
    yield_from_interrupt();
}

/// Sends all, closes, and stops.
fn send<R: Record<Value = u32>>(producer: StaticProducer<'_, R, FreeRtos>) {
    for value in 0..VALUES {
        check!(producer.send(value) == Ok(()));
    }
    producer.close();
}

fn receive<R: Record<Value = u32>>(mut reader: StaticConsumer<'_, R, FreeRtos>, sender: fn(usize)) {
    WHEN.put(Random::from_seed(7));
    Timer::Timer0.start(1_000, 0x80);
    let sender = helper(RUNNER, sender, 0);
    for value in 0..VALUES {
        check!(reader.recv() == Ok(value));
    }
    check!(reader.recv() == Err(RecvError::Closed));
    Timer::Timer0.stop();
    sender.join();
}

fn has_counted_all(stats: &BufferMetrics) {
    let counters = stats.counters;
    check!(counters.accepted == u64::from(VALUES) && counters.delivered == u64::from(VALUES));
    check!(counters.offered() == u64::from(VALUES) && counters.lagged == 0);
}

fn a_million_values_arrive_once_and_in_order() {
    static RECORD: StaticRecord<Bounded<16>, u32, Raw, 19> = StaticRecord::new();
    receive(RECORD.consumer().expect("the one reader").on(), |_| send(RECORD.producer().on()));
    has_counted_all(&RECORD.stats());
}

fn a_million_values_through_a_lean_queue() {
    static QUEUE: StaticQueue<u32, Raw, 16> = StaticQueue::new();
    receive(QUEUE.consumer().on(), |_| send(QUEUE.producer().on()));
    has_counted_all(&QUEUE.stats());
}
