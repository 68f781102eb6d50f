//! What the tests of this storey share: a watchdog, and a runtime that gives each service a thread.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::task::Wake;
use alloc::vec::Vec;
use core::fmt;
use core::future::Future;
use core::pin::{Pin, pin};
use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::{Context, Poll};
use core::time::Duration;
use std::thread::{self, JoinHandle};

use super::{AimDb, AimDbBuilder, BoxFuture, LogLevel, Registrar, Runtime, Service, ServiceRun};
use crate::buffer::{
    Buffer, BufferReader, DropHook, PushFuture, RecvError, Refusal, SubscribeError, TryProduceError, TryRecvError,
};
use crate::pure::{DropCause, Start};
use crate::waiting::{Deadline, HeapLock, Lock, Place, SystemClock, block_on};

/// After this, a test hangs.
pub(super) fn watchdog() -> Deadline {
    SystemClock.after(Duration::from_secs(30))
}

/// A waker that counts how often it is woken.
#[derive(Default)]
pub(super) struct Count(AtomicUsize);

impl Count {
    pub(super) fn woken(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Drives a future on this thread.
pub(super) fn wait<F: Future>(future: F) -> F::Output {
    block_on(pin!(future), watchdog()).expect("it hangs")
}

/// Polls once, with a waker that does nothing.
pub(super) fn poll_once<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(core::task::Waker::noop()))
}

/// A database that must be sound.
pub(super) fn database(describe: impl FnOnce(&mut AimDbBuilder)) -> AimDb {
    let mut builder = AimDbBuilder::new();
    describe(&mut builder);
    builder.build().expect("the configuration is sound")
}

/// A database of one record.
pub(super) fn single<T: Send + 'static>(describe: impl FnOnce(&mut Registrar<T>)) -> AimDb {
    database(|builder| {
        builder.configure("a", describe);
    })
}

/// A list that threads add to.
pub(super) struct Seen<V>(Arc<HeapLock<Vec<V>>>);

impl<V> Seen<V> {
    pub(super) fn new() -> Self {
        Self(Arc::new(HeapLock::new(Vec::new())))
    }

    pub(super) fn add(&self, value: V) {
        self.0.with(|seen| seen.push(value));
    }

    pub(super) fn take(&self) -> Vec<V> {
        self.0.with(core::mem::take)
    }
}

impl<V> Clone for Seen<V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// A drop hook that notes what it is given.
pub(super) fn noting<V: Send + 'static>(seen: &Seen<(V, DropCause)>) -> DropHook<V> {
    let seen = seen.clone();
    Arc::new(move |value, cause| seen.add((value, cause)))
}

/// A runtime whose clock stands still and whose sleeps are over at once.
#[derive(Clone)]
pub(super) struct TestRuntime {
    pub(super) lines: Seen<String>,
}

impl TestRuntime {
    pub(super) fn new() -> Self {
        Self { lines: Seen::new() }
    }

    /// Runs every service of the database.
    pub(super) fn run(&self, db: &AimDb) -> Running {
        let services = db.take_services();
        Running(services.into_iter().map(|service| self.spawn(db, service)).collect())
    }

    pub(super) fn spawn(&self, db: &AimDb, service: Service) -> (String, JoinHandle<()>) {
        let context = db.context(Arc::new(self.clone()));
        let name = service.name;
        let thread = thread::spawn(move || match service.run {
            ServiceRun::Async(run) => {
                let _place = Place::enter(service.identity, false);
                wait(run(context));
            }
            ServiceRun::Blocking(run) => {
                let _place = Place::enter(service.identity, true);
                run(context);
            }
        });
        (name, thread)
    }
}

impl Runtime for TestRuntime {
    fn now(&self) -> Duration {
        Duration::from_secs(1)
    }

    /// Short sleeps are over at once, and long ones never: the clock stands still.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        if duration < Duration::from_secs(1) {
            alloc::boxed::Box::pin(core::future::ready(()))
        } else {
            alloc::boxed::Box::pin(core::future::pending())
        }
    }

    fn log(&self, level: LogLevel, service: &str, message: fmt::Arguments<'_>) {
        self.lines.add(alloc::format!("{level:?} {service}: {message}"));
    }
}

