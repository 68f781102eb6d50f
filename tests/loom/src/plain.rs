//! The scenarios of the lane of plain data that is overwritten: what is copied by words while somebody writes it,
//! and while somebody closes the lane.
//!
//! A value is two words that are alike, or with the feature `large` four, which a reader has copied to where it wants
//! them. A ring of one value, and a latest value, lie in the lane while that is open; a ring of two lies in its slots.

use std::collections::VecDeque;

use aimdb_core::buffer::{Buffer, BufferCfg, HeapBuffer, Reader, RecvError, TryRecvError};
use aimdb_core::pure::Start;

use crate::schedule::{block_on, thread};
use crate::verbs::look;

const WORDS: usize = if cfg!(feature = "large") { 4 } else { 2 };

type Pair = [u64; WORDS];
type Pairs = HeapBuffer<Pair>;

fn ring(capacity: usize) -> Pairs {
    HeapBuffer::builder(&BufferCfg::SpmcRing { capacity }).build_plain().expect("a ring")
}

fn latest() -> Pairs {
    HeapBuffer::builder(&BufferCfg::SingleLatest).build_plain().expect("a latest value")
}

/// A reader of a record whose lane is open, and whose writing end is this thread's; that of the reader is the
/// reader's. So many values were sent, and read.
fn in_the_lane(buffer: &Pairs, sent: u64) -> Reader<Pair> {
    let mut reader = buffer.reader().expect("a cursor");
    for value in 1..=sent {
        push(buffer, value);
        assert_eq!(seen(reader.try_recv()), Ok(value));
    }
    assert_eq!(seen(reader.try_recv()), Err(TryRecvError::Empty));
    reader
}

/// Stores a value, in the lane if that is open.
fn push(buffer: &Pairs, value: u64) {
    buffer.push([value; WORDS]);
}

fn push_in_the_lane(buffer: &Pairs, value: u64) {
    assert_eq!(buffer.push_at_once([value; WORDS]), Ok(()), "the lane is open, and this thread's");
}

/// What came, if it is whole.
fn whole([one, rest @ ..]: Pair) -> u64 {
    assert_eq!(rest, [one; WORDS - 1], "a value is never torn");
    one
}

fn seen<E>(outcome: Result<Pair, E>) -> Result<u64, E> {
    outcome.map(whole)
}

/// What a cursor has come by: each value once and in order, or told of.
struct Course {
    last: u64,
    lag: u64,
}

impl Course {
    const fn behind(last: u64) -> Self {
        Self { last, lag: 0 }
    }

    fn note(&mut self, outcome: Result<Pair, TryRecvError>) {
        match seen(outcome) {
            Ok(value) => {
                assert_eq!(value, self.last + 1, "in order");
                self.last = value;
            }
            Err(TryRecvError::Lagged(lag)) => {
                self.last += lag;
                self.lag += lag;
            }
            Err(error) => assert_eq!(error, TryRecvError::Empty),
        }
    }

    fn look(&mut self, reader: &mut Reader<Pair>, times: usize) {
        (0..times).for_each(|_| self.note(reader.try_recv()));
    }

    /// Reads what is left of the `sent` values, of which so many were there before the cursor came.
    fn end_after(mut self, before: u64, mut reader: Reader<Pair>, sent: u64) {
        self.look(&mut reader, 3);
        assert_eq!(self.last, sent, "each value was read or told of");
        assert_eq!(seen(reader.try_recv()), Err(TryRecvError::Empty));
        let counters = reader.metrics().counters;
        assert_eq!((counters.lagged, counters.delivered), (self.lag, sent - before - self.lag), "K3: the lag is exact");
    }

    fn end(self, reader: Reader<Pair>, sent: u64) {
        self.end_after(0, reader, sent);
    }
}

