//! A `StaticLatest` of a word with one reader, whose tasks block.
#![no_std]
#![no_main]

use aimdb_sync_embassy::{CriticalSectionRawMutex, FreeRtos, StaticLatest};

static RECORD: StaticLatest<u32, CriticalSectionRawMutex> = StaticLatest::new();

sizes::program! {
    sender RECORD.producer().on::<FreeRtos>();
    send |producer, value| producer.send(value).is_ok();
    reader RECORD.consumer().ok().map(|consumer| consumer.on::<FreeRtos>());
    receive |consumer| consumer.recv().ok();
}
