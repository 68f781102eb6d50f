//! Compiles the programs of `tests/c` with the machine's C compiler, links them with the library and with threads in the
//! place of FreeRTOS, and runs them. The same programs run on FreeRTOS in QEMU: examples/rtos/run.sh.
//!
//! `CC`, `CFLAGS`, `AIMDB_LIBRARY` and `AIMDB_RUN_UNDER` are as in the tests of aimdb-ffi: `tests/sanitize.sh` sets them.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What the static library needs of the system; rustc names it with `--print native-static-libs`.
const SYSTEM: [&str; 5] = ["-lpthread", "-ldl", "-lm", "-lc", "-lgcc_s"];

/// The words of a variable of the environment.
fn words_of(variable: &str) -> Vec<String> {
    std::env::var(variable).unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}

/// The library, which cargo built into the folder of the test's own program, under a name with a number. Of several, which
/// other sets of features have left there, the newest is of the sources as they are.
fn library() -> PathBuf {
    if let Some(named) = std::env::var_os("AIMDB_LIBRARY") {
        return named.into();
    }
    let test = std::env::current_exe().expect("a running program has a path");
    let folder = test.parent().expect("it lies in target/PROFILE/deps").read_dir().expect("a folder");
    let built = |entry: &std::fs::DirEntry| entry.metadata().and_then(|found| found.modified()).ok();
    let is_library = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("libaimdb_sync_embassy_c") && name.ends_with(".a")
    };
    let libraries = folder.flatten().filter(|entry| is_library(&entry.path()));
    libraries.max_by_key(built).expect("cargo has built the library").path()
}

fn compile(standard: &str, sources: &[&str], program: &Path) -> Result<(), String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let mut compile = Command::new(compiler);
    compile.arg(format!("-std={standard}"));
    compile.args(["-Wall", "-Wextra", "-Werror", "-pedantic", "-Wredundant-decls", "-g", "-pthread"]);
    compile.args(words_of("CFLAGS"));
    compile.arg("-I").arg(here.join("include")).arg("-I").arg(here.join("tests/c/host"));
    compile.args(sources.iter().map(|source| here.join("tests/c").join(source)));
    // What no record of C calls, such as the critical section of Rust programs, is left out.
    compile.arg("-Wl,--gc-sections").arg(library()).args(SYSTEM).arg("-o").arg(program);
    let compiled = compile.output().expect("a C compiler is needed: install cc, or set CC");
    if compiled.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&compiled.stderr).into_owned()) }
}

fn run(name: &str, more: &[&str]) {
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name.replace('/', "-"));
    let source = format!("{name}.c");
    let sources = [&[source.as_str(), "host/harness.c"], more].concat();
    compile("c11", &sources, &program).unwrap_or_else(|errors| panic!("{errors}"));
    let words = [words_of("AIMDB_RUN_UNDER"), vec![program.display().to_string()]].concat();
    let ran = Command::new(&words[0]).args(&words[1..]).output().expect("it was just built");
    assert!(ran.status.success(), "{}: {}", ran.status, String::from_utf8_lossy(&ran.stderr));
}

#[test]
fn each_call_on_each_kind_answers_as_the_header_says() {
    run("calls", &[]);
}

#[test]
fn what_is_no_record_no_value_and_no_place_to_wait_is_refused() {
    run("misuse", &[]);
}

#[test]
fn tasks_wait_and_are_woken_by_tasks_and_interrupts() {
    run("waiting", &[]);
}

#[test]
fn each_call_on_a_queue_answers_as_the_header_says_and_what_is_none_is_refused() {
    run("queue", &[]);
}

#[test]
fn tasks_wait_at_queues_and_are_woken_by_tasks_and_interrupts() {
    run("queue_waiting", &[]);
}

#[test]
fn each_call_on_a_ring_answers_as_the_header_says_and_what_is_none_is_refused() {
    run("ring", &[]);
}

#[test]
fn tasks_wait_at_rings_and_are_woken_by_tasks_and_interrupts() {
    run("ring_waiting", &[]);
}

/// On the host only: what comes after each section, the harness says.
#[test]
fn calls_on_a_ring_that_are_stopped_after_a_section_are_as_if_they_came_one_after_the_other() {
    run("host/ring_preempted", &[]);
}

#[test]
fn each_call_on_a_mailbox_answers_as_the_header_says_and_what_is_none_is_refused() {
    run("mailbox", &[]);
}

#[test]
fn tasks_wait_at_mailboxes_and_are_woken_by_tasks_and_interrupts() {
    run("mailbox_waiting", &[]);
}

#[test]
fn each_call_on_a_latest_value_answers_as_the_header_says_and_what_is_none_is_refused() {
    run("latest", &[]);
}

#[test]
fn tasks_wait_at_latest_values_and_are_woken_by_tasks_and_interrupts() {
    run("latest_waiting", &[]);
}
