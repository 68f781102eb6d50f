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
use crate::buffer::{Buffer, BufferMetrics, HeapShell, Housed, Unhoused};
use crate::pure::Start;
use crate::waiting::Counted;

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

/// A record of values of type `T`: a buffer of our own, or none, and the rest of the record beside it.
pub(super) type Record<T> = Housed<T, Particulars<T>>;

/// A hold on a record.
pub(super) type Shared<T> = Counted<Record<T>>;

/// What a record has beside its buffer.
pub(super) struct Particulars<T: Send + 'static> {
    pub(super) key: RecordKey,
    pub(super) at_work: AtWork<T>,
}

impl<T: Send + 'static> Record<T> {
    /// A record with one of two buffers, `own` being the user's; if there is memory for it.
    pub(super) fn with_buffer(
        key: RecordKey,
        shell: Option<Unhoused<T, Self>>,
        own: Option<Arc<dyn Buffer<T>>>,
    ) -> Option<Shared<T>> {
        Self::new(shell, Particulars { key, at_work: AtWork::new(own)? })
    }

    /// The buffer, where it lies.
    #[inline]
    pub(super) fn buffer_of(record: &Shared<T>) -> &dyn Buffer<T> {
        match Self::buffer(record) {
            Some(heap) => heap,
            None => &**record.at_work.own_buffer(),
        }
    }

    /// The buffer, for a handle to keep.
    pub(super) fn held(record: &Shared<T>) -> Held<T> {
        match Self::buffer(record) {
            Some(heap) => Held::Heap(heap.clone()),
            None => Arc::clone(record.at_work.own_buffer()).into(),
        }
    }

    /// A consumer with a cursor of its own.
    pub(super) fn subscribe(
        record: &Shared<T>,
        start: Start,
        label: CursorLabel,
    ) -> Result<Consumer<T>, crate::buffer::SubscribeError> {
        let reader = Self::buffer_of(record).subscribe(start)?;
        Ok(Consumer::new(record.clone(), reader, label))
    }

    /// Asks the buffer, of whichever sort it is, what needs no handle of it.
    pub(super) fn ask<'a, R>(
        &'a self,
        heap: impl FnOnce(&'a HeapShell<T>) -> R,
        own: impl FnOnce(&'a dyn Buffer<T>) -> R,
    ) -> R {
        match self.shell() {
            Some(shell) => heap(shell),
            None => own(&**self.at_work.own_buffer()),
        }
    }

    pub(super) fn info(&self) -> RecordInfo {
        let cfg = self.ask(|heap| Some(heap.cfg()), |own| own.cfg());
        RecordInfo { key: self.key.clone(), type_name: core::any::type_name::<T>(), cfg }
    }

    pub(super) fn metrics(&self) -> BufferMetrics {
        self.ask(|heap| heap.metrics(), |own| own.metrics())
    }

    pub(super) fn stats(&self) -> RecordStats {
        let buffer = self.metrics();
        let slowest = buffer.slowest.map(|(id, unread)| SlowestCursor {
            id,
            unread,
            name: self.at_work.find(id).map(|label| label.to_string()).unwrap_or_default(),
        });
        RecordStats { record: self.info(), buffer, slowest }
    }

    pub(super) fn identity(&self) -> usize {
        self.ask(|heap| heap.identity(), |own| own.identity())
    }

    pub(super) fn is_closed(&self) -> bool {
        self.ask(|heap| heap.is_closed(), |own| own.is_closed())
    }

    pub(super) fn close(&self) {
        self.ask(|heap| heap.close(), |own| own.close());
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
            self.close();
        }
    }
}
