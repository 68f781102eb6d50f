//! The machine against a reference that is too simple to be wrong: a list of all values ever
//! accepted, the number of the oldest that is kept, and a position for each cursor.

extern crate std;

use std::vec::Vec;

use super::*;
use crate::pure::{Both, Policy, SlotMeta, Table, Verdict, With};

/// Storage that a test can look into.
struct VecStorage;

impl<W> Storage<W> for VecStorage {
    type Rows = Both<Vec<Entry>, Vec<SlotMeta>>;
    type Cursors = With<Vec<Cursor<W>>, Readers>;
}

fn rows(slots: u32) -> Both<Vec<Entry>, Vec<SlotMeta>> {
    Both::new(Vec::new(), Vec::new(), slots)
}

impl<E> Table<E> for Vec<E> {
    fn append(&mut self, element: E) -> Result<(), TableFull> {
        self.push(element);
        Ok(())
    }

    fn limit(&self) -> usize {
        usize::MAX
    }
}

/// A small generator (splitmix64), so that a seed names a run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

struct Reader {
    id: CursorId,
    at: usize,
}

/// What the reference expects of a read.
#[derive(Debug, PartialEq)]
enum Expected {
    Value(u32),
    Lagged(u64),
    Empty,
    Closed,
}

struct Reference {
    kind: Kind,
    capacity: usize,
    values: Vec<u32>,
    oldest: usize,
    closed: bool,
}

impl Reference {
    /// The oldest value that is kept follows from who still has to read it.
    fn settle(&mut self, readers: &[Reader]) {
        if !self.kind.retains()
            && let Some(slowest) = readers.iter().map(|reader| reader.at).min()
        {
            self.oldest = self.oldest.max(slowest);
        }
    }

    fn read(&self, reader: &mut Reader) -> Expected {
        let lost = self.oldest.saturating_sub(reader.at);
        reader.at = reader.at.max(self.oldest);
        if reader.at == self.values.len() {
            if self.closed {
                return Expected::Closed;
            }
            return if lost > 0 && self.kind.tells_lag() { Expected::Lagged(lost as u64) } else { Expected::Empty };
        }
        if lost > 0 && self.kind.tells_lag() {
            return Expected::Lagged(lost as u64);
        }
        reader.at += 1;
        Expected::Value(self.values[reader.at - 1])
    }
}

/// The values that lie in the slots, as storey 2 would keep them.
#[derive(Default)]
struct Slots(Vec<Option<u32>>);

impl Slots {
    fn fill(&mut self, slot: u32, value: u32) {
        if self.0.len() <= slot as usize {
            self.0.resize(slot as usize + 1, None);
        }
        assert_eq!(self.0[slot as usize].replace(value), None, "a claimed slot is empty");
    }

    fn empty(&mut self, slot: u32) -> u32 {
        self.0[slot as usize].take().expect("an owned slot is full")
    }
}

