//! The scenarios of a lane that comes late: the first end makes it, while others are at work on the record.

use aimdb_core::buffer::TryRecvError;

use crate::ledger::Ledger;
use crate::schedule::thread;
use crate::verbs::{drain, reader, try_recv, with_late_lane};

/// Both ends come first, and each makes the lane.
pub fn k6_both_ends_make_the_lane() {
    Ledger::audit(|ledger| {
        let buffer = with_late_lane(1);
        let mut reader = reader(&buffer);
        let sending = thread::spawn({
            let (buffer, value) = (buffer.clone(), ledger.tag(1));
            move || buffer.try_push(value).is_ok()
        });
        let early = try_recv(&mut reader);
        assert!(sending.join().unwrap(), "there is room");
        assert_eq!(early.or_else(|_| try_recv(&mut reader)), Ok(1));
        assert_eq!(try_recv(&mut reader), Err(TryRecvError::Empty));
        let counters = buffer.metrics().counters;
        assert_eq!((counters.accepted, counters.delivered), (1, 1));
    });
}

/// A close meets a sender that makes the lane: whoever has the lock knows of it, and none is open after.
pub fn c1_a_close_meets_the_first_sender() {
    Ledger::audit(|ledger| {
        let buffer = with_late_lane(2);
        let mut reader = reader(&buffer);
        let sending = thread::spawn({
            let (buffer, value) = (buffer.clone(), ledger.tag(1));
            move || buffer.try_push(value).is_ok()
        });
        buffer.close();
        assert!(buffer.try_push(ledger.tag(2)).is_err(), "C1: closed is closed");
        let stored = sending.join().unwrap();
        assert_eq!(drain(&mut reader), if stored { vec![1] } else { vec![] });
    });
}
