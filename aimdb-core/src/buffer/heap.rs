//! The shell on the heap: the buffer of threads and tasks.
#![allow(unsafe_code)]

mod builder;
mod code;
#[cfg(feature = "std")]
mod hold;
mod house;
#[cfg(feature = "std")]
mod look;
mod reader;
#[cfg(feature = "std")]
mod sends;
#[cfg(feature = "std")]
mod watch;

use alloc::boxed::Box;
#[cfg(feature = "std")]
use alloc::collections::VecDeque;
use core::pin::Pin;
use core::task::{Context, Poll};

pub use self::builder::HeapBufferBuilder;
use self::code::HeapCode;
pub(crate) use self::house::{Housed, Unhoused};
pub(super) use self::reader::HeapReader;
#[cfg(feature = "std")]
pub use self::sends::{CommonSender, HeapSender};
use super::flush_future::Flushes;
use super::shell::{Flush, Offer};
use super::slots::HeapSlots;
use super::{
    Buffer, BufferCfg, BufferCfgError, BufferMetrics, BufferReader, FlushError, FlushFuture, Layout, NotReserved,
    PushFuture, Reader, SendError, Shell, SubscribeError, TryProduceError,
};
use crate::buffer::table::HeapStorage;
use crate::pure::{DropCause, Start};
use crate::waiting::Counted;
#[cfg(not(feature = "std"))]
use crate::waiting::HeapLock;

#[cfg(feature = "std")]
use super::lane::{InLane, LaneLock, Taken};
#[cfg(not(feature = "std"))]
use crate::waiting::Clock;
#[cfg(feature = "std")]
use crate::waiting::{Deadline, Outlook, SystemClock as HeapClock, Token, Watched, glance_for};

/// Without an operating system a buffer on the heap measures no time: waits count, their length is
/// 0, and readers that share a cursor are served in order but not protected from running ones.
#[cfg(not(feature = "std"))]
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct HeapClock;

#[cfg(not(feature = "std"))]
impl Clock for HeapClock {
    fn now(&self) -> u64 {
        0
    }
}

/// The parts of a shell on the heap.
pub(crate) struct HeapLayout;

/// A shell on the heap.
pub(crate) type HeapShell<T> = Shell<T, HeapLayout>;

/// Values up to this many bytes are moved under the lock, and in a lane. Two cache lines: a copy
/// that costs less than taking the lock once more.
const INSIDE_BYTES: usize = 128;

// SAFETY: the lock is a mutex or a critical section; slots are numbered through the base and then
// the chunks, and neither moves; the tables are vectors.
unsafe impl<T: Send + 'static> Layout<T> for HeapLayout {
    type Storage = HeapStorage;
    #[cfg(feature = "std")]
    type Lock = LaneLock;
    #[cfg(not(feature = "std"))]
    type Lock = HeapLock<super::State<HeapStorage>>;
    type Slots = HeapSlots<T>;
    type Code = HeapCode<T>;
    type Clock = HeapClock;

    const INSIDE_BYTES: usize = INSIDE_BYTES;

    #[cfg(feature = "std")]
    fn let_go(lock: &LaneLock, doomed: crate::pure::Doomed) -> Option<crate::pure::Doomed> {
        lock.let_go(doomed)
    }
}

/// A buffer on the heap, of any of the four kinds. Cheap to clone; clones are the same buffer.
///
/// ```
/// use aimdb_core::buffer::{BufferCfg, HeapBuffer};
///
/// let buffer = HeapBuffer::new(&BufferCfg::SpmcRing { capacity: 3 })?;
/// let mut reader = buffer.reader()?;
/// for value in 0..10 {
///     buffer.push(value);
/// }
/// assert_eq!(reader.try_recv(), Err(aimdb_core::buffer::TryRecvError::Lagged(7)));
/// assert_eq!(reader.try_recv(), Ok(7));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[repr(transparent)]
pub struct HeapBuffer<T: Send + 'static> {
    shell: Counted<HeapShell<T>>,
}

