//! embassy-sync's `Channel` of 16 words; its tasks ask again and again, as with `embassy_futures::block_on`.
#![no_std]
#![no_main]

use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::channel::Channel;
use sizes::busy;

static CHANNEL: Channel<CriticalSectionRawMutex, u32, 16> = Channel::new();

sizes::program! {
    sender &CHANNEL;
    send |channel, value| {
        busy(channel.send(value));
        true
    };
    reader Some(&CHANNEL);
    receive |channel| Some(busy(channel.receive()));
}
