//! embassy-sync behind the critical section of the host, which is a lock of the whole process. It
//! has no blocking calls: a thread drives its futures itself. Its objects are made to be `static`,
//! so each link leaks one.

use embassy_sync::blocking_mutex::raw::CriticalSectionRawMutex as Lock;
use embassy_sync::pubsub::{ImmediatePublisher, PubSubChannel, Subscriber};
use embassy_sync::signal::Signal;
use embassy_sync::watch::{self, Watch};
use futures_executor::block_on;

use crate::link::{Class, Ends, Link, Named, Peek};
use crate::payload::Payload;

/// How many readers a row has at most, and one more to look through.
const READERS: usize = 5;

/// The publish and subscribe channel with `CAPACITY` values, published to without waiting: it
/// overwrites.
pub struct Ring<const CAPACITY: usize>;

/// The two ends of [`Ring`].
type Publisher<T, const CAPACITY: usize> = ImmediatePublisher<'static, Lock, T, CAPACITY, READERS, 0>;
type RingReader<T, const CAPACITY: usize> = Subscriber<'static, Lock, T, CAPACITY, READERS, 0>;

impl<const CAPACITY: usize> Named for Ring<CAPACITY> {
    const CLASS: Class = Class::Peer;

    fn name() -> String {
        "embassy PubSubChannel".into()
    }
}

impl<T: Payload, const CAPACITY: usize> Link<T> for Ring<CAPACITY> {
    type Keep = ();
    type Sender = Publisher<T, CAPACITY>;
    type Reader = RingReader<T, CAPACITY>;

    const OVERWRITES: bool = true;

    fn open(capacity: usize, readers: usize) -> Ends<(), Self::Sender, Self::Reader> {
        assert_eq!(capacity, CAPACITY, "the row and its contestant name the same capacity");
        let channel: &'static PubSubChannel<Lock, T, CAPACITY, READERS, 0> = Box::leak(Box::new(PubSubChannel::new()));
        let readers = (0..readers).map(|_| channel.subscriber().expect("there are so many places")).collect();
        Ends { keep: (), sender: channel.immediate_publisher(), readers }
    }

    #[inline(always)]
    fn try_send(sender: &mut Self::Sender, value: T) -> bool {
        sender.publish_immediate(value);
        true
    }

    #[inline(always)]
    fn send(sender: &mut Self::Sender, value: T) {
        sender.publish_immediate(value);
    }

    #[inline(always)]
    fn try_recv(reader: &mut Self::Reader) -> Option<T> {
        reader.try_next_message_pure()
    }

    #[inline(always)]
    fn recv(reader: &mut Self::Reader) -> T {
        block_on(reader.next_message_pure())
    }
}

/// The watch.
pub struct Latest;

impl Named for Latest {
    const CLASS: Class = Class::Peer;

    fn name() -> String {
        "embassy Watch".into()
    }
}

impl<T: Payload> Link<T> for Latest {
    type Keep = ();
    type Sender = watch::Sender<'static, Lock, T, READERS>;
    type Reader = watch::Receiver<'static, Lock, T, READERS>;

    const OVERWRITES: bool = true;

    fn open(_capacity: usize, readers: usize) -> Ends<(), Self::Sender, Self::Reader> {
        let watch: &'static Watch<Lock, T, READERS> = Box::leak(Box::new(Watch::new()));
        let readers = (0..readers).map(|_| watch.receiver().expect("there are so many places")).collect();
        Ends { keep: (), sender: watch.sender(), readers }
    }

    #[inline(always)]
    fn try_send(sender: &mut Self::Sender, value: T) -> bool {
        sender.send(value);
        true
    }

    #[inline(always)]
    fn send(sender: &mut Self::Sender, value: T) {
        sender.send(value);
    }

    #[inline(always)]
    fn try_recv(reader: &mut Self::Reader) -> Option<T> {
        reader.try_changed()
    }

    #[inline(always)]
    fn recv(reader: &mut Self::Reader) -> T {
        block_on(reader.changed())
    }
}

impl<T: Payload> Peek<T> for Latest {
    #[inline(always)]
    fn peek(reader: &mut Self::Reader) -> T {
        reader.try_get().expect("a value was sent")
    }
}

/// The signal, which one reader waits for.
pub struct Mailbox;

impl Named for Mailbox {
    const CLASS: Class = Class::Peer;

    fn name() -> String {
        "embassy Signal".into()
    }
}

impl<T: Payload> Link<T> for Mailbox {
    type Keep = ();
    type Sender = &'static Signal<Lock, T>;
    type Reader = &'static Signal<Lock, T>;

    const OVERWRITES: bool = true;

    fn open(_capacity: usize, readers: usize) -> Ends<(), Self::Sender, Self::Reader> {
        let signal: &'static Signal<Lock, T> = Box::leak(Box::default());
        Ends { keep: (), sender: signal, readers: vec![signal; readers] }
    }

    #[inline(always)]
    fn try_send(sender: &mut Self::Sender, value: T) -> bool {
        sender.signal(value);
        true
    }

    #[inline(always)]
    fn send(sender: &mut Self::Sender, value: T) {
        sender.signal(value);
    }

    #[inline(always)]
    fn try_recv(reader: &mut Self::Reader) -> Option<T> {
        reader.try_take()
    }

    #[inline(always)]
    fn recv(reader: &mut Self::Reader) -> T {
        block_on(reader.wait())
    }
}
