//! Compiles the programs of `tests/c` with the machine's C compiler, links them with the library, and runs them.
//!
//! `AIMDB_FUZZ_CALLS` is how many calls each of the two threads of `fuzz` makes, 100,000 where nothing else is said.

mod answers;
mod tools;

use answers::{documented, said};
use tools::{c_program, words_of};

/// Runs a program, in which no call may answer what the page of the C interface does not say.
fn run(name: &str) {
    run_with(name, &[]);
}

fn run_with(name: &str, arguments: &[String]) {
    let output = c_program(name, arguments);
    let documented = documented();
    let unknown: Vec<_> = said(&output).filter(|answer| !documented.contains(answer)).collect();
    assert!(unknown.is_empty(), "{name} saw answers that are not in docs/c-api.md: {unknown:?}");
}

#[test]
fn the_main_job_runs_from_c() {
    run("main_job");
}

#[test]
fn m3_the_dump_says_who_waits_for_what() {
    run("dump");
}

#[test]
fn c6_lines_for_an_operator_go_where_c_says() {
    run("log");
}

#[test]
fn one_thread_waits_on_many_ends() {
    run("waitset");
}

#[test]
fn bytes_of_any_number_are_sent_copied_and_shared() {
    run("bytes");
}

#[test]
fn what_is_moved_in_is_freed_once_and_what_is_refused_never() {
    run("moves");
}

#[test]
fn a_value_that_does_not_fit_stays_the_next_one() {
    run("kept");
}

#[test]
fn plain_values_of_any_size_pass_every_call() {
    run("large_plain");
}

#[test]
fn callbacks_are_given_values_of_every_form() {
    run("block_callbacks");
}

#[test]
fn threads_share_blocks_and_each_is_freed_once() {
    run("blocks_crowd");
}

#[test]
fn what_a_program_does_wrong_is_answered() {
    run("abuse");
}

#[test]
fn a_close_waits_for_readers_and_says_what_is_left() {
    run("closing");
}

#[test]
fn a_builder_that_could_not_be_attached_is_as_it_was() {
    run("attach_again");
}

#[test]
fn a_forked_child_is_refused_by_every_call_and_can_attach_its_own() {
    run("forked");
}

#[test]
fn random_calls_over_live_and_dead_handles_are_all_answered() {
    run_with("fuzz", &words_of("AIMDB_FUZZ_CALLS"));
}

#[test]
fn structures_of_an_older_and_of_a_newer_header_are_taken() {
    run("other_headers");
}

#[test]
fn s9_a_loan_is_not_refused_after_it_was_written() {
    run("loan");
}
