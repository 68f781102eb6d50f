//! This project: records behind the blocking handles of aimdb-sync, and the buffers of aimdb-core
//! alone.

use std::collections::VecDeque;
use std::marker::PhantomData;

use aimdb_core::AimDbBuilder;
use aimdb_core::buffer::{BufferCfg, HeapBuffer, Reader, send_blocking};
use aimdb_core::pure::Policy;
use aimdb_core::waiting::Deadline;
use aimdb_sync::{AimDbHandle, Attach, SyncConsumer, SyncProducer};

use crate::link::{Class, Ends, Link, Named, Peek};
use crate::payload::Payload;

const KEY: &str = "bench.record";

/// One of the four kinds.
pub trait Kind: 'static {
    /// Whether a fast sender overwrites.
    const OVERWRITES: bool;

    /// Whether the record is told that its values are plain data.
    const PLAIN: bool = true;

    /// What describes the kind.
    fn cfg(capacity: usize) -> BufferCfg;
}

/// `Bounded` with `PauseUpstream`.
pub struct Bounded;

/// `SpmcRing`.
pub struct Ring;

/// `SpmcRing` of values whose clone may be any code.
pub struct AnyRing;

/// `SingleLatest`.
pub struct Latest;

/// `SingleLatest` of values whose clone may be any code.
pub struct AnyLatest;

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

impl Kind for AnyRing {
    const OVERWRITES: bool = true;
    const PLAIN: bool = false;

    fn cfg(capacity: usize) -> BufferCfg {
        BufferCfg::SpmcRing { capacity }
    }
}

impl Kind for AnyLatest {
    const OVERWRITES: bool = true;
    const PLAIN: bool = false;

    fn cfg(_capacity: usize) -> BufferCfg {
        BufferCfg::SingleLatest
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
fn attach<T: Payload>(cfg: BufferCfg, plain: bool) -> AimDbHandle {
    let mut builder = AimDbBuilder::new();
    builder.configure::<T>(KEY, |record| {
        if plain {
            record.plain_buffer(cfg);
        } else {
            record.buffer(cfg);
        }
    });
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
        let keep = attach::<T>(K::cfg(capacity), K::PLAIN);
        let sender = keep.producer(KEY).expect("the record exists");
        let readers = (0..readers).map(|_| keep.consumer(KEY).expect("the record exists")).collect();
        Ends { keep, sender, readers }
    }

    fn try_send(sender: &mut SyncProducer<T>, value: T) {
        sender.try_send(value).expect("there is space");
    }

    fn send(sender: &mut SyncProducer<T>, value: T) {
        sender.send(value).expect("the database lives");
    }

    fn try_recv(reader: &mut SyncConsumer<T>) -> Option<T> {
        reader.try_recv().ok()
    }

    fn recv(reader: &mut SyncConsumer<T>) -> T {
        reader.recv().expect("the database lives and the reader is fast enough")
    }

    fn send_many(sender: &mut SyncProducer<T>, batch: &mut VecDeque<T>) {
        sender.send_many(batch).expect("the database lives");
    }

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
    fn peek(ends: &Ends<AimDbHandle, SyncProducer<T>, SyncConsumer<T>>) -> T {
        ends.readers[0].peek().expect("a value was sent")
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
        let sender = HeapBuffer::builder(&K::cfg(capacity)).build_plain().expect("the buffer is well described");
        let readers = (0..readers).map(|_| sender.reader().expect("a heap buffer has readers")).collect();
        Ends { keep: (), sender, readers }
    }

    fn try_send(sender: &mut HeapBuffer<T>, value: T) {
        sender.try_push(value).expect("there is space");
    }

    fn send(sender: &mut HeapBuffer<T>, value: T) {
        send_blocking(sender, value, Deadline::Never).expect("the buffer lives");
    }

    fn try_recv(reader: &mut Reader<T>) -> Option<T> {
        reader.try_recv().ok()
    }

    fn recv(reader: &mut Reader<T>) -> T {
        reader.recv_blocking(Deadline::Never).expect("the buffer lives and the reader is fast enough")
    }
}
