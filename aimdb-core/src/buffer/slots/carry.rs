//! How a value of several words gets into a slot, and out again.
//!
//! Whoever made it has stored it a word at a time, just now, and compilers copy by wider moves. A load that wants what
//! several stores before it wrote waits until all of them are in the cache, which takes longer than all else that a send
//! is; one that wants a part of what a single store wrote waits for nothing. So a value is loaded by words and stored by
//! pairs of them, and whoever loads it from there, by words or by pairs, finds each in one store.
//!
//! A value that fits into half of the vector registers lies in these on its way, so that it is stored once only.
#![allow(unsafe_code)]

/// The bytes of a word, and of a pair.
const WORD: usize = 8;
const PAIR: usize = 2 * WORD;

/// Values of up to so many bytes are carried so, and those of up to so many in registers.
const MOST: usize = 128;
const IN_REGISTERS: usize = 8 * WORD;

/// Whether such values are carried so: they are words, of which there are more than two, and there are moves for it,
/// which models and interpreters do not know.
pub(in crate::buffer) const fn pays<T>() -> bool {
    moves::ARE_KNOWN && size_of::<T>() > PAIR && size_of::<T>() <= MOST && size_of::<T>().is_multiple_of(WORD)
}

const fn is_in_registers<T>() -> bool {
    pays::<T>() && size_of::<T>() <= IN_REGISTERS
}

/// The value, in registers if that is how it is carried.
#[inline(always)]
pub(in crate::buffer) fn in_registers<T>(value: T) -> T {
    if const { is_in_registers::<T>() } { moves::apart(value) } else { value }
}

/// Copies a value, which may have been stored by words, to where it can be loaded by words or by pairs.
///
/// # Safety
///
/// [`pays`] says so for `T`. Both are valid for one, and nobody else stores to `from`; who loads from `to` meanwhile throws
/// away what it has.
#[inline(always)]
pub(in crate::buffer) unsafe fn in_pairs<T>(from: *const T, to: *mut T) {
    // SAFETY: by this function's contract.
    unsafe {
        match const { is_in_registers::<T>() } {
            true => moves::join(from, to),
            false => moves::carry::<T, false>(from.cast(), to.cast()),
        }
    }
}

/// The same of what was stored by pairs.
///
/// # Safety
///
/// [`pays`] says so for `T`. Both are valid for one, and nobody else is at `to`; what comes of a `from` to which somebody
/// stores meanwhile is to be thrown away.
#[cfg(not(loom))]
#[inline(always)]
pub(in crate::buffer) unsafe fn by_pairs<T>(from: *const T, to: *mut T) {
    // SAFETY: by this function's contract.
    unsafe { moves::carry::<T, true>(from.cast(), to.cast()) }
}

#[cfg(all(
    target_arch = "x86_64",
    target_pointer_width = "64",
    target_feature = "sse2",
    not(any(loom, shuttle, miri))
))]
mod moves {
    use core::arch::asm;
    use core::mem::{ManuallyDrop, MaybeUninit};

    use super::{PAIR, WORD};

    pub(super) const ARE_KNOWN: bool = true;

    /// Any eight bytes of a value, for a vector register.
    type Word = MaybeUninit<f64>;

    /// Takes a value apart into words that no compiler can tell where they come from: else it would load several at once.
    #[inline(always)]
    pub(super) fn apart<T>(value: T) -> T {
        let (value, mut words) = (ManuallyDrop::new(value), MaybeUninit::<T>::uninit());
        let (from, to) = ((&raw const value).cast::<Word>(), words.as_mut_ptr().cast::<Word>());
        for at in 0..size_of::<T>() / WORD {
            // SAFETY: the word is within the value, whose alignment it need not have.
            unsafe {
                let mut word = from.add(at).read_unaligned();
                asm!("/* {} */", inout(xmm_reg) word, options(pure, nomem, nostack, preserves_flags));
                to.add(at).write_unaligned(word);
            }
        }
        // SAFETY: all of its words are those of the value, which is not used again.
        unsafe { words.assume_init() }
    }

    /// Stores by pairs what lies in registers.
    ///
    /// # Safety
    ///
    /// That of [`carry`].
    #[inline(always)]
    pub(super) unsafe fn join<T>(from: *const T, to: *mut T) {
        // SAFETY: the caller asks for words within the value only.
        let word = |at: usize| unsafe { from.cast::<Word>().add(at).read_unaligned() };
        macro_rules! pairs {
            ($($at:literal)*) => {
                $(if const { ($at + 1) * PAIR <= size_of::<T>() } {
                    // SAFETY: the pair is within the value. That it is no atomic a compiler cannot know, and a processor
                    // makes no difference: each word is in one store.
                    unsafe {
                        asm!("unpcklpd {low}, {high}", "movups [{to} + {at}], {low}",
                            low = inout(xmm_reg) word(2 * $at) => _, high = in(xmm_reg) word(2 * $at + 1),
                            to = in(reg) to, at = const $at * PAIR, options(nostack, preserves_flags));
                    }
                })*
            };
        }
        pairs!(0 1 2 3);
        if !size_of::<T>().is_multiple_of(PAIR) {
            let last = size_of::<T>() / WORD - 1;
            // SAFETY: as above.
            unsafe {
                asm!("movq [{to}], {word}", word = in(xmm_reg) word(last), to = in(reg) to.cast::<Word>().add(last),
                    options(nostack, preserves_flags));
            }
        }
    }

