//! A `StaticQueue` of 16 words, whose tasks find it by its key and block.
#![no_std]
#![no_main]

use aimdb_sync_embassy::{CriticalSectionRawMutex, FreeRtos, Registry, StaticQueue};

static QUEUE: StaticQueue<u32, CriticalSectionRawMutex, 16> = StaticQueue::new();
static RECORDS: Registry = Registry::new(&[("queue", &QUEUE)]);

sizes::program! {
    sender RECORDS.producer::<u32>("queue").ok().map(|producer| producer.on::<FreeRtos>());
    send |producer, value| producer.is_some_and(|producer| producer.send(value).is_ok());
    reader RECORDS.consumer::<u32>("queue").ok().map(|consumer| consumer.on::<FreeRtos>());
    receive |consumer| consumer.recv().ok();
}