/// Two values come to a ring over what a reader is about to read; both ends stay in the lane.
fn is_overwritten_under_its_reader(capacity: usize) {
    let buffer = ring(capacity);
    let mut reader = in_the_lane(&buffer, 1);
    let kept = capacity as u64;
    (2..=kept).for_each(|value| push_in_the_lane(&buffer, value));
    let reading = thread::spawn(move || {
        let mut course = Course::behind(1);
        course.look(&mut reader, 2);
        (course, reader)
    });
    let sent = kept + 2;
    (kept + 1..=sent).for_each(|value| push(&buffer, value));
    let (course, reader) = reading.join().unwrap();
    course.end(reader, sent);
    assert_eq!(buffer.metrics().counters.accepted, sent);
}

/// The value lies in the lane.
pub fn k3_a_plain_ring_of_one_is_overwritten_under_its_reader() {
    is_overwritten_under_its_reader(1);
}

/// The values lie in their slots.
pub fn k3_a_plain_ring_of_two_is_overwritten_under_its_reader() {
    is_overwritten_under_its_reader(2);
}

/// A cursor that has lost a value may lose one more before it looks: then it is told of both at once.
pub fn k3_a_reader_of_a_plain_ring_loses_several() {
    let buffer = ring(2);
    let mut reader = in_the_lane(&buffer, 1);
    (2..=4).for_each(|value| push_in_the_lane(&buffer, value));
    let reading = thread::spawn(move || {
        let mut course = Course::behind(1);
        course.look(&mut reader, 1);
        (course, reader)
    });
    push(&buffer, 5);
    let (course, reader) = reading.join().unwrap();
    course.end(reader, 5);
}

/// Two cursors, of which one has lost a value, and may lose one more, and the other reads on the writer's thread.
pub fn k3_two_read_a_plain_ring_that_is_overwritten() {
    let buffer = ring(1);
    let mut first = in_the_lane(&buffer, 2);
    let mut second = buffer.reader().expect("a cursor");
    assert_eq!(seen(second.try_recv()), Err(TryRecvError::Empty));
    for value in 3..=4 {
        push_in_the_lane(&buffer, value);
        assert_eq!(seen(second.try_recv()), Ok(value));
    }
    let reading = thread::spawn(move || {
        let mut course = Course::behind(2);
        course.look(&mut first, 1);
        (course, first)
    });
    push(&buffer, 5);
    let mut course = Course::behind(4);
    course.look(&mut second, 1);
    assert_eq!(course.last, 5, "nobody else took it");
    let (other, first) = reading.join().unwrap();
    other.end(first, 5);
    course.end_after(2, second, 5);
}

/// Two values come while somebody looks at the newest, who finds none older than one that was there.
pub fn k_a_plain_latest_value_is_replaced_under_a_peek() {
    let buffer = latest();
    push(&buffer, 1);
    push_in_the_lane(&buffer, 2);
    let peeking = thread::spawn({
        let buffer = buffer.clone();
        move || [(); 2].map(|()| whole(buffer.peek().expect("there is one")))
    });
    (3..=4).for_each(|value| push(&buffer, value));
    let [first, second] = peeking.join().unwrap();
    assert!(first >= 2 && second >= first, "{first} {second}");
    assert_eq!(buffer.peek().map(whole), Some(4));
}

/// A reader looks at the newest by its own end while a value comes, and somebody closes the lane to count, and opens it
/// again: it finds none older than what it has seen.
pub fn k_a_reader_looks_at_a_plain_latest_value() {
    let buffer = latest();
    let reader = in_the_lane(&buffer, 1);
    push_in_the_lane(&buffer, 2);
    assert_eq!(look(&reader).map(whole), Some(2), "its end is its own");
    let looking = thread::spawn(move || {
        let first = look(&reader).map_or(2, whole);
        let second = look(&reader).map_or(first, whole);
        (first, second, reader)
    });
    push(&buffer, 3);
    assert_eq!(buffer.metrics().counters.accepted, 3);
    let (first, second, mut reader) = looking.join().unwrap();
    assert!(first >= 2 && (first..=3).contains(&second), "{first} {second}");
    assert_eq!([(); 2].map(|()| seen(reader.try_recv())), [Ok(3), Err(TryRecvError::Empty)]);
}

