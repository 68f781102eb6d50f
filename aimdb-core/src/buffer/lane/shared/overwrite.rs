//! The writing end of the lane of shared values.
#![allow(unsafe_code)]

use core::mem::{ManuallyDrop, needs_drop};
use core::sync::atomic::Ordering::{self, Relaxed};

use super::SharedLane;
use super::looks::Look;
use super::quiet::Quiet;
use crate::buffer::lane::ends::{CursorEnd, End};
use crate::buffer::lane::{InLane, Stored};
use crate::buffer::{SlotCell, Slots};
use crate::pure::{Claim, Owned};
use crate::waiting::{Inside, Key, Token, World};

impl SharedLane {
    /// Publishes a value over the oldest one, at which nobody looks, with the key of the writing end. Anything
    /// else, and now and then a look at those who may, [`SharedLane::publish_as_owner`] does.
    ///
    /// # Safety
    ///
    /// As for [`Door::enter_with_key`](crate::waiting::Door::enter_with_key); the caller does not use a value again that was
    /// stored.
    #[inline(always)]
    pub(in crate::buffer::lane) unsafe fn publish_with_key<T>(
        &self,
        cells: &[SlotCell<T>],
        (world, key): (World, Key),
        value: &ManuallyDrop<T>,
    ) -> Stored {
        let over = {
            // SAFETY: by this function's contract.
            let Some(mut inside) = (unsafe { self.writing.enter_with_key(world, key) }) else { return Stored::NotHere };
            #[allow(unused_mut, reason = "a model's end is more than a reference")]
            let mut end = inside.end();
            let (at, number) = (end.at, self.newest.number.load(Relaxed));
            let slot = self.places.slot(at);
            let (Some(cell), Some(look)) = (cells.get(slot as usize), self.looks.at_once(slot)) else {
                return Stored::NotHere;
            };
            let alone = end.is_clear(number) && look.is_unseen();
            if !alone {
                let before = self.before(number);
                if !(end.has_looked(before, number) && look.displace_unseen(before)) {
                    return Stored::NotHere;
                }
            }
            // Where a drop does nothing, what lies there is overwritten.
            let over = needs_drop::<T>().then(|| cell.empty(&Owned(slot)));
            // SAFETY: it is the record's from here on, by this function's contract.
            unsafe { cell.fill_from(&Claim(slot), value) };
            self.show(&mut *end, at, look, number);
            over
        };
        // A drop is code of the user's: outside the door.
        drop(over);
        Stored::Done
    }

    /// The number of the value that the one with this number displaces.
    #[inline(always)]
    const fn before(&self, number: u64) -> u64 {
        number.wrapping_sub(self.capacity as u64)
    }

    /// Shows the value with this number to readers, and goes on to the next place.
    #[inline(always)]
    fn show(&self, end: &mut End, at: usize, look: &Look, number: u64) {
        look.publish(number);
        end.go_on(at, self.capacity);
        self.newest.number.store(number.wrapping_add(1), Ordering::Release);
    }

    /// Publishes a value as the owner of the writing end; as [`SharedLane::publish`].
    #[inline(never)]
    pub(in crate::buffer::lane) fn publish_as_owner<T>(
        &self,
        slots: &impl Slots<T>,
        token: &Token,
        value: T,
        dispose: impl FnOnce(T),
    ) -> InLane<T> {
        InLane::outside(self.write(slots, self.writing.enter_as_owner(token), value), dispose)
    }

    /// Publishes a value, over the oldest one if the window is full; `dispose` is given that one, outside
    /// the door, unless somebody is cloning it.
    pub(in crate::buffer::lane) fn publish<T>(
        &self,
        slots: &impl Slots<T>,
        token: &Token,
        value: T,
        dispose: impl FnOnce(T),
    ) -> InLane<T> {
        InLane::outside(self.write(slots, self.writing.enter(token), value), dispose)
    }

