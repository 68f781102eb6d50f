//! The threads that read this machine. Nothing here is simulated.

use std::io;
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use sysinfo::{Disks, Networks, ProcessRefreshKind, ProcessesToUpdate, System};

use crate::account::CountedProducer;
use crate::pace::Pace;
use crate::samples::{CpuSample, DiskSample, MemorySample, NetworkSample, ProcessSample};

/// How long the sampler of processes waits for the log before it gives a line up.
const PATIENCE: Duration = Duration::from_secs(2);

/// The network is read so many times in an interval.
const NETWORK_TIMES: u32 = 20;

/// The instruments, opened before the first thread starts so that a machine that lacks one says so.
pub(crate) struct Instruments {
    pub(crate) cpu: System,
    pub(crate) memory: System,
    pub(crate) processes: System,
    pub(crate) network: Networks,
    pub(crate) disks: Disks,
}

impl Instruments {
    pub(crate) fn open() -> Result<Self, String> {
        let system = || System::new().map_err(|error| format!("this machine cannot be read: {error:?}"));
        Ok(Self {
            cpu: system()?,
            memory: system()?,
            processes: system()?,
            network: Networks::new_with_refreshed_list()
                .map_err(|error| format!("the network cannot be read: {error:?}"))?,
            disks: Disks::new_with_refreshed_list().map_err(|error| format!("the disks cannot be read: {error:?}"))?,
        })
    }
}

/// Samples the processors.
pub(crate) fn cpu(
    mut system: System,
    mut out: CountedProducer<CpuSample>,
    mut pace: Pace,
) -> io::Result<JoinHandle<()>> {
    spawn("sample-cpu", move || {
        system.refresh_cpu_usage();
        // A load is a difference, so there is none before the first rest.
        while pace.until_next_sample(1) {
            system.refresh_cpu_usage();
            let cores = system.cpus().iter().map(sysinfo::Cpu::usage).collect();
            if !out.send(CpuSample { total: system.global_cpu_usage(), cores }) {
                return;
            }
        }
    })
}

/// Samples the memory.
pub(crate) fn memory(
    mut system: System,
    mut out: CountedProducer<MemorySample>,
    mut pace: Pace,
) -> io::Result<JoinHandle<()>> {
    spawn("sample-memory", move || {
        loop {
            system.refresh_memory();
            let sample = MemorySample {
                used: system.used_memory(),
                total: system.total_memory(),
                swap_used: system.used_swap(),
                swap_total: system.total_swap(),
            };
            if !out.send(sample) || !pace.until_next_sample(1) {
                return;
            }
        }
    })
}

/// Samples the network, faster than the rest.
pub(crate) fn network(
    mut networks: Networks,
    mut out: CountedProducer<NetworkSample>,
    mut pace: Pace,
) -> io::Result<JoinHandle<()>> {
    spawn("sample-network", move || {
        loop {
            networks.refresh(true);
            let sample = NetworkSample {
                at: Instant::now(),
                interfaces: networks.len(),
                received_bytes: networks.values().map(sysinfo::NetworkData::total_received).sum(),
                sent_bytes: networks.values().map(sysinfo::NetworkData::total_transmitted).sum(),
            };
            if !out.send(sample) || !pace.until_next_sample(NETWORK_TIMES) {
                return;
            }
        }
    })
}

/// Samples the disks.
pub(crate) fn disks(
    mut disks: Disks,
    mut out: CountedProducer<DiskSample>,
    mut pace: Pace,
) -> io::Result<JoinHandle<()>> {
    spawn("sample-disks", move || {
        loop {
            disks.refresh(true);
            let sum = |of: fn(&sysinfo::Disk) -> u64| disks.iter().map(of).sum::<u64>();
            let sample = DiskSample {
                disks: disks.len(),
                used_bytes: sum(|disk| disk.total_space().saturating_sub(disk.available_space())),
                total_bytes: sum(sysinfo::Disk::total_space),
                read_bytes: sum(|disk| disk.usage().read_bytes),
                written_bytes: sum(|disk| disk.usage().written_bytes),
            };
            if !out.send(sample) || !pace.until_next_sample(1) {
                return;
            }
        }
    })
}

/// Samples every process: first for the list of the busiest, which refuses what does not fit, then
/// for the log, which makes this thread wait.
pub(crate) fn processes(
    mut system: System,
    mut brief: CountedProducer<ProcessSample>,
    mut out: CountedProducer<ProcessSample>,
    mut pace: Pace,
) -> io::Result<JoinHandle<()>> {
    spawn("sample-processes", move || {
        let what = ProcessRefreshKind::nothing().with_cpu().with_memory().without_tasks();
        system.refresh_processes_specifics(ProcessesToUpdate::All, true, what);
        // A load is a difference, so there is none before the first rest.
        for sweep in 0.. {
            if !pace.until_next_sample(1) {
                return;
            }
            system.refresh_processes_specifics(ProcessesToUpdate::All, true, what);
            let mut samples: Vec<_> = system.processes().values().map(|process| sample(sweep, process)).collect();
            // The busiest first: what is refused matters least.
            samples.sort_by(|a, b| b.cpu.total_cmp(&a.cpu).then(a.pid.cmp(&b.pid)));
            let open = samples.iter().all(|sample| brief.try_send(sample.clone()))
                && samples.into_iter().all(|sample| out.send_timeout(sample, PATIENCE));
            if !open {
                return;
            }
        }
    })
}

fn sample(sweep: u64, process: &sysinfo::Process) -> ProcessSample {
    ProcessSample {
        sweep,
        pid: process.pid().as_u32(),
        name: Arc::from(process.name().to_string_lossy()),
        cpu: process.cpu_usage(),
        memory_bytes: process.memory(),
    }
}

fn spawn(name: &str, sampling: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    Builder::new().name(name.into()).spawn(sampling)
}
