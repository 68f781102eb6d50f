//! Tokio's watch channel, the latest value among the peers.

use futures_executor::block_on;
use tokio::sync::watch::{Receiver, Sender, channel};

use crate::link::{Class, Ends, Link, Named, Peek, apart};
use crate::payload::Payload;

/// The watch channel. It has no blocking call: a thread drives `changed` itself.
pub struct Latest;

impl Named for Latest {
    const CLASS: Class = Class::Peer;

    fn name() -> String {
        "tokio watch".into()
    }
}

impl<T: Payload> Link<T> for Latest {
    /// One receiver that never reads, so that there is always one to look through.
    type Keep = Receiver<T>;
    type Sender = Sender<T>;
    type Reader = Receiver<T>;

    const OVERWRITES: bool = true;

    fn open(_capacity: usize, readers: usize) -> Ends<Receiver<T>, Sender<T>, Receiver<T>> {
        let (sender, keep) = channel(T::tagged(0));
        let readers = (0..readers).map(|_| sender.subscribe()).collect();
        Ends { keep, sender, readers }
    }

    #[inline(always)]
    fn try_send(sender: &mut Sender<T>, value: T) -> bool {
        sender.send_replace(value);
        true
    }

    #[inline(always)]
    fn send(sender: &mut Sender<T>, value: T) {
        sender.send_replace(value);
    }

    #[inline(always)]
    fn try_recv(reader: &mut Receiver<T>) -> Option<T> {
        let changed = reader.has_changed().expect("the sender lives");
        changed.then(|| reader.borrow_and_update().clone())
    }

    #[inline(always)]
    fn recv(reader: &mut Receiver<T>) -> T {
        block_on(reader.changed()).expect("the sender lives");
        reader.borrow_and_update().clone()
    }
}

impl<T: Payload> Peek<T> for Latest {
    #[inline(always)]
    fn peek(reader: &mut Receiver<T>) -> T {
        reader.borrow().clone()
    }
}

apart!(Latest);
