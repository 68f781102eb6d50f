//! Whether anybody may begin to look at a value of a lane of shared values.
//!
//! A writer that displaces a value has to meet those who begin to look at it, which takes an exchange.
//! While nobody has looked for a while that is for nothing: the lane is *quiet* then, readers are kept
//! out, and the writer finds with a load that nobody looks. The first reader that comes for a value ends
//! that. Both turns are made with all doors shut, so whoever is inside knows how the lane is.
//!
//! Two turns cost as much as hundreds of exchanges save. Silences that were shorter make the writer wait
//! longer for the next one, as [`super::patience::Patience`] does for the whole lane.

use core::sync::atomic::Ordering::Relaxed;
use core::sync::atomic::{AtomicBool, AtomicU32, AtomicU64};

/// All but the hint `looked` belongs to whoever is inside the writing door, or has shut all doors; so a
/// model checker need not know it.
#[derive(Debug)]
pub(super) struct Quiet {
    on: AtomicBool,
    /// Whether somebody has looked since the writer last asked; a hint.
    looked: AtomicBool,
    /// The writer waits for the turn.
    wanted: AtomicBool,
    /// The writer asks at numbers that have none of these bits.
    every: AtomicU64,
    /// How often in a row nobody had looked, and how often that has to be.
    unseen: AtomicU32,
    patience: AtomicU32,
    /// The number from which on the lane has been quiet.
    since: AtomicU64,
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
            wanted: AtomicBool::new(false),
            every: AtomicU64::new(LEAST),
            unseen: AtomicU32::new(0),
            patience: AtomicU32::new(PATIENCE),
            since: AtomicU64::new(0),
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

    /// Whether the writer, which comes to this number, should ask for quiet.
    #[inline(always)]
    pub(super) fn is_due(&self, number: u64) -> bool {
        number & self.every.load(Relaxed) == 0 && self.ask()
    }

    #[cold]
    fn ask(&self) -> bool {
        if self.looked.load(Relaxed) {
            self.looked.store(false, Relaxed);
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

    /// Nobody may begin to look. Called with all doors shut.
    pub(super) fn begin(&self, number: u64) {
        self.since.store(number, Relaxed);
        self.turn(true);
    }

    /// Everybody may. Called with all doors shut.
    pub(super) fn end(&self, number: u64) {
        let before = self.patience.load(Relaxed);
        let paid = number.wrapping_sub(self.since.load(Relaxed)) >= PAYS;
        let patience = if paid { before / 2 } else { (before * 2 + 1).min(MOST_PATIENCE) };
        self.patience.store(patience, Relaxed);
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
