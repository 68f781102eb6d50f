//! Programs in C, compiled and run; and what some tests need beside Rust and a C compiler, and a machine may lack: then
//! they say so and pass, except under `CI=true`.
#![allow(dead_code, reason = "each test binary uses what it needs")]

use std::path::{Path, PathBuf};
use std::process::Command;

/// What the static library needs of the system; rustc names it with `--print native-static-libs`.
const SYSTEM: [&str; 5] = ["-lpthread", "-ldl", "-lm", "-lc", "-lgcc_s"];

/// The folder that cargo built the libraries into: that of the test's own program.
fn built() -> PathBuf {
    let test = std::env::current_exe().expect("a running program has a path");
    test.parent().expect("it lies in target/PROFILE/deps").to_owned()
}

/// Compiles a program of `tests/c` with the machine's C compiler, links it with the library, runs it, and gives what it
/// has written.
pub(crate) fn c_program(name: &str) -> String {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let mut compile = Command::new(compiler);
    compile.args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-pedantic", "-g", "-pthread"]);
    compile.arg("-I").arg(here.join("include"));
    compile.arg(here.join("tests/c").join(format!("{name}.c")));
    compile.arg(built().join("libaimdb_ffi.a")).args(SYSTEM).arg("-o").arg(&program);
    let compiled = compile.output().expect("a C compiler is needed: install cc, or set CC");
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let ran = Command::new(&program).output().expect("it was just built");
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
