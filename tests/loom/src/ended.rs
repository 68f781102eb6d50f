//! The scenarios of threads that end: what they leave at their doors is the next thread's.
//!
//! Their [`Life`] stands for the last that they do: its end is that of the thread, and what comes behind it is what
//! other destructors store.

use aimdb_core::buffer::TryRecvError;
use aimdb_core::waiting::Life;

use crate::ledger::Ledger;
use crate::schedule::thread;
use crate::verbs::{reader, try_recv, with_lane};

/// A thread stores its value and ends while the next comes to its door: as its heir, or beside it.
pub fn k6_a_thread_that_ends_leaves_its_flag_to_the_next() {
    Ledger::audit(|ledger| {
        let buffer = with_lane(3);
        let mut reader = reader(&buffer);
        let ending = thread::spawn({
            let (buffer, value) = (buffer.clone(), ledger.tag(1));
            move || {
                let _life = Life::begin();
                buffer.push(value);
            }
        });
        buffer.push(ledger.tag(2));
        assert!(buffer.metrics().occupancy >= 1, "with the doors shut");
        buffer.push(ledger.tag(3));
        ending.join().unwrap();
        let values = [(); 3].map(|()| try_recv(&mut reader).unwrap());
        assert_eq!((values.iter().sum::<u32>(), try_recv(&mut reader)), (6, Err(TryRecvError::Empty)));
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
        let owner = thread::spawn({
            let (buffer, value) = (buffer.clone(), ledger.tag(1));
            move || {
                let _life = Life::begin();
                buffer.push(value);
            }
        });
        let between = thread::spawn(|| drop(Life::begin()));
        buffer.push(ledger.tag(2));
        owner.join().unwrap();
        between.join().unwrap();
        assert_eq!(try_recv(&mut reader).unwrap() + try_recv(&mut reader).unwrap(), 3);
        assert_eq!(try_recv(&mut reader), Err(TryRecvError::Empty));
    });
}
