//! The monitor runs on this machine, without a terminal, and its account balances.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// A run takes seconds; one that hangs is ended.
const WATCHDOG: Duration = Duration::from_secs(120);

/// The records that every account has.
const RECORDS: [&str; 13] = [
    "alarm.limit",
    "alarms",
    "commands",
    "cpu",
    "cpu.average",
    "disks",
    "memory",
    "network",
    "network.rate",
    "processes",
    "processes.brief",
    "processes.busiest",
    "settings",
];

fn start(options: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_host-monitor"))
        .args(options)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .expect("it starts")
}

/// Waits for the end. The input, if there is one, stays open until then.
fn end(mut child: Child, input: Option<ChildStdin>) -> (ExitStatus, String) {
    let out = child.stdout.take().expect("it is piped");
    let ended = end_of(child, out);
    drop(input);
    ended
}

fn end_of(mut child: Child, mut out: impl Read + Send + 'static) -> (ExitStatus, String) {
    let (done, ended) = mpsc::channel();
    thread::spawn(move || {
        let mut text = String::new();
        let read = out.read_to_string(&mut text);
        let _ = done.send(read.map(|_| text));
    });
    let Ok(text) = ended.recv_timeout(WATCHDOG) else {
        let _ = child.kill();
        panic!("the monitor hangs");
    };
    let status = child.wait().expect("it was started");
    (status, text.expect("it is text"))
}

/// The numbers of a record in the final account, by the names of its columns.
fn accounted(text: &str, record: &str) -> Vec<(&'static str, u64)> {
    let columns = ["offered", "accepted", "refused", "timed out", "delivered", "lagged", "readable"];
    let (_, account) = text.split_once("account after").unwrap_or_else(|| panic!("no account in\n{text}"));
    let line = account
        .lines()
        .find(|line| line.split_whitespace().next() == Some(record))
        .unwrap_or_else(|| panic!("{record} is not in\n{text}"));
    let numbers = line.split_whitespace().skip(1).map(|word| word.parse().expect("a number"));
    columns.into_iter().zip(numbers.take(columns.len())).collect()
}

fn column(text: &str, record: &str, name: &str) -> u64 {
    let columns = accounted(text, record);
    columns.iter().find(|(column, _)| *column == name).expect("it is a column").1
}

fn assert_balanced(status: ExitStatus, text: &str) {
    assert!(status.success(), "it ended with {status} after\n{text}");
    assert!(text.contains("the account balances: 13 records, 22 cursors"), "{text}");
    for record in RECORDS {
        let of = |name| column(text, record, name);
        assert_eq!(of("offered"), of("accepted") + of("refused") + of("timed out"), "{record} in\n{text}");
    }
    assert!(!text.contains('\x1b'), "without a terminal it writes plain lines");
}

#[test]
fn it_watches_for_two_seconds_and_its_account_balances() {
    let mut child = start(&["--seconds", "2", "--interval-ms", "100", "--slow-ms", "20"]);
    drop(child.stdin.take());
    let (status, text) = end(child, None);
    assert_balanced(status, &text);
    for record in ["cpu", "cpu.average", "memory", "disks", "network", "processes", "processes.brief"] {
        assert!(column(&text, record, "accepted") > 0, "{record} was sampled in\n{text}");
    }
    // What a pausing record accepted was read to the last value, slow as the log is.
    assert_eq!(column(&text, "processes", "delivered"), column(&text, "processes", "accepted"), "{text}");
    assert_eq!(column(&text, "processes", "lagged"), 0, "{text}");
    assert_eq!(column(&text, "processes", "readable"), 0, "{text}");
}

#[test]
fn it_obeys_its_standard_input_and_ends_on_quit() {
    let mut child = start(&[]);
    let mut input = child.stdin.take().expect("it is piped");
    input
        .write_all(b"help\nrate 50\nslow 5\nalarm cpu 0\nstats\npause\nresume\ndance\nalarm cpu 200\nquit\n")
        .expect("it listens");
    let (status, text) = end(child, Some(input));
    assert_balanced(status, &text);
    for said in [
        "quit         drain, account, end",
        "a sample every 50ms, a log line costs 30ms",
        "a sample every 50ms, a log line costs 5ms",
        "the alarm is above 0.0 % of CPU",
        "a sample every 50ms, paused, a log line costs 5ms",
        "`dance` is no command; try help",
        "`200` is no percentage from 0 to 100",
    ] {
        assert!(text.contains(said), "it did not say `{said}` but\n{text}");
    }
    assert_eq!(column(&text, "commands", "delivered"), 10, "{text}");
    assert_eq!(column(&text, "settings", "accepted"), 4, "{text}");
    assert_eq!(column(&text, "alarm.limit", "accepted"), 1, "{text}");
}

#[cfg(unix)]
#[test]
fn it_ends_in_order_on_ctrl_c() {
    use std::io::BufRead;

    let mut child = start(&["--slow-ms", "1000"]);
    let mut out = std::io::BufReader::new(child.stdout.take().expect("it is piped"));
    // Once it has written something its handler is installed; by then the slow writer rests, and
    // the sampler of processes waits for it.
    let mut first = String::new();
    out.read_line(&mut first).expect("it is text");
    let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("there is a kill");
    assert!(interrupt.success());
    let (status, text) = end_of(child, out);
    assert_balanced(status, &text);
    assert_eq!(column(&text, "processes", "delivered"), column(&text, "processes", "accepted"), "{text}");
}

#[test]
fn it_writes_the_log_to_a_file() {
    let name = format!("host-monitor-{}.log", std::process::id());
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let path = path.to_str().expect("a plain path");
    let mut child = start(&["--seconds", "1", "--interval-ms", "20", "--slow-ms", "1", "--log", path]);
    drop(child.stdin.take());
    let (status, text) = end(child, None);
    assert_balanced(status, &text);
    let log = std::fs::read_to_string(path).expect("it was written");
    std::fs::remove_file(path).expect("it is there");
    let lines = log.lines().count();
    assert!(text.contains(&format!("the log holds {lines} lines")), "{lines} lines, but\n{text}");
    assert!(log.lines().any(|line| line.contains(" process sweep 0 pid ")), "{log}");
    assert!(log.lines().any(|line| line.contains(" network received ")), "{log}");
}

#[test]
fn it_names_a_mistake_and_ends_with_2() {
    for options in [["--seconds", "soon"], ["--log", "/no/such/directory/here.log"]] {
        let mut child = start(&options);
        drop(child.stdin.take());
        let (status, text) = end(child, None);
        assert_eq!(status.code(), Some(2), "{text}");
        assert_eq!(text, "");
    }
}

#[test]
fn it_explains_itself() {
    let mut child = start(&["--help"]);
    drop(child.stdin.take());
    let (status, text) = end(child, None);
    assert!(status.success());
    for option in ["--seconds", "--interval-ms", "--slow-ms", "--alarm-cpu", "--log"] {
        assert!(text.contains(option), "{option} is not in\n{text}");
    }
}
