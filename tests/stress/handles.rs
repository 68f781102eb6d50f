//! The table of aimdb-ffi's handles: threads make things and use, free and free again what they have, what they had, and
//! what nobody ever made.
//!
//! Handles go from thread to thread without any order, as in a program that shares them by accident. What a call may
//! answer is told by what is known before it and after it: see [`Known`]. When the threads have ended, each thing that
//! was freed has been dropped once, each other one is there, and the table has not grown beyond what lived at a time.

use std::cell::UnsafeCell;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering, fence};
use std::thread;

use aimdb_tests::random::Random;

use crate::status::Status;
use crate::table::{Grip, Table};

const THREADS: usize = 4;
const CALLS: usize = 4_000;
/// Things of one round.
const THINGS: usize = 4_096;

static TABLE: Table<Thing> = Table::new();
static KNOWN: [Known; THINGS] = [const { Known::new() }; THINGS];
static MADE: AtomicUsize = AtomicUsize::new(0);
static ALIVE: AtomicUsize = AtomicUsize::new(0);

/// What is known of one thing. Before a word that others rely on stands a fence, and another after the answer that it is
/// compared with: the table promises no order to those whom it refuses.
struct Known {
    /// 0 as long as nobody has it.
    handle: AtomicU64,
    /// How often somebody began to free it. From the first on, a call may be refused.
    begun: AtomicU32,
    /// How often it was freed.
    freed: AtomicU32,
    /// A free is over: each call that begins now must be refused.
    is_over: AtomicBool,
    /// Somebody began to poison it: calls may be told so; and has done it: they must.
    is_poisonous: AtomicBool,
    is_poisoned: AtomicBool,
    /// Who is in it, and who has it to themselves.
    users: AtomicU32,
    holders: AtomicU32,
    drops: AtomicU32,
}

impl Known {
    const fn new() -> Self {
        Self {
            handle: AtomicU64::new(0),
            begun: AtomicU32::new(0),
            freed: AtomicU32::new(0),
            is_over: AtomicBool::new(false),
            is_poisonous: AtomicBool::new(false),
            is_poisoned: AtomicBool::new(false),
            users: AtomicU32::new(0),
            holders: AtomicU32::new(0),
            drops: AtomicU32::new(0),
        }
    }

    fn poisoned_by(&self, poison: impl FnOnce()) {
        self.is_poisonous.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        poison();
        self.is_poisoned.store(true, Ordering::Release);
    }

    fn forget(&self) {
        self.handle.store(0, Ordering::Relaxed);
        [&self.begun, &self.freed, &self.drops].into_iter().for_each(|count| count.store(0, Ordering::Relaxed));
        [&self.is_over, &self.is_poisonous, &self.is_poisoned]
            .into_iter()
            .for_each(|word| word.store(false, Ordering::Relaxed));
    }
}

/// What is behind a handle: memory without any lock or atomic, so that sanitizers see whoever comes too late.
struct Thing {
    number: usize,
    /// Freed with the thing.
    memory: Box<[usize; 4]>,
    /// Written by whoever has the thing to itself.
    turns: UnsafeCell<[u64; 2]>,
}

// SAFETY: that one thread at a time has the thing to itself is what is tested.
unsafe impl Sync for Thing {}

/// Every other thing can be held.
const fn may_be_held(number: usize) -> bool {
    number.is_multiple_of(2)
}

impl Thing {
    fn new(number: usize) -> Self {
        Self { number, memory: Box::new([number; 4]), turns: UnsafeCell::new([0; 2]) }
    }

    fn known(&self) -> &'static Known {
        &KNOWN[self.number]
    }

    /// Whether it is the thing of this handle, and whole.
    fn look(&self, handle: u64) {
        let made = self.known().handle.load(Ordering::Relaxed);
        // Whoever made a handle up may be there before the one who made the thing has told of it.
        assert!(made == 0 || made == handle, "handle {handle:#x} reached the thing of {made:#x}");
        assert_eq!(*self.memory, [self.number; 4]);
    }

    fn turn(&self) {
        // SAFETY: as above.
        let turns = unsafe { &mut *self.turns.get() };
        assert_eq!(turns[0], turns[1], "two threads had it to themselves");
        turns[0] += 1;
        std::hint::black_box(&mut *turns)[1] += 1;
    }
}

impl Drop for Thing {
    fn drop(&mut self) {
        let known = self.known();
        assert_eq!(known.drops.fetch_add(1, Ordering::Relaxed), 0, "it was dropped twice");
        assert_ne!(known.begun.load(Ordering::Relaxed), 0, "it was dropped, and nobody had freed it");
        assert_eq!(known.users.load(Ordering::Relaxed), 0, "it was dropped under a call");
        assert_eq!(*self.memory, [self.number; 4]);
        self.turn();
        // What is dropped may call as any other.
        let handle = known.handle.load(Ordering::Relaxed);
        assert_eq!(TABLE.pin(handle).err(), Some(Status::BAD_HANDLE));
    }
}

