//! A harness for people who test software under backpressure: fill a record, stall its reader,
//! close it in the middle of a send.
//!
//! To learn: every kind of trouble can be made on purpose, without a sleep and without luck. A
//! consumer that exists and does not read *is* the stall; `waiting_producers` says when a sender is
//! really parked; `close` from another thread ends its wait, and the value comes back.
#![forbid(unsafe_code)]

use std::error::Error;
use std::thread;
use std::time::Duration;

use aimdb_sync::{AimDbBuilder, AimDbHandle, Attach, SendError, SyncConsumer, SyncProducer, TrySendError};

type Frame = Vec<u8>;

/// A record under a harness. The software under test gets its producer.
struct Harness {
    handle: AimDbHandle,
    key: &'static str,
    stalled: SyncConsumer<Frame>,
}

impl Harness {
    /// A record whose consumer is there and does not read.
    fn stalled(capacity: usize) -> Result<Self, Box<dyn Error>> {
        let key = "under.test";
        let mut builder = AimDbBuilder::new();
        builder.configure::<Frame>(key, |record| {
            record.bounded(capacity).pause();
        });
        let handle = builder.attach()?;
        let stalled = handle.consumer(key)?;
        Ok(Self { handle, key, stalled })
    }

    fn producer(&self) -> Result<SyncProducer<Frame>, Box<dyn Error>> {
        Ok(self.handle.producer(self.key)?)
    }

    /// Fills the record and says with how many values.
    fn fill(&self) -> Result<usize, Box<dyn Error>> {
        let producer = self.producer()?;
        let mut count = 0;
        // Ends at the record's capacity.
        loop {
            match producer.try_send(vec![0xff]) {
                Ok(()) => count += 1,
                Err(TrySendError::Full(_)) => return Ok(count),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Returns when so many senders are parked.
    fn until_parked(&self, senders: usize) {
        while self.handle.stats()[0].buffer.waiting_producers < senders {
            thread::yield_now();
        }
    }

    /// Lets the consumer read one value.
    fn step(&mut self) -> Result<Frame, Box<dyn Error>> {
        Ok(self.stalled.recv()?)
    }

    fn close(&self) -> Result<(), Box<dyn Error>> {
        self.producer()?.close();
        Ok(())
    }
}

/// The software under test: an uplink that promises to give up after its patience, to go on when
/// the reader does, and to hand back what it could not send.
fn uplink(out: &SyncProducer<Frame>, frame: Frame, patience: Duration) -> Result<(), Frame> {
    out.send_timeout(frame, patience).map_err(SendError::into_inner)
}

fn main() -> Result<(), Box<dyn Error>> {
    // The reader stalls: the uplink gives up, and the frame comes back.
    let mut harness = Harness::stalled(3)?;
    println!("filled with {}", harness.fill()?);
    let out = harness.producer()?;
    let frame = vec![1, 2, 3];
    let address = frame.as_ptr();
    let back = uplink(&out, frame, Duration::from_millis(1)).expect_err("there is no space");
    assert_eq!(back.as_ptr(), address, "not a copy: the very same frame");
    println!("stalled: the frame came back after the uplink's patience");

    // The reader goes on: so does an uplink that is parked.
    let parked = thread::spawn(move || uplink(&out, back, Duration::MAX));
    harness.until_parked(1);
    harness.step()?;
    assert_eq!(parked.join().expect("it does not panic"), Ok(()));
    println!("resumed: the parked uplink went on");

    // The record is closed in the middle of three sends: nobody hangs, and nothing is lost.
    let senders: Vec<_> = (0..3)
        .map(|number| {
            let out = harness.producer()?;
            Ok(thread::spawn(move || uplink(&out, vec![number], Duration::MAX)))
        })
        .collect::<Result<_, Box<dyn Error>>>()?;
    harness.until_parked(3);
    harness.close()?;
    let mut back: Vec<_> =
        senders.into_iter().map(|sender| sender.join().expect("it does not panic").expect_err("closed")).collect();
    back.sort();
    println!("closed in the middle of a send: {back:?} came back");
    assert_eq!(back, [[0], [1], [2]]);

    // What was accepted before can still be read, to the last.
    let read: Vec<_> = harness.stalled.iter().collect();
    println!("drained: {read:?}");
    assert_eq!(read, [vec![0xff], vec![0xff], vec![1, 2, 3]]);
    let counted = harness.handle.stats().remove(0).buffer.counters;
    println!("accepted {}, refused {}, timed out {}", counted.accepted, counted.refused, counted.timed_out);
    assert_eq!((counted.accepted, counted.refused, counted.timed_out), (4, 4, 1));
    harness.handle.detach()?;
    Ok(())
}
