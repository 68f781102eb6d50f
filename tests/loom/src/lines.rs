//! How those who wait at a lean record come to stand in line, which takes many sections: others come, are woken and leave
//! in between.
#![allow(unsafe_code)]

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use aimdb_core::buffer::RecvError;
use loom::sync::Arc;
use loom::thread;

use crate::StaticQueue;
use crate::lean::LeanRecv;
use crate::queues::Section;
use crate::record::{Ops, Waiting};

type Queue = StaticQueue<u32, Section, 4>;

/// Counts wake-ups. Not seen by the model checker.
#[derive(Default)]
pub(crate) struct Bell(AtomicUsize);

impl Bell {
    pub(crate) fn was_rung(&self) -> bool {
        self.0.swap(0, Ordering::Relaxed) > 0
    }
}

impl Wake for Bell {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A reader that is polled by hand. It goes before its queue does.
struct Reader {
    waiting: Pin<Box<LeanRecv<'static, Queue>>>,
    bell: std::sync::Arc<Bell>,
    _queue: Arc<Queue>,
}

impl Reader {
    fn new(queue: &Arc<Queue>, priority: u8) -> Self {
        // SAFETY: the queue is kept for as long.
        let stays: &'static Queue = unsafe { &*std::ptr::from_ref(&**queue) };
        let mut waiting = stays.recv_async(());
        waiting.set_priority(priority);
        Self { waiting: Box::pin(waiting), bell: std::sync::Arc::default(), _queue: queue.clone() }
    }

    fn look(&mut self) -> Option<Result<u32, RecvError>> {
        let waker = Waker::from(self.bell.clone());
        match self.waiting.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(outcome) => Some(outcome),
            Poll::Pending => None,
        }
    }

    /// One that waits.
    fn waiting(queue: &Arc<Queue>, priority: u8) -> Self {
        let mut reader = Self::new(queue, priority);
        assert!(reader.look().is_none());
        reader
    }

    /// One whose first look is in a thread of its own.
    fn comes(queue: &Arc<Queue>, priority: u8) -> thread::JoinHandle<(Self, Option<Result<u32, RecvError>>)> {
        let queue = queue.clone();
        thread::spawn(move || {
            let mut reader = Self::new(&queue, priority);
            let found = reader.look();
            (reader, found)
        })
    }

    fn was_woken(&self) -> bool {
        self.bell.was_rung()
    }
}

fn queue() -> Arc<Queue> {
    Arc::new(StaticQueue::new())
}

fn send(queue: &Queue, value: u32) {
    assert!(queue.producer().try_send(value).is_ok(), "K1: there is room");
}

/// Sends a value for each reader; whoever is woken has it, and nobody else is.
fn are_woken_in_this_order(queue: &Queue, readers: &mut [&mut Reader]) {
    assert_eq!(queue.stats().waiting_consumers, readers.len());
    for first in 0..readers.len() {
        send(queue, first as u32);
        for (at, reader) in readers.iter().enumerate().skip(first) {
            assert_eq!(reader.was_woken(), at == first, "W5: reader {at} where {first} is first");
        }
        assert_eq!(readers[first].look(), Some(Ok(first as u32)));
    }
}

/// Whoever was woken looks, until nobody is. What they have.
fn all_who_are_woken_look(readers: &mut [(Reader, Option<Result<u32, RecvError>>)]) -> Vec<Result<u32, RecvError>> {
    // Ends: a look that finds nothing waits for the next wake-up.
    while let Some((reader, found)) = readers.iter_mut().find(|(reader, found)| found.is_none() && reader.was_woken()) {
        *found = reader.look();
    }
    readers.iter().filter_map(|(_, found)| *found).collect()
}

/// Two come while one waits, of three priorities: each finds its place, whoever was on its way first.
pub fn w5_line_three_priorities_stand_in_order() {
    let queue = queue();
    let mut least = Reader::waiting(&queue, 0);
    let comes = Reader::comes(&queue, 1);
    let mut most = Reader::waiting(&queue, 2);
    let (mut middle, found) = comes.join().unwrap();
    assert_eq!(found, None);
    are_woken_in_this_order(&queue, &mut [&mut most, &mut middle, &mut least]);
}

/// One comes behind two while the first, at which it may stand already, is woken: it stands behind who is left. It may be
/// quicker than the first, too, which stands in front again then.
pub fn w5_line_the_first_is_woken_while_one_comes() {
    let queue = queue();
    let (mut first, mut second) = (Reader::waiting(&queue, 1), Reader::waiting(&queue, 1));
    let mut least = Reader::waiting(&queue, 0);
    let comes = Reader::comes(&queue, 1);
    send(&queue, 7);
    assert!(first.was_woken());
    let had = first.look();
    let (mut third, found) = comes.join().unwrap();
    assert_eq!(found.or(had), Some(Ok(7)));
    let (third, second) = if found.is_none() { (&mut third, &mut second) } else { (&mut second, &mut first) };
    are_woken_in_this_order(&queue, &mut [second, third, &mut least]);
}

/// Two come, and two leave, beside one that stays.
pub fn w2_line_two_leave_while_two_come() {
    let queue = queue();
    let leaves = [2, 1].map(|priority| Reader::waiting(&queue, priority));
    let mut stays = Reader::waiting(&queue, 1);
    let comes = Reader::comes(&queue, 1);
    drop(leaves);
    let mut last = Reader::waiting(&queue, 0);
    let (mut came, _) = comes.join().unwrap();
    are_woken_in_this_order(&queue, &mut [&mut stays, &mut came, &mut last]);
}

