//! The lane of plain data that is overwritten: a ring, or its smallest case, the latest value.
//!
//! One end writes, over the oldest value, and never looks who reads. Each cursor has a door of its own
//! and copies what it reads from under the writer's hands; see `stamp`. A cursor whose next value is
//! gone counts what it lost and goes on with the oldest that is there, as the machine would have it.
#![allow(unsafe_code)]

mod come;
mod doors;
mod front;
mod read;

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::mem::{ManuallyDrop, MaybeUninit};
use core::sync::atomic::{AtomicU64 as AtomicHint, Ordering};

#[cfg(not(any(loom, shuttle)))]
use core::sync::atomic::AtomicU64;
#[cfg(loom)]
use loom::sync::atomic::AtomicU64;
#[cfg(all(shuttle, not(loom)))]
use shuttle::sync::atomic::AtomicU64;

use super::ends::{CursorEnd, End};
use super::stamp::{Since, Stamps, words};
use super::{AT_ONCE, InLane, Stored, Taken};
use crate::buffer::{SlotCell, Slots};
use crate::pure::{Kind, TableFull};
use crate::waiting::{Door, Inside, Key, Token, World};
use front::Front;

pub(super) use come::NextPlace;
pub(super) use front::Cells;

/// How often a reader tries to copy a value before it has the writer stand still.
const TRIES: u32 = if cfg!(any(loom, shuttle)) { 2 } else { 16 };

#[derive(Debug)]
pub(in crate::buffer) struct RingLane {
    writing: Door<End>,
    peeking: Door<End>,
    newest: Newest,
    /// How much further the place of a value is than its number, but for whole laps; for a glance from outside.
    shift: AtomicHint,
    front: Option<Box<[Front; 1]>>,
    stamps: Stamps,
    capacity: usize,
    tells_lag: bool,
    peeks: bool,
}

/// The number behind the newest value, on a cache line of its own.
#[derive(Debug)]
#[repr(align(128))]
struct Newest(AtomicU64);

impl RingLane {
    pub(super) fn new(kind: Kind, capacity: usize, cells: Cells) -> Result<Self, TableFull> {
        Ok(Self {
            writing: Door::new(End::new()),
            peeking: Door::new(End::new()),
            newest: Newest(AtomicU64::new(0)),
            shift: AtomicHint::new(0),
            front: Front::make(capacity, cells),
            stamps: Stamps::new(capacity)?,
            capacity,
            tells_lag: kind.tells_lag(),
            peeks: kind.peeks(),
        })
    }

    /// Publishes a value, over the oldest one if the window is full, if `inside` came in and `cell` finds
    /// the slot.
    #[inline(always)]
    fn write<'a, T: 'a>(
        &self,
        inside: Option<Inside<'_, End>>,
        cell: impl FnOnce(u32) -> Option<&'a SlotCell<T>>,
        value: &T,
    ) -> Stored {
        let Some(mut inside) = inside else { return Stored::NotHere };
        #[allow(unused_mut, reason = "a model's end is more than a reference")]
        let mut end = inside.end();
        let (at, number) = (end.at, self.newest.0.load(Ordering::Relaxed));
        let Some(cell) = cell(end.slot(at)) else { return Stored::NotHere };
        self.put(cell, at, number, value);
        end.go_on(at, self.capacity);
        self.newest.0.store(number.wrapping_add(1), Ordering::Release);
        Stored::Done
    }

    /// Puts a value where the one with this number belongs.
    #[inline(always)]
    fn put<T>(&self, cell: &SlotCell<T>, at: usize, number: u64, value: &T) {
        if let Some(front) = Front::of::<T>(self.front.as_deref()) {
            return front.write(number, value);
        }
        let cell = cell.place();
        // SAFETY: the slot is the place's, which only this end writes; readers load. `T` is plain data:
        // the lane was made for it.
        self.stamps.of(at).write(number, || unsafe { words::store(cell, value) });
    }

    /// Publishes a value as the owner of the writing end.
    #[inline(always)]
    pub(super) fn publish_as_owner<T>(&self, slots: &impl Slots<T>, token: &Token, value: T) -> InLane<T> {
        let inside = self.writing.enter_as_owner(token);
        InLane::of(value, |value| self.write(inside, |slot| slots.cell_at_once(slot), &**value))
    }

    /// Publishes a value with the key of the writing end.
    ///
    /// # Safety
    ///
    /// As for [`Door::enter_with_key`].
    #[inline(always)]
    pub(super) unsafe fn publish_with_key<T>(
        &self,
        cells: &[SlotCell<T>],
        (world, key): (World, Key),
        value: &ManuallyDrop<T>,
    ) -> Stored {
        // SAFETY: by this function's contract.
        let inside = unsafe { self.writing.enter_with_key(world, key) };
        self.write(inside, |slot| cells.get(slot as usize), &**value)
    }

