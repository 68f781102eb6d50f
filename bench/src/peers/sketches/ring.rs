//! A ring that overwrites, or the latest value: a stamp in each place, and a door for each end.

use std::hint::spin_loop;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicU64, fence};

use super::fetch::fetch;
use super::wait::Wait;
use super::{Door, Kept};
use crate::link::{Class, Ends, Link, Named, Peek};

/// See the module's documentation. `W` is how one waits. `AHEAD`: an end asks for the lines of so many places before it
/// is there.
pub struct Ring<W, const AHEAD: usize = 0>(PhantomData<W>);

/// A value and its stamp: twice its number and two when it is there, one more while it is replaced, and
/// above these how many look at it.
#[derive(Default)]
struct Place<T: Kept> {
    stamp: AtomicU64,
    value: T::Place,
}

const REPLACED: u64 = 1;
const LOOK: u64 = 1 << 48;

const fn there(number: u64) -> u64 {
    number * 2 + 2
}

impl<T: Kept> Place<T> {
    #[inline]
    fn publish(&self, number: u64, value: T) {
        if T::PINNED {
            self.stamp.fetch_or(REPLACED, AcqRel);
            while self.stamp.load(Acquire) >= LOOK {
                spin_loop();
            }
        } else {
            self.stamp.store((there(number) - 2) | REPLACED, Relaxed);
            fence(Release);
        }
        value.put(&self.value);
        self.stamp.store(there(number), Release);
    }

    /// The value that had this stamp, if it is still there.
    #[inline]
    fn read(&self, stamp: u64) -> Option<T> {
        if T::PINNED {
            let mut now = stamp;
            while let Err(other) = self.stamp.compare_exchange(now, now + LOOK, Acquire, Relaxed) {
                if other % LOOK != stamp {
                    return None;
                }
                now = other;
            }
            let value = T::look(&self.value);
            self.stamp.fetch_sub(LOOK, Release);
            return Some(value);
        }
        let value = T::look(&self.value);
        fence(Acquire);
        (self.stamp.load(Relaxed) == stamp).then_some(value)
    }
}

type Places<T> = Arc<[Place<T>]>;

/// The writing end.
pub struct Sender<T: Kept> {
    places: Places<T>,
    door: Arc<Door>,
    at: usize,
    number: u64,
}

/// A reading end.
pub struct Reader<T: Kept> {
    places: Places<T>,
    door: Arc<Door>,
    at: usize,
    number: u64,
}

const fn behind(at: usize, places: usize) -> usize {
    if at + 1 == places { 0 } else { at + 1 }
}

/// From here on twice so many places, up to the end of the lap.
fn ahead<const AHEAD: usize, P>(places: &[P], at: usize) -> &[P] {
    &places[at..places.len().min(at + 2 * AHEAD)]
}

impl<T: Kept> Sender<T> {
    #[inline]
    fn publish<const AHEAD: usize>(&mut self, value: T) -> bool {
        let Some(_inside) = self.door.enter() else { return false };
        if AHEAD > 0 && self.at.is_multiple_of(AHEAD) {
            fetch::<true, _>(ahead::<AHEAD, _>(&self.places, self.at));
        }
        self.places[self.at].publish(self.number, value);
        self.at = behind(self.at, self.places.len());
        self.number += 1;
        true
    }
}

impl<T: Kept> Reader<T> {
    #[inline]
    fn next<const AHEAD: usize>(&mut self) -> Option<T> {
        let _inside = self.door.enter()?;
        // Ends: each turn but the last found that the value had been overwritten.
        loop {
            let place = &self.places[self.at];
            let stamp = (place.stamp.load(Acquire) % LOOK) & !REPLACED;
            if stamp < there(self.number) {
                return None;
            }
            if stamp > there(self.number) {
                // The oldest that may be there lies behind it; of a latest value there is no other.
                self.number = stamp / 2 - self.places.len() as u64;
                self.at = self.number as usize % self.places.len();
            }
            if AHEAD > 0 && self.at.is_multiple_of(AHEAD) {
                fetch::<false, _>(ahead::<AHEAD, _>(&self.places, self.at));
            }
            if let Some(value) = self.places[self.at].read(there(self.number)) {
                self.at = behind(self.at, self.places.len());
                self.number += 1;
                return Some(value);
            }
            spin_loop();
        }
    }
}

impl<W: Wait, const AHEAD: usize> Named for Ring<W, AHEAD> {
    const CLASS: Class = Class::Sketch;

    fn name() -> String {
        let ahead = if AHEAD > 0 { ", lines ahead" } else { "" };
        format!("sketch: a stamp, a door{ahead}{}", W::name())
    }
}

impl<T: Kept, W: Wait, const AHEAD: usize> Link<T> for Ring<W, AHEAD> {
    type Keep = ();
    type Sender = Sender<T>;
    type Reader = Reader<T>;

    const OVERWRITES: bool = true;

    fn open(capacity: usize, readers: usize) -> Ends<(), Sender<T>, Reader<T>> {
        let places: Places<T> =
            (0..capacity).map(|_| Place { stamp: AtomicU64::new(0), value: T::Place::default() }).collect();
        let reader = |_| Reader { places: Arc::clone(&places), door: Door::new(), at: 0, number: 0 };
        let readers = (0..readers).map(reader).collect();
        Ends { keep: (), sender: Sender { places, door: Door::new(), at: 0, number: 0 }, readers }
    }

    #[inline(always)]
    fn try_send(sender: &mut Sender<T>, value: T) -> bool {
        sender.publish::<AHEAD>(value)
    }

    #[inline(always)]
    fn send(sender: &mut Sender<T>, value: T) {
        sender.publish::<AHEAD>(value);
    }

    #[inline(always)]
    fn try_recv(reader: &mut Reader<T>) -> Option<T> {
        reader.next::<AHEAD>()
    }

    #[inline(always)]
    fn recv(reader: &mut Reader<T>) -> T {
        reader.next::<AHEAD>().unwrap_or_else(|| W::until(|| reader.next::<AHEAD>()))
    }
}

impl<T: Kept, W: Wait, const AHEAD: usize> Peek<T> for Ring<W, AHEAD> {
    #[inline(always)]
    fn peek(reader: &mut Reader<T>) -> T {
        let look = || {
            let _inside = reader.door.enter()?;
            let place = &reader.places[0];
            place.read((place.stamp.load(Acquire) % LOOK) & !REPLACED)
        };
        look().unwrap_or_else(|| W::until(look))
    }
}
