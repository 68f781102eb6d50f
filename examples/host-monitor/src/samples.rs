//! What the records carry.

use std::sync::Arc;
use std::time::{Duration, Instant};

/// How busy the processors were since the sample before.
#[derive(Debug, Clone)]
pub(crate) struct CpuSample {
    /// Over all cores, in percent.
    pub(crate) total: f32,
    /// Each core, in percent. Shared, so that a clone for one more cursor costs no allocation.
    pub(crate) cores: Arc<[f32]>,
}

/// How much memory is in use, in bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MemorySample {
    pub(crate) used: u64,
    pub(crate) total: u64,
    pub(crate) swap_used: u64,
    pub(crate) swap_total: u64,
}

/// What went over all network interfaces since the machine started.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NetworkSample {
    pub(crate) at: Instant,
    pub(crate) interfaces: usize,
    pub(crate) received_bytes: u64,
    pub(crate) sent_bytes: u64,
}

/// What goes over the network, in bytes per second.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NetworkRate {
    pub(crate) interfaces: usize,
    pub(crate) received: f64,
    pub(crate) sent: f64,
}

/// The state of all disks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DiskSample {
    pub(crate) disks: usize,
    pub(crate) used_bytes: u64,
    pub(crate) total_bytes: u64,
    /// Read since the sample before.
    pub(crate) read_bytes: u64,
    /// Written since the sample before.
    pub(crate) written_bytes: u64,
}

/// One process, as one sweep over all of them found it.
#[derive(Debug, Clone)]
pub(crate) struct ProcessSample {
    /// Which sweep.
    pub(crate) sweep: u64,
    pub(crate) pid: u32,
    pub(crate) name: Arc<str>,
    /// In percent of one core.
    pub(crate) cpu: f32,
    pub(crate) memory_bytes: u64,
}

/// The busiest processes of one sweep, the busiest first.
#[derive(Debug, Clone)]
pub(crate) struct Busiest {
    pub(crate) processes: Arc<[ProcessSample]>,
}

/// The CPU load was above the limit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Alarm {
    pub(crate) load: f32,
    pub(crate) limit: f32,
}

/// A command to the alarm: its new limit, in percent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AlarmLimit(pub(crate) f32);

/// What the samplers and the slow writers go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Settings {
    /// The time between two samples.
    pub(crate) interval: Duration,
    /// What one line of the log costs its writer.
    pub(crate) slow: Duration,
    /// Whether the samplers rest.
    pub(crate) paused: bool,
}
