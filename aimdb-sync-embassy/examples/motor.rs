//! A motor controller on std threads, as it would be on an RTOS: a timer samples and never waits, a
//! control task follows the samples and takes commands, a slow log pauses the control task, and a
//! supervisor stops all by closing. Nobody sleeps: whoever lets time pass waits at a record that the
//! supervisor closes, so the end comes at once.

use std::thread;
use std::time::Duration;

use aimdb_sync_embassy::{
    Bounded, CriticalSectionRawMutex, Port, RecvError, StaticMailbox, StaticQueue, StaticRecord, StaticRing, Threads,
};

#[derive(Clone, Copy)]
struct Line {
    sample: u32,
    target: u32,
}

type Mutex = CriticalSectionRawMutex;

static SAMPLES: StaticRing<u32, Mutex, 8> = StaticRing::new();
static TARGET: StaticMailbox<u32, Mutex> = StaticMailbox::new();

/// A whole record, because it has a clock, and so knows for how long it paused its senders.
static LOG: StaticRecord<Bounded<4>, Line, Mutex, 6> = StaticRecord::builder().clock(Threads::now).build();

/// Carries nothing; its end is the end of the program.
static RUNNING: StaticQueue<(), Mutex, 1> = StaticQueue::new();

/// Lets time pass, less of it when the program ends.
fn pass(time: Duration) {
    let _ended = RUNNING.consumer().on::<Threads>().recv_timeout(time);
}

/// The timer's interrupt: its handle has no port, so it cannot wait.
fn sample() {
    for tick in 0..200 {
        if SAMPLES.producer().try_send(tick).is_err() {
            return;
        }
        // The timer's period.
        pass(Duration::from_micros(200));
    }
}

/// The control task: every sample, with the newest target.
fn control() -> Result<(u32, u64), Box<dyn std::error::Error + Send + Sync>> {
    let mut samples = SAMPLES.consumer()?.on::<Threads>();
    let mut targets = TARGET.consumer();
    let log = LOG.producer().on::<Threads>();
    let (mut target, mut handled, mut missed) = (0, 0, 0);
    loop {
        match samples.recv() {
            Ok(sample) => {
                target = targets.try_recv().unwrap_or(target);
                handled += 1;
                // Pauses here while the log is full.
                log.send(Line { sample, target })?;
            }
            Err(RecvError::Lagged(lag)) => missed += lag,
            Err(_) => {
                log.close();
                return Ok((handled, missed));
            }
        }
    }
}

/// The log, slower than the samples come.
fn log() -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
    let mut lines = LOG.consumer()?.on::<Threads>();
    let mut written = 0;
    while let Ok(line) = lines.recv() {
        written += 1;
        if written % 20 == 0 {
            println!("sample {} with target {}", line.sample, line.target);
        }
        // What a slow device takes for a line.
        pass(Duration::from_micros(500));
    }
    Ok(written)
}

fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    thread::scope(|scope| {
        let log = scope.spawn(log);
        let control = scope.spawn(control);
        let timer = scope.spawn(sample);
        // The supervisor: two commands, then the end.
        for target in [10, 20] {
            TARGET.producer().force_send(target)?;
            // For as long the motor runs towards this target.
            pass(Duration::from_millis(20));
        }
        SAMPLES.close();
        RUNNING.close();
        let stopped = "a task panicked";
        timer.join().map_err(|_| stopped)?;
        let (handled, missed) = control.join().map_err(|_| stopped)??;
        let written = log.join().map_err(|_| stopped)??;
        let stats = LOG.stats().counters;
        println!("samples handled {handled}, missed while the log paused the task {missed}; lines written {written}");
        println!("the log paused the task {} times, {} µs in all", stats.blocked, stats.blocked_ns / 1_000);
        Ok(())
    })
}
