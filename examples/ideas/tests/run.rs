//! Every program runs, and says what it is expected to say.
//!
//! `BLESS=1 cargo test -p aimdb-examples` writes what the programs say now into `expected/`.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// No program takes a second; one that hangs is ended.
const WATCHDOG: Duration = Duration::from_secs(60);

/// Runs a program to its end and gives what it wrote to its standard output.
fn output_of(program: &str) -> String {
    let mut child = Command::new(program)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{program} does not start: {error}"));
    let mut out = child.stdout.take().expect("it is piped");
    let (done, ended) = mpsc::channel();
    thread::spawn(move || {
        let mut text = String::new();
        let read = out.read_to_string(&mut text);
        let _ = done.send(read.map(|_| text));
    });
    let Ok(text) = ended.recv_timeout(WATCHDOG) else {
        let _ = child.kill();
        panic!("{program} hangs");
    };
    let status = child.wait().expect("it was started");
    let text = text.expect("it is text");
    assert!(status.success(), "{program} ended with {status} after\n{text}");
    text
}

fn check(name: &str, program: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("expected").join(name).with_extension("txt");
    let text = output_of(program);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &text).expect("the directory is there");
    }
    // A checkout may have turned the line ends.
    let expected = std::fs::read_to_string(&path).expect("each program has its text").replace("\r\n", "\n");
    assert_eq!(text, expected, "{name} says something else than {}", path.display());
}

macro_rules! programs {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                check(stringify!($name), env!(concat!("CARGO_BIN_EXE_", stringify!($name))));
            }
        )*
    };
}

programs! {
    actuator_mailbox
    command_queue
    config_latest
    drop_and_count
    fan_out_journal
    rate_limit
    shared_services
    telemetry_ring
    test_harness
    tokio_demo
    wait_set
    work_queue
}
