//! Who may begin to look at a value of a lane of shared values.
//!
//! A writer that displaces a value has to meet those who begin to look at it, which takes an exchange.
//! Mostly that is for nothing: a reader of a ring looks at its next value only, so who has come past a value
//! begins no look at it, and the writer finds with a load whether one from before goes on. So it goes by how
//! far those have come who *may look*. A reader that stands in its way and has not moved for a while, or at
//! the newest of a latest value nobody who has looked for a while, is sent away: it may not look until it
//! comes for a value again. Both turns are made with all doors shut, so whoever is inside knows who may.
//!
//! Two turns cost as much as hundreds of exchanges save. Silences that were shorter make the writer wait
//! longer for the next one, as [`Patience`](crate::buffer::lane::patience::Patience) does for the whole lane.

use core::sync::atomic::Ordering::Relaxed;
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicU64};

/// All but the hint `looked` belongs to whoever is inside the writing door, or has shut all doors; so a
/// model checker need not know it. Of a ring `on` and `looked` say nothing.
#[derive(Debug)]
pub(super) struct Quiet {
    /// Whether all were sent away, and nobody has come since.
    on: AtomicBool,
    /// Whether somebody has looked since the writer last asked; a hint.
    looked: AtomicBool,
    /// What the slowest reader came to next when the writer last asked.
    slowest: AtomicU64,
    /// The writer waits for the turn.
    wanted: AtomicBool,
    /// The writer asks at numbers that have none of these bits.
    every: AtomicU64,
    /// How often in a row nobody had looked, and how often that has to be.
    unseen: AtomicU32,
    patience: AtomicU32,
    /// The number from which on the lane has been quiet; and whether it has been so, and nobody has come back.
    since: AtomicU64,
    sent_away: AtomicBool,
}

const LEAST: u64 = if cfg!(any(loom, shuttle)) { 0 } else { 63 };
const MOST: u64 = if cfg!(any(loom, shuttle)) { 0 } else { 4095 };

/// A silence of as many values was worth its two turns.
const PAYS: u64 = 512;
/// How often in a row nobody must have looked, besides once, before the first silence and at most.
const PATIENCE: u32 = if cfg!(any(loom, shuttle)) { 1 } else { 0 };
const MOST_PATIENCE: u32 = if cfg!(any(loom, shuttle)) { PATIENCE } else { 1024 };

impl Quiet {
    /// Of a lane at which nobody has looked.
    pub(super) fn new() -> Self {
        Self {
            on: AtomicBool::new(cfg!(not(any(loom, shuttle)))),
            looked: AtomicBool::new(false),
            slowest: AtomicU64::new(0),
            wanted: AtomicBool::new(false),
            every: AtomicU64::new(LEAST),
            unseen: AtomicU32::new(0),
            patience: AtomicU32::new(PATIENCE),
            since: AtomicU64::new(0),
            sent_away: AtomicBool::new(false),
        }
    }

    /// Whether nobody may begin to look.
    #[inline(always)]
    pub(super) fn is_on(&self) -> bool {
        self.on.load(Relaxed)
    }

    /// Somebody looks.
    #[inline(always)]
    pub(super) fn note_look(&self) {
        if !self.looked.load(Relaxed) {
            self.looked.store(true, Relaxed);
        }
    }

    /// Whether the writer, which comes to this number, should ask for quiet. `slowest` is what the slowest
    /// reader comes to next, where that tells whether it has looked.
    #[inline(always)]
    pub(super) fn is_due(&self, number: u64, slowest: Option<u64>) -> bool {
        number & self.every.load(Relaxed) == 0 && self.ask(slowest)
    }

    /// How many values there are at least from this one to the next at which the writer asks.
    pub(super) const fn until_asked(number: u64) -> u64 {
        (LEAST - (number & LEAST)) + 1
    }

    #[cold]
    fn ask(&self, slowest: Option<u64>) -> bool {
        let looked = match slowest {
            Some(slowest) => self.slowest.load(Relaxed) != slowest,
            None => self.looked.load(Relaxed),
        };
        if looked {
            self.looked.store(false, Relaxed);
            self.slowest.store(slowest.unwrap_or_default(), Relaxed);
            self.every.store((self.every.load(Relaxed) * 2 + 1).min(MOST), Relaxed);
            self.unseen.store(0, Relaxed);
            return false;
        }
        let unseen = self.unseen.load(Relaxed) + 1;
        self.every.store(LEAST, Relaxed);
        self.unseen.store(unseen, Relaxed);
        self.wanted.store(unseen > self.patience.load(Relaxed), Relaxed);
        self.is_wanted()
    }

    /// Whether the writer waits for quiet.
    pub(super) fn is_wanted(&self) -> bool {
        self.wanted.load(Relaxed)
    }

    /// Those who were in the way may look no more. Called with all doors shut.
    pub(super) fn begin(&self, number: u64) {
        self.since.store(number, Relaxed);
        self.sent_away.store(true, Relaxed);
        self.turn(true);
    }

    /// Somebody may look who might not. Called with all doors shut.
    pub(super) fn end(&self, number: u64) {
        if self.sent_away.load(Relaxed) {
            let before = self.patience.load(Relaxed);
            let paid = number.wrapping_sub(self.since.load(Relaxed)) >= PAYS;
            let patience = if paid { before / 2 } else { (before * 2 + 1).min(MOST_PATIENCE) };
            self.patience.store(patience, Relaxed);
            self.sent_away.store(false, Relaxed);
        }
        self.turn(false);
    }

    fn turn(&self, on: bool) {
        self.on.store(on, Relaxed);
        self.looked.store(!on, Relaxed);
        self.wanted.store(false, Relaxed);
        self.every.store(LEAST, Relaxed);
        self.unseen.store(0, Relaxed);
    }
}
