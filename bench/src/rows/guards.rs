//! What must not get worse while the rest gets faster: where physics allows no lead.

use super::queue::two_slots;
use super::{Row, contestants};
use crate::clock::Clock::{ThreadCpu, Wall};
use crate::goal::Goal;
use crate::ours;
use crate::peers::sketches::{Crowd, GiveWay, Moment, Park, Queue, Spin, Stamped};
use crate::peers::{crossbeam, plain, published, queues, tokio_mpsc};
use crate::workload::real_time_is_allowed;

type Ours = ours::Sync<ours::Bounded>;
type Published = published::Sync<published::Ring>;

/// All queues that a thread can wait on, each in its form for one sender, and a sketch if there is one.
macro_rules! waiting {
    ([$($sketch:ty),*]; $($workload:tt)+) => {
        contestants!(
            $($workload)+;
            Ours, queues::Chenal, queues::Parkring, queues::Kanal, queues::Crossfire, queues::Fibre, queues::Flume,
            crossbeam::Queue, tokio_mpsc::Queue, plain::Queue, $($sketch),*
        )
    };
}

/// Those that can wait for a limited time.
macro_rules! timed {
    ($($workload:tt)+) => {
        contestants!(
            $($workload)+;
            Ours, queues::Chenal, queues::Parkring, queues::Kanal, queues::Crossfire, queues::Fibre, queues::Flume,
            crossbeam::Queue, plain::Queue, Park, Published,
        )
    };
}

/// All queues for several senders, and sketches.
macro_rules! shared {
    ([$($sketch:ty),*]; $($workload:tt)+) => {
        contestants!(
            $($workload)+;
            Ours, queues::Chenal, queues::Parkring, queues::Kanal, queues::CrossfireShared, queues::FibreShared, queues::Flume,
            crossbeam::Queue, tokio_mpsc::Queue, plain::Queue, $($sketch),*
        )
    };
}

/// Those that have two slots where they are asked to keep one.
const TWO_SLOTS: &[&str] = &["parkring", "crossfire spsc", "crossfire mpsc"];

/// How the table calls what one writes oneself.
const BY_HAND: &str = "mutex + condvar";

fn guard(name: &str, asks: &str, clock: crate::clock::Clock, goal: Goal, contestants: Vec<super::Contestant>) -> Row {
    Row::new("guard", format!("guard/{name}"), asks, clock, goal, contestants)
}

/// The rows.
pub fn rows() -> Vec<Row> {
    let mut rows = streams();
    rows.extend(waits());
    rows.extend(senders());
    rows
}

fn streams() -> Vec<Row> {
    let one = two_slots(waiting!([Queue<Spin<1>>, Stamped<Spin<1>>]; stream::<u64>(1)), TWO_SLOTS);
    let back = two_slots(waiting!([Stamped<GiveWay>, Park]; ping_pong_one_core::<u64>(1)), TWO_SLOTS);
    vec![
        guard("stream-1", "one thread to another, capacity 1, for each value", Wall, Goal::Peer(1.05), one),
        guard(
            "stream-2",
            "one thread to another, capacity 2, for each value",
            Wall,
            Goal::Peer(0.9),
            waiting!([Queue<Spin<1>>, Stamped<Spin<1>>]; stream::<u64>(2)),
        ),
        guard("ping-pong-one-core", "a value to a thread on the same core and back", Wall, Goal::Peer(1.1), back),
        guard(
            "try-send-full",
            "a value that is refused",
            ThreadCpu,
            Goal::AtMost(2.5),
            waiting!([Queue<Spin<1>>]; full::<u64>(64)),
        ),
        guard(
            "try-recv-empty",
            "a look into what is empty",
            ThreadCpu,
            Goal::AtMost(2.5),
            waiting!([Queue<Spin<1>>]; empty::<u64>(64)),
        ),
    ]
}

fn waits() -> Vec<Row> {
    vec![
        guard(
            "wake-cost",
            "what a send costs that wakes a reader on another core",
            Wall,
            Goal::Peer(1.05),
            waiting!([Park]; wake_cost::<u64>(64)),
        ),
        guard(
            "wake-latency",
            "from the beginning of that send until the reader has the value",
            Wall,
            Goal::Peer(1.05),
            waiting!([Park]; wake_latency::<u64>(64)),
        ),
        guard(
            "wait-cpu",
            "processor time for a wait of 500 µs",
            Wall,
            Goal::Named(BY_HAND, 1.5),
            waiting!([Park]; wait_cpu::<u64>(64)),
        ),
        guard(
            "wait-cpu-timed",
            "the same of a wait with a limit",
            Wall,
            Goal::Named(BY_HAND, 1.5),
            timed!(wait_cpu_timed::<u64>(64)),
        ),
    ]
}

fn senders() -> Vec<Row> {
    let fairness = two_slots(shared!([]; fairness::<u64>(1, 8)), TWO_SLOTS);
    let mut rows = vec![
        guard(
            "2-to-1-64",
            "two threads to one, capacity 64",
            Wall,
            Goal::Peer(1.1),
            shared!([Crowd<GiveWay, false>, Crowd<Moment<64>, true>]; gather::<u64>(64, 2)),
        ),
        guard(
            "2-to-1-1024",
            "two threads to one, capacity 1024",
            Wall,
            Goal::Peer(1.1),
            shared!([Crowd<GiveWay, false>, Crowd<Moment<64>, true>]; gather::<u64>(1024, 2)),
        ),
        guard(
            "8-to-1",
            "eight threads to one on two cores, capacity 64",
            Wall,
            Goal::Peer(1.5),
            shared!([Crowd<GiveWay, false>, Crowd<Moment<64>, true>]; gather::<u64>(64, 8)),
        ),
        guard(
            "fairness",
            "eight senders at capacity 1: what the least favoured got through of what the most favoured did",
            Wall,
            Goal::AtLeast(0.5),
            fairness,
        )
        .in_unit("ratio")
        .at_most(5),
    ];
    if real_time_is_allowed() {
        rows.push(
            guard(
                "real-time",
                "the worst try_recv of a SCHED_FIFO thread whose core normal senders share",
                Wall,
                Goal::AtMost(1e6),
                shared!([]; worst_try_recv::<u64>(64)),
            )
            .at_most(2),
        );
    }
    rows
}
