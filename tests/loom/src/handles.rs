//! Handles of aimdb-ffi: looked up, held, freed and used again, by two or three threads.
//!
//! What is behind a handle says which thing it is, and has a word that whoever holds it writes and one that whoever
//! looks reads; dropping it writes both. So loom sees whoever comes too late, and two who hold at once.
#![allow(unsafe_code)]

use std::sync::Arc;

use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;

use crate::status::{Answer, Status};
use crate::table::Table;

/// How often each of the things was dropped.
type Drops = [AtomicUsize; 4];

struct Thing {
    number: usize,
    looked_at: UnsafeCell<bool>,
    held: UnsafeCell<u32>,
    drops: Arc<Drops>,
}

// SAFETY: that the cells are reached by one thread at a time is what the model looks at.
unsafe impl Sync for Thing {}

impl Thing {
    fn look(&self, number: usize) {
        assert_eq!(self.number, number, "a handle reached another thing");
        // SAFETY: as above.
        assert!(self.looked_at.with(|there| unsafe { *there }), "it was dropped");
    }

    fn work(&self, number: usize) {
        self.look(number);
        // SAFETY: as above.
        self.held.with_mut(|times| unsafe { *times += 1 });
    }
}

impl Drop for Thing {
    fn drop(&mut self) {
        // SAFETY: as above.
        self.looked_at.with_mut(|there| unsafe { *there = false });
        // SAFETY: as above.
        self.held.with_mut(|times| unsafe { *times += 1 });
        self.drops[self.number].fetch_add(1, Ordering::Relaxed);
    }
}

struct House {
    table: Table<Thing>,
    drops: Arc<Drops>,
}

impl House {
    fn new() -> Arc<Self> {
        Arc::new(Self { table: Table::new(), drops: Arc::new(std::array::from_fn(|_| AtomicUsize::new(0))) })
    }

    fn put(&self, number: usize) -> u64 {
        self.put_as(number, true)
    }

    fn put_as(&self, number: usize, may_be_held: bool) -> u64 {
        let (looked_at, held) = (UnsafeCell::new(true), UnsafeCell::new(0));
        let thing = Thing { number, looked_at, held, drops: Arc::clone(&self.drops) };
        let Ok(handle) = self.table.insert(thing, may_be_held) else { panic!("there are places") };
        handle
    }

    fn look(&self, handle: u64, number: usize) -> Answer {
        self.table.pin(handle).map(|pin| pin.look(number))
    }

    fn work(&self, handle: u64, number: usize) -> Answer {
        self.table.hold(handle).map(|grip| grip.work(number))
    }

    fn free(&self, handle: u64) -> Answer {
        self.table.retire(handle, |_| true)
    }

    fn drops(&self, number: usize) -> usize {
        self.drops[number].load(Ordering::Relaxed)
    }
}

fn freed_or(status: Status, answer: Answer) {
    assert!(matches!(answer, Ok(()) | Err(Status::BAD_HANDLE)) || answer == Err(status), "{answer:?}");
}

/// Threads that each do something with the house.
fn beside<R: 'static>(house: &Arc<House>, does: impl FnOnce(&House) -> R + 'static) -> thread::JoinHandle<R> {
    let house = Arc::clone(house);
    thread::spawn(move || does(&house))
}

/// One looks, one frees.
pub fn a_look_meets_a_free() {
    for may_be_held in [true, false] {
        let house = House::new();
        let handle = house.put_as(0, may_be_held);
        let other = beside(&house, move |house| house.look(handle, 0));
        assert_eq!(house.free(handle), Ok(()));
        assert_eq!(house.look(handle, 0), Err(Status::BAD_HANDLE));
        freed_or(Status::BAD_HANDLE, other.join().unwrap());
        assert_eq!(house.drops(0), 1);
    }
}

/// One holds, one frees.
pub fn a_hold_meets_a_free() {
    let house = House::new();
    let handle = house.put(0);
    let other = beside(&house, move |house| house.work(handle, 0));
    assert_eq!(house.free(handle), Ok(()));
    assert_eq!(house.work(handle, 0), Err(Status::BAD_HANDLE));
    freed_or(Status::BAD_HANDLE, other.join().unwrap());
    assert_eq!(house.drops(0), 1);
}

/// Two hold, one frees. They never hold at once, and one that is told of another met one.
pub fn two_holds_meet_a_free() {
    let house = House::new();
    let handle = house.put(0);
    let others = [(); 2].map(|()| beside(&house, move |house| house.work(handle, 0)));
    assert_eq!(house.free(handle), Ok(()));
    let answers = others.map(|other| other.join().unwrap());
    answers.iter().for_each(|answer| freed_or(Status::BUSY, *answer));
    assert_ne!(answers, [Err(Status::BUSY); 2]);
    assert_eq!(house.drops(0), 1);
}

/// Two hold, and nobody frees: one may be told of the other, and both have let go at the end.
pub fn two_holds_meet() {
    let house = House::new();
    let handle = house.put(0);
    let other = beside(&house, move |house| house.work(handle, 0));
    let here = house.work(handle, 0);
    let there = other.join().unwrap();
    assert!([here, there].contains(&Ok(())));
    assert!([here, there].iter().all(|answer| matches!(answer, Ok(()) | Err(Status::BUSY))));
    assert_eq!(house.work(handle, 0), Ok(()));
    assert_eq!(house.drops(0), 0);
}

