//! The scenarios that loom runs under every schedule: two or three threads, one wait path each.
//!
//! A scenario ends only when every thread in it has: a lost wake-up is a deadlock, which the model
//! checker reports. What else must hold is asserted, and the [`Ledger`] watches the values.

use core::pin::pin;
use core::task::{Context, Poll};

use aimdb_core::buffer::{Buffer, BufferCfg, FlushError, Reader, RecvError, TryRecvError};
use aimdb_core::pure::{Policy, Start};
use aimdb_core::waiting::{Deadline, Parker, SystemClock, ThreadParker, block_on_with};

use crate::ledger::{Ledger, Tag};
use crate::schedule::{ModelAtomic, block_on, thread};
use crate::verbs::{
    Tags, Wakes, bounded, buffer, drain, flush, poll_once, reader, recv, recv_and_cancel, refused, send,
    send_and_cancel, share, try_recv,
};

// ---- closing ------------------------------------------------------------------------------

/// A reader that waits meets a close: it drains, then ends.
pub fn c1_pop_meets_close() {
    Ledger::audit(|ledger| {
        let buffer = bounded(1);
        let mut reader = reader(&buffer);
        let popping = thread::spawn(move || drain(&mut reader));
        let stored = buffer.try_push(ledger.tag(1)).is_ok();
        buffer.close();
        let values = popping.join().unwrap();
        assert_eq!(values, if stored { vec![1] } else { vec![] }, "C1: drained, then closed");
    });
}

/// A sender that waits meets a close: its value comes back.
pub fn c1_blocked_push_meets_close() {
    Ledger::audit(|ledger| {
        let buffer = bounded(1);
        let mut reader = reader(&buffer);
        buffer.push(ledger.tag(1));
        let (other, value) = (buffer.clone(), ledger.tag(2));
        let pushing = thread::spawn(move || send(&other, value));
        buffer.close();
        assert_eq!(pushing.join().unwrap(), Err(2), "S1: the refused value travels back");
        assert_eq!(drain(&mut reader), [1]);
    });
}

/// A close, a pop and a blocked push: the value is delivered or comes back, never both.
pub fn c1_push_and_pop_meet_close() {
    Ledger::audit(|ledger| {
        let buffer = bounded(1);
        let mut reader = reader(&buffer);
        buffer.push(ledger.tag(1));
        let (other, value) = (buffer.clone(), ledger.tag(2));
        let pushing = thread::spawn(move || send(&other, value));
        let popping = thread::spawn(move || drain(&mut reader));
        buffer.close();
        let (sent, values) = (pushing.join().unwrap(), popping.join().unwrap());
        let want = if sent.is_ok() { vec![1, 2] } else { vec![1] };
        assert_eq!(values, want, "accepted is delivered, refused is not");
    });
}

/// A close wakes every share of a cursor, once each.
pub fn c1_close_wakes_both_shares() {
    Ledger::audit(|_| {
        let buffer = bounded(1);
        let (first, wakes) = (reader(&buffer), Wakes::default());
        let waiting = [share(&first), first].map(|mut reader| {
            let wakes = wakes.clone();
            thread::spawn(move || wakes.block_on(reader.recv()).map(|value| value.id))
        });
        buffer.close();
        for reader in waiting {
            assert_eq!(reader.join().unwrap(), Err(RecvError::Closed));
        }
        assert!(wakes.count() <= 2, "W2: one wake-up for each who waits");
    });
}

/// The promise to a reader that was overtaken keeps no other reader waiting on a closed buffer.
pub fn c1_a_promise_ends_with_the_close() {
    Ledger::audit(|ledger| {
        aimdb_core::waiting::set_model_clock(1_000_000);
        let buffer = bounded(2);
        let mut first = reader(&buffer);
        let (mut second, mut third) = (share(&first), share(&first));
        let mut starving = pin!(first.recv());
        assert!(poll_once(starving.as_mut()).is_pending());
        // Overtaken until it is promised the next value.
        for _ in 0..2 {
            buffer.push(ledger.tag(0));
            assert_eq!(try_recv(&mut third), Ok(0));
            assert!(poll_once(starving.as_mut()).is_pending());
        }
        let other = thread::spawn(move || drain(&mut second).len());
        let closing = thread::spawn({
            let (buffer, value) = (buffer.clone(), ledger.tag(7));
            move || {
                buffer.push(value);
                buffer.close();
            }
        });
        let got = usize::from(block_on(starving).is_ok()) + other.join().unwrap();
        assert_eq!(got, 1, "the value is read once, and both end");
        closing.join().unwrap();
    });
}

// ---- room ---------------------------------------------------------------------------------

/// Two senders wait for one place; two pops free two.
pub fn w1_two_pushes_meet_two_pops() {
    Ledger::audit(|ledger| {
        let buffer = bounded(1);
        let mut reader = reader(&buffer);
        let senders = [1, 2].map(|id| {
            let (buffer, value) = (buffer.clone(), ledger.tag(id));
            thread::spawn(move || send(&buffer, value))
        });
        let sum = recv(&mut reader).unwrap() + recv(&mut reader).unwrap();
        assert_eq!(sum, 3, "each value once");
        for sender in senders {
            assert_eq!(sender.join().unwrap(), Ok(()));
        }
        assert_eq!(try_recv(&mut reader), Err(TryRecvError::Empty));
    });
}

