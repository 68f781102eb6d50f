//! A gate with doors: ends that work alone, each behind a door of its own, until somebody needs all
//! of them to stand still.
//!
//! | who | does | may |
//! |---|---|---|
//! | an end | goes in at its door, works a few instructions, comes out | goes in only while the gate is open; never waits |
//! | whoever holds the record's lock | shuts the gate, waits until nobody is inside, works, opens it | is alone with all ends meanwhile |
//!
//! Going in writes the door's word and then reads the gate's; shutting writes the gate's word and
//! then reads the doors'. So at most one of the two goes on (Dekker's flags). The barrier between
//! write and read costs the end nothing while one thread uses the door: that thread *owns* it, its
//! write is a plain one, and whoever shuts the gate makes the order global (`barrier`). A door that
//! several threads use is entered with a compare-and-exchange. Ownership changes only while the gate is shut, a
//! few times; then the door is common for good. (Biased locking, and liburcu's `sys_membarrier`
//! flavour, are where this comes from.)
#![allow(unsafe_code)]

use core::cell::Cell;
use core::marker::PhantomData;

#[cfg(not(any(loom, shuttle)))]
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
#[cfg(loom)]
use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
#[cfg(all(shuttle, not(loom)))]
use shuttle::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};

#[cfg(not(loom))]
use core::cell::UnsafeCell;
#[cfg(loom)]
use loom::cell::UnsafeCell;

use super::barrier;
use super::park::linger;

/// Whether ends may go in.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct Gate {
    open: AtomicBool,
}

/// The way in for one end, and what that end works with.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct Door<E> {
    /// The thread that owns the door, with the flag that it uses; or one of the two below.
    owner: AtomicUsize,
    /// Whether somebody is inside: one flag for each owner that the door may have, so that a late
    /// write of an earlier one meets nobody's, and the last for all others together.
    inside: [AtomicBool; OWNERS + 1],
    end: UnsafeCell<E>,
}

/// Threads that may own a door, one after the other; an exhaustive model has few threads.
const OWNERS: usize = if cfg!(loom) { 1 } else { 3 };

/// How often a thread tries to come in at a common door before it leaves the end to those inside.
const KNOCKS: usize = if cfg!(any(loom, shuttle)) { 1 } else { 32 };

const NOBODY: usize = 0;
const ALL: usize = OWNERS;

// SAFETY: the end is reached only from inside, where one thread is at a time, and by whoever shut
// the gate, when nobody is inside.
unsafe impl<E: Send> Sync for Door<E> {}

impl Gate {
    /// A gate that is shut. Where it is the first of the process, this registers with the system,
    /// which may take milliseconds.
    pub(crate) fn new() -> Self {
        barrier::pays();
        Self { open: AtomicBool::new(false) }
    }

    /// Whether ends may go in now; a hint.
    pub(crate) fn is_open(&self) -> bool {
        self.open.load(Ordering::Relaxed)
    }

    /// Lets ends in. They see all that was done before.
    pub(crate) fn open(&self) {
        self.open.store(true, Ordering::Release);
    }

    /// Lets no end in from now on: whoever then finds a door empty is alone with its end. `owned`
    /// says whether one of the doors is a thread's own.
    pub(crate) fn shut(&self, owned: bool) {
        self.open.store(false, Ordering::Relaxed);
        if owned {
            barrier::heavy();
        } else {
            fence(Ordering::SeqCst);
        }
    }
}

impl<E> Door<E> {
    pub(crate) fn new(end: E) -> Self {
        Self {
            owner: AtomicUsize::new(NOBODY),
            inside: core::array::from_fn(|_| AtomicBool::new(false)),
            end: UnsafeCell::new(end),
        }
    }

