//! Records made from other records.
//!
//! A transform is one task: it reads its inputs in turn, runs the user's step outside every lock,
//! and awaits space in its output, so a slow reader downstream slows what lies upstream. Every
//! transform is a join; the ordinary one has a single input.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::future::poll_fn;
use core::marker::PhantomData;
use core::pin::pin;
use core::task::{Context, Poll};
use core::time::Duration;

use super::cursor_label::{CursorLabel, Named};
use super::erased::ErasedRecord;
use super::graph::{InputFacts, TypeFacts};
use super::record::{Record, Shared};
use super::records::Records;
use super::writer::Writer;
use super::{ConfigMistake, RecordKey, RuntimeContext};
use crate::buffer::{BufferReader, RecvError, SendError};
use crate::pure::Start;

/// Says how a transform with one input makes its values; see [`super::Registrar::transform`].
pub struct TransformBuilder<In, Out> {
    input: RecordKey,
    types: PhantomData<fn(In) -> Out>,
}

impl<In: Send + 'static, Out: Send + 'static> TransformBuilder<In, Out> {
    pub(super) const fn new(input: RecordKey) -> Self {
        Self { input, types: PhantomData }
    }

    /// One value for each.
    pub fn map(self, mut step: impl FnMut(In) -> Out + Send + 'static) -> Transform<Out> {
        self.stateful((), move |(), value| Some(step(value)))
    }

    /// One value for each, or none.
    pub fn filter_map(self, mut step: impl FnMut(In) -> Option<Out> + Send + 'static) -> Transform<Out> {
        self.stateful((), move |(), value| step(value))
    }

    /// A step with a memory: one value for each, or none.
    pub fn stateful<S: Send + 'static>(
        self,
        state: S,
        step: impl FnMut(&mut S, In) -> Option<Out> + Send + 'static,
    ) -> Transform<Out> {
        JoinBuilder::new().with_state(state).input(self.input, step).into()
    }
}

/// Begins a transform with several inputs; see [`super::Registrar::transform_join`].
pub struct JoinBuilder<Out>(PhantomData<fn() -> Out>);

impl<Out: Send + 'static> JoinBuilder<Out> {
    pub(super) const fn new() -> Self {
        Self(PhantomData)
    }

    /// Gives the join a memory, which the steps of all its inputs share.
    pub fn with_state<S: Send + 'static>(self, state: S) -> Join<S, Out> {
        Join { state, inputs: Vec::new() }
    }
}

/// A transform with several inputs of different types.
pub struct Join<S, Out> {
    state: S,
    inputs: Vec<Box<dyn InputPlan<S, Out>>>,
}

impl<S: Send + 'static, Out: Send + 'static> Join<S, Out> {
    /// Adds an input. `step` is given each of its values, and may make one of the output.
    #[must_use]
    pub fn input<In: Send + 'static>(
        mut self,
        key: impl Into<RecordKey>,
        step: impl FnMut(&mut S, In) -> Option<Out> + Send + 'static,
    ) -> Self {
        self.inputs.push(Box::new(Planned { key: key.into(), step, types: PhantomData::<fn(In)> }));
        self
    }
}

/// How a record is made from others, without the types of those.
pub struct Transform<Out>(Box<dyn Plan<Out>>);

impl<Out: Send + 'static> Transform<Out> {
    pub(super) fn inputs(&self) -> Vec<InputFacts> {
        self.0.inputs()
    }

    /// Subscribes to the inputs. Also returns the identity of the first input's buffer.
    pub(super) fn open(self, records: &Records, label: &CursorLabel) -> Result<Opened<Out>, ConfigMistake> {
        self.0.open(records, label)
    }
}

impl<S: Send + 'static, Out: Send + 'static> From<Join<S, Out>> for Transform<Out> {
    fn from(join: Join<S, Out>) -> Self {
        Self(Box::new(join))
    }
}

/// A transform that has subscribed.
pub(super) struct Opened<Out> {
    pub(super) stage: Box<dyn Stage<Out>>,
    pub(super) identity: usize,
}

