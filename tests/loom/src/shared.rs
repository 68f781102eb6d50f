//! The scenarios of the lane of shared values: what is cloned outside the doors while it is overwritten,
//! and while somebody closes the lane.
//!
//! Those with more than two threads look at the words of the slots alone, which say who is looking.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aimdb_core::buffer::{Buffer, BufferCfg, Looks, Pinning, Since, TryRecvError};
use loom::cell::UnsafeCell;

use crate::ledger::Ledger;
use crate::schedule::thread;
use crate::verbs::{Tags, drain, look, overwriting_with_lane, reader, recv, ring_with_late_lane, try_recv};

fn ring(capacity: usize) -> Tags {
    overwriting_with_lane(&BufferCfg::SpmcRing { capacity })
}

fn latest() -> Tags {
    overwriting_with_lane(&BufferCfg::SingleLatest)
}

/// What the outcome says of the cursor: the value, or none.
fn seen(outcome: Result<u32, TryRecvError>) -> u32 {
    outcome.unwrap_or(0)
}

/// A value is overwritten while it is pinned, cloned, or unpinned.
pub fn k7_a_ring_is_overwritten_under_a_clone() {
    Ledger::audit(|ledger| {
        let buffer = ring(1);
        let mut reader = reader(&buffer);
        buffer.push(ledger.tag(1));
        let reading = thread::spawn(move || {
            let outcome = try_recv(&mut reader);
            (outcome, reader)
        });
        buffer.push(ledger.tag(2));
        let (first, mut reader) = reading.join().unwrap();
        match first {
            Ok(1) => assert_eq!(try_recv(&mut reader), Ok(2)),
            told => assert_eq!((told, try_recv(&mut reader)), (Err(TryRecvError::Lagged(1)), Ok(2))),
        }
        let counters = buffer.metrics().counters;
        assert_eq!((counters.accepted, counters.overwritten), (2, 1));
    });
}

/// The first value comes while the first reader looks: either makes the lane, and the next value meets a
/// clone that is made by the machine's leave, or in the lane.
pub fn k7_the_lane_is_made_under_a_clone() {
    Ledger::audit(|ledger| {
        let buffer = ring_with_late_lane();
        let mut reader = reader(&buffer);
        let reading = thread::spawn(move || (seen(try_recv(&mut reader)), reader));
        buffer.push(ledger.tag(1));
        buffer.push(ledger.tag(2));
        let (first, mut reader) = reading.join().unwrap();
        let left = drain_now(&mut reader);
        assert!(first == 2 && left.is_empty() || left == [2], "{first}, then {left:?}");
        let counters = buffer.metrics().counters;
        assert_eq!((counters.accepted, counters.overwritten), (2, 1));
        assert_eq!(counters.delivered + counters.lagged, 2);
    });
}

/// A cursor loses values while it looks.
pub fn k3_a_lag_is_told_once() {
    Ledger::audit(|ledger| {
        let buffer = ring(2);
        let mut reader = reader(&buffer);
        buffer.push(ledger.tag(1));
        buffer.push(ledger.tag(2));
        let writing = thread::spawn({
            let (buffer, values) = (buffer.clone(), [3, 4].map(|id| ledger.tag(id)));
            move || values.map(|value| buffer.push(value))
        });
        let (mut sum, mut last, mut told) = (0, 0, 0);
        let mut look = |outcome: Result<u32, TryRecvError>| match outcome {
            Ok(id) => {
                assert!(id == last + 1, "in order: {id} after {last}");
                (sum, last) = (sum + 1, id);
            }
            Err(TryRecvError::Lagged(lag)) => {
                last += u32::try_from(lag).unwrap();
                sum += u32::try_from(lag).unwrap();
                told += lag;
            }
            Err(_) => {}
        };
        look(try_recv(&mut reader));
        writing.join().unwrap();
        for _ in 0..5 {
            look(try_recv(&mut reader));
        }
        assert_eq!((sum, last), (4, 4), "each value is read or told of");
        assert_eq!(reader.metrics().counters.lagged, told, "and counted so");
    });
}

/// The newest value, while it is replaced under a peek.
pub fn k_the_latest_value_is_replaced_under_a_peek() {
    Ledger::audit(|ledger| {
        let buffer = latest();
        buffer.push(ledger.tag(1));
        let peeking = thread::spawn({
            let buffer = buffer.clone();
            move || [(); 2].map(|()| buffer.peek().map_or(0, |value| value.id))
        });
        buffer.push(ledger.tag(2));
        let [first, second] = peeking.join().unwrap();
        assert!(first >= 1 && second >= first, "{first} {second}");
    });
}

