//! Rows that are measured in several processes, one after another. What is fixed for as long as a process runs (where
//! its memory lies, which of two states a loop is in) happens to every sample of one process alike, so one says
//! nothing about the next.

use std::process::Command;
use std::{env, fs};

use serde_json::Value;

use crate::answer::{Answer, Entry};
use crate::rows::Row;
use crate::statistics::Series;

/// Runs this program so many times with `arguments`, and puts the samples of each row together. A row that was not
/// measured, because it needs more cores than there are, is not among them.
///
/// # Errors
///
/// A sentence that says which run failed, or what it left out.
pub fn measure(rows: Vec<Row>, processes: usize, arguments: &[String]) -> Result<Vec<Answer>, String> {
    let program = env::current_exe().map_err(|error| format!("this program cannot find itself: {error}"))?;
    let file = env::temp_dir().join(format!("aimdb-bench-{}.json", std::process::id()));
    let mut runs = Vec::with_capacity(processes);
    for run in 1..=processes {
        let mut command = Command::new(&program);
        let output = command.args(arguments).arg("--json").arg(&file).output();
        let output = output.map_err(|error| format!("run {run} did not start: {error}"))?;
        if !output.status.success() {
            return Err(format!("run {run}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr)));
        }
        let text = fs::read_to_string(&file).map_err(|error| format!("run {run}: {}: {error}", file.display()))?;
        runs.push(serde_json::from_str::<Value>(&text).map_err(|error| format!("run {run}: {error}"))?);
        println!("process {run} of {processes}");
    }
    fs::remove_file(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    rows.into_iter().filter_map(|row| together(row, &runs).transpose()).collect()
}

/// The samples of a row from all runs.
fn together(row: Row, runs: &[Value]) -> Result<Option<Answer>, String> {
    let of_run = |run: &Value| run["rows"].as_array()?.iter().find(|other| other["row"] == row.name.as_str()).cloned();
    let found: Vec<Value> = runs.iter().filter_map(of_run).collect();
    if found.is_empty() {
        return Ok(None);
    }
    let samples = |name: &str| -> Option<Vec<f64>> {
        let mut all = Vec::new();
        for row in &found {
            let entry = row["contestants"].as_array()?.iter().find(|entry| entry["name"] == name)?;
            all.extend(entry["samples"].as_array()?.iter().filter_map(Value::as_f64));
        }
        Some(all)
    };
    let entry = |contestant: &crate::rows::Contestant| {
        let samples = samples(&contestant.name).filter(|samples| !samples.is_empty());
        let samples = samples.ok_or_else(|| format!("{}: a run left out {}", row.name, contestant.name))?;
        Ok(Entry { name: contestant.name.clone(), class: contestant.class, series: Series::new(samples) })
    };
    let entries = row.contestants.iter().map(entry).collect::<Result<Vec<Entry>, String>>()?;
    let Row { number, name, asks, clock, unit, goal, .. } = row;
    Ok(Some(Answer { number, name, asks, clock, unit, goal, processes: found.len(), entries }))
}
