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

use super::cursor::Cursor;

/// In `at`: values to come are refused.
const CLOSED: u32 = 1 << 31;
/// In `at`, too: what there was is not read any more, and nothing is to be set up.
const ABORTED: u32 = 1 << 30;

/// As many places as a place's number can name.
pub(super) const MOST_PLACES: usize = u8::MAX as usize;

/// As many cursors as `awaited` has bits for.
pub(super) const MOST_READERS: usize = u32::BITS as usize;

// In this order, so that what is read or written together lies together.
#[repr(C)]
pub(super) struct State {
    /// The place of the ring that is filled next, with the flags above in front; so a closed ring has no such place.
    at: u32,
    /// The position of the next value.
    end: u32,
    /// How far a cursor may be behind and find what it reads: all places, and nothing once the ring was aborted, or as long as one that
    /// began as zero was not set up.
    reach: u32,
    /// How often `end` has wrapped.
    laps: u32,
    /// A bit for each cursor at which somebody waits, or has waited since a publisher found nobody there; of a ring with
    /// one it is not kept.
    pub(super) awaited: u32,
    pub(super) refused: u32,
    aborted: u32,
    /// What cursors that have left had counted.
    delivered: u32,
    lagged: u32,
}

impl State {
    pub(super) const fn new(places: u32) -> Self {
        Self { at: 0, end: 0, reach: places, laps: 0, awaited: 0, refused: 0, aborted: 0, delivered: 0, lagged: 0 }
    }

    /// Whether it is set up. One that is not may have values, which no reader finds.
    #[inline(always)]
    pub(super) const fn has_begun(&self) -> bool {
        self.reach != 0 || self.at & ABORTED != 0
    }

