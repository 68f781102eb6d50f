//! The oracle, for a while. `AIMDB_SEED=n` runs the schedule of that seed alone, many times over.

use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use aimdb_tests::oracle;
use aimdb_tests::random::Random;
use aimdb_tests::watchdog::within;

/// How long new schedules are tried.
const BUDGET: Duration = Duration::from_secs(14);

fn run(seed: u64) {
    within(30, &format!("oracle, AIMDB_SEED={seed}"), || oracle::run(seed));
}

#[test]
fn k6_k7_m1_m5_any_schedule_keeps_the_contract() {
    if let Some(seed) = std::env::var("AIMDB_SEED").ok().and_then(|seed| seed.parse().ok()) {
        // The seed gives the plan; how its threads meet differs each time.
        (0..2_000).for_each(|_| run(seed));
        return;
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut seeds = Random::new(u64::try_from(now.as_nanos() & u128::from(u64::MAX)).unwrap_or_default());
    let begin = Instant::now();
    // Most schedules wait most of the time, so several run beside each other.
    let schedules: u32 = thread::scope(|scope| {
        let workers: Vec<_> = (0..4)
            .map(|_| {
                let mut seeds = seeds.fork();
                scope.spawn(move || {
                    let mut schedules = 0;
                    while begin.elapsed() < BUDGET {
                        run(seeds.next_u64());
                        schedules += 1;
                    }
                    schedules
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().expect("see its message")).sum()
    });
    println!("{schedules} schedules");
}
