//! This project: records behind the blocking handles of aimdb-sync, and the buffers of aimdb-core
//! alone.

use std::collections::VecDeque;
use std::marker::PhantomData;
use std::time::Duration;

use aimdb_core::AimDbBuilder;
use aimdb_core::buffer::{BufferCfg, HeapBuffer, Reader, send_blocking};
use aimdb_core::database::{Consumer, Producer};
use aimdb_core::pure::Policy;
use aimdb_core::waiting::Deadline;
use aimdb_sync::{AimDbHandle, Attach, SharedProducer, SyncConsumer, SyncProducer};

use crate::link::{Class, Ends, Link, Many, Named, Peek, Records, Shared, Timed};
use crate::payload::Payload;
use crate::tasks::{Answer, Tasks};

const KEY: &str = "bench.record";

/// One of the four kinds.
pub trait Kind: 'static {
    /// Whether a fast sender overwrites.
    const OVERWRITES: bool;

    /// What describes the kind.
    fn cfg(capacity: usize) -> BufferCfg;
}

/// `Bounded` with `PauseUpstream`.
pub struct Bounded;

/// `SpmcRing`.
pub struct Ring;

/// `SingleLatest`.
pub struct Latest;

/// `Mailbox`.
pub struct Mailbox;

impl Kind for Bounded {
    const OVERWRITES: bool = false;

    fn cfg(capacity: usize) -> BufferCfg {
        BufferCfg::Bounded { capacity, policy: Policy::PauseUpstream }
    }
}

impl Kind for Ring {
    const OVERWRITES: bool = true;

    fn cfg(capacity: usize) -> BufferCfg {
        BufferCfg::SpmcRing { capacity }
    }
}

impl Kind for Latest {
    const OVERWRITES: bool = true;

    fn cfg(_capacity: usize) -> BufferCfg {
        BufferCfg::SingleLatest
    }
}

impl Kind for Mailbox {
    const OVERWRITES: bool = true;

    fn cfg(_capacity: usize) -> BufferCfg {
        BufferCfg::Mailbox
    }
}

/// A record of kind `K` behind the blocking handles.
pub struct Sync<K>(PhantomData<K>);

impl<K: Kind> Named for Sync<K> {
    const CLASS: Class = Class::Ours;

    fn name() -> String {
        "aimdb-sync".into()
    }
}

/// A database with one record.
fn attach<T: Payload>(cfg: BufferCfg) -> AimDbHandle {
    let mut builder = AimDbBuilder::new();
    builder.configure::<T>(KEY, |record| T::record(record, cfg));
    builder.attach().expect("the database is well configured")
}

/// A database with one record and one tap, brought up and taken down.
pub fn attach_detach() {
    let mut builder = AimDbBuilder::new();
    builder.configure::<u64>(KEY, |record| {
        record.buffer(BufferCfg::SpmcRing { capacity: 64 }).tap(|_, _| async {});
    });
    let handle = builder.attach().expect("the database is well configured");
    handle.detach().expect("the database stops");
}

impl<T: Payload, K: Kind> Link<T> for Sync<K> {
    type Keep = AimDbHandle;
    type Sender = SyncProducer<T>;
    type Reader = SyncConsumer<T>;

    const OVERWRITES: bool = K::OVERWRITES;

    fn open(capacity: usize, readers: usize) -> Ends<AimDbHandle, SyncProducer<T>, SyncConsumer<T>> {
        let keep = attach::<T>(K::cfg(capacity));
        let sender = keep.producer(KEY).expect("the record exists");
        let readers = (0..readers).map(|_| keep.consumer(KEY).expect("the record exists")).collect();
        Ends { keep, sender, readers }
    }

    #[inline(always)]
    fn try_send(sender: &mut SyncProducer<T>, value: T) -> bool {
        sender.try_send(value).is_ok()
    }

    #[inline(always)]
    fn send(sender: &mut SyncProducer<T>, value: T) {
        sender.send(value).expect("the database lives");
    }

    #[inline(always)]
    fn try_recv(reader: &mut SyncConsumer<T>) -> Option<T> {
        reader.try_recv().ok()
    }

    #[inline(always)]
    fn recv(reader: &mut SyncConsumer<T>) -> T {
        reader.recv().expect("the database lives and the reader is fast enough")
    }

    #[inline(always)]
    fn send_many(sender: &mut SyncProducer<T>, batch: &mut VecDeque<T>) {
        sender.send_many(batch).expect("the database lives");
    }

    #[inline(always)]
    fn recv_many(reader: &mut SyncConsumer<T>, into: &mut Vec<T>, most: usize) {
        reader.recv_many(into, most).expect("the database lives and the reader is fast enough");
    }

    fn drain(ends: &mut Ends<AimDbHandle, SyncProducer<T>, SyncConsumer<T>>) {
        if ends.readers.is_empty() {
            // What nobody has read waits for the first reader.
            let mut reader = ends.keep.consumer::<T>(KEY).expect("the record exists");
            while reader.try_recv().is_ok() {}
        }
        for reader in &mut ends.readers {
            while reader.try_recv().is_ok() {}
        }
    }
}

