//! Handles: numbers that are looked up here, so that one which was freed, or never made, is answered and not
//! followed.
//!
//! A handle is a generation (upper half) and a place in the table (lower half). Each place has one word that says
//! all about it, and every step is one atomic operation on that word:
//!
//! ```text
//! generation (32) | retired (1) | dead (1) | held (1) | pins (29)
//! ```
//!
//! | state | means | `pin` | left by |
//! |---|---|---|---|
//! | dead | nothing is there | refused | `insert` |
//! | alive | the object is there | counts | `retire` |
//! | retired | freed while calls were in it | refused | the last pin that leaves |
//!
//! A pin that is refused has counted all the same for a moment, so whoever finds the count at zero and the place
//! retired may not be the only one: what makes it dead is one exchange, and who wins that drops the object. Nothing
//! here locks, so a forked child can use the table whatever the parent's threads were doing in it.

use core::cell::UnsafeCell;
use core::ops::Deref;
use core::ptr;
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, Ordering};

use crate::status::{Answer, Status};

const ONE_PIN: u64 = 1;
const PINS: u64 = (1 << 29) - 1;
/// A thread is in a call that wants the object for itself.
const HELD: u64 = 1 << 29;
const DEAD: u64 = 1 << 30;
const RETIRED: u64 = 1 << 31;
const ONE_GENERATION: u64 = 1 << 32;

const CHUNK: usize = 256;
const CHUNKS: usize = 1 << 14;

/// A table of objects. It lives as long as the process: its memory is never given back.
pub(crate) struct Table<T> {
    chunks: [AtomicPtr<Chunk<T>>; CHUNKS],
    /// Places that were ever handed out.
    fresh: AtomicU64,
    /// The first of the places to use again, plus one; above it a count, so that a head that was taken and came back
    /// meanwhile is not taken for the same.
    free: AtomicU64,
}

struct Chunk<T> {
    places: [Place<T>; CHUNK],
}

/// On a line of its own: two threads that use two handles do not meet.
#[repr(align(64))]
struct Place<T> {
    state: AtomicU64,
    next_free: AtomicU32,
    poisoned: AtomicBool,
    object: UnsafeCell<Option<T>>,
}

// SAFETY: an object is put in and taken out by the one who made its place alive or dead, and in between it is only
// shared; what one thread inserts, another may drop.
unsafe impl<T: Send + Sync> Sync for Table<T> {}

/// An object that stays while this does.
pub(crate) struct Pin<'a, T: Send + Sync> {
    table: &'a Table<T>,
    index: u32,
    place: &'a Place<T>,
    held: u64,
}

impl<T: Send + Sync> Table<T> {
    pub(crate) const fn new() -> Self {
        Self {
            chunks: [const { AtomicPtr::new(ptr::null_mut()) }; CHUNKS],
            fresh: AtomicU64::new(0),
            free: AtomicU64::new(0),
        }
    }

    /// Gives an object a handle, which is never 0. Allocates when the table grows.
    ///
    /// # Errors
    ///
    /// The object, when there are millions already or no memory.
    pub(crate) fn insert(&self, object: T) -> Result<u64, T> {
        let Some((index, place)) = self.take_place() else { return Err(object) };
        place.poisoned.store(false, Ordering::Relaxed);
        // SAFETY: the place is dead and off the free list: it is ours alone until it is made alive.
        unsafe { *place.object.get() = Some(object) };
        let before = place.state.fetch_and(!DEAD, Ordering::Release);
        Ok((before & !(ONE_GENERATION - 1)) | u64::from(index))
    }

