//! The rows: what is asked, and of whom.

use crate::attach;
use crate::clock::Clock;
use crate::fan_out::FanOut;
use crate::link::{Class, Named};
use crate::measure::Sampler;
use crate::ours;
use crate::payload::{Line, Opaque, Payload};
use crate::peers::{
    async_broadcast, bus, crossbeam, embassy, limits, plain, published, queues, tokio_broadcast, tokio_mpsc,
    tokio_watch,
};
use crate::workload;

/// One who answers a row.
pub struct Contestant {
    /// How the tables call it.
    pub name: String,
    /// What it is to the comparison.
    pub class: Class,
    /// Makes its link.
    pub open: Box<dyn Fn() -> Sampler>,
}

impl Contestant {
    fn new<L: Named>(open: impl Fn() -> Sampler + 'static) -> Self {
        Self { name: L::name(), class: L::CLASS, open: Box::new(open) }
    }
}

/// One question and those who answer it, in the order in which they are measured.
pub struct Row {
    /// `<kind>/<question>`; what `--row` looks into.
    pub name: String,
    /// The question.
    pub asks: String,
    /// The time it is measured in.
    pub clock: Clock,
    /// Ours first.
    pub contestants: Vec<Contestant>,
}

/// `"name", "question", clock, workload::<value>(arguments) => [ours, contestant, …];` for each row.
macro_rules! rows {
    ($($name:expr, $asks:expr, $clock:ident,
        $workload:ident::<$value:ty> $arguments:tt => [$($contestant:ty),+ $(,)?];)+) => {
        vec![$(Row {
            name: $name.into(),
            asks: $asks.into(),
            clock: Clock::$clock,
            contestants: vec![$(
                Contestant::new::<$contestant>(|| workload::$workload::<$value, $contestant> $arguments)
            ),+],
        }),+]
    };
}

/// Values that rings and queues hold where the row does not say otherwise.
const CAPACITY: usize = 1024;

/// All rows, kind by kind.
pub fn all() -> Vec<Row> {
    let mut rows = bounded();
    rows.extend(bounded_streams::<u64>());
    rows.extend(bounded_streams::<Line>());
    rows.extend(ring());
    rows.extend(latest());
    rows.extend(mailbox());
    rows.extend(core());
    rows.push(attach::row());
    rows
}

/// `Bounded` with `PauseUpstream`. The published AimDB has no such kind: its `SpmcRing` stands in,
/// which never makes anyone wait and has to be paced from outside where it would lose values.
fn bounded() -> Vec<Row> {
    type Ours = ours::Sync<ours::Bounded>;
    type Crossbeam = crossbeam::Queue;
    type Tokio = tokio_mpsc::Queue;
    type Plain = plain::Queue;
    type Published = published::Sync<published::Ring>;

    rows! {
        "bounded/try-pair", "one value in and out with the try calls", ThreadCpu,
            try_pair::<u64>(64) => [Ours, queues::Chenal, queues::Parkring, queues::Kanal, queues::Crossfire, queues::Flume,
                Crossbeam, Tokio, Plain, limits::Rtrb, limits::Heapless<2048>, Published];
        "bounded/pair", "one value in and out with the blocking calls, which never have to wait", ThreadCpu,
            pair::<u64>(64) => [Ours, queues::Chenal, queues::Parkring, queues::Kanal, queues::Crossfire, queues::Flume,
                Crossbeam, Tokio, Plain, limits::Rtrb, limits::Heapless<2048>, Published];
        "bounded/send-0", "a send into free space that nobody reads yet", ThreadCpu,
            fill::<u64>(CAPACITY, 0) => [Ours, queues::Chenal, queues::Parkring, queues::Kanal, queues::Crossfire, queues::Flume,
                Crossbeam, Tokio, Plain, limits::Rtrb, limits::Heapless<2048>, Published];
        "bounded/send-1", "a send into free space beside one idle reader", ThreadCpu,
            fill::<u64>(CAPACITY, 1) => [Ours, queues::Chenal, queues::Parkring, queues::Kanal, queues::Crossfire, queues::Flume,
                Crossbeam, Tokio, Plain, limits::Rtrb, limits::Heapless<2048>, Published];
        "bounded/send-4", "a send into free space beside four idle readers, who will all have it", ThreadCpu,
            fill::<u64>(CAPACITY, 4) => [Ours, FanOut<Crossbeam>, FanOut<Tokio>, FanOut<Plain>, Published];
        "bounded/read", "a read of what is there", ThreadCpu,
            read::<u64>(CAPACITY) => [Ours, queues::Chenal, queues::Parkring, queues::Kanal, queues::Crossfire, queues::Flume,
                Crossbeam, Tokio, Plain, limits::Rtrb, limits::Heapless<2048>, Published];
        "bounded/batch-64", "64 values in and 64 out in the fewest calls, for each value", ThreadCpu,
            batch::<u64>(CAPACITY) => [Ours, queues::Chenal, queues::Parkring, queues::Kanal, queues::Crossfire, queues::Flume,
                Crossbeam, Tokio, Plain, limits::Rtrb, limits::Heapless<2048>, Published];
        "bounded/ping-pong", "a value to another core and back, capacity 1", Wall,
            ping_pong::<u64>(1) => [Ours, queues::Chenal, queues::Parkring, queues::Kanal, queues::Crossfire, queues::Flume,
                Crossbeam, Tokio, Plain, limits::Rtrb, limits::Heapless<2>, Published];
        "bounded/stream-batch-64", "one thread to another in batches of 64, capacity 1024, for each value", Wall,
            stream_batches::<u64>(CAPACITY) => [Ours, queues::Chenal, queues::Parkring, queues::Kanal, queues::Crossfire, queues::Flume,
                Crossbeam, Tokio, Plain, limits::Rtrb, limits::Heapless<2048>, Published];
    }
}

