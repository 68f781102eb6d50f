//! What cannot block is refused, whatever call it makes, and the value travels back; one try is none that blocks.
#![no_std]
#![no_main]

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use aimdb_sync_embassy::{
    Bounded, CriticalSectionRawMutex as Raw, Deadline, FlushError, FreeRtos, Misuse, RecvError, RecvTimeoutError,
    SendError, StaticRecord, SubscribeError, Ticks, TryRecvError, TrySendError,
};
use board::{Interrupt, check, interrupt};
use checks::checks;
use freertos::{Scheduler, Suspended};

static QUEUE: StaticRecord<Bounded<2>, u32, Raw, 5> = StaticRecord::new();

checks! {
    first: before_the_scheduler_runs;
    in_an_interrupt
    with_the_scheduler_suspended
    in_a_critical_section_of_the_kernel
    with_all_interrupts_masked
    after_all_that_a_task_blocks_as_ever
    one_cursor_too_many
    after_close
}

/// Each call that blocks is refused, with and without room, and each that does not works.
fn refused() {
    let producer = QUEUE.producer().on::<FreeRtos>();
    let mut reader = QUEUE.consumer().expect("the one cursor is free").on::<FreeRtos>();
    let misuse = Misuse::CannotBlock;
    let before = QUEUE.stats().counters;
    for round in 0..2 {
        // The second round finds a value, and the third place of none.
        check!(producer.send(1) == Err(SendError::Misuse(1, misuse)));
        check!(producer.send_timeout(2, Ticks(1)) == Err(SendError::Misuse(2, misuse)));
        check!(producer.send_deadline(3, Deadline::Never) == Err(SendError::Misuse(3, misuse)));
        check!(producer.send_deadline(4, Deadline::At(1)) == Err(SendError::Misuse(4, misuse)));
        check!(producer.flush(Ticks(1)) == Err(FlushError::Misuse(misuse)));
        check!(reader.recv() == Err(RecvError::Misuse(misuse)));
        check!(reader.recv_timeout(Ticks(1)) == Err(RecvTimeoutError::Misuse(misuse)));
        check!(reader.recv_deadline(Deadline::Never) == Err(RecvTimeoutError::Misuse(misuse)));
        check!(reader.latest_timeout(Ticks(1)) == Err(RecvTimeoutError::Misuse(misuse)));
        if round == 0 {
            check!(reader.recv_timeout(Ticks(0)) == Err(RecvTimeoutError::Timeout));
            check!(producer.send_timeout(5, Ticks(0)) == Ok(()));
            check!(producer.try_send(6) == Ok(()));
            check!(producer.try_send(7) == Err(TrySendError::Full(7)));
            check!(producer.send_timeout(8, Ticks(0)) == Err(SendError::Timeout(8)));
            check!(producer.flush(Ticks(0)) == Err(FlushError::Timeout));
        }
    }
    check!(reader.recv_timeout(Ticks(0)) == Ok(5));
    check!(reader.try_recv() == Ok(6));
    check!(reader.try_recv() == Err(TryRecvError::Empty));
    let stats = QUEUE.stats();
    check!(stats.counters.offered() == before.offered() + 4);
    check!(stats.waiting_producers == 0 && stats.waiting_consumers == 0 && stats.occupancy == 0);
}

fn before_the_scheduler_runs() {
    check!(Scheduler::state() == Scheduler::NotStarted);
    refused();
}

static INTERRUPTS: AtomicU32 = AtomicU32::new(0);
interrupt!(SOFT0, in_it);

fn in_it() {
    refused();
    INTERRUPTS.fetch_add(1, Relaxed);
}

fn in_an_interrupt() {
    Interrupt::Soft0.enable(Interrupt::KERNEL);
    Interrupt::Soft0.pend();
    Interrupt::Soft0.pend();
    check!(INTERRUPTS.load(Relaxed) == 2);
}

fn with_the_scheduler_suspended() {
    let _suspended = Suspended::now();
    refused();
}

fn in_a_critical_section_of_the_kernel() {
    freertos::scheduler::critical(refused);
}

fn with_all_interrupts_masked() {
    critical_section::with(|_| refused());
}

fn after_all_that_a_task_blocks_as_ever() {
    let producer = QUEUE.producer().on::<FreeRtos>();
    let mut reader = QUEUE.consumer().expect("the one cursor is free").on::<FreeRtos>();
    check!(producer.send(1) == Ok(()));
    check!(producer.send(2) == Ok(()));
    check!(producer.send_timeout(3, Ticks(2)) == Err(SendError::Timeout(3)));
    check!(reader.recv() == Ok(1));
    check!(reader.recv() == Ok(2));
    check!(reader.recv_timeout(Ticks(2)) == Err(RecvTimeoutError::Timeout));
}

fn one_cursor_too_many() {
    let first = QUEUE.consumer();
    check!(first.is_ok());
    check!(QUEUE.consumer().is_err_and(|error| error == SubscribeError::NoPlace));
    drop(first);
    check!(QUEUE.consumer().is_ok());
}

fn after_close() {
    let producer = QUEUE.producer().on::<FreeRtos>();
    let mut reader = QUEUE.consumer().expect("the one cursor is free").on::<FreeRtos>();
    check!(producer.send(1) == Ok(()));
    QUEUE.close();
    check!(producer.send(2) == Err(SendError::Closed(2)));
    check!(producer.send_timeout(3, Ticks(9)) == Err(SendError::Closed(3)));
    check!(reader.recv() == Ok(1));
    check!(reader.recv() == Err(RecvError::Closed));
    check!(reader.recv_timeout(Ticks(9)) == Err(RecvTimeoutError::Closed));
}
