//! Ours against the published AimDB, the buffers alone, and the database as a whole.

use super::{Contestant, Row, contestants};
use crate::attach;
use crate::clock::Clock::{ThreadCpu, Wall};
use crate::goal::Goal;
use crate::ours::{self, Bounded, Latest, Mailbox, Ring};
use crate::peers::sketches::{Spin, least};
use crate::peers::{
    async_broadcast, bus, channels, crossbeam, plain, published, queues, sketches, tokio_broadcast, tokio_mpsc,
    tokio_watch,
};

/// The rows.
pub fn rows() -> Vec<Row> {
    let mut rows = published();
    rows.extend(tasks());
    rows.extend(bytes());
    rows.extend(allocations());
    rows.extend(core());
    rows.push(attach::row());
    rows
}

/// Row 15: what the user of the published AimDB gains.
fn published() -> Vec<Row> {
    macro_rules! kinds {
        ($prefix:literal, $asks:literal, $clock:ident, $part:literal, $workload:ident $ring:tt $one:tt) => {
            [
                Row::new("15", concat!("published/", $prefix, "-ring"), $asks, $clock, Goal::Published($part),
                    contestants!($workload::<u64> $ring; ours::Sync<Ring>, sketches::Ring<Spin<1>>, published::Sync<published::Ring>)),
                Row::new("15", concat!("published/", $prefix, "-latest"), $asks, $clock, Goal::Published($part),
                    contestants!($workload::<u64> $one; ours::Sync<Latest>, sketches::Ring<Spin<1>>, published::Sync<published::Latest>)),
                Row::new("15", concat!("published/", $prefix, "-mailbox"), $asks, $clock, Goal::Published($part),
                    contestants!($workload::<u64> $one; ours::Sync<Mailbox>, sketches::Mailbox<Spin<1>, false>, published::Sync<published::Mailbox>)),
            ]
        };
    }
    let mut rows = Vec::new();
    rows.extend(kinds!("set", "a value set that has no consumer", ThreadCpu, 0.15, publish(64, 0)(1, 0)));
    rows.extend(kinds!("set-get", "a value set, and got again", ThreadCpu, 0.15, pair(64)(1)));
    rows.extend(kinds!("ping-pong", "a value to another core and back", Wall, 0.05, ping_pong(64)(1)));
    rows
}

/// Row 13.
fn tasks() -> Vec<Row> {
    macro_rules! all_channels {
        ($($workload:tt)+) => {
            contestants!(
                $($workload)+;
                ours::Sync<Bounded>, queues::Chenal, queues::Kanal, queues::Crossfire, queues::Fibre, queues::Flume,
                channels::AsyncChannel, tokio_mpsc::Queue, sketches::Task<16>, sketches::Task<64>,
            )
        };
    }
    let row = |name: &str, asks: &str, part, contestants| {
        Row::new("13", format!("task/{name}"), asks, Wall, Goal::Peer(part), contestants)
    };
    vec![
        row("thread-to-task-64", "a thread to a task, capacity 64", 0.9, all_channels!(thread_to_task::<u64>(64))),
        row("thread-to-task-1024", "the same, capacity 1024", 0.9, all_channels!(thread_to_task::<u64>(1024))),
        row("task-to-thread-64", "a task to a thread, capacity 64", 0.9, all_channels!(task_to_thread::<u64>(64))),
        row("task-to-thread-1024", "the same, capacity 1024", 0.9, all_channels!(task_to_thread::<u64>(1024))),
        row("round-trip", "a value to a task and back", 0.8, all_channels!(round_trip::<u64>(64))),
    ]
}

/// One of row 16. What is counted is the same in every round.
fn memory(name: &str, asks: &str, unit: &'static str, limit: f64, contestants: Vec<Contestant>) -> Row {
    Row::new("16", format!("memory/{name}"), asks, Wall, Goal::AtMost(limit), contestants).in_unit(unit).at_most(1)
}