/// One round of threads; says how many calls they made.
pub(crate) fn crowd(random: &mut Random) -> u64 {
    static MOST_EVER: AtomicUsize = AtomicUsize::new(0);
    let most = random.pick(&[1, 3, 24, 300]);
    MOST_EVER.fetch_max(most, Ordering::Relaxed);
    // A thread keeps at most one place from those to come by a call that is in it, and one that it is burying.
    let places = MOST_EVER.load(Ordering::Relaxed) + 2 * THREADS;
    let mut users = [(); THREADS].map(|()| User { random: random.fork(), had: [0; 16], most, places });
    thread::scope(|scope| {
        let threads = users.each_mut().map(|user| scope.spawn(|| (0..CALLS).for_each(|_| user.call())));
        threads.into_iter().for_each(|thread| thread.join().expect("a user"));
    });
    settle();
    (THREADS * CALLS) as u64
}

/// What must be so when all threads have ended.
fn settle() {
    let made = MADE.load(Ordering::Relaxed).min(THINGS);
    for (number, known) in KNOWN[..made].iter().enumerate() {
        let handle = known.handle.load(Ordering::Relaxed);
        let is_freed = known.freed.load(Ordering::Relaxed) == 1;
        assert_eq!(is_freed, known.begun.load(Ordering::Relaxed) != 0);
        assert_eq!(u32::from(is_freed), known.drops.load(Ordering::Relaxed), "how often {number} was dropped");
        if !is_freed {
            let there = if known.is_poisoned.load(Ordering::Relaxed) { Some(Status::POISONED) } else { None };
            assert_eq!(TABLE.pin(handle).map(|thing| thing.look(handle)).err(), there);
            let held = if may_be_held(number) { there } else { Some(Status::BAD_HANDLE) };
            assert_eq!(TABLE.hold(handle).map(|thing| thing.look(handle)).err(), held);
            known.begun.store(1, Ordering::Relaxed);
            assert_eq!(TABLE.retire(handle, |_| true), Ok(()));
            assert_eq!(known.drops.load(Ordering::Relaxed), 1, "{number} is not dropped though nobody has it");
        }
        assert_eq!(TABLE.pin(handle).err(), Some(Status::BAD_HANDLE));
        assert_eq!(TABLE.hold(handle).err(), Some(Status::BAD_HANDLE));
        assert_eq!(TABLE.retire(handle, |_| true), Err(Status::BAD_HANDLE));
        known.forget();
    }
    MADE.store(0, Ordering::Relaxed);
    ALIVE.store(0, Ordering::Relaxed);
}

/// One thread.
struct User {
    random: Random,
    /// Numbers of things that it had to do with: most of them are gone.
    had: [usize; 16],
    /// How many things may be alive at a time, and in how many places they find room.
    most: usize,
    places: usize,
}

impl User {
    fn call(&mut self) {
        match self.random.below(24) {
            0..4 => self.make(),
            4 | 5 => self.made_up(),
            6 => self.free_as_another_kind(),
            choice => {
                let Some((number, handle)) = self.some() else { return };
                match choice {
                    7 | 8 => free(number, handle),
                    9 => self.poison(number, handle),
                    10..17 => self.pin(number, handle),
                    _ => self.hold(number, handle),
                }
            }
        }
    }

    /// A thing that somebody made, lately or long ago.
    fn some(&mut self) -> Option<(usize, u64)> {
        let made = MADE.load(Ordering::Relaxed).min(THINGS);
        let at = self.random.below(self.had.len());
        if self.random.one_in(2) {
            self.had[at] = made.checked_sub(1 + self.random.below(self.most + 1))?;
        }
        let handle = KNOWN[self.had[at]].handle.load(Ordering::Relaxed);
        (handle != 0).then_some((self.had[at], handle))
    }

    fn make(&mut self) {
        if ALIVE.fetch_add(1, Ordering::Relaxed) >= self.most || MADE.load(Ordering::Relaxed) >= THINGS {
            ALIVE.fetch_sub(1, Ordering::Relaxed);
            return;
        }
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        if number < THINGS {
            let Ok(handle) = TABLE.insert(Thing::new(number), may_be_held(number)) else { panic!("there are places") };
            assert!((handle as u32 as usize) < self.places, "places do not come back: {handle:#x}");
            KNOWN[number].handle.store(handle, Ordering::Relaxed);
        }
    }

    fn pin(&mut self, number: usize, handle: u64) {
        let before = Before::of(number);
        match TABLE.pin(handle) {
            Ok(pin) => {
                before.lets_in();
                self.inside(&pin, handle);
            }
            Err(status) => before.refused(status),
        }
    }

