//! A record as C describes it, and its memory.

use core::cell::UnsafeCell;
use core::mem::{ManuallyDrop, MaybeUninit};
use core::ptr;
use core::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

use aimdb_core::buffer::{BufferMetrics, Shell, SlotCell, State, TryRecvError};
use aimdb_core::pure::{Both, Cursor, CursorId, Entry, Kind, Policy, SlotMeta, Start, With};
use aimdb_core::waiting::WaitQueue;

use crate::kernel::{KernelLock, masked};
use crate::memory::{Lent, LentLayout, LentSlots, LentStorage, NoClock, NoCode, Parcel};
use crate::status::Status;

pub(crate) type RecordShell = Shell<Parcel, LentLayout>;

/// `aimdb_static_record_t`: a constant that the header's macros write. Nothing in it is trusted before it has been
/// looked at once, but for the pointers, which are the macros' own.
#[derive(Debug)]
#[repr(C)]
pub struct Record {
    /// Which header wrote it: [`LAYOUT`].
    layout: u32,
    kind: u8,
    policy: u8,
    cursors: u16,
    capacity: u32,
    slots: u32,
    value_size: u32,
    control: *const Control,
    cursor_memory: *mut Place<CURSOR_BYTES>,
    slot_memory: *mut Place<SLOT_BYTES>,
    values: *mut u8,
}

// SAFETY: it is a constant; what the pointers lead to is used as `Control` says.
unsafe impl Sync for Record {}

const IS_32_BIT: bool = size_of::<usize>() == 4;

/// The bytes of `aimdb_static_control_t`, `aimdb_static_cursor_t` and `aimdb_static_slot_t`.
pub(crate) const CONTROL_BYTES: usize = if IS_32_BIT { 224 } else { 264 };
pub(crate) const CURSOR_BYTES: usize = if IS_32_BIT { 64 } else { 72 };
pub(crate) const SLOT_BYTES: usize = if IS_32_BIT { 16 } else { 24 };

/// What a header says that goes with this library.
const LAYOUT: u32 = 1 << 24 | (CONTROL_BYTES as u32 / 8) << 16 | (CURSOR_BYTES as u32 / 8) << 8 | SLOT_BYTES as u32;

const _: () = {
    assert!(size_of::<Control>() <= CONTROL_BYTES && align_of::<Control>() <= 8);
    assert!(CURSOR_PARTS <= CURSOR_BYTES && align_of::<Cursor<WaitQueue>>() <= 8);
    assert!(SLOT_PARTS <= SLOT_BYTES && align_of::<SlotCell<Parcel>>() <= 8);
    assert!(
        !IS_32_BIT || SPARE_BYTES[0] < 32 && SPARE_BYTES[1] < 16,
        "see `SPARE_BYTES`: the header has too large places"
    );
    assert!(align_of::<Reader>() <= align_of::<Cursor<WaitQueue>>());
    // The parts of a slot follow each other without a gap: see `Record::shell`.
    assert!(align_of::<SlotMeta>() <= align_of::<SlotCell<Parcel>>() && align_of::<Entry>() <= align_of::<SlotMeta>());
    assert!(size_of::<SlotCell<Parcel>>().is_multiple_of(align_of::<SlotMeta>()));
    assert!(size_of::<SlotMeta>().is_multiple_of(align_of::<Entry>()));
};

const CURSOR_PARTS: usize = size_of::<Cursor<WaitQueue>>() + size_of::<Reader>();
const SLOT_PARTS: usize = size_of::<SlotCell<Parcel>>() + size_of::<SlotMeta>() + size_of::<Entry>();

/// What is left over in each of the three. A larger one than an alignment is a waste, which a test finds.
#[doc(hidden)]
pub const SPARE_BYTES: [usize; 3] =
    [CONTROL_BYTES - size_of::<Control>(), CURSOR_BYTES - CURSOR_PARTS, SLOT_BYTES - SLOT_PARTS];

/// Memory of C, for one element.
#[derive(Debug)]
#[repr(C, align(8))]
struct Place<const BYTES: usize>([u8; BYTES]);

/// What lies in `aimdb_static_control_t`, which is all zero until the first call that is given the record.
#[repr(C)]
pub(crate) struct Control {
    /// The record that was set up here; null before.
    owner: AtomicPtr<Record>,
    shell: UnsafeCell<MaybeUninit<RecordShell>>,
}