/// A reader looks at the newest by its own end while a value comes, and somebody closes the lane to count.
pub fn k_a_reader_looks_at_the_latest_value() {
    Ledger::audit(|ledger| {
        let buffer = latest();
        let mut reader = reader(&buffer);
        buffer.push(ledger.tag(1));
        assert_eq!((try_recv(&mut reader), look(&reader).map(|value| value.id)), (Ok(1), Some(1)));
        let looking = thread::spawn(move || {
            let first = look(&reader).map_or(1, |value| value.id);
            let second = look(&reader).map_or(first, |value| value.id);
            (first, second, reader)
        });
        buffer.push(ledger.tag(2));
        assert_eq!(buffer.metrics().counters.accepted, 2);
        let (first, second, mut reader) = looking.join().unwrap();
        assert!(first >= 1 && (first..=2).contains(&second), "{first} {second}");
        assert_eq!(try_recv(&mut reader), Ok(2));
    });
}

/// A slot whose value was overwritten under a clone is filled again.
pub fn k7_a_spare_slot_goes_round() {
    Ledger::audit(|ledger| {
        let buffer = latest();
        let mut reader = reader(&buffer);
        buffer.push(ledger.tag(1));
        let reading = thread::spawn(move || seen(try_recv(&mut reader)));
        buffer.push(ledger.tag(2));
        assert!((1..=2).contains(&reading.join().unwrap()));
        // Whether a spare slot was used or not, there is one.
        buffer.push(ledger.tag(3));
        buffer.push(ledger.tag(4));
        assert_eq!(buffer.peek().map(|value| value.id), Some(4));
    });
}

/// A reader comes to a lane in which nobody may look, while the writer goes on there.
pub fn k7_a_reader_ends_the_quiet() {
    Ledger::audit(|ledger| {
        let buffer = latest();
        let mut reader = reader(&buffer);
        // Nobody has looked at two values: the second is published in a quiet lane.
        buffer.push(ledger.tag(1));
        buffer.push(ledger.tag(2));
        let reading = thread::spawn(move || (seen(try_recv(&mut reader)), reader));
        buffer.push(ledger.tag(3));
        let (first, mut reader) = reading.join().unwrap();
        let left = drain_now(&mut reader);
        assert!(first == 3 && left.is_empty() || first == 2 && left == [3], "{first}, then {left:?}");
        let counters = buffer.metrics().counters;
        assert_eq!((counters.accepted, counters.overwritten), (3, 2));
    });
}

/// The writer goes by how far its reader has come, comes to the value that is looked at, and past it.
pub fn k7_the_writer_goes_by_how_far_its_reader_has_come() {
    Ledger::audit(|ledger| {
        let buffer = ring(3);
        let (mut reader, sender) = (reader(&buffer), buffer.sender());
        let send = |id| sender.try_push(ledger.tag(id)).expect("it is open");
        (1..=3).for_each(send);
        assert_eq!([(); 2].map(|()| try_recv(&mut reader)), [Ok(1), Ok(2)]);
        let reading = thread::spawn(move || (try_recv(&mut reader), reader));
        // The third of these is over the value that is looked at, and the second without an exchange.
        (4..=6).for_each(send);
        let (first, mut reader) = reading.join().unwrap();
        assert!(matches!(first, Ok(3) | Err(TryRecvError::Lagged(1))), "{first:?}");
        assert_eq!(drain_now(&mut reader), [4, 5, 6]);
        assert_eq!(buffer.metrics().counters.overwritten, 3);
    });
}

/// Of two readers one is past the value that the writer comes to.
pub fn k7_the_writer_goes_by_the_slowest_reader() {
    Ledger::audit(|ledger| {
        let buffer = ring(1);
        let (mut late, mut early) = (reader(&buffer), reader(&buffer));
        buffer.push(ledger.tag(1));
        assert_eq!(try_recv(&mut early), Ok(1));
        let reading = thread::spawn(move || (try_recv(&mut late), late));
        buffer.push(ledger.tag(2));
        let (first, mut late) = reading.join().unwrap();
        match first {
            Ok(1) => assert_eq!(try_recv(&mut late), Ok(2)),
            told => assert_eq!((told, try_recv(&mut late)), (Err(TryRecvError::Lagged(1)), Ok(2))),
        }
        assert_eq!(try_recv(&mut early), Ok(2));
    });
}

