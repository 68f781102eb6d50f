//! A cursor of a buffer on the heap, or a share of one.

use alloc::boxed::Box;
#[cfg(feature = "std")]
use alloc::vec::Vec;
use core::mem::MaybeUninit;
use core::pin::Pin;
use core::task::{Context, Poll};

use super::HeapLayout;
#[cfg(feature = "std")]
use super::hold::TakingHold;
#[cfg(feature = "std")]
use super::watch::HeapWatch;
#[cfg(feature = "std")]
use crate::buffer::lane::{LaneEnd, NOT_LOOKED, Seen, Taken};
use crate::buffer::shell::Reading;
use crate::buffer::{BufferReader, ReaderMetrics, RecvError, Shell, SubscribeError, TryRecvError};
use crate::pure::{CursorId, Start};
use crate::waiting::{Counted, in_box};
#[cfg(feature = "std")]
use crate::waiting::{Deadline, Watched, glance_for, has_seen_nothing};

/// A reader of a [`HeapBuffer`].
pub(in crate::buffer) struct HeapReader<T: Send + 'static> {
    at: Standing<T>,
    /// A wait that is polled as anyone's reader is. The waits of [`super::Reader`] bring a place of
    /// their own, so most readers have none.
    reading: Option<Pin<Box<Reading>>>,
}

/// Where a reader stands.
struct Standing<T: Send + 'static> {
    hold: TakingHold<T>,
    cursor: CursorId,
    /// How the record was when it last had nothing to read.
    #[cfg(feature = "std")]
    seen: u32,
}

/// Without threads there is no lane, and nothing to hold but the buffer.
#[cfg(not(feature = "std"))]
struct TakingHold<T: Send + 'static>(Counted<Shell<T, HeapLayout>>);

#[cfg(not(feature = "std"))]
impl<T: Send + 'static> TakingHold<T> {
    const fn shell(&self) -> &Counted<Shell<T, HeapLayout>> {
        &self.0
    }

    fn share(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Send + 'static> HeapReader<T> {
    /// A reader of a new cursor. It has its memory before: a cursor that came and left again would be the last of a closed
    /// record, whose values nobody can read after it.
    pub(super) fn join(
        shell: &Counted<Shell<T, HeapLayout>>,
        start: Start,
    ) -> Result<Box<dyn BufferReader<T>>, SubscribeError> {
        let room = in_box(MaybeUninit::<Self>::uninit()).ok_or(SubscribeError::NoPlace)?;
        let cursor = shell.subscribe(start)?;
        let shell = shell.clone();
        #[cfg(feature = "std")]
        let end = shell.lock().join(cursor);
        #[cfg(feature = "std")]
        let hold = TakingHold::new(shell, end);
        #[cfg(not(feature = "std"))]
        let hold = TakingHold(shell);
        let reader: Box<Self> = Box::write(room, Self::standing(hold, cursor));
        Ok(reader)
    }

    const fn standing(hold: TakingHold<T>, cursor: CursorId) -> Self {
        let at = Standing {
            hold,
            cursor,
            #[cfg(feature = "std")]
            seen: NOT_LOOKED,
        };
        Self { at, reading: None }
    }

    /// The next value, where the owner of the lane's end can have it at once. Never a lag.
    #[cfg(feature = "std")]
    #[inline(always)]
    pub(in crate::buffer) fn take_at_once(&mut self) -> Taken<T> {
        self.at.hold.take_at_once()
    }

    /// As [`TakingHold::take_in_place`].
    #[cfg(feature = "std")]
    #[inline(always)]
    pub(in crate::buffer) fn take_in_place<S, E>(
        of: &mut S,
        reader: impl FnOnce(&mut S) -> Option<&mut Self>,
        elsewhere: impl FnOnce(&mut S, bool) -> Result<T, E>,
    ) -> Result<T, E> {
        TakingHold::take_in_place(of, |of| reader(of).map(|reader| &mut reader.at.hold), elsewhere)
    }

    /// The same where that is a call.
    #[cfg(feature = "std")]
    #[inline]
    pub(in crate::buffer) fn take_by_call(&mut self) -> Option<T> {
        match self.at.hold.take_by_call() {
            Taken::Value(value) => Some(value),
            Taken::Empty | Taken::Lagged(_) | Taken::NotHere => None,
        }
    }

    /// Has the next call ask the buffer.
    #[cfg(feature = "std")]
    pub(in crate::buffer) fn let_go(&mut self) {
        self.at.hold.let_go();
    }

    /// Whether a wait that is polled as anyone's has begun, and was not ended.
    pub(in crate::buffer) fn is_waiting(&self) -> bool {
        self.reading.as_ref().is_some_and(|reading| reading.is_waiting())
    }

    /// The newest value, past those that lie before it.
    pub(in crate::buffer) fn try_latest(&mut self) -> Result<T, TryRecvError> {
        self.cancel_recv();
        self.at.shell().try_latest(self.at.cursor)
    }

    /// The newest value of a record that has one, where whoever has looked or read before knows the way.
    #[cfg(feature = "std")]
    #[inline(always)]
    pub(in crate::buffer) fn peek_at_once(&self) -> Option<T> {
        self.at.hold.peek_at_once()
    }

    /// The same, where the owner of the lane's end can have it.
    #[cfg(feature = "std")]
    pub(in crate::buffer) fn peek_by_call(&self) -> Option<T> {
        self.at.peek_by_call()
    }

    /// Appends the next values, up to `max`, that can be had without the lock and for which there is room,
    /// and says how many; that there were not more says nothing of the buffer.
    #[cfg(feature = "std")]
    pub(in crate::buffer) fn take_many_in_lane(&mut self, values: &mut Vec<T>, max: usize) -> usize {
        let hold = &self.at.hold;
        let shell = hold.shell();
        shell.lock().take_many(shell.slots(), hold.token(), hold.cursor(), values, max)
    }

    /// As [`BufferReader::poll_recv`], with a place in the queue that the caller brings.
    #[cfg(feature = "std")]
    pub(in crate::buffer) fn poll_recv_in(
        &mut self,
        reading: Pin<&mut Reading>,
        context: &mut Context<'_>,
    ) -> Poll<Result<T, RecvError>> {
        self.at.poll_recv(reading, context)
    }

    /// Ends a wait in such a place.
    #[cfg(feature = "std")]
    pub(in crate::buffer) fn cancel_recv_in(&self, reading: Pin<&mut Reading>) {
        self.at.shell().cancel_recv(self.at.cursor, reading);
    }
}

