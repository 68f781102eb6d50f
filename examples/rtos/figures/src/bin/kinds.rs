//! A record of each kind, uncontended: one send and one receive, by calls that would wait, at 4 bytes and at 256.
#![no_std]
#![no_main]

use aimdb_sync_embassy::{
    Bounded, CriticalSectionRawMutex, FreeRtos, Mailbox, SingleLatest, SpmcRing, StaticConsumer, StaticProducer,
    StaticRecord,
};
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
macro_rules! counted {
    ($name:ident, $kind:ty, $value:ty, $slots:literal, $sent:literal, $received:literal) => {
        mod $name {
            use super::*;

            type Counted = StaticRecord<$kind, $value, Mutex, $slots>;
            static RECORD: Counted = StaticRecord::new();

            pub(super) fn passes() {
                let producer = RECORD.producer().on::<FreeRtos>();
                let mut consumer = RECORD.consumer().expect("the first cursor").on::<FreeRtos>();
                for pass in 0..8 {
                    let value = value(pass);
                    send(&producer, value);
                    let mut there = self::value(0);
                    receive(&mut consumer, &mut there);
                    check!(there == value);
                }
            }

            fn value(pass: u32) -> $value {
                super::Value::value(pass)
            }

            #[inline(never)]
            fn send(producer: &StaticProducer<'_, Counted, FreeRtos>, value: $value) {
                count_from!($sent);
                let sent = producer.send(value).is_ok();
                count_to!($sent);
                check!(sent);
            }

            #[inline(never)]
            fn receive(consumer: &mut StaticConsumer<'_, Counted, FreeRtos>, there: &mut $value) {
                count_from!($received);
                let received = consumer.recv().map(|value| *there = value).is_ok();
                count_to!($received);
                check!(received);
            }
        }
    };
}

trait Value {
    fn value(pass: u32) -> Self;
}

impl Value for u32 {
    fn value(pass: u32) -> Self {
        pass
    }
}

impl Value for Block {
    fn value(pass: u32) -> Self {
        [pass; 64]
    }
}

counted!(bounded_4, Bounded<16>, u32, 18, "bounded_4_send", "bounded_4_receive");
counted!(bounded_256, Bounded<16>, Block, 18, "bounded_256_send", "bounded_256_receive");
counted!(ring_4, SpmcRing<16>, u32, 18, "ring_4_send", "ring_4_receive");
counted!(ring_256, SpmcRing<16>, Block, 18, "ring_256_send", "ring_256_receive");
counted!(latest_4, SingleLatest, u32, 3, "latest_4_send", "latest_4_receive");
counted!(latest_256, SingleLatest, Block, 3, "latest_256_send", "latest_256_receive");
counted!(mailbox_4, Mailbox, u32, 3, "mailbox_4_send", "mailbox_4_receive");
counted!(mailbox_256, Mailbox, Block, 3, "mailbox_256_send", "mailbox_256_receive");

fn count() {
    bounded_4::passes();
    bounded_256::passes();
    ring_4::passes();
    ring_256::passes();
    latest_4::passes();
    latest_256::passes();
    mailbox_4::passes();
    mailbox_256::passes();
    exit(Exit::Success)
}
