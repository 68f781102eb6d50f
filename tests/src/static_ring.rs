//! The lean ring in static memory, whose values are moved inside its critical section (one word) or outside, driven by
//! threads that stand for tasks of a kernel, or by tasks too.
//!
//! Its values are plain data, so what travels is the number of an item, and the items lie beside the ring.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use aimdb_core::buffer::{
    BufferCfg, BufferCfgError, BufferMetrics, FlushError, ReaderMetrics, RecvTimeoutError, SendError, SubscribeError,
    TryProduceError, TryRecvError, TrySendError,
};
use aimdb_core::pure::Start;
use aimdb_sync_embassy::{CriticalSectionRawMutex, NoUninit, Sending, StaticConsumer, StaticRing, Threads};
use parking_lot::Mutex;

use crate::drive::{Drive, Turn, in_time, run};
use crate::kept;
use crate::payload::Item;
use crate::static_record::deadline;
use crate::subject::{Cursor, Need, Record, Spec, Subject, Until};

/// As many cursors as the suite makes on one record.
const CURSORS: usize = 12;

/// As many threads as the suite has sending at the same time.
const WRITERS: usize = 24;

/// How the number of an item travels.
pub trait Numbered: NoUninit + Send + Sync {
    /// On its way.
    fn pack(number: u32) -> Self;
    /// Out again.
    fn unpack(self) -> u32;
}

impl Numbered for u32 {
    fn pack(number: u32) -> Self {
        number
    }

    fn unpack(self) -> u32 {
        self
    }
}

impl Numbered for [u32; 64] {
    fn pack(number: u32) -> Self {
        [number; 64]
    }

    fn unpack(self) -> u32 {
        assert!(self.iter().all(|word| *word == self[0]), "torn");
        self[0]
    }
}

/// Rings of such values, driven so.
pub struct LeanRing<V>(pub Drive, pub PhantomData<fn() -> V>);

type Of<V, const N: usize> = StaticRing<V, CriticalSectionRawMutex, N, CURSORS, WRITERS>;

impl<V: Numbered> LeanRing<V> {
    /// Driven so.
    #[must_use]
    pub const fn by(drive: Drive) -> Self {
        Self(drive, PhantomData)
    }

    fn make<const N: usize>(&self) -> Arc<dyn Record> {
        let life =
            Arc::new(Life { ring: kept::leak(Of::<V, N>::new()), items: Mutex::default(), made: AtomicU32::new(0) });
        Arc::new(Handle { life, turn: Turn::new(self.0.clone()) })
    }
}

impl<V: Numbered> Subject for LeanRing<V> {
    fn open(&self, spec: Spec) -> Result<Arc<dyn Record>, BufferCfgError> {
        Ok(match spec.cfg {
            BufferCfg::SpmcRing { capacity: 1 } => self.make::<1>(),
            BufferCfg::SpmcRing { capacity: 2 } => self.make::<2>(),
            BufferCfg::SpmcRing { capacity: 3 } => self.make::<3>(),
            BufferCfg::SpmcRing { capacity: 64 } => self.make::<64>(),
            other => unreachable!("`supports` leaves out {other:?}"),
        })
    }

    fn supports(&self, cfg: &BufferCfg) -> bool {
        matches!(cfg, BufferCfg::SpmcRing { capacity: 1 | 2 | 3 | 64 })
    }

    /// All that a ring has, but a hook and mistakes in its description, which do not compile.
    fn has(&self, need: Need) -> bool {
        match need {
            Need::FanOut
            | Need::Force
            | Need::Latest
            | Need::Flush
            | Need::Counters
            | Need::CursorCounters
            | Need::Abort => true,
            Need::Peek
            | Need::DropHook
            | Need::Episodes
            | Need::Fair
            | Need::AnyCapacity
            | Need::Mistakes
            | Need::DropsUnreachable => false,
        }
    }
}

/// A ring and its items; aborted when its last handle goes.
struct Life<V: Numbered, const N: usize> {
    ring: &'static Of<V, N>,
    items: Mutex<HashMap<u32, Item>>,
    made: AtomicU32,
}

impl<V: Numbered, const N: usize> Life<V, N> {
    fn put(&self, item: Item) -> V {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        self.items.lock().insert(number, item);
        V::pack(number)
    }

    /// What was not stored, or came out of the ring.
    fn back(&self, value: V) -> Item {
        self.items.lock().remove(&value.unpack()).expect("it was put there")
    }

    /// What a reader has. An abort may have taken it away meanwhile.
    fn look<E>(&self, value: V, gone: E) -> Result<Item, E> {
        self.items.lock().get(&value.unpack()).cloned().ok_or(gone)
    }

