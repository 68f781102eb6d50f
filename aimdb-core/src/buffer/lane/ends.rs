//! The ends of a lane that several cursors may read: one writes, each cursor has its own, and where values
//! are overwritten one looks at the newest.
#![allow(unsafe_code)]

use alloc::vec::Vec;
use core::ptr;
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering};

use super::Machine;
use crate::pure::{CursorId, Entry};
use crate::waiting::{Counted, Door, Hold};

/// Names an end of a lane.
#[derive(Clone, Copy)]
pub(in crate::buffer) enum LaneEnd<'a> {
    /// Where values go in.
    Sending,
    /// Where they come out; where there may be several cursors, each has one.
    Taking(Option<&'a CursorEnd>),
    /// Where the newest is looked at.
    Peeking,
}

/// What an end works with.
#[derive(Debug)]
pub(super) struct End {
    places: *const Entry,
    /// The place that the end comes to next; the number that belongs to it lies where others can look
    /// at it, and nowhere twice: processors write out about one store in a cycle.
    pub(super) at: usize,
    /// The place of the oldest value when the lane was opened, and its number.
    first: usize,
    pub(super) oldest: u64,
    /// Where a cursor began when the lane was opened, and what it has lost since.
    began: u64,
    pub(super) lagged: u64,
    /// The number up to which it may go on by what it last saw of others.
    pub(super) until: u64,
    /// Where it looks at the others again; in a queue, where the next values are to come ahead.
    pub(super) again: u64,
    /// Sends that were refused.
    pub(super) refused: u64,
}

// SAFETY: the places belong to the record, whose lane this is an end of; they are read only from
// inside, while the doors are open and nobody changes them.
unsafe impl Send for End {}

/// A cursor's end of the lane, shared by the readers that share the cursor.
#[derive(Debug)]
pub(in crate::buffer) struct CursorEnd {
    pub(super) door: Door<End>,
    /// What it comes to next, for a glance from outside.
    pub(super) next: AtomicU64,
    /// The same for a writer that goes by it: what plain data overwrites does not, and its models need not
    /// know.
    #[cfg(loom)]
    passed: loom::sync::atomic::AtomicU64,
    /// Whether the writer of values that are shared reckons with this cursor; see `quiet`. Belongs to whoever
    /// is inside the door, or has shut it.
    pub(super) may_look: AtomicBool,
    /// Whether it read or lost anything from the last opening of the lane to its closing.
    has_read: AtomicBool,
    /// The cursor's number.
    at: u32,
}

impl Hold for CursorEnd {}

impl CursorEnd {
    fn new(at: u32) -> Self {
        Self {
            door: Door::new(End::new()),
            next: AtomicU64::new(0),
            #[cfg(loom)]
            passed: loom::sync::atomic::AtomicU64::new(0),
            may_look: AtomicBool::new(cfg!(any(loom, shuttle))),
            has_read: AtomicBool::new(false),
            at,
        }
    }

    /// Says that what comes before this number was read.
    #[inline(always)]
    pub(super) fn pass(&self, number: u64) {
        // Release: it was read before the sender fills its place.
        self.next.store(number, Ordering::Release);
        #[cfg(loom)]
        self.passed.store(number, Ordering::Release);
    }

    /// Puts it where its cursor stands.
    ///
    /// # Safety
    ///
    /// The door is shut and nobody is inside.
    unsafe fn begin(&self, log: &Machine) {
        let number = log.cursors()[self.at as usize].next_number();
        // SAFETY: by this function's contract.
        unsafe { self.door.with_end(|end| *end = End::at(log, number)) };
        self.next.store(number, Ordering::Relaxed);
    }

    /// What was said last.
    #[inline(always)]
    pub(super) fn passed(&self) -> u64 {
        // Acquire: whoever fills a place sees that it was read.
        #[cfg(loom)]
        return self.passed.load(Ordering::Acquire);
        #[cfg(not(loom))]
        self.next.load(Ordering::Acquire)
    }
}

/// The cursors that must have read a value before its place is filled again. Who looks at them need not be
/// inside: what it finds may be late.
#[derive(Debug)]
pub(super) struct Gates {
    count: AtomicUsize,
    ends: [AtomicPtr<CursorEnd>; CURSORS],
}

