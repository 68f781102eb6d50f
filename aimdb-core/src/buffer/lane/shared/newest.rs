//! Those who look at the newest value.

use core::sync::atomic::Ordering::{self, Relaxed};

use super::looks::Pinning;
use super::{SharedLane, TRIES};
use crate::buffer::Slots;
use crate::buffer::lane::ends::End;
use crate::buffer::lane::scheme::{Called, Lane};
use crate::buffer::lane::{CursorEnd, LaneLock, Seen, Taken};
use crate::pure::Pinned;
use crate::waiting::{Inside, Token};

impl LaneLock {
    /// A copy of the newest value of a record that has one, without the lock, where that can be done.
    #[inline]
    pub(in crate::buffer) fn peek<T>(
        &self,
        slots: &impl Slots<T>,
        token: &Token,
        clone: impl FnOnce(Seen<'_>) -> Option<T>,
    ) -> Taken<T> {
        match self.lane() {
            Some(Lane::Ring(lane)) => lane.peek(slots, token),
            Some(Lane::Called(Called::Shared(lane))) => lane.peek(token).brought(clone),
            // A queue has none to look at.
            Some(Lane::Queue(..)) => Taken::Empty,
            Some(Lane::Called(Called::Mailbox(_))) | None => Taken::NotHere,
        }
    }

    /// Whether a reader can look at the newest, at its cursor's end.
    pub(in crate::buffer) fn peeks(&self) -> bool {
        match self.lane() {
            Some(Lane::Called(Called::Shared(lane))) => lane.peeks,
            Some(Lane::Ring(lane)) => lane.peeks(),
            Some(Lane::Queue(..) | Lane::Called(_)) | None => false,
        }
    }

    /// The same for the owner of a cursor's end, if the value is there.
    #[inline(always)]
    pub(in crate::buffer) fn peek_as_owner<T>(
        &self,
        slots: &impl Slots<T>,
        token: &Token,
        cursor: Option<&CursorEnd>,
        clone: impl FnOnce(Seen<'_>) -> Option<T>,
    ) -> Option<T> {
        match (self.lane(), cursor) {
            (Some(Lane::Ring(lane)), Some(end)) => match lane.peek_as_owner(slots, end, token) {
                Taken::Value(value) => Some(value),
                Taken::Empty | Taken::Lagged(_) | Taken::NotHere => None,
            },
            (Some(Lane::Called(Called::Shared(lane))), Some(end)) => lane.peek_as_owner(end, token).and_then(clone),
            (Some(Lane::Queue(..) | Lane::Ring(_) | Lane::Called(_)) | None, _) => None,
        }
    }

    /// Called when all is done by the last who looked at a value that had been displaced. At the one place of a latest
    /// value it lets the writer go on for a moment. A look and a publish that meet take the lines of the value from each
    /// other several times, and a line comes from another core in the time of a dozen publishes: so a reader that looks
    /// without pause would cost the writer for each value.
    pub(in crate::buffer) fn let_go_on(&self) {
        let is_latest = matches!(self.lane(), Some(Lane::Called(Called::Shared(lane))) if lane.peeks);
        for _ in 0..if is_latest { COURTESY } else { 0 } {
            core::hint::spin_loop();
        }
    }
}

/// In so many turns a look that meets the writer is over.
const COURTESY: u32 = if cfg!(any(loom, shuttle)) { 0 } else { 16 };

impl SharedLane {
    /// The newest value, pinned: `Empty` if there is none.
    pub(in crate::buffer::lane) fn peek(&self, token: &Token) -> Taken<Seen<'_>> {
        if !self.peeks {
            return Taken::Empty;
        }
        let Some(mut inside) = self.peeking.enter(token) else { return Taken::NotHere };
        if self.quiet.is_on() {
            return Taken::NotHere;
        }
        self.pin_after_all(&*inside.end())
    }

    /// The same through a cursor's door, if the value is there and the owner of the cursor's end comes.
    /// Anything else, [`SharedLane::peek`] says.
    #[inline(always)]
    pub(in crate::buffer::lane) fn peek_as_owner(&self, cursor: &CursorEnd, token: &Token) -> Option<Seen<'_>> {
        self.peek_inside(cursor, cursor.door.enter_as_owner(token))
    }

    /// The same for whoever came in at the cursor's door.
    #[inline(always)]
    pub(in crate::buffer::lane) fn peek_inside(
        &self,
        cursor: &CursorEnd,
        inside: Option<Inside<'_, End>>,
    ) -> Option<Seen<'_>> {
        let mut inside = inside?;
        if !(self.peeks && cursor.may_look.load(Relaxed)) {
            return None;
        }
        self.pin_at_once().or_else(|| match self.pin_after_all(&*inside.end()) {
            Taken::Value(seen) => Some(seen),
            Taken::Empty | Taken::Lagged(_) | Taken::NotHere => None,
        })
    }

    /// For whoever may be in the writer's way, or in another's.
    #[cold]
    fn pin_after_all(&self, end: &End) -> Taken<Seen<'_>> {
        for _ in 0..TRIES {
            match self.pin_newest(end) {
                Taken::NotHere => core::hint::spin_loop(),
                other => return other,
            }
        }
        Taken::NotHere
    }

    /// What lies at the one place of a latest value: its word says all, and the newest number would be one more line of
    /// the writer's.
    #[inline(always)]
    fn pin_at_once(&self) -> Option<Seen<'_>> {
        if self.capacity > 1 {
            return None;
        }
        let slot = self.places.slot(0);
        let look = self.looks.of(slot);
        if look.pin_any() != Pinning::Pinned {
            return None;
        }
        self.note_look();
        Some(Seen { pinned: Pinned(slot), look })
    }

    #[inline(always)]
    fn pin_newest(&self, end: &End) -> Taken<Seen<'_>> {
        if let Some(seen) = self.pin_at_once() {
            return Taken::Value(seen);
        }
        let newest = self.newest.number.load(Ordering::Acquire);
        // The first value that comes may be there, and read, before its number is told.
        let none_yet = newest == end.oldest;
        let number = if none_yet { newest } else { newest.wrapping_sub(1) };
        let slot = self.places.slot(end.place(number, self.capacity));
        let look = self.looks.of(slot);
        if look.pin(number) == Pinning::Pinned {
            self.note_look();
            return Taken::Value(Seen { pinned: Pinned(slot), look });
        }
        if none_yet { Taken::Empty } else { Taken::NotHere }
    }
}