    /// Publishes a value as the owner of the writing end, in the world in which it is.
    #[inline(always)]
    pub(super) fn publish_in<T>(
        &self,
        cells: &[SlotCell<T>],
        world: World,
        token: &Token,
        value: &ManuallyDrop<T>,
    ) -> Stored {
        let inside = self.writing.enter_in(world, token);
        self.write(inside, |slot| cells.get(slot as usize), &**value)
    }

    /// Publishes a value.
    pub(super) fn publish<T>(&self, slots: &impl Slots<T>, token: &Token, value: T) -> InLane<T> {
        let inside = self.writing.enter(token);
        InLane::of(value, |value| self.write(inside, |slot| Some(slots.cell(slot)), &**value))
    }

    /// Publishes values from the front, as many as a door should be kept for, and says how many.
    pub(super) fn publish_many<T>(&self, slots: &impl Slots<T>, token: &Token, values: &mut VecDeque<T>) -> usize {
        let Some(mut inside) = self.writing.enter(token) else { return 0 };
        #[allow(unused_mut, reason = "a model's end is more than a reference")]
        let mut end = inside.end();
        let (mut sent, first) = (0, slots.first());
        while sent < AT_ONCE
            && let Some(value) = values.pop_front()
        {
            let (at, number) = (end.at, self.newest.0.load(Ordering::Relaxed));
            self.put(slots.cell_by(first, end.slot(at)), at, number, &value);
            end.go_on(at, self.capacity);
            self.newest.0.store(number.wrapping_add(1), Ordering::Release);
            sent += 1;
        }
        sent
    }

    /// Appends the cursor's next values, up to `max`, without letting `values` grow, and says how many.
    /// What comes instead of a value, [`RingLane::read`] says.
    pub(super) fn read_many<T>(
        &self,
        slots: &impl Slots<T>,
        cursor: &CursorEnd,
        token: &Token,
        values: &mut Vec<T>,
        max: usize,
    ) -> usize {
        let Some(mut inside) = cursor.door.enter(token) else { return 0 };
        if Front::of::<T>(self.front.as_deref()).is_some() {
            // Of one place, which is not worth a batch.
            return 0;
        }
        #[allow(unused_mut, reason = "a model's end is more than a reference")]
        let mut end = inside.end();
        let max = max.min(values.capacity() - values.len()).min(AT_ONCE);
        let (mut number, mut taken) = (cursor.next.load(Ordering::Relaxed), 0);
        while taken < max
            && let Some(value) = self.copy(slots.cell(end.slot(end.at)), end.at, number)
        {
            // SAFETY: the copy is whole.
            values.push(unsafe { value.assume_init() });
            let at = end.at;
            end.go_on(at, self.capacity);
            number = number.wrapping_add(1);
            taken += 1;
        }
        cursor.next.store(number, Ordering::Relaxed);
        taken
    }

    /// The cursor's next value.
    pub(super) fn read<T>(&self, slots: &impl Slots<T>, cursor: &CursorEnd, token: &Token) -> Taken<T> {
        let Some(mut inside) = cursor.door.enter(token) else { return Taken::NotHere };
        #[allow(unused_mut, reason = "a model's end is more than a reference")]
        let mut end = inside.end();
        self.read_at(slots, &mut *end, cursor)
    }

    fn read_at<T>(&self, slots: &impl Slots<T>, end: &mut End, CursorEnd { next, .. }: &CursorEnd) -> Taken<T> {
        for _ in 0..TRIES {
            if let Some(front) = Front::of::<T>(self.front.as_deref()) {
                match self.read_front(front, end, next, true) {
                    Some(taken) => return taken,
                    None => core::hint::spin_loop(),
                }
                continue;
            }
            let (at, number) = (end.at, next.load(Ordering::Relaxed));
            if let Some(value) = self.copy(slots.cell(end.slot(at)), at, number) {
                end.go_on(at, self.capacity);
                next.store(number.wrapping_add(1), Ordering::Relaxed);
                // SAFETY: the copy is whole.
                return Taken::Value(unsafe { value.assume_init() });
            }
            // The place says so, which the reader looks at anyway, and the writer need not fetch its line with the newest
            // number for the next value.
            if !self.stamps.of(at).has_come(number) {
                return Taken::Empty;
            }
            let newest = self.newest.0.load(Ordering::Acquire);
            if newest.wrapping_sub(number) as i64 <= 0 {
                return Taken::Empty;
            }
            let behind = |oldest: u64| oldest.wrapping_sub(number) as i64;
            let lost = behind(newest.wrapping_sub(self.capacity as u64)).max(behind(end.oldest));
            if lost > 0 {
                end.lagged += lost as u64;
                let oldest = number.wrapping_add(lost as u64);
                end.jump(oldest, self.capacity);
                next.store(oldest, Ordering::Relaxed);
                if self.tells_lag {
                    return Taken::Lagged(lost as u64);
                }
            } else {
                // It is being overwritten at this moment.
                core::hint::spin_loop();
            }
        }
        Taken::NotHere
    }

