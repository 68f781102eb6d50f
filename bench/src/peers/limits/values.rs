//! Latest values and a mailbox that never sleep.

use std::sync::{Arc, RwLock};

use arc_swap::ArcSwapOption;
use crossbeam_queue::ArrayQueue;

use super::spin;
use crate::link::{Class, Ends, Link, Named, Peek};
use crate::payload::Payload;

/// nexus-slot, the latest value for several readers.
pub struct Nexus;

impl Named for Nexus {
    const CLASS: Class = Class::Limit;

    fn name() -> String {
        "nexus-slot".into()
    }
}

impl<T: Payload + Copy> Link<T> for Nexus {
    type Keep = nexus_slot::spmc::SharedReader<T>;
    type Sender = nexus_slot::spmc::Writer<T>;
    type Reader = nexus_slot::spmc::SharedReader<T>;

    const OVERWRITES: bool = true;

    fn open(_capacity: usize, readers: usize) -> Ends<Self::Keep, Self::Sender, Self::Reader> {
        let (sender, keep) = nexus_slot::spmc::shared_slot();
        let readers = (0..readers).map(|_| keep.clone()).collect();
        Ends { keep, sender, readers }
    }

    #[inline(always)]
    fn try_send(sender: &mut Self::Sender, value: T) -> bool {
        sender.write(value);
        true
    }

    #[inline(always)]
    fn send(sender: &mut Self::Sender, value: T) {
        sender.write(value);
    }

    #[inline(always)]
    fn try_recv(reader: &mut Self::Reader) -> Option<T> {
        reader.read()
    }

    #[inline(always)]
    fn recv(reader: &mut Self::Reader) -> T {
        spin(|| reader.read())
    }
}

/// A value behind std's reader-writer lock, with a number that says whether it changed.
pub struct Locked;

impl Named for Locked {
    const CLASS: Class = Class::Limit;

    fn name() -> String {
        "std RwLock".into()
    }
}

/// What a reader of [`Locked`] looks at, and the number that it has seen.
pub type LockedReader<T> = (Arc<RwLock<(Option<T>, u64)>>, u64);

impl<T: Payload> Link<T> for Locked {
    type Keep = ();
    type Sender = Arc<RwLock<(Option<T>, u64)>>;
    type Reader = LockedReader<T>;

    const OVERWRITES: bool = true;

    fn open(_capacity: usize, readers: usize) -> Ends<(), Self::Sender, Self::Reader> {
        let sender = Arc::new(RwLock::new((None, 0)));
        let readers = vec![(Arc::clone(&sender), 0); readers];
        Ends { keep: (), sender, readers }
    }

    #[inline(always)]
    fn try_send(sender: &mut Self::Sender, value: T) -> bool {
        let mut place = sender.write().expect("no writer panics");
        place.0 = Some(value);
        place.1 += 1;
        true
    }

    #[inline(always)]
    fn send(sender: &mut Self::Sender, value: T) {
        <Self as Link<T>>::try_send(sender, value);
    }

    #[inline(always)]
    fn try_recv((place, seen): &mut Self::Reader) -> Option<T> {
        let place = place.read().expect("no writer panics");
        let changed = *seen != place.1;
        *seen = place.1;
        if changed { place.0.clone() } else { None }
    }

    #[inline(always)]
    fn recv(reader: &mut Self::Reader) -> T {
        spin(|| <Self as Link<T>>::try_recv(reader))
    }
}

impl<T: Payload> Peek<T> for Locked {
    #[inline(always)]
    fn peek((place, _): &mut Self::Reader) -> T {
        place.read().expect("no writer panics").0.clone().expect("a value was sent")
    }
}

/// arc-swap: a pointer to the latest value.
pub struct Swap;

impl Named for Swap {
    const CLASS: Class = Class::Limit;

    fn name() -> String {
        "arc-swap".into()
    }
}

impl<T: Payload> Link<T> for Swap {
    type Keep = ();
    type Sender = Arc<ArcSwapOption<T>>;
    /// The pointer that it has seen is kept, so that no other value can have the same.
    type Reader = (Arc<ArcSwapOption<T>>, Option<Arc<T>>);

    const OVERWRITES: bool = true;

    fn open(_capacity: usize, readers: usize) -> Ends<(), Self::Sender, Self::Reader> {
        let sender = Arc::new(ArcSwapOption::empty());
        let readers = (0..readers).map(|_| (Arc::clone(&sender), None)).collect();
        Ends { keep: (), sender, readers }
    }

    #[inline(always)]
    fn try_send(sender: &mut Self::Sender, value: T) -> bool {
        sender.store(Some(Arc::new(value)));
        true
    }

    #[inline(always)]
    fn send(sender: &mut Self::Sender, value: T) {
        sender.store(Some(Arc::new(value)));
    }

    #[inline(always)]
    fn try_recv((place, seen): &mut Self::Reader) -> Option<T> {
        let now = place.load_full()?;
        let old = seen.as_ref().is_some_and(|seen| Arc::ptr_eq(seen, &now));
        let value = (!old).then(|| T::clone(&now));
        *seen = Some(now);
        value
    }

    #[inline(always)]
    fn recv(reader: &mut Self::Reader) -> T {
        spin(|| <Self as Link<T>>::try_recv(reader))
    }
}

impl<T: Payload> Peek<T> for Swap {
    #[inline(always)]
    fn peek((place, _): &mut Self::Reader) -> T {
        T::clone(place.load().as_ref().expect("a value was sent"))
    }
}

/// crossbeam's queue of one place, whose sender displaces what is in it.
pub struct Displacing;

impl Named for Displacing {
    const CLASS: Class = Class::Limit;

    fn name() -> String {
        "crossbeam ArrayQueue(1)".into()
    }
}

impl<T: Payload> Link<T> for Displacing {
    type Keep = ();
    type Sender = Arc<ArrayQueue<T>>;
    type Reader = Arc<ArrayQueue<T>>;

    const OVERWRITES: bool = true;

    fn open(_capacity: usize, readers: usize) -> Ends<(), Self::Sender, Self::Reader> {
        let sender = Arc::new(ArrayQueue::new(1));
        Ends { keep: (), readers: vec![Arc::clone(&sender); readers], sender }
    }

    #[inline(always)]
    fn try_send(sender: &mut Self::Sender, value: T) -> bool {
        sender.force_push(value);
        true
    }

    #[inline(always)]
    fn send(sender: &mut Self::Sender, value: T) {
        sender.force_push(value);
    }

    #[inline(always)]
    fn try_recv(reader: &mut Self::Reader) -> Option<T> {
        reader.pop()
    }

    #[inline(always)]
    fn recv(reader: &mut Self::Reader) -> T {
        spin(|| reader.pop())
    }
}