/// A cursor of a latest value, which is told of no lag, beside its writer.
pub fn k2_a_reader_follows_a_plain_latest_value() {
    let buffer = latest();
    let mut reader = in_the_lane(&buffer, 1);
    push_in_the_lane(&buffer, 2);
    let reading = thread::spawn(move || (seen(reader.try_recv()).expect("there is one"), reader));
    (3..=4).for_each(|value| push(&buffer, value));
    let (first, mut reader) = reading.join().unwrap();
    assert!(first >= 2, "none comes twice: {first}");
    let last = seen(reader.try_recv());
    assert_eq!(last, if first == 4 { Err(TryRecvError::Empty) } else { Ok(4) });
    let delivered = 2 + u64::from(last.is_ok());
    let counters = reader.metrics().counters;
    assert_eq!((counters.delivered, counters.lagged), (delivered, 4 - delivered));
}

/// Somebody closes the lane to count, and opens it again, beside both ends: the value goes to its slot and back.
pub fn m1_a_plain_latest_value_is_counted_beside_both_ends() {
    let buffer = latest();
    let mut reader = in_the_lane(&buffer, 1);
    let counting = thread::spawn({
        let buffer = buffer.clone();
        move || {
            let metrics = buffer.metrics();
            (metrics.counters.accepted, buffer.peek().map(whole))
        }
    });
    (2..=3).for_each(|value| push(&buffer, value));
    let (accepted, newest) = counting.join().unwrap();
    assert!((1..=3).contains(&accepted) && newest >= Some(accepted), "{accepted} {newest:?}");
    assert_eq!([(); 2].map(|()| seen(reader.try_recv())), [Ok(3), Err(TryRecvError::Empty)]);
    let counters = reader.metrics().counters;
    assert_eq!((counters.delivered, counters.lagged), (2, 1));
}

/// The same of a ring, at whose values a cursor from the oldest on looks under the lock.
pub fn m1_a_plain_ring_is_counted_beside_both_ends() {
    let buffer = ring(2);
    let mut reader = in_the_lane(&buffer, 1);
    push_in_the_lane(&buffer, 2);
    let counting = thread::spawn({
        let buffer = buffer.clone();
        move || {
            let mut late = buffer.reader_from(Start::Oldest).expect("a cursor");
            seen(late.try_recv()).or_else(|_lagged| seen(late.try_recv())).expect("the window is never empty")
        }
    });
    push(&buffer, 3);
    let mut course = Course::behind(1);
    course.look(&mut reader, 1);
    let oldest = counting.join().unwrap();
    assert!((1..=2).contains(&oldest), "the oldest that was retained when it came: {oldest}");
    course.end(reader, 3);
}

/// A value is put by force, which the shell does, while a reader reads in the lane.
pub fn s5_a_plain_latest_value_is_displaced_beside_a_reader() {
    let buffer = latest();
    let mut reader = in_the_lane(&buffer, 1);
    let reading = thread::spawn(move || (seen(reader.try_recv()).unwrap_or(1), reader));
    buffer.displace([2; WORDS]).expect("it is open");
    push(&buffer, 3);
    let (first, mut reader) = reading.join().unwrap();
    let last = seen(reader.try_recv());
    assert!(matches!((first, last), (1 | 2, Ok(3)) | (3, Err(TryRecvError::Empty))), "{first} {last:?}");
}

/// The same while somebody looks at the newest, in the lane at the second look.
pub fn s5_a_plain_latest_value_is_displaced_under_a_peek() {
    let buffer = latest();
    push(&buffer, 1);
    let peeking = thread::spawn({
        let buffer = buffer.clone();
        move || [(); 2].map(|()| whole(buffer.peek().expect("there is one")))
    });
    buffer.displace([2; WORDS]).expect("it is open");
    let [first, second] = peeking.join().unwrap();
    assert!(first >= 1 && second >= first, "{first} {second}");
    assert_eq!(buffer.peek().map(whole), Some(2));
}

