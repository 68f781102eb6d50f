//! Records in static memory, driven by threads that stand for tasks of a kernel, or by tasks too.
//!
//! A record is leaked, as a `static` would be; when its last handle goes it is aborted, so that the
//! ledger can be settled.

use std::pin::pin;
use std::sync::Arc;

use aimdb_core::buffer::{
    BufferCfg, BufferCfgError, BufferMetrics, Degrader, DropHook, FlushError, ReaderMetrics, RecvTimeoutError,
    SendError, SubscribeError, TryProduceError, TryRecvError, TrySendError,
};
use aimdb_core::pure::{DropCause, Policy, Start};
use aimdb_core::waiting::Deadline;
use aimdb_sync_embassy::{
    Bounded, CriticalSectionRawMutex, DegradeQuality, DropNewest, DropOldest, Fail, Mailbox, PauseUpstream, Port,
    SingleLatest, SpmcRing, StaticConsumer, StaticKind, StaticRecord, Threads,
};

use crate::drive::{Drive, Turn, in_time, run};
use crate::kept;
use crate::payload::Item;
use crate::subject::{Cursor, Need, Record, Spec, Subject, Until};

/// As many cursors as the suite makes on one record.
const CURSORS: usize = 12;

/// Slots beside those of the capacity: for values on their way. Of the many senders of W6, most
/// wait for one.
const SPARE: usize = 24;

/// The records of `aimdb-sync-embassy`, driven so.
pub struct Static(pub Drive);

/// A value with the code that the test gave for its record. A static record takes functions, which
/// have no state and cannot tell one test from another, so that travels with each value.
#[derive(Clone)]
struct Carried {
    item: Item,
    code: Arc<Code>,
}

struct Code {
    degrade: Option<Degrader<Item>>,
    on_drop: Option<DropHook<Item>>,
}

fn degrade(Carried { item, code }: Carried) -> Carried {
    let item = match &code.degrade {
        Some(degrade) => degrade(item),
        None => item,
    };
    Carried { item, code }
}

fn dropped(Carried { item, code }: Carried, cause: DropCause) {
    if let Some(hook) = &code.on_drop {
        hook(item, cause);
    }
}

fn now() -> u64 {
    Threads::now()
}

/// On the port's clock.
pub(crate) fn deadline(until: Until) -> Deadline {
    match until {
        Until::Now => Deadline::At(0),
        Until::In(timeout) => Deadline::after(now(), timeout),
        Until::Never => Deadline::Never,
    }
}

type Of<K, const SLOTS: usize> = StaticRecord<K, Carried, CriticalSectionRawMutex, SLOTS, CURSORS>;

type Pausing<const CAPACITY: usize> = Bounded<CAPACITY, PauseUpstream>;
type Failing<const CAPACITY: usize> = Bounded<CAPACITY, Fail>;
type DroppingOldest<const CAPACITY: usize> = Bounded<CAPACITY, DropOldest>;
type DroppingNewest<const CAPACITY: usize> = Bounded<CAPACITY, DropNewest>;
type Degrading<const CAPACITY: usize> = Bounded<CAPACITY, DegradeQuality>;

/// A const generic cannot be chosen at run time: one arm for each capacity.
macro_rules! at_capacity {
    ($capacity:ident of $($known:literal)+, $make:ident, $kind:ident) => {
        match $capacity {
            $($known => $make!($kind<$known>, $known),)+
            other => unreachable!("`supports` leaves out a capacity of {other}"),
        }
    };
}

