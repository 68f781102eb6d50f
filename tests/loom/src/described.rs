//! The lean records of C: a constant that leads to their memory says what their values, places and cursors are. They are asked here
//! what the functions of C's header ask.
//!
//! Values of one word are those of C, moved inside the critical section. With the feature `large` they are moved outside, and C's
//! are bytes, copied where no checker looks: so they have a form of their own here, whose copies it follows.
#![allow(unsafe_code)]

use std::marker::PhantomData;

use crate::latest::{ByteLatest, LATEST_BYTES};
use crate::lean::{End, FOR_EVER};
use crate::mailbox::{ByteMailbox, MailboxState};
use crate::queue::{ByteQueue, ByteState};
use crate::queues::Section;
use crate::turns::{Model, Stage};

#[cfg(not(feature = "large"))]
mod value {
    pub(super) use crate::lean::Word as Shape;

    /// Room for a value.
    pub(super) struct Room(u32);

    impl Room {
        pub(super) fn with(id: u32) -> Self {
            Self(id)
        }

        pub(super) fn id(&self) -> u32 {
            self.0
        }
    }
}

#[cfg(feature = "large")]
mod value {
    use loom::cell::UnsafeCell;
    use loom::sync::atomic::{AtomicU32, Ordering::Relaxed};

    use crate::lean::Form;

    /// Room for a value.
    pub(super) struct Room {
        /// Whoever is here alone says so.
        alone: UnsafeCell<()>,
        words: [AtomicU32; 2],
    }

    impl Room {
        pub(super) fn with(id: u32) -> Self {
            Self { alone: UnsafeCell::new(()), words: [AtomicU32::new(id), AtomicU32::new(id)] }
        }

        pub(super) fn id(&self) -> u32 {
            let [one, other] = self.words.each_ref().map(|word| word.load(Relaxed));
            assert_eq!(one, other, "torn");
            one
        }
    }

    pub(super) enum Shape {}

    impl Form for Shape {
        type Start = Room;

        const IS_WORD: bool = false;

        unsafe fn copy(from: *const Room, to: *mut Room, size: u32) {
            // SAFETY: by this function's contract, as the checker sees.
            unsafe {
                (*from).alone.with(|_| (*to).alone.with_mut(|_| Self::write(to, from, size)));
            }
        }

        unsafe fn write(place: *mut Room, value: *const Room, size: u32) {
            assert_eq!(size as usize, size_of::<Room>());
            for at in 0..2 {
                // SAFETY: by this function's contract.
                unsafe { (*place).words[at].store((*value).words[at].load(Relaxed), Relaxed) };
            }
        }

        unsafe fn read(place: *mut Room, there: *mut Room, size: u32) {
            // SAFETY: by this function's contract.
            unsafe { Self::write(there, place, size) };
        }
    }
}

use value::{Room, Shape};

/// The constant of a record, as C lays it out.
#[repr(C)]
struct Description {
    tag: u32,
    value_size: u32,
    state: *mut u64,
    places: *mut Room,
    /// Of a queue which place is its last, and that its senders wait; of a latest value how many cursors.
    more: [u8; 4],
}

/// What a program in C has of a record.
struct Memory<R> {
    description: Description,
    /// All zero at the start.
    _state: Vec<u64>,
    /// One more than the record has.
    places: Vec<Room>,
    record: PhantomData<fn() -> R>,
}

// SAFETY: what the pointers lead to is the record's, which may be used from everywhere.
unsafe impl<R> Send for Memory<R> {}
// SAFETY: as above.
unsafe impl<R> Sync for Memory<R> {}

impl<R> Memory<R> {
    fn new(state: usize, places: usize, more: [u8; 4]) -> Self {
        let mut memory = vec![0; state.div_ceil(8)];
        let mut rooms: Vec<_> = (0..=places).map(|_| Room::with(0)).collect();
        let description = Description {
            tag: 0,
            value_size: size_of::<Room>() as u32,
            state: memory.as_mut_ptr(),
            places: rooms.as_mut_ptr(),
            more,
        };
        Self { description, _state: memory, places: rooms, record: PhantomData }
    }

