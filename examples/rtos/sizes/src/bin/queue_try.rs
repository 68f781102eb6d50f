//! A `StaticQueue` of 16 words whose ends never wait, as in interrupts: tasks ask again and again.
#![no_std]
#![no_main]

use aimdb_sync_embassy::{CriticalSectionRawMutex, StaticQueue};

static QUEUE: StaticQueue<u32, CriticalSectionRawMutex, 16> = StaticQueue::new();

sizes::program! {
    sender QUEUE.producer();
    send |producer, value| {
        while producer.try_send(value).is_err() {}
        true
    };
    reader Some(QUEUE.consumer());
    receive |consumer| consumer.try_recv().ok();
}
