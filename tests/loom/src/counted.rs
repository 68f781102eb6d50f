//! The scenarios of what several hold and the last one drops. It is the file of aimdb-core, over the atomics of the
//! model: in the records of the other models each step of such a count would be one more.

use std::sync::Arc;

use loom::cell::UnsafeCell;

use crate::schedule::{ModelAtomic, thread};
use aimdb_core::waiting::in_box;
use counted::{Block, Counted, Hold};

mod atomic {
    pub(super) use loom::sync::atomic::{AtomicUsize, Ordering};
}

#[path = "../../../aimdb-core/src/waiting/counted.rs"]
#[allow(missing_docs, dead_code)]
mod counted;

/// What is held: a word for each of its holders, which that one writes, and whoever drops it all of them. The model
/// fails when that is done while a holder writes, or by one who has not seen what was written.
struct Words {
    written: [UnsafeCell<()>; 3],
    drops: Arc<ModelAtomic>,
}

// SAFETY: that each cell is reached by one thread at a time is what the model looks at.
#[allow(unsafe_code)]
unsafe impl Sync for Words {}

impl Hold for Words {}

impl Words {
    fn write(&self, at: usize) {
        self.written[at].with_mut(|_| ());
    }
}

impl Drop for Words {
    fn drop(&mut self) {
        (0..self.written.len()).for_each(|at| self.write(at));
        self.drops.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }
}

/// Holds some words in a scenario, after which they were dropped once.
fn held(scenario: impl FnOnce(Counted<Words>)) {
    let drops = Arc::new(ModelAtomic::new(0));
    let written = std::array::from_fn(|_| UnsafeCell::new(()));
    scenario(Counted::new(Words { written, drops: Arc::clone(&drops) }).expect("there is memory"));
    assert_eq!(drops.load(std::sync::atomic::Ordering::Relaxed), 1, "K7: dropped once, and by the last");
}

/// Words behind another part, by which they are held, too.
#[repr(C)]
struct House {
    front: Front,
    words: Words,
}

struct Front(UnsafeCell<()>);

// SAFETY: as for `Words`.
#[allow(unsafe_code)]
unsafe impl Sync for Front {}

impl Hold for House {}

impl Hold for Front {
    #[allow(unsafe_code)]
    unsafe fn drop_block(block: std::ptr::NonNull<Block<Self>>) {
        // SAFETY: a front lies in a house only.
        drop(unsafe { Box::from_raw(block.cast::<Block<House>>().as_ptr()) });
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.front.0.with_mut(|_| ());
    }
}

/// One who holds a house by its front lets go while one who holds the whole of it does, and a third clones.
pub fn k7_a_house_goes_whole_whoever_lets_go_last() {
    let drops = Arc::new(ModelAtomic::new(0));
    let written = std::array::from_fn(|_| UnsafeCell::new(()));
    let house = House { front: Front(UnsafeCell::new(())), words: Words { written, drops: Arc::clone(&drops) } };
    let house = Counted::new(house).expect("there is memory");
    // SAFETY: a house begins with its front, which goes with it.
    #[allow(unsafe_code)]
    let front = unsafe { house.as_part::<Front>() }.clone();
    let others = [
        thread::spawn(move || {
            let second = front.clone();
            drop(front);
            second.0.with_mut(|_| ());
            drop(second);
        }),
        thread::spawn({
            let house = house.clone();
            move || {
                house.words.write(0);
                drop(house);
            }
        }),
    ];
    house.words.write(1);
    drop(house);
    others.into_iter().for_each(|other| other.join().unwrap());
    assert_eq!(drops.load(std::sync::atomic::Ordering::Relaxed), 1, "K7: dropped once, and by the last");
}

/// A thread that writes its word and lets go.
fn leaves(holder: Counted<Words>, at: usize) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        holder.write(at);
        drop(holder);
    })
}

/// Two let go while a third takes a second hold, and lets go of both.
pub fn k7_two_let_go_while_a_third_clones() {
    held(|first| {
        let others = [0, 1].map(|at| leaves(first.clone(), at));
        let second = first.clone();
        drop(first);
        second.write(2);
        drop(second);
        others.into_iter().for_each(|other| other.join().unwrap());
    });
}

/// A holder gives a hold to a thread of its own and lets go, while another lets go.
pub fn k7_a_hold_is_given_away_while_another_lets_go() {
    held(|first| {
        let giver = thread::spawn({
            let holder = first.clone();
            move || {
                let given = leaves(holder.clone(), 0);
                holder.write(1);
                drop(holder);
                given.join().unwrap();
            }
        });
        first.write(2);
        drop(first);
        giver.join().unwrap();
    });
}
