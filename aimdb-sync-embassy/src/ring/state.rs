//! The state of a ring: which of its values are retained, how far each cursor is, and who waits. Each function is a
//! critical section, or a part of one, and takes a few instructions whatever a value is.
//!
//! Values have positions, in the order in which they were published: `end` is that of the next. The last `N` are
//! retained. A cursor is a position; what lies between it and the end it has not read, and what of that is more than
//! `N` it has missed. Where in the ring a position lies follows from how far it is behind the end.
//!
//! A large value is written outside the section, into a place that is not of the ring: a publisher takes a spare
//! place, fills it, and puts it into the ring for the oldest one, which is spare from then on. So publishers that are
//! inside at the same time have nothing to do with each other, and nobody sees a value before it is whole.

#![allow(unsafe_code)]

use super::cursor::{Cursor, NO_PLACE, Taken};

/// In `at`: values to come are refused.
const CLOSED: u32 = 1 << 31;

/// Of a place that came out of the ring: there is a value.
pub(super) const FULL: u32 = 1 << 8;

/// As many places as a place's number can name.
pub(super) const MOST_PLACES: usize = u8::MAX as usize;

/// As many cursors as `awaited` has bits for.
pub(super) const MOST_READERS: usize = u32::BITS as usize;

pub(super) struct State<const N: usize, const READERS: usize, const WRITERS: usize> {
    /// The place of the ring that is filled next, with the flag above in front; so a closed ring has no such place.
    at: u32,
    /// The position of the next value.
    end: u32,
    /// How far a cursor may be behind and find what it reads: `N`, and nothing once the ring was aborted.
    reach: u32,
    /// A bit for each cursor at which somebody waits, or has waited since a publisher found nobody there; of a ring with
    /// one it is not kept.
    awaited: u32,
    /// How often `end` has wrapped.
    laps: u32,
    /// How many places are spare.
    spares: u32,
    pub(super) refused: u32,
    aborted: u32,
    /// What cursors that have left had counted.
    delivered: u32,
    lagged: u32,
    pub(super) cursors: [Cursor; READERS],
    /// Places that are spare: so many from the first.
    spare: [u8; WRITERS],
    /// The places of the ring, in its order. Not looked at where values are moved inside.
    order: [u8; N],
}

impl<const N: usize, const READERS: usize, const WRITERS: usize> State<N, READERS, WRITERS> {
    pub(super) const fn new() -> Self {
        let (mut spare, mut order) = ([0; WRITERS], [0; N]);
        // Bounded by the places, which a `u8` names.
        let mut at = 0;
        while at < N {
            order[at] = at as u8;
            at += 1;
        }
        while at < N + WRITERS {
            spare[at - N] = at as u8;
            at += 1;
        }
        Self {
            at: 0,
            end: 0,
            reach: N as u32,
            awaited: 0,
            laps: 0,
            spares: WRITERS as u32,
            refused: 0,
            aborted: 0,
            delivered: 0,
            lagged: 0,
            cursors: [const { Cursor::new() }; READERS],
            spare,
            order,
        }
    }

    #[inline(always)]
    pub(super) const fn is_closed(&self) -> bool {
        self.at & CLOSED != 0
    }

    /// Where the next value comes; from `N` on there is none, because the ring is closed.
    #[inline(always)]
    pub(super) const fn at(&self) -> u32 {
        self.at
    }

    /// A value is there, at the place that [`State::at`] has said.
    #[inline(always)]
    pub(super) const fn pass(&mut self, at: u32) {
        let next = at + 1;
        self.at = if N.is_power_of_two() {
            next & (N as u32 - 1)
        } else if next == N as u32 {
            0
        } else {
            next
        };
        let (end, wrapped) = self.end.overflowing_add(1);
        self.end = end;
        if wrapped {
            self.wrap();
        }
    }

    // A call, because what is skipped where it stands would be skipped instruction by instruction.
    #[cold]
    #[inline(never)]
    const fn wrap(&mut self) {
        self.laps = self.laps.wrapping_add(1);
    }

    /// One of the cursors.
    #[inline(always)]
    pub(super) const fn cursor(&mut self, cursor: usize) -> &mut Cursor {
        if READERS == 1 {
            return &mut self.cursors[0];
        }
        debug_assert!(cursor < READERS);
        // SAFETY: the number is of a `RingCursor`, which is bounded where it is looked at, or was counted out.
        unsafe { &mut *self.cursors.as_mut_ptr().add(cursor) }
    }

