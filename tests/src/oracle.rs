//! An oracle: random schedules on one record, and what must be true of any of them.
//!
//! A seed decides the record, who takes part and what each does; the operating system decides how
//! their steps meet. Producers send by every form, give up at every stage, force, close and abort;
//! readers of several cursors, some shared, read by every form and give up, too; others come and
//! go. Afterwards `verdict` looks at what everybody saw.

mod reading;
mod verdict;

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use aimdb_core::buffer::{
    Buffer, BufferCfg, BufferMetrics, HeapBuffer, ReaderMetrics, SendError, flush_blocking, send_blocking,
};
use aimdb_core::pure::{DropCause, Kind, Policy};
use aimdb_core::waiting::{Deadline, SystemClock};
use parking_lot::Mutex;

use crate::payload::{Item, Ledger};
use crate::random::Random;
use reading::{read, visit};

/// What became of one offer, as far as its sender was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// The call succeeded.
    Sent,
    /// It came back full or closed.
    Refused,
    /// It came back, or was given to the hook, after its sender gave up waiting.
    GaveUp,
    /// Its future was dropped after it had begun to wait: the hook knows.
    Abandoned,
    /// `push`: the hook knows whether it was refused.
    Pushed,
    /// It was never offered: its future was dropped before the first poll.
    NotOffered,
}

/// One offer, in the order of its producer.
#[derive(Debug, Clone, Copy)]
struct Offer {
    tag: u64,
    fate: Fate,
    forced: bool,
}

/// What one reader saw.
#[derive(Debug, Default)]
struct Seen {
    tags: Vec<u64>,
    told_lag: u64,
}

/// What was seen of one cursor that stayed from the beginning to the end.
struct CursorLog {
    shares: Vec<Seen>,
    metrics: ReaderMetrics,
}

/// Everything that was seen.
struct Evidence {
    cfg: BufferCfg,
    /// Readers came and went beside those that stayed.
    visited: bool,
    producers: Vec<Vec<Offer>>,
    displaced_by_force: Vec<u64>,
    cursors: Vec<CursorLog>,
    visitors: Vec<Seen>,
    dropped: Vec<(u64, DropCause)>,
    metrics: BufferMetrics,
}

/// A schedule.
struct Plan {
    cfg: BufferCfg,
    producers: usize,
    values: u64,
    /// Shares of each cursor that stays.
    cursors: Vec<usize>,
    visitors: usize,
    flushes: bool,
    forces: bool,
    /// The first producer ends the record after so many values.
    ends_early: Option<(u64, bool)>,
}

impl Plan {
    fn new(random: &mut Random) -> Self {
        let capacity = random.pick(&[0, 1, 2, 3, 64]);
        let policy = random.pick(&[
            Policy::PauseUpstream,
            Policy::PauseUpstream,
            Policy::Fail,
            Policy::DropOldest,
            Policy::DropNewest,
            Policy::DegradeQuality,
        ]);
        let mut cfg = match random.below(8) {
            0 | 1 => BufferCfg::SpmcRing { capacity },
            2 => BufferCfg::SingleLatest,
            3 => BufferCfg::Mailbox,
            _ => BufferCfg::Bounded { capacity, policy },
        };
        if cfg.validate(true).is_err() {
            cfg = BufferCfg::Bounded { capacity: 0, policy: Policy::PauseUpstream };
        }
        let ends_early = random.one_in(4).then(|| (random.below(60) as u64, random.one_in(2)));
        Self {
            cfg,
            producers: 1 + random.below(3),
            values: 20 + random.below(60) as u64,
            cursors: (0..1 + random.below(3)).map(|_| 1 + random.below(2)).collect(),
            // A visitor of a rendezvous that only tries would hold up those who wait.
            visitors: if cfg.capacity() > 0 { random.below(3) } else { 0 },
            flushes: random.one_in(2),
            forces: random.one_in(3),
            ends_early,
        }
    }
}

