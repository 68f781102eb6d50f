//! How a row is measured: every contestant in turn, round after round, so that whatever the machine
//! does meanwhile (clock speed, other programs) happens to all of them alike.

use std::time::Duration;

use crate::clock::Clock;
use crate::statistics::Series;

/// Runs a workload so many times and says how long that took. The link it works on is made once and
/// stays warm.
pub type Timed = Box<dyn FnMut(u64) -> Duration>;

/// Asks once, which ends by itself, and answers in the unit of the row.
pub type Probe = Box<dyn FnMut() -> f64>;

/// How one contestant is asked.
pub enum Sampler {
    /// The number of operations is chosen so that they fill a sample.
    Timed(Timed),
    /// What is asked says itself how often it has to be done.
    Probe(Probe),
}

impl From<Timed> for Sampler {
    fn from(timed: Timed) -> Self {
        Self::Timed(timed)
    }
}

impl From<Probe> for Sampler {
    fn from(probe: Probe) -> Self {
        Self::Probe(probe)
    }
}

/// How long a row is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort {
    /// Rounds in which each contestant is sampled once.
    pub rounds: usize,
    /// How long a sample should take on one thread.
    pub one_thread: Duration,
    /// How long a sample should take on two: whether they happen to wait for each other or not
    /// changes within a sample, and has to change often enough.
    pub two_threads: Duration,
}

impl Effort {
    /// Good enough to publish.
    pub const FULL: Self =
        Self { rounds: 31, one_thread: Duration::from_millis(20), two_threads: Duration::from_millis(50) };
    /// Good enough to see a fault.
    pub const QUICK: Self =
        Self { rounds: 5, one_thread: Duration::from_millis(2), two_threads: Duration::from_millis(8) };

    /// How long a sample should take that is measured by `clock`.
    pub const fn sample(self, clock: Clock) -> Duration {
        match clock {
            Clock::ThreadCpu => self.one_thread,
            Clock::Wall => self.two_threads,
        }
    }
}

/// Measures all samplers in `rounds` interleaved rounds of samples that take about `sample`; one
/// series in the unit of the row for each.
pub fn interleaved(samplers: &mut [Sampler], rounds: usize, sample: Duration) -> Vec<Series> {
    let counts: Vec<u64> = samplers.iter_mut().map(|sampler| calibrate(sampler, sample)).collect();
    let mut values = vec![Vec::with_capacity(rounds); samplers.len()];
    for _ in 0..rounds {
        for ((sampler, &count), values) in samplers.iter_mut().zip(&counts).zip(&mut values) {
            values.push(match sampler {
                Sampler::Timed(timed) => {
                    // The others have been through the caches since this one's last turn.
                    timed(count.div_ceil(16));
                    timed(count).as_secs_f64() * 1e9 / count as f64
                }
                Sampler::Probe(probe) => probe(),
            });
        }
    }
    values.into_iter().map(Series::new).collect()
}

/// Warms a workload up and finds how many operations fill a sample. Ends because the number
/// doubles.
fn calibrate(sampler: &mut Sampler, sample: Duration) -> u64 {
    let Sampler::Timed(timed) = sampler else { return 1 };
    // What is made at the first use is no part of what a use costs.
    timed(64);
    let mut count = 1_u64;
    loop {
        let took = timed(count);
        if took * 4 >= sample {
            let fill = count as f64 * sample.as_secs_f64() / took.as_secs_f64();
            return (fill as u64).max(1);
        }
        count *= 2;
    }
}
