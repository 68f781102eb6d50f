//! What becomes of the cost of a message as there is more of everything.

use super::{CAPACITY, Contestant, Row, contestants};
use crate::clock::Clock::{self, ThreadCpu, Wall};
use crate::goal::Goal;
use crate::ours::{self, Bounded, Ring};
use crate::peers::sketches::{Crowd, GiveWay, Moment};
use crate::peers::{async_broadcast, crossbeam, plain, published, queues, tokio_broadcast, tokio_mpsc};

type Published = published::Sync<published::Ring>;

macro_rules! records {
    ($($workload:tt)+) => {
        contestants!($($workload)+; ours::Sync<Bounded>, queues::Chenal, crossbeam::Queue, plain::Queue, Published)
    };
}

macro_rules! subscribers {
    ($($workload:tt)+) => {
        contestants!(
            $($workload)+;
            ours::Sync<Ring>, async_broadcast::Ring, tokio_broadcast::Ring, plain::Ring, Published,
        )
    };
}

macro_rules! producers {
    ($($workload:tt)+) => {
        contestants!(
            $($workload)+;
            ours::Sync<Bounded>, queues::Chenal, queues::Parkring, queues::Kanal, queues::CrossfireShared, queues::FibreShared,
            queues::Flume, crossbeam::Queue, tokio_mpsc::Queue, plain::Queue, Crowd<GiveWay, false>, Crowd<Moment<64>, true>,
        )
    };
}

/// One of several rows that ask the same of more.
fn row(name: &str, asks: &str, number: usize, clock: Clock, goal: Goal, contestants: Vec<Contestant>) -> Row {
    // The first is what the others are compared with.
    let goal = if number == 1 { Goal::None } else { goal };
    Row::new("growth", format!("growth/{name}-{number}"), format!("{asks}: {number}"), clock, goal, contestants)
}

/// The rows.
pub fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for n in [1, 100, 10_000] {
        let goal = Goal::Row("growth/one-of-1", 1.1);
        let asks = "a value in and out of one of so many records";
        rows.push(row("one-of", asks, n, ThreadCpu, goal, records!(one_of::<u64>(n))));
        let asks = "a value in and out of each of so many records in turn";
        rows.push(row("each-of", asks, n, ThreadCpu, Goal::None, records!(each_of::<u64>(n))));
    }
    for n in [1, 10, 100, 1000] {
        let goal = Goal::Row("growth/beside-1", 1.1);
        let asks = "a publish beside so many idle subscribers";
        rows.push(row("beside", asks, n, ThreadCpu, goal, subscribers!(publish::<u64>(CAPACITY, n))));
        let goal = Goal::Row("growth/read-by-1", 1.1);
        let asks = "a publish and a read by each of so many subscribers, for each read";
        rows.push(row("read-by", asks, n, ThreadCpu, goal, subscribers!(read_by::<u64>(CAPACITY, n))));
    }
    for n in [1, 8, 64] {
        let asks = "so many threads to one on two cores, capacity 64, for each value";
        rows.push(row("senders", asks, n, Wall, Goal::Peer(1.5), producers!(gather::<u64>(64, n))));
    }
    rows
}
