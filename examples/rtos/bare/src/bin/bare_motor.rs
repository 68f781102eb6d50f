//! The motor controller without a kernel: the same control service as the main loop, and everything else in interrupts.
#![no_std]
#![no_main]

use aimdb_sync_embassy::{
    CriticalSectionRawMutex as Raw, Misuse, RecvTimeoutError, StaticConsumer, StaticMailbox, StaticQueue, StaticRing,
    Ticks, TryRecvError,
};
use bare::{MainLoop, Millis};
use board::{Exit, Timer, check, entry, interrupt, println};
use oracle::Interrupts;
use services::{Line, Peripherals, Sample, TARGETS};

type Log = StaticQueue<Line, Raw, 4>;

static SAMPLES: StaticRing<Sample, Raw, 8> = StaticRing::new();
static TARGET: StaticMailbox<i32, Raw> = StaticMailbox::new();
static LOG: Log = StaticQueue::new();
static SECONDS: StaticMailbox<u32, Raw> = StaticMailbox::new();
static DONE: StaticMailbox<(), Raw> = StaticMailbox::new();
static DRAINED: StaticMailbox<u32, Raw> = StaticMailbox::new();

static PERIPHERALS: Peripherals = Peripherals::new();

/// 4 ms.
const PERIOD: u32 = board::timer::HERTZ / 250;

/// What the interrupt of the half period keeps: the reader of the log, and how many lines it has written.
static WRITER: Interrupts<(StaticConsumer<'static, Log>, u32)> = Interrupts::nothing();

entry!(main);
interrupt!(TIMER0, sample);
interrupt!(TIMER1, half);

fn main() -> Exit {
    Millis::start();
    let samples = SAMPLES.consumer().expect("its one reader").on::<MainLoop>();
    let targets = TARGET.consumer();
    WRITER.put((LOG.consumer(), 0));
    Timer::Timer0.start(PERIOD, 0x40);
    Timer::Timer1.start_after(PERIOD + PERIOD / 2, PERIOD, 0x80);

    let summary = services::control(samples, targets, LOG.producer().on::<MainLoop>(), &PERIPHERALS);

    let mut drained = DRAINED.consumer().on::<MainLoop>();
    let written = drained.recv_timeout(Ticks(1_000));
    println!("{summary}, {} written", written.unwrap_or_default());
    if written == Ok(summary.lines) { Exit::Success } else { Exit::Failure }
}

fn sample() {
    Timer::Timer0.clear();
    if !PERIPHERALS.sample(SAMPLES.producer()) {
        Timer::Timer0.stop();
    }
}

/// The serial line, and what the supervisor does where there are tasks.
fn half() {
    Timer::Timer1.clear();
    PERIPHERALS.half(SECONDS.producer(), DONE.producer());
    if let Ok(second) = SECONDS.consumer().try_recv() {
        match TARGETS.get(second as usize) {
            Some(&target) => TARGET.producer().produce(target),
            None => SAMPLES.close(),
        }
        println!("second {second}");
    }
    WRITER.with(|writer| {
        let Some((lines, written)) = writer else { return };
        if PERIPHERALS.is_busy() {
            return;
        }
        match lines.try_recv() {
            Ok(line) => {
                PERIPHERALS.begin_line();
                println!("{line}");
                *written += 1;
            }
            Err(TryRecvError::Closed) => {
                DRAINED.producer().produce(*written);
                *writer = None;
            }
            Err(_) => {
                // It cannot wait for the next one: here nobody can.
                let waited = lines.clone().on::<MainLoop>().recv_timeout(Ticks(1));
                check!(waited == Err(RecvTimeoutError::Misuse(Misuse::CannotBlock)));
            }
        }
    });
}
