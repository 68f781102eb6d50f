//! The state of a queue: which places of its array hold values, and who waits. Each function is a critical
//! section, or a part of one, and takes a few instructions whatever a value is.
//!
//! The places of a queue are a ring:
//!
//! ```text
//!   taken, not yet    |  shown: readers   | claimed: senders
//!   given back        |  may take them    | fill them          | free
//!                     ^ read                                   ^ write
//! ```
//!
//! A small value is moved inside the section, so nothing is ever taken or claimed. A large one is moved
//! outside: a sender claims a place, fills it, commits; a reader takes a place, empties it, releases it. Places
//! are shown when no sender is filling any more, and given back when no reader is emptying: one who is
//! stopped in between holds the others' back, but nobody waits for a lock, and order is that of the claims.
//! (DPDK's `rte_ring` has this as its relaxed tail synchronisation.)

use super::shape::{MOST_INSIDE, Shape};
use crate::lean::{End, Waiters};

/// In `used`: values to come are refused.
pub(super) const CLOSED: u16 = 1 << 15;
/// In `used`: values that are there, or come from senders that were inside, are discarded.
const ABORTED: u16 = 1 << 14;
const COUNT: u16 = ABORTED - 1;

/// As large as a queue can be.
pub(super) const MAX: usize = COUNT as usize;

/// The last values that come to a queue came while it was closed.
pub(super) const LATE: u16 = CLOSED;

/// All zero is an empty queue that is open, so that C can have one in memory that nobody has set up.
#[repr(C)]
pub(crate) struct State {
    /// Those of readers, and of senders: see [`End::line_at`]. First, where short instructions make their addresses.
    pub(super) lines: [Waiters; 2],
    /// Places that are not free, with the flags above in front; so a closed queue looks full to a sender.
    used: u16,
    /// The place that is filled next, unless [`Shape::BY_COUNT`]; once the queue was aborted, how many values it discarded.
    write: u16,
    /// The place that is read next, unless [`Shape::BY_COUNT`].
    read: u16,
    /// Places that are shown, and those that readers took and that are not given back. Once the queue was aborted, which hides
    /// all values from readers: the values that are left to discard, if values are moved inside.
    open: u16,
    /// Places that readers took and that are not given back.
    taken: u16,
    /// Senders that are filling a place, and readers that are emptying one.
    filling: u8,
    emptying: u8,
    accepted: u32,
    pub(super) refused: u32,
    /// Values whose senders gave up. Where none waits because the newest is dropped: those that were.
    pub(super) timed_out_or_dropped: u32,
}

/// Whether what one has seen of [`State::word`], less the bits of the one at which it waits, is that the queue has ended for it.
#[inline(always)]
pub(super) fn is_end(end: End, seen: u32) -> bool {
    match end {
        End::Senders => seen & CLOSED as u32 != 0,
        // Readers wait at 0.
        End::Readers => seen != 0 && seen & COUNT as u32 == 0,
    }
}

/// Whether what [`State::all_used`] has said is that the queue refuses all values to come.
#[inline(always)]
pub(super) const fn refuses(used: u16) -> bool {
    used & CLOSED != 0
}

/// How many places are used of which [`State::all_used`] has said this.
#[inline(always)]
pub(super) const fn count(used: u16) -> u16 {
    used & COUNT
}

/// What a queue has counted.
pub(crate) struct Counts {
    pub(super) accepted: u32,
    pub(super) delivered: u32,
    pub(super) aborted: u32,
    pub(super) stored: usize,
}

impl State {
    pub(super) const fn new() -> Self {
        Self {
            used: 0,
            write: 0,
            read: 0,
            open: 0,
            taken: 0,
            filling: 0,
            emptying: 0,
            accepted: 0,
            refused: 0,
            timed_out_or_dropped: 0,
            lines: [Waiters::new(), Waiters::new()],
        }
    }

    /// Those who wait at this end.
    #[inline(always)]
    pub(super) const fn line(&self, end: End) -> &Waiters {
        &self.lines[end.line_at() / size_of::<Waiters>()]
    }

