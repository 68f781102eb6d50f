//! The two clocks, and the cores that the threads are pinned to. Linux only.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};

/// Which time a row is measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// The time this thread had the processor: what other programs do does not count.
    ThreadCpu,
    /// Wall time, for rows in which threads wait for each other.
    Wall,
}

impl Clock {
    /// How the tables call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ThreadCpu => "thread CPU time",
            Self::Wall => "wall time",
        }
    }
}

/// The processor time this thread has used.
pub fn thread_cpu() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec.unsigned_abs(), now.tv_nsec.unsigned_abs().try_into().expect("less than a second"))
}

/// How long `work` takes by `clock`.
pub fn time(clock: Clock, work: impl FnOnce()) -> Duration {
    match clock {
        Clock::ThreadCpu => {
            let start = thread_cpu();
            work();
            thread_cpu() - start
        }
        Clock::Wall => {
            let start = Instant::now();
            work();
            start.elapsed()
        }
    }
}

/// The cores this process was started on, in order.
pub fn cores() -> &'static [usize] {
    static CORES: OnceLock<Vec<usize>> = OnceLock::new();
    CORES.get_or_init(|| {
        let allowed = sched_getaffinity(None).expect("a process can always ask for its own cores");
        (0..CpuSet::MAX_CPU).filter(|&core| allowed.is_set(core)).collect()
    })
}

/// Keeps the calling thread, and those that it starts, on `cores`.
pub fn pin(cores: &[usize]) {
    let mut set = CpuSet::new();
    for &core in cores {
        set.set(core);
    }
    sched_setaffinity(None, &set).expect("the core is one of those that the process was started on");
}
