//! The motor controller on the threads of the standard library: the same services, and the same output as on FreeRTOS.
//!
//! Time is simulated: the next interrupt comes when all threads wait. So the output does not depend on how fast they run.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;

use aimdb_sync_embassy::{
    BufferMetrics, CriticalSectionRawMutex as Raw, StaticMailbox, StaticQueue, StaticRing, Threads,
};
use services::{Line, Peripherals, Sample};

static SAMPLES: StaticRing<Sample, Raw, 8> = StaticRing::new();
static TARGET: StaticMailbox<i32, Raw> = StaticMailbox::new();
static LOG: StaticQueue<Line, Raw, 4> = StaticQueue::new();
static SECONDS: StaticMailbox<u32, Raw> = StaticMailbox::new();
static DONE: StaticMailbox<(), Raw> = StaticMailbox::new();

static PERIPHERALS: Peripherals = Peripherals::new();

/// How many threads there are, and how many have ended.
const THREADS: usize = 3;
static ENDED: AtomicUsize = AtomicUsize::new(0);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let samples = SAMPLES.consumer()?.on::<Threads>();
    let targets = TARGET.consumer();
    let seconds = SECONDS.consumer().on::<Threads>();
    let lines = LOG.consumer().on::<Threads>();
    let done = DONE.consumer().on();
    let (summary, written) = thread::scope(|scope| {
        let control = scope.spawn(|| ends(|| services::control(samples, targets, LOG.producer().on(), &PERIPHERALS)));
        scope.spawn(|| {
            ends(|| {
                services::supervise(seconds, TARGET.producer(), SAMPLES.producer(), |second, target| match target {
                    Some(target) => println!("second {second}: target {target}"),
                    None => println!("second {second}: stop"),
                });
            });
        });
        let log = scope.spawn(|| ends(|| services::log(lines, done, &PERIPHERALS, |line| println!("{line}"))));
        interrupts();
        (control.join(), log.join())
    });
    let (summary, written) = (summary.map_err(|_| "control panicked")?, written.map_err(|_| "the log panicked")?);
    println!("{summary}, {written} written");
    Ok(())
}

/// Runs a thread's code and counts that it has ended, also by a panic.
fn ends<R>(code: impl FnOnce() -> R) -> R {
    struct Ended;
    impl Drop for Ended {
        fn drop(&mut self) {
            ENDED.fetch_add(1, SeqCst);
        }
    }
    let _ended = Ended;
    code()
}

/// The two interrupts, until all threads have ended.
fn interrupts() {
    let mut samples = true;
    while ENDED.load(SeqCst) < THREADS {
        settle();
        if samples {
            samples = Threads::as_interrupt(|| PERIPHERALS.sample(SAMPLES.producer()));
        }
        settle();
        Threads::as_interrupt(|| PERIPHERALS.half(SECONDS.producer(), DONE.producer()));
    }
}

/// Waits until no thread runs: each waits at a record, or has ended.
///
/// The looks at the records are not one, but a thread that waits is only set going by this one, or by what
/// happens to the log: if nothing did from the first look to the last, none was.
fn settle() {
    loop {
        let before = LOG.stats();
        let ended = ENDED.load(SeqCst);
        let waiting = waits(&before) + waits(&SAMPLES.stats()) + waits(&SECONDS.stats()) + waits(&DONE.stats());
        if waiting + ended == THREADS && LOG.stats() == before && ENDED.load(SeqCst) == ended {
            return;
        }
        thread::yield_now();
    }
}

/// How many threads wait at a record, and for something that is not there: whoever comes to wait looks once more, and may find
/// what came meanwhile.
fn waits(record: &BufferMetrics) -> usize {
    let unread = record.slowest.map_or(record.occupancy, |(_, behind)| behind as usize);
    let (senders, readers) = (record.waiting_producers, record.waiting_consumers);
    (if record.occupancy == record.capacity { senders } else { 0 }) + (if unread == 0 { readers } else { 0 })
}
