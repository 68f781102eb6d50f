//! One thread, two buffers of the same description, one of them without lanes: the same calls are
//! answered, counted and woken for in the same way.
//!
//! A look at the counts closes the lane, and a lane that is closed too soon stays so for a while; so
//! calls come in long runs of those that a lane carries, and a few others in between.

use std::fmt::Debug;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use aimdb_core::buffer::{
    Buffer, BufferCfg, BufferMetrics, BufferReader, HeapBuffer, PushFuture, ReaderMetrics, RecvError, SendError,
    TryRecvError,
};
use aimdb_core::pure::{DropCause, Kind, Policy, Start};
use aimdb_tests::random::Random;
use parking_lot::Mutex;

use crate::{Value, with_seeds};

/// A call, with what it needs to be made on either buffer.
#[derive(Debug, Clone, Copy)]
enum Call {
    Push,
    TryPush,
    Force,
    /// Offers a value and, if it has to wait, keeps the offer.
    Offer,
    /// Gives the kept offer up, or looks whether it was stored.
    Withdraw,
    PollOffer,
    TryRecv(usize),
    /// Reads and, if there is nothing, goes on waiting.
    Recv(usize),
    Cancel(usize),
    Skip(usize),
    Peek,
    Subscribe(Start),
    Share(usize),
    Leave(usize),
    Flush,
    Close,
    Abort,
    IsClosed,
}

/// What a call answered.
#[derive(Debug, PartialEq)]
enum Answer<T> {
    Nothing,
    Peeked(Option<T>),
    Forced(Option<T>),
    Refused(T),
    Pushed(Poll<Result<(), SendError<T>>>),
    Tried(Result<T, TryRecvError>),
    Received(Poll<Result<T, RecvError>>),
    Said(bool),
    Discarded(usize),
    Flushed(bool),
}

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// One of the two buffers, with what stands at it.
struct Side<'a, T: Value> {
    buffer: &'a HeapBuffer<T>,
    readers: Vec<Box<dyn BufferReader<T>>>,
    offer: Option<Pin<Box<PushFuture<'a, T>>>>,
    wakes: Arc<Wakes>,
    dropped: Dropped<T>,
    /// Values that were pushed, and those of them that went through a lane.
    pushed: u64,
    in_lane: u64,
}

/// What came to the hook.
type Dropped<T> = Arc<Mutex<Vec<(T, DropCause)>>>;

impl<'a, T: Value> Side<'a, T> {
    fn new((buffer, dropped): &'a (HeapBuffer<T>, Dropped<T>), cursors: usize) -> Self {
        let readers = (0..cursors).map(|_| buffer.subscribe(Start::Live).expect("a cursor")).collect();
        let dropped = Arc::clone(dropped);
        Self { buffer, readers, offer: None, wakes: Arc::default(), dropped, pushed: 0, in_lane: 0 }
    }

