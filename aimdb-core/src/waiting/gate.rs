//! Doors: ends that work alone, each behind a door of its own, until somebody needs all of them to
//! stand still.
//!
//! | who | does | may |
//! |---|---|---|
//! | an end | goes in at its door, works a few instructions, comes out | goes in only while the door is open; never waits |
//! | whoever holds the record's lock | shuts all doors, waits until nobody is inside, works, opens them | is alone with all ends meanwhile |
//!
//! Going in raises a flag and then reads the door's *pass*; shutting writes the pass and then reads
//! the flags. So at most one of the two goes on (Dekker's flags). The barrier between write and read
//! costs the end next to nothing while one holder uses the door: that holder *owns* it, its write is a
//! plain one, and whoever shuts the door makes the order global, where the system can (`barrier`). A door that several use is
//! entered with a compare-and-exchange. Ownership changes only while the door is shut, a few times;
//! then the door is common for good. (Biased locking, and liburcu's `sys_membarrier` flavour, are
//! where this comes from.)
//!
//! A holder is whoever has a [`Token`]: a handle that one thread uses at a time, and that takes its
//! token along when it moves to another; or a thread, for calls that come without a handle. An owner that is a
//! thread, and has ended, leaves its flag to the next: a door that threads use one after the other stays owned.
#![allow(unsafe_code)]

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

#[cfg(not(loom))]
use AtomicBool as Flag;
#[cfg(loom)]
use model::Flag;

use super::barrier;
use super::park::linger;
use super::token::Token;
use super::world::World;

/// The way in for one end, and what that end works with; on cache lines of its own. What each visit reads of the door comes first, on one
/// line with what the end begins with.
#[derive(Debug)]
#[repr(C, align(128))]
pub(crate) struct Door<E> {
    /// Who may go in now: [`SHUT`], [`NOBODY`], [`ALL`], or a holder, with the flag that it uses.
    pass: AtomicUsize,
    /// Whether somebody is inside: one flag for each owner that the door may have, so that a late
    /// write of an earlier one that lives meets nobody's, and the last for all others together.
    inside: [Flag; FLAGS],
    end: UnsafeCell<E>,
    /// The pass while the door is open. Belongs to whoever shuts it, which a lock guards: no model need
    /// look at it.
    owner: core::sync::atomic::AtomicUsize,
}

/// Holders that may own a door, one after the other; an exhaustive model has few threads.
const OWNERS: usize = if cfg!(loom) { 1 } else { FLAGS - 1 };
const FLAGS: usize = 1 << Token::BITS_BESIDE;

/// How often a holder tries to come in at a common door before it leaves the end to those inside.
const KNOCKS: usize = if cfg!(any(loom, shuttle)) { 1 } else { 32 };

/// Passes that are no holder's: nobody has the number 0.
const SHUT: usize = 0;
const NOBODY: usize = 1;
const ALL: usize = FLAGS - 1;

// SAFETY: the end is reached only from inside, where one holder is at a time, and by whoever shut
// the door, when nobody is inside.
unsafe impl<E: Send> Sync for Door<E> {}

/// With what the owner of a door goes in there without asking whose it is: once it is another's, the
/// key of the former owner fits no more and never will again, and raises nobody else's flag.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    pass: usize,
}

/// Where a barrier has to be made ready, which may take milliseconds once per process, makes it
/// ready: before the first door, outside all locks.
pub(crate) fn prepare() {
    barrier::prepare();
}

/// Lets no end in from now on, waits until nobody is inside, and is then alone with the ends of these
/// doors. An end comes out after a few instructions, so this is short, unless its thread was stopped
/// there; then the caller lets others run.
pub(crate) fn shut<'a, E: 'a>(doors: impl Iterator<Item = &'a Door<E>> + Clone) {
    let mut owned = false;
    for door in doors.clone() {
        door.pass.store(SHUT, Ordering::Relaxed);
        owned |= door.is_owned();
    }
    if owned {
        barrier::heavy();
    } else {
        fence(Ordering::SeqCst);
    }
    for door in doors {
        let mut turn = 0;
        // Acquire: what was done inside is seen.
        let flags = || door.inside[..OWNERS].iter().chain([&door.inside[ALL]]);
        while flags().any(|flag| flag.load(Ordering::Acquire)) {
            linger(turn);
            turn = turn.saturating_add(1);
        }
    }
}