/// Runs the schedule of this seed and judges it.
///
/// # Panics
///
/// When something that must be true is not; the message has the seed.
pub fn run(seed: u64) {
    let mut random = Random::new(seed);
    let plan = Plan::new(&mut random);
    let ledger = Ledger::new();
    let evidence = play(&plan, &mut random, &ledger);
    let judged = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        verdict::judge(&evidence);
        ledger.assert_settled();
    }));
    if let Err(panic) = judged {
        eprintln!("the schedule of AIMDB_SEED={seed} ({:?}) was not as it must be", plan.cfg);
        std::panic::resume_unwind(panic);
    }
}

fn play(plan: &Plan, random: &mut Random, ledger: &Arc<Ledger>) -> Evidence {
    let dropped = Arc::new(Mutex::new(Vec::new()));
    let hook = Arc::clone(&dropped);
    let builder = HeapBuffer::builder(&plan.cfg);
    let builder = match random.pick(&[0, 1, 2]) {
        0 => builder.reference(),
        1 => builder.eager(),
        _ => builder,
    };
    let buffer = builder
        .degrade(Arc::new(Item::degrade))
        .on_drop(Arc::new(move |item: Item, cause| hook.lock().push((item.tag(), cause))))
        .first_number(random.pick(&[0, u64::MAX - 20]))
        .build()
        .expect("a buffer");
    let is_over = AtomicBool::new(false);
    let displaced = Mutex::new(Vec::new());
    let (producers, cursors, visitors) = thread::scope(|scope| {
        let mut cursors = Vec::new();
        for shares in &plan.cursors {
            let first = buffer.reader().expect("a cursor");
            let stays = first.share().expect("a share");
            let mut readers = vec![first];
            readers.extend((1..*shares).map(|_| stays.share().expect("a share")));
            let readers: Vec<_> = readers
                .into_iter()
                .map(|reader| {
                    let random = random.fork();
                    scope.spawn(move || read(reader, random, None))
                })
                .collect();
            cursors.push((stays, readers));
        }
        let visitors: Vec<_> = (0..plan.visitors)
            .map(|_| {
                let (mut random, buffer, is_over) = (random.fork(), &buffer, &is_over);
                scope.spawn(move || visit(buffer, &mut random, is_over))
            })
            .collect();
        let (is_over, buffer) = (&is_over, &buffer);
        let watcher = plan.flushes.then(|| scope.spawn(move || watch(buffer, is_over)));
        let producers: Vec<_> = (0..plan.producers)
            .map(|number| {
                let (random, displaced) = (random.fork(), &displaced);
                scope.spawn(move || Producer { buffer, ledger, plan, random, displaced }.produce(number as u64))
            })
            .collect();
        let producers: Vec<_> = producers.into_iter().map(|one| one.join().expect("a producer")).collect();
        buffer.close();
        is_over.store(true, Ordering::SeqCst);
        let cursors: Vec<_> = cursors
            .into_iter()
            .map(|(stays, readers)| {
                let shares = readers.into_iter().map(|one| one.join().expect("a reader")).collect();
                CursorLog { shares, metrics: stays.metrics() }
            })
            .collect();
        let visitors: Vec<_> = visitors.into_iter().flat_map(|one| one.join().expect("a visitor")).collect();
        if let Some(watcher) = watcher {
            watcher.join().expect("the watcher");
        }
        (producers, cursors, visitors)
    });
    let metrics = buffer.metrics();
    drop(buffer);
    let dropped = dropped.lock().clone();
    let displaced_by_force = displaced.into_inner();
    Evidence {
        cfg: plan.cfg,
        visited: plan.visitors > 0,
        producers,
        displaced_by_force,
        cursors,
        visitors,
        dropped,
        metrics,
    }
}

