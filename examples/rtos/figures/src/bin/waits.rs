//! What a `StaticQueue` does with interrupts off when somebody waits, at 4 bytes and at 256: tasks that come to wait, alone and
//! behind others, are woken, and leave when their time is up. Watched, because tasks are switched in between.
#![no_std]
#![no_main]

use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use aimdb_sync_embassy::{CriticalSectionRawMutex, FreeRtos, StaticQueue, Ticks};
use board::{Exit, check, entry, exit, watch_from, watch_to};
use freertos::scheduler::catch_up;
use freertos::{Scheduler, Suspended, Task};

type Mutex = CriticalSectionRawMutex;
type Block = [u32; 64];

/// How long those wait who give up.
const PATIENCE: u32 = 50;
/// More urgent than `main`, so that who is started runs, and waits, at once.
const WAITS: u32 = 2;
const URGENT: u32 = 3;

static MAIN: Task<1024> = Task::new();
/// A task ends after one call, so there are many.
static TASKS: [Task<1024>; 64] = [const { Task::new() }; 64];
static STARTED: AtomicUsize = AtomicUsize::new(0);
static ENDED: AtomicUsize = AtomicUsize::new(0);

entry!(main);

fn main() -> Exit {
    check!(MAIN.spawn(c"main", 1, all).is_ok());
    Scheduler::start()
}

fn start(priority: u32, code: fn()) {
    let task = &TASKS[STARTED.fetch_add(1, Relaxed)];
    check!(task.spawn(c"waits", priority, code).is_ok());
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

            static QUEUE: StaticQueue<$value, Mutex, 2> = StaticQueue::new();

            fn reads() {
                check!(QUEUE.consumer().on::<FreeRtos>().recv().is_ok());
                ENDED.fetch_add(1, Relaxed);
            }

            fn reads_in_vain() {
                check!(QUEUE.consumer().on::<FreeRtos>().recv_timeout(Ticks(PATIENCE)).is_err());
                ENDED.fetch_add(1, Relaxed);
            }

            fn reads_to_the_end() {
                check!(QUEUE.consumer().on::<FreeRtos>().recv().is_err());
                ENDED.fetch_add(1, Relaxed);
            }

            fn sends() {
                check!(QUEUE.producer().on::<FreeRtos>().send($filled).is_ok());
                ENDED.fetch_add(1, Relaxed);
            }

            fn sends_in_vain() {
                check!(QUEUE.producer().on::<FreeRtos>().send_timeout($filled, Ticks(PATIENCE)).is_err());
                ENDED.fetch_add(1, Relaxed);
            }

            fn send() {
                check!(QUEUE.producer().try_send($filled).is_ok());
            }

            fn receive() {
                check!(QUEUE.consumer().try_recv().is_ok());
            }

            pub(super) fn passes() {
                readers();
                senders();
                close();
            }

            fn readers() {
                watch_from!("link_reader_1_", $size);
                start(WAITS, reads);
                watch_to!("link_reader_1_", $size);
                {
                    let _others = Suspended::now();
                    watch_from!("wake_reader_1_", $size);
                    send();
                    watch_to!("wake_reader_1_", $size);
                }
                ended(1);

                start(WAITS, reads_in_vain);
                watch_from!("leave_reader_1_", $size);
                catch_up(PATIENCE);
                watch_to!("leave_reader_1_", $size);
                ended(1);

                start(WAITS, reads);
                watch_from!("link_reader_2_", $size);
                start(WAITS, reads_in_vain);
                watch_to!("link_reader_2_", $size);
                watch_from!("link_reader_3_", $size);
                start(WAITS, reads);
                watch_to!("link_reader_3_", $size);
                // Before three who are less urgent.
                watch_from!("link_reader_urgent_", $size);
                start(URGENT, reads);
                watch_to!("link_reader_urgent_", $size);
                // The second of them, in the middle.
                watch_from!("leave_reader_4_", $size);
                catch_up(PATIENCE);
                watch_to!("leave_reader_4_", $size);
                ended(1);
                {
                    let _others = Suspended::now();
                    watch_from!("wake_reader_3_", $size);
                    send();
                    watch_to!("wake_reader_3_", $size);
                }
                send();
                send();
                ended(3);
            }

            fn senders() {
                send();
                send();
                watch_from!("link_sender_1_", $size);
                start(WAITS, sends);
                watch_to!("link_sender_1_", $size);
                {
                    let _others = Suspended::now();
                    watch_from!("wake_sender_1_", $size);
                    receive();
                    watch_to!("wake_sender_1_", $size);
                }
                ended(1);

                start(WAITS, sends_in_vain);
                watch_from!("leave_sender_1_", $size);
                catch_up(PATIENCE);
                watch_to!("leave_sender_1_", $size);
                ended(1);

                start(WAITS, sends);
                start(WAITS, sends_in_vain);
                watch_from!("link_sender_3_", $size);
                start(WAITS, sends);
                watch_to!("link_sender_3_", $size);
                watch_from!("link_sender_urgent_", $size);
                start(URGENT, sends);
                watch_to!("link_sender_urgent_", $size);
                watch_from!("leave_sender_4_", $size);
                catch_up(PATIENCE);
                watch_to!("leave_sender_4_", $size);
                ended(1);
                {
                    let _others = Suspended::now();
                    watch_from!("wake_sender_3_", $size);
                    receive();
                    watch_to!("wake_sender_3_", $size);
                }
                for _ in 0..4 {
                    receive();
                }
                ended(3);
            }

            fn close() {
                for _ in 0..3 {
                    start(WAITS, reads_to_the_end);
                }
                {
                    let _others = Suspended::now();
                    watch_from!("close_3_", $size);
                    QUEUE.close();
                    watch_to!("close_3_", $size);
                }
                ended(3);
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
