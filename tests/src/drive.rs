//! The same calls, driven by threads, by tasks, or by both in turn.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock, mpsc};
use std::thread;

use aimdb_core::buffer::{
    Buffer, BufferCfg, BufferCfgError, BufferMetrics, FlushError, HeapBuffer, HeapBufferBuilder, Reader, ReaderMetrics,
    RecvError, RecvTimeoutError, SendError, SubscribeError, TryProduceError, TryRecvError, flush_blocking,
    send_blocking,
};
use aimdb_core::pure::Start;
use tokio::runtime::{Builder, Handle};
use tokio::time::timeout;

use crate::payload::Item;
use crate::subject::{Cursor, Need, Record, Spec, Subject, Until};

/// Makes a buffer from its description.
pub type Make = fn(Spec) -> Result<Arc<dyn Buffer<Item>>, BufferCfgError>;

/// Who makes the calls.
#[derive(Clone)]
pub enum Drive {
    /// The calling thread, which blocks.
    Threads,
    /// A task on this runtime; the calling thread waits for its end.
    Tasks(Handle),
    /// The calling thread and a task, in turn.
    Mixed(Handle),
}

/// A buffer and the way in which it is driven.
#[derive(Clone)]
pub struct Driven {
    /// Makes the buffer.
    pub make: Make,
    /// Drives it.
    pub drive: Drive,
    /// What the buffer does not have.
    pub lacks: &'static [Need],
    /// The records that it has.
    pub supports: fn(&BufferCfg) -> bool,
}

/// The shell on the heap.
///
/// # Errors
///
/// What is wrong with the description.
pub fn heap_buffer(spec: Spec) -> Result<Arc<dyn Buffer<Item>>, BufferCfgError> {
    build(HeapBuffer::builder(&spec.cfg), spec)
}

/// The shell on the heap without what is faster than it.
///
/// # Errors
///
/// What is wrong with the description.
pub fn reference_buffer(spec: Spec) -> Result<Arc<dyn Buffer<Item>>, BufferCfgError> {
    build(HeapBuffer::builder(&spec.cfg).reference(), spec)
}

fn build(builder: HeapBufferBuilder<Item>, spec: Spec) -> Result<Arc<dyn Buffer<Item>>, BufferCfgError> {
    let mut builder = builder.first_number(spec.first_number);
    if let Some(degrade) = spec.degrade {
        builder = builder.degrade(degrade);
    }
    if let Some(hook) = spec.on_drop {
        builder = builder.on_drop(hook);
    }
    Ok(Arc::new(builder.build()?))
}

impl Driven {
    /// The shell on the heap, driven so.
    #[must_use]
    pub fn heap(drive: Drive) -> Self {
        Self { make: heap_buffer, drive, lacks: &[], supports: |_| true }
    }

    /// The shell on the heap without what is faster than it, driven so.
    #[must_use]
    pub fn reference(drive: Drive) -> Self {
        Self { make: reference_buffer, ..Self::heap(drive) }
    }
}

/// A Tokio runtime of two worker threads, made once.
pub fn multi_thread() -> Handle {
    static RUNTIME: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
    let build = || Builder::new_multi_thread().worker_threads(2).enable_time().build().expect("a runtime");
    RUNTIME.get_or_init(build).handle().clone()
}

/// A Tokio runtime of one thread, made once.
pub fn current_thread() -> Handle {
    static HANDLE: OnceLock<Handle> = OnceLock::new();
    let build = || {
        let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
        let handle = runtime.handle().clone();
        thread::spawn(move || runtime.block_on(std::future::pending::<()>()));
        handle
    };
    HANDLE.get_or_init(build).clone()
}

impl Subject for Driven {
    fn open(&self, spec: Spec) -> Result<Arc<dyn Record>, BufferCfgError> {
        let buffer = (self.make)(spec)?;
        Ok(Arc::new(DrivenRecord { buffer, turn: Turn::new(self.drive.clone()) }))
    }

    fn supports(&self, cfg: &BufferCfg) -> bool {
        (self.supports)(cfg)
    }

    fn has(&self, need: Need) -> bool {
        !self.lacks.contains(&need)
    }
}

/// Whose turn it is.
pub(crate) struct Turn {
    pub(crate) drive: Drive,
    calls: AtomicUsize,
}

impl Turn {
    pub(crate) fn new(drive: Drive) -> Self {
        Self { drive, calls: AtomicUsize::new(0) }
    }

    /// The runtime to make the next call on, or `None` for the calling thread.
    pub(crate) fn runtime(&self) -> Option<&Handle> {
        match &self.drive {
            Drive::Threads => None,
            Drive::Tasks(runtime) => Some(runtime),
            Drive::Mixed(runtime) => (self.calls.fetch_add(1, Ordering::Relaxed) % 2 == 1).then_some(runtime),
        }
    }
}

/// Runs a task and waits for its end on a thread that is none of the runtime's.
pub(crate) fn run<R: Send + 'static>(runtime: &Handle, task: impl Future<Output = R> + Send + 'static) -> R {
    let (done, ended) = mpsc::sync_channel(1);
    runtime.spawn(async move {
        let _ = done.send(task.await);
    });
    ended.recv().expect("the task panicked")
}

/// `Some` if the future ended in time.
pub(crate) async fn in_time<F: Future>(future: F, until: Until) -> Option<F::Output> {
    match until {
        Until::Never => Some(future.await),
        Until::Now => timeout(std::time::Duration::ZERO, future).await.ok(),
        Until::In(limit) => timeout(limit, future).await.ok(),
    }
}

struct DrivenRecord {
    buffer: Arc<dyn Buffer<Item>>,
    turn: Turn,
}