impl<T: Send + 'static> HeapBuffer<T> {
    /// A buffer whose values may be cloned for several readers. Allocates all that it needs for
    /// its capacity.
    ///
    /// # Errors
    ///
    /// What is wrong with the description.
    pub fn new(cfg: &BufferCfg) -> Result<Self, BufferCfgError>
    where
        T: Clone + Sync,
    {
        Self::builder(cfg).build()
    }

    /// A buffer for values that cannot be cloned or shared: a `Mailbox`, or a `Bounded` with one
    /// cursor, which several readers may share.
    ///
    /// # Errors
    ///
    /// What is wrong with the description; a `SpmcRing` and a `SingleLatest` need to clone.
    pub fn single_cursor(cfg: &BufferCfg) -> Result<Self, BufferCfgError> {
        Self::builder(cfg).build_single_cursor()
    }

    /// Describes a buffer.
    #[must_use]
    pub fn builder(cfg: &BufferCfg) -> HeapBufferBuilder<T> {
        HeapBufferBuilder::new(cfg)
    }

    /// A reader with a new cursor.
    ///
    /// # Errors
    ///
    /// When values cannot be cloned and there is a cursor already.
    pub fn reader(&self) -> Result<Reader<T>, SubscribeError> {
        self.reader_from(Start::Live)
    }

    /// A reader with a new cursor that begins at `start`.
    ///
    /// # Errors
    ///
    /// When values cannot be cloned and there is a cursor already.
    pub fn reader_from(&self, start: Start) -> Result<Reader<T>, SubscribeError> {
        Ok(Reader::new(Buffer::subscribe(self, start)?))
    }

    /// Stores a value; see [`Buffer::push`].
    pub fn push(&self, value: T) {
        self.shell.push_by_lane(value);
    }

    /// Stores a value without waiting, or gives it back; see [`Buffer::try_push`].
    ///
    /// # Errors
    ///
    /// The value, when the buffer is full and does not overwrite, or is closed.
    #[inline]
    pub fn try_push(&self, value: T) -> Result<(), TryProduceError<T>> {
        #[cfg(feature = "std")]
        return match self.shell.send_as_thread(value, true) {
            InLane::Done => Ok(()),
            InLane::Full(value) => Err(TryProduceError::Full(value)),
            InLane::NotHere(value) => Token::of_thread(|token| self.shell.try_push_past_lane(token, value)),
        };
        #[cfg(not(feature = "std"))]
        self.shell.try_push(value)
    }

    /// Stores a value if that can be done without the lock; see [`Buffer::push_at_once`].
    ///
    /// # Errors
    ///
    /// The value, which says nothing of the buffer.
    #[cfg(feature = "std")]
    #[inline]
    pub fn push_at_once(&self, value: T) -> Result<(), T> {
        match self.shell.send_as_thread(value, false) {
            InLane::Done => Ok(()),
            InLane::Full(value) | InLane::NotHere(value) => Err(value),
        }
    }

    /// The same for a value that came back: also where that takes the lock.
    #[cfg(feature = "std")]
    pub(crate) fn push_if_room(&self, value: T) -> Result<(), T> {
        Token::of_thread(|token| self.shell.push_if_room(token, value))
    }

    /// Stores values from the front, as many as can be stored at once and without the lock, and says how
    /// many; that there were not more says nothing of the buffer.
    #[cfg(feature = "std")]
    pub fn push_many_at_once(&self, values: &mut VecDeque<T>) -> usize {
        Token::of_thread(|token| self.shell.send_many_in_lane(token, values))
    }

    /// Stores a value, waiting for space if the policy is to wait; see [`Buffer::push_async`].
    #[inline]
    pub fn push_async(&self, value: T) -> PushFuture<'_, T> {
        self.shell.push_async_by_lane(value)
    }

    /// Refuses all values to come; see [`Buffer::close`].
    pub fn close(&self) {
        self.shell.close();
    }

    /// A clone of the current value, on a kind that has one.
    #[must_use]
    pub fn peek(&self) -> Option<T> {
        #[cfg(feature = "std")]
        match Token::of_thread(|token| self.shell.peek_in_lane(token)) {
            Taken::Value(value) => return Some(value),
            Taken::Empty => return None,
            Taken::Lagged(_) | Taken::NotHere => {}
        }
        self.shell.peek()
    }

    /// State and counts; see [`Buffer::metrics`].
    #[must_use]
    pub fn metrics(&self) -> BufferMetrics {
        self.shell.metrics()
    }
}

impl<T: Send + 'static> Clone for HeapBuffer<T> {
    fn clone(&self) -> Self {
        Self { shell: self.shell.clone() }
    }
}

impl<T: Send + 'static> core::fmt::Debug for HeapBuffer<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("HeapBuffer").field("cfg", &self.shell.cfg()).finish_non_exhaustive()
    }
}