impl<E> Door<E> {
    /// A door that is shut.
    pub(crate) fn new(end: E) -> Self {
        Self {
            pass: AtomicUsize::new(SHUT),
            inside: core::array::from_fn(|_| Flag::new(false)),
            owner: core::sync::atomic::AtomicUsize::new(NOBODY),
            end: UnsafeCell::new(end),
        }
    }

    /// Lets ends in. They see all that was done before. Called by whoever shut the door.
    pub(crate) fn open(&self) {
        self.pass.store(self.owner.load(Ordering::Relaxed), Ordering::Release);
    }

    /// Whether ends may go in now; a hint.
    #[inline]
    pub(crate) fn is_open(&self) -> bool {
        self.pass.load(Ordering::Relaxed) != SHUT
    }

    /// Goes in as the holder that owns the door, unless it is shut, or this is not its owner.
    #[inline(always)]
    pub(crate) fn enter_as_owner(&self, token: &Token) -> Option<Inside<'_, E>> {
        self.enter_if_own(self.pass.load(Ordering::Relaxed), token)
    }

    /// The same in a process where this holder went in before, and not in another.
    #[inline(always)]
    pub(crate) fn enter_in(&self, world: World, token: &Token) -> Option<Inside<'_, E>> {
        let pass = self.pass.load(Ordering::Relaxed);
        if pass / FLAGS != token.number() {
            return None;
        }
        self.enter_with(pass, &self.inside[pass % FLAGS], || barrier::light_in(world))
    }

    /// Goes in, unless the door is shut, others are inside all the time, or it is another holder's.
    pub(crate) fn enter(&self, token: &Token) -> Option<Inside<'_, E>> {
        match self.pass.load(Ordering::Relaxed) {
            ALL => self.enter_as_all(),
            pass => self.enter_if_own(pass, token),
        }
    }

    #[inline(always)]
    fn enter_if_own(&self, pass: usize, token: &Token) -> Option<Inside<'_, E>> {
        if pass / FLAGS != token.number() {
            return None;
        }
        let light = || {
            barrier::light();
            true
        };
        self.enter_with(pass, &self.inside[pass % FLAGS], light)
    }

    /// Goes in with a pass that was once the door's; the flag is that of the holder who had it then. `light` is
    /// the barrier, and says whether to go on.
    #[inline(always)]
    fn enter_with<'a>(&'a self, pass: usize, flag: &'a Flag, light: impl FnOnce() -> bool) -> Option<Inside<'a, E>> {
        flag.store(true, Ordering::Relaxed);
        let goes_on = light();
        let inside = Inside { door: self, flag, _here: PhantomData };
        // The pass may have changed since, but not once the flag is up. Acquire: what was done while the
        // door was shut is seen.
        (goes_on && self.pass.load(Ordering::Acquire) == pass).then_some(inside)
    }

    /// The key of the holder that owns this door.
    pub(crate) fn key(&self, token: &Token) -> Option<Key> {
        let pass = self.pass.load(Ordering::Relaxed);
        (pass > ALL && pass / FLAGS == token.number()).then_some(Key { pass })
    }

    /// Whether the door has had its owners, and is everybody's for good; a hint.
    pub(crate) fn is_common(&self) -> bool {
        self.pass.load(Ordering::Relaxed) == ALL
    }

    /// Goes in with a key, unless the door is shut, or another's by now, or this is not the process that the key
    /// is from.
    ///
    /// # Safety
    ///
    /// The key is one of this door, and its holder calls: one thread at a time.
    #[inline(always)]
    pub(crate) unsafe fn enter_with_key(&self, world: World, key: Key) -> Option<Inside<'_, E>> {
        // Which flag it is the pass says: a load less than a pointer to it, and calls are full of loads.
        self.enter_with(key.pass, &self.inside[key.pass % FLAGS], || barrier::light_in(world))
    }

    /// Goes in where the door is everybody's, in a process where this holder went in before, and not in another.
    #[inline(always)]
    pub(crate) fn enter_in_turn(&self, world: World) -> Option<Inside<'_, E>> {
        let is_ours = || self.pass.load(Ordering::Relaxed) == ALL;
        if world.is_here() && is_ours() { self.enter_as_all() } else { None }
    }

    #[inline]
    fn enter_as_all(&self) -> Option<Inside<'_, E>> {
        let flag = &self.inside[ALL];
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
        (self.pass.load(Ordering::SeqCst) == ALL).then_some(inside)
    }

    /// Whether this holder is kept out because it does not own the door, which is open.
    pub(crate) fn is_foreign(&self, token: &Token) -> bool {
        let pass = self.pass.load(Ordering::Relaxed);
        token.may_come() && (pass == NOBODY || pass > ALL && pass / FLAGS != token.number())
    }

    /// Whether a holder owns the door. Asked by whoever shut it.
    fn is_owned(&self) -> bool {
        self.owner.load(Ordering::Relaxed) > ALL
    }

    /// Makes the door this holder's; when it has had its owners, everybody's.
    ///
    /// # Safety
    ///
    /// The door was shut by the caller and nobody is inside.
    pub(crate) unsafe fn adopt(&self, token: &Token) {
        let owner = self.owner.load(Ordering::Relaxed);
        if owner == ALL || owner > ALL && owner / FLAGS == token.number() || !token.may_come() {
            return;
        }
        // The flag of an owner that comes no more is free, and comes first: threads that follow each other share one.
        let next = |owner| if Token::has_ended(owner / FLAGS) { owner % FLAGS } else { owner % FLAGS + 1 };
        let turn = if owner == NOBODY { 0 } else { next(owner) };
        let may_own = token.may_own() && turn < OWNERS;
        self.owner.store(if may_own { token.number() * FLAGS + turn } else { ALL }, Ordering::Relaxed);
    }

    /// Works with the end from outside.
    ///
    /// # Safety
    ///
    /// The door was shut by the caller and nobody is inside.
    pub(crate) unsafe fn with_end<R>(&self, work: impl FnOnce(&mut E) -> R) -> R {
        #[cfg(not(loom))]
        // SAFETY: nobody else is at the end, by this function's contract.
        return work(unsafe { &mut *self.end.get() });
        #[cfg(loom)]
        work(&mut model::End::of(&self.end))
    }
}

