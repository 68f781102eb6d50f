//! Queues and rings that never sleep.

use disruptor::Producer as _;
use ringbuf::traits::{Consumer as _, Producer as _, Split as _};

use super::{spin, spin_send};
use crate::link::{Class, Ends, Link, Named};
use crate::payload::Payload;

/// rtrb, a queue for one sender and one reader.
pub struct Rtrb;

impl Named for Rtrb {
    const CLASS: Class = Class::Limit;

    fn name() -> String {
        "rtrb".into()
    }
}

impl<T: Payload> Link<T> for Rtrb {
    type Keep = ();
    type Sender = rtrb::Producer<T>;
    type Reader = rtrb::Consumer<T>;

    const OVERWRITES: bool = false;

    fn open(capacity: usize, readers: usize) -> Ends<(), Self::Sender, Self::Reader> {
        assert!(readers <= 1, "there is one reader");
        let (sender, reader) = rtrb::RingBuffer::new(capacity);
        Ends { keep: (), sender, readers: vec![reader] }
    }

    #[inline(always)]
    fn try_send(sender: &mut Self::Sender, value: T) -> bool {
        sender.push(value).is_ok()
    }

    #[inline(always)]
    fn send(sender: &mut Self::Sender, value: T) {
        spin_send(value, |value| sender.push(value).map_err(|rtrb::PushError::Full(back)| back));
    }

    #[inline(always)]
    fn try_recv(reader: &mut Self::Reader) -> Option<T> {
        reader.pop().ok()
    }

    #[inline(always)]
    fn recv(reader: &mut Self::Reader) -> T {
        spin(|| reader.pop().ok())
    }
}

/// heapless's queue for one sender and one reader, of `PLACES` places, one of which stays free.
pub struct Heapless<const PLACES: usize>;

impl<const PLACES: usize> Named for Heapless<PLACES> {
    const CLASS: Class = Class::Limit;

    fn name() -> String {
        "heapless spsc".into()
    }
}

impl<T: Payload, const PLACES: usize> Link<T> for Heapless<PLACES> {
    type Keep = ();
    type Sender = heapless::spsc::Producer<'static, T>;
    type Reader = heapless::spsc::Consumer<'static, T>;

    const OVERWRITES: bool = false;

    fn open(capacity: usize, readers: usize) -> Ends<(), Self::Sender, Self::Reader> {
        assert!(readers <= 1 && capacity < PLACES, "there is one reader, and room for what the row asks for");
        let queue: &'static mut heapless::spsc::Queue<T, PLACES> = Box::leak(Box::default());
        let (sender, reader) = queue.split();
        Ends { keep: (), sender, readers: vec![reader] }
    }

    #[inline(always)]
    fn try_send(sender: &mut Self::Sender, value: T) -> bool {
        sender.enqueue(value).is_ok()
    }

    #[inline(always)]
    fn send(sender: &mut Self::Sender, value: T) {
        spin_send(value, |value| sender.enqueue(value));
    }

    #[inline(always)]
    fn try_recv(reader: &mut Self::Reader) -> Option<T> {
        reader.dequeue()
    }

    #[inline(always)]
    fn recv(reader: &mut Self::Reader) -> T {
        spin(|| reader.dequeue())
    }
}

/// ringbuf, a queue for one sender and one reader, through the ends that remember each other's place.
pub struct Ringbuf;

impl Named for Ringbuf {
    const CLASS: Class = Class::Limit;

    fn name() -> String {
        "ringbuf".into()
    }
}

impl<T: Payload> Link<T> for Ringbuf {
    type Keep = ();
    type Sender = ringbuf::HeapProd<T>;
    type Reader = ringbuf::HeapCons<T>;

    const OVERWRITES: bool = false;

    fn open(capacity: usize, readers: usize) -> Ends<(), Self::Sender, Self::Reader> {
        assert!(readers <= 1, "there is one reader");
        let (sender, reader) = ringbuf::HeapRb::new(capacity).split();
        Ends { keep: (), sender, readers: vec![reader] }
    }

    #[inline(always)]
    fn try_send(sender: &mut Self::Sender, value: T) -> bool {
        sender.try_push(value).is_ok()
    }

    #[inline(always)]
    fn send(sender: &mut Self::Sender, value: T) {
        spin_send(value, |value| sender.try_push(value));
    }

    #[inline(always)]
    fn try_recv(reader: &mut Self::Reader) -> Option<T> {
        reader.try_pop()
    }

    #[inline(always)]
    fn recv(reader: &mut Self::Reader) -> T {
        spin(|| reader.try_pop())
    }
}

/// disruptor, a ring that waits for its reader, who polls; here for one.
pub struct Disruptor;

impl Named for Disruptor {
    const CLASS: Class = Class::Limit;

    fn name() -> String {
        "disruptor".into()
    }
}

impl<T: Payload> Link<T> for Disruptor {
    type Keep = ();
    type Sender = disruptor::SingleProducer<T, disruptor::SingleConsumerBarrier>;
    type Reader = disruptor::EventPoller<T, disruptor::SingleProducerBarrier>;

    const OVERWRITES: bool = false;

    fn open(capacity: usize, readers: usize) -> Ends<(), Self::Sender, Self::Reader> {
        assert_eq!(readers, 1, "each further reader would change its type");
        let builder = disruptor::build_single_producer(capacity, || T::tagged(0), disruptor::BusySpin);
        let (reader, builder) = builder.new_event_poller();
        Ends { keep: (), sender: builder.build(), readers: vec![reader] }
    }

    #[inline(always)]
    fn try_send(sender: &mut Self::Sender, value: T) -> bool {
        sender.try_publish(|place| *place = value).is_ok()
    }

    #[inline(always)]
    fn send(sender: &mut Self::Sender, value: T) {
        sender.publish(|place| *place = value);
    }

    #[inline(always)]
    fn try_recv(reader: &mut Self::Reader) -> Option<T> {
        let mut events = reader.take(1).ok()?;
        (&mut events).next().cloned()
    }

    #[inline(always)]
    fn recv(reader: &mut Self::Reader) -> T {
        spin(|| <Self as Link<T>>::try_recv(reader))
    }
}

/// photon-ring, a ring that overwrites.
pub struct Photon;

impl Named for Photon {
    const CLASS: Class = Class::Limit;

    fn name() -> String {
        "photon-ring".into()
    }
}

impl<T: Payload + photon_ring::Pod> Link<T> for Photon {
    /// New readers come from here.
    type Keep = photon_ring::Subscribable<T>;
    type Sender = photon_ring::Publisher<T>;
    type Reader = photon_ring::Subscriber<T>;

    const OVERWRITES: bool = true;

    fn open(capacity: usize, readers: usize) -> Ends<Self::Keep, Self::Sender, Self::Reader> {
        let (sender, keep) = photon_ring::channel(capacity);
        let readers = (0..readers).map(|_| keep.subscribe()).collect();
        Ends { keep, sender, readers }
    }

    #[inline(always)]
    fn try_send(sender: &mut Self::Sender, value: T) -> bool {
        sender.publish(value);
        true
    }

    #[inline(always)]
    fn send(sender: &mut Self::Sender, value: T) {
        sender.publish(value);
    }

    #[inline(always)]
    fn try_recv(reader: &mut Self::Reader) -> Option<T> {
        reader.try_recv().ok()
    }

    #[inline(always)]
    fn recv(reader: &mut Self::Reader) -> T {
        spin(|| reader.try_recv().ok())
    }
}
