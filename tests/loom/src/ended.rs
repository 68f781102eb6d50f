//! The scenarios of threads that end: what they leave at their doors is the next thread's.
//!
//! Their [`Life`] stands for the last that they do: its end is that of the thread, and what comes behind it is what
//! other destructors store.

use aimdb_core::buffer::TryRecvError;
use aimdb_core::waiting::Life;

use crate::ledger::Ledger;
use crate::schedule::thread;
use crate::verbs::{Tags, reader, try_recv, with_lane};

/// A thread that stores two values, the second only where it can at once, and ends: it may be at its flag while the door
/// is shut, and has ended when that changes hands. Says how many it stored.
fn stores_two_and_ends(ledger: &Ledger, buffer: &Tags) -> thread::JoinHandle<u32> {
    let (buffer, [value, last]) = (buffer.clone(), [1, 2].map(|id| ledger.tag(id)));
    thread::spawn(move || {
        let _life = Life::begin();
        buffer.push(value);
        1 + u32::from(buffer.push_at_once(last).is_ok())
    })
}

/// A thread ends while the next comes to its door: as its heir, or beside it.
pub fn k6_a_thread_that_ends_leaves_its_flag_to_the_next() {
    Ledger::audit(|ledger| {
        let buffer = with_lane(4);
        let mut reader = reader(&buffer);
        let ending = stores_two_and_ends(ledger, &buffer);
        buffer.push(ledger.tag(4));
        buffer.push(ledger.tag(8));
        let stored = ending.join().unwrap();
        let sum: u32 = core::iter::from_fn(|| try_recv(&mut reader).ok()).sum();
        assert_eq!(sum, 12 + (1 << stored) - 1, "each value once");
    });
}

/// What a thread stores at its very end, when the next may have its door, it stores as nobody.
pub fn k6_a_thread_stores_at_its_very_end() {
    Ledger::audit(|ledger| {
        let buffer = with_lane(4);
        let mut reader = reader(&buffer);
        let ending = thread::spawn({
            let (buffer, values) = (buffer.clone(), [1, 2].map(|id| ledger.tag(id)));
            move || {
                let life = Life::begin();
                let [value, last] = values;
                buffer.push(value);
                drop(life);
                buffer.push(last);
            }
        });
        [3, 4].into_iter().for_each(|id| buffer.push(ledger.tag(id)));
        ending.join().unwrap();
        let values = [(); 4].map(|()| try_recv(&mut reader).unwrap());
        assert_eq!((values.iter().sum::<u32>(), try_recv(&mut reader)), (10, Err(TryRecvError::Empty)));
    });
}

/// Between the owner of a door and its heir another thread had the owner's place in the roll, and has ended, too.
pub fn k6_a_place_in_the_roll_is_used_again() {
    Ledger::audit(|ledger| {
        let buffer = with_lane(3);
        let mut reader = reader(&buffer);
        let owner = stores_two_and_ends(ledger, &buffer);
        let between = thread::spawn(|| drop(Life::begin()));
        buffer.push(ledger.tag(4));
        between.join().unwrap();
        let stored = owner.join().unwrap();
        let sum: u32 = core::iter::from_fn(|| try_recv(&mut reader).ok()).sum();
        assert_eq!(sum, 4 + (1 << stored) - 1, "each value once");
    });
}