/// Somebody is inside; dropping this is coming out.
pub(crate) struct Inside<'a, E> {
    door: &'a Door<E>,
    flag: &'a Flag,
    /// It comes out on the thread that went in.
    _here: PhantomData<*const ()>,
}

impl<E> Inside<'_, E> {
    /// Comes out here: where compilers come out in one place whatever was done inside, they ask behind it what it was.
    #[inline(always)]
    pub(crate) fn come_out(self) {
        drop(self);
        core::sync::atomic::compiler_fence(core::sync::atomic::Ordering::Release);
    }

    /// The end.
    #[cfg(not(loom))]
    #[inline(always)]
    pub(crate) fn end(&mut self) -> &mut E {
        // SAFETY: this holder is inside, so nobody else is at the end.
        unsafe { &mut *self.door.end.get() }
    }

    /// The end, as the model checker wants it.
    #[cfg(loom)]
    pub(crate) fn end(&mut self) -> model::End<'_, E> {
        model::End::of(&self.door.end)
    }
}

/// A model checker must be told how long somebody is at an end, and that who raises a flag sees what was done by
/// whoever had it before: it takes stores in the order in which they are made, so a flag that is lowered late would
/// else be one that was lowered before.
#[cfg(loom)]
mod model {
    use core::marker::PhantomData;
    use core::ops::{Deref, DerefMut};

