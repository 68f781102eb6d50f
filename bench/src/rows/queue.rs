//! `Bounded` with `PauseUpstream`. The published AimDB has no such kind: its `SpmcRing` stands in,
//! which never makes anyone wait and has to be paced from outside where it would lose values.

use super::{CAPACITY, Contestant, Row, contestants};
use crate::clock::Clock::{ThreadCpu, Wall};
use crate::fan_out::FanOut;
use crate::goal::Goal;
use crate::link::{Class, Ends, Link, Named, Shared};
use crate::ours;
use crate::payload::{Line, Payload};
use crate::peers::sketches::{Asking, Batches, Counted, Kept, Queue, Spin, Stamped};
use crate::peers::{bus, crossbeam, limits, plain, published, queues, tokio_mpsc};

type Ours = ours::Sync<ours::Bounded>;
type Published = published::Sync<published::Ring>;

/// All queues, each in its form for one sender; `$places` is more than the capacity.
macro_rules! all_queues {
    ($places:literal, [$($sketch:ty),*]; $($workload:tt)+) => {
        contestants!(
            $($workload)+;
            Ours, queues::Chenal, queues::Parkring, queues::Kanal, queues::Crossfire, queues::Fibre, queues::Flume,
            crossbeam::Queue, tokio_mpsc::Queue, plain::Queue, limits::Rtrb, limits::Ringbuf, limits::Heapless<$places>,
            $($sketch,)* Published,
        )
    };
}

/// All queues with two senders of which one is used.
macro_rules! all_shared {
    ($($workload:tt)+) => {
        contestants!(
            $($workload)+;
            ours::SharedSync<ours::Bounded>, Second<Ours>, Second<queues::Chenal>, Second<queues::Parkring>,
            Second<queues::Kanal>, Second<queues::CrossfireShared>, Second<queues::FibreShared>, Second<queues::Flume>,
            Second<crossbeam::Queue>, Second<tokio_mpsc::Queue>, Second<plain::Queue>, Queue<Spin<1>>, Counted<Spin<1>, false>,
            Asking<Queue<Spin<1>>, true>, Asking<Counted<Spin<1>, false>, true>, Second<Published>,
        )
    };
}

/// A link with a second sender that lives and is not used: only a link that knows for sure that it
/// has one sender can be cheaper with one.
struct Second<L>(std::marker::PhantomData<L>);

impl<L: Named> Named for Second<L> {
    const CLASS: Class = L::CLASS;

    fn name() -> String {
        if L::CLASS == Class::Ours { format!("{}, cloned", L::name()) } else { L::name() }
    }
}

impl<T: Payload, L: Shared<T>> Link<T> for Second<L> {
    type Keep = (L::Keep, L::Sender);
    type Sender = L::Sender;
    type Reader = L::Reader;

    const OVERWRITES: bool = L::OVERWRITES;

    fn open(capacity: usize, readers: usize) -> Ends<Self::Keep, Self::Sender, Self::Reader> {
        let Ends { keep, sender, readers } = L::open(capacity, readers);
        Ends { keep: (keep, L::another(&sender)), sender, readers }
    }

    #[inline(always)]
    fn try_send(sender: &mut Self::Sender, value: T) -> bool {
        L::try_send(sender, value)
    }

    #[inline(always)]
    fn send(sender: &mut Self::Sender, value: T) {
        L::send(sender, value);
    }

    #[inline(always)]
    fn try_recv(reader: &mut Self::Reader) -> Option<T> {
        L::try_recv(reader)
    }

    #[inline(always)]
    fn recv(reader: &mut Self::Reader) -> T {
        L::recv(reader)
    }
}

const TRY: &str = "one value in and out with the try calls";
const WAITING: &str = "one value in and out with the blocking calls, which never have to wait";

/// The rows.
pub fn rows() -> Vec<Row> {
    let mut rows = pairs();
    rows.extend(streams::<u64>());
    rows.extend(streams::<Line>());
    rows.extend([
        Row::new(
            "6",
            "bounded/ping-pong",
            "a value to another core and back, capacity 1",
            Wall,
            Goal::Peer(0.75),
            two_slots(
                all_queues!(2, [Stamped<Spin<1>>, Stamped<Spin<4>>]; ping_pong::<u64>(1)),
                &["parkring", "crossfire spsc"],
            ),
        ),
        Row::new(
            "14",
            "bounded/batch-64",
            "64 values in and 64 out in the fewest calls, for each value",
            ThreadCpu,
            Goal::AtMost(3.0),
            all_queues!(2048, [Batches<Spin<1>>]; batch::<u64>(CAPACITY)),
        ),
        Row::new(
            "14",
            "bounded/stream-batch-64",
            "one thread to another in batches of 64, capacity 1024, for each value",
            Wall,
            Goal::AtMost(3.0),
            all_queues!(2048, [Batches<Spin<1>>, Batches<Spin<16>>]; stream_batches::<u64>(CAPACITY)),
        ),
    ]);
    rows.extend(sends());
    rows.extend(fans::<u64>());
    rows.extend(fans::<Line>());
    rows
}

