//! What the calls on lean records share: how a description is looked at.

use aimdb_sync_embassy::driving::Form;

use crate::status::Status;

pub(crate) const IS_32_BIT: bool = size_of::<usize>() == 4;

/// What the description of each lean record begins with.
#[repr(C)]
pub(crate) struct Head {
    /// Which header wrote it, and for which kind.
    layout: u32,
    value_size: u32,
    state: *const u8,
    values: *mut u8,
}

/// What a header says that goes with this library: a kind's number, and how large it takes the memory of one to be.
pub(crate) const fn layout(kind: u32, state: usize, description: usize) -> u32 {
    kind << 24 | (state as u32) << 8 | description as u32
}

/// Whether a pointer of C leads to a record of this kind.
///
/// # Safety
///
/// It is null, or leads to memory as large as such a record that does not change and stays.
#[inline(never)]
pub(crate) unsafe fn open(record: *const Head, layout: u32) -> Status {
    // SAFETY: as here.
    unsafe { looks_like(record, layout) }
}

/// # Safety
///
/// As [`open`].
#[inline(always)]
unsafe fn looks_like(record: *const Head, layout: u32) -> Status {
    // SAFETY: the caller's word.
    let Some(record) = (unsafe { record.as_ref() }) else { return Status::NullArgument };
    if record.layout == layout && record.value_size > 0 && !record.state.is_null() && !record.values.is_null() {
        Status::Ok
    } else {
        Status::BadArgument
    }
}

/// The same, and whether there is a value that is the record's: of its size, and of this form. To calls for the other form no value is.
///
/// # Safety
///
/// As [`open`].
#[inline(never)]
pub(crate) unsafe fn fits<F: Form>(record: *const Head, layout: u32, value: *const u8, size: usize) -> Status {
    // SAFETY: the caller's word.
    let status = unsafe { looks_like(record, layout) };
    if status != Status::Ok {
        return status;
    }
    if value.is_null() {
        return Status::NullArgument;
    }
    // SAFETY: as above.
    if unsafe { (*record).value_size } as usize == size && F::has(size as u32) { Status::Ok } else { Status::BadSize }
}
