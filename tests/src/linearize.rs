//! Is there one order of these overlapping calls that explains their answers?
//!
//! The calls of several threads on one bounded queue are noted with the moments at which they began
//! and ended. They are linearizable if each can be thought to happen at one instant in between, so
//! that a plain queue would have answered the same. The specification is strict: `Full` only when
//! the queue is full at that instant, `Empty` only when it is empty. (heapless' mpmc queue fails
//! here, heapless #583: 0.5 to 2 % of histories.)

use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;

use crate::random::Random;

/// A call and its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// The value was stored.
    Sent(u64),
    /// The queue was full.
    Full,
    /// The value was taken.
    Received(u64),
    /// The queue was empty.
    Empty,
    /// It gave up waiting, and had no effect.
    GaveUp,
}

/// A call with its beginning and its end.
#[derive(Debug, Clone, Copy)]
pub struct Event {
    /// What was called and answered.
    pub call: Call,
    /// When it began, on a clock that all threads share.
    pub began: u64,
    /// When it had ended.
    pub ended: u64,
}

/// The history of a queue.
#[derive(Debug, Clone)]
pub struct History {
    /// The capacity of the queue.
    pub capacity: usize,
    /// The calls of all threads; at most 63.
    pub events: Vec<Event>,
}

/// A history that no order explains.
#[derive(Debug)]
pub struct NotLinearizable(History);

impl fmt::Display for NotLinearizable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "no order explains this history of a queue of capacity {}:", self.0.capacity)?;
        let mut events = self.0.events.clone();
        events.sort_by_key(|event| event.began);
        events.iter().try_for_each(|event| writeln!(f, "  {:>4} .. {:>4}  {:?}", event.began, event.ended, event.call))
    }
}

impl History {
    /// Looks for an order.
    ///
    /// # Errors
    ///
    /// The history, when there is none.
    pub fn check(mut self) -> Result<(), NotLinearizable> {
        self.events.retain(|event| event.call != Call::GaveUp);
        assert!(self.events.len() < 64, "a history is short");
        let mut dead_ends = HashSet::new();
        if self.search(0, &mut VecDeque::new(), &mut dead_ends) { Ok(()) } else { Err(NotLinearizable(self)) }
    }

    /// Wing and Gong's search with Lowe's memory of dead ends: any call that began before every
    /// other open one ended may be next.
    fn search(&self, done: u64, queue: &mut VecDeque<u64>, dead_ends: &mut HashSet<(u64, Vec<u64>)>) -> bool {
        let is_open = |at: usize| done & (1 << at) == 0;
        let open = || (0..self.events.len()).filter(|at| is_open(*at));
        let Some(horizon) = open().map(|at| self.events[at].ended).min() else { return true };
        if !dead_ends.insert((done, queue.iter().copied().collect())) {
            return false;
        }
        for at in open().filter(|at| self.events[*at].began < horizon) {
            let done = done | 1 << at;
            let found = match self.events[at].call {
                Call::Sent(value) if queue.len() < self.capacity => {
                    queue.push_back(value);
                    let found = self.search(done, queue, dead_ends);
                    queue.pop_back();
                    found
                }
                Call::Full if queue.len() == self.capacity => self.search(done, queue, dead_ends),
                Call::Received(value) if queue.front() == Some(&value) => {
                    queue.pop_front();
                    let found = self.search(done, queue, dead_ends);
                    queue.push_front(value);
                    found
                }
                Call::Empty if queue.is_empty() => self.search(done, queue, dead_ends),
                Call::Sent(_) | Call::Full | Call::Received(_) | Call::Empty | Call::GaveUp => false,
            };
            if found {
                return true;
            }
        }
        false
    }
}

/// A queue under test.
pub trait Queue: Sync {
    /// Offers the value by some form; `choice` says which.
    fn send(&self, value: u64, choice: usize) -> Call;
    /// Takes a value by some form.
    fn receive(&self, thread: usize, choice: usize) -> Call;
}

/// Lets `threads` threads make `calls` random calls each on each of the queues, all at the same
/// time, and gives the history of each queue.
pub fn record<Q: Queue>(queues: &[Q], capacity: usize, threads: usize, calls: usize, seed: u64) -> Vec<History> {
    let clock = AtomicU64::new(0);
    let arrived = AtomicUsize::new(0);
    let mut random = Random::new(seed);
    let logs: Vec<Vec<Vec<Event>>> = thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|thread| {
                let (mut random, clock, arrived) = (random.fork(), &clock, &arrived);
                scope.spawn(move || {
                    let rounds = queues.iter().enumerate().map(|(round, queue)| {
                        // All begin together. Bounded: every thread arrives.
                        arrived.fetch_add(1, Ordering::SeqCst);
                        while arrived.load(Ordering::SeqCst) < (round + 1) * threads {
                            thread::yield_now();
                        }
                        let mut events = Vec::with_capacity(calls);
                        for call in 0..calls {
                            let (sends, choice) = (random.one_in(2), random.below(4));
                            let began = clock.fetch_add(1, Ordering::SeqCst);
                            let call = if sends {
                                queue.send((thread * 100 + call) as u64, choice)
                            } else {
                                queue.receive(thread, choice)
                            };
                            events.push(Event { call, began, ended: clock.fetch_add(1, Ordering::SeqCst) });
                        }
                        events
                    });
                    rounds.collect()
                })
            })
            .collect();
        running.into_iter().map(|thread| thread.join().expect("a thread")).collect()
    });
    (0..queues.len())
        .map(|round| {
            let events = logs.iter().flat_map(|log| log[round].iter().copied()).collect();
            History { capacity, events }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Call, Event, History};

    fn check(capacity: usize, events: &[(Call, u64, u64)]) -> bool {
        let events = events.iter().map(|&(call, began, ended)| Event { call, began, ended }).collect();
        History { capacity, events }.check().is_ok()
    }

    #[test]
    fn b13_the_checker_tells_a_queue_from_what_is_none() {
        use Call::{Empty, Full, Received, Sent};
        assert!(check(1, &[(Sent(1), 0, 1), (Full, 2, 3), (Received(1), 4, 5), (Empty, 6, 7)]));
        assert!(check(1, &[(Sent(1), 0, 9), (Received(1), 1, 8)]), "they overlap");
        assert!(!check(1, &[(Received(1), 0, 1), (Sent(1), 2, 3)]), "taken before it was sent");
        assert!(!check(2, &[(Sent(1), 0, 1), (Full, 2, 3)]), "a false Full");
        assert!(!check(2, &[(Sent(1), 0, 1), (Empty, 2, 3)]), "a false Empty");
        assert!(!check(1, &[(Sent(1), 0, 1), (Sent(2), 2, 3)]), "beyond capacity");
        assert!(!check(2, &[(Sent(1), 0, 1), (Received(1), 2, 3), (Received(1), 4, 5)]), "taken twice");
        let (one, two) = ((Sent(1), 0, 1), (Sent(2), 2, 3));
        assert!(!check(2, &[one, two, (Received(2), 4, 5), (Received(1), 6, 7)]), "out of order");
        assert!(
            check(2, &[(Sent(1), 0, 5), (Sent(2), 1, 4), (Received(2), 6, 7), (Received(1), 8, 9)]),
            "either was first"
        );
    }
}
