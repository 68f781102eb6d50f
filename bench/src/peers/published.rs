//! The published AimDB: through the blocking handles of its aimdb-sync, and through the buffers of
//! its Tokio adapter alone. It is built without `observability`, so it counts nothing.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use futures_executor::block_on;
use published_core::buffer::{Buffer, BufferCfg, DynBuffer, Reader};
use published_core::{AimDbBuilder, StringKey};
use published_sync::{AimDbBuilderSyncExt, AimDbHandle, SyncConsumer, SyncProducer};
use published_tokio::{TokioAdapter, TokioBuffer, TokioRecordRegistrarExt};

use crate::link::{Class, Ends, Link, Many, Named, Peek, Records, Shared, Timed};
use crate::payload::Payload;

const KEY: &str = "bench.record";

/// One of its kinds of buffer.
pub trait Kind: 'static {
    /// How it calls the kind.
    const NAME: &'static str;

    /// What describes the kind.
    fn cfg(capacity: usize) -> BufferCfg;
}

/// `SpmcRing`. It rounds capacities up to a power of two; those in the rows are such.
pub struct Ring;

/// `SingleLatest`.
pub struct Latest;

/// `Mailbox`.
pub struct Mailbox;

impl Kind for Ring {
    const NAME: &'static str = "SpmcRing";

    fn cfg(capacity: usize) -> BufferCfg {
        BufferCfg::SpmcRing { capacity }
    }
}

impl Kind for Latest {
    const NAME: &'static str = "SingleLatest";

    fn cfg(_capacity: usize) -> BufferCfg {
        BufferCfg::SingleLatest
    }
}

impl Kind for Mailbox {
    const NAME: &'static str = "Mailbox";

    fn cfg(_capacity: usize) -> BufferCfg {
        BufferCfg::Mailbox
    }
}

/// A record of kind `K` behind the blocking handles.
pub struct Sync<K>(PhantomData<K>);

impl<K: Kind> Named for Sync<K> {
    const CLASS: Class = Class::Published;

    fn name() -> String {
        format!("aimdb-sync 0.6.0 {}", K::NAME)
    }
}

/// A database with one record, served by its runtime thread.
pub fn attach<T: Payload>(cfg: BufferCfg) -> AimDbHandle {
    let mut builder = AimDbBuilder::new().runtime(Arc::new(TokioAdapter));
    builder.configure::<T>(KEY, |record| {
        // A record that nobody inside the database serves is refused; this tap ends at once.
        record.buffer(cfg).tap(|_, _| async {});
    });
    builder.attach().expect("the database is well configured")
}

impl<T: Payload, K: Kind> Link<T> for Sync<K> {
    type Keep = AimDbHandle;
    type Sender = SyncProducer<T>;
    type Reader = SyncConsumer<T>;

    const OVERWRITES: bool = true;

    fn open(capacity: usize, readers: usize) -> Ends<AimDbHandle, SyncProducer<T>, SyncConsumer<T>> {
        let keep = attach::<T>(K::cfg(capacity));
        let sender = keep.producer(KEY).expect("the record exists");
        let readers = (0..readers).map(|_| keep.consumer(KEY).expect("the record exists")).collect();
        Ends { keep, sender, readers }
    }

    #[inline(always)]
    fn try_send(sender: &mut SyncProducer<T>, value: T) -> bool {
        sender.try_set(value).is_ok()
    }

    #[inline(always)]
    fn send(sender: &mut SyncProducer<T>, value: T) {
        sender.set(value).expect("the database lives");
    }

    #[inline(always)]
    fn try_recv(reader: &mut SyncConsumer<T>) -> Option<T> {
        reader.try_get().ok()
    }

    #[inline(always)]
    fn recv(reader: &mut SyncConsumer<T>) -> T {
        reader.get().expect("the database lives and the reader is fast enough")
    }
}

/// A database with so many records.
fn attach_many<T: Payload>(cfg: &BufferCfg, records: usize) -> AimDbHandle {
    let mut builder = AimDbBuilder::new().runtime(Arc::new(TokioAdapter));
    for number in 0..records {
        builder.configure::<T>(StringKey::intern(format!("{KEY}.{number}")), |record| {
            record.buffer(cfg.clone()).tap(|_, _| async {});
        });
    }
    builder.attach().expect("the database is well configured")
}

