//! The lane of a queue under everything that closes it: two ends that threads take over from each
//! other, and a third thread that counts, joins, leaves, flushes, forces and closes at random.
//!
//! What is compared afterwards is what the calls said with what the record counted, and each accepted
//! value with what became of it. The order of steps is the machine's; what each thread does, a seed's.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use aimdb_core::buffer::{
    Buffer, BufferCfg, HeapBuffer, Reader, RecvError, RecvTimeoutError, SendError, TryProduceError, TryRecvError,
    flush_blocking, send_blocking,
};
use aimdb_core::pure::{DropCause, Policy};
use aimdb_core::waiting::{Deadline, SystemClock};
use aimdb_tests::payload::{Item, Ledger};
use aimdb_tests::random::Random;
use aimdb_tests::watchdog::within;

/// What one sender was told.
#[derive(Default)]
struct Sent {
    accepted: Vec<u64>,
    /// Given to `push`, which says nothing.
    pushed: Vec<u64>,
    refused: u64,
    timed_out: u64,
    displaced: Vec<u64>,
}

/// What one reader was told.
#[derive(Default)]
struct Got {
    tags: Vec<u64>,
    lagged: u64,
}

/// What the threads of a stint do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stint {
    /// Any call; the reader goes on until the senders are through.
    Free,
    /// As many values are awaited, without a deadline, as are sent: a lost wake-up hangs.
    Paired,
    /// The reader waits for the end, which comes at any time.
    Last,
}

/// A value's tag says which sender sent it, and as which of its values.
const fn tag(sender: u64, nth: u64) -> u64 {
    sender << 32 | nth
}

fn soon() -> Deadline {
    SystemClock.after(Duration::from_micros(20))
}

impl Sent {
    fn note(&mut self, tag: u64, outcome: Result<(), SendError<Item>>) {
        match outcome {
            Ok(()) => self.accepted.push(tag),
            Err(SendError::Full(_) | SendError::Closed(_)) => self.refused += 1,
            Err(SendError::Timeout(_)) => self.timed_out += 1,
            Err(error) => panic!("{error:?}"),
        }
    }

    fn one(&mut self, buffer: &HeapBuffer<Item>, item: Item, random: &mut Random) {
        let tag = item.tag();
        match random.below(12) {
            0..4 => self.note(tag, buffer.try_push(item).map_err(SendError::from)),
            4..6 => {
                self.pushed.push(tag);
                buffer.push(item);
            }
            6..8 => self.note(tag, send_blocking(buffer, item, Deadline::Never)),
            8 => self.note(tag, send_blocking(buffer, item, soon())),
            9 => self.note(tag, send_blocking(buffer, item, Deadline::At(0))),
            _ => {
                let mut push = pin!(buffer.push_async(item));
                let outcome = match push.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                    Poll::Ready(outcome) => outcome,
                    Poll::Pending => push.cancel().map_or(Ok(()), |item| Err(SendError::Timeout(item))),
                };
                self.note(tag, outcome);
            }
        }
    }

    fn force(&mut self, buffer: &HeapBuffer<Item>, item: Item) {
        let tag = item.tag();
        match buffer.force_push(item) {
            Ok(displaced) => {
                self.accepted.push(tag);
                self.displaced.extend(displaced.map(|item| item.tag()));
            }
            Err(TryProduceError::Full(_) | TryProduceError::Closed(_)) => self.refused += 1,
        }
    }
}

impl Got {
    /// Notes what a call found; says whether the record goes on.
    fn note(&mut self, outcome: Result<Item, RecvTimeoutError>) -> bool {
        match outcome {
            Ok(item) => self.tags.push(item.tag()),
            Err(RecvTimeoutError::Lagged(lag)) => self.lagged += lag,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Closed) => return false,
            Err(error) => panic!("{error:?}"),
        }
        true
    }

    fn look(&mut self, reader: &mut Reader<Item>) -> bool {
        let found = reader.try_recv().map_err(|error| match error {
            TryRecvError::Empty => RecvTimeoutError::Timeout,
            TryRecvError::Lagged(lag) => RecvTimeoutError::Lagged(lag),
            TryRecvError::Closed => RecvTimeoutError::Closed,
            error @ TryRecvError::Misuse(_) => panic!("{error:?}"),
        });
        self.note(found)
    }

    fn one(&mut self, reader: &mut Reader<Item>, random: &mut Random) -> bool {
        match random.below(8) {
            0..3 => self.look(reader),
            3..5 => {
                let found = reader.recv_blocking(soon());
                self.note(found)
            }
            5 => {
                let found = reader.recv_blocking(Deadline::At(0));
                self.note(found)
            }
            _ => {
                let polled = pin!(reader.recv()).poll(&mut Context::from_waker(Waker::noop()));
                match polled {
                    Poll::Pending => true,
                    Poll::Ready(found) => self.note(found.map_err(|error| match error {
                        RecvError::Lagged(lag) => RecvTimeoutError::Lagged(lag),
                        RecvError::Closed => RecvTimeoutError::Closed,
                        error @ RecvError::Misuse(_) => panic!("{error:?}"),
                    })),
                }
            }
        }
    }

    /// K6: of each sender, what was sent later is read later.
    fn assert_in_order(&self) {
        let mut last = BTreeMap::new();
        for &tag in &self.tags {
            let before = last.insert(tag >> 32, tag);
            assert!(before.is_none_or(|before| before < tag), "K6: {before:?} is read before {tag}");
        }
    }
}

