//! The scenarios of the lane: what the two ends do without the lock, while somebody closes it.
//!
//! Both barriers are full ones here; that the cheap pair of them orders as much is the system's word.
//! They also order more than the ends rely on: that a slot which comes back to the putting end of a
//! mailbox was emptied before is said by the word in between, and no model would miss it there.

use core::pin::pin;
use std::collections::VecDeque;
use std::sync::Arc;

use aimdb_core::buffer::{Buffer, CommonSender, HeapSender, Reader, RecvError, TryProduceError, TryRecvError};

use crate::ledger::{Ledger, Tag};
use crate::schedule::{block_on, thread};
use crate::verbs::{
    Tags, drain, mailbox_with_lane, poll_once, reader, recv, recv_and_cancel, send, send_and_cancel, share, try_recv,
    with_lane,
};

/// One end fills and the other empties, the first value in the lane, the others as it comes.
pub fn k6_values_pass_in_order() {
    Ledger::audit(|ledger| {
        let buffer = with_lane(1);
        let mut reader = reader(&buffer);
        // The taking end is this thread's.
        assert_eq!(try_recv(&mut reader), Err(TryRecvError::Empty));
        let sending = thread::spawn({
            let (buffer, values) = (buffer.clone(), [1, 2].map(|id| ledger.tag(id)));
            move || values.map(|value| send(&buffer, value))
        });
        assert_eq!([recv(&mut reader), recv(&mut reader)], [Ok(1), Ok(2)]);
        assert_eq!(sending.join().unwrap(), [Ok(()), Ok(())]);
        assert_eq!(buffer.metrics().counters.delivered, 2);
    });
}

/// A lap of three has two pieces, of two values and of one: neither end goes past a lap by what it has seen of the next.
pub fn k6_a_lap_has_several_pieces() {
    Ledger::audit(|ledger| {
        let buffer = with_lane(3);
        let mut reader = reader(&buffer);
        assert_eq!(try_recv(&mut reader), Err(TryRecvError::Empty));
        let push = |ids: &[u32]| ids.iter().for_each(|id| assert!(buffer.try_push(ledger.tag(*id)).is_ok(), "{id}"));
        push(&[1, 2, 3]);
        assert_eq!(try_recv(&mut reader), Ok(1));
        // In the next lap the sender looks when all has been taken: it sees room as far as the lap after.
        push(&[4]);
        assert_eq!([2, 3, 4].map(|_| try_recv(&mut reader)), [Ok(2), Ok(3), Ok(4)]);
        push(&[5, 6]);
        let taking = thread::spawn(move || [5, 6, 7].map(|_| recv(&mut reader)));
        push(&[7]);
        let _ = buffer.try_push(ledger.tag(8)).map_err(drop);
        assert_eq!(taking.join().unwrap(), [Ok(5), Ok(6), Ok(7)]);
    });
}

/// Neither end ever waits: what is accepted is delivered or still there, and counted so.
pub fn m1_ends_that_only_try_are_counted() {
    Ledger::audit(|ledger| {
        let buffer = with_lane(1);
        let mut reader = reader(&buffer);
        // The taking end is this thread's.
        assert_eq!(try_recv(&mut reader), Err(TryRecvError::Empty));
        let sending = thread::spawn({
            let (buffer, values) = (buffer.clone(), [1, 2].map(|id| ledger.tag(id)));
            move || values.map(|value| buffer.try_push(value).is_ok()).into_iter().filter(|stored| *stored).count()
        });
        let taken = [try_recv(&mut reader), try_recv(&mut reader)].iter().filter(|taken| taken.is_ok()).count();
        let metrics = buffer.metrics();
        let stored = sending.join().unwrap();
        assert!(metrics.occupancy <= 1 && metrics.counters.delivered == taken as u64);
        let metrics = buffer.metrics();
        assert_eq!(metrics.counters.accepted, stored as u64);
        assert_eq!(metrics.counters.refused, 2 - stored as u64);
        assert_eq!(metrics.occupancy, stored - taken);
    });
}

