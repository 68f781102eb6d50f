//! What the tests share that compile programs and run them.
//!
//! What they need beside Rust and a C compiler, a machine may lack: then they say so and pass, except under `CI=true`.
//! `CC` and `CXX` name other compilers, `CFLAGS` and `CXXFLAGS` what they are given beside what the tests say,
//! `AIMDB_LIBRARY` another library than the one of this build, and `AIMDB_RUN_UNDER` what the programs run under: so
//! `tests/sanitize.sh` says what sanitizers want, and `valgrind` with its options.
#![allow(dead_code, reason = "each test binary uses what it needs")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// What the static library needs of the system; rustc names it with `--print native-static-libs`.
pub(crate) const SYSTEM: [&str; 5] = ["-lpthread", "-ldl", "-lm", "-lc", "-lgcc_s"];

/// The static library that is named, or that of the folder that cargo built it into: that of the test's own program.
pub(crate) fn library() -> PathBuf {
    if let Some(named) = std::env::var_os("AIMDB_LIBRARY") {
        return named.into();
    }
    let test = std::env::current_exe().expect("a running program has a path");
    test.parent().expect("it lies in target/PROFILE/deps").join("libaimdb_ffi.a")
}

/// The words of a variable of the environment.
pub(crate) fn words_of(variable: &str) -> Vec<String> {
    std::env::var(variable).unwrap_or_default().split_whitespace().map(str::to_owned).collect()
}

/// What programs run under, a word each; mostly nothing.
pub(crate) fn under() -> Vec<String> {
    words_of("AIMDB_RUN_UNDER")
}

/// A program that was built, to be run.
pub(crate) fn program(path: &Path) -> Command {
    let words = under();
    let Some((first, others)) = words.split_first() else { return Command::new(path) };
    let mut under = Command::new(first);
    under.args(others).arg(path);
    under
}

/// `make` with what a makefile of the examples must be told to use this library, and to be strict.
pub(crate) fn make(build: &Path) -> Command {
    let flags = |name: &str| format!("{name}=-O1 -Wall -Wextra -Werror -pedantic {}", words_of(name).join(" "));
    let include = Path::new(env!("CARGO_MANIFEST_DIR")).join("include");
    let mut make = Command::new("make");
    make.args(["--no-print-directory", "-k"]);
    make.arg(format!("BUILD={}", build.display()));
    make.arg(format!("AIMDB_CFLAGS=-I{}", include.display()));
    make.arg(format!("AIMDB_LIBS={} {}", library().display(), SYSTEM.join(" ")));
    make.args([flags("CFLAGS"), flags("CXXFLAGS")]);
    make.arg(format!("UNDER={}", under().join(" ")));
    make
}

/// Compiles a program of `tests/c` with the machine's C compiler, links it with the library, runs it, and gives what it
/// has written.
pub(crate) fn c_program(name: &str, arguments: &[String]) -> String {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let mut compile = Command::new(compiler);
    compile.args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic", "-g", "-pthread"]);
    compile.args(words_of("CFLAGS"));
    compile.arg("-I").arg(here.join("include"));
    compile.arg(here.join("tests/c").join(format!("{name}.c")));
    compile.arg(library()).args(SYSTEM).arg("-o").arg(&path);
    let compiled = compile.output().expect("a C compiler is needed: install cc, or set CC");
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let ran = program(&path).args(arguments).output().expect("it was just built");
    assert!(ran.status.success(), "{name}: {}: {}", ran.status, String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).expect("test programs write ASCII")
}

/// The C++ compiler of the machine, or the one that `CXX` names.
pub(crate) fn cxx() -> String {
    std::env::var("CXX").unwrap_or_else(|_| "c++".to_owned())
}

/// Whether all of these can be started. If not, says what is missing and how to get it.
pub(crate) fn are_there(tools: &[&str]) -> bool {
    let is_there = |tool: &&&str| Command::new(tool).arg("--version").output().is_ok();
    let missing: Vec<_> = tools.iter().filter(|tool| !is_there(tool)).copied().collect();
    if missing.is_empty() {
        return true;
    }
    let said = format!("{} is missing: install it (on Debian, g++, clang and make), or set CXX", missing.join(", "));
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{said}");
    eprintln!("skipped: {said}");
    false
}