/// A record, and what was said of it.
struct Case {
    buffer: HeapBuffer<Item>,
    ledger: Arc<Ledger>,
    /// What the drop hook was given.
    dropped: Arc<Mutex<Vec<(u64, DropCause)>>>,
    senders: u64,
    sent: Vec<Sent>,
    /// One for the reader and one for the share of its cursor.
    got: [Got; 2],
}

/// Sends that a sender makes in one stint.
const SENDS: usize = 50;

impl Case {
    fn new(random: &mut Random) -> Self {
        let cfg = BufferCfg::Bounded {
            // The last is laid out in more than one lock hold.
            capacity: random.pick(&[1, 2, 3, 70]),
            policy: random.pick(&[Policy::PauseUpstream, Policy::PauseUpstream, Policy::Fail]),
        };
        let dropped = Arc::new(Mutex::new(Vec::new()));
        let hook = Arc::clone(&dropped);
        let buffer = HeapBuffer::builder(&cfg)
            .first_number(random.pick(&[0, u64::MAX - 30]))
            .on_drop(Arc::new(move |item: Item, cause| hook.lock().expect("not poisoned").push((item.tag(), cause))))
            .build()
            .expect("a buffer");
        Self { buffer, ledger: Ledger::new(), dropped, senders: 0, sent: Vec::new(), got: Default::default() }
    }

    /// One stint: new threads take the ends over.
    fn stint(&mut self, stint: Stint, [reader, side]: [&mut Reader<Item>; 2], random: &mut Random) {
        let count = if stint == Stint::Free { 1 + random.below(2) } else { 1 };
        let first = self.senders;
        // The one that meddles may send too.
        self.senders += count as u64 + 1;
        let meddling = self.senders - 1;
        let running = &AtomicUsize::new(count);
        let [got, stolen] = &mut self.got;
        let (buffer, ledger) = (&self.buffer, &self.ledger);
        let mut fork = || random.fork();
        let (mut taking, mut turns) = (fork(), fork());
        let sendings: Vec<_> = (first..meddling).map(|sender| (sender, fork())).collect();
        thread::scope(|scope| {
            let sendings: Vec<_> = sendings
                .into_iter()
                .map(|(sender, mut random)| {
                    scope.spawn(move || {
                        let mut sent = Sent::default();
                        for nth in 0..SENDS as u64 {
                            let item = ledger.item(tag(sender, nth));
                            match stint {
                                Stint::Paired => {
                                    // Under `Fail` the only way to wait for room is to ask again.
                                    let mut item = Some(item);
                                    while let Some(next) = item.take() {
                                        match send_blocking(buffer, next, Deadline::Never) {
                                            Err(SendError::Full(back)) => {
                                                sent.refused += 1;
                                                thread::yield_now();
                                                item = Some(back);
                                            }
                                            outcome => sent.note(tag(sender, nth), outcome),
                                        }
                                    }
                                }
                                Stint::Free | Stint::Last => sent.one(buffer, item, &mut random),
                            }
                        }
                        running.fetch_sub(1, Ordering::Release);
                        sent
                    })
                })
                .collect();
            let taking = scope.spawn(move || match stint {
                Stint::Free => while running.load(Ordering::Acquire) > 0 && got.one(reader, &mut taking) {},
                Stint::Paired => {
                    // Those that lie there from before come first, and do not count.
                    let mut seen = 0;
                    while seen < SENDS {
                        let before = got.tags.len();
                        let found = reader.recv_blocking(Deadline::Never);
                        got.note(found);
                        seen += got.tags[before..].iter().filter(|tag| *tag >> 32 == first).count();
                    }
                }
                Stint::Last => {
                    while {
                        let found = reader.recv_blocking(Deadline::Never);
                        got.note(found)
                    } {}
                }
            });
            let mut meddled = Sent::default();
            let mut nth = 0;
            while running.load(Ordering::Acquire) > 0 {
                match turns.below(8) {
                    0..2 => {
                        let metrics = buffer.metrics();
                        assert!(metrics.occupancy <= metrics.capacity, "M2");
                    }
                    2 => drop(buffer.reader()),
                    3 => {
                        let mut late = Got::default();
                        let mut reader = buffer.reader().expect("a cursor");
                        for _ in 0..turns.below(4) {
                            late.look(&mut reader);
                        }
                        late.assert_in_order();
                        let counters = reader.metrics().counters;
                        assert_eq!(counters.delivered, late.tags.len() as u64, "M1");
                    }
                    4 => drop(flush_blocking(buffer, Deadline::At(0))),
                    5 if stint == Stint::Free => {
                        stolen.look(side);
                    }
                    6 if stint == Stint::Free => {
                        meddled.force(buffer, ledger.item(tag(meddling, nth)));
                        nth += 1;
                    }
                    7 if stint == Stint::Last && turns.one_in(4) => {
                        if turns.one_in(2) {
                            buffer.close();
                        } else {
                            buffer.abort();
                        }
                    }
                    _ => thread::yield_now(),
                }
            }
            if stint == Stint::Last {
                buffer.close();
            }
            self.sent.push(meddled);
            self.sent.extend(sendings.into_iter().map(|sending| sending.join().expect("a sender does not panic")));
            taking.join().expect("the reader does not panic");
        });
    }

