//! What one writes oneself: parking_lot's mutex and condition variables around a container. No
//! close, no deadline, no counters.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use crate::link::{Class, Ends, Link, Named, Peek, Shared, Timed, apart};
use crate::payload::Payload;

/// A state under a lock, and the threads that wait for it to change.
pub struct Monitor<S> {
    state: Mutex<S>,
    filled: Condvar,
    freed: Condvar,
}

impl<S> Monitor<S> {
    fn new(state: S) -> Arc<Self> {
        Arc::new(Self { state: Mutex::new(state), filled: Condvar::new(), freed: Condvar::new() })
    }
}

/// A bounded queue.
pub struct Queue;

/// What [`Queue`] locks.
pub struct QueueState<T> {
    values: VecDeque<T>,
    capacity: usize,
}

impl Named for Queue {
    const CLASS: Class = Class::Hand;

    fn name() -> String {
        "mutex + condvar".into()
    }
}

impl<T: Payload> Link<T> for Queue {
    type Keep = ();
    type Sender = Arc<Monitor<QueueState<T>>>;
    type Reader = Arc<Monitor<QueueState<T>>>;

    const OVERWRITES: bool = false;

    fn open(capacity: usize, readers: usize) -> Ends<(), Self::Sender, Self::Reader> {
        assert!(readers <= 1, "readers share what is sent");
        let sender = Monitor::new(QueueState { values: VecDeque::with_capacity(capacity), capacity });
        Ends { keep: (), readers: vec![Arc::clone(&sender)], sender }
    }

    #[inline(always)]
    fn try_send(sender: &mut Self::Sender, value: T) -> bool {
        let mut queue = sender.state.lock();
        if queue.values.len() == queue.capacity {
            return false;
        }
        queue.values.push_back(value);
        drop(queue);
        sender.filled.notify_one();
        true
    }

    #[inline(always)]
    fn send(sender: &mut Self::Sender, value: T) {
        let mut queue = sender.state.lock();
        while queue.values.len() == queue.capacity {
            sender.freed.wait(&mut queue);
        }
        queue.values.push_back(value);
        drop(queue);
        sender.filled.notify_one();
    }

    #[inline(always)]
    fn try_recv(reader: &mut Self::Reader) -> Option<T> {
        let value = reader.state.lock().values.pop_front()?;
        reader.freed.notify_one();
        Some(value)
    }

    #[inline(always)]
    fn recv(reader: &mut Self::Reader) -> T {
        let mut queue = reader.state.lock();
        loop {
            if let Some(value) = queue.values.pop_front() {
                drop(queue);
                reader.freed.notify_one();
                return value;
            }
            reader.filled.wait(&mut queue);
        }
    }

    #[inline(always)]
    fn send_many(sender: &mut Self::Sender, batch: &mut VecDeque<T>) {
        while !batch.is_empty() {
            let mut queue = sender.state.lock();
            while queue.values.len() == queue.capacity {
                sender.freed.wait(&mut queue);
            }
            let free = (queue.capacity - queue.values.len()).min(batch.len());
            queue.values.extend(batch.drain(..free));
            drop(queue);
            sender.filled.notify_one();
        }
    }

    #[inline(always)]
    fn recv_many(reader: &mut Self::Reader, into: &mut Vec<T>, most: usize) {
        let mut queue = reader.state.lock();
        while queue.values.is_empty() {
            reader.filled.wait(&mut queue);
        }
        let some = queue.values.len().min(most);
        into.extend(queue.values.drain(..some));
        drop(queue);
        reader.freed.notify_one();
    }
}

impl<T: Payload> Shared<T> for Queue {
    fn another(sender: &Self::Sender) -> Self::Sender {
        Arc::clone(sender)
    }
}

impl<T: Payload> Timed<T> for Queue {
    #[inline(always)]
    fn recv_timeout(reader: &mut Self::Reader, limit: Duration) -> Option<T> {
        let end = Instant::now() + limit;
        let mut queue = reader.state.lock();
        while queue.values.is_empty() {
            if reader.filled.wait_until(&mut queue, end).timed_out() {
                break;
            }
        }
        let value = queue.values.pop_front();
        drop(queue);
        reader.freed.notify_one();
        value
    }
}

/// A ring that overwrites, with any number of readers.
pub struct Ring;

/// What [`Ring`] locks.
pub struct RingState<T> {
    slots: Vec<T>,
    written: usize,
}

/// Where a reader of [`Ring`] stands.
pub struct RingReader<T> {
    ring: Arc<Monitor<RingState<T>>>,
    read: usize,
}

impl<T: Payload> RingState<T> {
    /// The next value for a reader that stands at `read`; a reader that lags resumes at the oldest.
    fn next(&self, read: &mut usize) -> Option<T> {
        if *read == self.written {
            return None;
        }
        *read = (*read).max(self.written.saturating_sub(self.slots.len()));
        let value = self.slots[*read % self.slots.len()].clone();
        *read += 1;
        Some(value)
    }
}

impl Named for Ring {
    const CLASS: Class = Class::Hand;

    fn name() -> String {
        "mutex + condvar".into()
    }
}

impl<T: Payload> Link<T> for Ring {
    type Keep = ();
    type Sender = Arc<Monitor<RingState<T>>>;
    type Reader = RingReader<T>;

