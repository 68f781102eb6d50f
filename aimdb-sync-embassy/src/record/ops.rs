//! What the handles of a record ask of it.
#![allow(unsafe_code)]

use core::future::Future;
use core::mem::{ManuallyDrop, MaybeUninit};
use core::pin::{Pin, pin};

use aimdb_core::buffer::{
    BufferMetrics, FlushError, ReaderMetrics, RecvError, SendError, SubscribeError, TryProduceError, TryRecvError,
};
use aimdb_core::pure::Start;
use aimdb_core::waiting::Deadline;

use crate::lean::at_once;
use crate::port::{Port, block_on, priority};

/// A record in static memory, so that a task can be written for any of them:
///
/// ```
/// use aimdb_sync_embassy::{Port, Record, StaticConsumer};
///
/// fn sum<P: Port>(mut samples: StaticConsumer<'_, impl Record<Value = u32>, P>) -> u32 {
///     let mut sum = 0;
///     while let Ok(sample) = samples.recv() {
///         sum += sample;
///     }
///     sum
/// }
/// ```
///
/// Only its handles have cursors, so none is used that was given back.
///
/// ```compile_fail,E0061
/// use aimdb_sync_embassy::{Record, Start};
///
/// fn stale<R: Record>(record: &R) {
///     let Ok(cursor) = record.subscribe(Start::Live) else { return };
///     record.unsubscribe(cursor);
///     // By now it may be another's.
///     let _ = record.try_take(cursor);
/// }
/// ```
pub trait Record: Ops {}

/// A record with all that a record can do: [`StaticRecord`](crate::StaticRecord),
/// [`StaticRing`](crate::StaticRing), [`StaticMailbox`](crate::StaticMailbox), [`StaticLatest`](crate::StaticLatest). It can displace values and pass over them, and knows when
/// all of its readers have read something.
pub trait WholeRecord: Record + WholeOps {}

/// A wait that can be told how urgent it is.
pub trait Waiting: Future {
    /// It is for a task of this priority: those who wait are served by priority, then by age. A future that is
    /// told nothing has the lowest, 0.
    fn set_priority(&mut self, priority: u8);
}

/// A value on its way into a record: ready when it is stored, or refused.
pub trait Sending: Waiting {
    /// What is sent.
    type Value;

    /// Gives up. The value travels back, unless it has been stored by now.
    fn cancel(self: Pin<&mut Self>) -> Option<Self::Value>;
}

/// Who has one asks for a handle, which gives its cursor back when it goes, and not before. Nobody else can make one: a
/// cursor is a number, and one that was given back names another's.
#[doc(hidden)]
#[derive(Debug)]
pub struct ForHandles(pub(crate) ());

/// What a reader has come to.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// A value, which is where there was room for it.
    Value,
    /// Nothing yet, or until its time was up. What there was room for may be in part there.
    Nothing,
    /// So many values were overwritten before, likewise.
    Missed(u32),
    /// There will be none any more.
    Ended,
}

#[doc(hidden)]
pub trait Ops: Sized {
    type Value;
    type Cursor: Copy + Send + Sync;
    type Pushing<'a>: Sending<Value = Self::Value> + Future<Output = Result<(), SendError<Self::Value>>>
    where
        Self: 'a;
    type Receiving<'a>: Waiting + Future<Output = Result<Self::Value, RecvError>>
    where
        Self: 'a;

    /// No send ever waits, so that none needs a port, nor a kernel that could wait.
    const SENDS_AT_ONCE: bool = false;

    fn try_push(&self, value: Self::Value) -> Result<(), TryProduceError<Self::Value>>;

    /// Readers have room for a value, to which it is taken, by [`Ops::take_to`] and [`Ops::take_to_waiting`]. Else it is handed out, by
    /// [`Ops::try_take`] and [`Ops::take_waiting`].
    const TAKES_TO: bool = false;

