//! What has come for a reader of a ring, as it looks from outside.

use core::cell::Cell;
use core::sync::atomic::Ordering;

use super::RingLane;
use super::front::Front;
use crate::buffer::lane::ends::CursorEnd;

/// The place at which a reader looks again and again, and by what it was found.
#[derive(Debug, Default)]
pub(in crate::buffer::lane) struct NextPlace(Cell<(u64, usize)>);

impl NextPlace {
    fn of(&self, number: u64, shift: u64, capacity: usize) -> usize {
        let number = number.wrapping_add(shift);
        let (found_by, at) = self.0.get();
        if found_by == number {
            return at;
        }
        let at = (number % capacity as u64) as usize;
        self.0.set((number, at));
        at
    }
}

impl RingLane {
    /// How many values there are to read, or to be told of, as far as can be told without going in; of a latest value one.
    pub(in crate::buffer::lane) fn unread(&self, cursor: &CursorEnd) -> Option<u64> {
        let number = || cursor.next.load(Ordering::Relaxed);
        let in_front = || Front::has_come(self.front.as_deref(), number()).map(u64::from);
        cursor.door.is_open().then(|| in_front().unwrap_or_else(|| self.come(cursor)))
    }

    /// The same for a reader that looks again and again, up to two: at the place where its value comes, for the writer need
    /// then not fetch the line with the newest number for the next one.
    pub(in crate::buffer::lane) fn unread_again(&self, cursor: &CursorEnd, place: &NextPlace) -> Option<u64> {
        if self.front.is_some() {
            return self.unread(cursor);
        }
        cursor.door.is_open().then(|| {
            let number = cursor.next.load(Ordering::Relaxed);
            let at = place.of(number, self.shift.load(Ordering::Relaxed), self.capacity);
            let has_come = |ahead: usize| {
                let at = if at + ahead < self.capacity { at + ahead } else { 0 };
                self.stamps.of(at).has_come(number.wrapping_add(ahead as u64))
            };
            if has_come(0) { 1 + u64::from(has_come(1)) } else { 0 }
        })
    }

    /// How many came since a cursor was here that is not now, if any did. It may have read them elsewhere: then it comes
    /// in vain.
    pub(in crate::buffer::lane) fn come_for_absent(&self, cursor: &CursorEnd) -> Option<u64> {
        if !self.writing.is_open() {
            return None;
        }
        Some(self.come(cursor)).filter(|&come| come > 0)
    }

    fn come(&self, cursor: &CursorEnd) -> u64 {
        self.newest.0.load(Ordering::Relaxed).wrapping_sub(cursor.next.load(Ordering::Relaxed))
    }
}