/// A reader that stands in the writer's way is no more reckoned with, while it comes for a value after all.
pub fn k7_a_reader_in_the_way_is_sent_away() {
    Ledger::audit(|ledger| {
        let buffer = ring(1);
        let mut reader = reader(&buffer);
        // The writer asks twice whether it has looked; the third value is published without it.
        (1..=2).for_each(|id| buffer.push(ledger.tag(id)));
        let reading = thread::spawn(move || (try_recv(&mut reader), reader));
        buffer.push(ledger.tag(3));
        let (first, mut reader) = reading.join().unwrap();
        assert!(matches!(first, Err(TryRecvError::Lagged(1 | 2))), "{first:?}");
        assert_eq!(drain_now(&mut reader).last(), Some(&3));
        let counters = reader.metrics().counters;
        assert_eq!(counters.delivered + counters.lagged, 3);
    });
}

/// The lane is opened while a reader has yet to come to the window: all of that is in its way.
pub fn k7_a_reader_is_behind_when_the_lane_is_opened() {
    Ledger::audit(|ledger| {
        let buffer = ring(1);
        let mut reader = reader(&buffer);
        buffer.push(ledger.tag(1));
        assert_eq!(try_recv(&mut reader), Ok(1));
        (2..=3).for_each(|id| buffer.push(ledger.tag(id)));
        assert_eq!(buffer.metrics().counters.overwritten, 2, "which closes it");
        let reading = thread::spawn(move || ([(); 2].map(|()| try_recv(&mut reader)), reader));
        buffer.push(ledger.tag(4));
        let (seen, mut reader) = reading.join().unwrap();
        assert!(matches!(seen[0], Err(TryRecvError::Lagged(1 | 2))), "{seen:?}");
        assert_eq!(seen.into_iter().flatten().chain(drain_now(&mut reader)).last(), Some(4), "{seen:?}");
    });
}

/// A lane in which nobody may look gets a reader in the place of one that might.
pub fn k4_a_cursor_comes_to_a_quiet_lane() {
    Ledger::audit(|ledger| {
        let buffer = latest();
        let mut early = reader(&buffer);
        buffer.push(ledger.tag(1));
        assert_eq!(try_recv(&mut early), Ok(1));
        drop(early);
        (2..=5).for_each(|id| buffer.push(ledger.tag(id)));
        let mut late = reader(&buffer);
        let reading = thread::spawn(move || (seen(try_recv(&mut late)), late));
        buffer.push(ledger.tag(6));
        let (first, mut late) = reading.join().unwrap();
        let left = drain_now(&mut late);
        assert!(first == 6 && left.is_empty() || first == 5 && left == [6], "{first}, then {left:?}");
    });
}

/// The shell displaces what a reader of the lane is looking at: the reader disposes of it.
pub fn s5_a_forced_value_meets_a_clone() {
    Ledger::audit(|ledger| {
        let buffer = ring(1);
        let mut reader = reader(&buffer);
        buffer.push(ledger.tag(1));
        let reading = thread::spawn(move || (try_recv(&mut reader), reader));
        let displaced = buffer.force_push(ledger.tag(2)).expect("it is open").map(|value| value.id);
        let (first, mut reader) = reading.join().unwrap();
        match first {
            Ok(1) => assert!(matches!(displaced, None | Some(1))),
            told => assert_eq!((told, displaced), (Err(TryRecvError::Lagged(1)), Some(1))),
        }
        buffer.push(ledger.tag(3));
        let left = drain_now(&mut reader);
        assert_eq!(left.last(), Some(&3));
    });
}

fn drain_now(reader: &mut aimdb_core::buffer::Reader<crate::ledger::Tag>) -> Vec<u32> {
    let mut values = Vec::new();
    loop {
        match try_recv(reader) {
            Ok(value) => values.push(value),
            Err(TryRecvError::Lagged(_)) => {}
            Err(_) => return values,
        }
    }
}

/// A close meets a publish and a reader that clones.
pub fn c1_a_ring_is_closed_beside_both_ends() {
    Ledger::audit(|ledger| {
        let buffer = ring(1);
        let mut reader = reader(&buffer);
        buffer.push(ledger.tag(1));
        let writing = thread::spawn({
            let (buffer, value) = (buffer.clone(), ledger.tag(2));
            move || buffer.try_push(value).is_ok()
        });
        let reading = thread::spawn(move || drain(&mut reader));
        buffer.close();
        let (stored, values) = (writing.join().unwrap(), reading.join().unwrap());
        assert!(values == [1] && !stored || values == [1, 2] && stored || values == [2] && stored, "{values:?}");
    });
}

