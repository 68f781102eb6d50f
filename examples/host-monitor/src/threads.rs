//! All threads that work on records: who reads what, who writes what.

use std::error::Error;
use std::sync::Arc;
use std::thread::JoinHandle;

use aimdb_sync::AimDbHandle;

use crate::account::Ledger;
use crate::log::{Log, SlowWriter};
use crate::options::Options;
use crate::pace::Pace;
use crate::records::{
    ALARM_LIMIT, ALARMS, CPU, DISKS, MEMORY, NETWORK, NETWORK_RATE, PROCESSES, PROCESSES_BRIEF, PROCESSES_BUSIEST,
    SETTINGS,
};
use crate::samplers::Instruments;
use crate::samples::AlarmLimit;
use crate::{consumers, samplers};

/// The running threads.
pub(crate) struct Threads {
    samplers: Vec<JoinHandle<()>>,
    consumers: Vec<JoinHandle<()>>,
}

impl Threads {
    /// Starts the consumers, then the samplers, so that no sample comes before its readers.
    pub(crate) fn start(
        handle: &AimDbHandle,
        ledger: &Arc<Ledger>,
        log: &Log,
        instruments: Instruments,
        options: &Options,
    ) -> Result<Self, Box<dyn Error>> {
        let pace = |who| ledger.consumer(handle, SETTINGS, who).map(|settings| Pace::new(settings, options.settings));
        let writer = |who| pace(who).map(|pace| SlowWriter::new(log.clone(), pace));
        let limit = AlarmLimit(options.alarm_cpu);
        let consumers = vec![
            consumers::network_rate(ledger.consumer(handle, NETWORK, "rate")?, ledger.producer(handle, NETWORK_RATE)?)?,
            consumers::busiest(
                ledger.consumer(handle, PROCESSES_BRIEF, "busiest")?,
                ledger.producer(handle, PROCESSES_BUSIEST)?,
            )?,
            consumers::alarm(
                ledger.consumer(handle, CPU, "alarm")?,
                ledger.consumer(handle, ALARM_LIMIT, "alarm")?,
                ledger.producer(handle, ALARMS)?,
                limit,
            )?,
            consumers::write_processes(ledger.consumer(handle, PROCESSES, "log")?, writer("log of processes")?)?,
            consumers::write_network(ledger.consumer(handle, NETWORK, "log")?, writer("log of network")?)?,
            consumers::write_alarms(ledger.consumer(handle, ALARMS, "log")?, writer("log of alarms")?)?,
        ];
        let Instruments { cpu, memory, processes, network, disks } = instruments;
        let samplers = vec![
            samplers::cpu(cpu, ledger.producer(handle, CPU)?, pace("cpu")?)?,
            samplers::memory(memory, ledger.producer(handle, MEMORY)?, pace("memory")?)?,
            samplers::network(network, ledger.producer(handle, NETWORK)?, pace("network")?)?,
            samplers::disks(disks, ledger.producer(handle, DISKS)?, pace("disks")?)?,
            samplers::processes(
                processes,
                ledger.producer(handle, PROCESSES_BRIEF)?,
                ledger.producer(handle, PROCESSES)?,
                pace("processes")?,
            )?,
        ];
        Ok(Self { samplers, consumers })
    }

    /// Waits for the samplers, which end when the settings are closed.
    pub(crate) fn join_samplers(&mut self, complain: &mut impl FnMut(String)) {
        join(self.samplers.drain(..), complain);
    }

    /// Waits for the consumers, which end when their records are closed and drained.
    pub(crate) fn join_consumers(&mut self, complain: &mut impl FnMut(String)) {
        join(self.consumers.drain(..), complain);
    }
}

fn join(threads: impl Iterator<Item = JoinHandle<()>>, complain: &mut impl FnMut(String)) {
    for thread in threads {
        let name = thread.thread().name().unwrap_or_default().to_owned();
        if thread.join().is_err() {
            complain(format!("{name} panicked"));
        }
    }
}
