//! The scenarios of values that are read where they lie, as the records of aimdb-sync-embassy-c have them: what passes the
//! shell says which value it is, and the value lies in a cell of the model beside the slot. The model fails when one
//! writes a cell while another is there.
#![allow(unsafe_code)]

use std::sync::Arc;

use aimdb_core::buffer::{Cloning, Held, Layout, RecvError, Shell, SlotCell, Slots, State, TryRecvError, UserCode};
use aimdb_core::pure::{
    Both, Claim, Cursor, CursorId, DropCause, Entry, Kind, Policy, Readers, SlotMeta, Start, Storage, Table, TableFull,
    With,
};
use aimdb_core::waiting::{Clock, Lock, WaitQueue};
use loom::cell::UnsafeCell;
use loom::sync::Mutex;

use crate::schedule::{block_on, thread};

/// Which value it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Parcel(u32);

struct Model;

// SAFETY: the lock is a mutex; slots are vectors of as many cells as the shell is told of; the tables are vectors, and
// parcels are numbers.
unsafe impl Layout<Parcel> for Model {
    type Storage = Model;
    type Lock = ModelLock;
    type Slots = Cells;
    type Code = Model;
    type Clock = Model;
}

impl Storage<WaitQueue> for Model {
    type Rows = Both<Rows<Entry>, Rows<SlotMeta>>;
    type Cursors = With<Rows<Cursor<WaitQueue>>, Readers>;
}

struct ModelLock(Mutex<State<Model>>);

impl Lock<State<Model>> for ModelLock {
    fn with<R>(&self, critical: impl FnOnce(&mut State<Model>) -> R) -> R {
        critical(&mut self.0.lock().unwrap())
    }
}

struct Rows<E>(Vec<E>, usize);

impl<E> AsRef<[E]> for Rows<E> {
    fn as_ref(&self) -> &[E] {
        &self.0
    }
}

impl<E> AsMut<[E]> for Rows<E> {
    fn as_mut(&mut self) -> &mut [E] {
        &mut self.0
    }
}

impl<E> Table<E> for Rows<E> {
    fn append(&mut self, element: E) -> Result<(), TableFull> {
        if self.0.len() == self.1 {
            return Err(TableFull);
        }
        self.0.push(element);
        Ok(())
    }

    fn limit(&self) -> usize {
        self.1
    }
}

struct Cells {
    parcels: Vec<SlotCell<Parcel>>,
    values: Vec<UnsafeCell<u32>>,
}

// SAFETY: what the model is to show: a cell is touched by whoever holds its slot.
unsafe impl Sync for Cells {}

impl Cells {
    fn read(&self, held: &Held<'_>) -> u32 {
        // SAFETY: the slot is held.
        self.values[held.slot() as usize].with(|value| unsafe { *value })
    }
}

impl Slots<Parcel> for Cells {
    type Chunk = ();

    fn cell(&self, slot: u32) -> &SlotCell<Parcel> {
        &self.parcels[slot as usize]
    }

    fn brings(&self, claim: &Claim, value: &Parcel) {
        // SAFETY: the slot is claimed.
        self.values[claim.slot() as usize].with_mut(|cell| unsafe { *cell = value.0 });
    }

    fn prepare(&self) -> Result<(), TableFull> {
        Err(TableFull)
    }

    fn install(&self, (): (), _: impl FnOnce(u32) -> bool) -> Result<(), ()> {
        Err(())
    }
}

static CLONES: Cloning<Parcel> = Cloning::allowed();

impl UserCode<Parcel> for Model {
    fn cloning(&self) -> &Cloning<Parcel> {
        &CLONES
    }

    fn degrade(&self, value: Parcel) -> Parcel {
        value
    }

    fn dropped(&self, _value: Parcel, _cause: DropCause) {}
}

impl Clock for Model {
    fn now(&self) -> u64 {
        0
    }
}

/// A record of C, with a cursor.
struct Record(Shell<Parcel, Model>, CursorId);