    #[inline(always)]
    pub(super) const fn is_closed(&self) -> bool {
        self.used & CLOSED != 0
    }

    pub(super) const fn is_aborted(&self) -> bool {
        self.used & ABORTED != 0
    }

    /// How many places are used, and whether the queue is closed or aborted: see [`is_end`].
    #[inline(always)]
    pub(super) const fn word(&self) -> u32 {
        self.used as u32
    }

    /// Of a queue whose values are moved outside, and that is not wide: 0 if no reader would find one.
    #[inline(always)]
    pub(super) const fn shown(&self) -> u32 {
        (self.open ^ self.taken) as u32
    }

    /// Of a queue whose values are moved outside: how many are shown, and not taken.
    #[inline(always)]
    pub(super) const fn readable(&self) -> u32 {
        (self.open - self.taken) as u32
    }

    /// How many places are used, with the flags of a queue that is closed: so more than it has, see [`Shape::has_more_than`].
    #[inline(always)]
    pub(super) const fn all_used(&self) -> u16 {
        self.used
    }

    #[inline(always)]
    pub(super) const fn used(&self) -> u16 {
        self.used & COUNT
    }

    /// How many values are left to discard, if values are moved inside.
    pub(super) const fn left(&self) -> u16 {
        if self.is_aborted() { self.open } else { 0 }
    }

    /// A place for one more value, which counts as stored if values are moved inside. `None` when it is full or
    /// closed, or more senders are inside than can be counted.
    #[inline(always)]
    pub(super) fn claim<S: Shape>(&mut self, shape: S) -> Option<u16> {
        if !self.has_room(shape) {
            return None;
        }
        self.used += 1;
        let place = if S::BY_COUNT { shape.at(self.accepted) } else { Self::step(&mut self.write, shape) };
        if S::INSIDE {
            self.accepted = self.accepted.wrapping_add(1);
        } else {
            self.filling = self.filling.wrapping_add(1);
        }
        Some(place)
    }

    /// Counts one down; says whether some are left. In a register's width, which is what is tested for nothing.
    #[inline(always)]
    fn one_less(count: &mut u8) -> bool {
        let left = u32::from(*count).wrapping_sub(1);
        *count = left as u8;
        left != 0
    }

    /// A claimed place is filled. Says how many values are shown by that; if it is [`LATE`] or more, [`State::commit_late`]
    /// has to follow.
    #[inline(always)]
    pub(super) fn commit(&mut self) -> u16 {
        self.accepted = self.accepted.wrapping_add(1);
        if Self::one_less(&mut self.filling) {
            return 0;
        }
        let used = self.used;
        if self.is_closed() {
            return used;
        }
        let shows = used.wrapping_sub(self.open);
        self.open = used;
        shows
    }

    /// What came while the queue was closed is shown, unless it is to be discarded.
    pub(super) const fn commit_late(&mut self) {
        if self.filling == 0 && !self.is_aborted() {
            self.open = self.used();
        }
    }

    /// The place of the oldest value, which is given back at once if values are moved inside. `None` when there
    /// is none, or more readers are inside than can be counted.
    #[inline(always)]
    pub(super) fn take<S: Shape>(&mut self, shape: S) -> Option<u16> {
        if S::INSIDE {
            return self.take_and_give_back(shape);
        }
        if !self.has_value(shape) {
            return None;
        }
        self.taken = self.taken.wrapping_add(1);
        self.emptying = self.emptying.wrapping_add(1);
        Some(Self::step(&mut self.read, shape))
    }

    #[inline(always)]
    fn take_and_give_back<S: Shape>(&mut self, shape: S) -> Option<u16> {
        if self.used() == 0 {
            return None;
        }
        let used = self.used;
        self.used = used - 1;
        Some(self.oldest(used, shape))
    }

    /// The place of the oldest of so many values, if values are moved inside. Flags in front of the number are more than the places are.
    #[inline(always)]
    fn oldest<S: Shape>(&mut self, of: u16, shape: S) -> u16 {
        if S::BY_COUNT {
            return shape.at(self.accepted.wrapping_sub(u32::from(of)));
        }
        Self::step(&mut self.read, shape)
    }

