//! One thread serves many records: it waits for all of them at once, in a wait set.
//!
//! To learn: the set is told which ends to watch, by a token for each; the ends stay with the thread
//! that uses them. A wait says which are ready, for as long as they are: whoever reads one value and
//! comes back is told again, so a busy record starves no quiet one. Room in a record, a timer, and the
//! end of a record are waited for in the same way, and no end needs a thread of its own.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::error::Error;
use std::thread;
use std::time::Duration;

use aimdb_sync::{AimDbBuilder, Attach, SyncConsumer, TryRecvError, WaitSet};

const SENSORS: [&str; 5] = ["north", "east", "south", "west", "roof"];
const READINGS: u32 = 200;
const REPORT: u64 = 100;
const TICK: u64 = 101;

fn main() -> Result<(), Box<dyn Error>> {
    let mut builder = AimDbBuilder::new();
    for key in SENSORS {
        builder.configure::<u32>(key, |record| {
            record.bounded(4);
        });
    }
    // Its reader takes its time: the one thread must not wait for room there while sensors call.
    builder.configure::<String>("report", |record| {
        record.bounded(1);
    });
    let handle = builder.attach()?;

    let sensors: Vec<_> = SENSORS
        .iter()
        .map(|key| {
            let sensor = handle.producer::<u32>(*key)?;
            Ok(thread::spawn(move || {
                for reading in 1..=READINGS {
                    sensor.send(reading).expect("it is read to the end");
                }
                sensor.close();
            }))
        })
        .collect::<Result<_, Box<dyn Error>>>()?;
    let mut reports = handle.consumer::<String>("report")?;
    let printer = thread::spawn(move || reports.iter().collect::<Vec<_>>());

    let report = handle.producer::<String>("report")?;
    let mut open: BTreeMap<u64, SyncConsumer<u32>> = BTreeMap::new();
    let set = WaitSet::new();
    for (token, key) in (0..).zip(SENSORS) {
        let consumer = handle.consumer::<u32>(key)?;
        set.add_consumer(&consumer, token)?;
        open.insert(token, consumer);
    }
    let tick = set.add_timer(TICK, Duration::ZERO, Some(Duration::from_millis(1)))?;

    let mut sums = [0; SENSORS.len()];
    let (mut ticks, mut unsent) = (0, Vec::new());
    let mut ready = [0; 3];
    while !open.is_empty() {
        let count = set.wait(&mut ready)?;
        for &token in &ready[..count] {
            match token {
                TICK => ticks += 1,
                sensor => match open.get_mut(&sensor).map(SyncConsumer::try_recv) {
                    Some(Ok(reading)) => sums[sensor as usize] += reading,
                    Some(Err(TryRecvError::Closed)) => {
                        // Dropping the consumer takes it out of the set.
                        open.remove(&sensor);
                        unsent.push(format!("{}: {}", SENSORS[sensor as usize], sums[sensor as usize]));
                    }
                    Some(Err(_)) | None => {}
                },
            }
        }
    }
    assert!(ticks > 0 && set.remove(tick));
    unsent.sort();

    // The same set waits for room, now that there is something to send.
    set.add_producer(&report, REPORT)?;
    for line in unsent {
        assert_eq!((set.wait(&mut ready)?, ready[0]), (1, REPORT));
        report.try_send(line)?;
    }
    report.close();
    let printed = printer.join().expect("it does not panic");
    sensors.into_iter().for_each(|sensor| sensor.join().expect("it does not panic"));
    println!("one thread served {} records", SENSORS.len());
    printed.iter().for_each(|line| println!("{line}"));
    assert_eq!(sums, [READINGS * (READINGS + 1) / 2; SENSORS.len()], "each reading once");
    println!("each reading was taken exactly once");
    handle.detach()?;
    Ok(())
}
