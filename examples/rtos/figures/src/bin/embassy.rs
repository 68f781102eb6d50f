//! embassy-sync's primitives, uncontended: one send, one receive, and both, by the calls that do not wait, at 4 bytes and at 256;
//! and a send that wakes a task, which waits by a notification of the kernel.
#![no_std]
#![no_main]

use board::{Exit, check, count_from, count_to, entry, exit, watch_from, watch_to};
use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex;
use embassy_sync::channel::Channel;
use embassy_sync::pubsub::PubSubChannel;
use embassy_sync::signal::Signal;
use embassy_sync::watch::Watch;
use freertos::{Scheduler, Suspended, Task};

type Mutex = CriticalSectionRawMutex;
type Block = [u32; 64];

static TASK: Task<4096> = Task::new();
static WAITS: Task<1024> = Task::new();
static AWAITED: Channel<Mutex, u32, 16> = Channel::new();

entry!(main);

fn main() -> Exit {
    check!(TASK.spawn(c"count", 2, count).is_ok());
    Scheduler::start()
}

/// A module for each: a mark may stand once in a program.
macro_rules! counted {
    (
        $name:ident, $thing:ty, $value:ty, $numbered:expr,
        from $from:expr, send |$sender:ident: $sends:ty, $sent:ident| $send:expr,
        to $to:expr, receive |$reader:ident: $reads:ty| $receive:expr,
        $both_mark:literal, $send_mark:literal, $receive_mark:literal
    ) => {
        mod $name {
            use super::*;

            static THING: $thing = <$thing>::new();

            pub(super) fn passes() {
                let from = $from;
                #[allow(unused_mut, reason = "some need it")]
                let mut to = $to;
                let numbered: fn(u32) -> $value = $numbered;
                for pass in 0..8 {
                    let value = numbered(pass);
                    send(&from, value);
                    let mut there = numbered(0);
                    receive(&mut to, &mut there);
                    check!(there == value);
                    there = numbered(9);
                    both(&from, &mut to, value, &mut there);
                    check!(there == value);
                }
            }

            #[inline(never)]
            fn both($sender: &$sends, $reader: &mut $reads, $sent: $value, there: &mut $value) {
                count_from!($both_mark);
                let sent = $send;
                let received = $receive.map(|value| *there = value).is_some();
                count_to!($both_mark);
                check!(sent && received);
            }

            #[inline(never)]
            fn send($sender: &$sends, $sent: $value) {
                count_from!($send_mark);
                let sent = $send;
                count_to!($send_mark);
                check!(sent);
            }

            #[inline(never)]
            fn receive($reader: &mut $reads, there: &mut $value) {
                count_from!($receive_mark);
                let received = $receive.map(|value| *there = value).is_some();
                count_to!($receive_mark);
                check!(received);
            }
        }
    };
}

macro_rules! channel {
    ($name:ident, $value:ty, $numbered:expr, $($mark:literal),+) => {
        counted!(
            $name, Channel<Mutex, $value, 16>, $value, $numbered,
            from &THING, send |from: &'static Channel<Mutex, $value, 16>, value| from.try_send(value).is_ok(),
            to &THING, receive |to: &'static Channel<Mutex, $value, 16>| to.try_receive().ok(),
            $($mark),+
        );
    };
}

macro_rules! pubsub {
    ($name:ident, $value:ty, $numbered:expr, $($mark:literal),+) => {
        counted!(
            $name, PubSubChannel<Mutex, $value, 16, 1, 1>, $value, $numbered,
            from THING.publisher().expect("the one publisher"),
            send |from: embassy_sync::pubsub::Publisher<'static, Mutex, $value, 16, 1, 1>, value| from.try_publish(value).is_ok(),
            to THING.subscriber().expect("the one subscriber"),
            receive |to: embassy_sync::pubsub::Subscriber<'static, Mutex, $value, 16, 1, 1>| to.try_next_message_pure(),
            $($mark),+
        );
    };
}

macro_rules! watch {
    ($name:ident, $value:ty, $numbered:expr, $($mark:literal),+) => {
        counted!(
            $name, Watch<Mutex, $value, 1>, $value, $numbered,
            from THING.sender(),
            send |from: embassy_sync::watch::Sender<'static, Mutex, $value, 1>, value| {
                from.send(value);
                true
            },
            to THING.receiver().expect("the one receiver"),
            receive |to: embassy_sync::watch::Receiver<'static, Mutex, $value, 1>| to.try_changed(),
            $($mark),+
        );
    };
}

macro_rules! signal {
    ($name:ident, $value:ty, $numbered:expr, $($mark:literal),+) => {
        counted!(
            $name, Signal<Mutex, $value>, $value, $numbered,
            from &THING, send |from: &'static Signal<Mutex, $value>, value| {
                from.signal(value);
                true
            },
            to &THING, receive |to: &'static Signal<Mutex, $value>| to.try_take(),
            $($mark),+
        );
    };
}

fn word(number: u32) -> u32 {
    number
}

fn block(number: u32) -> Block {
    [number; 64]
}

channel!(channel_4, u32, word, "channel_4_both", "channel_4_send", "channel_4_receive");
channel!(channel_256, Block, block, "channel_256_both", "channel_256_send", "channel_256_receive");
pubsub!(pubsub_4, u32, word, "pubsub_4_both", "pubsub_4_send", "pubsub_4_receive");
pubsub!(pubsub_256, Block, block, "pubsub_256_both", "pubsub_256_send", "pubsub_256_receive");
watch!(watch_4, u32, word, "watch_4_both", "watch_4_send", "watch_4_receive");
watch!(watch_256, Block, block, "watch_256_both", "watch_256_send", "watch_256_receive");
signal!(signal_4, u32, word, "signal_4_both", "signal_4_send", "signal_4_receive");
signal!(signal_256, Block, block, "signal_256_both", "signal_256_send", "signal_256_receive");

fn count() {
    channel_4::passes();
    channel_256::passes();
    pubsub_4::passes();
    pubsub_256::passes();
    watch_4::passes();
    watch_256::passes();
    signal_4::passes();
    signal_256::passes();
    check!(WAITS.spawn(c"waits", 3, waits).is_ok());
    for pass in 0..8 {
        wake(pass);
    }
    exit(Exit::Success)
}

fn waits() {
    loop {
        sizes::parked(AWAITED.receive());
    }
}

#[inline(never)]
fn wake(value: u32) {
    // The task that is woken runs afterwards.
    let _others = Suspended::now();
    watch_from!("channel_4_wake");
    let sent = AWAITED.try_send(value).is_ok();
    watch_to!("channel_4_wake");
    check!(sent);
}
