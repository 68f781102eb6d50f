//! Bounded channels that a thread can wait on, each through its blocking calls.

use std::collections::VecDeque;
use std::mem;
use std::time::Duration;

use crate::link::{Class, Ends, Link, Named, Shared, Timed, apart};
use crate::payload::Payload;

/// A channel whose two ends have the four calls of a [`Link`], whatever they are called.
macro_rules! queue {
    (
        $(#[$doc:meta])* $queue:ident, $name:literal, $sender:ty, $reader:ty, $open:expr,
        try_send: $try_send:expr, send: $send:expr, try_recv: $try_recv:expr, recv: $recv:expr,
        recv_timeout: $recv_timeout:expr $(, send_many: $send_many:expr, recv_many: $recv_many:expr)? $(,)?
    ) => {
        $(#[$doc])*
        pub struct $queue;

        impl Named for $queue {
            const CLASS: Class = Class::Peer;

            fn name() -> String {
                $name.into()
            }
        }

        impl<T: Payload> Link<T> for $queue {
            type Keep = ();
            type Sender = $sender;
            type Reader = $reader;

            const OVERWRITES: bool = false;

            fn open(capacity: usize, readers: usize) -> Ends<(), Self::Sender, Self::Reader> {
                assert!(readers <= 1, "readers share what is sent");
                let open: fn(usize) -> (Self::Sender, Self::Reader) = $open;
                let (sender, reader) = open(capacity);
                Ends { keep: (), sender, readers: vec![reader] }
            }

            #[inline(always)]
            fn try_send(sender: &mut Self::Sender, value: T) -> bool {
                let call: fn(&mut Self::Sender, T) -> bool = $try_send;
                call(sender, value)
            }

            #[inline(always)]
            fn send(sender: &mut Self::Sender, value: T) {
                let call: fn(&mut Self::Sender, T) -> bool = $send;
                assert!(call(sender, value), "the reader lives");
            }

            #[inline(always)]
            fn try_recv(reader: &mut Self::Reader) -> Option<T> {
                let call: fn(&mut Self::Reader) -> Option<T> = $try_recv;
                call(reader)
            }

            #[inline(always)]
            fn recv(reader: &mut Self::Reader) -> T {
                let call: fn(&mut Self::Reader) -> Option<T> = $recv;
                call(reader).expect("the sender lives")
            }

            $(
                #[inline(always)]
                fn send_many(sender: &mut Self::Sender, batch: &mut VecDeque<T>) {
                    let call: fn(&mut Self::Sender, &mut VecDeque<T>) -> bool = $send_many;
                    assert!(call(sender, batch), "the reader lives");
                }

                #[inline(always)]
                fn recv_many(reader: &mut Self::Reader, into: &mut Vec<T>, most: usize) {
                    let call: fn(&mut Self::Reader, &mut Vec<T>, usize) -> bool = $recv_many;
                    assert!(call(reader, into, most), "the sender lives");
                }
            )?
        }

        impl<T: Payload> Timed<T> for $queue {
            #[inline(always)]
            fn recv_timeout(reader: &mut Self::Reader, limit: Duration) -> Option<T> {
                let call: fn(&mut Self::Reader, Duration) -> Option<T> = $recv_timeout;
                call(reader, limit)
            }
        }
    };
}

queue! {
    /// chenal, which has one flavour so far: several senders, one reader.
    Chenal, "chenal", chenal::mpsc::MTx<T>, chenal::mpsc::Rx<T>, chenal::mpsc::channel,
    try_send: |sender, value| sender.try_send(value).is_ok(),
    send: |sender, value| sender.send_blocking(value).is_ok(),
    try_recv: |reader| reader.try_recv().ok(),
    recv: |reader| reader.recv_blocking().ok(),
    recv_timeout: |reader, limit| reader.recv_timeout(limit).ok(),
}

queue! {
    /// parkring's channel. It rounds capacities up to a power of two, and one to two.
    Parkring, "parkring", parkring::channel::Sender<T>, parkring::channel::Receiver<T>, parkring::channel::bounded,
    try_send: |sender, value| sender.try_send(value).is_ok(),
    send: |sender, value| sender.send(value).is_ok(),
    try_recv: |reader| reader.try_recv().ok(),
    recv: |reader| reader.recv().ok(),
    recv_timeout: |reader, limit| reader.recv_timeout(limit).ok(),
}

queue! {
    /// kanal's channel.
    Kanal, "kanal", kanal::Sender<T>, kanal::Receiver<T>, kanal::bounded,
    try_send: |sender, value| sender.try_send(value) == Ok(true),
    send: |sender, value| sender.send(value).is_ok(),
    try_recv: |reader| reader.try_recv().ok().flatten(),
    recv: |reader| reader.recv().ok(),
    recv_timeout: |reader, limit| reader.recv_timeout(limit).ok(),
}

queue! {
    /// crossfire in the flavour for one sender and one reader. Where it is asked to keep one, it has a
    /// second slot, into which the next is written while that one is being read.
    Crossfire, "crossfire spsc",
    crossfire::Tx<crossfire::spsc::Array<T>>, crossfire::Rx<crossfire::spsc::Array<T>>,
    |capacity| {
        // Asked for by its documentation: how it waits depends on the number of cores.
        crossfire::detect_backoff_cfg();
        crossfire::spsc::bounded_blocking(capacity)
    },
    try_send: |sender, value| sender.try_send(value).is_ok(),
    send: |sender, value| sender.send(value).is_ok(),
    try_recv: |reader| reader.try_recv().ok(),
    recv: |reader| reader.recv().ok(),
    recv_timeout: |reader, limit| reader.recv_timeout(limit).ok(),
}

queue! {
    /// flume's channel.
    Flume, "flume", flume::Sender<T>, flume::Receiver<T>, flume::bounded,
    try_send: |sender, value| sender.try_send(value).is_ok(),
    send: |sender, value| sender.send(value).is_ok(),
    try_recv: |reader| reader.try_recv().ok(),
    recv: |reader| reader.recv().ok(),
    recv_timeout: |reader, limit| reader.recv_timeout(limit).ok(),
}

queue! {
    /// crossfire in the flavour for several senders.
    CrossfireShared, "crossfire mpsc",
    crossfire::MTx<crossfire::mpsc::Array<T>>, crossfire::Rx<crossfire::mpsc::Array<T>>,
    |capacity| {
        crossfire::detect_backoff_cfg();
        crossfire::mpsc::bounded_blocking(capacity)
    },
    try_send: |sender, value| sender.try_send(value).is_ok(),
    send: |sender, value| sender.send(value).is_ok(),
    try_recv: |reader| reader.try_recv().ok(),
    recv: |reader| reader.recv().ok(),
    recv_timeout: |reader, limit| reader.recv_timeout(limit).ok(),
}

queue! {
    /// fibre in the flavour for one sender and one reader, which has batches.
    Fibre, "fibre spsc",
    fibre::spsc::BoundedSyncSender<T>, fibre::spsc::BoundedSyncReceiver<T>, fibre::spsc::bounded_sync,
    try_send: |sender, value| sender.try_send(value).is_ok(),
    send: |sender, value| sender.send(value).is_ok(),
    try_recv: |reader| reader.try_recv().ok(),
    recv: |reader| reader.recv().ok(),
    recv_timeout: |reader, limit| reader.recv_timeout(limit).ok(),
    send_many: |sender, batch| {
        // The memory goes to and fro; nothing is copied, because what is filled when empty is in order.
        let mut values = Vec::from(mem::take(batch));
        let sent = sender.send_batch_mut(&mut values).is_ok() && values.is_empty();
        *batch = values.into();
        sent
    },
    recv_many: |reader, into, most| reader.recv_batch_mut(into, most).is_ok(),
}

queue! {
    /// fibre in the flavour for several senders.
    FibreShared, "fibre mpsc",
    fibre::mpsc::BoundedSyncSender<T>, fibre::mpsc::BoundedSyncReceiver<T>, fibre::mpsc::bounded,
    try_send: |sender, value| sender.try_send(value).is_ok(),
    send: |sender, value| sender.send(value).is_ok(),
    try_recv: |reader| reader.try_recv().ok(),
    recv: |reader| reader.recv().ok(),
    recv_timeout: |reader, limit| reader.recv_timeout(limit).ok(),
}

/// Those whose senders can be cloned.
macro_rules! shared {
    ($($queue:ident),+) => {$(
        impl<T: Payload> Shared<T> for $queue {
            fn another(sender: &Self::Sender) -> Self::Sender {
                sender.clone()
            }
        }
    )+};
}

shared!(Chenal, Parkring, Kanal, CrossfireShared, FibreShared, Flume);

apart!(Chenal, Parkring, Kanal, Crossfire);

#[cfg(test)]
mod tests {
    use super::{Chenal, Crossfire, CrossfireShared, Fibre, Flume, Kanal, Parkring};
    use crate::link::Link;
    use crate::ours;
    use crate::peers::{crossbeam, plain, tokio_mpsc};

    /// How many values a queue takes that was asked for so many places.
    fn keeps<L: Link<u64>>(capacity: usize) -> usize {
        let mut ends = L::open(capacity, 1);
        (0..).take_while(|&tag| L::try_send(&mut ends.sender, tag)).count()
    }

    #[test]
    fn the_peers_keep_what_they_are_asked_for_and_one_of_them_two_instead_of_one() {
        for capacity in [1, 2, 64] {
            let exact = [
                keeps::<ours::Sync<ours::Bounded>>(capacity),
                keeps::<Chenal>(capacity),
                keeps::<Kanal>(capacity),
                keeps::<Crossfire>(capacity),
                keeps::<CrossfireShared>(capacity),
                keeps::<Fibre>(capacity),
                keeps::<Flume>(capacity),
                keeps::<crossbeam::Queue>(capacity),
                keeps::<tokio_mpsc::Queue>(capacity),
                keeps::<plain::Queue>(capacity),
            ];
            assert_eq!(exact, [capacity; 10]);
            assert_eq!(keeps::<Parkring>(capacity), capacity.max(2));
        }
    }
}