    fn make(&mut self, call: Call, number: u64) -> Answer<T> {
        let waker = Waker::from(Arc::clone(&self.wakes));
        let mut context = Context::from_waker(&waker);
        match call {
            Call::Push => self.send(number, |buffer, value| {
                buffer.push(value);
                Answer::Nothing
            }),
            Call::TryPush => self.send(number, |buffer, value| {
                let outcome = buffer.try_push(value);
                outcome.map_or_else(|error| Answer::Refused(error.into_inner()), |()| Answer::Nothing)
            }),
            Call::Force => match self.buffer.force_push(T::of(number)) {
                Ok(displaced) => Answer::Forced(displaced),
                Err(error) => Answer::Refused(error.into_inner()),
            },
            Call::Offer => {
                let mut offer = Box::pin(self.buffer.push_async(T::of(number)));
                let first = offer.as_mut().poll(&mut context);
                self.offer = first.is_pending().then_some(offer);
                Answer::Pushed(first)
            }
            Call::PollOffer => {
                let Some(offer) = &mut self.offer else { return Answer::Nothing };
                let outcome = offer.as_mut().poll(&mut context);
                if outcome.is_ready() {
                    self.offer = None;
                }
                Answer::Pushed(outcome)
            }
            Call::Withdraw => {
                let Some(mut offer) = self.offer.take() else { return Answer::Nothing };
                Answer::Peeked(offer.as_mut().cancel())
            }
            Call::TryRecv(at) => Answer::Tried(self.readers[at].try_recv()),
            Call::Recv(at) => Answer::Received(self.readers[at].poll_recv(&mut context)),
            Call::Cancel(at) => {
                self.readers[at].cancel_recv();
                Answer::Nothing
            }
            Call::Skip(at) => {
                self.readers[at].cancel_recv();
                self.readers[at].skip_to_newest();
                Answer::Nothing
            }
            Call::Peek => Answer::Peeked(self.buffer.peek()),
            Call::Subscribe(start) => {
                self.readers.push(self.buffer.subscribe(start).expect("a cursor"));
                Answer::Nothing
            }
            Call::Share(at) => {
                let share = self.readers[at].share().expect("a share");
                self.readers.push(share);
                Answer::Nothing
            }
            Call::Leave(at) => {
                drop(self.readers.remove(at));
                Answer::Nothing
            }
            Call::Flush => Answer::Flushed(Box::pin(self.buffer.flush()).as_mut().poll(&mut context).is_ready()),
            Call::Close => {
                self.buffer.close();
                Answer::Nothing
            }
            Call::Abort => Answer::Discarded(self.buffer.abort()),
            Call::IsClosed => Answer::Said(self.buffer.is_closed()),
        }
    }

    /// All that is counted; of the time that was waited, nothing.
    fn counts(&self) -> (BufferMetrics, Vec<ReaderMetrics>, usize) {
        let mut metrics = self.buffer.metrics();
        metrics.counters.blocked_ns = 0;
        let readers = self.readers.iter().map(|reader| reader.metrics()).collect();
        (metrics, readers, self.wakes.0.load(Ordering::Relaxed))
    }

    /// Sends in a lane if there is one that is open, else as told.
    fn send(&mut self, number: u64, send: impl FnOnce(&HeapBuffer<T>, T) -> Answer<T>) -> Answer<T> {
        self.pushed += 1;
        match self.buffer.push_at_once(T::of(number)) {
            Ok(()) => {
                self.in_lane += 1;
                Answer::Nothing
            }
            Err(value) => send(self.buffer, value),
        }
    }
}

/// What the calls of one sequence are.
struct Plan {
    cfg: BufferCfg,
    first_number: u64,
    cursors: usize,
    /// As many readers at a time, or those that there are from the beginning.
    most: usize,
    /// Readers may share a cursor. Then none of them waits across calls: how long one that was woken
    /// has been overtaken is measured in time, which is not the same on both sides.
    shares: bool,
    /// A hook is told what no reader will get; then only queues have a lane.
    hook: bool,
    /// Counts are compared after so many calls, on average.
    compare_every: u64,
}

impl Plan {
    fn new(random: &mut Random) -> Self {
        let capacity = random.pick(&[1, 2, 3, 64]);
        let cfg = match random.below(9) {
            0..3 => BufferCfg::SpmcRing { capacity },
            3 | 4 => BufferCfg::SingleLatest,
            5 | 6 => BufferCfg::Bounded { capacity, policy: random.pick(&[Policy::PauseUpstream, Policy::Fail]) },
            7 => BufferCfg::Mailbox,
            _ => BufferCfg::Bounded { capacity, policy: random.pick(&Policy::ALL) },
        };
        // A queue of what must be cloned has a lane while it has one cursor at most. Of plain data that is overwritten,
        // of more than 64 only those who read are in it.
        let is_crowd = cfg.kind().retains() && random.one_in(6);
        let cursors = random.pick(if is_crowd { &[63, 64, 65, 66] } else { &[0, 1, 1, 2, 3] });
        Self {
            cfg,
            first_number: random.pick(&[0, u64::MAX - 20]),
            cursors,
            most: if is_crowd { cursors + 2 } else { random.pick(&[cursors.max(1), 4]) },
            shares: random.one_in(2) || cfg == BufferCfg::Mailbox,
            hook: random.one_in(5),
            compare_every: if is_crowd { 150 } else { random.pick(&[1, 60, 400]) },
        }
    }