/// What the future of a value does.
impl<T: Send + 'static> HeapShell<T> {
    /// Stores a value that was not yet offered, where that takes a few instructions; that it comes back says nothing
    /// of the buffer.
    #[inline]
    pub(super) fn offer_at_once(&self, value: T) -> Result<(), T> {
        #[cfg(feature = "std")]
        return match self.send_as_thread(value, false) {
            InLane::Done => Ok(()),
            InLane::Full(value) | InLane::NotHere(value) => Err(value),
        };
        #[cfg(not(feature = "std"))]
        Err(value)
    }

    /// As [`Shell::poll_offer`], by the lane where that can be done.
    pub(super) fn poll_offer_by_lane(
        &self,
        offer: Pin<&mut Offer<T>>,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), SendError<T>>> {
        #[cfg(feature = "std")]
        let mut offer = offer;
        #[cfg(feature = "std")]
        if let Some(value) = offer.as_mut().take_fresh() {
            // It could not be stored at once a moment ago.
            let free = self.lock().free_again();
            let room = free() == Some(0) && glance_for(self.lock().widest_gap(), free);
            match if room { self.send_as_guest(value) } else { Err(value) } {
                Ok(()) => return Poll::Ready(Ok(())),
                Err(value) => offer.as_mut().put_back(value),
            }
            if let Some(outcome) = self.poll_past_lane(offer.as_mut(), context) {
                return outcome;
            }
        }
        self.poll_offer(offer, context)
    }
}

impl<T: Send + 'static> Flushes for Shell<T, HeapLayout> {
    fn poll_flush(&self, flush: Pin<&mut Flush>, context: &mut Context<'_>) -> Poll<Result<(), FlushError>> {
        Shell::poll_flush(self, flush, context)
    }

    fn cancel_flush(&self, flush: Pin<&mut Flush>) {
        Shell::cancel_flush(self, flush);
    }
}

impl<T: Send + 'static> Buffer<T> for HeapBuffer<T> {
    fn push(&self, value: T) {
        HeapBuffer::push(self, value);
    }

    fn try_push(&self, value: T) -> Result<(), TryProduceError<T>> {
        HeapBuffer::try_push(self, value)
    }

    fn push_async(&self, value: T) -> PushFuture<'_, T> {
        HeapBuffer::push_async(self, value)
    }

    fn force_push(&self, value: T) -> Result<Option<T>, TryProduceError<T>> {
        self.shell.force_push(value)
    }

    fn displace(&self, value: T) -> Result<(), TryProduceError<T>> {
        self.shell.displace(value)
    }

    fn reserve(&self) -> Result<bool, NotReserved> {
        self.shell.reserve()
    }

    fn push_reserved(&self, value: T) -> Result<(), TryProduceError<T>> {
        self.shell.push_reserved(value)
    }

    fn unreserve(&self) {
        self.shell.unreserve();
    }

    fn lose(&self, value: T) {
        self.shell.dispose_value(value, Some(DropCause::Refused));
    }

    fn subscribe(&self, start: Start) -> Result<Box<dyn BufferReader<T>>, SubscribeError> {
        HeapReader::join(&self.shell, start)
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

    fn peek(&self) -> Option<T> {
        HeapBuffer::peek(self)
    }

    fn flush(&self) -> FlushFuture<'_> {
        FlushFuture::new(&*self.shell)
    }

    fn drain(&self) -> FlushFuture<'_> {
        FlushFuture::draining(&*self.shell)
    }

    #[cfg(feature = "std")]
    fn push_at_once(&self, value: T) -> Result<(), T> {
        HeapBuffer::push_at_once(self, value)
    }

    #[cfg(feature = "std")]
    fn has_room(&self) -> Option<bool> {
        self.shell.lock().has_room()
    }

    #[cfg(feature = "std")]
    fn look_for_room(&self, until: Deadline) -> Option<Outlook> {
        self.shell.lock().look_for_room(until)
    }

    #[cfg(feature = "std")]
    fn watch_room(&self) -> Option<Box<dyn Watched>> {
        Some(Box::new(watch::HeapWatch::of_room(self.shell.clone())))
    }

    fn cfg(&self) -> Option<BufferCfg> {
        Some(self.shell.cfg())
    }

    fn metrics(&self) -> BufferMetrics {
        self.shell.metrics()
    }

    fn identity(&self) -> usize {
        self.shell.identity()
    }
}

#[cfg(all(test, feature = "std", not(any(loom, shuttle))))]
mod tests {
    use super::*;
    use crate::buffer::TryRecvError;
    use crate::pure::Policy;
    use alloc::sync::Arc;

