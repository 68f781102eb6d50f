//! A queue that many send to: crossbeam's, with one exchange for a place on either side.

use std::sync::Arc;

use crossbeam_queue::ArrayQueue;

use crate::link::{Class, Ends, Link, Named, Shared};
use crate::payload::Payload;
use crate::peers::limits::{spin, spin_send};

/// See the module's documentation. Who waits spins.
pub struct Many;

impl Named for Many {
    const CLASS: Class = Class::Sketch;

    fn name() -> String {
        "sketch: ArrayQueue".into()
    }
}

impl<T: Payload> Link<T> for Many {
    type Keep = ();
    type Sender = Arc<ArrayQueue<T>>;
    type Reader = Arc<ArrayQueue<T>>;

    const OVERWRITES: bool = false;

    fn open(capacity: usize, readers: usize) -> Ends<(), Self::Sender, Self::Reader> {
        let sender = Arc::new(ArrayQueue::new(capacity));
        Ends { keep: (), readers: vec![Arc::clone(&sender); readers], sender }
    }

    fn try_send(sender: &mut Self::Sender, value: T) -> bool {
        sender.push(value).is_ok()
    }

    fn send(sender: &mut Self::Sender, value: T) {
        spin_send(value, |value| sender.push(value));
    }

    fn try_recv(reader: &mut Self::Reader) -> Option<T> {
        reader.pop()
    }

    fn recv(reader: &mut Self::Reader) -> T {
        spin(|| reader.pop())
    }
}

impl<T: Payload> Shared<T> for Many {
    fn another(sender: &Self::Sender) -> Self::Sender {
        Arc::clone(sender)
    }
}
