//! A record of each kind, and the lean ones, uncontended: one send, one receive, and both, by calls that would wait, at 4 bytes and at 256.
#![no_std]
#![no_main]

use aimdb_sync_embassy::{
    Bounded, CriticalSectionRawMutex, FreeRtos, Mailbox, NoUninit, SingleLatest, SpmcRing, StaticConsumer, StaticKind,
    StaticLatest, StaticMailbox, StaticProducer, StaticQueue, StaticRecord, StaticRing,
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
    ($name:ident, $record:ty, $value:ty, $consumer:expr, $both:literal, $sent:literal, $received:literal) => {
        mod $name {
            use super::*;

            type Counted = $record;
            static RECORD: Counted = <$record>::new();

            pub(super) fn passes() {
                let producer = RECORD.producer().on::<FreeRtos>();
                let consumer: fn(&'static Counted) -> StaticConsumer<'static, Counted> = $consumer;
                let mut consumer = consumer(&RECORD).on::<FreeRtos>();
                for pass in 0..8 {
                    let value = value(pass);
                    send(&producer, value);
                    let mut there = self::value(0);
                    receive(&mut consumer, &mut there);
                    check!(there == value);
                    both(&producer, &mut consumer, value, &mut there);
                    check!(there == value);
                }
            }

            #[inline(never)]
            fn both(
                producer: &StaticProducer<'_, Counted, FreeRtos>,
                consumer: &mut StaticConsumer<'_, Counted, FreeRtos>,
                value: $value,
                there: &mut $value,
            ) {
                count_from!($both);
                let sent = producer.send(value).is_ok();
                let received = consumer.recv().map(|value| *there = value).is_ok();
                count_to!($both);
                check!(sent && received);
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

/// The first cursor of a record.
fn first<K, T, const N: usize>(
    record: &'static StaticRecord<K, T, Mutex, N>,
) -> StaticConsumer<'static, StaticRecord<K, T, Mutex, N>>
where
    K: StaticKind,
    T: Clone + Send,
{
    record.consumer().expect("the first cursor")
}

/// The first cursor of a ring.
fn ring<T, const N: usize, const READERS: usize, const WRITERS: usize>(
    ring: &'static StaticRing<T, Mutex, N, READERS, WRITERS>,
) -> StaticConsumer<'static, StaticRing<T, Mutex, N, READERS, WRITERS>>
where
    T: NoUninit + Send + Sync,
{
    ring.consumer().expect("the first cursor")
}

counted!(queue_4, StaticQueue<u32, Mutex, 16>, u32, StaticQueue::consumer, "queue_4_both", "queue_4_send", "queue_4_receive");
counted!(queue_256, StaticQueue<Block, Mutex, 16>, Block, StaticQueue::consumer, "queue_256_both", "queue_256_send", "queue_256_receive");
counted!(lean_ring_4, StaticRing<u32, Mutex, 16>, u32, ring, "lean_ring_4_both", "lean_ring_4_send", "lean_ring_4_receive");
counted!(lean_ring_256, StaticRing<Block, Mutex, 16>, Block, ring, "lean_ring_256_both", "lean_ring_256_send", "lean_ring_256_receive");
// Whose places are no power of two.
counted!(lean_ring_odd_4, StaticRing<u32, Mutex, 15>, u32, ring, "lean_ring_odd_4_both", "lean_ring_odd_4_send", "lean_ring_odd_4_receive");
counted!(lean_ring_odd_256, StaticRing<Block, Mutex, 15>, Block, ring, "lean_ring_odd_256_both", "lean_ring_odd_256_send", "lean_ring_odd_256_receive");
// With several cursors, and several that publish.
counted!(lean_ring_many_4, StaticRing<u32, Mutex, 16, 4>, u32, ring, "lean_ring_many_4_both", "lean_ring_many_4_send", "lean_ring_many_4_receive");
counted!(lean_ring_many_256, StaticRing<Block, Mutex, 16, 4, 3>, Block, ring, "lean_ring_many_256_both", "lean_ring_many_256_send", "lean_ring_many_256_receive");
// Both.
counted!(lean_ring_worst_4, StaticRing<u32, Mutex, 15, 4>, u32, ring, "lean_ring_worst_4_both", "lean_ring_worst_4_send", "lean_ring_worst_4_receive");
counted!(lean_ring_worst_256, StaticRing<Block, Mutex, 15, 4, 3>, Block, ring, "lean_ring_worst_256_both", "lean_ring_worst_256_send", "lean_ring_worst_256_receive");
counted!(
    lean_mailbox_4,
    StaticMailbox<u32, Mutex>,
    u32,
    StaticMailbox::consumer,
    "lean_mailbox_4_both",
    "lean_mailbox_4_send",
    "lean_mailbox_4_receive"
);
counted!(
    lean_mailbox_256,
    StaticMailbox<Block, Mutex, 3>,
    Block,
    StaticMailbox::consumer,
    "lean_mailbox_256_both",
    "lean_mailbox_256_send",
    "lean_mailbox_256_receive"
);
counted!(
    lean_latest_4,
    StaticLatest<u32, Mutex>,
    u32,
    |record| record.consumer().expect("the first cursor"),
    "lean_latest_4_both",
    "lean_latest_4_send",
    "lean_latest_4_receive"
);
counted!(
    lean_latest_256,
    StaticLatest<Block, Mutex, 1, 2>,
    Block,
    |record| record.consumer().expect("the first cursor"),
    "lean_latest_256_both",
    "lean_latest_256_send",
    "lean_latest_256_receive"
);
counted!(
    bounded_4,
    StaticRecord<Bounded<16>, u32, Mutex, 18>,
    u32,
    first,
    "bounded_4_both",
    "bounded_4_send",
    "bounded_4_receive"
);
counted!(
    bounded_256,
    StaticRecord<Bounded<16>, Block, Mutex, 18>,
    Block,
    first,
    "bounded_256_both",
    "bounded_256_send",
    "bounded_256_receive"
);
counted!(
    ring_4,
    StaticRecord<SpmcRing<16>, u32, Mutex, 18>,
    u32,
    first,
    "ring_4_both",
    "ring_4_send",
    "ring_4_receive"
);
counted!(
    ring_256,
    StaticRecord<SpmcRing<16>, Block, Mutex, 18>,
    Block,
    first,
    "ring_256_both",
    "ring_256_send",
    "ring_256_receive"
);
counted!(latest_4, StaticRecord<SingleLatest, u32, Mutex, 3>, u32, first, "latest_4_both", "latest_4_send", "latest_4_receive");
counted!(latest_256, StaticRecord<SingleLatest, Block, Mutex, 3>, Block, first, "latest_256_both", "latest_256_send", "latest_256_receive");
counted!(mailbox_4, StaticRecord<Mailbox, u32, Mutex, 3>, u32, first, "mailbox_4_both", "mailbox_4_send", "mailbox_4_receive");
counted!(mailbox_256, StaticRecord<Mailbox, Block, Mutex, 3>, Block, first, "mailbox_256_both", "mailbox_256_send", "mailbox_256_receive");

fn count() {
    queue_4::passes();
    queue_256::passes();
    lean_ring_4::passes();
    lean_ring_256::passes();
    lean_ring_odd_4::passes();
    lean_ring_odd_256::passes();
    lean_ring_many_4::passes();
    lean_ring_many_256::passes();
    lean_ring_worst_4::passes();
    lean_ring_worst_256::passes();
    lean_mailbox_4::passes();
    lean_mailbox_256::passes();
    lean_latest_4::passes();
    lean_latest_256::passes();
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