    /// Compares what was said with what was counted, when all is over.
    fn settle(self, reader: &Reader<Item>) {
        let dropped = std::mem::take(&mut *self.dropped.lock().expect("not poisoned"));
        let caused = |wanted| dropped.iter().filter(move |(_, cause)| *cause == wanted).map(|&(tag, _)| tag);
        let refused: BTreeSet<_> = caused(DropCause::Refused).collect();
        let all = |part: fn(&Sent) -> &Vec<u64>| self.sent.iter().flat_map(part).copied();
        let pushed = all(|sent| &sent.pushed).filter(|tag| !refused.contains(tag));
        let accepted: BTreeSet<_> = all(|sent| &sent.accepted).chain(pushed).collect();
        let counters = self.buffer.metrics().counters;
        assert_eq!(counters.accepted, accepted.len() as u64, "M1: accepted");
        let told: u64 = self.sent.iter().map(|sent| sent.refused).sum();
        assert_eq!(counters.refused, told + refused.len() as u64, "M1: refused");
        assert_eq!(counters.timed_out, self.sent.iter().map(|sent| sent.timed_out).sum(), "M1: timed out");
        let displaced: Vec<_> = all(|sent| &sent.displaced).chain(caused(DropCause::Overwritten)).collect();
        assert_eq!(counters.overwritten, displaced.len() as u64, "M2: overwritten");
        let aborted: BTreeSet<_> = caused(DropCause::Aborted).collect();
        assert_eq!(counters.aborted, aborted.len() as u64, "C2: aborted");

        let [got, stolen] = &self.got;
        got.assert_in_order();
        stolen.assert_in_order();
        let read: BTreeSet<_> = got.tags.iter().chain(&stolen.tags).copied().collect();
        assert_eq!(read.len(), got.tags.len() + stolen.tags.len(), "K7: a value is read once");
        assert!(read.is_subset(&accepted), "what is read was accepted");
        let cursor = reader.metrics().counters;
        assert_eq!(cursor.delivered, read.len() as u64, "M1: delivered");
        // What an abort discards is neither told nor read.
        let lagged = got.lagged + stolen.lagged;
        if aborted.is_empty() {
            assert_eq!(cursor.lagged, lagged, "K3: each lag is told once");
            assert_eq!(lagged + read.len() as u64, accepted.len() as u64, "each value is read or told as lost");
        }
        let gone: BTreeSet<_> = read.iter().chain(&displaced).chain(&aborted).copied().collect();
        assert_eq!(gone, accepted, "K7: each accepted value is read, displaced or discarded");
        let ledger = Arc::clone(&self.ledger);
        drop(self);
        ledger.assert_settled();
    }
}

fn run(seed: u64) {
    let random = &mut Random::new(seed);
    let mut case = Case::new(random);
    let mut reader = case.buffer.reader().expect("a cursor");
    let mut side = reader.share().expect("a share");
    for _ in 0..random.below(6) {
        let stint = random.pick(&[Stint::Free, Stint::Free, Stint::Paired]);
        case.stint(stint, [&mut reader, &mut side], random);
    }
    case.stint(Stint::Last, [&mut reader, &mut side], random);
    drop(side);
    case.settle(&reader);
}

#[test]
fn m1_what_passes_through_a_lane_is_what_was_said_and_counted() {
    const BUDGET: Duration = Duration::from_secs(2);
    within(60, "m1_what_passes_through_a_lane_is_what_was_said_and_counted", || {
        let (begin, mut seed) = (Instant::now(), 0);
        while begin.elapsed() < BUDGET {
            let result = std::panic::catch_unwind(|| run(seed));
            assert!(result.is_ok(), "seed {seed}");
            seed += 1;
        }
    });
}