/// Runs a transform until all its inputs are closed and drained, or its output is closed. Then
/// `writer` goes, which closes the output.
pub(super) async fn run<Out: Send + 'static>(
    mut stage: Box<dyn Stage<Out>>,
    output: Shared<Out>,
    context: RuntimeContext,
    writer: Writer,
) {
    // Goes last, also when this future is dropped or a step panics.
    let _writer = writer;
    while let Some(value) = poll_fn(|task| stage.poll_next(task)).await {
        match place(&output, &context, value).await {
            Ok(()) => {}
            Err(SendError::Full(value) | SendError::Misuse(value, _)) => Record::buffer_of(&output).lose(value),
            Err(SendError::Closed(value) | SendError::Timeout(value)) => {
                Record::buffer_of(&output).lose(value);
                return;
            }
        }
    }
}

/// How long a transform of a database that has been closed waits for room in its output while
/// nobody reads there at all. A reader that is only slow keeps it waiting; one that was leaked does
/// not.
const PATIENCE: Duration = Duration::from_secs(1);

/// Puts a value into the output. Once the database has been closed it gives up with `Timeout` when
/// the output has no reader, or none that reads.
async fn place<Out: Send + 'static>(
    output: &Shared<Out>,
    context: &RuntimeContext,
    value: Out,
) -> Result<(), SendError<Out>> {
    let mut push = pin!(Record::buffer_of(output).push_async(value));
    {
        let mut stopped = pin!(context.stopped());
        let stored = poll_fn(|task| match push.as_mut().poll(task) {
            Poll::Ready(outcome) => Poll::Ready(Some(outcome)),
            Poll::Pending => stopped.as_mut().poll(task).map(|()| None),
        });
        if let Some(outcome) = stored.await {
            return outcome;
        }
    }
    // Each further turn means that somebody has read meanwhile.
    loop {
        let before = Record::buffer_of(output).metrics();
        if before.cursors > 0 {
            let mut patience = pin!(context.sleep(PATIENCE));
            let stored = poll_fn(|task| match push.as_mut().poll(task) {
                Poll::Ready(outcome) => Poll::Ready(Some(outcome)),
                Poll::Pending => patience.as_mut().poll(task).map(|()| None),
            });
            if let Some(outcome) = stored.await {
                return outcome;
            }
            if Record::buffer_of(output).metrics().counters.delivered > before.counters.delivered {
                continue;
            }
        }
        return push.as_mut().cancel().map_or(Ok(()), |value| Err(SendError::Timeout(value)));
    }
}

trait Plan<Out>: Send {
    fn inputs(&self) -> Vec<InputFacts>;
    fn open(self: Box<Self>, records: &Records, label: &CursorLabel) -> Result<Opened<Out>, ConfigMistake>;
}

impl<S: Send + 'static, Out: Send + 'static> Plan<Out> for Join<S, Out> {
    fn inputs(&self) -> Vec<InputFacts> {
        self.inputs.iter().map(|input| input.facts()).collect()
    }

    fn open(self: Box<Self>, records: &Records, label: &CursorLabel) -> Result<Opened<Out>, ConfigMistake> {
        let mut identity = 0;
        let mut inputs = Vec::with_capacity(self.inputs.len());
        for input in self.inputs {
            let (input, drains) = input.open(records, label)?;
            identity = if inputs.is_empty() { drains } else { identity };
            inputs.push(input);
        }
        let stage = Box::new(Joined { state: self.state, inputs, turn: 0, budget: BUDGET });
        Ok(Opened { stage, identity })
    }
}

trait InputPlan<S, Out>: Send {
    fn facts(&self) -> InputFacts;
    fn open(self: Box<Self>, records: &Records, label: &CursorLabel) -> Result<OpenInput<S, Out>, ConfigMistake>;
}

/// An input that has subscribed, and the identity of the buffer that it reads.
type OpenInput<S, Out> = (Box<dyn Input<S, Out>>, usize);

struct Planned<In, F> {
    key: RecordKey,
    step: F,
    types: PhantomData<fn(In)>,
}

