//! What a reader of a ring does most: a value is there, and its end is its own.
#![allow(unsafe_code)]

use core::mem::MaybeUninit;
use core::sync::atomic::Ordering;

use super::RingLane;
use super::front::Front;
use crate::buffer::SlotCell;
use crate::buffer::lane::Taken;
use crate::buffer::lane::ends::CursorEnd;
use crate::buffer::lane::stamp::words;
use crate::waiting::{Key, World};

impl RingLane {
    /// The cursor's next value, if it is there, with the key of the cursor's end. Anything else,
    /// [`RingLane::read`] says.
    ///
    /// # Safety
    ///
    /// As for [`Door::enter_with_key`](crate::waiting::Door::enter_with_key).
    #[inline(always)]
    pub(in crate::buffer::lane) unsafe fn read_with_key<T>(
        &self,
        cells: &[SlotCell<T>],
        cursor: &CursorEnd,
        (world, key): (World, Key),
    ) -> Taken<T> {
        // SAFETY: by this function's contract.
        let Some(mut inside) = (unsafe { cursor.door.enter_with_key(world, key) }) else { return Taken::NotHere };
        #[allow(unused_mut, reason = "a model's end is more than a reference")]
        let mut end = inside.end();
        let (at, number) = (end.at, cursor.next.load(Ordering::Relaxed));
        if let Some(front) = Front::of::<T>(self.front.as_deref()) {
            return self.read_front(front, &mut *end, &cursor.next, false).unwrap_or(Taken::NotHere);
        }
        let Some(cell) = cells.get(end.slot(at) as usize) else { return Taken::NotHere };
        let Some(value) = self.copy(cell, at, number) else { return Taken::NotHere };
        end.go_on(at, self.capacity);
        cursor.next.store(number.wrapping_add(1), Ordering::Relaxed);
        // SAFETY: the copy is whole.
        Taken::Value(unsafe { value.assume_init() })
    }

    /// The same, to where the caller has room for it.
    ///
    /// # Safety
    ///
    /// As for [`Door::enter_with_key`](crate::waiting::Door::enter_with_key).
    #[inline(always)]
    pub(in crate::buffer::lane) unsafe fn read_to<T>(
        &self,
        cells: &[SlotCell<T>],
        cursor: &CursorEnd,
        (world, key): (World, Key),
        room: &mut MaybeUninit<T>,
    ) -> Taken<()> {
        // SAFETY: by this function's contract.
        let Some(mut inside) = (unsafe { cursor.door.enter_with_key(world, key) }) else { return Taken::NotHere };
        #[allow(unused_mut, reason = "a model's end is more than a reference")]
        let mut end = inside.end();
        let (at, number) = (end.at, cursor.next.load(Ordering::Relaxed));
        if let Some(front) = Front::of::<T>(self.front.as_deref()) {
            let taken = self.read_front(front, &mut *end, &cursor.next, false).unwrap_or(Taken::NotHere);
            return taken.to(room);
        }
        let Some(cell) = cells.get(end.slot(at) as usize) else { return Taken::NotHere };
        let place = cell.place();
        // SAFETY: as in `copy`; what is torn stays room without a value.
        if self.stamps.of(at).read(number, || unsafe { words::load_to(place, room) }).is_none() {
            return Taken::NotHere;
        }
        end.go_on(at, self.capacity);
        cursor.next.store(number.wrapping_add(1), Ordering::Relaxed);
        Taken::Value(())
    }
}
