//! The motor controller on FreeRTOS: two interrupts and three tasks of different priority.
#![no_std]
#![no_main]

use aimdb_sync_embassy::{CriticalSectionRawMutex as Raw, FreeRtos, StaticMailbox, StaticQueue, StaticRing};
use board::{Exit, Interrupt, Timer, check, entry, exit, interrupt, println};
use freertos::{Scheduler, Task};
use services::{Line, Peripherals, Sample, Summary};

static SAMPLES: StaticRing<Sample, Raw, 8> = StaticRing::new();
static TARGET: StaticMailbox<i32, Raw> = StaticMailbox::new();
static LOG: StaticQueue<Line, Raw, 4> = StaticQueue::new();
static SECONDS: StaticMailbox<u32, Raw> = StaticMailbox::new();
static DONE: StaticMailbox<(), Raw> = StaticMailbox::new();
// Larger than two words, so it is moved with interrupts on, and takes three places.
static SUMMARY: StaticMailbox<Summary, Raw, 3> = StaticMailbox::new();

static PERIPHERALS: Peripherals = Peripherals::new();

static CONTROL: Task<512> = Task::new();
static SUPERVISOR: Task<512> = Task::new();
static LOGGER: Task<512> = Task::new();

/// 4 ms.
const PERIOD: u32 = board::timer::HERTZ / 250;

entry!(main);
interrupt!(TIMER0, sample);
interrupt!(TIMER1, half);

fn main() -> Exit {
    check!(CONTROL.spawn(c"control", 5, control).is_ok());
    check!(SUPERVISOR.spawn(c"supervisor", 4, supervise).is_ok());
    check!(LOGGER.spawn(c"log", 1, log).is_ok());
    Timer::Timer0.start(PERIOD, Interrupt::KERNEL);
    Timer::Timer1.start_after(PERIOD + PERIOD / 2, PERIOD, 0x80);
    Scheduler::start()
}

fn sample() {
    Timer::Timer0.clear();
    if !PERIPHERALS.sample(SAMPLES.producer()) {
        Timer::Timer0.stop();
    }
}

fn half() {
    Timer::Timer1.clear();
    PERIPHERALS.half(SECONDS.producer(), DONE.producer());
}

fn control() {
    let samples = SAMPLES.consumer().expect("its one reader").on::<FreeRtos>();
    let targets = TARGET.consumer();
    let summary = services::control(samples, targets, LOG.producer().on(), &PERIPHERALS);
    SUMMARY.producer().produce(summary);
}

fn supervise() {
    let seconds = SECONDS.consumer().on::<FreeRtos>();
    services::supervise(seconds, TARGET.producer(), SAMPLES.producer(), |second, target| match target {
        Some(target) => println!("second {second}: target {target}"),
        None => println!("second {second}: stop"),
    });
}

fn log() {
    let lines = LOG.consumer().on::<FreeRtos>();
    let done = DONE.consumer().on();
    let written = services::log(lines, done, &PERIPHERALS, |line| println!("{line}"));
    let summary = SUMMARY.consumer().on::<FreeRtos>().recv().unwrap_or_default();
    println!("{summary}, {written} written");
    exit(if summary.lines == written { Exit::Success } else { Exit::Failure })
}
