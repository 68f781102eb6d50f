//! A described record without its type, and the steps that make it.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::any::Any;
use core::future::poll_fn;
use core::pin::pin;
use core::task::Poll;

use super::cursor_label::CursorLabel;
use super::graph::{BufferFacts, RecordFacts, TypeFacts, WriterFacts};
use super::record::{Record, Shared};
use super::records::Records;
use super::registrar::{BufferPlan, Origin, Source, Tap, TapPlan, WriterForm, WriterPlan};
use super::stop::StopSignal;
use super::transform;
use super::writer::Writer;
use super::{ConfigMistake, ErasedRecord, Producer, Registrar, RuntimeContext, Service, ServiceRole, ServiceRun};
use bytemuck::NoUninit;

use crate::buffer::{BufferCfg, BufferCfgError, Degrader, DropHook, HeapBuffer, HeapBufferBuilder, Unhoused};
use crate::pure::Start;

/// A registrar without its type, as the builder keeps it.
pub(super) trait Draft: Any + Send {
    /// What the graph wants to know.
    fn facts(&self) -> RecordFacts;

    /// Makes the record. Called once, and only if the graph found nothing wrong with it.
    fn make(&mut self) -> Result<ErasedRecord, ConfigMistake>;

    /// Subscribes the record's services. Called once, after every record was made.
    fn connect(
        self: Box<Self>,
        records: &Records,
        stop: &Arc<StopSignal>,
        services: &mut Vec<Service>,
    ) -> Result<(), ConfigMistake>;
}

impl<T: Send + 'static> Draft for Registrar<T> {
    fn facts(&self) -> RecordFacts {
        let buffer = |plan: &BufferPlan<T>| match plan {
            BufferPlan::FanOut(cfg, _) => BufferFacts::Heap { cfg: *cfg, single_cursor: false },
            BufferPlan::SingleCursor(cfg) => BufferFacts::Heap { cfg: *cfg, single_cursor: true },
            BufferPlan::Raw(buffer) => BufferFacts::Raw { identity: buffer.identity() },
        };
        let writer = |plan: &WriterPlan<T>| match &plan.form {
            WriterForm::Source(_) | WriterForm::SourceBlocking(_) => WriterFacts::Source,
            WriterForm::Transform(transform) => WriterFacts::Transform { inputs: transform.inputs() },
        };
        RecordFacts {
            key: self.key.clone(),
            ty: TypeFacts::of::<T>(),
            buffers: self.buffers.iter().map(buffer).collect(),
            degraders: self.degraders.len(),
            hooks: self.hooks.len(),
            writers: self.writers.iter().map(writer).collect(),
            taps: self.taps.len(),
        }
    }

    fn make(&mut self) -> Result<ErasedRecord, ConfigMistake> {
        let (degrader, hook) = (self.degraders.pop(), self.hooks.pop());
        let (cfg, shell, own) = match self.buffers.pop() {
            None => return Err(ConfigMistake::NoBuffer),
            Some(BufferPlan::FanOut(cfg, make)) => (Some(cfg), Some(make(&cfg, degrader, hook)), None),
            Some(BufferPlan::SingleCursor(cfg)) => (Some(cfg), Some(make_single_cursor(&cfg, degrader, hook)), None),
            Some(BufferPlan::Raw(buffer)) => (buffer.cfg(), None, Some(buffer)),
        };
        let shell = shell.transpose().map_err(ConfigMistake::Buffer)?;
        let no_memory = BufferCfgError::CapacityTooLarge { capacity: cfg.map_or(1, |cfg| cfg.capacity()) };
        let record = Record::with_buffer(self.key.clone(), shell, own).ok_or(ConfigMistake::Buffer(no_memory))?;
        self.made = Some(record.clone());
        Ok(ErasedRecord::of(record))
    }

    fn connect(
        self: Box<Self>,
        records: &Records,
        stop: &Arc<StopSignal>,
        services: &mut Vec<Service>,
    ) -> Result<(), ConfigMistake> {
        let Some(record) = self.made else { return Err(ConfigMistake::NoBuffer) };
        for plan in self.writers {
            services.push(writing(plan, &record, records, stop)?);
        }
        for (at, plan) in self.taps.into_iter().enumerate() {
            services.push(tapping(plan, at + 1, &record)?);
        }
        Ok(())
    }
}

