//! crossbeam-channel, bounded; and a mailbox made of it.

use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};

use crate::link::{Class, Ends, Link, Named, Shared, Timed, apart};
use crate::payload::Payload;

/// The bounded channel.
pub struct Queue;

impl Named for Queue {
    const CLASS: Class = Class::Peer;

    fn name() -> String {
        "crossbeam-channel".into()
    }
}

impl<T: Payload> Link<T> for Queue {
    type Keep = ();
    type Sender = Sender<T>;
    type Reader = Receiver<T>;

    const OVERWRITES: bool = false;

    fn open(capacity: usize, readers: usize) -> Ends<(), Sender<T>, Receiver<T>> {
        assert!(readers <= 1, "clones of a receiver share what is sent");
        let (sender, reader) = bounded(capacity);
        Ends { keep: (), sender, readers: vec![reader] }
    }

    #[inline(always)]
    fn try_send(sender: &mut Sender<T>, value: T) -> bool {
        sender.try_send(value).is_ok()
    }

    #[inline(always)]
    fn send(sender: &mut Sender<T>, value: T) {
        sender.send(value).expect("the reader lives");
    }

    #[inline(always)]
    fn try_recv(reader: &mut Receiver<T>) -> Option<T> {
        reader.try_recv().ok()
    }

    #[inline(always)]
    fn recv(reader: &mut Receiver<T>) -> T {
        reader.recv().expect("the sender lives")
    }
}

impl<T: Payload> Shared<T> for Queue {
    fn another(sender: &Sender<T>) -> Sender<T> {
        sender.clone()
    }
}

impl<T: Payload> Timed<T> for Queue {
    #[inline(always)]
    fn recv_timeout(reader: &mut Receiver<T>, limit: Duration) -> Option<T> {
        reader.recv_timeout(limit).ok()
    }
}

/// A channel of one place, whose sender takes out what is in its way.
pub struct Mailbox;

impl Named for Mailbox {
    const CLASS: Class = Class::Peer;

    fn name() -> String {
        "crossbeam-channel, displacing".into()
    }
}

impl<T: Payload> Link<T> for Mailbox {
    type Keep = ();
    type Sender = (Sender<T>, Receiver<T>);
    type Reader = Receiver<T>;

    const OVERWRITES: bool = true;

    fn open(_capacity: usize, readers: usize) -> Ends<(), Self::Sender, Receiver<T>> {
        let (sender, reader) = bounded(1);
        Ends { keep: (), sender: (sender, reader.clone()), readers: vec![reader; readers] }
    }

    #[inline(always)]
    fn try_send((sender, displaced): &mut Self::Sender, value: T) -> bool {
        let mut value = value;
        // Ends: with a single sender, the place is free after one value was taken out of it.
        while let Err(TrySendError::Full(back)) = sender.try_send(value) {
            let _ = displaced.try_recv();
            value = back;
        }
        true
    }

    #[inline(always)]
    fn send(sender: &mut Self::Sender, value: T) {
        <Self as Link<T>>::try_send(sender, value);
    }

    #[inline(always)]
    fn try_recv(reader: &mut Receiver<T>) -> Option<T> {
        reader.try_recv().ok()
    }

    #[inline(always)]
    fn recv(reader: &mut Receiver<T>) -> T {
        reader.recv().expect("the sender lives")
    }
}

apart!(Queue, Mailbox);
