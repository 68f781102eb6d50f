//! Which rows are drawn together.

use std::path::Path;
use std::{fs, io};

use crate::answer::Answer;
use crate::svg::drawing;

/// The drawings: the name of the file, its title, and the numbers of the rows in it.
const PLOTS: &[(&str, &str, &[&str])] = &[
    ("queue-one-thread", "A bounded record on one thread", &["1", "2", "3"]),
    ("queue-two-threads", "A bounded record between two threads", &["4", "5", "6"]),
    ("ring-publish", "Publishing into a ring", &["7"]),
    ("ring-fan-out", "A ring from end to end", &["8", "9"]),
    ("latest-mailbox", "The latest value, and the mailbox", &["10", "11", "12"]),
    ("tasks", "Between a thread and a task", &["13"]),
    ("batches", "Batches of 64", &["14"]),
    ("published", "Beside the published AimDB", &["15", "17"]),
    ("memory", "Memory", &["16"]),
    ("guards", "Where physics allows no lead", &["guard"]),
    ("growth", "As the work grows", &["growth"]),
];

/// Draws what was measured into files in `directory`.
///
/// # Errors
///
/// The system's, with the directory or a file.
pub fn write(directory: &Path, footer: &str, answers: &[Answer]) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    for (name, title, numbers) in PLOTS {
        let shown: Vec<&Answer> = answers.iter().filter(|answer| numbers.contains(&answer.number)).collect();
        if !shown.is_empty() {
            fs::write(directory.join(name).with_extension("svg"), drawing(title, footer, &shown))?;
        }
    }
    Ok(())
}
