//! Watching an end, and waiting for a set of them.

use core::task::{Context, Poll, Waker};
use std::sync::Arc;

use aimdb_core::buffer::{Buffer, TryRecvError};
use aimdb_core::waiting::{Deadline, EndId, NotReady, ReadySet, Watched};

use crate::ledger::Ledger;
use crate::schedule::{block_on, thread};
use crate::verbs::{Tags, Wakes, bounded, poll_once, reader, recv, recv_and_cancel, send, share, try_recv, with_lane};

/// Waits until the end is ready, as a set does for one.
fn wait_for(watched: &dyn Watched) {
    block_on(core::future::poll_fn(
        |context: &mut Context<'_>| {
            if watched.poll_ready(context.waker()) { Poll::Ready(()) } else { Poll::Pending }
        },
    ));
}

fn room(buffer: &Tags) -> Box<dyn Watched> {
    Buffer::watch_room(buffer).expect("buffers on the heap can be watched")
}

/// A value that is stored between the look and the wait is seen.
pub fn w13_a_watch_of_a_cursor_meets_a_push() {
    Ledger::audit(|ledger| {
        let buffer = bounded(1);
        let mut reader = reader(&buffer);
        let watched = reader.watch().expect("it can be watched");
        let (other, value) = (buffer.clone(), ledger.tag(1));
        let pushing = thread::spawn(move || other.push(value));
        wait_for(&*watched);
        assert_eq!(try_recv(&mut reader), Ok(1), "W10: what is ready is there");
        pushing.join().unwrap();
    });
}

/// The same in a record whose ends use a lane while nobody waits or watches.
pub fn w13_a_watch_meets_a_push_in_the_lane() {
    Ledger::audit(|ledger| {
        let buffer = with_lane(2);
        let mut reader = reader(&buffer);
        buffer.push(ledger.tag(1));
        assert_eq!(try_recv(&mut reader), Ok(1));
        let watched = reader.watch().expect("it can be watched");
        let (other, value) = (buffer.clone(), ledger.tag(2));
        let pushing = thread::spawn(move || other.push(value));
        wait_for(&*watched);
        assert_eq!(try_recv(&mut reader), Ok(2));
        pushing.join().unwrap();
    });
}

/// Room that is made between the look and the wait is seen.
pub fn w13_a_watch_of_room_meets_a_pop() {
    Ledger::audit(|ledger| {
        let buffer = bounded(1);
        let mut reader = reader(&buffer);
        buffer.push(ledger.tag(1));
        let watched = room(&buffer);
        let popping = thread::spawn(move || {
            assert_eq!(try_recv(&mut reader), Ok(1));
            reader
        });
        wait_for(&*watched);
        assert!(buffer.try_push(ledger.tag(2)).is_ok(), "W10: there is room");
        drop(watched);
        drop(popping.join().unwrap());
    });
}

/// A close is something to read, and not full.
pub fn c1_watches_meet_a_close() {
    Ledger::audit(|ledger| {
        let buffer = bounded(1);
        let mut reader = reader(&buffer);
        let values = reader.watch().expect("it can be watched");
        let closing = thread::spawn({
            let buffer = buffer.clone();
            move || buffer.close()
        });
        wait_for(&*values);
        assert_eq!(try_recv(&mut reader), Err(TryRecvError::Closed));
        wait_for(&*room(&buffer));
        assert!(buffer.try_push(ledger.tag(1)).is_err());
        closing.join().unwrap();
    });
}

/// One value: the reader that waits at the cursor and whoever watches it are both told.
pub fn w13_a_watch_takes_no_wake_up_from_a_reader() {
    Ledger::audit(|ledger| {
        let buffer = bounded(1);
        let mut first = reader(&buffer);
        let second = share(&first);
        let watched = second.watch().expect("it can be watched");
        let wakes = Wakes::default();
        assert!(!watched.poll_ready(&wakes.waker()));
        let receiving = thread::spawn(move || recv(&mut first));
        let (other, value) = (buffer.clone(), ledger.tag(1));
        let pushing = thread::spawn(move || other.push(value));
        assert_eq!(receiving.join().unwrap(), Ok(1));
        pushing.join().unwrap();
        assert!(wakes.count() <= 1, "W2: once at most");
    });
}

