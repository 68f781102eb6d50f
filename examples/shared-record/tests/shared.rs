//! Builds the C++ part with the machine's compiler, links it with the Rust part, and compares what it says.

#[path = "../../../aimdb-ffi/tests/tools/mod.rs"]
mod tools;

use std::path::{Path, PathBuf};
use std::process::Command;

use tools::{are_there, cxx};

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The folder that cargo built the library into: that of the test's own program.
fn built() -> PathBuf {
    let test = std::env::current_exe().expect("a running program has a path");
    test.parent().expect("it lies in target/PROFILE/deps").to_owned()
}

fn same(file: &str, text: &str, how: &str) {
    // A checkout may have turned the line ends.
    let committed = std::fs::read_to_string(here().join(file)).expect("it is there").replace("\r\n", "\n");
    assert_eq!(committed, text, "{file} is another: {how}");
}

#[test]
fn the_header_is_that_of_the_records() {
    let how = "cargo run -p shared-record > examples/shared-record/include/room.h";
    same("include/room.h", &shared_record::header(), how);
}

#[test]
fn the_program_runs_and_says_what_it_should() {
    if !are_there(&[&cxx()]) {
        return;
    }
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("shared-record");
    let mut compile = Command::new(cxx());
    compile.args(["-std=c++17", "-Wall", "-Wextra", "-Werror", "-pedantic", "-pthread"]);
    compile.arg("-I").arg(here().join("../../aimdb-ffi/include")).arg("-I").arg(here().join("include"));
    compile.arg(here().join("cpp/main.cpp")).arg(built().join("libshared_record.a"));
    compile.args(["-lpthread", "-ldl", "-lm", "-lc", "-lgcc_s", "-o"]).arg(&program);
    let compiled = compile.output().expect("it was started before");
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
    let ran = Command::new(&program).output().expect("it was just built");
    assert!(ran.status.success(), "{}: {}", ran.status, String::from_utf8_lossy(&ran.stderr));
    same("expected.txt", &String::from_utf8_lossy(&ran.stdout), "the program says otherwise");
}