/// Services that run.
pub(super) struct Running(Vec<(String, JoinHandle<()>)>);

impl Running {
    /// Waits until all have ended; the names of those that panicked.
    pub(super) fn join(self) -> Vec<String> {
        self.0.into_iter().filter_map(|(name, thread)| thread.join().is_err().then_some(name)).collect()
    }
}

/// Runs what blocks on a thread of its own.
pub(super) fn aside<R: Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> JoinHandle<R> {
    thread::spawn(work)
}

/// A user's own buffer of one slot: refuses when that is taken, and awaits it where it may.
pub(super) struct OneSlot<T>(Arc<HeapLock<Slot<T>>>);

struct Slot<T> {
    value: Option<T>,
    closed: bool,
    waiting: Option<core::task::Waker>,
}

impl<T> OneSlot<T> {
    pub(super) fn new() -> Self {
        Self(Arc::new(HeapLock::new(Slot { value: None, closed: false, waiting: None })))
    }

    /// Empties the slot, as the far end of a network would.
    pub(super) fn take(&self) -> Option<T> {
        let (value, waker) = self.0.with(|slot| (slot.value.take(), slot.waiting.take()));
        if let Some(waker) = waker {
            waker.wake();
        }
        value
    }

    fn store(&self, offered: &mut Option<T>) -> Result<(), Refusal> {
        self.0.with(|slot| {
            if slot.closed {
                return Err(Refusal::Closed);
            }
            if slot.value.is_some() {
                return Err(Refusal::Full);
            }
            slot.value = offered.take();
            Ok(())
        })
    }
}

impl<T> Clone for OneSlot<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Send + 'static> Buffer<T> for OneSlot<T> {
    fn push(&self, value: T) {
        drop(self.try_push(value));
    }

    fn try_push(&self, value: T) -> Result<(), TryProduceError<T>> {
        let mut offered = Some(value);
        match (self.store(&mut offered), offered) {
            (Err(Refusal::Closed), Some(value)) => Err(TryProduceError::Closed(value)),
            (Err(_), Some(value)) => Err(TryProduceError::Full(value)),
            (_, None) | (Ok(()), Some(_)) => Ok(()),
        }
    }

    fn push_async(&self, value: T) -> PushFuture<'_, T> {
        PushFuture::from_fn(value, |offered, context| match self.store(offered) {
            Err(Refusal::Full) => {
                let waker = context.waker().clone();
                let again = self.0.with(|slot| {
                    slot.waiting = Some(waker);
                    slot.value.is_none()
                });
                if again {
                    context.waker().wake_by_ref();
                }
                Poll::Pending
            }
            other => Poll::Ready(other),
        })
    }

    fn subscribe(&self, _start: Start) -> Result<alloc::boxed::Box<dyn BufferReader<T>>, SubscribeError> {
        Err(SubscribeError::NoReaders)
    }

    fn close(&self) {
        let waker = self.0.with(|slot| {
            slot.closed = true;
            slot.waiting.take()
        });
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn is_closed(&self) -> bool {
        self.0.with(|slot| slot.closed)
    }
}

/// A user's own buffer that always accepts: it has nothing but what the trait requires.
pub(super) struct Overwriting<T>(pub(super) Seen<T>);

impl<T: Send + 'static> Buffer<T> for Overwriting<T> {
    fn push(&self, value: T) {
        self.0.add(value);
    }

    fn subscribe(&self, _start: Start) -> Result<alloc::boxed::Box<dyn BufferReader<T>>, SubscribeError> {
        Ok(alloc::boxed::Box::new(Empty))
    }
}

struct Empty;

impl<T: Send + 'static> BufferReader<T> for Empty {
    fn try_recv(&mut self) -> Result<T, TryRecvError> {
        Err(TryRecvError::Closed)
    }

    fn poll_recv(&mut self, _context: &mut Context<'_>) -> Poll<Result<T, RecvError>> {
        Poll::Ready(Err(RecvError::Closed))
    }

    fn share(&self) -> Result<alloc::boxed::Box<dyn BufferReader<T>>, SubscribeError> {
        Ok(alloc::boxed::Box::new(Self))
    }
}