fn bounded_streams<T: Payload>() -> Vec<Row> {
    type Ours = ours::Sync<ours::Bounded>;
    type Published = published::Sync<published::Ring>;

    let name = |capacity: usize| format!("bounded/stream-{capacity}-{}", T::NAME.replace(' ', ""));
    let asks = |capacity: usize| format!("one thread to another, {}, capacity {capacity}, for each value", T::NAME);
    rows! {
        name(64), asks(64), Wall,
            stream::<T>(64) => [Ours, queues::Chenal, queues::Parkring, queues::Kanal, queues::Crossfire, queues::Flume,
                crossbeam::Queue, tokio_mpsc::Queue, plain::Queue, limits::Rtrb, limits::Heapless<2048>, Published];
        name(1024), asks(1024), Wall,
            stream::<T>(1024) => [Ours, queues::Chenal, queues::Parkring, queues::Kanal, queues::Crossfire, queues::Flume,
                crossbeam::Queue, tokio_mpsc::Queue, plain::Queue, limits::Rtrb, limits::Heapless<2048>, Published];
    }
}

fn ring() -> Vec<Row> {
    type Ours = ours::Sync<ours::Ring>;
    type Tokio = tokio_broadcast::Ring;
    type Plain = plain::Ring;
    type Published = published::Sync<published::Ring>;

    rows! {
        "ring/try-pair", "one value in and out with the try calls", ThreadCpu,
            try_pair::<u64>(64) => [Ours, bus::Ring, async_broadcast::Ring, embassy::Ring<64>,
                Tokio, Plain, limits::Photon, Published];
        "ring/pair", "one value in and out with the blocking calls, which never have to wait", ThreadCpu,
            pair::<u64>(64) => [Ours, bus::Ring, async_broadcast::Ring, embassy::Ring<64>,
                Tokio, Plain, limits::Photon, Published];
        "ring/publish-0", "a publish that nobody reads, over the oldest", ThreadCpu,
            publish::<u64>(CAPACITY, 0) => [Ours, async_broadcast::Ring, embassy::Ring<1024>,
                Tokio, Plain, limits::Photon, Published];
        "ring/publish-1", "a publish beside one idle reader, over the oldest", ThreadCpu,
            publish::<u64>(CAPACITY, 1) => [Ours, async_broadcast::Ring, embassy::Ring<1024>,
                Tokio, Plain, limits::Photon, Published];
        "ring/publish-4", "a publish beside four idle readers, over the oldest", ThreadCpu,
            publish::<u64>(CAPACITY, 4) => [Ours, async_broadcast::Ring, embassy::Ring<1024>,
                Tokio, Plain, limits::Photon, Published];
        "ring/read", "a read of what is there", ThreadCpu,
            read::<u64>(CAPACITY) => [Ours, bus::Ring, async_broadcast::Ring, embassy::Ring<1024>,
                Tokio, Plain, limits::Photon, Published];
        "ring/batch-64", "64 values in and 64 out in the fewest calls, for each value", ThreadCpu,
            batch::<u64>(CAPACITY) => [Ours, bus::Ring, async_broadcast::Ring, embassy::Ring<1024>,
                Tokio, Plain, limits::Photon, Published];
        "ring/ping-pong", "a value to another core and back", Wall,
            ping_pong::<u64>(64) => [Ours, bus::Ring, async_broadcast::Ring, embassy::Ring<64>,
                Tokio, Plain, limits::Photon, Published];
        "ring/any-try-pair", "the same, of values whose clone may be any code", ThreadCpu,
            try_pair::<Opaque>(64) => [ours::Sync<ours::AnyRing>, bus::Ring, async_broadcast::Ring, embassy::Ring<64>,
                Tokio, Plain, Published];
        "ring/any-publish-1", "a publish of such a value beside one idle reader", ThreadCpu,
            publish::<Opaque>(CAPACITY, 1) => [ours::Sync<ours::AnyRing>, async_broadcast::Ring, embassy::Ring<1024>,
                Tokio, Plain, Published];
        "ring/any-ping-pong", "such a value to another core and back", Wall,
            ping_pong::<Opaque>(64) => [ours::Sync<ours::AnyRing>, bus::Ring, async_broadcast::Ring, embassy::Ring<64>,
                Tokio, Plain, Published];
        "ring/any-stream", "such values from one thread to another, capacity 1024, paced", Wall,
            stream::<Opaque>(CAPACITY) => [ours::Sync<ours::AnyRing>, bus::Ring, async_broadcast::Ring, embassy::Ring<1024>,
                Tokio, Plain, Published];
        "ring/stream-u64", "one thread to another, u64, capacity 1024, paced, for each value", Wall,
            stream::<u64>(CAPACITY) => [Ours, bus::Ring, async_broadcast::Ring, embassy::Ring<1024>,
                Tokio, Plain, limits::Photon, Published];
        "ring/stream-64B", "one thread to another, 64 B, capacity 1024, paced, for each value", Wall,
            stream::<Line>(CAPACITY) => [Ours, bus::Ring, async_broadcast::Ring, embassy::Ring<1024>,
                Tokio, Plain, Published];
    }
}