/// An abort discards what a reader of the lane is looking at; the reader has it all the same.
pub fn c2_an_abort_meets_a_clone() {
    Ledger::audit(|ledger| {
        let buffer = ring(2);
        let (mut first, mut second) = (reader(&buffer), reader(&buffer));
        buffer.push(ledger.tag(1));
        buffer.push(ledger.tag(2));
        let reading = thread::spawn(move || try_recv(&mut first));
        assert_eq!(buffer.abort(), 2);
        let outcome = reading.join().unwrap();
        assert!(matches!(outcome, Ok(1) | Err(TryRecvError::Lagged(1 | 2) | TryRecvError::Closed)), "{outcome:?}");
        assert_eq!(try_recv(&mut second), Err(TryRecvError::Closed));
        assert_eq!(buffer.metrics().counters.aborted, 2);
    });
}

/// Somebody counts beside both ends: what was accepted was delivered, lost or is there.
pub fn m1_a_ring_is_counted_beside_both_ends() {
    Ledger::audit(|ledger| {
        let buffer = ring(1);
        let mut reader = reader(&buffer);
        buffer.push(ledger.tag(1));
        let both = thread::spawn({
            let (buffer, value) = (buffer.clone(), ledger.tag(2));
            move || {
                buffer.push(value);
                let _ = try_recv(&mut reader);
                reader
            }
        });
        let counters = buffer.metrics().counters;
        assert!(counters.accepted - counters.overwritten == 1, "{counters:?}");
        let reader = both.join().unwrap();
        let counters = reader.metrics().counters;
        assert_eq!((counters.accepted, counters.delivered + counters.lagged + counters.readable), (2, 2));
    });
}

/// A reader that is about to wait meets a publish in the lane.
pub fn w1_a_reader_of_a_ring_goes_to_wait() {
    Ledger::audit(|ledger| {
        let buffer = ring(2);
        let mut reader = reader(&buffer);
        buffer.push(ledger.tag(1));
        assert_eq!(try_recv(&mut reader), Ok(1));
        let reading = thread::spawn(move || recv(&mut reader));
        buffer.push(ledger.tag(2));
        assert_eq!(reading.join().unwrap(), Ok(2));
    });
}

/// A cursor comes, and one leaves, beside a publish.
pub fn k4_a_cursor_comes_and_one_leaves() {
    Ledger::audit(|ledger| {
        let buffer = ring(2);
        let first = reader(&buffer);
        buffer.push(ledger.tag(1));
        let writing = thread::spawn({
            let (buffer, value) = (buffer.clone(), ledger.tag(2));
            move || buffer.push(value)
        });
        let mut second = reader(&buffer);
        drop(first);
        writing.join().unwrap();
        buffer.push(ledger.tag(3));
        let values = drain_now(&mut second);
        assert!(values == [2, 3] || values == [3], "{values:?}");
    });
}

/// A slot with its word. Of the value, only who is at it matters: the model sees to that.
struct Slot {
    looks: Looks,
    value: UnsafeCell<()>,
    /// How often it was taken out. Not seen by the model checker.
    emptied: AtomicUsize,
}

impl Slot {
    /// With the value that has the number 0.
    fn new() -> Arc<Self> {
        let slot = Self { looks: Looks::new(1).unwrap(), value: UnsafeCell::new(()), emptied: AtomicUsize::new(0) };
        slot.looks.of(0).set(Some(0));
        Arc::new(slot)
    }

    /// Looks at the value if it is there; whether the last look was this one, and the slot is to go back.
    fn look(&self) -> Option<bool> {
        self.look_if(self.looks.of(0).pin(0) == Pinning::Pinned)
    }

    /// The same at whatever value is there.
    fn look_at_any(&self) -> Option<bool> {
        self.look_if(self.looks.of(0).pin_any() == Pinning::Pinned)
    }

    /// The same at one that is new to a cursor which has seen none.
    fn look_at_a_new_one(&self) -> Option<bool> {
        self.look_if(matches!(self.looks.of(0).pin_since(0), Since::Value(0, ())))
    }

    fn look_if(&self, is_pinned: bool) -> Option<bool> {
        if !is_pinned {
            return None;
        }
        self.read();
        self.looks.of(0).unpin()?;
        self.empty();
        Some(self.looks.of(0).vacate())
    }

    fn read(&self) {
        assert_eq!(self.emptied.load(Ordering::Relaxed), 0, "it is there");
        self.value.with(|_| ());
    }

