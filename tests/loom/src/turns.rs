//! Tasks that block at the lean records of aimdb-sync-embassy: they wait in turns, over a port whose parks may end for no reason
//! and whose time is up at the first park that has one.
#![allow(unsafe_code)]

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use aimdb_core::buffer::{RecvError, SendError};
use aimdb_core::pure::Start;
use aimdb_core::waiting::Deadline;
use loom::sync::{Arc, Notify};
use loom::thread;

use crate::latest::StaticLatest;
use crate::mailbox::StaticMailbox;
use crate::port::{Port, Task};
use crate::queues::Section;
use crate::record::{ForHandles, Ops};
use crate::{StaticQueue, StaticRing};

/// What a task of a model is to its port.
#[derive(Default)]
struct Person {
    token: Notify,
    priority: u8,
}

loom::thread_local! {
    static ME: Cell<*const Person> = Cell::new(std::ptr::null());
    static NOW: Cell<u64> = Cell::new(1);
    /// What is looked at when the time is up.
    static LOOKS: RefCell<Option<Box<dyn FnOnce()>>> = RefCell::new(None);
}

pub(crate) struct Model;

fn me() -> &'static Person {
    // SAFETY: whoever blocks was made a task, and all tasks are kept to the end of the model.
    unsafe { &*ME.with(Cell::get) }
}

// SAFETY: tasks are kept to the end of the model.
unsafe impl Port for Model {
    fn ticks_per_second() -> u32 {
        1
    }

    fn current_task() -> Task {
        Task::from_ptr(std::ptr::from_ref(me()).cast())
    }

    fn now() -> u64 {
        NOW.with(Cell::get)
    }

    fn park(ticks: Option<u64>) {
        match ticks {
            None => me().token.wait(),
            // Whatever the others do, they do it before or after that.
            Some(_) => {
                if let Some(looks) = LOOKS.with(RefCell::take) {
                    looks();
                }
                NOW.with(|now| now.set(10));
            }
        }
    }

    unsafe fn unpark(task: Task) {
        // SAFETY: by this function's contract.
        unsafe { (*task.as_ptr().cast::<Person>()).token.notify() };
    }

    unsafe fn unpark_from_isr(_task: Task) {
        unreachable!("nobody is an interrupt")
    }

    fn in_isr() -> bool {
        false
    }

    fn can_block() -> bool {
        true
    }

    fn priority() -> u8 {
        me().priority
    }
}

/// Until the first park.
const SHORT: Deadline = Deadline::At(10);

/// The tasks of a model, of these priorities, and a record that outlives them.
pub(crate) struct Stage<R: 'static, const TASKS: usize> {
    record: Arc<R>,
    people: Arc<[Person; TASKS]>,
}

impl<R: Send + Sync + 'static, const TASKS: usize> Stage<R, TASKS> {
    pub(crate) fn new(record: R, priorities: [u8; TASKS]) -> Self {
        let people = priorities.map(|priority| Person { token: Notify::new(), priority });
        Self { record: Arc::new(record), people: Arc::new(people) }
    }

    /// One of them does this, in a thread of its own.
    pub(crate) fn does<T: Send + 'static>(
        &self,
        who: usize,
        work: impl FnOnce(&R) -> T + Send + 'static,
    ) -> thread::JoinHandle<T> {
        let (record, people) = (self.record.clone(), self.people.clone());
        thread::spawn(move || {
            ME.with(|me| me.set(&raw const people[who]));
            work(&record)
        })
    }

    /// The main thread is one of them.
    pub(crate) fn here<T>(&self, who: usize, work: impl FnOnce(&R) -> T) -> T {
        ME.with(|me| me.set(&raw const self.people[who]));
        work(&self.record)
    }

    /// The same. Says too whether the record `is` something when the time of its wait is up.
    pub(crate) fn in_time<T>(&self, who: usize, work: impl FnOnce(&R) -> T, is: fn(&R) -> bool) -> (T, bool) {
        let was = Rc::new(Cell::new(false));
        let (record, seen) = (self.record.clone(), was.clone());
        LOOKS.with(|looks| looks.replace(Some(Box::new(move || seen.set(is(&record))))));
        let done = self.here(who, work);
        LOOKS.with(RefCell::take);
        (done, was.get())
    }
}

#[cfg(not(feature = "large"))]
type Value = u32;
#[cfg(feature = "large")]
type Value = [u32; 3];

