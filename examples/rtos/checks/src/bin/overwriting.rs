//! The kinds that overwrite, filled by an interrupt that waits for nobody: lag is told to the value, the latest is
//! the latest, a command is taken once.
#![no_std]
#![no_main]

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use aimdb_sync_embassy::{
    CriticalSectionRawMutex as Raw, FreeRtos, Mailbox, RecvError, RecvTimeoutError, SingleLatest, SpmcRing,
    StaticRecord, Ticks,
};
use board::{Interrupt, Timer, check, interrupt};
use checks::{Helper, RUNNER, checks, helper, until};
use freertos::scheduler::delay;
use oracle::{Interrupts, Random};

const VALUES: u32 = 20_000;

static RING: StaticRecord<SpmcRing<8>, u32, Raw, 11, 2> = StaticRecord::new();
static LATEST: StaticRecord<SingleLatest, u32, Raw, 4, 2> = StaticRecord::new();
static COMMAND: StaticRecord<Mailbox, u32, Raw, 4> = StaticRecord::new();

checks! {
    a_slow_reader_of_a_ring_is_told_what_it_missed
    the_latest_value_is_never_an_older_one
    a_command_is_taken_once_or_displaced
}

interrupt!(TIMER0, produce);
static WHEN: Interrupts<(Random, fn(u32))> = Interrupts::nothing();
static PRODUCED: AtomicU32 = AtomicU32::new(0);

fn produce() {
    let number = PRODUCED.fetch_add(1, Relaxed);
    WHEN.with(|when| {
        let (when, send) = when.as_mut().expect("it was put there before the timer was started");
        send(number);
        if number + 1 < VALUES {
            Timer::Timer0.start(600 + when.below(2_000), Interrupt::KERNEL);
        } else {
            Timer::Timer0.stop();
        }
    });
}

/// The interrupt sends the numbers 0 to [`VALUES`].
fn begin(send: fn(u32)) {
    PRODUCED.store(0, Relaxed);
    WHEN.put((Random::from_seed(3), send));
    Timer::Timer0.start(10_000, Interrupt::KERNEL);
}

fn wait_for_the_last() {
    until(|| PRODUCED.load(Relaxed) == VALUES);
}

static MISSED: [AtomicU32; 2] = [const { AtomicU32::new(0) }; 2];

/// Follows the ring; the patient one now and then does something else.
fn follow(reader: usize) {
    let mut ring = RING.consumer().expect("a ring with two readers").on::<FreeRtos>();
    let mut random = Random::from_seed(5);
    let (mut next, mut seen, mut missed) = (0, 0, 0);
    loop {
        match ring.recv() {
            Ok(value) => {
                check!(value == next);
                (next, seen) = (next + 1, seen + 1);
            }
            Err(RecvError::Lagged(lag)) => {
                next += lag as u32;
                missed += lag as u32;
            }
            Err(error) => {
                check!(error == RecvError::Closed);
                break;
            }
        }
        if reader == 1 && random.below(50) == 0 {
            delay(random.below(3));
        }
    }
    check!(seen + missed == VALUES);
    let counters = ring.stats().counters;
    check!(counters.delivered == u64::from(seen) && counters.lagged == u64::from(missed) && counters.readable == 0);
    MISSED[reader].store(missed, Relaxed);
}

fn a_slow_reader_of_a_ring_is_told_what_it_missed() {
    let readers = [helper(RUNNER + 1, follow, 0), helper(RUNNER - 1, follow, 1)];
    until(|| RING.stats().waiting_consumers == 2);
    begin(|number| check!(RING.producer().try_send(number).is_ok()));
    wait_for_the_last();
    RING.close();
    readers.into_iter().for_each(Helper::join);
    // The urgent one kept up, and held nobody up who did not.
    check!(MISSED[0].load(Relaxed) == 0 && MISSED[1].load(Relaxed) > 100);
    let counters = RING.stats().counters;
    check!(counters.accepted == u64::from(VALUES) && counters.refused == 0 && counters.timed_out == 0);
}

static LAST: [AtomicU32; 2] = [const { AtomicU32::new(0) }; 2];

fn the_latest_value_is_never_an_older_one() {
    let look = |reader: usize| {
        let mut latest = LATEST.consumer().expect("two readers").on::<FreeRtos>();
        let mut before = None;
        loop {
            match latest.latest_timeout(Ticks(1_000)) {
                Ok(value) => {
                    check!(before < Some(value));
                    before = Some(value);
                    LAST[reader].store(value, Relaxed);
                }
                Err(RecvTimeoutError::Closed) => return,
                Err(_) => check!(false),
            }
        }
    };
    let readers = [helper(RUNNER + 1, look, 0), helper(RUNNER - 1, look, 1)];
    until(|| LATEST.stats().waiting_consumers == 2);
    begin(|number| {
        check!(LATEST.producer().try_send(number).is_ok());
        check!(LATEST.peek() == Some(number));
    });
    wait_for_the_last();
    until(|| LATEST.stats().waiting_consumers == 2);
    check!(LAST.iter().all(|last| last.load(Relaxed) == VALUES - 1));
    LATEST.close();
    readers.into_iter().for_each(Helper::join);
}

static DISPLACED: AtomicU32 = AtomicU32::new(0);
static TAKEN: AtomicU32 = AtomicU32::new(0);

fn a_command_is_taken_once_or_displaced() {
    let take = |_| {
        let mut command = COMMAND.consumer().expect("all share one cursor").on::<FreeRtos>();
        let mut before = None;
        loop {
            match command.recv() {
                Ok(value) => {
                    check!(before < Some(value));
                    before = Some(value);
                    TAKEN.fetch_add(1, Relaxed);
                    delay(1);
                }
                Err(RecvError::Closed) => return,
                Err(_) => {}
            }
        }
    };
    let readers = [helper(RUNNER + 1, take, 0), helper(RUNNER - 1, take, 1)];
    until(|| COMMAND.stats().waiting_consumers == 2);
    begin(|number| match COMMAND.producer().force_send(number) {
        Ok(None) => {}
        Ok(Some(displaced)) => {
            check!(displaced < number);
            DISPLACED.fetch_add(1, Relaxed);
        }
        Err(_) => check!(false),
    });
    wait_for_the_last();
    COMMAND.close();
    readers.into_iter().for_each(Helper::join);
    let (taken, displaced) = (TAKEN.load(Relaxed), DISPLACED.load(Relaxed));
    check!(taken + displaced == VALUES && taken > 100 && displaced > 100);
    check!(COMMAND.stats().counters.accepted == u64::from(VALUES));
}
