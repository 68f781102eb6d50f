//! Copies of plain data that are made while somebody may be writing, and thrown away if so.
//!
//! Each place has a stamp: odd while the value with that number is being written, even when it is
//! there. A reader copies between two looks at the stamp and keeps the copy only if both say that
//! the value it wants is there (a sequence lock per place; the fences are those of Boehm, "Can
//! seqlocks get along with programming language memory models?", 2012). The copy goes word by word
//! with atomics, or by single instructions of the processor where that has better ones ([`carry`](crate::buffer::slots::carry)),
//! so that a torn one is worthless and nothing worse.
#![allow(unsafe_code)]
#![allow(unreachable_pub, reason = "a model looks at the stamps alone")]

use alloc::vec::Vec;

#[cfg(not(any(loom, shuttle)))]
use core::sync::atomic::{AtomicU64, Ordering, fence};
#[cfg(loom)]
use loom::sync::atomic::{AtomicU64, Ordering, fence};
#[cfg(all(shuttle, not(loom)))]
use shuttle::sync::atomic::{AtomicU64, Ordering, fence};

use crate::pure::TableFull;

/// The stamp of one place. See the module's documentation.
#[derive(Debug)]
pub struct Stamp(AtomicU64);

/// The stamps of all places.
#[derive(Debug)]
pub struct Stamps(Vec<Stamp>);

const fn being_written(number: u64) -> u64 {
    number.wrapping_mul(2).wrapping_add(1)
}

const fn there(number: u64) -> u64 {
    number.wrapping_mul(2).wrapping_add(2)
}

/// How far a stamp is past the writing of the value with this number.
#[inline(always)]
const fn past(stamp: u64, number: u64) -> i64 {
    stamp.wrapping_sub(being_written(number)) as i64
}

/// What is there of a value and those after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since<V> {
    /// The value with this number.
    Value(u64, V),
    /// None of them: nothing has come, as far as its writing has ended.
    Nothing,
    /// One that is being written, or was while it was read.
    Busy,
}

impl Stamp {
    /// A stamp that says of no value that it is there.
    #[cfg(not(any(loom, shuttle)))]
    pub const fn new() -> Self {
        Self(AtomicU64::new(being_written(0)))
    }

    /// A stamp that says of no value that it is there.
    #[cfg(any(loom, shuttle))]
    pub fn new() -> Self {
        Self(AtomicU64::new(being_written(0)))
    }

    /// Says that the value with this number is there, or that none is. Called while nobody reads.
    pub fn set(&self, number: Option<u64>) {
        self.0.store(number.map_or(being_written(0), there), Ordering::Relaxed);
    }

    /// Writes a value: `copy` stores its words with relaxed atomics. One writer at a time.
    #[inline(always)]
    pub fn write(&self, number: u64, copy: impl FnOnce()) {
        self.0.store(being_written(number), Ordering::Relaxed);
        // Whoever reads a word of the new value also sees that it was being written.
        fence(Ordering::Release);
        copy();
        // Release: whoever sees this stamp sees the words.
        self.0.store(there(number), Ordering::Release);
    }

    /// The number of the value that is there; none while one is being written, or before the first.
    #[inline(always)]
    pub fn number(&self) -> Option<u64> {
        // Relaxed: whoever reads the value looks again.
        let stamp = self.0.load(Ordering::Relaxed);
        stamp.is_multiple_of(2).then(|| (stamp / 2).wrapping_sub(1))
    }

    /// Reads the value with this number: `copy` loads its words with relaxed atomics. `None` when it was not there,
    /// or not the whole time.
    #[inline(always)]
    pub fn read<V>(&self, number: u64, copy: impl FnOnce() -> V) -> Option<V> {
        self.read_if(|stamp| stamp == there(number), copy)
    }

    /// The same for whatever value is there.
    #[inline(always)]
    pub fn read_any<V>(&self, copy: impl FnOnce() -> V) -> Option<V> {
        self.read_if(|stamp| stamp.is_multiple_of(2), copy)
    }

    /// Whether the value with this number has come, or one after it is being written; a hint.
    #[inline(always)]
    pub fn has_come(&self, number: u64) -> bool {
        past(self.0.load(Ordering::Relaxed), number) > 0
    }

    /// Reads what is there, if it is the value with this number or a later one, and says which: `copy` loads its
    /// words with relaxed atomics.
    #[inline(always)]
    pub fn read_since<V>(&self, number: u64, copy: impl FnOnce() -> V) -> Since<V> {
        // Twice how much later it is, and one more if it is there. A stamp has half of the numbers, and wraps earlier.
        let mut later = 0;
        let value = self.read_if(
            |stamp| {
                later = past(stamp, number);
                later > 0 && stamp.is_multiple_of(2)
            },
            copy,
        );
        match value {
            Some(value) => Since::Value(number.wrapping_add(later.unsigned_abs() / 2), value),
            None if later <= 0 => Since::Nothing,
            None => Since::Busy,
        }
    }

