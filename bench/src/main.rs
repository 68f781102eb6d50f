//! What each kind of record costs, beside its peers, in one run; see README.md.

#![deny(unsafe_code)]

mod answer;
mod attach;
mod clock;
mod counting;
mod fan_out;
mod fenced;
mod goal;
mod link;
mod measure;
mod options;
mod ours;
mod payload;
mod peers;
mod plots;
mod processes;
mod report;
mod rows;
mod statistics;
mod svg;
mod table;
mod tasks;
mod workload;

use std::process::ExitCode;
use std::{env, fs, panic, process};

use answer::Answer;
use clock::{Clock, cores};
use options::{HELP, Options, Task};
use rows::Row;

fn main() -> ExitCode {
    let options = match Options::parse(env::args().skip(1)) {
        Ok(options) => options,
        Err(sentence) => {
            eprintln!("{sentence}");
            return ExitCode::from(2);
        }
    };
    let rows: Vec<Row> = rows::all().into_iter().filter(|row| options.wants(&row.name)).collect();
    if rows.is_empty() {
        eprintln!("no row is called so; see --list");
        return ExitCode::from(2);
    }
    match options.task {
        Task::Help => print!("{HELP}"),
        Task::List => rows.iter().for_each(|row| println!("{:<6} {:<28} {}", row.number, row.name, row.asks)),
        Task::Run => return run(rows, &options),
    }
    ExitCode::SUCCESS
}

fn run(rows: Vec<Row>, options: &Options) -> ExitCode {
    // A row whose other thread has failed would wait for it for ever.
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        print(panic);
        process::exit(101);
    }));
    if options.fenced
        && options.processes == 1
        && let Err(sentence) = fenced::refuse_the_barrier()
    {
        eprintln!("{sentence}");
        return ExitCode::FAILURE;
    }
    let machine = report::machine(options.fenced);
    println!("{machine}\n");
    let answers = match options.processes {
        1 => here(rows, options),
        processes => match processes::measure(rows, processes, &options.passed_on) {
            Ok(answers) => {
                answers.iter().for_each(|answer| println!("{}", table::row(answer)));
                answers
            }
            Err(sentence) => {
                eprintln!("{sentence}");
                return ExitCode::FAILURE;
            }
        },
    };
    println!("{}", table::summary(&answers));
    if let Err(error) = fs::write(&options.json, format!("{:#}\n", report::json(&machine, &answers, options.effort))) {
        eprintln!("{}: {error}", options.json.display());
        return ExitCode::FAILURE;
    }
    println!("written to {}", options.json.display());
    if let Some(directory) = &options.plots
        && let Err(error) = plots::write(directory, &report::footer(&machine), &answers)
    {
        eprintln!("{}: {error}", directory.display());
        return ExitCode::FAILURE;
    }
    let behind: Vec<&str> =
        answers.iter().filter(|answer| is_behind(answer)).map(|answer| answer.name.as_str()).collect();
    if options.check && !behind.is_empty() {
        eprintln!("behind the published aimdb-sync in {}", behind.join(", "));
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// Measures all rows in this process, and says so one after another.
fn here(rows: Vec<Row>, options: &Options) -> Vec<Answer> {
    let mut answers = Vec::with_capacity(rows.len());
    for row in rows {
        if row.clock == Clock::Wall && cores().len() < 2 {
            println!("{}: needs two cores\n", row.name);
            continue;
        }
        let answer = Answer::measure(row, options.effort);
        println!("{}", table::row(&answer));
        answers.push(answer);
    }
    answers
}

/// Whether the published AimDB was faster.
fn is_behind(answer: &Answer) -> bool {
    answer.published().is_some_and(|published| answer.ours().series.ratio_to(&published.series) >= 1.0)
}
