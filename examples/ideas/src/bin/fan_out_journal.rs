//! Fan-out with a journal that holds the sender back: nothing is sold before it is written.
//!
//! To learn: on a `Bounded` record that pauses, every cursor gates. The producer cannot overtake
//! the slowest one, and the record says which one that is. A cursor that is dropped stops gating at
//! once and wakes whoever it held up.
#![forbid(unsafe_code)]

use std::error::Error;
use std::thread;
use std::time::Duration;

use aimdb_sync::{AimDbBuilder, Attach, SendError};

#[derive(Clone, Debug, PartialEq)]
struct Trade {
    number: u32,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut builder = AimDbBuilder::new();
    builder.configure::<Trade>("trades", |record| {
        record.bounded(4).pause();
    });
    let handle = builder.attach()?;
    let exchange = handle.producer::<Trade>("trades")?;
    let mut display = handle.consumer::<Trade>("trades")?;
    let mut journal = handle.consumer::<Trade>("trades")?;
    let forgotten = handle.consumer::<Trade>("trades")?;

    for number in 0..4 {
        exchange.send(Trade { number })?;
    }
    let shown: Vec<_> = display.try_iter().collect();
    println!("the display has shown {} trades, the journal has written none", shown.len());

    // The display is through, the other two are not: the producer waits, and knows for whom.
    let refused = exchange.send_timeout(Trade { number: 4 }, Duration::from_millis(5));
    let Err(SendError::Timeout(trade)) = refused else { return Err("the journal holds it back".into()) };
    let stats = handle.stats().remove(0);
    let slowest = stats.slowest.ok_or("somebody is slow")?;
    println!(
        "trade {}: not yet, {} cursors, the slowest has {} unread",
        trade.number, stats.buffer.cursors, slowest.unread
    );
    assert!(slowest.name.contains("fan_out_journal.rs"), "a cursor is named after where it was made");

    // The journal catches up; but one cursor was made that nobody reads. Dropping it helps, also
    // while the producer is already waiting.
    let written: Vec<_> = journal.try_iter().collect();
    assert_eq!(written, shown);
    let selling = thread::spawn(move || {
        for number in 4..20 {
            exchange.send(Trade { number }).expect("the record is open");
        }
        exchange.close();
        exchange.stats().counters
    });
    // The rendezvous: go on when the producer is seen waiting.
    while handle.stats()[0].buffer.waiting_producers == 0 {
        thread::yield_now();
    }
    println!("the exchange waits for the cursor that nobody reads");
    drop(forgotten);

    let showing = thread::spawn(move || display.iter().map(|trade| trade.number).collect::<Vec<_>>());
    let written: Vec<_> = journal.iter().map(|trade| trade.number).collect();
    let shown = showing.join().expect("it does not panic");
    let counted = selling.join().expect("it does not panic");
    println!("journal {written:?}");
    assert_eq!(written, (4..20).collect::<Vec<_>>());
    assert_eq!(shown, written);
    println!("the display has the same, in the same order");
    println!("accepted {}, lost 0", counted.accepted);
    assert_eq!((counted.accepted, counted.lagged, counted.timed_out), (20, 0, 1));
    assert!(counted.blocked >= 1 && counted.blocked_ns > 0);
    handle.detach()?;
    Ok(())
}