impl Gates {
    pub(super) fn new() -> Self {
        let ends = core::array::from_fn(|_| AtomicPtr::new(ptr::null_mut()));
        Self { count: AtomicUsize::new(0), ends }
    }

    /// Puts these cursors, each with the number that it comes to next, in the place of those before.
    ///
    /// # Safety
    ///
    /// They live as long as the lane, whose doors are shut with nobody inside.
    pub(super) unsafe fn put<'a>(&self, cursors: impl Iterator<Item = (&'a CursorEnd, u64)>) {
        let mut count = 0;
        for (place, (cursor, number)) in self.ends.iter().zip(cursors) {
            cursor.pass(number);
            // Release: whoever finds it sees what it was made of.
            place.store(ptr::from_ref(cursor).cast_mut(), Ordering::Release);
            count += 1;
        }
        self.count.store(count, Ordering::Relaxed);
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &CursorEnd> {
        let ends = self.ends.iter().take(self.count());
        // SAFETY: what was put there lives as long as the lane.
        ends.filter_map(|end| unsafe { end.load(Ordering::Acquire).as_ref() })
    }
}

/// The ends of the cursors, by the cursors' numbers, and which of them are *here*: have a door that is open when
/// the lane is. Lies under the record's lock.
///
/// Up to [`CURSORS`] all are. Of more, those that have read since the lane was last opened: the others have no part
/// in its closing, so that it takes a step for each who reads, and none for each who might. One that comes for a
/// value has its door opened, without a closing, where the lane can do that ([`super::ring`]).
#[derive(Debug, Default)]
pub(super) struct CursorEnds {
    ends: Vec<Counted<CursorEnd>>,
    /// Has room for all.
    here: Vec<u32>,
}

/// So many cursors are always here; and a writer that goes by its cursors goes by no more.
pub(super) const CURSORS: usize = 64;

impl CursorEnds {
    /// The end of a cursor.
    pub(super) fn join(&mut self, cursor: CursorId) -> Option<Counted<CursorEnd>> {
        let at = cursor.0 as usize;
        self.grow(at + 1);
        self.ends.get(at).cloned()
    }

    /// Makes ends until there are so many.
    pub(super) fn grow(&mut self, cursors: usize) {
        // A cursor for which there is no memory has none; then the lane stays closed.
        while self.ends.len() < cursors && self.ends.try_reserve(1).is_ok() {
            let at = self.ends.len();
            if self.here.try_reserve(at + 1 - self.here.len()).is_err() {
                break;
            }
            let Some(end) = Counted::new(CursorEnd::new(at as u32)) else { break };
            self.ends.push(end);
        }
    }

    /// Those that are here.
    pub(super) fn here(&self) -> impl Iterator<Item = (usize, &CursorEnd)> + Clone {
        self.here.iter().map(|&at| (at as usize, &*self.ends[at as usize]))
    }

    pub(super) fn are_for_all(&self, log: &Machine) -> bool {
        log.cursors().len() <= self.ends.len()
    }

    /// Finds out who is here from now on. Called when the lane is closed, and there is an end for each cursor; or for
    /// none, where the lane does not go by them. Up to `always` cursors all are.
    pub(super) fn gather(&mut self, log: &Machine, always: usize) {
        let all = log.cursors();
        let Self { ends, here } = self;
        if log.cursor_count() <= always {
            here.clear();
            // Without ends there is no room for anybody, and none is to be made under the lock.
            let with_ends = all.iter().take(ends.len());
            here.extend((0..).zip(with_ends).filter(|(_, cursor)| cursor.is_live()).map(|(at, _)| at));
            return;
        }
        here.retain(|&at| all[at as usize].is_live() && ends[at as usize].has_read.load(Ordering::Relaxed));
    }

    /// Has a cursor here that was not, while the lane is open.
    ///
    /// # Safety
    ///
    /// Its door is shut and nobody is inside.
    pub(super) unsafe fn admit(&mut self, log: &Machine, cursor: &CursorEnd) {
        // SAFETY: by this function's contract.
        unsafe { cursor.begin(log) };
        self.here.push(cursor.at);
    }