    /// A call that a lane carries. To push onto a full queue, or to peek at one, is none of them.
    fn frequent(&self, random: &mut Random, readers: usize) -> Call {
        let is_queue = matches!(self.cfg, BufferCfg::Bounded { .. } | BufferCfg::Mailbox);
        match random.below(if readers > 0 { 9 } else { 4 }) {
            0 => Call::TryPush,
            1..4 if is_queue && !random.one_in(40) => Call::TryPush,
            1 | 2 => Call::Push,
            3 => Call::Peek,
            // Of many, some come often.
            _ if readers > 8 && !random.one_in(8) => Call::TryRecv(random.below(3)),
            _ => Call::TryRecv(random.below(readers)),
        }
    }

    fn seldom(&self, random: &mut Random, readers: usize) -> Call {
        match random.below(if readers > 0 { 16 } else { 7 }) {
            0 => Call::Force,
            1 => Call::Offer,
            2 if readers < self.most => Call::Subscribe(random.pick(&[Start::Live, Start::Oldest])),
            2 | 3 => Call::IsClosed,
            4 => Call::Flush,
            5 => Call::Withdraw,
            6 => Call::PollOffer,
            7 if readers < self.most && self.shares => Call::Share(random.below(readers)),
            7 | 8 => Call::Leave(random.below(readers)),
            9 | 10 => Call::Skip(random.below(readers)),
            11 => Call::Cancel(random.below(readers)),
            _ => Call::Recv(random.below(readers)),
        }
    }
}

fn build<T: Value>(plan: &Plan, is_reference: bool) -> (HeapBuffer<T>, Dropped<T>) {
    let dropped = Dropped::default();
    let builder = HeapBuffer::builder(&plan.cfg).first_number(plan.first_number).degrade(Arc::new(|value| value));
    let mut builder = if is_reference { builder.reference() } else { builder.eager() };
    if plan.hook {
        let dropped = Arc::clone(&dropped);
        builder = builder.on_drop(Arc::new(move |value, cause| dropped.lock().push((value, cause))));
    }
    (T::build(builder), dropped)
}

/// Both buffers of a sequence.
struct Pair<'a, T: Value> {
    plan: Plan,
    side: Side<'a, T>,
    reference: Side<'a, T>,
    calls: u64,
    last: Vec<Call>,
}

impl<T: Value> Pair<'_, T> {
    /// Makes a call on both, and compares.
    fn make(&mut self, call: Call) {
        if self.last.len() == 24 {
            self.last.remove(0);
        }
        self.last.push(call);
        self.calls += 1;
        let glance = match call {
            Call::TryRecv(at) => self.side.readers[at].has_value(),
            Call::TryPush => self.side.buffer.has_room(),
            _ => None,
        };
        let (answer, expected) = (self.side.make(call, self.calls), self.reference.make(call, self.calls));
        assert_eq!(answer, expected, "{}", self.place());
        if let Some(goes) = glance {
            let fails = matches!(answer, Answer::Tried(Err(TryRecvError::Empty)) | Answer::Refused(_));
            assert!(goes || fails, "a glance saw nothing, {}", self.place());
        }
        if self.calls.is_multiple_of(self.plan.compare_every) {
            self.compare();
        }
    }

    fn compare(&self) {
        assert_eq!(self.side.counts(), self.reference.counts(), "{}", self.place());
        assert_eq!(self.reference.in_lane, 0, "the reference has no lane");
        assert_eq!(*self.side.dropped.lock(), *self.reference.dropped.lock(), "M5, {}", self.place());
    }

    fn place(&self) -> String {
        let Plan { cfg, first_number, shares, .. } = &self.plan;
        format!("{cfg:?} from {first_number}, shares: {shares}, call {}, the last ones {:?}", self.calls, self.last)
    }
}

