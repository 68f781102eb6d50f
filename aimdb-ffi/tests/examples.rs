//! Builds the examples in C and C++ as their own makefiles do, and compares what they say with what the same examples
//! say in Rust: `examples/ideas/expected`.

mod tools;

use std::path::Path;

use tools::{are_there, cxx};

/// `make GOAL` in a folder of the examples, against the library that this test was built with.
fn make(folder: &str, goal: &str) {
    let build = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder.replace('/', "-"));
    // What was built before may have been linked with another library.
    let _ = std::fs::remove_dir_all(&build);
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let made = tools::make(&build).arg(goal).current_dir(examples.join(folder)).output();
    let made = made.expect("it was started before");
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
