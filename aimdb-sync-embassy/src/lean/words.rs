//! Copies values that are overwritten while others may be reading them.
//!
//! Each word is copied as one atomic, which on a small machine is a plain load or store: whoever reads while somebody writes
//! gets words of two values, and no undefined behaviour. Words are the largest ones, of four bytes at most, that values consist
//! of. Who may keep what was read, a record's state says.
#![allow(unsafe_code)]

use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, Ordering, Ordering::Relaxed, compiler_fence};

macro_rules! by {
    ($atomic:ty, $word:ty, $copy_in:ident, $copy_out:ident) => {
        #[inline(always)]
        unsafe fn $copy_in<T>(place: *mut T, value: *const T) {
            let words = size_of::<T>() / size_of::<$word>();
            // SAFETY: by the callers' contract; a word of the place lies at a multiple of its size.
            each(place.cast::<$word>(), value.cast_mut().cast(), words, |place, value: *mut $word| unsafe {
                <$atomic>::from_ptr(place).store(value.read_unaligned(), Relaxed);
            });
        }

        #[inline(always)]
        unsafe fn $copy_out<T>(place: *mut T, there: *mut T) {
            let words = size_of::<T>() / size_of::<$word>();
            // SAFETY: as above.
            each(place.cast::<$word>(), there.cast(), words, |place, there: *mut $word| unsafe {
                there.write_unaligned(<$atomic>::from_ptr(place).load(Relaxed));
            });
        }
    };
}