/// One holds, one looks, one frees.
pub fn a_hold_and_a_look_meet_a_free() {
    let house = House::new();
    let handle = house.put(0);
    let holds = beside(&house, move |house| house.work(handle, 0));
    let looks = beside(&house, move |house| house.look(handle, 0));
    assert_eq!(house.free(handle), Ok(()));
    freed_or(Status::BAD_HANDLE, holds.join().unwrap());
    freed_or(Status::BAD_HANDLE, looks.join().unwrap());
    assert_eq!(house.drops(0), 1);
}

/// Two free, one of them from inside a call that holds.
pub fn two_free() {
    let house = House::new();
    let handle = house.put(0);
    let other = beside(&house, move |house| {
        let grip = house.table.hold(handle);
        let freed = house.free(handle);
        if let Ok(grip) = grip {
            grip.work(0);
        }
        freed
    });
    let here = house.free(handle);
    let there = other.join().unwrap();
    let mut answers = [here, there];
    answers.sort_by_key(Result::is_err);
    assert_eq!(answers, [Ok(()), Err(Status::BAD_HANDLE)]);
    assert_eq!(house.drops(0), 1);
}

/// One frees, and another that was told so by a look does not hold it after that.
pub fn a_hold_comes_after_a_look_that_was_refused() {
    let house = House::new();
    let handle = house.put(0);
    let other = beside(&house, move |house| (house.look(handle, 0), house.work(handle, 0)));
    assert_eq!(house.free(handle), Ok(()));
    let (looked, held) = other.join().unwrap();
    assert!(looked.is_ok() || held == Err(Status::BAD_HANDLE), "{looked:?}, then {held:?}");
    assert_eq!(house.drops(0), 1);
}

/// A place is used again while a thread comes with the old handle: it reaches nothing new, and stands in nobody's
/// way.
pub fn an_old_handle_meets_a_new_one() {
    let house = House::new();
    let old = house.put(0);
    let other = beside(&house, move |house| house.work(old, 0));
    assert_eq!(house.free(old), Ok(()));
    let new = house.put(1);
    assert_ne!(old, new);
    assert_eq!(house.work(new, 1), Ok(()));
    assert_eq!(house.look(new, 1), Ok(()));
    freed_or(Status::BAD_HANDLE, other.join().unwrap());
    assert_eq!((house.drops(0), house.drops(1)), (1, 0));
    assert_eq!(house.free(new), Ok(()));
    assert_eq!((house.drops(0), house.drops(1)), (1, 1));
}

/// The same with a thread that only looks, or frees once more.
pub fn an_old_handle_is_looked_up_and_freed_again() {
    let house = House::new();
    let old = house.put(0);
    let other = beside(&house, move |house| (house.look(old, 0), house.free(old)));
    let freed = house.free(old);
    let new = house.put(1);
    assert_eq!(house.work(new, 1), Ok(()));
    let (looked, freed_there) = other.join().unwrap();
    freed_or(Status::BAD_HANDLE, looked);
    assert_ne!(freed, freed_there);
    assert_eq!((house.drops(0), house.drops(1)), (1, 0));
}

/// Two give places back and take some: each has its own.
pub fn places_are_given_back_and_taken() {
    let house = House::new();
    let (first, second) = (house.put(0), house.put(1));
    let other = beside(&house, move |house| {
        assert_eq!(house.free(first), Ok(()));
        house.put(2)
    });
    assert_eq!(house.free(second), Ok(()));
    let here = house.put(3);
    let there = other.join().unwrap();
    assert_ne!(here as u32, there as u32);
    assert_eq!((house.look(there, 2), house.look(here, 3)), (Ok(()), Ok(())));
    assert_eq!((house.drops(0), house.drops(1)), (1, 1));
}

/// Two take a place while a third is given back and taken: the list of free places is not confused by one that comes
/// back as its first.
pub fn a_place_comes_back_as_the_first() {
    let house = House::new();
    let (first, second) = (house.put(0), house.put(1));
    assert_eq!((house.free(second), house.free(first)), (Ok(()), Ok(())));
    let other = beside(&house, |house| house.put(2));
    // The first of the list is taken and given back, and the second stays taken.
    let (taken, kept) = (house.put(0), house.put(3));
    assert_eq!(house.free(taken), Ok(()));
    let there = other.join().unwrap();
    assert_ne!(kept as u32, there as u32);
    assert_eq!((house.look(there, 2), house.look(kept, 3)), (Ok(()), Ok(())));
    let last = house.put(1);
    assert!(last as u32 != kept as u32 && last as u32 != there as u32);
}

/// Two put something into an empty table.
pub fn a_table_grows_under_two_threads() {
    let house = House::new();
    let other = beside(&house, |house| house.put(0));
    let here = house.put(1);
    let there = other.join().unwrap();
    assert_ne!(here, there);
    assert_eq!((house.work(there, 0), house.work(here, 1)), (Ok(()), Ok(())));
}