/// A watch that ends while it is told takes nothing from the reader that waits.
pub fn w13_a_watch_that_ends_leaves_the_wake_up() {
    Ledger::audit(|ledger| {
        let buffer = bounded(1);
        let mut first = reader(&buffer);
        let second = share(&first);
        let watched = second.watch().expect("it can be watched");
        assert!(!watched.poll_ready(&Wakes::default().waker()));
        let ending = thread::spawn(move || drop((watched, second)));
        let (other, value) = (buffer.clone(), ledger.tag(1));
        let pushing = thread::spawn(move || other.push(value));
        assert_eq!(recv(&mut first), Ok(1));
        ending.join().unwrap();
        pushing.join().unwrap();
    });
}

/// A reader that gives its promise back, or its wake-up, tells those who watch.
pub fn w13_a_reader_that_gives_up_leaves_the_value_to_the_watch() {
    Ledger::audit(|ledger| {
        let buffer = bounded(1);
        let mut first = reader(&buffer);
        let mut second = share(&first);
        let watched = second.watch().expect("it can be watched");
        let giving_up = thread::spawn(move || recv_and_cancel(&mut first));
        buffer.push(ledger.tag(1));
        if giving_up.join().unwrap().is_none() {
            wait_for(&*watched);
            assert_eq!(try_recv(&mut second), Ok(1));
        }
    });
}

/// At a rendezvous a sender that comes to wait is something to read.
pub fn k1_a_watch_at_a_rendezvous() {
    Ledger::audit(|ledger| {
        let buffer = bounded(0);
        let mut reader = reader(&buffer);
        let watched = reader.watch().expect("it can be watched");
        let (other, value) = (buffer.clone(), ledger.tag(1));
        let sending = thread::spawn(move || send(&other, value));
        wait_for(&*watched);
        assert_eq!(try_recv(&mut reader), Ok(1));
        assert_eq!(sending.join().unwrap(), Ok(()));
    });
}

/// The cursor's last reader leaves while it is watched: nothing is told of a later cursor in its place.
pub fn k5_a_watched_cursor_leaves() {
    Ledger::audit(|ledger| {
        let buffer = bounded(1);
        let first = reader(&buffer);
        let watched = first.watch().expect("it can be watched");
        let wakes = Wakes::default();
        let leaving = thread::spawn(move || drop(first));
        let looked = watched.poll_ready(&wakes.waker());
        leaving.join().unwrap();
        assert!(!looked && wakes.count() <= 1);
        let mut later = reader(&buffer);
        buffer.push(ledger.tag(1));
        assert!(!watched.poll_ready(&wakes.waker()), "it has left");
        assert_eq!(try_recv(&mut later), Ok(1));
    });
}

fn set_of(ends: Vec<Box<dyn Watched>>) -> (Arc<ReadySet>, Vec<EndId>) {
    let set = ReadySet::new();
    let ids = ends.into_iter().zip(1..).map(|(end, token)| set.add(end, token)).collect();
    (Arc::new(set), ids)
}

fn wait(set: &ReadySet) -> Result<Vec<u64>, NotReady> {
    let mut tokens = [0; 4];
    set.wait(&mut tokens, Deadline::Never).map(|count| tokens[..count].to_vec())
}

/// A thread waits for two records while two others send: it is told of each.
pub fn w10_a_set_meets_two_pushes() {
    Ledger::audit(|ledger| {
        let buffers = [bounded(1), bounded(1)];
        let mut readers = buffers.each_ref().map(reader);
        let (set, _) = set_of(readers.iter().map(|reader| reader.watch().expect("it can be watched")).collect());
        let pushing = buffers.each_ref().map(|buffer| {
            let (buffer, value) = (buffer.clone(), ledger.tag(7));
            thread::spawn(move || buffer.push(value))
        });
        let mut left = 2;
        while left > 0 {
            for token in wait(&set).expect("it is open") {
                left -= usize::from(try_recv(&mut readers[token as usize - 1]) == Ok(7));
            }
        }
        pushing.into_iter().for_each(|pushing| pushing.join().unwrap());
    });
}

