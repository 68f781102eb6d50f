//! The lean bounded record in static memory, whose values are moved inside its critical section (boxed) or outside,
//! driven by threads that stand for tasks of a kernel, or by tasks too.

use std::marker::PhantomData;
use std::pin::pin;
use std::sync::Arc;

use aimdb_core::buffer::{
    BufferCfg, BufferCfgError, BufferMetrics, FlushError, ReaderMetrics, RecvTimeoutError, SendError, SubscribeError,
    TryProduceError, TryRecvError, TrySendError,
};
use aimdb_core::pure::{Policy, Start};
use aimdb_sync_embassy::{
    CriticalSectionRawMutex, DropNewest, Fail, PauseUpstream, QueuePolicy, Sending, StaticConsumer, StaticQueue,
    Threads,
};

use crate::drive::{Drive, Turn, in_time, run};
use crate::kept;
use crate::payload::Item;
use crate::static_record::deadline;
use crate::subject::{Cursor, Need, Record, Spec, Subject, Until};

/// How an item travels.
pub trait Carried: Send + Sync + 'static {
    /// On its way.
    fn pack(item: Item) -> Self;
    /// Out again.
    fn unpack(self) -> Item;
}

/// A value of two words or less.
pub struct Small(Box<Item>);

/// A value of more.
pub struct Large(Item);

impl Carried for Small {
    fn pack(item: Item) -> Self {
        Self(Box::new(item))
    }

    fn unpack(self) -> Item {
        *self.0
    }
}

impl Carried for Large {
    fn pack(item: Item) -> Self {
        Self(item)
    }

    fn unpack(self) -> Item {
        self.0
    }
}

/// Queues of such values, driven so.
pub struct Lean<V>(pub Drive, pub PhantomData<fn() -> V>);

type Of<V, const N: usize, P> = StaticQueue<V, CriticalSectionRawMutex, N, P>;

impl<V: Carried> Lean<V> {
    /// Driven so.
    #[must_use]
    pub const fn by(drive: Drive) -> Self {
        Self(drive, PhantomData)
    }

    fn make<const N: usize, P: QueuePolicy + 'static>(&self) -> Arc<dyn Record> {
        let life = Arc::new(Life(kept::leak(Of::<V, N, P>::new())));
        Arc::new(Handle { life, turn: Turn::new(self.0.clone()) })
    }
}

impl<V: Carried> Subject for Lean<V> {
    fn open(&self, spec: Spec) -> Result<Arc<dyn Record>, BufferCfgError> {
        Ok(match spec.cfg {
            BufferCfg::Bounded { capacity: 1, policy: Policy::PauseUpstream } => self.make::<1, PauseUpstream>(),
            BufferCfg::Bounded { capacity: 2, policy: Policy::PauseUpstream } => self.make::<2, PauseUpstream>(),
            BufferCfg::Bounded { capacity: 3, policy: Policy::PauseUpstream } => self.make::<3, PauseUpstream>(),
            BufferCfg::Bounded { capacity: 64, policy: Policy::PauseUpstream } => self.make::<64, PauseUpstream>(),
            BufferCfg::Bounded { capacity: 1, policy: Policy::Fail } => self.make::<1, Fail>(),
            BufferCfg::Bounded { capacity: 2, policy: Policy::Fail } => self.make::<2, Fail>(),
            BufferCfg::Bounded { capacity: 3, policy: Policy::Fail } => self.make::<3, Fail>(),
            BufferCfg::Bounded { capacity: 64, policy: Policy::Fail } => self.make::<64, Fail>(),
            BufferCfg::Bounded { capacity: 1, policy: Policy::DropNewest } => self.make::<1, DropNewest>(),
            BufferCfg::Bounded { capacity: 2, policy: Policy::DropNewest } => self.make::<2, DropNewest>(),
            BufferCfg::Bounded { capacity: 3, policy: Policy::DropNewest } => self.make::<3, DropNewest>(),
            BufferCfg::Bounded { capacity: 64, policy: Policy::DropNewest } => self.make::<64, DropNewest>(),
            other => unreachable!("`supports` leaves out {other:?}"),
        })
    }

    fn supports(&self, cfg: &BufferCfg) -> bool {
        let BufferCfg::Bounded { capacity, policy } = cfg else { return false };
        [1, 2, 3, 64].contains(capacity) && matches!(policy, Policy::PauseUpstream | Policy::Fail | Policy::DropNewest)
    }

    /// Not what is of a whole record only. Waiters are woken in order; two that are on their way at a time may come in
    /// the other, on two cores.
    fn has(&self, need: Need) -> bool {
        matches!(need, Need::Abort | Need::Counters)
    }
}

