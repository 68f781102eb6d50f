//! The end where values come out.
#![allow(unsafe_code)]

use core::future::Future;
use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::pin::Pin;
use core::task::{Context, Poll};

use aimdb_core::buffer::{ReaderMetrics, RecvError, RecvTimeoutError, SubscribeError, TryRecvError};
use aimdb_core::pure::Start;
use aimdb_core::waiting::Deadline;
use pin_project_lite::pin_project;

use crate::lean::Room;
use crate::port::{NoPort, Port, Timeout, deadline, may_wait};
use crate::record::{ForHandles, Found, Record, Waiting, WholeRecord};

/// Reads values from a record with a cursor of its own, or with one that it shares.
///
/// Cloning shares the cursor: each value goes to one of the clones.
/// [`StaticConsumer::subscribe`] makes a new cursor: each value goes to both. Dropping the last
/// consumer of a cursor releases what the cursor held back.
///
/// Without a port it has the calls that never wait, which an interrupt may make, and those that are
/// awaited. [`StaticConsumer::on`] adds the calls that block.
pub struct StaticConsumer<'a, R: Record, P = NoPort> {
    share: Share<'a, R>,
    _port: PhantomData<fn() -> P>,
}

/// One consumer's share of a cursor.
struct Share<'a, R: Record> {
    record: &'a R,
    cursor: R::Cursor,
    /// Waits that began and did not end: more than 0 after a future was forgotten. Its waiter still
    /// stands in the cursor's queue, so the cursor has to stay.
    waits: usize,
}

impl<'a, R: Record, P> StaticConsumer<'a, R, P> {
    pub(crate) const fn of(record: &'a R, cursor: R::Cursor) -> Self {
        Self { share: Share { record, cursor, waits: 0 }, _port: PhantomData }
    }

    pub(crate) fn subscribe_to(record: &'a R, start: Start) -> Result<Self, SubscribeError> {
        Ok(Self::of(record, record.subscribe(start, ForHandles(()))?))
    }

    /// The same consumer for the tasks of a kernel, with the calls that block.
    #[must_use]
    pub fn on<Q: Port>(self) -> StaticConsumer<'a, R, Q> {
        StaticConsumer { share: self.share, _port: PhantomData }
    }

    /// Takes the next value if there is one. Never waits; may be called from an interrupt.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub fn try_recv(&mut self) -> Result<R::Value, TryRecvError> {
        if !R::TAKES_TO {
            return self.share.record.try_take(self.share.cursor);
        }
        let mut told = MaybeUninit::uninit();
        self.try_to(Room::new(&mut told));
        // SAFETY: it is told.
        unsafe { told.assume_init() }
    }

    /// As [`StaticConsumer::try_recv`].
    #[inline(never)]
    fn try_to(&mut self, mut room: Room<'_, R::Value, TryRecvError>) {
        match self.share.record.take_to(self.share.cursor, room.value()) {
            // SAFETY: the value is there.
            Found::Value => unsafe { room.has() },
            Found::Nothing => room.fails(TryRecvError::Empty),
            Found::Missed(missed) => room.fails(TryRecvError::Lagged(u64::from(missed))),
            Found::Ended => room.fails(TryRecvError::Closed),
        }
    }

    /// Waits for the next value. For an async task; works on any executor and needs no port.
    /// Dropping the future loses nothing: it takes a value only when it is ready.
    ///
    /// # Errors
    ///
    /// [`RecvError::Lagged`] once after values were missed; [`RecvError::Closed`] when the record is
    /// closed and drained.
    pub fn recv_async(&mut self) -> Recv<'_, 'a, R> {
        let receiving = self.share.record.recv_async(self.share.cursor);
        Recv { share: &mut self.share, began: false, receiving }
    }

    /// A consumer with a new cursor on the same record, which begins as a late subscriber does.
    ///
    /// # Errors
    ///
    /// As [`crate::StaticRecord::consumer`].
    pub fn subscribe(&self) -> Result<Self, SubscribeError> {
        Self::subscribe_to(self.share.record, Start::Live)
    }

    /// What the cursor has counted.
    #[must_use]
    pub fn stats(&self) -> ReaderMetrics {
        self.share.record.reader_metrics(self.share.cursor)
    }
}

