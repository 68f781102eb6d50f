//! The numbers as JSON, with what must be known to compare them with others.

use std::fs;

use serde_json::{Value, json};

use crate::answer::{Answer, Entry};
use crate::clock::cores;
use crate::link::Class;
use crate::measure::Effort;

/// Everything that was measured, and where.
pub fn json(machine: &Value, answers: &[Answer], effort: Effort) -> Value {
    json!({
        "unit": "ns per operation",
        "machine": machine,
        "effort": {
            "rounds": effort.rounds,
            "one_thread_sample_ms": effort.one_thread.as_millis() as u64,
            "two_threads_sample_ms": effort.two_threads.as_millis() as u64,
        },
        "rows": answers.iter().map(row).collect::<Vec<_>>(),
    })
}

/// The processor, the kernel and how busy they were (programs that wanted to run in the last minute),
/// as far as the system tells.
pub fn machine() -> Value {
    let line = |file: &str| fs::read_to_string(file).map_or_else(|_| "unknown".into(), |text| text.trim().to_owned());
    let info = line("/proc/cpuinfo");
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown");
    json!({
        "processor": model.trim_start_matches([' ', '\t', ':']),
        "cores": cores().len(),
        "kernel": line("/proc/sys/kernel/osrelease"),
        "load_before": line("/proc/loadavg").split(' ').next(),
    })
}

fn row(answer: &Answer) -> Value {
    let ratio = |entry: Option<&Entry>| entry.map(|entry| answer.ours().series.ratio_to(&entry.series));
    json!({
        "row": answer.name,
        "asks": answer.asks,
        "clock": answer.clock.name(),
        "best_peer": answer.peer().map(|entry| &entry.name),
        "ratio_to_best_peer": ratio(answer.peer()),
        "ratio_to_published": ratio(answer.published()),
        "contestants": answer.entries.iter().map(entry).collect::<Vec<_>>(),
    })
}

fn entry(entry: &Entry) -> Value {
    json!({
        "name": entry.name,
        "class": match entry.class {
            Class::Ours => "ours",
            Class::Peer => "peer",
            Class::Limit => "limit",
            Class::Published => "published",
        },
        "minimum": entry.series.minimum(),
        "median": entry.series.median(),
        "spread": entry.series.spread(),
        "samples": entry.series.samples(),
    })
}
