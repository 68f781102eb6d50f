//! A mailbox: three places, of which an exchange moves one to the other side, and a door for each end.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

use super::{Door, Kept};
use crate::link::{Class, Ends, Link, Named};
use crate::peers::limits::spin;

/// See the module's documentation. Who waits spins.
pub struct Mailbox;

/// Which of the three places lies between the ends, and whether a value is in it.
const PLACE: u64 = 3;
const FULL: u64 = 4;

#[repr(align(128))]
struct Between(AtomicU64);

struct Places<T: Kept> {
    between: Between,
    values: [T::Place; 3],
}

/// An end, with the place that is its own.
pub struct End<T: Kept> {
    places: Arc<Places<T>>,
    door: Arc<Door>,
    own: u64,
    passed: u64,
}

impl<T: Kept> End<T> {
    #[inline]
    fn put(&mut self, value: T) -> bool {
        let Some(_inside) = self.door.enter() else { return false };
        value.put(&self.places.values[self.own as usize]);
        let between = &self.places.between.0;
        let mut before = between.load(Acquire);
        if before & FULL == 0 {
            // Nobody else puts one there.
            between.store(self.own | FULL, Release);
        } else {
            before = between.swap(self.own | FULL, AcqRel);
        }
        self.own = before & PLACE;
        self.passed += 1;
        true
    }

    #[inline]
    fn take(&mut self) -> Option<T> {
        let _inside = self.door.enter()?;
        let between = &self.places.between.0;
        if between.load(Relaxed) & FULL == 0 {
            return None;
        }
        self.own = between.swap(self.own, AcqRel) & PLACE;
        self.passed += 1;
        Some(T::look(&self.places.values[self.own as usize]))
    }
}

impl Named for Mailbox {
    const CLASS: Class = Class::Sketch;

    fn name() -> String {
        "sketch: an exchange, a door".into()
    }
}

impl<T: Kept> Link<T> for Mailbox {
    type Keep = ();
    type Sender = End<T>;
    type Reader = End<T>;

    const OVERWRITES: bool = true;

    fn open(_capacity: usize, readers: usize) -> Ends<(), End<T>, End<T>> {
        assert!(readers <= 1, "there is one reader");
        let values = std::array::from_fn(|_| T::Place::default());
        let places = Arc::new(Places { between: Between(AtomicU64::new(0)), values });
        let end = |own| End { places: Arc::clone(&places), door: Door::new(), own, passed: 0 };
        Ends { keep: (), sender: end(1), readers: vec![end(2)] }
    }

    fn try_send(sender: &mut End<T>, value: T) -> bool {
        sender.put(value)
    }

    fn send(sender: &mut End<T>, value: T) {
        sender.put(value);
    }

    fn try_recv(reader: &mut End<T>) -> Option<T> {
        reader.take()
    }

    fn recv(reader: &mut End<T>) -> T {
        reader.take().unwrap_or_else(|| spin(|| reader.take()))
    }
}
