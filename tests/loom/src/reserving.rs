//! Places that are kept for values to come.

use aimdb_core::buffer::{Buffer, NotReserved, TryRecvError};

use crate::ledger::Ledger;
use crate::schedule::thread;
use crate::verbs::{bounded, drain, reader, send, try_recv, with_lane};

/// A place that is kept while another sends: the capacity is exact, and what has the place is not refused.
pub fn s9_a_kept_place_meets_a_push() {
    Ledger::audit(|ledger| {
        let buffer = with_lane(1);
        let mut reader = reader(&buffer);
        let (other, value) = (buffer.clone(), ledger.tag(1));
        let pushing = thread::spawn(move || other.try_push(value).is_ok());
        let kept = buffer.reserve();
        if kept == Ok(true) {
            assert!(buffer.push_reserved(ledger.tag(2)).is_ok(), "S9: its place was kept");
        } else {
            assert_eq!(kept, Err(NotReserved::Full));
        }
        let pushed = pushing.join().unwrap();
        assert!(pushed != (kept == Ok(true)), "K1: there is one place");
        buffer.close();
        assert_eq!(drain(&mut reader), if pushed { vec![1] } else { vec![2] });
    });
}

/// A place that is let go of while a sender comes to wait for it is that sender's.
pub fn s9_w2_a_place_that_is_let_go_of_is_the_next_senders() {
    Ledger::audit(|ledger| {
        let buffer = bounded(1);
        let mut reader = reader(&buffer);
        assert_eq!(buffer.reserve(), Ok(true));
        let (other, value) = (buffer.clone(), ledger.tag(1));
        let sending = thread::spawn(move || send(&other, value));
        buffer.unreserve();
        assert!(sending.join().unwrap().is_ok(), "W2: the place was passed on");
        assert_eq!(try_recv(&mut reader), Ok(1));
    });
}

/// A value comes to its place while the lane would open for others.
pub fn s9_a_kept_place_meets_a_pop_and_a_push() {
    Ledger::audit(|ledger| {
        let buffer = with_lane(2);
        let mut reader = reader(&buffer);
        assert!(buffer.try_push(ledger.tag(1)).is_ok());
        assert_eq!(buffer.reserve(), Ok(true));
        let (other, value) = (buffer.clone(), ledger.tag(2));
        let pushing = thread::spawn(move || other.try_push(value).is_ok());
        let first = try_recv(&mut reader);
        assert!(buffer.push_reserved(ledger.tag(3)).is_ok(), "S9: its place was kept");
        let pushed = pushing.join().unwrap();
        assert_eq!(first, Ok(1));
        buffer.close();
        let mut rest = drain(&mut reader);
        rest.sort_unstable();
        assert_eq!(rest, if pushed { vec![2, 3] } else { vec![3] });
    });
}

/// A close does not wait for a place that is kept, and gives its value back.
pub fn s9_c1_a_close_meets_a_kept_place() {
    Ledger::audit(|ledger| {
        let buffer = bounded(1);
        let mut reader = reader(&buffer);
        assert_eq!(buffer.reserve(), Ok(true));
        let other = buffer.clone();
        let closing = thread::spawn(move || other.close());
        let stored = buffer.push_reserved(ledger.tag(1)).is_ok();
        if !stored {
            buffer.unreserve();
        }
        closing.join().unwrap();
        assert_eq!(try_recv(&mut reader), if stored { Ok(1) } else { Err(TryRecvError::Closed) });
        assert_eq!(try_recv(&mut reader), Err(TryRecvError::Closed));
    });
}
