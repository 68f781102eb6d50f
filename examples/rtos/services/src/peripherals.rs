//! What a real board would have: a motor, a serial line, a clock that counts seconds. Simulated, the same on every
//! kernel; the interrupts call it.

use core::sync::atomic::{AtomicI32, AtomicU32, Ordering::Relaxed};

use aimdb_sync_embassy::{Record, StaticProducer};

use crate::Sample;

/// Periods of the timer that the serial line takes for a line.
const LINE: u32 = 3;

/// Periods in a second. (It is a fast motor.)
const SECOND: u32 = 100;

/// The motor, the serial line and the clock.
#[derive(Debug)]
pub struct Peripherals {
    speed: AtomicI32,
    drive: AtomicI32,
    samples: AtomicU32,
    periods: AtomicU32,
    busy: AtomicU32,
}

impl Peripherals {
    /// The motor stands, the line is idle, the clock is at zero.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            speed: AtomicI32::new(0),
            drive: AtomicI32::new(0),
            samples: AtomicU32::new(0),
            periods: AtomicU32::new(0),
            busy: AtomicU32::new(0),
        }
    }

    /// What the motor is driven with from now on.
    pub fn drive(&self, drive: i32) {
        self.drive.store(drive, Relaxed);
    }

    /// The serial line begins with a line.
    pub fn begin_line(&self) {
        self.busy.store(LINE, Relaxed);
    }

    /// Whether the serial line is busy.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.busy.load(Relaxed) > 0
    }

    /// The timer's interrupt, at the beginning of each period: measures the motor and never waits. Whether there is a next one.
    pub fn sample(&self, samples: StaticProducer<'_, impl Record<Value = Sample>>) -> bool {
        // A motor that follows its drive slowly.
        let (speed, drive) = (self.speed.load(Relaxed), self.drive.load(Relaxed));
        let speed = speed + (drive - speed) / 8;
        self.speed.store(speed, Relaxed);
        samples.try_send(Sample { number: self.samples.fetch_add(1, Relaxed), speed }).is_ok()
    }

    /// The interrupt in the middle of each period: either a second is over, or the serial line goes on, and tells when it is done.
    pub fn half(
        &self,
        seconds: StaticProducer<'_, impl Record<Value = u32>>,
        done: StaticProducer<'_, impl Record<Value = ()>>,
    ) {
        let period = self.periods.fetch_add(1, Relaxed);
        if period % SECOND == SECOND / 2 {
            seconds.produce(period / SECOND);
        } else if self.is_busy() && self.busy.fetch_sub(1, Relaxed) == 1 {
            done.produce(());
        }
    }
}

impl Default for Peripherals {
    fn default() -> Self {
        Self::new()
    }
}
