//! The records: their keys, and the kind of each.

use aimdb_sync::{AimDbBuilder, BufferCfg};

use crate::commands::Command;
use crate::samples::{
    Alarm, AlarmLimit, Busiest, CpuSample, DiskSample, MemorySample, NetworkRate, NetworkSample, ProcessSample,
    Settings,
};

/// What the user typed. Its end is the end of the program.
pub(crate) const COMMANDS: &str = "commands";
/// What everybody goes by; closing it tells samplers to end and writers to hurry.
pub(crate) const SETTINGS: &str = "settings";
/// A command to the alarm, which only the alarm takes.
pub(crate) const ALARM_LIMIT: &str = "alarm.limit";
/// Alarms for the log; when it is slow, the newest matter.
pub(crate) const ALARMS: &str = "alarms";
/// A stream of samples.
pub(crate) const CPU: &str = "cpu";
/// Made from `cpu` by a transform.
pub(crate) const CPU_AVERAGE: &str = "cpu.average";
/// The newest sample.
pub(crate) const MEMORY: &str = "memory";
/// The newest sample.
pub(crate) const DISKS: &str = "disks";
/// A fast stream of samples, which the log cannot follow: it lags.
pub(crate) const NETWORK: &str = "network";
/// Made from `network` by a thread.
pub(crate) const NETWORK_RATE: &str = "network.rate";
/// Every process for the log, which must have them all: the sampler waits.
pub(crate) const PROCESSES: &str = "processes";
/// Every process for the list of the busiest, which needs to be fresh, not complete: what does not
/// fit is refused.
pub(crate) const PROCESSES_BRIEF: &str = "processes.brief";
/// Made from `processes.brief` by a thread.
pub(crate) const PROCESSES_BUSIEST: &str = "processes.busiest";

/// How many samples the average is of.
const AVERAGED: usize = 20;

/// Describes all records.
pub(crate) fn describe() -> AimDbBuilder {
    let mut builder = AimDbBuilder::new();
    builder
        .configure::<Command>(COMMANDS, |record| {
            record.work_queue(8).pause();
        })
        .configure::<Settings>(SETTINGS, |record| {
            record.buffer(BufferCfg::SingleLatest);
        })
        .configure::<AlarmLimit>(ALARM_LIMIT, |record| {
            record.buffer(BufferCfg::Mailbox);
        })
        .configure::<Alarm>(ALARMS, |record| {
            record.bounded(4).drop_oldest();
        })
        .configure::<CpuSample>(CPU, |record| {
            record.buffer(BufferCfg::SpmcRing { capacity: 16 });
        })
        .configure::<f32>(CPU_AVERAGE, |record| {
            record
                .buffer(BufferCfg::SingleLatest)
                .transform::<CpuSample>(CPU, |from| from.stateful(Average::default(), |average, cpu| average.add(cpu)));
        })
        .configure::<MemorySample>(MEMORY, |record| {
            record.buffer(BufferCfg::SingleLatest);
        })
        .configure::<DiskSample>(DISKS, |record| {
            record.buffer(BufferCfg::SingleLatest);
        })
        .configure::<NetworkSample>(NETWORK, |record| {
            record.buffer(BufferCfg::SpmcRing { capacity: 8 });
        })
        .configure::<NetworkRate>(NETWORK_RATE, |record| {
            record.buffer(BufferCfg::SingleLatest);
        })
        .configure::<ProcessSample>(PROCESSES, |record| {
            record.bounded(32).pause();
        })
        .configure::<ProcessSample>(PROCESSES_BRIEF, |record| {
            record.bounded(16).fail();
        })
        .configure::<Busiest>(PROCESSES_BUSIEST, |record| {
            record.buffer(BufferCfg::SingleLatest);
        });
    builder
}

/// The mean of the last [`AVERAGED`] loads.
#[derive(Default)]
struct Average {
    loads: std::collections::VecDeque<f32>,
}

impl Average {
    fn add(&mut self, cpu: CpuSample) -> Option<f32> {
        if self.loads.len() == AVERAGED {
            self.loads.pop_front();
        }
        self.loads.push_back(cpu.total);
        Some(self.loads.iter().sum::<f32>() / self.loads.len() as f32)
    }
}
