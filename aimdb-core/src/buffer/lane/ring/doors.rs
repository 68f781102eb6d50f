//! How the doors of a ring's lane are opened and shut, and change hands.
#![allow(unsafe_code)]

use core::sync::atomic::Ordering;

use super::RingLane;
use crate::buffer::lane::ends::{CursorEnds, End};
use crate::buffer::lane::{LaneEnd, Machine};
use crate::waiting::{Door, Key, Token, shut};

impl RingLane {
    /// Whether a holder was sent away only because another has this end, or its cursor is not here.
    pub(in crate::buffer::lane) fn is_foreign(&self, end: LaneEnd<'_>, token: &Token) -> bool {
        self.door(end).is_some_and(|door| door.is_foreign(token) || !door.is_open() && self.writing.is_open())
    }

    /// Gives an end to this holder, and has its cursor here. Called under the record's lock, while the lane is open:
    /// the other ends go on meanwhile.
    pub(in crate::buffer::lane) fn adopt(
        &self,
        log: &Machine,
        cursors: &mut CursorEnds,
        end: LaneEnd<'_>,
        token: &Token,
    ) {
        let Some(door) = self.door(end) else { return };
        // Nobody else opens or shuts it: this is exact.
        let is_here = door.is_open();
        shut([door].into_iter());
        // SAFETY: the door was shut here, and found empty after.
        unsafe {
            if let (LaneEnd::Taking(Some(cursor)), false) = (end, is_here) {
                cursors.admit(log, cursor);
            }
            door.adopt(token);
        }
        door.open();
    }

    /// Whether no holder will ever own this end.
    pub(in crate::buffer::lane) fn is_common(&self, end: LaneEnd<'_>) -> bool {
        self.door(end).is_none_or(Door::is_common)
    }

    /// The key of the holder that owns this end.
    pub(in crate::buffer::lane) fn key(&self, end: LaneEnd<'_>, token: &Token) -> Option<Key> {
        self.door(end)?.key(token)
    }

    fn door<'a>(&'a self, end: LaneEnd<'a>) -> Option<&'a Door<End>> {
        match end {
            LaneEnd::Sending => Some(&self.writing),
            LaneEnd::Taking(cursor) => cursor.map(|cursor| &cursor.door),
            LaneEnd::Peeking => Some(&self.peeking),
        }
    }

    fn doors<'a>(&'a self, cursors: &'a CursorEnds) -> impl Iterator<Item = &'a Door<End>> + Clone {
        [&self.writing, &self.peeking].into_iter().chain(cursors.here().map(|(_, cursor)| &cursor.door))
    }

    /// Whether the ends could go on alone.
    pub(in crate::buffer::lane) fn may_open(&self, log: &Machine, cursors: &CursorEnds) -> bool {
        !log.is_closed() && cursors.are_for_all(log)
    }

    /// Says of each value of the window that it is there, from `stamped` on.
    pub(in crate::buffer::lane) fn stamp(&self, log: &Machine, stamped: u64) {
        let first = log.next_number().wrapping_sub(log.len() as u64);
        let behind = stamped.wrapping_sub(first) as i64;
        for offset in behind.max(0) as usize..log.len() {
            let at = log.first_place() + offset;
            let at = if at >= self.capacity { at - self.capacity } else { at };
            self.stamps.set(at, first.wrapping_add(offset as u64));
        }
    }

    /// Lets the ends in. Called under the record's lock, with the window laid out and stamped.
    pub(in crate::buffer::lane) fn open(&self, log: &Machine, cursors: &CursorEnds) {
        let next = log.next_number();
        // SAFETY: the caller holds the lock and the doors are shut: they were never opened, or `close`
        // came after.
        unsafe {
            self.writing.with_end(|end| *end = End::at(log, next));
            self.peeking.with_end(|end| *end = End::at(log, next));
            cursors.begin(log);
        }
        // Published by the doors.
        self.front.iter().for_each(|of| of[0].bring(log));
        self.newest.0.store(next, Ordering::Relaxed);
        let oldest = next.wrapping_sub(log.len() as u64);
        self.shift.store((log.first_place() as u64).wrapping_sub(oldest), Ordering::Relaxed);
        self.doors(cursors).for_each(Door::open);
    }

    /// Keeps the ends out and counts what they have done; says how many values they moved. Called
    /// under the record's lock.
    pub(in crate::buffer::lane) fn close(&self, log: &mut Machine, cursors: &CursorEnds) -> u64 {
        shut(self.doors(cursors));
        let published = self.newest.0.load(Ordering::Relaxed).wrapping_sub(log.next_number());
        log.catch_up_ring(published);
        if published > 0 {
            self.front.iter().for_each(|of| of[0].put_back(log));
        }
        // SAFETY: the doors were shut here, and found empty after.
        published + unsafe { cursors.catch_up(log) }
    }
}