/// One of the readers that a record has from the start.
pub(crate) struct Reader {
    pub(crate) cursor: CursorId,
    /// How many values the last lag was about that it was told.
    lag: AtomicU32,
}

/// What a record is, in the numbers of the header.
fn kind(record: &Record) -> Option<Kind> {
    Some(match (record.kind, record.policy) {
        (3, 0) => Kind::Bounded(Policy::PauseUpstream),
        (3, 1) => Kind::Bounded(Policy::Fail),
        (3, 2) => Kind::Bounded(Policy::DropOldest),
        (3, 3) => Kind::Bounded(Policy::DropNewest),
        _ => return None,
    })
}

impl Record {
    /// The record behind a pointer of C, set up if this is the first call.
    ///
    /// # Safety
    ///
    /// The pointer is null, or leads to memory as large as a record that does not change and stays. If it says that
    /// this header wrote it, its pointers are those that the header's macros put there.
    pub(crate) unsafe fn open<'a>(record: *const Self) -> Result<&'a Open, Status> {
        // SAFETY: the caller's word.
        let Some(described) = (unsafe { record.as_ref() }) else { return Err(Status::NullArgument) };
        if described.layout != LAYOUT || described.control.is_null() {
            return Err(Status::BadArgument);
        }
        // SAFETY: the record was written by this header, so the pointer leads to its control block, which is a valid
        // one when all zero, and is never touched but in this way.
        let control = unsafe { &*described.control };
        let owner = control.owner.load(Ordering::Acquire);
        if ptr::eq(owner, record) || owner.is_null() && described.set_up(control) {
            return Ok(Open::of(described));
        }
        Err(Status::BadArgument)
    }

    /// Sets the record up, unless somebody does before; says whether it is.
    #[cold]
    fn set_up(&self, control: &Control) -> bool {
        let Some(kind) = kind(self) else { return false };
        let (capacity, slots) = (self.capacity as usize, self.slots);
        let is_sound = (capacity > 0 || kind.allows_rendezvous())
            && slots < u32::MAX
            && slots.saturating_sub(self.capacity) >= 2
            && self.cursors > 0
            && self.value_size > 0
            && !self.cursor_memory.is_null()
            && !self.slot_memory.is_null()
            && !self.values.is_null();
        if !is_sound {
            return false;
        }
        // Made outside, so that the section is no longer than it must be; it owns nothing until it lies in its place.
        // SAFETY: only one is used, see below.
        let shell = ManuallyDrop::new(unsafe { self.shell(kind) });
        masked(|| {
            let owner = control.owner.load(Ordering::Relaxed);
            if owner.is_null() {
                // SAFETY: nobody has set it up, so nobody looks into it, and nobody comes by while it is masked.
                unsafe { self.write(&shell, control.shell.get().cast()) };
                control.owner.store(ptr::from_ref(self).cast_mut(), Ordering::Release);
            }
            owner.is_null() || ptr::eq(owner, self)
        })
    }

    /// Puts the shell into its place, and makes the readers.
    ///
    /// # Safety
    ///
    /// It is done once, and nobody looks before; the shell is not used where it was.
    unsafe fn write(&self, shell: &ManuallyDrop<RecordShell>, place: *mut RecordShell) {
        // SAFETY: the caller's word; there is room for the shell, and for a reader for each cursor.
        unsafe {
            place.copy_from_nonoverlapping(&raw const **shell, 1);
            for reader in 0..usize::from(self.cursors) {
                // The first value that a reader gets is the first that was sent.
                let cursor = (*place).subscribe(Start::Oldest).expect("there is a place for each cursor");
                self.readers().add(reader).write(Reader { cursor, lag: AtomicU32::new(0) });
            }
        }
    }

    /// They lie behind the cursors.
    fn readers(&self) -> *mut Reader {
        self.cursor_memory.cast::<Cursor<WaitQueue>>().wrapping_add(usize::from(self.cursors)).cast()
    }