    /// Goes in, unless the gate is shut, somebody else is inside, or the door is another thread's.
    pub(crate) fn enter<'a>(&'a self, gate: &Gate) -> Option<Inside<'a, E>> {
        if !gate.is_open() {
            return None;
        }
        let owner = self.owner.load(Ordering::Relaxed);
        let flag = &self.inside[owner % (OWNERS + 1)];
        if is_this_thread(owner) {
            flag.store(true, Ordering::Relaxed);
            barrier::light();
            let inside = Inside { door: self, flag, _here: PhantomData };
            // Both may have changed since the first look, but not once the flag is up. Acquire:
            // what was done while the gate was shut is seen.
            let may = gate.open.load(Ordering::Acquire) && self.owner.load(Ordering::Relaxed) == owner;
            return may.then_some(inside);
        }
        if owner != ALL {
            return None;
        }
        let mut knocks = 1;
        while flag.compare_exchange(false, true, Ordering::SeqCst, Ordering::Relaxed).is_err() {
            // Whoever is inside comes out soon, unless it was stopped there.
            if knocks == KNOCKS {
                return None;
            }
            core::hint::spin_loop();
            knocks += 1;
        }
        #[cfg(loom)]
        fence(Ordering::SeqCst);
        let inside = Inside { door: self, flag, _here: PhantomData };
        gate.open.load(Ordering::SeqCst).then_some(inside)
    }

    /// Whether the calling thread is kept out because it does not own the door.
    pub(crate) fn is_foreign(&self) -> bool {
        let owner = self.owner.load(Ordering::Relaxed);
        owner != ALL && !is_this_thread(owner)
    }

    /// Whether a thread owns the door. Told for certain under the lock that guards the gate.
    pub(crate) fn is_owned(&self) -> bool {
        let owner = self.owner.load(Ordering::Relaxed);
        owner != ALL && owner != NOBODY
    }

    /// Makes the door the calling thread's; when it has had its owners, everybody's.
    ///
    /// # Safety
    ///
    /// The gate was shut by the caller and nobody is inside.
    pub(crate) unsafe fn adopt(&self) {
        let owner = self.owner.load(Ordering::Relaxed);
        let turn = if owner == NOBODY { 0 } else { owner % (OWNERS + 1) + 1 };
        let next = match this_thread() {
            Some(thread) if turn < OWNERS && barrier::pays() => thread * (OWNERS + 1) + turn,
            _ => ALL,
        };
        if self.is_foreign() {
            self.owner.store(next, Ordering::Relaxed);
        }
    }

    /// Waits until nobody is inside. An end comes out after a few instructions, so this is short,
    /// unless its thread was stopped there; then the caller lets others run.
    pub(crate) fn await_empty(&self) {
        let mut turn = 0;
        // Acquire: what was done inside is seen.
        while self.inside.iter().any(|flag| flag.load(Ordering::Acquire)) {
            linger(turn);
            turn = turn.saturating_add(1);
        }
    }

    /// Works with the end from outside.
    ///
    /// # Safety
    ///
    /// The gate was shut by the caller and nobody is inside.
    pub(crate) unsafe fn with_end<R>(&self, work: impl FnOnce(&mut E) -> R) -> R {
        // SAFETY: nobody else is at the end, by this function's contract.
        self.access(|end| work(unsafe { &mut *end }))
    }

    #[cfg(not(loom))]
    fn access<R>(&self, access: impl FnOnce(*mut E) -> R) -> R {
        access(self.end.get())
    }

    #[cfg(loom)]
    fn access<R>(&self, access: impl FnOnce(*mut E) -> R) -> R {
        self.end.with_mut(access)
    }
}

/// Somebody is inside; dropping this is coming out.
pub(crate) struct Inside<'a, E> {
    door: &'a Door<E>,
    flag: &'a AtomicBool,
    /// It comes out on the thread that went in.
    _here: PhantomData<*const ()>,
}

impl<E> Inside<'_, E> {
    /// Works with the end.
    pub(crate) fn with<R>(&mut self, work: impl FnOnce(&mut E) -> R) -> R {
        // SAFETY: this thread is inside, so nobody else is at the end.
        self.door.access(|end| work(unsafe { &mut *end }))
    }
}

impl<E> Drop for Inside<'_, E> {
    fn drop(&mut self) {
        // Release: pairs with `await_empty` and with whoever goes in next.
        self.flag.store(false, Ordering::Release);
    }
}

#[cfg(not(any(loom, shuttle)))]
std::thread_local! {
    static TOKEN: Cell<usize> = const { Cell::new(0) };
}
#[cfg(loom)]
loom::thread_local! {
    static TOKEN: Cell<usize> = Cell::new(0);
}
#[cfg(all(shuttle, not(loom)))]
shuttle::thread_local! {
    static TOKEN: Cell<usize> = Cell::new(0);
}

/// Whether the calling thread is the one that this word of ownership names.
fn is_this_thread(owner: usize) -> bool {
    let token = TOKEN.try_with(Cell::get).unwrap_or(0);
    token != 0 && owner / (OWNERS + 1) == token
}

/// A number for the calling thread that no other thread of the process has or will have. None for
/// one whose local storage is gone, or when the numbers are used up.
fn this_thread() -> Option<usize> {
    // Not a model's atomic: the number says nothing of order.
    static NEXT: core::sync::atomic::AtomicUsize = core::sync::atomic::AtomicUsize::new(1);
    let fresh = || NEXT.fetch_add(1, core::sync::atomic::Ordering::Relaxed);
    let token = TOKEN.try_with(|token| {
        if token.get() == 0 {
            token.set(fresh());
        }
        token.get()
    });
    token.ok().filter(|&token| token < usize::MAX / (OWNERS + 1))
}