    #[inline(always)]
    fn read_if<V>(&self, is_there: impl FnOnce(u64) -> bool, copy: impl FnOnce() -> V) -> Option<V> {
        let stamp = self.0.load(Ordering::Acquire);
        if !is_there(stamp) {
            return None;
        }
        let value = copy();
        // The words were read before the stamp is.
        fence(Ordering::Acquire);
        (self.0.load(Ordering::Relaxed) == stamp).then_some(value)
    }
}

impl Stamps {
    /// Stamps that say of no value that it is there.
    pub fn new(places: usize) -> Result<Self, TableFull> {
        let mut stamps = Vec::new();
        stamps.try_reserve_exact(places).map_err(|_| TableFull)?;
        stamps.resize_with(places, Stamp::new);
        Ok(Self(stamps))
    }

    /// Says that the value with this number is there. Called while nobody reads.
    pub fn set(&self, place: usize, number: u64) {
        self.0[place].set(Some(number));
    }

    /// The stamp of a place.
    #[inline(always)]
    pub fn of(&self, place: usize) -> &Stamp {
        debug_assert!(place < self.0.len(), "there is a stamp for each place");
        // SAFETY: the ends of the lane keep to its places, of each of which there is one.
        unsafe { self.0.get_unchecked(place) }
    }
}

/// The words that values are copied in are atomics of the model.
#[cfg(loom)]
pub(super) use super::model as words;

/// The words that values are copied in: as wide as their alignment allows.
#[cfg(not(loom))]
pub(super) mod words {
    use core::mem::MaybeUninit;
    use core::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicUsize, Ordering};

    use crate::buffer::slots::carry;

    macro_rules! by_alignment {
        ($type:ty, $copy:ident!($($argument:expr),*)) => {
            match align_of::<$type>() {
                1 => $copy!(AtomicU8, $($argument),*),
                2 => $copy!(AtomicU16, $($argument),*),
                align if align < align_of::<AtomicUsize>() => $copy!(AtomicU32, $($argument),*),
                _ => $copy!(AtomicUsize, $($argument),*),
            }
        };
    }

    macro_rules! store_as {
        ($word:ty, $to:expr, $from:expr) => {
            for at in 0..size_of_val($from) / size_of::<$word>() {
                // SAFETY: see `store`; words of this width divide the value, and are aligned as it is.
                unsafe {
                    let word = core::ptr::from_ref($from).cast::<$word>().add(at).read();
                    (*$to.cast::<$word>().add(at)).store(word.into_inner(), Ordering::Relaxed);
                }
            }
        };
    }

    macro_rules! load_as {
        ($word:ty, $to:expr, $from:expr) => {
            for at in 0..size_of_val($to) / size_of::<$word>() {
                // SAFETY: see `load`; words of this width divide the value, and are aligned as it is.
                unsafe {
                    let word = (*$from.cast::<$word>().add(at)).load(Ordering::Relaxed);
                    $to.as_mut_ptr().cast::<$word>().add(at).write(<$word>::new(word));
                }
            }
        };
    }

    /// Copies a value to where others may be copying it from.
    ///
    /// # Safety
    ///
    /// `to` is valid for a `T` and accessed by these functions only meanwhile; `T` has no
    /// padding and no other uninitialised bytes.
    #[inline(always)]
    pub(in crate::buffer) unsafe fn store<T>(to: *mut T, from: &T) {
        if const { carry::pays::<T>() } {
            // SAFETY: by this function's contract.
            return unsafe { carry::in_pairs(from, to) };
        }
        by_alignment!(T, store_as!(to, from));
    }

    /// Copies a value from where another may be storing it; what comes may be torn.
    ///
    /// # Safety
    ///
    /// `from` is valid for a `T`, all of which was once stored, and accessed by these functions
    /// only meanwhile.
    #[inline(always)]
    pub(in crate::buffer) unsafe fn load<T>(from: *const T) -> MaybeUninit<T> {
        let mut to = MaybeUninit::<T>::uninit();
        // SAFETY: by this function's contract.
        unsafe { load_to(from, &mut to) };
        to
    }

    /// The same, to where the caller has room for it.
    ///
    /// # Safety
    ///
    /// As for [`load`].
    #[inline(always)]
    pub(in crate::buffer) unsafe fn load_to<T>(from: *const T, to: &mut MaybeUninit<T>) {
        if const { carry::pays::<T>() } {
            // SAFETY: by this function's contract.
            return unsafe { carry::by_pairs(from, to.as_mut_ptr()) };
        }
        by_alignment!(T, load_as!(to, from));
    }

    /// Brings a value to another place by its bytes.
    ///
    /// # Safety
    ///
    /// There are as many at both places, and nobody else is there.
    #[inline(always)]
    pub(in crate::buffer) unsafe fn bring(from: *const u8, to: *mut u8, bytes: usize) {
        // SAFETY: by this function's contract.
        unsafe { core::ptr::copy_nonoverlapping(from, to, bytes) };
    }
}