    /// The record.
    fn it(&self) -> &R {
        assert!(size_of::<R>() <= size_of::<Description>());
        // SAFETY: each of these records is laid out as C does it.
        unsafe { &*(&raw const self.description).cast() }
    }
}

impl<R> Drop for Memory<R> {
    fn drop(&mut self) {
        // Not when a model has failed: then nothing can be looked at.
        if !std::thread::panicking() {
            assert_eq!(self.places.last().map(Room::id), Some(0), "behind the last place nothing is written");
        }
    }
}

type Queue = ByteQueue<Section, Shape>;
type Mailbox = ByteMailbox<Section, Shape>;
type Latest = ByteLatest<Section, Shape>;

/// Where their values lie: one is moved inside, others outside.
const MAILBOX_PLACES: usize = if cfg!(feature = "large") { 3 } else { 1 };
const LATEST_PLACES: usize = if cfg!(feature = "large") { 2 } else { 1 };

fn queue(places: u8) -> Memory<Queue> {
    Memory::new(size_of::<ByteState>(), places.into(), [places - 1, 3, 0, 0])
}

fn mailbox() -> Memory<Mailbox> {
    Memory::new(size_of::<MailboxState>(), MAILBOX_PLACES, [0; 4])
}

fn latest(cursors: u32) -> Memory<Latest> {
    let state = LATEST_BYTES[0] + LATEST_BYTES[1] * cursors as usize;
    Memory::new(state, LATEST_PLACES, cursors.to_ne_bytes())
}

/// A value that is sent.
fn write(id: u32, sends: impl FnOnce(*const u8) -> bool) -> bool {
    let room = Room::with(id);
    sends((&raw const room).cast())
}

/// As each blocking read of C: one that finds nothing goes to wait. None when there will be none, or the time is up.
fn read(takes: impl FnOnce(*mut u8) -> bool, waits: impl FnOnce(*mut u8) -> bool) -> Option<u32> {
    let mut room = Room::with(0);
    let there = (&raw mut room).cast();
    (takes(there) || waits(there)).then(|| room.id())
}

impl Memory<Queue> {
    fn sends(&self, id: u32) -> bool {
        self.sends_within(id, FOR_EVER)
    }

    fn sends_within(&self, id: u32, ticks: u64) -> bool {
        // SAFETY: the queue is sound, and a value is there.
        write(id, |value| unsafe {
            self.it().stores(value) || self.it().waits::<Model>(value.cast_mut(), ticks, End::Senders)
        })
    }

    fn reads(&self) -> Option<u32> {
        self.reads_within(FOR_EVER)
    }

    fn reads_within(&self, ticks: u64) -> Option<u32> {
        // SAFETY: the queue is sound, and there is room.
        read(
            |there| unsafe { self.it().takes(there) },
            |there| unsafe { self.it().waits::<Model>(there, ticks, End::Readers) },
        )
    }
}

impl Memory<Mailbox> {
    fn sends(&self, id: u32) -> bool {
        // SAFETY: the mailbox is sound, and the value is there.
        write(id, |value| unsafe { self.it().stores(value) })
    }

    fn reads(&self) -> Option<u32> {
        // SAFETY: the mailbox is sound, and there is room.
        read(|there| unsafe { self.it().takes(there) }, |there| unsafe { self.it().waits::<Model>(there, FOR_EVER) })
    }
}

impl Memory<Latest> {
    fn sends(&self, id: u32) -> bool {
        // SAFETY: the record is sound, and the value is there.
        write(id, |value| unsafe { self.it().stores(value) })
    }

    fn reads(&self, cursor: u8) -> Option<u32> {
        self.reads_within(cursor, FOR_EVER)
    }

