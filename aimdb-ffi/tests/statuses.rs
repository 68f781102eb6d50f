//! Every status that a call can answer is provoked at least once, and no call answers another one.
//!
//! The page of the C interface says which those are. Programs in C provoke them, each by its real cause, and say so; what
//! takes a fault, or a record whose buffer somebody has written, is provoked in [`faulty`].

mod answers;
mod faulty;
mod tools;

use std::collections::BTreeSet;
use std::thread;

use answers::{calls, documented, said};
use tools::c_program;

const PROGRAMS: [&str; 6] = [
    "statuses_handles",
    "statuses_setup",
    "statuses_sending",
    "statuses_receiving",
    "statuses_waiting",
    "statuses_limits",
];

#[test]
fn every_status_of_every_call_is_provoked_and_there_is_no_other() {
    let programs = PROGRAMS.map(|name| thread::spawn(move || c_program(name, &[])));
    let mut provoked = faulty::provoked();
    for program in programs {
        provoked.extend(said(&program.join().expect("it says what is wrong")));
    }
    let documented = documented();
    let rows: BTreeSet<_> = documented.iter().map(|(call, _)| call.clone()).collect();
    assert_eq!(rows, calls(), "the rows of the page (left) are not the functions of aimdb.h (right)");
    let unprovoked: Vec<_> = documented.difference(&provoked).collect();
    assert!(unprovoked.is_empty(), "on the page, and provoked by nothing: {unprovoked:?}");
    let undocumented: Vec<_> = provoked.difference(&documented).collect();
    assert!(undocumented.is_empty(), "provoked, and not on the page: {undocumented:?}");
}
