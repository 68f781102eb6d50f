//! `Mailbox`.

use super::{Row, contestants};
use crate::clock::Clock::{ThreadCpu, Wall};
use crate::goal::Goal;
use crate::ours;
use crate::payload::Opaque;
use crate::peers::sketches::{Mailbox, Spin};
use crate::peers::{crossbeam, embassy, limits, plain, published};

type Ours = ours::Sync<ours::Mailbox>;
type Published = published::Sync<published::Mailbox>;

macro_rules! all_mailboxes {
    ($($workload:tt)+) => {
        contestants!(
            $($workload)+;
            Ours, embassy::Mailbox, crossbeam::Mailbox, plain::Mailbox, limits::Displacing, Mailbox<Spin<1>, false>,  Mailbox<Spin<4>, true>,
            Published,
        )
    };
}

/// The rows.
pub fn rows() -> Vec<Row> {
    let row = |number, name: &str, asks: &str, clock, goal, contestants| {
        Row::new(number, format!("mailbox/{name}"), asks, clock, goal, contestants)
    };
    let back = "a value to another core and back";
    vec![
        row(
            "12",
            "try-pair",
            "one value in and out with the try calls",
            ThreadCpu,
            Goal::Peer(0.70),
            all_mailboxes!(try_pair::<u64>(1)),
        ),
        row(
            "12",
            "pair",
            "one value in and out with the blocking calls, which never have to wait",
            ThreadCpu,
            Goal::Peer(0.70),
            all_mailboxes!(pair::<u64>(1)),
        ),
        row("11", "ping-pong", back, Wall, Goal::Peer(0.15), all_mailboxes!(ping_pong::<u64>(1))),
        row(
            "-",
            "any-try-pair",
            "one value in and out, of those whose clone may be any code",
            ThreadCpu,
            Goal::None,
            all_mailboxes!(try_pair::<Opaque>(1)),
        ),
        row(
            "-",
            "publish-1",
            "a value over the pending one, beside one idle reader",
            ThreadCpu,
            Goal::None,
            all_mailboxes!(publish::<u64>(1, 1)),
        ),
        row(
            "-",
            "stream",
            "publishing without pause to a waiting thread, for each value published",
            Wall,
            Goal::None,
            all_mailboxes!(conflate::<u64>()),
        ),
    ]
}