impl<S, In, Out, F> InputPlan<S, Out> for Planned<In, F>
where
    In: Send + 'static,
    F: FnMut(&mut S, In) -> Option<Out> + Send + 'static,
{
    fn facts(&self) -> InputFacts {
        InputFacts { key: self.key.clone(), ty: TypeFacts::of::<In>() }
    }

    fn open(self: Box<Self>, records: &Records, label: &CursorLabel) -> Result<OpenInput<S, Out>, ConfigMistake> {
        let unknown = || ConfigMistake::UnknownInput { input: self.key.clone() };
        let record = records.get(self.key.as_str()).and_then(ErasedRecord::typed::<In>).ok_or_else(unknown)?;
        let reader = Record::buffer_of(&record).subscribe(Start::Live).map_err(ConfigMistake::Subscribe)?;
        let identity = record.identity();
        let named = Named::new(record, reader.id(), label.clone());
        Ok((Box::new(Subscribed { reader, step: self.step, _named: named }), identity))
    }
}

/// What became of one look at an input.
enum Step<Out> {
    /// A value for the output.
    Made(Out),
    /// A value was filtered out, or some were missed.
    Nothing,
    /// The input is closed and drained.
    Ended,
}

trait Input<S, Out>: Send {
    fn poll_step(&mut self, state: &mut S, context: &mut Context<'_>) -> Poll<Step<Out>>;
}

struct Subscribed<In: Send + 'static, F> {
    reader: Box<dyn BufferReader<In>>,
    step: F,
    _named: Named<In>,
}

impl<S, In, Out, F> Input<S, Out> for Subscribed<In, F>
where
    In: Send + 'static,
    F: FnMut(&mut S, In) -> Option<Out> + Send + 'static,
{
    fn poll_step(&mut self, state: &mut S, context: &mut Context<'_>) -> Poll<Step<Out>> {
        self.reader.poll_recv(context).map(|received| match received {
            Ok(value) => (self.step)(state, value).map_or(Step::Nothing, Step::Made),
            // The cursor counts what it missed.
            Err(RecvError::Lagged(_)) => Step::Nothing,
            Err(RecvError::Closed | RecvError::Misuse(_)) => Step::Ended,
        })
    }
}

/// A running transform: the next value for the output, or the end.
pub(super) trait Stage<Out>: Send {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Out>>;
}

struct Joined<S, Out> {
    state: S,
    /// Those that have not ended.
    inputs: Vec<Box<dyn Input<S, Out>>>,
    /// Who is looked at next, so that a busy input does not starve the others.
    turn: usize,
    budget: u32,
}

/// Values that a transform handles before it lets other tasks of its thread run.
const BUDGET: u32 = 64;

impl<S: Send, Out> Stage<Out> for Joined<S, Out> {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Option<Out>> {
        let mut idle = 0;
        // Ends when all inputs are idle in a row, and at the latest when the budget is used up.
        while idle < self.inputs.len() {
            if self.budget == 0 {
                self.budget = BUDGET;
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            let at = self.turn % self.inputs.len();
            self.turn = at + 1;
            let Poll::Ready(step) = self.inputs[at].poll_step(&mut self.state, context) else {
                idle += 1;
                continue;
            };
            idle = 0;
            self.budget -= 1;
            match step {
                Step::Made(value) => return Poll::Ready(Some(value)),
                Step::Nothing => {}
                Step::Ended => {
                    self.inputs.remove(at);
                    self.turn = at;
                }
            }
        }
        if self.inputs.is_empty() {
            return Poll::Ready(None);
        }
        self.budget = BUDGET;
        Poll::Pending
    }
}

macro_rules! shows_its_name {
    ($($name:ident<$($parameter:ident),+>)+) => {$(
        impl<$($parameter),+> fmt::Debug for $name<$($parameter),+> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    )+};
}

shows_its_name! { TransformBuilder<In, Out> JoinBuilder<Out> Join<S, Out> Transform<Out> }

#[cfg(all(test, feature = "std", not(any(loom, shuttle))))]
mod tests {
    use super::super::rig::{Seen, TestRuntime, database, noting, poll_once};
    use super::super::{AimDb, AimDbBuilder, BoxFuture, Registrar, ServiceRun};
    use super::*;
    use crate::buffer::{BufferCfg, TryProduceError};
    use crate::pure::DropCause;
    use alloc::sync::Arc;

    /// "in" feeds "out"; the transform's task is driven by hand.
    fn pair<In: Clone + Send + Sync + 'static, Out: Send + 'static>(
        input: BufferCfg,
        output: impl FnOnce(&mut Registrar<Out>),
    ) -> (AimDb, BoxFuture<'static, ()>) {
        by_hand(|builder| {
            builder.configure::<In>("in", |record| {
                record.buffer(input);
            });
            builder.configure::<Out>("out", output);
        })
    }

