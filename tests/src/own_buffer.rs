//! A buffer as a user would write one: a queue, a lock, and the wakers of those who wait.
//!
//! It pauses its producers, or fails, and its readers compete for each value. Whoever waits is
//! woken by every change and looks again: simple, and in no order. It proves that the two traits of
//! storey 2 can be implemented from outside.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use aimdb_core::buffer::{
    Buffer, BufferCfg, BufferCfgError, BufferMetrics, BufferReader, PushFuture, ReaderMetrics, RecvError, Refusal,
    SubscribeError, TryProduceError, TryRecvError,
};
use aimdb_core::pure::{Counters, Policy, Start};
use parking_lot::Mutex;

use crate::payload::Item;
use crate::subject::{Need, Spec};

/// A queue of bounded length.
pub struct OwnBuffer<T> {
    inner: Arc<Inner<T>>,
}

struct Inner<T> {
    state: Mutex<State<T>>,
    capacity: usize,
    pauses: bool,
}

struct State<T> {
    queue: VecDeque<T>,
    producers: Vec<(u64, Waker)>,
    consumers: Vec<(u64, Waker)>,
    readers: usize,
    tickets: u64,
    closed: bool,
    counters: Counters,
}

/// What [`OwnBuffer`] does not have.
pub const LACKS: &[Need] = &[
    Need::FanOut,
    Need::Force,
    Need::Flush,
    Need::DropHook,
    Need::Counters,
    Need::CursorCounters,
    Need::Fair,
    Need::AnyCapacity,
    Need::DropsUnreachable,
];

/// The records that [`OwnBuffer`] can be.
#[must_use]
pub const fn supports(cfg: &BufferCfg) -> bool {
    matches!(cfg, BufferCfg::Bounded { policy: Policy::PauseUpstream | Policy::Fail, capacity: 1.. })
}

/// Makes one for the conformance suite.
///
/// # Errors
///
/// What is wrong with the description.
pub fn make(spec: Spec) -> Result<Arc<dyn Buffer<Item>>, BufferCfgError> {
    spec.cfg.validate(spec.degrade.is_some())?;
    Ok(Arc::new(OwnBuffer::new(spec.cfg.capacity(), spec.cfg.kind().when_full() == Policy::PauseUpstream)))
}

impl<T> OwnBuffer<T> {
    /// A queue of this capacity, at least 1; `pauses` says whether a full one lets its producer
    /// wait.
    #[must_use]
    pub fn new(capacity: usize, pauses: bool) -> Self {
        let state = State {
            queue: VecDeque::new(),
            producers: Vec::new(),
            consumers: Vec::new(),
            readers: 0,
            tickets: 0,
            closed: false,
            counters: Counters::default(),
        };
        Self { inner: Arc::new(Inner { state: Mutex::new(state), capacity, pauses }) }
    }
}

/// Wakes, outside the lock.
fn wake(wakers: Vec<(u64, Waker)>) {
    for (_, waker) in wakers {
        waker.wake();
    }
}

impl<T> Inner<T> {
    /// Takes the value if there is room. Counts acceptance, not refusal.
    fn offer(&self, value: &mut Option<T>) -> Result<(), Refusal> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(Refusal::Closed);
        }
        if state.queue.len() >= self.capacity {
            return Err(Refusal::Full);
        }
        if let Some(value) = value.take() {
            state.queue.push_back(value);
            state.counters.accepted += 1;
        }
        let wakers = std::mem::take(&mut state.consumers);
        drop(state);
        wake(wakers);
        Ok(())
    }

    fn poll_offer(&self, ticket: &mut Ticket<T>, value: &mut Option<T>, waker: &Waker) -> Poll<Result<(), Refusal>> {
        loop {
            match self.offer(value) {
                Err(Refusal::Full) if self.pauses => {}
                outcome => {
                    ticket.leave();
                    self.state.lock().counters.refused += u64::from(outcome.is_err());
                    return Poll::Ready(outcome);
                }
            }
            let waker = waker.clone();
            let mut state = self.state.lock();
            if !state.closed && state.queue.len() >= self.capacity {
                let id = ticket.id(&mut state);
                state.producers.retain(|(other, _)| *other != id);
                state.producers.push((id, waker));
                return Poll::Pending;
            }
        }
    }
}

/// A producer's place among those who wait; gone with its future.
struct Ticket<T> {
    inner: Arc<Inner<T>>,
    id: Option<u64>,
}

impl<T> Ticket<T> {
    fn id(&mut self, state: &mut State<T>) -> u64 {
        *self.id.get_or_insert_with(|| {
            state.tickets += 1;
            state.tickets
        })
    }

    fn leave(&mut self) -> bool {
        let Some(id) = self.id.take() else { return false };
        self.inner.state.lock().producers.retain(|(other, _)| *other != id);
        true
    }
}

impl<T> Drop for Ticket<T> {
    fn drop(&mut self) {
        if self.leave() {
            self.inner.state.lock().counters.timed_out += 1;
        }
    }
}

