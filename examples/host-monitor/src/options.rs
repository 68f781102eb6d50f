//! What the command line says.

use std::path::PathBuf;
use std::time::Duration;

use crate::samples::Settings;

/// What `--help` prints.
pub(crate) const HELP: &str = "\
host-monitor: watches this machine through AimDB records

usage: host-monitor [options]

  --seconds N       end after N seconds (default: on Ctrl-C or `quit`)
  --interval-ms N   time between two samples (default 250)
  --slow-ms N       what one line of the log costs its writer (default 30)
  --alarm-cpu N     raise an alarm above N percent of CPU (default 80)
  --log PATH        write the log to a file (default: to memory, equally slowly)
  --help            print this text

While it runs it takes commands from standard input; `help` lists them.
The exit code is 0 if the final account balances, 1 if it does not, and 2 if
the program could not start.";

/// What a run was asked to be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Options {
    /// When to end by itself.
    pub(crate) run_for: Option<Duration>,
    /// What the settings are at first.
    pub(crate) settings: Settings,
    /// The CPU load, in percent, above which alarms are raised at first.
    pub(crate) alarm_cpu: f32,
    /// Where the log goes; to memory without it.
    pub(crate) log: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        let settings =
            Settings { interval: Duration::from_millis(250), slow: Duration::from_millis(30), paused: false };
        Self { run_for: None, settings, alarm_cpu: 80.0, log: None }
    }
}

/// What to do, according to the command line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Request {
    /// Print the help.
    Help,
    /// Run.
    Run(Options),
}

/// Reads the arguments behind the program's name. What cannot be understood is said in the error.
pub(crate) fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Request, String> {
    let mut options = Options::default();
    let mut arguments = arguments.into_iter();
    while let Some(name) = arguments.next() {
        if name == "--help" || name == "-h" {
            return Ok(Request::Help);
        }
        let mut value = || arguments.next().ok_or_else(|| format!("{name} needs a value"));
        match name.as_str() {
            "--seconds" => options.run_for = Some(seconds(&value()?)?),
            "--interval-ms" => options.settings.interval = interval(&value()?)?,
            "--slow-ms" => options.settings.slow = milliseconds(&value()?)?,
            "--alarm-cpu" => options.alarm_cpu = percent(&value()?)?,
            "--log" => options.log = Some(PathBuf::from(value()?)),
            _ => return Err(format!("unknown option {name}; --help lists them")),
        }
    }
    Ok(Request::Run(options))
}

/// The time between two samples: at least a millisecond, so that a sampler always rests.
pub(crate) fn interval(text: &str) -> Result<Duration, String> {
    let interval = milliseconds(text)?;
    if interval.is_zero() { Err("an interval is at least 1 ms".into()) } else { Ok(interval) }
}

/// A whole number of milliseconds.
pub(crate) fn milliseconds(text: &str) -> Result<Duration, String> {
    text.parse().map(Duration::from_millis).map_err(|_| format!("`{text}` is no number of milliseconds"))
}

/// A CPU load in percent.
pub(crate) fn percent(text: &str) -> Result<f32, String> {
    match text.parse() {
        Ok(percent) if (0.0..=100.0).contains(&percent) => Ok(percent),
        _ => Err(format!("`{text}` is no percentage from 0 to 100")),
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.ok_or_else(|| format!("`{text}` is no number of seconds"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Request, String> {
        parse(line.split_whitespace().map(String::from))
    }

    #[test]
    fn every_option_is_understood() {
        let Ok(Request::Run(options)) =
            parsed("--seconds 1.5 --interval-ms 20 --slow-ms 0 --alarm-cpu 12.5 --log here.log")
        else {
            panic!("these are options");
        };
        assert_eq!(options.run_for, Some(Duration::from_millis(1500)));
        assert_eq!(options.settings.interval, Duration::from_millis(20));
        assert_eq!(options.settings.slow, Duration::ZERO);
        assert_eq!(options.alarm_cpu, 12.5);
        assert_eq!(options.log, Some(PathBuf::from("here.log")));
        assert_eq!(parsed("--seconds 1 --help"), Ok(Request::Help));
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for (line, named) in [
            ("--secnods 1", "--secnods"),
            ("--seconds", "--seconds"),
            ("--seconds soon", "soon"),
            ("--seconds -1", "-1"),
            ("--interval-ms 0", "at least 1 ms"),
            ("--alarm-cpu 101", "101"),
            ("--alarm-cpu NaN", "NaN"),
        ] {
            let error = parsed(line).expect_err("this is wrong");
            assert!(error.contains(named), "{line}: {error}");
        }
    }
}
