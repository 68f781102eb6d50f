//! The schemes that a lane may have, as whoever holds the record's lock knows them, and whoever calls one
//! without asking which.

use super::course::Course;
use super::ends::CURSORS;
use super::gated::Several;
use super::mailbox::MailboxLane;
use super::queue::QueueLane;
use super::ring::RingLane;
use super::shared::SharedLane;
use super::{InLane, LaneEnd, Machine};
use crate::buffer::Slots;
use crate::waiting::Token;

/// A lane. What tells the schemes apart stands by itself in front and is one of three, so that a call
/// finds its way with a load and two comparisons.
#[repr(u8)]
pub(super) enum Lane {
    /// Of the two, one is open: the first with several cursors, else the second.
    Queue(Several, QueueLane),
    Ring(RingLane),
    Called(Called),
}

/// Those whose stores and takes are not written out where they are used.
pub(super) enum Called {
    Mailbox(MailboxLane),
    Shared(SharedLane),
}

impl Called {
    /// Puts a value, or shares it, for the holder that owns the end; `dispose` is given what it displaced.
    #[inline(always)]
    pub(super) fn send_as_owner<T>(
        &self,
        slots: &impl Slots<T>,
        token: &Token,
        value: T,
        dispose: impl FnOnce(T),
    ) -> InLane<T> {
        match self {
            Self::Mailbox(lane) => lane.put_as_owner(slots, token, value, dispose),
            Self::Shared(lane) => lane.publish_as_owner(slots, token, value, dispose),
        }
    }
}

impl Lane {
    pub(super) fn close(&self, log: &mut Machine, course: &mut Course) -> u64 {
        match self {
            Self::Queue(several, _) if log.cursor_count() > 1 => several.close(log, &course.cursors),
            Self::Queue(_, lane) => lane.close(log),
            Self::Called(Called::Mailbox(lane)) => lane.close(log),
            Self::Ring(lane) => {
                let moved = lane.close(log, &course.cursors);
                course.stamped = log.next_number();
                moved
            }
            Self::Called(Called::Shared(lane)) => {
                let moved = lane.close(log, &course.cursors);
                course.stamped = log.next_number();
                moved
            }
        }
    }

    pub(super) fn is_foreign(&self, end: LaneEnd<'_>, token: &Token) -> bool {
        match self {
            Self::Queue(several, lane) => lane.is_foreign(end, token) || several.is_foreign(end, token),
            Self::Called(Called::Mailbox(lane)) => lane.is_foreign(end, token),
            Self::Ring(lane) => lane.is_foreign(end, token),
            Self::Called(Called::Shared(lane)) => lane.is_foreign(end, token),
        }
    }

    /// Gives an end to this holder. Called under the record's lock, while the lane is open; says whether it still is.
    pub(super) fn adopt(&self, log: &mut Machine, course: &mut Course, end: LaneEnd<'_>, token: &Token) -> bool {
        // Where there may be many ends, those of others go on.
        let is_closed = match self {
            Self::Ring(_) => false,
            Self::Queue(..) => log.cursor_count() <= 1,
            Self::Called(_) => true,
        };
        if is_closed {
            self.close(log, course);
        }
        match self {
            Self::Queue(several, _) if log.cursor_count() > 1 => several.adopt(end, token),
            Self::Queue(_, lane) => lane.adopt(end, token),
            Self::Called(Called::Mailbox(lane)) => lane.adopt(end, token),
            Self::Ring(lane) => lane.adopt(log, &mut course.cursors, end, token),
            Self::Called(Called::Shared(lane)) => lane.adopt(log, &course.cursors, end, token),
        }
        !is_closed || self.open(log, course)
    }

    /// Up to how many cursors all have an open door while the lane is open; of more, only this lane's can come later.
    pub(super) const fn always_here(&self) -> usize {
        match self {
            // A model has few.
            Self::Ring(_) if cfg!(shuttle) => 1,
            Self::Ring(_) | Self::Queue(..) | Self::Called(_) => CURSORS,
        }
    }

    pub(super) fn may_open(&self, log: &Machine, course: &Course) -> bool {
        match self {
            Self::Queue(several, _) => log.is_plain_queue() || several.may_open(log, &course.cursors),
            Self::Called(Called::Mailbox(_)) => !log.is_closed(),
            Self::Ring(lane) => lane.may_open(log, &course.cursors),
            Self::Called(Called::Shared(lane)) => lane.may_open(log, &course.cursors),
        }
    }

    /// Lets the ends in; says whether it could.
    pub(super) fn open(&self, log: &mut Machine, course: &Course) -> bool {
        match self {
            Self::Queue(several, _) if log.cursor_count() > 1 => return several.open(log, &course.cursors),
            Self::Queue(_, lane) => lane.open(log),
            Self::Called(Called::Mailbox(lane)) => return lane.open(log),
            Self::Ring(lane) => {
                lane.stamp(log, course.stamped);
                lane.open(log, &course.cursors);
            }
            Self::Called(Called::Shared(lane)) => lane.open(log, &course.cursors, course.stamped),
        }
        true
    }
}
