//! Handles: numbers that are looked up here, so that one which was freed, or never made, is answered and not
//! followed.
//!
//! A handle is a generation (upper half) and a place in the table (lower half). Two words of each place say all
//! about it:
//!
//! ```text
//! state   generation (32) | retired (1) | dead (1) | poisoned (1) | pins (29)
//! hold    generation (32) | closed (1) | held (1)
//! ```
//!
//! | state | means | `pin`, `hold` | left by |
//! |---|---|---|---|
//! | dead | nothing is there | refused | `insert` |
//! | alive | the object is there | count, take | `retire` |
//! | retired | freed while calls were in it | refused | the last one that leaves |
//!
//! A *pin* is counted. A pin that is refused has counted all the same for a moment, so whoever finds the count at zero
//! and the place retired may not be the only one: what makes it dead is one exchange, and who wins that drops the object.
//!
//! A *grip* is for calls that want the object to themselves, which are those that matter for speed: it is taken with one
//! exchange of the other word, and given back with a plain store. The word as such has one of the pins, as long as it is
//! not closed; closing it is an exchange that fails while somebody holds. So the object goes when the word is closed and no
//! pin is left. Whoever frees marks the place as retired and then closes; whoever lets go looks then whether the place is
//! retired, and closes. Between the two steps of each stands a barrier, so that at least one of them sees the other: a light one
//! for whoever lets go, a heavy one for whoever frees (`aimdb_core::waiting::barrier`). Both words have the generation, so
//! whoever comes too late with either of them fails, and hits nobody else's object.
//!
//! Nothing here locks, so a forked child can use the table whatever the parent's threads were doing in it. What the
//! parent has put there is refused in the child.

mod place;

use core::mem;
use core::ops::Deref;
use core::ptr;

#[cfg(not(loom))]
use core::sync::atomic::{AtomicPtr, AtomicU64, Ordering};
#[cfg(loom)]
use loom::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

use aimdb_core::waiting::{barrier, fork_generation, in_box};

use self::place::{
    CHUNK, CLOSED, Chunk, DEAD, GENERATION, HELD, ONE_GENERATION, ONE_PIN, PINS, POISONED, Place, RETIRED,
};
use crate::status::{Answer, Status};

const CHUNKS: usize = if cfg!(loom) { 2 } else { 1 << 14 };

/// A table of objects. It lives as long as the process: its memory is never given back.
pub(crate) struct Table<T> {
    chunks: [AtomicPtr<Chunk<T>>; CHUNKS],
    /// Places that were ever handed out.
    fresh: AtomicU64,
    /// The first of the places to use again, plus one; above it a count, so that a head that was taken and came back
    /// meanwhile is not taken for the same.
    free: AtomicU64,
}

// SAFETY: an object is put in and taken out by the one who made its place alive or dead, and in between it is only
// shared; what one thread inserts, another may drop.
unsafe impl<T: Send + Sync> Sync for Table<T> {}

/// A place of the table for an object to come. Unless it is filled, it is given back.
pub(crate) struct Vacancy<'a, T: Send + Sync> {
    table: &'a Table<T>,
    index: u32,
    place: &'a Place<T>,
}

/// An object that stays while this does.
pub(crate) struct Pin<'a, T: Send + Sync> {
    table: &'a Table<T>,
    index: u32,
    place: &'a Place<T>,
}

/// An object that stays while this does, and that nobody else has a grip on.
pub(crate) struct Grip<'a, T: Send + Sync> {
    table: &'a Table<T>,
    handle: u64,
    place: &'a Place<T>,
}

impl<T: Send + Sync> Table<T> {
    #[cfg(not(loom))]
    pub(crate) const fn new() -> Self {
        Self {
            chunks: [const { AtomicPtr::new(ptr::null_mut()) }; CHUNKS],
            fresh: AtomicU64::new(0),
            free: AtomicU64::new(0),
        }
    }

    #[cfg(loom)]
    pub(crate) fn new() -> Self {
        let chunks = core::array::from_fn(|_| AtomicPtr::new(ptr::null_mut()));
        Self { chunks, fresh: AtomicU64::new(0), free: AtomicU64::new(0) }
    }

    /// Gives an object a handle, which is never 0. `may_be_held` says whether [`Table::hold`] takes it; what is not
    /// is freed without a barrier. Allocates when the table grows.
    ///
    /// # Errors
    ///
    /// The object, when there are millions already or no memory.
    pub(crate) fn insert(&self, object: T, may_be_held: bool) -> Result<u64, T> {
        match self.reserve() {
            Some(vacancy) => Ok(vacancy.fill(object, may_be_held)),
            None => Err(object),
        }
    }

