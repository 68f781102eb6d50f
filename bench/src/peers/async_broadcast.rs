//! async-broadcast, in its overflow mode, through its blocking calls.

use async_broadcast::{InactiveReceiver, Receiver, Sender, broadcast};

use crate::link::{Class, Ends, Link, Named, apart};
use crate::payload::Payload;

/// The broadcast channel that overwrites.
pub struct Ring;

impl Named for Ring {
    const CLASS: Class = Class::Peer;

    fn name() -> String {
        "async-broadcast".into()
    }
}

impl<T: Payload> Link<T> for Ring {
    /// Keeps the channel open while it has no reader.
    type Keep = InactiveReceiver<T>;
    type Sender = Sender<T>;
    type Reader = Receiver<T>;

    const OVERWRITES: bool = true;

    fn open(capacity: usize, readers: usize) -> Ends<InactiveReceiver<T>, Sender<T>, Receiver<T>> {
        let (mut sender, first) = broadcast(capacity);
        sender.set_overflow(true);
        // Without a reader a value is refused at once instead of waited with.
        sender.set_await_active(false);
        let readers = (0..readers).map(|_| sender.new_receiver()).collect();
        Ends { keep: first.deactivate(), sender, readers }
    }

    #[inline(always)]
    fn try_send(sender: &mut Sender<T>, value: T) -> bool {
        sender.try_broadcast(value).is_ok() || sender.receiver_count() == 0
    }

    #[inline(always)]
    fn send(sender: &mut Sender<T>, value: T) {
        // Its blocking call would wait where this one overwrites, and is otherwise the same.
        <Self as Link<T>>::try_send(sender, value);
    }

    #[inline(always)]
    fn try_recv(reader: &mut Receiver<T>) -> Option<T> {
        reader.try_recv().ok()
    }

    #[inline(always)]
    fn recv(reader: &mut Receiver<T>) -> T {
        reader.recv_blocking().expect("the sender lives and the reader is fast enough")
    }
}

apart!(Ring);
