//! A `Bounded` record of 16 words, whose tasks find it by its key and block.
#![no_std]
#![no_main]

use aimdb_sync_embassy::{Bounded, CriticalSectionRawMutex, FreeRtos, Registry, StaticRecord};

static RECORD: StaticRecord<Bounded<16>, u32, CriticalSectionRawMutex, 18> = StaticRecord::new();
static RECORDS: Registry = Registry::new(&[("record", &RECORD)]);

sizes::program! {
    sender RECORDS.producer::<u32>("record").ok().map(|producer| producer.on::<FreeRtos>());
    send |producer, value| producer.is_some_and(|producer| producer.send(value).is_ok());
    reader RECORDS.consumer::<u32>("record").ok().map(|consumer| consumer.on::<FreeRtos>());
    receive |consumer| consumer.recv().ok();
}
