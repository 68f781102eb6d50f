//! What is compared: something that values go into at one end and come out of at others.

use std::collections::VecDeque;

use crate::payload::Payload;

/// What a contestant is to the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// This project.
    Ours,
    /// A crate that a thread can wait on; the best of them in a row is the one to beat.
    Peer,
    /// A crate that never sleeps, or keeps less than the row asks for: shown, and not to be beaten.
    Limit,
    /// The AimDB that is published today.
    Published,
}

/// How a contestant is called and counted.
pub trait Named {
    /// What it is to the comparison.
    const CLASS: Class;

    /// How the tables call it.
    fn name() -> String;
}

/// What [`Link::open`] gives: the sending end, the reading ends, and what both need to stay alive.
pub struct Ends<K, S, R> {
    /// Dropped after the ends.
    pub keep: K,
    /// Where values go in.
    pub sender: S,
    /// One for each reader that was asked for. A queue that cannot be without a reader keeps one.
    pub readers: Vec<R>,
}

/// One contestant carrying one type of value.
///
/// An operation that a contestant answers with a refusal panics: a benchmark in which a value was
/// refused or overtaken has measured something else than what its row says.
pub trait Link<T: Payload>: Named + 'static {
    /// What must outlive the ends.
    type Keep: 'static;
    /// The sending end.
    type Sender: Send + 'static;
    /// A reading end.
    type Reader: Send + 'static;

    /// Whether a fast sender overwrites what a slow reader has not read. Streams through such a
    /// link are paced from outside, so that all contestants deliver every value.
    const OVERWRITES: bool;

    /// Makes an empty link that holds `capacity` values and has `readers` readers, each of which
    /// sees every value.
    fn open(capacity: usize, readers: usize) -> Ends<Self::Keep, Self::Sender, Self::Reader>;

    /// Sends without waiting.
    fn try_send(sender: &mut Self::Sender, value: T);

    /// Sends with the call that would wait for space.
    fn send(sender: &mut Self::Sender, value: T);

    /// Reads what is there, without waiting.
    fn try_recv(reader: &mut Self::Reader) -> Option<T>;

    /// Reads with the call that waits for a value.
    fn recv(reader: &mut Self::Reader) -> T;

    /// Sends all of `batch`, waiting for space, in the fewest calls there are.
    fn send_many(sender: &mut Self::Sender, batch: &mut VecDeque<T>) {
        while let Some(value) = batch.pop_front() {
            Self::send(sender, value);
        }
    }

    /// Waits for one value and takes up to `most`, in the fewest calls there are.
    fn recv_many(reader: &mut Self::Reader, into: &mut Vec<T>, most: usize) {
        into.push(Self::recv(reader));
        for _ in 1..most {
            match Self::try_recv(reader) {
                Some(value) => into.push(value),
                None => return,
            }
        }
    }

    /// Empties the link, outside all clocks.
    fn drain(ends: &mut Ends<Self::Keep, Self::Sender, Self::Reader>) {
        for reader in &mut ends.readers {
            while Self::try_recv(reader).is_some() {}
        }
    }
}

/// A link that has a current value to look at.
pub trait Peek<T: Payload>: Link<T> {
    /// A copy of the current value, which stays where it is.
    fn peek(ends: &Ends<Self::Keep, Self::Sender, Self::Reader>) -> T;
}