/// One place is freed: one of two waiting senders is woken, and the other still waits.
pub fn w2_one_place_wakes_one_sender() {
    Ledger::audit(|ledger| {
        let buffer = bounded(1);
        let mut reader = reader(&buffer);
        buffer.push(ledger.tag(0));
        let wakes = [Wakes::default(), Wakes::default()];
        let mut first = pin!(buffer.push_async(ledger.tag(1)));
        let mut second = pin!(buffer.push_async(ledger.tag(2)));
        assert!(first.as_mut().poll(&mut Context::from_waker(&wakes[0].waker())).is_pending());
        assert!(second.as_mut().poll(&mut Context::from_waker(&wakes[1].waker())).is_pending());
        let popping = thread::spawn(move || (recv(&mut reader), reader));
        let early = poll_once(first.as_mut());
        let (value, mut reader) = popping.join().unwrap();
        assert_eq!(value, Ok(0));
        let first = if early.is_ready() { early } else { poll_once(first.as_mut()) };
        assert!(matches!(first, Poll::Ready(Ok(()))), "W3: first come, first served");
        assert_eq!(wakes[1].count(), 0, "W2: one freed place wakes one");
        assert_eq!(try_recv(&mut reader), Ok(1));
        assert_eq!(wakes[1].count(), 1);
        assert!(matches!(poll_once(second.as_mut()), Poll::Ready(Ok(()))));
    });
}

/// The slow one of two readers goes: the sender that it held up is served.
pub fn k5_a_slow_reader_leaves() {
    Ledger::audit(|ledger| {
        let buffer = bounded(1);
        let slow = reader(&buffer);
        let mut fast = reader(&buffer);
        buffer.push(ledger.tag(1));
        let reading = thread::spawn(move || [recv(&mut fast), recv(&mut fast)]);
        let (other, value) = (buffer.clone(), ledger.tag(2));
        let pushing = thread::spawn(move || send(&other, value));
        drop(slow);
        assert_eq!(pushing.join().unwrap(), Ok(()), "K5: it stops gating at once");
        assert_eq!(reading.join().unwrap(), [Ok(1), Ok(2)]);
    });
}

/// A slow reader goes while two values wait behind it, for two readers that share a cursor.
pub fn w2_two_values_at_once_wake_two_readers() {
    Ledger::audit(|ledger| {
        let buffer = bounded(2);
        let slow = reader(&buffer);
        let mut first = reader(&buffer);
        let second = share(&first);
        buffer.push(ledger.tag(1));
        buffer.push(ledger.tag(2));
        assert_eq!([try_recv(&mut first), try_recv(&mut first)], [Ok(1), Ok(2)]);
        let mut pushes = [pin!(buffer.push_async(ledger.tag(3))), pin!(buffer.push_async(ledger.tag(4)))];
        for push in &mut pushes {
            assert!(poll_once(push.as_mut()).is_pending());
        }
        let reading = [first, second].map(|mut reader| thread::spawn(move || recv(&mut reader)));
        drop(slow);
        let sum: u32 = reading.map(|reader| reader.join().unwrap().unwrap()).iter().sum();
        assert_eq!(sum, 7);
        for push in &mut pushes {
            assert_eq!(poll_once(push.as_mut()).map(refused), Poll::Ready(Ok(())));
        }
    });
}

/// The newest value is wanted: what is skipped makes room.
pub fn s7_latest_makes_room() {
    Ledger::audit(|ledger| {
        let buffer = bounded(2);
        let mut ahead = reader(&buffer);
        let mut behind = reader(&buffer);
        buffer.push(ledger.tag(1));
        buffer.push(ledger.tag(2));
        assert_eq!(try_recv(&mut ahead), Ok(1));
        let (other, value) = (buffer.clone(), ledger.tag(3));
        let pushing = thread::spawn(move || send(&other, value));
        let latest = behind.try_latest().map(|value| value.id);
        assert_eq!(pushing.join().unwrap(), Ok(()), "what was skipped made room");
        assert!(matches!(latest, Ok(2 | 3)), "{latest:?}");
    });
}

/// More values than there are places go through, in order (S6).
pub fn s6_a_batch_larger_than_the_capacity() {
    Ledger::audit(|ledger| {
        let buffer = bounded(1);
        let mut reader = reader(&buffer);
        let (other, batch) = (buffer.clone(), [1, 2, 3].map(|id| ledger.tag(id)));
        let pushing = thread::spawn(move || {
            for value in batch {
                send(&other, value).unwrap();
            }
        });
        assert_eq!([(); 3].map(|()| recv(&mut reader)), [Ok(1), Ok(2), Ok(3)], "K6: in the order sent");
        pushing.join().unwrap();
    });
}

/// A reader comes and goes while values pass: it holds nothing up for ever.
pub fn k4_a_reader_comes_and_goes() {
    Ledger::audit(|ledger| {
        let buffer = bounded(1);
        let mut stays = reader(&buffer);
        let other = buffer.clone();
        let visiting = thread::spawn(move || {
            let mut visitor = reader(&other);
            let seen = try_recv(&mut visitor).ok();
            drop(visitor);
            seen
        });
        for id in [1, 2] {
            send(&buffer, ledger.tag(id)).unwrap();
            assert_eq!(recv(&mut stays), Ok(id));
        }
        assert!(matches!(visiting.join().unwrap(), None | Some(1 | 2)));
    });
}