    fn reads_within(&self, cursor: u8, ticks: u64) -> Option<u32> {
        // SAFETY: the record is sound, and there is room.
        read(
            |there| unsafe { self.it().takes(cursor, there) },
            |there| unsafe { self.it().waits::<Model>(there, ticks, cursor) },
        )
    }
}

/// Three values pass through two places, whose ring begins anew: whoever finds none, or no room, waits.
pub fn w1_of_c_a_queue_is_sent_to_and_read() {
    let stage = Stage::new(queue(2), [1, 1]);
    let sending = stage.does(0, |queue| assert!((1..4).all(|id| queue.sends(id))));
    let had = stage.here(1, |queue| [(); 3].map(|()| queue.reads()));
    assert_eq!(had, [1, 2, 3].map(Some), "K6");
    sending.join().unwrap();
}

/// Two readers come, one of which waits for a short time, while a value does: one of the two has it, and a wake-up that is too late for
/// the one is the other's.
pub fn w2_of_c_a_reader_of_a_queue_leaves_in_time() {
    let stage = Stage::new(queue(2), [1, 1, 1]);
    let brief = stage.does(0, |queue| queue.reads_within(1));
    let patient = stage.does(1, |queue| queue.reads());
    stage.here(2, |queue| assert!(queue.sends(1)));
    let had = brief.join().unwrap();
    if had.is_some() {
        stage.here(2, |queue| assert!(queue.sends(2)));
    }
    assert_eq!(patient.join().unwrap(), Some(if had.is_some() { 2 } else { 1 }));
    // SAFETY: the queue is sound.
    let stats = stage.here(2, |queue| unsafe { queue.it().stats() });
    assert_eq!((stats.occupancy, stats.waiting_consumers), (0, 0));
}

/// Two readers come, one of which waits for a short time, while two values do: if both are there when its time is up, it has one.
#[cfg(feature = "large")]
pub fn w4_of_c_two_values_are_there_in_time() {
    let stage = Stage::new(queue(2), [1, 1, 1, 1]);
    let patient = stage.does(1, |queue| queue.reads());
    let sending = [2, 3].map(|who| stage.does(who, move |queue| assert!(queue.sends(who as u32))));
    // SAFETY: the queue is sound.
    let both_are_there = |queue: &Memory<Queue>| unsafe { queue.it().stats() }.counters.accepted == 2;
    let (had, both) = stage.in_time(0, |queue| queue.reads_within(1), both_are_there);
    for thread in sending {
        thread.join().unwrap();
    }
    let other = patient.join().unwrap();
    assert!(had.is_some() || !both, "W4: one was there for each");
    assert!(other.is_some() && had != other);
}

/// The same of two senders, and a place.
pub fn w2_of_c_a_sender_leaves_in_time() {
    let stage = Stage::new(queue(1), [1, 1, 1]);
    stage.here(2, |queue| assert!(queue.sends(1)));
    let brief = stage.does(0, |queue| queue.sends_within(2, 1));
    let patient = stage.does(1, |queue| assert!(queue.sends(3)));
    assert_eq!(stage.here(2, |queue| queue.reads()), Some(1));
    let sent = brief.join().unwrap();
    let mut had = vec![stage.here(2, |queue| queue.reads())];
    if sent {
        had.push(stage.here(2, |queue| queue.reads()));
    }
    patient.join().unwrap();
    had.sort_unstable();
    assert_eq!(had, if sent { vec![Some(2), Some(3)] } else { vec![Some(3)] });
}

/// A close meets a sender that waits, and a reader.
pub fn c1_of_c_a_queue_is_closed() {
    let stage = Stage::new(queue(1), [1, 1, 1]);
    let sending = stage.does(0, |queue| [1, 2].map(|id| queue.sends(id)));
    let reading = stage.does(1, |queue| [(); 2].map(|()| queue.reads()));
    // SAFETY: the queue is sound.
    stage.here(2, |queue| unsafe { queue.it().close() });
    let (sent, had) = (sending.join().unwrap(), reading.join().unwrap());
    assert_eq!(had, [sent[0].then_some(1), sent[1].then_some(2)]);
}