    /// A place for an object to come, if there are not millions already, and there is memory. Allocates when the table grows.
    pub(crate) fn reserve(&self) -> Option<Vacancy<'_, T>> {
        let (index, place) = self.take_place()?;
        Some(Vacancy { table: self, index, place })
    }

    /// Looks a handle up and keeps its object.
    ///
    /// # Errors
    ///
    /// `BAD_HANDLE`, `FORKED_CHILD`, `POISONED`.
    #[inline]
    pub(crate) fn pin(&self, handle: u64) -> Answer<Pin<'_, T>> {
        let (pin, before) = self.pin_at(handle)?;
        if pin.place.is_fine(handle, before) { Ok(pin) } else { Err(pin.place.refusal(handle, before)) }
    }

    #[inline]
    fn pin_at(&self, handle: u64) -> Answer<(Pin<'_, T>, u64)> {
        let index = handle as u32;
        let place = self.place(index).ok_or(Status::BAD_HANDLE)?;
        let before = place.state.fetch_add(ONE_PIN, Ordering::Acquire);
        Ok((Pin { table: self, index, place }, before))
    }

    /// Looks a handle up and keeps its object, for a call that wants it for itself.
    ///
    /// # Errors
    ///
    /// Those of [`Table::pin`], and `BUSY`.
    #[inline]
    pub(crate) fn hold(&self, handle: u64) -> Answer<Grip<'_, T>> {
        let place = self.take(handle)?;
        Ok(Grip { table: self, handle, place })
    }

    /// The same for a call that hands the grip to one of these, with what they both want: it stays where it was made,
    /// because moving it would cost more than the look-up.
    #[inline(always)]
    pub(crate) fn with_hold<'a, C, R>(
        &'a self,
        handle: u64,
        carried: C,
        work: impl FnOnce(&mut Grip<'a, T>, C) -> R,
        refused: impl FnOnce(Status, C) -> R,
    ) -> R {
        match self.take(handle) {
            Ok(place) => work(&mut Grip { table: self, handle, place }, carried),
            Err(status) => refused(status, carried),
        }
    }

    #[inline(always)]
    fn take(&self, handle: u64) -> Answer<&Place<T>> {
        let place = self.place(handle as u32).ok_or(Status::BAD_HANDLE)?;
        let open = handle & GENERATION;
        if let Err(found) = place.hold.compare_exchange(open, open | HELD, Ordering::Acquire, Ordering::Relaxed) {
            return Err(place.why_not_held(handle, found));
        }
        // What was freed is refused even while the one who frees has yet to close; no barrier: if it was freed
        // meanwhile, this call came first.
        let state = place.state.load(Ordering::Relaxed);
        if place.is_fine(handle, state) { Ok(place) } else { Err(self.give_back(handle, place, state)) }
    }

    #[cold]
    fn give_back(&self, handle: u64, place: &Place<T>, state: u64) -> Status {
        let why = place.refusal(handle, state);
        drop(Grip { table: self, handle, place });
        why
    }

    /// Frees a handle, if its object is one that may be. The object goes now, or with the last call that is in it.
    ///
    /// # Errors
    ///
    /// `BAD_HANDLE`, `FORKED_CHILD`. What a fault has left behind can be freed.
    pub(crate) fn retire(&self, handle: u64, may: impl FnOnce(&T) -> bool) -> Answer {
        let (pin, before) = self.pin_at(handle)?;
        if !pin.place.is_fine(handle, before & !POISONED) {
            return Err(pin.place.refusal(handle, before & !POISONED));
        }
        if !may(&pin) || pin.place.state.fetch_or(RETIRED, Ordering::Relaxed) & RETIRED != 0 {
            return Err(Status::BAD_HANDLE);
        }
        if pin.place.hold.load(Ordering::Relaxed) & CLOSED == 0 {
            barrier::heavy();
            self.close(handle, pin.place);
        }
        Ok(())
    }

    /// Lets nobody hold the object of a retired place any more, unless somebody does, who closes then.
    #[cold]
    fn close(&self, handle: u64, place: &Place<T>) {
        let open = handle & GENERATION;
        if place.hold.compare_exchange(open, open | CLOSED, Ordering::Acquire, Ordering::Relaxed).is_ok() {
            // The pin that the word had.
            drop(Pin { table: self, index: handle as u32, place });
        }
    }

    #[inline(always)]
    fn place(&self, index: u32) -> Option<&Place<T>> {
        let chunk = self.chunks.get(index as usize / CHUNK)?.load(Ordering::Acquire);
        // SAFETY: a chunk that is in the table is initialised and is never freed.
        let chunk = unsafe { chunk.as_ref() }?;
        Some(&chunk.places[index as usize % CHUNK])
    }

    fn take_place(&self) -> Option<(u32, &Place<T>)> {
        let mut head = self.free.load(Ordering::Acquire);
        // Each turn but the last one, another thread has taken or returned a place.
        while let Some(index) = (head as u32).checked_sub(1) {
            let place = self.place(index)?;
            let next = place.next_free.load(Ordering::Relaxed);
            let wanted = (head & GENERATION).wrapping_add(ONE_GENERATION) | u64::from(next);
            match self.free.compare_exchange_weak(head, wanted, Ordering::Acquire, Ordering::Acquire) {
                Ok(_) => return Some((index, place)),
                Err(now) => head = now,
            }
        }
        self.grow()
    }

    #[cold]
    fn grow(&self) -> Option<(u32, &Place<T>)> {
        // Before the first place: whoever looks one up goes by what this finds.
        barrier::prepare();
        let mut index = self.fresh.load(Ordering::Acquire);
        // Each turn but the last one, another thread has taken a place.
        loop {
            let slot = self.chunks.get(usize::try_from(index).ok()? / CHUNK)?;
            if slot.load(Ordering::Acquire).is_null() {
                let chunk = Box::into_raw(in_box(Chunk::new())?);
                if slot.compare_exchange(ptr::null_mut(), chunk, Ordering::AcqRel, Ordering::Acquire).is_err() {
                    // SAFETY: another thread was first, and nobody has seen this one.
                    drop(unsafe { Box::from_raw(chunk) });
                }
            }
            match self.fresh.compare_exchange(index, index + 1, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Some((index as u32, self.place(index as u32)?)),
                Err(now) => index = now,
            }
        }
    }

    fn return_place(&self, index: u32, place: &Place<T>) {
        let mut head = self.free.load(Ordering::Relaxed);
        // Each turn but the last one, another thread has taken or returned a place.
        loop {
            place.next_free.store(head as u32, Ordering::Relaxed);
            let wanted = (head & GENERATION).wrapping_add(ONE_GENERATION) | u64::from(index + 1);
            match self.free.compare_exchange_weak(head, wanted, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }

    /// Drops the object of a place that is retired, if no pin has come meanwhile and nobody else does it.
    #[cold]
    fn bury(&self, index: u32, place: &Place<T>, state: u64) {
        let dead = (state & !(RETIRED | POISONED)) | DEAD;
        if place.state.compare_exchange(state, dead, Ordering::Acquire, Ordering::Relaxed).is_err() {
            return;
        }
        // SAFETY: whoever makes the place dead has it alone: pins are refused from here on, and none is left.
        let object = unsafe { (*place.object.get()).take() };
        if place.state.fetch_add(ONE_GENERATION, Ordering::Relaxed) >> 32 == u64::from(u32::MAX) {
            // Generation 0 would let a handle be 0, which stands for none.
            place.state.fetch_add(ONE_GENERATION, Ordering::Relaxed);
        }
        self.return_place(index, place);
        // Last: it may run the caller's code, which may come back here.
        drop(object);
    }
}

impl<T: Send + Sync> Vacancy<'_, T> {
    /// Puts an object there, as [`Table::insert`] does, and gives its handle.
    pub(crate) fn fill(self, object: T, may_be_held: bool) -> u64 {
        let Self { index, place, .. } = *mem::ManuallyDrop::new(self);
        place.process.store(fork_generation(), Ordering::Relaxed);
        // SAFETY: the place is dead and off the free list: it is ours alone until it is made alive.
        unsafe { *place.object.get() = Some(object) };
        let generation = place.state.load(Ordering::Relaxed) & GENERATION;
        let pins = if may_be_held {
            place.hold.store(generation, Ordering::Release);
            ONE_PIN
        } else {
            0
        };
        place.state.fetch_sub(DEAD - pins, Ordering::Release);
        generation | u64::from(index)
    }
}