fn bytes() -> Vec<Row> {
    let (record, reader) = ("bytes of a record that nobody uses", "bytes of a reader that does not read");
    let row = |name, asks, limit, mut contestants: Vec<Contestant>, sketches: &mut Vec<Contestant>| {
        contestants.append(sketches);
        memory(name, asks, "bytes", limit, contestants)
    };
    vec![
        row(
            "record-latest",
            record,
            320.0,
            contestants!(bytes_per_record::<u64>(1);
                ours::Sync<Latest>, tokio_watch::Latest, plain::Latest, published::Sync<published::Latest>),
            &mut vec![least::one()],
        ),
        row(
            "record-mailbox",
            record,
            320.0,
            contestants!(bytes_per_record::<u64>(1);
                ours::Sync<Mailbox>, crossbeam::Mailbox, plain::Mailbox, published::Sync<published::Mailbox>),
            &mut vec![least::one()],
        ),
        row(
            "record-ring",
            record,
            1700.0,
            contestants!(bytes_per_record::<u64>(64);
                ours::Sync<Ring>, async_broadcast::Ring, tokio_broadcast::Ring, plain::Ring,
                published::Sync<published::Ring>),
            &mut vec![least::ring()],
        ),
        row(
            "record-bounded",
            record,
            1700.0,
            contestants!(bytes_per_record::<u64>(64);
                ours::Sync<Bounded>, queues::Chenal, queues::Parkring, queues::Kanal, queues::Crossfire,
                crossbeam::Queue, plain::Queue),
            &mut vec![least::bounded()],
        ),
        row(
            "consumer",
            reader,
            48.0,
            contestants!(bytes_per_reader::<u64>(64);
                ours::Sync<Ring>, async_broadcast::Ring, tokio_broadcast::Ring, plain::Ring,
                published::Sync<published::Ring>),
            &mut vec![least::consumer(), least::fast_consumer()],
        ),
    ]
}

fn allocations() -> Vec<Row> {
    let (alone, waiting) = ("allocations for a value in and out", "allocations for a value to a thread that waits");
    let row = |name, asks, contestants| memory(name, asks, "calls", 0.0, contestants);
    vec![
        row(
            "allocations-ring",
            alone,
            contestants!(allocations::<u64>(64);
                ours::Sync<Ring>, bus::Ring, async_broadcast::Ring, tokio_broadcast::Ring,
                published::Sync<published::Ring>),
        ),
        row(
            "allocations-bounded-waiting",
            waiting,
            contestants!(allocations_waiting::<u64>(1);
                ours::Sync<Bounded>, queues::Chenal, queues::Parkring, queues::Kanal, queues::Crossfire,
                queues::Fibre, queues::Flume, crossbeam::Queue, tokio_mpsc::Queue),
        ),
        row(
            "allocations-ring-waiting",
            waiting,
            contestants!(allocations_waiting::<u64>(64);
                ours::Sync<Ring>, bus::Ring, async_broadcast::Ring, tokio_broadcast::Ring,
                published::Sync<published::Ring>),
        ),
    ]
}

/// The buffers alone, without a database: what the handles add is the difference to the rows above.
fn core() -> Vec<Row> {
    let row = |name: &str, contestants| {
        let asks = "the buffer alone, one value in and out with the try calls";
        Row::new("-", format!("core/{name}"), asks, ThreadCpu, Goal::None, contestants)
    };
    vec![
        row(
            "bounded-try-pair",
            contestants!(try_pair::<u64>(64);
                ours::Core<Bounded>, crossbeam::Queue, plain::Queue, published::Core<published::Ring>),
        ),
        row(
            "ring-try-pair",
            contestants!(try_pair::<u64>(64);
                ours::Core<Ring>, tokio_broadcast::Ring, plain::Ring, published::Core<published::Ring>),
        ),
        row(
            "latest-try-pair",
            contestants!(try_pair::<u64>(1);
                ours::Core<Latest>, tokio_watch::Latest, plain::Latest, published::Core<published::Latest>),
        ),
        row(
            "mailbox-try-pair",
            contestants!(try_pair::<u64>(1);
                ours::Core<Mailbox>, crossbeam::Mailbox, plain::Mailbox, published::Core<published::Mailbox>),
        ),
    ]
}