    /// Sets it up.
    #[inline(always)]
    pub(super) const fn begins(&mut self, places: u32) {
        self.reach = places;
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

    /// A value is there, at the place that [`State::at`] has said; the next one comes to the place that is `after` that. Says whether
    /// [`State::wrap`] has to follow.
    #[inline(always)]
    pub(super) const fn pass(&mut self, after: u32) -> bool {
        let end = self.end.wrapping_add(1);
        (self.at, self.end) = (after, end);
        end == 0
    }

    /// Positions have wrapped.
    pub(super) const fn wrap(&mut self) {
        self.laps = self.laps.wrapping_add(1);
    }

    /// How many values there were.
    #[inline(always)]
    const fn accepted(&self) -> u64 {
        (self.laps as u64) << 32 | self.end as u64
    }

    /// How far a cursor is behind.
    #[inline(always)]
    const fn behind(&self, cursor: &Cursor) -> u32 {
        self.end.wrapping_sub(cursor.next)
    }

    /// Passes over the next value of a cursor, if it is there and nothing was missed before. Says how many further ones may come
    /// until it would be missed.
    #[inline(always)]
    pub(super) const fn take(&self, cursor: &mut Cursor) -> Option<u32> {
        // How far it is behind, as less than nothing, so that one carry says both: nothing is there, or something was missed.
        let (left, found) = cursor.next.wrapping_sub(self.end).overflowing_add(self.reach);
        if !found {
            return None;
        }
        cursor.next = cursor.next.wrapping_add(1);
        Some(left)
    }

    /// Where in the ring a position lies that has so many left; if that is less than nothing, it is as far from behind the last place.
    ///
    /// The ring runs downwards, because to find the end of it costs an instruction less there, on both sides.
    #[inline(always)]
    pub(super) const fn index(&self, left: u32) -> i32 {
        // Without the flags: a place fits in a byte.
        (self.at as u8 as u32).wrapping_sub(left) as i32
    }

    /// How often positions have wrapped.
    #[inline(always)]
    pub(super) const fn laps(&self) -> u32 {
        self.laps
    }

    /// The position of the next value.
    #[inline(always)]
    pub(super) const fn end(&self) -> u32 {
        self.end
    }

    /// Where the end is: what [`super::cursor::Taken::is_whole`] needs to know when the value was copied.
    #[inline(always)]
    pub(super) const fn now(&self) -> (u32, u32) {
        (self.end, self.laps)
    }

    /// Moves a cursor to the oldest value that is retained, and says over how many.
    #[inline(always)]
    pub(super) fn catch_up(&self, cursor: &mut Cursor) -> u32 {
        let Some(missed) = self.behind(cursor).checked_sub(self.reach) else { return 0 };
        cursor.next = cursor.next.wrapping_add(missed);
        cursor.lagged = cursor.lagged.wrapping_add(missed);
        missed
    }

    /// Of a ring that is set up.
    #[inline(always)]
    pub(super) const fn is_aborted(&self) -> bool {
        self.reach == 0
    }

    /// How many readers of the cursor would be told something: a value, or that it has missed some.
    #[inline(always)]
    pub(super) const fn news(&self, cursor: &Cursor) -> u32 {
        self.behind(cursor)
    }

    /// A cursor that has caught up passes over all but the newest value, unless it has missed some since.
    pub(super) const fn skip_to_newest(&self, cursor: &mut Cursor) {
        let skipped = self.behind(cursor).wrapping_sub(1);
        if skipped < self.reach {
            cursor.next = cursor.next.wrapping_add(skipped);
            cursor.skipped = cursor.skipped.wrapping_add(skipped);
        }
    }

    // ---- cursors -------------------------------------------------------------------------

    /// Begins a cursor, if this one is free.
    #[inline(always)]
    pub(super) const fn begin(&self, cursor: &mut Cursor, oldest: bool) -> bool {
        let next = if oldest { self.end.wrapping_sub(self.stored()) } else { self.end };
        if cursor.shares > 0 {
            return false;
        }
        (cursor.next, cursor.first, cursor.lagged, cursor.skipped, cursor.shares) = (next, next, 0, 0, 1);
        true
    }

    /// What the cursor handed out is counted for the ring, and no more for the cursor.
    #[inline(always)]
    pub(super) const fn hand_over(&mut self, cursor: &mut Cursor) {
        let delivered = cursor.counted().delivered();
        cursor.first = cursor.first.wrapping_add(delivered);
        self.delivered = self.delivered.wrapping_add(delivered);
    }

    /// The same for what it missed; it is free now.
    #[inline(always)]
    pub(super) const fn free(&mut self, cursor: &mut Cursor) {
        self.lagged = self.lagged.wrapping_add(cursor.lagged);
        cursor.shares = 0;
    }

    // ---- those who wait ------------------------------------------------------------------

    /// Somebody comes to wait at the cursor with this mark.
    #[inline(always)]
    pub(super) const fn announce(&mut self, mark: u32) {
        self.awaited |= mark;
    }

    /// Takes the mark away, if nobody waits at a cursor.
    #[inline(always)]
    pub(super) fn forget(&mut self, at: usize, cursor: &mut Cursor) {
        if cursor.readers.urgency().is_none() {
            self.awaited &= !(1 << at);
        }
    }

    // ---- the end, and counts -------------------------------------------------------------

    pub(super) const fn close(&mut self) {
        self.at |= CLOSED;
    }

    /// Closes, and from now on no reader finds what is there. Says how many values that are.
    pub(super) const fn abort(&mut self) -> u32 {
        let stored = self.stored();
        self.at |= CLOSED | ABORTED;
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
        let accepted = self.accepted();
        let aborted = self.aborted as u64;
        (accepted, accepted - aborted - self.stored() as u64, aborted)
    }

    /// How many cursors handed out, and how many they missed, of those that have left.
    pub(super) const fn totals(&self) -> (u32, u32) {
        (self.delivered, self.lagged)
    }

    /// How far a cursor is behind.
    pub(super) const fn unread(&self, cursor: &Cursor) -> u32 {
        self.behind(cursor)
    }

    /// How far a cursor may be behind and find what it reads.
    pub(super) const fn reach(&self) -> u32 {
        self.reach
    }
}

#[cfg(test)]
mod tests {
    use super::super::cursor::{NO_PLACE, Taken};
    use super::*;

    /// A ring whose positions are about to wrap, with a cursor at each end of it.
    fn about_to_wrap<const N: usize>(left: u32) -> (State, [Cursor; 2]) {
        let mut state = State::new(N as u32);
        // As after so many values: where the next one comes follows from that.
        state.end = 0_u32.wrapping_sub(left);
        state.at = state.end % N as u32;
        state.laps = 6;
        let mut cursors = [Cursor::new(), Cursor::new()];
        assert!(state.begin(&mut cursors[0], false) && state.begin(&mut cursors[1], true));
        (state, cursors)
    }

