//! A `StaticMailbox` of a word, whose tasks block.
#![no_std]
#![no_main]

use aimdb_sync_embassy::{CriticalSectionRawMutex, FreeRtos, StaticMailbox};

static RECORD: StaticMailbox<u32, CriticalSectionRawMutex> = StaticMailbox::new();

sizes::program! {
    sender RECORD.producer().on::<FreeRtos>();
    send |producer, value| producer.send(value).is_ok();
    reader Some(RECORD.consumer().on::<FreeRtos>());
    receive |consumer| consumer.recv().ok();
}
