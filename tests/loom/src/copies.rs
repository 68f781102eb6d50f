//! The scenarios of copies that are made while somebody writes: of the stamps alone, with more schedules than the
//! lane that has them ([`crate::plain`]) could be run under.

use std::sync::Arc;

use aimdb_core::buffer::{Since, Stamp, Stamps};
use loom::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::schedule::thread;

/// Plain data that is overwritten while it is read: a copy that is kept is whole, and the one that was
/// asked for.
pub fn k_a_copy_that_is_kept_is_whole() {
    // One place of two words; the value with number n is n + 1 in both.
    let ring = Arc::new((Stamps::new(1).unwrap(), [AtomicU64::new(1), AtomicU64::new(1)]));
    ring.0.set(0, 0);
    let writing = thread::spawn({
        let ring = Arc::clone(&ring);
        move || {
            for number in 1..3 {
                ring.0.of(0).write(number, || ring.1.iter().for_each(|word| word.store(number + 1, Relaxed)));
            }
        }
    });
    // The number that the stamp says is that of a value which is there, or is being replaced.
    if let Some(number) = ring.0.of(0).number() {
        assert!(number < 3);
        if let Some(words) = ring.0.of(0).read(number, || [ring.1[0].load(Relaxed), ring.1[1].load(Relaxed)]) {
            assert_eq!(words, [number + 1; 2]);
        } else {
            assert_ne!(ring.0.of(0).number(), Some(number), "it was there, so it is being replaced");
        }
    }
    for number in 0..3 {
        if let Some(words) = ring.0.of(0).read(number, || [ring.1[0].load(Relaxed), ring.1[1].load(Relaxed)]) {
            assert_eq!(words, [number + 1; 2]);
        }
    }
    writing.join().unwrap();
    assert!(ring.0.of(0).read(2, || ()).is_some() && ring.0.of(0).read(1, || ()).is_none());
    assert_eq!(ring.0.of(0).number(), Some(2));
}

/// The same for a reader that wants whatever value is there, as one that looks at a latest value.
pub fn k_a_copy_of_the_newest_is_whole() {
    let latest = Arc::new((Stamp::new(), [AtomicU64::new(0), AtomicU64::new(0)]));
    let writing = thread::spawn({
        let latest = Arc::clone(&latest);
        move || {
            for number in 0..2 {
                latest.0.write(number, || latest.1.iter().for_each(|word| word.store(number + 1, Relaxed)));
            }
        }
    });
    let mut seen = 0;
    for _ in 0..2 {
        if let Some([one, other]) = latest.0.read_any(|| [latest.1[0].load(Relaxed), latest.1[1].load(Relaxed)]) {
            assert!(one == other && one > 0, "it is whole, and there is none before the first");
            assert!(one >= seen, "none comes after a newer one");
            seen = one;
        }
    }
    writing.join().unwrap();
    assert_eq!(latest.0.read_any(|| latest.1[0].load(Relaxed)), Some(2));
    latest.0.set(None);
    assert_eq!(latest.0.read_any(|| ()), None);
}

/// The same for a cursor of a latest value, which wants what has come since the last that it read.
pub fn k_a_copy_of_what_has_come_since_is_whole() {
    let latest = Arc::new((Stamp::new(), [AtomicU64::new(0), AtomicU64::new(0)]));
    let writing = thread::spawn({
        let latest = Arc::clone(&latest);
        move || {
            for number in 0..2 {
                latest.0.write(number, || latest.1.iter().for_each(|word| word.store(number + 1, Relaxed)));
            }
        }
    });
    let mut next = 0;
    for _ in 0..2 {
        let came = latest.0.has_come(next);
        match latest.0.read_since(next, || [latest.1[0].load(Relaxed), latest.1[1].load(Relaxed)]) {
            Since::Value(found, words) => {
                assert!(found >= next, "none comes twice");
                assert_eq!(words, [found + 1; 2], "it is whole, and the one that was said");
                next = found + 1;
            }
            Since::Nothing => assert!(!came, "what was seen to come is there, or being replaced"),
            Since::Busy => {}
        }
    }
    writing.join().unwrap();
    let left = latest.0.read_since(next, || latest.1[0].load(Relaxed));
    assert_eq!(left, if next < 2 { Since::Value(1, 2) } else { Since::Nothing });
    assert_eq!(latest.0.has_come(next), next < 2);
}