/// The first reader of all finds what was kept for it, and the sender that waited is served.
pub fn k4_the_first_reader_finds_what_was_kept() {
    Ledger::audit(|ledger| {
        let buffer = bounded(1);
        buffer.push(ledger.tag(1));
        let (other, value) = (buffer.clone(), ledger.tag(2));
        let pushing = thread::spawn(move || send(&other, value));
        let mut first = reader(&buffer);
        assert_eq!([recv(&mut first), recv(&mut first)], [Ok(1), Ok(2)]);
        assert_eq!(pushing.join().unwrap(), Ok(()));
    });
}

// ---- giving up ----------------------------------------------------------------------------

/// A waiting sender gives up; the one behind it is served.
pub fn w2_a_cancelled_sender_passes_its_turn_on() {
    Ledger::audit(|ledger| {
        let buffer = bounded(1);
        let mut reader = reader(&buffer);
        buffer.push(ledger.tag(1));
        let (other, value) = (buffer.clone(), ledger.tag(2));
        let giving_up = thread::spawn(move || send_and_cancel(&other, value));
        let (other, value) = (buffer.clone(), ledger.tag(3));
        let patient = thread::spawn(move || send(&other, value));
        assert_eq!(recv(&mut reader), Ok(1));
        let mut next = recv(&mut reader).unwrap();
        let mut stored = false;
        if next == 2 {
            stored = true;
            next = recv(&mut reader).unwrap();
        }
        assert_eq!(next, 3, "W2: who waits behind one that left is served");
        assert_eq!(patient.join().unwrap(), Ok(()));
        let said_stored = giving_up.join().unwrap();
        let late = try_recv(&mut reader) == Ok(2);
        assert_eq!(said_stored, stored || late, "B22: stored, or given back");
    });
}

/// A future that waits for room is dropped while room is made (B22).
pub fn b22_a_dropped_push_meets_a_pop() {
    Ledger::audit(|ledger| {
        let buffer = bounded(1);
        let mut first = reader(&buffer);
        buffer.push(ledger.tag(1));
        let (other, value) = (buffer.clone(), ledger.tag(2));
        let dropping = thread::spawn(move || {
            let mut push = Box::pin(other.push_async(value));
            let _ = poll_once(push.as_mut());
        });
        assert_eq!(recv(&mut first), Ok(1));
        dropping.join().unwrap();
        assert!(matches!(try_recv(&mut first), Ok(2) | Err(TryRecvError::Empty)));
    });
}

/// Of two readers that share a cursor one gives up: the other gets the value.
pub fn w2_a_cancelled_reader_passes_its_wake_up_on() {
    Ledger::audit(|ledger| {
        let buffer = bounded(1);
        let mut first = reader(&buffer);
        let mut second = share(&first);
        let giving_up = thread::spawn(move || recv_and_cancel(&mut first));
        let patient = thread::spawn(move || recv(&mut second));
        buffer.push(ledger.tag(1));
        let taken = giving_up.join().unwrap();
        if taken.is_some() {
            buffer.push(ledger.tag(1));
        }
        assert_eq!(patient.join().unwrap(), Ok(1), "W2: an unused wake-up is passed on");
    });
}

/// The same, with both readers in the queue before the value comes, and the woken one dropped.
pub fn w2_a_woken_reader_that_is_dropped_passes_on() {
    Ledger::audit(|ledger| {
        let buffer = bounded(1);
        let mut first = reader(&buffer);
        let mut second = share(&first);
        let woken = Wakes::default();
        let mut waits = Box::pin(first.recv());
        assert!(waits.as_mut().poll(&mut Context::from_waker(&woken.waker())).is_pending());
        let patient = thread::spawn(move || recv(&mut second));
        let (other, value) = (buffer.clone(), ledger.tag(1));
        let pushing = thread::spawn(move || other.push(value));
        drop(waits);
        drop(first);
        assert_eq!(patient.join().unwrap(), Ok(1));
        pushing.join().unwrap();
    });
}

/// A reader that was promised a value leaves without it.
pub fn w3_a_promise_is_passed_on() {
    Ledger::audit(|ledger| {
        aimdb_core::waiting::set_model_clock(1_000_000);
        let buffer = bounded(2);
        let mut first = reader(&buffer);
        let (mut second, mut third) = (share(&first), share(&first));
        let mut starving = Box::pin(first.recv());
        assert!(poll_once(starving.as_mut()).is_pending());
        for _ in 0..2 {
            buffer.push(ledger.tag(0));
            assert_eq!(try_recv(&mut third), Ok(0));
            assert!(poll_once(starving.as_mut()).is_pending());
        }
        let patient = thread::spawn(move || recv(&mut second));
        buffer.push(ledger.tag(1));
        // It is promised to the starving one: who comes by leaves it.
        assert_eq!(try_recv(&mut third), Err(TryRecvError::Empty), "W3: it is kept for the overtaken one");
        drop(starving);
        assert_eq!(patient.join().unwrap(), Ok(1));
    });
}

// ---- fan-out and overwriting --------------------------------------------------------------