/// Aborts the queue when its last handle goes.
struct Life<V: Carried, const N: usize, P: QueuePolicy + 'static>(&'static Of<V, N, P>);

impl<V: Carried, const N: usize, P: QueuePolicy> Drop for Life<V, N, P> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

struct Handle<V: Carried, const N: usize, P: QueuePolicy + 'static> {
    life: Arc<Life<V, N, P>>,
    turn: Turn,
}

pub(crate) fn not_sent<V: Carried>(error: SendError<V>) -> SendError<Item> {
    match error {
        SendError::Full(value) => SendError::Full(value.unpack()),
        SendError::Timeout(value) => SendError::Timeout(value.unpack()),
        SendError::Closed(value) => SendError::Closed(value.unpack()),
        SendError::Misuse(value, misuse) => SendError::Misuse(value.unpack(), misuse),
    }
}

const WHOLE: &str = "no promise that needs it is asked of a queue";

impl<V: Carried, const N: usize, P: QueuePolicy + 'static> Record for Handle<V, N, P> {
    fn try_send(&self, item: Item) -> Result<(), TryProduceError<Item>> {
        self.life.0.producer().try_send(V::pack(item)).map_err(|error| match error {
            TrySendError::Full(value) => TryProduceError::Full(value.unpack()),
            TrySendError::Closed(value) => TryProduceError::Closed(value.unpack()),
            TrySendError::Misuse(_, misuse) => panic!("{misuse}"),
        })
    }

    fn send(&self, item: Item, until: Until) -> Result<(), SendError<Item>> {
        let (producer, value) = (self.life.0.producer(), V::pack(item));
        let Some(runtime) = self.turn.runtime() else {
            return producer.on::<Threads>().send_deadline(value, deadline(until)).map_err(not_sent);
        };
        let sent = run(runtime, async move {
            let mut send = pin!(producer.send_async(value));
            match in_time(send.as_mut(), until).await {
                Some(outcome) => outcome,
                None => send.cancel().map_or(Ok(()), |value| Err(SendError::Timeout(value))),
            }
        });
        sent.map_err(not_sent)
    }

    fn push(&self, item: Item) {
        self.life.0.producer().produce(V::pack(item));
    }

    fn force_send(&self, _item: Item) -> Result<Option<Item>, TryProduceError<Item>> {
        unreachable!("{WHOLE}")
    }

    fn subscribe(&self, _start: Start) -> Result<Box<dyn Cursor>, SubscribeError> {
        let (consumer, life) = (self.life.0.consumer(), Arc::clone(&self.life));
        Ok(Box::new(Reading { consumer, life, turn: Turn::new(self.turn.drive.clone()) }))
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

    fn flush(&self, _until: Until) -> Result<(), FlushError> {
        unreachable!("{WHOLE}")
    }

    fn peek(&self) -> Option<Item> {
        None
    }

    fn metrics(&self) -> BufferMetrics {
        self.life.0.stats()
    }
}

struct Reading<V: Carried, const N: usize, P: QueuePolicy + 'static> {
    /// Declared, and so dropped, before what ends the queue.
    consumer: StaticConsumer<'static, Of<V, N, P>>,
    life: Arc<Life<V, N, P>>,
    turn: Turn,
}

impl<V: Carried, const N: usize, P: QueuePolicy + 'static> Cursor for Reading<V, N, P> {
    fn try_recv(&mut self) -> Result<Item, TryRecvError> {
        self.consumer.try_recv().map(V::unpack)
    }

    fn recv(&mut self, until: Until) -> Result<Item, RecvTimeoutError> {
        let mut consumer = self.consumer.clone();
        let received = match self.turn.runtime() {
            None => consumer.on::<Threads>().recv_deadline(deadline(until)),
            Some(runtime) => run(runtime, async move {
                match in_time(consumer.recv_async(), until).await {
                    Some(outcome) => outcome.map_err(RecvTimeoutError::from),
                    None => Err(RecvTimeoutError::Timeout),
                }
            }),
        };
        received.map(V::unpack)
    }

    fn try_latest(&mut self) -> Result<Item, TryRecvError> {
        unreachable!("{WHOLE}")
    }

    fn share(&self) -> Result<Box<dyn Cursor>, SubscribeError> {
        let (consumer, life) = (self.consumer.clone(), Arc::clone(&self.life));
        Ok(Box::new(Self { consumer, life, turn: Turn::new(self.turn.drive.clone()) }))
    }

    fn metrics(&self) -> ReaderMetrics {
        self.consumer.stats()
    }
}