    use super::{AtomicBool, Ordering, UnsafeCell};

    #[derive(Debug)]
    pub(super) struct Flag {
        up: AtomicBool,
        is_stored_to: UnsafeCell<()>,
    }

    impl Flag {
        pub(super) fn new(up: bool) -> Self {
            Self { up: AtomicBool::new(up), is_stored_to: UnsafeCell::new(()) }
        }

        pub(super) fn load(&self, order: Ordering) -> bool {
            self.up.load(order)
        }

        pub(super) fn store(&self, up: bool, order: Ordering) {
            self.is_stored_to.with_mut(|_| ());
            self.up.store(up, order);
        }

        pub(super) fn compare_exchange(
            &self,
            up: bool,
            then: bool,
            done: Ordering,
            failed: Ordering,
        ) -> Result<bool, bool> {
            self.up.compare_exchange(up, then, done, failed).inspect(|_| self.is_stored_to.with_mut(|_| ()))
        }
    }

    pub(crate) struct End<'a, E>(loom::cell::MutPtr<E>, PhantomData<&'a mut E>);

    impl<'a, E> End<'a, E> {
        pub(super) fn of(end: &'a loom::cell::UnsafeCell<E>) -> Self {
            Self(end.get_mut(), PhantomData)
        }
    }

    impl<E> Deref for End<'_, E> {
        type Target = E;

        fn deref(&self) -> &E {
            // SAFETY: whoever made this is inside, so nobody else is at the end.
            unsafe { self.0.deref() }
        }
    }

    impl<E> DerefMut for End<'_, E> {
        fn deref_mut(&mut self) -> &mut E {
            // SAFETY: as above.
            unsafe { self.0.deref() }
        }
    }
}

impl<E> Drop for Inside<'_, E> {
    #[inline]
    fn drop(&mut self) {
        // Release: pairs with `shut` and with whoever goes in next.
        self.flag.store(false, Ordering::Release);
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::{Door, shut};
    use crate::waiting::Token;

    /// Gives the door to the calling thread, and says whether it got in, and whether as its owner.
    fn come(door: &Door<u32>) -> (bool, bool) {
        Token::of_thread(|token| {
            shut([door].into_iter());
            // SAFETY: the door was shut here; the threads of these tests come one after the other.
            unsafe { door.adopt(token) };
            door.open();
            let inside = door.enter(token).map(|mut inside| *inside.end() += 1).is_some();
            (inside, !door.is_common() && !door.is_foreign(token))
        })
    }

    #[test]
    fn k6_a_door_that_threads_use_one_after_the_other_stays_owned() {
        super::prepare();
        let door = Door::new(0);
        std::thread::scope(|scope| {
            for _ in 0..20 {
                assert_eq!(scope.spawn(|| come(&door)).join().expect("a thread"), (true, true));
            }
        });
        // SAFETY: nobody else is there.
        assert_eq!(unsafe { door.with_end(|end| *end) }, 20);
    }

    #[test]
    fn k6_a_door_that_threads_use_in_turn_is_everybodys_after_three() {
        super::prepare();
        let door = Door::new(0);
        let turn = std::sync::Barrier::new(4);
        let came: alloc::vec::Vec<_> = std::thread::scope(|scope| {
            let lives = |mine| {
                let (door, turn) = (&door, &turn);
                scope.spawn(move || {
                    let mut came = (false, false);
                    for at in 0..4 {
                        if at == mine {
                            came = come(door);
                        }
                        turn.wait();
                    }
                    came
                })
            };
            let threads: alloc::vec::Vec<_> = (0..4).map(lives).collect();
            threads.into_iter().map(|thread| thread.join().expect("a thread")).collect()
        });
        assert_eq!(came, [(true, true), (true, true), (true, true), (true, false)]);
    }
}
