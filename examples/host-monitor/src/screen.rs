//! What the user sees: a table that is redrawn on a terminal, plain lines elsewhere.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use aimdb_sync::{AimDbHandle, DbError, Kind, RecordKey, RecordStats};

use crate::account::{CountedConsumer, Ledger};
use crate::records;
use crate::samples::{Alarm, Busiest, CpuSample, DiskSample, MemorySample, NetworkRate, Settings};

/// How many of the last messages stay on the screen.
const MESSAGES: usize = 8;

/// Row of the prompt, counted from 1. Above the table, so that it stands whatever the height is.
const PROMPT_ROW: usize = 2;

/// The newest of each record that is shown. Taking it never waits.
pub(crate) struct View {
    cpu: Newest<CpuSample>,
    average: Newest<f32>,
    memory: Newest<MemorySample>,
    network: Newest<NetworkRate>,
    disks: Newest<DiskSample>,
    busiest: Newest<Busiest>,
    alarm: Newest<Alarm>,
}

struct Newest<T: Send + 'static> {
    consumer: CountedConsumer<T>,
    seen: Option<T>,
}

impl<T: Send + 'static> Newest<T> {
    #[track_caller]
    fn of(ledger: &Arc<Ledger>, handle: &AimDbHandle, record: &'static str) -> Result<Self, DbError> {
        Ok(Self { consumer: ledger.consumer(handle, record, "screen")?, seen: None })
    }

    fn refresh(&mut self) {
        if let Some(value) = self.consumer.try_latest() {
            self.seen = Some(value);
        }
    }

    fn say(&self, say: impl FnOnce(&T) -> String) -> String {
        self.seen.as_ref().map_or_else(|| "-".into(), say)
    }
}

impl View {
    pub(crate) fn new(ledger: &Arc<Ledger>, handle: &AimDbHandle) -> Result<Self, DbError> {
        Ok(Self {
            cpu: Newest::of(ledger, handle, records::CPU)?,
            average: Newest::of(ledger, handle, records::CPU_AVERAGE)?,
            memory: Newest::of(ledger, handle, records::MEMORY)?,
            network: Newest::of(ledger, handle, records::NETWORK_RATE)?,
            disks: Newest::of(ledger, handle, records::DISKS)?,
            busiest: Newest::of(ledger, handle, records::PROCESSES_BUSIEST)?,
            alarm: Newest::of(ledger, handle, records::ALARMS)?,
        })
    }

    fn refresh(&mut self) {
        self.cpu.refresh();
        self.average.refresh();
        self.memory.refresh();
        self.network.refresh();
        self.disks.refresh();
        self.busiest.refresh();
        self.alarm.refresh();
    }

    /// Each with its name.
    fn lines(&self) -> [(&'static str, String); 6] {
        let cpu = self.cpu.say(|cpu| {
            let cores: Vec<_> = cpu.cores.iter().map(|core| format!("{core:.0}")).collect();
            let average = self.average.say(|average| format!("{average:.1} %"));
            format!("{:.1} % (cores {}), average {average}", cpu.total, cores.join(" "))
        });
        let memory = self.memory.say(|memory| {
            let MemorySample { used, total, swap_used, swap_total } = *memory;
            format!("{} of {}, swap {} of {}", bytes(used), bytes(total), bytes(swap_used), bytes(swap_total))
        });
        let network = self.network.say(|rate| {
            let (received, sent) = (bytes(rate.received as u64), bytes(rate.sent as u64));
            format!("in {received}/s, out {sent}/s (interfaces: {})", rate.interfaces)
        });
        let disks = self.disks.say(|disk| {
            let (used, total) = (bytes(disk.used_bytes), bytes(disk.total_bytes));
            let (read, written) = (bytes(disk.read_bytes), bytes(disk.written_bytes));
            format!("{used} of {total} (disks: {}), read {read}, written {written}", disk.disks)
        });
        let busiest = self.busiest.say(|busiest| {
            let name = |process: &crate::samples::ProcessSample| format!("{} {:.0} %", process.name, process.cpu);
            busiest.processes.iter().map(name).collect::<Vec<_>>().join(", ")
        });
        let alarm = self.alarm.say(|alarm| format!("last: cpu {:.1} % above {:.1} %", alarm.load, alarm.limit));
        [
            ("cpu", cpu),
            ("memory", memory),
            ("network", network),
            ("disks", disks),
            ("busiest", busiest),
            ("alarm", alarm),
        ]
    }
}

/// The screen.
pub(crate) struct Screen {
    view: View,
    since: Instant,
    terminal: bool,
    messages: Vec<String>,
    /// What was accepted when the screen was last drawn, and when that was.
    before: (Instant, HashMap<RecordKey, Seen>),
}

/// What a plain line about a record would be news against.
#[derive(Clone, Copy, Default)]
struct Seen {
    accepted: u64,
    troubles: u64,
}

impl Screen {
    /// Takes the terminal, if there is one.
    pub(crate) fn new(view: View) -> io::Result<Self> {
        let (since, terminal) = (Instant::now(), io::stdout().is_terminal());
        if terminal {
            // The other screen, no line wrap: a line that is too long is cut.
            write!(io::stdout(), "\x1b[?1049h\x1b[?7l\x1b[2J\x1b[{PROMPT_ROW};1H> ")?;
        }
        Ok(Self { view, since, terminal, messages: Vec::new(), before: (since, HashMap::new()) })
    }

