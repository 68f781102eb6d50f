//! All four kinds on Tokio: a source, two transforms, a join and taps, and an async program beside.
//!
//! To learn: services are described with their record and run as separate tasks on the runtime
//! threads of the handle; each awaits, none blocks. `SpmcRing` carries the stream, `SingleLatest`
//! the state, `Bounded` the events that must not be lost, `Mailbox` the command. A user's own Tokio
//! task reads the same records with `recv().await`.
#![forbid(unsafe_code)]

use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aimdb_sync::{AimDbBuilder, Attach, BufferCfg, DbError, DbResult};

const SAMPLES: u32 = 12;

/// What the join of speed and limit remembers.
#[derive(Default)]
struct Seen {
    limit: Option<u32>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let log = Arc::new(Mutex::new(Vec::new()));
    let written = Arc::clone(&log);
    let mut builder = AimDbBuilder::new();
    builder
        // A source: a task that writes one record, when the program says go.
        .configure::<u32>("speed", |record| {
            record.buffer(BufferCfg::SpmcRing { capacity: 64 }).source(|context, producer| async move {
                for speed in (0..SAMPLES).map(|sample| sample * 10) {
                    context.sleep(Duration::from_millis(1)).await;
                    producer.produce(speed);
                }
                producer.close();
            });
        })
        // A transform with a memory: the fastest so far, and nothing when it is not faster.
        .configure::<u32>("speed.top", |record| {
            record.buffer(BufferCfg::SingleLatest).transform::<u32>("speed", |from| {
                from.stateful(0, |top, speed| (speed > *top).then(|| *top = speed).map(|()| speed))
            });
        })
        .configure::<u32>("limit", |record| {
            record.buffer(BufferCfg::Mailbox);
        })
        // A join of a stream and a command: an event for each sample above the limit.
        .configure::<String>("too-fast", |record| {
            record.bounded(2).pause().transform_join(|join| {
                join.with_state(Seen::default())
                    .input::<u32>("limit", |seen, limit| {
                        seen.limit = Some(limit);
                        None
                    })
                    .input::<u32>("speed", |seen, speed| {
                        let limit = seen.limit.filter(|limit| speed > *limit)?;
                        Some(format!("{speed} above {limit}"))
                    })
            });
        })
        // A tap: a task that reads one record. It drains, also at the end.
        .configure::<String>("too-fast", move |record| {
            record.tap(|_, mut events| async move {
                while let Ok(event) = events.recv().await {
                    written.lock().expect("nobody panics with it").push(event);
                }
            });
        });
    let db = builder.build()?;
    // The command is there before the services run.
    db.producer::<u32>("limit")?.produce(80);
    let mut stream = db.consumer::<u32>("speed")?;
    let mut events = db.consumer::<String>("too-fast")?;
    let handle = db.attach()?;

    // A program with a Tokio runtime of its own.
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let (sum, seen) = runtime.block_on(async {
        let reading = tokio::spawn(async move {
            let mut sum = 0;
            loop {
                match stream.recv().await {
                    Ok(speed) => sum += speed,
                    Err(DbError::BufferClosed { .. }) => return DbResult::Ok(sum),
                    Err(error) => return Err(error),
                }
            }
        });
        let mut seen = Vec::new();
        // One for each of the three samples above the limit; more would not come.
        while seen.len() < 3 {
            seen.push(events.recv().await?);
        }
        let sum = reading.await??;
        Ok::<_, Box<dyn Error>>((sum, seen))
    })?;
    println!("the task read speeds with the sum {sum}, in full");
    println!("it saw the events {seen:?}");
    assert_eq!(sum, (0..SAMPLES).map(|sample| sample * 10).sum());

    let mut top = handle.consumer::<u32>("speed.top")?;
    handle.shutdown()?;
    println!("the top speed is {}", top.latest()?);
    assert_eq!(top.peek(), Some(110));
    let log = log.lock().expect("nobody panics with it");
    println!("the tap wrote {log:?}");
    assert_eq!(*log, seen);
    assert!(handle.failures().is_empty());
    Ok(())
}
