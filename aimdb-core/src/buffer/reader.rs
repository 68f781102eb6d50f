//! A reader, with every form of reading.

#[cfg(feature = "std")]
mod blocking;

use alloc::boxed::Box;
use core::any::Any;
use core::future::Future;
use core::ops::{Deref, DerefMut};
use core::pin::Pin;
use core::task::{Context, Poll};

use super::heap::HeapReader;
#[cfg(feature = "std")]
use super::lane::{Taken, is_short};
use super::{BufferReader, ReaderMetrics, RecvError, SubscribeError, TryRecvError};

/// One cursor of a buffer, or a share of one.
///
/// Reading takes `&mut self`: a reader belongs to one thread or task at a time. Several of them
/// share a cursor through [`Reader::share`], each with a reader of its own.
pub struct Reader<T: Send + 'static> {
    inner: Inner<T>,
    /// A lag that was found behind the values of a batch; the next call tells it. While there is one, a
    /// reader of our own has let go of the lane, so that no call need ask for it.
    untold: u64,
}

/// A reader of our own, so that calls to it are no more than what they do, or anyone's.
enum Inner<T: Send + 'static> {
    Heap(HeapReader<T>),
    Other(Box<dyn BufferReader<T>>),
}

impl<T: Send + 'static> Deref for Inner<T> {
    type Target = dyn BufferReader<T>;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Heap(reader) => reader,
            Self::Other(reader) => &**reader,
        }
    }
}

impl<T: Send + 'static> DerefMut for Inner<T> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        match self {
            Self::Heap(reader) => reader,
            Self::Other(reader) => &mut **reader,
        }
    }
}