    fn plain(cfg: BufferCfg) -> HeapBuffer<u64> {
        HeapBuffer::builder(&cfg).build_plain().expect("a sound description")
    }

    #[test]
    fn s7_a_reader_that_has_not_looked_sees_the_end_of_any_number() {
        let cfg = BufferCfg::Bounded { capacity: 1, policy: Policy::Fail };
        for number in [u64::MAX, u64::MAX - 1, 0] {
            let builder = HeapBuffer::<u64>::builder(&cfg).first_number(number).eager();
            let buffer = builder.build_plain().expect("a sound description");
            let mut reader = Buffer::subscribe(&buffer, Start::Live).expect("a cursor");
            buffer.close();
            assert_eq!((reader.has_value(), reader.try_recv()), (Some(true), Err(TryRecvError::Closed)), "{number}");
        }
    }

    #[test]
    fn k1_plain_data_is_read_as_any_other() {
        let ring = plain(BufferCfg::SpmcRing { capacity: 3 });
        let mut early = ring.reader().expect("a cursor");
        for value in 0..10 {
            ring.push(value);
        }
        let mut late = ring.reader_from(Start::Oldest).expect("a cursor");
        assert_eq!(early.try_recv(), Err(TryRecvError::Lagged(7)));
        assert_eq!((early.try_recv(), late.try_recv()), (Ok(7), Ok(7)));

        let latest = plain(BufferCfg::SingleLatest);
        latest.push(1);
        let mut reader = latest.reader().expect("a cursor");
        assert_eq!((latest.peek(), reader.try_recv(), latest.peek()), (Some(1), Ok(1), Some(1)));
        assert_eq!(reader.try_recv(), Err(TryRecvError::Empty));

        let queue = plain(BufferCfg::Bounded { capacity: 2, policy: Policy::PauseUpstream });
        let mut readers = [queue.reader().expect("a cursor"), queue.reader().expect("a cursor")];
        queue.push(1);
        queue.push(2);
        assert_eq!(queue.try_push(3), Err(TryProduceError::Full(3)));
        assert_eq!(readers.each_mut().map(|reader| reader.try_recv()), [Ok(1), Ok(1)]);
        assert_eq!(queue.try_push(3), Ok(()));
        assert_eq!(queue.metrics().counters.delivered, 2);
    }

    #[test]
    fn p1_m5_a_ring_of_any_small_value_has_a_lane() {
        use std::sync::atomic::{AtomicU64, Ordering};
        #[derive(Clone, Debug, PartialEq)]
        struct Cloned(u64);
        let ring = BufferCfg::SpmcRing { capacity: 1 };
        let (numbers, others) = (HeapBuffer::new(&ring).expect("a ring"), HeapBuffer::new(&ring).expect("a ring"));
        assert_eq!(numbers.push_at_once(1_u64), Ok(()));
        assert_eq!(others.push_at_once(Cloned(1)), Ok(()));
        let told = Arc::new(AtomicU64::new(0));
        let hook = Arc::clone(&told);
        let hooked = HeapBuffer::builder(&ring)
            .on_drop(Arc::new(move |value, _| {
                hook.fetch_add(value, Ordering::Relaxed);
            }))
            .build()
            .expect("a ring");
        assert_eq!((hooked.push_at_once(5_u64), hooked.push_at_once(7)), (Ok(()), Ok(())));
        assert_eq!(told.load(Ordering::Relaxed), 5, "what is overwritten in the lane goes to the hook");
    }

    #[test]
    fn p1_readers_that_come_and_go_leave_the_lane_open() {
        #[derive(Clone, Debug, PartialEq)]
        struct Cloned(u64);
        let ring = HeapBuffer::new(&BufferCfg::SpmcRing { capacity: 4 }).expect("a ring");
        let sender = ring.sender();
        let stores = |value: u64| {
            // Of a window that is not full, and before the writer has looked round, none is stored at once; and none
            // under the lock.
            (0..5).for_each(|_| assert_eq!(sender.try_push(Cloned(value)), Ok(())));
            sender.push_at_once(Cloned(value))
        };
        assert_eq!(stores(0), Ok(()));
        for value in 1..10 {
            let mut reader = ring.reader().expect("a cursor");
            let id = reader.id();
            assert_eq!(stores(value), Ok(()));
            assert_eq!((reader.try_recv(), reader.try_recv()), (Err(TryRecvError::Lagged(2)), Ok(Cloned(value))));
            assert_eq!(reader.id(), id);
            drop(reader);
            assert_eq!(stores(value), Ok(()));
            drop(ring.reader().expect("a cursor"));
            assert_eq!(stores(value), Ok(()));
        }
        let reader = ring.reader().expect("a cursor");
        assert_eq!(reader.id(), reader.metrics().id);
    }

