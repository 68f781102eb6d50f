//! embassy-sync's `Signal` of a word; its task blocks, by a notification.
#![no_std]
#![no_main]

use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::signal::Signal;
use sizes::parked;

static SIGNAL: Signal<CriticalSectionRawMutex, u32> = Signal::new();

sizes::program! {
    sender &SIGNAL;
    send |signal, value| {
        signal.signal(value);
        true
    };
    reader Some(&SIGNAL);
    receive |signal| Some(parked(signal.wait()));
}
