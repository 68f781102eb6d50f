//! embassy-sync's `PubSubChannel` of 16 words for one publisher and one subscriber; its tasks block, by a notification.
#![no_std]
#![no_main]

use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::pubsub::PubSubChannel;
use sizes::parked;

static CHANNEL: PubSubChannel<CriticalSectionRawMutex, u32, 16, 1, 1> = PubSubChannel::new();

sizes::program! {
    sender CHANNEL.publisher().ok();
    send |publisher, value| match &publisher {
        Some(publisher) => {
            parked(publisher.publish(value));
            true
        }
        None => false,
    };
    reader CHANNEL.subscriber().ok();
    receive |subscriber| Some(parked(subscriber.next_message_pure()));
}
