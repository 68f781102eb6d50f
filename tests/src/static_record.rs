//! Records in static memory, driven by threads that stand for tasks of a kernel.
//!
//! A record is leaked, as a `static` would be; when its last handle goes it is aborted, so that the
//! ledger can be settled.

use std::sync::Arc;

use aimdb_core::buffer::{
    BufferCfg, BufferCfgError, BufferMetrics, FlushTimeout, ReaderMetrics, RecvTimeoutError, SendError, SubscribeError,
    TryProduceError, TryRecvError, TrySendError,
};
use aimdb_core::pure::{Policy, Start};
use aimdb_core::waiting::{Clock, Deadline, Parker, SystemClock, ThreadParker};
use aimdb_sync_embassy::{
    Bounded, CriticalSectionRawMutex, DegradeQuality, DropNewest, DropOldest, Fail, Mailbox, PauseUpstream,
    SingleLatest, SpmcRing, StaticConsumer, StaticKind, StaticRecord,
};

use crate::kept;
use crate::payload::Item;
use crate::subject::{Cursor, Need, Record, Spec, Subject, Until};

/// As many cursors as the suite makes on one record.
const CURSORS: usize = 16;

/// Slots beside those of the capacity: for values on their way.
const SPARE: usize = 24;

/// The records of `aimdb-sync-embassy`.
pub struct Static;

/// How a thread blocks, as a kernel's task would.
#[derive(Default)]
struct HostPort(ThreadParker);

impl Parker for HostPort {
    fn waker(&self) -> &std::task::Waker {
        self.0.waker()
    }

    fn park(&self, until: Deadline) {
        self.0.park(until);
    }
}

impl Clock for HostPort {
    fn now(&self) -> u64 {
        SystemClock.now()
    }
}

fn now() -> u64 {
    SystemClock.now()
}

type Of<K, const SLOTS: usize> = StaticRecord<K, Item, CriticalSectionRawMutex, SLOTS, CURSORS>;

macro_rules! plain {
    ($kind:ty, $capacity:literal) => {
        leak(Of::<$kind, { $capacity + SPARE }>::builder().clock(now).build())
    };
}

macro_rules! bounded {
    ($policy:ty, $capacity:expr) => {
        match $capacity {
            1 => plain!(Bounded<1, $policy>, 1),
            2 => plain!(Bounded<2, $policy>, 2),
            3 => plain!(Bounded<3, $policy>, 3),
            _ => plain!(Bounded<64, $policy>, 64),
        }
    };
}

macro_rules! or_rendezvous {
    ($policy:ty, $capacity:expr) => {
        match $capacity {
            0 => plain!(Bounded<0, $policy>, 0),
            capacity => bounded!($policy, capacity),
        }
    };
}

macro_rules! degrading {
    ($capacity:literal) => {{
        const SLOTS: usize = $capacity + SPARE;
        leak(Of::<Bounded<$capacity, DegradeQuality>, SLOTS>::degrading(Item::degrade).clock(now).build())
    }};
}

impl Subject for Static {
    fn open(&self, spec: Spec) -> Result<Arc<dyn Record>, BufferCfgError> {
        Ok(match spec.cfg {
            BufferCfg::SpmcRing { capacity: 1 } => plain!(SpmcRing<1>, 1),
            BufferCfg::SpmcRing { capacity: 2 } => plain!(SpmcRing<2>, 2),
            BufferCfg::SpmcRing { capacity: 3 } => plain!(SpmcRing<3>, 3),
            BufferCfg::SpmcRing { .. } => plain!(SpmcRing<64>, 64),
            BufferCfg::SingleLatest => plain!(SingleLatest, 1),
            BufferCfg::Mailbox => plain!(Mailbox, 1),
            BufferCfg::Bounded { capacity, policy } => match policy {
                Policy::PauseUpstream => or_rendezvous!(PauseUpstream, capacity),
                Policy::Fail => or_rendezvous!(Fail, capacity),
                Policy::DropNewest => or_rendezvous!(DropNewest, capacity),
                Policy::DropOldest => bounded!(DropOldest, capacity),
                Policy::DegradeQuality => match capacity {
                    1 => degrading!(1),
                    2 => degrading!(2),
                    3 => degrading!(3),
                    _ => degrading!(64),
                },
            },
        })
    }

    fn supports(&self, cfg: &BufferCfg) -> bool {
        crate::conformance::CAPACITIES.contains(&cfg.capacity())
    }