    /// A spare place for a value on its way; it is the caller's until that has been published or given back.
    #[inline(always)]
    pub(super) fn claim(&mut self) -> Option<u8> {
        // There is no such place if none is spare: one look for both.
        let left = self.spares.wrapping_sub(1);
        let place = *self.spare.get(left as usize)?;
        self.spares = left;
        Some(place)
    }

    /// The place goes into the ring. Says which one comes out, which is the caller's now; the same one, if the ring
    /// is closed. If `TELLS`, says with [`FULL`] that there is a value in it.
    #[inline(always)]
    pub(super) fn publish<const TELLS: bool>(&mut self, place: u8) -> u32 {
        let at = self.at;
        if at >= N as u32 {
            return u32::from(place);
        }
        let full = if TELLS && self.stored() == N as u32 { FULL } else { 0 };
        let oldest = core::mem::replace(&mut self.order[at as usize], place);
        self.pass(at);
        u32::from(oldest) | full
    }

    /// A place is spare again.
    #[inline(always)]
    pub(super) fn give_back(&mut self, place: u8) {
        // There is room: as many come back as were claimed.
        if let Some(room) = self.spare.get_mut(self.spares as usize) {
            *room = place;
            self.spares += 1;
        }
    }

    /// How far a cursor is behind.
    #[inline(always)]
    fn behind(&mut self, cursor: usize) -> u32 {
        self.end.wrapping_sub(self.cursor(cursor).next)
    }

    /// Passes over the next value of a cursor, if it is there and nothing was missed before, and says where in the
    /// ring it lies.
    #[inline(always)]
    pub(super) fn take(&mut self, cursor: usize) -> Option<u32> {
        let behind = self.behind(cursor);
        // Both in one: nothing is there, or something was missed.
        if behind.wrapping_sub(1) >= self.reach {
            return None;
        }
        let cursor = self.cursor(cursor);
        cursor.next = cursor.next.wrapping_add(1);
        Some(self.index(behind))
    }

    /// Where a position lies that is so far behind, at most `N`.
    #[inline(always)]
    const fn index(&self, behind: u32) -> u32 {
        // Without the flag: a place fits in a byte.
        let index = (self.at as u8 as u32).wrapping_sub(behind);
        if N.is_power_of_two() {
            index & (N as u32 - 1)
        } else if index as i32 >= 0 {
            index
        } else {
            index.wrapping_add(N as u32)
        }
    }

    /// As [`State::take`], for a value that is copied outside.
    #[inline(always)]
    pub(super) fn take_outside(&mut self, cursor: usize) -> Taken {
        let position = self.cursor(cursor).next;
        let Some(index) = self.take(cursor) else { return Taken(position, NO_PLACE) };
        // SAFETY: it is an index of the ring, see `index`.
        let place = unsafe { *self.order.as_ptr().add(index as usize) };
        Taken(position, self.laps << 8 | u32::from(place))
    }

    /// Where the end is: what [`Taken::is_whole`] needs to know when the value was copied.
    #[inline(always)]
    pub(super) const fn now(&self) -> (u32, u32) {
        (self.end, self.laps)
    }

    /// A value of a cursor was overwritten while it was copied.
    #[inline(always)]
    pub(super) const fn miss(&mut self, cursor: usize) {
        let cursor = self.cursor(cursor);
        cursor.lagged = cursor.lagged.wrapping_add(1);
    }

    /// Moves a cursor to the oldest value that is retained, and says over how many.
    #[inline(always)]
    pub(super) fn catch_up(&mut self, cursor: usize) -> u32 {
        let Some(missed) = self.behind(cursor).checked_sub(self.reach) else { return 0 };
        let cursor = self.cursor(cursor);
        cursor.next = cursor.next.wrapping_add(missed);
        cursor.lagged = cursor.lagged.wrapping_add(missed);
        missed
    }

    #[inline(always)]
    pub(super) const fn is_aborted(&self) -> bool {
        self.reach == 0
    }

    /// How many readers of the cursor would be told something: a value, or that it has missed some.
    #[inline(always)]
    pub(super) fn news(&mut self, cursor: usize) -> u32 {
        self.behind(cursor)
    }

