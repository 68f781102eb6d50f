//! How a thread rests so that new settings reach it at once, and the end of the program too.

use std::time::{Duration, Instant};

use crate::account::{CountedConsumer, NoValue};
use crate::samples::Settings;

/// A thread's view of the settings. Its rest is a wait for newer ones, so closing that record ends
/// every rest.
pub(crate) struct Pace {
    settings: CountedConsumer<Settings>,
    now: Settings,
}

impl Pace {
    /// Goes by what the record says; by `first` until it says something.
    pub(crate) fn new(settings: CountedConsumer<Settings>, first: Settings) -> Self {
        Self { settings, now: first }
    }

    /// Rests until the next sample is due: an interval divided by `times`, and for as long as the
    /// samplers are paused. `false` says that there is no next one.
    pub(crate) fn until_next_sample(&mut self, times: u32) -> bool {
        let since = Instant::now();
        // Each turn but the last takes new settings.
        loop {
            let interval = (self.now.interval / times).max(Duration::from_millis(1));
            let due = (!self.now.paused).then(|| since + interval);
            match self.settings.wait(due) {
                Ok(settings) => self.now = settings,
                Err(NoValue::Timeout) => return true,
                Err(NoValue::Closed) => return false,
            }
        }
    }

    /// Rests as long as one line of the log is to cost. Not at all when the program ends: then the
    /// writers hurry.
    pub(crate) fn after_line(&mut self) {
        let since = Instant::now();
        // Each turn but the last takes new settings.
        loop {
            match self.settings.wait(Some(since + self.now.slow)) {
                Ok(settings) => self.now = settings,
                Err(NoValue::Timeout | NoValue::Closed) => return,
            }
        }
    }
}
