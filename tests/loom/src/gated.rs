//! The scenarios of the lane of a queue that several cursors read: a place is filled again when all have
//! read it, while somebody waits, counts, comes or leaves.
//!
//! The values are numbers: only plain data has this lane. That a copy never meets the filling of its
//! place, the model checker sees by itself.

use std::collections::VecDeque;

use aimdb_core::buffer::{Buffer, BufferCfg, HeapBuffer, Reader, RecvError, TryRecvError};
use aimdb_core::pure::Policy;

use crate::schedule::{block_on, thread};

type Numbers = HeapBuffer<u64>;

/// A queue with two cursors whose lane is open and whose ends have their owners: of the sending one, this
/// thread. One value was sent and read.
fn gated(capacity: usize) -> (Numbers, [Reader<u64>; 2]) {
    let cfg = BufferCfg::Bounded { capacity, policy: Policy::PauseUpstream };
    let buffer = HeapBuffer::new(&cfg).expect("a queue");
    let mut readers = [(); 2].map(|()| buffer.reader().expect("a cursor"));
    buffer.push(0);
    assert_eq!(readers.each_mut().map(|reader| reader.try_recv()), [Ok(0), Ok(0)]);
    assert_eq!(buffer.push_at_once(0), Ok(()), "the lane is open");
    assert_eq!(readers.each_mut().map(|reader| reader.try_recv()), [Ok(0), Ok(0)]);
    (buffer, readers)
}

/// Looks so often; what was there, in order.
fn look<const TIMES: usize>(reader: &mut Reader<u64>) -> Vec<u64> {
    [(); TIMES].iter().filter_map(|()| reader.try_recv().ok()).collect()
}

/// What a cursor has left to read.
fn rest(reader: &mut Reader<u64>) -> Vec<u64> {
    core::iter::from_fn(|| reader.try_recv().ok()).collect()
}

/// K5: both cursors read each value once and in order, and none is overwritten before.
fn assert_both_have(readers: [(Reader<u64>, Vec<u64>); 2], sent: &[u64]) {
    for (mut reader, mut seen) in readers {
        seen.extend(rest(&mut reader));
        assert_eq!(seen, sent);
        assert_eq!(reader.try_recv(), Err(TryRecvError::Empty));
        assert_eq!(reader.metrics().counters.delivered, 2 + sent.len() as u64, "M1: of each cursor");
    }
}

/// Two readers look while values come, of which the second waits for both.
pub fn k5_a_place_is_filled_again_when_both_have_read_it() {
    let (buffer, [mut first, mut second]) = gated(1);
    let other = thread::spawn(move || {
        let seen = look::<1>(&mut second);
        (second, seen)
    });
    let mut sent = vec![1];
    assert_eq!(buffer.push_at_once(1), Ok(()));
    let seen = look::<1>(&mut first);
    if buffer.push_at_once(2).is_ok() {
        sent.push(2);
    }
    assert_both_have([(first, seen), other.join().unwrap()], &sent);
}

/// The same with a reader on each of two threads.
pub fn k5_two_threads_read_what_a_third_sends() {
    let (buffer, readers) = gated(1);
    let [first, second] = readers.map(|mut reader| {
        thread::spawn(move || {
            let seen = look::<2>(&mut reader);
            (reader, seen)
        })
    });
    let sent: Vec<_> = [1, 2].into_iter().filter(|&value| buffer.push_at_once(value).is_ok()).collect();
    assert_both_have([first.join().unwrap(), second.join().unwrap()], &sent);
}

/// A cursor's door changes hands while its owner goes in, and the other ends go on.
pub fn k6_one_of_several_doors_changes_hands() {
    let (buffer, [mut first, mut second]) = gated(2);
    let mut share = first.share().expect("a share");
    assert_eq!([1, 2].map(|value| buffer.push_at_once(value)), [Ok(()); 2]);
    let other = thread::spawn(move || look::<1>(&mut share));
    let mut shared = look::<1>(&mut first);
    let mut seen = look::<2>(&mut second);
    let mut sent = vec![1, 2];
    if buffer.push_at_once(3).is_ok() {
        sent.push(3);
    }
    shared.extend(other.join().unwrap());
    shared.extend(rest(&mut first));
    shared.sort_unstable();
    assert_eq!(shared, sent, "each value comes once to one of the two");
    seen.extend(rest(&mut second));
    assert_eq!(seen, sent);
}

/// Batches pass: what is published at once is read at once.
pub fn s6_a_batch_meets_two_that_read_batches() {
    let (buffer, [mut first, mut second]) = gated(2);
    let other = thread::spawn(move || {
        let mut seen = Vec::with_capacity(4);
        second.take_more(&mut seen, 4);
        (second, seen)
    });
    let mut batch = VecDeque::from([1, 2, 3]);
    let mut sent = buffer.push_many_at_once(&mut batch);
    let mut seen = Vec::with_capacity(4);
    first.take_more(&mut seen, 4);
    sent += buffer.push_many_at_once(&mut batch);
    assert_both_have([(first, seen), other.join().unwrap()], &[1, 2, 3][..sent]);
}

