//! Tokio's bounded mpsc through its blocking calls.

use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::link::{Class, Ends, Link, Named, Shared};
use crate::payload::Payload;

/// The bounded channel.
pub struct Queue;

impl Named for Queue {
    const CLASS: Class = Class::Peer;

    fn name() -> String {
        "tokio mpsc".into()
    }
}

impl<T: Payload> Link<T> for Queue {
    type Keep = ();
    type Sender = Sender<T>;
    type Reader = Receiver<T>;

    const OVERWRITES: bool = false;

    fn open(capacity: usize, readers: usize) -> Ends<(), Sender<T>, Receiver<T>> {
        assert!(readers <= 1, "there is one receiver");
        let (sender, reader) = channel(capacity);
        Ends { keep: (), sender, readers: vec![reader] }
    }

    #[inline(always)]
    fn try_send(sender: &mut Sender<T>, value: T) -> bool {
        sender.try_send(value).is_ok()
    }

    #[inline(always)]
    fn send(sender: &mut Sender<T>, value: T) {
        sender.blocking_send(value).expect("the reader lives");
    }

    #[inline(always)]
    fn try_recv(reader: &mut Receiver<T>) -> Option<T> {
        reader.try_recv().ok()
    }

    #[inline(always)]
    fn recv(reader: &mut Receiver<T>) -> T {
        reader.blocking_recv().expect("the sender lives")
    }

    #[inline(always)]
    fn recv_many(reader: &mut Receiver<T>, into: &mut Vec<T>, most: usize) {
        reader.blocking_recv_many(into, most);
    }
}

impl<T: Payload> Shared<T> for Queue {
    fn another(sender: &Sender<T>) -> Sender<T> {
        sender.clone()
    }
}
