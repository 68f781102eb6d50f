//! The lean latest value, which an interrupt and a task write while tasks of other priorities read it: what they read is whole,
//! of each writer they see no older value after a newer one, everybody has the last one, and the counters agree.
#![no_std]
#![no_main]

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use aimdb_sync_embassy::{
    CriticalSectionRawMutex as Raw, FreeRtos, RecvTimeoutError, StaticConsumer, StaticLatest, Ticks, WholeRecord,
};
use board::{Timer, check, interrupt};
use checks::{Helper, RUNNER, checks, helper, until};
use oracle::{Interrupts, Random};

checks! {
    a_lean_latest_value
    a_lean_latest_value_that_is_large
}

/// How many values each writer sends.
const VALUES: u32 = 20_000;
/// In the number of a value: the task has sent it.
const TASK: u32 = 1 << 31;

type Large = [u32; 24];

/// What is read in whole, or its words differ.
trait Whole: Copy {
    fn of(number: u32) -> Self;
    fn number(self) -> u32;
}

impl Whole for u32 {
    fn of(number: u32) -> Self {
        number
    }

    fn number(self) -> u32 {
        self
    }
}

impl Whole for Large {
    fn of(number: u32) -> Self {
        [number; 24]
    }

    fn number(self) -> u32 {
        check!(self.iter().all(|word| *word == self[0]));
        self[0]
    }
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
            Timer::Timer0.start(300 + when.below(2_000), 0x40);
        } else {
            Timer::Timer0.stop();
        }
    });
}

/// What a reader has seen: of each writer, one above the last.
#[derive(Default)]
struct Seen([u32; 2]);

impl Seen {
    fn follows(&mut self, value: impl Whole) -> u32 {
        let number = value.number();
        let last = &mut self.0[usize::from(number & TASK != 0)];
        check!(number & !TASK >= *last);
        *last = (number & !TASK) + 1;
        number
    }
}

static READ: AtomicU32 = AtomicU32::new(0);
static LAST: [AtomicU32; 2] = [const { AtomicU32::new(0) }; 2];

fn follow<R: WholeRecord<Value: Whole>>(mut latest: StaticConsumer<'_, R, FreeRtos>, me: usize) {
    let (mut seen, mut random) = (Seen::default(), Random::from_seed(7 + me as u32));
    loop {
        let read = match random.below(4) {
            0 => latest.recv_timeout(Ticks(random.below(3))),
            1 => latest.latest_timeout(Ticks(1)),
            2 => latest.try_recv().map_err(|_| RecvTimeoutError::Timeout),
            _ => latest.recv_timeout(Ticks(1_000)),
        };
        match read {
            Ok(value) => {
                LAST[me].store(seen.follows(value), Relaxed);
                READ.fetch_add(1, Relaxed);
            }
            Err(RecvTimeoutError::Closed) => return,
            Err(error) => check!(error == RecvTimeoutError::Timeout),
        }
    }
}

macro_rules! latest {
    ($name:ident, $value:ty, $places:literal) => {
        fn $name() {
            static RECORD: StaticLatest<$value, Raw, 2, $places> = StaticLatest::new();
            let read = |me: usize| follow(RECORD.consumer().expect("two readers").on::<FreeRtos>(), me);
            let write = |_| {
                let mut seen = Seen::default();
                for number in 0..VALUES {
                    check!(RECORD.producer().on::<FreeRtos>().send(Whole::of(TASK | number)).is_ok());
                    // What it looks at, it sent itself, or it came later.
                    seen.follows(RECORD.peek().expect("a value is there"));
                }
            };
            READ.store(0, Relaxed);
            PRODUCED.store(0, Relaxed);
            WHEN.put((Random::from_seed(3), |number| {
                check!(RECORD.producer().try_send(Whole::of(number)).is_ok());
                check!(RECORD.peek().is_some_and(|value| value.number() == number));
            }));
            let readers = [helper(RUNNER + 1, read, 0), helper(RUNNER - 1, read, 1)];
            until(|| RECORD.stats().cursors == 2);
            Timer::Timer0.start(1_000, 0x40);
            helper(RUNNER - 2, write, 0).join();
            until(|| PRODUCED.load(Relaxed) == VALUES);
            let last = RECORD.peek().expect("a value is there").number();
            until(|| LAST.iter().all(|seen| seen.load(Relaxed) == last));
            RECORD.close();
            readers.into_iter().for_each(Helper::join);
            let (stats, read) = (RECORD.stats(), READ.load(Relaxed));
            check!(
                stats.counters.accepted == u64::from(2 * VALUES) && stats.counters.offered() == u64::from(2 * VALUES)
            );
            check!(stats.counters.overwritten == u64::from(2 * VALUES - 1) && stats.occupancy == 1);
            check!(stats.counters.delivered == u64::from(read) && read > 1_000);
            check!(stats.counters.delivered + stats.counters.lagged == u64::from(4 * VALUES));
            check!(stats.cursors == 0 && stats.waiting_consumers == 0);
        }
    };
}

latest!(a_lean_latest_value, u32, 1);
latest!(a_lean_latest_value_that_is_large, Large, 2);