    #[inline(always)]
    fn write<T>(&self, slots: &impl Slots<T>, inside: Option<Inside<'_, End>>, value: T) -> Result<Option<T>, T> {
        let Some(mut inside) = inside else { return Err(value) };
        #[allow(unused_mut, reason = "a model's end is more than a reference")]
        let mut end = inside.end();
        let (at, number) = (end.at, self.newest.number.load(Relaxed));
        let mut slot = self.places.slot(at);
        let (mut cell, mut look) = (slots.cell(slot), self.looks.of(slot));
        let mut over = None;
        let before = self.before(number);
        if before.wrapping_sub(end.oldest) as i64 >= 0 {
            let clear = end.is_clear(number) || self.look_round(&mut *end, number);
            if !clear && self.is_quiet_due(end.until, number) {
                return Err(value);
            }
            if clear && look.is_unseen() {
                over = Some(cell.empty(&Owned(slot)));
            } else {
                match self.displace(slot, look, before) {
                    Displaced::Alone => over = Some(cell.empty(&Owned(slot))),
                    Displaced::Seen(spare) => {
                        self.places.put(at, spare);
                        slot = spare;
                        (cell, look) = (slots.cell(slot), self.looks.of(slot));
                    }
                    Displaced::NotHere => return Err(value),
                }
            }
        }
        // The slot is this end's: nobody else looks at it, or will, until it is published.
        cell.fill(&Claim(slot), value);
        self.show(&mut *end, at, look, number);
        Ok(over)
    }

    /// Looks how far those have come who may look, and whether all are past the value that the one with this number
    /// displaces.
    fn look_round(&self, end: &mut End, number: u64) -> bool {
        let before = self.before(number);
        if (number.wrapping_sub(end.again) as i64) < 0 {
            return false;
        }
        let far = before.wrapping_add(FAR);
        let least = |least: u64, cursor: &CursorEnd| {
            // Acquire, in here: what it has pinned so far is seen at the words.
            let passed = cursor.passed();
            if (passed.wrapping_sub(least) as i64) < 0 { passed } else { least }
        };
        let [looking] = &*self.looking;
        let until = match self.peeks {
            // A cursor that came since may look because one before it in the same place might.
            true if self.quiet.is_on() && looking.count() == 0 => far,
            true => before,
            false => looking.iter().fold(far, least),
        };
        // Whoever has not come to the window yet stands in the way of all of it.
        end.until = until.wrapping_add(self.capacity as u64);
        // Whoever stands in the way may stand there for long: as many values for a look at each, if they are
        // not those of a peek, of which nothing is seen here. When quiet is asked for, another.
        let pause = if self.peeks { u64::MAX } else { looking.count().max(4) as u64 };
        end.again = number.wrapping_add(pause.min(Quiet::until_asked(number)));
        end.is_clear(number)
    }

    /// Whether the writer, which has to reckon with somebody who may look, should ask for quiet.
    fn is_quiet_due(&self, until: u64, number: u64) -> bool {
        self.quiet.is_due(number, (!self.peeks).then_some(until))
    }

    /// Takes the place of the value with this number, which lies in `slot`.
    #[inline]
    fn displace(&self, slot: u32, look: &Look, number: u64) -> Displaced {
        let Some(vacant) = self.newest.spares.find_vacant(&self.looks) else {
            let is_alone = look.displace_unseen(number);
            return if is_alone { Displaced::Alone } else { Displaced::NotHere };
        };
        if look.displace() {
            return Displaced::Alone;
        }
        Displaced::Seen(self.newest.spares.exchange(vacant, slot))
    }
}

/// So many values are not published.
const FAR: u64 = 1 << 62;

/// What became of the value that the next one displaces.
enum Displaced {
    /// It is the writer's.
    Alone,
    /// It is theirs who look at it, with its slot; this one takes its place.
    Seen(u32),
    /// Somebody looks, and there is no spare slot.
    NotHere,
}