/// An abort meets a sender that waits, and a reader: each value is read, discarded or refused.
pub fn c2_of_c_a_queue_is_aborted() {
    let stage = Stage::new(queue(1), [1, 1, 1]);
    let sending = stage.does(0, |queue| [1, 2].map(|id| queue.sends(id)));
    let reading = stage.does(1, |queue| queue.reads());
    // SAFETY: the queue is sound, here and below.
    stage.here(2, |queue| unsafe { queue.it().abort() });
    let (sent, had) = (sending.join().unwrap(), reading.join().unwrap());
    assert_eq!(stage.here(2, |queue| queue.reads()), None);
    let stats = stage.here(2, |queue| unsafe { queue.it().stats() });
    let counters = stats.counters;
    assert_eq!(counters.accepted, sent.map(u64::from).iter().sum::<u64>(), "M1");
    assert_eq!((counters.delivered, stats.occupancy), (had.iter().count() as u64, 0));
    assert_eq!(counters.accepted, counters.delivered + counters.aborted, "M1");
}

/// A reader waits for the newest of two values.
pub fn w1_of_c_a_mailbox_is_sent_to_and_read() {
    let stage = Stage::new(mailbox(), [1, 1]);
    let sending = stage.does(0, |mailbox| assert!(mailbox.sends(1) && mailbox.sends(2)));
    let first = stage.here(1, |mailbox| mailbox.reads());
    assert!(first == Some(2) || first == Some(1) && stage.here(1, |mailbox| mailbox.reads()) == Some(2));
    sending.join().unwrap();
}

/// Two who send at the same time: one displaces the other, or a reader has both.
pub fn k6_of_c_a_mailbox_has_two_senders() {
    let stage = Stage::new(mailbox(), [1, 1, 1]);
    let sending = [0, 1].map(|who| stage.does(who, move |mailbox| assert!(mailbox.sends(who as u32 + 1))));
    let mut had: Vec<_> = stage.here(2, |mailbox| mailbox.reads()).into_iter().collect();
    for thread in sending {
        thread.join().unwrap();
    }
    // SAFETY: the mailbox is sound.
    let stats = stage.here(2, |mailbox| unsafe { mailbox.it().stats() });
    if stats.occupancy == 1 {
        had.extend(stage.here(2, |mailbox| mailbox.reads()));
    }
    assert!(had == [1] || had == [2] || had == [1, 2] || had == [2, 1], "{had:?}");
    assert_eq!(stats.counters.overwritten, 2 - had.len() as u64, "M1");
}

/// An abort meets a sender and a reader that waits.
pub fn c2_of_c_a_mailbox_is_aborted() {
    let stage = Stage::new(mailbox(), [1, 1, 1]);
    let sending = stage.does(0, |mailbox| mailbox.sends(1));
    let reading = stage.does(1, |mailbox| mailbox.reads());
    // SAFETY: the mailbox is sound, here and below.
    let discards = stage.here(2, |mailbox| unsafe { mailbox.it().abort() });
    let (sent, had) = (sending.join().unwrap(), reading.join().unwrap());
    assert_eq!(stage.here(2, |mailbox| mailbox.reads()), None);
    assert_eq!(had, (sent && !discards).then_some(1));
    let stats = stage.here(2, |mailbox| unsafe { mailbox.it().stats() });
    assert_eq!((stats.counters.aborted, stats.occupancy), (discards.into(), 0));
}

/// Two cursors wait for the newest of two values.
pub fn w1_of_c_a_latest_value_is_sent_and_read() {
    let stage = Stage::new(latest(2), [1, 1, 1]);
    let sending = stage.does(0, |latest| assert!(latest.sends(1) && latest.sends(2)));
    let follows = |cursor| {
        move |latest: &Memory<Latest>| {
            let first = latest.reads(cursor);
            assert!(first == Some(2) || first == Some(1) && latest.reads(cursor) == Some(2));
        }
    };
    let reading = stage.does(1, follows(0));
    stage.here(2, follows(1));
    reading.join().unwrap();
    sending.join().unwrap();
}

