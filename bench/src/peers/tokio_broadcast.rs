//! Tokio's broadcast channel, the ring among the peers.

use tokio::sync::broadcast::{Receiver, Sender, channel};

use crate::link::{Class, Ends, Link, Named, apart};
use crate::payload::Payload;

/// The broadcast channel. It rounds capacities up to a power of two; those in the rows are such.
pub struct Ring;

impl Named for Ring {
    const CLASS: Class = Class::Peer;

    fn name() -> String {
        "tokio broadcast".into()
    }
}

impl<T: Payload> Link<T> for Ring {
    type Keep = ();
    type Sender = Sender<T>;
    type Reader = Receiver<T>;

    const OVERWRITES: bool = true;

    fn open(capacity: usize, readers: usize) -> Ends<(), Sender<T>, Receiver<T>> {
        let (sender, _) = channel(capacity);
        let readers = (0..readers).map(|_| sender.subscribe()).collect();
        Ends { keep: (), sender, readers }
    }

    #[inline(always)]
    fn try_send(sender: &mut Sender<T>, value: T) -> bool {
        // Without a receiver it refuses the value, which costs it next to nothing; that row is what
        // it is.
        let _ = sender.send(value);
        true
    }

    #[inline(always)]
    fn send(sender: &mut Sender<T>, value: T) {
        <Self as Link<T>>::try_send(sender, value);
    }

    #[inline(always)]
    fn try_recv(reader: &mut Receiver<T>) -> Option<T> {
        reader.try_recv().ok()
    }

    #[inline(always)]
    fn recv(reader: &mut Receiver<T>) -> T {
        reader.blocking_recv().expect("the sender lives and the reader is fast enough")
    }
}

apart!(Ring);