fn value(id: u32) -> Value {
    #[cfg(not(feature = "large"))]
    return id;
    #[cfg(feature = "large")]
    [id; 3]
}

type Queue<const N: usize> = StaticQueue<Value, Section, N>;

fn takes<R: Ops<Value = Value>>(record: &R, cursor: R::Cursor, deadline: Deadline) -> Option<Result<Value, RecvError>> {
    record.take_waiting::<Model>(cursor, deadline)
}

fn sends<const N: usize>(queue: &Queue<N>, id: u32) -> bool {
    queue.push_waiting::<Model>(value(id), Deadline::Never).is_ok()
}

fn tries<const N: usize>(queue: &Queue<N>, id: u32) {
    assert!(queue.producer().try_send(value(id)).is_ok(), "K1: there is room");
}

fn sorted<const N: usize>(mut values: [Value; N]) -> [Value; N] {
    values.sort_unstable();
    values
}

/// Two readers, the second more urgent, come while two values do.
fn two_readers_have_two_values(priorities: [u8; 2]) {
    let stage = Stage::new(Queue::<2>::new(), priorities);
    let reads = stage.does(0, |queue| takes(queue, (), Deadline::Never).unwrap().unwrap());
    let other = stage.record.clone();
    let gives = thread::spawn(move || (1..3).for_each(|id| tries(&other, id)));
    let had = stage.here(1, |queue| takes(queue, (), Deadline::Never).unwrap().unwrap());
    gives.join().unwrap();
    assert_eq!(sorted([had, reads.join().unwrap()]), [1, 2].map(value));
    assert_eq!(stage.record.stats().waiting_consumers, 0);
}

/// Two readers come while two values do.
pub fn w1_turns_two_readers_have_two_values() {
    two_readers_have_two_values([1, 1]);
}

/// The same, the second more urgent.
pub fn w1_turns_two_readers_of_two_priorities_have_two_values() {
    two_readers_have_two_values([0, 1]);
}

/// Three readers come to where three values are: those came after each of them had tried, while nobody stood there to be woken. The
/// two who come to stand behind the first before it looks are woken by that.
pub fn w1_turns_the_first_looks_for_two_behind_it() {
    let stage = Stage::new(Queue::<3>::new(), [1, 1, 1]);
    (1..4).for_each(|id| tries(&stage.record, id));
    let reading = [0, 1].map(|who| stage.does(who, |queue| takes(queue, (), Deadline::Never).unwrap().unwrap()));
    let had = stage.here(2, |queue| takes(queue, (), Deadline::Never).unwrap().unwrap());
    let [one, other] = reading.map(|thread| thread.join().unwrap());
    assert_eq!(sorted([had, one, other]), [1, 2, 3].map(value));
    assert_eq!(stage.record.stats().waiting_consumers, 0);
}

/// Two readers come; a third takes a value without waiting, and another value comes.
pub fn w1_turns_a_try_takes_what_one_was_woken_for() {
    let stage = Stage::new(Queue::<3>::new(), [1, 1]);
    let reads = stage.does(0, |queue| takes(queue, (), Deadline::Never).unwrap().unwrap());
    let other = stage.record.clone();
    let steals = thread::spawn(move || {
        tries(&other, 1);
        let stolen = other.consumer().try_recv().is_ok();
        tries(&other, 2);
        if stolen {
            tries(&other, 3);
        }
    });
    let had = stage.here(1, |queue| takes(queue, (), Deadline::Never).unwrap().unwrap());
    let other = reads.join().unwrap();
    steals.join().unwrap();
    assert_ne!(had, other);
}

/// One reader's time is up while a value comes and another reader waits: one of them has it, and if that was the first, another
/// comes for the second.
fn one_gives_up_while_a_value_comes(priorities: [u8; 2]) {
    let stage = Stage::new(Queue::<2>::new(), priorities);
    let gives_up = stage.does(0, |queue| {
        let had = takes(queue, (), SHORT);
        if had.is_some() {
            tries(queue, 2);
        }
        had.map(Result::unwrap)
    });
    let other = stage.record.clone();
    let gives = thread::spawn(move || tries(&other, 1));
    let had = stage.here(1, |queue| takes(queue, (), Deadline::Never).unwrap().unwrap());
    gives.join().unwrap();
    assert!(gives_up.join().unwrap() != Some(had));
    assert_eq!(stage.record.stats().waiting_consumers, 0);
}

/// Of two that are as urgent.
pub fn w2_turns_one_gives_up_while_a_value_comes() {
    one_gives_up_while_a_value_comes([1, 1]);
}

