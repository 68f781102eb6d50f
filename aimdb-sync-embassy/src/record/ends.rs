//! What the handles of a [`StaticRecord`] ask of it: its shell has it all.

use core::pin::Pin;

use aimdb_core::buffer::{
    BufferMetrics, Flushing, Pushing, ReaderMetrics, Receiving, SubscribeError, TryProduceError, TryRecvError,
};
use aimdb_core::pure::{CursorId, Start};

use super::{ForHandles, Ops, Record, Sending, StaticRecord, Waiting, WholeOps, WholeRecord};
use crate::layout::StaticLayout;
use crate::lock::PreemptionSafe;

impl<K, T, M, const SLOTS: usize, const CURSORS: usize> Record for StaticRecord<K, T, M, SLOTS, CURSORS>
where
    T: Send,
    M: PreemptionSafe,
{
}

impl<K, T, M, const SLOTS: usize, const CURSORS: usize> WholeRecord for StaticRecord<K, T, M, SLOTS, CURSORS>
where
    T: Send,
    M: PreemptionSafe,
{
}

impl<K, T, M, const SLOTS: usize, const CURSORS: usize> Ops for StaticRecord<K, T, M, SLOTS, CURSORS>
where
    T: Send,
    M: PreemptionSafe,
{
    type Value = T;
    type Cursor = CursorId;
    type Pushing<'a>
        = Pushing<'a, T, StaticLayout<M, SLOTS, CURSORS>>
    where
        Self: 'a;
    type Receiving<'a>
        = Receiving<'a, T, StaticLayout<M, SLOTS, CURSORS>>
    where
        Self: 'a;

    fn try_push(&self, value: T) -> Result<(), TryProduceError<T>> {
        self.shell.try_push(value)
    }

    fn push(&self, value: T) {
        self.shell.push(value);
    }

    fn push_async(&self, value: T) -> Self::Pushing<'_> {
        self.shell.push_async(value)
    }

    fn close(&self) {
        self.shell.close();
    }

    fn abort(&self) -> usize {
        self.shell.abort()
    }

    fn is_closed(&self) -> bool {
        self.shell.is_closed()
    }

    fn metrics(&self) -> BufferMetrics {
        self.shell.metrics()
    }

    fn subscribe(&self, start: Start, _: ForHandles) -> Result<CursorId, SubscribeError> {
        self.shell.subscribe(start)
    }

    fn share(&self, cursor: CursorId) {
        self.shell.share(cursor);
    }

    fn unsubscribe(&self, cursor: CursorId) {
        self.shell.unsubscribe(cursor);
    }

    fn try_take(&self, cursor: CursorId) -> Result<T, TryRecvError> {
        self.shell.try_recv(cursor)
    }

    fn recv_async(&self, cursor: CursorId) -> Self::Receiving<'_> {
        self.shell.recv_async(cursor)
    }

    fn reader_metrics(&self, cursor: CursorId) -> ReaderMetrics {
        self.shell.reader_metrics(cursor)
    }
}

impl<K, T, M, const SLOTS: usize, const CURSORS: usize> WholeOps for StaticRecord<K, T, M, SLOTS, CURSORS>
where
    T: Send,
    M: PreemptionSafe,
{
    type Flushing<'a>
        = Flushing<'a, T, StaticLayout<M, SLOTS, CURSORS>>
    where
        Self: 'a;

    fn force_push(&self, value: T) -> Result<Option<T>, TryProduceError<T>> {
        self.shell.force_push(value)
    }

    fn flush_async(&self) -> Self::Flushing<'_> {
        self.shell.flush()
    }

    fn skip_to_newest(&self, cursor: CursorId) {
        self.shell.skip_to_newest(cursor);
    }

    fn peek_value(&self) -> Option<T> {
        self.shell.peek()
    }
}

impl<T, M, const SLOTS: usize, const CURSORS: usize> Waiting for Pushing<'_, T, StaticLayout<M, SLOTS, CURSORS>>
where
    T: Send,
    M: PreemptionSafe,
{
    fn set_priority(&mut self, priority: u8) {
        Pushing::set_priority(self, priority);
    }
}

impl<T, M, const SLOTS: usize, const CURSORS: usize> Sending for Pushing<'_, T, StaticLayout<M, SLOTS, CURSORS>>
where
    T: Send,
    M: PreemptionSafe,
{
    type Value = T;

    fn cancel(self: Pin<&mut Self>) -> Option<T> {
        Pushing::cancel(self)
    }
}

impl<T, M, const SLOTS: usize, const CURSORS: usize> Waiting for Receiving<'_, T, StaticLayout<M, SLOTS, CURSORS>>
where
    T: Send,
    M: PreemptionSafe,
{
    fn set_priority(&mut self, priority: u8) {
        Receiving::set_priority(self, priority);
    }
}
