//! Those who look at the newest value.

use super::scheme::{Called, Lane};
use super::{CursorEnd, LaneEnd, LaneLock, Seen, Taken};
use crate::buffer::Slots;
use crate::waiting::Token;

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

    /// The end at which a reader looks at the newest: where values are shared, that of its cursor.
    pub(in crate::buffer) fn peeking_end<'a>(&self, cursor: Option<&'a CursorEnd>) -> Option<LaneEnd<'a>> {
        match self.lane()? {
            Lane::Called(Called::Shared(_)) => Some(LaneEnd::Taking(cursor)),
            Lane::Ring(lane) if lane.peeks() => Some(LaneEnd::Peeking),
            Lane::Queue(..) | Lane::Ring(_) | Lane::Called(Called::Mailbox(_)) => None,
        }
    }

    /// The same for the owner of the end at which a reader looks, if the value is there.
    #[inline(always)]
    pub(in crate::buffer) fn peek_as_owner<T>(
        &self,
        slots: &impl Slots<T>,
        token: &Token,
        cursor: Option<&CursorEnd>,
        clone: impl FnOnce(Seen<'_>) -> Option<T>,
    ) -> Option<T> {
        match (self.lane(), cursor) {
            (Some(Lane::Ring(lane)), _) => match lane.peek_as_owner(slots, token) {
                Taken::Value(value) => Some(value),
                Taken::Empty | Taken::Lagged(_) | Taken::NotHere => None,
            },
            (Some(Lane::Called(Called::Shared(lane))), Some(end)) => lane.peek_as_owner(end, token).and_then(clone),
            (Some(Lane::Queue(..) | Lane::Called(_)) | None, _) => None,
        }
    }
}