    /// What is in front for a cursor that comes to `next`: the newest value, whichever it is. Its stamp says its number, so
    /// the line with the newest number is taken away from nobody, and no writer is too fast for a reader to keep up.
    /// `None` while it is being written, or if a lag is to be told and the caller does not tell it.
    #[inline(always)]
    fn read_front<T>(
        &self,
        front: &Front,
        end: &mut End,
        next: &core::sync::atomic::AtomicU64,
        tells: bool,
    ) -> Option<Taken<T>> {
        let number = next.load(Ordering::Relaxed);
        let (found, value) = match front.read_since(number) {
            Since::Value(found, value) => (found, value),
            Since::Nothing => return Some(Taken::Empty),
            Since::Busy => return None,
        };
        let lost = found.wrapping_sub(number);
        if lost > 0 {
            if self.tells_lag && !tells {
                return None;
            }
            end.lagged += lost;
            if self.tells_lag {
                next.store(found, Ordering::Relaxed);
                return Some(Taken::Lagged(lost));
            }
        }
        next.store(found.wrapping_add(1), Ordering::Relaxed);
        // SAFETY: the copy is whole.
        Some(Taken::Value(unsafe { value.assume_init() }))
    }

    /// What lies in the cell of the end's place, if it is the value that the end comes to.
    #[inline(always)]
    fn copy<T>(&self, cell: &SlotCell<T>, at: usize, number: u64) -> Option<MaybeUninit<T>> {
        let cell = cell.place();
        // SAFETY: the slot is the place's; if the stamp says that a value is there, all of it was
        // stored once. While the doors are open it is accessed by `words` only.
        self.stamps.of(at).read(number, || unsafe { words::load(cell) })
    }

    /// The newest value: `Empty` if there is none.
    pub(super) fn peek<T>(&self, slots: &impl Slots<T>, token: &Token) -> Taken<T> {
        if !self.peeks {
            return Taken::Empty;
        }
        self.look(self.peeking.enter(token), |slot| Some(slots.cell(slot)))
    }

    /// The newest value, as the owner of a cursor's end.
    #[inline(always)]
    pub(super) fn peek_as_owner<T>(&self, slots: &impl Slots<T>, cursor: &CursorEnd, token: &Token) -> Taken<T> {
        if !self.peeks {
            return Taken::Empty;
        }
        self.look(cursor.door.enter_as_owner(token), |slot| slots.cell_at_once(slot))
    }

    /// The newest value, if it is in front, and one look finds it whole, with the key of a cursor's end.
    ///
    /// # Safety
    ///
    /// As for [`Door::enter_with_key`].
    #[inline(always)]
    pub(super) unsafe fn peek_with_key<T>(&self, cursor: &CursorEnd, (world, key): (World, Key)) -> Option<T> {
        if !self.peeks {
            return None;
        }
        // SAFETY: by this function's contract.
        let _inside = (unsafe { cursor.door.enter_with_key(world, key) })?;
        Front::of::<T>(self.front.as_deref())?.newest()
    }

    /// Whether there is a newest value to look at.
    pub(super) const fn peeks(&self) -> bool {
        self.peeks
    }

    #[inline(always)]
    fn look<'a, T: 'a>(
        &self,
        inside: Option<Inside<'_, End>>,
        cell: impl Fn(u32) -> Option<&'a SlotCell<T>>,
    ) -> Taken<T> {
        let Some(mut inside) = inside else { return Taken::NotHere };
        let end = inside.end();
        for _ in 0..TRIES {
            if let Some(front) = Front::of::<T>(self.front.as_deref()) {
                if let Some(value) = front.newest() {
                    return Taken::Value(value);
                }
                if !front.is_filled(end.oldest) {
                    return Taken::Empty;
                }
                core::hint::spin_loop();
                continue;
            }
            let (number, none_yet) = self.newest_number(end.oldest);
            let at = end.place(number, self.capacity);
            let Some(cell) = cell(end.slot(at)) else { break };
            if let Some(value) = self.copy(cell, at, number) {
                // SAFETY: the copy is whole.
                return Taken::Value(unsafe { value.assume_init() });
            }
            if none_yet {
                return Taken::Empty;
            }
            core::hint::spin_loop();
        }
        Taken::NotHere
    }

    /// The number of the newest value, and whether it would be the first. Of a latest value its stamp says it, which
    /// the reader looks at anyway: else it would take one more line from the writer.
    #[inline(always)]
    fn newest_number(&self, oldest: u64) -> (u64, bool) {
        if self.capacity == 1
            && let Some(number) = self.stamps.of(0).number()
        {
            return (number, false);
        }
        let newest = self.newest.0.load(Ordering::Acquire);
        // The first value that comes may be there, and read, before its number is told.
        let none_yet = newest == oldest;
        (if none_yet { newest } else { newest.wrapping_sub(1) }, none_yet)
    }
}
