//! How long a look is worth it.

#[cfg(not(any(loom, shuttle)))]
use super::crowd::give_way;
#[cfg(not(any(loom, shuttle)))]
use super::park::{FEW_SPINS, FIRST_SPINS, MAX_SPIN_NS, MAX_SPINS, MIN_SPINS, PROBE_SPINS, YIELDS};
#[cfg(not(any(loom, shuttle)))]
use super::{Clock, Deadline, SystemClock};

/// How those are getting on who make what a thread looks for.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(any(loom, shuttle), expect(dead_code, reason = "nobody looks in a model"))]
pub(crate) struct Progress {
    /// What they have done; while it changes, they run.
    pub(crate) at: u64,
    /// How many they are.
    pub(crate) workers: usize,
    /// So many turns may lie between two looks. Each look takes the line away on which one says how far it is.
    pub(crate) pace: u32,
}

/// A look that sees somebody at work goes on so often at most: workers that share a core have their turns one after
/// the other.
#[cfg(not(any(loom, shuttle)))]
const ROUNDS: usize = 4;

/// How many turns lie before the next first look, after one at which so many values were there.
///
/// Where they come faster than one looks, each look takes a cache line away from whoever brings them. So the gap grows as
/// long as several are there at its end, and shrinks when none is, or one: whoever brings that may be waiting for an
/// answer to it.
#[cfg(not(any(loom, shuttle)))]
pub(super) const fn next_gap(gap: u32, come: u64) -> u32 {
    if come > 1 || gap == 1 && come == 1 { gap * 2 } else { gap.div_ceil(2) }
}

/// What a thread has learnt from its looks.
#[cfg(not(any(loom, shuttle)))]
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

#[cfg(not(any(loom, shuttle)))]
impl Looks {
    const FEWEST: u32 = 2;
    const APART: u32 = 32;
    /// Where it pays to let others run.
    const FAR_APART: u32 = 256;
    pub(super) const NEW: Self =
        Self { spins: FIRST_SPINS, until_probe: Self::APART, slept_long: false, gap: 1, yields: YIELDS / 2 };
    /// A sleep of so many nanoseconds tells that nobody was about to come back.
    const LONG_NS: u64 = 2 * MAX_SPIN_NS;

    /// Whether to let others run pays, and to spin does not: the other side waits for this very core.
    pub(super) const fn is_shared(&self) -> bool {
        self.yields == YIELDS && self.spins == Self::FEWEST
    }

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
            return if self.is_shared() { 0 } else { self.spins };
        }
        if self.yields == YIELDS {
            self.until_probe = Self::FAR_APART;
            return MIN_SPINS;
        }
        self.until_probe = Self::APART;
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
    /// Looks, as long as that may pay, and says whether it has come; see `park::look_for`.
    pub(super) fn look(
        &mut self,
        until: Deadline,
        mut come: impl FnMut() -> Option<bool>,
        others_first: impl Fn() -> bool,
        progress: impl Fn() -> Option<Progress>,
    ) -> bool {
        let learnt = *self;
        let is_behind = match self.spin(until, &mut come, &others_first, progress) {
            Spun::Came => {
                self.came_by_spinning();
                return true;
            }
            Spun::Nothing => false,
            Spun::Behind => true,
            Spun::Over => return false,
        };
        for _ in 0..if is_behind { YIELDS } else { self.yields } {
            if until != Deadline::Never && until.has_passed(SystemClock.now()) {
                return false;
            }
            give_way();
            match come() {
                None => return false,
                Some(true) if is_behind => {
                    *self = learnt;
                    return true;
                }
                Some(true) => {
                    self.came_by_yielding();
                    return true;
                }
                Some(false) => {}
            }
        }
        self.came_not();
        false
    }

    /// The part of it that keeps the core.
    fn spin(
        &mut self,
        until: Deadline,
        mut come: impl FnMut() -> Option<bool>,
        others_first: impl Fn() -> bool,
        progress: impl Fn() -> Option<Progress>,
    ) -> Spun {
        let mut seen = progress();
        let (pace, mut rounds) = seen.map_or((1, 0), |seen| (seen.pace, seen.workers.min(ROUNDS)));
        let limit = self.limit();
        // Somebody at work is seen to be so only after a moment.
        let mut end = if seen.is_some() { limit.max(MIN_SPINS) } else { limit };
        // No clock yet: those who hand values to and fro mostly need none.
        let mut begun = None;
        if until != Deadline::Never && until.has_passed(SystemClock.now()) {
            return Spun::Over;
        }
        let (mut turn, mut pause, mut asks, mut times) = (0, 1, FEW_SPINS, MIN_SPINS);
        // Ends with the rounds; each ends with its turns, or its time.
        loop {
            while turn < end {
                turn += pause;
                let is_behind = turn >= asks && others_first();
                (0..pause).for_each(|_| core::hint::spin_loop());
                match come() {
                    None => return Spun::Over,
                    Some(true) => return Spun::Came,
                    // Asked before, so what filled the last room was not for this thread.
                    Some(false) if is_behind => return Spun::Behind,
                    Some(false) => {}
                }
                pause = pace.min(pause * 2);
                asks = if turn >= asks { turn + FEW_SPINS } else { asks };
                if turn >= times && turn < end {
                    times = turn + MIN_SPINS;
                    let now = SystemClock.now();
                    if until.has_passed(now) {
                        return Spun::Over;
                    }
                    if now.saturating_sub(*begun.get_or_insert(now)) > MAX_SPIN_NS {
                        break;
                    }
                }
            }
            let now = progress();
            let moved = seen.zip(now).is_some_and(|(seen, now)| seen.at != now.at);
            if rounds == 0 || !moved {
                return Spun::Nothing;
            }
            (seen, rounds, end, begun) = (now, rounds - 1, turn + MAX_SPINS, None);
        }
    }
}

