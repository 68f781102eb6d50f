//! A hot loop that may never wait: what does not fit is dropped by the caller, and counted.
//!
//! To learn: `try_send` on a record with the policy `Fail` never waits, and its `Full` is the
//! record's own fullness at that moment, for there is no channel in between. The caller's count and
//! the record's count agree to the last value.
#![forbid(unsafe_code)]

use std::error::Error;
use std::sync::Barrier;
use std::thread;

use aimdb_sync::{AimDbBuilder, Attach, TrySendError};

const BURSTS: u64 = 10;
const BURST: u64 = 1000;
const CAPACITY: usize = 64;

fn main() -> Result<(), Box<dyn Error>> {
    let mut builder = AimDbBuilder::new();
    builder.configure::<u64>("isr.samples", |record| {
        record.bounded(CAPACITY).fail();
    });
    let handle = builder.attach()?;
    let samples = handle.producer::<u64>("isr.samples")?;
    let mut reader = handle.consumer::<u64>("isr.samples")?;

    // The two take turns here so that the numbers come out the same each time; without the
    // barrier the loop would drop more or less, and the account would balance all the same.
    let turn = Barrier::new(2);
    let (dropped, sum) = thread::scope(|scope| {
        let hot_loop = scope.spawn(|| {
            let samples = samples;
            let mut dropped = 0_u64;
            for burst in 0..BURSTS {
                for sample in burst * BURST..(burst + 1) * BURST {
                    match samples.try_send(sample) {
                        Ok(()) => {}
                        Err(TrySendError::Full(_)) => dropped += 1,
                        Err(error) => panic!("the record stays open: {error}"),
                    }
                }
                turn.wait();
                turn.wait();
            }
            samples.close();
            dropped
        });
        let mut sum = 0;
        for _ in 0..BURSTS {
            turn.wait();
            sum += reader.try_iter().sum::<u64>();
            turn.wait();
        }
        (hot_loop.join().expect("it does not panic"), sum)
    });

    let counted = handle.stats().remove(0).buffer.counters;
    println!("offered {}", counted.offered());
    println!("accepted {}", counted.accepted);
    println!("refused {}, and the loop counted {dropped} drops", counted.refused);
    println!("the reader has the sum {sum}");
    assert_eq!(counted.offered(), BURSTS * BURST);
    assert_eq!(counted.accepted, BURSTS * CAPACITY as u64);
    assert_eq!(counted.refused, dropped);
    assert_eq!(counted.blocked, 0, "a hot loop never waits");
    assert_eq!(reader.stats().counters.delivered, counted.accepted);
    handle.detach()?;
    Ok(())
}