    /// Stores the value if that can be done at once, by the shortest way; of one that is not stored nothing is
    /// counted.
    ///
    /// # Safety
    ///
    /// A value that was stored is the record's: the caller does not use it again.
    unsafe fn push_at_once(&self, value: &ManuallyDrop<Self::Value>) -> bool {
        let _ = value;
        false
    }

    /// What becomes of a value that [`Ops::push_at_once`] did not store, where sends never wait. It is counted.
    fn push_refused(&self, value: Self::Value) -> Result<(), SendError<Self::Value>> {
        at_once(self, value)
    }

    /// Stores the value, blocking the calling task until it can or the time is up.
    #[inline(always)]
    fn push_waiting<P: Port>(&self, value: Self::Value, deadline: Deadline) -> Result<(), SendError<Self::Value>> {
        let mut send = self.push_async(value);
        send.set_priority(priority::<P>(deadline));
        let mut send = pin!(send);
        match block_on::<P, _>(send.as_mut(), deadline) {
            Some(outcome) => outcome,
            None => match send.cancel() {
                Some(value) => Err(SendError::Timeout(value)),
                None => Ok(()),
            },
        }
    }

    /// Takes the next value to this room, if there is one.
    #[inline(always)]
    fn take_to(&self, cursor: Self::Cursor, there: &mut MaybeUninit<Self::Value>) -> Found {
        let _ = (cursor, there);
        Found::Nothing
    }

    /// The same, blocking the calling task until there is one, or the time is up.
    #[inline(always)]
    fn take_to_waiting<P: Port>(
        &self,
        cursor: Self::Cursor,
        deadline: Deadline,
        there: &mut MaybeUninit<Self::Value>,
    ) -> Found {
        let _ = (cursor, deadline, there);
        Found::Nothing
    }

    /// As [`Ops::take_to_waiting`], of a record that hands its values out.
    fn take_waiting<P: Port>(
        &self,
        cursor: Self::Cursor,
        deadline: Deadline,
    ) -> Option<Result<Self::Value, RecvError>> {
        let mut receiving = self.recv_async(cursor);
        receiving.set_priority(priority::<P>(deadline));
        block_on::<P, _>(pin!(receiving), deadline)
    }

    fn push(&self, value: Self::Value);
    fn push_async(&self, value: Self::Value) -> Self::Pushing<'_>;
    fn close(&self);
    fn abort(&self) -> usize;
    fn is_closed(&self) -> bool;
    fn metrics(&self) -> BufferMetrics;
    fn subscribe(&self, start: Start, _: ForHandles) -> Result<Self::Cursor, SubscribeError>;
    fn share(&self, cursor: Self::Cursor);
    fn unsubscribe(&self, cursor: Self::Cursor);

    /// As [`Ops::take_to`], and hands the value out.
    #[inline(always)]
    fn try_take(&self, cursor: Self::Cursor) -> Result<Self::Value, TryRecvError> {
        let mut there = MaybeUninit::uninit();
        match self.take_to(cursor, &mut there) {
            // SAFETY: it says that the value is there.
            Found::Value => Ok(unsafe { there.assume_init() }),
            Found::Nothing => Err(TryRecvError::Empty),
            Found::Missed(missed) => Err(TryRecvError::Lagged(u64::from(missed))),
            Found::Ended => Err(TryRecvError::Closed),
        }
    }

    fn recv_async(&self, cursor: Self::Cursor) -> Self::Receiving<'_>;
    fn reader_metrics(&self, cursor: Self::Cursor) -> ReaderMetrics;
}

#[doc(hidden)]
pub trait WholeOps: Ops {
    type Flushing<'a>: Future<Output = Result<(), FlushError>>
    where
        Self: 'a;

    fn force_push(&self, value: Self::Value) -> Result<Option<Self::Value>, TryProduceError<Self::Value>>;
    fn flush_async(&self) -> Self::Flushing<'_>;
    fn skip_to_newest(&self, cursor: Self::Cursor);
    fn peek_value(&self) -> Option<Self::Value>;
}