impl<T: Send + Sync> Drop for Vacancy<'_, T> {
    fn drop(&mut self) {
        self.table.return_place(self.index, self.place);
    }
}

impl<T: Send + Sync> Pin<'_, T> {
    pub(crate) fn poison(&self) {
        self.place.poison();
    }
}

impl<T: Send + Sync> Grip<'_, T> {
    pub(crate) fn poison(&self) {
        self.place.poison();
    }
}

impl<T: Send + Sync> Deref for Pin<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: whoever hands this out has looked at what it found.
        unsafe { self.place.object() }
    }
}

impl<T: Send + Sync> Deref for Grip<'_, T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: this is a grip.
        unsafe { self.place.object() }
    }
}

impl<T: Send + Sync> Drop for Pin<'_, T> {
    #[inline]
    fn drop(&mut self) {
        let after = self.place.state.fetch_sub(ONE_PIN, Ordering::Release) - ONE_PIN;
        if after & (RETIRED | PINS) == RETIRED {
            self.table.bury(self.index, self.place, after);
        }
    }
}

impl<T: Send + Sync> Drop for Grip<'_, T> {
    #[inline(always)]
    fn drop(&mut self) {
        // Nobody else writes the word while it is held.
        self.place.hold.store(self.handle & GENERATION, Ordering::Release);
        barrier::light();
        if self.place.state.load(Ordering::Relaxed) & RETIRED != 0 {
            self.table.close(self.handle, self.place);
        }
    }
}
