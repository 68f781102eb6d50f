//! `SingleLatest`.

use super::{Contestant, Row, contestants};
use crate::clock::Clock::{ThreadCpu, Wall};
use crate::goal::Goal;
use crate::ours;
use crate::payload::Opaque;
use crate::peers::sketches::{Asking, Kept, Ring, Spin};
use crate::peers::{embassy, limits, plain, published, tokio_watch};

type Ours = ours::Sync<ours::Latest>;
type Published = published::Sync<published::Latest>;

/// Those with a latest value that can be any.
macro_rules! any_latest {
    ($($workload:tt)+) => {
        contestants!(
            $($workload)+;
            Ours, embassy::Latest, tokio_watch::Latest, plain::Latest, limits::Locked, limits::Swap,
            Ring<Spin<1>>, Published,
        )
    };
}

/// All of them, for a row of numbers.
macro_rules! all_latest {
    ($($workload:tt)+) => {
        contestants!(
            $($workload)+;
            Ours, embassy::Latest, tokio_watch::Latest, plain::Latest, limits::Locked, limits::Swap, limits::Nexus,
            Ring<Spin<1>>, Published,
        )
    };
}

/// Those whose value can be looked at without being taken.
macro_rules! peeked {
    ($($workload:tt)+) => {
        contestants!(
            $($workload)+;
            Ours, embassy::Latest, tokio_watch::Latest, plain::Latest, limits::Locked, limits::Swap,
            Ring<Spin<1>>, Asking<Ring<Spin<1>>>, published::Peeked,
        )
    };
}

/// The rows.
pub fn rows() -> Vec<Row> {
    let mut rows = row_10::<u64>("", [0.25, 0.30, 0.25], all_latest!(publish::<u64>(1, 1)));
    rows.extend(row_10::<Opaque>("any-", [0.8; 3], any_latest!(publish::<Opaque>(1, 1))));
    let row = |number, name: &str, asks: &str, clock, goal, contestants| {
        Row::new(number, format!("latest/{name}"), asks, clock, goal, contestants)
    };
    let back = "a value to another core and back";
    let changes = "publishing without pause to a waiting thread, for each value published";
    rows.extend([
        row("11", "ping-pong", back, Wall, Goal::Peer(0.10), all_latest!(ping_pong::<u64>(1))),
        row("11", "any-ping-pong", back, Wall, Goal::None, any_latest!(ping_pong::<Opaque>(1))),
        row(
            "-",
            "try-pair",
            "one value in and out with the try calls",
            ThreadCpu,
            Goal::None,
            all_latest!(try_pair::<u64>(1)),
        ),
        row(
            "-",
            "pair",
            "one value in and out with the blocking calls, which never have to wait",
            ThreadCpu,
            Goal::None,
            all_latest!(pair::<u64>(1)),
        ),
        row(
            "-",
            "any-try-pair",
            "the same with the try calls, of values whose clone may be any code",
            ThreadCpu,
            Goal::None,
            any_latest!(try_pair::<Opaque>(1)),
        ),
        row("-", "publish-0", "a publish that nobody reads", ThreadCpu, Goal::None, all_latest!(publish::<u64>(1, 0))),
        row(
            "-",
            "publish-4",
            "a publish beside four idle readers",
            ThreadCpu,
            Goal::None,
            all_latest!(publish::<u64>(1, 4)),
        ),
        row("-", "stream", changes, Wall, Goal::None, all_latest!(conflate::<u64>())),
        row("-", "any-stream", changes, Wall, Goal::None, any_latest!(conflate::<Opaque>())),
    ]);
    rows
}

fn row_10<T: Kept>(prefix: &str, parts: [f64; 3], publish: Vec<Contestant>) -> Vec<Row> {
    let row = |name: &str, asks: &str, clock, part, contestants| {
        let asks = format!("{asks}, {}", T::NAME);
        Row::new("10", format!("latest/{prefix}{name}"), asks, clock, Goal::Peer(part), contestants)
    };
    vec![
        row("publish-1", "a publish beside one idle reader", ThreadCpu, parts[0], publish),
        row("peek", "a look at the current value", ThreadCpu, parts[1], peeked!(peek::<T>())),
        row("publish-polled", "a publish while another core looks on", Wall, parts[2], peeked!(polled::<T>())),
    ]
}
