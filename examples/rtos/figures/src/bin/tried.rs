//! A `StaticMailbox` and a `StaticLatest`, uncontended: a send and a receive by the calls that never wait and ask no kernel, at 4 bytes and
//! at 256, as embassy-sync's are counted.
#![no_std]
#![no_main]

use aimdb_sync_embassy::{CriticalSectionRawMutex, StaticConsumer, StaticLatest, StaticMailbox, StaticProducer};
use board::{Exit, check, count_from, count_to, entry, exit};
use freertos::{Scheduler, Task};

type Mutex = CriticalSectionRawMutex;
type Block = [u32; 64];

static TASK: Task<4096> = Task::new();

entry!(main);

fn main() -> Exit {
    check!(TASK.spawn(c"count", 2, count).is_ok());
    Scheduler::start()
}

/// A module for each: a mark may stand once in a program.
macro_rules! tried {
    ($name:ident, $record:ty, $value:ty, $numbered:ident, $consumer:expr, $both:literal) => {
        mod $name {
            use super::*;

            type Counted = $record;
            static RECORD: Counted = <$record>::new();

            pub(super) fn passes() {
                let producer = RECORD.producer();
                let consumer: fn(&'static Counted) -> StaticConsumer<'static, Counted> = $consumer;
                let mut consumer = consumer(&RECORD);
                for pass in 0..8 {
                    let mut there = $numbered(0);
                    both(&producer, &mut consumer, $numbered(pass), &mut there);
                    check!(there == $numbered(pass));
                }
            }

            #[inline(never)]
            fn both(
                producer: &StaticProducer<'_, Counted>,
                consumer: &mut StaticConsumer<'_, Counted>,
                value: $value,
                there: &mut $value,
            ) {
                count_from!($both);
                let sent = producer.try_send(value).is_ok();
                let received = consumer.try_recv().map(|value| *there = value).is_ok();
                count_to!($both);
                check!(sent && received);
            }
        }
    };
}

tried!(mailbox_4_tried, StaticMailbox<u32, Mutex>, u32, word, StaticMailbox::consumer, "lean_mailbox_4_try");
tried!(mailbox_256_tried, StaticMailbox<Block, Mutex, 3>, Block, block, StaticMailbox::consumer, "lean_mailbox_256_try");
tried!(
    latest_4_tried,
    StaticLatest<u32, Mutex>,
    u32,
    word,
    |record| record.consumer().expect("the first cursor"),
    "lean_latest_4_try"
);
tried!(
    latest_256_tried,
    StaticLatest<Block, Mutex, 1, 2>,
    Block,
    block,
    |record| record.consumer().expect("the first cursor"),
    "lean_latest_256_try"
);

fn word(number: u32) -> u32 {
    number
}

fn block(number: u32) -> Block {
    [number; 64]
}

fn count() {
    mailbox_4_tried::passes();
    mailbox_256_tried::passes();
    latest_4_tried::passes();
    latest_256_tried::passes();
    exit(Exit::Success)
}