/// One value wakes each of two cursors, once.
pub fn w2_one_value_wakes_each_cursor() {
    Ledger::audit(|ledger| {
        let buffer = bounded(1);
        let readers = [reader(&buffer), reader(&buffer)];
        let wakes = [Wakes::default(), Wakes::default()];
        let mut reading = Vec::new();
        for (mut reader, wakes) in readers.into_iter().zip(wakes.clone()) {
            reading.push(thread::spawn(move || wakes.block_on(reader.recv()).map(|value| value.id)));
        }
        buffer.push(ledger.tag(1));
        for reader in reading {
            assert_eq!(reader.join().unwrap(), Ok(1));
        }
        assert!(wakes.iter().all(|wakes| wakes.count() <= 1), "W2: one wake-up each");
    });
}

/// One value, two readers that share a cursor: one of them is woken.
pub fn w2_one_value_wakes_one_share() {
    Ledger::audit(|ledger| {
        let buffer = bounded(2);
        let mut first = reader(&buffer);
        let mut second = share(&first);
        let wakes = [Wakes::default(), Wakes::default()];
        let mut waiting = [Box::pin(first.recv()), Box::pin(second.recv())];
        for (reader, wakes) in waiting.iter_mut().zip(&wakes) {
            assert!(reader.as_mut().poll(&mut Context::from_waker(&wakes.waker())).is_pending());
        }
        let pushing = thread::spawn({
            let (buffer, value) = (buffer.clone(), ledger.tag(1));
            move || buffer.push(value)
        });
        let early = poll_once(waiting[0].as_mut()).map(|value| value.map(|value| value.id));
        pushing.join().unwrap();
        assert!(wakes[0].count() + wakes[1].count() <= 1, "W2: one value wakes one reader of a cursor");
        if early.is_pending() {
            assert_eq!(poll_once(waiting[0].as_mut()).map(|value| value.map(|value| value.id)), Poll::Ready(Ok(1)));
        }
        assert!(poll_once(waiting[1].as_mut()).is_pending());
    });
}

/// A value of a ring is overwritten while a reader clones it: the clone is whole.
pub fn k3_a_ring_is_overwritten_under_a_reader() {
    Ledger::audit(|ledger| {
        let buffer = buffer(&BufferCfg::SpmcRing { capacity: 1 });
        let mut reader = reader(&buffer);
        buffer.push(ledger.tag(1));
        let reading = thread::spawn(move || {
            let first = try_recv(&mut reader);
            (first, try_recv(&mut reader), reader)
        });
        buffer.push(ledger.tag(2));
        buffer.push(ledger.tag(3));
        let (first, second, _reader) = reading.join().unwrap();
        match first {
            Ok(1) => {}
            Err(TryRecvError::Lagged(1)) => assert!(matches!(second, Ok(2) | Err(TryRecvError::Lagged(1)))),
            Err(TryRecvError::Lagged(2)) => assert_eq!(second, Ok(3)),
            other => panic!("{other:?}"),
        }
    });
}

