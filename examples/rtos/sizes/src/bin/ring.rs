//! A `SpmcRing` of 16 words, with the slots of two tasks.
#![no_std]
#![no_main]

use aimdb_sync_embassy::{CriticalSectionRawMutex, FreeRtos, SpmcRing, StaticRecord};

static RECORD: StaticRecord<SpmcRing<16>, u32, CriticalSectionRawMutex, 18> = StaticRecord::new();

sizes::program! {
    sender RECORD.producer().on::<FreeRtos>();
    send |producer, value| producer.send(value).is_ok();
    reader RECORD.consumer().ok().map(|consumer| consumer.on::<FreeRtos>());
    receive |consumer| consumer.recv().ok();
}
