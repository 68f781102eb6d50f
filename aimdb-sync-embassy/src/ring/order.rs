//! The sections in which values come into a ring and are read; and of which places a ring of large values consists, in which order, and which
//! are spare.
//!
//! These sections are the same code for all rings, however many values they retain and cursors they have, and of large values whatever
//! those are: a program with several has it once, and no compiler finds what two have in common and makes a call of it, inside the
//! section.
#![allow(unsafe_code)]

use core::mem::MaybeUninit;
use core::sync::atomic::{Ordering, compiler_fence};

use super::cursor::{Cursor, NO_PLACE};
use super::places::Values;
use super::state::State;
use crate::lock::PreemptionSafe;

/// Where the order of a ring lies, whose places are known when it is compiled. Not looked at where values are moved inside.
#[repr(C)]
pub(super) struct OrderOf<const N: usize, const WRITERS: usize> {
    /// Those of the ring.
    ring: [u8; N],
    /// How many places are spare.
    spares: u8,
    /// Which ones: so many from the first.
    spare: [u8; WRITERS],
    #[cfg(loom)]
    named: u8,
}

impl<const N: usize, const WRITERS: usize> OrderOf<N, WRITERS> {
    pub(super) const fn new() -> Self {
        let (mut ring, mut spare) = ([0; N], [0; WRITERS]);
        // Bounded by the places, which a `u8` names.
        let mut at = 0;
        while at < N {
            ring[at] = at as u8;
            at += 1;
        }
        while at < N + WRITERS {
            spare[at - N] = at as u8;
            at += 1;
        }
        Self {
            ring,
            spares: WRITERS as u8,
            spare,
            #[cfg(loom)]
            named: (N + WRITERS) as u8,
        }
    }

    #[cfg(loom)]
    pub(super) const fn zero() -> Self {
        Self { ring: [0; N], spares: 0, spare: [0; WRITERS], named: 0 }
    }
}

/// The places of a ring, touched inside its section only: those of the ring, how many are spare, and so many of those, a byte each.
///
/// Each function that is unsafe is called inside the section, for an order that is there.
pub(crate) trait Order: Copy {
    /// Where the first place of the ring is named.
    fn first(self) -> *mut u8;

    fn places(self) -> u32;

    fn writers(self) -> u32;

    #[inline(always)]
    fn spares(self) -> *mut u8 {
        self.first().wrapping_add(self.places() as usize)
    }

    /// A spare place for a value on its way; it is the caller's until that has been published or given back.
    #[inline(always)]
    unsafe fn claim(self) -> Option<u8> {
        let spares = self.spares();
        // SAFETY: by the contract of these functions; spare places are named behind their number.
        unsafe {
            // There is no such place if none is spare: one look for both.
            let left = u32::from(*spares).wrapping_sub(1);
            if left >= self.writers() {
                return None;
            }
            let place = *spares.add(1 + left as usize);
            *spares = left as u8;
            Some(place)
        }
    }

    /// A place is spare again.
    #[inline(always)]
    unsafe fn give_back(self, place: u8) {
        let spares = self.spares();
        // SAFETY: as above.
        unsafe {
            let count = u32::from(*spares);
            // There is room: as many come back as were claimed.
            if count < self.writers() {
                *spares.add(1 + count as usize) = place;
                *spares = (count + 1) as u8;
            }
        }
    }

    /// Names the next place that has no name yet, of an order that began as zero, with a byte behind it that says how many have one. Says
    /// whether there was one.
    #[inline(always)]
    unsafe fn names_one(self) -> bool {
        let all = self.places() + self.writers();
        // SAFETY: as above; that byte is there.
        unsafe {
            let named = self.spares().add(1 + self.writers() as usize);
            let place = u32::from(*named);
            if place >= all {
                return false;
            }
            // The number of those that are spare lies in between.
            let at = if place < self.places() { place } else { place + 1 };
            *self.first().add(at as usize) = place as u8;
            *named = (place + 1) as u8;
        }
        true
    }

    /// All have a name: from now on there are spare ones. Said once.
    #[inline(always)]
    unsafe fn begins(self) {
        // SAFETY: as above.
        unsafe { *self.spares() = self.writers() as u8 };
    }
}

/// The order of a ring whose places are in its type.
pub(crate) struct Fixed<const N: usize, const WRITERS: usize>(pub(super) *mut OrderOf<N, WRITERS>);

impl<const N: usize, const WRITERS: usize> Clone for Fixed<N, WRITERS> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<const N: usize, const WRITERS: usize> Copy for Fixed<N, WRITERS> {}

impl<const N: usize, const WRITERS: usize> Order for Fixed<N, WRITERS> {
    #[inline(always)]
    fn first(self) -> *mut u8 {
        self.0.cast()
    }

    #[inline(always)]
    fn places(self) -> u32 {
        N as u32
    }

    #[inline(always)]
    fn writers(self) -> u32 {
        WRITERS as u32
    }
}