impl<T: Send + 'static> Standing<T> {
    const fn shell(&self) -> &Counted<Shell<T, HeapLayout>> {
        self.hold.shell()
    }

    /// The next value, where it can be had without the lock.
    #[cfg(feature = "std")]
    #[inline]
    fn take_in_lane(&mut self) -> Taken<T> {
        // Who waits comes this way each time, so first as the owner.
        let mut taken = self.hold.take_at_once();
        if matches!(taken, Taken::NotHere) {
            taken = self.hold.take_by_call();
        }
        match taken {
            Taken::NotHere => self.take_asking(),
            taken => taken,
        }
    }

    #[cfg(feature = "std")]
    fn take_asking(&mut self) -> Taken<T> {
        let mut taken = self.take_if_open();
        if matches!(taken, Taken::NotHere) && self.adopt() {
            taken = self.take_if_open();
        }
        if !matches!(taken, Taken::NotHere) {
            self.hold.grasp();
        }
        taken
    }

    #[cfg(feature = "std")]
    #[inline]
    fn take_if_open(&self) -> Taken<T> {
        let shell = &**self.shell();
        let clone = |seen: Seen<'_>| shell.clone_in_lane(seen);
        shell.lock().take(shell.slots(), self.hold.token(), self.hold.cursor(), clone)
    }

    #[cfg(feature = "std")]
    #[inline(always)]
    fn peek_as_owner(&self) -> Option<T> {
        let shell = &**self.shell();
        let clone = |seen: Seen<'_>| shell.clone_in_lane(seen);
        shell.lock().peek_as_owner(shell.slots(), self.hold.token(), self.hold.cursor(), clone)
    }

    #[cfg(feature = "std")]
    fn peek_by_call(&self) -> Option<T> {
        self.hold.peek_plain().or_else(|| self.peek_as_owner()).or_else(|| self.peek_after_all())
    }

    /// For a reader that has only looked so far.
    #[cfg(feature = "std")]
    #[cold]
    fn peek_after_all(&self) -> Option<T> {
        if !(self.shell().lock().peeks() && self.adopt()) {
            return None;
        }
        self.hold.grasp();
        self.peek_as_owner()
    }

    /// Comes to its end of the lane, if it can: the end may be another reader's, or the lane younger than
    /// this reader.
    #[cfg(feature = "std")]
    #[cold]
    fn adopt(&self) -> bool {
        let lock = self.shell().lock();
        if lock.adopt(self.shell().slots(), LaneEnd::Taking(self.hold.cursor()), self.hold.token()) {
            return true;
        }
        if self.hold.cursor().is_some() {
            return false;
        }
        let Some(end) = lock.join(self.cursor) else { return false };
        self.hold.set_cursor(end);
        lock.adopt(self.shell().slots(), LaneEnd::Taking(self.hold.cursor()), self.hold.token())
    }

    fn poll_recv(&mut self, reading: Pin<&mut Reading>, context: &mut Context<'_>) -> Poll<Result<T, RecvError>> {
        #[cfg(feature = "std")]
        if !reading.is_waiting() {
            let mut taken = self.take_in_lane();
            if matches!(taken, Taken::Empty) && self.glance() {
                taken = self.take_in_lane();
            }
            match taken {
                Taken::Value(value) => return Poll::Ready(Ok(value)),
                Taken::Lagged(lag) => return Poll::Ready(Err(RecvError::Lagged(lag))),
                Taken::Empty => return self.shell().poll_wait(self.cursor, reading, context),
                // One lock hold sees what has come since, and begins to wait.
                Taken::NotHere if has_seen_nothing() => return self.shell().poll_wait(self.cursor, reading, context),
                Taken::NotHere => match self.try_recv_in_shell() {
                    Ok(value) => return Poll::Ready(Ok(value)),
                    Err(TryRecvError::Lagged(lag)) => return Poll::Ready(Err(RecvError::Lagged(lag))),
                    Err(TryRecvError::Closed) => return Poll::Ready(Err(RecvError::Closed)),
                    Err(TryRecvError::Misuse(misuse)) => return Poll::Ready(Err(RecvError::Misuse(misuse))),
                    Err(TryRecvError::Empty) if !self.glance() => {
                        return self.shell().poll_wait(self.cursor, reading, context);
                    }
                    Err(TryRecvError::Empty) => {}
                },
            }
        }
        self.shell().poll_recv(self.cursor, reading, context)
    }

    /// Looks for a value for a moment, as a task that is about to wait.
    #[cfg(feature = "std")]
    fn glance(&self) -> bool {
        let lock = self.shell().lock();
        glance_for(lock.widest_gap(), lock.unread_again(self.hold.cursor(), self.seen))
    }

    /// Takes the next value under the lock, and remembers how the record was if there is none.
    fn try_recv_in_shell(&mut self) -> Result<T, TryRecvError> {
        #[cfg(feature = "std")]
        {
            let seen = self.shell().lock().seen();
            if let Some(received) = self.shell().try_recv_unless_elsewhere(self.cursor) {
                if let Err(TryRecvError::Empty) = received {
                    self.seen = seen;
                }
                return received;
            }
            // The lane was opened on the way.
            match self.take_in_lane() {
                Taken::Value(value) => return Ok(value),
                Taken::Empty => return Err(TryRecvError::Empty),
                Taken::Lagged(lag) => return Err(TryRecvError::Lagged(lag)),
                Taken::NotHere => {}
            }
        }
        self.shell().try_recv(self.cursor)
    }

    #[cfg(feature = "std")]
    fn unread(&self) -> Option<u64> {
        self.shell().lock().unread(self.hold.cursor(), self.seen)
    }
}

