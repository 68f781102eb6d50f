//! A command queue that must not lose a command, and one command that must not wait.
//!
//! To learn: what to do about `Full`. The refused value travels back, so the caller can try again
//! with a little patience (`send_timeout`), and when that does not help, escalate: here, to an
//! emergency stop that makes room for itself (`force_send`) and says what it displaced.
#![forbid(unsafe_code)]

use std::error::Error;
use std::time::Duration;

use aimdb_sync::{AimDbBuilder, Attach, SendError, SyncProducer, TrySendError};

#[derive(Clone, Debug, PartialEq)]
enum Command {
    Move { step: u32 },
    EmergencyStop,
}

/// What became of a command.
#[derive(Debug, PartialEq)]
enum Outcome {
    Queued,
    QueuedAfter { tries: u32 },
    Escalated { displaced: Option<Command>, given_up: Command },
}

const TRIES: u32 = 3;

fn issue(queue: &SyncProducer<Command>, command: Command) -> Result<Outcome, Box<dyn Error>> {
    let mut command = match queue.try_send(command) {
        Ok(()) => return Ok(Outcome::Queued),
        Err(TrySendError::Full(command)) => command,
        Err(error) => return Err(error.into()),
    };
    for tries in 1..=TRIES {
        match queue.send_timeout(command, Duration::from_millis(2)) {
            Ok(()) => return Ok(Outcome::QueuedAfter { tries }),
            Err(SendError::Timeout(back)) => command = back,
            Err(error) => return Err(error.into()),
        }
    }
    let displaced = queue.force_send(Command::EmergencyStop)?;
    Ok(Outcome::Escalated { displaced, given_up: command })
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut builder = AimDbBuilder::new();
    builder.configure::<Command>("robot.commands", |record| {
        record.bounded(2).pause();
    });
    let handle = builder.attach()?;
    let queue = handle.producer::<Command>("robot.commands")?;
    let mut robot = handle.consumer::<Command>("robot.commands")?;

    // The robot works: commands are queued.
    for step in 1..=2 {
        println!("step {step}: {:?}", issue(&queue, Command::Move { step })?);
    }
    println!("the robot does {:?}", robot.recv()?);
    println!("step 3: {:?}", issue(&queue, Command::Move { step: 3 })?);

    // The robot hangs: the queue stays full, and the caller is told within its patience.
    let outcome = issue(&queue, Command::Move { step: 4 })?;
    println!("step 4: {outcome:?}");
    let displaced = Some(Command::Move { step: 2 });
    assert_eq!(outcome, Outcome::Escalated { displaced, given_up: Command::Move { step: 4 } });

    // What the robot finds when it comes back. The displaced command is told as a lag.
    queue.close();
    let mut rest = robot.iter();
    let found: Vec<_> = rest.by_ref().collect();
    println!("the robot finds {found:?}, and that {} command was displaced", rest.lost());
    assert_eq!(found, [Command::Move { step: 3 }, Command::EmergencyStop]);

    let counted = queue.stats().counters;
    println!(
        "offered {} = accepted {} + refused {} + timed out {}",
        counted.offered(),
        counted.accepted,
        counted.refused,
        counted.timed_out
    );
    assert_eq!((counted.accepted, counted.refused, counted.timed_out), (4, 1, u64::from(TRIES)));
    handle.detach()?;
    Ok(())
}
