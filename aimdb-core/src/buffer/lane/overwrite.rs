//! The writing end of the lane of shared values.

use core::sync::atomic::Ordering::{self, Relaxed};

use super::InLane;
use super::ends::End;
use super::looks::Look;
use super::shared::SharedLane;
use crate::buffer::Slots;
use crate::pure::{Claim, Owned};
use crate::waiting::{Inside, Token};

impl SharedLane {
    /// Whether nobody may look at a value; a hint from outside.
    #[inline(always)]
    pub(super) fn is_quiet(&self) -> bool {
        self.quiet.is_on()
    }

    /// Publishes a value over the oldest one, at which nobody looks, as the owner of the writing end of a
    /// quiet lane; `dispose` is given the oldest, outside the door. Anything else is not here.
    #[inline(never)]
    pub(super) fn publish_in_quiet<T>(
        &self,
        slots: &impl Slots<T>,
        token: &Token,
        value: T,
        dispose: impl FnOnce(T),
    ) -> InLane<T> {
        let over = {
            let Some(mut inside) = self.writing.enter_as_owner(token) else { return InLane::NotHere(value) };
            #[allow(unused_mut, reason = "a model's end is more than a reference")]
            let mut end = inside.end();
            let (at, number) = (end.at, self.newest.number.load(Relaxed));
            let slot = self.places.slot(at);
            let (Some(cell), Some(look)) = (slots.cell_at_once(slot), self.looks.at_once(slot)) else {
                return InLane::NotHere(value);
            };
            let is_full = self.before(number).wrapping_sub(end.oldest) as i64 >= 0;
            if !(is_full && self.quiet.is_on() && look.is_unseen()) {
                return InLane::NotHere(value);
            }
            let over = cell.empty(&Owned(slot));
            cell.fill(&Claim(slot), value);
            self.show(&mut *end, at, look, number);
            over
        };
        dispose(over);
        InLane::Done
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
    pub(super) fn publish_as_owner<T>(
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
    pub(super) fn publish<T>(
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
        let quiet = self.quiet.is_on();
        if !quiet && self.quiet.is_due(number) {
            return Err(value);
        }
        let mut slot = self.places.slot(at);
        let (mut cell, mut look) = (slots.cell(slot), self.looks.of(slot));
        let mut over = None;
        let before = self.before(number);
        if before.wrapping_sub(end.oldest) as i64 >= 0 {
            if quiet && look.is_unseen() {
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

/// What became of the value that the next one displaces.
enum Displaced {
    /// It is the writer's.
    Alone,
    /// It is theirs who look at it, with its slot; this one takes its place.
    Seen(u32),
    /// Somebody looks, and there is no spare slot.
    NotHere,
}