impl Subject for Static {
    fn open(&self, spec: Spec) -> Result<Arc<dyn Record>, BufferCfgError> {
        let opener = Opener { code: Arc::new(Code { degrade: spec.degrade, on_drop: spec.on_drop }), drive: &self.0 };
        macro_rules! plain {
            ($kind:ty, $capacity:literal) => {
                opener.open(Of::<$kind, { $capacity + SPARE }>::builder().on_drop(dropped).clock(now).build())
            };
        }
        macro_rules! degrading {
            ($kind:ty, $capacity:literal) => {
                opener.open(Of::<$kind, { $capacity + SPARE }>::degrading(degrade).on_drop(dropped).clock(now).build())
            };
        }
        Ok(match spec.cfg {
            BufferCfg::SingleLatest => plain!(SingleLatest, 1),
            BufferCfg::Mailbox => plain!(Mailbox, 1),
            BufferCfg::SpmcRing { capacity } => at_capacity!(capacity of 1 2 3 64, plain, SpmcRing),
            BufferCfg::Bounded { capacity, policy } => match policy {
                Policy::PauseUpstream => at_capacity!(capacity of 0 1 2 3 64, plain, Pausing),
                Policy::Fail => at_capacity!(capacity of 0 1 2 3 64, plain, Failing),
                Policy::DropNewest => at_capacity!(capacity of 0 1 2 3 64, plain, DroppingNewest),
                Policy::DropOldest => at_capacity!(capacity of 1 2 3 64, plain, DroppingOldest),
                Policy::DegradeQuality => at_capacity!(capacity of 1 2 3 64, degrading, Degrading),
            },
        })
    }

    fn supports(&self, cfg: &BufferCfg) -> bool {
        cfg.validate(true).is_ok() && crate::conformance::CAPACITIES.contains(&cfg.capacity())
    }

    /// What is wrong with a description does not compile there; the crate's own examples prove it.
    fn has(&self, need: Need) -> bool {
        !matches!(need, Need::AnyCapacity | Need::Mistakes)
    }
}

struct Opener<'a> {
    code: Arc<Code>,
    drive: &'a Drive,
}

impl Opener<'_> {
    fn open<K: StaticKind + 'static, const SLOTS: usize>(self, record: Of<K, SLOTS>) -> Arc<dyn Record> {
        let life = Arc::new(Life(kept::leak(record)));
        Arc::new(StaticHandle { life, code: self.code, turn: Turn::new(self.drive.clone()) })
    }
}

/// Aborts the record when its last handle goes.
struct Life<K: StaticKind + 'static, const SLOTS: usize>(&'static Of<K, SLOTS>);

impl<K: StaticKind + 'static, const SLOTS: usize> Drop for Life<K, SLOTS> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

struct StaticHandle<K: StaticKind + 'static, const SLOTS: usize> {
    life: Arc<Life<K, SLOTS>>,
    code: Arc<Code>,
    turn: Turn,
}

impl<K: StaticKind + 'static, const SLOTS: usize> StaticHandle<K, SLOTS> {
    fn carried(&self, item: Item) -> Carried {
        Carried { item, code: Arc::clone(&self.code) }
    }
}

/// Without what a static record has no reason to answer.
fn not_tried(error: TrySendError<Carried>) -> TryProduceError<Item> {
    match error {
        TrySendError::Full(carried) => TryProduceError::Full(carried.item),
        TrySendError::Closed(carried) => TryProduceError::Closed(carried.item),
        TrySendError::Misuse(_, misuse) => panic!("{misuse}"),
    }
}

fn not_sent(error: SendError<Carried>) -> SendError<Item> {
    match error {
        SendError::Full(carried) => SendError::Full(carried.item),
        SendError::Timeout(carried) => SendError::Timeout(carried.item),
        SendError::Closed(carried) => SendError::Closed(carried.item),
        SendError::Misuse(carried, misuse) => SendError::Misuse(carried.item, misuse),
    }
}

