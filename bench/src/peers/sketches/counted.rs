//! A bounded queue of two counts, as rtrb, whose places begin where a cache line does, and a door for each end.

use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Acquire, Release};

use super::fetch::fetch;
use super::wait::{Wait, send};
use super::{Door, Kept};
use crate::link::{Class, Ends, Link, Named};

/// See the module's documentation. `W` is how one waits. `AHEAD`: what an end has seen it passes in pieces of eight cache
/// lines, which it asks for before it is there.
pub struct Counted<W, const AHEAD: bool>(PhantomData<W>);

#[derive(Default)]
#[repr(align(128))]
struct Count(AtomicU64);

struct Places<T: Kept> {
    sent: Count,
    taken: Count,
    values: Box<[T::OnLines]>,
}

/// An end.
pub struct End<T: Kept> {
    places: Arc<Places<T>>,
    door: Arc<Door>,
    at: At,
}

/// An end's own count, what it last saw of the other's, and up to where it need not look.
struct At {
    own: u64,
    seen: u64,
    until: u64,
}

/// The bytes of a piece.
const PIECE: usize = 512;

impl At {
    /// Sees up to where it may go, and whether it may at all.
    #[inline]
    fn look<const SENDS: bool, const AHEAD: bool, T: Kept>(&mut self, places: &Places<T>) -> bool {
        let values = &places.values;
        if self.seen == self.own {
            self.seen =
                if SENDS { places.taken.0.load(Acquire) + values.len() as u64 } else { places.sent.0.load(Acquire) };
            if self.seen == self.own {
                return false;
            }
        }
        if !AHEAD {
            self.until = self.seen;
            return true;
        }
        let piece = (PIECE / size_of::<T::OnLines>()) as u64;
        let at = self.own as usize & (values.len() - 1);
        let end = self.seen.min(self.own + (values.len() - at) as u64);
        self.until = end.min(self.own + piece);
        if self.until > self.own + 1 {
            let ahead = end.min(self.own + 2 * piece) - self.own;
            fetch::<SENDS, _>(&values[at..at + ahead as usize]);
        }
        true
    }
}

impl<T: Kept> End<T> {
    #[inline]
    pub(super) fn offer<const AHEAD: bool>(&mut self, value: T) -> Result<(), T> {
        let Some(_inside) = self.door.enter() else { return Err(value) };
        let at = &mut self.at;
        if at.own == at.until && !at.look::<true, AHEAD, T>(&self.places) {
            return Err(value);
        }
        let values = &self.places.values;
        value.put(T::place(&values[at.own as usize & (values.len() - 1)]));
        at.own += 1;
        self.places.sent.0.store(at.own, Release);
        Ok(())
    }

    #[inline]
    pub(super) fn take<const AHEAD: bool>(&mut self) -> Option<T> {
        let _inside = self.door.enter()?;
        let at = &mut self.at;
        if at.own == at.until && !at.look::<false, AHEAD, T>(&self.places) {
            return None;
        }
        let values = &self.places.values;
        let value = T::look(T::place(&values[at.own as usize & (values.len() - 1)]));
        at.own += 1;
        self.places.taken.0.store(at.own, Release);
        Some(value)
    }
}

impl<W: Wait, const AHEAD: bool> Named for Counted<W, AHEAD> {
    const CLASS: Class = Class::Sketch;

    fn name() -> String {
        let ahead = if AHEAD { ", lines ahead" } else { "" };
        format!("sketch: two counts{ahead}, a door each{}", W::name())
    }
}

impl<T: Kept, W: Wait, const AHEAD: bool> Link<T> for Counted<W, AHEAD> {
    type Keep = ();
    type Sender = End<T>;
    type Reader = End<T>;

    const OVERWRITES: bool = false;

    fn open(capacity: usize, readers: usize) -> Ends<(), End<T>, End<T>> {
        assert!(readers <= 1 && capacity.is_power_of_two(), "there is one reader, and a mask");
        let values = (0..capacity).map(|_| T::OnLines::default()).collect();
        let places = Arc::new(Places { sent: Count::default(), taken: Count::default(), values });
        // Nothing is there, and as many may be sent as there are places.
        let end = |seen| End { places: Arc::clone(&places), door: Door::new(), at: At { own: 0, seen, until: 0 } };
        Ends { keep: (), sender: end(capacity as u64), readers: vec![end(0)] }
    }

    #[inline(always)]
    fn try_send(sender: &mut End<T>, value: T) -> bool {
        sender.offer::<AHEAD>(value).is_ok()
    }

    #[inline(always)]
    fn send(sender: &mut End<T>, value: T) {
        if let Err(value) = sender.offer::<AHEAD>(value) {
            send::<W, T>(value, |value| sender.offer::<AHEAD>(value));
        }
    }

    #[inline(always)]
    fn try_recv(reader: &mut End<T>) -> Option<T> {
        reader.take::<AHEAD>()
    }

    #[inline(always)]
    fn recv(reader: &mut End<T>) -> T {
        reader.take::<AHEAD>().unwrap_or_else(|| W::until(|| reader.take::<AHEAD>()))
    }
}
