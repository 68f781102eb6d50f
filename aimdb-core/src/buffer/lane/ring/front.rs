//! Where the one value of a latest value lies while the lane is open: on one cache line with its stamp.
//!
//! A reader that polls takes a line away from the writer at each look. In its slot the value would be a second
//! one, and the writer, which stores to both in turn, would wait for each of them at each value. So the lane has
//! the value with it: who opens it brings the value from its slot, who closes it puts it back, and whoever holds
//! the record's lock finds it where it always is.
#![allow(unsafe_code)]

use alloc::boxed::Box;
#[cfg(not(loom))]
use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::buffer::SlotCell;
use crate::buffer::lane::Machine;
use crate::buffer::lane::stamp::{Since, Stamp, words};
use crate::waiting::boxed;

/// What is left of a cache line beside the stamp, in words.
const WORDS: usize = 7;

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Front {
    line: Line,
    cells: Cells,
    /// Whether the value is here. Belongs to whoever has shut the doors; those inside read it.
    is_used: AtomicBool,
}

/// Nothing else that anybody writes or reads lies on this line: the writer only stores here, so it need not wait
/// for a line that was taken away.
#[derive(Debug)]
#[repr(align(128))]
struct Line {
    stamp: Stamp,
    #[cfg(not(loom))]
    value: UnsafeCell<[MaybeUninit<u64>; WORDS]>,
    #[cfg(loom)]
    value: words::Words<u8>,
}

// SAFETY: while the doors are open the value is accessed by `words` only, and else by whoever has shut them.
unsafe impl Sync for Line {}

/// The first slots of the record, of values of some type.
#[derive(Debug, Clone, Copy)]
pub(in crate::buffer::lane) struct Cells {
    first: *mut u8,
    count: usize,
    /// The size of a value; 0 of values that have no place in front.
    bytes: usize,
    /// From one to the next.
    #[cfg(loom)]
    step: usize,
}

/// Where a value lies, here or in its slot.
#[cfg(not(loom))]
type Place<T> = *mut T;
#[cfg(loom)]
type Place<T> = *mut words::Words<T>;

// SAFETY: they are accessed by whoever holds the record's lock and has shut the doors.
unsafe impl Send for Cells {}
// SAFETY: as above.
unsafe impl Sync for Cells {}

const fn fits<T>() -> bool {
    size_of::<T>() <= WORDS * size_of::<u64>() && align_of::<T>() <= align_of::<u64>()
}

impl Cells {
    #[cfg(not(loom))]
    pub(in crate::buffer::lane) const fn of<T>(first: &[SlotCell<T>]) -> Self {
        let bytes = if fits::<T>() && size_of::<SlotCell<T>>() == size_of::<T>() { size_of::<T>() } else { 0 };
        // A slot is room for a value that may be written to behind a shared reference.
        Self { first: first.as_ptr().cast_mut().cast(), count: first.len(), bytes }
    }

    /// The cells of a model have their words elsewhere.
    #[cfg(loom)]
    pub(in crate::buffer::lane) fn of<T>(first: &[SlotCell<T>]) -> Self {
        let bytes = if fits::<T>() && words::are_words::<T>() { size_of::<T>() } else { 0 };
        let step = size_of::<SlotCell<T>>();
        Self { first: first.as_ptr().cast_mut().cast(), count: first.len(), bytes, step }
    }

    /// Where the value of a slot lies, if the slot is one of these.
    fn at(self, slot: u32) -> Option<Place<u8>> {
        let slot = slot as usize;
        #[cfg(not(loom))]
        let step = self.bytes;
        #[cfg(loom)]
        let step = self.step;
        // SAFETY: there are as many cells, one behind the other.
        (self.bytes > 0 && slot < self.count).then(|| unsafe { self.first.add(slot * step).cast() })
    }
}

impl Front {
    /// One for a window of one place, of values that have a place here, if there is memory for it.
    pub(super) fn make(capacity: usize, cells: Cells) -> Option<Box<[Self; 1]>> {
        if capacity != 1 || cells.bytes == 0 {
            return None;
        }
        #[cfg(not(loom))]
        let value = UnsafeCell::new([MaybeUninit::uninit(); WORDS]);
        #[cfg(loom)]
        let value = words::Words::new(cells.bytes / size_of::<u64>());
        boxed(Self { line: Line { stamp: Stamp::new(), value }, cells, is_used: AtomicBool::new(false) })
    }

    /// The front of a lane that has one, if the value is there. Asked by whoever is inside.
    #[inline(always)]
    pub(super) fn of<T>(lane: Option<&[Self; 1]>) -> Option<&Self> {
        lane.and_then(|[front]| (fits::<T>() && front.is_used.load(Relaxed)).then_some(front))
    }

    #[cfg(not(loom))]
    const fn value<T>(&self) -> Place<T> {
        self.line.value.get().cast()
    }

    #[cfg(loom)]
    const fn value<T>(&self) -> Place<T> {
        (&raw const self.line.value).cast_mut().cast()
    }

    /// Replaces the value. For the writer, where the value is here.
    #[inline(always)]
    pub(super) fn write<T>(&self, number: u64, value: &T) {
        debug_assert!(fits::<T>(), "it has a place here");
        // SAFETY: it is large enough, and aligned, for a `T`, which is plain data; only the writer stores, and
        // readers load.
        self.line.stamp.write(number, || unsafe { words::store(self.value::<T>(), value) });
    }

