//! A `StaticQueue` that drops the newest: a send and a receive that find room and a value, and a send that meets a full queue, by calls
//! that never wait and ask no kernel, at 4 bytes and at 256.
#![no_std]
#![no_main]

use aimdb_sync_embassy::{CriticalSectionRawMutex, DropNewest, FreeRtos, StaticConsumer, StaticProducer, StaticQueue};
use board::{Exit, check, count_from, count_to, entry, exit};
use freertos::{Scheduler, Task};

type Block = [u32; 64];

static TASK: Task<4096> = Task::new();

entry!(main);

fn main() -> Exit {
    check!(TASK.spawn(c"count", 2, count).is_ok());
    Scheduler::start()
}

/// A module for each: a mark may stand once in a program.
macro_rules! dropped {
    ($name:ident, $value:ty, $numbered:ident, $both:literal, $dropped:literal) => {
        mod $name {
            use super::*;

            type Counted = StaticQueue<$value, CriticalSectionRawMutex, 2, DropNewest>;
            static RECORD: Counted = StaticQueue::new();

            pub(super) fn passes() {
                let producer = RECORD.producer().on::<FreeRtos>();
                let mut consumer = RECORD.consumer();
                for pass in 0..8 {
                    let mut there = $numbered(0);
                    both(&producer, &mut consumer, $numbered(pass), &mut there);
                    check!(there == $numbered(pass));
                    check!(producer.send($numbered(pass)).is_ok() && producer.send($numbered(pass)).is_ok());
                    drops(&producer, $numbered(100));
                    for _ in 0..2 {
                        check!(consumer.try_recv() == Ok($numbered(pass)));
                    }
                }
                check!(RECORD.stats().counters.dropped_newest == 8);
            }

            #[inline(never)]
            fn both(
                producer: &StaticProducer<'_, Counted, FreeRtos>,
                consumer: &mut StaticConsumer<'_, Counted>,
                value: $value,
                there: &mut $value,
            ) {
                count_from!($both);
                let sent = producer.send(value).is_ok();
                let received = consumer.try_recv().map(|value| *there = value).is_ok();
                count_to!($both);
                check!(sent && received);
            }

            #[inline(never)]
            fn drops(producer: &StaticProducer<'_, Counted, FreeRtos>, value: $value) {
                count_from!($dropped);
                let sent = producer.send(value).is_ok();
                count_to!($dropped);
                check!(sent);
            }
        }
    };
}

dropped!(queue_4, u32, word, "dropping_4_both", "dropping_4_full");
dropped!(queue_256, Block, block, "dropping_256_both", "dropping_256_full");

fn word(number: u32) -> u32 {
    number
}

fn block(number: u32) -> Block {
    [number; 64]
}

fn count() {
    queue_4::passes();
    queue_256::passes();
    exit(Exit::Success)
}