    /// Copies a value from memory, by pairs or by words, and stores it by pairs.
    ///
    /// # Safety
    ///
    /// Both are valid for a `T`, which is a number of words.
    #[inline(always)]
    pub(super) unsafe fn carry<T, const BY_PAIRS: bool>(from: *const u8, to: *mut u8) {
        for at in (0..size_of::<T>() / PAIR).map(|pair| pair * PAIR) {
            // SAFETY: the pair is within the value. As for atomics, see `join`: each word comes from one store, too.
            unsafe {
                let (from, to) = (from.add(at), to.add(at));
                if BY_PAIRS {
                    asm!("movups {pair}, [{from}]", "movups [{to}], {pair}", pair = out(xmm_reg) _, from = in(reg) from,
                        to = in(reg) to, options(nostack, preserves_flags));
                } else {
                    asm!("movq {pair}, [{from}]", "movhps {pair}, [{from} + 8]", "movups [{to}], {pair}",
                        pair = out(xmm_reg) _, from = in(reg) from, to = in(reg) to, options(nostack, preserves_flags));
                }
            }
        }
        if !size_of::<T>().is_multiple_of(PAIR) {
            let at = size_of::<T>() - WORD;
            // SAFETY: as above.
            unsafe {
                asm!("movq {word}, [{from}]", "movq [{to}], {word}", word = out(xmm_reg) _, from = in(reg) from.add(at),
                    to = in(reg) to.add(at), options(nostack, preserves_flags));
            }
        }
    }
}

#[cfg(not(all(
    target_arch = "x86_64",
    target_pointer_width = "64",
    target_feature = "sse2",
    not(any(loom, shuttle, miri))
)))]
mod moves {
    pub(super) const ARE_KNOWN: bool = false;

    pub(super) fn apart<T>(_value: T) -> T {
        unreachable!("it pays for no type")
    }

    pub(super) unsafe fn join<T>(_from: *const T, _to: *mut T) {
        unreachable!("it pays for no type")
    }

    pub(super) unsafe fn carry<T, const BY_PAIRS: bool>(_from: *const u8, _to: *mut u8) {
        unreachable!("it pays for no type")
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;
    use crate::buffer::{BufferCfg, HeapBuffer};
    use crate::pure::Policy;
    use core::fmt::Debug;

    /// Through each lane that carries values so.
    fn arrives_whole<T: bytemuck::NoUninit + Send + Sync + PartialEq + Debug>(of: impl Fn(u8) -> T) {
        let queue = BufferCfg::Bounded { capacity: 4, policy: Policy::PauseUpstream };
        for cfg in [queue, BufferCfg::SpmcRing { capacity: 4 }, BufferCfg::SingleLatest] {
            let buffer = HeapBuffer::<T>::builder(&cfg).eager().build_plain().expect("a sound description");
            let (sender, mut reader) = (buffer.sender(), buffer.reader().expect("a cursor"));
            for number in 0..20 {
                assert_eq!(sender.try_push(of(number)), Ok(()));
                assert_eq!(reader.try_recv(), Ok(of(number)), "{cfg:?}");
            }
        }
    }

    #[test]
    fn k1_a_value_of_any_number_of_words_arrives_whole() {
        fn words<const WORDS: usize>() {
            arrives_whole(|number| {
                core::array::from_fn::<u64, WORDS, _>(|word| (u64::from(number) << 32) + word as u64)
            });
        }
        words::<2>();
        words::<3>();
        words::<4>();
        words::<5>();
        words::<8>();
        words::<15>();
        words::<16>();
        words::<17>();
        arrives_whole(|number| core::array::from_fn::<u8, 24, _>(|byte| number.wrapping_mul(7) ^ byte as u8));
        arrives_whole(|number| core::array::from_fn::<u8, 64, _>(|byte| number.wrapping_mul(7) ^ byte as u8));
        arrives_whole(|number| core::array::from_fn::<u8, 63, _>(|byte| number.wrapping_mul(7) ^ byte as u8));
    }

    #[test]
    fn k1_what_is_no_number_of_words_is_not_carried_so() {
        assert!(!pays::<u64>() && !pays::<[u64; 2]>() && !pays::<[u8; 63]>() && !pays::<[u64; 17]>());
        let there_are_moves = cfg!(all(target_arch = "x86_64", target_pointer_width = "64", not(miri)));
        assert_eq!((pays::<[u64; 3]>(), pays::<[u8; 128]>()), (there_are_moves, there_are_moves));
    }
}
