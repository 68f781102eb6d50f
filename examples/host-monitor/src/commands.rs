//! What the user can say while the program runs, and the thread that listens.

use std::io::{self, BufRead};
use std::thread;
use std::time::Duration;

use aimdb_sync::SyncProducer;

use crate::options;

/// What `help` prints.
pub(crate) const HELP: [&str; 7] = [
    "rate MS      time between two samples",
    "slow MS      what one line of the log costs its writer",
    "alarm cpu N  raise an alarm above N percent of CPU",
    "pause        stop sampling",
    "resume       go on sampling",
    "stats        who holds up which record",
    "quit         drain, account, end",
];

/// What the user wants.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Command {
    Help,
    Rate(Duration),
    Slow(Duration),
    AlarmCpu(f32),
    Pause,
    Resume,
    Stats,
    Quit,
    /// It could not be understood; the text says why.
    Mistake(String),
}

impl Command {
    /// Reads one line; an empty one says nothing.
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let words: Vec<_> = line.split_whitespace().collect();
        let understood = match words.as_slice() {
            [] => return None,
            ["help"] => Ok(Self::Help),
            ["rate", interval] => options::interval(interval).map(Self::Rate),
            ["slow", cost] => options::milliseconds(cost).map(Self::Slow),
            ["alarm", "cpu", limit] => options::percent(limit).map(Self::AlarmCpu),
            ["pause"] => Ok(Self::Pause),
            ["resume"] => Ok(Self::Resume),
            ["stats"] => Ok(Self::Stats),
            ["quit"] => Ok(Self::Quit),
            _ => Err(format!("`{}` is no command; try help", line.trim())),
        };
        Some(understood.unwrap_or_else(Self::Mistake))
    }
}

/// Listens to standard input on a thread of its own.
///
/// The thread is never joined: nothing portable ends a blocked read, so it lives until its input or
/// the process ends. The end of the input ends nothing else.
pub(crate) fn listen(commands: SyncProducer<Command>) -> io::Result<()> {
    let listening = move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if let Some(command) = Command::parse(&line)
                && commands.send(command).is_err()
            {
                return;
            }
        }
    };
    thread::Builder::new().name("commands".into()).spawn(listening).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_understood() {
        for (line, command) in [
            ("help", Command::Help),
            (" rate  100 ", Command::Rate(Duration::from_millis(100))),
            ("slow 0", Command::Slow(Duration::ZERO)),
            ("alarm cpu 12.5", Command::AlarmCpu(12.5)),
            ("pause", Command::Pause),
            ("resume", Command::Resume),
            ("stats", Command::Stats),
            ("quit", Command::Quit),
        ] {
            assert_eq!(Command::parse(line), Some(command));
        }
        assert_eq!(Command::parse("  "), None);
    }

    #[test]
    fn a_mistake_is_named() {
        for (line, named) in [("dance", "dance"), ("rate 0", "1 ms"), ("rate x", "x"), ("alarm cpu 200", "200")] {
            let Some(Command::Mistake(why)) = Command::parse(line) else { panic!("{line} is wrong") };
            assert!(why.contains(named), "{line}: {why}");
        }
    }
}