/// A batch is stored while a batch is taken: both are published once, and no value is seen early.
pub fn s6_a_batch_meets_a_batch() {
    Ledger::audit(|ledger| {
        let buffer = with_lane(2);
        let mut reader = reader(&buffer);
        // Each end has its owner.
        buffer.push(ledger.tag(0));
        assert_eq!(try_recv(&mut reader), Ok(0));
        let taking = thread::spawn(move || {
            let mut values = Vec::with_capacity(4);
            let taken = [reader.take_more(&mut values, 4), reader.take_more(&mut values, 4)];
            assert_eq!(taken.iter().sum::<usize>(), values.len());
            (reader, values)
        });
        let mut batch: VecDeque<_> = [1, 2, 3].map(|id| ledger.tag(id)).into();
        let stored = buffer.push_many_at_once(&mut batch);
        assert_eq!(stored + batch.len(), 3, "S6: what was not stored is still in the batch");
        let (mut reader, values) = taking.join().unwrap();
        let mut seen: Vec<_> = values.iter().map(|value| value.id).collect();
        while let Ok(id) = try_recv(&mut reader) {
            seen.push(id);
        }
        assert_eq!(seen, (1..=stored as u32).collect::<Vec<_>>());
        assert_eq!(buffer.metrics().counters.accepted, 1 + stored as u64);
    });
}

/// A reader that is about to wait meets a value in the lane.
pub fn w1_a_reader_goes_to_wait() {
    Ledger::audit(|ledger| {
        let buffer = with_lane(2);
        let mut reader = reader(&buffer);
        // The lane is this thread's.
        buffer.push(ledger.tag(0));
        assert_eq!(try_recv(&mut reader), Ok(0));
        let popping = thread::spawn(move || recv(&mut reader));
        buffer.push(ledger.tag(1));
        assert_eq!(popping.join().unwrap(), Ok(1));
    });
}

/// A sender that is about to wait meets a pop in the lane.
pub fn w1_a_sender_goes_to_wait() {
    Ledger::audit(|ledger| {
        let buffer = with_lane(1);
        let mut reader = reader(&buffer);
        buffer.push(ledger.tag(1));
        let sending = thread::spawn({
            let (buffer, value) = (buffer.clone(), ledger.tag(2));
            move || send(&buffer, value)
        });
        while try_recv(&mut reader).is_err() {}
        assert_eq!(sending.join().unwrap(), Ok(()));
        assert_eq!(try_recv(&mut reader), Ok(2));
    });
}

/// A close meets both ends.
pub fn c1_a_close_meets_both_ends() {
    Ledger::audit(|ledger| {
        let buffer = with_lane(2);
        let mut reader = reader(&buffer);
        let sending = thread::spawn({
            let (buffer, value) = (buffer.clone(), ledger.tag(1));
            move || buffer.try_push(value).is_ok()
        });
        let popping = thread::spawn(move || drain(&mut reader));
        buffer.close();
        let (stored, values) = (sending.join().unwrap(), popping.join().unwrap());
        assert_eq!(values, if stored { vec![1] } else { vec![] }, "C1: drained, then closed");
    });
}

/// An abort meets a push: the value is discarded or refused, and dropped once.
pub fn c2_an_abort_meets_a_push() {
    Ledger::audit(|ledger| {
        let buffer = with_lane(2);
        let mut reader = reader(&buffer);
        buffer.push(ledger.tag(1));
        let sending = thread::spawn({
            let (buffer, value) = (buffer.clone(), ledger.tag(2));
            move || buffer.try_push(value).is_ok()
        });
        let discarded = buffer.abort();
        let stored = sending.join().unwrap();
        assert_eq!(discarded, 1 + usize::from(stored));
        assert_eq!(try_recv(&mut reader), Err(TryRecvError::Closed));
    });
}

/// A door changes hands while its owner goes in.
pub fn k6_a_door_changes_hands() {
    Ledger::audit(|ledger| {
        let buffer = with_lane(3);
        let mut reader = reader(&buffer);
        // The door is this thread's, until the other comes.
        buffer.push(ledger.tag(4));
        let other = thread::spawn({
            let (buffer, value) = (buffer.clone(), ledger.tag(1));
            move || buffer.push(value)
        });
        buffer.push(ledger.tag(2));
        other.join().unwrap();
        let values = [(); 3].map(|()| try_recv(&mut reader).unwrap());
        assert_eq!((values[0], values[1] + values[2]), (4, 3), "each value once");
        assert_eq!(try_recv(&mut reader), Err(TryRecvError::Empty));
    });
}

