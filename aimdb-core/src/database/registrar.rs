//! What can be said about a record before it exists.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::future::Future;
use core::panic::Location;

use super::draft::{Draft, make_fan_out, make_plain};
use super::record::{Record, Shared};
use super::{
    BoundedRegistrar, BoxFuture, Consumer, Join, JoinBuilder, Producer, RecordKey, RuntimeContext, Transform,
    TransformBuilder,
};
use bytemuck::NoUninit;

use crate::buffer::{Buffer, BufferCfg, BufferCfgError, Degrader, DropHook, Unhoused};
use crate::pure::{DropCause, Policy};

/// Describes one record. What several modules say about a record of one key and type adds up.
///
/// Nothing is checked here and nothing made: [`super::AimDbBuilder::build`] reports all mistakes of
/// all records together.
pub struct Registrar<T: Send + 'static> {
    pub(super) key: RecordKey,
    pub(super) buffers: Vec<BufferPlan<T>>,
    pub(super) degraders: Vec<Degrader<T>>,
    pub(super) hooks: Vec<DropHook<T>>,
    pub(super) taps: Vec<TapPlan<T>>,
    pub(super) writers: Vec<WriterPlan<T>>,
    pub(super) made: Option<Shared<T>>,
}

pub(super) enum BufferPlan<T: Send + 'static> {
    /// Several cursors; the function was named where `T` was known to be `Clone + Sync`.
    FanOut(BufferCfg, Make<T>),
    SingleCursor(BufferCfg),
    Raw(Arc<dyn Buffer<T>>),
}

pub(super) type Make<T> =
    fn(&BufferCfg, Option<Degrader<T>>, Option<DropHook<T>>) -> Result<Unhoused<T, Record<T>>, BufferCfgError>;

pub(super) type Origin = &'static Location<'static>;

pub(super) struct TapPlan<T: Send + 'static> {
    pub(super) origin: Origin,
    pub(super) tap: Tap<T>,
}

pub(super) enum Tap<T: Send + 'static> {
    Async(Box<dyn FnOnce(RuntimeContext, Consumer<T>) -> BoxFuture<'static, ()> + Send>),
    Blocking(Box<dyn FnOnce(RuntimeContext, Consumer<T>) + Send>),
}

pub(super) type Source<T> = Box<dyn FnOnce(RuntimeContext, Producer<T>) -> BoxFuture<'static, ()> + Send>;

pub(super) struct WriterPlan<T: Send + 'static> {
    pub(super) origin: Origin,
    pub(super) form: WriterForm<T>,
}

pub(super) enum WriterForm<T: Send + 'static> {
    Source(Source<T>),
    SourceBlocking(Box<dyn FnOnce(RuntimeContext, Producer<T>) + Send>),
    Transform(Transform<T>),
}

/// The buffer, where values can be cloned for several cursors.
impl<T: Clone + Send + Sync + 'static> Registrar<T> {
    /// Chooses one of the four kinds. Each subscription has a cursor of its own.
    pub fn buffer(&mut self, cfg: BufferCfg) -> &mut Self {
        self.buffers.push(BufferPlan::FanOut(cfg, make_fan_out));
        self
    }

    /// As [`Registrar::buffer`], for plain data without padding, which [`NoUninit`] vouches for:
    /// arrays of numbers, and structures that derive it ([`Registrar::buffer`] knows numbers by itself).
    /// Small values of a ring, and a small latest value, are then written and read without a lock while
    /// nobody waits, if there is no drop hook that has to be given each value that is overwritten.
    pub fn plain_buffer(&mut self, cfg: BufferCfg) -> &mut Self
    where
        T: NoUninit,
    {
        self.buffers.push(BufferPlan::FanOut(cfg, make_plain));
        self
    }

    /// Chooses a queue of `capacity` values that loses none: without a further word its producer
    /// waits while it is full. The chain says otherwise: `record.bounded(8).drop_oldest()`.
    pub fn bounded(&mut self, capacity: usize) -> BoundedRegistrar<'_, T> {
        self.buffer(BufferCfg::Bounded { capacity, policy: Policy::PauseUpstream });
        BoundedRegistrar::new(self)
    }
}