    /// The place that is next, which goes on to the one after it.
    #[inline(always)]
    fn step<S: Shape>(next: &mut u16, shape: S) -> u16 {
        let place = *next;
        *next = shape.after(place);
        place
    }

    /// A place that was taken is empty. Says how many are given back by that.
    #[inline(always)]
    pub(super) fn release(&mut self) -> u16 {
        if Self::one_less(&mut self.emptying) {
            return 0;
        }
        let taken = self.taken;
        self.taken = 0;
        self.used = self.used.wrapping_sub(taken);
        self.open = self.open.wrapping_sub(taken);
        taken
    }

    /// Whether there will be no value any more.
    pub(super) const fn is_over(&self) -> bool {
        self.is_closed() && (self.is_aborted() || self.used() == self.taken)
    }

    /// Whether a sender would find a place. As many as there are places can be counted, unless there are very many.
    #[inline(always)]
    pub(super) fn has_room<S: Shape>(&self, shape: S) -> bool {
        shape.has_more_than(self.used) && (!shape.is_wide() || self.filling < MOST_INSIDE)
    }

    /// Whether a reader would find a value.
    #[inline(always)]
    pub(super) fn has_value<S: Shape>(&self, shape: S) -> bool {
        if S::INSIDE {
            self.used() > 0
        } else {
            self.taken < self.open && (!shape.is_wide() || self.emptying < MOST_INSIDE)
        }
    }

    /// Counts a value that was refused.
    pub(super) const fn refuse(&mut self) {
        self.refused = self.refused.wrapping_add(1);
    }

    /// Counts a value that is refused, or dropped if the queue drops what meets it while it is full and is not closed. Says whether it is
    /// closed.
    #[inline(always)]
    pub(super) const fn refuse_or_drop(&mut self, drops: bool) -> bool {
        let closed = self.is_closed();
        if drops && !closed {
            self.timed_out_or_dropped = self.timed_out_or_dropped.wrapping_add(1);
        } else {
            self.refuse();
        }
        closed
    }

    pub(super) fn close(&mut self) {
        self.used |= CLOSED;
    }

    /// Closes, and from now on what is there is to be discarded: no reader finds it.
    pub(super) fn abort<S: Shape>(&mut self) {
        if self.is_aborted() {
            return;
        }
        if S::INSIDE {
            self.open = self.used();
            self.used = 0;
        }
        self.used |= CLOSED | ABORTED;
        // Nothing is claimed any more, so the place is needed no longer.
        self.write = 0;
        if !S::INSIDE {
            self.open = self.taken;
        }
    }

    /// Takes a value that is to be discarded.
    pub(super) fn discard<S: Shape>(&mut self, shape: S) -> Option<u16> {
        if !self.is_aborted() {
            return None;
        }
        if S::INSIDE {
            let left = self.open;
            self.open = left.checked_sub(1)?;
            self.write += 1;
            Some(self.oldest(left, shape))
        } else {
            // Of those that are being filled the last to come discards all.
            if self.filling > 0 || self.used() == self.taken || shape.is_wide() && self.emptying == MOST_INSIDE {
                return None;
            }
            self.open += 1;
            self.taken += 1;
            self.emptying += 1;
            self.write += 1;
            Some(Self::step(&mut self.read, shape))
        }
    }

    /// The place of the oldest value of a queue that nobody uses any more; it is the caller's.
    pub(super) fn last_of_all<S: Shape>(&mut self, shape: S) -> Option<u16> {
        if S::INSIDE && self.is_aborted() { self.discard(shape) } else { self.take_and_give_back(shape) }
    }

    pub(super) fn counts<S: Shape>(&self) -> Counts {
        let aborted = if self.is_aborted() { self.write } else { 0 };
        let hidden = if S::INSIDE && self.is_aborted() { self.open } else { 0 };
        let stored = self.used() + hidden - self.taken - u16::from(self.filling);
        let delivered = self.accepted.wrapping_sub(u32::from(stored) + u32::from(aborted));
        Counts { accepted: self.accepted, delivered, aborted: u32::from(aborted), stored: usize::from(stored) }
    }
}
