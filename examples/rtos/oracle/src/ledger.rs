//! The oracle of the storms: who offered which value, and that each that was stored comes out once, whole, and in
//! its sender's order.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use aimdb_sync_embassy::{BufferMetrics, SendError, TrySendError};
use board::check;

/// How many senders an oracle knows.
pub const SENDERS: usize = 4;

/// How many values each of them may offer.
pub const VALUES: u32 = 10_000;

const WORDS: usize = VALUES.div_ceil(32) as usize;

/// A value: whose it is, its number, and a word that shows whether it is whole. Two words, so that a
/// [`StaticQueue`](aimdb_sync_embassy::StaticQueue) moves it inside its critical section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Value {
    /// Which of the senders, and the number among that sender's.
    who: u32,
    check: u32,
}

impl Value {
    /// The value of this number.
    #[must_use]
    pub const fn new(sender: u8, number: u32) -> Self {
        let who = (sender as u32) << 24 | number;
        Self { who, check: !who.rotate_left(7) }
    }

    /// Which of the senders.
    #[must_use]
    pub const fn sender(self) -> u8 {
        (self.who >> 24) as u8
    }

    /// Its number among that sender's.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.who & 0xff_ffff
    }
}

/// The same in a value that is moved outside the critical section: all its words have to be whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Large([Value; 8]);

impl From<Value> for Large {
    fn from(value: Value) -> Self {
        Self([value; 8])
    }
}

impl From<Large> for Value {
    fn from(Large(values): Large) -> Self {
        check!(values.iter().all(|value| *value == values[0]));
        values[0]
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
    pub fn tried<V: Into<Value>>(&self, value: Value, answer: Result<(), TrySendError<V>>) -> bool {
        let stored = answer.is_ok();
        match answer {
            Ok(()) => self.was_stored(),
            Err(TrySendError::Full(back)) => self.came_back(value, back),
            Err(_) => check!(false),
        }
        stored
    }

    /// How a value was answered by a `send` that may time out: whether it was stored.
    pub fn sent<V: Into<Value>>(&self, value: Value, answer: Result<(), SendError<V>>) -> bool {
        let stored = answer.is_ok();
        match answer {
            Ok(()) => self.was_stored(),
            Err(SendError::Timeout(back)) => self.came_back(value, back),
            Err(_) => check!(false),
        }
        stored
    }

    /// The value is in the record.
    pub fn was_stored(&self) {
        self.stored.fetch_add(1, Relaxed);
    }

    /// The sender has its value again, the same.
    pub fn came_back(&self, value: Value, back: impl Into<Value>) {
        check!(value == back.into());
        self.given_back.fetch_add(1, Relaxed);
    }

    /// A value left the record, to a reader or displaced: it is whole, and did so for the first time.
    pub fn came_out(&self, value: impl Into<Value>) {
        let value = value.into();
        check!(value == Value::new(value.sender(), value.number()));
        check!(value.number() < VALUES);
        let bit = 1 << (value.number() % 32);
        let word = &self.came_out[usize::from(value.sender())][value.number() as usize / 32];
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
    pub fn follows(&mut self, value: impl Into<Value>) {
        let value = value.into();
        let next = &mut self.next[usize::from(value.sender())];
        check!(value.number() >= *next);
        *next = value.number() + 1;
    }
}
