//! Which lane a record gets.

use super::Machine;
use super::ends::CursorEnds;
use super::gated::Several;
use super::mailbox::MailboxLane;
use super::queue::QueueLane;
use super::ring::{Cells, RingLane};
use super::scheme::{Called, Lane};
use super::shared::SharedLane;
use crate::pure::Kind;

/// Which records have a lane, if their values are small enough to be moved by those who hold others up.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::buffer) enum Lanes {
    /// None: the reference.
    None,
    /// Queues that lose nothing, and mailboxes.
    Moving,
    /// These, and rings and latest values: the values are plain data without padding, and nobody is
    /// told of those that are overwritten.
    MovingAndCopying,
    /// The same of values that are cloned, which takes a word for each slot.
    MovingAndSharing,
}

impl Lanes {
    const ALL: [Self; 4] = [Self::None, Self::Moving, Self::MovingAndCopying, Self::MovingAndSharing];
    const EAGER: u8 = 1 << 7;

    /// As a note that the machine keeps; `eager` says that the lane is there from the start.
    pub(super) const fn note(self, eager: bool) -> u8 {
        self as u8 | if eager { Self::EAGER } else { 0 }
    }

    /// What was noted.
    pub(super) const fn of(note: u8) -> (Self, bool) {
        (Self::ALL[(note % Self::ALL.len() as u8) as usize], note >= Self::EAGER)
    }
}

/// A record of more values than this has no lane: to lay its window out would take too long, and
/// touch memory that a record which is never full does not need.
pub(super) const MOST_PLACES: usize = 1 << 16;

/// Which lane a record has, and how large. Found under the lock, so that it can be made outside.
#[derive(Clone, Copy)]
pub(super) enum Plan {
    None,
    /// Of plain data it may have several cursors.
    Queue {
        plain: bool,
    },
    Mailbox,
    Ring {
        kind: Kind,
        capacity: usize,
        cursors: usize,
    },
    Shared {
        kind: Kind,
        capacity: usize,
        cursors: usize,
        slots: usize,
    },
}

impl Plan {
    pub(super) fn of(log: &Machine, lanes: Lanes) -> Self {
        if log.capacity() > MOST_PLACES {
            return Self::None;
        }
        match lanes {
            Lanes::None => Self::None,
            Lanes::Moving | Lanes::MovingAndCopying | Lanes::MovingAndSharing if log.may_be_left() => {
                Self::Queue { plain: lanes == Lanes::MovingAndCopying }
            }
            Lanes::Moving | Lanes::MovingAndCopying | Lanes::MovingAndSharing if log.is_mailbox() => Self::Mailbox,
            Lanes::MovingAndCopying if log.overwrites() => {
                Self::Ring { kind: log.kind(), capacity: log.capacity(), cursors: log.cursors().len() }
            }
            Lanes::MovingAndSharing if log.overwrites() => Self::Shared {
                kind: log.kind(),
                capacity: log.capacity(),
                cursors: log.cursors().len(),
                slots: log.slots(),
            },
            Lanes::MovingAndSharing | Lanes::MovingAndCopying | Lanes::Moving => Self::None,
        }
    }

    /// The lane, if there is memory for it.
    pub(super) fn lane(self, cells: Cells) -> Option<Lane> {
        match self {
            Self::None => None,
            Self::Queue { plain } => Some(Lane::Queue(Several::new(plain), QueueLane::new())),
            Self::Mailbox => Some(Lane::Called(Called::Mailbox(MailboxLane::new()))),
            Self::Ring { kind, capacity, .. } => RingLane::new(kind, capacity, cells).ok().map(Lane::Ring),
            Self::Shared { kind, capacity, slots, .. } => {
                SharedLane::new(kind, capacity, slots).ok().map(|lane| Lane::Called(Called::Shared(lane)))
            }
        }
    }

    /// The ends of the cursors that there are.
    pub(super) fn cursors(self) -> CursorEnds {
        let mut ends = CursorEnds::default();
        if let Self::Ring { cursors, .. } | Self::Shared { cursors, .. } = self {
            ends.grow(cursors);
        }
        ends
    }
}