impl<T: Payload, K: Kind> Records<T> for Sync<K> {
    type Keeps = AimDbHandle;

    fn open_many(capacity: usize, records: usize) -> Many<AimDbHandle, SyncProducer<T>, SyncConsumer<T>> {
        let keep = attach_many::<T>(&K::cfg(capacity), records);
        let ends = (0..records).map(|number| {
            let key = format!("{KEY}.{number}");
            let sender = keep.producer(&key).expect("the record exists");
            (sender, keep.consumer(&key).expect("the record exists"))
        });
        Many { ends: ends.collect(), keep }
    }

    fn idle(capacity: usize, records: usize) -> impl Sized {
        attach_many::<T>(&K::cfg(capacity), records)
    }
}

/// A buffer of kind `K` on its own.
pub struct Core<K>(PhantomData<K>);

impl<K: Kind> Named for Core<K> {
    const CLASS: Class = Class::Published;

    fn name() -> String {
        format!("aimdb-tokio-adapter 0.7.0 {}", K::NAME)
    }
}

impl<T: Payload, K: Kind> Link<T> for Core<K> {
    type Keep = ();
    type Sender = TokioBuffer<T>;
    type Reader = Reader<T>;

    const OVERWRITES: bool = true;

    fn open(capacity: usize, readers: usize) -> Ends<(), TokioBuffer<T>, Reader<T>> {
        let sender = TokioBuffer::new(&K::cfg(capacity));
        let readers = (0..readers).map(|_| Reader::new(sender.subscribe_boxed())).collect();
        Ends { keep: (), sender, readers }
    }

    #[inline(always)]
    fn try_send(sender: &mut TokioBuffer<T>, value: T) -> bool {
        Buffer::push(sender, value);
        true
    }

    #[inline(always)]
    fn send(sender: &mut TokioBuffer<T>, value: T) {
        Buffer::push(sender, value);
    }

    #[inline(always)]
    fn try_recv(reader: &mut Reader<T>) -> Option<T> {
        reader.try_recv().ok()
    }

    #[inline(always)]
    fn recv(reader: &mut Reader<T>) -> T {
        block_on(reader.recv()).expect("the buffer lives and the reader is fast enough")
    }
}

/// Its latest value with the buffer at hand, because only that can be peeked at.
pub struct Peeked;

impl Named for Peeked {
    const CLASS: Class = Class::Published;

    fn name() -> String {
        <Core<Latest> as Named>::name()
    }
}

impl<T: Payload> Link<T> for Peeked {
    type Keep = ();
    type Sender = Arc<TokioBuffer<T>>;
    type Reader = Arc<TokioBuffer<T>>;

    const OVERWRITES: bool = true;

    fn open(_capacity: usize, readers: usize) -> Ends<(), Self::Sender, Self::Reader> {
        let sender = Arc::new(TokioBuffer::new(&Latest::cfg(1)));
        Ends { keep: (), readers: vec![Arc::clone(&sender); readers], sender }
    }

    #[inline(always)]
    fn try_send(sender: &mut Self::Sender, value: T) -> bool {
        Buffer::push(&**sender, value);
        true
    }

    #[inline(always)]
    fn send(sender: &mut Self::Sender, value: T) {
        Buffer::push(&**sender, value);
    }

    #[inline(always)]
    fn try_recv(reader: &mut Self::Reader) -> Option<T> {
        reader.peek()
    }

    #[inline(always)]
    fn recv(reader: &mut Self::Reader) -> T {
        reader.peek().expect("a value was sent")
    }
}

impl<T: Payload> Peek<T> for Peeked {
    #[inline(always)]
    fn peek(reader: &mut Self::Reader) -> T {
        reader.peek().expect("a value was sent")
    }
}

impl<T: Payload, K: Kind> Shared<T> for Sync<K> {
    fn another(sender: &SyncProducer<T>) -> SyncProducer<T> {
        sender.clone()
    }
}

impl<T: Payload, K: Kind> Timed<T> for Sync<K> {
    #[inline(always)]
    fn recv_timeout(reader: &mut SyncConsumer<T>, limit: Duration) -> Option<T> {
        reader.get_with_timeout(limit).ok()
    }
}

/// A database with one record and one tap, brought up and taken down.
pub fn attach_detach() {
    let handle = attach::<u64>(BufferCfg::SpmcRing { capacity: 64 });
    handle.detach().expect("the database stops");
}
