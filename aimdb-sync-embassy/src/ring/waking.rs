//! Whom a call on a ring wakes. All of that happens outside the critical section, one waiter for each section.
#![allow(unsafe_code)]

use embassy_sync::blocking_mutex::raw::RawMutex;

use super::parts::Parts;
use super::state::State;
use crate::lean::{NOBODY, Waking};

pub(super) trait Wakes: Parts {
    /// Wakes whom a value that was published concerns: one reader of each cursor at which somebody waits. Who waits is asked in a section of
    /// its own: whoever waits since before the value was there is seen here as well.
    #[inline(always)]
    fn has_published(&self) {
        self.wakes(self.awaited());
    }

    /// Says, if it is not 0, that somebody waits: at one cursor that is all, of several those with their bit set.
    #[inline(always)]
    fn awaited(&self) -> usize {
        let (state, cursor) = (self.state(), self.cursor(0));
        // SAFETY: inside the section, in which nothing else is looked at.
        let looks = move || unsafe { if Self::ONE { (*cursor).readers.word() } else { (*state).awaited as usize } };
        self.mutex().lock(looks)
    }

    #[inline(always)]
    fn wakes(&self, awaited: usize) {
        if awaited == NOBODY {
            return;
        }
        if Self::ONE {
            self.line_of(0).wake_seen(awaited);
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
            self.line_of(cursor).wake_one();
            true
        };
        Waking(next).wake();
    }

    /// Refuses all values to come.
    fn ends(&self) {
        self.section(State::close);
        self.has_ended();
    }

    /// The same, and discards what is retained: says how many values that were.
    fn ends_at_once(&self) -> u32 {
        if Self::FROM_ZERO {
            self.begins();
        }
        let discarded = self.section(State::abort);
        self.has_ended();
        discarded
    }

    /// Wakes everyone who waits at a ring that is closed. Whoever comes to wait there still looks once and goes.
    #[cold]
    fn has_ended(&self) {
        let mut cursors = u32::MAX >> (u32::BITS as usize - self.readers());
        // Bounded by those who wait, and by the cursors.
        let next = || {
            let Some(cursor) = self.most_urgent(&mut cursors) else { return false };
            self.line_of(cursor).wake_one();
            true
        };
        Waking(next).wake();
    }

    /// The one of these cursors whose first reader is the most urgent; those at which nobody waits are left out from now
    /// on. A section for each.
    fn most_urgent(&self, cursors: &mut u32) -> Option<usize> {
        let mut found = None;
        // Bounded by the cursors.
        for cursor in 0..self.readers() {
            if *cursors & 1 << cursor == 0 {
                continue;
            }
            match self.section_of(cursor, |_, cursor| cursor.readers.urgency()) {
                None => {
                    *cursors &= !(1 << cursor);
                    self.section_of(cursor, |state, of| state.forget(cursor, of));
                }
                urgency if found.is_none_or(|(most, _)| urgency > most) => found = Some((urgency, cursor)),
                Some(_) => {}
            }
        }
        found.map(|(_, cursor)| cursor)
    }
}

impl<R: Parts> Wakes for R {}