/// Two threads wait for one end: both are told, for as long as it is ready.
pub fn w10_two_threads_wait_for_a_set() {
    Ledger::audit(|ledger| {
        let buffer = bounded(1);
        let reader = reader(&buffer);
        let (set, _) = set_of(vec![reader.watch().expect("it can be watched")]);
        let waiting = thread::spawn({
            let set = Arc::clone(&set);
            move || wait(&set)
        });
        let (other, value) = (buffer.clone(), ledger.tag(1));
        let pushing = thread::spawn(move || other.push(value));
        assert_eq!(wait(&set), Ok(vec![1]));
        assert_eq!(waiting.join().unwrap(), Ok(vec![1]));
        pushing.join().unwrap();
    });
}

/// An end is taken out while it is told: it is not left in its record's queue, which lets it go.
pub fn w12_a_removal_meets_a_push() {
    Ledger::audit(|ledger| {
        let buffer = bounded(1);
        let mut first = reader(&buffer);
        let (set, ids) = set_of(vec![first.watch().expect("it can be watched"), room(&buffer)]);
        assert_eq!(wait(&set), Ok(vec![2]));
        let removing = thread::spawn({
            let set = Arc::clone(&set);
            move || set.remove(ids[0])
        });
        let looking = thread::spawn({
            let set = Arc::clone(&set);
            move || set.collect(&mut [0; 4])
        });
        buffer.push(ledger.tag(1));
        assert!(removing.join().unwrap());
        assert!(looking.join().unwrap() <= 2);
        assert_eq!(set.collect(&mut [0; 4]), 0, "neither is ready");
        assert_eq!(try_recv(&mut first), Ok(1));
    });
}

/// An end that remembers whether it was left with a waker.
#[derive(Clone)]
struct Armed(Arc<loom::sync::Mutex<bool>>);

impl Watched for Armed {
    fn poll_ready(&self, _waker: &Waker) -> bool {
        *self.0.lock().unwrap() = true;
        false
    }

    fn cancel(&self) {
        *self.0.lock().unwrap() = false;
    }
}

/// An end is taken out while another thread looks at it: it is not left armed.
pub fn w12_a_removal_meets_a_look() {
    let armed = Armed(Arc::new(loom::sync::Mutex::new(false)));
    let (set, ids) = set_of(vec![Box::new(armed.clone())]);
    let looking = thread::spawn({
        let set = Arc::clone(&set);
        move || set.collect(&mut [0; 4])
    });
    assert!(set.remove(ids[0]));
    assert_eq!(looking.join().unwrap(), 0);
    assert!(!*armed.0.lock().unwrap(), "W12: nothing of it is left");
}

/// An end that is added, and a close of the set, wake the thread that waits for it.
pub fn w12_an_end_is_added_and_the_set_is_closed() {
    Ledger::audit(|_| {
        let buffer = bounded(1);
        let set = Arc::new(ReadySet::new());
        let waiting = thread::spawn({
            let set = Arc::clone(&set);
            move || (wait(&set), wait(&set))
        });
        let id = set.add(room(&buffer), 5);
        set.close();
        match waiting.join().unwrap() {
            (Ok(tokens), last) => assert!(tokens == [5] && matches!(last, Ok(_) | Err(NotReady::Closed))),
            (first, last) => assert_eq!((first, last), (Err(NotReady::Closed), Err(NotReady::Closed))),
        }
        set.remove(id);
    });
}

/// A close wakes the thread that waits for a set in which nothing comes.
pub fn c1_a_close_meets_a_wait_for_a_set() {
    let set = Arc::new(ReadySet::new());
    let waiting = thread::spawn({
        let set = Arc::clone(&set);
        move || wait(&set)
    });
    set.close();
    assert_eq!(waiting.join().unwrap(), Err(NotReady::Closed));
}

/// A dropped future of the watched cursor, for completeness of the verbs.
pub fn b22_a_dropped_wait_beside_a_watch() {
    Ledger::audit(|ledger| {
        let buffer = bounded(1);
        let mut first = reader(&buffer);
        let mut second = share(&first);
        let watched = second.watch().expect("it can be watched");
        {
            let mut waits = Box::pin(first.recv());
            assert!(poll_once(waits.as_mut()).is_pending());
            let (other, value) = (buffer.clone(), ledger.tag(1));
            let pushing = thread::spawn(move || other.push(value));
            drop(waits);
            pushing.join().unwrap();
        }
        wait_for(&*watched);
        assert_eq!(try_recv(&mut second), Ok(1));
    });
}
