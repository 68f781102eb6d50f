//! A sender that slows down before it is stopped, driven by how full the record is.
//!
//! To learn: pressure can be read before it hurts. `stats()` is one consistent snapshot, so a
//! sender may keep its rate where the reader keeps up (here: halve when it is three quarters full,
//! one more per tick when it is less than half), and `Full` stays the exception instead of the rule.
#![forbid(unsafe_code)]

use std::error::Error;

use aimdb_sync::{AimDbBuilder, Attach, SyncProducer, TrySendError};

/// Additive increase, multiplicative decrease, as TCP does it.
struct Limiter {
    per_tick: u32,
}

impl Limiter {
    fn adapt(&mut self, record: &SyncProducer<u32>) {
        let stats = record.stats();
        if stats.occupancy * 4 >= stats.capacity * 3 {
            self.per_tick = (self.per_tick / 2).max(1);
        } else if stats.occupancy * 2 < stats.capacity {
            self.per_tick += 1;
        }
    }
}

/// Values that the reader takes per tick.
const READS_PER_TICK: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let mut builder = AimDbBuilder::new();
    builder.configure::<u32>("upload", |record| {
        record.bounded(16).fail();
    });
    let handle = builder.attach()?;
    let upload = handle.producer::<u32>("upload")?;
    let mut link = handle.consumer::<u32>("upload")?;

    // A tick stands for a unit of time, so that the program does the same on every machine.
    let mut limiter = Limiter { per_tick: 12 };
    let (mut sent, mut full, mut next) = (0, 0, 0);
    for tick in 0..24 {
        let per_tick = limiter.per_tick;
        for _ in 0..per_tick {
            match upload.try_send(next) {
                Ok(()) => sent += 1,
                Err(TrySendError::Full(_)) => full += 1,
                Err(error) => return Err(error.into()),
            }
            next += 1;
        }
        let occupancy = upload.stats().occupancy;
        println!("tick {tick:>2}: {per_tick:>2} sent, {occupancy:>2} of 16 {}", "#".repeat(occupancy));
        // Now it is at its fullest; the reader comes next.
        limiter.adapt(&upload);
        link.try_iter().take(READS_PER_TICK).for_each(drop);
    }
    println!("sent {sent}, refused {full}");

    let counted = upload.stats().counters;
    assert_eq!((counted.accepted, counted.refused), (sent, full));
    assert!(full * 10 < sent, "the limiter keeps refusals rare");
    assert!(sent >= 24 * READS_PER_TICK as u64 * 8 / 10, "and the link busy");
    handle.detach()?;
    Ok(())
}