impl Record {
    fn new(kind: Kind, capacity: usize, slots: u32) -> Arc<Self> {
        let rows = slots as usize;
        let state = State::new(
            kind,
            capacity,
            Both::new(Rows(vec![], rows), Rows(vec![], rows), slots),
            With::new(Rows(vec![], 1)),
            0,
        );
        let cells = Cells {
            parcels: (0..slots).map(|_| SlotCell::new()).collect(),
            values: (0..slots).map(|_| UnsafeCell::new(0)).collect(),
        };
        let shell = Shell::from_parts(ModelLock(Mutex::new(state)), cells, Model, Model);
        let cursor = shell.subscribe(Start::Oldest).unwrap();
        Arc::new(Self(shell, cursor))
    }

    fn send(&self, value: u32) -> bool {
        block_on(self.0.push_async(Parcel(value))).is_ok()
    }

    fn try_recv(&self) -> Result<u32, TryRecvError> {
        self.0.try_recv_in_place(self.1, |cells, held| cells.read(&held))
    }

    fn recv(&self) -> Result<u32, RecvError> {
        block_on(self.0.recv_in_place(self.1, |cells: &Cells, held: Held<'_>| cells.read(&held)))
    }
}

const PAUSING: Kind = Kind::Bounded(Policy::PauseUpstream);

/// A sender has more values than places, and waits for the reader, who waits for the sender. The bytes of a slot are
/// read before it is filled again.
pub fn k7_values_in_place_pass_one_place() {
    let record = Record::new(PAUSING, 1, 3);
    let sender = thread::spawn({
        let record = Arc::clone(&record);
        move || assert!(record.send(1) && record.send(2) && record.send(3))
    });
    for value in 1..=3 {
        assert_eq!(record.recv(), Ok(value));
    }
    sender.join().unwrap();
    assert_eq!(record.try_recv(), Err(TryRecvError::Empty));
}

/// Two read what one cursor has, each value once.
pub fn k7_two_read_in_place_by_one_cursor() {
    let record = Record::new(PAUSING, 2, 4);
    let other = thread::spawn({
        let record = Arc::clone(&record);
        move || record.recv().unwrap()
    });
    assert!(record.send(1) && record.send(2));
    let mine = record.recv().unwrap();
    let theirs = other.join().unwrap();
    assert!((mine, theirs) == (1, 2) || (mine, theirs) == (2, 1), "{mine} and {theirs}");
}

/// A ring is overwritten under its reader, who has what it began to read.
pub fn k3_a_ring_is_overwritten_under_a_read_in_place() {
    let record = Record::new(Kind::SpmcRing, 1, 3);
    let sender = thread::spawn({
        let record = Arc::clone(&record);
        move || (1..=3).for_each(|value| record.0.try_push(Parcel(value)).unwrap())
    });
    let (mut read, mut lagged) = (0, 0);
    // Three values: each look finds one, or a lag before one, or nothing yet.
    let mut look = || match record.try_recv() {
        Ok(value) => {
            assert!(value > read, "{value} after {read}");
            read = value;
        }
        Err(TryRecvError::Lagged(lag)) => lagged += lag,
        Err(other) => assert_eq!(other, TryRecvError::Empty),
    };
    look();
    look();
    sender.join().unwrap();
    look();
    look();
    assert_eq!(read, 3);
    assert!(lagged <= 2);
}

/// A close meets a reader and a sender that wait.
pub fn c1_a_close_meets_a_read_in_place() {
    let record = Record::new(PAUSING, 1, 3);
    let reader = thread::spawn({
        let record = Arc::clone(&record);
        move || record.recv()
    });
    let sender = thread::spawn({
        let record = Arc::clone(&record);
        move || record.send(1)
    });
    record.0.close();
    let (read, sent) = (reader.join().unwrap(), sender.join().unwrap());
    assert_eq!(read, if sent { Ok(1) } else { Err(RecvError::Closed) });
}