    /// Looks a handle up and keeps its object.
    ///
    /// # Errors
    ///
    /// `BAD_HANDLE`, `POISONED`.
    #[inline]
    pub(crate) fn pin(&self, handle: u64) -> Answer<Pin<'_, T>> {
        let (index, place) = self.place_of(handle).ok_or(Status::BAD_HANDLE)?;
        let before = place.state.fetch_add(ONE_PIN, Ordering::Acquire);
        let pin = Pin { table: self, index, place, held: 0 };
        pin.check(handle, before)
    }

    /// As [`Table::pin`], for a call that wants the object for itself among those that do.
    ///
    /// # Errors
    ///
    /// Those of [`Table::pin`], and `BUSY`.
    #[inline]
    pub(crate) fn hold(&self, handle: u64) -> Answer<Pin<'_, T>> {
        let (index, place) = self.place_of(handle).ok_or(Status::BAD_HANDLE)?;
        let mut state = place.state.load(Ordering::Relaxed);
        // Each turn but the last one, another thread has changed the word.
        loop {
            if !is_alive(handle, state) {
                return Err(Status::BAD_HANDLE);
            }
            if state & HELD != 0 {
                return Err(Status::BUSY);
            }
            let wanted = (state | HELD) + ONE_PIN;
            match place.state.compare_exchange_weak(state, wanted, Ordering::Acquire, Ordering::Relaxed) {
                Ok(before) => {
                    let pin = Pin { table: self, index, place, held: HELD };
                    return pin.check(handle, before);
                }
                Err(now) => state = now,
            }
        }
    }

    /// Frees a handle. Its object goes now, or with the last call that is in it.
    ///
    /// # Errors
    ///
    /// `BAD_HANDLE`.
    pub(crate) fn retire(&self, handle: u64) -> Answer {
        let (index, place) = self.place_of(handle).ok_or(Status::BAD_HANDLE)?;
        // A pin of our own, so that the object goes in one place only: where the last pin leaves.
        let before = place.state.fetch_add(ONE_PIN, Ordering::Acquire);
        let pin = Pin { table: self, index, place, held: 0 };
        let mut state = before;
        // Each turn but the last one, another thread has changed the word.
        loop {
            if !is_alive(handle, state) {
                return Err(Status::BAD_HANDLE);
            }
            match place.state.compare_exchange_weak(state, state | RETIRED, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => break,
                Err(now) => state = now,
            }
        }
        drop(pin);
        Ok(())
    }

    fn place_of(&self, handle: u64) -> Option<(u32, &Place<T>)> {
        let index = handle as u32;
        Some((index, self.place(index)?))
    }

    #[inline]
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
            let wanted = (head & !(ONE_GENERATION - 1)).wrapping_add(ONE_GENERATION) | u64::from(next);
            match self.free.compare_exchange_weak(head, wanted, Ordering::Acquire, Ordering::Acquire) {
                Ok(_) => return Some((index, place)),
                Err(now) => head = now,
            }
        }
        self.grow()
    }

    #[cold]
    fn grow(&self) -> Option<(u32, &Place<T>)> {
        let index = self.fresh.load(Ordering::Relaxed);
        if index >= (CHUNK * CHUNKS) as u64 {
            return None;
        }
        let index = self.fresh.fetch_add(1, Ordering::AcqRel);
        let slot = self.chunks.get(usize::try_from(index).ok()? / CHUNK)?;
        if slot.load(Ordering::Acquire).is_null() {
            let chunk = Box::into_raw(Box::new(Chunk::new()));
            if slot.compare_exchange(ptr::null_mut(), chunk, Ordering::AcqRel, Ordering::Acquire).is_err() {
                // SAFETY: another thread was first, and nobody has seen this one.
                drop(unsafe { Box::from_raw(chunk) });
            }
        }
        let index = index as u32;
        Some((index, self.place(index)?))
    }

    fn return_place(&self, index: u32, place: &Place<T>) {
        let mut head = self.free.load(Ordering::Relaxed);
        // Each turn but the last one, another thread has taken or returned a place.
        loop {
            place.next_free.store(head as u32, Ordering::Relaxed);
            let wanted = (head & !(ONE_GENERATION - 1)).wrapping_add(ONE_GENERATION) | u64::from(index + 1);
            match self.free.compare_exchange_weak(head, wanted, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }

    /// Drops the object of a place that is retired, if no pin has come meanwhile and nobody else does it.
    #[cold]
    fn bury(&self, index: u32, place: &Place<T>, state: u64) {
        let dead = (state & !RETIRED) | DEAD;
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

impl<T> Chunk<T> {
    fn new() -> Self {
        let place = |_| Place {
            state: AtomicU64::new(ONE_GENERATION | DEAD),
            next_free: AtomicU32::new(0),
            poisoned: AtomicBool::new(false),
            object: UnsafeCell::new(None),
        };
        Self { places: core::array::from_fn(place) }
    }
}

const fn is_alive(handle: u64, state: u64) -> bool {
    state >> 32 == handle >> 32 && state & (DEAD | RETIRED) == 0
}

impl<'a, T: Send + Sync> Pin<'a, T> {
    #[inline]
    fn check(self, handle: u64, before: u64) -> Answer<Self> {
        if !is_alive(handle, before) {
            return Err(Status::BAD_HANDLE);
        }
        if self.place.poisoned.load(Ordering::Relaxed) {
            return Err(Status::POISONED);
        }
        Ok(self)
    }

    /// From now on, calls with this handle are refused.
    pub(crate) fn poison(&self) {
        self.place.poisoned.store(true, Ordering::Relaxed);
    }
}

impl<T: Send + Sync> Deref for Pin<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the place was alive when this pin was counted, and the object stays while pins are; it was put
        // there before the place was made alive.
        let object = unsafe { &*self.place.object.get() };
        object.as_ref().expect("a place that is alive has an object")
    }
}

impl<T: Send + Sync> Drop for Pin<'_, T> {
    #[inline]
    fn drop(&mut self) {
        let after = self.place.state.fetch_sub(self.held + ONE_PIN, Ordering::Release) - (self.held + ONE_PIN);
        if after & (RETIRED | PINS) == RETIRED {
            self.table.bury(self.index, self.place, after);
        }
    }
}
