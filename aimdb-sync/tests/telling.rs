//! What an operator is told through `log` (C6). Alone in its binary: the logger is the process's.
#![cfg(feature = "log")]

mod watchdog;

use std::sync::Mutex;

use aimdb_sync::{AimDbBuilder, Attach, BufferCfg, LogLevel, RecvError};
use watchdog::{until, watched};

struct Lines(Mutex<Vec<String>>);

static LINES: Lines = Lines(Mutex::new(Vec::new()));

impl log::Log for Lines {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        if record.target().starts_with("aimdb_sync") {
            self.0.lock().expect("no panic").push(format!("{} {}", record.level(), record.args()));
        }
    }

    fn flush(&self) {}
}

#[test]
fn c6_attach_failure_lag_and_shutdown_are_told() {
    log::set_logger(&LINES).expect("it is the first");
    log::set_max_level(log::LevelFilter::Trace);
    watched(|| {
        let mut builder = AimDbBuilder::new();
        builder.configure::<u32>("a", |record| {
            record.buffer(BufferCfg::SpmcRing { capacity: 1 }).source_blocking(|context, _| {
                context.log(LogLevel::Warn, "so far so good");
                panic!("a seeded bug");
            });
        });
        builder.configure::<u32>("b", |record| {
            record.buffer(BufferCfg::SpmcRing { capacity: 1 });
        });
        let handle = builder.attach().expect("sound");
        let producer = handle.producer::<u32>("b").expect("it is there");
        let mut consumer = handle.consumer::<u32>("b").expect("it is there");
        (0..3).try_for_each(|value| producer.send(value)).expect("a ring accepts");
        assert_eq!(consumer.recv(), Err(RecvError::Lagged(2)));
        until(|| handle.failures().len() == 1);
        handle.shutdown().expect("the source has panicked");
    });
    let lines = LINES.0.lock().expect("no panic").join("\n");
    for told in [
        "INFO database attached",
        "WARN so far so good",
        "ERROR service panicked",
        "a seeded bug",
        "DEBUG consumer lagged",
        "INFO shutdown began",
        "INFO shutdown completed",
    ] {
        assert!(lines.contains(told), "`{told}` is missing in:\n{lines}");
    }
}
