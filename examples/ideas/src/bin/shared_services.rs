//! The same service functions over records on the heap and over records in a `static`.
//!
//! To learn: firmware and its test on the host can share their services. The functions below know
//! two small traits of their own; one implementation puts them on `aimdb-sync` (threads, heap), the
//! other on `aimdb-sync-embassy` (static memory, no allocator), with the port that an RTOS would
//! replace. Kinds, policies and numbers are the same, because both stand on one machine.
#![forbid(unsafe_code)]

use std::error::Error;
use std::thread;

use aimdb_sync::{AimDbBuilder, Attach, BufferCfg, BufferMetrics, SyncConsumer, SyncProducer, TryRecvError};
use aimdb_sync_embassy::{
    Bounded, CriticalSectionRawMutex, PauseUpstream, Port, Record, SpmcRing, StaticConsumer, StaticProducer,
    StaticRecord, Threads,
};

/// A command.
#[derive(Clone, Copy, Debug)]
struct Step {
    by: i32,
}

/// Where a service's values go. Waits while the record is full; `false` when it is closed.
trait Outlet<T> {
    fn put(&self, value: T) -> bool;
    fn end(&self);
}

/// Where a service's values come from.
trait Inlet<T> {
    /// Waits for the next; `None` when the record is closed and drained.
    fn next(&mut self) -> Option<T>;
}

/// Service: a ramp of samples.
fn sampler(out: &impl Outlet<i32>, samples: i32) {
    (0..samples).take_while(|sample| out.put(*sample)).for_each(drop);
    out.end();
}

/// Service: every sample above the limit becomes a command.
fn controller(mut samples: impl Inlet<i32>, out: &impl Outlet<Step>, limit: i32) {
    while let Some(sample) = samples.next() {
        if sample > limit && !out.put(Step { by: sample - limit }) {
            return;
        }
    }
    out.end();
}

/// Service: adds the commands up.
fn actuator(mut commands: impl Inlet<Step>) -> i32 {
    let mut position = 0;
    while let Some(command) = commands.next() {
        position += command.by;
    }
    position
}

/// On threads, with records on the heap.
mod on_threads {
    use super::{Inlet, Outlet, SyncConsumer, SyncProducer};

    impl<T: Send + 'static> Outlet<T> for SyncProducer<T> {
        fn put(&self, value: T) -> bool {
            self.send(value).is_ok()
        }

        fn end(&self) {
            self.close();
        }
    }

    impl<T: Send + 'static> Inlet<T> for SyncConsumer<T> {
        fn next(&mut self) -> Option<T> {
            self.iter().next()
        }
    }
}

/// In static memory, blocking through a port.
mod on_statics {
    use super::{Inlet, Outlet, Port, Record, StaticConsumer, StaticProducer};
    use aimdb_sync_embassy::RecvError;

    impl<R: Record, P: Port> Outlet<R::Value> for StaticProducer<'_, R, P> {
        fn put(&self, value: R::Value) -> bool {
            self.send(value).is_ok()
        }

        fn end(&self) {
            self.close();
        }
    }

    impl<R: Record, P: Port> Inlet<R::Value> for StaticConsumer<'_, R, P> {
        fn next(&mut self) -> Option<R::Value> {
            // A lag is told once.
            loop {
                match self.recv() {
                    Ok(value) => return Some(value),
                    Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed | RecvError::Misuse(_)) => return None,
                }
            }
        }
    }
}

const SAMPLES: i32 = 100;
const LIMIT: i32 = 90;

/// Two slots more than the capacity: one for a value on its way in, one for a value on its way out.
static SAMPLE: StaticRecord<SpmcRing<128>, i32, CriticalSectionRawMutex, 130> = StaticRecord::new();
static STEP: StaticRecord<Bounded<2, PauseUpstream>, Step, CriticalSectionRawMutex, 4> = StaticRecord::new();

fn with_threads() -> Result<(i32, BufferMetrics), Box<dyn Error>> {
    let mut builder = AimDbBuilder::new();
    builder
        .configure::<i32>("sample", |record| {
            record.buffer(BufferCfg::SpmcRing { capacity: 128 });
        })
        .configure::<Step>("step", |record| {
            record.bounded(2).pause();
        });
    let handle = builder.attach()?;
    let (out, samples) = (handle.producer::<i32>("sample")?, handle.consumer::<i32>("sample")?);
    let (steps, commands) = (handle.producer::<Step>("step")?, handle.consumer::<Step>("step")?);
    let sampling = thread::spawn(move || sampler(&out, SAMPLES));
    let controlling = thread::spawn(move || controller(samples, &steps, LIMIT));
    let position = actuator(commands);
    sampling.join().expect("it does not panic");
    controlling.join().expect("it does not panic");
    let stats = handle.stats().into_iter().find(|stats| stats.record.key == "step").ok_or("it is there")?;
    handle.detach()?;
    Ok((position, stats.buffer))
}

fn with_statics() -> Result<(i32, BufferMetrics), Box<dyn Error>> {
    let (samples, commands) = (SAMPLE.consumer()?, STEP.consumer()?);
    let sampling = thread::spawn(|| sampler(&SAMPLE.producer().on::<Threads>(), SAMPLES));
    // On FreeRTOS these would be tasks, and `Threads` would be `FreeRtos`.
    let controlling =
        thread::spawn(move || controller(samples.on::<Threads>(), &STEP.producer().on::<Threads>(), LIMIT));
    let position = actuator(commands.on::<Threads>());
    sampling.join().expect("it does not panic");
    controlling.join().expect("it does not panic");
    Ok((position, STEP.stats()))
}

fn main() -> Result<(), Box<dyn Error>> {
    let threads = with_threads()?;
    let statics = with_statics()?;
    for (name, (position, record)) in [("threads", &threads), ("statics", &statics)] {
        let counted = record.counters;
        println!("{name}: position {position}, {} steps accepted, {} delivered", counted.accepted, counted.delivered);
    }
    assert_eq!(threads.0, (1..SAMPLES - LIMIT).sum::<i32>());
    assert_eq!(threads.0, statics.0);
    assert_eq!(threads.1.counters.accepted, statics.1.counters.accepted);

    // The answers are the same, too: ten values into a ring of three.
    static RING: StaticRecord<SpmcRing<3>, u32, CriticalSectionRawMutex, 5> = StaticRecord::new();
    let mut reader = RING.consumer()?;
    for value in 0..10 {
        RING.producer().try_send(value)?;
    }
    let told = reader.try_recv();
    println!("a static ring of three, after ten values: {told:?}, then {:?}", reader.try_recv());
    assert_eq!(told, Err(TryRecvError::Lagged(7)));
    Ok(())
}