/// A ring's reader that waits sees each value, or is told how many it missed.
pub fn k3_a_ring_wakes_its_reader() {
    Ledger::audit(|ledger| {
        let buffer = buffer(&BufferCfg::SpmcRing { capacity: 1 });
        let mut reader = reader(&buffer);
        let (other, values) = (buffer.clone(), [1, 2].map(|id| ledger.tag(id)));
        let pushing = thread::spawn(move || values.into_iter().for_each(|value| other.push(value)));
        let (mut seen, mut lost) = (0, 0);
        while seen + lost < 2 {
            match recv(&mut reader) {
                Ok(_) => seen += 1,
                Err(RecvError::Lagged(lag)) => lost += lag,
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!(seen + lost, 2, "M1: delivered and lagged make up what was accepted");
        pushing.join().unwrap();
    });
}

/// The current value is replaced while somebody looks at it.
pub fn k_latest_is_replaced_under_a_peek() {
    Ledger::audit(|ledger| {
        let buffer = buffer(&BufferCfg::SingleLatest);
        buffer.push(ledger.tag(1));
        let other = buffer.clone();
        let peeking = thread::spawn(move || other.peek().map(|value| value.id));
        let mut reader = reader(&buffer);
        buffer.push(ledger.tag(2));
        let seen = recv(&mut reader);
        assert!(matches!(seen, Ok(2)), "{seen:?}");
        assert!(matches!(peeking.join().unwrap(), Some(1 | 2)));
        assert_eq!(buffer.peek().map(|value| value.id), Some(2));
    });
}

/// A mailbox is filled twice, looked at, and emptied at the same time.
pub fn k_mailbox_is_put_taken_and_put() {
    Ledger::audit(|ledger| {
        let buffer = buffer(&BufferCfg::Mailbox);
        let mut reader = reader(&buffer);
        let other = buffer.clone();
        let values = [1, 2].map(|id| ledger.tag(id));
        let putting = thread::spawn(move || values.into_iter().for_each(|value| other.push(value)));
        let first = recv(&mut reader).unwrap();
        putting.join().unwrap();
        let second = try_recv(&mut reader);
        match first {
            1 => assert_eq!(second, Ok(2)),
            _ => assert_eq!(second, Err(TryRecvError::Empty)),
        }
        let counters = buffer.metrics().counters;
        assert_eq!(counters.accepted, counters.delivered + counters.overwritten, "M1");
    });
}

/// A mailbox is taken while somebody peeks: the value is cloned for one and dropped once.
pub fn k_mailbox_is_taken_under_a_peek() {
    Ledger::audit(|ledger| {
        let buffer = buffer(&BufferCfg::Mailbox);
        let mut reader = reader(&buffer);
        buffer.push(ledger.tag(1));
        let other = buffer.clone();
        let peeking = thread::spawn(move || other.peek().map(|value| value.id));
        assert_eq!(recv(&mut reader), Ok(1));
        assert!(matches!(peeking.join().unwrap(), None | Some(1)));
        assert!(buffer.peek().is_none());
    });
}

/// Two readers of one mailbox: one of them has the value.
pub fn k_mailbox_has_one_taker() {
    Ledger::audit(|ledger| {
        let buffer = buffer(&BufferCfg::Mailbox);
        let takers =
            [reader(&buffer), reader(&buffer)].map(|mut reader| thread::spawn(move || drain(&mut reader).len()));
        buffer.push(ledger.tag(1));
        buffer.close();
        let taken: usize = takers.map(|taker| taker.join().unwrap()).iter().sum();
        assert_eq!(taken, 1);
    });
}

/// Two cursors read a value at the same time: it is cloned once and moved once, or twice cloned.
pub fn k7_two_cursors_read_one_value() {
    Ledger::audit(|ledger| {
        let buffer = bounded(1);
        let mut first = reader(&buffer);
        let mut second = reader(&buffer);
        buffer.push(ledger.tag(1));
        let (other, value) = (buffer.clone(), ledger.tag(2));
        let pushing = thread::spawn(move || send(&other, value));
        let reading = thread::spawn(move || (recv(&mut first), first));
        assert_eq!(recv(&mut second), Ok(1));
        assert_eq!(reading.join().unwrap().0, Ok(1));
        assert_eq!(pushing.join().unwrap(), Ok(()), "the last reader makes the room");
    });
}

/// A value is displaced by force while a reader takes it.
pub fn s5_force_meets_a_pop() {
    Ledger::audit(|ledger| {
        let buffer = bounded(1);
        let mut reader = reader(&buffer);
        buffer.push(ledger.tag(1));
        let popping = thread::spawn(move || (try_recv(&mut reader), reader));
        let displaced = Buffer::force_push(&buffer, ledger.tag(2)).unwrap().map(|value| value.id);
        let (popped, _reader) = popping.join().unwrap();
        match displaced {
            Some(1) => assert!(matches!(popped, Err(TryRecvError::Lagged(1)) | Ok(2)), "{popped:?}"),
            None => assert_eq!(popped, Ok(1)),
            other => panic!("{other:?}"),
        }
    });
}

// ---- rendezvous ---------------------------------------------------------------------------

fn rendezvous() -> Tags {
    bounded(0)
}

/// A value goes from hand to hand.
pub fn k1_a_rendezvous() {
    Ledger::audit(|ledger| {
        let buffer = rendezvous();
        let mut reader = reader(&buffer);
        let (other, values) = (buffer.clone(), [1, 2].map(|id| ledger.tag(id)));
        let pushing = thread::spawn(move || {
            for value in values {
                send(&other, value).unwrap();
            }
        });
        assert_eq!([recv(&mut reader), recv(&mut reader)], [Ok(1), Ok(2)]);
        pushing.join().unwrap();
    });
}

/// A reader holds its hand out and goes: what was put into it is not lost.
pub fn k1_a_rendezvous_is_left() {
    Ledger::audit(|ledger| {
        let buffer = rendezvous();
        let mut first = reader(&buffer);
        let mut second = share(&first);
        let (other, value) = (buffer.clone(), ledger.tag(1));
        let pushing = thread::spawn(move || send(&other, value));
        let leaving = thread::spawn(move || recv_and_cancel(&mut first));
        let taken = leaving.join().unwrap();
        if taken.is_none() {
            assert_eq!(recv(&mut second), Ok(1));
        }
        assert_eq!(pushing.join().unwrap(), Ok(()));
    });
}

/// Two cursors: a value is handed over when both hold a hand out.
pub fn k1_a_rendezvous_of_three() {
    Ledger::audit(|ledger| {
        let buffer = rendezvous();
        let readers = [reader(&buffer), reader(&buffer)];
        let reading = readers.map(|mut reader| thread::spawn(move || recv(&mut reader)));
        assert_eq!(send(&buffer, ledger.tag(1)), Ok(()));
        for reader in reading {
            assert_eq!(reader.join().unwrap(), Ok(1));
        }
    });
}

/// One of two cursors leaves: the other's hand is enough.
pub fn k5_a_rendezvous_loses_a_cursor() {
    Ledger::audit(|ledger| {
        let buffer = rendezvous();
        let absent = reader(&buffer);
        let mut present = reader(&buffer);
        let reading = thread::spawn(move || recv(&mut present));
        let (other, value) = (buffer.clone(), ledger.tag(1));
        let pushing = thread::spawn(move || send(&other, value));
        drop(absent);
        assert_eq!(reading.join().unwrap(), Ok(1));
        assert_eq!(pushing.join().unwrap(), Ok(()));
    });
}

/// Nobody waits at a rendezvous that is closed.
pub fn c1_a_rendezvous_is_closed() {
    Ledger::audit(|ledger| {
        let buffer = rendezvous();
        let mut only = reader(&buffer);
        let (other, value) = (buffer.clone(), ledger.tag(1));
        let pushing = thread::spawn(move || send(&other, value));
        let reading = thread::spawn(move || drain(&mut only));
        buffer.close();
        let (sent, read) = (pushing.join().unwrap(), reading.join().unwrap());
        assert_eq!(read.len(), usize::from(sent.is_ok()), "accepted is delivered");
    });
}

// ---- flush --------------------------------------------------------------------------------

/// A flush ends when what was sent has been read.
pub fn c2_flush_meets_a_pop() {
    Ledger::audit(|ledger| {
        let buffer = bounded(2);
        let mut reader = reader(&buffer);
        buffer.push(ledger.tag(1));
        let other = buffer.clone();
        let flushing = thread::spawn(move || flush(&other));
        assert_eq!(recv(&mut reader), Ok(1));
        flushing.join().unwrap();
    });
}

/// A drain of a record that is being closed ends when its last value has been read, or its last reader has left.
pub fn c2_a_drain_meets_a_close_and_a_pop() {
    Ledger::audit(|ledger| {
        let buffer = bounded(2);
        let mut reader = reader(&buffer);
        buffer.push(ledger.tag(1));
        let other = buffer.clone();
        let draining = thread::spawn(move || block_on(Buffer::drain(&other)));
        buffer.close();
        assert_eq!(recv(&mut reader), Ok(1));
        assert_eq!(draining.join().unwrap(), Ok(()));
    });
}

/// The same when the last reader leaves with the value unread.
pub fn c2_a_drain_meets_a_leave() {
    Ledger::audit(|ledger| {
        let buffer = bounded(2);
        let reader = reader(&buffer);
        buffer.push(ledger.tag(1));
        buffer.close();
        let other = buffer.clone();
        let draining = thread::spawn(move || block_on(Buffer::drain(&other)));
        drop(reader);
        // Whoever begins when all was discarded finds nothing to wait for.
        assert!(matches!(draining.join().unwrap(), Ok(()) | Err(FlushError::Closed)));
    });
}

/// A flush waits for what was sent before it, not for what comes after.
pub fn c2_flush_ends_beside_later_values() {
    Ledger::audit(|ledger| {
        let buffer = bounded(2);
        let mut reader = reader(&buffer);
        buffer.push(ledger.tag(1));
        let (other, wakes) = (buffer.clone(), Wakes::default());
        let mut waits = pin!(buffer.flush());
        assert!(waits.as_mut().poll(&mut Context::from_waker(&wakes.waker())).is_pending());
        let pushing = thread::spawn({
            let value = ledger.tag(2);
            move || send(&other, value)
        });
        assert_eq!(recv(&mut reader), Ok(1));
        pushing.join().unwrap().unwrap();
        assert_eq!(wakes.count(), 1, "W2: a flush is woken once");
        assert!(poll_once(waits.as_mut()).is_ready());
    });
}

/// A flush ends when its values are discarded.
pub fn c2_flush_meets_an_abort() {
    Ledger::audit(|ledger| {
        let buffer = bounded(2);
        let _reader = reader(&buffer);
        buffer.push(ledger.tag(1));
        let other = buffer.clone();
        let flushing = thread::spawn(move || flush(&other));
        assert_eq!(buffer.abort(), 1);
        flushing.join().unwrap();
    });
}

/// A flush ends when a close discards what no reader will ask for.
pub fn c2_flush_meets_a_close_without_readers() {
    Ledger::audit(|ledger| {
        let buffer = bounded(2);
        drop(reader(&buffer));
        buffer.push(ledger.tag(1));
        let other = buffer.clone();
        let flushing = thread::spawn(move || flush(&other));
        buffer.close();
        flushing.join().unwrap();
    });
}

/// A flush ends when the reader that held it up leaves another behind that has read all.
pub fn c2_flush_meets_a_leave() {
    Ledger::audit(|ledger| {
        let buffer = bounded(2);
        let slow = reader(&buffer);
        let mut fast = reader(&buffer);
        buffer.push(ledger.tag(1));
        assert_eq!(try_recv(&mut fast), Ok(1));
        let other = buffer.clone();
        let flushing = thread::spawn(move || flush(&other));
        drop(slow);
        flushing.join().unwrap();
    });
}

/// A flush ends when the last of its values is displaced by force.
pub fn c2_flush_meets_force() {
    Ledger::audit(|ledger| {
        let buffer = bounded(1);
        let _reader = reader(&buffer);
        buffer.push(ledger.tag(1));
        let wakes = Wakes::default();
        let mut waits = pin!(buffer.flush());
        assert!(waits.as_mut().poll(&mut Context::from_waker(&wakes.waker())).is_pending());
        let forcing = thread::spawn({
            let (buffer, value) = (buffer.clone(), ledger.tag(2));
            move || Buffer::force_push(&buffer, value).unwrap().map(|value| value.id)
        });
        let early = poll_once(waits.as_mut()).is_ready();
        assert_eq!(forcing.join().unwrap(), Some(1));
        assert!(early || poll_once(waits.as_mut()).is_ready());
    });
}

/// The same, where nobody but the flush's own waker says that it is through.
pub fn w2_force_wakes_a_flush() {
    Ledger::audit(|ledger| {
        let buffer = bounded(1);
        let _reader = reader(&buffer);
        buffer.push(ledger.tag(1));
        let wakes = Wakes::default();
        let mut waits = pin!(buffer.flush());
        assert!(waits.as_mut().poll(&mut Context::from_waker(&wakes.waker())).is_pending());
        let forcing = thread::spawn({
            let (buffer, value) = (buffer.clone(), ledger.tag(2));
            move || drop(Buffer::force_push(&buffer, value))
        });
        forcing.join().unwrap();
        assert_eq!(wakes.count(), 1, "W2: displaced is through");
        assert!(poll_once(waits.as_mut()).is_ready());
    });
}

/// An abort meets a blocked sender and a reader: each value is delivered, discarded or given back.
pub fn c2_abort_meets_push_and_pop() {
    Ledger::audit(|ledger| {
        let buffer = bounded(1);
        let mut only = reader(&buffer);
        buffer.push(ledger.tag(1));
        let (other, value) = (buffer.clone(), ledger.tag(2));
        let pushing = thread::spawn(move || send(&other, value));
        let reading = thread::spawn(move || drain(&mut only).len());
        let discarded = buffer.abort();
        let back = usize::from(pushing.join().unwrap().is_err());
        assert_eq!(reading.join().unwrap() + discarded + back, 2, "nothing is lost");
    });
}

// ---- slots --------------------------------------------------------------------------------

/// Two threads add slots at the same time, and use them.
pub fn slots_grow_under_two_senders() {
    Ledger::audit(|ledger| {
        let buffer = bounded(1);
        let mut only = reader(&buffer);
        buffer.push(ledger.tag(0));
        // One live value and two that wait are all the slots that there are at first.
        let mut held = [pin!(buffer.push_async(ledger.tag(1))), pin!(buffer.push_async(ledger.tag(2)))];
        for push in &mut held {
            assert!(poll_once(push.as_mut()).is_pending());
        }
        let senders = [3, 4].map(|id| {
            let (buffer, value) = (buffer.clone(), ledger.tag(id));
            thread::spawn(move || send(&buffer, value))
        });
        let mut values = [(); 5].map(|()| recv(&mut only).unwrap());
        assert_eq!(values[..3], [0, 1, 2], "W3: first come, first served");
        values[3..].sort_unstable();
        assert_eq!(values[3..], [3, 4]);
        for sender in senders {
            assert_eq!(sender.join().unwrap(), Ok(()));
        }
        for push in &mut held {
            assert_eq!(poll_once(push.as_mut()).map(refused), Poll::Ready(Ok(())));
        }
    });
}

/// Two writers overwrite one place while a reader looks.
pub fn slots_of_two_writers_and_a_reader() {
    Ledger::audit(|ledger| {
        let buffer = buffer(&BufferCfg::Bounded { capacity: 1, policy: Policy::DropOldest });
        let mut only = reader(&buffer);
        let writers = [1, 2].map(|id| {
            let (buffer, value) = (buffer.clone(), ledger.tag(id));
            thread::spawn(move || buffer.push(value))
        });
        let mut seen = u64::from(try_recv(&mut only).is_ok());
        for writer in writers {
            writer.join().unwrap();
        }
        buffer.close();
        seen += drain(&mut only).len() as u64;
        let counters = buffer.metrics().counters;
        assert_eq!(counters.accepted, 2);
        assert_eq!(counters.delivered, seen);
        assert_eq!(seen + counters.overwritten, 2, "M1: overwritten and delivered make up what was accepted");
    });
}

/// The last handle goes with values in every state: live, waiting to be stored, being read.
pub fn k7_the_buffer_is_dropped_with_values() {
    Ledger::audit(|ledger| {
        let buffer = bounded(2);
        let mut first = reader(&buffer);
        let second = reader(&buffer);
        buffer.push(ledger.tag(1));
        buffer.push(ledger.tag(2));
        let other = buffer.clone();
        let value = ledger.tag(3);
        let dropping = thread::spawn(move || {
            let mut push = Box::pin(other.push_async(value));
            let _ = poll_once(push.as_mut());
            drop(push);
            drop(other);
        });
        let reading = thread::spawn(move || {
            let seen = try_recv(&mut first);
            drop(first);
            seen
        });
        drop(second);
        drop(buffer);
        assert_eq!(reading.join().unwrap(), Ok(1));
        dropping.join().unwrap();
    });
}

/// The last reader of a closed buffer goes: what only it could have read goes too (B11).
pub fn b11_the_last_reader_of_a_closed_buffer_leaves() {
    Ledger::audit(|ledger| {
        let buffer = bounded(1);
        let only = reader(&buffer);
        buffer.push(ledger.tag(1));
        let leaving = thread::spawn(move || drop::<Reader<Tag>>(only));
        buffer.close();
        leaving.join().unwrap();
        assert_eq!(buffer.metrics().occupancy, 0, "B11: nothing lives on for nobody");
    });
}

// ---- more waiters than one lock hold wakes ------------------------------------------------

/// Ten readers wait at one cursor each; one value reaches all of them.
pub fn w2_ten_cursors_are_woken() {
    Ledger::audit(|ledger| {
        let buffer = buffer(&BufferCfg::SpmcRing { capacity: 1 });
        let mut readers: Vec<_> = (0..10).map(|_| reader(&buffer)).collect();
        let wakes = Wakes::default();
        let waker = wakes.waker();
        let mut waiting: Vec<_> = readers.iter_mut().map(|reader| Box::pin(reader.recv())).collect();
        for reader in &mut waiting {
            assert!(reader.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        }
        let pushing = thread::spawn({
            let (buffer, value) = (buffer.clone(), ledger.tag(1));
            move || buffer.push(value)
        });
        let leaver = waiting.pop();
        drop(leaver);
        pushing.join().unwrap();
        assert!(wakes.count() >= 9, "W2: a value wakes each cursor, {} of 9", wakes.count());
        for reader in &mut waiting {
            assert!(poll_once(reader.as_mut()).is_ready());
        }
    });
}

/// Ten senders wait; a close reaches all of them.
pub fn c1_ten_senders_are_woken() {
    Ledger::audit(|ledger| {
        let buffer = bounded(1);
        let _reader = reader(&buffer);
        buffer.push(ledger.tag(0));
        let wakes = Wakes::default();
        let waker = wakes.waker();
        let mut waiting: Vec<_> = (1..11).map(|id| Box::pin(buffer.push_async(ledger.tag(id)))).collect();
        for push in &mut waiting {
            assert!(push.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        }
        let closing = thread::spawn({
            let buffer = buffer.clone();
            move || buffer.close()
        });
        buffer.close();
        closing.join().unwrap();
        assert_eq!(wakes.count(), 10);
        for (push, id) in waiting.iter_mut().zip(1..) {
            assert_eq!(poll_once(push.as_mut()).map(refused), Poll::Ready(Err(id)));
        }
    });
}

// ---- the parker ---------------------------------------------------------------------------

/// What was written before the wake-up is seen after the park.
pub fn w1_a_wake_up_carries_what_came_before_it() {
    let parker = ThreadParker::new();
    let written = std::sync::Arc::new(ModelAtomic::new(0));
    let waking = thread::spawn({
        let (waker, written) = (parker.waker().clone(), written.clone());
        move || {
            written.store(1, core::sync::atomic::Ordering::Relaxed);
            waker.wake();
        }
    });
    parker.park(Deadline::Never);
    assert_eq!(written.load(core::sync::atomic::Ordering::Relaxed), 1, "a wake-up is a release, a park an acquire");
    waking.join().unwrap();
}

/// Two wake-ups, of which the second may come at any time, and two parks that wait for them.
pub fn w1_two_wake_ups_of_one_parker() {
    use core::sync::atomic::Ordering::Relaxed;
    let parker = ThreadParker::new();
    let rung = std::sync::Arc::new(ModelAtomic::new(0));
    let waking = [1, 2].map(|bit| {
        let (waker, rung) = (parker.waker().clone(), rung.clone());
        thread::spawn(move || {
            rung.fetch_add(bit, Relaxed);
            waker.wake();
        })
    });
    // Bounded by the wake-ups: each park ends by one.
    while rung.load(Relaxed) != 3 {
        parker.park(Deadline::Never);
    }
    for waker in waking {
        waker.join().unwrap();
    }
}

/// The blocking loop with the real parker: a reader waits for a sender.
pub fn w1_a_parked_reader_is_woken() {
    Ledger::audit(|ledger| {
        let buffer = bounded(1);
        let mut only = reader(&buffer);
        let (other, value) = (buffer.clone(), ledger.tag(1));
        let pushing = thread::spawn(move || other.push(value));
        let value = block_on_with(&ThreadParker::new(), &SystemClock, pin!(only.recv()), Deadline::Never);
        assert_eq!(value.map(|value| value.map(|value| value.id)), Some(Ok(1)));
        pushing.join().unwrap();
    });
}

/// The blocking loop with the real parker: a sender waits for a reader.
pub fn w1_a_parked_sender_is_woken() {
    Ledger::audit(|ledger| {
        let buffer = bounded(1);
        let mut only = reader(&buffer);
        buffer.push(ledger.tag(1));
        let popping = thread::spawn(move || (try_recv(&mut only), only));
        let push = pin!(buffer.push_async(ledger.tag(2)));
        let sent = block_on_with(&ThreadParker::new(), &SystemClock, push, Deadline::Never);
        assert_eq!(sent.map(refused), Some(Ok(())));
        assert_eq!(popping.join().unwrap().0, Ok(1));
    });
}

/// A deadline that has passed is one try; the value that was stored meanwhile is not given back.
pub fn w4_a_deadline_meets_a_pop() {
    Ledger::audit(|ledger| {
        let buffer = bounded(1);
        let mut only = reader(&buffer);
        buffer.push(ledger.tag(1));
        let popping = thread::spawn(move || {
            let first = try_recv(&mut only);
            (first, only)
        });
        let mut push = pin!(buffer.push_async(ledger.tag(2)));
        let sent = block_on_with(&ThreadParker::new(), &SystemClock, push.as_mut(), Deadline::At(0)).map(refused);
        let back = if sent.is_none() { push.cancel().map(|value| value.id) } else { None };
        let (first, mut only) = popping.join().unwrap();
        assert_eq!(first, Ok(1));
        match back {
            Some(2) => assert_eq!(try_recv(&mut only), Err(TryRecvError::Empty)),
            None => assert_eq!(try_recv(&mut only), Ok(2)),
            other => panic!("{other:?}"),
        }
    });
}

/// A late reader of a ring begins where it asked to, beside a push.
pub fn k_a_late_subscriber_meets_a_push() {
    Ledger::audit(|ledger| {
        let buffer = buffer(&BufferCfg::SpmcRing { capacity: 2 });
        buffer.push(ledger.tag(1));
        let (other, value) = (buffer.clone(), ledger.tag(2));
        let pushing = thread::spawn(move || other.push(value));
        let mut late = buffer.reader_from(Start::Oldest).unwrap();
        assert_eq!([recv(&mut late), recv(&mut late)], [Ok(1), Ok(2)]);
        pushing.join().unwrap();
    });
}