/// Those that have two slots where they are asked to keep one: they work where others wait.
pub fn two_slots(contestants: Vec<Contestant>, names: &[&str]) -> Vec<Contestant> {
    contestants
        .into_iter()
        .map(|one| if names.contains(&one.name.as_str()) { one.with_remark("two slots") } else { one })
        .collect()
}

fn pairs() -> Vec<Row> {
    let row = |number, name: &str, asks: &str, part, contestants| {
        Row::new(number, format!("bounded/{name}"), asks, ThreadCpu, Goal::Peer(part), contestants)
    };
    vec![
        row(
            "1",
            "try-pair",
            TRY,
            0.40,
            all_queues!(2048, [Queue<Spin<1>>, Counted<Spin<1>, false>, Asking<Queue<Spin<1>>>, Asking<Counted<Spin<1>, false>>]; try_pair::<u64>(64)),
        ),
        row(
            "1",
            "pair",
            WAITING,
            0.40,
            all_queues!(2048, [Queue<Spin<1>>, Counted<Spin<1>, false>, Asking<Queue<Spin<1>>>, Asking<Counted<Spin<1>, false>>]; pair::<u64>(64)),
        ),
        row(
            "2",
            "try-pair-64B",
            TRY,
            0.70,
            all_queues!(2048, [Queue<Spin<1>>, Counted<Spin<1>, false>, Asking<Queue<Spin<1>>>, Asking<Counted<Spin<1>, false>>]; try_pair::<Line>(64)),
        ),
        row(
            "2",
            "pair-64B",
            WAITING,
            0.70,
            all_queues!(2048, [Queue<Spin<1>>, Counted<Spin<1>, false>, Asking<Queue<Spin<1>>>, Asking<Counted<Spin<1>, false>>]; pair::<Line>(64)),
        ),
        row("3", "try-pair-shared", "the same beside a second sender", 0.90, all_shared!(try_pair::<u64>(64))),
        row("3", "pair-shared", "the same beside a second sender", 0.90, all_shared!(pair::<u64>(64))),
    ]
}

fn streams<T: Kept>() -> Vec<Row> {
    let name = |capacity: usize| format!("bounded/stream-{capacity}-{}", T::NAME.replace(' ', ""));
    let asks = |capacity: usize| format!("one thread to another, {}, capacity {capacity}, for each value", T::NAME);
    vec![
        Row::new(
            "4",
            name(64),
            asks(64),
            Wall,
            Goal::Peer(0.45),
            all_queues!(2048, [Queue<Spin<16>>, Queue<Spin<64>>, Counted<Spin<1>, true>, Counted<Spin<8>, true>]; stream::<T>(64)),
        ),
        Row::new(
            "5",
            name(1024),
            asks(1024),
            Wall,
            Goal::Peer(0.55),
            all_queues!(2048, [Queue<Spin<16>>, Queue<Spin<64>>, Counted<Spin<1>, true>, Counted<Spin<8>, true>]; stream::<T>(1024)),
        ),
    ]
}

/// The two halves of a pair, and a send to several readers.
fn sends() -> Vec<Row> {
    let row = |name: &str, asks: &str, contestants| {
        Row::new("-", format!("bounded/{name}"), asks, ThreadCpu, Goal::None, contestants)
    };
    vec![
        row(
            "send-1",
            "a send into free space beside one idle reader",
            all_queues!(2048, [Queue<Spin<1>>]; fill::<u64>(CAPACITY, 1)),
        ),
        row(
            "send-4",
            "a send into free space beside four idle readers, who will all have it",
            contestants!(
                fill::<u64>(CAPACITY, 4);
                Ours, FanOut<queues::Chenal>, FanOut<crossbeam::Queue>, FanOut<plain::Queue>, Published,
            ),
        ),
        row("read", "a read of what is there", all_queues!(2048, [Queue<Spin<1>>]; read::<u64>(CAPACITY))),
    ]
}

/// From one thread to several that all see each value: the sender waits for the slowest, as with bus.
fn fans<T: Payload>() -> Vec<Row> {
    let row = |readers: usize, contestants| {
        let name = T::NAME.replace(' ', "");
        let asks = format!("one thread to {readers}, {}, capacity 1024, for each value sent", T::NAME);
        Row::new("-", format!("bounded/1-to-{readers}-{name}"), asks, Wall, Goal::None, contestants)
    };
    /// All that can be waited for on both sides.
    macro_rules! gating {
        ($($workload:tt)+) => {
            contestants!(
                $($workload)+;
                Ours, bus::Ring, FanOut<queues::Chenal>, FanOut<queues::Kanal>, FanOut<crossbeam::Queue>,
                FanOut<plain::Queue>, Published,
            )
        };
    }
    vec![row(2, gating!(fan::<T>(CAPACITY, 2))), row(4, gating!(fan::<T>(CAPACITY, 4)))]
}
