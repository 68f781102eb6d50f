//! Copies values that are overwritten while others may be reading them.
//!
//! Each word is copied as one atomic, which on a small machine is a plain load or store: whoever reads while somebody writes
//! gets words of two values, and no undefined behaviour. Words are the largest ones, of four bytes at most, that values consist
//! of. Who may keep what was read, a record's state says.
#![allow(unsafe_code)]

use core::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, Ordering::Relaxed};

macro_rules! by {
    ($atomic:ty, $word:ty, $copy_in:ident, $copy_out:ident) => {
        #[inline(always)]
        unsafe fn $copy_in<T>(place: *mut T, value: *const T) {
            let (place, value) = (place.cast::<$word>(), value.cast::<$word>());
            // SAFETY: by the callers' contract; a word of the place lies at a multiple of its size.
            each(size_of::<T>() / size_of::<$word>(), |at| unsafe {
                <$atomic>::from_ptr(place.add(at)).store(value.add(at).read_unaligned(), Relaxed);
            });
        }

        #[inline(always)]
        unsafe fn $copy_out<T>(place: *mut T, there: *mut T) {
            let (place, there) = (place.cast::<$word>(), there.cast::<$word>());
            // SAFETY: as above.
            each(size_of::<T>() / size_of::<$word>(), |at| unsafe {
                there.add(at).write_unaligned(<$atomic>::from_ptr(place.add(at)).load(Relaxed));
            });
        }
    };
}

/// Copies so many words, four in a turn: a turn costs as much as two of them.
#[inline(always)]
fn each(words: usize, copy: impl Fn(usize)) {
    let mut at = 0;
    while at + 4 <= words {
        copy(at);
        copy(at + 1);
        copy(at + 2);
        copy(at + 3);
        at += 4;
    }
    while at < words {
        copy(at);
        at += 1;
    }
}

by!(AtomicU32, u32, in_fours, out_fours);
by!(AtomicU16, u16, in_twos, out_twos);
by!(AtomicU8, u8, in_ones, out_ones);

/// # Safety
///
/// There is room for a value at the place, which lies at a multiple of the largest word that values consist of. Others touch it
/// by these functions only, and one writes at a time. The value has no byte that was never written.
#[inline(always)]
pub(crate) unsafe fn write<T>(place: *mut T, value: *const T) {
    // SAFETY: by this function's contract.
    unsafe {
        match size_of::<T>() % 4 {
            0 => in_fours(place, value),
            2 => in_twos(place, value),
            _ => in_ones(place, value),
        }
    }
}

/// # Safety
///
/// As [`write`], and there was a value.
#[inline(always)]
pub(crate) unsafe fn read<T>(place: *mut T, there: *mut T) {
    // SAFETY: by this function's contract.
    unsafe {
        match size_of::<T>() % 4 {
            0 => out_fours(place, there),
            2 => out_twos(place, there),
            _ => out_ones(place, there),
        }
    }
}