impl<T: Send + 'static> Buffer<T> for OwnBuffer<T> {
    fn push(&self, value: T) {
        drop(self.try_push(value));
    }

    fn try_push(&self, value: T) -> Result<(), TryProduceError<T>> {
        let mut value = Some(value);
        let outcome = self.inner.offer(&mut value);
        match (outcome, value) {
            (Err(Refusal::Full), Some(value)) => {
                self.inner.state.lock().counters.refused += 1;
                Err(TryProduceError::Full(value))
            }
            (Err(_), Some(value)) => {
                self.inner.state.lock().counters.refused += 1;
                Err(TryProduceError::Closed(value))
            }
            (Ok(()), _) | (Err(_), None) => Ok(()),
        }
    }

    fn push_async(&self, value: T) -> PushFuture<'_, T> {
        let inner = Arc::clone(&self.inner);
        let mut ticket = Ticket { inner: Arc::clone(&inner), id: None };
        PushFuture::from_fn(value, move |value, context| inner.poll_offer(&mut ticket, value, context.waker()))
    }

    fn subscribe(&self, _start: Start) -> Result<Box<dyn BufferReader<T>>, SubscribeError> {
        Ok(Box::new(OwnReader::new(&self.inner)))
    }

    fn close(&self) {
        let mut state = self.inner.state.lock();
        state.closed = true;
        let (producers, consumers) = (std::mem::take(&mut state.producers), std::mem::take(&mut state.consumers));
        drop(state);
        wake(producers);
        wake(consumers);
    }

    fn abort(&self) -> usize {
        self.close();
        let discarded = std::mem::take(&mut self.inner.state.lock().queue);
        discarded.len()
    }

    fn is_closed(&self) -> bool {
        self.inner.state.lock().closed
    }

    fn metrics(&self) -> BufferMetrics {
        let state = self.inner.state.lock();
        let mut metrics = BufferMetrics::default();
        metrics.capacity = self.inner.capacity;
        metrics.occupancy = state.queue.len();
        metrics.counters = state.counters;
        metrics.cursors = usize::from(state.readers > 0);
        metrics.waiting_producers = state.producers.len();
        metrics.waiting_consumers = state.consumers.len();
        metrics.closed = state.closed;
        metrics
    }
}

struct OwnReader<T> {
    inner: Arc<Inner<T>>,
    id: Option<u64>,
}

impl<T> OwnReader<T> {
    fn new(inner: &Arc<Inner<T>>) -> Self {
        inner.state.lock().readers += 1;
        Self { inner: Arc::clone(inner), id: None }
    }

    fn leave(&mut self) {
        if let Some(id) = self.id.take() {
            self.inner.state.lock().consumers.retain(|(other, _)| *other != id);
        }
    }
}

impl<T: Send + 'static> BufferReader<T> for OwnReader<T> {
    fn try_recv(&mut self) -> Result<T, TryRecvError> {
        let mut state = self.inner.state.lock();
        let Some(value) = state.queue.pop_front() else {
            return Err(if state.closed { TryRecvError::Closed } else { TryRecvError::Empty });
        };
        state.counters.delivered += 1;
        let wakers = std::mem::take(&mut state.producers);
        drop(state);
        wake(wakers);
        Ok(value)
    }

    fn poll_recv(&mut self, context: &mut Context<'_>) -> Poll<Result<T, RecvError>> {
        loop {
            match self.try_recv() {
                Ok(value) => {
                    self.leave();
                    return Poll::Ready(Ok(value));
                }
                Err(TryRecvError::Closed) => return Poll::Ready(Err(RecvError::Closed)),
                Err(_) => {}
            }
            let waker = context.waker().clone();
            let mut state = self.inner.state.lock();
            if state.queue.is_empty() && !state.closed {
                let id = *self.id.get_or_insert_with(|| {
                    state.tickets += 1;
                    state.tickets
                });
                state.consumers.retain(|(other, _)| *other != id);
                state.consumers.push((id, waker));
                return Poll::Pending;
            }
        }
    }

    fn cancel_recv(&mut self) {
        self.leave();
    }

    fn skip_to_newest(&mut self) {
        let mut state = self.inner.state.lock();
        let beyond = state.queue.len().saturating_sub(1);
        let skipped: Vec<T> = state.queue.drain(..beyond).collect();
        let wakers = std::mem::take(&mut state.producers);
        drop(state);
        wake(wakers);
        drop(skipped);
    }

    fn share(&self) -> Result<Box<dyn BufferReader<T>>, SubscribeError> {
        Ok(Box::new(Self::new(&self.inner)))
    }

    fn metrics(&self) -> ReaderMetrics {
        ReaderMetrics::default()
    }
}

impl<T> Drop for OwnReader<T> {
    fn drop(&mut self) {
        self.leave();
        self.inner.state.lock().readers -= 1;
    }
}