/// Runs one sequence; says how many values were pushed, and how many of them in a lane: of a queue with
/// several cursors apart, where they are plain data.
fn compare<T: Value>(seed: u64) -> (&'static str, u64, u64) {
    let mut random = Random::new(seed);
    let plan = Plan::new(&mut random);
    let kind = match plan.cfg.kind() {
        Kind::Bounded(Policy::PauseUpstream | Policy::Fail) if plan.cursors > 1 && !plan.shares => match T::PLAIN {
            true if !plan.hook => "a queue that several read",
            _ => "",
        },
        kind @ (Kind::Bounded(Policy::PauseUpstream | Policy::Fail) | Kind::Mailbox) => kind.name(),
        // Of what must be cloned many cursors have no lane.
        kind if kind.retains() && (T::PLAIN || plan.cursors < 60) => kind.name(),
        _ => "",
    };
    let buffers = [build::<T>(&plan, false), build(&plan, true)];
    let [side, reference] = buffers.each_ref().map(|buffer| Side::new(buffer, plan.cursors));
    let mut pair = Pair { plan, side, reference, calls: 0, last: Vec::new() };
    while pair.calls < CALLS {
        for _ in 0..random.below(150) {
            let call = pair.plan.frequent(&mut random, pair.side.readers.len());
            pair.make(call);
        }
        for _ in 0..random.below(4) {
            let call = pair.plan.seldom(&mut random, pair.side.readers.len());
            pair.make(call);
            if let (Call::Recv(at), true) = (call, pair.plan.shares) {
                pair.make(Call::Cancel(at));
            }
        }
    }
    pair.compare();
    pair.make(random.pick(&[Call::Close, Call::Abort]));
    for _ in 0..40 {
        let call = pair.plan.frequent(&mut random, pair.side.readers.len());
        pair.make(call);
        pair.compare();
    }
    (kind, pair.side.pushed, pair.side.in_lane)
}

/// Compares many sequences, and sees to it that the lanes were at work in them.
fn compare_many<T: Value>(name: &str) {
    let seen = std::cell::RefCell::new(std::collections::BTreeMap::<&str, (u64, u64)>::new());
    with_seeds(name, CASES, |seed| {
        let (kind, pushed, in_lane) = compare::<T>(seed);
        if !kind.is_empty() {
            let mut seen = seen.borrow_mut();
            let sums = seen.entry(kind).or_default();
            *sums = (sums.0 + pushed, sums.1 + in_lane);
        }
    });
    for (kind, (pushed, in_lane)) in seen.into_inner() {
        assert!(
            in_lane * 20 > pushed || std::env::var_os("AIMDB_SEED").is_some(),
            "{kind}: {in_lane} of {pushed} values went through a lane"
        );
    }
}

const CASES: u32 = 40;
const CALLS: u64 = 1500;

macro_rules! compared {
    ($($name:ident: $type:ty,)*) => {$(
        #[test]
        fn $name() {
            compare_many::<$type>(stringify!($name));
        }
    )*};
}

compared! {
    k1_to_k7_and_m1_as_the_reference_values_of_no_bytes: (),
    k1_to_k7_and_m1_as_the_reference_one_byte: u8,
    k1_to_k7_and_m1_as_the_reference_bytes: [u8; 13],
    k1_to_k7_and_m1_as_the_reference_half_words: [u16; 5],
    k1_to_k7_and_m1_as_the_reference_words: [u32; 3],
    k1_to_k7_and_m1_as_the_reference_a_number: u64,
    k1_to_k7_and_m1_as_the_reference_over_aligned: u128,
    k1_to_k7_and_m1_as_the_reference_two_cache_lines: [f64; 16],
    k1_to_k7_and_m1_as_the_reference_texts: String,
    k1_to_k7_and_m1_as_the_reference_shared_pointers: Arc<u64>,
}