fn run(kind: Kind, capacity: usize, first_number: u64, seed: u64) {
    let random = &mut Random(seed);
    let slots = &mut Slots::default();
    let mut log: Log<(), VecStorage> =
        Log::new(kind, capacity, rows(capacity as u32 + 3), With::new(Vec::new()), first_number);
    let mut reference = Reference { kind, capacity, values: Vec::new(), oldest: 0, closed: false };
    let mut readers: Vec<Reader> = Vec::new();
    let mut looks: Vec<(Pinned, u32)> = Vec::new();
    let mut stamp = 0;
    for _ in 0..200 {
        match random.below(12) {
            0..=4 => {
                let expected = if reference.closed {
                    Room::Closed
                } else if reference.values.len() - reference.oldest < reference.capacity {
                    Room::Free
                } else {
                    Room::Full
                };
                assert_eq!(log.room(), expected);
                if expected == Room::Closed
                    || (expected == Room::Full && kind.when_full().verdict() != Verdict::Displace)
                {
                    continue;
                }
                // A look may hold a slot that the window needs; the storage then adds one.
                let claim = log.claim().unwrap_or_else(|_| {
                    log.back(slots.0.len() as u32 + 1);
                    log.claim().expect("a slot was added")
                });
                stamp += 1;
                slots.fill(claim.0, stamp);
                let displaced = log.publish(claim).expect("the heap has room");
                if let Some(doomed) = displaced {
                    assert_eq!(slots.empty(doomed.owned.0), reference.values[reference.oldest]);
                    log.release(doomed.owned.0);
                }
                if expected == Room::Full {
                    reference.oldest += 1;
                }
                reference.values.push(stamp);
            }
            5..=7 if !readers.is_empty() => {
                let which = random.below(readers.len() as u64) as usize;
                let expected = reference.read(&mut readers[which]);
                let got = match log.next(readers[which].id, false) {
                    Next::Move(owned) => {
                        let value = slots.empty(owned.0);
                        log.release(owned.0);
                        Expected::Value(value)
                    }
                    Next::Clone(pinned) => {
                        let value = slots.0[pinned.0 as usize].expect("a pinned slot is full");
                        looks.push((pinned, value));
                        Expected::Value(value)
                    }
                    Next::Lagged(lag) => Expected::Lagged(lag),
                    Next::Empty => Expected::Empty,
                    Next::Closed => Expected::Closed,
                };
                assert_eq!(got, expected);
                reference.settle(&readers);
            }
            8 if readers.is_empty() || (readers.len() < 3 && !kind.shares_cursor()) => {
                let id = log.subscribe(Start::Live, || ()).expect("the heap has room");
                let at = match kind {
                    Kind::SpmcRing => reference.values.len(),
                    Kind::SingleLatest => reference.oldest,
                    Kind::Mailbox | Kind::Bounded(_) if readers.is_empty() => reference.oldest,
                    Kind::Mailbox | Kind::Bounded(_) => reference.values.len(),
                };
                readers.push(Reader { id, at });
            }
            9 if !readers.is_empty() => {
                let reader = readers.swap_remove(random.below(readers.len() as u64) as usize);
                log.leave(reader.id);
                reference.settle(&readers);
                if reference.closed && readers.is_empty() && kind != Kind::SingleLatest {
                    reference.oldest = reference.values.len();
                }
            }
            10 if !readers.is_empty() && random.below(3) == 0 => {
                let which = random.below(readers.len() as u64) as usize;
                log.skip_to_newest(readers[which].id);
                let reader = &mut readers[which];
                reader.at = reader.at.max(reference.oldest).max(reference.values.len().saturating_sub(1));
                reference.settle(&readers);
            }
            11 if random.below(40) == 0 => {
                let had = log.cursors.beside().serials > 0;
                log.close();
                reference.closed = true;
                if had && readers.is_empty() && kind != Kind::SingleLatest {
                    reference.oldest = reference.values.len();
                }
            }
            _ => {
                // A reader that was slow to clone is done.
                if let Some((pinned, value)) = looks.pop() {
                    assert_eq!(slots.0[pinned.0 as usize], Some(value), "a pinned value stays");
                    if let Some(doomed) = log.unpin(pinned) {
                        slots.empty(doomed.owned.0);
                        log.release(doomed.owned.0);
                    }
                }
            }
        }
        while let Some(doomed) = log.next_doomed() {
            slots.empty(doomed.owned.0);
            log.release(doomed.owned.0);
        }
        assert_eq!(log.len(), reference.values.len() - reference.oldest, "{kind:?} {capacity} seed {seed}");
        assert!(log.occupancy() <= capacity);
        for reader in &readers {
            let counters = log.cursor_counters(reader.id);
            let known = counters.delivered + counters.lagged + counters.skipped + counters.readable;
            assert_eq!(counters.accepted, known, "m1: {kind:?} {capacity} seed {seed}");
        }
    }
    // What is pinned and what is in the window is all that is left.
    for (pinned, _) in looks {
        if let Some(doomed) = log.unpin(pinned) {
            slots.empty(doomed.owned.0);
            log.release(doomed.owned.0);
        }
    }
    while log.discard_oldest() {
        let doomed = log.next_doomed().expect("nothing is pinned");
        slots.empty(doomed.owned.0);
        log.release(doomed.owned.0);
    }
    assert!(slots.0.iter().all(Option::is_none), "k7: {kind:?} {capacity} seed {seed}: a value was forgotten");
}

const KINDS: [Kind; 6] = [
    Kind::SpmcRing,
    Kind::SingleLatest,
    Kind::Mailbox,
    Kind::Bounded(Policy::PauseUpstream),
    Kind::Bounded(Policy::DropOldest),
    Kind::Bounded(Policy::DropNewest),
];

fn capacities(kind: Kind) -> &'static [usize] {
    match kind {
        Kind::SingleLatest | Kind::Mailbox => &[1],
        Kind::SpmcRing | Kind::Bounded(_) => &[1, 2, 3, 5],
    }
}

#[test]
fn k1_to_k7_the_machine_does_what_a_list_would_do() {
    for kind in KINDS {
        for &capacity in capacities(kind) {
            for seed in 0..150 {
                run(kind, capacity, 0, seed);
            }
        }
    }
}

#[test]
fn b12_the_numbers_may_wrap() {
    for kind in KINDS {
        for &capacity in capacities(kind) {
            for seed in 0..30 {
                run(kind, capacity, u64::MAX - 20, seed);
            }
        }
    }
}

#[test]
fn k3_the_value_after_a_lag_is_the_oldest_retained() {
    let mut log: Log<(), VecStorage> = Log::new(Kind::SpmcRing, 3, rows(5), With::new(Vec::new()), 0);
    let cursor = log.subscribe(Start::Live, || ()).expect("the heap has room");
    for _ in 0..10 {
        let claim = log.claim().expect("a slot is free");
        if let Some(doomed) = log.publish(claim).expect("the heap has room") {
            log.release(doomed.owned.0);
        }
    }
    assert!(matches!(log.next(cursor, false), Next::Lagged(7)));
    assert_eq!(log.cursor_counters(cursor).readable, 3);
}

#[test]
fn c1_a_promise_holds_nobody_back_on_a_closed_record() {
    let mut log: Log<(), VecStorage> =
        Log::new(Kind::Bounded(Policy::PauseUpstream), 2, rows(4), With::new(Vec::new()), 0);
    let cursor = log.subscribe(Start::Live, || ()).expect("the heap has room");
    let claim = log.claim().expect("a slot is free");
    assert!(log.publish(claim).expect("the heap has room").is_none());
    log.grant(cursor);
    assert!(matches!(log.next(cursor, false), Next::Empty), "it is promised to another");
    log.close();
    assert!(matches!(log.next(cursor, false), Next::Move(_)));
}
