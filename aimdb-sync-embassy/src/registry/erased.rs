//! A record of which only the type of its values is known, or not even that.

use core::any::{Any, type_name};
use core::future::Future;
use core::pin::{Pin, pin};

use aimdb_core::buffer::{
    BufferMetrics, ReaderMetrics, RecvError, SendError, SubscribeError, TryProduceError, TryRecvError,
};
use aimdb_core::pure::{CursorId, Start};

use crate::latest::LatestCursor;
use crate::record::{ForHandles, Record, Sending, Waiting};
use crate::ring::RingCursor;

/// A record that can stand in a [`Registry`](crate::Registry): each in a `static` whose values borrow nothing.
/// Sealed.
pub trait Registered: Sync {
    /// Fills the place with this record, if it is one for `Option<&'static dyn Erased<T>>` of its values' type.
    #[doc(hidden)]
    fn give(&'static self, place: &mut dyn Any);

    #[doc(hidden)]
    fn value_type(&self) -> &'static str;

    #[doc(hidden)]
    fn metrics(&self) -> BufferMetrics;
}

/// Drives an operation to its end, or until its deadline: then `None`.
pub(super) type Drive<'d, O> = &'d mut dyn FnMut(Pin<&mut dyn Future<Output = O>>) -> Option<O>;

/// The cursor of any record.
#[derive(Clone, Copy)]
pub enum AnyCursor {
    /// The one of a queue and of a mailbox, which have no name for it.
    Only,
    Whole(CursorId),
    Ring(RingCursor),
    Latest(LatestCursor),
}

/// A cursor that can be kept as one of any record.
pub trait Cursor: Copy {
    fn keep(self) -> AnyCursor;
    fn restore(kept: AnyCursor) -> Self;
}

const ITS_OWN: &str = "a record gets back what it gave";

impl Cursor for CursorId {
    fn keep(self) -> AnyCursor {
        AnyCursor::Whole(self)
    }

    fn restore(kept: AnyCursor) -> Self {
        let AnyCursor::Whole(cursor) = kept else { panic!("{ITS_OWN}") };
        cursor
    }
}

impl Cursor for LatestCursor {
    fn keep(self) -> AnyCursor {
        AnyCursor::Latest(self)
    }

    fn restore(kept: AnyCursor) -> Self {
        let AnyCursor::Latest(cursor) = kept else { panic!("{ITS_OWN}") };
        cursor
    }
}

impl Cursor for RingCursor {
    fn keep(self) -> AnyCursor {
        AnyCursor::Ring(self)
    }

    fn restore(kept: AnyCursor) -> Self {
        let AnyCursor::Ring(cursor) = kept else { panic!("{ITS_OWN}") };
        cursor
    }
}

impl Cursor for () {
    fn keep(self) -> AnyCursor {
        AnyCursor::Only
    }

    fn restore(_kept: AnyCursor) -> Self {}
}

/// What the ends of any record with such values ask of it. An operation that waits is as large as the kind of record
/// has it, so it stays in the call, on the caller's stack; the end says how it is driven.
pub(super) trait Erased<T>: Sync {
    fn try_push(&self, value: T) -> Result<(), TryProduceError<T>>;
    fn push(&self, value: T);
    fn send(&self, value: T, priority: u8, drive: Drive<'_, Result<(), SendError<T>>>) -> Result<(), SendError<T>>;
    fn close(&self);
    fn abort(&self) -> usize;
    fn is_closed(&self) -> bool;
    fn metrics(&self) -> BufferMetrics;
    fn subscribe(&self, start: Start) -> Result<AnyCursor, SubscribeError>;
    fn share(&self, cursor: AnyCursor);
    fn unsubscribe(&self, cursor: AnyCursor);
    fn try_take(&self, cursor: AnyCursor) -> Result<T, TryRecvError>;
    fn recv(
        &self,
        cursor: AnyCursor,
        priority: u8,
        drive: Drive<'_, Result<T, RecvError>>,
    ) -> Option<Result<T, RecvError>>;
    fn reader_metrics(&self, cursor: AnyCursor) -> ReaderMetrics;
}

impl<R> Registered for R
where
    R: Record<Value: 'static, Cursor: Cursor> + Sync + 'static,
{
    fn give(&'static self, place: &mut dyn Any) {
        if let Some(place) = place.downcast_mut::<Option<&'static dyn Erased<R::Value>>>() {
            *place = Some(self);
        }
    }

    fn value_type(&self) -> &'static str {
        type_name::<R::Value>()
    }

    fn metrics(&self) -> BufferMetrics {
        R::metrics(self)
    }
}

impl<R> Erased<R::Value> for R
where
    R: Record<Cursor: Cursor> + Sync,
{
    fn try_push(&self, value: R::Value) -> Result<(), TryProduceError<R::Value>> {
        R::try_push(self, value)
    }

    fn push(&self, value: R::Value) {
        R::push(self, value);
    }

    fn send(
        &self,
        value: R::Value,
        priority: u8,
        drive: Drive<'_, Result<(), SendError<R::Value>>>,
    ) -> Result<(), SendError<R::Value>> {
        let mut send = self.push_async(value);
        send.set_priority(priority);
        let mut send = pin!(send);
        match drive(send.as_mut()) {
            Some(outcome) => outcome,
            None => match send.cancel() {
                Some(value) => Err(SendError::Timeout(value)),
                None => Ok(()),
            },
        }
    }

    fn close(&self) {
        R::close(self);
    }

    fn abort(&self) -> usize {
        R::abort(self)
    }

    fn is_closed(&self) -> bool {
        R::is_closed(self)
    }

    fn metrics(&self) -> BufferMetrics {
        R::metrics(self)
    }

    fn subscribe(&self, start: Start) -> Result<AnyCursor, SubscribeError> {
        R::subscribe(self, start, ForHandles(())).map(Cursor::keep)
    }

    fn share(&self, cursor: AnyCursor) {
        R::share(self, Cursor::restore(cursor));
    }

    fn unsubscribe(&self, cursor: AnyCursor) {
        R::unsubscribe(self, Cursor::restore(cursor));
    }

    fn try_take(&self, cursor: AnyCursor) -> Result<R::Value, TryRecvError> {
        R::try_take(self, Cursor::restore(cursor))
    }

    fn recv(
        &self,
        cursor: AnyCursor,
        priority: u8,
        drive: Drive<'_, Result<R::Value, RecvError>>,
    ) -> Option<Result<R::Value, RecvError>> {
        let mut receiving = self.recv_async(Cursor::restore(cursor));
        receiving.set_priority(priority);
        drive(pin!(receiving))
    }

    fn reader_metrics(&self, cursor: AnyCursor) -> ReaderMetrics {
        R::reader_metrics(self, Cursor::restore(cursor))
    }
}
