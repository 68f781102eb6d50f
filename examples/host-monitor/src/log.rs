//! The log, and the writers that are slow on purpose.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::pace::Pace;

/// Where the lines go. Shared by all writers.
#[derive(Clone)]
pub(crate) struct Log {
    sink: Arc<Mutex<Sink>>,
    since: Instant,
}

struct Sink {
    target: Target,
    lines: u64,
    error: Option<io::Error>,
}

enum Target {
    File(BufWriter<File>),
    Memory(Vec<u8>),
}

/// What the log holds at the end.
pub(crate) struct Written {
    pub(crate) lines: u64,
    /// Bytes in memory; `None` when they are in a file.
    pub(crate) in_memory: Option<usize>,
    pub(crate) error: Option<io::Error>,
}

impl Log {
    /// A log in a file, or in memory without one.
    pub(crate) fn new(path: Option<&Path>) -> io::Result<Self> {
        let target = match path {
            Some(path) => Target::File(BufWriter::new(File::create(path)?)),
            None => Target::Memory(Vec::new()),
        };
        let sink = Sink { target, lines: 0, error: None };
        Ok(Self { sink: Arc::new(Mutex::new(sink)), since: Instant::now() })
    }

    /// Writes a line, stamped with the seconds since the start.
    fn line(&self, text: &str) {
        let seconds = self.since.elapsed().as_secs_f64();
        self.with(|sink| {
            let outcome = match &mut sink.target {
                Target::File(file) => writeln!(file, "{seconds:9.3} {text}"),
                Target::Memory(memory) => writeln!(memory, "{seconds:9.3} {text}"),
            };
            match outcome {
                Ok(()) => sink.lines += 1,
                Err(error) => sink.error = Some(error),
            }
        });
    }

    /// Ends the log and says what it holds.
    pub(crate) fn finish(&self) -> Written {
        self.with(|sink| {
            let in_memory = match &mut sink.target {
                Target::File(file) => {
                    if let Err(error) = file.flush() {
                        sink.error = Some(error);
                    }
                    None
                }
                Target::Memory(memory) => Some(memory.len()),
            };
            Written { lines: sink.lines, in_memory, error: sink.error.take() }
        })
    }

    fn with<R>(&self, act: impl FnOnce(&mut Sink) -> R) -> R {
        act(&mut self.sink.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// One slow writer: each line costs it what the settings say, as a slow disk would.
pub(crate) struct SlowWriter {
    log: Log,
    pace: Pace,
}

impl SlowWriter {
    pub(crate) fn new(log: Log, pace: Pace) -> Self {
        Self { log, pace }
    }

    /// Writes a line, and takes its time.
    pub(crate) fn line(&mut self, text: &str) {
        self.log.line(text);
        self.pace.after_line();
    }
}
