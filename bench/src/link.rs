//! What is compared: something that values go into at one end and come out of at others.

use std::collections::VecDeque;
use std::time::Duration;

use crate::payload::Payload;

/// What a contestant is to the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// This project.
    Ours,
    /// A crate that a thread can wait on; the best of them in a row is the one to beat.
    Peer,
    /// What one writes oneself with a lock and a condition variable: no close, no deadline, no
    /// counters, no order among waiters. Shown beside the peers.
    Hand,
    /// A crate that never sleeps, or keeps less than the row asks for: shown, and not to be beaten.
    Limit,
    /// The bare structure that could keep the promises of the row; what it takes is the row's limit.
    Sketch,
    /// The same, asking all that a call has to ask; where a row has one, this is its limit.
    Asking,
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
/// A waiting operation that a contestant answers with a refusal panics: a benchmark in which a value was
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

    /// Sends without waiting; whether there was space.
    fn try_send(sender: &mut Self::Sender, value: T) -> bool;

    /// Sends with the call that would wait for space.
    fn send(sender: &mut Self::Sender, value: T);

    /// Reads what is there, without waiting.
    fn try_recv(reader: &mut Self::Reader) -> Option<T>;

    /// Reads with the call that waits for a value.
    fn recv(reader: &mut Self::Reader) -> T;

    /// Sends all of `batch`, waiting for space, in the fewest calls there are.
    #[inline(always)]
    fn send_many(sender: &mut Self::Sender, batch: &mut VecDeque<T>) {
        while let Some(value) = batch.pop_front() {
            Self::send(sender, value);
        }
    }

    /// Waits for one value and takes up to `most`, in the fewest calls there are.
    #[inline(always)]
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
    fn peek(reader: &mut Self::Reader) -> T;
}

/// A link that several threads may send through.
pub trait Shared<T: Payload>: Link<T> {
    /// Another sending end of the same link.
    fn another(sender: &Self::Sender) -> Self::Sender;
}

/// A link whose reader can wait for a limited time.
pub trait Timed<T: Payload>: Link<T> {
    /// Reads with the call that waits for a value for at most `limit`.
    fn recv_timeout(reader: &mut Self::Reader, limit: Duration) -> Option<T>;
}

/// What [`Records::open_many`] gives.
pub struct Many<K, S, R> {
    /// Dropped first.
    pub ends: Vec<(S, R)>,
    /// What the ends need to stay alive.
    pub keep: K,
}

/// Many links at a time: of ours in one database, of others one beside the other.
pub trait Records<T: Payload>: Link<T> {
    /// What the ends of many need to stay alive.
    type Keeps: 'static;

    /// So many links with an end on either side.
    fn open_many(capacity: usize, records: usize) -> Many<Self::Keeps, Self::Sender, Self::Reader>;

    /// So many links that nobody uses, without ends as far as they can be without.
    fn idle(capacity: usize, records: usize) -> impl Sized;
}

/// Implements [`Records`] by links that know nothing of each other.
macro_rules! apart {
    ($($link:ty),+ $(,)?) => {$(
        impl<T: Payload> $crate::link::Records<T> for $link {
            type Keeps = Vec<<Self as Link<T>>::Keep>;

            fn open_many(
                capacity: usize,
                records: usize,
            ) -> $crate::link::Many<Self::Keeps, <Self as Link<T>>::Sender, <Self as Link<T>>::Reader> {
                let mut many = $crate::link::Many { ends: Vec::new(), keep: Vec::new() };
                for _ in 0..records {
                    let mut one = <Self as Link<T>>::open(capacity, 1);
                    many.keep.push(one.keep);
                    many.ends.push((one.sender, one.readers.remove(0)));
                }
                many
            }

            fn idle(capacity: usize, records: usize) -> impl Sized {
                (0..records).map(|_| <Self as Link<T>>::open(capacity, 0)).collect::<Vec<_>>()
            }
        }
    )+};
}
pub(crate) use apart;
