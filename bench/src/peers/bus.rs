//! bus: one sender, any number of readers, each of which sees every value. It never overwrites.

use bus::{Bus, BusReader};

use crate::link::{Class, Ends, Link, Named};
use crate::payload::Payload;

/// The bus.
pub struct Ring;

impl Named for Ring {
    const CLASS: Class = Class::Peer;

    fn name() -> String {
        "bus".into()
    }
}

impl<T: Payload> Link<T> for Ring {
    type Keep = ();
    type Sender = Bus<T>;
    type Reader = BusReader<T>;

    const OVERWRITES: bool = false;

    fn open(capacity: usize, readers: usize) -> Ends<(), Bus<T>, BusReader<T>> {
        let mut sender = Bus::new(capacity);
        let readers = (0..readers).map(|_| sender.add_rx()).collect();
        Ends { keep: (), sender, readers }
    }

    #[inline(always)]
    fn try_send(sender: &mut Bus<T>, value: T) -> bool {
        sender.try_broadcast(value).is_ok()
    }

    #[inline(always)]
    fn send(sender: &mut Bus<T>, value: T) {
        sender.broadcast(value);
    }

    #[inline(always)]
    fn try_recv(reader: &mut BusReader<T>) -> Option<T> {
        reader.try_recv().ok()
    }

    #[inline(always)]
    fn recv(reader: &mut BusReader<T>) -> T {
        reader.recv().expect("the sender lives")
    }
}
