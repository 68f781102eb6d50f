//! Two tasks of different priority pass values through one record; each waits for the other.
#![no_std]
#![no_main]

use aimdb_sync_embassy::{
    Bounded, CriticalSectionRawMutex, FreeRtos, RecvError, RecvTimeoutError, StaticRecord, Ticks,
};
use board::check;
use checks::{RUNNER, checks, helper};

type Queue = StaticRecord<Bounded<4>, u32, CriticalSectionRawMutex, 7>;

const VALUES: u32 = 1_000;

checks! {
    an_urgent_sender_waits_for_a_patient_reader
    a_patient_sender_is_waited_for_by_an_urgent_reader
}

fn send(queue: &Queue) {
    let producer = queue.producer().on::<FreeRtos>();
    for value in 0..VALUES {
        check!(producer.send(value) == Ok(()));
    }
    queue.close();
}

fn receive(queue: &Queue) {
    let mut consumer = queue.consumer().expect("the one reader").on::<FreeRtos>();
    check!(consumer.recv_timeout(Ticks(1_000)) != Err(RecvTimeoutError::Timeout));
    for value in 1..VALUES {
        check!(consumer.recv() == Ok(value));
    }
    check!(consumer.recv() == Err(RecvError::Closed));
    let stats = queue.stats();
    check!(stats.counters.accepted == u64::from(VALUES) && stats.counters.delivered == u64::from(VALUES));
}

/// The sender fills the queue and waits; each value that is read lets it go on at once.
fn an_urgent_sender_waits_for_a_patient_reader() {
    static QUEUE: Queue = StaticRecord::new();
    let sender = helper(RUNNER + 1, |_| send(&QUEUE), 0);
    check!(QUEUE.stats().waiting_producers == 1);
    receive(&QUEUE);
    check!(sender.has_ended());
    check!(QUEUE.stats().counters.blocked == u64::from(VALUES - 4));
}

/// The reader waits for each value, and has it at once.
fn a_patient_sender_is_waited_for_by_an_urgent_reader() {
    static QUEUE: Queue = StaticRecord::new();
    let reader = helper(RUNNER + 1, |_| receive(&QUEUE), 0);
    check!(QUEUE.stats().waiting_consumers == 1);
    send(&QUEUE);
    check!(reader.has_ended());
    check!(QUEUE.stats().counters.blocked == 0);
}