    /// A cursor passes over all but the newest value.
    pub(super) fn skip_to_newest(&mut self, cursor: usize) {
        self.catch_up(cursor);
        if let Some(skipped) = self.behind(cursor).checked_sub(1) {
            let cursor = self.cursor(cursor);
            cursor.next = cursor.next.wrapping_add(skipped);
            cursor.skipped = cursor.skipped.wrapping_add(skipped);
        }
    }

    // ---- cursors -------------------------------------------------------------------------

    /// Begins a cursor, if this one is free.
    pub(super) fn begin(&mut self, cursor: usize, oldest: bool) -> bool {
        let next = if oldest { self.end.wrapping_sub(self.stored()) } else { self.end };
        let cursor = self.cursor(cursor);
        if cursor.shares > 0 {
            return false;
        }
        (cursor.next, cursor.first, cursor.lagged, cursor.skipped, cursor.shares) = (next, next, 0, 0, 1);
        true
    }

    pub(super) fn share(&mut self, cursor: usize) {
        let shares = &mut self.cursor(cursor).shares;
        // One whose consumers were forgotten so often is never free again.
        *shares = shares.saturating_add(1);
    }

    /// One reader of a cursor leaves. Says whether it is the last: then its cursor, which nobody else touches any more, is to
    /// be counted by the next two, which make it free.
    pub(super) fn leave(&mut self, cursor: usize) -> bool {
        let shares = &mut self.cursor(cursor).shares;
        let left = *shares;
        // One that nobody has stays so, and so does one whose consumers were forgotten so often. The last one's is as that
        // until it is free: whoever gives it back once more meanwhile does nothing.
        match left {
            0 | u32::MAX => {}
            1 => *shares = u32::MAX,
            _ => *shares = left - 1,
        }
        left == 1
    }

    /// What the cursor handed out is counted for the ring, and no more for the cursor.
    pub(super) fn hand_over(&mut self, cursor: usize) {
        let delivered = self.cursor(cursor).delivered();
        self.cursor(cursor).first = self.cursor(cursor).first.wrapping_add(delivered);
        self.delivered = self.delivered.wrapping_add(delivered);
    }

    /// The same for what it missed; it is free now.
    pub(super) fn free(&mut self, cursor: usize) {
        self.lagged = self.lagged.wrapping_add(self.cursor(cursor).lagged);
        self.cursor(cursor).shares = 0;
    }

    // ---- those who wait ------------------------------------------------------------------

    /// Says, if it is not 0, that somebody waits: at one cursor that is all, of several those with their bit set.
    #[inline(always)]
    pub(super) fn awaited(&self) -> usize {
        if READERS == 1 { self.cursors[0].readers.word() } else { self.awaited as usize }
    }

    /// Somebody comes to wait at a cursor.
    pub(super) const fn announce(&mut self, cursor: usize) {
        self.awaited |= 1 << cursor;
    }

    /// How urgent the first one is who waits at a cursor.
    #[inline(always)]
    pub(super) fn urgency(&mut self, cursor: usize) -> Option<u8> {
        self.cursor(cursor).readers.urgency()
    }

    /// Takes the mark away, if nobody waits at a cursor.
    #[inline(always)]
    pub(super) fn forget(&mut self, cursor: usize) {
        if self.cursor(cursor).readers.urgency().is_none() {
            self.awaited &= !(1 << cursor);
        }
    }

    // ---- the end, and counts -------------------------------------------------------------

    pub(super) const fn close(&mut self) {
        self.at |= CLOSED;
    }

    /// Closes, and from now on no reader finds what is there. Says how many values that are.
    pub(super) const fn abort(&mut self) -> u32 {
        self.close();
        let stored = self.stored();
        self.reach = 0;
        self.aborted = self.aborted.wrapping_add(stored);
        stored
    }

    /// How many values are retained.
    pub(super) const fn stored(&self) -> u32 {
        if self.laps == 0 && self.end < self.reach { self.end } else { self.reach }
    }

    /// How many were accepted, were overwritten, were discarded by an abort.
    pub(super) const fn counts(&self) -> (u64, u64, u64) {
        let accepted = (self.laps as u64) << 32 | self.end as u64;
        let aborted = self.aborted as u64;
        (accepted, accepted - aborted - self.stored() as u64, aborted)
    }

