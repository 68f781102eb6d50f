//! The same services over records on the heap and over records in a `static`.
//!
//! To learn: firmware and its test on the host can share their services. Each opens its ends by key, and then runs as a
//! task, a thread here. It knows the three small traits below; they stand on `aimdb-sync` (threads, heap) and on a
//! registry of `aimdb-sync-embassy` (static memory, no allocator, blocking through the port of a kernel), whose calls
//! and errors have the same names. Kinds, policies and numbers are the same, because both stand on one machine.
#![forbid(unsafe_code)]

use std::error::Error;
use std::thread;

use aimdb_sync::{
    AimDbBuilder, AimDbHandle, Attach, BufferCfg, BufferMetrics, DbError, RecvError, SyncConsumer, SyncProducer,
    TryRecvError,
};
use aimdb_sync_embassy::{
    AnyConsumer, AnyProducer, Bounded, CriticalSectionRawMutex, PauseUpstream, Registry, RegistryError, SpmcRing,
    StaticRecord, Threads as Kernel,
};

/// Where services open their ends.
trait Records {
    type Error;
    fn outlet<T: Send + 'static>(&self, key: &'static str) -> Result<impl Outlet<T> + Send, Self::Error>;
    fn inlet<T: Send + 'static>(&self, key: &'static str) -> Result<impl Inlet<T> + Send, Self::Error>;
}

/// Where a service's values go. Waits while the record is full; `false` when it is closed.
trait Outlet<T> {
    fn put(&self, value: T) -> bool;
    fn end(&self);
    fn stats(&self) -> BufferMetrics;
}

/// Where a service's values come from.
trait Inlet<T> {
    /// Waits for the next; `None` when the record is closed and drained.
    fn next(&mut self) -> Option<T>;
}

/// A command.
#[derive(Clone, Copy, Debug)]
struct Step {
    by: i32,
}

/// Service: a ramp of samples.
fn sampler<R: Records>(records: &R, samples: i32) -> Result<impl FnOnce() + Send, R::Error> {
    let out = records.outlet("sample")?;
    Ok(move || {
        (0..samples).take_while(|sample| out.put(*sample)).for_each(drop);
        out.end();
    })
}

/// Service: every sample above the limit becomes a command.
fn controller<R: Records>(records: &R, limit: i32) -> Result<impl FnOnce() + Send, R::Error> {
    let (mut samples, out) = (records.inlet::<i32>("sample")?, records.outlet("step")?);
    Ok(move || {
        while let Some(sample) = samples.next() {
            if sample > limit && !out.put(Step { by: sample - limit }) {
                return;
            }
        }
        out.end();
    })
}

/// Service: adds the commands up.
fn actuator<R: Records>(records: &R) -> Result<impl FnOnce() -> i32 + Send, R::Error> {
    let mut commands = records.inlet::<Step>("step")?;
    Ok(move || {
        let mut position = 0;
        while let Some(command) = commands.next() {
            position += command.by;
        }
        position
    })
}

/// The ends have the same calls with the same errors, so this is written once, too.
macro_rules! ends_of {
    ($records:ty, $error:ty, $producer:ty, $consumer:ty, |$end:ident| $opened:expr) => {
        impl Records for $records {
            type Error = $error;

            fn outlet<T: Send + 'static>(&self, key: &'static str) -> Result<impl Outlet<T> + Send, $error> {
                self.producer::<T>(key).map(|$end| $opened)
            }

            fn inlet<T: Send + 'static>(&self, key: &'static str) -> Result<impl Inlet<T> + Send, $error> {
                self.consumer::<T>(key).map(|$end| $opened)
            }
        }

        impl<T: Send + 'static> Outlet<T> for $producer {
            fn put(&self, value: T) -> bool {
                self.send(value).is_ok()
            }

            fn end(&self) {
                self.close();
            }

            fn stats(&self) -> BufferMetrics {
                self.stats()
            }
        }

        impl<T: Send + 'static> Inlet<T> for $consumer {
            fn next(&mut self) -> Option<T> {
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
    };
}

ends_of!(AimDbHandle, DbError, SyncProducer<T>, SyncConsumer<T>, |end| end);
// On FreeRTOS `Kernel` would be `FreeRtos`.
ends_of!(Registry, RegistryError<'static>, AnyProducer<T, Kernel>, AnyConsumer<T, Kernel>, |end| end.on::<Kernel>());

const SAMPLES: i32 = 100;
const LIMIT: i32 = 90;

/// Two slots more than the capacity: one for a value on its way in, one for a value on its way out.
static SAMPLE: StaticRecord<SpmcRing<128>, i32, CriticalSectionRawMutex, 130> = StaticRecord::new();
static STEP: StaticRecord<Bounded<2, PauseUpstream>, Step, CriticalSectionRawMutex, 4> = StaticRecord::new();
static RECORDS: Registry = Registry::new(&[("sample", &SAMPLE), ("step", &STEP)]);

fn database() -> Result<AimDbHandle, Box<dyn Error>> {
    let mut builder = AimDbBuilder::new();
    builder
        .configure::<i32>("sample", |record| {
            record.buffer(BufferCfg::SpmcRing { capacity: 128 });
        })
        .configure::<Step>("step", |record| {
            record.bounded(2).pause();
        });
    Ok(builder.attach()?)
}

/// All ends are open before the first value is sent, so no reader comes late.
fn run<R: Records>(records: &R) -> Result<(i32, BufferMetrics), R::Error> {
    let (sampling, controlling, actuating) =
        (sampler(records, SAMPLES)?, controller(records, LIMIT)?, actuator(records)?);
    let position = thread::scope(|scope| {
        scope.spawn(sampling);
        scope.spawn(controlling);
        actuating()
    });
    Ok((position, records.outlet::<Step>("step")?.stats()))
}

fn main() -> Result<(), Box<dyn Error>> {
    let handle = database()?;
    let threads = run(&handle)?;
    handle.detach()?;
    let statics = run(&RECORDS)?;
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
