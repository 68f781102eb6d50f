//! The threads that compute, watch and write.

use std::io;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use crate::account::{CountedConsumer, CountedProducer};
use crate::log::SlowWriter;
use crate::samples::{Alarm, AlarmLimit, Busiest, CpuSample, NetworkRate, NetworkSample, ProcessSample};
use crate::screen::bytes;

/// How many processes the list of the busiest has.
const BUSIEST: usize = 5;

/// The shortest time over which a rate is worth computing.
const RATE_OVER: Duration = Duration::from_millis(200);

/// Computes the network's rates.
pub(crate) fn network_rate(
    mut samples: CountedConsumer<NetworkSample>,
    mut out: CountedProducer<NetworkRate>,
) -> io::Result<JoinHandle<()>> {
    spawn("network-rate", move || {
        let Some(mut from) = samples.recv() else { return };
        while let Some(to) = samples.recv() {
            let over = to.at.duration_since(from.at);
            if over < RATE_OVER {
                continue;
            }
            // An interface that went away takes its bytes with it, so a difference may be negative.
            let rate = |from: u64, to: u64| to.saturating_sub(from) as f64 / over.as_secs_f64();
            let rate = NetworkRate {
                interfaces: to.interfaces,
                received: rate(from.received_bytes, to.received_bytes),
                sent: rate(from.sent_bytes, to.sent_bytes),
            };
            from = to;
            if !out.send(rate) {
                return;
            }
        }
    })
}

/// Keeps the list of the busiest processes.
pub(crate) fn busiest(
    mut samples: CountedConsumer<ProcessSample>,
    mut out: CountedProducer<Busiest>,
) -> io::Result<JoinHandle<()>> {
    spawn("busiest", move || {
        let mut list: Vec<ProcessSample> = Vec::new();
        while let Some(sample) = samples.recv() {
            // They come with the busiest first. A list that is never full is complete when the next
            // sweep begins.
            let complete = list.first().is_some_and(|first| first.sweep != sample.sweep);
            if complete && list.len() < BUSIEST && !out.send(Busiest { processes: list.as_slice().into() }) {
                return;
            }
            if complete {
                list.clear();
            }
            if list.len() < BUSIEST {
                list.push(sample);
                if list.len() == BUSIEST && !out.send(Busiest { processes: list.as_slice().into() }) {
                    return;
                }
            }
        }
    })
}

/// Raises an alarm for each sample above the limit, which a command can change.
pub(crate) fn alarm(
    mut samples: CountedConsumer<CpuSample>,
    mut limits: CountedConsumer<AlarmLimit>,
    mut out: CountedProducer<Alarm>,
    AlarmLimit(mut limit): AlarmLimit,
) -> io::Result<JoinHandle<()>> {
    spawn("alarm", move || {
        while let Some(sample) = samples.recv() {
            if let Some(AlarmLimit(new)) = limits.try_latest() {
                limit = new;
            }
            if sample.total > limit && !out.send(Alarm { load: sample.total, limit }) {
                return;
            }
        }
    })
}

/// Writes every process to the log.
pub(crate) fn write_processes(
    mut samples: CountedConsumer<ProcessSample>,
    mut log: SlowWriter,
) -> io::Result<JoinHandle<()>> {
    spawn("write-processes", move || {
        while let Some(ProcessSample { sweep, pid, name, cpu, memory_bytes }) = samples.recv() {
            log.line(&format!("process sweep {sweep} pid {pid} {name} cpu {cpu:.1} % memory {}", bytes(memory_bytes)));
        }
    })
}

/// Writes the network's samples to the log: those that it was not too slow for.
pub(crate) fn write_network(
    mut samples: CountedConsumer<NetworkSample>,
    mut log: SlowWriter,
) -> io::Result<JoinHandle<()>> {
    spawn("write-network", move || {
        let mut told = 0;
        while let Some(sample) = samples.recv() {
            let missed = samples.told_lag() - told;
            told = samples.told_lag();
            let (received, sent) = (bytes(sample.received_bytes), bytes(sample.sent_bytes));
            log.line(&format!("network received {received} sent {sent} missed {missed} samples"));
        }
    })
}

/// Writes the alarms to the log: the newest, if there are more than it can write.
pub(crate) fn write_alarms(mut alarms: CountedConsumer<Alarm>, mut log: SlowWriter) -> io::Result<JoinHandle<()>> {
    spawn("write-alarms", move || {
        while let Some(Alarm { load, limit }) = alarms.recv() {
            log.line(&format!("ALARM cpu {load:.1} % above {limit:.1} %"));
        }
    })
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    Builder::new().name(name.into()).spawn(work)
}
