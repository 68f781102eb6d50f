//! The least that an idle record could be, and a consumer: what the contract (docs/contract.md) demands of one that
//! nothing was sent through, and nothing that makes it fast. What is rare lies behind one pointer; whoever waits has a
//! place of its own where it waits; what can be told from other fields is none. The system's padding is counted, the
//! allocator's is not.
#![allow(dead_code, reason = "it is asked how large they are")]

use std::num::NonZeroUsize;

use crate::link::Class;
use crate::measure::Probe;
use crate::rows::Contestant;

/// A pointer to something of no type here.
type Pointer = NonZeroUsize;

/// What a record of any kind has.
struct Record {
    /// R2: it is found by its key, which is also in what is said of it (R1).
    key: Box<str>,
    /// R2: the type of its values; C3: whoever shuts the database down closes it without knowing that.
    table: Pointer,
    /// C3, C9: it lives as long as one of its handles.
    holders: usize,
    /// W1, M1: what is looked at together and counted together.
    lock: u32,
    /// C1, R4, W8: closed; has a writer; may wait here.
    flags: u32,
    /// M5: its hook, and all else that few records have; none of it is here.
    rare: Option<Pointer>,
    /// M1; also the number of the newest value.
    accepted: u64,
    /// M1: refused by a closed record, and on a bounded one that is full.
    refused: u64,
    /// M2: each kind counts what was overwritten.
    overwritten: u64,
    /// B11, K7: whether values have one reader, several, or none.
    cursors: usize,
    /// W3: who waits for a value; a circle, of which the last is known.
    readers_waiting: Option<Pointer>,
}

/// `SingleLatest` and `Mailbox`: whether a value is there is one of the flags.
struct One<T> {
    record: Record,
    value: T,
}

/// `SpmcRing`: of 64 places.
struct Ring<T> {
    record: Record,
    /// K1.
    capacity: usize,
    values: [T; 64],
}

/// `Bounded`: of 64 places.
struct Bounded<T> {
    record: Record,
    /// K1.
    capacity: usize,
    /// K5, M3: the cursors that gate, of which the slowest is to be found.
    gating: Option<Pointer>,
    /// W3: who waits for a place.
    senders_waiting: Option<Pointer>,
    /// C2: who waits until all is consumed.
    flushing: Option<Pointer>,
    /// M1.
    timed_out: u64,
    /// M3.
    blocked: u64,
    /// M3.
    blocked_ns: u64,
    values: [T; 64],
}

/// A cursor of a ring, which the clones of a consumer share.
struct Cursor {
    record: Pointer,
    /// Clones share it.
    consumers: usize,
    /// Where it stands.
    next: u64,
    /// M1: the values before it were accepted before it subscribed.
    first: u64,
    /// M1; what was delivered is what lies between these two but for this.
    lagged: u64,
}

/// A consumer.
struct Consumer {
    cursor: Pointer,
}

/// A consumer whose calls find their way by what lies in it, as in the rows of time.
struct FastConsumer {
    cursor: Pointer,
    /// Whether this is the process, and which form of record it is.
    process: u32,
    form: u8,
    /// Where the values lie, and how many slots there are.
    slots: Pointer,
    slot_count: usize,
    /// Its own door, and the pass that opens it; in the record's lane.
    lane: Pointer,
    door: Pointer,
    pass: usize,
    /// Which holder of an end it is: to be one costs a pass of its own.
    token: u64,
    /// The record, for all that is rare.
    record: Pointer,
    /// K3: a lag that a batch has found, which the next call tells.
    untold: u64,
    /// W14: the wait sets that it is in, which it leaves as it goes.
    sets: Option<Pointer>,
}

/// One more entry of the database's list, and the text of a key of `memory/…`, which is the application's.
const ENTRY: usize = size_of::<Pointer>() + "bench.record.1024".len();

fn least(bytes: usize) -> Contestant {
    sized("sketch: the least that keeps the promises", Class::Sketch, bytes)
}

fn sized(name: &str, class: Class, bytes: usize) -> Contestant {
    let open = move || Box::new(move || bytes as f64) as Probe;
    Contestant { name: name.into(), class, open: Box::new(move || open().into()) }
}

/// `SingleLatest` of numbers, or `Mailbox`.
pub fn one() -> Contestant {
    least(ENTRY + size_of::<One<u64>>())
}

/// `SpmcRing` of 64 numbers.
pub fn ring() -> Contestant {
    least(ENTRY + size_of::<Ring<u64>>())
}

/// `Bounded` of 64 numbers.
pub fn bounded() -> Contestant {
    least(ENTRY + size_of::<Bounded<u64>>())
}

/// A consumer of a ring, and its cursor.
pub fn consumer() -> Contestant {
    least(size_of::<Consumer>() + size_of::<Cursor>())
}

/// The same, and what lets it read in a few instructions.
pub fn fast_consumer() -> Contestant {
    let bytes = size_of::<FastConsumer>() + size_of::<Cursor>();
    sized("sketch: the least that keeps the promises, all questions", Class::Asking, bytes)
}
