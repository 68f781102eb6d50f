//! Commands to an actuator: only the latest counts, and it is carried out once.
//!
//! To learn: a `Mailbox` holds one pending value. A newer one supersedes it, whoever takes it first
//! has it, and nobody has it twice. The `on_drop` hook of the record sees each command that was
//! superseded, outside every lock.
#![forbid(unsafe_code)]

use std::error::Error;
use std::sync::{Arc, Mutex};
use std::thread;

use aimdb_sync::{AimDbBuilder, Attach, BufferCfg, DropCause, TryRecvError};

#[derive(Clone, Debug, PartialEq)]
enum Valve {
    Open { percent: u8 },
    Shut,
}

fn main() -> Result<(), Box<dyn Error>> {
    let superseded = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&superseded);
    let mut builder = AimDbBuilder::new();
    builder.configure::<Valve>("valve.command", move |record| {
        record.buffer(BufferCfg::Mailbox).on_drop(move |command, cause| {
            assert_eq!(cause, DropCause::Overwritten);
            log.lock().expect("nobody panics with it").push(command);
        });
    });
    let handle = builder.attach()?;
    let controller = handle.producer::<Valve>("valve.command")?;
    let mut valve = handle.consumer::<Valve>("valve.command")?;

    // The valve is busy while the controller changes its mind twice.
    controller.send(Valve::Open { percent: 20 })?;
    controller.send(Valve::Open { percent: 35 })?;
    controller.send(Valve::Open { percent: 30 })?;
    println!("pending: {:?}", valve.peek());
    println!("superseded: {:?}", superseded.lock().expect("nobody panics with it"));
    assert_eq!(valve.recv()?, Valve::Open { percent: 30 });
    assert_eq!(valve.try_recv(), Err(TryRecvError::Empty), "a command is carried out once");
    println!("carried out once: Open 30 %");

    // `force_send` says what it displaced, so that the sender can account for it.
    controller.send(Valve::Open { percent: 90 })?;
    let displaced = controller.force_send(Valve::Shut)?;
    println!("an emergency stop displaced {displaced:?}");
    assert_eq!(displaced, Some(Valve::Open { percent: 90 }));

    // Two valves on one mailbox compete: one of them has the command.
    let mut spare = valve.subscribe()?;
    let taken = [valve.try_recv(), spare.try_recv()].into_iter().filter(Result::is_ok).count();
    println!("of two valves, {taken} took the command");
    assert_eq!(taken, 1);

    // An actuator thread ends when its mailbox is closed, after what was pending.
    controller.send(Valve::Open { percent: 5 })?;
    controller.close();
    let actuator = thread::spawn(move || valve.iter().collect::<Vec<_>>());
    let last = actuator.join().expect("it does not panic");
    println!("the actuator thread ended after {last:?}");
    assert_eq!(last, [Valve::Open { percent: 5 }]);
    handle.detach()?;
    Ok(())
}