impl<T: Send + 'static> Reader<T> {
    /// Gives a buffer's reader every form of reading.
    #[must_use]
    pub fn new(inner: Box<dyn BufferReader<T>>) -> Self {
        let inner = match (&*inner as &dyn Any).is::<HeapReader<T>>() {
            true => {
                let ours: Box<dyn Any> = inner;
                Inner::Heap(*ours.downcast().expect("it was asked what it is"))
            }
            false => Inner::Other(inner),
        };
        Self { inner, untold: 0 }
    }

    /// Takes the next value if there is one. Never waits.
    ///
    /// # Errors
    ///
    /// Why there is none.
    #[inline(always)]
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        #[cfg(feature = "std")]
        return Self::try_recv_or(self, |this| Some(this), Self::try_recv_elsewhere);
        #[cfg(not(feature = "std"))]
        self.try_recv_elsewhere()
    }

    /// The same by the reader that `reader` finds in `of`, where it takes a few instructions and the calling process is the one
    /// that this reader was used in before; else what `elsewhere` gives. For a facade whose ways to a value are to meet in one place.
    ///
    /// # Errors
    ///
    /// [`TryRecvError::Empty`], or those of `elsewhere`.
    #[cfg(feature = "std")]
    #[inline(always)]
    pub fn try_recv_or<S>(
        of: &mut S,
        reader: impl FnOnce(&mut S) -> Option<&mut Self>,
        elsewhere: impl FnOnce(&mut S) -> Result<T, TryRecvError>,
    ) -> Result<T, TryRecvError> {
        // Such a value stays in registers.
        if is_short::<T>() {
            if let Some(reader) = reader(of)
                && let Some(received) = reader.try_recv_at_once()
            {
                return received;
            }
            return elsewhere(of);
        }
        HeapReader::take_in_place(
            of,
            |of| reader(of).and_then(Self::heap),
            |of, is_empty| match is_empty {
                true => Err(TryRecvError::Empty),
                false => elsewhere(of),
            },
        )
    }

    #[cfg(feature = "std")]
    #[inline(always)]
    fn try_recv_at_once(&mut self) -> Option<Result<T, TryRecvError>> {
        match self.heap()?.take_at_once() {
            Taken::Value(value) => Some(Ok(value)),
            Taken::Empty => Some(Err(TryRecvError::Empty)),
            Taken::Lagged(_) | Taken::NotHere => None,
        }
    }

    /// As [`Reader::try_recv_or`] for who waits where there is no value: `elsewhere` does.
    ///
    /// # Errors
    ///
    /// Those of `elsewhere`.
    #[cfg(feature = "std")]
    #[inline(always)]
    pub fn recv_or<S, E>(
        of: &mut S,
        reader: impl FnOnce(&mut S) -> Option<&mut Self>,
        elsewhere: impl FnOnce(&mut S) -> Result<T, E>,
    ) -> Result<T, E> {
        // As above.
        if is_short::<T>() {
            if let Some(reader) = reader(of)
                && let Some(value) = reader.recv_at_once_with(|value| value)
            {
                return Ok(value);
            }
            return elsewhere(of);
        }
        HeapReader::take_in_place(of, |of| reader(of).and_then(Self::heap), |of, _is_empty| elsewhere(of))
    }

    #[cfg(feature = "std")]
    #[inline(always)]
    const fn heap(&mut self) -> Option<&mut HeapReader<T>> {
        match &mut self.inner {
            Inner::Heap(reader) => Some(reader),
            Inner::Other(_) => None,
        }
    }

    /// The next value, where that takes a few instructions, as for [`Reader::try_recv_or`], or a call; `None` says
    /// nothing of the buffer.
    #[cfg(feature = "std")]
    #[inline(always)]
    pub fn recv_at_once(&mut self) -> Option<T> {
        let Inner::Heap(reader) = &mut self.inner else { return None };
        match reader.take_at_once() {
            Taken::Value(value) => Some(value),
            Taken::NotHere => self.recv_called(),
            Taken::Empty | Taken::Lagged(_) => None,
        }
    }

    /// [`Reader::recv_by_call`], out of the way of those who do not need it.
    #[cfg(feature = "std")]
    #[inline(never)]
    fn recv_called(&mut self) -> Option<T> {
        self.recv_by_call()
    }

    /// The next value, where that takes a few instructions. It goes to `take`, because compilers copy a value once more
    /// for each `Option` that carries it.
    #[cfg(feature = "std")]
    #[inline(always)]
    pub fn recv_at_once_with<R>(&mut self, take: impl FnOnce(T) -> R) -> Option<R> {
        let Inner::Heap(reader) = &mut self.inner else { return None };
        match reader.take_at_once() {
            Taken::Value(value) => Some(take(value)),
            Taken::Empty | Taken::Lagged(_) | Taken::NotHere => None,
        }
    }

    /// The next value, where a visit to the lane is a call; `None` says nothing of the buffer. For whoever has found
    /// that it cannot be had at once.
    #[cfg(feature = "std")]
    #[inline]
    pub fn recv_by_call(&mut self) -> Option<T> {
        match &mut self.inner {
            // A lag that was not yet told comes first.
            Inner::Heap(reader) if self.untold == 0 => reader.take_by_call(),
            Inner::Heap(_) | Inner::Other(_) => None,
        }
    }

    /// A clone of the newest value, where that takes a few instructions and perhaps a call of `clone`; `None` says
    /// nothing of the buffer.
    #[cfg(feature = "std")]
    #[inline(always)]
    pub fn peek_at_once(&self) -> Option<T> {
        let Inner::Heap(reader) = &self.inner else { return None };
        reader.peek_at_once()
    }

    /// The same for whoever has found that it cannot be had at once, but may be without the record's lock.
    #[cfg(feature = "std")]
    pub fn peek_by_call(&self) -> Option<T> {
        let Inner::Heap(reader) = &self.inner else { return None };
        reader.peek_by_call()
    }

    /// As [`Reader::try_recv`], for whoever has found that the next value cannot be had at once.
    ///
    /// # Errors
    ///
    /// Why there is none.
    #[inline(never)]
    pub fn try_recv_elsewhere(&mut self) -> Result<T, TryRecvError> {
        match (core::mem::take(&mut self.untold), &mut self.inner) {
            (0, Inner::Heap(reader)) => reader.try_recv(),
            (0, Inner::Other(reader)) => reader.try_recv(),
            (lag, _) => Err(TryRecvError::Lagged(lag)),
        }
    }

    /// Waits for the next value. Dropping the future loses nothing: it takes a value only when it
    /// is ready. Works on any executor; allocates nothing.
    ///
    /// # Errors
    ///
    /// [`RecvError::Lagged`] once after values were missed; [`RecvError::Closed`] when the buffer
    /// is closed and drained.
    pub fn recv(&mut self) -> Recv<'_, T> {
        Recv { reader: self }
    }

    /// The rest of a poll, for a reader that has found that the next value cannot be had at once.
    #[inline(never)]
    pub(crate) fn poll_recv(&mut self, context: &mut Context<'_>) -> Poll<Result<T, RecvError>> {
        match core::mem::take(&mut self.untold) {
            0 => self.inner.poll_recv(context),
            lag => Poll::Ready(Err(RecvError::Lagged(lag))),
        }
    }

    /// Ends a wait that was begun so.
    #[inline]
    pub(crate) fn end_recv(&mut self) {
        match &self.inner {
            Inner::Heap(reader) if !reader.is_waiting() => {}
            Inner::Heap(_) | Inner::Other(_) => self.inner.cancel_recv(),
        }
    }

    /// Takes the newest value, skipping what lies before it, if there is one that this cursor has
    /// not seen. Never waits; ends even under a producer that never pauses. Lag is counted, not
    /// told.
    ///
    /// # Errors
    ///
    /// Why there is none.
    pub fn try_latest(&mut self) -> Result<T, TryRecvError> {
        // A lag that was not yet told stands before the newest value; told once, it is over. A
        // producer may add one between two turns, a reader that shares the cursor take the value.
        self.untold = 0;
        for _ in 0..LATEST_TRIES {
            let newest = match &mut self.inner {
                Inner::Heap(reader) => reader.try_latest(),
                Inner::Other(reader) => {
                    reader.skip_to_newest();
                    reader.try_recv()
                }
            };
            match newest {
                Err(TryRecvError::Lagged(_)) => {}
                other => return other,
            }
        }
        self.inner.try_recv()
    }

    /// Takes up to `max` values that are there, into `values`, and says how many. Never waits.
    ///
    /// # Errors
    ///
    /// Why there is none. After some were taken, what comes next (a lag, the end) is told by the
    /// next call.
    pub fn try_recv_many(&mut self, values: &mut alloc::vec::Vec<T>, max: usize) -> Result<usize, TryRecvError> {
        if max == 0 {
            return Ok(0);
        }
        values.push(self.try_recv()?);
        Ok(1 + self.take_more(values, max - 1))
    }

    /// Takes up to `max` more values that are there, into `values`, and says how many. Never waits. What
    /// comes next (a lag, the end) is told by the next call.
    pub fn take_more(&mut self, values: &mut alloc::vec::Vec<T>, max: usize) -> usize {
        let before = values.len();
        while values.len() - before < max {
            #[cfg(feature = "std")]
            if let Inner::Heap(reader) = &mut self.inner
                && self.untold == 0
                && reader.take_many_in_lane(values, max - (values.len() - before)) > 0
            {
                continue;
            }
            match self.try_recv() {
                Ok(value) => values.push(value),
                Err(TryRecvError::Lagged(lag)) => {
                    self.untold = lag;
                    #[cfg(feature = "std")]
                    if let Inner::Heap(reader) = &mut self.inner {
                        reader.let_go();
                    }
                    break;
                }
                Err(TryRecvError::Empty | TryRecvError::Closed | TryRecvError::Misuse(_)) => break,
            }
        }
        values.len() - before
    }

    /// Another reader that shares this cursor: each value goes to one of them.
    ///
    /// # Errors
    ///
    /// When the buffer's cursors cannot be shared.
    pub fn share(&self) -> Result<Self, SubscribeError> {
        Ok(Self::new(self.inner.share()?))
    }

    /// What tells when a read would find anything, for whoever waits on many; `None` on a buffer of the
    /// user's own that cannot. A lag that [`Reader::take_more`] found and has not told is not its to know:
    /// see [`Reader::has_untold_lag`].
    #[cfg(feature = "std")]
    #[must_use]
    pub fn watch(&self) -> Option<Box<dyn crate::waiting::Watched>> {
        self.inner.watch()
    }

    /// Whether the next read tells a lag that was found behind the values of a batch.
    #[must_use]
    pub const fn has_untold_lag(&self) -> bool {
        self.untold > 0
    }

    /// What the cursor has counted.
    #[must_use]
    pub fn metrics(&self) -> ReaderMetrics {
        self.inner.metrics()
    }

    /// A number for the cursor that its buffer never uses again.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.inner.id()
    }
}

const LATEST_TRIES: usize = 8;

impl<T: Send + 'static> core::fmt::Debug for Reader<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Reader").field("metrics", &self.metrics()).finish()
    }
}

/// The future of the next value; see [`Reader::recv`].
#[must_use = "nothing is read until the future is polled"]
pub struct Recv<'a, T: Send + 'static> {
    // Its place in the queue is the reader's, who outlives it: a future may be leaked in the midst of a
    // wait, and then the reader ends that.
    reader: &'a mut Reader<T>,
}

impl<T: Send + 'static> Future for Recv<'_, T> {
    type Output = Result<T, RecvError>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        #[cfg(feature = "std")]
        if let Some(value) = self.reader.recv_at_once() {
            return Poll::Ready(Ok(value));
        }
        self.reader.poll_recv(context)
    }
}

impl<T: Send + 'static> Drop for Recv<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.reader.end_recv();
    }
}
