//! Structures that begin with their size: what a caller of another version of the header gives, and what it wants.
//!
//! | the caller's header | what it gives | what it is given |
//! |---|---|---|
//! | is older: the size is smaller | members that it has not are left out, which is 0 | only the members that it has |
//! | is newer: the size is larger | if all that is beyond is 0, it was left out there, too; or else it is refused | 0 for members that are beyond |
//!
//! This is what Linux does for `clone3` and its kin. The size itself is the caller's, and is never written.

use core::fmt;
use core::mem::MaybeUninit;
use core::ptr;

use crate::failure::Failure;
use crate::status::Status;

/// A structure that begins with its size and grows at its end.
///
/// # Safety
///
/// It is `repr(C)`, its first member is its size as a `usize`, and it is a value if every byte of it is 0.
pub(crate) unsafe trait Versioned: Copy {
    /// How large it was in the first version.
    const FIRST: usize;
}

/// No version of a structure will be larger. A size that nobody has set is most often refused by it, before
/// anything is read.
const MOST: usize = 1024;

/// Why a structure is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// No version has this size.
    Size(usize),
    /// A member of a later version is set.
    Unknown,
}

impl From<Refused> for Status {
    fn from(_: Refused) -> Self {
        Self::BAD_STRUCT
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        Self::new(refused.into(), refused)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Size(size) => write!(f, "no version of the structure has the struct_size {size}"),
            Self::Unknown => {
                let version = env!("CARGO_PKG_VERSION");
                write!(f, "the structure sets what was added to it after version {version}, which is this library's")
            }
        }
    }
}

/// The size that the caller has set, if a version may have it.
///
/// # Safety
///
/// `at` leads to a `usize`, aligned or not.
pub(crate) unsafe fn size<T: Versioned>(at: *const u8) -> Result<usize, Refused> {
    // SAFETY: the caller says so.
    let size = unsafe { at.cast::<usize>().read_unaligned() };
    let may_be = (T::FIRST..=MOST).contains(&size) && size.is_multiple_of(align_of::<T>());
    if may_be { Ok(size) } else { Err(Refused::Size(size)) }
}

/// Reads a structure of whatever version.
///
/// # Safety
///
/// `from` leads to as many bytes as its first word says, and to that word at least.
pub(crate) unsafe fn read<T: Versioned>(from: *const T) -> Result<T, Refused> {
    let mut read = MaybeUninit::<T>::zeroed();
    // SAFETY: the caller says so; there is room for a `T`.
    unsafe {
        let given = size::<T>(from.cast())?;
        read_part(from.cast(), given, read.as_mut_ptr().cast(), size_of::<T>())?;
    }
    // SAFETY: what was not given is 0, which is a value, see `Versioned`.
    Ok(unsafe { read.assume_init() })
}

/// Reads `known` bytes of the `given`, of which what lies beyond must be 0. What was not given is not written.
///
/// # Safety
///
/// `from` leads to `given` bytes, and `to` to `known` that may be written.
pub(crate) unsafe fn read_part(from: *const u8, given: usize, to: *mut u8, known: usize) -> Result<(), Refused> {
    for beyond in known..given {
        // SAFETY: by the caller; a version adds no padding, so that it has set each of these.
        if unsafe { from.add(beyond).read() } != 0 {
            return Err(Refused::Unknown);
        }
    }
    // SAFETY: by the caller.
    unsafe { ptr::copy_nonoverlapping(from, to, given.min(known)) };
    Ok(())
}

/// Writes as much of a structure as the caller's version has of it, and 0 where that has more.
///
/// # Safety
///
/// `to` leads to as many bytes as its first word says, and to that word at least, which may be written.
pub(crate) unsafe fn write<T: Versioned>(to: *mut T, value: &T) -> Result<(), Refused> {
    let (to, from) = (to.cast::<u8>(), ptr::from_ref(value).cast::<u8>());
    let head = size_of::<usize>();
    // SAFETY: the caller says so; a structure is no smaller than its size, which stays as it is.
    unsafe {
        let room = size::<T>(to)?;
        let written = room.min(size_of::<T>());
        ptr::copy_nonoverlapping(from.add(head), to.add(head), written - head);
        ptr::write_bytes(to.add(written), 0, room - written);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A structure as three versions have it; the library has the one in the middle.
    type Older = [usize; 2];
    type Newer = [usize; 4];

    #[derive(Debug, Clone, Copy, PartialEq)]
    #[repr(C)]
    struct Known {
        size: usize,
        first: usize,
        added: usize,
    }

    // SAFETY: it is three numbers, and the first is its size.
    unsafe impl Versioned for Known {
        const FIRST: usize = size_of::<Older>();
    }

    const WORD: usize = size_of::<usize>();

    fn known<const N: usize>(given: &[usize; N]) -> Result<Known, Refused> {
        assert!(given[0] > MOST || given[0] <= size_of_val(given), "there are as many bytes as the first word says");
        // SAFETY: they are there, or the size is refused before it is believed.
        unsafe { read(given.as_ptr().cast()) }
    }

    #[test]
    fn what_an_older_caller_has_not_is_left_out() {
        let older: Older = [2 * WORD, 7];
        assert_eq!(known(&older), Ok(Known { size: 2 * WORD, first: 7, added: 0 }));
    }

    #[test]
    fn what_a_newer_caller_has_beyond_is_refused_unless_it_is_left_out() {
        let mut newer: Newer = [4 * WORD, 7, 8, 0];
        assert_eq!(known(&newer), Ok(Known { size: 4 * WORD, first: 7, added: 8 }));
        for byte in 0..WORD {
            newer[3] = 1 << (8 * byte);
            assert_eq!(known(&newer), Err(Refused::Unknown));
        }
        assert_eq!(Status::from(Refused::Unknown), Status::BAD_STRUCT);
    }

    #[test]
    fn a_size_that_no_version_has_is_refused() {
        for size in [0, 1, WORD, 2 * WORD - 1, 2 * WORD + 1, MOST + WORD, usize::MAX] {
            assert_eq!(known(&[size, 7, 8, 9]), Err(Refused::Size(size)));
        }
    }

    #[test]
    fn a_caller_is_given_the_members_that_it_has_and_zero_for_those_that_the_library_has_not() {
        let value = Known { size: 3 * WORD, first: 7, added: 8 };
        let given = |size: usize| {
            let mut room: [usize; 5] = [size, 1, 2, 3, 4];
            // SAFETY: there is room for each of the sizes below.
            let written = unsafe { write(room.as_mut_ptr().cast(), &value) };
            written.map(|()| room)
        };
        assert_eq!(given(2 * WORD), Ok([2 * WORD, 7, 2, 3, 4]));
        assert_eq!(given(3 * WORD), Ok([3 * WORD, 7, 8, 3, 4]));
        assert_eq!(given(4 * WORD), Ok([4 * WORD, 7, 8, 0, 4]));
        assert_eq!(given(WORD), Err(Refused::Size(WORD)));
    }
}
