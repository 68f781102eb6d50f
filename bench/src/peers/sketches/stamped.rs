//! A bounded queue without common counts: a stamp in each place beside the value, and a door for each end. A hand-over
//! is one cache line that goes to the other core. Whoever looks asks for the line to write it, for that comes next.

use std::marker::PhantomData;
use std::slice;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Release};

use super::fetch::fetch;
use super::wait::{Wait, send};
use super::{Door, Kept};
use crate::link::{Class, Ends, Link, Named};

/// See the module's documentation. `W` is how one waits.
pub struct Stamped<W>(PhantomData<W>);

/// A value and its stamp: twice the number of the value that may be put there, one more when it is there.
#[repr(align(64))]
struct Place<T: Kept> {
    stamp: AtomicU64,
    value: T::Place,
}

/// An end, and the number of its next value.
pub struct End<T: Kept> {
    places: Arc<[Place<T>]>,
    door: Arc<Door>,
    number: u64,
}

impl<T: Kept> End<T> {
    #[inline]
    fn offer(&mut self, value: T) -> Result<(), T> {
        let Some(_inside) = self.door.enter() else { return Err(value) };
        let place = &self.places[self.number as usize & (self.places.len() - 1)];
        fetch::<true, _>(slice::from_ref(place));
        if place.stamp.load(Acquire) != 2 * self.number {
            return Err(value);
        }
        value.put(&place.value);
        place.stamp.store(2 * self.number + 1, Release);
        self.number += 1;
        Ok(())
    }

    #[inline]
    fn take(&mut self) -> Option<T> {
        let _inside = self.door.enter()?;
        let place = &self.places[self.number as usize & (self.places.len() - 1)];
        fetch::<true, _>(slice::from_ref(place));
        if place.stamp.load(Acquire) != 2 * self.number + 1 {
            return None;
        }
        let value = T::look(&place.value);
        place.stamp.store(2 * (self.number + self.places.len() as u64), Release);
        self.number += 1;
        Some(value)
    }
}

impl<W: Wait> Named for Stamped<W> {
    const CLASS: Class = Class::Sketch;

    fn name() -> String {
        format!("sketch: a stamp in a bounded place, a door each{}", W::name())
    }
}

impl<T: Kept, W: Wait> Link<T> for Stamped<W> {
    type Keep = ();
    type Sender = End<T>;
    type Reader = End<T>;

    const OVERWRITES: bool = false;

    fn open(capacity: usize, readers: usize) -> Ends<(), End<T>, End<T>> {
        assert!(readers <= 1 && capacity.is_power_of_two(), "there is one reader, and a mask");
        let place = |number| Place { stamp: AtomicU64::new(2 * number), value: T::Place::default() };
        let places: Arc<[Place<T>]> = (0..capacity as u64).map(place).collect();
        let end = || End { places: Arc::clone(&places), door: Door::new(), number: 0 };
        Ends { keep: (), sender: end(), readers: vec![end()] }
    }

    #[inline(always)]
    fn try_send(sender: &mut End<T>, value: T) -> bool {
        sender.offer(value).is_ok()
    }

    #[inline(always)]
    fn send(sender: &mut End<T>, value: T) {
        if let Err(value) = sender.offer(value) {
            send::<W, T>(value, |value| sender.offer(value));
        }
    }

    #[inline(always)]
    fn try_recv(reader: &mut End<T>) -> Option<T> {
        reader.take()
    }

    #[inline(always)]
    fn recv(reader: &mut End<T>) -> T {
        reader.take().unwrap_or_else(|| W::until(|| reader.take()))
    }
}
