//! The channels that a thread and a task can share, each through the calls of either side.

use std::future::Future;

use super::queues::{Chenal, Crossfire, Fibre, Flume, Kanal};
use super::tokio_mpsc::Queue as Tokio;
use crate::link::{Class, Named};
use crate::payload::Payload;
use crate::tasks::{Answer, Tasks};

/// async-channel, which is here and not among the queues because it is made for tasks.
pub struct AsyncChannel;

impl Named for AsyncChannel {
    const CLASS: Class = Class::Peer;

    fn name() -> String {
        "async-channel".into()
    }
}

/// A channel between a thread and a task: how it is opened in both directions, and its four calls.
macro_rules! channel {
    (
        $channel:ident, $sender:ty, $reader:ty, $task_sender:ty, $task_reader:ty,
        to_task: $to_task:expr, to_thread: $to_thread:expr, send: $send:expr, recv: $recv:expr,
        send_async: |$s:ident, $v:ident| $send_async:expr, recv_async: |$r:ident| $recv_async:expr $(,)?
    ) => {
        impl<T: Payload> Tasks<T> for $channel {
            type Keep = ();
            type Sender = $sender;
            type Reader = $reader;
            type TaskSender = $task_sender;
            type TaskReader = $task_reader;

            fn to_task(capacity: usize) -> ((), Self::Sender, Self::TaskReader) {
                let open: fn(usize) -> (Self::Sender, Self::TaskReader) = $to_task;
                let (sender, reader) = open(capacity);
                ((), sender, reader)
            }

            fn to_thread(capacity: usize) -> ((), Self::TaskSender, Self::Reader) {
                let open: fn(usize) -> (Self::TaskSender, Self::Reader) = $to_thread;
                let (sender, reader) = open(capacity);
                ((), sender, reader)
            }

            #[inline(always)]
            fn send(sender: &mut Self::Sender, value: T) {
                let call: fn(&mut Self::Sender, T) -> bool = $send;
                assert!(call(sender, value), "the reader lives");
            }

            #[inline(always)]
            fn recv(reader: &mut Self::Reader) -> T {
                let call: fn(&mut Self::Reader) -> Option<T> = $recv;
                call(reader).expect("the sender lives")
            }

            #[inline(always)]
            fn send_async($s: &mut Self::TaskSender, $v: T) -> impl Future<Output = impl Answer<()>> + Send {
                $send_async
            }

            #[inline(always)]
            fn recv_async($r: &mut Self::TaskReader) -> impl Future<Output = impl Answer<T>> + Send {
                $recv_async
            }
        }
    };
}

channel! {
    Chenal, chenal::mpsc::MTx<T>, chenal::mpsc::Rx<T>, chenal::mpsc::MTx<T>, chenal::mpsc::Rx<T>,
    to_task: chenal::mpsc::channel, to_thread: chenal::mpsc::channel,
    send: |sender, value| sender.send_blocking(value).is_ok(), recv: |reader| reader.recv_blocking().ok(),
    send_async: |sender, value| sender.send(value), recv_async: |reader| reader.recv(),
}

channel! {
    Kanal, kanal::Sender<T>, kanal::Receiver<T>, kanal::AsyncSender<T>, kanal::AsyncReceiver<T>,
    to_task: |capacity| {
        let (sender, reader) = kanal::bounded(capacity);
        (sender, reader.to_async())
    },
    to_thread: |capacity| {
        let (sender, reader) = kanal::bounded(capacity);
        (sender.to_async(), reader)
    },
    send: |sender, value| sender.send(value).is_ok(), recv: |reader| reader.recv().ok(),
    send_async: |sender, value| sender.send(value), recv_async: |reader| reader.recv(),
}

channel! {
    Crossfire,
    crossfire::Tx<crossfire::spsc::Array<T>>, crossfire::Rx<crossfire::spsc::Array<T>>,
    crossfire::AsyncTx<crossfire::spsc::Array<T>>, crossfire::AsyncRx<crossfire::spsc::Array<T>>,
    to_task: |capacity| {
        crossfire::detect_backoff_cfg();
        crossfire::spsc::bounded_blocking_async(capacity)
    },
    to_thread: |capacity| {
        crossfire::detect_backoff_cfg();
        crossfire::spsc::bounded_async_blocking(capacity)
    },
    send: |sender, value| sender.send(value).is_ok(), recv: |reader| reader.recv().ok(),
    send_async: |sender, value| sender.send(value), recv_async: |reader| reader.recv(),
}

channel! {
    Fibre,
    fibre::spsc::BoundedSyncSender<T>, fibre::spsc::BoundedSyncReceiver<T>,
    fibre::spsc::BoundedAsyncSender<T>, fibre::spsc::BoundedAsyncReceiver<T>,
    to_task: |capacity| {
        let (sender, reader) = fibre::spsc::bounded_sync(capacity);
        (sender, reader.to_async())
    },
    to_thread: |capacity| {
        let (sender, reader) = fibre::spsc::bounded_sync(capacity);
        (sender.to_async(), reader)
    },
    send: |sender, value| sender.send(value).is_ok(), recv: |reader| reader.recv().ok(),
    send_async: |sender, value| sender.send(value), recv_async: |reader| reader.recv(),
}

channel! {
    Flume, flume::Sender<T>, flume::Receiver<T>, flume::Sender<T>, flume::Receiver<T>,
    to_task: flume::bounded, to_thread: flume::bounded,
    send: |sender, value| sender.send(value).is_ok(), recv: |reader| reader.recv().ok(),
    send_async: |sender, value| sender.send_async(value), recv_async: |reader| reader.recv_async(),
}

channel! {
    AsyncChannel,
    async_channel::Sender<T>, async_channel::Receiver<T>, async_channel::Sender<T>, async_channel::Receiver<T>,
    to_task: async_channel::bounded, to_thread: async_channel::bounded,
    send: |sender, value| sender.send_blocking(value).is_ok(), recv: |reader| reader.recv_blocking().ok(),
    send_async: |sender, value| sender.send(value), recv_async: |reader| reader.recv(),
}

impl<T: Payload> Tasks<T> for Tokio {
    type Keep = ();
    type Sender = tokio::sync::mpsc::Sender<T>;
    type Reader = tokio::sync::mpsc::Receiver<T>;
    type TaskSender = tokio::sync::mpsc::Sender<T>;
    type TaskReader = tokio::sync::mpsc::Receiver<T>;

    fn to_task(capacity: usize) -> ((), Self::Sender, Self::TaskReader) {
        let (sender, reader) = tokio::sync::mpsc::channel(capacity);
        ((), sender, reader)
    }

    fn to_thread(capacity: usize) -> ((), Self::TaskSender, Self::Reader) {
        <Self as Tasks<T>>::to_task(capacity)
    }

    #[inline(always)]
    fn send(sender: &mut Self::Sender, value: T) {
        sender.blocking_send(value).expect("the reader lives");
    }

    #[inline(always)]
    fn recv(reader: &mut Self::Reader) -> T {
        reader.blocking_recv().expect("the sender lives")
    }

    #[inline(always)]
    fn send_async(sender: &mut Self::TaskSender, value: T) -> impl Future<Output = impl Answer<()>> + Send {
        sender.send(value)
    }

    #[inline(always)]
    fn recv_async(reader: &mut Self::TaskReader) -> impl Future<Output = impl Answer<T>> + Send {
        reader.recv()
    }
}