    /// The value with this number, or a later one, if it is there.
    #[inline(always)]
    pub(super) fn read_since<T>(&self, number: u64) -> Since<MaybeUninit<T>> {
        // SAFETY: as above; if the stamp says that a value is there, all of it was stored once.
        self.line.stamp.read_since(number, || unsafe { words::load(self.value::<T>()) })
    }

    /// Whether the value with this number, or a later one, has come, where the value is here; a hint.
    pub(super) fn has_come(lane: Option<&[Self; 1]>, number: u64) -> Option<bool> {
        let [front] = lane?;
        front.is_used.load(Relaxed).then(|| front.line.stamp.has_come(number))
    }

    /// Whether there is a value, or another one is being written over it, in a window that began at this number.
    pub(super) fn is_filled(&self, oldest: u64) -> bool {
        self.line.stamp.has_come(oldest)
    }

    /// The value that is there, if none is being written.
    #[inline(always)]
    pub(super) fn newest<T>(&self) -> Option<T> {
        // SAFETY: as above; the copy is whole.
        self.line
            .stamp
            .read_any(|| unsafe { words::load(self.value::<T>()) })
            .map(|value| unsafe { value.assume_init() })
    }

    /// Brings the value from its slot, if it has a place here. Called under the record's lock before the doors are
    /// opened, with the window laid out.
    pub(super) fn bring(&self, log: &Machine) {
        let cell = self.cells.at(log.places()[0].slot());
        self.is_used.store(cell.is_some(), Relaxed);
        let Some(cell) = cell else { return };
        let number = (!log.is_empty()).then(|| log.next_number().wrapping_sub(1));
        if number.is_some() {
            // SAFETY: the value lies in this slot, and the doors are shut; it fits, as there are cells.
            unsafe { words::bring(cell, self.value(), self.cells.bytes) };
        }
        self.line.stamp.set(number);
    }

    /// Puts the value back into its slot. Called under the record's lock, with the doors shut and what was
    /// published counted.
    pub(super) fn put_back(&self, log: &Machine) {
        if self.is_used.load(Relaxed)
            && !log.is_empty()
            && let Some(cell) = self.cells.at(log.places()[0].slot())
        {
            // SAFETY: as above; the slot is the place's.
            unsafe { words::bring(self.value(), cell, self.cells.bytes) };
        }
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use crate::buffer::{Buffer, BufferCfg, HeapBuffer, TryRecvError};
    use crate::pure::Start;

    /// A record whose lane is opened again at once after each lock hold, so that each value goes to and fro.
    fn latest<T: bytemuck::NoUninit + Send + Sync>() -> HeapBuffer<T> {
        HeapBuffer::builder(&BufferCfg::SingleLatest).eager().build_plain().expect("a sound description")
    }

    fn goes_to_and_fro<T: bytemuck::NoUninit + Send + Sync + PartialEq + core::fmt::Debug>(value: impl Fn(u8) -> T) {
        let latest = latest::<T>();
        let mut early = latest.reader().expect("a cursor");
        assert_eq!(latest.peek(), None);
        assert_eq!(latest.metrics().counters.accepted, 0, "the lane was closed, without a value");
        let mut sent = 0;
        for number in 0..20 {
            assert_eq!(latest.push_at_once(value(number)), Ok(()), "in the lane");
            sent += 1;
            if number % 3 == 0 {
                assert_eq!(latest.metrics().counters.accepted, sent, "closed and opened");
            }
            assert_eq!(latest.peek(), Some(value(number)));
            if number % 4 == 0 {
                latest.displace(value(100 + number)).expect("it is open");
                assert_eq!(latest.peek(), Some(value(100 + number)), "what the shell stored is seen in the lane");
                latest.displace(value(number)).expect("it is open");
                sent += 2;
            }
            let mut late = latest.reader_from(Start::Oldest).expect("a cursor");
            assert_eq!(late.try_recv(), Ok(value(number)), "the shell finds what was stored in the lane");
            assert_eq!(early.try_recv(), Ok(value(number)));
            assert_eq!(early.try_recv(), Err(TryRecvError::Empty));
        }
        latest.push(value(200));
        latest.close();
        assert_eq!(early.try_recv(), Ok(value(200)));
        assert_eq!(early.try_recv(), Err(TryRecvError::Closed));
    }

    #[test]
    fn k1_a_latest_value_goes_to_its_slot_and_back() {
        goes_to_and_fro(|number| number);
        goes_to_and_fro(u64::from);
        goes_to_and_fro(|number| [number; 7]);
        goes_to_and_fro(|number| [u64::from(number); 7]);
    }

    #[test]
    fn k1_a_latest_value_too_large_for_the_line_stays_in_its_slot() {
        goes_to_and_fro(|number| [u64::from(number); 8]);
        goes_to_and_fro(|number| [number; 57]);
        goes_to_and_fro(u128::from);
    }

    #[test]
    fn k1_two_threads_see_whole_values_while_the_lane_is_closed_and_opened() {
        let latest = latest::<[u64; 7]>();
        latest.push([0; 7]);
        let writing = std::thread::spawn({
            let latest = latest.clone();
            move || (1..=20_000).for_each(|number| latest.push([number; 7]))
        });
        let mut seen = 0;
        while seen < 20_000 {
            let [first, rest @ ..] = latest.peek().expect("there is one");
            assert!(rest == [first; 6] && first >= seen, "whole, and none older than one that was seen");
            seen = first;
            if seen % 64 == 0 {
                let _ = latest.metrics();
            }
        }
        writing.join().expect("it ends");
    }
}