    /// How long to wait between two drawings.
    pub(crate) fn period(&self) -> Duration {
        Duration::from_millis(if self.terminal { 500 } else { 1000 })
    }

    /// Says something to the user.
    pub(crate) fn say(&mut self, message: impl Into<String>) -> io::Result<()> {
        let message = message.into();
        if !self.terminal {
            return writeln!(io::stdout(), "{message}");
        }
        self.messages.push(message);
        let old = self.messages.len().saturating_sub(MESSAGES);
        self.messages.drain(..old);
        Ok(())
    }

    /// Clears the prompt, after a command was typed.
    pub(crate) fn prompt(&self) -> io::Result<()> {
        if !self.terminal {
            return Ok(());
        }
        write!(io::stdout(), "\x1b[{PROMPT_ROW};1H\x1b[K> ")?;
        io::stdout().flush()
    }

    /// Draws the table, or writes the news since the last time.
    pub(crate) fn draw(&mut self, records: &[RecordStats], settings: Settings) -> io::Result<()> {
        self.view.refresh();
        let text = if self.terminal { self.table(records, settings) } else { self.news(records) };
        let seen = |record: &RecordStats| {
            let seen = Seen { accepted: record.buffer.counters.accepted, troubles: troubles(record) };
            (record.record.key.clone(), seen)
        };
        self.before = (Instant::now(), records.iter().map(seen).collect());
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    /// Everything but the prompt's row, in place. The cursor goes back to where the user types.
    fn table(&self, records: &[RecordStats], settings: Settings) -> String {
        let mut rows = vec![
            format!(
                "host-monitor  {:.1} s  a sample every {:?}{}, a log line costs {:?}",
                self.since.elapsed().as_secs_f64(),
                settings.interval,
                if settings.paused { " (PAUSED)" } else { "" },
                settings.slow
            ),
            String::new(),
        ];
        rows.extend(self.view.lines().map(|(name, line)| format!("{name:<8} {line}")));
        rows.push(String::new());
        rows.push(format!(
            "\x1b[1m{:<17} {:<22} {:>6} {:>7} {:>7} {:>7} {:>14} {:>7}  {}\x1b[0m",
            "record", "kind", "full", "per s", "lagged", "refused", "blocked", "waiting", "slowest cursor"
        ));
        rows.extend(records.iter().map(|record| self.row(record)));
        rows.push(String::new());
        rows.extend(self.messages.iter().cloned());
        let mut text = String::from("\x1b7");
        for (row, line) in rows.iter().enumerate().filter(|(row, _)| row + 1 != PROMPT_ROW) {
            let _ = write!(text, "\x1b[{};1H{line}\x1b[K", row + 1);
        }
        text + "\x1b[J\x1b8"
    }

    fn row(&self, record: &RecordStats) -> String {
        let counters = record.buffer.counters;
        format!(
            "{:<17} {:<22} {:>6} {:>7.1} {:>7} {:>7} {:>14} {:>7}  {}",
            record.record.key.to_string(),
            kind(record),
            format!("{}/{}", record.buffer.occupancy, record.buffer.capacity),
            self.rate(record),
            counters.lagged,
            counters.refused + counters.timed_out,
            blocked(record),
            format!("{}p {}c", record.buffer.waiting_producers, record.buffer.waiting_consumers),
            behind(record),
        )
    }

    /// One line about the machine, and one about each record that had trouble since the last time.
    fn news(&self, records: &[RecordStats]) -> String {
        let stamp = format!("[{:6.1} s]", self.since.elapsed().as_secs_f64());
        let mut text = String::new();
        for (name, line) in self.view.lines().iter().filter(|(_, line)| line != "-") {
            let _ = writeln!(text, "{stamp} {name:<8} {line}");
        }
        for record in records {
            let seen = self.before.1.get(&record.record.key).copied().unwrap_or_default();
            if troubles(record) == seen.troubles && record.buffer.waiting_producers == 0 {
                continue;
            }
            let counters = record.buffer.counters;
            let _ = writeln!(
                text,
                "{stamp} record   {}: {}, {}/{} full, {:.1} per s, lagged {}, refused {}, timed out {}, blocked {}, {} waiting",
                record.record.key,
                kind(record),
                record.buffer.occupancy,
                record.buffer.capacity,
                self.rate(record),
                counters.lagged,
                counters.refused,
                counters.timed_out,
                blocked(record),
                record.buffer.waiting_producers,
            );
        }
        text
    }

    fn rate(&self, record: &RecordStats) -> f64 {
        let (at, before) = &self.before;
        let seen = before.get(&record.record.key).copied().unwrap_or_default();
        let accepted = record.buffer.counters.accepted - seen.accepted;
        accepted as f64 / at.elapsed().as_secs_f64().max(0.001)
    }
}

/// Gives the terminal back, also after a panic.
impl Drop for Screen {
    fn drop(&mut self) {
        if self.terminal {
            let _ = write!(io::stdout(), "\x1b[?7h\x1b[?1049l");
            let _ = io::stdout().flush();
        }
    }
}

/// What did not go smoothly. Skipping is what the kinds are for that do not tell it.
fn troubles(record: &RecordStats) -> u64 {
    let counters = record.buffer.counters;
    let lagged = if record.record.kind().is_some_and(Kind::tells_lag) { counters.lagged } else { 0 };
    lagged + counters.refused + counters.timed_out + counters.blocked
}

/// The kind of a record, with its policy.
fn kind(record: &RecordStats) -> String {
    match record.record.kind() {
        Some(Kind::Bounded(policy)) => format!("Bounded {policy}"),
        Some(kind @ (Kind::SpmcRing | Kind::SingleLatest | Kind::Mailbox)) => kind.name().into(),
        None => "-".into(),
    }
}

/// How often senders waited for space, and for how long.
pub(crate) fn blocked(record: &RecordStats) -> String {
    let counters = record.buffer.counters;
    match counters.blocked {
        0 => "-".into(),
        times => format!("{times}x {:.1?}", Duration::from_nanos(counters.blocked_ns)),
    }
}

/// Who is furthest behind: how far, and where in the program it was made.
fn behind(record: &RecordStats) -> String {
    match &record.slowest {
        Some(slowest) if slowest.unread > 0 => {
            let place = slowest.name.rsplit('/').next().unwrap_or_default().trim_end_matches(')');
            format!("{} behind, {place}", slowest.unread)
        }
        Some(_) | None => "-".into(),
    }
}

/// A number of bytes, for people.
pub(crate) fn bytes(count: u64) -> String {
    let mut rest = count as f64;
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if rest < 1024.0 {
            return if unit == "B" { format!("{count} B") } else { format!("{rest:.1} {unit}") };
        }
        rest /= 1024.0;
    }
    format!("{rest:.1} TiB")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_a_unit_that_fits() {
        assert_eq!(bytes(0), "0 B");
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(bytes(5 << 40), "5.0 TiB");
    }
}