/// One comes to stand between two while the second of them leaves: nobody is lost who stands before it.
pub fn w2_line_one_leaves_behind_whom_another_comes() {
    let queue = queue();
    let mut first = Reader::waiting(&queue, 2);
    let leaves = Reader::waiting(&queue, 0);
    let comes = Reader::comes(&queue, 1);
    drop(leaves);
    let (mut came, _) = comes.join().unwrap();
    are_woken_in_this_order(&queue, &mut [&mut first, &mut came]);
}

/// Two come while two values do, which wake whoever stands by then: each value is had.
pub fn w1_line_values_meet_two_who_come() {
    let queue = queue();
    let coming = [1, 0].map(|priority| Reader::comes(&queue, priority));
    send(&queue, 1);
    send(&queue, 2);
    let mut readers = coming.map(|reader| reader.join().unwrap());
    let mut had = all_who_are_woken_look(&mut readers);
    had.sort_unstable_by_key(|had| had.unwrap_or(0));
    assert_eq!(had, [Ok(1), Ok(2)]);
}

/// One that was woken for a value finds that another has it, and stands in front of its equals again; a value comes
/// meanwhile.
pub fn w1_line_one_that_came_too_late_comes_again() {
    let queue = queue();
    let (mut first, second) = (Reader::waiting(&queue, 1), Reader::waiting(&queue, 1));
    send(&queue, 1);
    assert_eq!(queue.consumer().try_recv(), Ok(1));
    let other = queue.clone();
    let sends = thread::spawn(move || send(&other, 2));
    let looked = first.was_woken().then(|| first.look()).flatten();
    sends.join().unwrap();
    let mut readers = [(first, looked), (second, None)];
    assert_eq!(all_who_are_woken_look(&mut readers), [Ok(2)]);
    assert_eq!(readers[0].1, Some(Ok(2)), "W5: it was there before");
}

/// One that stands behind another looks while a value comes: it has that only when the first was woken, and has left it to it.
pub fn w5_line_one_behind_another_leaves_it_what_it_was_woken_for() {
    let queue = queue();
    let (mut first, mut second) = (Reader::waiting(&queue, 1), Reader::waiting(&queue, 1));
    let other = queue.clone();
    let sends = thread::spawn(move || send(&other, 7));
    let found = second.look();
    assert!(found.is_none() || queue.stats().waiting_consumers == 0, "W5: the first was there before");
    sends.join().unwrap();
    assert!(first.was_woken());
    let had = first.look();
    assert_eq!(found.or(had), Some(Ok(7)));
}

/// One that was woken has its value while the next one comes, which wakes the second; the first wakes nobody.
pub fn w3_line_whoever_has_used_its_wake_up_passes_none_on() {
    let queue = queue();
    let (mut first, mut second, mut third) =
        (Reader::waiting(&queue, 1), Reader::waiting(&queue, 1), Reader::waiting(&queue, 1));
    send(&queue, 1);
    assert!(first.was_woken());
    let looks = thread::spawn(move || {
        let had = first.look();
        (first, had)
    });
    send(&queue, 2);
    let (_first, had) = looks.join().unwrap();
    assert_eq!(had, Some(Ok(1)));
    assert!(second.was_woken());
    assert!(!third.was_woken(), "W3: there is nothing for it");
    assert_eq!((second.look(), third.look()), (Some(Ok(2)), None));
}

/// The same of one that came behind another, and was woken before it had looked.
pub fn w3_line_one_behind_another_answers_for_nobody() {
    let queue = queue();
    let mut first = Reader::waiting(&queue, 1);
    let comes = Reader::comes(&queue, 1);
    let stands = queue.stats().waiting_consumers == 2;
    let third = Reader::waiting(&queue, 1);
    send(&queue, 1);
    send(&queue, 2);
    let (mut second, found) = comes.join().unwrap();
    if stands {
        assert!(first.was_woken() && second.was_woken());
        assert!(!third.was_woken(), "W3: there is nothing for it");
        let had = [found.or_else(|| second.look()), first.look()];
        assert!(had == [Some(Ok(1)), Some(Ok(2))] || had == [Some(Ok(2)), Some(Ok(1))]);
    }
}

/// Three come while three values do, which may wake nobody: whoever stands in front looks for all who stand behind.
pub fn w1_line_values_meet_three_who_come() {
    let queue = queue();
    let coming = [1, 1].map(|priority| Reader::comes(&queue, priority));
    let other = queue.clone();
    let sends = thread::spawn(move || (1..4).for_each(|value| send(&other, value)));
    let mut last = Reader::new(&queue, 1);
    let found = last.look();
    sends.join().unwrap();
    let [one, other] = coming.map(|reader| reader.join().unwrap());
    let mut had = all_who_are_woken_look(&mut [(last, found), one, other]);
    had.sort_unstable_by_key(|had| had.unwrap_or(0));
    assert_eq!(had, [Ok(1), Ok(2), Ok(3)]);
}

/// A close meets two who come beside one who waits: all see the end.
pub fn c1_line_a_close_meets_two_who_come() {
    let queue = queue();
    let waits = Reader::waiting(&queue, 1);
    let coming = [2, 0].map(|priority| Reader::comes(&queue, priority));
    queue.close();
    let [one, other] = coming.map(|reader| reader.join().unwrap());
    let mut readers = [(waits, None), one, other];
    assert_eq!(all_who_are_woken_look(&mut readers), [Err(RecvError::Closed); 3]);
    assert_eq!(queue.stats().waiting_consumers, 0);
}