/// A door changes hands while its owner goes in with the key that it kept.
pub fn k6_a_kept_key_meets_another_owner() {
    Ledger::audit(|ledger| {
        let buffer = with_lane(3);
        let (sender, mut reader) = (buffer.sender(), reader(&buffer));
        assert!(sender.try_push(ledger.tag(4)).is_ok());
        let other = thread::spawn({
            let (buffer, value) = (buffer.clone(), ledger.tag(1));
            move || buffer.push(value)
        });
        assert!(sender.try_push(ledger.tag(2)).is_ok());
        other.join().unwrap();
        let values = [(); 3].map(|()| try_recv(&mut reader).unwrap());
        assert_eq!((values[0], values[1] + values[2]), (4, 3), "each value once");
        assert_eq!(try_recv(&mut reader), Err(TryRecvError::Empty));
    });
}

/// A handle with a key that it kept only tries, at a lane that is full, while a value is taken: it is refused as long as there is no
/// room, and no longer.
pub fn b13_a_kept_key_meets_a_pop() {
    Ledger::audit(|ledger| {
        let buffer = with_lane(3);
        let (sender, mut reader) = (buffer.sender(), reader(&buffer));
        let send = |id| sender.try_push(ledger.tag(id)).map_err(drop);
        assert_eq!((send(0), try_recv(&mut reader)), (Ok(()), Ok(0)));
        // The last of these stands in the next lap, in front of a place that is not read.
        assert_eq!([1, 2, 3, 4].map(&send), [Ok(()), Ok(()), Ok(()), Err(())]);
        let popping = thread::spawn(move || (try_recv(&mut reader), reader));
        let stored = send(5);
        let (popped, mut reader) = popping.join().unwrap();
        assert_eq!(popped, Ok(1));
        assert_eq!(send(6).is_ok(), stored.is_err(), "there was room for one more");
        let last = if stored.is_ok() { 5 } else { 6 };
        assert_eq!([(); 4].map(|()| try_recv(&mut reader)), [Ok(2), Ok(3), Ok(last), Err(TryRecvError::Empty)]);
        assert_eq!(buffer.metrics().counters.refused, 2);
    });
}

/// A close meets both ends, whose holders go in with the keys that they kept.
pub fn c1_a_close_meets_kept_keys() {
    Ledger::audit(|ledger| {
        let buffer = with_lane(2);
        let (sender, mut reader) = (buffer.sender(), reader(&buffer));
        assert!(sender.try_push(ledger.tag(0)).is_ok());
        assert_eq!(try_recv(&mut reader), Ok(0));
        let value = ledger.tag(1);
        let sending = thread::spawn(move || sender.try_push(value).is_ok());
        let popping = thread::spawn(move || (try_recv(&mut reader).ok(), reader));
        buffer.close();
        let (stored, (popped, mut reader)) = (sending.join().unwrap(), popping.join().unwrap());
        let left = try_recv(&mut reader);
        assert_eq!(popped.or(left.ok()), stored.then_some(1), "C1: drained, then closed");
        assert_eq!(try_recv(&mut reader), Err(TryRecvError::Closed));
    });
}

/// Sends through a handle that threads use together; says whether the value was stored.
fn send_together(sender: &CommonSender<Tag>, buffer: &Tags, value: Tag) -> bool {
    let elsewhere = |value| {
        let stored = buffer.try_push(value);
        sender.find_the_way();
        stored
    };
    sender.try_push_or(value, |value| Err(TryProduceError::Full(value)), elsewhere).is_ok()
}

/// A door changes hands while its owner goes in by a handle that the next owner uses, too.
pub fn k6_threads_together_meet_at_a_door() {
    Ledger::audit(|ledger| {
        let buffer = with_lane(3);
        let (sender, mut reader) = (Arc::new(buffer.common_sender()), reader(&buffer));
        assert!(send_together(&sender, &buffer, ledger.tag(4)));
        let other = thread::spawn({
            let (sender, buffer, value) = (Arc::clone(&sender), buffer.clone(), ledger.tag(1));
            move || send_together(&sender, &buffer, value)
        });
        assert!(send_together(&sender, &buffer, ledger.tag(2)));
        assert!(other.join().unwrap());
        let values = [(); 3].map(|()| try_recv(&mut reader).unwrap());
        assert_eq!((values[0], values[1] + values[2]), (4, 3), "each value once");
        assert_eq!(try_recv(&mut reader), Err(TryRecvError::Empty));
    });
}

