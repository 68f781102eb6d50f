//! A work queue: several workers share one cursor, so each job is done once.
//!
//! To learn: *cloning* a consumer shares its cursor (each value goes to one of them), *subscribing*
//! makes a new one (each value goes to both). With one cursor a value is moved, never cloned, so a
//! job needs no `Clone`: it may carry the channel for its own answer.
#![forbid(unsafe_code)]

use std::error::Error;
use std::sync::mpsc;
use std::thread;

use aimdb_sync::{AimDbBuilder, Attach};

/// Not `Clone`: there is one of it.
struct Job {
    number: u64,
    answer: mpsc::Sender<(u64, u64)>,
}

const JOBS: u64 = 200;
const WORKERS: usize = 4;

fn main() -> Result<(), Box<dyn Error>> {
    let mut builder = AimDbBuilder::new();
    builder.configure::<Job>("jobs", |record| {
        record.work_queue(8).pause();
    });
    let handle = builder.attach()?;
    let jobs = handle.producer::<Job>("jobs")?;
    let first = handle.consumer::<Job>("jobs")?;
    assert!(handle.consumer::<Job>("jobs").is_err(), "a second cursor would need a clone of each job");

    let workers: Vec<_> = (0..WORKERS)
        .map(|_| {
            let mut worker = first.clone();
            thread::spawn(move || {
                let mut done = 0_u64;
                for Job { number, answer } in worker.iter() {
                    let _ = answer.send((number, number * number));
                    done += 1;
                }
                done
            })
        })
        .collect();
    // The workers have shares of their own; one that nobody reads from is no harm, but no use.
    drop(first);

    let (answer, answers) = mpsc::channel();
    for number in 0..JOBS {
        // Waits while the workers have their hands full.
        jobs.send(Job { number, answer: answer.clone() })?;
    }
    drop(answer);
    jobs.close();

    let done: u64 = workers.into_iter().map(|worker| worker.join().expect("it does not panic")).sum();
    let mut squares: Vec<_> = answers.iter().collect();
    squares.sort_unstable();
    println!("{WORKERS} workers did {done} jobs");
    println!("the last answer is {:?}", squares.last());
    assert_eq!(done, JOBS);
    assert_eq!(squares, (0..JOBS).map(|number| (number, number * number)).collect::<Vec<_>>(), "each exactly once");
    println!("each job was done exactly once");
    handle.detach()?;
    Ok(())
}
