//! Watches this machine through AimDB records, with backpressure that can be seen.
//!
//! Sampler threads read the machine into records of all four kinds; consumers on other threads
//! compute, raise alarms, and write a log through a writer that is slow on purpose. Each record
//! shows another answer to a reader that cannot keep up: `processes` makes its sampler wait,
//! `processes.brief` refuses, `alarms` drops the oldest, `network` lets the slow reader lag. At the
//! end all is drained and accounted for. Nothing is simulated.
//!
//! `host-monitor --help` lists the options, `help` on its standard input the commands.
#![forbid(unsafe_code)]

mod account;
mod commands;
mod consumers;
mod log;
mod options;
mod pace;
mod records;
mod samplers;
mod samples;
mod screen;
mod threads;

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use aimdb_sync::{AimDbHandle, Attach, ErrorKind, SyncConsumer, SyncProducer};

use account::{Account, CountedProducer, Ledger};
use commands::Command;
use log::Log;
use options::{Options, Request};
use samplers::Instruments;
use samples::{Alarm, AlarmLimit, ProcessSample, Settings};
use screen::{Screen, View};
use threads::Threads;

/// How long the end waits for the log to be written.
const DRAINED_WITHIN: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    let options = match options::parse(std::env::args().skip(1)) {
        Ok(Request::Run(options)) => options,
        Ok(Request::Help) => {
            println!("{}", options::HELP);
            return ExitCode::SUCCESS;
        }
        Err(mistake) => {
            eprintln!("host-monitor: {mistake}");
            return ExitCode::from(2);
        }
    };
    match Monitor::start(&options).and_then(|monitor| monitor.run(&options)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("host-monitor: {error}");
            ExitCode::from(2)
        }
    }
}

/// The running program.
struct Monitor {
    handle: AimDbHandle,
    ledger: Arc<Ledger>,
    log: Log,
    commands: SyncConsumer<Command>,
    settings: CountedProducer<Settings>,
    alarm_limit: CountedProducer<AlarmLimit>,
    /// The ends of the records that are flushed before the shutdown.
    processes: CountedProducer<ProcessSample>,
    alarms: CountedProducer<Alarm>,
    screen: Screen,
    current: Settings,
    threads: Threads,
}

impl Monitor {
    /// Makes the records, then starts the threads.
    fn start(options: &Options) -> Result<Self, Box<dyn Error>> {
        let log = Log::new(options.log.as_deref()).map_err(|error| match &options.log {
            Some(path) => format!("{}: {error}", path.display()),
            None => error.to_string(),
        })?;
        let instruments = Instruments::open()?;
        let handle = records::describe().attach()?;
        let ledger = Arc::new(Ledger::default());
        let commands = handle.consumer(records::COMMANDS)?;
        commands::listen(handle.producer(records::COMMANDS)?)?;
        end_on_ctrl_c(handle.producer(records::COMMANDS)?)?;
        let threads = Threads::start(&handle, &ledger, &log, instruments, options)?;
        Ok(Self {
            commands,
            settings: ledger.producer(&handle, records::SETTINGS)?,
            alarm_limit: ledger.producer(&handle, records::ALARM_LIMIT)?,
            processes: ledger.producer(&handle, records::PROCESSES)?,
            alarms: ledger.producer(&handle, records::ALARMS)?,
            screen: Screen::new(View::new(&ledger, &handle)?)?,
            current: options.settings,
            threads,
            handle,
            ledger,
            log,
        })
    }

    /// Serves commands and draws until the end, then drains and accounts. `false` says that
    /// something does not balance.
    fn run(mut self, options: &Options) -> Result<bool, Box<dyn Error>> {
        let started = Instant::now();
        let end = options.run_for.and_then(|run_for| started.checked_add(run_for));
        let mut draw_at = started + self.screen.period();
        // Ends on `quit`, on Ctrl-C (which closes the record), after `--seconds`, or when nobody
        // looks any more.
        let looked = loop {
            let due = end.map_or(draw_at, |end| end.min(draw_at));
            let serving = match self.commands.recv_deadline(due) {
                Ok(Command::Quit) => break Ok(()),
                Ok(command) => self.obey(command),
                Err(error) if error.kind() == ErrorKind::Retry => Ok(()),
                Err(_) => break Ok(()),
            };
            if Instant::now() >= draw_at {
                draw_at += self.screen.period();
            }
            if let Err(error) = serving.and_then(|()| self.screen.draw(&self.handle.stats(), self.current)) {
                break Err(error);
            }
            if end.is_some_and(|end| Instant::now() >= end) {
                break Ok(());
            }
        };
        match looked {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
            Ok(()) | Err(_) => Ok(self.finish(started)),
        }
    }