/// A close meets a thread that owns the door and comes by such a handle.
pub fn c1_a_close_meets_a_common_handle() {
    Ledger::audit(|ledger| {
        let buffer = with_lane(2);
        let (sender, mut reader) = (buffer.common_sender(), reader(&buffer));
        assert!(send_together(&sender, &buffer, ledger.tag(0)));
        assert_eq!(try_recv(&mut reader), Ok(0));
        let closing = thread::spawn({
            let buffer = buffer.clone();
            move || buffer.close()
        });
        let stored = send_together(&sender, &buffer, ledger.tag(1));
        closing.join().unwrap();
        assert_eq!(try_recv(&mut reader).ok(), stored.then_some(1), "C1: drained, then closed");
        assert_eq!(try_recv(&mut reader), Err(TryRecvError::Closed));
    });
}

/// A door that had its owners is everybody's: two threads go in by exchange.
pub fn k6_a_common_door() {
    Ledger::audit(|ledger| {
        let buffer = with_lane(3);
        let mut reader = reader(&buffer);
        buffer.push(ledger.tag(4));
        let (second, value) = (buffer.clone(), ledger.tag(4));
        thread::spawn(move || second.push(value)).join().unwrap();
        assert_eq!([try_recv(&mut reader), try_recv(&mut reader)], [Ok(4), Ok(4)]);
        let other = thread::spawn({
            let (buffer, value) = (buffer.clone(), ledger.tag(1));
            move || buffer.push(value)
        });
        buffer.push(ledger.tag(2));
        other.join().unwrap();
        let sum = try_recv(&mut reader).unwrap() + try_recv(&mut reader).unwrap();
        assert_eq!((sum, try_recv(&mut reader)), (3, Err(TryRecvError::Empty)), "each value once");
    });
}

/// Two handles that have found the way to a door which is everybody's by now.
fn in_turn(buffer: &Tags, ledger: &Ledger, reader: &mut Reader<Tag>) -> [HeapSender<Tag>; 2] {
    let senders = [buffer.sender(), buffer.sender()];
    for sender in senders.iter().chain(&senders) {
        assert!(sender.try_push(ledger.tag(0)).is_ok());
        assert_eq!(try_recv(reader), Ok(0));
    }
    senders
}

/// Two handles meet at a common door to which they know the way.
pub fn k6_handles_meet_at_a_common_door() {
    Ledger::audit(|ledger| {
        let buffer = with_lane(2);
        let mut reader = reader(&buffer);
        let [first, second] = in_turn(&buffer, ledger, &mut reader);
        let value = ledger.tag(1);
        let other = thread::spawn(move || second.try_push(value).is_ok());
        assert!(first.try_push(ledger.tag(2)).is_ok() && other.join().unwrap());
        let sum = try_recv(&mut reader).unwrap() + try_recv(&mut reader).unwrap();
        assert_eq!((sum, try_recv(&mut reader)), (3, Err(TryRecvError::Empty)), "each value once");
    });
}

/// A close meets such a handle, which stores in a few instructions or not at all.
pub fn c1_a_close_meets_a_handle_at_a_common_door() {
    Ledger::audit(|ledger| {
        let buffer = with_lane(2);
        let mut reader = reader(&buffer);
        let [sender, _other] = in_turn(&buffer, ledger, &mut reader);
        let value = ledger.tag(1);
        let sending = thread::spawn(move || sender.push_at_once(value).is_ok());
        buffer.close();
        let stored = sending.join().unwrap();
        assert_eq!(try_recv(&mut reader).ok(), stored.then_some(1), "C1: drained, then closed");
        assert_eq!(try_recv(&mut reader), Err(TryRecvError::Closed));
    });
}

/// Two readers share the cursor, and so the taking end: each value goes to one.
pub fn k_two_readers_share_the_end() {
    Ledger::audit(|ledger| {
        let buffer = with_lane(2);
        let mut first = reader(&buffer);
        let mut second = share(&first);
        buffer.push(ledger.tag(1));
        let other = thread::spawn(move || try_recv(&mut second).unwrap_or(0));
        let got = try_recv(&mut first).unwrap_or(0) + other.join().unwrap();
        assert!(got <= 1, "the value is read once");
        let left = try_recv(&mut first).unwrap_or(0);
        assert_eq!(got + left, 1, "and not lost");
    });
}