/// The service of a writer. It holds the record's [`Writer`] from now on.
fn writing<T: Send + 'static>(
    plan: WriterPlan<T>,
    record: &Shared<T>,
    records: &Records,
    stop: &Arc<StopSignal>,
) -> Result<Service, ConfigMistake> {
    let origin = plan.origin;
    let producer = Producer::new(record.clone());
    match plan.form {
        WriterForm::Source(source) => {
            let name = format!("{}/source", record.key);
            let writer = Writer::new(ErasedRecord::of(record.clone()), stop);
            let run =
                ServiceRun::Async(Box::new(move |context| Box::pin(run_source(source, context, producer, writer))));
            Ok(service(record, name, ServiceRole::Source, origin, 0, run))
        }
        WriterForm::SourceBlocking(source) => {
            let name = format!("{}/source", record.key);
            let writer = Writer::on_thread(ErasedRecord::of(record.clone()), stop);
            let run = ServiceRun::Blocking(Box::new(move |context: RuntimeContext| {
                let writer = writer;
                if !context.is_stopped() {
                    source(context, producer);
                    writer.leave_open();
                }
            }));
            Ok(service(record, name, ServiceRole::Source, origin, 0, run))
        }
        WriterForm::Transform(transform) => {
            let name = format!("{}/transform", record.key);
            let opened = transform.open(records, &CursorLabel::service(&name, origin))?;
            let writer = Writer::new(ErasedRecord::of(record.clone()), stop);
            let output = record.clone();
            let run = ServiceRun::Async(Box::new(move |context| {
                Box::pin(transform::run(opened.stage, output, context, writer))
            }));
            Ok(service(record, name, ServiceRole::Transform, origin, opened.identity, run))
        }
    }
}

/// Runs a source until it returns or the database closes, whichever comes first.
async fn run_source<T: Send + 'static>(
    source: Source<T>,
    context: RuntimeContext,
    producer: Producer<T>,
    writer: Writer,
) {
    // Goes last: the record is closed when the source's future is gone.
    let writer = writer;
    if context.is_stopped() {
        return;
    }
    let returned = {
        let mut stopped = pin!(context.stopped());
        let mut source = pin!(source(context.clone(), producer));
        poll_fn(|task| {
            if stopped.as_mut().poll(task).is_ready() {
                return Poll::Ready(false);
            }
            source.as_mut().poll(task).map(|()| true)
        })
        .await
    };
    if returned {
        writer.leave_open();
    }
}

fn tapping<T: Send + 'static>(plan: TapPlan<T>, number: usize, record: &Shared<T>) -> Result<Service, ConfigMistake> {
    let name = format!("{}/tap#{number}", record.key);
    let label = CursorLabel::service(&name, plan.origin);
    let consumer = Record::subscribe(record, Start::Live, label).map_err(ConfigMistake::Subscribe)?;
    let run = match plan.tap {
        // The user's function runs when the task does, not where the task is made.
        Tap::Async(tap) => {
            ServiceRun::Async(Box::new(move |context| Box::pin(async move { tap(context, consumer).await })))
        }
        Tap::Blocking(tap) => ServiceRun::Blocking(Box::new(move |context| tap(context, consumer))),
    };
    Ok(service(record, name, ServiceRole::Tap, plan.origin, record.identity(), run))
}

fn service<T: Send + 'static>(
    record: &Record<T>,
    name: String,
    role: ServiceRole,
    origin: Origin,
    identity: usize,
    run: ServiceRun,
) -> Service {
    let run = run.named(name.as_str().into());
    Service { name, record: record.key.clone(), role, origin, identity, run }
}

pub(super) fn make_fan_out<T: Clone + Send + Sync + 'static>(
    cfg: &BufferCfg,
    degrader: Option<Degrader<T>>,
    hook: Option<DropHook<T>>,
) -> Result<Unhoused<T, Record<T>>, BufferCfgError> {
    described(cfg, degrader, hook).fan_out()
}

pub(super) fn make_plain<T: NoUninit + Send + Sync + 'static>(
    cfg: &BufferCfg,
    degrader: Option<Degrader<T>>,
    hook: Option<DropHook<T>>,
) -> Result<Unhoused<T, Record<T>>, BufferCfgError> {
    described(cfg, degrader, hook).plain()
}

fn make_single_cursor<T: Send + 'static>(
    cfg: &BufferCfg,
    degrader: Option<Degrader<T>>,
    hook: Option<DropHook<T>>,
) -> Result<Unhoused<T, Record<T>>, BufferCfgError> {
    described(cfg, degrader, hook).single_cursor()
}

fn described<T: Send + 'static>(
    cfg: &BufferCfg,
    degrader: Option<Degrader<T>>,
    hook: Option<DropHook<T>>,
) -> HeapBufferBuilder<T> {
    let mut builder = HeapBuffer::builder(cfg);
    if let Some(degrader) = degrader {
        builder = builder.degrade(degrader);
    }
    if let Some(hook) = hook {
        builder = builder.on_drop(hook);
    }
    builder
}
