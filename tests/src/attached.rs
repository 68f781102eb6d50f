//! Records of an attached database, driven by threads through `aimdb-sync`.

use std::sync::Arc;
use std::time::Duration;

use aimdb_core::buffer::{
    BufferCfgError, BufferMetrics, FlushError, ReaderMetrics, RecvError, RecvTimeoutError, SendError, SubscribeError,
    TryProduceError, TryRecvError, TrySendError,
};
use aimdb_core::pure::Start;
use aimdb_core::{AimDbBuilder, ConfigMistake, Producer};
use aimdb_sync::{AimDbHandle, Attach, AttachError, SharedProducer, SyncConsumer};

use crate::payload::Item;
use crate::subject::{Cursor, Record, Spec, Subject, Until};

const KEY: &str = "under.test";

/// A database of one record for each record that the suite opens.
pub struct Attached;

impl Subject for Attached {
    fn open(&self, spec: Spec) -> Result<Arc<dyn Record>, BufferCfgError> {
        let mut builder = AimDbBuilder::new();
        builder.configure::<Item>(KEY, |record| {
            record.buffer(spec.cfg);
            if let Some(degrade) = spec.degrade.clone() {
                record.degrader(move |item| degrade(item));
            }
            if let Some(hook) = spec.on_drop.clone() {
                record.on_drop(move |item, cause| hook(item, cause));
            }
        });
        let handle = builder.attach().map_err(|error| match error {
            AttachError::Configuration(errors) => match errors.iter().next().map(|error| &error.mistake) {
                Some(ConfigMistake::Buffer(error)) => *error,
                other => panic!("{other:?}"),
            },
            other => panic!("{other}"),
        })?;
        let producer = handle.producer::<Item>(KEY).expect("the record is there");
        let plain = handle.db().producer::<Item>(KEY).expect("the record is there");
        Ok(Arc::new(AttachedRecord { producer: producer.shared(), plain, handle }))
    }
}

struct AttachedRecord {
    producer: SharedProducer<Item>,
    plain: Producer<Item>,
    handle: AimDbHandle,
}

fn without_misuse(error: TrySendError<Item>) -> TryProduceError<Item> {
    match error {
        TrySendError::Full(item) => TryProduceError::Full(item),
        TrySendError::Closed(item) => TryProduceError::Closed(item),
        TrySendError::Misuse(_, misuse) => panic!("{misuse}"),
    }
}

/// As a timeout: zero is one try, the longest duration is for ever.
const fn timeout(until: Until) -> Duration {
    match until {
        Until::Now => Duration::ZERO,
        Until::In(timeout) => timeout,
        Until::Never => Duration::MAX,
    }
}

impl Record for AttachedRecord {
    fn try_send(&self, item: Item) -> Result<(), TryProduceError<Item>> {
        self.producer.local().try_send(item).map_err(without_misuse)
    }

    fn send(&self, item: Item, until: Until) -> Result<(), SendError<Item>> {
        match until {
            Until::Never => self.producer.local().send(item),
            Until::Now | Until::In(_) => self.producer.local().send_timeout(item, timeout(until)),
        }
    }

    fn push(&self, item: Item) {
        self.plain.produce(item);
    }

    fn force_send(&self, item: Item) -> Result<Option<Item>, TryProduceError<Item>> {
        self.producer.local().force_send(item).map_err(without_misuse)
    }

    fn subscribe(&self, start: Start) -> Result<Box<dyn Cursor>, SubscribeError> {
        let consumer = self.handle.consumer_from::<Item>(KEY, start).expect("a cursor");
        Ok(Box::new(AttachedCursor(consumer)))
    }

    fn close(&self) {
        self.producer.local().close();
    }

    fn abort(&self) -> usize {
        self.producer.local().abort()
    }

    fn is_closed(&self) -> bool {
        self.producer.local().is_closed()
    }

    fn flush(&self, until: Until) -> Result<(), FlushError> {
        self.producer.local().flush(timeout(until)).map_err(|error| match error {
            aimdb_sync::FlushError::Closed => FlushError::Closed,
            _ => FlushError::Timeout,
        })
    }

    fn peek(&self) -> Option<Item> {
        self.plain.buffer().peek()
    }

    fn metrics(&self) -> BufferMetrics {
        self.producer.local().stats()
    }
}

struct AttachedCursor(SyncConsumer<Item>);

impl Cursor for AttachedCursor {
    fn try_recv(&mut self) -> Result<Item, TryRecvError> {
        self.0.try_recv()
    }

    fn recv(&mut self, until: Until) -> Result<Item, RecvTimeoutError> {
        match until {
            Until::Never => self.0.recv().map_err(|error| match error {
                RecvError::Lagged(lag) => RecvTimeoutError::Lagged(lag),
                RecvError::Closed => RecvTimeoutError::Closed,
                RecvError::Misuse(misuse) => RecvTimeoutError::Misuse(misuse),
            }),
            Until::Now | Until::In(_) => self.0.recv_timeout(timeout(until)),
        }
    }

    fn try_latest(&mut self) -> Result<Item, TryRecvError> {
        self.0.try_latest()
    }

    fn share(&self) -> Result<Box<dyn Cursor>, SubscribeError> {
        Ok(Box::new(Self(self.0.clone())))
    }

    fn metrics(&self) -> ReaderMetrics {
        self.0.stats()
    }
}
