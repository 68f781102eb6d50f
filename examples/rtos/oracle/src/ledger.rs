//! The oracle of the storms: who offered which value, and that each that was stored comes out once, whole, and in
//! its sender's order.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use aimdb_sync_embassy::{BufferMetrics, SendError, TrySendError};
use board::check;

/// How many senders an oracle knows.
pub const SENDERS: usize = 4;

/// How many values each of them may offer.
pub const VALUES: u32 = 20_000;

const WORDS: usize = VALUES.div_ceil(32) as usize;

/// A value: whose it is, its number, and a word that shows whether it is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Value {
    /// Which of the senders.
    pub sender: u8,
    /// Its number among that sender's.
    pub number: u32,
    check: u32,
}

impl Value {
    /// The value of this number.
    #[must_use]
    pub const fn new(sender: u8, number: u32) -> Self {
        Self { sender, number, check: !number ^ ((sender as u32) << 24) }
    }
}

/// What became of the values of one record.
#[derive(Debug)]
pub struct Oracle {
    stored: AtomicU32,
    given_back: AtomicU32,
    came_out: [[AtomicU32; WORDS]; SENDERS],
    count: AtomicU32,
}

impl Oracle {
    /// Nothing was offered yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            stored: AtomicU32::new(0),
            given_back: AtomicU32::new(0),
            came_out: [const { [const { AtomicU32::new(0) }; WORDS] }; SENDERS],
            count: AtomicU32::new(0),
        }
    }

    /// How a value was answered by `try_send`: whether it was stored.
    pub fn tried(&self, value: Value, answer: Result<(), TrySendError<Value>>) -> bool {
        match answer {
            Ok(()) => self.was_stored(),
            Err(TrySendError::Full(back)) => self.came_back(value, back),
            Err(_) => check!(false),
        }
        answer.is_ok()
    }

    /// How a value was answered by a `send` that may time out: whether it was stored.
    pub fn sent(&self, value: Value, answer: Result<(), SendError<Value>>) -> bool {
        match answer {
            Ok(()) => self.was_stored(),
            Err(SendError::Timeout(back)) => self.came_back(value, back),
            Err(_) => check!(false),
        }
        answer.is_ok()
    }

    /// The value is in the record.
    pub fn was_stored(&self) {
        self.stored.fetch_add(1, Relaxed);
    }

    /// The sender has its value again, the same.
    pub fn came_back(&self, value: Value, back: Value) {
        check!(value == back);
        self.given_back.fetch_add(1, Relaxed);
    }

    /// A value left the record, to a reader or displaced: it is whole, and did so for the first time.
    pub fn came_out(&self, value: Value) {
        check!(value == Value::new(value.sender, value.number));
        check!(value.number < VALUES);
        let bit = 1 << (value.number % 32);
        let word = &self.came_out[usize::from(value.sender)][value.number as usize / 32];
        check!(word.fetch_or(bit, Relaxed) & bit == 0);
        self.count.fetch_add(1, Relaxed);
    }

    /// How many came out.
    pub fn out(&self) -> u32 {
        self.count.load(Relaxed)
    }

    /// The record is closed and drained: all that was stored came out, and the counters say the same.
    pub fn settle(&self, stats: &BufferMetrics) {
        let (stored, given_back) = (self.stored.load(Relaxed), self.given_back.load(Relaxed));
        check!(self.out() == stored);
        check!(stats.counters.accepted == u64::from(stored));
        check!(stats.counters.refused + stats.counters.timed_out == u64::from(given_back));
        check!(stats.counters.offered() == u64::from(stored + given_back));
        check!(stats.occupancy == 0 && stats.waiting_producers == 0 && stats.waiting_consumers == 0);
    }
}

impl Default for Oracle {
    fn default() -> Self {
        Self::new()
    }
}

/// The order in which one reader sees the values.
#[derive(Debug, Default)]
pub struct Order {
    /// One above the number of each sender's last.
    next: [u32; SENDERS],
}

impl Order {
    /// A value came: each sender's come in the order in which they were sent.
    pub fn follows(&mut self, value: Value) {
        let next = &mut self.next[usize::from(value.sender)];
        check!(value.number >= *next);
        *next = value.number + 1;
    }
}