/// A value comes into the ring, whose `last` place this is: `comes` is told at which place, and does something there. Gives that place, which
/// is behind the last one if the ring is closed; else also what was done, and at which position that was.
///
/// # Safety
///
/// The state is touched inside the section of this mutex only.
#[inline(always)]
unsafe fn pass<M: PreemptionSafe, X>(
    mutex: &M,
    state: *mut State,
    last: u32,
    comes: impl FnOnce(usize) -> X,
) -> (u32, MaybeUninit<X>, MaybeUninit<u32>) {
    mutex.lock(move || {
        // SAFETY: inside the section, by this function's contract.
        let state = unsafe { &mut *state };
        let at = state.at();
        // What is found is chosen between outside, so of a closed ring nothing is said.
        let (mut done, mut position) = (MaybeUninit::uninit(), MaybeUninit::uninit());
        if at <= last {
            done.write(comes(at as usize));
            position.write(state.end());
            if state.pass(if at == 0 { last } else { at - 1 }) {
                // So that the call is skipped by one branch, and not instruction by instruction.
                compiler_fence(Ordering::SeqCst);
                wrap(state);
            }
        }
        (at, done, position)
    })
}

#[cold]
#[inline(never)]
const fn wrap(state: &mut State) {
    state.wrap();
}

/// Publishes a small value, which is moved inside; says at which place, which is behind the last one if the ring is closed.
///
/// # Safety
///
/// As [`pass`], and so are the values, which have such a place.
#[inline(never)]
pub(super) unsafe fn put<M: PreemptionSafe, T>(
    mutex: &M,
    state: *mut State,
    values: Values<'_, T>,
    last: u32,
    value: MaybeUninit<T>,
) -> u32 {
    // SAFETY: by this function's contract.
    unsafe { pass(mutex, state, last, move |at| values.put(at, value.as_ptr())) }.0
}

/// The same, and says what lay there, which may be no value yet, and at which position that was.
///
/// # Safety
///
/// As [`put`].
#[inline(never)]
pub(super) unsafe fn exchange<M: PreemptionSafe, T>(
    mutex: &M,
    state: *mut State,
    values: Values<'_, T>,
    last: u32,
    value: MaybeUninit<T>,
) -> Option<(MaybeUninit<T>, u32)> {
    // SAFETY: by this function's contract.
    let (at, there, position) = unsafe {
        pass(mutex, state, last, move |at| {
            let mut there = MaybeUninit::uninit();
            values.get(at, there.as_mut_ptr());
            values.put(at, value.as_ptr());
            there
        })
    };
    // SAFETY: the ring is open, so both were said.
    if at > last { None } else { Some(unsafe { (there.assume_init(), position.assume_init()) }) }
}

/// A claimed place goes into the ring. Says which one comes out, which is the caller's now, and at which position that was; nothing, if the
/// ring is closed.
///
/// # Safety
///
/// As [`pass`], and so is the `order`, which has such a place.
#[inline(never)]
pub(super) unsafe fn publish<M: PreemptionSafe>(
    mutex: &M,
    state: *mut State,
    order: *mut u8,
    last: u32,
    place: u8,
) -> Option<(u8, u32)> {
    // SAFETY: by this function's contract.
    let (at, oldest, position) = unsafe { pass(mutex, state, last, move |at| order.add(at).replace(place)) };
    // SAFETY: the ring is open, so both were said.
    if at > last { None } else { Some(unsafe { (oldest.assume_init(), position.assume_init()) }) }
}

/// Passes over the next value of a cursor: `goes` is told at which place it is, and does something there. Gives the position,
/// and what it says; that is nothing, if there is no value, or some were missed before.
///
/// # Safety
///
/// As [`pass`], and so is the cursor.
#[inline(always)]
unsafe fn follow<M: PreemptionSafe, X>(
    mutex: &M,
    state: *const State,
    places: u32,
    cursor: *mut Cursor,
    goes: impl FnOnce(usize) -> X,
    nothing: X,
) -> (u32, X) {
    mutex.lock(move || {
        // SAFETY: inside the section, by this function's contract.
        let (state, cursor) = unsafe { (&*state, &mut *cursor) };
        let position = cursor.next;
        let Some(left) = state.take(cursor) else { return (position, nothing) };
        let index = state.index(left);
        let index = if index < 0 { index.wrapping_add(places as i32) } else { index };
        (position, goes(index as usize))
    })
}

/// Copies the next value of a cursor, a small one; says whether there was one.
///
/// # Safety
///
/// As [`follow`] and [`put`], and there is room for a value.
#[inline(never)]
pub(super) unsafe fn get<M: PreemptionSafe, T>(
    mutex: &M,
    state: *const State,
    values: Values<'_, T>,
    places: u32,
    cursor: *mut Cursor,
    there: *mut T,
) -> bool {
    // SAFETY: by this function's contract: a value lies there.
    let got = |at| unsafe {
        values.get(at, there);
        true
    };
    // SAFETY: by this function's contract.
    unsafe { follow(mutex, state, places, cursor, got, false) }.1
}

/// Says at which position the next value of a cursor is, and at which place; or [`NO_PLACE`].
///
/// # Safety
///
/// As [`follow`] and [`publish`].
#[inline(never)]
pub(super) unsafe fn take<M: PreemptionSafe>(
    mutex: &M,
    state: *const State,
    order: *const u8,
    places: u32,
    cursor: *mut Cursor,
) -> (u32, u32) {
    // SAFETY: by this function's contract.
    unsafe { follow(mutex, state, places, cursor, |at| u32::from(*order.add(at)), NO_PLACE) }
}
