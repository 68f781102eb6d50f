//! A bounded queue for several senders: one exchange of the common count for each value, a stamp in each place, and a
//! door for each end.

use std::hint::spin_loop;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use std::sync::atomic::{AtomicU32, AtomicU64, fence};

use rustix::thread::futex::{self, Flags};

use super::wait::{Wait, send};
use super::{Door, Kept};
use crate::link::{Class, Ends, Link, Named, Shared};

/// See the module's documentation. `W` is how one waits. `SLEEPS`: a sender that looked for a moment and found no room
/// sleeps, and the reader wakes one when nothing is there: one that sends keeps it busy.
pub struct Crowd<W, const SLEEPS: bool>(PhantomData<W>);

/// How often a sender looks before it sleeps, and how many turns lie between two looks.
const LOOKS: u32 = 8;
const TURNS: u32 = 16;

/// A value and its stamp: the number of the value that may be put there, and one more when it is there.
struct Place<T: Kept> {
    stamp: AtomicU64,
    value: T::Place,
}

#[derive(Default)]
#[repr(align(128))]
struct Count(AtomicU64);

/// Where senders sleep.
#[derive(Default)]
#[repr(align(128))]
struct Beds {
    /// How many do, or are about to.
    sleepers: AtomicU32,
    /// How often somebody was woken.
    woken: AtomicU32,
}

impl Beds {
    /// Sleeps until somebody is woken, unless what is waited for has come.
    #[cold]
    fn sleep<R>(&self, come: impl FnOnce() -> Option<R>) -> Option<R> {
        let woken = self.woken.load(Relaxed);
        self.sleepers.fetch_add(1, SeqCst);
        // Either the reader sees the sleeper, or the room is seen here.
        fence(SeqCst);
        let done = come();
        if done.is_none() {
            // Whatever ended it, there is another look.
            let _ = futex::wait(&self.woken, Flags::PRIVATE, woken, None);
        }
        self.sleepers.fetch_sub(1, Relaxed);
        done
    }

    /// Wakes one, if any sleeps. Called after there is room.
    #[cold]
    fn wake(&self) {
        fence(SeqCst);
        if self.sleepers.load(Relaxed) > 0 {
            self.woken.fetch_add(1, Relaxed);
            futex::wake(&self.woken, Flags::PRIVATE, 1).expect("the word is one of this process");
        }
    }
}

struct Places<T: Kept> {
    sent: Count,
    beds: Beds,
    places: Box<[Place<T>]>,
}

impl<T: Kept> Places<T> {
    fn at(&self, number: u64) -> &Place<T> {
        &self.places[number as usize & (self.places.len() - 1)]
    }
}

/// A sending end.
pub struct Sender<T: Kept> {
    places: Arc<Places<T>>,
    door: Arc<Door>,
}

/// The reading end.
pub struct Reader<T: Kept> {
    places: Arc<Places<T>>,
    door: Arc<Door>,
    number: u64,
}

impl<T: Kept> Sender<T> {
    #[inline]
    fn offer(&self, value: T) -> Result<(), T> {
        let Some(_inside) = self.door.enter() else { return Err(value) };
        let mut number = self.places.sent.0.load(Relaxed);
        // Ends: each turn but the last found that another sender had got ahead.
        loop {
            let place = self.places.at(number);
            let stamp = place.stamp.load(Acquire);
            if stamp < number {
                return Err(value);
            }
            let sent = &self.places.sent.0;
            number = if stamp > number {
                sent.load(Relaxed)
            } else if let Err(now) = sent.compare_exchange_weak(number, number + 1, Relaxed, Relaxed) {
                now
            } else {
                value.put(&place.value);
                place.stamp.store(number + 1, Release);
                return Ok(());
            };
        }
    }
}

impl<T: Kept> Sender<T> {
    /// Waits for room.
    #[cold]
    fn wait<W: Wait, const SLEEPS: bool>(&self, value: T) {
        if !SLEEPS {
            return send::<W, T>(value, |value| self.offer(value));
        }
        let mut value = Some(value);
        let mut offer = || match self.offer(value.take()?) {
            Ok(()) => Some(()),
            Err(back) => {
                value = Some(back);
                None
            }
        };
        // Ends when the reader has made room.
        loop {
            for _ in 0..LOOKS {
                (0..TURNS).for_each(|_| spin_loop());
                if offer().is_some() {
                    return;
                }
            }
            if self.places.beds.sleep(&mut offer).is_some() {
                return;
            }
        }
    }
}

impl<T: Kept> Reader<T> {
    #[inline]
    fn take(&mut self) -> Option<T> {
        let _inside = self.door.enter()?;
        let place = self.places.at(self.number);
        if place.stamp.load(Acquire) != self.number + 1 {
            return None;
        }
        let value = T::look(&place.value);
        place.stamp.store(self.number + self.places.places.len() as u64, Release);
        self.number += 1;
        Some(value)
    }
}

impl<W: Wait, const SLEEPS: bool> Named for Crowd<W, SLEEPS> {
    const CLASS: Class = Class::Sketch;

    fn name() -> String {
        format!(
            "sketch: an exchange and a stamp, a door each{}{}",
            W::name(),
            if SLEEPS { ", senders sleep" } else { "" }
        )
    }
}

impl<T: Kept, W: Wait, const SLEEPS: bool> Link<T> for Crowd<W, SLEEPS> {
    type Keep = ();
    type Sender = Sender<T>;
    type Reader = Reader<T>;

    const OVERWRITES: bool = false;

    fn open(capacity: usize, readers: usize) -> Ends<(), Sender<T>, Reader<T>> {
        assert!(readers <= 1, "there is one reader");
        assert!(
            capacity > 1 && capacity.is_power_of_two(),
            "there is a mask, and a free place's stamp is no full one's"
        );
        let place = |number| Place { stamp: AtomicU64::new(number), value: T::Place::default() };
        let places = (0..capacity as u64).map(place).collect();
        let places = Arc::new(Places { sent: Count::default(), beds: Beds::default(), places });
        let sender = Sender { places: Arc::clone(&places), door: Door::new() };
        Ends { keep: (), sender, readers: vec![Reader { places, door: Door::new(), number: 0 }] }
    }

    #[inline(always)]
    fn try_send(sender: &mut Sender<T>, value: T) -> bool {
        sender.offer(value).is_ok()
    }

    #[inline(always)]
    fn send(sender: &mut Sender<T>, value: T) {
        if let Err(value) = sender.offer(value) {
            sender.wait::<W, SLEEPS>(value);
        }
    }

    #[inline(always)]
    fn try_recv(reader: &mut Reader<T>) -> Option<T> {
        reader.take()
    }

    #[inline(always)]
    fn recv(reader: &mut Reader<T>) -> T {
        reader.take().unwrap_or_else(|| {
            if SLEEPS {
                reader.places.beds.wake();
            }
            W::until(|| reader.take())
        })
    }
}

impl<T: Kept, W: Wait, const SLEEPS: bool> Shared<T> for Crowd<W, SLEEPS> {
    fn another(sender: &Sender<T>) -> Sender<T> {
        Sender { places: Arc::clone(&sender.places), door: Door::new() }
    }
}