    fn not_sent(&self, error: SendError<V>) -> SendError<Item> {
        match error {
            SendError::Full(value) => SendError::Full(self.back(value)),
            SendError::Timeout(value) => SendError::Timeout(self.back(value)),
            SendError::Closed(value) => SendError::Closed(self.back(value)),
            SendError::Misuse(value, misuse) => SendError::Misuse(self.back(value), misuse),
        }
    }

    fn not_tried(&self, error: TrySendError<V>) -> TryProduceError<Item> {
        match error {
            TrySendError::Full(value) => TryProduceError::Full(self.back(value)),
            TrySendError::Closed(value) => TryProduceError::Closed(self.back(value)),
            TrySendError::Misuse(_, misuse) => panic!("{misuse}"),
        }
    }

    fn abort(&self) -> usize {
        let discarded = self.ring.abort();
        let items = std::mem::take(&mut *self.items.lock());
        drop(items);
        discarded
    }
}

impl<V: Numbered, const N: usize> Drop for Life<V, N> {
    fn drop(&mut self) {
        self.abort();
    }
}

struct Handle<V: Numbered, const N: usize> {
    life: Arc<Life<V, N>>,
    turn: Turn,
}

impl<V: Numbered, const N: usize> Record for Handle<V, N> {
    fn try_send(&self, item: Item) -> Result<(), TryProduceError<Item>> {
        let sent = self.life.ring.producer().try_send(self.life.put(item));
        sent.map_err(|error| self.life.not_tried(error))
    }

    fn send(&self, item: Item, until: Until) -> Result<(), SendError<Item>> {
        let (producer, value) = (self.life.ring.producer(), self.life.put(item));
        let sent = match self.turn.runtime() {
            None => producer.on::<Threads>().send_deadline(value, deadline(until)),
            Some(runtime) => run(runtime, async move {
                let mut send = pin!(producer.send_async(value));
                match in_time(send.as_mut(), until).await {
                    Some(outcome) => outcome,
                    None => send.cancel().map_or(Ok(()), |value| Err(SendError::Timeout(value))),
                }
            }),
        };
        sent.map_err(|error| self.life.not_sent(error))
    }

    fn push(&self, item: Item) {
        self.life.ring.producer().produce(self.life.put(item));
    }

    fn force_send(&self, item: Item) -> Result<Option<Item>, TryProduceError<Item>> {
        let forced = self.life.ring.producer().force_send(self.life.put(item));
        match forced {
            Ok(displaced) => Ok(displaced.map(|value| self.life.back(value))),
            Err(error) => Err(self.life.not_tried(error)),
        }
    }

    fn subscribe(&self, start: Start) -> Result<Box<dyn Cursor>, SubscribeError> {
        let consumer = self.life.ring.consumer_from(start)?;
        Ok(Box::new(Reading { consumer, life: Arc::clone(&self.life), turn: Turn::new(self.turn.drive.clone()) }))
    }

    fn close(&self) {
        self.life.ring.close();
    }

    fn abort(&self) -> usize {
        self.life.abort()
    }

    fn is_closed(&self) -> bool {
        self.life.ring.is_closed()
    }

    fn flush(&self, until: Until) -> Result<(), FlushError> {
        let producer = self.life.ring.producer();
        let Some(runtime) = self.turn.runtime() else {
            return producer.on::<Threads>().flush_deadline(deadline(until));
        };
        run(runtime, async move { in_time(producer.flush_async(), until).await.unwrap_or(Err(FlushError::Timeout)) })
    }

    fn peek(&self) -> Option<Item> {
        None
    }

    fn metrics(&self) -> BufferMetrics {
        self.life.ring.stats()
    }
}

struct Reading<V: Numbered, const N: usize> {
    /// Declared, and so dropped, before what ends the ring.
    consumer: StaticConsumer<'static, Of<V, N>>,
    life: Arc<Life<V, N>>,
    turn: Turn,
}

impl<V: Numbered, const N: usize> Cursor for Reading<V, N> {
    fn try_recv(&mut self) -> Result<Item, TryRecvError> {
        self.consumer.try_recv().and_then(|value| self.life.look(value, TryRecvError::Closed))
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
        received.and_then(|value| self.life.look(value, RecvTimeoutError::Closed))
    }

    fn try_latest(&mut self) -> Result<Item, TryRecvError> {
        self.consumer.try_latest().and_then(|value| self.life.look(value, TryRecvError::Closed))
    }

    fn share(&self) -> Result<Box<dyn Cursor>, SubscribeError> {
        let (consumer, life) = (self.consumer.clone(), Arc::clone(&self.life));
        Ok(Box::new(Self { consumer, life, turn: Turn::new(self.turn.drive.clone()) }))
    }

    fn metrics(&self) -> ReaderMetrics {
        self.consumer.stats()
    }
}
