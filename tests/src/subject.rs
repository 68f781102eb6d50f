//! What the conformance suite asks of an implementation.

use std::sync::Arc;
use std::time::Duration;

use aimdb_core::buffer::{
    BufferCfg, BufferCfgError, BufferMetrics, Degrader, DropHook, FlushError, ReaderMetrics, RecvTimeoutError,
    SendError, SubscribeError, TryProduceError, TryRecvError,
};
use aimdb_core::pure::{Policy, Start};
use aimdb_core::waiting::{Deadline, SystemClock};

use crate::payload::Item;

/// How long a call may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// One try.
    Now,
    /// This long.
    In(Duration),
    /// For ever.
    Never,
}

impl Until {
    /// A wait that is over soon.
    pub const SOON: Self = Self::In(Duration::from_millis(5));

    /// As a deadline on the system's clock.
    #[must_use]
    pub fn deadline(self) -> Deadline {
        match self {
            Self::Now => Deadline::At(0),
            Self::In(timeout) => SystemClock.after(timeout),
            Self::Never => Deadline::Never,
        }
    }
}

/// A record to be made.
#[derive(Clone)]
pub struct Spec {
    /// Kind, capacity and policy.
    pub cfg: BufferCfg,
    /// The degrader, for `DegradeQuality`.
    pub degrade: Option<Degrader<Item>>,
    /// Where the values go that no reader gets.
    pub on_drop: Option<DropHook<Item>>,
    /// The number of the first value; 0 except in tests of the wrap.
    pub first_number: u64,
}

impl Spec {
    /// A record of this description; `DegradeQuality` gets a degrader that marks the value.
    #[must_use]
    pub fn new(cfg: BufferCfg) -> Self {
        let degrade: Option<Degrader<Item>> = match cfg {
            BufferCfg::Bounded { policy: Policy::DegradeQuality, .. } => Some(Arc::new(Item::degrade)),
            _ => None,
        };
        Self { cfg, degrade, on_drop: None, first_number: 0 }
    }
}

/// What some implementations do not have. A promise that needs it is not asked of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// More than one cursor.
    FanOut,
    /// `force_send`.
    Force,
    /// `latest`.
    Latest,
    /// `flush`.
    Flush,
    /// `peek`, where the kind has it.
    Peek,
    /// The drop hook.
    DropHook,
    /// Counts, beyond who waits.
    Counters,
    /// Counts of episodes in which a sender waited, and their time.
    Episodes,
    /// Counts of each cursor.
    CursorCounters,
    /// `abort` that says how many values it discarded.
    Abort,
    /// First come, first served.
    Fair,
    /// Any capacity, so that absurd ones can be asked for.
    AnyCapacity,
    /// Mistakes in a description, so that they can be made.
    Mistakes,
    /// The end of the last reader of a closed record drops what is buffered.
    DropsUnreachable,
}

/// An implementation under test.
pub trait Subject: Send + Sync {
    /// Makes a record.
    ///
    /// # Errors
    ///
    /// What is wrong with the description.
    fn open(&self, spec: Spec) -> Result<Arc<dyn Record>, BufferCfgError>;

    /// Whether it has records like this.
    fn supports(&self, cfg: &BufferCfg) -> bool {
        let _ = cfg;
        true
    }

    /// Whether it has what a promise needs.
    fn has(&self, need: Need) -> bool {
        let _ = need;
        true
    }
}

/// The producer's end of a record.
#[allow(clippy::missing_errors_doc, reason = "the contract says what each can answer")]
pub trait Record: Send + Sync {
    /// Stores a value or gives it back; never waits.
    fn try_send(&self, item: Item) -> Result<(), TryProduceError<Item>>;
    /// Stores a value, waiting if the policy is to wait.
    fn send(&self, item: Item, until: Until) -> Result<(), SendError<Item>>;
    /// Infallible; what is refused goes to the drop hook. Runs on the calling thread.
    fn push(&self, item: Item);
    /// Stores a value whatever happens, and returns what it displaced.
    fn force_send(&self, item: Item) -> Result<Option<Item>, TryProduceError<Item>>;
    /// A new cursor.
    fn subscribe(&self, start: Start) -> Result<Box<dyn Cursor>, SubscribeError>;
    /// Refuses all values to come.
    fn close(&self);
    /// Closes and discards.
    fn abort(&self) -> usize;
    /// Whether it is closed.
    fn is_closed(&self) -> bool;
    /// Waits until everything sent before was consumed.
    fn flush(&self, until: Until) -> Result<(), FlushError>;
    /// The current value.
    fn peek(&self) -> Option<Item>;
    /// State and counts. Runs on the calling thread.
    fn metrics(&self) -> BufferMetrics;
}

/// The consumer's end of a record.
#[allow(clippy::missing_errors_doc, reason = "the contract says what each can answer")]
pub trait Cursor: Send {
    /// Takes the next value; never waits.
    fn try_recv(&mut self) -> Result<Item, TryRecvError>;
    /// Takes the next value, waiting for it.
    fn recv(&mut self, until: Until) -> Result<Item, RecvTimeoutError>;
    /// Takes the newest value; never waits.
    fn try_latest(&mut self) -> Result<Item, TryRecvError>;
    /// Another reader of the same cursor.
    fn share(&self) -> Result<Box<dyn Cursor>, SubscribeError>;
    /// What the cursor has counted.
    fn metrics(&self) -> ReaderMetrics;
}
