//! One record: a key, a type, a buffer.

use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::any::TypeId;

use super::cursor_label::{AtWork, CursorLabel};
use super::graph::TypeFacts;
use super::held::Held;
use super::stop::StopSignal;
use super::{Consumer, RecordInfo, RecordKey, RecordStats, SlowestCursor};
use crate::buffer::{Buffer, HeapBuffer};
use crate::pure::Start;

/// What all records of a database share.
pub struct Common {
    pub(super) stop: Arc<StopSignal>,
    /// The types that a value in a box can be named as.
    pub(super) types: Vec<TypeFacts>,
}

impl Common {
    pub(super) fn new(mut types: Vec<TypeFacts>) -> Self {
        types.extend([
            TypeFacts::of::<bool>(),
            TypeFacts::of::<char>(),
            TypeFacts::of::<i8>(),
            TypeFacts::of::<i16>(),
            TypeFacts::of::<i32>(),
            TypeFacts::of::<i64>(),
            TypeFacts::of::<u8>(),
            TypeFacts::of::<u16>(),
            TypeFacts::of::<u32>(),
            TypeFacts::of::<u64>(),
            TypeFacts::of::<usize>(),
            TypeFacts::of::<f32>(),
            TypeFacts::of::<f64>(),
            TypeFacts::of::<&'static str>(),
            TypeFacts::of::<String>(),
            TypeFacts::of::<Vec<u8>>(),
        ]);
        types.sort_unstable_by_key(|ty| ty.id);
        types.dedup_by_key(|ty| ty.id);
        types.shrink_to_fit();
        Self { stop: Arc::new(StopSignal::new()), types }
    }

    pub(super) fn type_name(&self, id: TypeId) -> Option<&'static str> {
        self.types.iter().find(|ty| ty.id == id).map(|ty| ty.name)
    }
}

/// A record of values of type `T`.
pub(super) struct Record<T: Send + 'static> {
    pub(super) key: RecordKey,
    /// A buffer of our own; one of the user's is beside the record.
    heap: Option<HeapBuffer<T>>,
    pub(super) at_work: AtWork<T>,
}

impl<T: Send + 'static> Record<T> {
    pub(super) fn new(key: RecordKey, buffer: Held<T>) -> Self {
        let (heap, own) = match buffer {
            Held::Heap(heap) => (Some(heap), None),
            Held::Other(own) => (None, Some(own)),
        };
        Self { key, heap, at_work: AtWork::new(own) }
    }

    /// The buffer.
    #[inline]
    pub(super) fn buffer(&self) -> &dyn Buffer<T> {
        match &self.heap {
            Some(heap) => heap,
            None => &**self.at_work.own_buffer(),
        }
    }

    /// The buffer, for a handle to keep.
    pub(super) fn held(&self) -> Held<T> {
        match &self.heap {
            Some(heap) => Held::Heap(heap.clone()),
            None => Held::Other(Arc::clone(self.at_work.own_buffer())),
        }
    }

    /// A consumer with a cursor of its own.
    pub(super) fn subscribe(
        self: &Arc<Self>,
        start: Start,
        label: CursorLabel,
    ) -> Result<Consumer<T>, crate::buffer::SubscribeError> {
        let reader = self.buffer().subscribe(start)?;
        Ok(Consumer::new(Arc::clone(self), reader, label))
    }

    pub(super) fn info(&self) -> RecordInfo {
        RecordInfo { key: self.key.clone(), type_name: core::any::type_name::<T>(), cfg: self.buffer().cfg() }
    }

    pub(super) fn stats(&self) -> RecordStats {
        let buffer = self.buffer().metrics();
        let slowest = buffer.slowest.map(|(id, unread)| SlowestCursor {
            id,
            unread,
            name: self.at_work.find(id).map(|label| label.to_string()).unwrap_or_default(),
        });
        RecordStats { record: self.info(), buffer, slowest }
    }

    pub(super) fn writer_came(&self) {
        self.at_work.set_written(true);
    }

    /// Whether a service writes it, which will close it.
    pub(super) fn is_written(&self) -> bool {
        self.at_work.is_written()
    }

    pub(super) fn writer_left(&self, leaves_open: bool, stop: &StopSignal) {
        // Left first, then the look at the signal; `AimDb::close` does the reverse. One of the two
        // sees the other, and the record is closed: whoever comes second to the lock of `at_work` sees
        // what the first did before.
        self.at_work.set_written(false);
        if !leaves_open || stop.is_stopped() {
            self.buffer().close();
        }
    }
}
