//! The model checker that this build is for: its threads, its way to block, and its search.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, Once};
use std::time::Instant;

#[cfg(loom)]
pub use loom::{future::block_on, sync::atomic::AtomicUsize as ModelAtomic, thread};
#[cfg(all(shuttle, not(loom)))]
pub use shuttle::{future::block_on, sync::atomic::AtomicUsize as ModelAtomic, thread};

/// Model runs go one at a time: the model's clock is one for all.
static ALONE: Mutex<()> = Mutex::new(());

/// Loom prints to standard error at each lock, so that is thrown away and panics go to standard
/// output.
fn tell_panics_on_stdout() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| std::panic::set_hook(Box::new(|panic| println!("{panic}"))));
}

fn number_from(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Runs the scenario under every schedule with at most this many preemptions, or
/// `MODEL_PREEMPTIONS`, and in no case more than `MODEL_MOST_PREEMPTIONS`.
#[cfg(loom)]
pub fn explore(name: &str, preemptions: usize, scenario: fn()) {
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    tell_panics_on_stdout();
    let preemptions = number_from("MODEL_PREEMPTIONS").unwrap_or(preemptions as u64);
    let preemptions = number_from("MODEL_MOST_PREEMPTIONS").map_or(preemptions, |most| most.min(preemptions)) as usize;
    let executions = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&executions);
    let started = Instant::now();
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.max_branches = 50_000;
    let search = std::panic::AssertUnwindSafe(|| {
        builder.check(move || {
            count.fetch_add(1, Ordering::Relaxed);
            aimdb_core::waiting::set_model_clock(0);
            scenario();
        });
    });
    let outcome = std::panic::catch_unwind(search);
    let (runs, time) = (executions.load(Ordering::Relaxed), started.elapsed().as_secs_f64());
    let verdict = if outcome.is_ok() { "holds" } else { "FAILS" };
    println!("model {name}: {verdict}, {runs} executions, {preemptions} preemptions, {time:.1} s");
    if let Err(panic) = outcome {
        std::panic::resume_unwind(panic);
    }
}

/// Runs the scenario under `runs` random schedules and as many with random priorities that change
/// three times; `MODEL_RUNS` overrides how many. `MODEL_SEED` repeats a run; a failure prints the
/// schedule too.
#[cfg(all(shuttle, not(loom)))]
pub fn sample(name: &str, runs: usize, scenario: fn()) {
    use shuttle::scheduler::{PctScheduler, RandomScheduler};
    let _alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    tell_panics_on_stdout();
    let runs = number_from("MODEL_RUNS").map_or(runs, |runs| runs as usize);
    let seed = number_from("MODEL_SEED").unwrap_or(0x00A1_3DB0);
    let executions = Arc::new(AtomicUsize::new(0));
    let started = Instant::now();
    println!("sample {name}: seed {seed}");
    let step = {
        let executions = Arc::clone(&executions);
        move || {
            executions.fetch_add(1, Ordering::Relaxed);
            aimdb_core::waiting::set_model_clock(0);
            scenario();
        }
    };
    let config = || {
        let mut config = shuttle::Config::new();
        config.stack_size = 1 << 18;
        config
    };
    shuttle::Runner::new(RandomScheduler::new_from_seed(seed, runs), config()).run(step.clone());
    shuttle::Runner::new(PctScheduler::new_from_seed(seed, 3, runs), config()).run(step);
    let (runs, time) = (executions.load(Ordering::Relaxed), started.elapsed().as_secs_f64());
    println!("sample {name}: holds, {runs} executions, {time:.1} s");
}