impl<R: WholeRecord, P> StaticConsumer<'_, R, P> {
    /// Takes the newest value, skipping what lies before it, if there is one that this cursor has
    /// not seen. Never waits; ends even under a producer that never pauses. Lag is counted, not
    /// told.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub fn try_latest(&mut self) -> Result<R::Value, TryRecvError> {
        let record = self.share.record;
        // A lag that was not yet told stands before the newest value; told once, it is over. A
        // producer may add one between two turns, so the turns are counted.
        for _ in 0..LATEST_TRIES {
            record.skip_to_newest(self.share.cursor);
            match record.try_take(self.share.cursor) {
                Err(TryRecvError::Lagged(_)) => {}
                other => return other,
            }
        }
        Err(TryRecvError::Empty)
    }

    /// A clone of the current value, on a kind that has one.
    #[must_use]
    pub fn peek(&self) -> Option<R::Value> {
        self.share.record.peek_value()
    }
}

/// How often [`StaticConsumer::try_latest`] follows a producer that overtakes it.
const LATEST_TRIES: usize = 8;

impl<R: Record, P: Port> StaticConsumer<'_, R, P> {
    /// Blocks the calling task until there is a value.
    ///
    /// # Errors
    ///
    /// [`RecvError::Lagged`] once after values were missed; [`RecvError::Closed`] when the record is
    /// closed and drained.
    pub fn recv(&mut self) -> Result<R::Value, RecvError> {
        if R::TAKES_TO {
            let mut told = MaybeUninit::uninit();
            self.recv_to(Room::new(&mut told));
            // SAFETY: it is told.
            return unsafe { told.assume_init() };
        }
        may_wait::<P>(Deadline::Never).map_err(RecvError::Misuse)?;
        // One turn: a wait without a deadline ends with an outcome.
        loop {
            if let Some(outcome) = self.share.record.take_waiting::<P>(self.share.cursor, Deadline::Never) {
                return outcome;
            }
        }
    }

    /// As [`StaticConsumer::recv`].
    #[inline(never)]
    fn recv_to(&mut self, mut room: Room<'_, R::Value, RecvError>) {
        if let Err(misuse) = may_wait::<P>(Deadline::Never) {
            return room.fails(RecvError::Misuse(misuse));
        }
        // One turn: a wait without a deadline ends with an outcome.
        loop {
            match self.share.record.take_to_waiting::<P>(self.share.cursor, Deadline::Never, room.value()) {
                // SAFETY: the value is there.
                Found::Value => return unsafe { room.has() },
                Found::Nothing => {}
                Found::Missed(missed) => return room.fails(RecvError::Lagged(u64::from(missed))),
                Found::Ended => return room.fails(RecvError::Closed),
            }
        }
    }

    /// As [`StaticConsumer::recv`], for at most `timeout`. Zero means one try.
    ///
    /// # Errors
    ///
    /// Why there is no value.
    pub fn recv_timeout(&mut self, timeout: impl Timeout) -> Result<R::Value, RecvTimeoutError> {
        self.recv_until(deadline::<P>(timeout).map_err(RecvTimeoutError::Misuse)?)
    }

    /// As [`StaticConsumer::recv`], until a point in time on the port's clock. What is ready by then
    /// wins over the timeout.
    ///
    /// # Errors
    ///
    /// Why there is no value.
    pub fn recv_deadline(&mut self, deadline: Deadline) -> Result<R::Value, RecvTimeoutError> {
        may_wait::<P>(deadline).map_err(RecvTimeoutError::Misuse)?;
        self.recv_until(deadline)
    }

    fn recv_until(&mut self, deadline: Deadline) -> Result<R::Value, RecvTimeoutError> {
        if !R::TAKES_TO {
            return match self.share.record.take_waiting::<P>(self.share.cursor, deadline) {
                Some(outcome) => outcome.map_err(RecvTimeoutError::from),
                None => Err(RecvTimeoutError::Timeout),
            };
        }
        let mut told = MaybeUninit::uninit();
        self.recv_to_until(deadline, Room::new(&mut told));
        // SAFETY: it is told.
        unsafe { told.assume_init() }
    }

    /// As [`StaticConsumer::recv_deadline`].
    #[inline(never)]
    fn recv_to_until(&mut self, deadline: Deadline, mut room: Room<'_, R::Value, RecvTimeoutError>) {
        match self.share.record.take_to_waiting::<P>(self.share.cursor, deadline, room.value()) {
            // SAFETY: the value is there.
            Found::Value => unsafe { room.has() },
            Found::Nothing => room.fails(RecvTimeoutError::Timeout),
            Found::Missed(missed) => room.fails(RecvTimeoutError::Lagged(u64::from(missed))),
            Found::Ended => room.fails(RecvTimeoutError::Closed),
        }
    }
}