/// A close meets a writer and a reader: what was accepted is read, then the end.
pub fn c1_a_plain_ring_is_closed_beside_both_ends() {
    let buffer = ring(2);
    let mut reader = in_the_lane(&buffer, 1);
    let closing = thread::spawn({
        let buffer = buffer.clone();
        move || buffer.close()
    });
    let stored = buffer.try_push([2; WORDS]).is_ok();
    let first = seen(reader.try_recv());
    closing.join().unwrap();
    let left = seen(reader.try_recv());
    assert_eq!(first.or(left).ok(), stored.then_some(2), "C1: drained, then closed");
    assert_eq!(seen(reader.try_recv()), Err(TryRecvError::Closed));
}

/// The same of a latest value, with the reader on another thread.
pub fn c1_a_plain_latest_value_is_closed_beside_both_ends() {
    let buffer = latest();
    let mut reader = in_the_lane(&buffer, 1);
    let reading = thread::spawn(move || (seen(reader.try_recv()).ok(), reader));
    push(&buffer, 2);
    buffer.close();
    let (first, mut reader) = reading.join().unwrap();
    let left = seen(reader.try_recv()).ok();
    assert_eq!(first.or(left), Some(2), "C1: drained, then closed");
    assert_eq!(seen(reader.try_recv()), Err(TryRecvError::Closed));
    assert_eq!(buffer.peek().map(whole), Some(2));
}

/// An abort meets a reader of what it discards.
pub fn c2_an_abort_meets_a_reader_of_a_plain_ring() {
    let buffer = ring(2);
    let mut reader = in_the_lane(&buffer, 1);
    push_in_the_lane(&buffer, 2);
    let reading = thread::spawn(move || (seen(reader.try_recv()), reader));
    buffer.abort();
    let (first, mut reader) = reading.join().unwrap();
    assert!(matches!(first, Ok(2) | Err(TryRecvError::Closed)), "{first:?}");
    assert_eq!(seen(reader.try_recv()), Err(TryRecvError::Closed));
}

/// A reader that is about to wait meets a value in the lane.
pub fn w1_a_reader_of_a_plain_ring_goes_to_wait() {
    let buffer = ring(1);
    let mut reader = in_the_lane(&buffer, 1);
    let reading = thread::spawn(move || seen(block_on(reader.recv())));
    push(&buffer, 2);
    assert_eq!(reading.join().unwrap(), Ok::<_, RecvError>(2));
}

/// A batch comes over a window of which a batch is read.
pub fn s6_a_batch_of_plain_values_meets_a_batch() {
    let buffer = ring(2);
    let mut reader = in_the_lane(&buffer, 1);
    push_in_the_lane(&buffer, 2);
    let reading = thread::spawn(move || {
        let mut values = Vec::with_capacity(2);
        let taken = reader.take_more(&mut values, 2);
        assert_eq!(taken, values.len());
        (values, reader)
    });
    let mut batch: VecDeque<_> = [3, 4].map(|value| [value; WORDS]).into();
    let stored = buffer.push_many_at_once(&mut batch) as u64;
    assert_eq!(stored as usize + batch.len(), 2);
    let (values, reader) = reading.join().unwrap();
    let mut course = Course::behind(1);
    values.into_iter().for_each(|value| course.note(Ok(value)));
    course.end(reader, 2 + stored);
}

/// Both ends change hands while their owners are at it.
pub fn k6_the_ends_of_a_plain_ring_change_hands() {
    let buffer = ring(2);
    let mut reader = in_the_lane(&buffer, 1);
    let mut second = reader.share().expect("a share");
    let other = thread::spawn({
        let buffer = buffer.clone();
        move || {
            push(&buffer, 2);
            seen(second.try_recv())
        }
    });
    push(&buffer, 2);
    let first = seen(reader.try_recv());
    let other = other.join().unwrap();
    let left = [(); 3].map(|()| seen(reader.try_recv()));
    let read = [first, other].iter().chain(&left).filter(|outcome| **outcome == Ok(2)).count();
    let lag: u64 = [first, other]
        .iter()
        .chain(&left)
        .map(|outcome| match outcome {
            Err(TryRecvError::Lagged(lag)) => *lag,
            _ => 0,
        })
        .sum();
    assert_eq!((read as u64 + lag, buffer.metrics().counters.accepted), (2, 3), "each value once, or told of");
}