    const OVERWRITES: bool = true;

    fn open(capacity: usize, readers: usize) -> Ends<(), Self::Sender, Self::Reader> {
        let sender = Monitor::new(RingState { slots: vec![T::tagged(0); capacity], written: 0 });
        let readers = (0..readers).map(|_| RingReader { ring: Arc::clone(&sender), read: 0 }).collect();
        Ends { keep: (), sender, readers }
    }

    #[inline(always)]
    fn try_send(sender: &mut Self::Sender, value: T) -> bool {
        let mut ring = sender.state.lock();
        let place = ring.written % ring.slots.len();
        ring.slots[place] = value;
        ring.written += 1;
        drop(ring);
        sender.filled.notify_all();
        true
    }

    #[inline(always)]
    fn send(sender: &mut Self::Sender, value: T) {
        <Self as Link<T>>::try_send(sender, value);
    }

    #[inline(always)]
    fn try_recv(reader: &mut Self::Reader) -> Option<T> {
        let RingReader { ring, read } = reader;
        ring.state.lock().next(read)
    }

    #[inline(always)]
    fn recv(reader: &mut Self::Reader) -> T {
        let RingReader { ring, read } = reader;
        let mut state = ring.state.lock();
        loop {
            if let Some(value) = state.next(read) {
                return value;
            }
            ring.filled.wait(&mut state);
        }
    }
}

/// The newest value, for any number of readers.
pub struct Latest;

/// What [`Latest`] locks.
pub struct LatestState<T> {
    value: T,
    version: u64,
}

/// What a reader of [`Latest`] has seen.
pub struct LatestReader<T> {
    latest: Arc<Monitor<LatestState<T>>>,
    seen: u64,
}

impl<T: Payload> LatestState<T> {
    fn unseen(&self, seen: &mut u64) -> Option<T> {
        let changed = *seen != self.version;
        *seen = self.version;
        changed.then(|| self.value.clone())
    }
}

impl Named for Latest {
    const CLASS: Class = Class::Hand;

    fn name() -> String {
        "mutex + condvar".into()
    }
}

impl<T: Payload> Link<T> for Latest {
    type Keep = ();
    type Sender = Arc<Monitor<LatestState<T>>>;
    type Reader = LatestReader<T>;

    const OVERWRITES: bool = true;

    fn open(_capacity: usize, readers: usize) -> Ends<(), Self::Sender, Self::Reader> {
        let sender = Monitor::new(LatestState { value: T::tagged(0), version: 0 });
        let readers = (0..readers).map(|_| LatestReader { latest: Arc::clone(&sender), seen: 0 }).collect();
        Ends { keep: (), sender, readers }
    }

    #[inline(always)]
    fn try_send(sender: &mut Self::Sender, value: T) -> bool {
        let mut latest = sender.state.lock();
        latest.value = value;
        latest.version += 1;
        drop(latest);
        sender.filled.notify_all();
        true
    }

    #[inline(always)]
    fn send(sender: &mut Self::Sender, value: T) {
        <Self as Link<T>>::try_send(sender, value);
    }

    #[inline(always)]
    fn try_recv(reader: &mut Self::Reader) -> Option<T> {
        let LatestReader { latest, seen } = reader;
        latest.state.lock().unseen(seen)
    }

    #[inline(always)]
    fn recv(reader: &mut Self::Reader) -> T {
        let LatestReader { latest, seen } = reader;
        let mut state = latest.state.lock();
        loop {
            if let Some(value) = state.unseen(seen) {
                return value;
            }
            latest.filled.wait(&mut state);
        }
    }
}

impl<T: Payload> Peek<T> for Latest {
    #[inline(always)]
    fn peek(reader: &mut Self::Reader) -> T {
        reader.latest.state.lock().value.clone()
    }
}

/// A place for one value, taken by the first reader that comes.
pub struct Mailbox;

impl Named for Mailbox {
    const CLASS: Class = Class::Hand;

    fn name() -> String {
        "mutex + condvar".into()
    }
}

impl<T: Payload> Link<T> for Mailbox {
    type Keep = ();
    type Sender = Arc<Monitor<Option<T>>>;
    type Reader = Arc<Monitor<Option<T>>>;

    const OVERWRITES: bool = true;

    fn open(_capacity: usize, readers: usize) -> Ends<(), Self::Sender, Self::Reader> {
        let sender = Monitor::new(None);
        Ends { keep: (), readers: vec![Arc::clone(&sender); readers], sender }
    }

    #[inline(always)]
    fn try_send(sender: &mut Self::Sender, value: T) -> bool {
        *sender.state.lock() = Some(value);
        sender.filled.notify_one();
        true
    }

    #[inline(always)]
    fn send(sender: &mut Self::Sender, value: T) {
        <Self as Link<T>>::try_send(sender, value);
    }

    #[inline(always)]
    fn try_recv(reader: &mut Self::Reader) -> Option<T> {
        reader.state.lock().take()
    }

    #[inline(always)]
    fn recv(reader: &mut Self::Reader) -> T {
        let mut state = reader.state.lock();
        loop {
            if let Some(value) = state.take() {
                return value;
            }
            reader.filled.wait(&mut state);
        }
    }
}

apart!(Queue, Ring, Latest, Mailbox);