fn latest() -> Vec<Row> {
    type Ours = ours::Sync<ours::Latest>;
    type Tokio = tokio_watch::Latest;
    type Plain = plain::Latest;
    type Published = published::Sync<published::Latest>;

    rows! {
        "latest/try-pair", "one value in and out with the try calls", ThreadCpu,
            try_pair::<u64>(1) => [Ours, embassy::Latest, Tokio, Plain,
                limits::Locked, limits::Swap, limits::Nexus, Published];
        "latest/pair", "one value in and out with the blocking calls, which never have to wait", ThreadCpu,
            pair::<u64>(1) => [Ours, embassy::Latest, Tokio, Plain,
                limits::Locked, limits::Swap, limits::Nexus, Published];
        "latest/publish-0", "a publish that nobody reads", ThreadCpu,
            publish::<u64>(1, 0) => [Ours, embassy::Latest, Tokio, Plain,
                limits::Locked, limits::Swap, limits::Nexus, Published];
        "latest/publish-1", "a publish beside one idle reader", ThreadCpu,
            publish::<u64>(1, 1) => [Ours, embassy::Latest, Tokio, Plain,
                limits::Locked, limits::Swap, limits::Nexus, Published];
        "latest/publish-4", "a publish beside four idle readers", ThreadCpu,
            publish::<u64>(1, 4) => [Ours, embassy::Latest, Tokio, Plain,
                limits::Locked, limits::Swap, limits::Nexus, Published];
        "latest/peek", "a look at the current value", ThreadCpu,
            peek::<u64>() => [Ours, embassy::Latest, Tokio, Plain,
                limits::Locked, limits::Swap, published::Core<published::Latest>];
        "latest/ping-pong", "a value to another core and back", Wall,
            ping_pong::<u64>(1) => [Ours, embassy::Latest, Tokio, Plain,
                limits::Locked, limits::Swap, limits::Nexus, Published];
        "latest/any-try-pair", "one value in and out, of those whose clone may be any code", ThreadCpu,
            try_pair::<Opaque>(1) => [ours::Sync<ours::AnyLatest>, embassy::Latest, Tokio, Plain,
                limits::Locked, limits::Swap, limits::Nexus, Published];
        "latest/any-stream", "such values without pause to a waiting thread, for each value published", Wall,
            conflate::<Opaque>() => [ours::Sync<ours::AnyLatest>, embassy::Latest, Tokio, Plain,
                limits::Locked, limits::Swap, limits::Nexus, Published];
        "latest/stream", "publishing without pause to a waiting thread, for each value published", Wall,
            conflate::<u64>() => [Ours, embassy::Latest, Tokio, Plain,
                limits::Locked, limits::Swap, limits::Nexus, Published];
    }
}

