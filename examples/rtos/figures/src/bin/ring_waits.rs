//! What a `StaticRing` does with interrupts off when somebody waits, at 4 bytes and at 256: readers of one cursor and of
//! several that come to wait, are woken, and leave when their time is up; and a reader that is told its lag. Watched, because tasks
//! are switched in between.
#![no_std]
#![no_main]

use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use aimdb_sync_embassy::{CriticalSectionRawMutex, FreeRtos, StaticRing, Ticks};
use board::{Exit, check, entry, exit, watch_from, watch_to};
use freertos::scheduler::catch_up;
use freertos::{Scheduler, Suspended, Task};

type Mutex = CriticalSectionRawMutex;
type Block = [u32; 64];

/// How long those wait who give up.
const PATIENCE: u32 = 50;
/// More urgent than `main`, so that who is started runs, and waits, at once.
const WAITS: u32 = 2;

static MAIN: Task<1024> = Task::new();
/// A task ends after one call, so there are many.
static TASKS: [Task<1024>; 24] = [const { Task::new() }; 24];
static STARTED: AtomicUsize = AtomicUsize::new(0);
static ENDED: AtomicUsize = AtomicUsize::new(0);

entry!(main);

fn main() -> Exit {
    check!(MAIN.spawn(c"main", 1, all).is_ok());
    Scheduler::start()
}

fn start(code: fn()) {
    let task = &TASKS[STARTED.fetch_add(1, Relaxed)];
    check!(task.spawn(c"waits", WAITS, code).is_ok());
}

/// So many have ended meanwhile, and nobody is left.
fn ended(tasks: usize) {
    check!(ENDED.swap(0, Relaxed) == tasks);
}

/// A module for each size: a mark may stand once in a program.
macro_rules! watched {
    ($name:ident, $value:ty, $filled:expr, $size:literal) => {
        mod $name {
            use super::*;

            static ONE: StaticRing<$value, Mutex, 2> = StaticRing::new();
            static FOUR: StaticRing<$value, Mutex, 2, 4> = StaticRing::new();

            fn reads_one() {
                check!(ONE.consumer().is_ok_and(|consumer| consumer.on::<FreeRtos>().recv().is_ok()));
                ENDED.fetch_add(1, Relaxed);
            }

            fn reads_one_in_vain() {
                let read = ONE.consumer().map(|consumer| consumer.on::<FreeRtos>().recv_timeout(Ticks(PATIENCE)));
                check!(read.is_ok_and(|read| read.is_err()));
                ENDED.fetch_add(1, Relaxed);
            }

            fn reads_of_four() {
                check!(FOUR.consumer().is_ok_and(|consumer| consumer.on::<FreeRtos>().recv().is_ok()));
                ENDED.fetch_add(1, Relaxed);
            }

            fn reads_to_the_end() {
                check!(FOUR.consumer().is_ok_and(|consumer| consumer.on::<FreeRtos>().recv().is_err()));
                ENDED.fetch_add(1, Relaxed);
            }

            pub(super) fn passes() {
                watch_from!("ring_link_1_", $size);
                start(reads_one);
                watch_to!("ring_link_1_", $size);
                {
                    let _others = Suspended::now();
                    watch_from!("ring_wake_1_", $size);
                    check!(ONE.producer().try_send($filled).is_ok());
                    watch_to!("ring_wake_1_", $size);
                }
                ended(1);

                start(reads_one_in_vain);
                watch_from!("ring_leave_1_", $size);
                catch_up(PATIENCE);
                watch_to!("ring_leave_1_", $size);
                ended(1);

                for _ in 0..3 {
                    start(reads_of_four);
                }
                {
                    let _others = Suspended::now();
                    watch_from!("ring_wake_3_", $size);
                    check!(FOUR.producer().try_send($filled).is_ok());
                    watch_to!("ring_wake_3_", $size);
                }
                ended(3);
                lag();

                for _ in 0..3 {
                    start(reads_to_the_end);
                }
                {
                    let _others = Suspended::now();
                    watch_from!("ring_close_3_", $size);
                    FOUR.close();
                    watch_to!("ring_close_3_", $size);
                }
                ended(3);
            }

            fn lag() {
                let Ok(mut consumer) = ONE.consumer() else { return check!(false) };
                for _ in 0..5 {
                    check!(ONE.producer().try_send($filled).is_ok());
                }
                watch_from!("ring_lag_", $size);
                let told = consumer.try_recv();
                watch_to!("ring_lag_", $size);
                check!(told.is_err() && consumer.try_recv().is_ok() && consumer.try_recv().is_ok());
                watch_from!("ring_empty_", $size);
                let told = consumer.try_recv();
                watch_to!("ring_empty_", $size);
                check!(told.is_err());
                watch_from!("ring_unsubscribe_", $size);
                drop(consumer);
                watch_to!("ring_unsubscribe_", $size);
                watch_from!("ring_subscribe_", $size);
                let consumer = ONE.consumer();
                watch_to!("ring_subscribe_", $size);
                check!(consumer.is_ok());
            }
        }
    };
}

watched!(words, u32, 7, "4");
watched!(blocks, Block, [7; 64], "256");

fn all() {
    words::passes();
    blocks::passes();
    exit(Exit::Success)
}
