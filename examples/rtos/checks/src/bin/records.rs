//! Records between tasks of two priorities and an interrupt: handed to and fro, a deadline in ticks, waiters by their
//! priority, an interrupt's values neither lost nor twice, a close that ends who waits, and where waiting is refused.
#![no_std]
#![no_main]

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use aimdb_sync_embassy::{
    Bounded, CriticalSectionRawMutex, FreeRtos, Mailbox, Misuse, RecvError, RecvTimeoutError, SendError, StaticRecord,
    Ticks,
};
use board::{Exit, Timer, check, entry, exit, interrupt, println};
use freertos::scheduler::{delay, ticks};
use freertos::{Scheduler, Suspended, Task};

type Mutex = CriticalSectionRawMutex;

static PING: StaticRecord<Bounded<1>, u32, Mutex, 4> = StaticRecord::new();
static PONG: StaticRecord<Mailbox, u32, Mutex, 4> = StaticRecord::new();
/// Filled by the interrupt, which never waits.
static SAMPLES: StaticRecord<Bounded<16>, u32, Mutex, 20> = StaticRecord::new();
/// Three tasks wait here for room, of which the most urgent came last.
static JOBS: StaticRecord<Bounded<1>, u32, Mutex, 8> = StaticRecord::new();
static NEVER: StaticRecord<Bounded<1>, u32, Mutex, 4, 2> = StaticRecord::new();

static SENT: AtomicU32 = AtomicU32::new(0);
static REFUSED: AtomicU32 = AtomicU32::new(0);
static ENDED: AtomicU32 = AtomicU32::new(0);

static URGENT: Task<768> = Task::new();
static PATIENT: Task<768> = Task::new();
static WORKERS: [Task<768>; 3] = [const { Task::new() }; 3];
static BLOCKED: Task<768> = Task::new();

const ROUNDS: u32 = 10_000;
const SAMPLED: u32 = 10_000;

entry!(main);
interrupt!(TIMER0, sample);

fn main() -> Exit {
    // Before the scheduler runs nothing may wait; what does not wait works.
    check!(matches!(NEVER.producer().on::<FreeRtos>().send(1), Err(SendError::Misuse(1, Misuse::CannotBlock))));
    check!(NEVER.producer().try_send(1).is_ok());
    check!(URGENT.spawn(c"urgent", 4, urgent).is_ok());
    check!(PATIENT.spawn(c"patient", 1, patient).is_ok());
    Scheduler::start()
}

/// Answers each ping, then is done.
fn urgent() {
    let mut pings = PING.consumer().expect("one cursor").on::<FreeRtos>();
    let pongs = PONG.producer();
    loop {
        match pings.recv() {
            Ok(round) => check!(pongs.try_send(round).is_ok()),
            Err(end) => {
                check!(end == RecvError::Closed);
                ENDED.fetch_add(1, Relaxed);
                return;
            }
        }
    }
}

fn patient() {
    let pings = PING.producer().on::<FreeRtos>();
    let mut pongs = PONG.consumer().expect("one cursor").on::<FreeRtos>();
    for round in 0..ROUNDS {
        check!(pings.send(round).is_ok());
        check!(pongs.recv() == Ok(round));
    }
    PING.close();
    // The other task is more urgent, so it has ended before the close returns.
    check!(ENDED.load(Relaxed) == 1);
    println!("{ROUNDS} rounds to and fro");
    timeouts();
    by_priority();
    from_an_interrupt();
    close_ends_who_waits();
    exit(Exit::Success)
}

fn timeouts() {
    let mut never = NEVER.consumer().expect("two cursors").on::<FreeRtos>();
    check!(never.try_recv() == Ok(1));
    let before = ticks();
    check!(never.recv_timeout(Ticks(25)) == Err(RecvTimeoutError::Timeout));
    let waited = ticks() - before;
    check!((25..=26).contains(&waited));
    check!(never.recv_timeout(Ticks(0)) == Err(RecvTimeoutError::Timeout));
    {
        let _suspended = Suspended::now();
        check!(matches!(never.recv(), Err(RecvError::Misuse(Misuse::CannotBlock))));
    }
    check!(NEVER.producer().try_send(2).is_ok());
    let full = NEVER.producer().on::<FreeRtos>();
    check!(matches!(full.send_timeout(3, Ticks(10)), Err(SendError::Timeout(3))));
    check!(never.recv() == Ok(2));
    println!("deadlines in ticks");
}

fn by_priority() {
    check!(JOBS.producer().try_send(0).is_ok());
    for (priority, worker) in (2..).zip(&WORKERS) {
        check!(worker.spawn(c"worker", priority, work).is_ok());
        // It is more urgent than this task, so it waits by now.
    }
    let mut jobs = JOBS.consumer().expect("one cursor").on::<FreeRtos>();
    check!([jobs.recv(), jobs.recv(), jobs.recv(), jobs.recv()] == [Ok(0), Ok(4), Ok(3), Ok(2)]);
    println!("the most urgent waiter is served first");
}

/// Sends its priority.
fn work() {
    let me = freertos::TaskRef::current().expect("a task runs");
    check!(JOBS.producer().on::<FreeRtos>().send(me.priority()).is_ok());
}

fn sample() {
    Timer::Timer0.clear();
    let next = SENT.load(Relaxed);
    // Two at a time, now and then more than fit.
    for value in next..next + 2 {
        match SAMPLES.producer().try_send(value) {
            Ok(()) => SENT.store(value + 1, Relaxed),
            Err(_) => {
                REFUSED.fetch_add(1, Relaxed);
                return;
            }
        }
    }
}

fn from_an_interrupt() {
    let mut samples = SAMPLES.consumer().expect("one cursor").on::<FreeRtos>();
    // 1,000 cycles are 40 µs, about 1,250 instructions: interrupts come in the middle of everything.
    Timer::Timer0.start(1_000, 0x80);
    for expected in 0..SAMPLED {
        check!(samples.recv() == Ok(expected));
        if expected % 1_000 == 999 {
            // The record fills up meanwhile, and refuses.
            delay(2);
        }
    }
    Timer::Timer0.stop();
    let left = SENT.load(Relaxed) - SAMPLED;
    for expected in SAMPLED..SAMPLED + left {
        check!(samples.try_recv() == Ok(expected));
    }
    check!(samples.try_recv().is_err());
    let counters = SAMPLES.stats().counters;
    println!("{} values from an interrupt, none lost or twice; {} refused", SENT.load(Relaxed), REFUSED.load(Relaxed));
    check!(counters.accepted == u64::from(SENT.load(Relaxed)));
    check!(counters.refused == u64::from(REFUSED.load(Relaxed)));
    check!(REFUSED.load(Relaxed) > 0);
}

fn close_ends_who_waits() {
    check!(BLOCKED.spawn(c"blocked", 1, blocked).is_ok());
    // As urgent as this task: it runs, and waits, while this one sleeps.
    delay(2);
    check!(ENDED.load(Relaxed) == 1);
    NEVER.close();
    delay(2);
    check!(ENDED.load(Relaxed) == 2);
    println!("a close ends who waits");
}

fn blocked() {
    let mut never = NEVER.consumer().expect("two cursors").on::<FreeRtos>();
    check!(never.recv() == Err(RecvError::Closed));
    ENDED.fetch_add(1, Relaxed);
}
