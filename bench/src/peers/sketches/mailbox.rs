//! A mailbox: three places, of which an exchange moves one to the other side, and a door for each end. All of it lies
//! in one cache line.

use std::marker::PhantomData;
use std::slice;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

use super::fetch::fetch;
use super::wait::Wait;
use super::{Door, Kept};
use crate::link::{Class, Ends, Link, Named};

/// See the module's documentation. `W` is how one waits. `BLIND`: a put exchanges without a look whether the last value
/// was taken, and who looks for one asks for the line to write it. The looks spare the exchange where both ends are on
/// one core, and cost ways between two cores.
pub struct Mailbox<W, const BLIND: bool>(PhantomData<W>);

/// Which of the three places lies between the ends, and whether a value is in it.
const PLACE: u64 = 3;
const FULL: u64 = 4;

#[repr(align(128))]
struct Places<T: Kept> {
    between: AtomicU64,
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
    fn put<const BLIND: bool>(&mut self, value: T) -> bool {
        let Some(_inside) = self.door.enter() else { return false };
        value.put(&self.places.values[self.own as usize]);
        let between = &self.places.between;
        let before = match if BLIND { FULL } else { between.load(Acquire) } {
            // Nobody else puts one there.
            empty if !BLIND && empty & FULL == 0 => {
                between.store(self.own | FULL, Release);
                empty
            }
            _ => between.swap(self.own | FULL, AcqRel),
        };
        self.own = before & PLACE;
        self.passed += 1;
        true
    }

    #[inline]
    fn take<const BLIND: bool>(&mut self) -> Option<T> {
        let _inside = self.door.enter()?;
        let between = &self.places.between;
        if BLIND {
            fetch::<true, _>(slice::from_ref(between));
        }
        if between.load(Relaxed) & FULL == 0 {
            return None;
        }
        self.own = between.swap(self.own, AcqRel) & PLACE;
        self.passed += 1;
        Some(T::look(&self.places.values[self.own as usize]))
    }
}

impl<W: Wait, const BLIND: bool> Named for Mailbox<W, BLIND> {
    const CLASS: Class = Class::Sketch;

    fn name() -> String {
        format!("sketch: an exchange, a door{}{}", if BLIND { ", blind" } else { "" }, W::name())
    }
}

impl<T: Kept, W: Wait, const BLIND: bool> Link<T> for Mailbox<W, BLIND> {
    type Keep = ();
    type Sender = End<T>;
    type Reader = End<T>;

    const OVERWRITES: bool = true;

    fn open(_capacity: usize, readers: usize) -> Ends<(), End<T>, End<T>> {
        assert!(readers <= 1, "there is one reader");
        let values = std::array::from_fn(|_| T::Place::default());
        let places = Arc::new(Places { between: AtomicU64::new(0), values });
        let end = |own| End { places: Arc::clone(&places), door: Door::new(), own, passed: 0 };
        Ends { keep: (), sender: end(1), readers: vec![end(2)] }
    }

    #[inline(always)]
    fn try_send(sender: &mut End<T>, value: T) -> bool {
        sender.put::<BLIND>(value)
    }

    #[inline(always)]
    fn send(sender: &mut End<T>, value: T) {
        sender.put::<BLIND>(value);
    }

    #[inline(always)]
    fn try_recv(reader: &mut End<T>) -> Option<T> {
        reader.take::<BLIND>()
    }

    #[inline(always)]
    fn recv(reader: &mut End<T>) -> T {
        reader.take::<BLIND>().unwrap_or_else(|| W::until(|| reader.take::<BLIND>()))
    }
}
