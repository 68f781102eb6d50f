//! The parts of a shell over memory that C provides.

use core::convert::Infallible;
use core::marker::PhantomData;
use core::ptr;
use core::slice;

use aimdb_core::buffer::{Cloning, Held, Layout, SlotCell, Slots, State, UserCode};
use aimdb_core::pure::{Both, Claim, Cursor, DropCause, Entry, Readers, SlotMeta, Storage, Table, TableFull, With};
use aimdb_core::waiting::{Clock, WaitQueue};

use crate::kernel::KernelLock;

/// A value on its way: where its sender has the bytes. They are copied into the slot when the slot is filled, which is
/// in the sender's call; so the pointer of a stored value is looked at by nobody.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parcel(*const u8);

// SAFETY: see above: whoever is given the parcel of another task does not follow the pointer.
unsafe impl Send for Parcel {}
// SAFETY: as above.
unsafe impl Sync for Parcel {}

impl Parcel {
    /// A value that lies here.
    ///
    /// # Safety
    ///
    /// There are as many bytes as a value of the record has that the parcel is sent to, until that call returns.
    pub(crate) const unsafe fn new(value: *const u8) -> Self {
        Self(value)
    }
}

/// A table in memory of C.
pub(crate) struct Lent<E> {
    at: *mut E,
    len: u32,
    limit: u32,
}

// SAFETY: it is a vector of elements, which nobody else has.
unsafe impl<E: Send> Send for Lent<E> {}

impl<E> Lent<E> {
    /// An empty table.
    ///
    /// # Safety
    ///
    /// There is room for `limit` elements, for this table alone and for ever.
    pub(crate) const unsafe fn new(at: *mut E, limit: u32) -> Self {
        Self { at, len: 0, limit }
    }
}

impl<E> AsRef<[E]> for Lent<E> {
    fn as_ref(&self) -> &[E] {
        // SAFETY: the first `len` elements were written, and are this table's.
        unsafe { slice::from_raw_parts(self.at, self.len as usize) }
    }
}

impl<E> AsMut<[E]> for Lent<E> {
    fn as_mut(&mut self) -> &mut [E] {
        // SAFETY: as above.
        unsafe { slice::from_raw_parts_mut(self.at, self.len as usize) }
    }
}

impl<E> Table<E> for Lent<E> {
    fn append(&mut self, element: E) -> Result<(), TableFull> {
        if self.len == self.limit {
            return Err(TableFull);
        }
        // SAFETY: there is room for `limit` elements.
        unsafe { self.at.add(self.len as usize).write(element) };
        self.len += 1;
        Ok(())
    }

    fn limit(&self) -> usize {
        self.limit as usize
    }
}

/// The tables of a record of C.
#[derive(Debug)]
pub(crate) struct LentStorage;

impl Storage<WaitQueue> for LentStorage {
    type Rows = Both<Lent<Entry>, Lent<SlotMeta>>;
    type Cursors = With<Lent<Cursor<WaitQueue>>, Readers>;
}

/// The slots: the bytes of the values, and the parcels that they came in.
pub(crate) struct LentSlots {
    parcels: *const SlotCell<Parcel>,
    values: *mut u8,
    value_size: u32,
}

// SAFETY: a slot is touched by whoever holds its token only, as with other slots.
unsafe impl Sync for LentSlots {}
// SAFETY: as above.
unsafe impl Send for LentSlots {}

impl LentSlots {
    /// Slots that are all empty.
    ///
    /// # Safety
    ///
    /// Both arrays have an element for each slot that the shell is told of, those of `values` being `value_size` bytes
    /// long. They are these slots' alone and for ever.
    pub(crate) const unsafe fn new(parcels: *const SlotCell<Parcel>, values: *mut u8, value_size: u32) -> Self {
        Self { parcels, values, value_size }
    }

    /// Copies a value to where its reader wants it.
    ///
    /// # Safety
    ///
    /// There is room for a value of this record.
    pub(crate) unsafe fn copy_out(&self, held: &Held<'_>, to: *mut u8) {
        // SAFETY: the token says that the slot is filled and not written meanwhile; the rest is the caller's word.
        unsafe { ptr::copy_nonoverlapping(self.place(held.slot()), to, self.value_size as usize) };
    }

    const fn place(&self, slot: u32) -> *mut u8 {
        self.values.wrapping_add(slot as usize * self.value_size as usize)
    }
}

impl Slots<Parcel> for LentSlots {
    type Chunk = Infallible;

    fn cell(&self, slot: u32) -> &SlotCell<Parcel> {
        // SAFETY: the shell numbers slots that it was told of, see `new`. A cell may hold anything.
        unsafe { &*self.parcels.add(slot as usize) }
    }

    fn brings(&self, claim: &Claim, value: &Parcel) {
        // SAFETY: the claim says that nobody else touches the slot; the bytes are there by the word of `Parcel::new`.
        unsafe { ptr::copy_nonoverlapping(value.0, self.place(claim.slot()), self.value_size as usize) };
    }

    fn prepare(&self) -> Result<Infallible, TableFull> {
        Err(TableFull)
    }

    fn install(&self, chunk: Infallible, _: impl FnOnce(u32) -> bool) -> Result<(), Infallible> {
        match chunk {}
    }
}

/// What a shell for C is made of.
pub(crate) struct LentLayout(PhantomData<()>);

// SAFETY: the lock is the kernel's critical section. Each slot's number names a place of its own in two arrays that
// stay where they are, and the shell is told of as many as there are (`record::Memory::shell`). The tables are
// vectors of fixed capacity. A parcel may be sent.
unsafe impl Layout<Parcel> for LentLayout {
    type Storage = LentStorage;
    type Lock = KernelLock<State<LentStorage>>;
    type Slots = LentSlots;
    type Code = NoCode;
    type Clock = NoClock;
}

/// C gives no code to a record; its values are copied as bytes.
pub(crate) struct NoCode(Cloning<Parcel>);

impl NoCode {
    pub(crate) const fn new() -> Self {
        Self(Cloning::allowed())
    }
}

impl UserCode<Parcel> for NoCode {
    fn cloning(&self) -> &Cloning<Parcel> {
        &self.0
    }

    fn degrade(&self, value: Parcel) -> Parcel {
        value
    }

    fn dropped(&self, _value: Parcel, _cause: DropCause) {}
}

/// The time stands still: blocked time is not measured.
pub(crate) struct NoClock;

impl Clock for NoClock {
    fn now(&self) -> u64 {
        0
    }
}