/// Looks at the record while it runs: snapshots hold, and flushes end.
fn watch(buffer: &HeapBuffer<Item>, is_over: &AtomicBool) {
    for _ in 0..40 {
        if is_over.load(Ordering::SeqCst) {
            break;
        }
        let metrics = buffer.metrics();
        assert!(metrics.occupancy <= metrics.capacity, "M2: {metrics:?}");
        let counters = metrics.counters;
        assert!(counters.accepted >= counters.overwritten + counters.aborted, "M1: {metrics:?}");
        let _ = flush_blocking(buffer, SystemClock.after(Duration::from_micros(100)));
    }
}

struct Producer<'a> {
    buffer: &'a HeapBuffer<Item>,
    ledger: &'a Arc<Ledger>,
    plan: &'a Plan,
    random: Random,
    displaced: &'a Mutex<Vec<u64>>,
}

impl Producer<'_> {
    fn produce(mut self, number: u64) -> Vec<Offer> {
        let mut offers = Vec::new();
        for n in 0..self.plan.values {
            if number == 0
                && let Some((after, aborts)) = self.plan.ends_early
                && n == after
            {
                if aborts {
                    Buffer::abort(self.buffer);
                } else {
                    self.buffer.close();
                }
            }
            let tag = number * 1_000_000 + n;
            let (fate, forced) = self.offer(tag);
            offers.push(Offer { tag, fate, forced });
            if self.random.one_in(8) {
                thread::yield_now();
            }
        }
        offers
    }

    fn offer(&mut self, tag: u64) -> (Fate, bool) {
        let item = self.ledger.item(tag);
        let fate = match self.random.below(if self.plan.forces { 10 } else { 9 }) {
            0 => self.buffer.try_push(item).map_or(Fate::Refused, |()| Fate::Sent),
            1 => {
                self.buffer.push(item);
                Fate::Pushed
            }
            2 | 3 => told(send_blocking(self.buffer, item, Deadline::Never)),
            4 => {
                let wait = Duration::from_micros(self.random.below(200) as u64);
                told(send_blocking(self.buffer, item, SystemClock.after(wait)))
            }
            5 => told(send_blocking(self.buffer, item, Deadline::At(0))),
            6 => {
                drop(self.buffer.push_async(item));
                Fate::NotOffered
            }
            7 => self.poll_then_drop(item),
            8 => self.poll_then_cancel(item),
            _ => return (self.force(item), true),
        };
        (fate, false)
    }

    /// B22: dropped after the registration, or after the wake.
    fn poll_then_drop(&mut self, item: Item) -> Fate {
        let mut push = Box::pin(self.buffer.push_async(item));
        match push.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(outcome) => told(outcome),
            Poll::Pending => {
                self.linger();
                drop(push);
                Fate::Abandoned
            }
        }
    }

    fn poll_then_cancel(&mut self, item: Item) -> Fate {
        let tag = item.tag();
        let mut push = pin!(self.buffer.push_async(item));
        match push.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(outcome) => told(outcome),
            Poll::Pending => {
                self.linger();
                match push.cancel() {
                    Some(item) => {
                        assert_eq!(item.tag(), tag, "S1: the value itself comes back");
                        Fate::GaveUp
                    }
                    None => Fate::Sent,
                }
            }
        }
    }

    fn force(&mut self, item: Item) -> Fate {
        match Buffer::force_push(self.buffer, item) {
            Ok(displaced) => {
                self.displaced.lock().extend(displaced.map(|item| item.tag()));
                Fate::Sent
            }
            Err(_) => Fate::Refused,
        }
    }

    fn linger(&mut self) {
        for _ in 0..self.random.below(4) {
            thread::yield_now();
        }
    }
}

fn told(outcome: Result<(), SendError<Item>>) -> Fate {
    match outcome {
        Ok(()) => Fate::Sent,
        Err(SendError::Timeout(_)) => Fate::GaveUp,
        Err(SendError::Full(_) | SendError::Closed(_) | SendError::Misuse(..)) => Fate::Refused,
    }
}

/// Whether a cursor of this record misses nothing unless somebody forces or aborts.
const fn gates(kind: Kind) -> bool {
    kind.gates()
}