/// Two readers share a cursor, one of which waits for a short time, while a value comes: the mark that the one leaves behind does not keep
/// the other from it.
pub fn w2_of_c_a_reader_of_a_latest_value_leaves_in_time() {
    let stage = Stage::new(latest(1), [1, 1, 1]);
    let brief = stage.does(0, |latest| latest.reads_within(0, 1));
    let patient = stage.does(1, |latest| latest.reads(0));
    stage.here(2, |latest| assert!(latest.sends(1)));
    let had = brief.join().unwrap();
    if had.is_some() {
        stage.here(2, |latest| assert!(latest.sends(2)));
    }
    assert_eq!(patient.join().unwrap(), Some(if had.is_some() { 2 } else { 1 }));
    // SAFETY: the record is sound.
    let (stats, is_unseen) = stage.here(2, |latest| unsafe { latest.it().stats() });
    assert_eq!((stats.waiting_consumers, is_unseen), (0, false));
}

/// Two that share a cursor wait, the second more urgent. A value that comes when both stand there is the second's, and whoever has it
/// sends the other's.
pub fn w3_of_c_a_latest_value_comes_when_both_stand() {
    let stage = Stage::new(latest(1), [0, 1, 1]);
    let has = |latest: &Memory<Latest>| {
        let had = latest.reads(0).unwrap();
        if had == 1 {
            assert!(latest.sends(2));
        }
        had
    };
    let gives = stage.does(2, |latest| {
        // SAFETY: the record is sound.
        let stand = unsafe { latest.it().stats() }.0.waiting_consumers == 2;
        assert!(latest.sends(1));
        stand
    });
    let reads = stage.does(0, has);
    let had = stage.here(1, has);
    let mut all = [had, reads.join().unwrap()];
    all.sort_unstable();
    assert_eq!(all, [1, 2]);
    let both_stood = gives.join().unwrap();
    assert!(!both_stood || had == 1, "W3: it was the more urgent one's");
}

/// Two who send at the same time, beside a reader and whoever looks.
pub fn k2_of_c_a_latest_value_has_two_senders() {
    let stage = Stage::new(latest(1), [1, 1, 1]);
    let sending = [0, 1].map(|who| stage.does(who, move |latest| assert!(latest.sends(who as u32 + 1))));
    let first = stage.here(2, |latest| latest.reads(0));
    let looks = |latest: &Memory<Latest>| {
        let mut room = Room::with(0);
        // SAFETY: the record is sound, and there is room.
        assert!(unsafe { latest.it().copies((&raw mut room).cast()) });
        Some(room.id())
    };
    let second = stage.here(2, looks);
    for thread in sending {
        thread.join().unwrap();
    }
    let last = stage.here(2, looks);
    assert!(first == second || second == last, "{first:?}, {second:?}, {last:?}");
    // SAFETY: the record is sound.
    let (stats, is_unseen) = stage.here(2, |latest| unsafe { latest.it().stats() });
    assert_eq!((stats.counters.overwritten, is_unseen), (1, first != last), "M1");
}

/// A close meets a sender and a reader that waits.
pub fn c1_of_c_a_latest_value_is_closed() {
    let stage = Stage::new(latest(1), [1, 1, 1]);
    let sending = stage.does(0, |latest| latest.sends(1));
    let reading = stage.does(1, |latest| [(); 2].map(|()| latest.reads(0)));
    // SAFETY: the record is sound.
    stage.here(2, |latest| unsafe { latest.it().close() });
    let sent = sending.join().unwrap();
    assert_eq!(reading.join().unwrap(), [sent.then_some(1), None]);
}