    /// A shell over the record's memory.
    ///
    /// # Safety
    ///
    /// It is the only one that is used.
    unsafe fn shell(&self, kind: Kind) -> RecordShell {
        let slots = self.slots;
        // First the parcels of all slots, then the metas, then the places of the window.
        let parcels = self.slot_memory.cast::<SlotCell<Parcel>>();
        let metas = parcels.wrapping_add(slots as usize).cast::<SlotMeta>();
        let entries = metas.wrapping_add(slots as usize).cast::<Entry>();
        // SAFETY: the macros give each record as many places as they say it has slots and cursors, and the values as
        // much room; they are large enough for the parts, see the assertions above.
        let (rows, cursors, slots_of_values) = unsafe {
            (
                Both::new(Lent::new(entries, slots), Lent::new(metas, slots), slots),
                With::new(Lent::new(self.cursor_memory.cast::<Cursor<WaitQueue>>(), u32::from(self.cursors))),
                LentSlots::new(parcels, self.values, self.value_size),
            )
        };
        let state: State<LentStorage> = State::new(kind, self.capacity as usize, rows, cursors, 0);
        Shell::from_parts(KernelLock::new(state), slots_of_values, NoCode::new(), NoClock)
    }
}

/// A record that is set up.
#[repr(transparent)]
pub(crate) struct Open(Record);

impl Open {
    fn of(record: &Record) -> &Self {
        // SAFETY: the same type by another name.
        unsafe { &*ptr::from_ref(record).cast::<Self>() }
    }

    fn control(&self) -> &Control {
        // SAFETY: `Record::open` has looked at it.
        unsafe { &*self.0.control }
    }

    pub(crate) fn shell(&self) -> &RecordShell {
        // SAFETY: it was set up before its owner was shown, and is never written again.
        unsafe { (*self.control().shell.get()).assume_init_ref() }
    }

    /// The reader with this number.
    pub(crate) fn reader(&self, number: u32) -> Result<&Reader, Status> {
        if number >= u32::from(self.0.cursors) {
            return Err(Status::BadArgument);
        }
        // SAFETY: as above, and there are as many readers as cursors.
        Ok(unsafe { &*self.0.readers().add(number as usize) })
    }

    /// Whether a value of C is one of this record.
    pub(crate) fn check(&self, value: *const u8, size: usize) -> Result<(), Status> {
        if value.is_null() {
            Err(Status::NullArgument)
        } else if size != self.0.value_size as usize {
            Err(Status::BadSize)
        } else {
            Ok(())
        }
    }
}

impl Reader {
    /// The status of a read that has no value; a lag is kept for who asks.
    pub(crate) fn unread(&self, error: TryRecvError) -> Status {
        match error {
            TryRecvError::Empty => Status::Empty,
            TryRecvError::Closed => Status::Closed,
            TryRecvError::Misuse(_) => Status::CannotBlock,
            TryRecvError::Lagged(lag) => {
                self.lag.store(u32::try_from(lag).unwrap_or(u32::MAX), Ordering::Relaxed);
                Status::Lagged
            }
        }
    }

    pub(crate) fn lag(&self) -> u32 {
        self.lag.load(Ordering::Relaxed)
    }
}

/// `aimdb_static_stats_t`: a record's counts and state at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(C)]
#[expect(missing_docs, reason = "the header says what each is")]
pub struct Stats {
    pub accepted: u64,
    pub refused: u64,
    pub timed_out: u64,
    pub overwritten: u64,
    pub dropped_newest: u64,
    pub aborted: u64,
    pub delivered: u64,
    pub lagged: u64,
    pub blocked: u64,
    pub slowest_unread: u64,
    pub capacity: u32,
    pub occupancy: u32,
    pub cursors: u32,
    pub waiting_producers: u32,
    pub waiting_consumers: u32,
    pub closed: i32,
}

impl From<BufferMetrics> for Stats {
    fn from(metrics: BufferMetrics) -> Self {
        let counters = metrics.counters;
        Self {
            accepted: counters.accepted,
            refused: counters.refused,
            timed_out: counters.timed_out,
            overwritten: counters.overwritten,
            dropped_newest: counters.dropped_newest,
            aborted: counters.aborted,
            delivered: counters.delivered,
            lagged: counters.lagged,
            blocked: counters.blocked,
            slowest_unread: metrics.slowest.map_or(0, |(_, unread)| unread),
            capacity: metrics.capacity as u32,
            occupancy: metrics.occupancy as u32,
            cursors: metrics.cursors as u32,
            waiting_producers: metrics.waiting_producers as u32,
            waiting_consumers: metrics.waiting_consumers as u32,
            closed: i32::from(metrics.closed),
        }
    }
}
