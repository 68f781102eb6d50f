//! Builds the examples in C and C++ as their own makefiles do, and compares what they say with what the same examples
//! say in Rust: `examples/ideas/expected`.

mod tools;

use std::path::{Path, PathBuf};
use std::process::Command;

use tools::{are_there, cxx};

/// What the static library needs of the system; rustc names it with `--print native-static-libs`.
const SYSTEM: &str = "-lpthread -ldl -lm -lc -lgcc_s";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// `make GOAL` in a folder of the examples, against the library that this test was built with.
fn make(folder: &str, goal: &str) {
    let test = std::env::current_exe().expect("a running program has a path");
    let library = test.parent().expect("it lies in target/PROFILE/deps").join("libaimdb_ffi.a");
    let build = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder.replace('/', "-"));
    // What was built before may have been linked with another library.
    let _ = std::fs::remove_dir_all(&build);
    let made = Command::new("make")
        .args(["--no-print-directory", "-k", goal])
        .arg(format!("BUILD={}", build.display()))
        .arg(format!("AIMDB_CFLAGS=-I{}", root().join("aimdb-ffi/include").display()))
        .arg(format!("AIMDB_LIBS={} {SYSTEM}", library.display()))
        .args(["CFLAGS=-O1 -Wall -Wextra -Werror -pedantic", "CXXFLAGS=-O1 -Wall -Wextra -Werror -pedantic"])
        .current_dir(root().join("examples").join(folder))
        .output()
        .expect("it was started before");
    let (out, err) = (String::from_utf8_lossy(&made.stdout), String::from_utf8_lossy(&made.stderr));
    assert!(made.status.success(), "make {goal} in {folder}: {}\n{out}\n{err}", made.status);
}

#[test]
fn the_examples_in_c_say_what_those_in_rust_say() {
    if are_there(&["make"]) {
        make("c", "check");
    }
}

#[test]
fn the_examples_in_cpp_say_what_those_in_rust_say() {
    if are_there(&["make", &cxx()]) {
        make("cpp", "check");
    }
}
