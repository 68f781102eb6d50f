//! A `StaticRing` of 16 words, for one reader; its tasks block.
#![no_std]
#![no_main]

use aimdb_sync_embassy::{CriticalSectionRawMutex, FreeRtos, StaticRing};

static RING: StaticRing<u32, CriticalSectionRawMutex, 16> = StaticRing::new();

sizes::program! {
    sender RING.producer().on::<FreeRtos>();
    send |producer, value| producer.send(value).is_ok();
    reader RING.consumer().ok().map(|consumer| consumer.on::<FreeRtos>());
    receive |consumer| consumer.recv().ok();
}
