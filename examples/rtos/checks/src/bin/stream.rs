//! A million values from one task to another, with a switch of tasks at any instruction.
#![no_std]
#![no_main]

use aimdb_sync_embassy::{Bounded, CriticalSectionRawMutex as Raw, FreeRtos, RecvError, StaticRecord};
use board::{Timer, check, interrupt};
use checks::{RUNNER, checks, helper};
use freertos::scheduler::yield_from_interrupt;
use oracle::{Interrupts, Random};

checks! {
    a_million_values_arrive_once_and_in_order
}

const VALUES: u32 = 1_000_000;

static QUEUE: StaticRecord<Bounded<16>, u32, Raw, 19> = StaticRecord::new();

interrupt!(TIMER0, switch);
static WHEN: Interrupts<Random> = Interrupts::nothing();

/// Switches between tasks of one priority, after a time that is different each time.
fn switch() {
    let cycles = WHEN.with(|when| when.as_mut().map_or(1_000, |when| 500 + when.below(4_000)));
    Timer::Timer0.start(cycles, 0x80);
    yield_from_interrupt();
}

fn a_million_values_arrive_once_and_in_order() {
    WHEN.put(Random::from_seed(7));
    Timer::Timer0.start(1_000, 0x80);
    let sender = helper(
        RUNNER,
        |_| {
            let producer = QUEUE.producer().on::<FreeRtos>();
            for value in 0..VALUES {
                check!(producer.send(value) == Ok(()));
            }
            QUEUE.close();
        },
        0,
    );
    let mut reader = QUEUE.consumer().expect("the one reader").on::<FreeRtos>();
    for value in 0..VALUES {
        check!(reader.recv() == Ok(value));
    }
    check!(reader.recv() == Err(RecvError::Closed));
    Timer::Timer0.stop();
    sender.join();
    let counters = QUEUE.stats().counters;
    check!(counters.accepted == u64::from(VALUES) && counters.delivered == u64::from(VALUES));
    check!(counters.offered() == u64::from(VALUES) && counters.lagged == 0 && counters.blocked > 0);
}