/// A second cursor comes: from then on both see each value.
pub fn k4_a_second_cursor_comes() {
    Ledger::audit(|ledger| {
        let buffer = with_lane(2);
        let mut first = reader(&buffer);
        let sending = thread::spawn({
            let (buffer, value) = (buffer.clone(), ledger.tag(1));
            move || buffer.push(value)
        });
        let mut second = reader(&buffer);
        sending.join().unwrap();
        buffer.push(ledger.tag(2));
        assert_eq!([try_recv(&mut first), try_recv(&mut first)], [Ok(1), Ok(2)]);
        assert_eq!(
            try_recv(&mut second).map(|seen| if seen == 1 { try_recv(&mut second).unwrap() } else { seen }),
            Ok(2)
        );
    });
}

/// A wait that is given up beside a push in the lane loses nothing.
pub fn b3_a_reader_gives_up() {
    Ledger::audit(|ledger| {
        let buffer = with_lane(1);
        let mut reader = reader(&buffer);
        let sending = thread::spawn({
            let (buffer, value) = (buffer.clone(), ledger.tag(1));
            move || buffer.push(value)
        });
        let early = recv_and_cancel(&mut reader);
        sending.join().unwrap();
        assert_eq!(early.or_else(|| try_recv(&mut reader).ok()), Some(1));
    });
}

/// A send that is given up beside a pop in the lane is stored or comes back.
pub fn b22_a_sender_gives_up() {
    Ledger::audit(|ledger| {
        let buffer = with_lane(1);
        let mut reader = reader(&buffer);
        buffer.push(ledger.tag(1));
        let popping = thread::spawn(move || {
            let first = try_recv(&mut reader);
            (first, reader)
        });
        let stored = send_and_cancel(&buffer, ledger.tag(2));
        let (first, mut reader) = popping.join().unwrap();
        assert_eq!(first, Ok(1));
        assert_eq!(try_recv(&mut reader).is_ok(), stored);
    });
}

/// The reader leaves beside a push: what it leaves is the next one's.
pub fn k4_the_reader_leaves() {
    Ledger::audit(|ledger| {
        let buffer = with_lane(2);
        let first = reader(&buffer);
        let sending = thread::spawn({
            let (buffer, value) = (buffer.clone(), ledger.tag(1));
            move || buffer.push(value)
        });
        drop(first);
        let mut next = reader(&buffer);
        sending.join().unwrap();
        assert_eq!(try_recv(&mut next), Ok(1));
    });
}

/// A flush waits for what is taken in the lane.
pub fn c2_a_flush_meets_a_pop() {
    Ledger::audit(|ledger| {
        let buffer = with_lane(1);
        let mut reader = reader(&buffer);
        buffer.push(ledger.tag(1));
        let popping = thread::spawn(move || {
            let taken = recv(&mut reader);
            (taken, reader)
        });
        assert_eq!(block_on(buffer.flush()), Ok(()));
        let (taken, mut reader) = popping.join().unwrap();
        assert_eq!(taken, Ok(1), "flushed is consumed");
        let mut later = pin!(reader.recv());
        assert!(poll_once(later.as_mut()).is_pending());
        buffer.close();
        assert_eq!(block_on(later).map(|value| value.id), Err(RecvError::Closed));
    });
}

/// The window is displaced beside a reader that takes in the lane: lag is told, nothing is lost twice.
pub fn s5_a_forced_value_meets_a_pop() {
    Ledger::audit(|ledger| {
        let buffer = with_lane(1);
        let mut reader = reader(&buffer);
        buffer.push(ledger.tag(1));
        let forcing = thread::spawn({
            let (buffer, value) = (buffer.clone(), ledger.tag(2));
            move || buffer.force_push(value).expect("it is open").map(|displaced| displaced.id)
        });
        let first = try_recv(&mut reader);
        let displaced = forcing.join().unwrap();
        match first {
            Ok(1) => assert_eq!((displaced, try_recv(&mut reader)), (None, Ok(2))),
            Ok(2) => panic!("a lag is told before the value behind it"),
            told => {
                assert_eq!((told, displaced), (Err(TryRecvError::Lagged(1)), Some(1)));
                assert_eq!(try_recv(&mut reader), Ok(2));
            }
        }
    });
}

