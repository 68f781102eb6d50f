//! The scenario of copies that are made while somebody writes: of the stamps alone, since a model checker cannot
//! follow the words of a value.

use std::sync::Arc;

use aimdb_core::buffer::Stamps;
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
                ring.0.write(0, number, || ring.1.iter().for_each(|word| word.store(number + 1, Relaxed)));
            }
        }
    });
    // The number that the stamp says is that of a value which is there, or is being replaced.
    if let Some(number) = ring.0.number(0) {
        assert!(number < 3);
        if let Some(words) = ring.0.read(0, number, || [ring.1[0].load(Relaxed), ring.1[1].load(Relaxed)]) {
            assert_eq!(words, [number + 1; 2]);
        } else {
            assert_ne!(ring.0.number(0), Some(number), "it was there, so it is being replaced");
        }
    }
    for number in 0..3 {
        if let Some(words) = ring.0.read(0, number, || [ring.1[0].load(Relaxed), ring.1[1].load(Relaxed)]) {
            assert_eq!(words, [number + 1; 2]);
        }
    }
    writing.join().unwrap();
    assert!(ring.0.read(0, 2, || ()).is_some() && ring.0.read(0, 1, || ()).is_none());
    assert_eq!(ring.0.number(0), Some(2));
}