    fn hold(&mut self, number: usize, handle: u64) {
        let before = Before::of(number);
        let work = |grip: &mut Grip<'_, Thing>, (user, before): (&mut Self, Before)| {
            before.lets_in();
            assert!(may_be_held(number));
            user.alone(grip, handle);
        };
        let refused = |status, (_, before): (&mut Self, Before)| match status {
            Status::BUSY => {
                before.lets_in();
                assert!(may_be_held(number));
            }
            Status::BAD_HANDLE if !may_be_held(number) => {}
            status => before.refused(status),
        };
        if self.random.one_in(2) {
            TABLE.with_hold(handle, (self, before), work, refused);
            return;
        }
        match TABLE.hold(handle) {
            Ok(mut grip) => work(&mut grip, (self, before)),
            Err(status) => refused(status, (self, before)),
        }
    }

    /// A call that is in a thing, and may free it.
    fn inside(&mut self, thing: &impl Deref<Target = Thing>, handle: u64) {
        let known = thing.known();
        known.users.fetch_add(1, Ordering::Relaxed);
        thing.look(handle);
        if self.random.one_in(16) {
            free(thing.number, handle);
        }
        if self.random.one_in(64) {
            thread::yield_now();
        }
        thing.look(handle);
        assert_eq!(known.drops.load(Ordering::Relaxed), 0);
        known.users.fetch_sub(1, Ordering::Relaxed);
    }

    /// A call that has a thing to itself.
    fn alone(&mut self, thing: &Grip<'_, Thing>, handle: u64) {
        assert_eq!(thing.known().holders.fetch_add(1, Ordering::Relaxed), 0, "two threads hold it");
        thing.turn();
        self.inside(thing, handle);
        if self.random.one_in(64) {
            thing.known().poisoned_by(|| thing.poison());
        }
        thing.turn();
        thing.known().holders.fetch_sub(1, Ordering::Relaxed);
    }

    fn poison(&mut self, number: usize, handle: u64) {
        let before = Before::of(number);
        match TABLE.pin(handle) {
            Ok(pin) if self.random.one_in(16) => pin.known().poisoned_by(|| pin.poison()),
            Ok(_) => before.lets_in(),
            Err(status) => before.refused(status),
        }
    }

    /// A handle that nobody made, or not yet: what it lets in to, if to anything, is the thing that has it.
    fn made_up(&mut self) {
        let handle = self.some().map_or(1, |(_, handle)| handle);
        let made_up = match self.random.below(4) {
            0 => self.random.next_u64(),
            1 => handle + 1,
            2 => handle ^ (1 << self.random.below(64)),
            _ => handle.wrapping_add(1 << 32),
        };
        if self.random.one_in(2) {
            if let Ok(pin) = TABLE.pin(made_up) {
                self.inside(&pin, made_up);
            }
        } else if let Ok(grip) = TABLE.hold(made_up) {
            self.alone(&grip, made_up);
        }
    }

    fn free_as_another_kind(&mut self) {
        let Some((_, handle)) = self.some() else { return };
        assert_eq!(TABLE.retire(handle, |_| false), Err(Status::BAD_HANDLE));
    }
}

fn free(number: usize, handle: u64) {
    let known = &KNOWN[number];
    let is_over = known.is_over.load(Ordering::Acquire);
    known.begun.fetch_add(1, Ordering::Relaxed);
    fence(Ordering::SeqCst);
    let may = |thing: &Thing| {
        thing.look(handle);
        true
    };
    match TABLE.retire(handle, may) {
        Ok(()) => {
            assert!(!is_over, "it was freed before");
            assert_eq!(known.freed.fetch_add(1, Ordering::Relaxed), 0, "it was freed twice");
            ALIVE.fetch_sub(1, Ordering::Relaxed);
            known.is_over.store(true, Ordering::Release);
        }
        Err(status) => {
            fence(Ordering::SeqCst);
            assert_eq!(status, Status::BAD_HANDLE);
            assert!(known.begun.load(Ordering::Relaxed) > 1, "nobody else freed it");
        }
    }
}

/// What was known of a thing before a call.
struct Before {
    known: &'static Known,
    is_over: bool,
    is_poisoned: bool,
}

impl Before {
    fn of(number: usize) -> Self {
        let known = &KNOWN[number];
        let is_poisoned = known.is_poisoned.load(Ordering::Acquire);
        Self { known, is_over: known.is_over.load(Ordering::Acquire), is_poisoned }
    }

    fn lets_in(&self) {
        assert!(!self.is_over, "what was freed is answered as alive");
        assert!(!self.is_poisoned, "what is poisoned is answered as well");
    }

    fn refused(&self, status: Status) {
        fence(Ordering::SeqCst);
        match status {
            Status::BAD_HANDLE => {
                assert_ne!(self.known.begun.load(Ordering::Relaxed), 0, "what is alive is refused");
            }
            Status::POISONED => {
                assert!(!self.is_over, "what was freed is answered as poisoned");
                assert!(self.known.is_poisonous.load(Ordering::Relaxed), "nobody has poisoned it");
            }
            other => panic!("{other:?}"),
        }
    }
}
