//! What these tests need beside Rust and a C compiler, and a machine may lack: then they say so and pass, except under
//! `CI=true`.
#![allow(dead_code, reason = "each test binary uses what it needs")]

use std::process::Command;

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