impl<T: Send + 'static> BufferReader<T> for HeapReader<T> {
    fn try_recv(&mut self) -> Result<T, TryRecvError> {
        self.cancel_recv();
        #[cfg(feature = "std")]
        match self.at.take_in_lane() {
            Taken::Value(value) => return Ok(value),
            Taken::Empty => return Err(TryRecvError::Empty),
            Taken::Lagged(lag) => return Err(TryRecvError::Lagged(lag)),
            Taken::NotHere => {}
        }
        self.at.try_recv_in_shell()
    }

    fn poll_recv(&mut self, context: &mut Context<'_>) -> Poll<Result<T, RecvError>> {
        let reading = self.reading.get_or_insert_with(|| Box::pin(Reading::new()));
        self.at.poll_recv(reading.as_mut(), context)
    }

    #[cfg(feature = "std")]
    fn has_value(&self) -> Option<bool> {
        self.at.unread().map(|unread| unread > 0)
    }

    #[cfg(feature = "std")]
    fn look_for_value(&self, until: Deadline) -> Option<bool> {
        self.at.shell().lock().look_for_value(until, self.at.hold.cursor(), self.at.seen)
    }

    #[cfg(feature = "std")]
    fn watch(&self) -> Option<Box<dyn Watched>> {
        Some(Box::new(HeapWatch::of_cursor(self.at.shell().clone(), self.at.cursor)))
    }

    fn cancel_recv(&mut self) {
        if let Some(reading) = &mut self.reading {
            self.at.shell().cancel_recv(self.at.cursor, reading.as_mut());
        }
    }

    fn skip_to_newest(&mut self) {
        self.at.shell().skip_to_newest(self.at.cursor);
    }

    fn share(&self) -> Result<Box<dyn BufferReader<T>>, SubscribeError> {
        let room = in_box(MaybeUninit::<Self>::uninit()).ok_or(SubscribeError::NoPlace)?;
        self.at.shell().share(self.at.cursor);
        let reader: Box<Self> = Box::write(room, Self::standing(self.at.hold.share(), self.at.cursor));
        Ok(reader)
    }

    fn metrics(&self) -> ReaderMetrics {
        self.at.shell().reader_metrics(self.at.cursor)
    }

    fn id(&self) -> u64 {
        self.at.shell().reader_id(self.at.cursor)
    }
}

impl<T: Send + 'static> Drop for HeapReader<T> {
    fn drop(&mut self) {
        self.cancel_recv();
        self.at.shell().unsubscribe(self.at.cursor);
    }
}