impl<T: Send + 'static> Registrar<T> {
    pub(super) const fn new(key: RecordKey) -> Self {
        Self {
            key,
            buffers: Vec::new(),
            degraders: Vec::new(),
            hooks: Vec::new(),
            taps: Vec::new(),
            writers: Vec::new(),
            made: None,
        }
    }

    /// The record's key.
    #[must_use]
    pub const fn key(&self) -> &RecordKey {
        &self.key
    }

    /// Chooses a queue with one cursor, whose values need not be `Clone` or `Sync`. Consumers that
    /// share the cursor ([`Consumer::share`]) are workers: each value goes to one of them. The
    /// chain is that of [`Registrar::bounded`].
    pub fn work_queue(&mut self, capacity: usize) -> BoundedRegistrar<'_, T> {
        self.buffers.push(BufferPlan::SingleCursor(BufferCfg::Bounded { capacity, policy: Policy::PauseUpstream }));
        BoundedRegistrar::new(self)
    }

    /// Chooses a mailbox whose values need not be `Clone` or `Sync`. It cannot be peeked at.
    pub fn single_mailbox(&mut self) -> &mut Self {
        self.buffers.push(BufferPlan::SingleCursor(BufferCfg::Mailbox));
        self
    }

    /// Chooses a buffer of the user's own.
    ///
    /// One that cannot be closed ([`Buffer::close`] does nothing by default) ends no tap and no
    /// transform that reads it: a shutdown then ends them by force.
    pub fn buffer_raw(&mut self, buffer: impl Buffer<T> + 'static) -> &mut Self {
        self.buffer_shared(Arc::new(buffer))
    }

    /// Chooses a buffer of the user's own, which something else holds too.
    pub fn buffer_shared(&mut self, buffer: Arc<dyn Buffer<T>>) -> &mut Self {
        self.buffers.push(BufferPlan::Raw(buffer));
        self
    }

    /// Gives the policy `DegradeQuality` its function. It runs on the sender's thread, outside
    /// every lock.
    pub fn degrader(&mut self, degrade: impl Fn(T) -> T + Send + Sync + 'static) -> &mut Self {
        self.degraders.push(Arc::new(degrade));
        self
    }

    /// Calls `hook` with each value that no reader will get, and why: displaced, refused by
    /// `produce`, dropped as the newest, cancelled or aborted. It runs on the thread that caused
    /// it, outside every lock.
    pub fn on_drop(&mut self, hook: impl Fn(T, DropCause) + Send + Sync + 'static) -> &mut Self {
        self.hooks.push(Arc::new(hook));
        self
    }

    /// Adds a task that writes the record; it is the record's one writer.
    ///
    /// When the database closes, the task is dropped where it awaits, and the record is closed. A
    /// source that returns earlier leaves the record open; one that panics closes it.
    #[track_caller]
    pub fn source<F, Fut>(&mut self, source: F) -> &mut Self
    where
        F: FnOnce(RuntimeContext, Producer<T>) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.write(WriterForm::Source(Box::new(move |context, producer| Box::pin(source(context, producer)))))
    }

    /// Adds a function that writes the record from a thread of its own, which it may block; it is
    /// the record's one writer.
    ///
    /// When the database closes, the record is closed at once: sending fails with `Closed`, and
    /// [`RuntimeContext::is_stopped`] is true. A source that returns earlier leaves the record
    /// open; one that panics closes it.
    #[track_caller]
    pub fn source_blocking(&mut self, source: impl FnOnce(RuntimeContext, Producer<T>) + Send + 'static) -> &mut Self {
        self.write(WriterForm::SourceBlocking(Box::new(source)))
    }

    /// Adds a task that reads the record, through a cursor that exists before anything is sent.
    ///
    /// It drains: when the database closes, it goes on until `recv` says that the record is closed.
    #[track_caller]
    pub fn tap<F, Fut>(&mut self, tap: F) -> &mut Self
    where
        F: FnOnce(RuntimeContext, Consumer<T>) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let tap = Tap::Async(Box::new(move |context, consumer| Box::pin(tap(context, consumer))));
        self.taps.push(TapPlan { origin: Location::caller(), tap });
        self
    }

    /// Adds a function that reads the record on a thread of its own, which it may block. Otherwise
    /// as [`Registrar::tap`].
    #[track_caller]
    pub fn tap_blocking(&mut self, tap: impl FnOnce(RuntimeContext, Consumer<T>) + Send + 'static) -> &mut Self {
        self.taps.push(TapPlan { origin: Location::caller(), tap: Tap::Blocking(Box::new(tap)) });
        self
    }

    /// Makes the record from another one, whose values are of type `In`; that is the record's one
    /// writer. It awaits space in this record, and closes it when its input is closed and drained.
    ///
    /// ```
    /// # use aimdb_core::{AimDbBuilder, buffer::BufferCfg};
    /// let mut builder = AimDbBuilder::new();
    /// builder.configure::<f32>("celsius", |record| {
    ///     record.buffer(BufferCfg::SpmcRing { capacity: 8 });
    /// });
    /// builder.configure::<f32>("fahrenheit", |record| {
    ///     record.buffer(BufferCfg::SingleLatest).transform::<f32>("celsius", |from| from.map(|c| c * 1.8 + 32.0));
    /// });
    /// assert!(builder.build().is_ok());
    /// ```
    #[track_caller]
    pub fn transform<In: Send + 'static>(
        &mut self,
        input: impl Into<RecordKey>,
        describe: impl FnOnce(TransformBuilder<In, T>) -> Transform<T>,
    ) -> &mut Self {
        let transform = describe(TransformBuilder::new(input.into()));
        self.write(WriterForm::Transform(transform))
    }

    /// Makes the record from several others; that is the record's one writer. It closes the record
    /// when all inputs are closed and drained.
    ///
    /// ```
    /// # use aimdb_core::{AimDbBuilder, buffer::BufferCfg};
    /// #[derive(Default)]
    /// struct Seen {
    ///     speed: Option<f32>,
    ///     limit: Option<u16>,
    /// }
    /// impl Seen {
    ///     fn too_fast(&self) -> Option<bool> {
    ///         Some(self.speed? > f32::from(self.limit?))
    ///     }
    /// }
    /// let mut builder = AimDbBuilder::new();
    /// builder.configure::<f32>("speed", |record| {
    ///     record.buffer(BufferCfg::SpmcRing { capacity: 8 });
    /// });
    /// builder.configure::<u16>("limit", |record| {
    ///     record.buffer(BufferCfg::SingleLatest);
    /// });
    /// builder.configure::<bool>("alarm", |record| {
    ///     record.buffer(BufferCfg::SingleLatest).transform_join(|join| {
    ///         join.with_state(Seen::default())
    ///             .input::<f32>("speed", |seen, speed| {
    ///                 seen.speed = Some(speed);
    ///                 seen.too_fast()
    ///             })
    ///             .input::<u16>("limit", |seen, limit| {
    ///                 seen.limit = Some(limit);
    ///                 seen.too_fast()
    ///             })
    ///     });
    /// });
    /// assert!(builder.build().is_ok());
    /// ```
    #[track_caller]
    pub fn transform_join<S: Send + 'static>(
        &mut self,
        describe: impl FnOnce(JoinBuilder<T>) -> Join<S, T>,
    ) -> &mut Self {
        let join = describe(JoinBuilder::new());
        self.write(WriterForm::Transform(join.into()))
    }

    #[track_caller]
    fn write(&mut self, form: WriterForm<T>) -> &mut Self {
        self.writers.push(WriterPlan { origin: Location::caller(), form });
        self
    }
}

impl<T: Send + 'static> fmt::Debug for Registrar<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Registrar").field(&self.facts()).finish()
    }
}