impl<T: Payload> Peek<T> for Sync<Latest> {
    #[inline(always)]
    fn peek(reader: &mut SyncConsumer<T>) -> T {
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
        reader.recv_timeout(limit).ok()
    }
}

/// A database with so many records.
fn attach_many<T: Payload>(cfg: &BufferCfg, records: usize) -> AimDbHandle {
    let mut builder = AimDbBuilder::new();
    for number in 0..records {
        builder.configure::<T>(format!("{KEY}.{number}"), |record| T::record(record, *cfg));
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

impl<T: Payload> Tasks<T> for Sync<Bounded> {
    type Keep = AimDbHandle;
    type Sender = SyncProducer<T>;
    type Reader = SyncConsumer<T>;
    type TaskSender = Producer<T>;
    type TaskReader = Consumer<T>;

    fn to_task(capacity: usize) -> (AimDbHandle, SyncProducer<T>, Consumer<T>) {
        let keep = attach::<T>(Bounded::cfg(capacity));
        let sender = keep.producer(KEY).expect("the record exists");
        let reader = keep.db().consumer(KEY).expect("the record exists");
        (keep, sender, reader)
    }

    fn to_thread(capacity: usize) -> (AimDbHandle, Producer<T>, SyncConsumer<T>) {
        let keep = attach::<T>(Bounded::cfg(capacity));
        let sender = keep.db().producer(KEY).expect("the record exists");
        let reader = keep.consumer(KEY).expect("the record exists");
        (keep, sender, reader)
    }

    #[inline(always)]
    fn send(sender: &mut SyncProducer<T>, value: T) {
        sender.send(value).expect("the database lives");
    }

    #[inline(always)]
    fn recv(reader: &mut SyncConsumer<T>) -> T {
        reader.recv().expect("the database lives")
    }

    #[inline(always)]
    fn send_async(sender: &mut Producer<T>, value: T) -> impl Future<Output = impl Answer<()>> + Send {
        sender.send_async(value)
    }

    #[inline(always)]
    fn recv_async(reader: &mut Consumer<T>) -> impl Future<Output = impl Answer<T>> + Send {
        reader.recv()
    }
}

/// A record of kind `K` whose producer is in the form that threads share.
pub struct SharedSync<K>(PhantomData<K>);

impl<K: Kind> Named for SharedSync<K> {
    const CLASS: Class = Class::Ours;

    fn name() -> String {
        "aimdb-sync, shared()".into()
    }
}

impl<T: Payload, K: Kind> Link<T> for SharedSync<K> {
    type Keep = AimDbHandle;
    type Sender = SharedProducer<T>;
    type Reader = SyncConsumer<T>;

    const OVERWRITES: bool = K::OVERWRITES;

    fn open(capacity: usize, readers: usize) -> Ends<AimDbHandle, SharedProducer<T>, SyncConsumer<T>> {
        let Ends { keep, sender, readers } = <Sync<K> as Link<T>>::open(capacity, readers);
        Ends { keep, sender: sender.shared(), readers }
    }

    #[inline(always)]
    fn try_send(sender: &mut SharedProducer<T>, value: T) -> bool {
        sender.try_send(value).is_ok()
    }

    #[inline(always)]
    fn send(sender: &mut SharedProducer<T>, value: T) {
        sender.send(value).expect("the database lives");
    }

    #[inline(always)]
    fn try_recv(reader: &mut SyncConsumer<T>) -> Option<T> {
        reader.try_recv().ok()
    }

    #[inline(always)]
    fn recv(reader: &mut SyncConsumer<T>) -> T {
        reader.recv().expect("the database lives and the reader is fast enough")
    }
}

/// A buffer of kind `K` on its own.
pub struct Core<K>(PhantomData<K>);

impl<K: Kind> Named for Core<K> {
    const CLASS: Class = Class::Ours;

    fn name() -> String {
        "aimdb-core".into()
    }
}

impl<T: Payload, K: Kind> Link<T> for Core<K> {
    type Keep = ();
    type Sender = HeapBuffer<T>;
    type Reader = Reader<T>;

    const OVERWRITES: bool = K::OVERWRITES;

    fn open(capacity: usize, readers: usize) -> Ends<(), HeapBuffer<T>, Reader<T>> {
        let sender = T::buffer(&K::cfg(capacity)).expect("the buffer is well described");
        let readers = (0..readers).map(|_| sender.reader().expect("a heap buffer has readers")).collect();
        Ends { keep: (), sender, readers }
    }

    #[inline(always)]
    fn try_send(sender: &mut HeapBuffer<T>, value: T) -> bool {
        sender.try_push(value).is_ok()
    }

    #[inline(always)]
    fn send(sender: &mut HeapBuffer<T>, value: T) {
        send_blocking(sender, value, Deadline::Never).expect("the buffer lives");
    }

    #[inline(always)]
    fn try_recv(reader: &mut Reader<T>) -> Option<T> {
        reader.try_recv().ok()
    }

    #[inline(always)]
    fn recv(reader: &mut Reader<T>) -> T {
        reader.recv_blocking(Deadline::Never).expect("the buffer lives and the reader is fast enough")
    }
}
