//! Configuration for everybody: the newest value, for readers that come early, late or seldom.
//!
//! To learn: `SingleLatest` hands each reader each change, but only the newest one: what was
//! overwritten before it looked is skipped without an error. One that comes late sees the current
//! value once. `peek` looks without a cursor moving. A reader that waits for a change with a timeout
//! has a timer that a new configuration interrupts.
#![forbid(unsafe_code)]

use std::error::Error;
use std::thread;
use std::time::Duration;

use aimdb_sync::{AimDbBuilder, Attach, BufferCfg, RecvTimeoutError, TryRecvError};

#[derive(Clone, Debug, PartialEq)]
struct Config {
    revision: u32,
    gain: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut builder = AimDbBuilder::new();
    builder.configure::<Config>("control.config", |record| {
        record.buffer(BufferCfg::SingleLatest);
    });
    let handle = builder.attach()?;
    let operator = handle.producer::<Config>("control.config")?;
    let mut early = handle.consumer::<Config>("control.config")?;

    assert_eq!(early.try_recv(), Err(TryRecvError::Empty));
    println!("before the first revision there is nothing: {:?}", early.peek());

    for revision in 1..=5 {
        operator.send(Config { revision, gain: 0.5 * f64::from(revision) })?;
    }
    let seen = early.recv()?;
    println!("the early reader looked once and saw revision {}, gain {}", seen.revision, seen.gain);
    assert_eq!(seen.revision, 5);
    assert_eq!(early.try_recv(), Err(TryRecvError::Empty), "a value is news once");

    // Who comes late starts with the current value; nobody has to send it again.
    let mut late = handle.consumer::<Config>("control.config")?;
    println!("the late reader begins with revision {}", late.recv()?.revision);

    // A control loop whose rest between two steps is the wait for a change.
    let control = thread::spawn(move || {
        let mut config = late.peek().expect("there is one");
        let mut steps = 0;
        loop {
            match late.recv_timeout(Duration::from_millis(1)) {
                Ok(new) => config = new,
                Err(RecvTimeoutError::Timeout) => steps += 1,
                Err(_closed) => return (config, steps),
            }
        }
    });
    operator.send(Config { revision: 6, gain: 9.0 })?;
    operator.close();
    let (config, _steps) = control.join().expect("it does not panic");
    println!("the control loop ended with revision {}, when the record was closed", config.revision);
    assert_eq!(config.revision, 6);

    let counted = operator.stats().counters;
    println!("accepted {}, of which {} were overwritten by a newer one", counted.accepted, counted.overwritten);
    assert_eq!((counted.accepted, counted.refused), (6, 0));
    handle.detach()?;
    Ok(())
}
