//! Compiles the programs of `tests/cpp` with the machine's C++ compilers, links them with the library, and runs them.
//!
//! Both compilers that people use must take the header without a warning; where one is missing, its half is skipped
//! with a word, which under `CI=true` is a failure. `CXX` names another one, and then that is the only one.

mod tools;

use std::path::{Path, PathBuf};
use std::process::Command;

use tools::{SYSTEM, are_there, library, program, words_of};

const WARNINGS: [&str; 8] =
    ["-Wall", "-Wextra", "-Werror", "-pedantic", "-Wconversion", "-Wshadow", "-Wold-style-cast", "-Wnon-virtual-dtor"];

/// As a program is built that has neither exceptions nor type information.
const BARE: [&str; 3] = ["-fno-exceptions", "-fno-rtti", "-DAIMDB_NO_EXCEPTIONS"];

fn compilers() -> Vec<String> {
    if let Ok(named) = std::env::var("CXX") {
        return vec![named];
    }
    ["g++", "clang++"].into_iter().filter(|name| are_there(&[name])).map(str::to_owned).collect()
}

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cpp")
}

/// The compiler, with what it is always told.
fn compiler(name: &str, standard: &str) -> Command {
    let mut compile = Command::new(name);
    compile.arg(format!("-std={standard}")).args(WARNINGS).args(["-g", "-O1", "-pthread"]);
    compile.args(words_of("CXXFLAGS"));
    compile.arg("-I").arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("include"));
    compile
}

/// What the compiler says, or that it is content.
fn said_by(mut compile: Command) -> Result<(), String> {
    let ran = compile.output().expect("it was found before");
    if ran.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&ran.stderr).into_owned()) }
}

fn run_with(name: &str, options: &[&str]) {
    run_file(name, &sources().join(format!("{name}.cpp")), options);
}

fn run_file(name: &str, source: &Path, options: &[&str]) {
    for cxx in compilers() {
        let file = cxx.replace('/', "_");
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.{file}"));
        let mut compile = compiler(&cxx, "c++17");
        compile.args(options).arg("-I").arg(sources()).arg(source);
        compile.arg(library()).args(SYSTEM).arg("-o").arg(&path);
        said_by(compile).unwrap_or_else(|said| panic!("{cxx}, {name}: {said}"));
        let ran = program(&path).output().expect("it was just built");
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "{name}, built with {cxx}: {}: {said}", ran.status);
    }
}

#[test]
fn every_template_compiles_without_a_warning_in_each_language_and_without_exceptions() {
    let object = Path::new(env!("CARGO_TARGET_TMPDIR")).join("whole.o");
    for cxx in compilers() {
        for standard in ["c++17", "c++20"] {
            for options in [&[][..], &BARE] {
                let mut compile = compiler(&cxx, standard);
                compile.args(options).arg("-c").arg(sources().join("whole.cpp")).arg("-o").arg(&object);
                said_by(compile).unwrap_or_else(|said| panic!("{cxx}, {standard}, {options:?}: {said}"));
            }
        }
    }
}

/// Each file of `tests/cpp/refused` begins with the words that every compiler must refuse it with.
#[test]
fn what_must_not_compile_is_refused_with_words_that_help() {
    let mut count = 0;
    for entry in std::fs::read_dir(sources().join("refused")).expect("the folder is there") {
        let path = entry.expect("it can be read").path();
        let text = std::fs::read_to_string(&path).expect("it is text");
        let wanted = text.lines().next().and_then(|line| line.strip_prefix("// refused: "));
        let wanted = wanted.unwrap_or_else(|| panic!("{} does not say what is wrong with it", path.display()));
        for cxx in compilers() {
            let with = |define: &str| {
                let mut compile = compiler(&cxx, "c++17");
                compile.args(["-fsyntax-only", define]).arg(&path);
                said_by(compile)
            };
            // The same file without the mistake compiles: it is refused for that mistake and no other.
            with("-DRIGHT").unwrap_or_else(|said| panic!("{cxx}, {}, mended: {said}", path.display()));
            let said = with("-DWRONG").expect_err("it must not compile");
            assert!(said.contains(wanted), "{cxx}, {}: not said: {wanted}\n{said}", path.display());
        }
        count += 1;
    }
    assert_eq!(count, 6);
}

#[test]
fn typed_ends_carry_values_between_threads() {
    run_with("typed_ends", &[]);
}

#[test]
fn handles_are_moved_and_free_what_they_hold() {
    run_with("handles", &[]);
}

#[test]
fn outcomes_come_by_value_and_the_rest_is_thrown() {
    run_with("outcomes", &[]);
}

#[test]
fn lambdas_are_called_and_freed() {
    run_with("callbacks", &[]);
}

#[test]
fn times_of_chrono_become_timeouts_and_deadlines() {
    run_with("times", &[]);
}

#[test]
fn a_wait_set_has_tokens_for_ends_and_timers() {
    run_with("waiting", &[]);
}

#[test]
fn bytes_and_objects_come_out_as_messages() {
    run_with("messages", &[]);
}

/// The program of `docs/c-api.md`.
#[test]
fn the_program_of_the_page_runs() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/c-api.md");
    let page = std::fs::read_to_string(page).expect("the page is there");
    let program = page.split("```cpp\n").nth(1).and_then(|rest| rest.split("```").next()).expect("it has a program");
    let source = Path::new(env!("CARGO_TARGET_TMPDIR")).join("page.cpp");
    std::fs::write(&source, program).expect("the folder is there");
    run_file("page", &source, &[]);
}

#[test]
fn without_exceptions_everything_is_a_status() {
    run_with("no_exceptions", &BARE);
}

#[test]
fn s9_loans_and_large_values_are_written_where_they_will_lie() {
    run_with("loans", &[]);
}
