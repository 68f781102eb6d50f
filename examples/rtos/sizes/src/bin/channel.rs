//! embassy-sync's `Channel` of 16 words; its tasks block, by a notification.
#![no_std]
#![no_main]

use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::channel::Channel;
use sizes::parked;

static CHANNEL: Channel<CriticalSectionRawMutex, u32, 16> = Channel::new();

sizes::program! {
    sender &CHANNEL;
    send |channel, value| {
        parked(channel.send(value));
        true
    };
    reader Some(&CHANNEL);
    receive |channel| Some(parked(channel.receive()));
}
