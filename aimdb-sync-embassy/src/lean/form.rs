//! What a value of C is to a record: bytes, as many as a constant says that the library learns when it runs.
#![allow(unsafe_code)]

use core::ptr;

use super::words;

/// How the values of a record of C are moved. The record's calls are made once for each form, and C's compiler chooses by the
/// size of the type: so a program of words has no code for others.
pub trait Form {
    /// What a value begins with.
    type Start;

    /// Values are one word, moved inside the section. Others are moved outside, whatever their size.
    const IS_WORD: bool;

    /// Whether values of so many bytes have this form.
    #[inline(always)]
    fn has(size: u32) -> bool {
        (size as usize == WORD) == Self::IS_WORD && size > 0
    }

    /// Copies a value.
    ///
    /// # Safety
    ///
    /// There is a value of this form and size, and room for one elsewhere.
    unsafe fn copy(from: *const Self::Start, to: *mut Self::Start, size: u32);

    /// Copies a value to a place from which others may be copying, if it is not a word.
    ///
    /// # Safety
    ///
    /// As [`Form::copy`]. The place begins where a word may, and others touch it by this and by [`Form::read`] only, of which one writes
    /// at a time.
    unsafe fn write(place: *mut Self::Start, value: *const Self::Start, size: u32);

    /// Copies what is at a place, to which others may be copying, if it is not a word.
    ///
    /// # Safety
    ///
    /// As [`Form::write`], and there was a value.
    unsafe fn read(place: *mut Self::Start, there: *mut Self::Start, size: u32);
}

/// The bytes of a value that is moved inside.
pub const WORD: usize = 4;

/// A word, which may lie anywhere.
#[derive(Debug)]
pub enum Word {}

impl Form for Word {
    type Start = [u8; WORD];

    const IS_WORD: bool = true;

    #[inline(always)]
    unsafe fn copy(from: *const [u8; WORD], to: *mut [u8; WORD], _size: u32) {
        // SAFETY: by this function's contract.
        unsafe { ptr::copy_nonoverlapping(from, to, 1) };
    }

    #[inline(always)]
    unsafe fn write(place: *mut [u8; WORD], value: *const [u8; WORD], size: u32) {
        // SAFETY: a word is moved inside the section, where nobody else is.
        unsafe { Self::copy(value, place, size) };
    }

    #[inline(always)]
    unsafe fn read(place: *mut [u8; WORD], there: *mut [u8; WORD], size: u32) {
        // SAFETY: as above.
        unsafe { Self::copy(place, there, size) };
    }
}

/// Bytes, as many as the record says.
#[derive(Debug)]
pub enum Bytes {}

impl Form for Bytes {
    type Start = u8;

    const IS_WORD: bool = false;

    #[inline(always)]
    unsafe fn copy(from: *const u8, to: *mut u8, size: u32) {
        // SAFETY: by this function's contract.
        unsafe { words::copy_bytes(from, to, size as usize) };
    }

    #[inline(always)]
    unsafe fn write(place: *mut u8, value: *const u8, size: u32) {
        // SAFETY: by this function's contract.
        unsafe { words::write_bytes(place, value, size as usize) };
    }

    #[inline(always)]
    unsafe fn read(place: *mut u8, there: *mut u8, size: u32) {
        // SAFETY: by this function's contract.
        unsafe { words::read_bytes(place, there, size as usize) };
    }
}