    /// A look without the record's lock.
    fn look<T: Send + 'static>(reader: &Reader<T>) -> Option<T> {
        reader.peek_at_once().or_else(|| reader.peek_by_call())
    }

    /// Of a record that holds its latest value.
    fn looks_again_at_once<T: Clone + PartialEq + core::fmt::Debug + Send>(latest: &HeapBuffer<T>, [one, two]: [T; 2]) {
        latest.push(one.clone());
        let mut reader = latest.reader().expect("a cursor");
        // The first ones may find no lane, or no end of theirs.
        let peek = || look(&reader).or_else(|| latest.peek());
        assert_eq!([peek(), peek(), peek()], [(); 3].map(|()| Some(one.clone())));
        assert_eq!((look(&reader), reader.try_recv()), (Some(one.clone()), Ok(one)));
        latest.push(two.clone());
        assert_eq!([look(&reader), look(&reader)], [(); 2].map(|()| Some(two.clone())));
        latest.close();
        assert_eq!((look(&reader), latest.peek()), (None, Some(two.clone())));
        assert_eq!(reader.try_recv(), Ok(two));
    }

    #[test]
    fn s7_p1_a_reader_that_has_looked_looks_again_at_once() {
        #[derive(Clone, Debug, PartialEq)]
        struct Cloned(u64);
        let cfg = BufferCfg::SingleLatest;
        looks_again_at_once(&HeapBuffer::new(&cfg).expect("a latest value"), [1, 2].map(Cloned));
        looks_again_at_once(&plain(cfg), [1, 2]);
        let large = HeapBuffer::builder(&cfg).build_plain().expect("a latest value");
        looks_again_at_once(&large, [1, 2].map(|value| [value; 12]));
    }

    #[test]
    fn s7_a_reader_of_a_ring_of_one_place_has_nothing_to_look_at() {
        let ring = plain(BufferCfg::SpmcRing { capacity: 1 });
        let mut reader = ring.reader().expect("a cursor");
        for value in 0..4 {
            ring.push(value);
            assert_eq!((look(&reader), reader.try_recv(), look(&reader)), (None, Ok(value), None));
        }
    }

    #[test]
    fn k3_s6_a_look_at_a_ring_brings_no_value_before_a_lag_that_a_batch_found() {
        #[derive(Clone, Debug, PartialEq)]
        struct Cloned(u64);
        let cfg = BufferCfg::SpmcRing { capacity: 4 };
        let ring = HeapBuffer::builder(&cfg).eager().build().expect("a ring");
        let mut first = ring.reader().expect("a cursor");
        let mut second = first.share().expect("the same cursor");
        let mut batch = alloc::vec::Vec::new();
        // Ends of a lane are given and kept as its ends are used, so this goes on for some time.
        for turn in 0..20 {
            (0..10).for_each(|value| ring.push(Cloned(10 * turn + value)));
            assert_eq!(first.take_more(&mut batch, 4), 0, "it finds a lag, and the next call tells it");
            assert_eq!(second.try_recv(), Ok(Cloned(10 * turn + 6)));
            assert_eq!(look(&first), None, "a ring has no newest to look at");
            let at_once = Reader::try_recv_or(&mut first, |first| Some(first), |_| Err(TryRecvError::Closed));
            assert_eq!(at_once, Err(TryRecvError::Closed), "nor does it have a value at once");
            assert_eq!(first.try_recv(), Err(TryRecvError::Lagged(6)));
            assert_eq!([(); 3].map(|()| first.try_recv()), [7, 8, 9].map(|value| Ok(Cloned(10 * turn + value))));
        }
    }

    #[test]
    fn k1_plain_data_too_large_for_the_lock_is_read_as_any_other() {
        let ring =
            HeapBuffer::builder(&BufferCfg::SpmcRing { capacity: 1 }).build_plain().expect("a sound description");
        let mut reader = ring.reader().expect("a cursor");
        ring.push([7_u64; 64]);
        assert_eq!(reader.try_recv(), Ok([7; 64]));
    }
}