    fn obey(&mut self, command: Command) -> std::io::Result<()> {
        let before = self.current;
        match command {
            Command::Help => commands::HELP.iter().try_for_each(|line| self.screen.say(*line))?,
            Command::Rate(interval) => self.current.interval = interval,
            Command::Slow(slow) => self.current.slow = slow,
            Command::Pause => self.current.paused = true,
            Command::Resume => self.current.paused = false,
            Command::AlarmCpu(limit) => {
                self.alarm_limit.send(AlarmLimit(limit));
                self.screen.say(format!("the alarm is above {limit:.1} % of CPU"))?;
            }
            Command::Stats => self.say_stats()?,
            Command::Mistake(why) => self.screen.say(why)?,
            // The loop that calls this ends instead.
            Command::Quit => {}
        }
        if self.current != before {
            self.settings.send(self.current);
            let Settings { interval, slow, paused } = self.current;
            let rests = if paused { ", paused" } else { "" };
            self.screen.say(format!("a sample every {interval:?}{rests}, a log line costs {slow:?}"))?;
        }
        self.screen.prompt()
    }

    /// Who holds up which record, and which service failed.
    fn say_stats(&mut self) -> std::io::Result<()> {
        let mut nobody = true;
        for record in self.handle.stats() {
            let Some(slowest) = record.slowest.filter(|slowest| slowest.unread > 0) else { continue };
            let key = record.record.key;
            self.screen.say(format!("{key}: {} values behind is {}", slowest.unread, slowest.name))?;
            nobody = false;
        }
        if nobody {
            self.screen.say("nobody is behind")?;
        }
        for failure in self.handle.failures() {
            self.screen.say(format!("{failure}"))?;
        }
        Ok(())
    }

    /// Drains, joins, accounts.
    fn finish(self, started: Instant) -> bool {
        let Self {
            handle, ledger, log, commands, settings, alarm_limit, processes, alarms, screen, mut threads, ..
        } = self;
        let mut well = true;
        let mut complain = |what: String| {
            well = false;
            eprintln!("host-monitor: {what}");
        };
        // Samplers end, writers hurry: all of them wait on this record when they rest.
        settings.close();
        drop(screen);
        threads.join_samplers(&mut complain);
        if !(processes.flush(DRAINED_WITHIN) && alarms.flush(DRAINED_WITHIN)) {
            complain(format!("the log could not be written within {DRAINED_WITHIN:?}"));
        }
        // Closes every record: consumers read what is left, and end.
        if let Err(error) = handle.shutdown_timeout(DRAINED_WITHIN) {
            complain(format!("the shutdown did not come to its end: {error}"));
        }
        threads.join_consumers(&mut complain);
        // Each end hands in its counts when it goes.
        drop((commands, settings, alarm_limit, processes, alarms));
        for failure in handle.failures() {
            complain(format!("{failure}"));
        }
        let account = Account::new(handle.stats(), &ledger);
        let written = log.finish();
        let place =
            written.in_memory.map_or_else(String::new, |held| format!(", {} in memory", screen::bytes(held as u64)));
        // Nobody may be reading any more; then the exit code says it all.
        let _ = writeln!(
            std::io::stdout(),
            "account after {:.1} s\n\n{account}\nthe log holds {} lines{place}",
            started.elapsed().as_secs_f64(),
            written.lines,
        );
        if let Some(error) = written.error {
            complain(format!("the log: {error}"));
        }
        well && account.faults().is_empty()
    }
}

/// Ctrl-C closes the record of commands, which ends the program in good order; a second one ends it
/// at once.
fn end_on_ctrl_c(commands: SyncProducer<Command>) -> Result<(), ctrlc::Error> {
    let asked = AtomicBool::new(false);
    ctrlc::set_handler(move || {
        if asked.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        commands.close();
    })
}