fn mailbox() -> Vec<Row> {
    type Ours = ours::Sync<ours::Mailbox>;
    type Crossbeam = crossbeam::Mailbox;
    type Plain = plain::Mailbox;
    type Published = published::Sync<published::Mailbox>;

    rows! {
        "mailbox/try-pair", "one value in and out with the try calls", ThreadCpu,
            try_pair::<u64>(1) => [Ours, Crossbeam, embassy::Mailbox, Plain, limits::Displacing, Published];
        "mailbox/pair", "one value in and out with the blocking calls, which never have to wait", ThreadCpu,
            pair::<u64>(1) => [Ours, Crossbeam, embassy::Mailbox, Plain, limits::Displacing, Published];
        "mailbox/publish-0", "a value over the pending one, without a reader", ThreadCpu,
            publish::<u64>(1, 0) => [Ours, Crossbeam, embassy::Mailbox, Plain, limits::Displacing, Published];
        "mailbox/publish-1", "a value over the pending one, beside one idle reader", ThreadCpu,
            publish::<u64>(1, 1) => [Ours, Crossbeam, embassy::Mailbox, Plain, limits::Displacing, Published];
        "mailbox/publish-4", "a value over the pending one, beside four idle readers", ThreadCpu,
            publish::<u64>(1, 4) => [Ours, Crossbeam, embassy::Mailbox, Plain, limits::Displacing, Published];
        "mailbox/ping-pong", "a value to another core and back", Wall,
            ping_pong::<u64>(1) => [Ours, Crossbeam, embassy::Mailbox, Plain, limits::Displacing, Published];
        "mailbox/stream", "publishing without pause to a waiting thread, for each value published", Wall,
            conflate::<u64>() => [Ours, Crossbeam, embassy::Mailbox, Plain, limits::Displacing, Published];
    }
}

/// The buffers alone, without a database: what the handles add is the difference to the rows above.
fn core() -> Vec<Row> {
    const ASKS: &str = "the buffer alone, one value in and out with the try calls";
    rows! {
        "core/bounded-try-pair", ASKS, ThreadCpu,
            try_pair::<u64>(64) => [
                ours::Core<ours::Bounded>, crossbeam::Queue, plain::Queue, published::Core<published::Ring>,
            ];
        "core/ring-try-pair", ASKS, ThreadCpu,
            try_pair::<u64>(64) => [
                ours::Core<ours::Ring>, tokio_broadcast::Ring, plain::Ring, published::Core<published::Ring>,
            ];
        "core/latest-try-pair", ASKS, ThreadCpu,
            try_pair::<u64>(1) => [
                ours::Core<ours::Latest>, tokio_watch::Latest, plain::Latest, published::Core<published::Latest>,
            ];
        "core/mailbox-try-pair", ASKS, ThreadCpu,
            try_pair::<u64>(1) => [
                ours::Core<ours::Mailbox>, crossbeam::Mailbox, plain::Mailbox, published::Core<published::Mailbox>,
            ];
    }
}