impl Record for DrivenRecord {
    fn try_send(&self, item: Item) -> Result<(), TryProduceError<Item>> {
        let Some(runtime) = self.turn.runtime() else { return self.buffer.try_push(item) };
        let buffer = Arc::clone(&self.buffer);
        run(runtime, async move { buffer.try_push(item) })
    }

    fn send(&self, item: Item, until: Until) -> Result<(), SendError<Item>> {
        let Some(runtime) = self.turn.runtime() else {
            return send_blocking(&*self.buffer, item, until.deadline());
        };
        let buffer = Arc::clone(&self.buffer);
        run(runtime, async move {
            let mut push = pin!(buffer.push_async(item));
            match in_time(push.as_mut(), until).await {
                Some(outcome) => outcome,
                None => push.cancel().map_or(Ok(()), |item| Err(SendError::Timeout(item))),
            }
        })
    }

    fn push(&self, item: Item) {
        self.buffer.push(item);
    }

    fn force_send(&self, item: Item) -> Result<Option<Item>, TryProduceError<Item>> {
        let Some(runtime) = self.turn.runtime() else { return self.buffer.force_push(item) };
        let buffer = Arc::clone(&self.buffer);
        run(runtime, async move { buffer.force_push(item) })
    }

    fn subscribe(&self, start: Start) -> Result<Box<dyn Cursor>, SubscribeError> {
        let reader = Reader::new(self.buffer.subscribe(start)?);
        Ok(Box::new(DrivenCursor { reader: Some(reader), turn: Turn::new(self.turn.drive.clone()) }))
    }

    fn close(&self) {
        self.buffer.close();
    }

    fn abort(&self) -> usize {
        self.buffer.abort()
    }

    fn is_closed(&self) -> bool {
        self.buffer.is_closed()
    }

    fn flush(&self, until: Until) -> Result<(), FlushError> {
        let Some(runtime) = self.turn.runtime() else {
            return flush_blocking(&*self.buffer, until.deadline());
        };
        let buffer = Arc::clone(&self.buffer);
        run(runtime, async move { in_time(buffer.flush(), until).await.unwrap_or(Err(FlushError::Timeout)) })
    }

    fn peek(&self) -> Option<Item> {
        self.buffer.peek()
    }

    fn metrics(&self) -> BufferMetrics {
        self.buffer.metrics()
    }
}

struct DrivenCursor {
    /// Away while a task has it.
    reader: Option<Reader<Item>>,
    turn: Turn,
}

impl DrivenCursor {
    fn here(&self) -> &Reader<Item> {
        self.reader.as_ref().expect("a task that panicked has taken the reader with it")
    }

    /// Makes a call on the calling thread, or lends the reader to a task that makes it.
    fn call<R: Send + 'static>(
        &mut self,
        blocking: impl FnOnce(&mut Reader<Item>) -> R,
        task: impl AsyncCall<R> + Send + 'static,
    ) -> R {
        let mut reader = self.reader.take().expect("a task that panicked has taken the reader with it");
        let Some(runtime) = self.turn.runtime() else {
            let result = blocking(&mut reader);
            self.reader = Some(reader);
            return result;
        };
        let (reader, result) = run(runtime, task.call(reader));
        self.reader = Some(reader);
        result
    }
}

/// A call that borrows the reader across its waits, and brings it back.
trait AsyncCall<R> {
    fn call(self, reader: Reader<Item>) -> impl Future<Output = (Reader<Item>, R)> + Send;
}

struct TryRecv;
struct TryLatest;
struct Recv(Until);

impl AsyncCall<Result<Item, TryRecvError>> for TryRecv {
    async fn call(self, mut reader: Reader<Item>) -> (Reader<Item>, Result<Item, TryRecvError>) {
        let result = reader.try_recv();
        (reader, result)
    }
}

impl AsyncCall<Result<Item, TryRecvError>> for TryLatest {
    async fn call(self, mut reader: Reader<Item>) -> (Reader<Item>, Result<Item, TryRecvError>) {
        let result = reader.try_latest();
        (reader, result)
    }
}

impl AsyncCall<Result<Item, RecvTimeoutError>> for Recv {
    async fn call(self, mut reader: Reader<Item>) -> (Reader<Item>, Result<Item, RecvTimeoutError>) {
        let result = match in_time(reader.recv(), self.0).await {
            Some(Ok(item)) => Ok(item),
            Some(Err(RecvError::Lagged(lag))) => Err(RecvTimeoutError::Lagged(lag)),
            Some(Err(RecvError::Closed)) => Err(RecvTimeoutError::Closed),
            Some(Err(RecvError::Misuse(misuse))) => Err(RecvTimeoutError::Misuse(misuse)),
            None => Err(RecvTimeoutError::Timeout),
        };
        (reader, result)
    }
}

impl Cursor for DrivenCursor {
    fn try_recv(&mut self) -> Result<Item, TryRecvError> {
        self.call(Reader::try_recv, TryRecv)
    }

    fn recv(&mut self, until: Until) -> Result<Item, RecvTimeoutError> {
        self.call(move |reader| reader.recv_blocking(until.deadline()), Recv(until))
    }

    fn try_latest(&mut self) -> Result<Item, TryRecvError> {
        self.call(Reader::try_latest, TryLatest)
    }

    fn share(&self) -> Result<Box<dyn Cursor>, SubscribeError> {
        let reader = self.here().share()?;
        Ok(Box::new(Self { reader: Some(reader), turn: Turn::new(self.turn.drive.clone()) }))
    }

    fn metrics(&self) -> ReaderMetrics {
        self.here().metrics()
    }
}
