//! `SpmcRing`.

use super::{CAPACITY, Row, contestants};
use crate::clock::Clock::{ThreadCpu, Wall};
use crate::goal::Goal;
use crate::ours;
use crate::payload::{Line, Opaque, Text};
use crate::peers::sketches::{GiveWay, Kept, Ring, Spin};
use crate::peers::{async_broadcast, bus, embassy, limits, plain, published, tokio_broadcast};

type Ours = ours::Sync<ours::Ring>;
type Published = published::Sync<published::Ring>;

/// All rings that can carry any value. bus, which never overwrites, has a place for one value more
/// than the others, so that a paced sender never waits for it.
macro_rules! any_rings {
    ($capacity:literal, [$($sketch:ty),*]; $($workload:tt)+) => {
        contestants!(
            $($workload)+;
            Ours, bus::Ring, async_broadcast::Ring, embassy::Ring<$capacity>, tokio_broadcast::Ring, plain::Ring,
            $($sketch,)* Published,
        )
    };
}

/// All rings, for a row of numbers.
macro_rules! all_rings {
    ($capacity:literal, [$($sketch:ty),*]; $($workload:tt)+) => {
        contestants!(
            $($workload)+;
            Ours, bus::Ring, async_broadcast::Ring, embassy::Ring<$capacity>, tokio_broadcast::Ring, plain::Ring,
            limits::Photon, $($sketch,)* Published,
        )
    };
}

/// The rings that overwrite.
macro_rules! overwriting {
    ($capacity:literal, [$($sketch:ty),*]; $($workload:tt)+) => {
        contestants!(
            $($workload)+;
            Ours, async_broadcast::Ring, embassy::Ring<$capacity>, tokio_broadcast::Ring, plain::Ring,
            $($sketch,)* Published,
        )
    };
}

/// The rows.
pub fn rows() -> Vec<Row> {
    let mut rows = publishing::<u64>("", 0.25);
    // Only numbers are what photon-ring takes, and only one reader is of one type with disruptor.
    rows[1].contestants.extend(contestants!(fill::<u64>(CAPACITY, 1); limits::Photon, limits::Disruptor));
    rows.extend(publishing::<Opaque>("any-", 0.8));
    let mut numbers = fans::<u64>("u64", 0.25);
    numbers[0].contestants.extend(contestants!(fan::<u64>(CAPACITY, 1); limits::Photon, limits::Disruptor));
    rows.extend(numbers);
    rows.extend(fans::<Line>("64B", 0.25));
    rows.extend(fans::<Text>("String", 0.7));
    let row = |number, name: &str, asks: &str, clock, goal, contestants| {
        Row::new(number, format!("ring/{name}"), asks, clock, goal, contestants)
    };
    rows.extend([
        row(
            "9",
            "ping-pong",
            "a value to another core and back",
            Wall,
            Goal::Peer(0.20),
            all_rings!(64, [Ring<Spin<1>>, Ring<Spin<4>>]; ping_pong::<u64>(64)),
        ),
        row(
            "9",
            "any-ping-pong",
            "the same, of values whose clone may be any code",
            Wall,
            Goal::None,
            any_rings!(64, [Ring<Spin<1>>, Ring<Spin<4>>]; ping_pong::<Opaque>(64)),
        ),
        row(
            "14",
            "batch-64",
            "64 values in and 64 out in the fewest calls, for each value",
            ThreadCpu,
            Goal::AtMost(3.0),
            all_rings!(1024, [Ring<Spin<1>>]; batch::<u64>(CAPACITY)),
        ),
    ]);
    rows.extend(others());
    rows
}

/// Pairs and reads, which have no goal.
fn others() -> Vec<Row> {
    let row = |name: &str, asks: &str, contestants| {
        Row::new("-", format!("ring/{name}"), asks, ThreadCpu, Goal::None, contestants)
    };
    vec![
        row(
            "try-pair",
            "one value in and out with the try calls",
            all_rings!(64, [Ring<Spin<1>>]; try_pair::<u64>(64)),
        ),
        row(
            "pair",
            "one value in and out with the blocking calls, which never have to wait",
            all_rings!(64, [Ring<Spin<1>>]; pair::<u64>(64)),
        ),
        row(
            "any-try-pair",
            "the same with the try calls, of values whose clone may be any code",
            any_rings!(64, [Ring<Spin<1>>]; try_pair::<Opaque>(64)),
        ),
        row("read", "a read of what is there", all_rings!(1024, [Ring<Spin<1>>]; read::<u64>(CAPACITY))),
        row("any-read", "a read of such a value", any_rings!(1024, [Ring<Spin<1>>]; read::<Opaque>(CAPACITY))),
    ]
}

/// Row 7: into free space, which all can, and over the oldest, which some can.
fn publishing<T: Kept>(prefix: &str, part: f64) -> Vec<Row> {
    let row = |name: &str, asks: &str, contestants| {
        let asks = format!("{asks}, {}", T::NAME);
        Row::new("7", format!("ring/{prefix}{name}"), asks, ThreadCpu, Goal::Peer(part), contestants)
    };
    vec![
        row("publish-0", "a publish that nobody reads", any_rings!(1024, [Ring<Spin<1>>]; fill::<T>(CAPACITY, 0))),
        row("publish-1", "a publish beside one idle reader", any_rings!(1024, [Ring<Spin<1>>]; fill::<T>(CAPACITY, 1))),
        row(
            "publish-4",
            "a publish beside four idle readers",
            any_rings!(1024, [Ring<Spin<1>>]; fill::<T>(CAPACITY, 4)),
        ),
        row(
            "overwrite-1",
            "a publish over the oldest beside one idle reader",
            overwriting!(1024, [Ring<Spin<1>>]; publish::<T>(CAPACITY, 1)),
        ),
        row(
            "overwrite-4",
            "the same beside four idle readers",
            overwriting!(1024, [Ring<Spin<1>>]; publish::<T>(CAPACITY, 4)),
        ),
    ]
}

/// Row 8.
fn fans<T: Kept>(name: &str, part: f64) -> Vec<Row> {
    let row = |readers: usize, contestants| {
        let asks = format!("one thread to {readers}, {}, capacity 1024, paced, for each value sent", T::NAME);
        Row::new("8", format!("ring/1-to-{readers}-{name}"), asks, Wall, Goal::Peer(part), contestants)
    };
    vec![
        row(1, any_rings!(1024, [Ring<Spin<16>>, Ring<Spin<16>, 32>]; fan::<T>(CAPACITY, 1))),
        row(2, any_rings!(1024, [Ring<GiveWay>, Ring<GiveWay, 32>]; fan::<T>(CAPACITY, 2))),
        row(4, any_rings!(1024, [Ring<GiveWay>, Ring<GiveWay, 32>]; fan::<T>(CAPACITY, 4))),
    ]
}