    fn empty(&self) {
        assert_eq!(self.emptied.fetch_add(1, Ordering::Relaxed), 0, "it is taken out once");
        self.value.with_mut(|_| ());
    }
}

/// A value is published while a reader looks for it: whoever pins it sees it.
pub fn k7_a_value_is_seen_by_whoever_pins_it() {
    let slot = Slot::new();
    let writing = thread::spawn({
        let slot = Arc::clone(&slot);
        move || {
            assert!(slot.looks.of(0).displace(), "nobody looks for the value before");
            slot.value.with_mut(|_| ());
            slot.looks.of(0).publish(1);
        }
    });
    if slot.looks.of(0).pin(1) == Pinning::Pinned {
        slot.read();
        assert!(slot.looks.of(0).unpin().is_none());
    }
    writing.join().unwrap();
}

/// Two look at a value that is displaced: one of the three empties the slot, when nobody looks.
pub fn k7_two_look_at_what_is_displaced() {
    let slot = Slot::new();
    let looking = [0, 1].map(|_| {
        let slot = Arc::clone(&slot);
        thread::spawn(move || slot.look())
    });
    let alone = slot.looks.of(0).displace();
    if alone {
        slot.empty();
    } else if slot.looks.of(0).is_vacant() {
        // It came back by then: it is the writer's to fill.
        slot.value.with_mut(|_| ());
    }
    let last: Vec<_> = looking.into_iter().filter_map(|one| one.join().unwrap()).collect();
    assert_eq!(last, if alone { vec![] } else { vec![false] });
}

/// The newest value is displaced while two look, who want whatever is there, and whatever is new: nobody comes to one that is doomed.
pub fn k7_two_look_at_the_newest_while_it_is_displaced() {
    let slot = Slot::new();
    let looking = [Slot::look_at_any, Slot::look_at_a_new_one].map(|look| {
        let slot = Arc::clone(&slot);
        thread::spawn(move || look(&slot))
    });
    let alone = slot.looks.of(0).displace();
    if alone {
        slot.empty();
    }
    let last: Vec<_> = looking.into_iter().filter_map(|one| one.join().unwrap()).collect();
    assert_eq!(last, if alone { vec![] } else { vec![false] });
}

/// A value that was looked at by the machine's leave is displaced under a look of the lane's: who
/// disposes of it comes after both.
pub fn k7_looks_of_both_kinds_have_ended() {
    let slot = Slot::new();
    let looking = thread::spawn({
        let slot = Arc::clone(&slot);
        move || slot.look()
    });
    slot.read();
    let alone = slot.looks.of(0).displace();
    if alone {
        slot.empty();
    }
    assert_eq!(looking.join().unwrap(), (!alone && slot_is_vacant(&slot)).then_some(false));
}

fn slot_is_vacant(slot: &Slot) -> bool {
    slot.looks.of(0).is_vacant()
}

/// The lane is closed while the last look at a displaced value ends: the slot is given back once.
pub fn k7_a_slot_that_was_left_is_given_back_once() {
    let slot = Slot::new();
    assert_eq!(slot.looks.of(0).pin(0), Pinning::Pinned);
    assert!(!slot.looks.of(0).displace());
    let looking = thread::spawn({
        let slot = Arc::clone(&slot);
        move || {
            slot.read();
            assert!(slot.looks.of(0).unpin().is_some(), "it is the last");
            slot.empty();
            slot.looks.of(0).vacate()
        }
    });
    let back = slot.looks.of(0).leave();
    if back {
        slot.value.with_mut(|_| ());
    }
    assert!(back != looking.join().unwrap(), "by one of the two");
}

/// The machine gives a value up while two looks at it end: one of the three disposes of it.
pub fn k7_the_machine_lets_go_under_looks() {
    let slot = Slot::new();
    let pinned = [0, 1].map(|_| slot.looks.of(0).pin(0));
    assert_eq!(pinned, [Pinning::Pinned; 2]);
    let looking = pinned.map(|_| {
        let slot = Arc::clone(&slot);
        thread::spawn(move || {
            slot.read();
            slot.looks.of(0).unpin().map(|_| {
                slot.empty();
                slot.looks.of(0).vacate()
            })
        })
    });
    slot.read();
    let mine = slot.looks.of(0).let_go(None);
    if mine {
        slot.empty();
    }
    let last: Vec<_> = looking.into_iter().filter_map(|one| one.join().unwrap()).collect();
    assert_eq!(last, if mine { vec![] } else { vec![true] }, "whoever it is gives the slot back");
}
