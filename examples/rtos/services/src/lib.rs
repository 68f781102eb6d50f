//! A motor controller, written once: for tasks of an RTOS, for threads, for a main loop without a kernel.
//!
//! An interrupt [samples](Peripherals::sample) the motor and never waits; [`control`] follows the samples, takes the
//! newest target and drives the motor; [`log`] writes lines to a slow serial line, and what it has no time for pauses `control`;
//! [`supervise`] gives the targets, and stops all by closing. What they share are records: none knows the others, or a kernel.
#![no_std]

mod peripherals;

use core::fmt;

use aimdb_sync_embassy::{Port, Record, RecvError, StaticConsumer, StaticProducer, WholeRecord};
use bytemuck::NoUninit;

pub use peripherals::Peripherals;

/// What the interrupt has measured. It is plain data without padding, as a ring wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, NoUninit)]
#[repr(C)]
pub struct Sample {
    /// Its number, from 0.
    pub number: u32,
    /// Of the motor, in turns per second.
    pub speed: i32,
}

/// What is written about a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// The sample.
    pub sample: Sample,
    /// The speed that it should have been.
    pub target: i32,
    /// What the motor is driven with from now on.
    pub drive: i32,
    /// How many samples before this one were missed.
    pub missed: u64,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sample: Sample { number, speed }, target, drive, missed } = self;
        write!(f, "{number:3}: speed {speed:4} of {target:4}, drive {drive:4}, missed {missed}")
    }
}

/// What [`control`] has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Samples that it has handled.
    pub handled: u32,
    /// Samples that it has missed while the log paused it.
    pub missed: u64,
    /// Lines that it has sent to the log.
    pub lines: u32,
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { handled, missed, lines } = self;
        write!(f, "{handled} samples handled, {missed} missed while the log was full, {lines} lines sent")
    }
}

/// Follows the samples until there will be no more; then stops the motor and closes the log.
pub fn control<P: Port>(
    mut samples: StaticConsumer<'_, impl Record<Value = Sample>, P>,
    mut targets: StaticConsumer<'_, impl Record<Value = i32>>,
    log: StaticProducer<'_, impl Record<Value = Line>, P>,
    motor: &Peripherals,
) -> Summary {
    let mut summary = Summary::default();
    let (mut target, mut sum, mut missed) = (0, 0, 0);
    // Ends when the samples do.
    loop {
        match samples.recv() {
            Ok(sample) => {
                summary.handled += 1;
                target = targets.try_recv().unwrap_or(target);
                let error = target - sample.speed;
                sum = (sum + error).clamp(-600, 600);
                let drive = error + sum / 4;
                motor.drive(drive);
                // What is as it should be is told now and then only.
                if error.abs() > 3 || sample.number % 50 == 0 {
                    // Pauses here while the log is full; the motor goes on as it was driven last.
                    if log.send(Line { sample, target, drive, missed }).is_err() {
                        break;
                    }
                    summary.lines += 1;
                    missed = 0;
                }
            }
            Err(RecvError::Lagged(lag)) => {
                missed += lag;
                summary.missed += lag;
            }
            Err(_) => break,
        }
    }
    motor.drive(0);
    log.close();
    summary
}

/// Writes each line and waits until the serial line is done with it; ends when the log is closed and drained. Says how many.
pub fn log<P: Port>(
    mut lines: StaticConsumer<'_, impl Record<Value = Line>, P>,
    mut done: StaticConsumer<'_, impl Record<Value = ()>, P>,
    serial: &Peripherals,
    mut write: impl FnMut(Line),
) -> u32 {
    let mut written = 0;
    while let Ok(line) = lines.recv() {
        serial.begin_line();
        write(line);
        written += 1;
        if done.recv().is_err() {
            break;
        }
    }
    written
}

/// Gives a target at each of the first seconds, then closes the samples: the interrupt stops, and everybody after it.
pub fn supervise<P: Port>(
    mut seconds: StaticConsumer<'_, impl Record<Value = u32>, P>,
    targets: StaticProducer<'_, impl WholeRecord<Value = i32>>,
    samples: StaticProducer<'_, impl Record<Value = Sample>>,
    mut tell: impl FnMut(u32, Option<i32>),
) {
    while let Ok(second) = seconds.recv() {
        let target = TARGETS.get(second as usize).copied();
        tell(second, target);
        match target {
            // The newest target counts: one that was not taken yet is displaced.
            Some(target) => drop(targets.force_send(target)),
            None => return samples.close(),
        }
    }
}

/// The target of each second.
pub const TARGETS: [i32; 3] = [100, 60, -30];
