//! A telemetry ring: the sensor never waits, and a slow reader is told exactly what it missed.
//!
//! To learn: `SpmcRing` keeps the last `capacity` values for every reader that is not too slow. A
//! reader that was overtaken gets `Lagged(n)` once and goes on at the oldest value that is still
//! there; an iterator skips the gap and counts it.
#![forbid(unsafe_code)]

use std::error::Error;
use std::thread;

use aimdb_sync::{AimDbBuilder, Attach, BufferCfg, RecvError, RecvTimeoutError};

#[derive(Clone, Debug, PartialEq)]
struct Reading {
    number: u32,
    celsius: f32,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut builder = AimDbBuilder::new();
    builder.configure::<Reading>("boiler.temperature", |record| {
        record.buffer(BufferCfg::SpmcRing { capacity: 3 });
    });
    let handle = builder.attach()?;

    let sensor = handle.producer::<Reading>("boiler.temperature")?;
    let mut follower = handle.consumer::<Reading>("boiler.temperature")?;
    let mut slow = handle.consumer::<Reading>("boiler.temperature")?;
    let mut report = slow.subscribe()?;

    // The sensor on a thread of its own, and on the same thread a reader that keeps up.
    let sampling = thread::spawn(move || {
        let mut warmest = f32::MIN;
        for number in 0..10 {
            let reading = Reading { number, celsius: 60.0 + number as f32 / 2.0 };
            sensor.send(reading).expect("a ring refuses nothing while it is open");
            let seen = follower.recv().expect("it is there");
            warmest = warmest.max(seen.celsius);
        }
        sensor.close();
        println!("the follower saw all 10, the warmest was {warmest} °C");
        assert_eq!(follower.stats().counters.lagged, 0);
    });
    sampling.join().expect("the sensor does not panic");

    // The slow reader comes when all is over: 10 values into 3 places.
    let Err(RecvError::Lagged(missed)) = slow.recv() else { return Err("it was overtaken".into()) };
    println!("the slow reader missed {missed} and goes on:");
    assert_eq!(missed, 7);
    // `Lagged` is told once; then come the values that are left, then the end.
    loop {
        match slow.recv_timeout(std::time::Duration::ZERO) {
            Ok(Reading { number, celsius }) => println!("  number {number}: {celsius} °C"),
            Err(RecvTimeoutError::Closed) => break,
            Err(error) => return Err(error.into()),
        }
    }

    // The same with an iterator, which skips the gap.
    let mut readings = report.iter();
    let numbers: Vec<_> = readings.by_ref().map(|reading| reading.number).collect();
    println!("the report has {numbers:?} and knows that {} are lost", readings.lost());
    assert_eq!((numbers, readings.lost()), (vec![7, 8, 9], 7));

    // Nothing is unaccounted for.
    let seen = slow.stats().counters;
    assert_eq!(seen.accepted, seen.delivered + seen.lagged);
    println!("accepted {} = delivered {} + lagged {}", seen.accepted, seen.delivered, seen.lagged);
    handle.detach()?;
    Ok(())
}