/// The less urgent one, likewise.
pub fn w2_turns_one_that_is_less_urgent_gives_up() {
    one_gives_up_while_a_value_comes([0, 1]);
}

/// The more urgent one, likewise.
pub fn w2_turns_one_that_is_more_urgent_gives_up() {
    one_gives_up_while_a_value_comes([1, 0]);
}

/// Two senders wait at a full queue, one of them not for long: the place that comes is for one, and the other's.
pub fn w2_turns_a_sender_gives_up_while_a_place_comes() {
    let stage = Stage::new(Queue::<1>::new(), [1, 1]);
    tries(&stage.record, 7);
    let gives_up = stage.does(0, |queue| match queue.push_waiting::<Model>(value(1), SHORT) {
        Ok(()) => queue.consumer().try_recv().is_ok(),
        Err(SendError::Timeout(_)) => true,
        Err(_) => false,
    });
    let other = stage.record.clone();
    let takes = thread::spawn(move || assert!(other.consumer().try_recv().is_ok()));
    assert!(stage.here(1, |queue| sends(queue, 2)));
    takes.join().unwrap();
    // Whoever took the other's value did it for him.
    gives_up.join().unwrap();
    assert_eq!(stage.record.stats().waiting_producers, 0);
}

/// Senders and a reader that all block, at one place.
pub fn w1_turns_two_senders_and_a_reader_block() {
    let stage = Stage::new(Queue::<1>::new(), [1, 0, 1]);
    let sending = [0, 1].map(|who| stage.does(who, move |queue| assert!(sends(queue, who as u32))));
    let had = stage.here(2, |queue| [(); 2].map(|()| takes(queue, (), Deadline::Never).unwrap().unwrap()));
    assert_eq!(sorted(had), [0, 1].map(value));
    for thread in sending {
        thread.join().unwrap();
    }
}

/// A close meets a reader and a sender's value.
pub fn c1_turns_a_close_meets_two_readers_and_a_value() {
    let stage = Stage::new(Queue::<2>::new(), [1, 0]);
    let reads = stage.does(0, |queue| takes(queue, (), Deadline::Never).unwrap());
    let other = stage.record.clone();
    let gives = thread::spawn(move || {
        let sent = other.producer().try_send(value(1)).is_ok();
        other.close();
        sent
    });
    let had = stage.here(1, |queue| takes(queue, (), Deadline::Never).unwrap());
    let sent = gives.join().unwrap();
    let all = [had, reads.join().unwrap()];
    assert_eq!(all.iter().filter(|had| had.is_ok()).count(), usize::from(sent));
}

/// The same, and the value is on its way.
pub fn c1_turns_a_close_meets_a_value_on_its_way() {
    let stage = Stage::new(Queue::<2>::new(), [1, 0]);
    let reads = stage.does(0, |queue| takes(queue, (), Deadline::Never).unwrap());
    let other = stage.record.clone();
    let gives = thread::spawn(move || other.producer().try_send(value(1)).is_ok());
    stage.record.close();
    let had = stage.here(1, |queue| takes(queue, (), Deadline::Never).unwrap());
    let sent = gives.join().unwrap();
    let all = [had, reads.join().unwrap()];
    assert_eq!(all.iter().filter(|had| had.is_ok()).count(), usize::from(sent));
}

/// An abort meets a reader and a sender that wait.
pub fn c2_turns_an_abort_meets_a_sender_and_a_reader() {
    let stage = Stage::new(Queue::<1>::new(), [1, 0]);
    let sends = stage.does(0, |queue| (sends(queue, 1), sends(queue, 2)));
    let other = stage.record.clone();
    let aborts = thread::spawn(move || other.abort());
    let had = stage.here(1, |queue| [(); 2].map(|()| takes(queue, (), Deadline::Never).unwrap().is_ok()));
    let discarded = aborts.join().unwrap();
    let (one, two) = sends.join().unwrap();
    let sent = usize::from(one) + usize::from(two);
    assert!(sent >= had.iter().filter(|had| **had).count() + discarded);
}

type Ring = StaticRing<Value, Section, 2, 2, 2>;

