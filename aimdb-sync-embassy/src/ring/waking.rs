//! Whom a call on a ring wakes. All of that happens outside the critical section, one waiter for each section.

use bytemuck::NoUninit;

use super::StaticRing;
use crate::lean::{Lined, NOBODY, Waking};
use crate::lock::PreemptionSafe;

impl<T, M, const N: usize, const READERS: usize, const WRITERS: usize> StaticRing<T, M, N, READERS, WRITERS>
where
    T: NoUninit + Send + Sync,
    M: PreemptionSafe,
{
    /// Wakes one reader of each cursor at which somebody waits, for a value that was published.
    #[inline(always)]
    pub(super) fn has_published(&self, awaited: usize) {
        if awaited == NOBODY {
            return;
        }
        if READERS == 1 {
            self.line(0).wake_one();
        } else {
            self.wake_each(awaited as u32);
        }
    }

    /// Wakes one reader of each of these cursors, the more urgent first: whoever is woken may run at once, and for long.
    /// A cursor has its turn once, so a reader that waits again keeps nobody from being woken.
    #[cold]
    fn wake_each(&self, mut cursors: u32) {
        // Bounded by the cursors. Somebody else who publishes may have woken one meanwhile.
        let next = || {
            let Some(cursor) = self.most_urgent(&mut cursors) else { return false };
            cursors &= !(1 << cursor);
            self.line(cursor).wake_one();
            true
        };
        Waking(next).wake();
    }

    /// Wakes everyone who waits at a ring that is closed. Whoever comes to wait there still looks once and goes.
    #[cold]
    pub(super) fn has_ended(&self) {
        let mut cursors = u32::MAX >> (u32::BITS as usize - READERS);
        // Bounded by those who wait, and by the cursors.
        let next = || {
            let Some(cursor) = self.most_urgent(&mut cursors) else { return false };
            self.line(cursor).wake_one();
            true
        };
        Waking(next).wake();
    }

    /// The one of these cursors whose first reader is the most urgent; those at which nobody waits are left out from now
    /// on. A section for each.
    fn most_urgent(&self, cursors: &mut u32) -> Option<usize> {
        let mut found = None;
        // Bounded by the cursors.
        for cursor in 0..READERS {
            if *cursors & 1 << cursor == 0 {
                continue;
            }
            match self.section_of(cursor, |_, _, cursor| cursor.readers.urgency()) {
                None => {
                    *cursors &= !(1 << cursor);
                    self.section_of(cursor, |_, state, of| state.forget(cursor, of));
                }
                urgency if found.is_none_or(|(most, _)| urgency > most) => found = Some((urgency, cursor)),
                Some(_) => {}
            }
        }
        found.map(|(_, cursor)| cursor)
    }
}