/// How a spin ended.
#[cfg(not(any(loom, shuttle)))]
enum Spun {
    Came,
    Nothing,
    /// Others have to run first.
    Behind,
    /// The time is up, or to look is no use any more.
    Over,
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use core::cell::Cell;

    #[test]
    fn w5_who_finds_one_value_at_a_time_looks_soon_and_who_finds_several_later() {
        let after = |come: u64| (0..6).fold(1, |gap, _| next_gap(gap, come).min(16));
        assert_eq!((after(0), after(2)), (1, 16));
        let alone: Vec<u32> = (0..6).scan(16, |gap, _| Some(core::mem::replace(gap, next_gap(*gap, 1)))).collect();
        assert_eq!(alone, [16, 8, 4, 2, 1, 2], "it tries whether a longer one brings more");
    }

    #[test]
    fn w5_who_shares_a_core_lets_others_run_at_once_and_spins_now_and_then() {
        let mut looks = Looks { spins: Looks::FEWEST, yields: YIELDS, ..Looks::NEW };
        let limits: Vec<u32> = (0..Looks::APART + Looks::FAR_APART).map(|_| looks.limit()).collect();
        let spins: Vec<u32> = limits.into_iter().filter(|&limit| limit > 0).collect();
        assert_eq!(spins, [MIN_SPINS, MIN_SPINS]);
        looks.yields = 0;
        assert_eq!(looks.limit(), Looks::FEWEST, "where that does not pay it looks once more");
    }

    #[test]
    fn w5_a_look_goes_on_while_somebody_works_and_ends_in_any_case() {
        let look = |step: u64, until: Deadline| {
            let (mut looks, asked, at) = (Looks::NEW, Cell::new(0), Cell::new(0));
            let progress = || {
                asked.set(asked.get() + 1);
                at.set(at.get() + step);
                Some(Progress { at: at.get(), workers: 100, pace: 64 })
            };
            assert!(!looks.look(until, || Some(false), || false, progress));
            asked.get()
        };
        assert_eq!(look(0, Deadline::Never), 2, "nobody works: it is asked at the beginning and at the end");
        assert_eq!(look(1, Deadline::Never), 2 + ROUNDS, "and once in each round");
        assert_eq!(look(1, Deadline::At(1)), 1, "the time is up");

        let (mut looks, left) = (Looks::NEW, Cell::new(100));
        let come = || {
            left.set(left.get() - 1);
            Some(left.get() == 0)
        };
        assert!(looks.look(Deadline::Never, come, || false, || None));
        assert_eq!(looks.spins, MAX_SPINS);
    }
}