/// Two share a cursor of a ring, a third has one of its own; two values come.
pub fn w1_turns_two_cursors_of_a_ring() {
    let stage = Stage::new(Ring::new(), [1, 1, 0]);
    let [shared, own] = [(); 2].map(|()| stage.record.subscribe(Start::Live, ForHandles(())).unwrap());
    let one = stage.does(0, move |ring| takes(ring, shared, Deadline::Never).unwrap().unwrap());
    let third = stage.does(2, move |ring| takes(ring, own, Deadline::Never).unwrap().unwrap());
    assert!(stage.record.try_push(value(1)).is_ok() && stage.record.try_push(value(2)).is_ok());
    let other = stage.here(1, |ring| takes(ring, shared, Deadline::Never).unwrap().unwrap());
    assert_eq!(sorted([other, one.join().unwrap()]), [1, 2].map(value));
    assert_eq!(third.join().unwrap(), value(1));
}

/// Two share a cursor of a ring; one gives up while a value comes.
pub fn w2_turns_one_of_a_cursor_gives_up() {
    let stage = Stage::new(Ring::new(), [1, 1]);
    let cursor = stage.record.subscribe(Start::Live, ForHandles(())).unwrap();
    let gives_up = stage.does(0, move |ring| {
        if takes(ring, cursor, SHORT).is_some() {
            assert!(ring.try_push(value(2)).is_ok());
        }
    });
    let other = stage.record.clone();
    let gives = thread::spawn(move || assert!(other.try_push(value(1)).is_ok()));
    assert!(stage.here(1, |ring| takes(ring, cursor, Deadline::Never)).unwrap().is_ok());
    gives.join().unwrap();
    gives_up.join().unwrap();
}

/// Two wait, one not for long, while two publish: if both values are there when its time is up, it has one, wherever it stands, and leaves
/// the other one the other.
fn two_values_are_there_in_time<R>(record: R, cursor: R::Cursor)
where
    R: Ops<Value = Value> + Send + Sync + 'static,
    R::Cursor: Send + 'static,
{
    let stage = Stage::new(record, [1, 1]);
    let waits = stage.does(0, move |record| takes(record, cursor, Deadline::Never).unwrap().unwrap());
    let publishing = [1, 2].map(|id| {
        let other = stage.record.clone();
        thread::spawn(move || assert!(other.try_push(value(id)).is_ok()))
    });
    let takes = |record: &R| takes(record, cursor, SHORT);
    let (had, both) = stage.in_time(1, takes, |record| record.metrics().counters.accepted == 2);
    publishing.into_iter().for_each(|thread| thread.join().unwrap());
    let other = waits.join().unwrap();
    assert!(had.is_some() || !both, "W4: one was there for each");
    assert_ne!(had, Some(Ok(other)));
}

/// At a cursor of a ring.
pub fn w4_turns_two_values_of_a_ring_are_there_in_time() {
    let ring = Ring::new();
    let cursor = ring.subscribe(Start::Live, ForHandles(())).unwrap();
    two_values_are_there_in_time(ring, cursor);
}

/// At a queue of large values.
#[cfg(feature = "large")]
pub fn w4_turns_two_large_values_are_there_in_time() {
    two_values_are_there_in_time(Queue::<2>::new(), ());
}

/// Two share a cursor of a ring, one not for long, while that is closed: if it is when its time is up, it is told so.
pub fn b18_turns_a_ring_is_closed_in_time() {
    let ring = Ring::new();
    let cursor = ring.subscribe(Start::Live, ForHandles(())).unwrap();
    let stage = Stage::new(ring, [1, 1]);
    let waits = stage.does(0, move |ring| takes(ring, cursor, Deadline::Never).unwrap());
    let other = stage.record.clone();
    let closes = thread::spawn(move || other.close());
    let (had, closed) = stage.in_time(1, |ring| takes(ring, cursor, SHORT), Ops::is_closed);
    closes.join().unwrap();
    assert_eq!(waits.join().unwrap(), Err(RecvError::Closed));
    assert!(had == Some(Err(RecvError::Closed)) || had.is_none() && !closed, "B18: there was nothing more");
}

#[cfg(not(feature = "large"))]
const PLACES: usize = 1;
#[cfg(feature = "large")]
const PLACES: usize = 3;
#[cfg(not(feature = "large"))]
const COPIES: usize = 1;
#[cfg(feature = "large")]
const COPIES: usize = 2;