/// Somebody counts beside a sender and a reader: the lane is closed and opened under them, and what they
/// did is counted, refusals too.
pub fn m1_the_lane_is_counted_beside_its_ends() {
    let (buffer, [mut first, second]) = gated(1);
    let counting = thread::spawn({
        let buffer = buffer.clone();
        move || {
            let metrics = buffer.metrics();
            assert!(metrics.occupancy <= 1, "K1");
            assert!(metrics.counters.delivered <= 2 * metrics.counters.accepted, "M2");
        }
    });
    assert!(buffer.try_push(1).is_ok());
    let seen = look::<1>(&mut first);
    assert_eq!((seen.as_slice(), buffer.try_push(2).is_ok()), (&[1][..], false), "K5: the second has not read it");
    counting.join().unwrap();
    let counters = buffer.metrics().counters;
    assert_eq!((counters.accepted, counters.refused, counters.delivered), (3, 1, 5), "M1");
    assert_both_have([(first, seen), (second, Vec::new())], &[1]);
}

/// A sender that is about to wait meets the slower of two readers.
pub fn w1_a_sender_waits_for_the_slower() {
    let (buffer, [mut first, mut second]) = gated(1);
    buffer.push(1);
    assert_eq!(first.try_recv(), Ok(1));
    let reading = thread::spawn(move || {
        assert_eq!(second.try_recv(), Ok(1));
        (second, Vec::from([1]))
    });
    block_on(buffer.push_async(2)).expect("it is open");
    assert_both_have([(first, Vec::from([1])), reading.join().unwrap()], &[1, 2]);
}

/// Two readers that are about to wait meet a value.
pub fn w1_both_readers_wait() {
    let (buffer, readers) = gated(2);
    let waits = readers.map(|mut reader| thread::spawn(move || block_on(reader.recv())));
    buffer.push(1);
    assert_eq!(waits.map(|wait| wait.join().unwrap()), [Ok(1), Ok(1)]);
}

/// A close meets all ends: both readers get what was accepted, then the end.
pub fn c1_a_close_meets_all_ends() {
    let (buffer, [mut first, mut second]) = gated(1);
    let drain = |reader: &mut Reader<u64>| match block_on(reader.recv()) {
        Ok(value) => (Some(value), block_on(reader.recv())),
        end => (None, end),
    };
    let closing = thread::spawn({
        let buffer = buffer.clone();
        move || buffer.close()
    });
    let reading = thread::spawn(move || drain(&mut second));
    let sent = buffer.try_push(1).is_ok().then_some(1);
    closing.join().unwrap();
    assert_eq!(reading.join().unwrap(), (sent, Err(RecvError::Closed)), "C1: drained, then closed");
    assert_eq!(drain(&mut first), (sent, Err(RecvError::Closed)));
}

/// An abort meets a reader: what it had not read is discarded once.
pub fn c2_an_abort_meets_a_reader() {
    let (buffer, [mut first, mut second]) = gated(2);
    buffer.push(1);
    buffer.push(2);
    assert_eq!(first.try_recv(), Ok(1));
    let reading = thread::spawn(move || look::<2>(&mut second));
    let discarded = buffer.abort();
    let seen = reading.join().unwrap();
    assert_eq!(discarded, if seen.contains(&1) { 1 } else { 2 }, "C2: what one cursor has not read is discarded");
    assert_eq!(first.try_recv(), Err(TryRecvError::Closed));
}

/// The slower cursor leaves beside a sender: what only it had left to read makes room.
pub fn k5_the_slower_leaves() {
    let (buffer, [mut first, second]) = gated(1);
    buffer.push(1);
    assert_eq!(first.try_recv(), Ok(1));
    let leaving = thread::spawn(move || drop(second));
    let early = buffer.try_push(2).is_ok();
    leaving.join().unwrap();
    assert!(early || buffer.try_push(2).is_ok(), "K5");
    assert_eq!([first.try_recv(), first.try_recv()], [Ok(2), Err(TryRecvError::Empty)]);
}

/// A third cursor comes beside a sender, reads what is sent from then on, and is waited for.
pub fn k4_a_third_cursor_comes() {
    let (buffer, [mut first, mut second]) = gated(2);
    let joining = thread::spawn({
        let buffer = buffer.clone();
        move || buffer.reader().expect("a cursor")
    });
    buffer.push(1);
    let mut third = joining.join().unwrap();
    buffer.push(2);
    assert_eq!([rest(&mut first), rest(&mut second)], [[1, 2], [1, 2]]);
    let more = buffer.try_push(3).is_ok();
    assert_eq!([rest(&mut first).len(), rest(&mut second).len()], [usize::from(more); 2]);
    let seen = rest(&mut third);
    assert_eq!(seen, if more { vec![2, 3] } else { vec![1, 2] }, "K5");
}

/// The second cursor comes and leaves: the record goes from the lane of one to that of several and back.
pub fn k4_the_lanes_of_a_queue_take_turns() {
    let (buffer, [mut first, second]) = gated(3);
    let turning = thread::spawn(move || drop(second));
    let mut seen = Vec::new();
    for value in [1, 2] {
        buffer.push(value);
        seen.extend(first.try_recv().ok());
    }
    turning.join().unwrap();
    let mut second = buffer.reader().expect("a cursor");
    buffer.push(3);
    seen.extend(rest(&mut first));
    assert_eq!((seen, rest(&mut second)), (vec![1, 2, 3], vec![3]));
    assert_eq!(buffer.metrics().counters.accepted, 5);
}

/// A cursor that several readers share is one gate: each value goes to one of them.
pub fn k_a_cursor_is_shared() {
    let (buffer, [mut first, mut second]) = gated(2);
    let mut other = second.share().expect("a share");
    buffer.push(1);
    let sharing = thread::spawn(move || look::<1>(&mut other));
    let mut seen = look::<1>(&mut second);
    seen.extend(sharing.join().unwrap());
    seen.extend(rest(&mut second));
    assert_eq!((seen, rest(&mut first)), (vec![1], vec![1]));
}