    /// How many cursors handed out, and how many they missed, those that have left included.
    pub(super) fn totals(&self) -> (u32, u32) {
        self.live().fold((self.delivered, self.lagged), |(delivered, lagged), (_, cursor)| {
            (delivered.wrapping_add(cursor.delivered()), lagged.wrapping_add(cursor.lagged))
        })
    }

    /// The cursors that are in use, with their numbers.
    pub(super) fn live(&self) -> impl Iterator<Item = (usize, &Cursor)> {
        self.cursors.iter().enumerate().filter(|(_, cursor)| cursor.shares > 0)
    }

    /// How far a cursor is behind, and how many of that it has missed.
    pub(super) const fn unread(&self, cursor: &Cursor) -> (u32, u32) {
        let behind = self.end.wrapping_sub(cursor.next);
        (behind, behind.saturating_sub(self.reach))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A ring whose positions are about to wrap, with a cursor at each end of it, and a third that is free.
    fn about_to_wrap<const N: usize>(left: u32) -> State<N, 3, 1> {
        let mut state = State::new();
        // As after so many values: where the next one comes follows from that.
        state.end = 0_u32.wrapping_sub(left);
        state.at = state.end % N as u32;
        state.laps = 6;
        assert!(state.begin(0, false) && state.begin(1, true));
        state
    }

    fn publish<const N: usize>(state: &mut State<N, 3, 1>) -> u32 {
        let at = state.at();
        assert!(at < N as u32);
        state.pass(at);
        at
    }

    #[test]
    fn k3_positions_wrap_and_nobody_is_told_anything_of_it() {
        fn wraps<const N: usize>() {
            for left in 1..6 {
                let mut state = about_to_wrap::<N>(left);
                // Those of before are retained.
                for behind in (1..=N as u32).rev() {
                    assert_eq!(state.take(1), Some(state.index(behind)));
                }
                for _ in 0..8 {
                    let at = publish(&mut state);
                    assert_eq!((state.take(0), state.take(1)), (Some(at), Some(at)));
                    assert_eq!((state.take(0), state.catch_up(0)), (None, 0));
                    assert_eq!(state.stored(), N as u32);
                }
                for _ in 0..N + 5 {
                    publish(&mut state);
                }
                assert_eq!((state.take(0), state.catch_up(0)), (None, 5));
                let (accepted, overwritten, aborted) = state.counts();
                assert_eq!(accepted, (7 << 32) - u64::from(left) + 8 + N as u64 + 5);
                assert_eq!((overwritten, aborted), (accepted - N as u64, 0));
                let cursor = &state.cursors[0];
                assert_eq!(cursor.accepted(state.unread(cursor).0), 8 + N as u32 + 5);
                assert_eq!((cursor.delivered(), cursor.lagged), (8, 5));
                // One that comes now has what is retained.
                assert!(state.begin(2, true));
                assert_eq!(state.unread(&state.cursors[2]), (N as u32, 0));
            }
        }
        wraps::<1>();
        wraps::<2>();
        wraps::<3>();
        wraps::<16>();
    }

    #[test]
    fn k7_a_copy_is_never_whole_when_positions_have_gone_round_meanwhile() {
        let mut state = about_to_wrap::<2>(1);
        publish(&mut state);
        let taken = state.take_outside(0);
        assert!(taken.place().is_some() && taken.is_whole::<2>(state.now()));
        publish(&mut state);
        assert!(taken.is_whole::<2>(state.now()), "it is still retained");
        publish(&mut state);
        assert!(!taken.is_whole::<2>(state.now()));
        // As far as before, and once round.
        state.end = 0;
        state.laps += 1;
        assert!(!taken.is_whole::<2>(state.now()));
    }

    #[test]
    fn k3_whoever_sleeps_for_all_positions_is_told_what_is_more_than_that() {
        let mut state = about_to_wrap::<4>(9);
        state.laps += 1;
        for _ in 0..7 {
            publish(&mut state);
        }
        assert_eq!((state.take(0), state.catch_up(0)), (None, 3));
    }

    #[test]
    fn e5_a_cursor_whose_consumers_were_forgotten_so_often_is_never_free() {
        let mut state = State::<2, 3, 1>::new();
        assert!(state.begin(0, false));
        state.cursors[0].shares = u32::MAX - 1;
        for _ in 0..3 {
            state.share(0);
        }
        for _ in 0..3 {
            assert!(!state.leave(0));
        }
        assert!(!state.begin(0, false));
    }
}