    fn by_hand(describe: impl FnOnce(&mut AimDbBuilder)) -> (AimDb, BoxFuture<'static, ()>) {
        let db = database(describe);
        let service = db.take_services().pop().expect("there is one");
        let ServiceRun::Async(run) = service.run else { panic!("a transform is a task") };
        let task = run(db.context(Arc::new(TestRuntime::new())));
        (db, task)
    }

    fn drained<T: Send + 'static>(consumer: &mut super::super::Consumer<T>) -> Vec<T> {
        core::iter::from_fn(|| consumer.try_recv().ok()).collect()
    }

    const RING: BufferCfg = BufferCfg::SpmcRing { capacity: 256 };

    #[test]
    fn r1_a_transform_maps_filters_and_remembers() {
        let (db, mut task) = pair::<u32, u64>(RING, |record| {
            record.buffer(RING).transform::<u32>("in", |from| {
                from.stateful(0, |sum: &mut u64, value| {
                    *sum += u64::from(value);
                    sum.is_multiple_of(2).then_some(*sum)
                })
            });
        });
        let mut consumer = db.consumer::<u64>("out").expect("it is there");
        let producer = db.producer::<u32>("in").expect("it is there");
        (1..=4).for_each(|value| producer.produce(value));
        assert!(poll_once(task.as_mut()).is_pending());
        assert_eq!(drained(&mut consumer), [6, 10]);
        producer.close();
        assert!(poll_once(task.as_mut()).is_ready());
        assert!(consumer.is_closed());
    }

    #[derive(Default)]
    struct Both {
        number: Option<u32>,
        text: Option<&'static str>,
    }

