//! A `SingleLatest` of a word, with the slots of two tasks.
#![no_std]
#![no_main]

use aimdb_sync_embassy::{CriticalSectionRawMutex, FreeRtos, SingleLatest, StaticRecord};

static RECORD: StaticRecord<SingleLatest, u32, CriticalSectionRawMutex, 3> = StaticRecord::new();

sizes::program! {
    sender RECORD.producer().on::<FreeRtos>();
    send |producer, value| producer.send(value).is_ok();
    reader RECORD.consumer().ok().map(|consumer| consumer.on::<FreeRtos>());
    receive |consumer| consumer.recv().ok();
}