impl<R: WholeRecord, P: Port> StaticConsumer<'_, R, P> {
    /// Blocks the calling task until there is a value that this cursor has not seen, and takes the
    /// newest. Lag is counted, not told.
    ///
    /// # Errors
    ///
    /// [`RecvTimeoutError::Closed`] when the record is closed and drained, [`RecvTimeoutError::Timeout`]
    /// when the time is up.
    pub fn latest_timeout(&mut self, timeout: impl Timeout) -> Result<R::Value, RecvTimeoutError> {
        self.latest_until(deadline::<P>(timeout).map_err(RecvTimeoutError::Misuse)?)
    }

    /// As [`StaticConsumer::latest_timeout`], until a point in time on the port's clock.
    ///
    /// # Errors
    ///
    /// As [`StaticConsumer::latest_timeout`].
    pub fn latest_deadline(&mut self, deadline: Deadline) -> Result<R::Value, RecvTimeoutError> {
        may_wait::<P>(deadline).map_err(RecvTimeoutError::Misuse)?;
        self.latest_until(deadline)
    }

    fn latest_until(&mut self, deadline: Deadline) -> Result<R::Value, RecvTimeoutError> {
        // Ends with a value, the end or the deadline; each turn is one lag.
        loop {
            self.share.record.skip_to_newest(self.share.cursor);
            match self.recv_until(deadline) {
                Err(RecvTimeoutError::Lagged(_)) => {}
                other => return other,
            }
        }
    }
}

impl<R: Record> Drop for Share<'_, R> {
    fn drop(&mut self) {
        if self.waits == 0 {
            self.record.unsubscribe(self.cursor);
        }
    }
}

impl<R: Record, P> Clone for StaticConsumer<'_, R, P> {
    fn clone(&self) -> Self {
        let Share { record, cursor, .. } = self.share;
        record.share(cursor);
        Self { share: Share { record, cursor, waits: 0 }, _port: PhantomData }
    }
}

impl<R: Record, P> core::fmt::Debug for StaticConsumer<'_, R, P> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("StaticConsumer").field("stats", &self.stats()).finish()
    }
}

pin_project! {
    /// The future of the next value; see [`StaticConsumer::recv_async`].
    #[must_use = "nothing is read until the future is polled"]
    pub struct Recv<'c, 'a, R: Record> {
        share: &'c mut Share<'a, R>,
        began: bool,
        #[pin]
        receiving: R::Receiving<'a>,
    }

    impl<R: Record> PinnedDrop for Recv<'_, '_, R> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            this.share.waits -= usize::from(*this.began);
        }
    }
}

impl<R: Record> Recv<'_, '_, R> {
    /// The same, for a task of this priority: waiters are served by priority, then by age.
    pub fn with_priority(mut self, priority: u8) -> Self {
        self.receiving.set_priority(priority);
        self
    }
}

impl<R: Record> Future for Recv<'_, '_, R> {
    type Output = Result<R::Value, RecvError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        this.share.waits += usize::from(!*this.began);
        *this.began = true;
        this.receiving.poll(context)
    }
}