/// Copies so many words, eight in a turn: a turn costs as much as two of them, and has its one look at the end.
#[inline(always)]
fn each<W>(mut one: *mut W, mut other: *mut W, words: usize, copy: impl Fn(*mut W, *mut W)) {
    let mut turns = words / 8;
    if turns > 0 {
        loop {
            copy(one, other);
            copy(one.wrapping_add(1), other.wrapping_add(1));
            copy(one.wrapping_add(2), other.wrapping_add(2));
            copy(one.wrapping_add(3), other.wrapping_add(3));
            copy(one.wrapping_add(4), other.wrapping_add(4));
            copy(one.wrapping_add(5), other.wrapping_add(5));
            copy(one.wrapping_add(6), other.wrapping_add(6));
            copy(one.wrapping_add(7), other.wrapping_add(7));
            (one, other) = (one.wrapping_add(8), other.wrapping_add(8));
            turns -= 1;
            if turns == 0 {
                break;
            }
        }
    }
    for _ in 0..words % 8 {
        copy(one, other);
        (one, other) = (one.wrapping_add(1), other.wrapping_add(1));
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

/// As [`write`], for as many bytes.
///
/// # Safety
///
/// As [`write`]: the place begins where a word of four may. The bytes are C's, for which there is none that was never written.
#[inline(never)]
pub(crate) unsafe fn write_bytes(place: *mut u8, value: *const u8, size: usize) {
    // SAFETY: by this function's contract.
    each(place.cast::<u32>(), value.cast_mut().cast(), size / 4, |place, value: *mut u32| unsafe {
        AtomicU32::from_ptr(place).store(value.read_unaligned(), Relaxed);
    });
    for at in size / 4 * 4..size {
        // SAFETY: as above.
        unsafe { AtomicU8::from_ptr(place.add(at)).store(value.add(at).read(), Relaxed) };
    }
}

/// As [`read`], for as many bytes.
///
/// # Safety
///
/// As [`write_bytes`], and there was a value.
#[inline(never)]
pub(crate) unsafe fn read_bytes(place: *mut u8, there: *mut u8, size: usize) {
    // SAFETY: by this function's contract.
    each(place.cast::<u32>(), there.cast(), size / 4, |place, there: *mut u32| unsafe {
        there.write_unaligned(AtomicU32::from_ptr(place).load(Relaxed));
    });
    for at in size / 4 * 4..size {
        // SAFETY: as above.
        unsafe { there.add(at).write(AtomicU8::from_ptr(place.add(at)).load(Relaxed)) };
    }
}

/// Copies bytes that nobody else touches, from wherever they lie: by words, which whoever copies byte by byte takes thrice as long for.
///
/// # Safety
///
/// There are so many bytes, and room for them elsewhere.
#[inline(never)]
pub(crate) unsafe fn copy_bytes(from: *const u8, to: *mut u8, size: usize) {
    // SAFETY: by this function's contract.
    each(to.cast::<u32>(), from.cast_mut().cast(), size / 4, |to, from: *mut u32| unsafe {
        to.write_unaligned(from.read_unaligned());
    });
    for at in size / 4 * 4..size {
        // SAFETY: as above.
        unsafe { to.add(at).write(from.add(at).read()) };
    }
}

/// Moves a value that nobody else touches.
///
/// # Safety
///
/// The value is there and not used again, and there is room for it elsewhere.
#[inline(always)]
pub(crate) unsafe fn move_value<T>(from: *const T, to: *mut T) {
    let is_of_words = align_of::<T>() >= align_of::<Handful>() && size_of::<T>() >= WORTH_HANDFULS;
    // SAFETY: by this function's contract, and of a value of words there is at least a handful.
    unsafe {
        if cfg!(target_arch = "arm") && is_of_words {
            move_by_handfuls(from, to);
        } else {
            to.copy_from_nonoverlapping(from, 1);
        }
    }
}

/// The same of a large value of words, by as many at once as a small machine has registers for: a compiler's own moves there are of one
/// word each.
///
/// # Safety
///
/// As [`move_value`], and it is a handful at least, and lies where a word may.
#[inline(always)]
unsafe fn move_by_handfuls<T>(from: *const T, to: *mut T) {
    let handfuls = size_of::<T>() / size_of::<Handful>();
    let rest = size_of::<T>() % size_of::<Handful>() / size_of::<AnyWord>();
    // SAFETY: by this function's contract.
    unsafe {
        move_handfuls(from.cast(), to.cast(), handfuls);
        let (from, to) = (from.cast::<Handful>().add(handfuls), to.cast::<Handful>().add(handfuls));
        to.cast::<AnyWord>().copy_from_nonoverlapping(from.cast(), rest);
    }
}

/// A word of any value: some of its bytes may never have been written, or be a part of a pointer.
type AnyWord = MaybeUninit<u32>;

/// Values of so many bytes go by handfuls: those of fewer are not worth the function for it.
const WORTH_HANDFULS: usize = 128;

/// Words that are moved by one load and one store.
type Handful = [AnyWord; 6];

/// # Safety
///
/// There are so many, at least one, and there is room for them elsewhere.
#[inline(never)]
unsafe fn move_handfuls(mut from: *const Handful, mut to: *mut Handful, mut turns: usize) {
    loop {
        // SAFETY: by this function's contract.
        unsafe {
            to.copy_from_nonoverlapping(from, 1);
            (from, to) = (from.add(1), to.add(1));
        }
        turns -= 1;
        if turns == 0 {
            return;
        }
        // Else a compiler would make one move of all turns, its own.
        compiler_fence(Ordering::SeqCst);
    }
}

/// The same number, in a register of its own from now on: of which the compiler knows nothing, so it does not copy it where it is needed,
/// which is inside of a section.
#[inline(always)]
pub(crate) fn in_a_register(number: usize) -> usize {
    #[cfg(target_arch = "arm")]
    let number = {
        let mut number = number;
        // SAFETY: it does nothing.
        unsafe { core::arch::asm!("/* {0} */", inout(reg) number, options(nomem, nostack, preserves_flags)) };
        number
    };
    number
}

/// The same of the place where something is: what is worked out of that comes after what was put into a register before.
#[inline(always)]
pub(crate) fn in_hand<T>(it: &T) -> &T {
    #[cfg(target_arch = "arm")]
    let it = {
        let mut at = core::ptr::from_ref(it);
        // SAFETY: that does nothing, so it leads where it did.
        unsafe {
            core::arch::asm!("/* {0} */", inout(reg) at, options(nomem, nostack, preserves_flags));
            &*at
        }
    };
    it
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moves<const WORDS: usize>() {
        let mut room = [0_u32; 72];
        let value: [u32; WORDS] = core::array::from_fn(|at| at as u32 + 1);
        // SAFETY: there is room.
        unsafe { move_by_handfuls(&raw const value, room.as_mut_ptr().wrapping_add(1).cast()) };
        let moved: [u32; 72] = core::array::from_fn(|at| if at <= WORDS { at as u32 } else { 0 });
        assert_eq!(room, moved, "{WORDS} words");
    }

    #[test]
    fn all_words_of_a_value_are_moved_and_no_others() {
        moves::<6>();
        moves::<7>();
        moves::<11>();
        moves::<12>();
        moves::<13>();
        moves::<64>();
        moves::<66>();
    }
}
