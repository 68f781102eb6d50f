//! The numbers as JSON, with what must be known to compare them with others.

use std::fs;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::answer::{Answer, Entry};
use crate::clock::cores;
use crate::goal::Standing;
use crate::link::Class;
use crate::measure::Effort;

/// Everything that was measured, and where.
pub fn json(machine: &Value, answers: &[Answer], effort: Effort) -> Value {
    json!({
        "machine": machine,
        "effort": {
            "rounds": effort.rounds,
            "one_thread_sample_ms": effort.one_thread.as_millis() as u64,
            "two_threads_sample_ms": effort.two_threads.as_millis() as u64,
        },
        "rows": answers.iter().map(|answer| row(answer, answers)).collect::<Vec<_>>(),
    })
}

/// The processor, the kernel and how busy they were (programs that wanted to run in the last minute),
/// as far as the system tells.
pub fn machine(is_fenced: bool) -> Value {
    let line = |file: &str| fs::read_to_string(file).map_or_else(|_| "unknown".into(), |text| text.trim().to_owned());
    let info = line("/proc/cpuinfo");
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown");
    json!({
        "date": date(),
        "rust": rust().unwrap_or_else(|| "unknown".into()),
        "processor": model.trim_start_matches([' ', '\t', ':']),
        "cores": cores().len(),
        "kernel": line("/proc/sys/kernel/osrelease"),
        "membarrier": if is_fenced { "refused" } else { "as the system has it" },
        "load_before": line("/proc/loadavg").split(' ').next(),
        "versions": versions(),
    })
}

/// A line that says where and when it was.
pub fn footer(machine: &Value) -> String {
    let text = |key: &str| machine[key].as_str().unwrap_or("unknown").to_owned();
    let (date, processor, kernel, rust) = (text("date"), text("processor"), text("kernel"), text("rust"));
    let kernel = kernel.split('-').next().unwrap_or_default();
    format!(
        "{date}, {processor}, {} cores, Linux {kernel}, {rust}; medians, and the quartiles as a line",
        machine["cores"]
    )
}

/// Today, in UTC.
fn date() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    civil(since.as_secs() / 86_400)
}

/// The date that lies so many days after 1970-01-01.
fn civil(mut days: u64) -> String {
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let mut year = 1970;
    // Ends: a year takes days away.
    while days >= 365 + u64::from(leap(year)) {
        days -= 365 + u64::from(leap(year));
        year += 1;
    }
    let months = [31, 28 + u64::from(leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while days >= months[month] {
        days -= months[month];
        month += 1;
    }
    format!("{year}-{:02}-{:02}", month + 1, days + 1)
}

/// The compiler that is on the path, which is the one that `cargo run` used.
fn rust() -> Option<String> {
    let output = Command::new("rustc").arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.split(' ').take(2).collect::<Vec<_>>().join(" "))
}

/// The crates that are compared, and which version of each was built.
fn versions() -> Value {
    const NAMES: &[&str] = &[
        "aimdb-core",
        "aimdb-sync",
        "aimdb-tokio-adapter",
        "arc-swap",
        "async-broadcast",
        "async-channel",
        "bus",
        "chenal",
        "crossbeam-channel",
        "crossbeam-queue",
        "crossfire",
        "disruptor",
        "embassy-sync",
        "fibre",
        "flume",
        "heapless",
        "kanal",
        "nexus-slot",
        "parking_lot",
        "parkring",
        "photon-ring",
        "ringbuf",
        "rtrb",
        "tokio",
    ];
    let quoted = |line: &str| line.split('"').nth(1).unwrap_or_default().to_owned();
    let lines: Vec<&str> = include_str!("../Cargo.lock").lines().collect();
    let packages = lines.windows(2).filter(|pair| pair[0].starts_with("name = "));
    let named = packages.map(|pair| (quoted(pair[0]), quoted(pair[1])));
    let compared = named.filter(|(name, _)| NAMES.contains(&name.as_str()));
    compared.map(|(name, version)| format!("{name} {version}")).collect()
}

fn row(answer: &Answer, answers: &[Answer]) -> Value {
    let verdict = answer.goal.verdict(answer, answers);
    let ratio = |entry: Option<&Entry>| entry.map(|entry| answer.ours().series.ratio_to(&entry.series));
    json!({
        "number": answer.number,
        "row": answer.name,
        "asks": answer.asks,
        "clock": answer.clock.name(),
        "unit": answer.unit,
        "goal": answer.goal.text(),
        "goal_value": verdict.map(|verdict| verdict.value),
        "goal_met": verdict.map(|verdict| verdict.standing == Standing::Met),
        "goal_standing": verdict.map(|verdict| verdict.standing.text()),
        "limit": answer.limit().map(|entry| entry.series.median()),
        "limit_is": answer.limit().map(|entry| &entry.name),
        "ratio_to_limit": ratio(answer.limit()),
        "best_peer": answer.peer().map(|entry| &entry.name),
        "ratio_to_best_peer": ratio(answer.peer()),
        "ratio_to_by_hand": ratio(answer.hand()),
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
            Class::Hand => "by hand",
            Class::Limit => "limit",
            Class::Sketch => "sketch",
            Class::Asking => "sketch, all questions",
            Class::Published => "published",
        },
        "minimum": entry.series.minimum(),
        "median": entry.series.median(),
        "spread": entry.series.spread(),
        "samples": entry.series.samples(),
    })
}

#[cfg(test)]
mod tests {
    use super::civil;

    #[test]
    fn days_become_dates() {
        assert_eq!(civil(0), "1970-01-01");
        assert_eq!(civil(11_016), "2000-02-29");
        assert_eq!(civil(20_783), "2026-11-26");
    }
}
