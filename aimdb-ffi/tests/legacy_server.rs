//! The server of the old kind, `examples/cpp/legacy-server`, before and after: the same client overloads both.
//!
//! Nothing here is a matter of time. What holds the workers up is a pipe in place of a file: they read until the client
//! has closed it.

#![cfg(unix)]

mod tools;

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tools::are_there;

const TOOLS: [&str; 3] = ["make", "c++", "mkfifo"];
const WORKERS: usize = 2;
const REQUESTS: usize = 1000;
const CAPACITY: usize = 64;

fn folder() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    root.join("examples/cpp/legacy-server")
}

/// Builds one of the two.
fn built(name: &str) -> PathBuf {
    let build = Path::new(env!("CARGO_TARGET_TMPDIR")).join("legacy-server");
    let program = build.join(name);
    // What was built before may have been linked with another library.
    let _ = fs::remove_file(&program);
    let made = tools::make(&build).arg(&program).current_dir(folder()).output().expect("it was started before");
    assert!(made.status.success(), "{name}: {}", String::from_utf8_lossy(&made.stderr));
    program
}

/// A server that runs, and a client of it.
struct Run {
    server: Child,
    ask: UnixStream,
    answers: BufReader<UnixStream>,
    folder: PathBuf,
}

impl Run {
    fn of(name: &str) -> Self {
        let program = built(name);
        // Short, for a socket's address has a hundred bytes.
        let folder = std::env::temp_dir().join(format!("aimdb-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("there is a folder for such things");
        let socket = folder.join("s");
        let _ = fs::remove_file(&socket);
        let mut server = tools::program(&program);
        let mut server = server.arg(&socket).stdout(Stdio::piped()).spawn().expect("it was just built");
        let mut first = [0; 10];
        server.stdout.as_mut().expect("it is piped").read_exact(&mut first).expect("it says when it listens");
        assert_eq!(&first, b"listening\n");
        let ask = UnixStream::connect(&socket).expect("it listens");
        let answers = BufReader::new(ask.try_clone().expect("there are descriptors"));
        Self { server, ask, answers, folder }
    }

    fn say(&mut self, lines: &str) {
        self.ask.write_all(lines.as_bytes()).expect("the server reads");
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the server answers");
        line.trim_end().to_owned()
    }

    /// Holds a worker up with a file that does not end. When this is back, the worker is in it.
    fn slow_file(&mut self, number: usize) -> File {
        let path = self.folder.join(format!("slow{number}"));
        let made = Command::new("mkfifo").arg(&path).status().expect("mkfifo is there");
        assert!(made.success());
        self.say(&format!("slow{number} file {}\n", path.display()));
        // Opening a pipe to write waits for one who reads.
        File::create(path).expect("it was just made")
    }

    /// Ends the server and gives what it said last.
    fn end(mut self) -> String {
        self.say("quit\n");
        let mut last = String::new();
        self.server.stdout.as_mut().expect("it is piped").read_to_string(&mut last).expect("it is text");
        assert!(self.server.wait().expect("it was started").success());
        fs::remove_dir_all(&self.folder).expect("it was made above");
        last.trim_end().to_owned()
    }
}

/// What the server answers about this text.
fn answer_about(id: &str, content: &str) -> String {
    let crc = content.bytes().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 })
    });
    format!("{id} words {} crc {:08x}", content.split_whitespace().count(), !crc)
}

/// Overloads a server: what `stats` says then, and which requests were refused.
fn overload(run: &mut Run) -> (String, Vec<String>) {
    run.say("0 text 123456789\n");
    assert_eq!(run.answer(), "0 words 1 crc cbf43926");
    let mut files: Vec<File> = (0..WORKERS).map(|number| run.slow_file(number)).collect();
    let text = "the quick brown fox";
    let requests: String = (1..=REQUESTS).map(|number| format!("{number} text {text}\n")).collect();
    run.say(&requests);
    run.say("stats\n");
    // The workers stand, so what comes before the statistics is said by the thread that polls.
    let mut refused = Vec::new();
    let stats = loop {
        let line = run.answer();
        if line.starts_with("stats ") {
            break line;
        }
        refused.push(line.strip_suffix(" busy").unwrap_or_else(|| panic!("the workers stand: {line}")).to_owned());
    };
    for file in &mut files {
        file.write_all(b"a slow file\n").expect("a worker reads it");
    }
    drop(files);
    let accepted = (1..=REQUESTS).map(|number| number.to_string()).filter(|number| !refused.contains(number));
    let mut expected: Vec<_> = accepted.map(|number| answer_about(&number, text)).collect();
    expected.extend((0..WORKERS).map(|number| answer_about(&format!("slow{number}"), "a slow file\n")));
    let mut answers: Vec<_> = expected.iter().map(|_| run.answer()).collect();
    expected.sort();
    answers.sort();
    assert_eq!(answers, expected, "whoever was accepted is answered");
    (stats, refused)
}

#[test]
fn before_the_queue_grows_and_nobody_is_told() {
    if !are_there(&TOOLS) {
        return;
    }
    let mut run = Run::of("before");
    let (stats, refused) = overload(&mut run);
    assert_eq!(stats, format!("stats queued {REQUESTS} accepted {} refused 0", 1 + WORKERS + REQUESTS));
    assert!(refused.is_empty());
    assert_eq!(run.end(), format!("stats queued 0 accepted {} refused 0", 1 + WORKERS + REQUESTS));
}

#[test]
fn after_what_does_not_fit_is_refused_at_once_and_the_account_balances() {
    if !are_there(&TOOLS) {
        return;
    }
    let mut run = Run::of("after");
    let (stats, refused) = overload(&mut run);
    let accepted = 1 + WORKERS + CAPACITY;
    assert_eq!(stats, format!("stats queued {CAPACITY} accepted {accepted} refused {}", REQUESTS - CAPACITY));
    assert_eq!(refused.len(), REQUESTS - CAPACITY);
    assert_eq!(refused[0], (CAPACITY + 1).to_string(), "those that came when it was full");
    assert_eq!(run.end(), format!("stats queued 0 accepted {accepted} refused {}", REQUESTS - CAPACITY));
}

#[test]
fn the_diff_is_that_of_the_two_files() {
    if !are_there(&["diff"]) {
        return;
    }
    let diff = Command::new("diff")
        .args(["-u", "--label", "before.cpp", "--label", "after.cpp", "before.cpp", "after.cpp"])
        .current_dir(folder())
        .output()
        .expect("diff is there");
    let kept = fs::read_to_string(folder().join("before-after.diff")).expect("it is there");
    assert_eq!(String::from_utf8_lossy(&diff.stdout), kept, "run `make before-after.diff` there");
}