/// A mailbox is put into twice and looked at twice: what is taken is newer each time, and all that was
/// not is displaced or pending.
pub fn k_a_mailbox_is_put_and_taken() {
    Ledger::audit(|ledger| {
        let buffer = mailbox_with_lane();
        let mut reader = reader(&buffer);
        let putting = thread::spawn({
            let (buffer, values) = (buffer.clone(), [1, 2].map(|id| ledger.tag(id)));
            move || values.map(|value| buffer.push(value))
        });
        let first = try_recv(&mut reader).unwrap_or(0);
        let second = try_recv(&mut reader).unwrap_or(first);
        putting.join().unwrap();
        let last = try_recv(&mut reader).unwrap_or(second);
        assert!(first <= second && second <= last && last == 2, "{first} {second} {last}");
        let counters = buffer.metrics().counters;
        assert_eq!((counters.accepted, counters.delivered + counters.overwritten), (2, 2));
    });
}

/// A slot that was emptied goes round to the putting end, which fills it again.
pub fn k_a_slot_of_a_mailbox_goes_round() {
    Ledger::audit(|ledger| {
        let buffer = mailbox_with_lane();
        let mut reader = reader(&buffer);
        buffer.push(ledger.tag(1));
        let putting = {
            let (buffer, values) = (buffer.clone(), [2, 3, 4].map(|id| ledger.tag(id)));
            // The putting end is this thread's; the other one takes.
            move || values.map(|value| buffer.push(value))
        };
        let taking =
            thread::spawn(move || [try_recv(&mut reader), try_recv(&mut reader)].map(|seen| seen.unwrap_or(0)));
        putting();
        let seen = taking.join().unwrap();
        assert!(seen[0] > 0 && (seen[1] > seen[0] || seen[1] == 0), "{seen:?}");
    });
}

/// A taker goes to wait beside a put.
pub fn w1_a_taker_goes_to_wait() {
    Ledger::audit(|ledger| {
        let buffer = mailbox_with_lane();
        let mut reader = reader(&buffer);
        buffer.push(ledger.tag(1));
        assert_eq!(try_recv(&mut reader), Ok(1));
        let taking = thread::spawn(move || recv(&mut reader));
        buffer.push(ledger.tag(2));
        assert_eq!(taking.join().unwrap(), Ok(2));
    });
}

/// A close and a peek meet a put.
pub fn c1_a_mailbox_is_closed_beside_a_put() {
    Ledger::audit(|ledger| {
        let buffer = mailbox_with_lane();
        let mut reader = reader(&buffer);
        buffer.push(ledger.tag(1));
        let putting = thread::spawn({
            let (buffer, value) = (buffer.clone(), ledger.tag(2));
            move || buffer.try_push(value).is_ok()
        });
        let seen = buffer.peek().map(|value| value.id);
        buffer.close();
        let put = putting.join().unwrap();
        assert!(seen == Some(1) || put && seen == Some(2));
        assert_eq!(drain(&mut reader), [1 + u32::from(put)]);
    });
}

/// Both ends of a mailbox go in with the keys that they kept, beside a close that takes nothing from them.
pub fn c1_a_mailbox_is_closed_beside_kept_keys() {
    Ledger::audit(|ledger| {
        let buffer = mailbox_with_lane();
        let (sender, mut reader) = (buffer.sender(), reader(&buffer));
        assert!(sender.try_push(ledger.tag(1)).is_ok());
        assert_eq!(try_recv(&mut reader), Ok(1));
        let values = [2, 3].map(|id| ledger.tag(id));
        let putting = thread::spawn(move || values.map(|value| sender.try_push(value).is_ok()));
        let taking = thread::spawn(move || (try_recv(&mut reader).unwrap_or(0), reader));
        buffer.close();
        let (put, (taken, mut reader)) = (putting.join().unwrap(), taking.join().unwrap());
        let newest = put.iter().filter(|&&put| put).count() as u32 + 1;
        let last = try_recv(&mut reader).unwrap_or(taken);
        assert!(put[0] || !put[1], "C1: what came after a refusal is refused");
        assert!(last == newest || newest == 1 && last == 0, "{put:?} {taken} {last}");
        let counters = buffer.metrics().counters;
        assert_eq!(counters.delivered + counters.overwritten, counters.accepted);
    });
}
