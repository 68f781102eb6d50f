//! embassy-sync's `Watch` of a word for one receiver, which blocks, by a notification.
#![no_std]
#![no_main]

use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::watch::Watch;
use sizes::parked;

static WATCH: Watch<CriticalSectionRawMutex, u32, 1> = Watch::new();

sizes::program! {
    sender WATCH.sender();
    send |sender, value| {
        sender.send(value);
        true
    };
    reader WATCH.receiver();
    receive |receiver| Some(parked(receiver.changed()));
}
