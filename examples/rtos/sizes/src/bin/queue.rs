//! A `StaticQueue` of 16 words, whose tasks block.
#![no_std]
#![no_main]

use aimdb_sync_embassy::{CriticalSectionRawMutex, FreeRtos, StaticQueue};

static QUEUE: StaticQueue<u32, CriticalSectionRawMutex, 16> = StaticQueue::new();

sizes::program! {
    sender QUEUE.producer().on::<FreeRtos>();
    send |producer, value| producer.send(value).is_ok();
    reader Some(QUEUE.consumer().on::<FreeRtos>());
    receive |consumer| consumer.recv().ok();
}
