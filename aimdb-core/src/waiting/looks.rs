//! How long a look is worth it.

use super::park::{FIRST_SPINS, MAX_SPIN_NS, MAX_SPINS, MIN_SPINS, PROBE_SPINS, YIELDS};

/// What a thread has learnt from its looks.
#[derive(Clone, Copy)]
pub(super) struct Looks {
    /// How many turns the next look spins.
    spins: u32,
    /// Looks until a short one spins for longer again, to see whether that would pay by now.
    until_probe: u32,
    /// The last sleep was longer than any spin could have covered.
    slept_long: bool,
    /// Turns before the first look.
    pub(super) gap: u32,
    /// How often the next look lets others run.
    pub(super) yields: u32,
}

impl Looks {
    const FEWEST: u32 = 2;
    const APART: u32 = 32;
    pub(super) const NEW: Self =
        Self { spins: FIRST_SPINS, until_probe: Self::APART, slept_long: false, gap: 1, yields: YIELDS / 2 };
    /// A sleep of so many nanoseconds tells that nobody was about to come back.
    const LONG_NS: u64 = 2 * MAX_SPIN_NS;

    pub(super) fn limit(&mut self) -> u32 {
        if self.spins >= MIN_SPINS {
            return self.spins;
        }
        // Those who hand values to and fro, and wake each other every time, sleep for as long as a wake-up takes.
        if self.slept_long {
            return self.spins;
        }
        self.until_probe -= 1;
        if self.until_probe > 0 {
            return self.spins;
        }
        self.until_probe = Self::APART;
        if self.yields == YIELDS {
            // To let others run pays, so the other side waits for this very core.
            return MIN_SPINS;
        }
        self.yields = YIELDS;
        PROBE_SPINS
    }

    /// It was there after a spin: the other side runs. One wait in a row that is longer than the rest
    /// must not be taken for one that a spin cannot cover, so the next may be as long as any.
    pub(super) fn came_by_spinning(&mut self) {
        self.spins = MAX_SPINS;
    }

    /// It was there when others had run.
    pub(super) fn came_by_yielding(&mut self) {
        self.spins = (self.spins / 2).max(Self::FEWEST);
        self.yields = YIELDS;
    }

    /// The thread slept for so many nanoseconds, after a look that brought nothing. Where waits are long, looks are
    /// short at once, and not so short that the next one would miss who answers from another core.
    pub(super) fn after_sleep(self, ns: u64) -> Self {
        if ns > Self::LONG_NS {
            Self { slept_long: true, spins: self.spins.min(MIN_SPINS), yields: 0, ..self }
        } else {
            Self { slept_long: false, ..self }
        }
    }

    pub(super) fn came_not(&mut self) {
        self.spins = (self.spins / 2).max(Self::FEWEST);
        self.yields /= 2;
    }
}