    fn publish<const N: usize>(state: &mut State) -> u32 {
        let at = state.at();
        assert!(at < N as u32);
        if state.pass((at + N as u32 - 1) % N as u32) {
            state.wrap();
        }
        at
    }

    fn take<const N: usize>(state: &State, cursor: &mut Cursor) -> Option<u32> {
        let left = state.take(cursor)?;
        Some(state.index(left).rem_euclid(N as i32) as u32)
    }

    #[test]
    fn k3_positions_wrap_and_nobody_is_told_anything_of_it() {
        fn wraps<const N: usize>() {
            for left in 1..6 {
                let (mut state, [mut newest, mut oldest]) = about_to_wrap::<N>(left);
                // Those of before are retained.
                for behind in (1..=N as i32).rev() {
                    let there = (state.at() as i32 + behind).rem_euclid(N as i32) as u32;
                    assert_eq!(take::<N>(&state, &mut oldest), Some(there));
                }
                for _ in 0..8 {
                    let at = publish::<N>(&mut state);
                    assert_eq!([&mut newest, &mut oldest].map(|cursor| take::<N>(&state, cursor)), [Some(at); 2]);
                    assert_eq!((state.take(&mut newest), state.catch_up(&mut newest)), (None, 0));
                    assert_eq!(state.stored(), N as u32);
                }
                for _ in 0..N + 5 {
                    publish::<N>(&mut state);
                }
                assert_eq!((state.take(&mut newest), state.catch_up(&mut newest)), (None, 5));
                let (accepted, overwritten, aborted) = state.counts();
                assert_eq!(accepted, (7 << 32) - u64::from(left) + 8 + N as u64 + 5);
                assert_eq!((overwritten, aborted), (accepted - N as u64, 0));
                assert_eq!(newest.counted().accepted(state.unread(&newest)), 8 + N as u32 + 5);
                assert_eq!((newest.counted().delivered(), newest.lagged), (8, 5));
                // One that comes now has what is retained.
                let mut late = Cursor::new();
                assert!(state.begin(&mut late, true));
                assert_eq!(state.unread(&late), N as u32);
            }
        }
        wraps::<1>();
        wraps::<2>();
        wraps::<3>();
        wraps::<16>();
    }

    #[test]
    fn k7_a_copy_is_never_whole_when_positions_have_gone_round_meanwhile() {
        let (mut state, [mut cursor, _]) = about_to_wrap::<2>(1);
        publish::<2>(&mut state);
        let position = cursor.next;
        let taken = Taken::new((position, take::<2>(&state, &mut cursor).unwrap_or(NO_PLACE)), state.laps());
        assert!(taken.place().is_some() && taken.is_whole(2, state.now()));
        publish::<2>(&mut state);
        assert!(taken.is_whole(2, state.now()), "it is still retained");
        publish::<2>(&mut state);
        assert!(!taken.is_whole(2, state.now()));
        // As far as before, and once round.
        state.end = 0;
        state.laps += 1;
        assert!(!taken.is_whole(2, state.now()));
    }

    #[test]
    fn k3_whoever_sleeps_for_all_positions_is_told_what_is_more_than_that() {
        let (mut state, [mut cursor, _]) = about_to_wrap::<4>(9);
        state.laps += 1;
        for _ in 0..7 {
            publish::<4>(&mut state);
        }
        assert_eq!((state.take(&mut cursor), state.catch_up(&mut cursor)), (None, 3));
    }

    #[test]
    fn e5_a_cursor_whose_consumers_were_forgotten_so_often_is_never_free() {
        let (state, mut cursor) = (State::new(2), Cursor::new());
        assert!(state.begin(&mut cursor, false));
        cursor.shares = u32::MAX - 1;
        for _ in 0..3 {
            cursor.share();
        }
        for _ in 0..3 {
            assert!(!cursor.leave());
        }
        assert!(!state.begin(&mut cursor, false));
    }
}
