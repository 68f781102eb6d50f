//! The lean records in static memory that hold one value, which is moved inside the critical section or outside,
//! driven by threads that stand for tasks of a kernel, or by tasks too.

use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;

use aimdb_core::buffer::{
    BufferCfg, BufferCfgError, BufferMetrics, FlushError, ReaderMetrics, RecvTimeoutError, SendError, SubscribeError,
    TryProduceError, TryRecvError, TrySendError,
};
use aimdb_core::pure::Start;
use aimdb_sync_embassy::{
    CriticalSectionRawMutex, StaticConsumer, StaticLatest, StaticMailbox, StaticProducer, Threads, WholeRecord,
};

use parking_lot::Mutex;

use crate::drive::{Drive, Turn, in_time, run};
use crate::kept;
use crate::payload::{Item, Ledger};
use crate::static_queue::{Carried, not_sent};
use crate::static_record::deadline;
use crate::subject::{Cursor, Need, Record, Spec, Subject, Until};

/// A record of one value.
pub trait Slot: WholeRecord<Value: Carried, Cursor: 'static> + Sync + Send + Sized + 'static {
    /// What it is.
    const CFG: BufferCfg;

    /// An empty one.
    fn empty() -> Self;

    /// A producer.
    fn sender(&'static self) -> StaticProducer<'static, Self>;

    /// A consumer.
    ///
    /// # Errors
    ///
    /// There are as many as can be.
    fn reader(&'static self, start: Start) -> Result<StaticConsumer<'static, Self>, SubscribeError>;

    /// What it holds.
    fn look(&'static self) -> Option<Item>;

    /// Whether it has what a promise needs.
    fn has(need: Need) -> bool;

    /// A send as a task makes it.
    fn sending(producer: StaticProducer<'static, Self>, value: Self::Value) -> Awaited<SendError<Self::Value>, ()>;

    /// A receive as a task makes it.
    fn receiving(consumer: StaticConsumer<'static, Self>, until: Until) -> Awaited<RecvTimeoutError, Self::Value>;
}

/// What a task awaits.
pub type Awaited<E, V> = Pin<Box<dyn Future<Output = Result<V, E>> + Send>>;

/// That the futures of a record may travel is known of each, and not of all.
macro_rules! awaited {
    () => {
        fn sending(producer: StaticProducer<'static, Self>, value: Self::Value) -> Awaited<SendError<Self::Value>, ()> {
            Box::pin(producer.send_async(value))
        }

        fn receiving(
            mut consumer: StaticConsumer<'static, Self>,
            until: Until,
        ) -> Awaited<RecvTimeoutError, Self::Value> {
            Box::pin(async move {
                match in_time(consumer.recv_async(), until).await {
                    Some(outcome) => outcome.map_err(RecvTimeoutError::from),
                    None => Err(RecvTimeoutError::Timeout),
                }
            })
        }
    };
}

impl<V: Carried, const PLACES: usize> Slot for StaticMailbox<V, CriticalSectionRawMutex, PLACES> {
    const CFG: BufferCfg = BufferCfg::Mailbox;

    fn empty() -> Self {
        Self::new()
    }

    fn sender(&'static self) -> StaticProducer<'static, Self> {
        self.producer()
    }

    fn reader(&'static self, _start: Start) -> Result<StaticConsumer<'static, Self>, SubscribeError> {
        Ok(self.consumer())
    }

    /// It is not asked for.
    fn look(&'static self) -> Option<Item> {
        None
    }

    fn has(need: Need) -> bool {
        matches!(
            need,
            Need::FanOut
                | Need::Force
                | Need::Latest
                | Need::Flush
                | Need::Counters
                | Need::CursorCounters
                | Need::Abort
                | Need::Fair
        )
    }

    awaited! {}
}

/// The ledgers that there were.
static LEDGERS: Mutex<Vec<Arc<Ledger>>> = Mutex::new(Vec::new());

/// Plain data that stands for an item: its tag, and the number of its ledger, in each word.
impl<const N: usize> Carried for [u64; N] {
    fn pack(item: Item) -> Self {
        let mut ledgers = LEDGERS.lock();
        let known = ledgers.iter().rposition(|ledger| Arc::ptr_eq(ledger, item.ledger()));
        let ledger = known.unwrap_or_else(|| {
            ledgers.push(Arc::clone(item.ledger()));
            ledgers.len() - 1
        });
        [item.tag() << 32 | ledger as u64; N]
    }

    fn unpack(self) -> Item {
        assert!(self.iter().all(|word| *word == self[0]), "torn");
        let ledger = Arc::clone(&LEDGERS.lock()[self[0] as u32 as usize]);
        ledger.item(self[0] >> 32)
    }
}

/// As many cursors as the suite makes on one record.
const READERS: usize = 16;

/// A latest value of `N` numbers.
pub type Latest<const N: usize, const PLACES: usize> = StaticLatest<[u64; N], CriticalSectionRawMutex, READERS, PLACES>;

impl<const N: usize, const PLACES: usize> Slot for Latest<N, PLACES> {
    const CFG: BufferCfg = BufferCfg::SingleLatest;

    fn empty() -> Self {
        Self::new()
    }

    fn sender(&'static self) -> StaticProducer<'static, Self> {
        self.producer()
    }

    fn reader(&'static self, _start: Start) -> Result<StaticConsumer<'static, Self>, SubscribeError> {
        self.consumer()
    }

    fn look(&'static self) -> Option<Item> {
        self.peek().map(Carried::unpack)
    }

    fn has(need: Need) -> bool {
        matches!(
            need,
            Need::FanOut
                | Need::Force
                | Need::Latest
                | Need::Flush
                | Need::Peek
                | Need::Counters
                | Need::Abort
                | Need::Fair
        )
    }

    awaited! {}
}

/// Records of this kind, driven so.
pub struct Slots<R>(Drive, PhantomData<fn() -> R>);

impl<R: Slot> Slots<R> {
    /// Driven so.
    #[must_use]
    pub const fn by(drive: Drive) -> Self {
        Self(drive, PhantomData)
    }
}

impl<R: Slot> Subject for Slots<R> {
    fn open(&self, _spec: Spec) -> Result<Arc<dyn Record>, BufferCfgError> {
        let life = Arc::new(Life(kept::leak(R::empty())));
        Ok(Arc::new(Handle { life, turn: Turn::new(self.0.clone()) }))
    }

    fn supports(&self, cfg: &BufferCfg) -> bool {
        *cfg == R::CFG
    }

    fn has(&self, need: Need) -> bool {
        R::has(need)
    }
}

/// Aborts the record when its last handle goes.
struct Life<R: Slot>(&'static R);

impl<R: Slot> Drop for Life<R> {
    fn drop(&mut self) {
        self.0.sender().abort();
    }
}

struct Handle<R: Slot> {
    life: Arc<Life<R>>,
    turn: Turn,
}

fn not_tried<V: Carried>(error: TrySendError<V>) -> TryProduceError<Item> {
    match error {
        TrySendError::Full(value) => TryProduceError::Full(value.unpack()),
        TrySendError::Closed(value) => TryProduceError::Closed(value.unpack()),
        TrySendError::Misuse(_, misuse) => panic!("{misuse}"),
    }
}

impl<R: Slot> Record for Handle<R> {
    fn try_send(&self, item: Item) -> Result<(), TryProduceError<Item>> {
        self.life.0.sender().try_send(R::Value::pack(item)).map_err(not_tried)
    }

    fn send(&self, item: Item, until: Until) -> Result<(), SendError<Item>> {
        let (producer, value) = (self.life.0.sender(), R::Value::pack(item));
        let Some(runtime) = self.turn.runtime() else {
            return producer.on::<Threads>().send_deadline(value, deadline(until)).map_err(not_sent);
        };
        run(runtime, R::sending(producer, value)).map_err(not_sent)
    }

    fn push(&self, item: Item) {
        self.life.0.sender().produce(R::Value::pack(item));
    }

    fn force_send(&self, item: Item) -> Result<Option<Item>, TryProduceError<Item>> {
        let forced = self.life.0.sender().force_send(R::Value::pack(item));
        forced.map(|displaced| displaced.map(Carried::unpack)).map_err(not_tried)
    }

    fn subscribe(&self, start: Start) -> Result<Box<dyn Cursor>, SubscribeError> {
        let (consumer, life) = (self.life.0.reader(start)?, Arc::clone(&self.life));
        Ok(Box::new(Reading { consumer, life, turn: Turn::new(self.turn.drive.clone()) }))
    }

    fn close(&self) {
        self.life.0.sender().close();
    }

    fn abort(&self) -> usize {
        self.life.0.sender().abort()
    }

    fn is_closed(&self) -> bool {
        self.life.0.sender().is_closed()
    }

    fn flush(&self, until: Until) -> Result<(), FlushError> {
        self.life.0.sender().on::<Threads>().flush_deadline(deadline(until))
    }

    fn peek(&self) -> Option<Item> {
        self.life.0.look()
    }

    fn metrics(&self) -> BufferMetrics {
        self.life.0.sender().stats()
    }
}

struct Reading<R: Slot> {
    /// Declared, and so dropped, before what ends the record.
    consumer: StaticConsumer<'static, R>,
    life: Arc<Life<R>>,
    turn: Turn,
}

impl<R: Slot> Cursor for Reading<R> {
    fn try_recv(&mut self) -> Result<Item, TryRecvError> {
        self.consumer.try_recv().map(Carried::unpack)
    }

    fn recv(&mut self, until: Until) -> Result<Item, RecvTimeoutError> {
        let consumer = self.consumer.clone();
        let received = match self.turn.runtime() {
            None => consumer.on::<Threads>().recv_deadline(deadline(until)),
            Some(runtime) => run(runtime, R::receiving(consumer, until)),
        };
        received.map(Carried::unpack)
    }

    fn try_latest(&mut self) -> Result<Item, TryRecvError> {
        self.consumer.try_latest().map(Carried::unpack)
    }

    fn share(&self) -> Result<Box<dyn Cursor>, SubscribeError> {
        let (consumer, life) = (self.consumer.clone(), Arc::clone(&self.life));
        Ok(Box::new(Self { consumer, life, turn: Turn::new(self.turn.drive.clone()) }))
    }

    fn metrics(&self) -> ReaderMetrics {
        self.consumer.stats()
    }
}