    #[test]
    fn r1_a_join_reads_inputs_of_different_types_and_ends_with_the_last() {
        let (db, mut task) = by_hand(|builder| {
            builder.configure::<u32>("number", |record| {
                record.buffer(BufferCfg::SingleLatest);
            });
            builder.configure::<&'static str>("text", |record| {
                record.bounded(4);
            });
            builder.configure::<(u32, &'static str)>("both", |record| {
                record.bounded(4).transform_join(|join| {
                    join.with_state(Both::default())
                        .input::<u32>("number", |both, number| {
                            both.number = Some(number);
                            both.text.map(|text| (number, text))
                        })
                        .input::<&'static str>("text", |both, text| {
                            both.text = Some(text);
                            both.number.map(|number| (number, text))
                        })
                });
            });
        });
        let number = db.producer::<u32>("number").expect("it is there");
        let text = db.producer::<&'static str>("text").expect("it is there");
        let mut consumer = db.consumer::<(u32, &'static str)>("both").expect("it is there");
        number.produce(1);
        assert!(poll_once(task.as_mut()).is_pending());
        assert_eq!(drained(&mut consumer), []);
        text.produce("a");
        text.produce("b");
        assert!(poll_once(task.as_mut()).is_pending());
        assert_eq!(drained(&mut consumer), [(1, "a"), (1, "b")]);
        text.close();
        number.produce(2);
        assert!(poll_once(task.as_mut()).is_pending(), "one input is still open");
        assert_eq!(drained(&mut consumer), [(2, "b")]);
        number.close();
        assert!(poll_once(task.as_mut()).is_ready());
        assert!(consumer.is_closed());
    }

    #[test]
    fn w1_a_join_sleeps_only_when_every_input_is_idle() {
        let (db, mut task) = by_hand(|builder| {
            for key in ["idle", "busy"] {
                builder.configure::<u32>(key, |record| {
                    record.buffer(RING);
                });
            }
            builder.configure::<u32>("out", |record| {
                record.buffer(RING).transform_join(|join| {
                    join.with_state(())
                        .input::<u32>("idle", |(), value| Some(value))
                        .input::<u32>("busy", |(), value| (value == 9).then_some(value))
                });
            });
        });
        let mut consumer = db.consumer::<u32>("out").expect("it is there");
        let busy = db.producer::<u32>("busy").expect("it is there");
        (0..10).for_each(|value| busy.produce(value));
        assert!(poll_once(task.as_mut()).is_pending());
        assert_eq!(drained(&mut consumer), [9]);
    }

    #[test]
    fn s1_a_slow_reader_of_the_output_slows_the_input() {
        let (db, mut task) = by_hand(|builder| {
            builder.configure::<u32>("in", |record| {
                record.bounded(1);
            });
            builder.configure::<u32>("out", |record| {
                record.bounded(1).transform::<u32>("in", |from| from.map(|value| value));
            });
        });
        let producer = db.producer::<u32>("in").expect("it is there");
        let mut consumer = db.consumer::<u32>("out").expect("it is there");
        for value in 1..=3 {
            producer.try_produce(value).expect("one in the output, one in the transform, one in the input");
            assert!(poll_once(task.as_mut()).is_pending());
        }
        assert_eq!(producer.try_produce(4), Err(TryProduceError::Full(4)));
        assert_eq!(consumer.try_recv(), Ok(1));
        assert!(poll_once(task.as_mut()).is_pending());
        assert_eq!(producer.try_produce(4), Ok(()));
    }

    #[test]
    fn m5_what_a_refusing_output_does_not_take_reaches_its_hook_and_is_counted_once() {
        let lost = Seen::new();
        let hook = noting(&lost);
        let (db, mut task) = pair::<u32, u32>(RING, move |record| {
            record.bounded(1).fail().transform::<u32>("in", |from| from.map(|value| value));
            record.on_drop(move |value, cause| hook(value, cause));
        });
        let producer = db.producer::<u32>("in").expect("it is there");
        (1..=3).for_each(|value| producer.produce(value));
        assert!(poll_once(task.as_mut()).is_pending());
        assert_eq!(lost.take(), [(2, DropCause::Refused), (3, DropCause::Refused)]);
        assert_eq!(db.stats()[1].buffer.counters.refused, 2);
    }

    #[test]
    fn k3_a_transform_that_lags_goes_on_behind_the_gap() {
        let input = BufferCfg::SpmcRing { capacity: 2 };
        let (db, mut task) = pair::<u32, u32>(input, |record| {
            record.buffer(RING).transform::<u32>("in", |from| from.filter_map(Some));
        });
        let mut consumer = db.consumer::<u32>("out").expect("it is there");
        let producer = db.producer::<u32>("in").expect("it is there");
        (0..5).for_each(|value| producer.produce(value));
        assert!(poll_once(task.as_mut()).is_pending());
        assert_eq!(drained(&mut consumer), [3, 4]);
        assert_eq!(db.stats()[0].buffer.counters.lagged, 3);
    }

    #[test]
    fn c1_a_transform_ends_when_its_output_is_closed_and_holds_its_input_no_longer() {
        let (db, mut task) = pair::<u32, u32>(RING, |record| {
            record.bounded(1).transform::<u32>("in", |from| from.map(|value| value));
        });
        db.producer::<u32>("out").expect("it is there").close();
        db.producer::<u32>("in").expect("it is there").produce(1);
        assert!(poll_once(task.as_mut()).is_ready());
        drop(task);
        assert_eq!(db.stats()[0].buffer.cursors, 0);
    }

    #[test]
    fn c4_a_busy_transform_lets_other_tasks_run() {
        let steps = Seen::new();
        let (db, mut task) = pair::<u32, u32>(RING, |record| {
            let steps = steps.clone();
            record.buffer(RING).transform::<u32>("in", move |from| {
                from.filter_map(move |value| {
                    steps.add(value);
                    value.is_multiple_of(2).then_some(value)
                })
            });
        });
        let producer = db.producer::<u32>("in").expect("it is there");
        (0..200).for_each(|value| producer.produce(value));
        assert!(poll_once(task.as_mut()).is_pending());
        assert_eq!(steps.take().len(), BUDGET as usize);
        for _ in 0..3 {
            assert!(poll_once(task.as_mut()).is_pending());
        }
        assert_eq!(steps.take().len(), 200 - BUDGET as usize);
    }

    #[test]
    fn c6_a_transform_whose_task_is_dropped_closes_its_record() {
        let (db, task) = pair::<u32, u32>(RING, |record| {
            record.buffer(RING).transform::<u32>("in", |from| from.map(|value| value));
        });
        drop(task);
        assert!(db.producer::<u32>("out").expect("it is there").is_closed());
        assert!(!db.producer::<u32>("in").expect("it is there").is_closed());
    }
}