/// Two read a mailbox in which a value is, while two more come: each gets one that nobody else gets, wherever it is moved.
pub fn k6_turns_two_read_a_mailbox_beside_its_writer() {
    let stage = Stage::new(StaticMailbox::<Value, Section, PLACES>::new(), [1, 1]);
    assert!(stage.record.try_push(value(1)).is_ok());
    let reading = [0, 1].map(|who| stage.does(who, |mailbox| takes(mailbox, (), SHORT).and_then(Result::ok)));
    (2..4).for_each(|id| assert!(stage.record.try_push(value(id)).is_ok()));
    let mut out: Vec<_> = reading.into_iter().filter_map(|reader| reader.join().unwrap()).collect();
    out.extend(stage.record.consumer().try_recv());
    let counters = stage.record.stats().counters;
    assert_eq!((counters.accepted, counters.delivered), (3, out.len() as u64));
    assert_eq!(counters.overwritten, 3 - counters.delivered);
    out.sort_unstable();
    out.dedup();
    assert!(out.len() as u64 == counters.delivered && out.last() == Some(&value(3)), "{out:?}");
}

/// Two wait at a mailbox, one not for long.
pub fn w2_turns_one_gives_up_at_a_mailbox() {
    let stage = Stage::new(StaticMailbox::<Value, Section, PLACES>::new(), [1, 1]);
    let gives_up = stage.does(0, |mailbox| {
        if takes(mailbox, (), SHORT).is_some() {
            assert!(mailbox.try_push(value(2)).is_ok());
        }
    });
    let other = stage.record.clone();
    let gives = thread::spawn(move || assert!(other.try_push(value(1)).is_ok()));
    assert!(stage.here(1, |mailbox| takes(mailbox, (), Deadline::Never)).unwrap().is_ok());
    gives.join().unwrap();
    gives_up.join().unwrap();
}

/// The same at two cursors of a latest value, one of which two share.
pub fn w2_turns_one_gives_up_at_a_latest_value() {
    let stage = Stage::new(StaticLatest::<Value, Section, 2, COPIES>::new(), [1, 1]);
    let cursor = stage.record.subscribe(Start::Live, ForHandles(())).unwrap();
    let gives_up = stage.does(0, move |latest| {
        if takes(latest, cursor, SHORT).is_some() {
            assert!(latest.try_push(value(2)).is_ok());
        }
    });
    let other = stage.record.clone();
    let gives = thread::spawn(move || assert!(other.try_push(value(1)).is_ok()));
    assert!(stage.here(1, |latest| takes(latest, cursor, Deadline::Never)).unwrap().is_ok());
    gives.join().unwrap();
    gives_up.join().unwrap();
}

/// Two that share a cursor wait, the second more urgent. A value that comes when both stand there is the second's, and whoever has it
/// sends the other's.
fn a_value_comes_when_both_stand<R>(record: R, cursor: R::Cursor)
where
    R: Ops<Value = Value> + Send + Sync + 'static,
    R::Cursor: Send + 'static,
{
    let stage = Stage::new(record, [0, 1]);
    let has = move |record: &R| {
        let had = takes(record, cursor, Deadline::Never).unwrap().unwrap();
        if had == value(1) {
            assert!(record.try_push(value(2)).is_ok());
        }
        had
    };
    let other = stage.record.clone();
    let gives = thread::spawn(move || {
        let stand = other.metrics().waiting_consumers == 2;
        assert!(other.try_push(value(1)).is_ok());
        stand
    });
    let reads = stage.does(0, has);
    let had = stage.here(1, has);
    assert_eq!(sorted([had, reads.join().unwrap()]), [1, 2].map(value));
    let both_stood = gives.join().unwrap();
    assert!(!both_stood || had == value(1), "W3: it was the more urgent one's");
}

/// At a cursor of a ring.
pub fn w3_turns_a_value_of_a_ring_comes_when_both_stand() {
    let ring = Ring::new();
    let cursor = ring.subscribe(Start::Live, ForHandles(())).unwrap();
    a_value_comes_when_both_stand(ring, cursor);
}

/// At a cursor of a latest value.
pub fn w3_turns_a_latest_value_comes_when_both_stand() {
    let latest = StaticLatest::<Value, Section, 2, COPIES>::new();
    let cursor = latest.subscribe(Start::Live, ForHandles(())).unwrap();
    a_value_comes_when_both_stand(latest, cursor);
}

/// At a mailbox.
pub fn w3_turns_a_value_of_a_mailbox_comes_when_both_stand() {
    a_value_comes_when_both_stand(StaticMailbox::<Value, Section, PLACES>::new(), ());
}

/// At a queue.
pub fn w3_turns_a_value_of_a_queue_comes_when_both_stand() {
    a_value_comes_when_both_stand(Queue::<2>::new(), ());
}