    /// What is wrong with a description does not compile there; hooks and degraders are functions
    /// without state, which cannot tell one test from another.
    fn has(&self, need: Need) -> bool {
        !matches!(need, Need::AnyCapacity | Need::DropHook | Need::OwnDegrader)
    }
}

/// Aborts the record when its last handle goes.
struct Life<K: StaticKind + 'static, const SLOTS: usize>(&'static Of<K, SLOTS>);

impl<K: StaticKind + 'static, const SLOTS: usize> Drop for Life<K, SLOTS> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn leak<K: StaticKind + 'static, const SLOTS: usize>(record: Of<K, SLOTS>) -> Arc<dyn Record> {
    Arc::new(StaticHandle(Arc::new(Life(kept::leak(record)))))
}

struct StaticHandle<K: StaticKind + 'static, const SLOTS: usize>(Arc<Life<K, SLOTS>>);

fn without_misuse(error: TrySendError<Item>) -> TryProduceError<Item> {
    match error {
        TrySendError::Full(item) => TryProduceError::Full(item),
        TrySendError::Closed(item) => TryProduceError::Closed(item),
        TrySendError::Misuse(_, misuse) => panic!("{misuse}"),
    }
}

impl<K: StaticKind + 'static, const SLOTS: usize> Record for StaticHandle<K, SLOTS> {
    fn try_send(&self, item: Item) -> Result<(), TryProduceError<Item>> {
        self.0.0.producer().try_send(item).map_err(without_misuse)
    }

    fn send(&self, item: Item, until: Until) -> Result<(), SendError<Item>> {
        let port = HostPort::default();
        self.0.0.producer().on(&port).send_deadline(item, until.deadline())
    }

    fn push(&self, item: Item) {
        let _ = self.0.0.producer().try_send(item);
    }

    fn force_send(&self, item: Item) -> Result<Option<Item>, TryProduceError<Item>> {
        self.0.0.producer().force_send(item).map_err(without_misuse)
    }

    fn subscribe(&self, start: Start) -> Result<Box<dyn Cursor>, SubscribeError> {
        let consumer = self.0.0.consumer_from(start)?;
        Ok(Box::new(StaticCursor { consumer: Some(consumer), life: Arc::clone(&self.0) }))
    }

    fn close(&self) {
        self.0.0.close();
    }

    fn abort(&self) -> usize {
        self.0.0.abort()
    }

    fn is_closed(&self) -> bool {
        self.0.0.is_closed()
    }

    fn flush(&self, until: Until) -> Result<(), FlushTimeout> {
        let port = HostPort::default();
        self.0.0.producer().on(&port).flush_deadline(until.deadline())
    }

    fn peek(&self) -> Option<Item> {
        self.0.0.peek()
    }

    fn metrics(&self) -> BufferMetrics {
        self.0.0.stats()
    }
}

struct StaticCursor<K: StaticKind + 'static, const SLOTS: usize> {
    /// Goes before the record does.
    consumer: Option<StaticConsumer<'static, Of<K, SLOTS>>>,
    life: Arc<Life<K, SLOTS>>,
}

impl<K: StaticKind + 'static, const SLOTS: usize> StaticCursor<K, SLOTS> {
    fn consumer(&mut self) -> &mut StaticConsumer<'static, Of<K, SLOTS>> {
        self.consumer.as_mut().expect("it is there while the cursor is")
    }
}

impl<K: StaticKind + 'static, const SLOTS: usize> Cursor for StaticCursor<K, SLOTS> {
    fn try_recv(&mut self) -> Result<Item, TryRecvError> {
        self.consumer().try_recv()
    }

    fn recv(&mut self, until: Until) -> Result<Item, RecvTimeoutError> {
        // A port stands for the task that calls; a clone shares the cursor.
        let port = HostPort::default();
        let shared: StaticConsumer<'_, _> = self.consumer().clone();
        shared.on(&port).recv_deadline(until.deadline())
    }

    fn try_latest(&mut self) -> Result<Item, TryRecvError> {
        self.consumer().try_latest()
    }

    fn share(&self) -> Result<Box<dyn Cursor>, SubscribeError> {
        Ok(Box::new(Self { consumer: self.consumer.clone(), life: Arc::clone(&self.life) }))
    }

    fn metrics(&self) -> ReaderMetrics {
        self.consumer.as_ref().map(StaticConsumer::stats).unwrap_or_default()
    }
}

impl<K: StaticKind + 'static, const SLOTS: usize> Drop for StaticCursor<K, SLOTS> {
    fn drop(&mut self) {
        self.consumer = None;
    }
}