    /// Puts each where its cursor stands.
    ///
    /// # Safety
    ///
    /// The doors are shut and nobody is inside.
    pub(super) unsafe fn begin(&self, log: &Machine) {
        // SAFETY: by this function's contract.
        self.here().for_each(|(_, cursor)| unsafe { cursor.begin(log) });
    }

    /// Counts what they have read and lost, and says how many values they read.
    ///
    /// # Safety
    ///
    /// As for [`CursorEnds::begin`].
    pub(super) unsafe fn catch_up(&self, log: &mut Machine) -> u64 {
        let mut moved = 0;
        for (at, cursor) in self.here() {
            // SAFETY: by this function's contract.
            let (began, lagged) = unsafe { cursor.door.with_end(|end| (end.began, end.lagged)) };
            let read = cursor.next.load(Ordering::Relaxed).wrapping_sub(began).wrapping_sub(lagged);
            cursor.has_read.store(read.wrapping_add(lagged) != 0, Ordering::Relaxed);
            log.catch_up_cursor(at, read, lagged);
            moved += read;
        }
        moved
    }
}

impl End {
    pub(super) const fn new() -> Self {
        Self { places: ptr::null(), at: 0, first: 0, oldest: 0, began: 0, lagged: 0, until: 0, again: 0, refused: 0 }
    }

    /// An end that comes to the value with this number next.
    pub(super) fn at(log: &Machine, number: u64) -> Self {
        let oldest = log.next_number().wrapping_sub(log.len() as u64);
        let mut end = Self { places: log.places().as_ptr(), first: log.first_place(), oldest, ..Self::new() };
        // A cursor that lost values stands before the oldest; where, is told by its number.
        end.jump(if number.wrapping_sub(oldest) as i64 >= 0 { number } else { oldest }, log.capacity());
        end.began = number;
        end.again = number;
        end.until = number;
        end
    }

    #[inline(always)]
    pub(super) fn slot(&self, at: usize) -> u32 {
        // SAFETY: `at` is below the capacity, as many places were laid out when the doors were opened,
        // and nobody changes them while it is open.
        unsafe { (*self.places.add(at)).slot() }
    }

    /// Whether the end, which comes to this number, may go on by what it last saw of others.
    #[inline(always)]
    pub(super) const fn is_clear(&self, number: u64) -> bool {
        (number.wrapping_sub(self.until) as i64) < 0
    }

    /// Whether the end, which comes to `number` and is to overwrite `before`, has looked at the others lately, so
    /// that it need not now. A model lets it go by that for longer.
    #[inline(always)]
    pub(super) const fn has_looked(&self, before: u64, number: u64) -> bool {
        (number.wrapping_sub(self.again) as i64) < 0 || cfg!(loom) && before.wrapping_sub(self.oldest) as i64 >= 0
    }

    /// How many values are to come ahead from `number` on, whose place is `at`: where a piece of so many begins, those of
    /// this and the next one, as far as was seen and the lap goes; else none.
    #[inline(always)]
    pub(super) fn ahead(&mut self, at: usize, number: u64, capacity: usize, piece: u64) -> u64 {
        if (number.wrapping_sub(self.again) as i64) < 0 {
            return 0;
        }
        core::hint::cold_path();
        self.again = number.wrapping_add(piece);
        (2 * piece).min(self.until.wrapping_sub(number)).min((capacity - at) as u64)
    }

    /// Goes on to the place behind `at`.
    #[inline(always)]
    pub(super) const fn go_on(&mut self, at: usize, capacity: usize) {
        let behind = at + 1;
        self.at = if behind == capacity { 0 } else { behind };
    }

    /// Goes to the place of a number from which the lane, or what it found, reaches on.
    pub(super) const fn jump(&mut self, number: u64, capacity: usize) {
        self.at = self.place(number, capacity);
    }

    /// The place of such a number.
    #[inline(always)]
    pub(super) const fn place(&self, number: u64, capacity: usize) -> usize {
        // Of the latest value there is one place.
        let offset = if capacity == 1 { 0 } else { number.wrapping_sub(self.oldest) % capacity as u64 };
        let at = self.first + offset as usize;
        if at >= capacity { at - capacity } else { at }
    }
}