impl<K: StaticKind + 'static, const SLOTS: usize> Record for StaticHandle<K, SLOTS> {
    fn try_send(&self, item: Item) -> Result<(), TryProduceError<Item>> {
        self.life.0.producer().try_send(self.carried(item)).map_err(not_tried)
    }

    fn send(&self, item: Item, until: Until) -> Result<(), SendError<Item>> {
        let (producer, carried) = (self.life.0.producer(), self.carried(item));
        let Some(runtime) = self.turn.runtime() else {
            return producer.on::<Threads>().send_deadline(carried, deadline(until)).map_err(not_sent);
        };
        let sent = run(runtime, async move {
            let mut send = pin!(producer.send_async(carried));
            match in_time(send.as_mut(), until).await {
                Some(outcome) => outcome,
                None => send.cancel().map_or(Ok(()), |carried| Err(SendError::Timeout(carried))),
            }
        });
        sent.map_err(not_sent)
    }

    fn push(&self, item: Item) {
        self.life.0.producer().produce(self.carried(item));
    }

    fn force_send(&self, item: Item) -> Result<Option<Item>, TryProduceError<Item>> {
        let forced = self.life.0.producer().force_send(self.carried(item));
        forced.map(|displaced| displaced.map(|carried| carried.item)).map_err(not_tried)
    }

    fn subscribe(&self, start: Start) -> Result<Box<dyn Cursor>, SubscribeError> {
        let consumer = self.life.0.consumer_from(start)?;
        Ok(Box::new(StaticCursor { consumer, life: Arc::clone(&self.life), turn: Turn::new(self.turn.drive.clone()) }))
    }

    fn close(&self) {
        self.life.0.close();
    }

    fn abort(&self) -> usize {
        self.life.0.abort()
    }

    fn is_closed(&self) -> bool {
        self.life.0.is_closed()
    }

    fn flush(&self, until: Until) -> Result<(), FlushError> {
        let producer = self.life.0.producer();
        let Some(runtime) = self.turn.runtime() else {
            return producer.on::<Threads>().flush_deadline(deadline(until));
        };
        run(runtime, async move { in_time(producer.flush_async(), until).await.unwrap_or(Err(FlushError::Timeout)) })
    }

    fn peek(&self) -> Option<Item> {
        self.life.0.peek().map(|carried| carried.item)
    }

    fn metrics(&self) -> BufferMetrics {
        self.life.0.stats()
    }
}

struct StaticCursor<K: StaticKind + 'static, const SLOTS: usize> {
    /// Declared, and so dropped, before what ends the record.
    consumer: StaticConsumer<'static, Of<K, SLOTS>>,
    life: Arc<Life<K, SLOTS>>,
    turn: Turn,
}

impl<K: StaticKind + 'static, const SLOTS: usize> Cursor for StaticCursor<K, SLOTS> {
    fn try_recv(&mut self) -> Result<Item, TryRecvError> {
        self.consumer.try_recv().map(|carried| carried.item)
    }

    fn recv(&mut self, until: Until) -> Result<Item, RecvTimeoutError> {
        // A port stands for the task that calls and a task wants what it owns: both get a clone,
        // which shares the cursor.
        let mut consumer: StaticConsumer<'_, _> = self.consumer.clone();
        let received = match self.turn.runtime() {
            None => consumer.on::<Threads>().recv_deadline(deadline(until)),
            Some(runtime) => run(runtime, async move {
                match in_time(consumer.recv_async(), until).await {
                    Some(outcome) => outcome.map_err(RecvTimeoutError::from),
                    None => Err(RecvTimeoutError::Timeout),
                }
            }),
        };
        received.map(|carried| carried.item)
    }

    fn try_latest(&mut self) -> Result<Item, TryRecvError> {
        self.consumer.try_latest().map(|carried| carried.item)
    }

    fn share(&self) -> Result<Box<dyn Cursor>, SubscribeError> {
        let (consumer, life) = (self.consumer.clone(), Arc::clone(&self.life));
        Ok(Box::new(Self { consumer, life, turn: Turn::new(self.turn.drive.clone()) }))
    }

    fn metrics(&self) -> ReaderMetrics {
        self.consumer.stats()
    }
}
